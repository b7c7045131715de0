//! R225, R256: what no platform sends must never panic, never pass and never be mistaken. Every
//! adapter of the registry goes through the same list.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;

use bytes::Bytes;
use causeway_domain::{Nudge, StoreId, Subject};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::registry::ADAPTERS;
use causeway_platforms::{RawRequest, Refusal, Verification};
use delivery::{Signing, connection, every_platform, garbage};
use http::HeaderValue;
use serde_json::json;

fn refusal(answer: &Verification) -> Option<Refusal> {
    match answer {
        Verification::Refused(refusal) => Some(*refusal),
        Verification::Accepted(_) | Verification::Hello(_) | Verification::NeedsKey(_) => None,
    }
}

/// Bodies that no platform sends.
fn bad_bodies() -> Vec<(&'static str, Bytes)> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    vec![
        ("no body", Bytes::new()),
        ("3 MB of garbage", garbage(3 * 1024 * 1024)),
        ("3 MB of open brackets", vec![b'['; 3 * 1024 * 1024].into()),
        ("not UTF-8", Bytes::from_static(b"{\"id\": \"\xff\xfe\"}")),
        ("truncated", text("{\"id\": 5, \"event\": {\"data\": {\"val")),
        ("an array", text("[]")),
        ("a text", text("\"order\"")),
        ("a number", text("5")),
        ("null", text("null")),
        ("HTML", text("<!doctype html><title>Not a webhook</title>")),
        ("nothing known", text("{\"hello\": \"world\"}")),
    ]
}

fn nudges(signing: &Signing, what: &str, request: RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let answer = signing.verify(request);
    let Verification::Accepted(delivery) = answer else {
        panic!("{}, {what}: a right signature is {answer:?}", signing.platform)
    };
    signing.adapter().nudges(&StoreId::from("acme"), &delivery)
}

#[test]
fn r225_a_missing_signature_is_missing_whatever_the_body() {
    for signing in every_platform() {
        for (what, body) in bad_bodies() {
            let answer = signing.verify(signing.delivery(None, body));
            let platform = signing.platform;
            assert_eq!(refusal(&answer), Some(Refusal::Missing), "{platform}, {what}: {answer:?}");
        }
    }
}

#[test]
fn r225_a_malformed_signature_is_refused() {
    const BODY: &[u8] = b"{\"id\": 5}";
    let headers: [(&str, HeaderValue, &[Refusal]); 7] = [
        ("empty", HeaderValue::from_static(""), &[Refusal::Malformed]),
        ("blank", HeaderValue::from_static("   "), &[Refusal::Malformed]),
        ("neither hex nor base64", HeaderValue::from_static("%%%"), &[Refusal::Malformed]),
        // SHA-1 length, in both alphabets.
        (
            "too short",
            HeaderValue::from_static("1z2n3DEJJiUPKcPzQo1ftvbxGdw="),
            &[Refusal::Malformed],
        ),
        (
            "too short",
            HeaderValue::from_static("d73da7dc310926250f29c3f3428d5fb6f6f119dc"),
            &[Refusal::Malformed],
        ),
        ("10 kB", HeaderValue::from_str(&"A".repeat(10_000)).unwrap(), &[Refusal::Malformed]),
        // Invisible to `RawRequest::header`, hence as good as none.
        (
            "not ASCII",
            HeaderValue::from_bytes(b"\xc3\xa9\xff").unwrap(),
            &[Refusal::Malformed, Refusal::Missing],
        ),
    ];
    for signing in every_platform() {
        for (what, header, apt) in &headers {
            let answer = signing.verify(signing.delivery(Some(header.clone()), BODY));
            let is_apt = refusal(&answer).is_some_and(|refusal| apt.contains(&refusal));
            assert!(is_apt, "{}, {what}: {answer:?}", signing.platform);
        }
    }
}

#[test]
fn r225_a_signature_of_another_body_does_not_match() {
    for signing in every_platform() {
        let seal = HeaderValue::from_str(&(signing.seal)(b"{\"id\": 4}")).unwrap();
        for (what, body) in bad_bodies() {
            let answer = signing.verify(signing.delivery(Some(seal.clone()), body));
            let platform = signing.platform;
            assert_eq!(refusal(&answer), Some(Refusal::Mismatch), "{platform}, {what}: {answer:?}");
        }
    }
}

/// The signature is over the bytes, so garbage can be rightly signed; it is still no event.
#[test]
fn r256_a_rightly_signed_bad_body_is_malformed() {
    for signing in every_platform() {
        for (what, body) in bad_bodies() {
            let heard = nudges(&signing, what, signing.signed(body));
            assert!(heard.is_err(), "{}, {what}: {heard:?}", signing.platform);
        }
    }
}

/// A right delivery about an order with that id, written literally.
fn order_event(platform: &str, id: &str) -> String {
    match platform {
        "magento" => format!(r#"{{"event":"order.saved","entity_id":{id}}}"#),
        "prestashop" => format!(r#"{{"event":"order.updated","id_shop":1,"id":{id}}}"#),
        "shopify" => format!(
            r#"{{"id":{id},"admin_graphql_api_id":"gid://shopify/Order/{id}","updated_at":"2026-01-01T00:00:00Z"}}"#
        ),
        "square" => format!(
            r#"{{"merchant_id":"M1","type":"order.updated","event_id":"e-1","created_at":"2026-01-01T00:00:00Z","data":{{"type":"order","id":"{id}","object":{{"order_updated":{{"order_id":"{id}","location_id":"L1","state":"OPEN","version":2}}}}}}}}"#
        ),
        "woocommerce" => format!(r#"{{"id":{id},"status":"processing"}}"#),
        other => panic!("no order event for {other}"),
    }
}

#[test]
fn ids_above_2_to_the_53_stay_exact() {
    for signing in every_platform() {
        for id in ["5", "9007199254740993", "18446744073709551615"] {
            let body = order_event(signing.platform, id);
            let heard = nudges(&signing, id, signing.signed(body)).unwrap();
            let subjects: Vec<&Subject> = heard.iter().map(|nudge| &nudge.subject).collect();
            let [Subject::Order(order)] = subjects[..] else {
                panic!("{}, {id}: {subjects:?}", signing.platform)
            };
            let text = order.as_str().rsplit('/').next();
            assert_eq!(text, Some(id), "{}", signing.platform);
        }
    }
}

/// Ids of the wrong type or shape are never rounded, cut or taken over.
#[test]
fn r256_ids_that_are_no_ids_are_malformed() {
    // Square's ids are text; there these are texts that happen to look odd.
    for signing in every_platform().into_iter().filter(|signing| signing.platform != "square") {
        for id in ["1.5", "-1", "1e400", "{}", "[5]", "true", "null", "\"\"", "\"../5\""] {
            let mut body = order_event(signing.platform, id);
            if signing.platform == "shopify" {
                body = format!(r#"{{"id":{id},"admin_graphql_api_id":{id}}}"#);
            }
            let heard = nudges(&signing, id, signing.signed(body));
            assert!(heard.is_err(), "{}, {id}: {heard:?}", signing.platform);
        }
    }
}

#[test]
fn a_topic_that_is_not_ours_is_understood_and_nothing_to_do() {
    for signing in every_platform() {
        let body = order_event(signing.platform, "5");
        let body =
            body.replace("order.updated", "loyalty.moved").replace("order.saved", "stock.moved");
        let mut request = signing.signed(body);
        for (name, topic) in
            [("x-shopify-topic", "themes/publish"), ("x-wc-webhook-topic", "coupon.created")]
        {
            if request.headers.contains_key(name) {
                request.headers.insert(name, HeaderValue::from_static(topic));
            }
        }
        if request.headers.contains_key("x-wc-webhook-resource") {
            request.headers.insert("x-wc-webhook-resource", HeaderValue::from_static("coupon"));
            request.headers.insert("x-wc-webhook-event", HeaderValue::from_static("created"));
        }
        let heard = nudges(&signing, "foreign topic", request);
        assert_eq!(heard, Ok(Vec::new()), "{}", signing.platform);
    }
}

#[test]
fn documents_without_an_order_id_have_none() {
    for adapter in ADAPTERS {
        for (what, body) in bad_bodies() {
            assert_eq!(adapter.order_id_in(&body), None, "{}, {what}", adapter.id());
        }
    }
}

#[test]
fn every_unknown_option_is_named_and_nothing_panics() {
    for signing in every_platform() {
        let mut options = signing.options.clone();
        for (key, value) in [("nonsense", json!(1)), ("more_nonsense", json!([{}]))] {
            options[key] = value;
        }
        let problems = signing.adapter().check(&connection(None, &options));
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        for path in ["options.nonsense", "options.more_nonsense"] {
            assert!(paths.contains(&path), "{}: {paths:?}", signing.platform);
        }
    }
}
