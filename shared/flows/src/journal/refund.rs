//! Refunds, mirrored: the refunded part of every account and tax, with the repartition of refunds.

use super::basis::{Basis, Part, overflow};
use super::entry::{Entry, EntryItem};
use super::sale::{day, reference, tender};
use super::tax::TaxReport;
use crate::after_sales::wanted::spread;
use crate::config::{JournalPosting, RefundedGoods, StoreConfig};
use crate::project::tax::{TaxShare, shares};
use causeway_domain::{
    AfterSales, Decimal, Fault, Goods, Line, LineId, Money, Order, Refund, RefundLine, RefundTax,
    RefundedLine,
};
use causeway_odoo::{ExternalId, TaxDocument};

/// A refund as it should be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRefund {
    /// The platform's id.
    pub id: String,
    /// What the customer gets back.
    pub total: Money,
    /// Its entry; `None` if no money went back.
    pub entry: Option<Entry>,
    /// Goods that are back: the order's line and how many.
    pub goods: Vec<(LineId, Decimal)>,
}

/// The external id of a refund's entry.
pub fn refund_id(order: &Order, refund: &Refund) -> ExternalId {
    ExternalId::new(&order.key.store, "entry-refund", refund.id.as_str())
}

/// Every refund of the order, oldest first.
pub fn refunds(
    order: &Order,
    after: &AfterSales,
    basis: &Basis,
    report: TaxReport<'_>,
    config: &StoreConfig,
    chart: &JournalPosting,
) -> Result<Vec<WantedRefund>, Fault> {
    let mut sorted: Vec<&Refund> = after.refunds.iter().collect();
    sorted.sort_by(|a, b| (a.refunded_at, &a.id).cmp(&(b.refunded_at, &b.id)));
    let whole = Money::sum(sorted.iter().map(|refund| refund.total), order.currency);
    let whole = whole.map_err(overflow)?;
    if whole.minor() > order.total.minor() {
        return Err(Fault::reject(
            format!("order {}: {whole} of {} is refunded", order.key, order.total),
            "book what is above the sale by hand, then settle the item",
        ));
    }
    let mut left = basis.parts.clone();
    let mut found = Vec::new();
    for refund in sorted {
        let parts = parts(order, refund, basis, &mut left, config)?;
        found.push(WantedRefund {
            id: refund.id.as_str().to_owned(),
            total: refund.total,
            entry: entry(order, after, refund, &parts, report, chart)?,
            goods: goods(order, refund, chart),
        });
    }
    Ok(found)
}

/// What a refund takes back, by account and taxes; `left` is what the earlier ones left.
fn parts(
    order: &Order,
    refund: &Refund,
    basis: &Basis,
    left: &mut [Part],
    config: &StoreConfig,
) -> Result<Vec<Part>, Fault> {
    let mut taken: Vec<Part> = basis.parts.iter().map(Part::emptied).collect();
    for line in &refund.lines {
        let split = match line {
            RefundLine::Line(one) => vec![of_line(order, refund, one, basis, config)?],
            RefundLine::Amount { gross, .. } => of_amount(*gross, left, &basis.parts)?,
        };
        for (place, part) in split {
            if let Some(sum) = taken.get_mut(place) {
                *sum = sum.plus(&part)?;
            }
            if let Some(rest) = left.get_mut(place) {
                *rest = rest.plus(&part.negated())?;
            }
        }
    }
    Ok(taken)
}

fn of_line(
    order: &Order,
    refund: &Refund,
    one: &RefundedLine,
    basis: &Basis,
    config: &StoreConfig,
) -> Result<(usize, Part), Fault> {
    let line = order.lines.iter().find(|line| line.id == one.line);
    let (Some(line), Some((place, part))) = (line, basis.place(&one.line)) else {
        return Err(Fault::reject(
            format!(
                "order {}: refund {} names line {}, which the order does not have",
                order.key, refund.id, one.line
            ),
            "book it by hand, then settle the item",
        ));
    };
    let taxes = inherited(order, line, one, part, config)?;
    Ok((place, Part { net: one.net, taxes, ..part.clone() }))
}

/// A refund has the taxes of the line that it refunds (R173), never those of today's rules: what the
/// platform calls differently, or only sums up, is spread as the line was taxed.
fn inherited(
    order: &Order,
    line: &Line,
    one: &RefundedLine,
    part: &Part,
    config: &StoreConfig,
) -> Result<Vec<TaxShare>, Fault> {
    if let RefundTax::Each(taxes) = &one.tax
        && !taxes.is_empty()
    {
        let country = order.shipping.as_ref().unwrap_or(&order.billing).country;
        let named = Line { taxes: taxes.clone(), ..line.clone() };
        let net = Order { prices_include_tax: false, ..order.clone() };
        if let Ok(mapped) = shares(&net, country, &named, config)
            && mapped.taxes.iter().all(|share| part.taxes.iter().any(|own| own.tax == share.tax))
        {
            let zero = Money::zero(order.currency);
            let amount = |tax: i64| mapped.taxes.iter().find(|share| share.tax == tax);
            let all = part.taxes.iter().map(|own| TaxShare {
                tax: own.tax,
                amount: amount(own.tax).map_or(zero, |share| share.amount),
            });
            return Ok(all.collect());
        }
    }
    Ok(spread(one.tax.total(order.currency).map_err(overflow)?, &part.taxes))
}

/// Money without a line: pro rata of what is left, so that many small refunds never give back more of a
/// tax than was sold; a fee that is kept (below zero) pro rata of the sale.
fn of_amount(gross: Money, left: &[Part], sold: &[Part]) -> Result<Vec<(usize, Part)>, Fault> {
    let positive = |parts: &[Part]| -> Result<Vec<Decimal>, Fault> {
        parts.iter().map(|part| Ok(part.gross()?.to_decimal().max(Decimal::ZERO))).collect()
    };
    let rest = positive(left)?;
    let enough = gross.minor() > 0 && rest.iter().any(|weight| !weight.is_zero());
    let (like, weights) = if enough { (left, rest) } else { (sold, positive(sold)?) };
    let amounts = gross.split(&weights);
    let mut found = Vec::new();
    for (place, (amount, part)) in amounts.into_iter().zip(like).enumerate() {
        if !amount.is_zero() {
            found.push((place, share_of(amount, part)?));
        }
    }
    Ok(found)
}

/// The part of an amount, taxes taken out of it in proportion.
fn share_of(amount: Money, part: &Part) -> Result<Part, Fault> {
    let whole = part.gross()?.to_decimal();
    let mut net = amount;
    let mut taxes = Vec::new();
    for share in &part.taxes {
        let exact = (amount.to_decimal() * share.amount.to_decimal()).checked_div(whole);
        let tax = Money::round(exact.unwrap_or_default(), amount.currency()).map_err(overflow)?;
        net = net.minus(tax).map_err(overflow)?;
        taxes.push(TaxShare { tax: share.tax, amount: tax });
    }
    Ok(Part { net, taxes, ..part.clone() })
}

fn entry(
    order: &Order,
    after: &AfterSales,
    refund: &Refund,
    parts: &[Part],
    report: TaxReport<'_>,
    chart: &JournalPosting,
) -> Result<Option<Entry>, Fault> {
    if refund.total.is_zero() {
        return Ok(None);
    }
    let number = format!("{} refund", order.number);
    let mut lines = report.items(&number, parts, &TaxDocument::Refund)?;
    lines.extend(money_back(order, after, refund, chart)?);
    Ok(Some(Entry {
        id: refund_id(order, refund),
        step: format!("entry-refund:{}", refund.id),
        what: format!("refund {}", refund.id),
        reference: reference(&order.key),
        date: day(chart, refund.refunded_at)?,
        lines,
    }))
}

/// The credit side: the way back of the money, or, if the platform does not tell it, the only way that it
/// came.
fn money_back(
    order: &Order,
    after: &AfterSales,
    refund: &Refund,
    chart: &JournalPosting,
) -> Result<Vec<EntryItem>, Fault> {
    let store = &order.key.store;
    let told = refund.payments.iter().map(|payment| payment.amount);
    let told = Money::sum(told, order.currency).map_err(overflow)?;
    if told == refund.total {
        return refund
            .payments
            .iter()
            .map(|payment| {
                let known = payment.reference.as_deref().unwrap_or(&payment.id);
                let name = format!("{} refund {} {known}", order.number, payment.method);
                let account = tender(store, chart, &payment.method, payment.kind)?;
                let key = format!("tender.{}", payment.id);
                Ok(EntryItem::plain(key, name, account, payment.amount.negated()))
            })
            .collect();
    }
    match (refund.payments.as_slice(), after.captures.as_slice()) {
        ([], [only]) => {
            let account = tender(store, chart, &only.method, only.kind)?;
            let name = format!("{} refund {}", order.number, only.method);
            let back = refund.total.negated();
            Ok(vec![EntryItem::plain("tender".to_owned(), name, account, back)])
        }
        (_, _) => Err(Fault::reject(
            format!(
                "order {}: refund {} is {}, the platform tells the way back of {told}",
                order.key, refund.id, refund.total
            ),
            "book it by hand, then settle the item",
        )),
    }
}

fn goods(order: &Order, refund: &Refund, chart: &JournalPosting) -> Vec<(LineId, Decimal)> {
    let back = |goods: Goods| match goods {
        // They left the stock with the sale.
        Goods::NotSent | Goods::Returned => true,
        Goods::Kept => false,
        Goods::Unsaid => chart.refunded_goods == RefundedGoods::Returned,
    };
    refund
        .lines
        .iter()
        .filter_map(|line| match line {
            RefundLine::Line(one) if back(one.goods) && !one.quantity.is_zero() => {
                let own = order.lines.iter().find(|line| line.id == one.line)?;
                super::goods::moved(own).then(|| (one.line.clone(), one.quantity))
            }
            RefundLine::Line(_) | RefundLine::Amount { .. } => None,
        })
        .collect()
}
