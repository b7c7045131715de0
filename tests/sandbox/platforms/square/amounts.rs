//! How Square computes an order: whole minor units, banker's rounding, taxes of the order spread over
//! the lines so that they sum up; a tax is additive or inclusive.

use crate::platforms::draft::{Draft, Extra};
use crate::platforms::rounding::{half_even, tax_inside, tax_on};
use rust_decimal::Decimal;

/// A line or service charge, in minor units.
pub(super) struct Computed {
    pub(super) list: Decimal,
    /// Of the line, of the order.
    pub(super) discounts: (Decimal, Decimal),
    pub(super) taxes: Vec<(u32, Decimal)>,
    pub(super) total: Decimal,
}

/// What an order comes to, in minor units.
pub(super) struct Amounts {
    pub(super) lines: Vec<Computed>,
    /// Delivery, then the surcharge.
    pub(super) charges: Vec<Computed>,
    pub(super) tip: Decimal,
    pub(super) tax: Decimal,
    pub(super) discount: Decimal,
    pub(super) charged: Decimal,
    pub(super) total: Decimal,
}

impl Computed {
    pub(super) fn tax(&self) -> Decimal {
        self.taxes.iter().map(|(_, amount)| *amount).sum()
    }
    fn base(&self) -> Decimal {
        self.list - self.discounts.0 - self.discounts.1
    }
}

pub(super) fn compute(draft: &Draft) -> Amounts {
    let scale = Decimal::from(10u64.pow(draft.places()));
    let part = |list: Decimal, discounts: (Decimal, Decimal), percents: &[u32]| Computed {
        list: list * scale,
        discounts: (discounts.0 * scale, discounts.1 * scale),
        taxes: percents.iter().map(|percent| (*percent, Decimal::ZERO)).collect(),
        total: Decimal::ZERO,
    };
    let mut lines: Vec<Computed> = draft
        .lines
        .iter()
        .zip(draft.discounts())
        .map(|(line, discounts)| part(draft.list_amount(line), discounts, &line.taxes))
        .collect();
    let extras: Vec<&Extra> = draft.shipping.iter().chain(&draft.fee).collect();
    let mut charges: Vec<Computed> = extras
        .iter()
        .map(|extra| {
            let percents: Vec<u32> = extra.tax.into_iter().collect();
            part(extra.amount, (Decimal::ZERO, Decimal::ZERO), &percents)
        })
        .collect();
    for percent in draft.percentages() {
        tax(draft, percent, lines.iter_mut().chain(&mut charges));
    }
    for part in lines.iter_mut().chain(&mut charges) {
        part.total = part.base() + if draft.tax_included { Decimal::ZERO } else { part.tax() };
    }
    let tip = draft.tip.unwrap_or_default() * scale;
    let all = || lines.iter().chain(&charges);
    Amounts {
        tax: all().map(Computed::tax).sum(),
        discount: all().map(|part| part.discounts.0 + part.discounts.1).sum(),
        charged: charges.iter().map(|charge| charge.list).sum(),
        total: all().map(|part| part.total).sum::<Decimal>() + tip,
        tip,
        lines,
        charges,
    }
}

/// Rounds one rate, for each part on its own or cumulatively over the order.
fn tax<'a>(draft: &Draft, percent: u32, parts: impl Iterator<Item = &'a mut Computed>) {
    let mut exact = Decimal::ZERO;
    let mut given = Decimal::ZERO;
    for part in parts {
        let base = part.base();
        let Some(share) = part.taxes.iter_mut().find(|(of, _)| *of == percent) else { continue };
        let own = match draft.tax_included {
            true => tax_inside(base, Decimal::from(percent)),
            false => tax_on(base, Decimal::from(percent)),
        };
        exact += own;
        share.1 = if draft.round_once { half_even(exact, 0) - given } else { half_even(own, 0) };
        given += share.1;
    }
}
