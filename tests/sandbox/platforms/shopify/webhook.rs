//! Webhooks of a Shopify app (FACTS 2; shopify.dev 2026-07, "Headers").

use super::VERSION;
use super::after::{refund_payload, return_payload};
use super::amounts::compute;
use super::document::{decimal, financial_status, line_number, name, order_number, units};
use crate::platforms::delivery::{Topic, hmac_base64, post, uuid};
use crate::platforms::draft::{Draft, Phase};
use crate::platforms::generate::SampleOrder;
use crate::platforms::shop::Shop;
use bytes::Bytes;
use http::Request;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(in crate::platforms) fn delivery(
    shop: &Shop,
    order: &SampleOrder,
    topic: Topic,
) -> Request<Bytes> {
    let draft = &order.draft;
    let (name, body) = match topic {
        Topic::Created => ("orders/create", payload(draft)),
        Topic::Updated => ("orders/updated", payload(draft)),
        Topic::Cancelled => ("orders/cancelled", payload(draft)),
        Topic::Deleted => ("orders/delete", json!({"id": order_number(draft)})),
        Topic::Refunded => ("refunds/create", refund_payload(draft)),
        Topic::Returned => return_payload(draft),
        Topic::Paid => {
            let id = line_number(draft, 900);
            let gid = format!("gid://shopify/OrderTransaction/{id}");
            let body = json!({"id": id, "admin_graphql_api_id": gid, "kind": "sale",
                "order_id": order_number(draft), "gateway": "shopify_payments",
                "status": "success", "payment_id": format!("pi_{id}")});
            ("order_transactions/create", body)
        }
    };
    let body = body.to_string();
    let (id, state) = (order_number(draft).to_string(), draft.state_number().to_string());
    let headers = [
        ("user-agent", "Shopify-Captain-Hook".to_owned()),
        ("accept", "*/*".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("x-shopify-topic", name.to_owned()),
        ("x-shopify-hmac-sha256", hmac_base64(shop.webhook_secret, &[body.as_bytes()])),
        ("x-shopify-shop-domain", shop.host.to_owned()),
        ("x-shopify-api-version", VERSION.to_owned()),
        // One for a delivery, the same over its retries.
        ("x-shopify-webhook-id", uuid(&[shop.store, &id, name, &state])),
        // One for what the merchant did, the same over its topics.
        ("x-shopify-event-id", uuid(&[shop.store, &id, &state])),
        (
            "x-shopify-triggered-at",
            draft.updated_at().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        ),
        ("x-shopify-name", "causeway-orders".to_owned()),
    ];
    post(shop, &headers, body)
}

/// The legacy REST shape that webhooks still have.
fn payload(draft: &Draft) -> Value {
    let amounts = compute(draft);
    let lines: Vec<Value> = draft
        .lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .map(|(at, (line, computed))| {
            let id = line_number(draft, at);
            json!({
                "id": id, "admin_graphql_api_id": format!("gid://shopify/LineItem/{id}"),
                "sku": line.sku, "name": line.title, "title": line.title,
                "quantity": units(line.quantity + line.removed),
                "current_quantity": units(line.quantity), "price": decimal(line.price),
                "gift_card": line.gift_card, "taxable": !line.taxes.is_empty(),
                "total_discount": decimal(computed.discounts.0),
                "tax_lines": computed.taxes.iter().map(|(percent, amount)| json!({
                    "title": format!("BTW {percent}%"), "price": decimal(*amount),
                    "rate": format!("{}", Decimal::new(i64::from(*percent), 2)),
                    "channel_liable": false,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let id = order_number(draft);
    json!({
        "id": id, "admin_graphql_api_id": format!("gid://shopify/Order/{id}"),
        "name": name(draft), "order_number": 1000 + draft.number, "number": draft.number,
        "email": draft.buyer.email, "contact_email": draft.buyer.email,
        "created_at": draft.placed_at.to_string(), "updated_at": draft.updated_at().to_string(),
        "processed_at": draft.placed_at.to_string(),
        "cancelled_at": (draft.phase == Phase::Cancelled).then(|| draft.updated_at().to_string()),
        "currency": "EUR", "presentment_currency": draft.currency,
        "financial_status": financial_status(draft).to_lowercase(),
        "fulfillment_status": null, "taxes_included": draft.tax_included, "test": false,
        "total_price": decimal(amounts.total), "subtotal_price": decimal(amounts.subtotal),
        "total_tax": decimal(amounts.tax), "total_tip_received": decimal(amounts.tip),
        "line_items": lines, "source_name": "web", "note": draft.note, "tags": "",
    })
}
