//! On which accounts the lines of an order stand: lines that share account and taxes are one amount.

use crate::config::{JournalPosting, StoreConfig};
use crate::project::tax::{TaxShare, shares};
use causeway_domain::{Currency, Fault, Line, LineId, LineKind, Money, Order};
use std::collections::BTreeMap;

/// The id that every adapter gives to the line of cash rounding.
const ROUNDING: &str = "rounding";

/// What stands on one account under one set of taxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `account.account` id.
    pub account: i64,
    /// What it is, for people: `sales`, `tip`.
    pub label: &'static str,
    /// Net.
    pub net: Money,
    /// Taxes in the order of their ids, with their exact amounts; none for what no tax report knows
    /// (tips, gift cards, rounding).
    pub taxes: Vec<TaxShare>,
}

/// An order by account and taxes.
#[derive(Clone, Debug)]
pub struct Basis {
    /// Currency of every amount.
    pub currency: Currency,
    /// Everything that was sold.
    pub parts: Vec<Part>,
    /// The part that each line of the order is in.
    places: BTreeMap<LineId, usize>,
}

impl Part {
    /// Net and taxes together.
    pub fn gross(&self) -> Result<Money, Fault> {
        self.taxes.iter().try_fold(self.net, |sum, share| sum.plus(share.amount)).map_err(overflow)
    }

    /// This and another amount of the same account and taxes.
    pub fn plus(&self, other: &Self) -> Result<Self, Fault> {
        let sum = |(own, more): (&TaxShare, &TaxShare)| {
            let amount = own.amount.plus(more.amount).map_err(overflow)?;
            Ok(TaxShare { tax: own.tax, amount })
        };
        let taxes = self.taxes.iter().zip(&other.taxes).map(sum).collect::<Result<_, Fault>>()?;
        Ok(Self { net: self.net.plus(other.net).map_err(overflow)?, taxes, ..self.clone() })
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        let turn = |share: &TaxShare| TaxShare { tax: share.tax, amount: share.amount.negated() };
        let taxes = self.taxes.iter().map(turn).collect();
        Self { net: self.net.negated(), taxes, ..self.clone() }
    }

    /// Nothing, on the same account under the same taxes.
    #[must_use]
    pub fn emptied(&self) -> Self {
        let zero = Money::zero(self.net.currency());
        let none = |share: &TaxShare| TaxShare { tax: share.tax, amount: zero };
        Self { net: zero, taxes: self.taxes.iter().map(none).collect(), ..self.clone() }
    }

    fn same(&self, other: &Self) -> bool {
        self.account == other.account
            && self.taxes.iter().map(|share| share.tax).eq(other.taxes.iter().map(|one| one.tax))
    }
}

pub(super) fn overflow(error: impl std::fmt::Display) -> Fault {
    Fault::reject(error, "check the order on the platform")
}

impl Basis {
    /// Puts every line of an order on its account.
    pub fn of(order: &Order, config: &StoreConfig, chart: &JournalPosting) -> Result<Self, Fault> {
        let mut parts: Vec<Part> = Vec::new();
        let mut places = BTreeMap::new();
        for line in &order.lines {
            let one = part(order, line, config, chart)?;
            let place = match parts.iter().position(|have| have.same(&one)) {
                Some(place) => place,
                None => {
                    parts.push(one.emptied());
                    parts.len() - 1
                }
            };
            if let Some(have) = parts.get_mut(place) {
                *have = have.plus(&one)?;
            }
            places.insert(line.id.clone(), place);
        }
        Ok(Self { currency: order.currency, parts, places })
    }

    /// Where a line of the order stands.
    pub fn place(&self, line: &LineId) -> Option<(usize, &Part)> {
        let place = *self.places.get(line)?;
        Some((place, self.parts.get(place)?))
    }
}

fn part(
    order: &Order,
    line: &Line,
    config: &StoreConfig,
    chart: &JournalPosting,
) -> Result<Part, Fault> {
    let rounding = line.id.as_str() == ROUNDING && line.taxes.is_empty();
    let reported = match line.kind {
        LineKind::Tip | LineKind::GiftCardSold => !line.taxes.is_empty(),
        LineKind::Product(_)
        | LineKind::Shipping
        | LineKind::Discount
        | LineKind::GiftWrap
        | LineKind::Fee => !rounding,
    };
    let mut taxes = if reported { line_taxes(order, line, config)? } else { Vec::new() };
    taxes.sort_by_key(|share| share.tax);
    let needed = |account: Option<i64>, name: &str| {
        account.ok_or_else(|| {
            Fault::reject(
                format!("order {}: line {} needs the account `{name}`", order.key, line.id),
                format!("set {name} in [stores.{}.journal]", order.key.store),
            )
        })
    };
    let income = || {
        let own = taxes.iter().find_map(|one| chart.income_by_tax.get(&one.tax.to_string()));
        own.copied().unwrap_or(chart.income)
    };
    let (label, account) = match line.kind {
        LineKind::Tip => ("tip", needed(chart.tips, "tips")?),
        LineKind::GiftCardSold => ("gift card", needed(chart.gift_cards, "gift_cards")?),
        LineKind::Discount | LineKind::Fee if rounding => {
            ("rounding", needed(chart.rounding, "rounding")?)
        }
        LineKind::Discount => ("discount", chart.discounts.unwrap_or_else(income)),
        LineKind::Product(_) | LineKind::Shipping | LineKind::GiftWrap | LineKind::Fee => {
            ("sales", income())
        }
    };
    Ok(Part { account, label, net: line.net, taxes })
}

/// The taxes of a line by the store's rules, always those whose price excludes them: an entry's base is
/// net.
pub(super) fn line_taxes(
    order: &Order,
    line: &Line,
    config: &StoreConfig,
) -> Result<Vec<TaxShare>, Fault> {
    let country = order.shipping.as_ref().unwrap_or(&order.billing).country;
    let net = Order { prices_include_tax: false, ..order.clone() };
    Ok(shares(&net, country, line, config)?.taxes)
}
