//! What was captured, from an order's transactions.

use causeway_domain::{Capture, Fault, PaymentKind, RefundPayment};

use super::after_shape::Movement;
use super::lines::Amounts;
use super::order::{payment_kind, time};
use super::shape::id_tail;
use crate::answer::unreadable;

const WHAT: &str = "shopify transactions";

/// Successful sales and captures, less the cash that was given back on them.
pub(super) fn read(amounts: Amounts, all: &[Movement]) -> Result<Vec<Capture>, Fault> {
    let succeeded = |kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        all.iter().filter(move |one| one.status == "SUCCESS" && kinds.contains(&one.kind))
    };
    let mut captures = Vec::new();
    for one in succeeded(&["SALE", "CAPTURE"]) {
        let mut amount = amounts.money(&one.amount_set)?;
        let change = succeeded(&["CHANGE"])
            .filter(|change| change.parent_transaction.as_ref().is_some_and(|p| p.id == one.id));
        for change in change {
            let given = amounts.money(&change.amount_set)?;
            amount = amount.minus(given).map_err(|error| unreadable(WHAT, error))?;
        }
        // A sale of nothing: an order that a discount paid.
        if amount.minor() > 0 {
            captures.push(Capture {
                id: tail(&one.id)?,
                method: method(one),
                kind: kind(one),
                amount,
                captured_at: time(one.processed_at.as_deref().unwrap_or(&one.created_at))?,
                reference: reference(one)?,
                fee: None,
            });
        }
    }
    Ok(captures)
}

/// A refund's transaction; `None` if it failed or moved nothing. A status that we do not know has not
/// settled.
pub(super) fn refund(amounts: Amounts, one: &Movement) -> Result<Option<RefundPayment>, Fault> {
    if one.kind != "REFUND" || matches!(one.status.as_str(), "FAILURE" | "ERROR") {
        return Ok(None);
    }
    let amount = amounts.money(&one.amount_set)?;
    if amount.minor() < 0 {
        return Err(unreadable(WHAT, "a refund below zero"));
    }
    let payment = RefundPayment {
        id: tail(&one.id)?,
        method: method(one),
        kind: kind(one),
        amount,
        reference: reference(one)?,
        settled: one.status == "SUCCESS",
    };
    Ok((!amount.is_zero()).then_some(payment))
}

fn tail(gid: &str) -> Result<String, Fault> {
    id_tail(gid).map(str::to_owned).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))
}

/// What the processor's settlement calls it. Payouts of Shopify Payments name the transaction itself and
/// nothing else (`sourceOrderTransactionId`); other gateways were given the payment id.
fn reference(one: &Movement) -> Result<Option<String>, Fault> {
    match (kind(one), one.gateway.as_deref()) {
        // No processor settles it.
        (PaymentKind::GiftCard, _) => Ok(None),
        (PaymentKind::Money, Some("shopify_payments")) => tail(&one.id).map(Some),
        (PaymentKind::Money, Some(_) | None) => Ok(one.payment_id.clone()),
    }
}

fn method(one: &Movement) -> String {
    one.gateway.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn kind(one: &Movement) -> PaymentKind {
    payment_kind(one.gateway.as_deref().unwrap_or_default())
}
