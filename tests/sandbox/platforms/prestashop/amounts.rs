//! How PrestaShop computes an order. Unit prices have six decimals with and without tax; what is
//! rounded is the unit, the line or only the total (`round_type` 1, 2, 3), with and without tax apart.

use crate::platforms::draft::{Coupon, Draft, DraftLine, Extra};
use crate::platforms::rounding::half_up;
use rust_decimal::Decimal;

/// Without tax, with tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) excl: Decimal,
    pub(super) incl: Decimal,
}

impl Pair {
    fn map(self, change: impl Fn(Decimal) -> Decimal) -> Self {
        Self { excl: change(self.excl), incl: change(self.incl) }
    }
    fn plus(self, other: Self) -> Self {
        Self { excl: self.excl + other.excl, incl: self.incl + other.incl }
    }
}

/// One line.
pub(super) struct Row {
    /// Of one, before its own reduction.
    pub(super) original: Pair,
    /// Of one.
    pub(super) unit: Pair,
    pub(super) total: Pair,
}

/// What an order comes to.
pub(super) struct Amounts {
    pub(super) rows: Vec<Row>,
    pub(super) products: Pair,
    pub(super) shipping: Pair,
    pub(super) wrapping: Pair,
    pub(super) discount: Pair,
    pub(super) paid: Pair,
}

/// 1 item, 2 line, 3 total.
pub(super) fn round_type(draft: &Draft) -> u32 {
    match (draft.round_once, draft.number.is_multiple_of(4)) {
        (true, _) => 3,
        (false, true) => 1,
        (false, false) => 2,
    }
}

pub(super) fn compute(draft: &Draft) -> Amounts {
    let places = draft.places();
    let rows: Vec<Row> = draft.lines.iter().map(|line| row(draft, line)).collect();
    let sum = rows.iter().fold(Pair::default(), |sum, row| sum.plus(row.total));
    let products = sum.map(|amount| half_up(amount, places));
    let extra = |extra: &Option<Extra>| {
        extra.as_ref().map_or_else(Pair::default, |extra| {
            pair(draft, extra.amount, extra.tax.unwrap_or(0)).map(|amount| half_up(amount, places))
        })
    };
    let (shipping, wrapping) = (extra(&draft.shipping), extra(&draft.fee));
    let discount = discount(draft, products);
    let paid = products.plus(shipping).plus(wrapping);
    let paid = Pair { excl: paid.excl - discount.excl, incl: paid.incl - discount.incl };
    Amounts { rows, products, shipping, wrapping, discount, paid }
}

/// Both sides of an amount that the draft gives on one.
fn pair(draft: &Draft, amount: Decimal, percent: u32) -> Pair {
    let factor = Decimal::ONE + Decimal::new(i64::from(percent), 2);
    match draft.tax_included {
        true => Pair { excl: half_up(amount / factor, 6), incl: amount },
        false => Pair { excl: amount, incl: half_up(amount * factor, 6) },
    }
}

fn row(draft: &Draft, line: &DraftLine) -> Row {
    let places = draft.places();
    let percent = line.taxes.first().copied().unwrap_or(0);
    let left = Decimal::ONE - Decimal::new(i64::from(line.discount), 2);
    let unit = pair(draft, half_up(line.price * left, 6), percent);
    let total = match round_type(draft) {
        1 => unit.map(|amount| half_up(amount, places) * line.quantity),
        2 => unit.map(|amount| half_up(amount * line.quantity, places)),
        _ => unit.map(|amount| half_up(amount * line.quantity, 6)),
    };
    Row { original: pair(draft, line.price, percent), unit, total }
}

/// One voucher on the whole: a percentage of both sides, or an amount that is given on one side and
/// converted by the average tax of the products.
fn discount(draft: &Draft, products: Pair) -> Pair {
    let places = draft.places();
    match &draft.coupon {
        None => Pair::default(),
        Some(Coupon::Percent(percent)) => {
            let share = Decimal::new(i64::from(*percent), 2);
            products.map(|amount| half_up(amount * share, places))
        }
        Some(Coupon::Amount(amount)) => {
            let incl = (*amount).min(products.incl);
            let excl = match products.incl.is_zero() {
                true => Decimal::ZERO,
                false => half_up(incl * products.excl / products.incl, places),
            };
            Pair { excl, incl }
        }
    }
}
