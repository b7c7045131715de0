//! Explaining cents. A shop that keeps more decimals than its currency has lets lines and totals
//! drift apart by fractions of a minor unit; what rounding explains is spread, the rest is refused.

use causeway_domain::{Currency, Decimal, Money};

/// No order has an amount or quantity beyond this; larger input is refused before it can overflow.
pub(crate) const LARGEST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// How far one rounding can move an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the nearest: half a minor unit.
    Half,
    /// Always up or always down: a whole one.
    Whole,
}

impl Step {
    fn size(self, currency: Currency) -> Decimal {
        let unit = Decimal::new(1, currency.exponent());
        match self {
            Self::Half => unit / Decimal::TWO,
            Self::Whole => unit,
        }
    }
}

/// True if `parts` roundings of that size explain the difference of the two sums. Six-decimal
/// values are themselves rounded, hence the millionth.
pub(crate) fn explains(
    one: Decimal,
    other: Decimal,
    parts: usize,
    step: Step,
    c: Currency,
) -> bool {
    let slack = Decimal::from(parts) * (step.size(c) + Decimal::new(1, 6));
    (one - other).abs() <= slack
}

/// Rounds the parts to minor units that sum to `total`; parts that are nothing stay nothing.
/// `None` if `roundings` of each part do not explain the difference between `total` and the parts
/// (two for a tax that is the difference of two rounded amounts).
pub(crate) fn spread(
    total: Money,
    parts: &[Decimal],
    roundings: usize,
    step: Step,
) -> Option<Vec<Money>> {
    let some: Vec<Decimal> = parts.iter().copied().filter(|part| !part.is_zero()).collect();
    let sum: Decimal = some.iter().sum();
    if !explains(sum, total.to_decimal(), some.len() * roundings, step, total.currency()) {
        return None;
    }
    let mut rounded = total.round_to_sum(&some).into_iter();
    let nothing = Money::zero(total.currency());
    let whole = parts
        .iter()
        .map(|part| if part.is_zero() { nothing } else { rounded.next().unwrap_or(nothing) })
        .collect();
    // With no part that is something, only nothing can be spread.
    if some.is_empty() && !total.is_zero() { None } else { Some(whole) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::from_code("EUR").unwrap())
    }
    fn parts(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_largest_amount_is_a_million_millions() {
        assert_eq!(LARGEST.to_string(), "1000000000000");
    }

    #[test]
    fn what_rounding_explains_is_spread_and_nothing_stays_nothing() {
        let spread = spread(eur(153), &parts(&["0.555", "0", "0.98"]), 1, Step::Half).unwrap();
        assert_eq!(spread, [eur(55), eur(0), eur(98)]);
    }

    #[test]
    fn a_cent_too_many_is_refused() {
        assert_eq!(spread(eur(155), &parts(&["0.555", "0.98"]), 1, Step::Half), None);
        assert!(spread(eur(155), &parts(&["0.555", "0.98"]), 1, Step::Whole).is_some());
        assert_eq!(spread(eur(1), &parts(&["0"]), 1, Step::Half), None);
    }
}
