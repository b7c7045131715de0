//! Order projection: a batch of nudges becomes a batch of right Odoo orders.
//!
//! 1. every nudge is counted on its row, then the row is claimed; a busy row is somebody else's;
//! 2. every claimed order is fetched as it is now and turned into an [`intent`];
//! 3. per store, one batch goes to Odoo ([`apply`]);
//! 4. every row is completed, or parked, retried, or raised for a person (`crate::work`).
//!
//! A row that was nudged meanwhile goes another round; after three it is enqueued again.

mod apply;
mod compare;
mod contact;
mod customer;
mod date;
mod edit;
mod forecast;
pub mod intent;
mod place;
pub(crate) mod product;
mod render;
pub(crate) mod tax;

use crate::World;
use crate::after_sales::undone_by_edit;
use crate::config::StoreDocument;
use crate::fetch;
use crate::journal;
use crate::work::{self, End, Job, LEASE, Worker};
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, StoreId, Subject, Timestamp, digest::digest};
use causeway_ledger::{Disposition, Lease, Ledger as _, Received, RowKey};
use causeway_odoo::Odoo;
use futures::future::join_all;
use intent::{Intent, SaleOrder};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why an order that the platform does not have comes to nothing ([`work::skipped_for`]).
pub const NO_SUCH_ORDER: &str = "the platform has no such order";

/// Takes a batch as one and says what is to become of each message, in the same order.
pub async fn project<W: World>(
    world: &W,
    messages: &[Received],
    deadline: Timestamp,
) -> Vec<Disposition> {
    work::batch(world, &Projection, messages, deadline).await
}

struct Projection;

impl<W: World> Worker<W> for Projection {
    const OPERATION: &'static str = "order.project";
    const TARGET: &'static str = "sale.order";

    async fn round(&self, world: &W, jobs: &mut [Job], deadline: Timestamp) -> Vec<End> {
        one_round(world, jobs, deadline).await
    }
}

/// A store's configuration and those of its orders that should exist, by their place in the batch.
type OfStore = (Arc<StoreDocument>, Vec<(usize, SaleOrder)>);

/// Fetches every order and brings those that should exist to Odoo, store by store.
async fn one_round<W: World>(world: &W, jobs: &mut [Job], deadline: Timestamp) -> Vec<End> {
    let looked = join_all(jobs.iter_mut().map(|job| look(world, job))).await;
    let mut ends: BTreeMap<usize, End> = BTreeMap::new();
    let mut by_store: BTreeMap<StoreId, OfStore> = BTreeMap::new();
    for (at, looked) in looked.into_iter().enumerate() {
        match looked {
            Look::Ended(end) => {
                ends.insert(at, end);
            }
            Look::Bring(document, order) => {
                let store = document.id.clone();
                by_store.entry(store).or_insert((document, Vec::new())).1.push((at, *order));
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
    Bring(Arc<StoreDocument>, Box<SaleOrder>),
}

/// Fetches one order and decides what should become of it.
async fn look<W: World>(world: &W, job: &mut Job) -> Look {
    let document = match work::store_document(world, &job.nudge.store).await {
        Ok(document) => document,
        Err(fault) => return Look::Ended(End::Failed(fault)),
    };
    match handed_on(&document, job) {
        Ok(None) => {}
        Ok(Some(end)) => return Look::Ended(end),
        Err(fault) => return Look::Ended(End::Failed(fault)),
    }
    match intent_of(world, job, document).await {
        Ok((document, Intent::Exists(order))) => {
            let digest = content(&order);
            let known = job.row.digest.as_deref() == Some(digest.as_str());
            match (known, job.row.odoo_ids.get(STEP)) {
                (true, Some(id)) => Look::Ended(End::Done {
                    odoo_id: Some(*id),
                    digest,
                    note: Some("unchanged".to_owned()),
                }),
                (true | false, None) => Look::Bring(document, order),
                (false, Some(_)) => match changed_after_refund(world, job).await {
                    Ok(()) => Look::Bring(document, order),
                    Err(fault) => Look::Ended(End::Failed(fault)),
                },
            }
        }
        Ok((_, Intent::Nothing(reason))) => Look::Ended(End::Failed(Fault::skip(reason))),
        Ok((_, Intent::Cancelled)) => Look::Ended(cancelled(job)),
        Err(fault) => Look::Ended(End::Failed(fault)),
    }
}

/// The step under which the ledger keeps the sale order's id.
pub const STEP: &str = "order";

/// A sale that becomes a journal entry is refund-handler's business from the start. What is a sale order
/// already, or may be one, stays one.
fn handed_on(document: &StoreDocument, job: &mut Job) -> Result<Option<End>, Fault> {
    let Subject::Order(id) = &job.nudge.subject else { return Ok(None) };
    let begun = job.row.odoo_ids.contains_key(STEP) || job.row.intent.is_some();
    if begun || journal::chart(&document.store)?.is_none() {
        return Ok(None);
    }
    job.follow_up = Some(Subject::AfterSales(id.clone()));
    let (digest, note) = ("entry".to_owned(), Some("becomes a journal entry".to_owned()));
    Ok(Some(End::Done { odoo_id: None, digest, note }))
}

async fn intent_of<W: World>(
    world: &W,
    job: &mut Job,
    document: Arc<StoreDocument>,
) -> Result<(Arc<StoreDocument>, Intent), Fault> {
    let Subject::Order(id) = &job.nudge.subject else {
        return Err(Fault::reject(
            format!("{} is not an order", job.nudge.subject),
            "a message is on the wrong queue; report it",
        ));
    };
    let Some(order) = fetch::order(world, &document, id).await? else {
        let intent = match job.row.odoo_ids.contains_key(STEP) {
            true => Intent::Cancelled,
            false => Intent::Nothing(NO_SUCH_ORDER.to_owned()),
        };
        return Ok((document, intent));
    };
    job.number = Some(order.number.clone());
    job.payload = serde_json::to_string(&order).ok();
    if order.has_after_sales || document.store.after_sales.follows_every_order() {
        job.follow_up = Some(Subject::AfterSales(id.clone()));
    }
    let intent = match intent::intend(&order, &document.store)? {
        // Announced and not recorded: it may be there. Made once more it is, and then cancelled.
        Intent::Cancelled if job.row.intent.is_some() && !job.row.odoo_ids.contains_key(STEP) => {
            job.follow_up = Some(Subject::AfterSales(id.clone()));
            Intent::Exists(intent::sale_order(&order, &document.store, false)?)
        }
        intent @ (Intent::Exists(_) | Intent::Cancelled | Intent::Nothing(_)) => intent,
    };
    Ok((document, intent))
}

/// A cancelled order that never reached Odoo needs nothing, and will never be made: every worker reads
/// its state first. What is in Odoo is refund-handler's business.
fn cancelled(job: &mut Job) -> End {
    let id = job.row.odoo_ids.get(STEP).copied();
    match (id, &job.row.intent, &job.nudge.subject) {
        (None, None, _) => End::Failed(Fault::skip("cancelled before it reached Odoo")),
        // Deleted on the platform, so that it cannot be made once more to be sure of it.
        (None, Some(_), _) => End::Failed(Fault::reject(
            format!(
                "order {}/{} was cancelled on the platform while it was being made in Odoo",
                job.nudge.store, job.nudge.subject
            ),
            "look for it in Odoo and cancel it there, then settle the item",
        )),
        (Some(_), _, Subject::Order(order) | Subject::AfterSales(order)) => {
            job.follow_up = Some(Subject::AfterSales(order.clone()));
            End::Done {
                odoo_id: id,
                digest: "cancelled".to_owned(),
                note: Some("cancelled on the platform".to_owned()),
            }
        }
        (Some(_), _, Subject::Dispute(_) | Subject::Settlement(_)) => {
            End::Failed(Fault::skip("not an order"))
        }
    }
}

/// Once goods were taken off an order, or credited, its quantities in Odoo are no longer the
/// platform's: an edit would undo what was refunded.
async fn changed_after_refund<W: World>(world: &W, job: &Job) -> Result<(), Fault> {
    let Subject::Order(order) = &job.nudge.subject else { return Ok(()) };
    let key = RowKey {
        store: job.nudge.store.clone(),
        subject: Subject::AfterSales(order.clone()).key(),
    };
    let row = world.ledger().row(&key).await.map_err(work::unavailable)?;
    let touched = row.is_some_and(|row| row.odoo_ids.keys().any(|step| undone_by_edit(step)));
    if !touched {
        return Ok(());
    }
    Err(Fault::reject(
        format!("order {}/{order} changed on the platform after it was refunded", job.nudge.store),
        "bring the change to Odoo by hand, then settle the item",
    ))
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
    let (connection, session) = work::odoo_of(world, document).await?;
    let config = &document.store;
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
            Some((*at, intent.err().map(work::unavailable)?))
        }))
        .await;
        announced.into_iter().flatten().collect()
    }

    async fn remember(&self, item: usize, id: i64) -> Result<(), Fault> {
        match self.leases.get(item) {
            Some(lease) => {
                self.world.ledger().record(lease, STEP, id).await.map_err(work::unavailable)
            }
            None => Ok(()),
        }
    }

    fn in_time(&self) -> Result<(), Fault> {
        work::in_time(self.world, self.deadline)
    }
}
