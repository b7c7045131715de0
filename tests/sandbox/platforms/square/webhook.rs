//! Thin webhooks, signed over the registered URL and the body (FACTS 1).

use super::{location, order_id};
use crate::platforms::delivery::{Topic, hmac_base64, post, uuid};
use crate::platforms::generate::SampleOrder;
use crate::platforms::shop::Shop;
use bytes::Bytes;
use http::Request;
use serde_json::json;

pub(in crate::platforms) fn delivery(
    shop: &Shop,
    order: &SampleOrder,
    topic: Topic,
) -> Request<Bytes> {
    let draft = &order.draft;
    let (event, object) = match topic {
        Topic::Created => ("order.created", "order_created"),
        _ => ("order.updated", "order_updated"),
    };
    let version = draft.edits + 1;
    let at = draft.updated_at().to_string();
    let mut fields = json!({
        "created_at": draft.placed_at.to_string(), "location_id": location(draft),
        "order_id": order_id(draft), "state": order.native["order"]["state"], "version": version,
    });
    if event == "order.updated" {
        fields["updated_at"] = json!(at);
    }
    let body = json!({
        "merchant_id": "5S9MXCS9Y99KK", "type": event,
        "event_id": uuid(&[shop.store, &order_id(draft), event, &draft.state_number().to_string()]),
        "created_at": at,
        "data": {"type": object, "id": order_id(draft), "object": {object: fields}},
    })
    .to_string();
    let signed = [shop.webhook_url.as_bytes(), body.as_bytes()];
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "Square Connect v2".to_owned()),
        ("square-environment", "Sandbox".to_owned()),
        ("square-initial-delivery-timestamp", at.clone()),
        ("x-square-hmacsha256-signature", hmac_base64(shop.webhook_secret, &signed)),
    ];
    post(shop, &headers, body)
}
