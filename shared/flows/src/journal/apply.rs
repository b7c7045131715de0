//! Does one step of the plan in Odoo.

use super::entry::Entry;
use super::goods::Picking;
use super::plan::Step;
use crate::after_sales::born;
use crate::config::{JournalPosting, StoreDocument};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use causeway_odoo::{MoveDraft, Odoo, PickingDraft, Validated};

/// What the row records of a step.
pub(super) struct Applied {
    pub(super) step: String,
    pub(super) id: i64,
    /// True if entries changed, false if pickings did.
    pub(super) entries: bool,
}

impl Applied {
    fn entry(step: &str, id: i64) -> Self {
        Self { step: step.to_owned(), id, entries: true }
    }
    fn picking(step: &str, id: i64) -> Self {
        Self { step: step.to_owned(), id, entries: false }
    }
}

/// Does it. The step may have been done before: then nothing changes.
pub(super) async fn apply<H: Http>(
    odoo: Odoo<'_, H>,
    document: &StoreDocument,
    chart: &JournalPosting,
    step: &Step,
) -> Result<Option<Applied>, Fault> {
    match step {
        Step::Book(entry) => book(odoo, document, chart, entry).await.map(Some),
        Step::Post { entry } => odoo.post_move(*entry).await.map(|()| None),
        Step::Load(picking) => load(odoo, document, chart, picking).await.map(Some),
        Step::Confirm { picking } => {
            odoo.confirm_pickings(&[*picking]).await?;
            odoo.assign_pickings(&[*picking]).await?;
            Ok(None)
        }
        Step::Move { picking, moves } => {
            // What the till handed over has left, whatever Odoo thinks is in stock.
            odoo.set_done_quantities(moves).await?;
            match odoo.validate_pickings(&[*picking]).await? {
                Validated::Done => Ok(None),
                Validated::NotDone => Err(Fault::reject(
                    format!("Odoo asks something back when picking {picking} is validated"),
                    "validate it in Odoo by hand, then replay the order",
                )),
            }
        }
    }
}

async fn book<H: Http>(
    odoo: Odoo<'_, H>,
    document: &StoreDocument,
    chart: &JournalPosting,
    entry: &Entry,
) -> Result<Applied, Fault> {
    let currency = odoo.session.currencies.get(chart.currency.code()).ok_or_else(|| {
        Fault::reject(
            format!("currency {} is not active in Odoo", chart.currency),
            "correct `currency` in the store's [journal]",
        )
    })?;
    let record = entry.record(chart, document.store.company, currency.id)?;
    let id = born(odoo, "account.move", &entry.what, record).await?;
    Ok(Applied::entry(&entry.step, id))
}

async fn load<H: Http>(
    odoo: Odoo<'_, H>,
    document: &StoreDocument,
    chart: &JournalPosting,
    picking: &Picking,
) -> Result<Applied, Fault> {
    let way = chart.delivery;
    let (picking_type, from, to) = match &picking.returns {
        None => (way.picking_type, way.from, way.to),
        Some(_) => (return_type(odoo, way.picking_type).await?, way.to, way.from),
    };
    let origin = |product: i64| {
        let (_, moves) = picking.returns.as_ref()?;
        moves.get(&product).copied()
    };
    let draft = PickingDraft {
        id: picking.id.clone(),
        picking_type,
        company: document.store.company,
        partner: chart.partner,
        from,
        to,
        origin: picking.origin.clone(),
        returns: picking.returns.as_ref().map(|(delivery, _)| *delivery),
        moves: picking
            .quantities
            .iter()
            .map(|(product, quantity)| MoveDraft {
                id: picking.id.line(&product.to_string()),
                product: *product,
                quantity: *quantity,
                returns: origin(*product),
                to_refund: picking.returns.is_some(),
                sale_line: None,
            })
            .collect(),
    };
    let record = draft.record(odoo.session);
    let id = born(odoo, "stock.picking", &picking.what, record).await?;
    Ok(Applied::picking(&picking.step, id))
}

async fn return_type<H: Http>(odoo: Odoo<'_, H>, outgoing: i64) -> Result<i64, Fault> {
    let types = odoo.picking_types().await?;
    let own = types.iter().find(|one| one.id == outgoing);
    own.and_then(|one| one.returns).ok_or_else(|| {
        Fault::reject(
            format!("picking type {outgoing} has no type for returns in Odoo"),
            "set it on the operation type, or correct delivery in the store's [journal]",
        )
    })
}
