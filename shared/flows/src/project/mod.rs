//! Order projection: a batch of nudges becomes a batch of right Odoo orders.
//!
//! 1. every nudge is counted on its row, then the row is claimed; a busy row is somebody else's;
//! 2. every claimed order is fetched as it is now and turned into an [`intent`];
//! 3. per store, one batch goes to Odoo ([`apply`]);
//! 4. every row is completed, or parked, retried, or raised for a person ([`settle`]).
//!
//! A row that was nudged meanwhile goes another round; after three it is enqueued again.

mod apply;
mod compare;
mod contact;
mod customer;
mod edit;
pub(crate) mod fetch;
mod forecast;
pub mod intent;
mod product;
mod render;
mod settle;
mod tax;

use crate::World;
use crate::config::StoreDocument;
use crate::enqueue::enqueue;
use crate::receive::document;
use causeway_domain::ports::{Clock as _, Freshness, Secrets as _};
use causeway_domain::{Fault, Nudge, NudgeCause, StoreId, Subject, Timestamp, digest::digest};
use causeway_ledger::{
    Claim, Closing, Completion, Disposition, Lease, Ledger as _, Progress, Received, Row, RowKey,
};
use causeway_odoo::Odoo;
use futures::future::join_all;
use intent::{Intent, SaleOrder};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer than the Lambda's timeout (170 s), which is longer than a write's (130 s).
pub const LEASE: Duration = Duration::from_secs(180);
/// Nothing new is sent to Odoo when less than this is left.
const RESERVE: Duration = Duration::from_secs(15);
/// Rounds before a row that keeps being nudged is enqueued again.
const ROUNDS: usize = 3;

/// One claimed order.
pub(crate) struct Job {
    pub(crate) nudge: Nudge,
    pub(crate) lease: Lease,
    pub(crate) row: Row,
    /// `wanted` as it was before the fetch.
    pub(crate) wanted: u64,
    pub(crate) began: Timestamp,
    /// The order as fetched, for an attention item.
    pub(crate) payload: Option<String>,
    pub(crate) number: Option<String>,
}

/// How an order ended before it is written down.
#[derive(Debug)]
pub(crate) enum End {
    /// Odoo has it: the id, and the digest of what was brought.
    Done { odoo_id: Option<i64>, digest: String, note: Option<String> },
    /// It did not work out.
    Failed(Fault),
}

/// Takes a batch as one and says what is to become of each message, in the same order.
pub async fn project<W: World>(
    world: &W,
    messages: &[Received],
    deadline: Timestamp,
) -> Vec<Disposition> {
    let mut by_row: BTreeMap<RowKey, Vec<&Received>> = BTreeMap::new();
    for message in messages {
        by_row.entry(RowKey::from(&message.nudge)).or_default().push(message);
    }
    let claims = join_all(by_row.iter().filter_map(|(key, messages)| {
        let nudge = &messages.first()?.nudge;
        Some(async move { (key.clone(), claim(world, key, nudge, messages.len()).await) })
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
    for (key, disposition) in run(world, jobs, deadline).await {
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
    key: &RowKey,
    nudge: &Nudge,
    messages: usize,
) -> Result<Job, Disposition> {
    let began = world.clock().now();
    let ledger = world.ledger();
    let unavailable = |error| {
        settle::log_ledger(world, key, began, &error);
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
        }),
        // The holder compares `wanted` when it completes, so this nudge is not lost.
        Claim::Busy => {
            settle::log_busy(world, key, began);
            Err(Disposition::Done)
        }
    }
}

async fn run<W: World>(
    world: &W,
    mut jobs: Vec<Job>,
    deadline: Timestamp,
) -> Vec<(RowKey, Disposition)> {
    let mut verdicts = Vec::new();
    for round in 1..=ROUNDS {
        if jobs.is_empty() {
            return verdicts;
        }
        let ends = one_round(world, &mut jobs, deadline).await;
        let settled = join_all(jobs.into_iter().zip(ends).map(|(job, end)| async move {
            let settled = settle::settle(world, &job, &end, round == ROUNDS).await;
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

/// Fetches every order and brings those that should exist to Odoo, store by store.
async fn one_round<W: World>(world: &W, jobs: &mut [Job], deadline: Timestamp) -> Vec<End> {
    let looked = join_all(jobs.iter_mut().map(|job| look(world, job))).await;
    let mut ends: BTreeMap<usize, End> = BTreeMap::new();
    let mut by_store: BTreeMap<StoreId, (StoreDocument, Vec<(usize, SaleOrder)>)> = BTreeMap::new();
    for (at, looked) in looked.into_iter().enumerate() {
        match looked {
            Look::Ended(end) => {
                ends.insert(at, end);
            }
            Look::Bring(document, order) => {
                let store = document.id.clone();
                by_store.entry(store).or_insert((*document, Vec::new())).1.push((at, *order));
            }
        }
    }
    let stores = by_store.into_values().map(|(document, orders)| {
        let jobs = &*jobs;
        async move { bring(world, &document, jobs, orders, deadline).await }
    });
    ends.extend(join_all(stores).await.into_iter().flatten());
    (0..jobs.len())
        .map(|at| {
            ends.remove(&at)
                .unwrap_or_else(|| End::Failed(Fault::retry("the order was lost inside a batch")))
        })
        .collect()
}

enum Look {
    Ended(End),
    Bring(Box<StoreDocument>, Box<SaleOrder>),
}

/// Fetches one order and decides what should become of it.
async fn look<W: World>(world: &W, job: &mut Job) -> Look {
    match intent_of(world, job).await {
        Ok((document, Intent::Exists(order))) => {
            let digest = content(&order);
            let known = job.row.digest.as_deref() == Some(digest.as_str());
            match (known, job.row.odoo_ids.get(STEP)) {
                (true, Some(id)) => Look::Ended(End::Done {
                    odoo_id: Some(*id),
                    digest,
                    note: Some("unchanged".to_owned()),
                }),
                (true | false, _) => Look::Bring(document, order),
            }
        }
        Ok((_, Intent::Nothing(reason))) => Look::Ended(End::Failed(Fault::skip(reason))),
        Ok((_, Intent::Cancelled)) => Look::Ended(cancelled(job)),
        Err(fault) => Look::Ended(End::Failed(fault)),
    }
}

/// The step under which the ledger keeps the sale order's id.
pub const STEP: &str = "order";

async fn intent_of<W: World>(
    world: &W,
    job: &mut Job,
) -> Result<(Box<StoreDocument>, Intent), Fault> {
    let Subject::Order(id) = &job.nudge.subject else {
        return Err(Fault::reject(
            format!("{} is not an order", job.nudge.subject),
            "a message is on the wrong queue; report it",
        ));
    };
    let Some(document) = document(world, &job.nudge.store).await? else {
        return Err(Fault::reject(
            format!("no configuration for store {}", job.nudge.store),
            "push it with `causeway config push`",
        ));
    };
    let document = Box::new(document);
    let Some(order) = fetch::fetch(world, &document, id).await? else {
        let intent = match job.row.odoo_ids.contains_key(STEP) {
            true => Intent::Cancelled,
            false => Intent::Nothing("the platform has no such order".to_owned()),
        };
        return Ok((document, intent));
    };
    job.number = Some(order.number.clone());
    job.payload = serde_json::to_string(&order).ok();
    let intent = intent::intend(&order, &document.store)?;
    Ok((document, intent))
}

/// A cancelled order that never reached Odoo needs nothing; one that did needs a person until
/// refund-handler exists.
fn cancelled(job: &Job) -> End {
    let id = job.row.odoo_ids.get(STEP);
    match (id, &job.row.intent) {
        (None, None) => End::Failed(Fault::skip("cancelled before it reached Odoo")),
        (Some(_), _) | (None, Some(_)) => End::Failed(Fault::reject(
            format!(
                "order {}/{} was cancelled or deleted on the platform and is in Odoo{}",
                job.nudge.store,
                job.nudge.subject,
                id.map_or_else(String::new, |id| format!(" as sale order {id}")),
            ),
            "cancel it in Odoo, then settle the item",
        )),
    }
}

/// What the order should be in Odoo, as a digest; equal digests mean nothing to do.
fn content(order: &SaleOrder) -> String {
    let json = serde_json::to_vec(order).unwrap_or_default();
    digest([json.as_slice()])
}

/// Brings the orders of one store to Odoo.
async fn bring<W: World>(
    world: &W,
    document: &StoreDocument,
    jobs: &[Job],
    orders: Vec<(usize, SaleOrder)>,
    deadline: Timestamp,
) -> Vec<(usize, End)> {
    let items: Vec<apply::Item<'_>> = orders
        .iter()
        .map(|(at, order)| {
            let row = jobs.get(*at).map(|job| &job.row);
            apply::Item {
                order,
                recorded: row.and_then(|row| row.odoo_ids.get(STEP)).copied(),
                suspect: row.is_some_and(|row| row.intent.is_some() || row.attempt > 1),
            }
        })
        .collect();
    let leases = orders.iter().filter_map(|(at, _)| jobs.get(*at).map(|job| &job.lease)).collect();
    let journal = Journal { world, leases, deadline };
    let brought = with_odoo(world, document, &journal, &items).await;
    orders
        .iter()
        .enumerate()
        .map(|(place, (at, order))| {
            let result = match &brought {
                Ok(ends) => ends.get(&place).cloned().unwrap_or_else(|| {
                    Err(Fault::retry(format!("order {} got no result", order.key)))
                }),
                Err(fault) => Err(fault.clone()),
            };
            let end = match result {
                Ok(id) => End::Done { odoo_id: Some(id), digest: content(order), note: None },
                Err(fault) => End::Failed(fault),
            };
            (*at, end)
        })
        .collect()
}

async fn with_odoo<W: World>(
    world: &W,
    document: &StoreDocument,
    journal: &Journal<'_, W>,
    items: &[apply::Item<'_>],
) -> Result<BTreeMap<usize, Result<i64, Fault>>, Fault> {
    let secret = world.secrets().get(&document.odoo.api_key, Freshness::Cached).await?;
    let config = &document.store;
    let connection = document.odoo.connection(&config.odoo, config.company, secret.current);
    let now = world.clock().now();
    let session = world.learnt().session(world.http(), now, &connection).await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let ledger = world.ledger();
    apply::Batch { odoo, ledger, journal, store: &document.id, config }.bring(items).await
}

/// The ledger's side of a batch.
struct Journal<'a, W> {
    world: &'a W,
    leases: Vec<&'a Lease>,
    deadline: Timestamp,
}

impl<W: World> apply::Journal for Journal<'_, W> {
    async fn announce(&self, items: &[usize]) -> BTreeMap<usize, Fault> {
        let now = self.world.clock().now();
        let announced = join_all(items.iter().map(|at| async move {
            let lease = self.leases.get(*at)?;
            let intent = self.world.ledger().intent(lease, STEP, now, LEASE).await;
            Some((*at, intent.err().map(customer::unavailable)?))
        }))
        .await;
        announced.into_iter().flatten().collect()
    }

    async fn remember(&self, item: usize, id: i64) -> Result<(), Fault> {
        match self.leases.get(item) {
            Some(lease) => {
                self.world.ledger().record(lease, STEP, id).await.map_err(customer::unavailable)
            }
            None => Ok(()),
        }
    }

    fn in_time(&self) -> Result<(), Fault> {
        if self.world.clock().now() + RESERVE > self.deadline {
            return Err(Fault::Retry {
                after: Some(Duration::from_secs(1)),
                cause: "out of time before the next write".to_owned(),
            });
        }
        Ok(())
    }
}

/// COMPLETE, as the settling wants it.
pub(crate) async fn complete<W: World>(
    world: &W,
    job: &Job,
    digest: &str,
) -> Result<Completion, causeway_ledger::LedgerError> {
    world.ledger().complete(&job.lease, Closing { wanted: job.wanted, digest }).await
}

/// Lets go of a row that keeps being nudged and enqueues it again.
pub(crate) async fn enqueue_again<W: World>(world: &W, job: &Job) -> Result<(), Fault> {
    let now = world.clock().now();
    let released = world.ledger().release(&job.lease, Progress::Again, now).await;
    released.map_err(customer::unavailable)?;
    let nudge = Nudge { cause: NudgeCause::Requeue, ..job.nudge.clone() };
    enqueue(world, &[nudge]).await
}
