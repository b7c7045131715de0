//! What is left of an order's lines once the goods that are not sent, or came back before they were
//! invoiced, are taken off. The order in Odoo is lowered to exactly this, so that what is invoiced
//! later is right to the minor unit, and what was invoiced before is credited for the rest.

use super::{Case, overflow};
use crate::after_sales::wanted::RefundPart;
use crate::config::InvoicePolicy;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Goods, Money};

/// What is left of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Quantity that is left.
    pub quantity: Decimal,
    /// Net that is left.
    pub net: Money,
    /// Taxes that are left.
    pub taxes: Vec<TaxShare>,
    /// What was taken off, refund by refund.
    pub taken: Vec<Taken>,
}

/// What one part of a refund took off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Index of the refund.
    pub refund: usize,
    /// Index of the part.
    pub part: usize,
    /// Quantity.
    pub quantity: Decimal,
}

/// The cumulative share of `amount` that falls on the first `part` of `whole`.
pub(super) fn up_to(amount: Money, part: Decimal, whole: Decimal) -> Result<Money, Fault> {
    if whole.is_zero() || part >= whole {
        return Ok(amount);
    }
    Money::round(amount.to_decimal() * part / whole, amount.currency()).map_err(overflow)
}

/// True for a refund with a fee that is kept back.
fn keeps_back(parts: &[RefundPart]) -> bool {
    parts.iter().any(|part| match part {
        RefundPart::Line { .. } => false,
        RefundPart::Amount { gross } => gross.minor() < 0,
    })
}

impl Case<'_> {
    fn bills_at_order(&self) -> bool {
        match self.policy.invoices {
            InvoicePolicy::AtOrder => true,
            InvoicePolicy::None | InvoicePolicy::AtDelivery => false,
        }
    }

    /// What is left of the line at `at`.
    pub(super) fn effective(&self, at: usize) -> Result<Effective, Fault> {
        let wanted = self.line(at)?;
        let mut left = Effective {
            quantity: wanted.quantity,
            net: wanted.net,
            taxes: wanted.taxes.clone(),
            taken: Vec::new(),
        };
        let own = |part: &RefundPart| match part {
            RefundPart::Line { line, quantity, .. } => *line == at && !quantity.is_zero(),
            RefundPart::Amount { .. } => false,
        };
        if !self.wanted.refunds.iter().flat_map(|refund| &refund.parts).any(own) {
            return Ok(left);
        }
        let line = self.order_line(at)?;
        let billed = self.billed(line);
        // What cannot be taken off the order any more: goods that left, anything else that is billed.
        let gone = if wanted.goods { self.seen.sent(line) } else { billed };
        let mut room = (wanted.quantity - gone).max(Decimal::ZERO);
        for (refund, whole) in self.wanted.refunds.iter().enumerate() {
            for (place, part) in whole.parts.iter().enumerate() {
                let RefundPart::Line { line: of, quantity, net, taxes, goods } = part else {
                    continue;
                };
                if *of != at || quantity.is_zero() {
                    continue;
                }
                // Something is kept back of this refund: it can only be kept of what was billed.
                if self.bills_at_order() && billed < wanted.quantity && keeps_back(&whole.parts) {
                    continue;
                }
                let take = match goods {
                    Goods::NotSent | Goods::Unsaid => (*quantity).min(room),
                    // Back in the warehouse before it was invoiced: it never will be.
                    Goods::Returned
                        if billed < wanted.quantity
                            && whole.of_return.as_ref().is_some_and(|id| self.is_back(id)) =>
                    {
                        (*quantity).min(left.quantity)
                    }
                    Goods::Returned | Goods::Kept => Decimal::ZERO,
                };
                if take.is_zero() {
                    continue;
                }
                match goods {
                    Goods::NotSent | Goods::Unsaid => room -= take,
                    Goods::Returned | Goods::Kept => {}
                }
                left.quantity -= take;
                left.net = left.net.minus(up_to(*net, take, *quantity)?).map_err(overflow)?;
                for share in &mut left.taxes {
                    let off = taxes.iter().find(|own| own.tax == share.tax);
                    if let Some(off) = off {
                        let off = up_to(off.amount, take, *quantity)?;
                        share.amount = share.amount.minus(off).map_err(overflow)?;
                    }
                }
                left.taken.push(Taken { refund, part: place, quantity: take });
            }
        }
        Ok(left)
    }

    /// How much of what a refund took off a line was billed before, and so must be credited. The newest
    /// refunds are credited first: older ones were taken off before the invoice was made.
    pub(super) fn taken_and_billed(
        &self,
        at: usize,
        refund: usize,
        part: usize,
    ) -> Result<(Decimal, Decimal), Fault> {
        let left = self.effective(at)?;
        let mut over = (self.billed(self.order_line(at)?) - left.quantity).max(Decimal::ZERO);
        for taken in left.taken.iter().rev() {
            let credit = taken.quantity.min(over);
            if (taken.refund, taken.part) == (refund, part) {
                return Ok((taken.quantity, credit));
            }
            over -= credit;
        }
        Ok((Decimal::ZERO, Decimal::ZERO))
    }
}
