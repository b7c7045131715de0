//! Nudges every row whose time has come and that nobody holds: parked orders, retries that the queue
//! lost, leases of workers that died.

use crate::World;
use crate::enqueue::enqueue;
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, Nudge, NudgeCause, Subject};
use causeway_ledger::Ledger as _;
use causeway_telemetry::{Metric, Metrics, Operation, Status, emit, emit_metrics};

/// Rows taken by one run; the next run takes the rest.
pub const LIMIT: usize = 1000;

/// Enqueues a nudge for every due row and says how many.
///
/// A row stays due until a worker completes or parks it, so a nudge that gets lost is swept again.
pub async fn sweep<W: World>(world: &W) -> Result<usize, Fault> {
    let began = world.clock().now();
    let outcome = enqueue_due(world).await;
    let now = world.clock().now();
    let fault = outcome.as_ref().err().map(Fault::to_string);
    let detail = outcome.as_ref().ok().map(|count| format!("{count} rows"));
    emit(
        world.sink(),
        now,
        &Operation {
            operation: "sweep",
            store: None,
            source_id: None,
            target_id: None,
            status: if outcome.is_ok() { Status::Done } else { Status::Failed },
            fault: fault.as_deref(),
            fault_class: outcome.as_ref().err().map(Fault::class),
            attempt: None,
            duration: now.duration_since(began).unsigned_abs(),
            detail: detail.as_deref(),
        },
    );
    let value = if outcome.is_ok() { Metric::Successes(1) } else { Metric::Failures(1) };
    let metrics = Metrics { operation: "sweep", store: None, platform: None, values: &[value] };
    emit_metrics(world.sink(), now, &metrics);
    outcome
}

async fn enqueue_due<W: World>(world: &W) -> Result<usize, Fault> {
    let now = world.clock().now();
    let due = world
        .ledger()
        .due(now, LIMIT)
        .await
        .map_err(|error| Fault::retry(format!("ledger: {error}")))?;
    let nudges: Vec<Nudge> = due
        .into_iter()
        .filter_map(|key| {
            // A kind that this version does not know is left alone.
            let subject = Subject::parse(&key.subject)?;
            Some(Nudge::new(key.store, subject, NudgeCause::Sweep, now))
        })
        .collect();
    enqueue(world, &nudges).await?;
    Ok(nudges.len())
}
