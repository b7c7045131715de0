//! Odoo's tax computation for percent taxes, rounded globally (the company default), with pins.
//!
//! Written from the observed behaviour and the published algorithm: per line unrounded amounts,
//! then rounding of the sums per tax, the difference spread over the lines by weight.

use super::cell::round;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// A percent tax.
#[derive(Clone, Debug, PartialEq)]
pub struct Tax {
    /// Row id.
    pub id: i64,
    /// Percent.
    pub amount: Decimal,
    /// Included in the price.
    pub included: bool,
    /// Order of evaluation.
    pub sequence: i64,
}

/// Amounts that replace the computed ones of a line (`extra_tax_data`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pin {
    /// Net of the line.
    pub net: Option<Decimal>,
    /// Base and amount per tax.
    pub taxes: HashMap<i64, (Option<Decimal>, Option<Decimal>)>,
}

/// What the computation reads of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseLine {
    /// Price per unit.
    pub price: Decimal,
    /// Quantity.
    pub quantity: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// Its taxes.
    pub taxes: Vec<Tax>,
    /// Accepted pin.
    pub pin: Option<Pin>,
}

/// One tax of one line.
#[derive(Clone, Debug)]
struct TaxData {
    id: i64,
    included: bool,
    raw: Decimal,
    target: Decimal,
    amount: Decimal,
}

/// The result of one line.
#[derive(Clone, Debug)]
pub struct Detail {
    raw_net: Decimal,
    raw_gross: Decimal,
    target_net: Decimal,
    net: Decimal,
    delta: Decimal,
    gross: Decimal,
    taxes: Vec<TaxData>,
}

impl Detail {
    /// `price_subtotal`.
    pub fn subtotal(&self) -> Decimal {
        self.net
    }
    /// `price_total`.
    pub fn total(&self) -> Decimal {
        self.gross
    }
    /// The net with the line's share of the document's rounding: what is booked.
    pub fn booked(&self) -> Decimal {
        self.net + self.delta
    }
    /// The taxes in the order of their evaluation, with their amounts.
    pub fn taxes(&self) -> impl Iterator<Item = (i64, Decimal)> {
        self.taxes.iter().map(|tax| (tax.id, tax.amount))
    }
}

/// Untaxed amount and tax of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// `amount_untaxed`.
    pub untaxed: Decimal,
    /// `amount_tax`.
    pub tax: Decimal,
}

/// Computes lines together.
pub fn compute(lines: &[BaseLine], decimals: u32) -> Vec<Detail> {
    let mut details: Vec<Detail> = lines.iter().map(|line| detail(line, decimals)).collect();
    spread_taxes(&mut details, decimals);
    spread_nets(&mut details, decimals);
    details
}

/// Sums computed lines.
pub fn totals(details: &[Detail]) -> Totals {
    Totals {
        untaxed: details.iter().map(|d| d.net + d.delta).sum(),
        tax: details.iter().flat_map(|d| d.taxes.iter().map(|t| t.amount)).sum(),
    }
}

fn detail(line: &BaseLine, decimals: u32) -> Detail {
    let hundred = Decimal::ONE_HUNDRED;
    let raw = line.quantity * line.price * (Decimal::ONE - line.discount / hundred);
    let mut taxes = line.taxes.clone();
    taxes.sort_by_key(|tax| (tax.sequence, tax.id));
    let percent: Decimal = taxes.iter().filter(|t| t.included).map(|t| t.amount).sum();
    // Every price-included tax comes off the base of all the others.
    let factor = Decimal::ONE + percent / hundred;
    let raw_net = if factor.is_zero() { Decimal::ZERO } else { raw / factor };
    let pin = line.pin.clone().unwrap_or_default();
    let data: Vec<TaxData> = taxes
        .iter()
        .map(|tax| {
            let raw = raw_net * tax.amount / hundred;
            let pinned = pin.taxes.get(&tax.id).and_then(|pin| pin.1);
            let target = pinned.unwrap_or(raw);
            TaxData {
                id: tax.id,
                included: tax.included,
                raw,
                target,
                amount: round(target, decimals),
            }
        })
        .collect();
    let target_net = pin.net.unwrap_or(raw_net);
    let net = pin.net.unwrap_or_else(|| round(raw_net, decimals));
    let raw_gross = raw_net + data.iter().map(|t| t.raw).sum::<Decimal>();
    let gross = net + data.iter().map(|t| t.amount).sum::<Decimal>();
    Detail { raw_net, raw_gross, target_net, net, delta: Decimal::ZERO, gross, taxes: data }
}

/// Rounds the sum per tax and spreads the difference over its lines.
fn spread_taxes(details: &mut [Detail], decimals: u32) {
    let mut keys: Vec<(i64, bool)> = Vec::new();
    for tax in details.iter().flat_map(|d| &d.taxes) {
        if !keys.contains(&(tax.id, tax.included)) {
            keys.push((tax.id, tax.included));
        }
    }
    for key in keys {
        let mut target = Decimal::ZERO;
        let mut actual = Decimal::ZERO;
        let mut weights = Vec::new();
        for (at, detail) in details.iter().enumerate() {
            for (index, tax) in detail.taxes.iter().enumerate() {
                if (tax.id, tax.included) == key {
                    target += tax.target;
                    actual += tax.amount;
                    weights.push(((at, index), tax.raw.abs()));
                }
            }
        }
        if target.is_zero() {
            continue;
        }
        let delta = round(target, decimals) - actual;
        for ((at, index), share) in spread(delta, decimals, weights) {
            details[at].taxes[index].amount += share;
        }
    }
}

/// Rounds the sum of the nets (or, when all taxes are included, of the totals) and spreads it.
fn spread_nets(details: &mut [Detail], decimals: u32) {
    let excluded = details.iter().any(|d| d.taxes.iter().any(|tax| !tax.included));
    let taxes = |d: &Detail, f: fn(&TaxData) -> Decimal| d.taxes.iter().map(f).sum::<Decimal>();
    let mut target: Vec<Decimal> = details.iter().map(|d| d.target_net).collect();
    let mut actual: Vec<Decimal> = details.iter().map(|d| d.net).collect();
    if !excluded {
        target.push(details.iter().map(|d| taxes(d, |t| t.target)).sum());
        actual.push(details.iter().map(|d| taxes(d, |t| t.amount)).sum());
    }
    let target: Decimal = target.iter().sum();
    if target.is_zero() {
        return;
    }
    let weight = |d: &Detail| if excluded { d.raw_net.abs() } else { d.raw_gross.abs() };
    let weights = details.iter().map(weight).enumerate().collect();
    let missing = missing(round(target, decimals), &actual, decimals);
    for (at, share) in spread(missing, decimals, weights) {
        details[at].delta += share;
    }
}

/// What a sum is short of, in whole units. Pinned amounts in another currency have more digits than
/// it, so that half a unit may be missing; then the noise of Python's floats decides, as it does in
/// Odoo (seen with yen).
fn missing(wanted: Decimal, parts: &[Decimal], decimals: u32) -> Decimal {
    let float = |number: &Decimal| number.to_string().parse::<f64>().unwrap();
    let sum = parts.iter().fold(0.0, |sum, part| sum + float(part));
    let units = (float(&wanted) - sum) / float(&Decimal::new(1, decimals));
    let units: i64 = format!("{:.0}", units.round_ties_even()).parse().unwrap();
    Decimal::new(units, decimals)
}

/// Hands out whole units of the currency, the heaviest first, each at most its rounded-up share.
fn spread<K>(delta: Decimal, decimals: u32, weights: Vec<(K, Decimal)>) -> Vec<(K, Decimal)> {
    let unit = Decimal::new(1, decimals);
    let count = (delta.abs() / unit).round();
    let sum: Decimal = weights.iter().map(|w| w.1).sum();
    if count.is_zero() || sum.is_zero() {
        return Vec::new();
    }
    let sign = if delta.is_sign_negative() { -unit } else { unit };
    let mut weights = weights;
    weights.sort_by_key(|w| std::cmp::Reverse(w.1));
    let mut left = count;
    let mut shares = Vec::new();
    for (key, weight) in weights {
        let share = (weight / sum * count).ceil().min(left);
        left -= share;
        shares.push((key, share * sign));
    }
    shares
}
