//! What should have happened in Odoo after an order, from what its platform says. Pure.

use super::seen::Seen;
use crate::config::StoreConfig;
use crate::project::intent::{ProductNeed, SaleOrder, sale_order};
use crate::project::tax::{TaxShare, shares};
use causeway_domain::{
    AfterSales, Capture, Currency, Decimal, Fault, Goods, Line, LineId, Money, Nudge, Order,
    OrderId, OrderKey, Refund, RefundId, RefundLine, RefundPayment, RefundTax, RefundedLine,
    Return, ReturnId, ReturnState, Standing, Subject, Timestamp,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// An order with everything that came after it, in Odoo's terms.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    /// Store and platform id.
    pub key: OrderKey,
    /// The number people see.
    pub number: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// What the order comes to, tax included.
    pub total: Money,
    /// True if it is cancelled on the platform, or gone from it.
    pub cancelled: bool,
    /// Its lines, as order projection made them.
    pub lines: Vec<WantedLine>,
    /// Money that came in.
    pub captures: Vec<Capture>,
    /// Refunds, oldest first.
    pub refunds: Vec<WantedRefund>,
    /// Returns that are agreed, oldest first.
    pub returns: Vec<WantedReturn>,
}

/// A line of the order.
#[derive(Clone, Debug, Serialize)]
pub struct WantedLine {
    /// Odoo's external id of the line.
    pub external_id: String,
    /// The platform's id of the line.
    pub line: LineId,
    /// True for a thing that can be delivered.
    pub goods: bool,
    /// Ordered quantity.
    pub quantity: Decimal,
    /// Net.
    pub net: Money,
    /// Taxes with their exact amounts.
    pub taxes: Vec<TaxShare>,
}

/// A refund.
#[derive(Clone, Debug, Serialize)]
pub struct WantedRefund {
    /// The platform's id.
    pub id: RefundId,
    /// When.
    pub at: Timestamp,
    /// Tax included.
    pub total: Money,
    /// What it is for.
    pub parts: Vec<RefundPart>,
    /// How the money goes back.
    pub payments: Vec<RefundPayment>,
    /// The return that must be validated first ([`WantedReturn::id`]).
    pub of_return: Option<ReturnId>,
}

/// A part of a refund.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum RefundPart {
    /// Of a line: index into [`Wanted::lines`].
    Line {
        /// Which.
        line: usize,
        /// How many; may be zero.
        quantity: Decimal,
        /// Net.
        net: Money,
        /// Taxes.
        taxes: Vec<TaxShare>,
        /// What becomes of the goods.
        goods: Goods,
    },
    /// An amount, tax included, over all rates of the order.
    Amount {
        /// Above zero goes back, below zero is kept.
        gross: Money,
    },
}

/// A return that is agreed.
#[derive(Clone, Debug, Serialize)]
pub struct WantedReturn {
    /// The platform's id, or `refund-<id>` for goods that a refund says come back.
    pub id: ReturnId,
    /// True once the platform considers it finished.
    pub closed: bool,
    /// Index into [`Wanted::lines`], quantity and reason code.
    pub lines: Vec<(usize, Decimal, Option<String>)>,
}

impl Wanted {
    /// An order that its platform does not have any more: all that is known is that it is cancelled.
    pub(super) fn gone(nudge: &Nudge, seen: &Seen) -> Self {
        let order = match &nudge.subject {
            Subject::Order(id) | Subject::AfterSales(id) => id.clone(),
            Subject::Dispute(_) | Subject::Settlement(_) => OrderId::new(""),
        };
        Self {
            key: OrderKey { store: nudge.store.clone(), order },
            number: seen.name.clone(),
            currency: seen.total.currency(),
            total: seen.total,
            cancelled: true,
            lines: Vec::new(),
            captures: Vec::new(),
            refunds: Vec::new(),
            returns: Vec::new(),
        }
    }
}

/// Derives what should be, or says what only a person can settle.
pub fn wanted(order: &Order, after: &AfterSales, config: &StoreConfig) -> Result<Wanted, Fault> {
    let sale = sale_order(order, config, true)?;
    let lines = lines(order, &sale);
    let mut refunds = after
        .refunds
        .iter()
        .map(|refund| read_refund(order, &sale, refund, config))
        .collect::<Result<Vec<_>, _>>()?;
    refunds.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let mut returns = agreed(order, &after.returns)?;
    let mut named: BTreeSet<ReturnId> =
        refunds.iter().filter_map(|refund| refund.of_return.clone()).collect();
    for refund in &mut refunds {
        if let Some(back) = comes_back(refund, &lines, &returns, &named) {
            refund.of_return = Some(back.id.clone());
            named.insert(back.id.clone());
            if !returns.iter().any(|known| known.id == back.id) {
                returns.push(back);
            }
        }
    }
    Ok(Wanted {
        key: order.key.clone(),
        number: order.number.clone(),
        currency: order.currency,
        total: order.total,
        cancelled: match order.standing {
            Standing::Cancelled => true,
            Standing::Ignore | Standing::Quotation | Standing::Confirmed => false,
        },
        lines,
        captures: after.captures.clone(),
        refunds,
        returns,
    })
}

fn lines(order: &Order, sale: &SaleOrder) -> Vec<WantedLine> {
    let both = order.lines.iter().zip(&sale.lines);
    both.map(|(line, made)| WantedLine {
        external_id: made.external_id.clone(),
        line: line.id.clone(),
        goods: match made.product {
            ProductNeed::Goods(_) => true,
            ProductNeed::Configured(_) => false,
        },
        quantity: made.quantity,
        net: made.net,
        taxes: made.taxes.clone(),
    })
    .collect()
}

fn position(order: &Order, line: &LineId, what: &str) -> Result<usize, Fault> {
    order.lines.iter().position(|own| own.id == *line).ok_or_else(|| {
        Fault::reject(
            format!("order {}: {what} names line {line}, which the order does not have", order.key),
            "bring it to Odoo by hand, then settle the item",
        )
    })
}

fn read_refund(
    order: &Order,
    sale: &SaleOrder,
    refund: &Refund,
    config: &StoreConfig,
) -> Result<WantedRefund, Fault> {
    let what = format!("refund {}", refund.id);
    let parts = refund
        .lines
        .iter()
        .map(|part| match part {
            RefundLine::Amount { gross, .. } => Ok(RefundPart::Amount { gross: *gross }),
            RefundLine::Line(part) => {
                let at = position(order, &part.line, &what)?;
                let (Some(line), Some(made)) = (order.lines.get(at), sale.lines.get(at)) else {
                    return Err(Fault::retry("the lines of an order changed while it was read"));
                };
                Ok(RefundPart::Line {
                    line: at,
                    quantity: part.quantity,
                    net: part.net,
                    taxes: tax_shares(order, sale, line, &made.taxes, part, config)?,
                    goods: part.goods,
                })
            }
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(WantedRefund {
        id: refund.id.clone(),
        at: refund.refunded_at,
        total: refund.total,
        parts,
        payments: refund.payments.clone(),
        of_return: refund.of_return.clone(),
    })
}

/// A refund inherits the taxes of the line that it refunds (R173), never the rules of today: what the
/// platform calls differently, or only sums up, is spread as the line was taxed.
fn tax_shares(
    order: &Order,
    sale: &SaleOrder,
    line: &Line,
    own: &[TaxShare],
    part: &RefundedLine,
    config: &StoreConfig,
) -> Result<Vec<TaxShare>, Fault> {
    let overflow = |error| Fault::reject(error, "check the refund on the platform");
    if let RefundTax::Each(taxes) = &part.tax {
        let named = Line { taxes: taxes.clone(), ..line.clone() };
        let mapped = shares(order, sale.shipping.country, &named, config).map(|s| s.taxes);
        if let Ok(mapped) = mapped
            && !taxes.is_empty()
            && mapped.iter().all(|share| own.iter().any(|one| one.tax == share.tax))
        {
            return Ok(complete(mapped, own, order.currency));
        }
    }
    let sum = part.tax.total(order.currency).map_err(overflow)?;
    Ok(spread(sum, own))
}

/// Every tax of the line, with nothing for those that are not named: a pin must name all.
fn complete(mut named: Vec<TaxShare>, own: &[TaxShare], currency: Currency) -> Vec<TaxShare> {
    for share in own {
        if !named.iter().any(|one| one.tax == share.tax) {
            named.push(TaxShare { tax: share.tax, amount: Money::zero(currency) });
        }
    }
    named
}

/// Splits a sum of tax as `like` is split.
pub fn spread(sum: Money, like: &[TaxShare]) -> Vec<TaxShare> {
    let weights: Vec<Decimal> = like.iter().map(|share| share.amount.to_decimal().abs()).collect();
    let parts = sum.split(&weights);
    like.iter().zip(parts).map(|(share, amount)| TaxShare { tax: share.tax, amount }).collect()
}

fn agreed(order: &Order, returns: &[Return]) -> Result<Vec<WantedReturn>, Fault> {
    let mut sorted: Vec<&Return> = returns.iter().collect();
    sorted.sort_by(|a, b| (a.requested_at, &a.id).cmp(&(b.requested_at, &b.id)));
    let mut found = Vec::new();
    for back in sorted {
        let closed = match back.state {
            ReturnState::Requested | ReturnState::Void => continue,
            ReturnState::Open => false,
            ReturnState::Closed => true,
        };
        let what = format!("return {}", back.id);
        let lines = back
            .lines
            .iter()
            .map(|line| {
                Ok((position(order, &line.line, &what)?, line.quantity, line.reason.clone()))
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        found.push(WantedReturn { id: back.id.clone(), closed, lines });
    }
    Ok(found)
}

/// The return of goods that a refund says come back: the platform's own return of the same goods, if it
/// has one that no refund names, else one that is known by the refund.
fn comes_back(
    refund: &WantedRefund,
    lines: &[WantedLine],
    returns: &[WantedReturn],
    named: &BTreeSet<ReturnId>,
) -> Option<WantedReturn> {
    if refund.of_return.is_some() {
        return None;
    }
    let back: Vec<(usize, Decimal, Option<String>)> = refund
        .parts
        .iter()
        .filter_map(|part| match part {
            RefundPart::Line { line, quantity, goods: Goods::Returned, .. }
                if quantity.is_sign_positive()
                    && !quantity.is_zero()
                    && lines.get(*line).is_some_and(|line| line.goods) =>
            {
                Some((*line, *quantity, None))
            }
            RefundPart::Line { .. } | RefundPart::Amount { .. } => None,
        })
        .collect();
    if back.is_empty() {
        return None;
    }
    let goods = |lines: &[(usize, Decimal, Option<String>)]| {
        let mut goods: Vec<_> = lines.iter().map(|(at, quantity, _)| (*at, *quantity)).collect();
        goods.sort_unstable();
        goods
    };
    let same =
        |known: &&WantedReturn| !named.contains(&known.id) && goods(&known.lines) == goods(&back);
    let known = returns.iter().find(same).cloned();
    known.or_else(|| {
        let id = ReturnId::new(format!("refund-{}", refund.id));
        Some(WantedReturn { id, closed: true, lines: back })
    })
}
