//! From Square's refunds and return orders to our refunds.

use causeway_domain::money::decimal;
use causeway_domain::{
    Decimal, Fault, Goods, Line, LineId, Money, Order, PaymentKind, Refund, RefundId, RefundLine,
    RefundPayment, RefundTax, RefundedLine, Timestamp,
};
use std::collections::BTreeMap;

use super::captures::money;
use super::lines::Ledger;
use super::order::time;
use super::shape::{OrderDocument, OrderReturn, RefundDocument};
use crate::answer::unreadable;

const WHAT: &str = "square refund";

/// All refunds of an order, by the return order that they belong to.
pub(super) fn read(
    order: &Order,
    refunds: &[RefundDocument],
    returns: &BTreeMap<String, OrderDocument>,
) -> Result<Vec<Refund>, Fault> {
    let mut by_return: BTreeMap<&str, (Vec<&RefundDocument>, Vec<RefundLine>)> = BTreeMap::new();
    let mut found = Vec::new();
    for refund in refunds {
        let Some(id) = refund.order_id.as_deref().filter(|id| *id != order.key.order.as_str())
        else {
            found.extend(one(order, RefundId::new(&refund.id), &[refund], Vec::new())?);
            continue;
        };
        if let Some((together, _)) = by_return.get_mut(id) {
            together.push(refund);
            continue;
        }
        let Some(document) = returns.get(id) else {
            return Err(Fault::retry(format!("return order {id} is not there yet")));
        };
        by_return.insert(id, (vec![refund], taken_back(order, document)?));
    }
    for (id, (together, lines)) in by_return {
        if lines.is_empty() {
            for refund in together {
                found.extend(one(order, RefundId::new(&refund.id), &[refund], Vec::new())?);
            }
        } else {
            found.extend(one(order, RefundId::new(id), &together, lines)?);
        }
    }
    found.sort_by(|a, b| (a.refunded_at, &a.id).cmp(&(b.refunded_at, &b.id)));
    Ok(found)
}

/// One refund of ours; `None` if no money of it goes.
fn one(
    order: &Order,
    id: RefundId,
    documents: &[&RefundDocument],
    mut lines: Vec<RefundLine>,
) -> Result<Option<Refund>, Fault> {
    let wrong = |error| unreadable(WHAT, error);
    let payments = documents.iter().map(|document| payment(order, document));
    let payments: Vec<RefundPayment> =
        payments.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect();
    let times = documents.iter().filter_map(|document| document.created_at.as_deref());
    let times: Vec<Timestamp> = times.map(time).collect::<Result<_, Fault>>()?;
    let (false, Some(refunded_at)) = (payments.is_empty(), times.into_iter().min()) else {
        return Ok(None);
    };
    let total = payments.iter().map(|payment| payment.amount);
    let total = Money::sum(total, order.currency).map_err(wrong)?;
    let listed: Result<Vec<Money>, _> = lines.iter().map(RefundLine::gross).collect();
    let listed = listed.and_then(|all| Money::sum(all, order.currency)).map_err(wrong)?;
    let gap = total.minus(listed).map_err(wrong)?;
    if !gap.is_zero() {
        lines.push(RefundLine::Amount { id: LineId::new("amount"), gross: gap });
    }
    Ok(Some(Refund { id, refunded_at, lines, total, payments, of_return: None }))
}

/// How the money goes back; `None` if it does not.
fn payment(order: &Order, document: &RefundDocument) -> Result<Option<RefundPayment>, Fault> {
    let settled = match document.status.as_deref() {
        Some("FAILED" | "REJECTED") => return Ok(None),
        Some("COMPLETED") => true,
        Some(_) | None => false,
    };
    let Some(amount) = money(&document.amount_money, order.currency)? else { return Ok(None) };
    if amount.minor() < 0 {
        return Err(unreadable(WHAT, "an amount below zero"));
    }
    let paid = order.payments.iter().find(|one| one.id.is_some() && one.id == document.payment_id);
    Ok((!amount.is_zero()).then(|| RefundPayment {
        id: document.id.clone(),
        method: paid.map_or_else(|| "unknown".to_owned(), |paid| paid.method.clone()),
        kind: paid.map_or(PaymentKind::Money, |paid| paid.kind),
        amount,
        // Payouts name a refund by the payment that it is of.
        reference: document.payment_id.clone(),
        settled,
    }))
}

/// The lines of our order that a return order takes back.
fn taken_back(order: &Order, document: &OrderDocument) -> Result<Vec<RefundLine>, Fault> {
    let returns = document.returns.iter().flatten();
    let ours =
        returns.filter(|back| back.source_order_id.as_deref() == Some(order.key.order.as_str()));
    let mut lines = Vec::new();
    for back in ours {
        lines.extend(lines_of(order, back)?);
    }
    Ok(lines)
}

fn lines_of(order: &Order, back: &OrderReturn) -> Result<Vec<RefundLine>, Fault> {
    let skus = BTreeMap::new();
    let ledger = Ledger::of_return(&back.return_taxes, order.currency, &skus);
    let find = |id: String| order.lines.iter().find(|line| line.id.as_str() == id);
    let mut lines = Vec::new();
    for item in back.return_line_items.iter().flatten() {
        let Some(line) = item.source_line_item_uid.clone().and_then(find) else { continue };
        let quantity = decimal(&item.quantity).map_err(|error| unreadable(WHAT, error))?;
        if quantity < Decimal::ZERO {
            return Err(unreadable(WHAT, "a returned quantity below zero"));
        }
        let (net, tax) =
            ledger.taken_back(&item.applied_taxes, &item.total_tax_money, &item.total_money)?;
        lines.push(line_of(line, quantity, net, tax));
    }
    for charge in back.return_service_charges.iter().flatten() {
        if charge.treatment_type.as_deref() == Some("APPORTIONED_TREATMENT") {
            continue;
        }
        let uid = charge.source_service_charge_uid.as_ref();
        let Some(line) = uid.and_then(|uid| find(format!("service-{uid}"))) else { continue };
        let (net, tax) = ledger.taken_back(
            &charge.applied_taxes,
            &charge.total_tax_money,
            &charge.total_money,
        )?;
        lines.push(line_of(line, whole(line, net), net, tax));
    }
    let tips = back.return_tips.iter().flatten();
    let tips: Vec<Money> =
        tips.map(|tip| ledger.money(&tip.applied_money)).collect::<Result<_, Fault>>()?;
    let tip = Money::sum(tips, order.currency).map_err(|error| unreadable(WHAT, error))?;
    if let (false, Some(line)) = (tip.is_zero(), find("tip".to_owned())) {
        let none = RefundTax::Each(Vec::new());
        lines.push(line_of(line, whole(line, tip), tip, none));
    }
    Ok(lines)
}

/// One of something that is one, if all of it goes back; else only money.
fn whole(line: &Line, net: Money) -> Decimal {
    if net == line.net { Decimal::ONE } else { Decimal::ZERO }
}

fn line_of(line: &Line, quantity: Decimal, net: Money, tax: RefundTax) -> RefundLine {
    let line = line.id.clone();
    RefundLine::Line(RefundedLine { line, quantity, net, tax, goods: Goods::Unsaid })
}
