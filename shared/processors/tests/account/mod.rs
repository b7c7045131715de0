//! An account at each processor, its fixtures, and deliveries signed as the processor signs them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "each test binary uses its part")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::{Fault, Secret, SettlementId, StoreId, Timestamp};
use causeway_platforms::signature::hmac_sha256;
use causeway_platforms::{Answer, RawRequest, Trust, Verification};
use causeway_processors::registry::PROCESSORS;
use causeway_processors::{
    AccountConnection, AccountContext, FetchSettlement, ListPayouts, Processor, processor,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// 2026-01-01T00:00:00Z, the time that the signed timestamps of the vectors carry.
pub const NOW: i64 = 1_767_225_600;
pub const STRIPE_KEY: &str = "whsec_test_secret";
pub const ADYEN_KEY: &str = "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174";

pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub fn fixtures(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(below)
}

pub fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(fixtures(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn fixture(path: &str) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in a folder that end so, without the end, sorted.
pub fn names(folder: &str, end: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(fixtures(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(end).map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{folder} has no *{end}");
    names
}

pub fn connection(id: &str, options: &Value) -> AccountConnection {
    let base_url = match id {
        "stripe" => "https://api.stripe.com",
        "adyen" => "https://ca-live.adyen.com",
        "square" => "https://connect.squareup.com",
        "shopify" => "https://acme.myshopify.com",
        "paypal" => "https://api-m.paypal.com",
        other => panic!("no base URL for {other}"),
    };
    AccountConnection {
        account: StoreId::from("main"),
        base_url: base_url.parse().unwrap(),
        options: options.as_object().cloned().unwrap_or_default(),
    }
}

/// A payout id of the processor.
pub fn payout_id(id: &str) -> SettlementId {
    SettlementId::from(match id {
        "stripe" => "po_1SYNTH00000000000000001",
        "adyen" => "SynthShopECOM:239",
        "square" => "po_4d28e6c4-7dd5-4de4-8ec9-a059277646a6",
        "shopify" => "623721858",
        _ => "none",
    })
}

pub fn header_map<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    pairs
        .into_iter()
        .map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect()
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

pub fn verify_at(id: &str, trusted: &[&str], request: RawRequest, now: Timestamp) -> Verification {
    let connection = connection(id, &json!({}));
    let secrets: Vec<Secret> = trusted.iter().map(|key| Secret::new(*key)).collect();
    let keys = BTreeMap::new();
    let trust = Trust { connection: &connection, secrets: &secrets, keys: &keys, now };
    processor(id).unwrap().verify(request, &trust)
}

/// A rightly signed delivery of Stripe.
pub fn stripe_delivery(body: &[u8]) -> RawRequest {
    let mac = hmac_sha256(STRIPE_KEY.as_bytes(), &[format!("{NOW}.").as_bytes(), body]);
    let header = format!("t={NOW},v1={}", hex::encode(mac));
    request(header_map([("stripe-signature", header.as_str())]), body.to_vec())
}

/// Signs every item of a notification of Adyen.
pub fn adyen_signed(mut body: Value) -> Value {
    for wrapper in body["notificationItems"].as_array_mut().unwrap() {
        let item = &mut wrapper["NotificationRequestItem"];
        let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
        let field = |value: &Value| if value.is_null() { String::new() } else { text(value) };
        let signed = [
            field(&item["pspReference"]),
            field(&item["originalReference"]),
            field(&item["merchantAccountCode"]),
            field(&item["merchantReference"]),
            field(&item["amount"]["value"]),
            field(&item["amount"]["currency"]),
            field(&item["eventCode"]),
            field(&item["success"]),
        ]
        .join(":");
        let mac = hmac_sha256(&hex::decode(ADYEN_KEY).unwrap(), &[signed.as_bytes()]);
        if item.get("additionalData").is_none() {
            item["additionalData"] = json!({});
        }
        item["additionalData"]["hmacSignature"] = STANDARD.encode(mac).into();
    }
    body
}

/// A delivery of Adyen that is signed over its whole body.
pub fn adyen_whole(body: &[u8]) -> RawRequest {
    let mac = hmac_sha256(&hex::decode(ADYEN_KEY).unwrap(), &[body]);
    let header = STANDARD.encode(mac);
    request(header_map([("hmacsignature", header.as_str())]), body.to_vec())
}

pub fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    http::Response::builder().status(status).body(body.into()).unwrap()
}

/// Drives a fetch of a settlement and looks twice at every step.
pub fn fetch_settlement(
    id: &str,
    connection: &AccountConnection,
    settlement: &SettlementId,
    answers: &[Answer],
) -> Result<FetchSettlement, Fault> {
    let credentials = Secret::new(credentials(id));
    let cx = AccountContext { connection, credentials: &credentials, now: now() };
    let one = processor(id).unwrap();
    let result = one.fetch_settlement(&cx, settlement, answers);
    let again = one.fetch_settlement(&cx, settlement, answers);
    assert_eq!(format!("{result:?}"), format!("{again:?}"), "{id}: not pure");
    result
}

pub fn list_payouts(
    id: &str,
    connection: &AccountConnection,
    answers: &[Answer],
) -> Result<ListPayouts, Fault> {
    let credentials = Secret::new(credentials(id));
    let cx = AccountContext { connection, credentials: &credentials, now: now() };
    processor(id).unwrap().list_payouts(&cx, now(), answers)
}

pub fn credentials(id: &str) -> &'static str {
    match id {
        "adyen" => r#"{"username":"report@Company.SynthCo","password":"secret-1"}"#,
        _ => r#"{"access_token":"token-1"}"#,
    }
}

pub fn every_processor() -> Vec<&'static dyn Processor> {
    let ids: Vec<&str> = PROCESSORS.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["adyen", "paypal", "shopify", "square", "stripe"], "add it to the suite");
    PROCESSORS.to_vec()
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
