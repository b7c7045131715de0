//! What was captured, from an order's payments.

use causeway_domain::{Capture, Currency, Fault, Money, Order, Payment};

use super::order::time;
use super::shape::{PaymentDocument, SquareMoney};
use crate::answer::unreadable;

const WHAT: &str = "square payment";

/// A completed payment. A tender without a payment of its own (`None`; they are older than the
/// Payments API) counts as the order tells it.
pub(super) fn read(
    order: &Order,
    told: &Payment,
    document: Option<&PaymentDocument>,
) -> Result<Option<Capture>, Fault> {
    let Some(id) = told.id.clone() else { return Ok(None) };
    let capture = |amount: Money, captured_at, fee| Capture {
        reference: Some(id.clone()),
        id: id.clone(),
        method: told.method.clone(),
        kind: told.kind,
        amount,
        captured_at,
        fee,
    };
    let Some(document) = document else {
        let some = told.amount.minor() > 0;
        return Ok(some.then(|| capture(told.amount, order.placed_at, None)));
    };
    if document.status.as_deref() != Some("COMPLETED") {
        return Ok(None);
    }
    let amount = money(&document.total_money, order.currency)?.unwrap_or(told.amount);
    let fees = document.processing_fee.iter().flatten();
    let fees = fees.map(|fee| money(&fee.amount_money, order.currency));
    let fees: Vec<Money> = fees.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect();
    let fee = match fees.is_empty() {
        true => None,
        false => Some(Money::sum(fees, order.currency).map_err(|e| unreadable(WHAT, e))?),
    };
    let timeline = document.card_details.as_ref();
    let captured_at = timeline
        .and_then(|card| card.card_payment_timeline.as_ref()?.captured_at.as_deref())
        .or(document.created_at.as_deref());
    let captured_at = captured_at.map_or(Ok(order.placed_at), time)?;
    Ok((amount.minor() > 0).then(|| capture(amount, captured_at, fee)))
}

/// An amount, in the order's currency.
pub(super) fn money(
    given: &Option<SquareMoney>,
    currency: Currency,
) -> Result<Option<Money>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let money = given.money()?;
    if money.currency() == currency {
        Ok(Some(money))
    } else {
        Err(unreadable(WHAT, format!("{} in a {currency} order", money.currency())))
    }
}
