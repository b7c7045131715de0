//! What comes after an order: cancellation, invoice, payments, refunds, returns.
//!
//! Not a script but a loop: read what Odoo has, derive in pure code the one step that is missing
//! ([`plan`]), do it, read again, until nothing is missing or something has to be waited for. Every step
//! is a keyed `load`, a verb that refuses a second call, or a write of absolute values, so that a
//! worker that dies anywhere is followed by the same loop.

mod apply;
mod observe;
pub mod plan;
pub mod seen;
pub mod wanted;

use crate::World;
use crate::config::StoreDocument;
use crate::dispute;
use crate::enqueue::enqueue;
use crate::fetch;
use crate::journal;
use crate::project::STEP as ORDER_STEP;
use crate::work::{self, End, Job, Worker};
pub(crate) use apply::born;
use apply::{Applied, apply};
use causeway_domain::ports::Clock as _;
use causeway_domain::{
    Fault, Nudge, NudgeCause, Order, OrderId, OrderKey, Standing, Subject, Timestamp, WaitKey,
    digest::digest,
};
use causeway_ledger::{Disposition, Ledger as _, Received, Row, RowKey, State};
use causeway_odoo::Odoo;
use plan::{Case, Next, Step, next};
use std::collections::BTreeMap;
use std::time::Duration;
use wanted::{Wanted, wanted};

/// More steps than any order needs at once; a guard against two sides that never agree.
const MAX_STEPS: usize = 80;

/// Takes a batch and says what is to become of each message, in the same order.
pub async fn handle<W: World>(
    world: &W,
    messages: &[Received],
    deadline: Timestamp,
) -> Vec<Disposition> {
    work::batch(world, &Handler, messages, deadline).await
}

struct Handler;

impl<W: World> Worker<W> for Handler {
    const OPERATION: &'static str = "refund.handle";
    const TARGET: &'static str = "sale.order";
    const LOOKS_AGAIN: Option<Duration> = Some(Duration::from_secs(3600));

    /// One after the other: Odoo has few workers, and these are many small calls.
    async fn round(&self, world: &W, jobs: &mut [Job], deadline: Timestamp) -> Vec<End> {
        let mut ends = Vec::with_capacity(jobs.len());
        for job in jobs {
            if let Subject::Dispute(_) = job.nudge.subject {
                let end = Box::pin(dispute::one(world, job, deadline)).await;
                ends.push(end.unwrap_or_else(End::Failed));
                continue;
            }
            // Boxed: the state of so many steps in one future is deeper than the compiler follows.
            ends.push(Box::pin(one(world, job, deadline)).await.unwrap_or_else(End::Failed));
        }
        ends
    }
}

/// True for a step of the row after which an edit of the order would undo what was refunded.
pub(crate) fn undone_by_edit(step: &str) -> bool {
    [apply::LOWERED, "refund:", "return:"].iter().any(|prefix| step.starts_with(prefix))
}

async fn one<W: World>(world: &W, job: &mut Job, deadline: Timestamp) -> Result<End, Fault> {
    let Subject::AfterSales(id) = job.nudge.subject.clone() else {
        return Err(Fault::reject(
            format!("{} is not handled here", job.nudge.subject),
            "a message is on the wrong queue; report it",
        ));
    };
    let document = work::store_document(world, &job.nudge.store).await?;
    let order = fetch::order(world, &document, &id).await?;
    job.number = order.as_ref().map(|order| order.number.clone());
    let row = order_row(world, job, &id).await?;
    let sale = row.as_ref().and_then(|row| row.odoo_ids.get(ORDER_STEP)).copied();
    // What is a sale order already, or may be one, stays one when the store changes to entries.
    let begun = sale.is_some() || row.as_ref().is_some_and(|row| row.intent.is_some());
    if let (false, Some(chart)) = (begun, journal::chart(&document.store)?) {
        return journal::one(world, &document, chart, job, &id, order, deadline).await;
    }
    let Some(sale) = sale else {
        return not_there(world, job, &id, order.as_ref(), row).await;
    };
    let wanted = match &order {
        Some(order) => Some(read(world, &document, order, job).await?),
        None => None,
    };
    let digest = content(&document, wanted.as_ref());
    if job.is_unchanged(&digest) {
        let note = Some("unchanged".to_owned());
        return Ok(End::Done { odoo_id: Some(sale), digest, note });
    }
    let note = bring(world, &document, job, sale, wanted.as_ref(), deadline).await?;
    Ok(End::Done { odoo_id: Some(sale), digest, note })
}

/// The row of the order itself, which knows its sale order.
async fn order_row<W: World>(world: &W, job: &Job, id: &OrderId) -> Result<Option<Row>, Fault> {
    let subject = Subject::Order(id.clone()).key();
    let key = RowKey { store: job.nudge.store.clone(), subject };
    world.ledger().row(&key).await.map_err(work::unavailable)
}

/// The order is not in Odoo: it never will be, or it is on its way and nudges us when it is there.
async fn not_there<W: World>(
    world: &W,
    job: &Job,
    id: &OrderId,
    order: Option<&Order>,
    row: Option<Row>,
) -> Result<End, Fault> {
    let never = match order.map(|order| order.standing) {
        None | Some(Standing::Cancelled | Standing::Ignore) => {
            row.as_ref().is_none_or(|row| row.intent.is_none())
        }
        Some(Standing::Quotation | Standing::Confirmed) => false,
    };
    if never {
        return Err(Fault::skip("the order never reached Odoo and will not"));
    }
    let key = OrderKey { store: job.nudge.store.clone(), order: id.clone() };
    // Whoever waits for a person or a product is driven by that, not by us.
    let stuck = row.is_some_and(|row| match row.state {
        State::Waiting | State::Attention => true,
        State::Pending | State::Leased | State::Done | State::Retrying | State::Dead => false,
    });
    if !stuck {
        let now = world.clock().now();
        let subject = Subject::Order(id.clone());
        let nudge = Nudge::new(key.store.clone(), subject, NudgeCause::Worker, now);
        enqueue(world, &[nudge]).await?;
    }
    Err(Fault::Wait {
        key: WaitKey::other(format!("order:{key}")),
        cause: "its order is not in Odoo yet".to_owned(),
    })
}

async fn read<W: World>(
    world: &W,
    document: &StoreDocument,
    order: &Order,
    job: &mut Job,
) -> Result<Wanted, Fault> {
    let after = fetch::after_sales(world, document, order).await?;
    job.payload = serde_json::to_string(&after).ok();
    wanted(order, &after, &document.store)
}

fn content(document: &StoreDocument, wanted: Option<&Wanted>) -> String {
    let wanted = serde_json::to_vec(&wanted).unwrap_or_default();
    let policy = serde_json::to_vec(&document.store.after_sales).unwrap_or_default();
    digest([wanted.as_slice(), policy.as_slice()])
}

/// The loop. Gives a note of what was done.
async fn bring<W: World>(
    world: &W,
    document: &StoreDocument,
    job: &Job,
    sale: i64,
    wanted: Option<&Wanted>,
    deadline: Timestamp,
) -> Result<Option<String>, Fault> {
    let (connection, session) = work::odoo_of(world, document).await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let mut recorded: BTreeMap<String, i64> = job.row.odoo_ids.clone();
    let mut last: Option<Step> = None;
    let mut done = 0_usize;
    for _ in 0..MAX_STEPS {
        let Some(seen) = observe::observe(odoo, sale, &recorded).await? else {
            return Err(Fault::reject(
                format!("order {}: sale order {sale} was deleted in Odoo", job.nudge.subject),
                "settle what came after it by hand, then settle the item",
            ));
        };
        let gone = wanted.is_none().then(|| Wanted::gone(&job.nudge, &seen));
        let Some(wanted) = wanted.or(gone.as_ref()) else { continue };
        let case = Case {
            store: &document.id,
            wanted,
            seen: &seen,
            recorded: &recorded,
            policy: &document.store.after_sales,
            methods: &document.store.payments,
            now: world.clock().now(),
        };
        let step = match next(&case) {
            Next::Settled => return Ok((done > 0).then(|| format!("{done} steps"))),
            Next::Hold(fault) => return Err(fault),
            Next::Do(step) => *step,
        };
        if last.as_ref() == Some(&step) {
            return Err(Fault::reject(
                format!(
                    "order {}: Odoo took the step {:?} and nothing changed",
                    wanted.key,
                    name(&step)
                ),
                "do the step in Odoo by hand to see why, then settle the item",
            ));
        }
        job.announce(world, name(&step), deadline).await?;
        let Applied { step: key, id } = apply(odoo, document, wanted, &seen, &step).await?;
        job.record(world, &key, id).await?;
        recorded.insert(key, id);
        last = Some(step);
        done += 1;
    }
    Err(Fault::retry(format!("{MAX_STEPS} steps were not enough")))
}

/// A step in one word, for the ledger and for people.
pub fn name(step: &Step) -> &'static str {
    match step {
        Step::Unlock => "unlock",
        Step::Cancel => "cancel",
        Step::Lower(_) => "lower",
        Step::Invoice => "invoice",
        Step::PinInvoice { .. } => "pin invoice",
        Step::NameInvoice { .. } => "name invoice",
        Step::Post { .. } => "post",
        Step::LoadPayment(_) => "payment",
        Step::PostPayment { .. } => "post payment",
        Step::Reconcile { .. } => "reconcile",
        Step::LoadReturn(_) => "return",
        Step::ConfirmReturn { .. } => "confirm return",
        Step::ValidateReturn { .. } => "validate return",
        Step::LoadCredit(_) => "credit note",
    }
}
