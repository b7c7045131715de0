//! How a scheduled look at every store or account ends: one that cannot be asked leaves the others alone,
//! and still somebody is told.

use crate::World;
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, StoreId, Timestamp};
use causeway_telemetry::{Metric, Metrics, Operation, Status, emit, emit_metrics};

/// What a look at everybody has come to so far.
#[derive(Default)]
pub(crate) struct Looks {
    nudged: usize,
    /// Who could not be asked, and why.
    failed: Vec<String>,
}

impl Looks {
    /// Counts how the look at one of them ended, writes its log line and measures it. `what` names the
    /// subjects that were nudged. A [`Fault::Skip`] is somebody who is not to be asked.
    pub(crate) fn one<W: World>(
        &mut self,
        world: &W,
        (operation, what): (&'static str, &str),
        id: &StoreId,
        began: Timestamp,
        outcome: Result<usize, Fault>,
    ) {
        let now = world.clock().now();
        let (status, measured) = match &outcome {
            Ok(_) => (Status::Done, Some(Metric::Successes(1))),
            Err(Fault::Skip { .. }) => (Status::Skipped, None),
            // Waiting for credentials is no less a failure here: nothing else would ever ask.
            Err(
                Fault::Retry { .. }
                | Fault::Wait { .. }
                | Fault::Ambiguous { .. }
                | Fault::Reject { .. },
            ) => (Status::Failed, Some(Metric::Failures(1))),
        };
        let fault = outcome.as_ref().err();
        let text = fault.map(Fault::to_string);
        let detail = outcome.as_ref().ok().map(|count| format!("{count} {what}"));
        let line = Operation {
            operation,
            store: Some(id.as_str()),
            source_id: None,
            target_id: None,
            status,
            fault: text.as_deref(),
            fault_class: fault.map(Fault::class),
            attempt: None,
            duration: now.duration_since(began).unsigned_abs(),
            detail: detail.as_deref(),
        };
        emit(world.sink(), now, &line);
        let values: Vec<Metric> = measured.into_iter().collect();
        let store = Some(id.as_str());
        let metrics = Metrics { operation, store, platform: None, values: &values };
        emit_metrics(world.sink(), now, &metrics);
        if let (Status::Failed, Some(text)) = (status, text) {
            self.failed.push(format!("{id} ({text})"));
        }
        self.nudged += outcome.unwrap_or_default();
    }

    /// How many subjects were nudged; a fault that names everybody who could not be asked, for Lambda to
    /// count as an error.
    pub(crate) fn end(self) -> Result<usize, Fault> {
        match self.failed.len() {
            0 => Ok(self.nudged),
            some => Err(Fault::retry(format!(
                "{some} could not be asked, {} subjects of the others were nudged: {}",
                self.nudged,
                self.failed.join("; ")
            ))),
        }
    }
}
