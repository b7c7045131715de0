//! What Odoo 17 and 18 will make of an order. They cannot pin amounts, so a difference is better
//! found before a draft is made. The read-back stays the judge: this only spares the obvious ones.

use super::intent::SaleOrder;
use super::render::PricedLine;
use causeway_domain::{Decimal, Fault, Money};
use causeway_odoo::Session;
use std::collections::BTreeMap;

/// Refuses an order whose total Odoo would miss whether it rounds per line or globally. Taxes that are
/// not plain percentages are not foretold.
pub(super) fn check(
    order: &SaleOrder,
    lines: &[PricedLine],
    session: &Session,
) -> Result<(), Fault> {
    let Some(totals) = totals(order, lines, session) else { return Ok(()) };
    if totals.contains(&order.total) {
        return Ok(());
    }
    let [globally, per_line] = totals;
    Err(Fault::reject(
        format!(
            "order {}: the platform's total is {}, Odoo {} would make it {globally} (rounding \
             globally) or {per_line} (per line)",
            order.key, order.total, session.version
        ),
        "Odoo 17 and 18 cannot pin amounts: raise the decimal precision \"Product Price\", or set \
         totals_without_pins = \"correct_invoice\", or upgrade to 19",
    ))
}

/// Totals with taxes rounded per tax over the order, and per line.
fn totals(order: &SaleOrder, lines: &[PricedLine], session: &Session) -> Option<[Money; 2]> {
    let currency = order.currency;
    let round = |amount: Decimal| Money::round(amount, currency).ok();
    let mut untaxed = Money::zero(currency);
    let mut per_line = Money::zero(currency);
    let mut raw: BTreeMap<i64, Decimal> = BTreeMap::new();
    for line in lines {
        let (base, taxes) = line_amounts(line, session)?;
        untaxed = untaxed.plus(round(base)?).ok()?;
        for (tax, amount) in taxes {
            per_line = per_line.plus(round(amount)?).ok()?;
            *raw.entry(tax).or_default() += amount;
        }
    }
    let globally =
        raw.into_values().try_fold(Money::zero(currency), |sum, tax| sum.plus(round(tax)?).ok())?;
    Some([untaxed.plus(globally).ok()?, untaxed.plus(per_line).ok()?])
}

/// Unrounded base and taxes of a line.
fn line_amounts(line: &PricedLine, session: &Session) -> Option<(Decimal, Vec<(i64, Decimal)>)> {
    let hundred = Decimal::ONE_HUNDRED;
    let amount = line.price_unit * line.quantity * (hundred - line.discount) / hundred;
    let taxes = line
        .taxes
        .iter()
        .map(|id| session.taxes.get(id).map(|tax| (*id, tax)))
        .collect::<Option<Vec<_>>>()?;
    if taxes.iter().any(|(_, tax)| tax.amount_type != "percent") {
        return None;
    }
    let included: Decimal =
        taxes.iter().filter(|(_, tax)| tax.price_include).map(|(_, tax)| tax.amount).sum();
    let base = amount * hundred / (hundred + included);
    Some((base, taxes.into_iter().map(|(id, tax)| (id, base * tax.amount / hundred)).collect()))
}
