//! Credit slips as the back office writes them (`OrderSlipCreator::createOrderSlip`; recordings 245, 247):
//! the merchant enters amounts as the buyer's group sees prices, the other basis is computed from them.
//! Goods that stay where they are were refunded over the API, which restocks nothing (recording 200).

use super::amounts::{Amounts, compute, round_type};
use super::document::{customer_id, detail_id};
use super::local;
use crate::platforms::after::{DraftRefund, ExpectedAfterSales, ExpectedRefund};
use crate::platforms::draft::{Draft, DraftLine};
use crate::platforms::rounding::{fixed, half_up, tax_inside, tax_on};
use causeway_domain::Goods;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One detail of a slip.
struct Detail {
    line: usize,
    quantity: Decimal,
    excl: Decimal,
    incl: Decimal,
}

/// One slip.
struct Slip<'a> {
    at: usize,
    draft: &'a DraftRefund,
    details: Vec<Detail>,
    products_excl: Decimal,
    products_incl: Decimal,
    shipping_excl: Decimal,
    shipping_incl: Decimal,
    amount: Decimal,
    kind: u32,
    /// What the buyer gets, tax included.
    gross: Decimal,
    /// True if that is what the products and the delivery come to.
    is_sum: bool,
}

fn percent(line: &DraftLine) -> Decimal {
    Decimal::from(line.taxes.first().copied().unwrap_or(0))
}

/// The amount on the basis that was not entered.
fn other(draft: &Draft, amount: Decimal, percent: Decimal) -> Decimal {
    match draft.tax_included {
        true => amount - tax_inside(amount, percent),
        false => amount + tax_on(amount, percent),
    }
}

fn slips(draft: &Draft) -> Vec<Slip<'_>> {
    let amounts = compute(draft);
    draft.standing_refunds().map(|(at, refund)| slip(draft, &amounts, at, refund)).collect()
}

fn slip<'a>(draft: &Draft, amounts: &Amounts, at: usize, refund: &'a DraftRefund) -> Slip<'a> {
    let places = draft.places();
    let (details, entered) = details(draft, amounts, refund);
    // "Round on total" rounds the other basis once for each group of taxes, beside the details.
    let mut groups: BTreeMap<Decimal, Decimal> = BTreeMap::new();
    for (detail, base) in details.iter().zip(&entered) {
        *groups.entry(percent(&draft.lines[detail.line])).or_default() += *base;
    }
    let base: Decimal = entered.iter().copied().sum();
    let computed: Decimal = if round_type(draft) == 3 {
        groups.into_iter().map(|(rate, sum)| half_up(other(draft, sum, rate), places)).sum()
    } else {
        details.iter().map(|d| if draft.tax_included { d.excl } else { d.incl }).sum()
    };
    let (mut excl, incl) = if draft.tax_included { (computed, base) } else { (base, computed) };
    let shipped = refund.sample.shipping;
    let shipping = |amount: Decimal| if shipped { amount } else { Decimal::ZERO };
    let extra = refund.sample.amount.unwrap_or_default() - refund.sample.fee.unwrap_or_default();
    // The order's vouchers are taken off the wrong basis; any other amount is one that was chosen.
    let vouchers = draft.tax_included && !extra.is_zero() && -extra == amounts.discount.incl;
    let (amount, kind) = match (vouchers, extra.is_zero()) {
        (true, _) => {
            excl -= amounts.discount.incl;
            (incl, 1)
        }
        (false, false) => (incl + extra, 2),
        (false, true) => (base, if shipped { 2 } else { 0 }),
    };
    Slip {
        at,
        draft: refund,
        details,
        products_excl: excl,
        products_incl: incl,
        shipping_excl: shipping(amounts.shipping.excl),
        shipping_incl: shipping(amounts.shipping.incl),
        amount,
        kind,
        gross: incl + extra + shipping(amounts.shipping.incl),
        is_sum: extra.is_zero(),
    }
}

/// The details, and what the merchant entered for each.
fn details(draft: &Draft, amounts: &Amounts, refund: &DraftRefund) -> (Vec<Detail>, Vec<Decimal>) {
    let places = draft.places();
    let lines = refund.sample.lines.iter().filter(|(_, quantity, _)| !quantity.is_zero());
    lines
        .map(|(line, quantity, _)| {
            let unit = amounts.rows[*line].unit;
            let unit = if draft.tax_included { unit.incl } else { unit.excl };
            let entered = half_up(unit * quantity, places);
            let rate = percent(&draft.lines[*line]);
            let computed = match round_type(draft) {
                1 => half_up(other(draft, entered / quantity, rate), places) * quantity,
                _ => half_up(other(draft, entered, rate), places),
            };
            let (excl, incl) =
                if draft.tax_included { (computed, entered) } else { (entered, computed) };
            (Detail { line: *line, quantity: *quantity, excl, incl }, entered)
        })
        .unzip()
}

fn slip_id(draft: &Draft, at: usize) -> u64 {
    u64::from(draft.number) * 100 + u64::try_from(at).unwrap() + 1
}

/// The id of the last slip.
pub(super) fn last(draft: &Draft) -> u64 {
    draft.standing_refunds().last().map_or(0, |(at, _)| slip_id(draft, at))
}

fn by_back_office(goods: Goods) -> bool {
    match goods {
        Goods::NotSent | Goods::Returned => true,
        Goods::Kept | Goods::Unsaid => false,
    }
}

/// How many of a line the back office refunded and put back into stock, and what they came to without
/// and with tax: columns of the order's detail.
pub(super) fn refunded(draft: &Draft, line: usize) -> (Decimal, Decimal, Decimal) {
    let mut sums = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for slip in slips(draft) {
        let own = slip.draft.sample.lines.iter().filter(|(_, quantity, _)| !quantity.is_zero());
        for (detail, (_, _, goods)) in slip.details.iter().zip(own) {
            if detail.line == line && by_back_office(*goods) {
                sums.0 += detail.quantity;
                sums.1 += detail.excl;
                sums.2 += detail.incl;
            }
        }
    }
    sums
}

/// The rows of `order_slip`.
pub(super) fn rows(draft: &Draft) -> Vec<Value> {
    let money = |amount: Decimal| fixed(amount, 6);
    slips(draft)
        .into_iter()
        .map(|slip| {
            let id = slip_id(draft, slip.at);
            let details: Vec<Value> = slip
                .details
                .iter()
                .enumerate()
                .map(|(at, detail)| {
                    json!({"id": id * 100 + u64::try_from(at).unwrap(),
                        "id_order_detail": detail_id(draft, detail.line),
                        "product_quantity": detail.quantity.to_string(),
                        "amount_tax_excl": money(detail.excl), "amount_tax_incl": money(detail.incl)})
                })
                .collect();
            let made = local(slip.draft.made_at);
            json!({
                "id": id, "id_customer": customer_id(draft), "id_order": draft.number,
                "conversion_rate": "1.000000", "total_products_tax_excl": money(slip.products_excl),
                "total_products_tax_incl": money(slip.products_incl),
                "total_shipping_tax_excl": money(slip.shipping_excl),
                "total_shipping_tax_incl": money(slip.shipping_incl), "amount": money(slip.amount),
                "shipping_cost": u8::from(!slip.shipping_incl.is_zero()),
                "shipping_cost_amount": money(slip.shipping_incl), "partial": 0, "date_add": made,
                "date_upd": made, "order_slip_type": slip.kind, "associations": details,
            })
        })
        .collect()
}

/// What an order's slips must come to. Which slip restocked is not told: the oldest ones are taken for
/// it. How a slip is paid back is not told either, so nothing is known to be on its way.
pub(in crate::platforms) fn expected_after_sales(draft: &Draft) -> ExpectedAfterSales {
    let mut left: Vec<Decimal> =
        (0..draft.lines.len()).map(|line| refunded(draft, line).0).collect();
    let refunds = slips(draft)
        .into_iter()
        .map(|slip| {
            let sums = |of: fn(&Detail) -> Decimal| slip.details.iter().map(of).sum::<Decimal>();
            let nets = sums(|detail| detail.excl);
            // Beside a chosen amount the details stand as they are.
            let with_tax =
                if slip.is_sum { slip.products_incl } else { sums(|detail| detail.incl) };
            let line = |detail: &Detail| {
                let told = left[detail.line] >= detail.quantity;
                left[detail.line] -= if told { detail.quantity } else { Decimal::ZERO };
                let goods = if told { Goods::Returned } else { Goods::Unsaid };
                (detail.line, detail.quantity, goods)
            };
            ExpectedRefund {
                id: slip_id(draft, slip.at).to_string(),
                gross: slip.gross,
                tax: with_tax - nets + slip.shipping_incl - slip.shipping_excl,
                lines: slip.details.iter().map(line).collect(),
                settled: true,
            }
        })
        .collect();
    let captured =
        if super::document::has_payment(draft) { compute(draft).paid.incl } else { Decimal::ZERO };
    ExpectedAfterSales { refunds, returns: Vec::new(), captured }
}
