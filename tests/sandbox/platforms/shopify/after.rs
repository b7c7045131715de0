//! Refunds and returns of an order, as Shopify computes them: a part of a line is its share of the
//! line's amount and of each tax, rounded so that all parts together are the line. What the merchant
//! pays beside the computed amounts is an order adjustment.

use super::amounts::{Amounts, Computed, compute, sum};
use super::document::{bag, gid, line_number, order_number, rests, units};
use crate::platforms::after::{
    DraftRefund, ExpectedAfterSales, ExpectedRefund, ExpectedReturn, RefundState,
};
use crate::platforms::draft::{Draft, Phase};
use crate::platforms::rounding::half_up;
use causeway_domain::{Goods, ReturnState};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What a part of a line comes to: subtotal on the basis of the prices, and tax.
type Part = (Decimal, Decimal);

/// A refund's amounts in major units.
struct Amount {
    lines: Vec<Part>,
    shipping: Option<Part>,
    /// Tax included.
    computed: Decimal,
    /// What the buyer gets.
    total: Decimal,
}

/// True if the money was captured: an order that was cancelled without a refund was authorised only.
pub(super) fn captured(draft: &Draft) -> bool {
    let voided = draft.phase == Phase::Cancelled && draft.after.refunds.is_empty();
    draft.paid_at().is_some() && !voided
}

/// Beyond 2^53, as all of Shopify's newer ids.
fn number(base: u64, draft: &Draft, at: usize) -> u64 {
    base * 1_000_000_000_000 + u64::from(draft.number) * 1000 + u64::try_from(at).unwrap()
}
pub(super) fn refund_number(draft: &Draft, at: usize) -> u64 {
    number(929_361, draft, at)
}
pub(super) fn return_number(draft: &Draft, at: usize) -> u64 {
    number(945_000, draft, at)
}

/// The share of the units after the first `before` ones.
fn share(draft: &Draft, whole: Decimal, of: Decimal, before: Decimal, units: Decimal) -> Decimal {
    let upto = |count: Decimal| half_up(whole * count / of, draft.places());
    upto(before + units) - upto(before)
}

fn part(draft: &Draft, line: &Computed, at: usize, before: Decimal, units: Decimal) -> Part {
    let of = draft.lines[at].quantity;
    let (amount, taxes) = rests(line);
    let taxes = taxes.into_iter().map(|(_, tax)| share(draft, tax, of, before, units));
    (share(draft, amount, of, before, units), taxes.sum())
}

fn amount(draft: &Draft, amounts: &Amounts, place: usize, refund: &DraftRefund) -> Amount {
    let sample = &refund.sample;
    let lines: Vec<Part> = sample
        .lines
        .iter()
        .map(|(at, units, _)| {
            let before = draft.refunded_before(place, *at);
            part(draft, &amounts.lines[*at], *at, before, *units)
        })
        .collect();
    let shipping = amounts.shipping.as_ref().filter(|_| sample.shipping);
    let shipping = shipping.map(|line| (line.discounted, sum(&line.taxes)));
    let gross = |(subtotal, tax): &Part| match draft.tax_included {
        true => *subtotal,
        false => *subtotal + *tax,
    };
    let computed = lines.iter().chain(&shipping).map(gross).sum::<Decimal>();
    let beside = sample.amount.unwrap_or_default() - sample.fee.unwrap_or_default();
    let total = computed + beside;
    assert!(total >= Decimal::ZERO, "a refund below zero");
    Amount { lines, shipping, computed, total }
}

pub(in crate::platforms) fn expected_after_sales(draft: &Draft) -> ExpectedAfterSales {
    let amounts = compute(draft);
    let refunds = draft.standing_refunds().map(|(place, refund)| {
        let amount = amount(draft, &amounts, place, refund);
        ExpectedRefund {
            id: refund_number(draft, place).to_string(),
            gross: amount.total,
            tax: amount.lines.iter().chain(&amount.shipping).map(|(_, tax)| *tax).sum(),
            lines: refund
                .sample
                .lines
                .iter()
                .map(|(at, units, goods)| (*at, *units, told(*goods)))
                .collect(),
            settled: refund.state == RefundState::Settled,
        }
    });
    let returns = draft.after.returns.iter().enumerate().map(|(at, back)| ExpectedReturn {
        id: return_number(draft, at).to_string(),
        state: back.state,
        lines: back.lines.clone(),
    });
    let owed = amounts.total - amounts.removed_total;
    ExpectedAfterSales {
        refunds: refunds.collect(),
        returns: returns.collect(),
        captured: if captured(draft) { owed } else { Decimal::ZERO },
    }
}

/// Kept goods are simply not restocked, and that says nothing of where they are.
fn told(goods: Goods) -> Goods {
    match goods {
        Goods::NotSent | Goods::Returned => goods,
        Goods::Kept | Goods::Unsaid => Goods::Unsaid,
    }
}

/// What settled refunds gave back.
pub(super) fn refunded(draft: &Draft, amounts: &Amounts) -> Decimal {
    draft
        .standing_refunds()
        .filter(|(_, refund)| refund.state == RefundState::Settled)
        .map(|(place, refund)| amount(draft, amounts, place, refund).total)
        .filter(|_| captured(draft))
        .sum()
}

pub(super) fn refunds(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let mut before = Decimal::ZERO;
    let mut all: Vec<Value> = Vec::new();
    for (place, refund) in draft.after.refunds.iter().enumerate() {
        let amount = amount(draft, amounts, place, refund);
        all.push(refund_node(draft, amounts, place, refund, (&amount, before)));
        if refund.state != RefundState::Failed {
            before += amount.total;
        }
    }
    all.extend(edit(draft, amounts));
    all
}

fn restock(goods: Goods) -> &'static str {
    match goods {
        Goods::NotSent => "CANCEL",
        Goods::Returned => "RETURN",
        Goods::Kept | Goods::Unsaid => "NO_RESTOCK",
    }
}

fn refund_line(draft: &Draft, id: u64, at: usize, units: Decimal, part: Part, to: &str) -> Value {
    json!({
        "id": gid("RefundLineItem", id), "quantity": self::units(units), "restockType": to,
        "restocked": to != "NO_RESTOCK", "location": null,
        "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line_number(draft, at))},
        "priceSet": bag(draft, draft.lines[at].price),
        "subtotalSet": bag(draft, part.0), "totalTaxSet": bag(draft, part.1),
    })
}

fn refund_node(
    draft: &Draft,
    amounts: &Amounts,
    place: usize,
    refund: &DraftRefund,
    (amount, before): (&Amount, Decimal),
) -> Value {
    let id = refund_number(draft, place);
    let sample = &refund.sample;
    let lines: Vec<Value> = sample
        .lines
        .iter()
        .zip(&amount.lines)
        .map(|((at, units, goods), part)| {
            refund_line(draft, id, *at, *units, *part, restock(*goods))
        })
        .collect();
    let shipping = amount.shipping.map(|(subtotal, tax)| {
        json!({"__typename": "RefundShippingLine", "id": gid("RefundShippingLine", id),
            "shippingLine": {"id": gid("ShippingLine", line_number(draft, 990))},
            "subtotalAmountSet": bag(draft, subtotal), "taxAmountSet": bag(draft, tax)})
    });
    let beside = amount.total - amount.computed;
    let reason = if sample.fee.is_some() { "RESTOCK" } else { "CUSTOMER" };
    let adjustment = (!beside.is_zero()).then(|| {
        json!({"__typename": "OrderAdjustment", "id": gid("OrderAdjustment", id), "reason": reason,
            "amountSet": bag(draft, beside), "taxAmountSet": bag(draft, Decimal::ZERO)})
    });
    let gone = captured(draft) && refund.state == RefundState::Settled;
    let moved = if gone { amount.total } else { Decimal::ZERO };
    let made_at = refund.made_at.to_string();
    json!({
        "__typename": "Refund", "id": gid("Refund", id), "legacyResourceId": id.to_string(),
        "createdAt": made_at, "processedAt": made_at, "updatedAt": draft.updated_at().to_string(),
        "note": null, "order": {"__typename": "Order", "id": gid("Order", order_number(draft))},
        "return": sample.of_return.as_ref().map(|back| json!({"id": gid("Return", back)})),
        "totalRefundedSet": bag(draft, moved), "duties": [], "refundLineItems": lines,
        "refundShippingLines": Vec::from_iter(shipping),
        "orderAdjustments": Vec::from_iter(adjustment),
        "transactions": transactions(draft, amounts, place, refund, (before, amount.total)),
    })
}

/// Out of the card's capture first, then out of the gift card's.
fn transactions(
    draft: &Draft,
    amounts: &Amounts,
    place: usize,
    refund: &DraftRefund,
    (before, total): (Decimal, Decimal),
) -> Vec<Value> {
    if !captured(draft) {
        return Vec::new();
    }
    let status = match refund.state {
        RefundState::Pending => "PENDING",
        RefundState::Settled => "SUCCESS",
        RefundState::Failed => "FAILURE",
    };
    let mut captures = super::document::captures(draft, amounts.total - amounts.removed_total);
    captures.reverse();
    let held: Decimal = captures.iter().map(|(_, _, amount)| *amount).sum();
    assert!(before + total <= held, "more refunded than was captured");
    let mut begin = Decimal::ZERO;
    let mut out = Vec::new();
    for (at, gateway, amount) in captures {
        let end = begin + amount;
        let taken = (before + total).min(end) - before.max(begin);
        begin = end;
        if taken > Decimal::ZERO {
            let id = number(389_404, draft, place * 10 + at);
            out.push(json!({
                "__typename": "OrderTransaction", "id": gid("OrderTransaction", id),
                "kind": "REFUND", "status": status, "gateway": gateway,
                "formattedGateway": gateway, "test": false, "amountSet": bag(draft, taken),
                "paymentId": format!("re_{id}"), "createdAt": refund.made_at.to_string(),
                "processedAt": refund.made_at.to_string(),
                "parentTransaction": {"__typename": "OrderTransaction",
                    "id": gid("OrderTransaction", line_number(draft, 900 + at))},
            }));
        }
    }
    out
}

/// An edit that removes units is a refund without money too.
fn edit(draft: &Draft, amounts: &Amounts) -> Option<Value> {
    let id = refund_number(draft, 900);
    let lines: Vec<Value> = amounts
        .lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| {
            let (units, amount, taxes) = line.removed.as_ref()?;
            Some(refund_line(draft, id, at, *units, (*amount, sum(taxes)), "CANCEL"))
        })
        .collect();
    let at = draft.updated_at().to_string();
    (!lines.is_empty()).then(|| {
        json!({
            "__typename": "Refund", "id": gid("Refund", id), "legacyResourceId": id.to_string(),
            "createdAt": at, "processedAt": at, "updatedAt": at, "note": null,
            "order": {"__typename": "Order", "id": gid("Order", order_number(draft))},
            "return": null, "totalRefundedSet": bag(draft, Decimal::ZERO), "duties": [],
            "refundLineItems": lines, "refundShippingLines": [], "orderAdjustments": [],
            "transactions": [],
        })
    })
}

pub(super) fn return_status(draft: &Draft) -> &'static str {
    let any = |state: ReturnState| draft.after.returns.iter().any(|back| back.state == state);
    if any(ReturnState::Open) {
        "IN_PROGRESS"
    } else if any(ReturnState::Requested) {
        "RETURN_REQUESTED"
    } else if any(ReturnState::Closed) {
        "RETURNED"
    } else {
        "NO_RETURN"
    }
}

fn status(state: ReturnState) -> &'static str {
    match state {
        ReturnState::Requested => "REQUESTED",
        ReturnState::Open => "OPEN",
        ReturnState::Closed => "CLOSED",
        ReturnState::Void => "DECLINED",
    }
}

pub(super) fn returns(draft: &Draft) -> Vec<Value> {
    let line = |at: usize, units: Decimal, reason: &str| {
        let fulfilled = json!({"__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", line_number(draft, at)),
            "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line_number(draft, at))}});
        json!({"__typename": "ReturnLineItem", "id": gid("ReturnLineItem", line_number(draft, at)),
            "quantity": self::units(units), "fulfillmentLineItem": fulfilled,
            "returnReasonNote": "", "customerNote": null,
            "returnReasonDefinition": {"__typename": "ReturnReasonDefinition", "handle": reason,
                "id": gid("ReturnReasonDefinition", reason), "name": reason, "deleted": false}})
    };
    draft
        .after
        .returns
        .iter()
        .enumerate()
        .map(|(place, back)| {
            let id = return_number(draft, place);
            let lines = back.lines.iter().map(|(at, units)| line(*at, *units, back.reason));
            json!({
                "__typename": "Return", "id": gid("Return", id),
                "name": format!("{}-R{}", super::document::name(draft), place + 1),
                "createdAt": back.asked_at.to_string(), "status": status(back.state),
                "order": {"__typename": "Order", "id": gid("Order", order_number(draft))},
                "returnLineItems": lines.collect::<Vec<_>>(), "refunds": [],
                "totalQuantity": back.lines.iter().map(|(_, q)| self::units(*q)).sum::<u32>(),
            })
        })
        .collect()
}

/// The body of `refunds/create`, of the last refund.
pub(super) fn refund_payload(draft: &Draft) -> Value {
    let amounts = compute(draft);
    let place = draft.after.refunds.len().checked_sub(1).expect("a refund");
    let refund = &draft.after.refunds[place];
    let amount = amount(draft, &amounts, place, refund);
    let id = refund_number(draft, place);
    let lines: Vec<Value> = refund
        .sample
        .lines
        .iter()
        .zip(&amount.lines)
        .map(|((at, units, goods), part)| {
            // JSON floats, as Shopify sends them (FACTS 2).
            let float = |amount: Decimal| amount.to_string().parse::<serde_json::Number>().unwrap();
            json!({"id": id, "quantity": self::units(*units), "line_item_id": line_number(draft, *at),
                "location_id": null, "restock_type": restock(*goods).to_lowercase(),
                "subtotal": float(part.0), "total_tax": float(part.1)})
        })
        .collect();
    let made_at = refund.made_at.to_string();
    json!({
        "id": id, "admin_graphql_api_id": gid("Refund", id), "order_id": order_number(draft),
        "created_at": made_at, "processed_at": made_at, "note": null, "user_id": null,
        "duties": [], "return": null, "restock": false, "refund_shipping_lines": [],
        "order_adjustments": [], "refund_line_items": lines, "transactions": [],
    })
}

/// Topic and body of what happened to the last return.
pub(super) fn return_payload(draft: &Draft) -> (&'static str, Value) {
    let place = draft.after.returns.len().checked_sub(1).expect("a return");
    let id = return_number(draft, place);
    let order = order_number(draft);
    let named = json!({"id": order, "admin_graphql_api_id": gid("Order", order)});
    let mut body = json!({"id": id, "admin_graphql_api_id": gid("Return", id)});
    let (topic, status, by_id) = match draft.after.returns[place].state {
        ReturnState::Requested => ("returns/request", "requested", false),
        ReturnState::Open => ("returns/approve", "open", false),
        ReturnState::Closed => ("returns/close", "closed", true),
        ReturnState::Void => ("returns/decline", "declined", false),
    };
    body["status"] = json!(status);
    if by_id {
        body["order_id"] = json!(order);
    } else {
        body["order"] = named;
    }
    (topic, body)
}
