//! How Shopify computes an order: every line's tax is rounded on its own, discounts of the whole
//! order are allocated to the lines, and amounts count what edits removed again.

use crate::platforms::draft::{Draft, DraftLine, Extra};
use crate::platforms::rounding::{half_up, tax_inside, tax_on};
use rust_decimal::Decimal;

/// A line, shipping line or fee.
pub(super) struct Computed {
    pub(super) original: Decimal,
    /// Reduction of the line itself and its share of the order's.
    pub(super) discounts: (Decimal, Decimal),
    pub(super) discounted: Decimal,
    /// Percent and amount.
    pub(super) taxes: Vec<(u32, Decimal)>,
    /// What an edit took away.
    pub(super) removed: Option<Removed>,
}

/// Units, amount after discount and taxes that an edit took away from a line.
pub(super) type Removed = (Decimal, Decimal, Vec<(u32, Decimal)>);

/// What an order comes to.
pub(super) struct Amounts {
    pub(super) lines: Vec<Computed>,
    pub(super) shipping: Option<Computed>,
    pub(super) fee: Option<Computed>,
    pub(super) tip: Decimal,
    pub(super) subtotal: Decimal,
    pub(super) tax: Decimal,
    pub(super) total: Decimal,
    pub(super) removed_total: Decimal,
    pub(super) removed_tax: Decimal,
}

pub(super) fn compute(draft: &Draft) -> Amounts {
    let mut full = draft.clone();
    for line in &mut full.lines {
        line.quantity += line.removed;
    }
    let lines: Vec<Computed> = full
        .lines
        .iter()
        .zip(full.discounts())
        .map(|(line, discounts)| computed_line(&full, line, discounts))
        .collect();
    let extra = |extra: &Extra| {
        let percents: Vec<u32> = extra.tax.into_iter().collect();
        Computed {
            original: extra.amount,
            discounts: (Decimal::ZERO, Decimal::ZERO),
            discounted: extra.amount,
            taxes: taxes(draft, extra.amount, &percents),
            removed: None,
        }
    };
    let (shipping, fee) = (draft.shipping.as_ref().map(extra), draft.fee.as_ref().map(extra));
    let tip = draft.tip.unwrap_or_default();
    let all: Vec<&Computed> = lines.iter().chain(&shipping).chain(&fee).collect();
    let tax: Decimal = all.iter().map(|part| sum(&part.taxes)).sum();
    let added = if draft.tax_included { Decimal::ZERO } else { tax };
    let amount: Decimal = all.iter().map(|part| part.discounted).sum();
    let gone: Vec<_> = lines.iter().filter_map(|line| line.removed.as_ref()).collect();
    let removed_tax: Decimal = gone.iter().map(|(_, _, taxes)| sum(taxes)).sum();
    let removed_added = if draft.tax_included { Decimal::ZERO } else { removed_tax };
    Amounts {
        subtotal: lines.iter().map(|line| line.discounted).sum(),
        tax,
        total: amount + added + tip,
        removed_total: gone.iter().map(|(_, amount, _)| *amount).sum::<Decimal>() + removed_added,
        removed_tax,
        tip,
        lines,
        shipping,
        fee,
    }
}

pub(super) fn sum(taxes: &[(u32, Decimal)]) -> Decimal {
    taxes.iter().map(|(_, amount)| *amount).sum()
}

fn computed_line(draft: &Draft, line: &DraftLine, discounts: (Decimal, Decimal)) -> Computed {
    let original = draft.list_amount(line);
    let discounted = original - discounts.0 - discounts.1;
    let taxes = taxes(draft, discounted, &line.taxes);
    let share = |amount: Decimal| half_up(amount * line.removed / line.quantity, draft.places());
    let removed = (line.removed > Decimal::ZERO).then(|| {
        let gone = taxes.iter().map(|(percent, amount)| (*percent, share(*amount))).collect();
        (line.removed, share(discounted), gone)
    });
    Computed { original, discounts, discounted, taxes, removed }
}

fn taxes(draft: &Draft, amount: Decimal, percents: &[u32]) -> Vec<(u32, Decimal)> {
    let exact = |percent: u32| match draft.tax_included {
        true => tax_inside(amount, Decimal::from(percent)),
        false => tax_on(amount, Decimal::from(percent)),
    };
    percents.iter().map(|percent| (*percent, half_up(exact(*percent), draft.places()))).collect()
}
