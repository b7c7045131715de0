//! Does one step of the plan in Odoo.

use super::plan::pinned_step;
use super::plan::{CreditNote, LoweredLine, PaymentDocument, PinnedShare, ReturnDocument, Step};
use super::seen::Seen;
use super::wanted::Wanted;
use crate::config::StoreDocument;
use crate::project::tax::TaxShare;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Timestamp};
use causeway_odoo::{
    Cancelled, CulpritClass, InvoiceDraft, InvoiceLineDraft, InvoiceOutcome, LineCommand,
    LineValues, MoveDraft, MoveKind, Odoo, PaymentDraft, PickingDraft, PinnedLine, PinnedTax,
    Record, Validated, pin,
};
use rust_decimal::RoundingStrategy;

/// The step that remembers that goods were taken off the order.
pub(super) const LOWERED: &str = "lowered";

/// What the row records of a step.
pub(super) struct Applied {
    pub(super) step: String,
    pub(super) id: i64,
}

impl Applied {
    fn new(step: impl Into<String>, id: i64) -> Self {
        Self { step: step.into(), id }
    }
}

/// Does it. The step may have been done before: then nothing changes.
pub(super) async fn apply<H: Http>(
    odoo: Odoo<'_, H>,
    document: &StoreDocument,
    wanted: &Wanted,
    seen: &Seen,
    step: &Step,
) -> Result<Applied, Fault> {
    let order = seen.id;
    match step {
        Step::Unlock => odoo.unlock_order(order).await.map(|()| Applied::new("unlocked", order)),
        Step::Cancel => match odoo.cancel_order(order).await? {
            Cancelled::Yes => Ok(Applied::new("cancelled", order)),
            Cancelled::Locked => Err(Fault::retry("the order was locked while it was cancelled")),
        },
        Step::Lower(lines) => {
            let commands =
                lines.iter().map(|line| lower(odoo, wanted, line)).collect::<Result<_, _>>()?;
            odoo.write_order(order, None, commands).await?;
            Ok(Applied::new(LOWERED, order))
        }
        Step::Invoice => match odoo.invoice_order(order, &seen.documents).await? {
            InvoiceOutcome::Made(ids) => {
                let id = ids.first().copied().unwrap_or_default();
                Ok(Applied::new("invoice", id))
            }
            InvoiceOutcome::Nothing => Err(Fault::retry("Odoo has nothing to invoice right now")),
        },
        Step::PinInvoice { invoice, lines } => {
            let pins = lines.iter().map(|line| (line.line, pinned(odoo, wanted, line)));
            let pins = pins.map(|(id, pin)| Ok((id, pin?))).collect::<Result<Vec<_>, Fault>>()?;
            odoo.pin_invoice_lines(*invoice, &pins).await?;
            Ok(Applied::new(pinned_step(*invoice), *invoice))
        }
        Step::NameInvoice { invoice, reference } => {
            odoo.set_payment_reference(*invoice, reference).await?;
            Ok(Applied::new("named", *invoice))
        }
        Step::Post { document } => {
            odoo.post_move(*document).await.map(|()| Applied::new("posted", *document))
        }
        Step::LoadPayment(payment) => load_payment(odoo, seen, payment).await,
        Step::PostPayment { payment } => {
            odoo.post_payment(*payment).await.map(|_| Applied::new("payment posted", *payment))
        }
        Step::Reconcile { items } => {
            odoo.reconcile(items).await?;
            Ok(Applied::new("reconciled", items.first().copied().unwrap_or_default()))
        }
        Step::LoadReturn(back) => load_return(odoo, document, wanted, seen, back).await,
        Step::ConfirmReturn { picking } => {
            odoo.confirm_pickings(&[*picking]).await?;
            Ok(Applied::new("return confirmed", *picking))
        }
        Step::ValidateReturn { picking, moves } => {
            odoo.set_done_quantities(moves).await?;
            match odoo.validate_pickings(&[*picking]).await? {
                Validated::Done => Ok(Applied::new("return validated", *picking)),
                Validated::NotDone => Err(Fault::reject(
                    format!("Odoo asks something back when return picking {picking} is validated"),
                    "validate it in Odoo by hand",
                )),
            }
        }
        Step::LoadCredit(note) => load_credit(odoo, wanted, note).await,
    }
}

fn lower<H: Http>(
    odoo: Odoo<'_, H>,
    wanted: &Wanted,
    line: &LoweredLine,
) -> Result<LineCommand, Fault> {
    if line.quantity.is_zero() {
        return Ok(LineCommand::Zero {
            line: line.line,
            price_unit: line.price_unit,
            discount: line.discount,
        });
    }
    let share = PinnedShare {
        line: line.line,
        quantity: line.quantity,
        price_unit: line.price_unit,
        discount: line.discount,
        net: line.net,
        taxes: line.taxes.clone(),
    };
    let exact = pinned(odoo, wanted, &share)?;
    Ok(LineCommand::Update {
        line: line.line,
        values: LineValues {
            product: line.product,
            name: line.name.clone(),
            quantity: line.quantity,
            price_unit: line.price_unit,
            discount: line.discount,
            taxes: line.taxes.iter().map(|share| share.tax).collect(),
            pin: odoo.session.pins.then(|| pin(&exact)),
        },
    })
}

fn pinned<H: Http>(
    odoo: Odoo<'_, H>,
    wanted: &Wanted,
    line: &PinnedShare,
) -> Result<PinnedLine, Fault> {
    let currency = odoo.session.currencies.get(wanted.currency.code()).ok_or_else(|| {
        Fault::reject(
            format!("currency {} is not active in Odoo", wanted.currency),
            "activate the currency in Odoo",
        )
    })?;
    Ok(PinnedLine {
        currency_id: currency.id,
        price_unit: line.price_unit,
        discount: line.discount,
        quantity: line.quantity,
        net: line.net,
        taxes: pinned_taxes(&line.taxes),
    })
}

fn pinned_taxes(taxes: &[TaxShare]) -> Vec<PinnedTax> {
    taxes.iter().map(|share| PinnedTax { tax: share.tax, amount: share.amount }).collect()
}

/// The day of a moment, UTC. Odoo's accounting days have no time zone of their own.
fn day(at: Timestamp) -> causeway_domain::Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Makes one document by its external id, and gives its Odoo id.
pub(crate) async fn born<H: Http>(
    odoo: Odoo<'_, H>,
    model: &'static str,
    what: &str,
    record: Record,
) -> Result<i64, Fault> {
    let made = odoo.load_new(model, std::slice::from_ref(&record)).await?;
    match made.into_iter().next() {
        Some(Ok(id)) => Ok(id),
        Some(Err(culprit)) => Err(match &culprit.class {
            CulpritClass::MissingReference { .. } => {
                Fault::retry(format!("{what}: {}", culprit.text))
            }
            CulpritClass::BadValue { .. } | CulpritClass::Constraint | CulpritClass::Other => {
                Fault::reject(
                    format!("{what}: {}", culprit.text),
                    "correct what Odoo names, then replay the order",
                )
            }
        }),
        None => Err(Fault::retry(format!("{what}: Odoo gave no id"))),
    }
}

async fn load_payment<H: Http>(
    odoo: Odoo<'_, H>,
    seen: &Seen,
    payment: &PaymentDocument,
) -> Result<Applied, Fault> {
    let currency = odoo.session.currencies.get(payment.amount.currency().code());
    let draft = PaymentDraft {
        id: payment.external_id.clone(),
        direction: payment.direction.clone(),
        partner: payment.partner,
        amount: payment.amount,
        currency_id: currency.map(|row| row.id).unwrap_or_default(),
        journal: payment.journal,
        date: day(payment.at),
        memo: payment.memo.clone(),
        invoices: payment.documents.clone(),
    };
    let what = format!("payment of {} for {}", payment.amount, seen.name);
    let id = born(odoo, "account.payment", &what, draft.record(odoo.session)).await?;
    Ok(Applied::new(payment.step.clone(), id))
}

async fn load_return<H: Http>(
    odoo: Odoo<'_, H>,
    document: &StoreDocument,
    wanted: &Wanted,
    seen: &Seen,
    back: &ReturnDocument,
) -> Result<Applied, Fault> {
    let draft = PickingDraft {
        id: back.external_id.clone(),
        picking_type: back.picking_type,
        company: document.store.company,
        partner: Some(seen.partner),
        from: back.from,
        to: back.to,
        origin: format!("Return of {} {}", seen.name, wanted.number),
        returns: Some(back.delivery),
        moves: back
            .moves
            .iter()
            .map(|one| MoveDraft {
                id: one.external_id.clone(),
                product: one.product,
                quantity: one.quantity,
                returns: Some(one.origin),
                to_refund: true,
                sale_line: Some(one.sale_line),
            })
            .collect(),
    };
    let what = format!("return of {}", seen.name);
    let id = born(odoo, "stock.picking", &what, draft.record(odoo.session)).await?;
    Ok(Applied::new(back.step.clone(), id))
}

async fn load_credit<H: Http>(
    odoo: Odoo<'_, H>,
    wanted: &Wanted,
    note: &CreditNote,
) -> Result<Applied, Fault> {
    let draft = InvoiceDraft {
        id: note.external_id.clone(),
        kind: MoveKind::CreditNote,
        journal: note.journal,
        partner: note.partner,
        delivery_address: note.delivery_address,
        currency_id: note.currency_id,
        fiscal_position: note.fiscal_position,
        reversed: Some(note.invoice),
        reference: format!("{} refund {}", wanted.number, note.refund),
        payment_reference: note.reference.clone(),
        date: day(note.at),
        payment_term: None,
        lines: note
            .lines
            .iter()
            .map(|line| InvoiceLineDraft {
                id: line.external_id.clone(),
                product: line.product,
                uom: line.uom,
                name: line.name.clone(),
                quantity: line.quantity,
                // As Odoo stores it, or it ignores the pin (FACTS A7).
                price_unit: line.price_unit.round_dp_with_strategy(
                    odoo.session.price_decimals,
                    RoundingStrategy::MidpointAwayFromZero,
                ),
                discount: line.discount,
                account: line.account,
                net: line.net,
                taxes: pinned_taxes(&line.taxes),
                analytic: line.analytic.clone(),
                sale_lines: line.sale_line.into_iter().collect(),
            })
            .collect(),
    };
    let what = format!("credit note of refund {}", note.refund);
    let id = born(odoo, "account.move", &what, draft.record(odoo.session)).await?;
    Ok(Applied::new(note.step.clone(), id))
}
