//! The platforms' rounding, each under its own name.

use rust_decimal::{Decimal, RoundingStrategy};

/// Half away from zero: PHP's `round`, Ruby's default, PrestaShop's `PS_ROUND_HALF_UP`.
pub(super) fn half_up(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
/// Half toward zero: WooCommerce's tax rounding when prices include tax.
pub(super) fn half_down(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointTowardZero)
}
/// Banker's rounding, as Square's Orders API rounds.
pub(super) fn half_even(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// With exactly `places` decimals.
pub(super) fn fixed(value: Decimal, places: u32) -> String {
    let mut value = half_up(value, places);
    value.rescale(places);
    value.to_string()
}

/// Splits `whole` over the weights in units of `places` decimals, cumulatively, so that the parts
/// sum to the whole. Zero weights give zero parts; no weight at all gives everything to the first.
pub(super) fn spread(whole: Decimal, weights: &[Decimal], places: u32) -> Vec<Decimal> {
    let sum: Decimal = weights.iter().copied().sum();
    let mut seen = Decimal::ZERO;
    let mut given = Decimal::ZERO;
    weights
        .iter()
        .enumerate()
        .map(|(at, weight)| {
            seen += *weight;
            let upto = match (sum.is_zero(), at) {
                (true, _) => whole,
                (false, _) => half_up(whole * seen / sum, places),
            };
            let part = upto - given;
            given = upto;
            part
        })
        .collect()
}

/// The tax inside a gross amount, unrounded.
pub(super) fn tax_inside(gross: Decimal, percent: Decimal) -> Decimal {
    gross * percent / (Decimal::ONE_HUNDRED + percent)
}
/// The tax on a net amount, unrounded.
pub(super) fn tax_on(net: Decimal, percent: Decimal) -> Decimal {
    net * percent / Decimal::ONE_HUNDRED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        let weights = [Decimal::from(1), Decimal::from(1), Decimal::from(1)];
        let parts = spread(Decimal::new(1000, 2), &weights, 2);
        assert_eq!(parts, [Decimal::new(333, 2), Decimal::new(334, 2), Decimal::new(333, 2)]);
        assert_eq!(half_down(Decimal::new(555, 3), 2), Decimal::new(55, 2));
        assert_eq!(half_even(Decimal::new(25, 1), 0), Decimal::from(2));
    }
}
