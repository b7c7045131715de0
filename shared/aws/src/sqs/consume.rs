//! The loop: Lambda hands over a batch, the use case says what is to become of each message.

use super::plan::{NOT_A_NUDGE, Plan, decode, plan};
use super::send::SqsQueue;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use causeway_domain::Timestamp;
use causeway_domain::ports::QueueRole;
use causeway_ledger::{Disposition, Received};
use causeway_telemetry::{Metric, Metrics, Operation, Sink, Status, emit, emit_metrics};
use futures::FutureExt as _;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// When a message comes back that the use case said nothing about, or that could not be moved.
const UNDECIDED: Duration = Duration::from_secs(30);
/// When a batch comes back in which the use case panicked: after the leases that it left behind.
const AFTER_PANIC: Duration = Duration::from_secs(200);

/// One queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct Consumer {
    queue: SqsQueue,
    source: QueueRole,
    dead: QueueRole,
}

impl Consumer {
    /// Consumes `source`; what is given up goes to `dead`.
    pub fn new(queue: SqsQueue, source: QueueRole, dead: QueueRole) -> Self {
        Self { queue, source, dead }
    }
}

/// Runs the Lambda loop of a queue. Returns only when the runtime ends.
///
/// `flow` gets the readable messages of a batch at once, and the moment at which Lambda will stop it;
/// it answers one [`Disposition`] per message, in their order. A body that is no nudge goes to the
/// dead-letter queue by itself. `operation` names the consumer in log lines and in `QueueAge`, which
/// is measured here, on first receives.
pub async fn run_sqs<F, Fut>(
    consumer: Consumer,
    sink: impl Sink,
    operation: &'static str,
    flow: F,
) -> Result<(), Error>
where
    F: Fn(Vec<Received>, Timestamp) -> Fut,
    Fut: Future<Output = Vec<Disposition>>,
{
    let (consumer, sink, flow) = (&consumer, &sink, &flow);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deadline = deadline(&event.context);
        Ok::<_, Error>(consumer.handle(sink, operation, flow, event.payload, deadline).await)
    }))
    .await
}

/// The moment at which Lambda stops the function.
pub fn deadline(context: &Context) -> Timestamp {
    i64::try_from(context.deadline)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Consumer {
    /// Handles one batch, as [`run_sqs`] does for each; also for a host that is not Lambda.
    pub async fn handle<F, Fut>(
        &self,
        sink: &dyn Sink,
        operation: &str,
        flow: &F,
        event: SqsEvent,
        deadline: Timestamp,
    ) -> SqsBatchResponse
    where
        F: Fn(Vec<Received>, Timestamp) -> Fut,
        Fut: Future<Output = Vec<Disposition>>,
    {
        let began = Timestamp::now();
        let messages = event.records;
        let decoded: Vec<Option<Received>> = messages.iter().map(decode).collect();
        let good: Vec<Received> = decoded.iter().flatten().cloned().collect();
        measure_age(sink, operation, began, &good);
        // The hook has written where it panicked. The messages come back instead of waiting for
        // the queue's own, much longer timeout.
        let count = good.len();
        let dispositions = AssertUnwindSafe(async { flow(good, deadline).await })
            .catch_unwind()
            .await
            .unwrap_or_else(|_| vec![Disposition::RetryAfter(AFTER_PANIC); count]);
        let elapsed = Timestamp::now().duration_since(began).unsigned_abs();
        let plan = plan(&messages, &decoded, dispositions, elapsed, UNDECIDED);
        log_bad(sink, operation, &messages, &decoded, elapsed);
        let failures = carry_out(self, sink, operation, plan).await;
        let mut response = SqsBatchResponse::default();
        response.set_failures(failures);
        response
    }
}

/// Does what the plan says and returns the ids of the messages that stay in the queue.
async fn carry_out(
    consumer: &Consumer,
    sink: &dyn Sink,
    operation: &str,
    mut plan: Plan,
) -> Vec<String> {
    let letters: Vec<_> = plan.dead.iter().map(|(_, letter)| letter.clone()).collect();
    if let Err(fault) = consumer.queue.send_dead(consumer.dead, &letters).await {
        log_queue(sink, operation, &fault.to_string());
        for (handle, letter) in &plan.dead {
            plan.visibility.push((handle.clone(), UNDECIDED));
            plan.failures.push(letter.message_id.clone());
        }
    }
    // Without the change a message comes back after the queue's own timeout: later, but it does.
    if let Err(fault) = consumer.queue.change_visibility(consumer.source, &plan.visibility).await {
        log_queue(sink, operation, &fault.to_string());
    }
    plan.failures
}

fn measure_age(sink: &dyn Sink, operation: &str, now: Timestamp, received: &[Received]) {
    let ages: Vec<Metric> = received
        .iter()
        .filter(|received| received.receive_count == 1)
        .filter_map(|received| now.duration_since(received.sent_at?).try_into().ok())
        .map(Metric::QueueAge)
        .collect();
    emit_metrics(sink, now, &Metrics { operation, store: None, platform: None, values: &ages });
}

fn log_bad(
    sink: &dyn Sink,
    operation: &str,
    messages: &[SqsMessage],
    decoded: &[Option<Received>],
    duration: Duration,
) {
    let bad = messages.iter().zip(decoded).filter(|(_, decoded)| decoded.is_none());
    for (message, _) in bad {
        let bad = Operation {
            source_id: message.message_id.as_deref(),
            duration,
            ..line(operation, Status::Dead, NOT_A_NUDGE)
        };
        emit(sink, Timestamp::now(), &bad);
    }
}

fn log_queue(sink: &dyn Sink, operation: &str, fault: &str) {
    emit(sink, Timestamp::now(), &line(operation, Status::Failed, fault));
}

fn line<'a>(operation: &'a str, status: Status, fault: &'a str) -> Operation<'a> {
    Operation {
        operation,
        store: None,
        source_id: None,
        target_id: None,
        status,
        fault: Some(fault),
        fault_class: None,
        attempt: None,
        duration: Duration::ZERO,
        detail: None,
    }
}
