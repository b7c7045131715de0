//! Which taxes are on what. A line of an order names its taxes by id only (STORES, PrestaShop 10); the
//! order tells one rate for its carrier and none for gift wrapping.

use causeway_domain::{Collector, Decimal, LineTax, Money, TaxCode};

use super::fetch::Document;
use super::rows::Row;
use crate::rounding::LARGEST;

/// One tax of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tax {
    code: String,
    title: String,
    rate: Option<Decimal>,
    /// What it comes to per hundred of net; above `rate` for a tax on top of another.
    weight: Decimal,
}

/// The taxes that one line carries together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TaxSet(Vec<Tax>);

impl TaxSet {
    /// The taxes of an order line. `tax_computation_method` 1 puts each tax on top of those before.
    pub(super) fn of_line(document: &Document, line: &Row, language: &str) -> Self {
        let stacked = line.flag("tax_computation_method");
        let hundred = Decimal::ONE_HUNDRED;
        let mut base = hundred;
        let mut taxes = Vec::new();
        for id in line.associated("taxes") {
            let row = document.taxes.iter().find(|row| row.reference("id").as_deref() == Some(&id));
            let rate = row.and_then(rate);
            let weight = rate.unwrap_or_default() * base / hundred;
            base = if stacked { base + weight } else { hundred };
            let title = row.map(|row| row.fields.translated("name", language)).unwrap_or_default();
            let code = format!("tax:{id}");
            // A chain of absurd rates must not overflow; no such tax exists.
            let weight = if weight.abs() > LARGEST { Decimal::ZERO } else { weight };
            base = if base.abs() > LARGEST { hundred } else { base };
            taxes.push(Tax { code, title: title.to_owned(), rate, weight });
        }
        Self(taxes)
    }

    /// The carrier's tax: one of the order's own if the rate is the same, else by its rate, else (if
    /// the rate does not explain the amount, as with proportionate tax) by amount only.
    pub(super) fn of_carrier(document: &Document, order: &Row, net: Money, tax: Money) -> Self {
        let told = order.decimal("carrier_tax_rate").ok().filter(|rate| fits(*rate, net, tax));
        let told = told.filter(|rate| !rate.is_zero());
        Self::by_rate(document, "carrier", told, tax)
    }

    /// The tax of gift wrapping: the one of the order's own that explains the amount best, else by
    /// amount only.
    pub(super) fn of_wrapping(document: &Document, net: Money, tax: Money) -> Self {
        let rates = document.taxes.iter().filter_map(rate).filter(|rate| fits(*rate, net, tax));
        let best = rates.min_by_key(|rate| (tax_on(net, *rate) - tax.to_decimal()).abs());
        Self::by_rate(document, "wrapping", best, tax)
    }

    fn by_rate(document: &Document, name: &str, told: Option<Decimal>, tax: Money) -> Self {
        if told.is_none() && tax.is_zero() {
            return Self::default();
        }
        let own = document.taxes.iter().find(|row| told.is_some() && rate(row) == told);
        let code = own.and_then(|row| row.reference("id")).map(|id| format!("tax:{id}"));
        let title = own.map(|row| row.fields.translated("name", "")).unwrap_or(name);
        Self(vec![Tax {
            code: code.unwrap_or_else(|| name.to_owned()),
            title: title.to_owned(),
            rate: told,
            weight: told.unwrap_or_default(),
        }])
    }

    /// True if nothing is taxed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tax inside of a gross amount, unrounded.
    pub(super) fn inside(&self, gross: Decimal) -> Decimal {
        let percent: Decimal = self.0.iter().map(|tax| tax.weight).sum();
        let whole = Decimal::ONE_HUNDRED + percent;
        if whole.is_zero() { Decimal::ZERO } else { gross * (percent / whole) }
    }

    /// Splits an amount over the taxes by what they come to; to the cent.
    pub(super) fn split(&self, amount: Money) -> Vec<LineTax> {
        let weights: Vec<Decimal> = self.0.iter().map(|tax| tax.weight).collect();
        let parts = amount.split(&weights);
        self.0
            .iter()
            .zip(parts)
            .map(|(tax, amount)| LineTax {
                code: TaxCode(tax.code.clone()),
                title: tax.title.clone(),
                rate: tax.rate,
                amount,
                collector: Collector::Merchant,
            })
            .collect()
    }

    /// A name of the set for line ids: `tax-1-tax-3`, `none`.
    pub(super) fn name(&self) -> String {
        let codes: Vec<String> = self.0.iter().map(|tax| tax.code.replace(':', "-")).collect();
        if codes.is_empty() { "none".to_owned() } else { codes.join("-") }
    }
}

/// A tax row's rate; none if it is no number or beyond reason.
fn rate(row: &Row) -> Option<Decimal> {
    row.decimal("rate").ok().filter(|rate| rate.abs() <= Decimal::ONE_THOUSAND)
}

fn tax_on(net: Money, rate: Decimal) -> Decimal {
    net.to_decimal() * rate / Decimal::ONE_HUNDRED
}

/// True if the rate explains the tax on `net`: both are rounded, so to the cent.
fn fits(rate: Decimal, net: Money, tax: Money) -> bool {
    let unit = Decimal::new(1, net.currency().exponent());
    rate.abs() <= Decimal::ONE_THOUSAND && (tax_on(net, rate) - tax.to_decimal()).abs() <= unit
}
