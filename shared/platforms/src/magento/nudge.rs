//! What a verified delivery nudges. The shape of the body tells the mode: an I/O event names its
//! recipient, a module names its event as text, a Commerce webhook has what its fields map.
//!
//! Shapes (commerce-extensibility: events-reference, nested events, hooks):
//! - I/O event: `{"event_id", "recipient_client_id", "event": {"type", "data": {"value": {...}}}}`,
//!   or the members of `event` beside the other two (CloudEvents).
//! - Commerce webhook: `{"order": {"entity_id"}}`, also below `data` or `event`; or the mapped field
//!   `order_id` or `entity_id` alone. Invoices, shipments and credit memos carry `order_id`.
//! - Module: `{"event": "order.saved", "entity_id": 5}`, also `order_id`.

use causeway_domain::{EventId, Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use serde_json::{Map, Value};

use super::document::id_text;
use crate::adapter::Malformed;
use crate::webhook::RawRequest;

type Object = Map<String, Value>;

/// What a delivery says about one order.
struct Heard {
    order: OrderId,
    after_sales: bool,
    topic: Option<String>,
    event: Option<EventId>,
    occurred_at: Option<Timestamp>,
}

/// Which member of an event's value is the id of the order.
#[derive(Clone, Copy)]
enum IdField {
    /// The value is the order: `entity_id`; `order_id` where the subscription renamed it.
    Entity,
    /// The value belongs to an order and has its own `entity_id`: only `order_id`.
    Order,
    /// The value hangs below an order: `parent_id`.
    Parent,
}

/// An invoice is a payment and a credit memo a refund: both come after the order.
fn is_after_sales(name: &str) -> bool {
    name.contains("invoice") || name.contains("creditmemo") || name.contains("refund")
}

/// Parts of event names, the special ones first.
const FAMILIES: &[(&str, IdField)] = &[
    ("sales_order_invoice", IdField::Order),
    ("sales_order_creditmemo", IdField::Order),
    ("sales_order_shipment", IdField::Order),
    ("sales_order_item", IdField::Order),
    ("sales_order_status_history", IdField::Parent),
    ("sales_order_address", IdField::Parent),
    ("sales_order_payment", IdField::Parent),
    ("sales.api.invoice_", IdField::Order),
    ("sales.api.creditmemo_", IdField::Order),
    ("sales.api.shipment_", IdField::Order),
    ("sales.api.order_management.", IdField::Entity),
    ("sales.api.order_repository.", IdField::Entity),
    ("sales_order_", IdField::Entity),
    ("checkout_submit_all_after", IdField::Entity),
];

/// The nudges of a delivery: one, or none if it is not about orders.
pub(super) fn nudges(store: &StoreId, request: &RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| {
        Malformed(format!("not JSON at line {} column {}", error.line(), error.column()))
    })?;
    let body = body.as_object().ok_or_else(|| malformed("the body is not a JSON object"))?;
    let heard = if body.contains_key("recipient_client_id") {
        io_event(body)?
    } else if let Some(Value::String(event)) = body.get("event") {
        module_event(event, body)?
    } else {
        Some(commerce_webhook(body)?)
    };
    let nudge = |heard: Heard| Nudge {
        store: store.clone(),
        subject: if heard.after_sales {
            Subject::AfterSales(heard.order)
        } else {
            Subject::Order(heard.order)
        },
        cause: NudgeCause::Webhook,
        topic: heard.topic,
        event: heard.event,
        occurred_at: heard.occurred_at,
        received_at: request.received_at,
    };
    Ok(heard.map(nudge).into_iter().collect())
}

fn io_event(body: &Object) -> Result<Option<Heard>, Malformed> {
    let event = object(body, "event").unwrap_or(body);
    let name = text(event, "type")
        .or_else(|| text(event, "@type"))
        .ok_or_else(|| malformed("the event has no type"))?;
    let Some((_, field)) = FAMILIES.iter().find(|(part, _)| name.contains(part)) else {
        return Ok(None);
    };
    let data = object(event, "data").unwrap_or(event);
    let value = object(data, "value").ok_or_else(|| malformed("the event has no data.value"))?;
    let order = id_by(value, *field).ok_or_else(|| {
        malformed("the event has no id of the order; add entity_id or order_id to its fields")
    })?;
    Ok(Some(Heard {
        order,
        after_sales: is_after_sales(name),
        topic: Some(short(name)),
        // The one in the body: the header x-adobe-event-id is not signed.
        event: text(body, "event_id").map(EventId::from),
        occurred_at: text(event, "time").and_then(|time| time.parse().ok()),
    }))
}

fn module_event(event: &str, body: &Object) -> Result<Option<Heard>, Malformed> {
    let field = match event.split('.').next() {
        Some("order") => IdField::Entity,
        Some("invoice" | "creditmemo" | "shipment") => IdField::Order,
        Some(_) | None => return Ok(None),
    };
    let order = id_by(body, field)
        .ok_or_else(|| malformed("the body has no usable entity_id or order_id of the order"))?;
    let after_sales = is_after_sales(event);
    Ok(Some(Heard {
        order,
        after_sales,
        topic: Some(short(event)),
        event: None,
        occurred_at: None,
    }))
}

fn commerce_webhook(body: &Object) -> Result<Heard, Malformed> {
    let inner = object(body, "data").or_else(|| object(body, "event")).unwrap_or(body);
    let order = if let Some(order) = object(inner, "order") {
        id_by(order, IdField::Entity)
    } else {
        ["invoice", "creditmemo", "shipment"]
            .iter()
            .find_map(|name| object(inner, name))
            .map_or_else(|| id_by(inner, IdField::Entity), |part| id_by(part, IdField::Order))
    };
    let order = order.ok_or_else(|| {
        malformed("the body has no id of the order; map the field order.entity_id in the webhook")
    })?;
    let name = text(body, "eventName");
    let part = ["invoice", "creditmemo"].iter().any(|name| object(inner, name).is_some());
    Ok(Heard {
        order,
        after_sales: part || name.is_some_and(is_after_sales),
        topic: name.map(short),
        event: None,
        occurred_at: None,
    })
}

fn id_by(value: &Object, field: IdField) -> Option<OrderId> {
    let id = |object: &Object, name: &str| object.get(name).and_then(id_text).map(OrderId::new);
    match field {
        // Some events wrap the order: checkout_submit_all_after has {"order", "quote"}.
        IdField::Entity => {
            let order = object(value, "order").unwrap_or(value);
            id(order, "entity_id").or_else(|| id(order, "order_id"))
        }
        IdField::Order => id(value, "order_id"),
        IdField::Parent => id(value, "parent_id").or_else(|| id(value, "order_id")),
    }
}

fn object<'a>(parent: &'a Object, name: &str) -> Option<&'a Object> {
    parent.get(name)?.as_object()
}

fn text<'a>(parent: &'a Object, name: &str) -> Option<&'a str> {
    parent.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn short(topic: &str) -> String {
    let name = topic.strip_prefix("com.adobe.commerce.").unwrap_or(topic);
    name.chars().take(120).collect()
}

fn malformed(text: &str) -> Malformed {
    Malformed(text.to_owned())
}
