//! Deliveries: the HMAC over registered URL and body, and which order an event is about.

use causeway_domain::{EventId, Nudge, NudgeCause, OrderId, StoreId, Subject};
use serde::Deserialize;

use crate::adapter::Malformed;
use crate::signature::{base64_sha256, check_hmac, plain_key};
use crate::webhook::{RawRequest, Refusal, Trust, Verification, Verified};

/// base64(HMAC-SHA256(signature key, notification URL + raw body)). The URL is the configured one, never
/// one put together from the request: a proxy may have changed host, scheme or query.
pub(super) fn verify(request: RawRequest, trust: &Trust<'_>) -> Verification {
    let url = trust.connection.webhook_url.as_deref().filter(|url| !url.is_empty());
    let Some(url) = url else { return Verification::Refused(Refusal::Unconfigured) };
    let checked =
        base64_sha256(request.header("x-square-hmacsha256-signature")).and_then(|given| {
            check_hmac(trust.secrets, plain_key, &[url.as_bytes(), &request.body], &given)
        });
    match checked {
        Ok(()) => Verification::Accepted(Verified::proven(request)),
        Err(refusal) => Verification::Refused(refusal),
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    topic: String,
    event_id: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    object: Option<Object>,
}

/// The object under its own name; events that are not ours have others.
#[derive(Default, Deserialize)]
struct Object {
    #[serde(default)]
    order_created: Option<About>,
    #[serde(default)]
    order_updated: Option<About>,
    #[serde(default)]
    order_fulfillment_updated: Option<About>,
    #[serde(default)]
    payment: Option<About>,
    #[serde(default)]
    refund: Option<About>,
}

#[derive(Deserialize)]
struct About {
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

/// What an event nudges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    Order,
    After,
    /// A payment changes what is due, what was captured and, later, its fees.
    Both,
}

/// Disputes name a payment, not an order: they nudge nothing. A refund names its return order, and
/// whoever looks at that is told which orders were sold.
pub(super) fn nudges(store: &StoreId, request: &RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let event: Event = serde_json::from_slice(&request.body)
        .map_err(|error| Malformed(format!("the event is unreadable at line {}", error.line())))?;
    let object = event.data.and_then(|data| data.object).unwrap_or_default();
    let (about, looks) = match event.topic.as_str() {
        "order.created" => (object.order_created, Looks::Order),
        "order.updated" => (object.order_updated, Looks::Order),
        "order.fulfillment.updated" => (object.order_fulfillment_updated, Looks::Order),
        "payment.created" => {
            // Cash is completed at once; nothing follows.
            let status = object.payment.as_ref().and_then(|payment| payment.status.as_deref());
            let looks = if status == Some("COMPLETED") { Looks::Both } else { Looks::Order };
            (object.payment, looks)
        }
        "payment.updated" => (object.payment, Looks::Both),
        "refund.created" | "refund.updated" => (object.refund, Looks::After),
        _ => return Ok(Vec::new()),
    };
    // A payment can be taken without an order, and be refunded.
    let must_name_an_order = event.topic.starts_with("order.");
    let order = about.and_then(|about| about.order_id).filter(|id| fits(id));
    let order = match (order, must_name_an_order) {
        (Some(order), _) => OrderId::new(order),
        (None, false) => return Ok(Vec::new()),
        (None, true) => return Err(Malformed(format!("{} has no order_id", event.topic))),
    };
    let subjects = match looks {
        Looks::Order => vec![Subject::Order(order)],
        Looks::After => vec![Subject::AfterSales(order)],
        Looks::Both => vec![Subject::Order(order.clone()), Subject::AfterSales(order)],
    };
    let id = Some(event.event_id).filter(|id| fits(id)).map(EventId::new);
    let occurred_at = event.created_at.and_then(|time| time.parse().ok());
    let nudge = |subject| Nudge {
        store: store.clone(),
        subject,
        cause: NudgeCause::Webhook,
        topic: Some(event.topic.clone()),
        event: id.clone(),
        occurred_at,
        received_at: request.received_at,
    };
    Ok(subjects.into_iter().map(nudge).collect())
}

/// Ids are opaque (OpenAPI: at most 192 characters); whatever stands in a URL path needs no escape.
pub(super) fn fits(id: &str) -> bool {
    (1..=192).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}
