//! The companion's signature, the token, and what deliveries nudge (R255).

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::Nudge;
use causeway_platforms::{RawRequest, Refusal, Trust, Verification};
use std::collections::BTreeMap;

fn request(headers: &[(&str, &str)], body: &[u8]) -> RawRequest {
    recorded::request(headers, body, now())
}

fn verify_at(options: Value, request: RawRequest, secrets: &[&str], at: Timestamp) -> Verification {
    let connection = connection("https://shop.example.com", options);
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let keys = BTreeMap::new();
    let trust = Trust { connection: &connection, secrets: &secrets, keys: &keys, now: at };
    prestashop().verify(request, &trust)
}

fn refusal(verification: Verification) -> Option<Refusal> {
    match verification {
        Verification::Accepted(_) => None,
        Verification::Refused(refusal) => Some(refusal),
        other => panic!("{other:?}"),
    }
}

fn signature(time: i64, secret: &str, body: &[u8]) -> String {
    let time = time.to_string();
    let mac = causeway_platforms::signature::hmac_sha256(
        secret.as_bytes(),
        &[time.as_bytes(), b".", body],
    );
    format!("t={time},v1={}", hex::encode(mac))
}

fn nudges(body: &[u8]) -> Result<Vec<Nudge>, String> {
    let signature = signature(now().as_second(), "s", body);
    let request = request(&[("x-ps-signature", &signature)], body);
    match verify_at(json!({}), request, &["s"], now()) {
        Verification::Accepted(delivery) => {
            prestashop().nudges(&StoreId::from("shop"), &delivery).map_err(|malformed| malformed.0)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn vectors_verify_as_they_say_and_nudge() {
    let mut seen = 0;
    let vectors = document("signature-vectors.json");
    let ours =
        vectors.as_array().unwrap().iter().filter(|vector| vector["platform"] == "prestashop");
    for vector in ours.inspect(|_| seen += 1) {
        let header = vector["headers"]["X-Ps-Signature"].as_str().unwrap();
        let body = STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap();
        let key = vector["key"].as_str().unwrap();
        let result =
            verify_at(paris(), request(&[("x-ps-signature", header)], &body), &["new", key], now());
        match result {
            Verification::Accepted(delivery) => {
                assert_eq!(vector["valid"], true, "{}", vector["id"]);
                let nudges = prestashop().nudges(&StoreId::from("shop"), &delivery).unwrap();
                assert_eq!(nudges[0].order_key().unwrap().to_string(), "shop/5");
                assert_eq!(nudges[0].event, None);
            }
            Verification::Refused(refusal) => {
                assert_eq!(vector["valid"], false, "{}", vector["id"]);
                assert_eq!(refusal, Refusal::Mismatch);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(seen >= 3, "{seen}");
}

/// The signed time must be within 300 s of ours, either way.
#[test]
fn old_and_future_signatures_are_stale() {
    let signed = signature(now().as_second(), "s", b"{}");
    for (offset, expected) in [
        (0, None),
        (300, None),
        (-300, None),
        (301, Some(Refusal::Stale)),
        (-301, Some(Refusal::Stale)),
    ] {
        let at = Timestamp::from_second(now().as_second() + offset).unwrap();
        let request = request(&[("x-ps-signature", &signed)], b"{}");
        assert_eq!(refusal(verify_at(json!({}), request, &["s"], at)), expected, "{offset}");
    }
}

#[test]
fn broken_signatures_are_told_apart() {
    let good = signature(now().as_second(), "s", b"{}");
    let not_hex = format!("t={},v1=zz", now().as_second());
    let (time, mac) = good.split_once(",v1=").unwrap();
    let rolled = format!("{time},v1={},v1={mac}", "0".repeat(64));
    for (header, secrets, expected) in [
        (None, &["s"][..], Some(Refusal::Missing)),
        (Some("v1=00"), &["s"], Some(Refusal::Malformed)),
        (Some("t=x,v1=00"), &["s"], Some(Refusal::Malformed)),
        (Some(time), &["s"], Some(Refusal::Malformed)),
        (Some(not_hex.as_str()), &["s"], Some(Refusal::Malformed)),
        (Some(good.as_str()), &["x"], Some(Refusal::Mismatch)),
        (Some(good.as_str()), &[], Some(Refusal::Unconfigured)),
        (Some(good.as_str()), &["new", "s"], None),
        (Some(rolled.as_str()), &["s"], None),
    ] {
        let headers: Vec<(&str, &str)> =
            header.into_iter().map(|value| ("x-ps-signature", value)).collect();
        let result = verify_at(json!({}), request(&headers, b"{}"), secrets, now());
        assert_eq!(refusal(result), expected, "{header:?} {secrets:?}");
    }
    let tampered = request(&[("x-ps-signature", &good)], b"{ }");
    let result = verify_at(json!({}), tampered, &["s"], now());
    assert_eq!(refusal(result), Some(Refusal::Mismatch));
}

/// R255: modules that can only send their secret in a header.
#[test]
fn tokens_are_compared_in_their_own_mode_only() {
    let token = json!({"signing": "token"});
    let own = json!({"signing": "token", "token_header": "X-Shop-Key"});
    for (options, header, value, secrets, expected) in [
        (&token, "x-causeway-token", "geheim", &["geheim"][..], None),
        (&token, "x-causeway-token", "geheim", &["new", "geheim"], None),
        (&own, "x-shop-key", "geheim", &["geheim"], None),
        (&own, "x-causeway-token", "geheim", &["geheim"], Some(Refusal::Missing)),
        (&token, "x-causeway-token", "geheim2", &["geheim"], Some(Refusal::Mismatch)),
        (&token, "x-causeway-token", "", &["geheim", ""], Some(Refusal::Mismatch)),
        (&token, "x-causeway-token", "", &[""], Some(Refusal::Unconfigured)),
        (&json!({}), "x-causeway-token", "geheim", &["geheim"], Some(Refusal::Missing)),
        (&json!({"signing": "none"}), "x-causeway-token", "g", &["g"], Some(Refusal::Unconfigured)),
    ] {
        let request = request(&[(header, value)], b"{}");
        let result = verify_at(options.clone(), request, secrets, now());
        assert_eq!(refusal(result), expected, "{options} {header} {value}");
    }
}

#[test]
fn events_nudge_their_order() {
    for (body, expected) in [
        (r#"{"event":"order.updated","id_shop":1,"id":5}"#, Some("order/5")),
        (r#"{"event":"order.created","id":"6"}"#, Some("order/6")),
        (r#"{"event":"order.refunded","id_order":7,"id":2}"#, Some("after/7")),
        (r#"{"event":"order_slip.created","id_order":"7","id":2}"#, Some("after/7")),
        (r#"{"event":"order_payment.created","id_order":7}"#, Some("after/7")),
        (r#"{"event":"order_history.created","id_order":7}"#, Some("order/7")),
        (r#"{"event":"order.updated","id":9007199254740993}"#, Some("order/9007199254740993")),
        (r#"{"event":"product.updated","id":5}"#, None),
        (r#"{"event":"ordering.updated","id":5}"#, None),
        ("<prestashop><order><id>8</id></order></prestashop>", Some("order/8")),
        (
            "<prestashop><order_slip><id>1</id><id_order>9</id_order></order_slip></prestashop>",
            Some("after/9"),
        ),
        ("<prestashop><product><id>1</id></product></prestashop>", None),
        ("<prestashop/>", None),
    ] {
        let nudges = nudges(body.as_bytes()).unwrap();
        let key = nudges.first().map(|nudge| nudge.subject.key());
        assert_eq!(key.as_deref(), expected, "{body}");
        assert!(nudges.iter().all(|nudge| nudge.event.is_none()));
    }
    for body in [
        &b""[..],
        b"\xff",
        b"{\"event\":\"order.upd",
        b"{}",
        b"[]",
        b"{\"event\":5,\"id\":5}",
        b"{\"event\":\"order.updated\"}",
        b"{\"event\":\"order.updated\",\"id\":0}",
        b"{\"event\":\"order.updated\",\"id\":1.5}",
        b"{\"event\":\"order.updated\",\"id\":null}",
        b"{\"event\":\"order.updated\",\"id\":\"x\"}",
        b"{\"event\":\"order_slip.created\",\"id\":5}",
        b"<prestashop><order>",
        b"<prestashop><order><id>x</id></order></prestashop>",
    ] {
        assert!(nudges(body).is_err(), "{}", String::from_utf8_lossy(body));
    }
}
