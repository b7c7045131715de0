//! How a piece of work ends: the one place where the class of a fault becomes an action.

use super::{End, Job, Worker, ask, enqueue_again};
use crate::World;
use crate::enqueue::enqueue;
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, Nudge, NudgeCause, Subject, Timestamp, WaitKey};
use causeway_ledger::backoff::{backoff, effective};
use causeway_ledger::{
    AttentionItem, Closing, Completion, Disposition, Ledger as _, LedgerError, Progress, Row,
    RowKey,
};
use causeway_telemetry::{Metric, Metrics, Operation, Status, emit, emit_metrics};
use std::time::Duration;

/// A parked subject is looked at again after this, even if nobody signals its dependency.
const WAIT_POLL: Duration = Duration::from_secs(15 * 60);
/// A write without an answer may still commit until Odoo's `limit_time_real` (120 s) is over.
const AMBIGUOUS_PAUSE: Duration = Duration::from_secs(130);
/// The sweep takes over if the queue has not driven a retry by then.
const SWEEP_GRACE: Duration = Duration::from_secs(10 * 60);
/// How long an attention item keeps its payload.
pub(crate) const ATTENTION_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// What the digest of an order begins with that came to nothing, before the reason.
const SKIPPED: &str = "skip: ";

/// Why an order came to nothing in Odoo, as its row says.
pub fn skipped_for(row: &Row) -> Option<&str> {
    row.digest.as_deref()?.strip_prefix(SKIPPED)
}

/// What settling came to.
pub(super) enum Settled {
    /// The message is finished with.
    Ended(Disposition),
    /// Nudged meanwhile: go another round with this `wanted` and this row.
    Again { wanted: u64, row: Box<Row> },
}

/// Writes the end of a job down.
pub(super) async fn settle<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    end: &End,
    last: bool,
) -> Settled {
    let outcome = match end {
        End::Done { odoo_id, digest, note } => {
            done::<W, K>(world, job, *odoo_id, digest, note.as_deref(), last).await
        }
        End::Later { after, key, cause } => {
            later::<W, K>(world, job, *after, key, cause).await.map(Settled::Ended)
        }
        End::Failed(Fault::Skip { reason }) => skipped::<W, K>(world, job, reason, last).await,
        End::Failed(fault) => failed::<W, K>(world, job, fault).await.map(Settled::Ended),
    };
    outcome.unwrap_or_else(|error| {
        // The lease is gone or the ledger is away: nothing more may be changed. The row keeps its
        // due date, so that whoever holds it, or the sweep, goes on.
        log_ledger(world, K::OPERATION, &job.lease.key, job.began, &error);
        Settled::Ended(Disposition::RetryAfter(Duration::from_secs(60)))
    })
}

async fn done<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    odoo_id: Option<i64>,
    digest: &str,
    note: Option<&str>,
    last: bool,
) -> Result<Settled, LedgerError> {
    if let Some(subject) = &job.follow_up
        && let Err(fault) = enqueue(world, &[follow_up(world, job, subject)]).await
    {
        return failed::<W, K>(world, job, &fault).await.map(Settled::Ended);
    }
    let settled = close(world, job, digest, last).await?;
    if let Settled::Ended(_) = settled {
        log::<W, K>(world, job, Status::Done, None, odoo_id, note);
        measure(world, K::OPERATION, job, true);
    }
    Ok(settled)
}

fn follow_up<W: World>(world: &W, job: &Job, subject: &Subject) -> Nudge {
    let store = job.nudge.store.clone();
    let now = world.clock().now();
    Nudge {
        occurred_at: job.nudge.occurred_at,
        received_at: job.nudge.received_at,
        ..Nudge::new(store, subject.clone(), NudgeCause::Worker, now)
    }
}

async fn skipped<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    reason: &str,
    last: bool,
) -> Result<Settled, LedgerError> {
    let digest = format!("{SKIPPED}{reason}");
    let settled = close(world, job, &digest, last).await?;
    if let Settled::Ended(_) = settled {
        log::<W, K>(world, job, Status::Skipped, None, None, Some(reason));
    }
    Ok(settled)
}

/// Parked, without a failure: an attention item of an earlier try is settled. Not measured as waiting: the
/// worker that chose the pause has its own patience, and asks a person when it is over.
async fn later<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    after: Duration,
    key: &WaitKey,
    cause: &str,
) -> Result<Disposition, LedgerError> {
    let now = world.clock().now();
    world.ledger().settle(&job.lease.key).await?;
    let progress = Progress::Wait { wait_key: key.as_str(), due: now + after, reason: cause };
    world.ledger().release(&job.lease, progress, now).await?;
    log::<W, K>(world, job, Status::Waiting, None, None, Some(cause));
    Ok(Disposition::Done)
}

/// COMPLETE. An attention item of an earlier try is settled first, so that none is left behind.
async fn close<W: World>(
    world: &W,
    job: &Job,
    digest: &str,
    last: bool,
) -> Result<Settled, LedgerError> {
    world.ledger().settle(&job.lease.key).await?;
    let closing = Closing { wanted: job.wanted, digest };
    match world.ledger().complete(&job.lease, closing).await? {
        Completion::Done => Ok(Settled::Ended(Disposition::Done)),
        Completion::Wanted(_) if last => match enqueue_again(world, job).await {
            Ok(()) => Ok(Settled::Ended(Disposition::Done)),
            Err(_) => Ok(Settled::Ended(Disposition::RetryAfter(Duration::from_secs(1)))),
        },
        Completion::Wanted(wanted) => {
            let row = world.ledger().row(&job.lease.key).await?;
            let row = Box::new(row.unwrap_or_else(|| job.row.clone()));
            Ok(Settled::Again { wanted, row })
        }
    }
}

async fn failed<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    fault: &Fault,
) -> Result<Disposition, LedgerError> {
    let now = world.clock().now();
    let text = fault.to_string();
    let (status, disposition) = match fault {
        Fault::Retry { after, .. } => retry(world, job, now, *after, &text).await?,
        Fault::Ambiguous { .. } => retry(world, job, now, Some(AMBIGUOUS_PAUSE), &text).await?,
        Fault::Wait { key, cause } => {
            let due = now + WAIT_POLL;
            let progress = Progress::Wait { wait_key: key.as_str(), due, reason: cause };
            world.ledger().release(&job.lease, progress, now).await?;
            ask::waits(world, job, now);
            (Status::Waiting, Disposition::Done)
        }
        Fault::Reject { reason, fix } => {
            ask::raise(world, &attention(job, now, reason, fix)).await?;
            let due = K::LOOKS_AGAIN.map(|pause| now + pause);
            world.ledger().release(&job.lease, Progress::Attention { due, reason }, now).await?;
            (Status::Attention, Disposition::Done)
        }
        Fault::Skip { reason } => {
            // Handled by the caller; kept total so that no fault can end nowhere.
            let progress = Progress::Attention { due: None, reason };
            world.ledger().release(&job.lease, progress, now).await?;
            (Status::Skipped, Disposition::Done)
        }
    };
    log::<W, K>(world, job, status, Some(fault), None, None);
    match fault {
        Fault::Retry { .. } | Fault::Ambiguous { .. } => measure(world, K::OPERATION, job, false),
        // Neither fails: both are measured for what they are, and looked at again and again.
        Fault::Wait { .. } | Fault::Reject { .. } | Fault::Skip { .. } => {}
    }
    Ok(disposition)
}

async fn retry<W: World>(
    world: &W,
    job: &Job,
    now: Timestamp,
    after: Option<Duration>,
    reason: &str,
) -> Result<(Status, Disposition), LedgerError> {
    let elapsed = now.duration_since(job.began).unsigned_abs();
    let since = job.row.failing_since.unwrap_or(now);
    let failing_for = now.duration_since(since).unsigned_abs();
    let attempt = effective(job.row.attempt, failing_for);
    match backoff(attempt, world.random(), elapsed) {
        Some(pause) => {
            let pause = after.map_or(pause, |after| after.max(Duration::from_secs(1)));
            let due = now + pause + SWEEP_GRACE;
            world.ledger().release(&job.lease, Progress::Retry { due, since, reason }, now).await?;
            Ok((Status::Retrying, Disposition::RetryAfter(pause)))
        }
        None => {
            world.ledger().release(&job.lease, Progress::Dead { reason }, now).await?;
            Ok((Status::Dead, Disposition::ToDeadLetter(reason.to_owned())))
        }
    }
}

fn attention(job: &Job, now: Timestamp, reason: &str, fix: &str) -> AttentionItem {
    AttentionItem {
        key: job.lease.key.clone(),
        raised_at: now,
        number: job.number.clone(),
        reason: reason.to_owned(),
        fix: fix.to_owned(),
        payload: job.payload.clone(),
        expires_at: now + ATTENTION_LIFE,
    }
}

fn log<W: World, K: Worker<W>>(
    world: &W,
    job: &Job,
    status: Status,
    fault: Option<&Fault>,
    odoo_id: Option<i64>,
    detail: Option<&str>,
) {
    let now = world.clock().now();
    let text = fault.map(Fault::to_string);
    emit(
        world.sink(),
        now,
        &Operation {
            operation: K::OPERATION,
            store: Some(job.lease.key.store.as_str()),
            source_id: Some(&job.lease.key.subject),
            target_id: odoo_id.map(|id| format!("{}/{id}", K::TARGET)),
            status,
            fault: text.as_deref(),
            fault_class: fault.map(Fault::class),
            attempt: Some(job.row.attempt),
            duration: now.duration_since(job.began).unsigned_abs(),
            detail,
        },
    );
}

fn measure<W: World>(world: &W, operation: &str, job: &Job, well: bool) {
    let now = world.clock().now();
    let since = |time: Timestamp| now.duration_since(time).unsigned_abs();
    let mut values = Vec::new();
    if well {
        values.push(Metric::Successes(1));
        values.push(Metric::SyncLagFromReceipt(since(job.nudge.received_at)));
        values.extend(job.nudge.occurred_at.map(|at| Metric::SyncLagFromEvent(since(at))));
    } else {
        values.push(Metric::Failures(1));
    }
    let store = Some(job.lease.key.store.as_str());
    emit_metrics(world.sink(), now, &Metrics { operation, store, platform: None, values: &values });
}

pub(super) fn log_busy<W: World>(world: &W, operation: &str, key: &RowKey, began: Timestamp) {
    bare_log(world, operation, key, began, Status::Busy, None);
}

pub(super) fn log_ledger<W: World>(
    world: &W,
    operation: &str,
    key: &RowKey,
    began: Timestamp,
    error: &LedgerError,
) {
    bare_log(world, operation, key, began, Status::Failed, Some(error.to_string()));
}

fn bare_log<W: World>(
    world: &W,
    operation: &str,
    key: &RowKey,
    began: Timestamp,
    status: Status,
    fault: Option<String>,
) {
    let now = world.clock().now();
    emit(
        world.sink(),
        now,
        &Operation {
            operation,
            store: Some(key.store.as_str()),
            source_id: Some(&key.subject),
            target_id: None,
            status,
            fault: fault.as_deref(),
            fault_class: None,
            attempt: None,
            duration: now.duration_since(began).unsigned_abs(),
            detail: None,
        },
    );
}
