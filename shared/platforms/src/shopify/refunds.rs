//! From Shopify's refund to ours.

use causeway_domain::{
    Decimal, Fault, Goods, Line, LineId, Money, Order, Refund, RefundId, RefundLine, RefundPayment,
    RefundTax, RefundedLine, ReturnId,
};

use super::after_shape::{RefundDuty, RefundLineItem, RefundNode, RefundShippingLine};
use super::captures;
use super::lines::Amounts;
use super::order::time;
use super::shape::{MoneyBag, id_tail};
use crate::answer::unreadable;

const WHAT: &str = "shopify refunds";

/// A refund; `None` if it gave and lowers nothing: its transactions failed, or it is the other side
/// of an order edit.
pub(super) fn read(
    amounts: Amounts,
    order: &Order,
    edited: bool,
    node: &RefundNode,
) -> Result<Option<Refund>, Fault> {
    let id = id_tail(&node.id).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))?;
    if node.refund_shipping_lines.page_info.has_next_page
        || node.transactions.page_info.has_next_page
    {
        return Err(Fault::reject(
            format!("refund {id} has more than 10 shipping lines or 20 transactions"),
            "bring it to Odoo by hand",
        ));
    }
    let movements = node.transactions.nodes.iter().map(|one| captures::refund(amounts, one));
    let payments: Vec<RefundPayment> =
        movements.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect();
    let mut lines = lines(amounts, order, node)?;
    let listed = sum(amounts, lines.iter().map(RefundLine::gross))?;
    let Some(total) = total(amounts, edited, node, &payments, listed)? else { return Ok(None) };
    let gap = total.minus(listed).map_err(|error| unreadable(WHAT, error))?;
    if !gap.is_zero() {
        lines.push(RefundLine::Amount { id: LineId::new("amount"), gross: gap });
    }
    let of_return = node.of_return.as_ref().and_then(|back| id_tail(&back.id));
    Ok((!lines.is_empty()).then_some(Refund {
        id: RefundId::new(id),
        refunded_at: time(&node.processed_at)?,
        lines,
        total,
        payments,
        of_return: of_return.map(ReturnId::new),
    }))
}

/// What the customer gets back: what Shopify says, or more while money is still on its way. A refund
/// that moved nothing and that nothing adjusts lowers what is owed by its lines.
fn total(
    amounts: Amounts,
    edited: bool,
    node: &RefundNode,
    payments: &[RefundPayment],
    listed: Money,
) -> Result<Option<Money>, Fault> {
    let moved = amounts.money(&node.total_refunded_set)?;
    let moving = sum(amounts, payments.iter().map(|payment| Ok(payment.amount)))?;
    let total = if moving.minor() > moved.minor() { moving } else { moved };
    let untouched = node.transactions.nodes.is_empty() && node.order_adjustments.nodes.is_empty();
    Ok(match (total.is_zero(), untouched) {
        (false, _) => Some(total),
        (true, true) if edited => None,
        (true, true) => Some(listed),
        // Goods taken back without money, by an adjustment; else every transaction failed.
        (true, false) => node.transactions.nodes.is_empty().then_some(total),
    })
}

/// Lines, delivery and duties that the order has. What it has no line for is part of the rest.
fn lines(amounts: Amounts, order: &Order, node: &RefundNode) -> Result<Vec<RefundLine>, Fault> {
    let mut lines = Vec::new();
    for item in &node.refund_line_items.nodes {
        lines.extend(goods(amounts, order, item)?);
    }
    for line in &node.refund_shipping_lines.nodes {
        lines.extend(shipping(amounts, order, line)?);
    }
    for duty in node.duties.iter().flatten() {
        lines.extend(duty_line(amounts, order, duty)?);
    }
    Ok(lines)
}

fn of(order: &Order, id: Option<String>) -> Option<&Line> {
    order.lines.iter().find(|line| Some(line.id.as_str()) == id.as_deref())
}

fn goods(
    amounts: Amounts,
    order: &Order,
    item: &RefundLineItem,
) -> Result<Option<RefundLine>, Fault> {
    let Some(line) = of(order, id_tail(&item.line_item.id).map(str::to_owned)) else {
        return Ok(None);
    };
    let quantity = Decimal::from(item.quantity);
    let (net, tax) = split(amounts, line, Some(quantity), &item.subtotal_set, &item.total_tax_set)?;
    let goods = match item.restock_type.as_str() {
        "CANCEL" => Goods::NotSent,
        "RETURN" => Goods::Returned,
        // Not restocked, restocked nobody knows from where, or a word of a later version.
        _ => Goods::Unsaid,
    };
    Ok(Some(line_of(line, quantity, net, tax, goods)))
}

fn shipping(
    amounts: Amounts,
    order: &Order,
    given: &RefundShippingLine,
) -> Result<Option<RefundLine>, Fault> {
    let id = given.shipping_line.id.as_deref().and_then(id_tail);
    let line = match id {
        Some(id) => of(order, Some(format!("shipping-{id}"))),
        // Old orders number them by place; with one line there is no doubt.
        None => of(order, Some("shipping-at-0".to_owned()))
            .filter(|_| of(order, Some("shipping-at-1".to_owned())).is_none()),
    };
    let Some(line) = line else { return Ok(None) };
    let (subtotal, tax) = (&given.subtotal_amount_set, &given.tax_amount_set);
    let (net, tax) = split(amounts, line, None, subtotal, tax)?;
    Ok((!net.is_zero() || !tax.is_zero())
        .then(|| line_of(line, whole(line, net), net, tax, Goods::Unsaid)))
}

fn duty_line(
    amounts: Amounts,
    order: &Order,
    duty: &RefundDuty,
) -> Result<Option<RefundLine>, Fault> {
    let id = duty.original_duty.as_ref().and_then(|duty| id_tail(&duty.id));
    let Some(line) = of(order, id.map(|id| format!("duty-{id}"))) else { return Ok(None) };
    let net = amounts.money(&duty.amount_set)?;
    let none = Money::zero(amounts.currency);
    Ok((!net.is_zero()).then(|| line_of(line, whole(line, net), net, none, Goods::Unsaid)))
}

/// One of something that is one, if all of it goes back; else only money.
fn whole(line: &Line, net: Money) -> Decimal {
    if net == line.net { Decimal::ONE } else { Decimal::ZERO }
}

fn line_of(line: &Line, quantity: Decimal, net: Money, tax: Money, goods: Goods) -> RefundLine {
    let tax = RefundTax::Sum(tax);
    RefundLine::Line(RefundedLine { line: line.id.clone(), quantity, net, tax, goods })
}

/// Net and tax of a refunded part. In an order whose prices contain tax the subtotal contains it too;
/// Shopify does not say so, and versions may differ, so the subtotal is held against the same part of
/// the order's line, with and without tax, and the nearer counts.
fn split(
    amounts: Amounts,
    line: &Line,
    quantity: Option<Decimal>,
    subtotal: &MoneyBag,
    tax: &MoneyBag,
) -> Result<(Money, Money), Fault> {
    let (subtotal, tax) = (amounts.money(subtotal)?, amounts.money(tax)?);
    if subtotal.minor() < 0 || tax.minor() < 0 {
        return Err(unreadable(WHAT, "a refunded amount below zero"));
    }
    if !amounts.taxes_included || nearer_to_net(line, quantity, subtotal, tax) == Some(true) {
        return Ok((subtotal, tax));
    }
    let net = subtotal.minus(tax).map_err(|error| unreadable(WHAT, error))?;
    if net.minor() < 0 {
        return Err(unreadable(WHAT, "more tax than subtotal"));
    }
    Ok((net, tax))
}

/// `None` where nothing tells.
fn nearer_to_net(
    line: &Line,
    quantity: Option<Decimal>,
    subtotal: Money,
    tax: Money,
) -> Option<bool> {
    let gross = line.gross().ok()?.to_decimal();
    let net = line.net.to_decimal();
    let share = match quantity {
        Some(quantity) if !quantity.is_zero() => quantity.checked_div(line.quantity)?,
        Some(_) | None => tax.to_decimal().checked_div(gross.checked_sub(net)?)?,
    };
    let apart = |whole: Decimal| {
        whole.checked_mul(share)?.checked_sub(subtotal.to_decimal()).map(|apart| apart.abs())
    };
    Some(apart(net)? < apart(gross)?)
}

fn sum(
    amounts: Amounts,
    parts: impl Iterator<Item = Result<Money, causeway_domain::money::MoneyError>>,
) -> Result<Money, Fault> {
    let parts: Result<Vec<Money>, _> = parts.collect();
    parts
        .and_then(|parts| Money::sum(parts, amounts.currency))
        .map_err(|error| unreadable(WHAT, error))
}
