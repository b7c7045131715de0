//! Credit notes (R169-R174, R179-R183): one for each refund and invoice, oldest invoice first, never
//! above what is invoiced and not credited, equal to the refund to the minor unit.

use super::effective::up_to;
use super::line::{credited, taxes_of};
use super::{Case, Step, Verdict, overflow};
use crate::after_sales::seen::{SeenCredit, SeenInvoice, SeenMoveLine};
use crate::after_sales::wanted::{RefundPart, WantedRefund};
use crate::config::InvoicePolicy;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Goods, Money, RefundId, Timestamp};
use causeway_odoo::ExternalId;
use serde::Serialize;

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
    let mut held = Verdict::Fine;
    for (at, refund) in case.all_refunds()?.iter().enumerate() {
        match one(case, at, refund).unwrap_or_else(Verdict::Hold) {
            Verdict::Fine => {}
            Verdict::Do(step) => return Ok(Verdict::Do(step)),
            Verdict::Hold(fault) => {
                // What waits must not hide what needs a person.
                let person = |fault: &Fault| match fault {
                    Fault::Reject { .. } => true,
                    Fault::Wait { .. }
                    | Fault::Retry { .. }
                    | Fault::Ambiguous { .. }
                    | Fault::Skip { .. } => false,
                };
                held = match held {
                    Verdict::Hold(first) if person(&first) || !person(&fault) => {
                        Verdict::Hold(first)
                    }
                    Verdict::Hold(_) | Verdict::Fine | Verdict::Do(_) => Verdict::Hold(fault),
                };
            }
        }
    }
    Ok(held)
}

fn one(case: &Case<'_>, at: usize, refund: &WantedRefund) -> Result<Verdict, Fault> {
    if refund.total.is_zero() {
        return Ok(Verdict::Fine);
    }
    if let Some(back) = refund.of_return.as_ref().filter(|back| !case.is_back(back)) {
        return Ok(Verdict::wait(
            format!("return:{}/{back}", case.wanted.key),
            format!("refund {} waits until its return {back} is validated", refund.id),
        ));
    }
    for document in documents(case, at, refund)? {
        let invoice = case.seen.invoices.iter().find(|one| one.id == document.invoice);
        let mut notes = invoice.iter().flat_map(|invoice| &invoice.credits);
        let own = |note: &&SeenCredit| {
            note.external_id.as_deref() == Some(document.external_id.as_str())
                || case.recorded.get(&document.step) == Some(&note.id)
        };
        match notes.find(own) {
            None if case.recorded.contains_key(&document.step) => {
                return Ok(Verdict::Hold(case.person(
                    format!("the credit note of refund {} was deleted in Odoo", refund.id),
                    "make it again by hand if it should be there, then settle the item",
                )));
            }
            None => return Ok(Verdict::step(Step::LoadCredit(document))),
            Some(note) if note.total != document.total => {
                return Ok(Verdict::Hold(case.person(
                    format!(
                        "credit note {} of refund {} comes to {}, the platform gave back {}",
                        note.id, refund.id, note.total, document.total
                    ),
                    "correct the credit note by hand and post it, then settle the item",
                )));
            }
            Some(note) if !note.posted => {
                return Ok(Verdict::step(Step::Post { document: note.id }));
            }
            Some(note) => {
                if let Some(items) = invoice.and_then(|invoice| pair(invoice, note)) {
                    return Ok(Verdict::step(Step::Reconcile { items }));
                }
            }
        }
    }
    Ok(Verdict::Fine)
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
    /// sent, one more that takes everything back.
    fn all_refunds(&self) -> Result<Vec<WantedRefund>, Fault> {
        let unpaid = self.wanted.cancelled
            && self.wanted.captures.is_empty()
            && self.wanted.refunds.is_empty()
            && self.seen.anything_invoiced()
            && !self.seen.anything_sent();
        if !unpaid {
            return Ok(self.wanted.refunds.clone());
        }
        let parts = self.wanted.lines.iter().enumerate().map(|(at, line)| RefundPart::Line {
            line: at,
            quantity: line.quantity,
            net: line.net,
            taxes: line.taxes.clone(),
            goods: Goods::Kept,
        });
        Ok(vec![WantedRefund {
            id: RefundId::new("cancelled"),
            at: self.now,
            total: self.wanted.total,
            parts: parts.collect(),
            payments: Vec::new(),
            of_return: None,
        }])
    }
}

/// What one invoice must give back of a refund.
struct Draft<'a> {
    invoice: &'a SeenInvoice,
    key: ExternalId,
    lines: Vec<CreditLine>,
    total: Money,
}

impl Draft<'_> {
    fn next_key(&self) -> ExternalId {
        self.key.line(&self.lines.len().to_string())
    }
}

/// The credit notes of a refund, one for each invoice that it touches.
fn documents(case: &Case<'_>, at: usize, refund: &WantedRefund) -> Result<Vec<CreditNote>, Fault> {
    let key = ExternalId::new(case.store, "refund", refund.id.as_str());
    let other = |note: &SeenCredit| {
        let ours = note.external_id.as_deref();
        !case.seen.invoices.iter().any(|invoice| {
            ours == Some(key.line(&invoice.id.to_string()).as_str())
                || case.recorded.get(&step_of(&refund.id, invoice.id)) == Some(&note.id)
        })
    };
    let mut drafts: Vec<Draft<'_>> = case
        .seen
        .invoices
        .iter()
        .filter(|invoice| invoice.posted)
        .map(|invoice| Draft {
            invoice,
            key: key.line(&invoice.id.to_string()),
            lines: Vec::new(),
            total: Money::zero(case.wanted.currency),
        })
        .collect();
    for (place, part) in refund.parts.iter().enumerate() {
        match part {
            RefundPart::Line { .. } => {
                line_part(case, (at, place), refund, part, &mut drafts, &other)?
            }
            RefundPart::Amount { .. } => {}
        }
    }
    for part in &refund.parts {
        match part {
            RefundPart::Line { .. } => {}
            RefundPart::Amount { gross } => amount_part(case, refund, *gross, &mut drafts, &other)?,
        }
    }
    let mut notes = Vec::new();
    for draft in drafts.into_iter().filter(|draft| !draft.lines.is_empty()) {
        if draft.total.is_zero() {
            continue;
        }
        if draft.total.minor() < 0 {
            return Err(case.person(
                format!("refund {} keeps back more than it gives", refund.id),
                "settle it in Odoo by hand, then settle the item",
            ));
        }
        notes.push(CreditNote {
            step: step_of(&refund.id, draft.invoice.id),
            invoice: draft.invoice.id,
            journal: draft.invoice.journal,
            partner: draft.invoice.partner,
            delivery_address: draft.invoice.delivery_address,
            fiscal_position: draft.invoice.fiscal_position,
            currency_id: draft.invoice.currency_id,
            refund: refund.id.clone(),
            at: refund.at,
            reference: refund.payments.iter().find_map(|payment| payment.reference.clone()),
            total: draft.total,
            lines: draft.lines,
            external_id: draft.key,
        });
    }
    Ok(notes)
}

/// The credit notes of every refund, as if none existed: what a dry run shows.
pub fn credit_notes(case: &Case<'_>) -> Result<Vec<CreditNote>, Fault> {
    let refunds = case.all_refunds()?;
    let mut notes = Vec::new();
    for (at, refund) in refunds.iter().enumerate().filter(|(_, r)| !r.total.is_zero()) {
        notes.extend(documents(case, at, refund)?);
    }
    Ok(notes)
}

/// The step under which the row remembers a credit note.
pub(crate) fn step_of(refund: &RefundId, invoice: i64) -> String {
    format!("refund:{refund}:{invoice}")
}

/// Credits the refunded part of a line on the invoices that bill it.
fn line_part(
    case: &Case<'_>,
    (at, place): (usize, usize),
    refund: &WantedRefund,
    part: &RefundPart,
    drafts: &mut [Draft<'_>],
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(), Fault> {
    let RefundPart::Line { line: of, quantity, net, taxes, .. } = part else { return Ok(()) };
    let line = case.order_line(*of)?;
    // What was taken off the order before it was billed needs no credit note.
    let (taken, billed) = case.taken_and_billed(*of, at, place)?;
    let spared = taken - billed;
    let owed = *quantity - spared;
    let rest = |amount: Money| {
        up_to(amount, spared, *quantity).and_then(|off| {
            if spared.is_zero() { Ok(amount) } else { amount.minus(off).map_err(overflow) }
        })
    };
    let mut left_net = rest(*net)?;
    let mut left_taxes = taxes.clone();
    for share in &mut left_taxes {
        share.amount = rest(share.amount)?;
    }
    let is_zero =
        |net: Money, taxes: &[TaxShare]| net.is_zero() && taxes.iter().all(|t| t.amount.is_zero());
    if is_zero(left_net, &left_taxes) {
        return Ok(());
    }
    let mut open = owed;
    let mut excess = (-line.to_invoice).max(Decimal::ZERO);
    for draft in drafts.iter_mut() {
        for (n, own) in draft.invoice.lines.iter().enumerate() {
            if own.sale_line != Some(line.id) || is_zero(left_net, &left_taxes) {
                continue;
            }
            let (back, back_gross) = credited(draft.invoice, n, other)?;
            let room = own.quantity - back;
            let room_gross = own.gross.minus(back_gross).map_err(overflow)?;
            let take = if owed.is_zero() { Decimal::ZERO } else { open.min(room) };
            if !owed.is_zero() && take <= Decimal::ZERO {
                continue;
            }
            let share = |amount: Money| match owed.is_zero() {
                true => Ok(amount),
                false => up_to(amount, take, open),
            };
            let credit_net = share(left_net)?;
            let mut credit_taxes = left_taxes.clone();
            for tax in &mut credit_taxes {
                tax.amount = share(tax.amount)?;
            }
            let gross = sum(credit_net, &credit_taxes)?;
            if gross.minor() > room_gross.minor() && gross.minor() > 0 {
                return Err(above(case, refund, gross, room_gross, own));
            }
            let linked = take.min(excess);
            excess -= linked;
            push(draft, own, (take, linked), credit_net, &credit_taxes, line.id)?;
            left_net = left_net.minus(credit_net).map_err(overflow)?;
            for (left, off) in left_taxes.iter_mut().zip(&credit_taxes) {
                left.amount = left.amount.minus(off.amount).map_err(overflow)?;
            }
            open -= take;
        }
    }
    if is_zero(left_net, &left_taxes) {
        return Ok(());
    }
    let missing = sum(left_net, &left_taxes)?;
    Err(not_invoiced(case, refund, missing, case.billed(line) >= line.ordered))
}

/// Adds the line; a part that lowers the order line's invoiced quantity stands on its own.
fn push(
    draft: &mut Draft<'_>,
    own: &SeenMoveLine,
    (quantity, linked): (Decimal, Decimal),
    net: Money,
    taxes: &[TaxShare],
    sale_line: i64,
) -> Result<(), Fault> {
    let line = |next_key: ExternalId, quantity: Decimal, net: Money, taxes, link: Option<i64>| {
        // Money without a quantity is one of that amount.
        let (quantity, price_unit, discount) = match quantity.is_zero() {
            true => (Decimal::ONE, net.to_decimal(), Decimal::ZERO),
            false => (quantity, own.price_unit, own.discount),
        };
        CreditLine {
            external_id: next_key,
            product: own.product,
            uom: own.uom,
            name: own.name.clone(),
            quantity,
            price_unit,
            discount,
            account: own.account,
            analytic: own.analytic.clone(),
            net,
            taxes,
            sale_line: link,
        }
    };
    draft.total = draft.total.plus(sum(net, taxes)?).map_err(overflow)?;
    if linked.is_zero() || linked == quantity {
        let link = (!linked.is_zero()).then_some(sale_line);
        let made = line(draft.next_key(), quantity, net, taxes.to_vec(), link);
        draft.lines.push(made);
        return Ok(());
    }
    let mut first = taxes.to_vec();
    let mut second = taxes.to_vec();
    for (a, b) in first.iter_mut().zip(&mut second) {
        a.amount = up_to(a.amount, linked, quantity)?;
        b.amount = b.amount.minus(a.amount).map_err(overflow)?;
    }
    let net_linked = up_to(net, linked, quantity)?;
    let made = line(draft.next_key(), linked, net_linked, first, Some(sale_line));
    draft.lines.push(made);
    let net_rest = net.minus(net_linked).map_err(overflow)?;
    let made = line(draft.next_key(), quantity - linked, net_rest, second, None);
    draft.lines.push(made);
    Ok(())
}

/// Spreads an amount over the invoices, oldest first, and over their rates by gross (A15).
fn amount_part(
    case: &Case<'_>,
    refund: &WantedRefund,
    gross: Money,
    drafts: &mut [Draft<'_>],
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(), Fault> {
    let mut left = gross;
    for draft in drafts.iter_mut() {
        if left.is_zero() {
            return Ok(());
        }
        let notes = draft.invoice.credits.iter().filter(|note| other(note)).map(|note| note.total);
        let back = Money::sum(notes, left.currency()).map_err(overflow)?;
        let room = draft.invoice.total.minus(back).map_err(overflow)?;
        let room = room.minus(draft.total).map_err(overflow)?;
        let take = if left.minor() > 0 { left.min_of(room) } else { left };
        if take.is_zero() || take.minor() > 0 && room.minor() <= 0 {
            continue;
        }
        spread_amount(case, refund, take, draft)?;
        left = left.minus(take).map_err(overflow)?;
    }
    if left.is_zero() {
        return Ok(());
    }
    Err(not_invoiced(case, refund, left, case.everything_billed()))
}

fn spread_amount(
    case: &Case<'_>,
    refund: &WantedRefund,
    gross: Money,
    draft: &mut Draft<'_>,
) -> Result<(), Fault> {
    // One line for each combination of taxes, on the account of its first line.
    let mut groups: Vec<(&SeenMoveLine, Money, Vec<TaxShare>)> = Vec::new();
    for line in &draft.invoice.lines {
        let like: Vec<TaxShare> = case
            .wanted
            .lines
            .iter()
            .find(|own| own.taxes.iter().map(|share| share.tax).eq(line.taxes.iter().copied()))
            .map(|own| own.taxes.clone())
            .unwrap_or_default();
        let taxes = taxes_of(line, &like)?;
        match groups.iter_mut().find(|(first, _, _)| first.taxes == line.taxes) {
            Some((_, net, sums)) => {
                *net = net.plus(line.net).map_err(overflow)?;
                for (sum, share) in sums.iter_mut().zip(taxes) {
                    sum.amount = sum.amount.plus(share.amount).map_err(overflow)?;
                }
            }
            None => groups.push((line, line.net, taxes)),
        }
    }
    let mut weights = Vec::new();
    for (_, net, taxes) in &groups {
        weights.push(net.to_decimal());
        weights.extend(taxes.iter().map(|share| share.amount.to_decimal()));
    }
    let mut parts = gross.split(&weights).into_iter();
    let zero = Money::zero(gross.currency());
    for (first, _, taxes) in groups {
        let net = parts.next().unwrap_or(zero);
        let taxes: Vec<TaxShare> = taxes
            .iter()
            .map(|share| TaxShare { tax: share.tax, amount: parts.next().unwrap_or(zero) })
            .collect();
        if net.is_zero() && taxes.iter().all(|share| share.amount.is_zero()) {
            continue;
        }
        draft.total = draft.total.plus(sum(net, &taxes)?).map_err(overflow)?;
        draft.lines.push(CreditLine {
            external_id: draft.next_key(),
            product: None,
            uom: None,
            name: format!("Refund {} of order {}", refund.id, case.wanted.number),
            quantity: Decimal::ONE,
            price_unit: net.to_decimal(),
            discount: Decimal::ZERO,
            account: first.account,
            analytic: first.analytic.clone(),
            net,
            taxes,
            sale_line: None,
        });
    }
    Ok(())
}

fn sum(net: Money, taxes: &[TaxShare]) -> Result<Money, Fault> {
    taxes.iter().try_fold(net, |sum, share| sum.plus(share.amount)).map_err(overflow)
}

fn above(
    case: &Case<'_>,
    refund: &WantedRefund,
    asked: Money,
    room: Money,
    line: &SeenMoveLine,
) -> Fault {
    case.person(
        format!(
            "refund {} gives back {asked} for invoice line {}, of which {room} is invoiced and not \
             credited",
            refund.id, line.id
        ),
        "look for a credit note that was made by hand; then settle the item",
    )
}

/// What is not invoiced cannot be credited: the invoice may come, or never will.
fn not_invoiced(case: &Case<'_>, refund: &WantedRefund, missing: Money, all_billed: bool) -> Fault {
    let drafts = case.seen.invoices.iter().any(|invoice| !invoice.posted);
    let never = match case.policy.invoices {
        InvoicePolicy::None => case.seen.invoices.is_empty(),
        InvoicePolicy::AtOrder | InvoicePolicy::AtDelivery => false,
    };
    if never || all_billed && !drafts {
        let why = if never { "no invoice" } else { "nothing left on its invoices" };
        return case.person(
            format!("refund {} gives back {missing}, for which there is {why}", refund.id),
            "credit it by hand, or invoice the order and replay it; then settle the item",
        );
    }
    Fault::Wait {
        key: causeway_domain::WaitKey::other(format!("invoice:{}", case.wanted.key)),
        cause: format!("refund {} gives back {missing} that is not invoiced yet", refund.id),
    }
}

impl Case<'_> {
    fn everything_billed(&self) -> bool {
        !self.seen.invoices.is_empty()
            && self.seen.lines.iter().all(|line| self.billed(line) >= line.ordered)
    }
}
