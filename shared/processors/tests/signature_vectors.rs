//! R91, R258: every public and computed signature vector of Stripe and Adyen, over raw bytes, against
//! current and previous secrets, and with single bits flipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{
    ADYEN_KEY, NOW, STRIPE_KEY, adyen_signed, fixture, header_map, request, stripe_delivery,
    verify_at,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::Timestamp;
use causeway_platforms::signature::hmac_sha256;
use causeway_platforms::{RawRequest, Refusal, Verification};
use serde_json::{Value, json};

struct Vector {
    id: String,
    scheme: String,
    key: String,
    headers: Value,
    body: Vec<u8>,
    expected: String,
    valid: bool,
    now: Timestamp,
}

impl Vector {
    fn request(&self) -> RawRequest {
        let pairs = self.headers.as_object().unwrap().iter();
        let headers =
            header_map(pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
        request(headers, self.body.clone())
    }
}

fn vectors(processor: &str) -> Vec<Vector> {
    let list = fixture(&format!("{processor}/signature-vectors.json"));
    let list = list.as_array().unwrap().iter();
    list.map(|vector| Vector {
        id: vector["id"].as_str().unwrap().to_owned(),
        scheme: vector["scheme"].as_str().unwrap().to_owned(),
        key: vector["key"].as_str().unwrap().to_owned(),
        headers: vector["headers"].clone(),
        body: STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap(),
        expected: vector["expected_header"].as_str().unwrap().to_owned(),
        valid: vector["valid"].as_bool().unwrap(),
        now: Timestamp::from_second(vector["now"].as_i64().unwrap_or(NOW)).unwrap(),
    })
    .collect()
}

fn accepted(verification: &Verification) -> bool {
    matches!(verification, Verification::Accepted(_))
}

fn refusal(verification: &Verification) -> Option<Refusal> {
    match verification {
        Verification::Refused(refusal) => Some(*refusal),
        Verification::Accepted(_) | Verification::Hello(_) | Verification::NeedsKey(_) => None,
    }
}

/// Another key of the same form.
fn other(processor: &str) -> &'static str {
    if processor == "stripe" {
        "whsec_of_somebody_else"
    } else {
        "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
    }
}

/// R91. Returns how many vectors were right and wrong.
fn check(processor: &str) -> (usize, usize) {
    let (mut right, mut wrong) = (0, 0);
    for vector in vectors(processor) {
        let id = &vector.id;
        if vector.scheme.ends_with("primitive") {
            primitive(&vector);
            right += 1;
            continue;
        }
        let (key, other) = (vector.key.as_str(), other(processor));
        let verify = |trusted: &[&str], request| verify_at(processor, trusted, request, vector.now);
        if !vector.valid {
            let answer = verify(&[key], vector.request());
            assert!(refusal(&answer).is_some(), "{id}: {answer:?}");
            wrong += 1;
            continue;
        }
        for trusted in [vec![key], vec![key, other], vec![other, key]] {
            let answer = verify(&trusted, vector.request());
            assert!(accepted(&answer), "{id} with {} secrets: {answer:?}", trusted.len());
        }
        let stranger = verify(&[other], vector.request());
        assert_eq!(refusal(&stranger), Some(Refusal::Mismatch), "{id}");
        for none in [vec![], vec![""]] {
            let answer = verify(&none, vector.request());
            assert_eq!(refusal(&answer), Some(Refusal::Unconfigured), "{id}");
        }
        right += 1;
    }
    (right, wrong)
}

/// What the schemes are made of.
fn primitive(vector: &Vector) {
    let key = if vector.scheme.contains("hexkey") {
        hex::decode(&vector.key).unwrap()
    } else {
        vector.key.clone().into_bytes()
    };
    let mac = hmac_sha256(&key, &[&vector.body]);
    let text = if vector.scheme.contains("b64") { STANDARD.encode(mac) } else { hex::encode(mac) };
    assert_eq!(text, vector.expected, "{}", vector.id);
}

#[test]
fn r91_stripe_signs_time_and_body() {
    assert_eq!(check("stripe"), (5, 5));
}

#[test]
fn r91_adyen_signs_eight_fields_of_every_item_or_the_body() {
    assert_eq!(check("adyen"), (9, 4));
}

/// R258, C5.
#[test]
fn r258_stripes_signed_time_goes_stale_after_300_seconds_either_way() {
    let body = br#"{"id":"evt_1","type":"x.y","data":{"object":{}}}"#;
    for (offset, fresh) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
        let now = Timestamp::from_second(NOW + offset).unwrap();
        let answer = verify_at("stripe", &[STRIPE_KEY], stripe_delivery(body), now);
        assert_eq!(accepted(&answer), fresh, "{offset}: {answer:?}");
        if !fresh {
            assert_eq!(refusal(&answer), Some(Refusal::Stale));
        }
    }
}

#[test]
fn stripes_header_is_read_strictly() {
    let body = b"{}";
    let mac =
        hex::encode(hmac_sha256(STRIPE_KEY.as_bytes(), &[format!("{NOW}.").as_bytes(), body]));
    let wrong = "0".repeat(64);
    let cases = [
        // While a secret is rolled there are several, in any order.
        (format!("t={NOW},v1={wrong},v1={mac}"), None),
        (format!("v1={mac},t={NOW}"), None),
        (format!("t={NOW}, v1={mac}"), None),
        (format!("t={NOW},v1={}", mac.to_uppercase()), None),
        (format!("t={NOW},v0={mac}"), Some(Refusal::Malformed)),
        (format!("t={NOW},v1={wrong}"), Some(Refusal::Mismatch)),
        (format!("t={},v1={mac}", NOW + 1), Some(Refusal::Mismatch)),
        (format!("t=,v1={mac}"), Some(Refusal::Malformed)),
        (format!("v1={mac}"), Some(Refusal::Malformed)),
        (format!("t={NOW}"), Some(Refusal::Malformed)),
        (format!("t={NOW},v1={mac}00"), Some(Refusal::Malformed)),
        // A fifth is not tried.
        (
            format!("t={NOW},v1={wrong},v1={wrong},v1={wrong},v1={wrong},v1={mac}"),
            Some(Refusal::Mismatch),
        ),
    ];
    for (header, expected) in cases {
        let request = request(header_map([("stripe-signature", header.as_str())]), &body[..]);
        let answer = verify_at("stripe", &[STRIPE_KEY], request, account::now());
        assert_eq!(refusal(&answer), expected, "{header}");
    }
}

fn two_items() -> Value {
    let item = |psp: &str| {
        json!({"NotificationRequestItem": {
            "amount": {"currency": "EUR", "value": 1000}, "eventCode": "CHARGEBACK",
            "eventDate": "2026-09-01T12:05:44+02:00", "merchantAccountCode": "ODOO_TEST",
            "merchantReference": "S00042", "originalReference": "9913140798220028",
            "pspReference": psp, "success": "true", "additionalData": {},
        }})
    };
    adyen_signed(json!({"live": "true", "notificationItems": [item("A1"), item("A2")]}))
}

fn verify_adyen(body: &Value) -> Verification {
    let request = request(header_map([]), body.to_string());
    verify_at("adyen", &[ADYEN_KEY], request, account::now())
}

#[test]
fn one_bad_item_refuses_the_whole_batch_of_adyen() {
    assert!(accepted(&verify_adyen(&two_items())));
    for at in [0, 1] {
        let item = format!("/notificationItems/{at}/NotificationRequestItem");
        for (field, value) in [
            ("amount/value", json!(1001)),
            ("amount/currency", json!("USD")),
            ("success", json!("false")),
            ("eventCode", json!("CHARGEBACK_REVERSED")),
            ("originalReference", json!("1")),
            ("merchantReference", json!("S00043")),
            ("merchantAccountCode", json!("OTHER")),
            ("pspReference", json!("A3")),
        ] {
            let mut body = two_items();
            *body.pointer_mut(&format!("{item}/{field}")).unwrap() = value;
            assert_eq!(refusal(&verify_adyen(&body)), Some(Refusal::Mismatch), "{at} {field}");
        }
        let mut unsigned = two_items();
        *unsigned.pointer_mut(&format!("{item}/additionalData")).unwrap() = json!({});
        assert_eq!(refusal(&verify_adyen(&unsigned)), Some(Refusal::Missing));
    }
    let empty = json!({"live": "true", "notificationItems": []});
    assert_eq!(refusal(&verify_adyen(&empty)), Some(Refusal::Missing));
}

/// A value may be text, and an item may have no amount: two empty fields (FACTS 7).
#[test]
fn adyens_values_are_signed_as_they_stand() {
    let mut body = two_items();
    let item = &mut body["notificationItems"][0]["NotificationRequestItem"];
    item["amount"]["value"] = json!("1000");
    item["success"] = json!(true);
    body["notificationItems"][1]["NotificationRequestItem"]["amount"] = Value::Null;
    assert!(accepted(&verify_adyen(&adyen_signed(body))));
}

/// A misconfigured key must not become the empty key that anybody can sign with.
#[test]
fn a_key_that_is_no_hex_trusts_nothing() {
    let text = "A1:9913140798220028:ODOO_TEST:S00042:1000:EUR:CHARGEBACK:true";
    let mut body = two_items();
    body["notificationItems"].as_array_mut().unwrap().truncate(1);
    let seal = STANDARD.encode(hmac_sha256(b"", &[text.as_bytes()]));
    body["notificationItems"][0]["NotificationRequestItem"]["additionalData"]["hmacSignature"] =
        seal.into();
    for key in ["not hex", "zz", "ABC"] {
        let request = request(header_map([]), body.to_string());
        let answer = verify_at("adyen", &[key], request, account::now());
        assert_eq!(refusal(&answer), Some(Refusal::Unconfigured), "{key}");
    }
}

/// One bit flipped anywhere in body or signature.
#[test]
fn r91_single_bits_matter() {
    for vector in vectors("stripe").into_iter().filter(|v| v.valid && v.scheme == "stripe-v1") {
        for at in [0, vector.body.len() / 2, vector.body.len() - 1] {
            let mut request = vector.request();
            let mut body = vector.body.clone();
            body[at] ^= 1;
            request.body = body.into();
            let answer = verify_at("stripe", &[&vector.key], request, vector.now);
            assert_eq!(refusal(&answer), Some(Refusal::Mismatch), "{} byte {at}", vector.id);
        }
    }
    for vector in vectors("adyen").into_iter().filter(|v| v.valid && v.scheme.contains("header")) {
        for at in [0, vector.body.len() / 2, vector.body.len() - 1] {
            let mut request = vector.request();
            let mut body = vector.body.clone();
            body[at] ^= 1;
            request.body = body.into();
            let answer = verify_at("adyen", &[&vector.key], request, vector.now);
            assert_eq!(refusal(&answer), Some(Refusal::Mismatch), "{} byte {at}", vector.id);
        }
    }
}
