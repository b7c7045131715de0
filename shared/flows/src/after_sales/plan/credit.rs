//! Credit notes (R169-R174, R179-R183): one for each refund and invoice, oldest invoice first, never
//! above what is invoiced and not credited, equal to the refund to the minor unit.

use super::share_out::{Shared, documents};
use super::{Case, Step, Verdict, overflow, quantity};
use crate::after_sales::seen::{SaleStanding, SeenCredit, SeenInvoice};
use crate::after_sales::wanted::{RefundPart, WantedRefund};
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Goods, Money, RefundId, Timestamp, WaitKey};
use causeway_odoo::ExternalId;
use serde::Serialize;
use std::collections::BTreeSet;

/// A credit note that should exist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreditNote {
    /// Its external id.
    pub external_id: ExternalId,
    /// The step under which the row records it.
    pub step: String,
    /// The invoice that it reverses.
    pub invoice: i64,
    /// `account.journal` id, the invoice's.
    pub journal: i64,
    /// `res.partner` id, the invoice's.
    pub partner: i64,
    /// `res.partner` id of the delivery address, the invoice's.
    pub delivery_address: Option<i64>,
    /// `account.fiscal.position` id, the invoice's.
    pub fiscal_position: Option<i64>,
    /// `res.currency` id, the invoice's.
    pub currency_id: i64,
    /// The platform's refund, for people.
    pub refund: RefundId,
    /// When the refund was made.
    pub at: Timestamp,
    /// The processor's reference of the refund, as its settlement names it.
    pub reference: Option<String>,
    /// Tax included; above zero.
    pub total: Money,
    /// Its lines.
    pub lines: Vec<CreditLine>,
}

/// A line of a credit note; accounts, taxes and analytics are the invoice line's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreditLine {
    /// Its external id.
    pub external_id: ExternalId,
    /// `product.product` id; none for an amount.
    pub product: Option<i64>,
    /// `uom.uom` id.
    pub uom: Option<i64>,
    /// Description.
    pub name: String,
    /// Quantity, above zero.
    pub quantity: Decimal,
    /// Unit price; what it comes to is pinned.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.account` id.
    pub account: i64,
    /// Analytic distribution.
    pub analytic: Option<serde_json::Value>,
    /// Net.
    pub net: Money,
    /// Every tax of the line.
    pub taxes: Vec<TaxShare>,
    /// The order line whose invoiced quantity goes down with it.
    pub sale_line: Option<i64>,
}

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    // Cancelled before anything was invoiced: there is nothing to give back in the books.
    match case.seen.standing {
        SaleStanding::Cancelled if !case.seen.anything_invoiced() => return Ok(Verdict::Fine),
        SaleStanding::Quotation | SaleStanding::Confirmed | SaleStanding::Cancelled => {}
    }
    let refunds = case.all_refunds()?;
    let not_taken_off = not_taken_off(case)?;
    let mut held = Verdict::Fine;
    let mut unless_agreed = None;
    for (at, refund) in refunds.iter().enumerate().filter(|(_, r)| !r.total.is_zero()) {
        let said = match share(case, at, refund) {
            Ok(shared) => {
                unless_agreed = unless_agreed.or(shared.unless_agreed);
                match bring(case, refund, shared.notes) {
                    Verdict::Do(step) if not_taken_off.contains(&at) => waits(case, refund, step),
                    said @ (Verdict::Do(_) | Verdict::Fine | Verdict::Hold(_)) => said,
                }
            }
            Err(fault) => Verdict::Hold(fault),
        };
        match said {
            Verdict::Fine => {}
            Verdict::Do(step) => return Ok(Verdict::Do(step)),
            Verdict::Hold(fault) => held = held.or_hold(fault),
        }
    }
    match (held, unless_agreed) {
        (Verdict::Fine, Some(fault)) if !books_agree(case, &refunds)? => Err(fault),
        (held, _) => Ok(held),
    }
}

/// The refunds of goods that are still on the order. Of one that is to be cancelled nothing is billed again.
fn not_taken_off(case: &Case<'_>) -> Result<BTreeSet<usize>, Fault> {
    match case.wanted.cancelled && !case.seen.anything_sent() {
        true => Ok(BTreeSet::new()),
        false => quantity::held(case),
    }
}

/// What is there already goes on; a new credit note could not name the order line yet, and the order would be
/// invoiced again when it is lowered.
fn waits(case: &Case<'_>, refund: &WantedRefund, step: Box<Step>) -> Verdict {
    if let Step::LoadCredit(_) = *step {
        return Verdict::wait(
            format!("lowered:{}", case.wanted.key),
            format!("refund {} waits until its goods are taken off the order", refund.id),
        );
    }
    Verdict::Do(step)
}

/// True if what is invoiced less what is credited is what the platform keeps: then what rounding left over
/// of one refund was given back by another.
fn books_agree(case: &Case<'_>, refunds: &[WantedRefund]) -> Result<bool, Fault> {
    let currency = case.wanted.currency;
    let total = |sum: &mut dyn Iterator<Item = Money>| Money::sum(sum, currency).map_err(overflow);
    let invoices = &case.seen.invoices;
    let invoiced = total(&mut invoices.iter().map(|invoice| invoice.total))?;
    let notes = invoices.iter().flat_map(|invoice| &invoice.credits);
    let credited = total(&mut notes.map(|note| note.total))?;
    let kept = case.wanted.total.minus(case.given_back(refunds)?).map_err(overflow)?;
    Ok(invoiced.minus(credited).map_err(overflow)? == kept)
}

/// What a refund comes to, once the goods that it is for are back.
fn share(case: &Case<'_>, at: usize, refund: &WantedRefund) -> Result<Shared, Fault> {
    match refund.of_return.as_ref().filter(|back| !case.is_back(back)) {
        Some(back) => Err(Fault::Wait {
            key: WaitKey::other(format!("return:{}/{back}", case.wanted.key)),
            cause: format!("refund {} waits until its return {back} is validated", refund.id),
        }),
        None => documents(case, at, refund),
    }
}

/// Makes, posts and sets off the credit notes of a refund.
fn bring(case: &Case<'_>, refund: &WantedRefund, notes: Vec<CreditNote>) -> Verdict {
    for document in notes {
        let invoice = case.seen.invoices.iter().find(|one| one.id == document.invoice);
        let mut notes = invoice.iter().flat_map(|invoice| &invoice.credits);
        let own = |note: &&SeenCredit| {
            note.external_id.as_deref() == Some(document.external_id.as_str())
                || case.recorded.get(&document.step) == Some(&note.id)
        };
        match notes.find(own) {
            None if case.recorded.contains_key(&document.step) => {
                return Verdict::Hold(case.person(
                    format!("the credit note of refund {} was deleted in Odoo", refund.id),
                    "make it again by hand if it should be there, then settle the item",
                ));
            }
            None => return Verdict::step(Step::LoadCredit(document)),
            Some(note) if note.total != document.total => {
                return Verdict::Hold(case.person(
                    format!(
                        "credit note {} of refund {} comes to {}, the platform gave back {}",
                        note.id, refund.id, note.total, document.total
                    ),
                    "correct the credit note by hand and post it, then settle the item",
                ));
            }
            Some(note) if !note.posted => {
                return Verdict::step(Step::Post { document: note.id });
            }
            Some(note) => {
                if let Some(items) = invoice.and_then(|invoice| pair(invoice, note)) {
                    return Verdict::step(Step::Reconcile { items });
                }
            }
        }
    }
    Verdict::Fine
}

/// Two open items of one account that can be set off against each other.
fn pair(invoice: &SeenInvoice, note: &SeenCredit) -> Option<Vec<i64>> {
    let open = |item: &&super::super::seen::OpenItem| !item.residual.is_zero();
    let debit = invoice.open_items.iter().filter(open).find(|i| i.residual.minor() > 0)?;
    let credit = note
        .open_items
        .iter()
        .filter(open)
        .find(|i| i.residual.minor() < 0 && i.account == debit.account)?;
    Some(vec![debit.id, credit.id])
}

impl Case<'_> {
    /// The platform's refunds; for an invoiced order that was cancelled before anything was paid or
    /// sent, one more that takes back what they leave.
    fn all_refunds(&self) -> Result<Vec<WantedRefund>, Fault> {
        let mut all = self.wanted.refunds.clone();
        let unpaid = self.wanted.cancelled
            && self.wanted.captures.is_empty()
            && self.seen.anything_invoiced()
            && !self.seen.anything_sent();
        let rest = self.wanted.total.minus(self.given_back(&all)?).map_err(overflow)?;
        if !unpaid || rest.minor() <= 0 {
            return Ok(all);
        }
        let whole = self.wanted.lines.iter().enumerate().map(|(at, line)| RefundPart::Line {
            line: at,
            quantity: line.quantity,
            net: line.net,
            taxes: line.taxes.clone(),
            goods: Goods::Kept,
        });
        let parts = match all.is_empty() {
            true => whole.collect(),
            false => vec![RefundPart::Amount { gross: rest }],
        };
        all.push(WantedRefund {
            id: RefundId::new("cancelled"),
            at: self.now,
            total: rest,
            parts,
            payments: Vec::new(),
            of_return: None,
        });
        Ok(all)
    }
}

/// The credit notes of every refund, as if none existed: what a dry run shows.
pub fn credit_notes(case: &Case<'_>) -> Result<Vec<CreditNote>, Fault> {
    let refunds = case.all_refunds()?;
    let mut notes = Vec::new();
    for (at, refund) in refunds.iter().enumerate().filter(|(_, r)| !r.total.is_zero()) {
        notes.extend(documents(case, at, refund)?.notes);
    }
    Ok(notes)
}

/// The step under which the row remembers a credit note.
pub(crate) fn step_of(refund: &RefundId, invoice: i64) -> String {
    format!("refund:{refund}:{invoice}")
}
