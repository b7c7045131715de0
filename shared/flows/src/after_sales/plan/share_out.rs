//! Shares a refund out over the invoices that bill what it gives back: oldest first, and never more
//! than is invoiced and not credited.

use super::amount::{spread_amount, within};
use super::credit::{CreditLine, CreditNote, step_of};
use super::effective::up_to;
use super::line::room;
use super::{Case, overflow};
use crate::after_sales::seen::{SeenCredit, SeenInvoice, SeenLine, SeenMoveLine};
use crate::after_sales::wanted::{RefundPart, WantedRefund};
use crate::config::InvoicePolicy;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};
use causeway_odoo::ExternalId;

/// What one invoice must give back of a refund.
pub(super) struct Draft<'a> {
    pub(super) invoice: &'a SeenInvoice,
    key: ExternalId,
    pub(super) lines: Vec<CreditLine>,
    pub(super) total: Money,
}

impl Draft<'_> {
    pub(super) fn next_key(&self) -> ExternalId {
        self.key.line(&self.lines.len().to_string())
    }
}

/// What a refund comes to.
pub(super) struct Shared {
    /// Its credit notes, one for each invoice that it touches.
    pub(super) notes: Vec<CreditNote>,
    /// What is wrong with it if the books do not agree in the end: something is left over that no invoice
    /// can carry, as it may be by rounding.
    pub(super) unless_agreed: Option<Fault>,
}

/// Shares a refund out.
pub(super) fn documents(
    case: &Case<'_>,
    at: usize,
    refund: &WantedRefund,
) -> Result<Shared, Fault> {
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
    // Money beside the lines, and what the taxes of a line cannot give any more.
    let mut beside = Money::zero(case.wanted.currency);
    for (place, part) in refund.parts.iter().enumerate() {
        let more = match part {
            RefundPart::Line { line, .. } => {
                let lost = case.never_billed(*line, at, place)?;
                let more = line_part(case, (at, place), refund, part, &mut drafts, &other)?;
                more.minus(lost).map_err(overflow)?
            }
            RefundPart::Amount { gross } => *gross,
        };
        beside = beside.plus(more).map_err(overflow)?;
    }
    let unless_agreed = amount_part(case, refund, beside, &mut drafts, &other)?;
    let mut notes = Vec::new();
    for draft in drafts.into_iter().filter(|draft| !draft.lines.is_empty()) {
        if draft.total.is_zero() {
            continue;
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
    Ok(Shared { notes, unless_agreed })
}

/// Credits the refunded part of a line on the invoices that bill it; gives what these have no more of.
fn line_part(
    case: &Case<'_>,
    (at, place): (usize, usize),
    refund: &WantedRefund,
    part: &RefundPart,
    drafts: &mut [Draft<'_>],
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<Money, Fault> {
    let mut beside = Money::zero(case.wanted.currency);
    let RefundPart::Line { line: of, quantity, net, taxes, .. } = part else { return Ok(beside) };
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
        return Ok(beside);
    }
    let mut open = owed;
    let mut excess = (-line.to_invoice).max(Decimal::ZERO);
    for draft in drafts.iter_mut() {
        for (n, own) in draft.invoice.lines.iter().enumerate() {
            if own.sale_line != Some(line.id) || is_zero(left_net, &left_taxes) {
                continue;
            }
            let (room, room_gross) = room(draft.invoice, n, other)?;
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
            let most = room_gross.minor() + case.rounding_of(*of)?;
            if gross.minor() > most && gross.minor() > 0 {
                return Err(above(case, refund, gross, room_gross, own));
            }
            let (net, taxes) = within(case, draft, own, (credit_net, &credit_taxes), other)?;
            let less = gross.minus(sum(net, &taxes)?).map_err(overflow)?;
            beside = beside.plus(less).map_err(overflow)?;
            let linked = take.min(excess);
            excess -= linked;
            if !is_zero(net, &taxes) || !linked.is_zero() {
                push(draft, own, (take, linked), net, &taxes, line.id)?;
            }
            left_net = left_net.minus(credit_net).map_err(overflow)?;
            for (left, off) in left_taxes.iter_mut().zip(&credit_taxes) {
                left.amount = left.amount.minus(off.amount).map_err(overflow)?;
            }
            open -= take;
        }
    }
    if is_zero(left_net, &left_taxes) {
        return Ok(beside);
    }
    let missing = sum(left_net, &left_taxes)?;
    let room = Money::zero(case.wanted.currency);
    Err(not_invoiced(case, refund, missing, room, case.billed(line) >= line.ordered))
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

/// Spreads an amount over the invoices, oldest first, and over their rates by gross (A15); what is kept
/// back is kept of what these credit notes give. Gives what is wrong with what is left over by rounding.
fn amount_part(
    case: &Case<'_>,
    refund: &WantedRefund,
    gross: Money,
    drafts: &mut [Draft<'_>],
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<Option<Fault>, Fault> {
    let mut left = gross;
    let mut rooms = Money::zero(gross.currency());
    for draft in drafts.iter_mut() {
        let room = match left.minor() < 0 {
            true => draft.total,
            false => {
                let notes = draft.invoice.credits.iter().filter(|note| other(note));
                let back = Money::sum(notes.map(|note| note.total), left.currency());
                let room = draft.invoice.total.minus(back.map_err(overflow)?);
                room.and_then(|room| room.minus(draft.total)).map_err(overflow)?
            }
        };
        if left.is_zero() || room.minor() <= 0 {
            continue;
        }
        rooms = rooms.plus(room).map_err(overflow)?;
        let take = match left.minor() < 0 {
            true => left.negated().min_of(room).negated(),
            false => left.min_of(room),
        };
        spread_amount(case, refund, take, draft, other)?;
        left = left.minus(take).map_err(overflow)?;
    }
    if left.is_zero() {
        return Ok(None);
    }
    let fault = if left.minor() < 0 && !case.more_is_billed_later() {
        case.person(
            format!(
                "refund {} keeps back {}, and its goods that were billed come to {rooms} only",
                refund.id,
                gross.negated()
            ),
            "invoice what is kept back by hand, then settle the item",
        )
    } else {
        not_invoiced(case, refund, left, rooms, case.everything_billed())
    };
    match case.is_rounding(left)? && case.all_is_billed() {
        true => Ok(Some(fault)),
        false => Err(fault),
    }
}

pub(super) fn sum(net: Money, taxes: &[TaxShare]) -> Result<Money, Fault> {
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
fn not_invoiced(
    case: &Case<'_>,
    refund: &WantedRefund,
    missing: Money,
    room: Money,
    all_billed: bool,
) -> Fault {
    let drafts = case.seen.invoices.iter().any(|invoice| !invoice.posted);
    let never = match case.policy.invoices {
        InvoicePolicy::None => case.seen.invoices.is_empty(),
        InvoicePolicy::AtOrder | InvoicePolicy::AtDelivery => false,
    };
    let total = refund.total;
    if never {
        return case.person(
            format!(
                "refund {} gives back {missing} of {total}, for which there is no invoice",
                refund.id
            ),
            "credit it by hand, or invoice the order and replay it; then settle the item",
        );
    }
    if all_billed && !drafts {
        return case.person(
            format!(
                "refund {} gives back {total}, {missing} more than its invoices have left ({room})",
                refund.id
            ),
            "look for a credit note that was made by hand; then settle the item",
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

    /// True while an invoice is a draft, or something is to be sent or invoiced.
    fn more_is_billed_later(&self) -> bool {
        let open = |line: &SeenLine| self.billed(line) < line.ordered;
        self.seen.lines.iter().any(open)
    }

    /// True when no more invoice is to come.
    pub(super) fn all_is_billed(&self) -> bool {
        self.seen.invoices.iter().all(|invoice| invoice.posted) && !self.more_is_billed_later()
    }

    /// True for a difference that the lines of refunds can have by rounding alone: what one refund leaves
    /// of a line, another one gives back.
    fn is_rounding(&self, difference: Money) -> Result<bool, Fault> {
        let mut most = 0;
        for part in self.wanted.refunds.iter().flat_map(|refund| &refund.parts) {
            most += match part {
                RefundPart::Line { line, .. } => self.rounding_of(*line)?,
                RefundPart::Amount { .. } => 0,
            };
        }
        Ok(difference.minor().abs() <= most)
    }

    /// How many minor units the parts of a line may come to above the whole by rounding alone: one for
    /// each amount of each part, or of each thing where the platform rounds these.
    fn rounding_of(&self, at: usize) -> Result<i64, Fault> {
        let line = self.line(at)?;
        let amounts = i64::try_from(line.taxes.len()).unwrap_or(1) + 1;
        let things = i64::try_from(line.quantity.abs().ceil().trunc().mantissa()).unwrap_or(1);
        Ok(amounts * (things + 1))
    }
}
