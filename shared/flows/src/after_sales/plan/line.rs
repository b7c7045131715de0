//! Which line is which: the platform's lines, Odoo's order lines, and the lines of invoices.

use super::{Case, overflow};
use crate::after_sales::seen::{SeenCredit, SeenInvoice, SeenLine, SeenMoveLine};
use crate::after_sales::wanted::{WantedLine, spread};
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};

impl Case<'_> {
    /// Odoo's line of a platform line. One that was added by an edit has no external id: then the
    /// only line without one that nothing else claims is it, if quantity and taxes agree.
    pub(super) fn order_line(&self, at: usize) -> Result<&SeenLine, Fault> {
        let wanted = self.line(at)?;
        let own = |line: &&SeenLine| line.external_id.as_deref() == Some(&wanted.external_id);
        if let Some(line) = self.seen.lines.iter().find(own) {
            return Ok(line);
        }
        let mut taxes: Vec<i64> = wanted.taxes.iter().map(|share| share.tax).collect();
        taxes.sort_unstable();
        let mut alike = self.seen.lines.iter().filter(|line| {
            let mut has = line.taxes.clone();
            has.sort_unstable();
            line.external_id.is_none() && has == taxes && line.ordered <= wanted.quantity
        });
        match (alike.next(), alike.next()) {
            (Some(line), None) => Ok(line),
            (None, _) | (Some(_), Some(_)) => Err(self.person(
                format!(
                    "line {} of the platform cannot be told from the others in Odoo",
                    wanted.line
                ),
                "bring its refund to Odoo by hand, then settle the item",
            )),
        }
    }

    pub(super) fn line(&self, at: usize) -> Result<&WantedLine, Fault> {
        self.wanted.lines.get(at).ok_or_else(|| Fault::retry("a line is missing from its order"))
    }

    /// Quantity of a line on posted invoices.
    pub(super) fn billed(&self, line: &SeenLine) -> Decimal {
        let posted = self.seen.invoices.iter().filter(|invoice| invoice.posted);
        let all = posted.flat_map(|invoice| &invoice.lines);
        all.filter(|own| own.sale_line == Some(line.id)).map(|own| own.quantity).sum()
    }
}

/// The taxes of a line of an invoice or credit note with their amounts, split as `like` is where there
/// are several.
pub(super) fn taxes_of(line: &SeenMoveLine, like: &[TaxShare]) -> Result<Vec<TaxShare>, Fault> {
    let sum = line.gross.minus(line.net).map_err(overflow)?;
    let alike: Vec<TaxShare> =
        like.iter().filter(|share| line.taxes.contains(&share.tax)).copied().collect();
    if alike.len() == line.taxes.len() && !alike.is_empty() {
        return Ok(spread(sum, &alike));
    }
    let zero = Money::zero(sum.currency());
    let shares: Vec<TaxShare> =
        line.taxes.iter().map(|tax| TaxShare { tax: *tax, amount: zero }).collect();
    Ok(spread(sum, &shares))
}

/// What is credited of an invoice line already: quantity and gross. A credit note's line belongs to the
/// invoice line with its order line, else to the first with its product, price and taxes that still
/// has room; lines without product are amounts and belong to none.
pub(super) fn credited(
    invoice: &SeenInvoice,
    at: usize,
    other: impl Fn(&SeenCredit) -> bool,
) -> Result<(Decimal, Money), Fault> {
    let currency = invoice.total.currency();
    let mut room: Vec<(Decimal, Money)> =
        invoice.lines.iter().map(|_| (Decimal::ZERO, Money::zero(currency))).collect();
    let lines =
        invoice.credits.iter().filter(|credit| other(credit)).flat_map(|credit| &credit.lines);
    for line in lines.filter(|line| line.product.is_some()) {
        let alike = |own: &SeenMoveLine| {
            let linked = line.sale_line.is_some() && own.sale_line == line.sale_line;
            linked
                || own.product == line.product
                    && own.price_unit == line.price_unit
                    && own.taxes == line.taxes
        };
        let fits = |(place, own): &(usize, &SeenMoveLine)| {
            let used = room.get(*place).map_or(Decimal::ZERO, |room| room.0);
            alike(own) && (used + line.quantity <= own.quantity || own.sale_line == line.sale_line)
        };
        let lines = || invoice.lines.iter().enumerate();
        let place = lines().find(fits).or_else(|| lines().find(|(_, own)| alike(own)));
        if let Some(room) = place.and_then(|(place, _)| room.get_mut(place)) {
            room.0 += line.quantity;
            room.1 = room.1.plus(line.gross).map_err(overflow)?;
        }
    }
    Ok(room.get(at).copied().unwrap_or((Decimal::ZERO, Money::zero(currency))))
}

/// What an invoice line still has, quantity and gross. Lines with the same product, price and taxes
/// share it: a credit note's line without a link does not say which of them it gives back.
pub(super) fn room(
    invoice: &SeenInvoice,
    at: usize,
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(Decimal, Money), Fault> {
    let mut left = (Decimal::ZERO, Money::zero(invoice.total.currency()));
    let Some(own) = invoice.lines.get(at) else { return Ok(left) };
    for (place, line) in invoice.lines.iter().enumerate() {
        let alike = own.product.is_some()
            && line.product == own.product
            && line.price_unit == own.price_unit
            && line.taxes == own.taxes;
        if place == at || alike {
            let (back, gross) = credited(invoice, place, other)?;
            left.0 += line.quantity - back;
            left.1 = left.1.plus(line.gross).map_err(overflow)?;
            left.1 = left.1.minus(gross).map_err(overflow)?;
        }
    }
    Ok((left.0.min(own.quantity), left.1))
}
