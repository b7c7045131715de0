//! From WooCommerce's refunds to ours. A refund's `amount` is what the customer gets back; its lines
//! need not come to it. What rounding explains is spread, the rest is an amount without a line.

use causeway_domain::money::MoneyError;
use causeway_domain::{
    Decimal, Fault, Goods, Line, LineId, LineKind, LineTax, Money, Order, PaymentKind, Refund,
    RefundId, RefundLine, RefundPayment, RefundTax, RefundedLine,
};
use std::collections::BTreeMap;

use super::after_sales::method;
use super::amounts::{Amounts, broken, line_tax, rate_total, rates};
use super::webhook::gmt;
use super::wire::{WcItem, WcOrder, WcRefund, WcTaxLine};
use crate::answer;
use crate::rounding::{Step, explains, spread};

/// The refunds, oldest first as they came.
pub(super) fn read(
    order: &Order,
    document: &WcOrder,
    refunds: &[WcRefund],
) -> Result<Vec<Refund>, Fault> {
    let mut restocked = restocked(document);
    refunds.iter().map(|refund| convert(order, document, refund, &mut restocked)).collect()
}

/// How many of each line WooCommerce put back into stock, over all refunds. The refunds themselves do
/// not say it (recordings 074 and 084).
fn restocked(document: &WcOrder) -> BTreeMap<u64, Decimal> {
    let lines = document.line_items.iter();
    let told =
        lines.filter_map(|item| Some((item.id.0, item.meta_number("_restock_refunded_items")?)));
    told.map(|(line, quantity)| (line, Decimal::from(quantity))).collect()
}

/// An item of a refund and the line of the order that it is about.
struct Part<'a> {
    line: &'a Line,
    item: &'a WcItem,
}

fn convert(
    order: &Order,
    document: &WcOrder,
    refund: &WcRefund,
    restocked: &mut BTreeMap<u64, Decimal>,
) -> Result<Refund, Fault> {
    let wrong = |reason: &dyn std::fmt::Display| {
        broken(document, format!("refund {}: {reason}", refund.id.0))
    };
    let amount = refund.amount.0.ok_or_else(|| wrong(&"it has no amount"))?;
    let total = Money::exact(amount, order.currency).map_err(|e| wrong(&e))?;
    let refunded_at = gmt(&refund.date_created_gmt).ok_or_else(|| {
        answer::unreadable("woocommerce refunds", "date_created_gmt is not a date")
    })?;
    let parts = parts(order, refund);
    let (amounts, rest) = settled(&parts, &refund.tax_lines, total).map_err(|e| wrong(&e))?;
    let mut lines: Vec<RefundLine> = parts
        .iter()
        .zip(amounts)
        .map(|(part, amounts)| refunded(part, amounts, restocked))
        .filter(|line| !is_nothing(line))
        .map(RefundLine::Line)
        .collect();
    if !rest.is_zero() {
        lines.push(RefundLine::Amount { id: LineId::from("amount"), gross: rest });
    }
    let id = refund.id.0.to_string();
    // A person who pays back by hand leaves no trace of it.
    let paid = refund.refunded_payment && total.minor() > 0;
    let payment = paid.then(|| RefundPayment {
        id: id.clone(),
        method: method(document).to_owned(),
        kind: PaymentKind::Money,
        amount: total,
        reference: None,
        settled: true,
    });
    Ok(Refund {
        id: RefundId::new(id),
        refunded_at,
        lines,
        total,
        payments: payment.into_iter().collect(),
        of_return: None,
    })
}

/// The items that are about lines of the order as it is now. What is refunded on a line that was
/// removed since counts as an amount without a line.
fn parts<'a>(order: &'a Order, refund: &'a WcRefund) -> Vec<Part<'a>> {
    let items = refund.line_items.iter().chain(&refund.shipping_lines).chain(&refund.fee_lines);
    items
        .filter_map(|item| {
            let id = item.meta_number("_refunded_item_id")?.to_string();
            let line = order.lines.iter().find(|line| line.id.as_str() == id)?;
            Some(Part { line, item })
        })
        .collect()
}

/// Net and taxes of each part, positive, and what of `total` they do not come to.
fn settled(
    parts: &[Part<'_>],
    shown: &[WcTaxLine],
    total: Money,
) -> Result<(Vec<Amounts>, Money), MoneyError> {
    let by_rate = by_rate(parts, shown, total)?;
    let rest = total.minus(sum(&by_rate, total)?)?;
    if rest.is_zero() || !is_rounding(parts, shown, rest) {
        return Ok((by_rate, rest));
    }
    // Taxes with six decimals beside a total in cents: all of it together, if that explains it.
    let exact: Vec<Decimal> = parts
        .iter()
        .zip(&by_rate)
        .flat_map(|(part, amounts)| {
            let taxes = amounts.taxes.iter().map(|tax| exact_tax(part.item, tax));
            std::iter::once(-part.item.total.or_zero()).chain(taxes)
        })
        .collect();
    let Some(whole) = spread(total, &exact, 1, Step::Half) else { return Ok((by_rate, rest)) };
    let mut whole = whole.into_iter();
    let mut next = || whole.next().ok_or(MoneyError::OutOfRange);
    let mut settled = Vec::with_capacity(by_rate.len());
    for mut amounts in by_rate {
        amounts.net = next()?;
        for tax in &mut amounts.taxes {
            tax.amount = next()?;
        }
        settled.push(amounts);
    }
    let rest = total.minus(sum(&settled, total)?)?;
    Ok((settled, rest))
}

/// True if amounts with more decimals than the currency has can be why the parts miss the total: half a
/// minor unit for each such net, and for each rate, where its sum is shown, or each such tax.
fn is_rounding(parts: &[Part<'_>], shown: &[WcTaxLine], rest: Money) -> bool {
    let places = rest.currency().exponent();
    let finer = |amount: Decimal| amount.normalize().scale() > places;
    let nets = parts.iter().filter(|part| finer(part.item.total.or_zero())).count();
    let taxes = parts.iter().flat_map(|part| &part.item.taxes);
    let taxes = taxes.filter(|tax| finer(tax.total.or_zero())).count();
    let slack = nets + if shown.is_empty() { taxes } else { taxes.min(shown.len()) };
    explains(rest.to_decimal(), Decimal::ZERO, slack, Step::Half, rest.currency())
}

/// Nets in minor units, taxes rounded rate by rate to what the refund shows, as for orders.
fn by_rate(
    parts: &[Part<'_>],
    shown: &[WcTaxLine],
    total: Money,
) -> Result<Vec<Amounts>, MoneyError> {
    let currency = total.currency();
    let mut settled = Vec::with_capacity(parts.len());
    for part in parts {
        let net = Money::round(-part.item.total.or_zero(), currency)?;
        settled.push(Amounts { net, taxes: Vec::new() });
    }
    for (rate, on) in rates(parts.iter().map(|part| part.item), shown) {
        let lines: Vec<&WcTaxLine> = shown.iter().filter(|line| line.rate_id == rate).collect();
        let exact: Vec<Decimal> = on.iter().map(|(_, exact)| -*exact).collect();
        let own = Money::round(exact.iter().sum(), currency)?;
        let told = rate_total(&lines, &on, currency)?.negated();
        let spread =
            spread(told, &exact, 1, Step::Half).unwrap_or_else(|| own.round_to_sum(&exact));
        for ((at, _), amount) in on.into_iter().zip(spread) {
            if let (Some(amounts), Some(part)) = (settled.get_mut(at), parts.get(at)) {
                let tax = line_tax(rate, lines.first().copied(), amount);
                amounts.taxes.push(as_sold(part.line, tax));
            }
        }
    }
    Ok(settled)
}

/// The tax as the order's line has it, in name and rate.
fn as_sold(line: &Line, tax: LineTax) -> LineTax {
    match line.taxes.iter().find(|own| own.code == tax.code) {
        Some(own) => LineTax { amount: tax.amount, ..own.clone() },
        None => tax,
    }
}

fn exact_tax(item: &WcItem, tax: &LineTax) -> Decimal {
    let own = |id: u64| tax.code.0 == format!("rate:{id}");
    -item.taxes.iter().filter(|t| own(t.id.0)).map(|t| t.total.or_zero()).sum::<Decimal>()
}

fn sum(amounts: &[Amounts], total: Money) -> Result<Money, MoneyError> {
    let parts = amounts
        .iter()
        .flat_map(|line| std::iter::once(line.net).chain(line.taxes.iter().map(|t| t.amount)));
    Money::sum(parts, total.currency())
}

fn refunded(
    part: &Part<'_>,
    amounts: Amounts,
    restocked: &mut BTreeMap<u64, Decimal>,
) -> RefundedLine {
    let quantity = match part.line.kind {
        LineKind::Product(_) => part.item.quantity.or_zero().abs(),
        LineKind::Shipping
        | LineKind::Discount
        | LineKind::GiftWrap
        | LineKind::Tip
        | LineKind::Fee
        | LineKind::GiftCardSold => Decimal::ZERO,
    };
    let taxes = amounts.taxes.into_iter().filter(|tax| !tax.amount.is_zero()).collect();
    RefundedLine {
        line: part.line.id.clone(),
        quantity,
        net: amounts.net,
        tax: RefundTax::Each(taxes),
        goods: goods(part, quantity, restocked),
    }
}

/// Which refund restocked is not told, only how many of the line in all; the oldest ones are taken.
/// Products without stock keeping have no such field: nothing is said about their goods.
fn goods(part: &Part<'_>, quantity: Decimal, restocked: &mut BTreeMap<u64, Decimal>) -> Goods {
    let line = part.item.meta_number("_refunded_item_id");
    let left = line.and_then(|line| restocked.get_mut(&line));
    match left {
        Some(left) if quantity > Decimal::ZERO && *left >= quantity => {
            *left -= quantity;
            Goods::Returned
        }
        Some(_) | None => Goods::Unsaid,
    }
}

fn is_nothing(line: &RefundedLine) -> bool {
    let untaxed = match &line.tax {
        RefundTax::Each(taxes) => taxes.is_empty(),
        RefundTax::Sum(sum) => sum.is_zero(),
    };
    line.quantity.is_zero() && line.net.is_zero() && untaxed
}
