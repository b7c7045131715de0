//! Sales of a point of sale as journal entries (`posting = "journal"`): one balanced entry for each
//! completed sale, an entry for each fee that came later and for each refund, the goods in and out of
//! stock. No sale order, invoice or payment is made.
//!
//! The same loop as for what comes after an order ([`crate::after_sales`]): read what Odoo has, derive the
//! one step that is missing ([`plan`]), do it, read again. Entries are found by the `ref` that all entries
//! of an order share; every document is born by its external id; what is posted is never rewritten: a
//! platform that says something else afterwards is a matter for a person, with both numbers.

mod apply;
pub mod basis;
pub mod entry;
pub mod goods;
mod observe;
pub mod plan;
pub mod refund;
pub mod sale;
pub mod seen;
pub mod tax;
#[cfg(test)]
mod tests;

use crate::World;
use crate::config::{JournalPosting, Posting, StoreConfig, StoreDocument, TestOrders};
use crate::fetch;
use crate::project::product;
use crate::work::{self, End, Job};
use apply::{Applied, apply};
use basis::Basis;
use causeway_domain::ports::Http;
use causeway_domain::{
    AfterSales, Fault, Order, OrderId, OrderKey, RefundLine, Return, ReturnState, Standing,
    Timestamp, digest::digest,
};
use causeway_ledger::Ledger;
use causeway_odoo::{Odoo, RepartitionLine};
use observe::{Recorded, observe};
use plan::{Next, Step, Wanted, next};
use std::collections::BTreeSet;
use tax::TaxReport;

/// More steps than any sale needs at once.
const MAX_STEPS: usize = 80;

/// The accounts of a store whose sales become journal entries; `None` for one of sale orders.
pub(crate) fn chart(config: &StoreConfig) -> Result<Option<&JournalPosting>, Fault> {
    match (config.posting, &config.journal) {
        (Posting::Order, _) => Ok(None),
        (Posting::Journal, Some(chart)) => Ok(Some(chart)),
        (Posting::Journal, None) => Err(Fault::reject(
            "the store posts to a journal and has no [journal] table",
            "run `causeway config check`",
        )),
    }
}

/// Brings one sale to the books.
pub(crate) async fn one<W: World>(
    world: &W,
    document: &StoreDocument,
    chart: &JournalPosting,
    job: &mut Job,
    id: &OrderId,
    order: Option<Order>,
    deadline: Timestamp,
) -> Result<End, Fault> {
    let key = OrderKey { store: document.id.clone(), order: id.clone() };
    let Some(order) = order else {
        return Err(match booked(world, document, job, &key).await? {
            false => Fault::skip("the platform has no such order"),
            true => Fault::reject(
                format!("order {key} was booked and is gone from its platform"),
                "reverse its entries in Odoo if it never was, then settle the item",
            ),
        });
    };
    if let Some(reason) = no_sale(&order, &document.store) {
        return Err(match booked(world, document, job, &key).await? {
            false => Fault::skip(reason),
            true => Fault::reject(
                format!("order {key} was booked; now: {reason}"),
                "reverse its entries in Odoo if it was never sold, then settle the item",
            ),
        });
    }
    in_company_currency(&order, chart)?;
    order.check()?;
    let after = fetch::after_sales(world, document, &order).await?;
    job.payload = serde_json::to_string(&(&order, &after)).ok();
    if let Err(fault) = payable(&order, &after)
        && !booked(world, document, job, &key).await?
    {
        return Err(fault);
    }
    let digest = content(document, &order, &after);
    if job.is_unchanged(&digest) {
        return Ok(End::Done { odoo_id: None, digest, note: Some("unchanged".to_owned()) });
    }
    let (connection, session) = work::odoo_of(world, document).await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let case = Case { world, document, chart, order: &order, after: &after, deadline };
    let (entry, steps) = case.bring(odoo, job).await?;
    let entry = entry.map_or_else(|| "no entry".to_owned(), |id| format!("account.move/{id}"));
    // Not a sale order, which is what the worker's target names.
    Ok(End::Done { odoo_id: None, digest, note: Some(format!("{entry}, {steps} steps")) })
}

/// True if Odoo has anything of a sale. Asked only where an earlier try has announced something: a dead
/// worker's request cannot arrive later than its lease ends.
async fn booked<W: World>(
    world: &W,
    document: &StoreDocument,
    job: &Job,
    key: &OrderKey,
) -> Result<bool, Fault> {
    if job.row.odoo_ids.is_empty() && job.row.intent.is_none() {
        return Ok(false);
    }
    let (connection, session) = work::odoo_of(world, document).await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let seen = observe(odoo, &sale::reference(key), &job.row.odoo_ids).await?;
    Ok(!seen.entries.is_empty() || !seen.pickings.is_empty())
}

/// Why an order is no sale (yet).
fn no_sale(order: &Order, config: &StoreConfig) -> Option<String> {
    if order.test && config.order.test_orders == TestOrders::Skip {
        return Some("test order (order.test_orders = \"skip\")".to_owned());
    }
    match order.standing {
        Standing::Confirmed | Standing::Cancelled => None,
        Standing::Ignore | Standing::Quotation => {
            Some(format!("status {} is no completed sale", order.status))
        }
    }
}

fn in_company_currency(order: &Order, chart: &JournalPosting) -> Result<(), Fault> {
    if order.currency == chart.currency {
        return Ok(());
    }
    Err(Fault::reject(
        format!(
            "order {} is in {}; entries are made in {} only",
            order.key, order.currency, chart.currency
        ),
        "book the sale by hand, then settle the item",
    ))
}

/// Refuses a sale that cannot be booked for the first time.
fn payable(order: &Order, after: &AfterSales) -> Result<(), Fault> {
    if order.standing == Standing::Cancelled && after.captures.is_empty() {
        return Err(Fault::skip("cancelled before it was booked"));
    }
    sale::check_paid(order, after)
}

fn content(document: &StoreDocument, order: &Order, after: &AfterSales) -> String {
    let config = &document.store;
    let sold = serde_json::to_vec(&(&order.lines, order.standing, &order.total, &order.number));
    let after = serde_json::to_vec(after);
    let rules = serde_json::to_vec(&(&config.journal, &config.taxes, config.no_tax));
    let [sold, after, rules] = [sold, after, rules].map(Result::unwrap_or_default);
    digest([sold.as_slice(), after.as_slice(), rules.as_slice()])
}

struct Case<'a, W> {
    world: &'a W,
    document: &'a StoreDocument,
    chart: &'a JournalPosting,
    order: &'a Order,
    after: &'a AfterSales,
    deadline: Timestamp,
}

impl<W: World> Case<'_, W> {
    /// The loop. Gives the sale's entry and the number of steps.
    async fn bring<H: Http>(
        &self,
        odoo: Odoo<'_, H>,
        job: &Job,
    ) -> Result<(Option<i64>, usize), Fault> {
        let reference = sale::reference(&self.order.key);
        let mut recorded: Recorded = job.row.odoo_ids.clone();
        let wanted = self.wanted(odoo).await?;
        let mut seen = observe(odoo, &reference, &recorded).await?;
        let mut last: Option<Step> = None;
        for done in 0..MAX_STEPS {
            let step = match next(&wanted, &seen) {
                Next::Settled => return Ok((recorded.get(sale::SALE).copied(), done)),
                Next::Hold(fault) => return Err(fault),
                Next::Do(step) => step,
            };
            if last.as_ref() == Some(&step) {
                return Err(Fault::reject(
                    format!(
                        "order {}: Odoo took the step {:?} and nothing changed",
                        self.order.key,
                        name(&step)
                    ),
                    "do the step in Odoo by hand to see why, then settle the item",
                ));
            }
            job.announce(self.world, name(&step), self.deadline).await?;
            let applied = match apply(odoo, self.document, self.chart, &step).await {
                Ok(applied) => applied,
                Err(fault) => return Err(self.forget_stale_links(&step, fault).await),
            };
            let entries = match (&applied, &step) {
                (Some(applied), _) => applied.entries,
                (None, Step::Post { .. }) => true,
                (
                    None,
                    Step::Book(_) | Step::Load(_) | Step::Confirm { .. } | Step::Move { .. },
                ) => false,
            };
            if let Some(Applied { step, id, .. }) = applied {
                job.record(self.world, &step, id).await?;
                recorded.insert(step, id);
            }
            match entries {
                true => seen.entries = observe::entries(odoo, &reference, &recorded).await?,
                false => seen.pickings = observe::pickings(odoo, &recorded).await?,
            }
            last = Some(step);
        }
        Err(Fault::retry(format!("{MAX_STEPS} steps were not enough")))
    }

    /// A picking that Odoo does not take for now may name a product that is gone: its link is dropped, so
    /// that the next try looks it up again.
    async fn forget_stale_links(&self, step: &Step, fault: Fault) -> Fault {
        let (Step::Load(_), Fault::Retry { .. }) = (step, &fault) else { return fault };
        let goods = self.order.lines.iter().filter_map(goods::product);
        let store = &self.document.id;
        let keys: Vec<_> = goods.flat_map(|one| product::link_keys(store, one)).collect();
        match self.world.ledger().drop_links(&keys).await {
            Ok(()) => fault,
            Err(error) => work::unavailable(error),
        }
    }

    /// What should be in Odoo.
    async fn wanted<H: Http>(&self, odoo: Odoo<'_, H>) -> Result<Wanted<'_>, Fault> {
        let (order, after, config) = (self.order, self.after, &self.document.store);
        let basis = Basis::of(order, config, self.chart)?;
        let taxes: BTreeSet<i64> =
            basis.parts.iter().flat_map(|part| part.taxes.iter().map(|share| share.tax)).collect();
        let taxes: Vec<i64> = taxes.into_iter().collect();
        let lines: Vec<RepartitionLine> = odoo.repartition(&taxes).await?;
        let report = TaxReport { lines: &lines, taxes: &odoo.session.taxes };
        Ok(Wanted {
            order,
            sale: sale::sale(order, after, &basis, report, self.chart)?,
            fees: sale::fees(order, after, self.chart)?,
            refunds: refund::refunds(order, after, &basis, report, config, self.chart),
            products: self.products(odoo).await?,
            cancelled: order.standing == Standing::Cancelled,
            unlinked_returns: unlinked(after),
        })
    }

    /// Odoo's products of the goods. Nothing of the platform's or Odoo's that is missing keeps the money
    /// from being booked, so that it is a value here; a call that fails is a fault of all.
    async fn products<H: Http>(
        &self,
        odoo: Odoo<'_, H>,
    ) -> Result<Result<goods::Products, Fault>, Fault> {
        let sold: Vec<_> = self
            .order
            .lines
            .iter()
            .filter_map(|line| Some((&line.id, goods::product(line)?)))
            .collect();
        let references: Vec<_> = sold.iter().map(|(_, product)| *product).collect();
        let store = &self.document.id;
        let found = product::find(odoo, self.world.ledger(), store, &references).await?;
        let config = &self.document.store;
        Ok(sold
            .into_iter()
            .map(|(line, product)| Ok((line.clone(), found.of(&self.order.key, product, config)?)))
            .collect())
    }
}

/// Returns that are agreed and that no refund speaks for.
fn unlinked(after: &AfterSales) -> Vec<String> {
    let agreed = |back: &&Return| match back.state {
        ReturnState::Open | ReturnState::Closed => true,
        ReturnState::Requested | ReturnState::Void => false,
    };
    let settled = |back: &&Return| {
        after.refunds.iter().any(|refund| {
            refund.of_return.as_ref() == Some(&back.id)
                && refund.lines.iter().any(|line| match line {
                    RefundLine::Line(_) => true,
                    RefundLine::Amount { .. } => false,
                })
        })
    };
    let agreed = after.returns.iter().filter(agreed).filter(|back| !settled(back));
    agreed.map(|back| back.id.as_str().to_owned()).collect()
}

/// A step in one word, for the ledger and for people.
fn name(step: &Step) -> &'static str {
    match step {
        Step::Book(_) => "entry",
        Step::Post { .. } => "posted",
        Step::Load(_) => "picking",
        Step::Confirm { .. } => "confirmed",
        Step::Move { .. } => "moved",
    }
}
