//! A Magento 2.4.9 store: `GET /rest/{store_code}/V1/orders/{id}`, searches of orders, invoices and credit
//! memos, and a webhook module.
//!
//! OAuth 1.0a (HMAC-SHA256) is verified, or a bearer token where the shop's option `auth` is `bearer`.
//! Orders fit Adobe's swagger (checked when they are made); parameters too (checked when they come).
//! Not built: I/O Events, Commerce webhooks.

mod amounts;
mod document;
mod refunds;
mod search;

pub(super) use document::render;
pub(super) use refunds::{credit_memos, expected_after_sales, invoices};

use super::contract::Contract;
use super::delivery::{Topic, hmac_base64, hmac_hex, post};
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
const INVOICE: &str = "sales-data-invoice-interface";
const CREDIT_MEMO: &str = "sales-data-creditmemo-interface";

fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::new(SWAGGER, "/definitions", &[ORDER, INVOICE, CREDIT_MEMO]))
}

fn error(status: u16, message: &str) -> Response<Bytes> {
    json_answer(status, &json!({"message": message}))
}

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let root = format!("/rest/{}/V1/", cx.shop.option("store_code").unwrap_or("default"));
    let rest = cx.path().strip_prefix(&root).unwrap_or_default().to_owned();
    let list = search::LISTS.into_iter().find(|(name, _)| *name == rest);
    let id = rest.strip_prefix("orders/").map(str::to_owned);
    if list.is_none() && id.is_none() {
        cx.violation("no such route; this fake serves orders, invoices and creditmemos");
        return error(404, "Request does not match any route.");
    }
    if cx.request.method() != Method::GET {
        cx.violation("this fake serves GET only");
        return error(404, "Request does not match any route.");
    }
    if let Err((status, message)) = authorised(cx) {
        cx.violation(message);
        return error(status, message);
    }
    if let Some(list) = list {
        return search::answer(cx, list);
    }
    let id = id.unwrap_or_default();
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
        Topic::Cancelled => "order.cancelled",
        Topic::Deleted => "order.deleted",
        Topic::Refunded => "creditmemo.saved",
        _ => "order.saved",
    };
    let entity: u64 = order.expected.id.parse().expect("a number");
    let body = match topic {
        Topic::Refunded => json!({"event": event, "entity_id": refunds::last(&order.draft),
            "order_id": entity}),
        _ => json!({"event": event, "entity_id": entity, "increment_id": order.expected.number,
            "status": order.native["status"]}),
    };
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
