//! From PrestaShop's totals and lines, each rounded in its own way, to amounts that sum up.
//!
//! `total_paid` wins. The four totals that make it up (products, shipping, wrapping, vouchers) take up
//! what rounding explains, then the lines take up what is left between them and `total_products`.

use causeway_domain::{Currency, Decimal, Fault, Money};

use super::rows::Row;
use crate::rounding::{Step, explains, spread};

/// An amount and the tax on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub net: Money,
    pub tax: Money,
}

impl Share {
    /// True if there is nothing at all.
    pub(super) fn is_zero(self) -> bool {
        self.net.is_zero() && self.tax.is_zero()
    }
}

/// Everything an order's total is made of.
#[derive(Debug)]
pub(super) struct Amounts {
    pub total: Money,
    /// In the order of the lines given.
    pub lines: Vec<Share>,
    pub shipping: Share,
    pub wrapping: Share,
    /// Negative or nothing.
    pub discounts: Share,
}

/// With tax, without tax: as PrestaShop tells them.
type Told = (Decimal, Decimal);

/// Reads and reconciles the amounts of an order and its lines.
pub(super) fn amounts(order: &Row, details: &[&Row], currency: Currency) -> Result<Amounts, Fault> {
    let step = match order.text("round_mode") {
        // PS_ROUND_UP and PS_ROUND_DOWN; all others go to the nearest.
        "0" | "1" => Step::Whole,
        _ => Step::Half,
    };
    let told: [Told; 4] = [
        pair(order, "total_products_wt", "total_products")?,
        pair(order, "total_shipping_tax_incl", "total_shipping_tax_excl")?,
        pair(order, "total_wrapping_tax_incl", "total_wrapping_tax_excl")?,
        negative(pair(order, "total_discounts_tax_incl", "total_discounts_tax_excl")?),
    ];
    let total = total(order, currency, step)?;
    let gross: Vec<Decimal> = told.iter().map(|told| told.0).collect();
    let shares = spread(total, &gross, 1, step)
        .and_then(|gross| with_tax(gross, net_total(order, &told, total, step), &told, step));
    let Some([products, shipping, wrapping, discounts]) =
        shares.and_then(|shares| <[Share; 4]>::try_from(shares).ok())
    else {
        let sum: Decimal = gross.iter().sum();
        return Err(unexplained(
            order,
            &format!("products, shipping, wrapping and vouchers sum to {sum}"),
            &format!("total_paid is {total}"),
        ));
    };
    let lines = lines(order, details, products, step)?;
    Ok(Amounts { total, lines, shipping, wrapping, discounts })
}

fn total(order: &Row, currency: Currency, step: Step) -> Result<Money, Fault> {
    let paid = order.decimal("total_paid")?;
    let with_tax = order.decimal("total_paid_tax_incl")?;
    if !explains(paid, with_tax, 1, step, currency) {
        return Err(unexplained(
            order,
            &format!("total_paid is {paid}"),
            &format!("total_paid_tax_incl is {with_tax}"),
        ));
    }
    Money::round(paid, currency).map_err(|error| order.bad("total_paid", &error.to_string()))
}

/// The order's own total without tax, where rounding explains it; it only decides which way a cent of
/// tax goes, so a value that is off (edits of the back office leave such) is passed over.
fn net_total(order: &Row, told: &[Told], total: Money, step: Step) -> Option<Money> {
    let net = order.decimal("total_paid_tax_excl").ok()?;
    let sum: Decimal = told.iter().map(|told| told.1).sum();
    let parts = told.iter().filter(|told| !told.1.is_zero()).count();
    let currency = total.currency();
    explains(net, sum, parts, step, currency).then(|| Money::round(net, currency).ok())?
}

/// Adds the taxes to gross amounts. Tax is the difference of two rounded amounts.
fn with_tax(
    gross: Vec<Money>,
    net_total: Option<Money>,
    told: &[Told],
    step: Step,
) -> Option<Vec<Share>> {
    let exact: Vec<Decimal> = told.iter().map(|told| told.0 - told.1).collect();
    let currency = gross.first()?.currency();
    let gross_total = Money::sum(gross.iter().copied(), currency).ok()?;
    let tax_total = net_total.and_then(|net| gross_total.minus(net).ok());
    let taxes = match tax_total.and_then(|tax| spread(tax, &exact, 2, step)) {
        Some(taxes) => taxes,
        None => exact.iter().map(|tax| Money::round(*tax, currency).ok()).collect::<Option<_>>()?,
    };
    let share = |(gross, tax): (Money, Money)| Some(Share { net: gross.minus(tax).ok()?, tax });
    gross.into_iter().zip(taxes).map(share).collect()
}

/// The lines, summing to the products' share in net and in tax.
fn lines(order: &Row, details: &[&Row], products: Share, step: Step) -> Result<Vec<Share>, Fault> {
    let told: Vec<Told> = details
        .iter()
        .map(|line| pair(line, "total_price_tax_incl", "total_price_tax_excl"))
        .collect::<Result<_, _>>()?;
    let (gross, net): (Vec<Decimal>, Vec<Decimal>) = told.iter().copied().unzip();
    let taxes: Vec<Decimal> = told.iter().map(|told| told.0 - told.1).collect();
    let whole = products.net.plus(products.tax).map_err(|e| order.bad("totals", &e.to_string()))?;
    let gross = spread(whole, &gross, 1, step).ok_or_else(|| {
        let sum: Decimal = gross.iter().sum();
        let lines = format!("the lines sum to {sum} with tax");
        unexplained(order, &lines, &format!("the products come to {whole}"))
    })?;
    let taxes = spread(products.tax, &taxes, 2, step).ok_or_else(|| {
        let sum: Decimal = net.iter().sum();
        let lines = format!("the lines sum to {sum} without tax");
        unexplained(order, &lines, &format!("the products come to {}", products.net))
    })?;
    gross
        .into_iter()
        .zip(taxes)
        .map(|(gross, tax)| Ok(Share { net: gross.minus(tax)?, tax }))
        .collect::<Result<_, causeway_domain::money::MoneyError>>()
        .map_err(|error| order.bad("totals", &error.to_string()))
}

fn pair(row: &Row, with_tax: &str, without: &str) -> Result<Told, Fault> {
    Ok((row.decimal(with_tax)?, row.decimal(without)?))
}

fn negative((with_tax, without): Told) -> Told {
    (-with_tax, -without)
}

/// Two numbers that rounding does not bring together.
pub(super) fn unexplained(order: &Row, one: &str, other: &str) -> Fault {
    Fault::reject(
        format!("prestashop {}: {one}, but {other}; rounding does not explain it", order.place),
        "compare the order's totals in the back office; a module that changes the total without a \
         product, fee or voucher is not supported",
    )
}
