//! What every worker does around its own work: count the nudge, claim the row, go rounds while the
//! subject keeps being nudged, and write the end down. The class of a fault decides what happens
//! ([`settle`]); no worker decides that for itself.

mod ask;
mod settle;

pub(crate) use ask::ask_once;
pub(crate) use settle::ATTENTION_LIFE;

use crate::World;
use crate::config::{OdooConfig, StoreDocument};
use crate::enqueue::enqueue;
use crate::receive::document;
use causeway_domain::ports::{Clock as _, Freshness, Secrets as _};
use causeway_domain::{Fault, Nudge, NudgeCause, StoreId, Subject, Timestamp, WaitKey};
use causeway_ledger::{
    Claim, Disposition, Lease, Ledger as _, LedgerError, Progress, Received, Row, RowKey,
};
use causeway_odoo::{Connection, Session};
use futures::future::join_all;
pub use settle::skipped_for;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Longer than the Lambda's timeout (170 s), which is longer than a write's (130 s).
pub const LEASE: Duration = Duration::from_secs(180);
/// Nothing new is sent to Odoo when less than this is left.
const RESERVE: Duration = Duration::from_secs(15);
/// Rounds before a row that keeps being nudged is enqueued again.
const ROUNDS: usize = 3;

/// One claimed subject.
pub(crate) struct Job {
    pub(crate) nudge: Nudge,
    pub(crate) lease: Lease,
    pub(crate) row: Row,
    /// `wanted` as it was before the fetch.
    pub(crate) wanted: u64,
    pub(crate) began: Timestamp,
    /// What was fetched, for an attention item.
    pub(crate) payload: Option<String>,
    /// The number that people know the subject by.
    pub(crate) number: Option<String>,
    /// What another worker has to look at once this one is done. Enqueued before the row is
    /// completed, so that it cannot get lost between the two.
    pub(crate) follow_up: Option<Subject>,
}

impl Job {
    /// Nothing is new since it was last brought to its end. A person who nudges wants it looked at anyway.
    pub(crate) fn is_unchanged(&self, digest: &str) -> bool {
        self.row.digest.as_deref() == Some(digest)
            && self.row.reason.is_none()
            && self.row.intent.is_none()
            && self.nudge.cause != NudgeCause::Operator
    }

    /// Says in the row what is about to be written to Odoo, if there is time for it.
    pub(crate) async fn announce<W: World>(
        &self,
        world: &W,
        step: &str,
        deadline: Timestamp,
    ) -> Result<(), Fault> {
        in_time(world, deadline)?;
        let now = world.clock().now();
        world.ledger().intent(&self.lease, step, now, LEASE).await.map_err(unavailable)
    }

    /// Keeps in the row what a step made.
    pub(crate) async fn record<W: World>(
        &self,
        world: &W,
        step: &str,
        id: i64,
    ) -> Result<(), Fault> {
        world.ledger().record(&self.lease, step, id).await.map_err(unavailable)
    }
}

/// How a subject ended before it is written down.
#[derive(Debug)]
pub(crate) enum End {
    /// Odoo agrees: the document, and the digest of what was brought.
    Done { odoo_id: Option<i64>, digest: String, note: Option<String> },
    /// Odoo agrees as far as it can; what is missing is looked for again after so long.
    Later { after: Duration, key: WaitKey, cause: String },
    /// It did not work out.
    Failed(Fault),
}

/// The work itself.
pub(crate) trait Worker<W>: Sync {
    /// Its name in log lines and metrics: `order.project`.
    const OPERATION: &'static str;
    /// The model of [`End::Done`]'s id: `sale.order`.
    const TARGET: &'static str;
    /// When what a person was asked about is looked at again although nobody speaks of it: it may have
    /// been settled in Odoo, or something else of it may go on.
    const LOOKS_AGAIN: Option<Duration> = None;

    /// Brings every job to an end, in the jobs' order.
    fn round(
        &self,
        world: &W,
        jobs: &mut [Job],
        deadline: Timestamp,
    ) -> impl Future<Output = Vec<End>> + Send;
}

/// Takes a batch as one and says what is to become of each message, in the same order.
pub(crate) async fn batch<W: World, K: Worker<W>>(
    world: &W,
    worker: &K,
    messages: &[Received],
    deadline: Timestamp,
) -> Vec<Disposition> {
    let mut by_row: BTreeMap<RowKey, Vec<&Received>> = BTreeMap::new();
    for message in messages {
        by_row.entry(RowKey::from(&message.nudge)).or_default().push(message);
    }
    let claims = join_all(by_row.iter().filter_map(|(key, messages)| {
        let nudge = &messages.first()?.nudge;
        let claimed = claim(world, K::OPERATION, key, nudge, messages.len());
        Some(async move { (key.clone(), claimed.await) })
    }))
    .await;

    let mut verdicts: BTreeMap<RowKey, Disposition> = BTreeMap::new();
    let mut jobs = Vec::new();
    for (key, claimed) in claims {
        match claimed {
            Ok(job) => jobs.push(job),
            Err(disposition) => {
                verdicts.insert(key, disposition);
            }
        }
    }
    for (key, disposition) in run(world, worker, jobs, deadline).await {
        verdicts.insert(key, disposition);
    }
    messages
        .iter()
        .map(|message| {
            let verdict = verdicts.get(&RowKey::from(&message.nudge));
            verdict.cloned().unwrap_or(Disposition::RetryAfter(Duration::from_secs(30)))
        })
        .collect()
}

/// NUDGE, then CLAIM.
async fn claim<W: World>(
    world: &W,
    operation: &'static str,
    key: &RowKey,
    nudge: &Nudge,
    messages: usize,
) -> Result<Job, Disposition> {
    let began = world.clock().now();
    let ledger = world.ledger();
    let unavailable = |error| {
        settle::log_ledger(world, operation, key, began, &error);
        Disposition::RetryAfter(Duration::from_secs(30))
    };
    for _ in 0..messages {
        ledger.nudge(key, began).await.map_err(unavailable)?;
    }
    let owner = format!("{:016x}", world.random());
    match ledger.claim(key, &owner, began, LEASE).await.map_err(unavailable)? {
        Claim::Ours(lease, row) => Ok(Job {
            nudge: nudge.clone(),
            lease,
            wanted: row.wanted,
            row,
            began,
            payload: None,
            number: None,
            follow_up: None,
        }),
        // The holder compares `wanted` when it completes, so this nudge is not lost.
        Claim::Busy => {
            settle::log_busy(world, operation, key, began);
            Err(Disposition::Done)
        }
    }
}

async fn run<W: World, K: Worker<W>>(
    world: &W,
    worker: &K,
    mut jobs: Vec<Job>,
    deadline: Timestamp,
) -> Vec<(RowKey, Disposition)> {
    let mut verdicts = Vec::new();
    for round in 1..=ROUNDS {
        if jobs.is_empty() {
            return verdicts;
        }
        let ends = worker.round(world, &mut jobs, deadline).await;
        let settled = join_all(jobs.into_iter().zip(ends).map(|(job, end)| async move {
            let settled = settle::settle::<W, K>(world, &job, &end, round == ROUNDS).await;
            (job, settled)
        }))
        .await;
        jobs = Vec::new();
        for (mut job, settled) in settled {
            match settled {
                settle::Settled::Ended(disposition) => {
                    verdicts.push((job.lease.key.clone(), disposition));
                }
                settle::Settled::Again { wanted, row } => {
                    job.wanted = wanted;
                    job.row = *row;
                    jobs.push(job);
                }
            }
        }
    }
    verdicts
}

/// Lets go of a row that keeps being nudged and enqueues it again.
async fn enqueue_again<W: World>(world: &W, job: &Job) -> Result<(), Fault> {
    let now = world.clock().now();
    let released = world.ledger().release(&job.lease, Progress::Again, now).await;
    released.map_err(unavailable)?;
    let nudge = Nudge { cause: NudgeCause::Requeue, ..job.nudge.clone() };
    enqueue(world, &[nudge]).await
}

/// The ledger could not be asked: the work is tried again.
pub(crate) fn unavailable(error: LedgerError) -> Fault {
    Fault::retry(format!("ledger: {error}"))
}

/// Says whether there is time for another write.
pub(crate) fn in_time<W: World>(world: &W, deadline: Timestamp) -> Result<(), Fault> {
    if world.clock().now() + RESERVE > deadline {
        return Err(Fault::Retry {
            after: Some(Duration::from_secs(1)),
            cause: "out of time before the next write".to_owned(),
        });
    }
    Ok(())
}

/// The configuration of a store that a nudge names.
pub(crate) async fn store_document<W: World>(
    world: &W,
    store: &StoreId,
) -> Result<Arc<StoreDocument>, Fault> {
    document(world, store).await?.ok_or_else(|| {
        Fault::reject(
            format!("no configuration for store {store}"),
            "push it with `causeway config push`",
        )
    })
}

/// The store's Odoo: whom to ask, and what is known of it.
pub(crate) async fn odoo_of<W: World>(
    world: &W,
    document: &StoreDocument,
) -> Result<(Connection, Arc<Session>), Fault> {
    let config = &document.store;
    session(world, &document.odoo, &config.odoo, config.company).await
}

/// An Odoo by its configuration and name.
pub(crate) async fn session<W: World>(
    world: &W,
    odoo: &OdooConfig,
    name: &str,
    company: i64,
) -> Result<(Connection, Arc<Session>), Fault> {
    let secret = world.secrets().get(&odoo.api_key, Freshness::Cached).await?;
    let connection = odoo.connection(name, company, secret.current);
    let now = world.clock().now();
    let session = world.learnt().session(world.http(), now, &connection).await?;
    Ok((connection, session))
}
