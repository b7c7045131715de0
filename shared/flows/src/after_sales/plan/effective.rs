//! What is left of an order's lines once the goods that are not sent, or came back before they were
//! invoiced, are taken off. The order in Odoo is lowered to exactly this, so that what is invoiced
//! later is right to the minor unit, and what was invoiced before is credited for the rest.

use super::{Case, overflow};
use crate::after_sales::wanted::RefundPart;
use crate::config::InvoicePolicy;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Goods, Money, ReturnId};

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

/// A part of a refund that is about the line at hand.
struct OfLine<'a> {
    refund: usize,
    part: usize,
    quantity: Decimal,
    net: Money,
    taxes: &'a [TaxShare],
    goods: Goods,
    keeps_back: bool,
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

/// A platform that tells one sum for several taxes is split by their rates, which may take a unit more of
/// one than it has: then the others give it.
fn none_below_zero(taxes: &mut [TaxShare]) -> Result<(), Fault> {
    while let Some(low) = taxes.iter().position(|share| share.amount.minor() < 0) {
        let most = |at: &usize| taxes.get(*at).map_or(0, |share| share.amount.minor());
        let Some(high) = (0..taxes.len()).max_by_key(most).filter(|at| most(at) > 0) else {
            break;
        };
        let Ok([low, high]) = taxes.get_disjoint_mut([low, high]) else { break };
        let gives = low.amount.negated().min_of(high.amount);
        low.amount = low.amount.plus(gives).map_err(overflow)?;
        high.amount = high.amount.minus(gives).map_err(overflow)?;
    }
    Ok(())
}

impl Case<'_> {
    fn bills_at_order(&self) -> bool {
        match self.policy.invoices {
            InvoicePolicy::AtOrder => true,
            InvoicePolicy::None | InvoicePolicy::AtDelivery => false,
        }
    }

    /// The refunded quantity of a line that was never sent, refund by refund: goods that have left, and
    /// anything else that is billed, cannot be taken off the order any more. What is returned is taken
    /// of what was sent first, so that the buyer still gets the rest; but what was taken off once, when
    /// nothing was sent yet, stays so.
    pub(super) fn unsent(&self, at: usize) -> Result<Vec<Taken>, Fault> {
        let parts = self.parts_of(at);
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = self.line(at)?;
        let line = self.order_line(at)?;
        let billed = self.billed(line);
        let sent = if wanted.goods { self.seen.sent(line) } else { billed };
        let zero = Decimal::ZERO;
        let mut room = (wanted.quantity - sent).max(zero);
        let mut off = (wanted.quantity - line.ordered).max(zero);
        let mut with_buyer = if wanted.goods { sent - self.coming_back(line) } else { zero };
        let mut taken = Vec::new();
        for part in parts {
            // Something is kept back of this refund: it can only be kept of what was billed.
            let waits = self.bills_at_order() && billed < wanted.quantity && part.keeps_back;
            let take = match part.goods {
                Goods::Kept => zero,
                Goods::NotSent | Goods::Unsaid | Goods::Returned if waits => zero,
                Goods::NotSent | Goods::Unsaid => part.quantity.min(room),
                Goods::Returned => {
                    let own = self.return_of(part.refund);
                    let comes = own.map_or(zero, |own| self.coming_back_by(own, line));
                    let open = (part.quantity - comes).max(zero);
                    // What was not sent is taken off before a return is made for the rest.
                    if comes > zero && own.is_some_and(|own| self.is_validated(own)) {
                        let take = open.min(room);
                        off -= comes.min((off - take).max(zero));
                        take
                    } else {
                        let before = open.min(off).min(room);
                        let back = (open - before).min(with_buyer.max(zero));
                        with_buyer -= back;
                        before + (open - before - back).min(room - before)
                    }
                }
            };
            room -= take;
            off -= take.min(off);
            if take > zero {
                taken.push(Taken { refund: part.refund, part: part.part, quantity: take });
            }
        }
        Ok(taken)
    }

    fn return_of(&self, refund: usize) -> Option<&ReturnId> {
        self.wanted.refunds.get(refund).and_then(|refund| refund.of_return.as_ref())
    }

    /// How many of a line its refunds speak of.
    pub(super) fn refunded_quantity(&self, at: usize) -> Decimal {
        self.parts_of(at).iter().map(|part| part.quantity).sum()
    }

    fn parts_of(&self, at: usize) -> Vec<OfLine<'_>> {
        let mut found = Vec::new();
        for (refund, whole) in self.wanted.refunds.iter().enumerate() {
            for (part, one) in whole.parts.iter().enumerate() {
                match one {
                    RefundPart::Line { line, quantity, net, taxes, goods }
                        if *line == at && !quantity.is_zero() =>
                    {
                        found.push(OfLine {
                            refund,
                            part,
                            quantity: *quantity,
                            net: *net,
                            taxes,
                            goods: *goods,
                            keeps_back: keeps_back(&whole.parts),
                        });
                    }
                    RefundPart::Line { .. } | RefundPart::Amount { .. } => {}
                }
            }
        }
        found
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
        let parts = self.parts_of(at);
        if parts.is_empty() {
            return Ok(left);
        }
        let line = self.order_line(at)?;
        let billed = self.billed(line);
        let unsent = self.unsent(at)?;
        for part in parts {
            let own = |taken: &&Taken| (taken.refund, taken.part) == (part.refund, part.part);
            let unsent = unsent.iter().find(own).map_or(Decimal::ZERO, |taken| taken.quantity);
            let back = match part.goods {
                // Back in the warehouse before it was invoiced: it never will be.
                Goods::Returned if billed < wanted.quantity => {
                    let own = self.return_of(part.refund).filter(|own| self.is_back(own));
                    let comes = own.map_or(Decimal::ZERO, |own| self.coming_back_by(own, line));
                    (part.quantity - unsent).min(comes)
                }
                Goods::Returned | Goods::NotSent | Goods::Unsaid | Goods::Kept => Decimal::ZERO,
            };
            let take = (unsent + back).min(left.quantity);
            if take.is_zero() {
                continue;
            }
            left.quantity -= take;
            left.net = left.net.minus(up_to(part.net, take, part.quantity)?).map_err(overflow)?;
            for share in &mut left.taxes {
                if let Some(off) = part.taxes.iter().find(|own| own.tax == share.tax) {
                    let off = up_to(off.amount, take, part.quantity)?;
                    share.amount = share.amount.minus(off).map_err(overflow)?;
                }
            }
            none_below_zero(&mut left.taxes)?;
            left.taken.push(Taken { refund: part.refund, part: part.part, quantity: take });
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

    /// What a line has left of itself once this part took its last thing off before any was billed: no
    /// invoice ever carries it, so that the refund must not count on it. Rounding, as a rule.
    pub(super) fn never_billed(
        &self,
        at: usize,
        refund: usize,
        part: usize,
    ) -> Result<Money, Fault> {
        let left = self.effective(at)?;
        let last = left.taken.last().is_some_and(|own| (own.refund, own.part) == (refund, part));
        if !last || !left.quantity.is_zero() || !self.billed(self.order_line(at)?).is_zero() {
            return Ok(Money::zero(self.wanted.currency));
        }
        left.taxes.iter().try_fold(left.net, |sum, share| sum.plus(share.amount)).map_err(overflow)
    }
}
