//! Cancellation (R168, R175-R178): before anything is sent or invoiced the order is cancelled; after
//! that the refunds of the platform decide, and what they do not explain is for a person. So is what is picked
//! and not sent: Odoo would cancel the order and leave the goods where they stand ([`super::within`]).

use super::{Case, Step, Verdict};
use crate::after_sales::seen::SaleStanding;
use causeway_domain::{Fault, Money};

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    if !case.wanted.cancelled {
        return Ok(Verdict::Fine);
    }
    match case.seen.standing {
        SaleStanding::Cancelled => return Ok(Verdict::Fine),
        SaleStanding::Quotation | SaleStanding::Confirmed => {}
    }
    // Gone from its platform, without a word about what was refunded.
    if case.wanted.lines.is_empty() && (case.seen.anything_sent() || case.seen.anything_invoiced())
    {
        return Ok(Verdict::Hold(case.person(
            "it was deleted on the platform after it was delivered or invoiced",
            "settle it in Odoo by hand, then settle the item",
        )));
    }
    if is_to_be_cancelled(case)? {
        return Ok(match case.off_the_shelf() {
            Some(verdict) => verdict,
            None => case.locked().unwrap_or(Verdict::step(Step::Cancel)),
        });
    }
    let refunded = case.given_back(&case.wanted.refunds)?;
    if case.seen.anything_sent() {
        return Ok(match refunded == case.wanted.total {
            // Everything is given back: what was not sent is lowered, the rest returned or kept.
            true => Verdict::Fine,
            false => Verdict::Hold(case.person(
                format!(
                    "it was cancelled on the platform, {} of it refunded, and goods have left{}",
                    refunded,
                    match case.open_deliveries() {
                        0 => "",
                        _ => "; a delivery is still open",
                    }
                ),
                "refund or return it on the platform, or settle it in Odoo by hand",
            )),
        });
    }
    let captured = Money::sum(case.wanted.captures.iter().map(|c| c.amount), case.wanted.currency)
        .map_err(super::overflow)?;
    // Invoiced, nothing sent: credited in full where no money came, else as the refunds say.
    Ok(match captured.is_zero() || refunded == case.wanted.total {
        true => Verdict::Fine,
        false => Verdict::Hold(case.person(
            format!(
                "it was cancelled after it was invoiced; {captured} came in and {refunded} is refunded"
            ),
            "refund the rest on the platform, or settle it in Odoo by hand",
        )),
    })
}

/// True if its cancellation in Odoo is all that is left to do with its goods.
pub(super) fn is_to_be_cancelled(case: &Case<'_>) -> Result<bool, Fault> {
    let credited = case.fully_credited()?;
    let untouched = !case.seen.anything_sent() && (!case.seen.anything_invoiced() || credited);
    Ok(case.wanted.cancelled && untouched)
}

/// Everything is given back as an amount, which says nothing of the goods, and some are still to be sent:
/// the warehouse must not find out too late.
pub(super) fn still_to_be_sent(case: &Case<'_>) -> Result<Verdict, Fault> {
    let refunded = case.given_back(&case.wanted.refunds)?;
    if refunded.is_zero()
        || refunded.minor() < case.wanted.total.minor()
        || case.open_deliveries() == 0
    {
        return Ok(Verdict::Fine);
    }
    for (at, wanted) in case.wanted.lines.iter().enumerate().filter(|(_, line)| line.goods) {
        let line = case.order_line(at)?;
        let due = wanted.quantity.min(line.ordered) - case.seen.sent(line);
        if due > case.refunded_quantity(at) {
            return Ok(Verdict::Hold(case.person(
                format!("{refunded} is refunded, which is all of it, and {due} of {} is still to be sent", line.name),
                "cancel the delivery in Odoo; or send it, if the goods are to go all the same",
            )));
        }
    }
    Ok(Verdict::Fine)
}

impl Case<'_> {
    fn open_deliveries(&self) -> usize {
        self.seen.pickings.iter().filter(|p| p.is_open() && self.seen.heads_out(p)).count()
    }

    /// True if every posted invoice is credited to nothing by posted credit notes.
    pub(super) fn fully_credited(&self) -> Result<bool, Fault> {
        for invoice in self.seen.invoices.iter().filter(|invoice| invoice.posted) {
            let credits = invoice.credits.iter().filter(|credit| credit.posted);
            let sum = Money::sum(credits.map(|credit| credit.total), invoice.total.currency())
                .map_err(super::overflow)?;
            if sum != invoice.total {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
