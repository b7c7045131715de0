//! WooCommerce against recordings of a running 9.9.5 and the documentation's examples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::wildcard_enum_match_arm)] // "anything else" fails the test.

mod after_sales;
mod deliveries;
mod fetching;
mod orders;
#[path = "../recorded/mod.rs"]
mod recorded;
mod robustness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::{
    Decimal, Fault, LineKind, Nudge, Order, OrderId, Secret, Standing, StoreId, Timestamp,
};
use causeway_platforms::{
    Adapter, Answer, Connection, Fetch, FetchContext, RawRequest, Refusal, Trust, Verification,
};
use recorded::{answer, dec, document, recordings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const KEYS: &str = r#"{"consumer_key":"ck_test","consumer_secret":"cs_test"}"#;

fn woo() -> &'static dyn Adapter {
    causeway_platforms::adapter("woocommerce").unwrap()
}

fn connection(base: &str, options: Value) -> Connection {
    Connection {
        store: StoreId::from("shop"),
        base_url: base.parse().unwrap(),
        webhook_url: None,
        options: options.as_object().cloned().unwrap_or_else(Map::new),
    }
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn request(headers: &[(&str, &str)], body: &[u8]) -> RawRequest {
    recorded::request(headers, body, now())
}

fn verify(request: RawRequest, secrets: &[&str]) -> Verification {
    let connection = connection("https://shop.example.com", json!({}));
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let keys = BTreeMap::new();
    let trust = Trust { connection: &connection, secrets: &secrets, keys: &keys, now: now() };
    woo().verify(request, &trust)
}

fn delivered(recording: &Value) -> RawRequest {
    recorded::delivered(recording, now())
}

fn nudges(request: RawRequest, secret: &str) -> Result<Vec<Nudge>, String> {
    match verify(request, &[secret]) {
        Verification::Accepted(delivery) => {
            woo().nudges(&StoreId::from("shop"), &delivery).map_err(|error| error.0)
        }
        other => panic!("{other:?}"),
    }
}

fn signed(secret: &str, body: &[u8]) -> String {
    STANDARD.encode(causeway_platforms::signature::hmac_sha256(secret.as_bytes(), &[body]))
}

/// A signed delivery of ours.
fn delivery(topic: &str, body: &[u8]) -> Result<Vec<Nudge>, String> {
    let signature = signed("s", body);
    let headers = [("x-wc-webhook-topic", topic), ("x-wc-webhook-signature", signature.as_str())];
    nudges(request(&headers, body), "s")
}

fn fetch_with(options: Value, id: &str, answers: &[Answer]) -> Result<Fetch, Fault> {
    let connection = connection("https://shop.example.com", options);
    let credentials = Secret::new(KEYS);
    let cx =
        FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce: 7 };
    woo().fetch_order(&cx, &OrderId::new(id), answers)
}

fn fetch(id: &str, status: u16, body: &[u8]) -> Result<Fetch, Fault> {
    fetch_with(json!({}), id, &[answer(status, body)])
}

fn order(body: &Value) -> Result<Order, Fault> {
    let bytes = serde_json::to_vec(body).unwrap();
    match fetch(&body["id"].to_string(), 200, &bytes)? {
        Fetch::Found(order) => Ok(*order),
        other => panic!("{other:?}"),
    }
}

fn recorded_order(name: &str) -> Value {
    let recording = document(&format!("woocommerce/real-9.9.5/api/{name}.json"));
    serde_json::from_str(recording["response_body"].as_str().unwrap()).unwrap()
}
