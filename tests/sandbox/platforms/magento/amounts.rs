//! How Magento computes an order (`Magento\Tax\Model\Calculation`): by row, or by total with the
//! rounding difference carried from row to row. Where prices contain tax, discounts do too, and the
//! tax inside a discount stands in `discount_tax_compensation_amount`.

use crate::platforms::draft::{Draft, Extra};
use crate::platforms::rounding::{half_up, tax_inside, tax_on};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// One item, delivery or wrapping.
#[derive(Default)]
pub(super) struct Row {
    pub(super) percent: Option<u32>,
    /// Without tax, before discount.
    pub(super) net: Decimal,
    /// With tax, before discount.
    pub(super) gross: Decimal,
    pub(super) discount: Decimal,
    pub(super) tax: Decimal,
    pub(super) compensation: Decimal,
}

/// What an order comes to.
pub(super) struct Amounts {
    pub(super) rows: Vec<Row>,
    pub(super) shipping: Row,
    pub(super) wrapping: Row,
    pub(super) subtotal: Decimal,
    pub(super) subtotal_incl_tax: Decimal,
    pub(super) discount: Decimal,
    pub(super) tax: Decimal,
    pub(super) compensation: Decimal,
    /// Before gift cards.
    pub(super) total: Decimal,
}

/// Rounds taxes of one rate, carrying the difference where the order is computed by total.
struct Carry {
    once: bool,
    places: u32,
    left: BTreeMap<(u32, bool), Decimal>,
}

impl Carry {
    fn round(&mut self, key: (u32, bool), exact: Decimal) -> Decimal {
        if !self.once {
            return half_up(exact, self.places);
        }
        let left = self.left.entry(key).or_default();
        let rounded = half_up(exact + *left, self.places);
        *left = exact + *left - rounded;
        rounded
    }
}

pub(super) fn compute(draft: &Draft) -> Amounts {
    let mut carry = Carry { once: draft.round_once, places: draft.places(), left: BTreeMap::new() };
    let rows: Vec<Row> = draft
        .lines
        .iter()
        .zip(draft.discounts())
        .map(|(line, (own, coupon))| {
            let percent = line.taxes.first().copied();
            row(draft, &mut carry, draft.list_amount(line), own + coupon, percent)
        })
        .collect();
    let mut extra = |extra: &Option<Extra>| {
        extra.as_ref().map_or_else(Row::default, |extra| {
            row(draft, &mut carry, extra.amount, Decimal::ZERO, extra.tax)
        })
    };
    let (shipping, wrapping) = (extra(&draft.shipping), extra(&draft.fee));
    let sum = |of: fn(&Row) -> Decimal| -> Decimal { rows.iter().map(of).sum() };
    let tax = sum(|row| row.tax) + shipping.tax + wrapping.tax;
    let (subtotal, discount) = (sum(|row| row.net), sum(|row| row.discount));
    let compensation = sum(|row| row.compensation);
    Amounts {
        subtotal,
        subtotal_incl_tax: sum(|row| row.gross),
        discount,
        tax,
        compensation,
        total: subtotal + shipping.net + wrapping.net + tax + compensation - discount,
        rows,
        shipping,
        wrapping,
    }
}

fn row(
    draft: &Draft,
    carry: &mut Carry,
    amount: Decimal,
    discount: Decimal,
    percent: Option<u32>,
) -> Row {
    let rate = Decimal::from(percent.unwrap_or(0));
    let key = percent.unwrap_or(0);
    if draft.tax_included {
        let before = carry.round((key, true), tax_inside(amount, rate));
        let tax = match discount.is_zero() {
            true if !carry.once => before,
            _ => carry.round((key, false), tax_inside(amount - discount, rate)),
        };
        return Row {
            percent,
            net: amount - before,
            gross: amount,
            discount,
            tax,
            compensation: before - tax,
        };
    }
    let tax = carry.round((key, false), tax_on(amount - discount, rate));
    let before = half_up(tax_on(amount, rate), carry.places);
    let gross = amount + if discount.is_zero() { tax } else { before };
    Row { percent, net: amount, gross, discount, tax, compensation: Decimal::ZERO }
}
