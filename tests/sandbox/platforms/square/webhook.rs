//! Thin webhooks, signed over the registered URL and the body (FACTS 1).

use super::{location, order_id};
use crate::platforms::delivery::{Topic, hmac_base64, post, uuid};
use crate::platforms::generate::SampleOrder;
use crate::platforms::shop::Shop;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

pub(in crate::platforms) fn delivery(
    shop: &Shop,
    order: &SampleOrder,
    topic: Topic,
) -> Request<Bytes> {
    let draft = &order.draft;
    let at = draft.happened_at().to_string();
    let (event, kind, id, object) = match topic {
        Topic::Created => thin(order, "order.created", "order_created"),
        Topic::Updated | Topic::Cancelled | Topic::Deleted => {
            thin(order, "order.updated", "order_updated")
        }
        Topic::Paid => {
            let payment = order.native["payments"][0].clone();
            ("payment.updated", "payment", payment["id"].clone(), json!({"payment": payment}))
        }
        // It names the return order, not the sale.
        Topic::Refunded => {
            let refund = order.native["refunds"].as_array().unwrap().last().expect("a refund");
            let event = match refund["status"].as_str() {
                Some("PENDING") => "refund.created",
                _ => "refund.updated",
            };
            (event, "refund", refund["id"].clone(), json!({"refund": refund}))
        }
        Topic::Returned => panic!("Square knows no returns beside refunds"),
    };
    let body = json!({
        "merchant_id": "5S9MXCS9Y99KK", "type": event,
        "event_id": uuid(&[shop.store, &order_id(draft), event, &draft.state_number().to_string()]),
        "created_at": at, "data": {"type": kind, "id": id, "object": object},
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

/// An event of the order, which tells its version only.
fn thin(
    order: &SampleOrder,
    event: &'static str,
    kind: &'static str,
) -> (&'static str, &'static str, Value, Value) {
    let draft = &order.draft;
    let mut fields = json!({
        "created_at": draft.placed_at.to_string(), "location_id": location(draft),
        "order_id": order_id(draft), "state": order.native["order"]["state"],
        "version": draft.edits + 1,
    });
    if event == "order.updated" {
        fields["updated_at"] = json!(draft.updated_at().to_string());
    }
    (event, kind, json!(order_id(draft)), json!({kind: fields}))
}
