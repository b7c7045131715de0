//! Rounding of a whole order at once, so that its lines sum to its total.

use causeway_domain::money::MoneyError;
use causeway_domain::{Collector, Decimal, Line, LineId, LineKind, LineTax, Money};

use super::taxes::DraftTax;

/// A line with unrounded amounts in major units.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: LineId,
    pub(super) kind: LineKind,
    pub(super) title: String,
    pub(super) quantity: Decimal,
    /// One before discount, without tax.
    pub(super) unit: Option<Decimal>,
    /// One before discount, with tax.
    pub(super) unit_with_tax: Option<Decimal>,
    /// The line before discount, without tax.
    pub(super) before: Decimal,
    /// The line before discount, with tax.
    pub(super) before_with_tax: Decimal,
    /// The line after discount, without tax.
    pub(super) net: Decimal,
    pub(super) taxes: Vec<DraftTax>,
}

/// Rounds all amounts to the minor unit.
///
/// Magento rounds to two decimals whatever the currency: a JPY order can hold 909.09 and 90.91 of
/// tax under a whole total. If the unrounded amounts do come to the total, they are rounded
/// together; if not, each by itself, and `Order::check` reports both numbers.
pub(super) fn lines(
    drafts: Vec<Draft>,
    total: Money,
    with_tax: bool,
) -> Result<Vec<Line>, MoneyError> {
    let currency = total.currency();
    let exact: Vec<Decimal> = drafts
        .iter()
        .flat_map(|draft| std::iter::once(draft.net).chain(draft.taxes.iter().map(|t| t.amount)))
        .collect();
    let off = (exact.iter().sum::<Decimal>() - total.to_decimal()).abs();
    let rounded = if off * Decimal::TWO < Decimal::new(1, currency.exponent()) {
        total.round_to_sum(&exact)
    } else {
        exact.iter().map(|part| Money::round(*part, currency)).collect::<Result<_, _>>()?
    };
    let mut rounded = rounded.into_iter();
    let mut next = || rounded.next().ok_or(MoneyError::OutOfRange);
    let mut lines = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let net = next()?;
        let mut taxes = Vec::with_capacity(draft.taxes.len());
        for tax in &draft.taxes {
            taxes.push(LineTax {
                code: tax.code.clone(),
                title: tax.title.clone(),
                rate: tax.rate,
                amount: next()?,
                collector: Collector::Merchant,
            });
        }
        lines.push(line(draft, net, taxes, with_tax)?);
    }
    Ok(lines)
}

fn line(draft: Draft, net: Money, taxes: Vec<LineTax>, with_tax: bool) -> Result<Line, MoneyError> {
    let after =
        if with_tax { taxes.iter().try_fold(net, |sum, tax| sum.plus(tax.amount))? } else { net };
    let (unit, before) = if with_tax {
        (draft.unit_with_tax, draft.before_with_tax)
    } else {
        (draft.unit, draft.before)
    };
    let discount = Money::round(before, net.currency())?.minus(after)?;
    let single = |whole: Decimal| whole.checked_div(draft.quantity).unwrap_or(whole);
    // Rounding of a row can leave it a unit above price times quantity: then there is no discount.
    let (unit_price, discount) = if discount.minor() < 0 {
        (single(after.to_decimal()), Money::zero(net.currency()))
    } else {
        (unit.unwrap_or_else(|| single(before)), discount)
    };
    Ok(Line {
        id: draft.id,
        kind: draft.kind,
        title: draft.title,
        quantity: draft.quantity,
        unit_price: unit_price.normalize(),
        discount,
        net,
        taxes,
    })
}
