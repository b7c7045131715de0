//! A WooCommerce 9.9.5 store: `GET /wp-json/wc/v3/orders`, `.../orders/{id}` and `.../refunds` with its
//! real authentication, and webhooks. Shapes and texts are those recorded from a running store (STORES.md, WooCommerce).
//!
//! Basic and query-string keys count only over TLS, which the shop's `base_url` pretends; over plain
//! HTTP OAuth 1.0a is verified, replayed nonces and timestamps older than 15 minutes included.

mod amounts;
mod auth;
mod document;
mod lists;
mod refunds;

pub(super) use document::render;
pub(super) use refunds::expected_after_sales;

use super::delivery::{Topic, hmac_base64, post, uuid};
use super::exchange::{Exchange, Refusal, answer as reply};
use super::generate::SampleOrder;
use super::shop::Shop;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

const ORDERS: &str = "/wp-json/wc/v3/orders/";

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if let Err(text) = auth::check(cx) {
        cx.violation(text.1);
        return error(401, text.0, text.1);
    }
    let get = cx.request.method() == Method::GET;
    if get && cx.path() == ORDERS.trim_end_matches('/') {
        return lists::orders(cx);
    }
    let id = cx.path().strip_prefix(ORDERS).map(str::to_owned);
    if let Some(order) = id.as_deref().and_then(|id| id.strip_suffix("/refunds"))
        && get
        && order.parse::<u64>().is_ok()
    {
        let order = order.to_owned();
        return lists::of_order(cx, &order);
    }
    let Some(id) = id.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) else {
        cx.violation("no such route in this fake");
        return error(404, "rest_no_route", NO_ROUTE);
    };
    if cx.request.method() != Method::GET {
        cx.violation("this fake serves GET only");
        return error(404, "rest_no_route", NO_ROUTE);
    }
    let places = match places(cx) {
        Ok(places) => places,
        Err(refusal) => return *refusal,
    };
    let Some(order) = cx.memory.orders.get(&id) else {
        return error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
    };
    let mut body = match places {
        Some(places) => document::document(cx.shop, &order.draft, places),
        None => order.native.clone(),
    };
    keep_fields(cx, &mut body);
    reply(200, TYPE, php_json(&body))
}

const TYPE: &str = "application/json; charset=UTF-8";
const NO_ROUTE: &str = "No route was found matching the URL and request method.";

/// `dp`: decimals of every money field.
fn places(cx: &mut Exchange<'_>) -> Result<Option<u32>, Refusal> {
    let Some((_, text)) = cx.query().into_iter().find(|(name, _)| name == "dp") else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        cx.violation("dp is not an integer");
        let body = json!({"code": "rest_invalid_param", "message": "Invalid parameter(s): dp",
            "data": {"status": 400, "params": {"dp": "dp is not of type integer."}}});
        Box::new(reply(400, TYPE, php_json(&body)))
    })
}

/// `_fields=id,status`: WordPress keeps only those top-level members.
fn keep_fields(cx: &Exchange<'_>, body: &mut Value) {
    let fields = cx.query().into_iter().find(|(name, _)| name == "_fields");
    if let (Some((_, fields)), Value::Object(body)) = (fields, body) {
        let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
        body.retain(|name, _| wanted.iter().any(|w| w.split('.').next() == Some(name)));
    }
}

fn error(status: u16, code: &str, message: &str) -> Response<Bytes> {
    let body = json!({"code": code, "message": message, "data": {"status": status}});
    reply(status, TYPE, php_json(&body))
}

/// JSON as PHP writes it: slashes and everything beyond ASCII escaped, so that a signature over
/// anything but the raw bytes fails.
fn php_json(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// The body is built when it is sent: an order that is gone by then arrives as a signed error
/// (STORES.md, WooCommerce 6). `order.deleted` holds the id only (9).
pub(super) fn delivery(
    shop: &Shop,
    id: &str,
    order: Option<&SampleOrder>,
    topic: Topic,
) -> Request<Bytes> {
    const REFUNDED: &str = "woocommerce_order_refunded";
    let (resource, event, webhook) = match topic {
        Topic::Created => ("order", "created", "2"),
        Topic::Deleted => ("order", "deleted", "4"),
        Topic::Refunded => ("action", REFUNDED, "5"),
        _ => ("order", "updated", "3"),
    };
    let number: u64 = id.parse().expect("a number");
    let body = match (topic, order) {
        (Topic::Deleted, _) => json!({"id": number}),
        // The same body for every refund of an order (recordings 046, 048, 050, 052).
        (Topic::Refunded, _) => json!({"action": REFUNDED, "arg": number}),
        (_, Some(order)) => order.native.clone(),
        (_, None) => {
            json!({"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.",
                "data": {"status": 404}})
        }
    };
    let body = php_json(&body);
    // Not unique: one hash for all deliveries of a webhook within one second.
    let second = order.map(|o| o.draft.updated_at().as_second().to_string()).unwrap_or_default();
    let delivery_id = uuid(&[webhook, &second]).replace('-', "");
    let headers = [
        ("user-agent", "WooCommerce/9.9.5 Hookshot (WordPress/6.9)".to_owned()),
        ("accept", "*/*".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("x-wc-webhook-source", format!("{}/", shop.base_url)),
        ("x-wc-webhook-topic", format!("{resource}.{event}")),
        ("x-wc-webhook-resource", resource.to_owned()),
        ("x-wc-webhook-event", event.to_owned()),
        (
            "x-wc-webhook-signature",
            hmac_base64(&signing_key(shop.webhook_secret), &[body.as_bytes()]),
        ),
        ("x-wc-webhook-id", webhook.to_owned()),
        ("x-wc-webhook-delivery-id", delivery_id),
    ];
    post(shop, &headers, body)
}

/// The secret is HTML-decoded before it signs (STORES.md, WooCommerce 3).
fn signing_key(secret: &str) -> String {
    let mut text = secret.to_owned();
    for (entity, plain) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&amp;", "&")]
    {
        text = text.replace(entity, plain);
    }
    text
}

/// The unsigned, form-encoded ping (STORES.md, WooCommerce 4).
pub(super) fn ping(shop: &Shop) -> Request<Bytes> {
    let headers = [
        ("user-agent", "WooCommerce/9.9.5 Hookshot (WordPress/6.9)".to_owned()),
        ("accept", "*/*".to_owned()),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    post(shop, &headers, "webhook_id=2")
}
