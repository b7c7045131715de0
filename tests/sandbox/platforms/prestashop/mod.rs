//! A PrestaShop 8.2 webservice (XML) with a companion module that signs deliveries.
//!
//! Attributes, CDATA, links, error codes and texts are those recorded from a running store
//! (STORES.md, PrestaShop). Lists only, with `display`, `filter`, `limit`, `sort` and `date`; a single
//! resource by id too. Not built: JSON output, writes, schemas.

mod amounts;
mod answer;
mod document;
mod fields;
mod fixed_rows;
mod query;
mod resources;
mod slips;
mod xml;

pub(super) use answer::answer;
pub(super) use document::render;
pub(super) use slips::expected_after_sales;

use super::delivery::{Topic, hmac_hex, post};
use super::generate::SampleOrder;
use super::shop::Shop;
use bytes::Bytes;
use http::Request;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

/// The zone of the shop's clock; its dates carry none.
pub(super) const TIME_ZONE: &str = "Europe/Brussels";

fn local(at: Timestamp) -> String {
    let zone = TimeZone::get(TIME_ZONE).expect("a known zone");
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `X-Ps-Signature: t=<unix>,v1=<hex>` over `t.body`; the body names the order only (FACTS 5).
pub(super) fn delivery(
    shop: &Shop,
    (id, order): (&str, Option<&SampleOrder>),
    topic: Topic,
    now: Timestamp,
) -> Request<Bytes> {
    let event = match topic {
        Topic::Created => "order.created",
        Topic::Deleted => "order.deleted",
        Topic::Refunded => "order_slip.created",
        _ => "order.updated",
    };
    let number: u64 = id.parse().expect("a number");
    let body = match (topic, order) {
        (Topic::Refunded, Some(order)) => json!({"event": event, "id_shop": 1,
            "id": slips::last(&order.draft), "id_order": number}),
        _ => json!({"event": event, "id_shop": 1, "id": number}),
    };
    let body = body.to_string();
    let seconds = now.as_second().to_string();
    let signature = hmac_hex(shop.webhook_secret, &[seconds.as_bytes(), b".", body.as_bytes()]);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-ps-signature", format!("t={seconds},v1={signature}")),
    ];
    post(shop, &headers, body)
}
