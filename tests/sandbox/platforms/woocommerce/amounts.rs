//! How WooCommerce computes an order (`abstract-wc-order.php`: `update_taxes`, `calculate_totals`).
//!
//! Line nets and taxes are kept with six decimals. With "round tax at subtotal" off, each line's tax
//! is rounded on its own (half down where prices include tax: recording 106, 0.555 counts as 0.55);
//! with it on, sums are rounded once. Shipping and fees are entered without tax always.

use crate::platforms::draft::{Draft, Extra};
use crate::platforms::rounding::{half_down, half_up, tax_inside, tax_on};
use rust_decimal::Decimal;

/// One rate's share of a line: percent, amount after and before the coupon.
pub(super) struct Share {
    pub(super) percent: u32,
    pub(super) total: Decimal,
    pub(super) subtotal: Decimal,
}

/// One line, fee or shipping line with six decimals.
pub(super) struct Computed {
    pub(super) subtotal: Decimal,
    pub(super) total: Decimal,
    pub(super) taxes: Vec<Share>,
}

/// What an order comes to.
pub(super) struct Amounts {
    pub(super) lines: Vec<Computed>,
    pub(super) shipping: Option<Computed>,
    pub(super) fee: Option<Computed>,
    pub(super) cart_tax: Decimal,
    pub(super) shipping_tax: Decimal,
    pub(super) total_tax: Decimal,
    pub(super) total: Decimal,
    pub(super) discount_total: Decimal,
    pub(super) discount_tax: Decimal,
    /// Percent, cart tax, shipping tax.
    pub(super) by_rate: Vec<(u32, Decimal, Decimal)>,
}

/// Sums of taxes rounded as the store says.
struct Rounding {
    places: u32,
    once: bool,
    included: bool,
}

impl Rounding {
    fn tax(&self, amount: Decimal) -> Decimal {
        match (self.once, self.included) {
            (true, _) => amount,
            (false, true) => half_down(amount, self.places),
            (false, false) => half_up(amount, self.places),
        }
    }
    fn net(&self, amount: Decimal) -> Decimal {
        if self.once { amount } else { half_up(amount, self.places) }
    }
}

pub(super) fn compute(draft: &Draft) -> Amounts {
    let places = draft.places();
    let round = Rounding { places, once: draft.round_once, included: draft.tax_included };
    let lines: Vec<Computed> = draft
        .lines
        .iter()
        .zip(draft.discounts())
        .map(|(line, (own, coupon))| {
            // A reduction of the line itself is a sale price: only coupons stand apart.
            let before = draft.list_amount(line) - own;
            computed(before, before - coupon, &line.taxes, draft.tax_included)
        })
        .collect();
    let extra = |extra: &Extra| {
        let taxes: Vec<u32> = extra.tax.into_iter().collect();
        computed(extra.amount, extra.amount, &taxes, false)
    };
    let (shipping, fee) = (draft.shipping.as_ref().map(extra), draft.fee.as_ref().map(extra));
    let sum_of = |items: &[&Computed], percent: u32| -> Decimal {
        let shares = items.iter().flat_map(|item| &item.taxes);
        shares.filter(|share| share.percent == percent).map(|share| round.tax(share.total)).sum()
    };
    let cart: Vec<&Computed> = lines.iter().chain(&fee).collect();
    let sent: Vec<&Computed> = shipping.iter().collect();
    let by_rate: Vec<(u32, Decimal, Decimal)> = draft
        .percentages()
        .into_iter()
        .map(|percent| (percent, sum_of(&cart, percent), sum_of(&sent, percent)))
        .collect();
    let cart_tax: Decimal = by_rate.iter().map(|rate| rate.1).sum();
    let shipping_tax: Decimal = by_rate.iter().map(|rate| rate.2).sum();
    let net: Decimal = cart.iter().chain(&sent).map(|item| round.net(item.total)).sum();
    let tax_of = |line: &Computed, before: bool| -> Decimal {
        line.taxes.iter().map(|share| if before { share.subtotal } else { share.total }).sum()
    };
    Amounts {
        discount_total: lines.iter().map(|line| line.subtotal - line.total).sum(),
        discount_tax: lines.iter().map(|line| tax_of(line, true) - tax_of(line, false)).sum(),
        cart_tax,
        shipping_tax,
        total_tax: half_up(cart_tax + shipping_tax, places),
        total: half_up(net + cart_tax + shipping_tax, places),
        by_rate,
        lines,
        shipping,
        fee,
    }
}

fn computed(subtotal: Decimal, total: Decimal, percents: &[u32], included: bool) -> Computed {
    let tax = |amount: Decimal, percent: u32| match included {
        true => half_up(tax_inside(amount, Decimal::from(percent)), 6),
        false => half_up(tax_on(amount, Decimal::from(percent)), 6),
    };
    let taxes: Vec<Share> = percents
        .iter()
        .map(|percent| Share {
            percent: *percent,
            total: tax(total, *percent),
            subtotal: tax(subtotal, *percent),
        })
        .collect();
    let inside = |of: fn(&Share) -> Decimal| -> Decimal {
        if included { taxes.iter().map(of).sum() } else { Decimal::ZERO }
    };
    Computed {
        subtotal: subtotal - inside(|share| share.subtotal),
        total: total - inside(|share| share.total),
        taxes,
    }
}
