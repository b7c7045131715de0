//! A store of each platform, and deliveries that are signed as the platform signs them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "each test binary uses its part")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::{Secret, StoreId, Timestamp};
use causeway_platforms::registry::ADAPTERS;
use causeway_platforms::signature::hmac_sha256;
use causeway_platforms::{Adapter, Connection, RawRequest, Trust, Verification, adapter};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use std::collections::BTreeMap;

/// 2026-01-01T00:00:00Z, the time that the signed timestamps of the vectors carry.
pub const NOW: i64 = 1_767_225_600;

pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// A file of the repository's fixtures.
pub fn fixture(path: &str) -> String {
    let full = format!("{}/../../tests/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn connection(webhook_url: Option<&str>, options: &Value) -> Connection {
    Connection {
        store: StoreId::from("acme"),
        base_url: "https://shop.example.com".parse().unwrap(),
        webhook_url: webhook_url.map(str::to_owned),
        options: options.as_object().cloned().unwrap_or_default(),
    }
}

pub fn request(headers: HeaderMap, body: impl Into<Bytes>) -> RawRequest {
    RawRequest {
        method: Method::POST,
        query: String::new(),
        headers,
        body: body.into(),
        received_at: now(),
    }
}

pub fn header_map<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    pairs
        .into_iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

/// How one platform signs, with everything that a right delivery needs beside the signature.
pub struct Signing {
    pub platform: &'static str,
    pub header: &'static str,
    pub options: Value,
    pub others: &'static [(&'static str, &'static str)],
    pub seal: fn(&[u8]) -> String,
}

pub const KEY: &str = "the-signing-secret";
pub const URL: &str = "https://hooks.example.com/webhooks/square/acme";

fn base64_body(body: &[u8]) -> String {
    STANDARD.encode(hmac_sha256(KEY.as_bytes(), &[body]))
}

/// Every platform with an HMAC scheme: one entry for each adapter.
pub fn hmac_signings() -> Vec<Signing> {
    vec![
        Signing {
            platform: "magento",
            header: "x-magento-signature",
            options: serde_json::json!({"signing": "module-hmac"}),
            others: &[],
            seal: |body| hex::encode(hmac_sha256(KEY.as_bytes(), &[body])),
        },
        Signing {
            platform: "prestashop",
            header: "x-ps-signature",
            options: serde_json::json!({}),
            others: &[],
            seal: |body| {
                let time = format!("{NOW}.");
                let mac = hmac_sha256(KEY.as_bytes(), &[time.as_bytes(), body]);
                format!("t={NOW},v1={}", hex::encode(mac))
            },
        },
        Signing {
            platform: "shopify",
            header: "x-shopify-hmac-sha256",
            options: serde_json::json!({}),
            others: &[
                ("x-shopify-topic", "orders/updated"),
                ("x-shopify-shop-domain", "shop.example.com"),
                ("x-shopify-api-version", "2026-07"),
                ("x-shopify-webhook-id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
            ],
            seal: base64_body,
        },
        Signing {
            platform: "square",
            header: "x-square-hmacsha256-signature",
            options: serde_json::json!({}),
            others: &[],
            seal: |body| STANDARD.encode(hmac_sha256(KEY.as_bytes(), &[URL.as_bytes(), body])),
        },
        Signing {
            platform: "woocommerce",
            header: "x-wc-webhook-signature",
            options: serde_json::json!({}),
            others: &[
                ("x-wc-webhook-topic", "order.updated"),
                ("x-wc-webhook-resource", "order"),
                ("x-wc-webhook-event", "updated"),
                ("x-wc-webhook-id", "42"),
            ],
            seal: base64_body,
        },
    ]
}

impl Signing {
    pub fn adapter(&self) -> &'static dyn Adapter {
        adapter(self.platform).unwrap()
    }

    /// A delivery with that signature header, or without one.
    pub fn delivery(&self, signature: Option<HeaderValue>, body: impl Into<Bytes>) -> RawRequest {
        let mut headers = header_map(self.others.iter().copied());
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Some(signature) = signature {
            headers.insert(self.header, signature);
        }
        request(headers, body)
    }

    /// A rightly signed delivery.
    pub fn signed(&self, body: impl Into<Bytes>) -> RawRequest {
        let body = body.into();
        let seal = HeaderValue::from_str(&(self.seal)(&body)).unwrap();
        self.delivery(Some(seal), body)
    }

    pub fn verify(&self, request: RawRequest) -> Verification {
        let connection = connection(Some(URL), &self.options);
        let secrets = [Secret::new(KEY)];
        verify(self.platform, &connection, &secrets, &BTreeMap::new(), request)
    }
}

pub fn verify(
    platform: &str,
    connection: &Connection,
    secrets: &[Secret],
    keys: &BTreeMap<String, String>,
    request: RawRequest,
) -> Verification {
    let trust = Trust { connection, secrets, keys, now: now() };
    adapter(platform).unwrap().verify(request, &trust)
}

/// All platforms; fails when an adapter is added without an entry.
pub fn every_platform() -> Vec<Signing> {
    let signings = hmac_signings();
    let have: Vec<&str> = signings.iter().map(|signing| signing.platform).collect();
    let registered: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.id()).collect();
    assert_eq!(have, registered, "every registered adapter needs a way to sign");
    signings
}

/// Noise, the same every time.
pub fn garbage(length: usize) -> Bytes {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| byte()).collect::<Vec<u8>>().into()
}
