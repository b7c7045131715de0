//! What people are told of: questions that are new, and how long something has waited.

use super::{Job, unavailable};
use crate::World;
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, Timestamp};
use causeway_ledger::{AttentionItem, Ledger as _, LedgerError};
use causeway_telemetry::{Metric, Metrics, emit_metrics};

/// Under which questions are counted, whoever asks: one alarm watches all of them.
const ASK: &str = "attention.raise";
/// Under which waiting is measured, whatever waits.
const WAIT: &str = "work.wait";

/// Raises an item, once: one that a person has settled does not come back. `step` is where the row says that it
/// was asked.
pub(crate) async fn ask_once<W: World>(
    world: &W,
    job: &Job,
    step: &str,
    item: &AttentionItem,
) -> Result<(), Fault> {
    if job.row.odoo_ids.contains_key(step) {
        return Ok(());
    }
    raise(world, item).await.map_err(unavailable)?;
    job.record(world, step, 0).await
}

/// Raises an item. It is counted when it is new: a question that stays open is asked at every look.
pub(super) async fn raise<W: World>(world: &W, item: &AttentionItem) -> Result<(), LedgerError> {
    if world.ledger().raise(item).await? {
        measure(world, ASK, item.key.store.as_str(), Metric::Raised(1));
    }
    Ok(())
}

/// Says how long the job's subject has waited by now.
pub(super) fn waits<W: World>(world: &W, job: &Job, now: Timestamp) {
    let since = job.row.waiting_since.unwrap_or(now);
    let waited = Metric::Waiting(now.duration_since(since).unsigned_abs());
    measure(world, WAIT, job.lease.key.store.as_str(), waited);
}

fn measure<W: World>(world: &W, operation: &str, store: &str, value: Metric) {
    let metrics = Metrics { operation, store: Some(store), platform: None, values: &[value] };
    emit_metrics(world.sink(), world.clock().now(), &metrics);
}
