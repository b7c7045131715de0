//! From WooCommerce's mixed decimals to lines that sum to the order's total.
//!
//! Three precisions meet: order totals in cents, line totals in cents with an unrounded `price`, and
//! a line's taxes with six decimals. The order's figures win; lines take up what rounding explains.

use causeway_domain::{Collector, Currency, Decimal, Fault, LineTax, Money, TaxCode};
use std::collections::BTreeMap;

use super::wire::{Id, WcItem, WcOrder, WcTaxLine};
use crate::rounding::{Step, explains, spread};

/// The amounts of one line, in the order of [`items`].
#[derive(Debug)]
pub(super) struct Amounts {
    pub net: Money,
    pub taxes: Vec<LineTax>,
}

/// Every line with an amount: goods, then shipping, then fees.
pub(super) fn items(order: &WcOrder) -> impl Iterator<Item = &WcItem> {
    order.line_items.iter().chain(&order.shipping_lines).chain(&order.fee_lines)
}

/// Net and taxes of every line of [`items`], summing to `total`, or a [`Fault::Reject`] that has both
/// numbers of what does not add up.
pub(super) fn amounts(order: &WcOrder, total: Money) -> Result<Vec<Amounts>, Fault> {
    let mut taxes: Vec<Vec<LineTax>> = items(order).map(|_| Vec::new()).collect();
    let mut tax_total = Money::zero(total.currency());
    for (rate, parts) in rates(items(order), &order.tax_lines) {
        let shown: Vec<&WcTaxLine> =
            order.tax_lines.iter().filter(|line| line.rate_id == rate).collect();
        let amount = rate_total(&shown, &parts, total.currency()).map_err(|e| broken(order, e))?;
        let exact: Vec<Decimal> = parts.iter().map(|(_, exact)| *exact).collect();
        let spread = spread(amount, &exact, 1, Step::Half).ok_or_else(|| {
            let sum: Decimal = exact.iter().sum();
            broken(
                order,
                format!("tax rate {}: its lines sum to {sum}, the order says {amount}", rate.0),
            )
        })?;
        for ((line, _), part) in parts.into_iter().zip(spread) {
            if let Some(taxes) = taxes.get_mut(line) {
                taxes.push(line_tax(rate, shown.first().copied(), part));
            }
        }
        tax_total = tax_total.plus(amount).map_err(|e| broken(order, e))?;
    }
    let net_total = total.minus(tax_total).map_err(|e| broken(order, e))?;
    let nets = nets(order, net_total)?;
    Ok(nets.into_iter().zip(taxes).map(|(net, taxes)| Amounts { net, taxes }).collect())
}

/// Which lines a rate is on, with the unrounded amounts. A rate that only the order knows is listed
/// too, so that its amount cannot be lost.
pub(super) fn rates<'a>(
    items: impl Iterator<Item = &'a WcItem>,
    shown: &[WcTaxLine],
) -> BTreeMap<Id, Vec<(usize, Decimal)>> {
    let mut rates: BTreeMap<Id, Vec<(usize, Decimal)>> =
        shown.iter().map(|line| (line.rate_id, Vec::new())).collect();
    for (at, item) in items.enumerate() {
        for tax in &item.taxes {
            if let Some(exact) = tax.total.0 {
                rates.entry(tax.id).or_default().push((at, exact));
            }
        }
    }
    rates
}

/// What a rate comes to: as shown, else the sum of its parts.
pub(super) fn rate_total(
    shown: &[&WcTaxLine],
    parts: &[(usize, Decimal)],
    currency: Currency,
) -> Result<Money, causeway_domain::money::MoneyError> {
    let amount: Decimal = match shown {
        [] => parts.iter().map(|(_, exact)| *exact).sum(),
        _ => shown.iter().map(|l| l.tax_total.or_zero() + l.shipping_tax_total.or_zero()).sum(),
    };
    Money::round(amount, currency)
}

/// A tax under the name that its rate has on the document.
pub(super) fn line_tax(rate: Id, shown: Option<&WcTaxLine>, amount: Money) -> LineTax {
    let name = shown.map(|line| if line.label.is_empty() { &line.rate_code } else { &line.label });
    let note = if shown.is_some_and(|line| line.compound) { " (compound)" } else { "" };
    LineTax {
        code: TaxCode(format!("rate:{}", rate.0)),
        title: format!("{}{note}", name.map(String::as_str).unwrap_or_default()),
        rate: shown.and_then(|line| line.rate_percent.0),
        amount,
        collector: Collector::Merchant,
    }
}

fn nets(order: &WcOrder, net_total: Money) -> Result<Vec<Money>, Fault> {
    let currency = net_total.currency();
    let rounded: Vec<Money> = items(order)
        .map(|item| Money::round(item.total.or_zero(), currency))
        .collect::<Result<_, _>>()
        .map_err(|error| broken(order, error))?;
    if Money::sum(rounded.iter().copied(), currency) == Ok(net_total) {
        return Ok(rounded);
    }
    let exact: Vec<Decimal> = items(order).map(|item| exact_net(item, currency)).collect();
    spread(net_total, &exact, 1, Step::Half).ok_or_else(|| {
        let sum: Decimal = items(order).map(|item| item.total.or_zero()).sum();
        broken(
            order,
            format!("its lines sum to {sum} without tax, its total without tax is {net_total}"),
        )
    })
}

/// The line total before it was rounded: `price` times quantity, where that agrees with the total.
fn exact_net(item: &WcItem, currency: Currency) -> Decimal {
    let total = item.total.or_zero();
    let unrounded = item.price.or_zero().checked_mul(item.quantity.or_zero()).unwrap_or(total);
    if explains(unrounded, total, 1, Step::Half, currency) { unrounded } else { total }
}

/// A total that does not add up, or an amount that is none.
pub(super) fn broken(order: &WcOrder, reason: impl std::fmt::Display) -> Fault {
    Fault::reject(
        format!("woocommerce order {}: {reason}", order.id.0),
        "open the order in WooCommerce and use Recalculate; a plugin that changes the total without \
         a fee or coupon line is not supported",
    )
}
