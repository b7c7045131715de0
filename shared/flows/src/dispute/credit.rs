//! Takes an amount of an invoice back, or gives it again: pro rata of gross over its rates, one pinned
//! line for each combination of taxes, the parts summing to the whole (A15). Pure.

use causeway_domain::{Decimal, Fault, Money, money::MoneyError};
use causeway_odoo::{LineDisplay, MoveLine, PinnedTax};
use serde_json::Value;
use std::collections::BTreeMap;

/// The part of an amount that falls on one combination of taxes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Share {
    /// `account.account` id, of the first line with these taxes.
    pub(super) account: i64,
    /// Analytic distribution, likewise.
    pub(super) analytic: Option<Value>,
    /// Net.
    pub(super) net: Money,
    /// Every tax.
    pub(super) taxes: Vec<PinnedTax>,
}

struct Group<'a> {
    first: &'a MoveLine,
    net: Decimal,
    taxes: Vec<Decimal>,
}

/// Splits `gross` as the document with these lines is made up.
pub(super) fn shares(lines: &[&MoveLine], gross: Money) -> Result<Vec<Share>, Fault> {
    let groups = groups(lines)?;
    let mut weights = Vec::new();
    for group in &groups {
        weights.push(group.net);
        weights.extend(&group.taxes);
    }
    let zero = Money::zero(gross.currency());
    let mut parts = gross.split(&weights).into_iter();
    let mut shares = Vec::new();
    for group in groups {
        let net = parts.next().unwrap_or(zero);
        let amounts: Vec<Money> =
            group.taxes.iter().map(|_| parts.next().unwrap_or(zero)).collect();
        if net.is_zero() && amounts.iter().all(|amount| amount.is_zero()) {
            continue;
        }
        let taxes = group.first.taxes.iter().zip(amounts);
        shares.push(Share {
            account: group.first.account.unwrap_or_default(),
            analytic: group.first.analytic.clone(),
            net,
            taxes: taxes.map(|(tax, amount)| PinnedTax { tax: *tax, amount }).collect(),
        });
    }
    Ok(shares)
}

/// Lines with the same taxes together; each tax as Odoo booked it, over its groups by their net.
fn groups<'a>(lines: &[&'a MoveLine]) -> Result<Vec<Group<'a>>, Fault> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines.iter().filter(|line| line.display == LineDisplay::Product) {
        let net = line.subtotal.to_decimal();
        match groups.iter_mut().find(|group| group.first.taxes == line.taxes) {
            Some(group) => group.net += net,
            None => groups.push(Group { first: line, net, taxes: Vec::new() }),
        }
    }
    if let Some(group) = groups.iter().find(|group| group.net < Decimal::ZERO) {
        return Err(Fault::reject(
            format!("line {} of an invoice is below zero with taxes of its own", group.first.id),
            "book the chargeback by hand, then settle the item",
        ));
    }
    let mut booked: BTreeMap<i64, Money> = BTreeMap::new();
    for line in lines {
        if let Some(tax) = line.tax_of {
            let zero = Money::zero(line.amount.currency());
            let sum = booked.entry(tax).or_insert(zero);
            *sum = sum.plus(line.amount).map_err(overflow)?;
        }
    }
    let nets: Vec<(Vec<i64>, Decimal)> =
        groups.iter().map(|group| (group.first.taxes.clone(), group.net)).collect();
    for (at, group) in groups.iter_mut().enumerate() {
        for tax in &group.first.taxes {
            let weights: Vec<Decimal> = nets
                .iter()
                .map(|(taxes, net)| if taxes.contains(tax) { *net } else { Decimal::ZERO })
                .collect();
            let parts = booked.get(tax).map(|sum| sum.split(&weights)).unwrap_or_default();
            let part = parts.get(at).map_or(Decimal::ZERO, |part| part.to_decimal().abs());
            group.taxes.push(part);
        }
    }
    Ok(groups)
}

/// The money error of a sum, which only broken figures can cause.
pub(super) fn overflow(error: MoneyError) -> Fault {
    Fault::reject(error, "look at the dispute at the processor and book it by hand")
}
