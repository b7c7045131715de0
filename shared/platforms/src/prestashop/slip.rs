//! From PrestaShop's slips to refunds. `partial` and `order_slip_type` say nothing reliable (STORES,
//! PrestaShop 3): only the amounts do.

use causeway_domain::{
    Decimal, Fault, Goods, LineId, LineKind, Money, Order, Refund, RefundId, RefundLine, RefundTax,
    RefundedLine,
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

use super::order::local;
use super::rows::Row;
use super::settings::Options;
use crate::rounding::{Step, explains};

/// The slips of the order, oldest first.
pub(super) fn read(
    options: &Options,
    order: &Order,
    slips: &[Row],
    details: &[Row],
) -> Result<Vec<Refund>, Fault> {
    let zone = options.time_zone()?;
    let mut restocked = BTreeMap::new();
    for row in details {
        restocked.insert(row.id()?, row.decimal("product_quantity_reinjected")?);
    }
    let own = |row: &&Row| row.text("id_order") == order.key.order.as_str();
    let mut slips: Vec<&Row> = slips.iter().filter(own).collect();
    slips.sort_by_key(|row| row.text("id").parse::<u64>().unwrap_or(u64::MAX));
    slips.into_iter().map(|row| convert(order, row, &zone, &mut restocked)).collect()
}

/// A part of a slip: what it is about, how many, with and without tax.
struct Part {
    line: LineId,
    quantity: Decimal,
    incl: Decimal,
    excl: Decimal,
}

fn convert(
    order: &Order,
    slip: &Row,
    zone: &TimeZone,
    restocked: &mut BTreeMap<String, Decimal>,
) -> Result<Refund, Fault> {
    let currency = order.currency;
    let bad = |error: causeway_domain::money::MoneyError| slip.bad("amount", &error.to_string());
    let goods = goods_parts(slip)?;
    let (products, is_sum) = products_total(order, slip, &goods)?;
    let shipping = slip.decimal("total_shipping_tax_incl")?;
    let total = Money::round(products + shipping, currency).map_err(bad)?;
    let mut parts = goods;
    if !shipping.is_zero() {
        parts.push(Part {
            line: LineId::from("shipping"),
            quantity: Decimal::ZERO,
            incl: shipping,
            excl: slip.decimal("total_shipping_tax_excl")?,
        });
    }
    // A part of a line that is no longer on the order counts as an amount without a line.
    parts.retain(|part| order.lines.iter().any(|line| line.id == part.line));
    let (gross, rest) = gross(&parts, total, is_sum).map_err(bad)?;
    let mut lines = Vec::with_capacity(parts.len() + 1);
    for (part, gross) in parts.into_iter().zip(gross) {
        lines.push(RefundLine::Line(refunded(part, gross, restocked).map_err(bad)?));
    }
    if !rest.is_zero() {
        lines.push(RefundLine::Amount { id: LineId::from("amount"), gross: rest });
    }
    Ok(Refund {
        id: RefundId::new(slip.id()?),
        refunded_at: local(slip, "date_add", zone)?
            .ok_or_else(|| slip.bad("date_add", "is not a date"))?,
        lines,
        total,
        // A slip is paid back by hand, by the module of the payment, or as a voucher: not told.
        payments: Vec::new(),
        of_return: None,
    })
}

/// The parts with tax in minor units, and what of the total they do not come to. Where the total is
/// their sum, what rounding explains (six decimals of the API, a shop that rounds on the total) is a
/// difference of tax: the largest taxed part takes it up.
fn gross(
    parts: &[Part],
    total: Money,
    is_sum: bool,
) -> Result<(Vec<Money>, Money), causeway_domain::money::MoneyError> {
    let currency = total.currency();
    let mut gross: Vec<Money> =
        parts.iter().map(|part| Money::round(part.incl, currency)).collect::<Result<_, _>>()?;
    let rest = total.minus(Money::sum(gross.iter().copied(), currency)?)?;
    let exact: Decimal = parts.iter().map(|part| part.incl).sum();
    let largest = (0..parts.len())
        .max_by_key(|at| parts.get(*at).map(|part| (part.incl != part.excl, part.incl)));
    let explained = explains(exact, total.to_decimal(), parts.len(), Step::Whole, currency);
    match largest.and_then(|at| gross.get_mut(at)) {
        Some(part) if is_sum && explained => {
            *part = part.plus(rest)?;
            Ok((gross, Money::zero(currency)))
        }
        Some(_) | None => Ok((gross, rest)),
    }
}

fn goods_parts(slip: &Row) -> Result<Vec<Part>, Fault> {
    let entries = slip.entries("order_slip_details");
    let part = |entry: &Row| -> Result<Part, Fault> {
        let line = entry.reference("id_order_detail");
        Ok(Part {
            line: LineId::new(line.ok_or_else(|| entry.bad("id_order_detail", "is not an id"))?),
            quantity: entry.decimal("product_quantity")?,
            incl: entry.decimal("amount_tax_incl")?,
            excl: entry.decimal("amount_tax_excl")?,
        })
    };
    entries.iter().map(part).collect()
}

/// What goes back for the products, tax included, and whether that is their sum. PrestaShop writes it in three ways:
/// - as the sum of the products: `amount` is that sum, with or without tax as the buyer's group sees
///   prices;
/// - an amount that the merchant chose stands in `amount` alone;
/// - less the order's vouchers: they are taken from the sum on the other basis than `amount` has, so
///   that one of the two sums falls short of the lines (`OrderSlipCreator::createOrderSlip`).
fn products_total(order: &Order, slip: &Row, goods: &[Part]) -> Result<(Decimal, bool), Fault> {
    let incl = slip.decimal("total_products_tax_incl")?;
    let excl = slip.decimal("total_products_tax_excl")?;
    let amount = slip.decimal("amount")?;
    let lines_incl: Decimal = goods.iter().map(|part| part.incl).sum();
    let lines_excl: Decimal = goods.iter().map(|part| part.excl).sum();
    let same = |one, other| explains(one, other, goods.len() + 1, Step::Half, order.currency);
    // Copied, so that a unit of difference is a choice and no rounding.
    let copied = |sum| explains(amount, sum, 1, Step::Half, order.currency);
    if !amount.is_zero() && !copied(incl) && !copied(excl) {
        return Ok((amount, false));
    }
    let vouchers = (lines_incl - incl).max(lines_excl - excl);
    let deducted = !goods.is_empty() && vouchers > Decimal::ZERO && !same(vouchers, Decimal::ZERO);
    if !deducted {
        return Ok((incl, true));
    }
    // All vouchers are taken off at once; their own amount is exact where both are near.
    let known = vouchers_of(order);
    let vouchers = if same(vouchers, known) { known } else { vouchers };
    Ok((lines_incl - vouchers, false))
}

/// What the vouchers took off the order, tax included; positive.
fn vouchers_of(order: &Order) -> Decimal {
    let vouchers = order.lines.iter().filter(|line| line.kind == LineKind::Discount);
    -vouchers.filter_map(|line| line.gross().ok()).map(Money::to_decimal).sum::<Decimal>()
}

fn refunded(
    part: Part,
    gross: Money,
    restocked: &mut BTreeMap<String, Decimal>,
) -> Result<RefundedLine, causeway_domain::money::MoneyError> {
    let net =
        if part.incl == part.excl { gross } else { Money::round(part.excl, gross.currency())? };
    Ok(RefundedLine {
        goods: goods(&part, restocked),
        line: part.line,
        quantity: part.quantity,
        net,
        tax: RefundTax::Sum(gross.minus(net)?),
    })
}

/// Which slip restocked is not told, only how many of the line in all (recordings 203, 242 and 249:
/// slips of the back office count, those of the API do not); the oldest ones are taken.
fn goods(part: &Part, restocked: &mut BTreeMap<String, Decimal>) -> Goods {
    match restocked.get_mut(part.line.as_str()) {
        Some(left) if part.quantity > Decimal::ZERO && *left >= part.quantity => {
            *left -= part.quantity;
            Goods::Returned
        }
        Some(_) | None => Goods::Unsaid,
    }
}
