//! A Magento 2.4.9 store: `GET /rest/{store_code}/V1/orders/{id}` and a webhook module.
//!
//! OAuth 1.0a (HMAC-SHA256) is verified, or a bearer token where the shop's option `auth` is `bearer`.
//! Orders fit Adobe's swagger (checked when they are made); parameters too (checked when they come).
//! Not built: searches, I/O Events, Commerce webhooks.

mod amounts;
mod document;

pub(super) use document::render;

use super::after::ExpectedAfterSales;
use super::contract::Contract;
use super::delivery::{Topic, hmac_base64, hmac_hex, post};
use super::draft::Draft;
use super::exchange::{Exchange, json as json_answer};
use super::generate::SampleOrder;
use super::oauth1::{self, encode};
use super::shop::Shop;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use std::sync::OnceLock;

const SWAGGER: &str = include_str!("../../../fixtures/magento/openapi-admin-2.4.9.subset.json");
const ORDER: &str = "sales-data-order-interface";

fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::new(SWAGGER, "/definitions", &[ORDER]))
}

fn error(status: u16, message: &str) -> Response<Bytes> {
    json_answer(status, &json!({"message": message}))
}

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let prefix = format!("/rest/{}/V1/orders/", cx.shop.option("store_code").unwrap_or("default"));
    let Some(id) = cx.path().strip_prefix(&prefix).map(str::to_owned) else {
        cx.violation(format!("no such route; this fake serves {prefix}{{id}}"));
        return error(404, "Request does not match any route.");
    };
    if cx.request.method() != Method::GET {
        cx.violation("this fake serves GET only");
        return error(404, "Request does not match any route.");
    }
    if let Err((status, message)) = authorised(cx) {
        cx.violation(message);
        return error(status, message);
    }
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        cx.violation("the order id is not an integer");
        let text = format!(
            "The \"{id}\" value's type is invalid. The \"int\" type was expected. Verify and try again."
        );
        return error(400, &text);
    }
    let unknown = cx.query().into_iter().find(|(name, _)| name != "fields");
    if let Some((name, _)) = unknown {
        // Magento ignores it; whoever sends it expects something else.
        cx.violation(format!("the query parameter {name} is not in the swagger"));
    }
    match cx.memory.orders.get(&id) {
        Some(order) => json_answer(200, &order.native),
        None => error(
            404,
            "The entity that was requested doesn't exist. Verify the entity and try again.",
        ),
    }
}

fn authorised(cx: &mut Exchange<'_>) -> Result<(), (u16, &'static str)> {
    const REFUSED: (u16, &str) = (401, "The consumer isn't authorized to access %resources.");
    if cx.shop.option("auth") == Some("bearer") {
        let token = cx.shop.credential("access_token");
        return if cx.bearer() == Some(token.as_str()) { Ok(()) } else { Err(REFUSED) };
    }
    let given = oauth1::given(cx).ok_or(REFUSED)?;
    let wanted = [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_nonce",
        "oauth_timestamp",
        "oauth_signature_method",
        "oauth_signature",
    ];
    if !given.missing(&wanted).is_empty() {
        return Err((400, "One or more OAuth fields are required. Enter and try again."));
    }
    if given.get("oauth_consumer_key") != cx.shop.credential("consumer_key") {
        return Err((
            401,
            "A consumer with the specified key doesn't exist. Verify and try again.",
        ));
    }
    if given.get("oauth_signature_method") != "HMAC-SHA256" {
        return Err((400, "The signature method isn't supported. Verify and try again."));
    }
    // Only a timestamp more than ten minutes ahead is refused (Magento\Integration\Model\Oauth\Nonce).
    let ahead = given.get("oauth_timestamp").parse::<i64>().map(|at| at - cx.now.as_second());
    if !ahead.is_ok_and(|ahead| ahead <= 600) {
        return Err((401, "The timestamp value in the oauth_timestamp parameter is incorrect."));
    }
    if given.get("oauth_token") != cx.shop.credential("access_token") {
        return Err((401, "Specified token does not exist."));
    }
    let key = format!(
        "{}&{}",
        encode(&cx.shop.credential("consumer_secret")),
        encode(&cx.shop.credential("access_token_secret"))
    );
    if !given.signature_is_right(cx, &key) {
        return Err((401, "The signature is invalid. Verify and try again."));
    }
    if !cx.memory.nonces.insert(given.get("oauth_nonce").to_owned()) {
        return Err((401, "The nonce is already being used by the consumer with an ID of 1."));
    }
    Ok(())
}

/// The delivery of a third-party module (FACTS 4: there is no standard): HMAC over the raw body in a
/// header that the store's options name, hex unless they say base64.
pub(super) fn delivery(shop: &Shop, order: &SampleOrder, topic: Topic) -> Request<Bytes> {
    let event = match topic {
        Topic::Created | Topic::Updated | Topic::Paid | Topic::Refunded | Topic::Returned => {
            "order.saved"
        }
        Topic::Cancelled => "order.cancelled",
        Topic::Deleted => "order.deleted",
    };
    let entity: u64 = order.expected.id.parse().expect("a number");
    let body = json!({"event": event, "entity_id": entity, "increment_id": order.expected.number,
        "status": order.native["status"]});
    let body = body.to_string();
    let signature = match shop.option("encoding") {
        Some("base64") => hmac_base64(shop.webhook_secret, &[body.as_bytes()]),
        _ => hmac_hex(shop.webhook_secret, &[body.as_bytes()]),
    };
    let header = shop.option("signature_header").unwrap_or("X-Magento-Signature").to_lowercase();
    let headers = [("content-type", "application/json".to_owned()), (header.as_str(), signature)];
    post(shop, &headers, body)
}

/// Checks an invented order against the swagger.
fn check(order: &Value) {
    contract().assert(ORDER, order);
}

/// What an order's refunds and returns must come to.
pub(super) fn expected_after_sales(_draft: &Draft) -> ExpectedAfterSales {
    unimplemented!("refunds of this fake")
}
