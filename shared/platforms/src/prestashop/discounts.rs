//! Vouchers as discount lines. PrestaShop tells a voucher's value with and without tax, but not which
//! taxes it lowers; each set of taxes that it lowers becomes a line of its own, so that every line's
//! tax is a rate on its net.

use causeway_domain::{Currency, Decimal, Fault, Line, LineId, LineKind, Money};

use super::amounts::{Share, unexplained};
use super::rows::Row;
use super::tax::TaxSet;

/// What an order sold under one set of taxes.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub taxes: TaxSet,
    pub gross: Decimal,
}

/// One voucher's part of the order's discount, positive.
struct Voucher {
    id: String,
    title: String,
    free_shipping: bool,
    gross: Money,
    tax: Money,
}

/// The lines for the order's discount `whole` (negative). `goods` are the groups of the product lines,
/// `shipping` that of the carrier.
pub(super) fn lines(
    order: &Row,
    rules: &[Row],
    whole: Share,
    goods: &[Group],
    shipping: &Group,
) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for voucher in vouchers(order, rules, whole)? {
        for (group, gross, tax) in attribute(order, &voucher, goods, shipping)? {
            let net = gross.minus(tax).map_err(|e| order.bad("discounts", &e.to_string()))?;
            if gross.is_zero() && tax.is_zero() {
                continue;
            }
            lines.push(Line {
                id: LineId::new(format!("discount-{}-{}", voucher.id, group.taxes.name())),
                kind: LineKind::Discount,
                title: voucher.title.clone(),
                quantity: Decimal::ONE,
                unit_price: -net.to_decimal(),
                discount: Money::zero(net.currency()),
                net: net.negated(),
                taxes: group.taxes.split(tax.negated()),
            });
        }
    }
    Ok(lines)
}

/// The order's discount over its vouchers by their values. The order wins: vouchers that together
/// exceed it were capped. Without any (an old or imported order) it is one discount.
fn vouchers(order: &Row, rules: &[Row], whole: Share) -> Result<Vec<Voucher>, Fault> {
    let (tax, net) = (whole.tax.negated(), whole.net.negated());
    let gross = net.plus(tax).map_err(|e| order.bad("discounts", &e.to_string()))?;
    let own: Vec<&Row> = rules
        .iter()
        .filter(|rule| rule.text("id_order") == order.text("id") && !rule.flag("deleted"))
        .collect();
    if own.is_empty() {
        let title = "Discount".to_owned();
        return Ok(vec![Voucher { id: "all".to_owned(), title, free_shipping: false, gross, tax }]);
    }
    let mut values = Vec::new();
    let mut taxes = Vec::new();
    for rule in &own {
        let value = rule.decimal("value")?;
        taxes.push(value - rule.decimal("value_tax_excl")?);
        values.push(value);
    }
    own.iter()
        .zip(gross.split(&values))
        .zip(tax.split(&taxes))
        .map(|((rule, gross), tax)| {
            let title = rule.text("name").to_owned();
            Ok(Voucher {
                id: rule.id()?,
                title,
                free_shipping: rule.flag("free_shipping"),
                gross,
                tax,
            })
        })
        .collect()
}

/// Which groups a voucher lowers, by how much gross and tax: the carrier if it gives free shipping and
/// that explains its tax; else all goods by their gross; else the one group that explains its tax (a
/// voucher on one product); else all goods, the tax by what is inside of each part.
fn attribute<'a>(
    order: &Row,
    voucher: &Voucher,
    goods: &'a [Group],
    shipping: &'a Group,
) -> Result<Vec<(&'a Group, Money, Money)>, Fault> {
    let alone =
        |group: &Group| near(group.taxes.inside(voucher.gross.to_decimal()), voucher.tax, 1);
    let shipped = !shipping.gross.is_zero();
    if voucher.free_shipping && shipped && alone(shipping) {
        return Ok(vec![(shipping, voucher.gross, voucher.tax)]);
    }
    let weights: Vec<Decimal> = goods.iter().map(|group| group.gross).collect();
    let parts = voucher.gross.split(&weights);
    let inside: Vec<Decimal> = goods
        .iter()
        .zip(&parts)
        .map(|(group, part)| group.taxes.inside(part.to_decimal()))
        .collect();
    if !near(inside.iter().sum(), voucher.tax, goods.len())
        && let Some(group) =
            goods.iter().chain(shipped.then_some(shipping)).find(|group| alone(group))
    {
        return Ok(vec![(group, voucher.gross, voucher.tax)]);
    }
    if !voucher.tax.is_zero() && goods.iter().all(|group| group.taxes.is_empty()) {
        return Err(unexplained(
            order,
            &format!("the voucher {} lowers tax by {}", voucher.id, voucher.tax),
            "no product is taxed",
        ));
    }
    let taxes = voucher.tax.split(&inside);
    Ok(goods
        .iter()
        .zip(parts)
        .zip(taxes)
        .map(|((group, gross), tax)| (group, gross, tax))
        .collect())
}

/// Within a minor unit for each part.
fn near(exact: Decimal, told: Money, parts: usize) -> bool {
    let currency: Currency = told.currency();
    let slack = Decimal::new(1, currency.exponent()) * Decimal::from(parts);
    (exact - told.to_decimal()).abs() <= slack
}
