//! Deliveries: the HMAC over the raw body, and which orders a topic is about.

use causeway_domain::{EventId, Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use serde::Deserialize;
use serde_json::Number;

use super::shape::id_tail;
use crate::adapter::Malformed;
use crate::signature::{base64_sha256, check_hmac, plain_key};
use crate::webhook::{RawRequest, Trust, Verification, Verified};

/// base64(HMAC-SHA256(client secret, raw body)), current and previous secret.
///
/// `X-Shopify-Shop-Domain` is not checked: it is not signed, so it proves nothing, it changes when a
/// shop is renamed, and refusing by it would make Shopify delete the subscription. A delivery of
/// another shop of the same app does no harm: order ids are unique over all shops, the fetch finds
/// nothing.
pub(super) fn verify(request: RawRequest, trust: &Trust<'_>) -> Verification {
    let checked = base64_sha256(request.header("x-shopify-hmac-sha256"))
        .and_then(|given| check_hmac(trust.secrets, plain_key, &[&request.body], &given));
    match checked {
        Ok(()) => Verification::Accepted(Verified::proven(request)),
        Err(refusal) => Verification::Refused(refusal),
    }
}

/// Where a topic's payload has the order id.
#[derive(Clone, Copy)]
enum Place {
    /// The payload is the order: `admin_graphql_api_id`, else `id`.
    Own,
    /// `order_id`.
    Reference,
    /// `order_edit.order_id`.
    Edit,
    /// `order_id`, else `order.id`: topics of returns have either.
    Return,
}

/// What a topic nudges.
#[derive(Clone, Copy)]
enum Looks {
    /// The order itself.
    Order,
    /// What happened after it.
    After,
    /// Both: a payment changes the order's status word and the captures.
    Both,
}

fn place(topic: &str) -> Option<(Place, Looks)> {
    match topic {
        // A cancelled order is the order worker's to see: it knows what there is to take back.
        "orders/create"
        | "orders/updated"
        | "orders/paid"
        | "orders/cancelled"
        | "orders/fulfilled"
        | "orders/partially_fulfilled"
        | "orders/delete" => Some((Place::Own, Looks::Order)),
        "orders/edited" => Some((Place::Edit, Looks::Order)),
        "fulfillments/create" | "fulfillments/update" => Some((Place::Reference, Looks::Order)),
        "order_transactions/create" => Some((Place::Reference, Looks::Both)),
        "refunds/create" | "disputes/create" | "disputes/update" => {
            Some((Place::Reference, Looks::After))
        }
        "returns/request" | "returns/approve" | "returns/decline" | "returns/cancel"
        | "returns/close" | "returns/reopen" => Some((Place::Return, Looks::After)),
        // `returns/update` and `returns/process` name no order; the poll finds it. Among the others are
        // the privacy topics (customers/data_request, customers/redact, shop/redact): they are accepted;
        // personal data is not kept here beyond what Odoo holds.
        _ => None,
    }
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    id: Option<Number>,
    #[serde(default)]
    admin_graphql_api_id: Option<String>,
    #[serde(default)]
    order_id: Option<Number>,
    #[serde(default)]
    order_edit: Option<Edit>,
    #[serde(default)]
    order: Option<Named>,
    #[serde(default)]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Edit {
    order_id: Option<Number>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<Number>,
}

pub(super) fn nudges(store: &StoreId, request: &RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let topic = request
        .header("x-shopify-topic")
        .ok_or_else(|| Malformed("the header X-Shopify-Topic is missing".to_owned()))?;
    let Some((place, looks)) = place(topic) else { return Ok(Vec::new()) };
    let payload: Payload = serde_json::from_slice(&request.body).map_err(|error| {
        Malformed(format!("the body of {topic} is unreadable at line {}", error.line()))
    })?;
    let Some(order) = order_id(place, &payload, topic)? else { return Ok(Vec::new()) };
    let time = |text: &str| text.trim().parse::<Timestamp>().ok();
    let occurred_at = request
        .header("x-shopify-triggered-at")
        .and_then(time)
        .or_else(|| payload.updated_at.as_deref().and_then(time));
    let event = request
        .header("x-shopify-webhook-id")
        .map(str::trim)
        .filter(|id| (1..=100).contains(&id.len()))
        .map(EventId::new);
    let subjects = match looks {
        Looks::Order => vec![Subject::Order(order)],
        Looks::After => vec![Subject::AfterSales(order)],
        Looks::Both => vec![Subject::Order(order.clone()), Subject::AfterSales(order)],
    };
    let nudge = |subject| Nudge {
        store: store.clone(),
        subject,
        cause: NudgeCause::Webhook,
        topic: Some(topic.to_owned()),
        event: event.clone(),
        occurred_at,
        received_at: request.received_at,
    };
    Ok(subjects.into_iter().map(nudge).collect())
}

fn order_id(place: Place, payload: &Payload, topic: &str) -> Result<Option<OrderId>, Malformed> {
    let text = match place {
        Place::Own => payload
            .admin_graphql_api_id
            .as_deref()
            .and_then(id_tail)
            .map(str::to_owned)
            .or_else(|| payload.id.as_ref().map(Number::to_string)),
        // A dispute of a payment outside of any order has a null order_id.
        Place::Reference => match &payload.order_id {
            Some(id) => Some(id.to_string()),
            None if topic.starts_with("disputes/") => return Ok(None),
            None => None,
        },
        Place::Return => {
            let order = payload.order.as_ref().and_then(|order| order.id.as_ref());
            payload.order_id.as_ref().or(order).map(Number::to_string)
        }
        Place::Edit => payload
            .order_edit
            .as_ref()
            .and_then(|edit| edit.order_id.as_ref())
            .map(Number::to_string),
    };
    // The literal digits: ids exceed 2^53 and must never pass through a float.
    text.filter(|id| (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|id| Some(OrderId::new(id)))
        .ok_or_else(|| Malformed(format!("the body of {topic} has no order id")))
}
