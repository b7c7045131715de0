//! Webhooks: signatures and nudges.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::{Nudge, Secret, StoreId};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

use super::store;
use crate::adapter::{Adapter as _, Malformed};
use crate::shopify::Shopify;
use crate::signature::hmac_sha256;
use crate::testing::{fixture, fixtures, hostile, mutate, request};
use crate::webhook::{RawRequest, Refusal, Trust, Verification};

const SECRET: &str = "hush";

fn verify(request: RawRequest, secrets: &[&str]) -> Verification {
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let connection = store("{}");
    let now = request.received_at;
    let keys = BTreeMap::new();
    Shopify.verify(request, &Trust { connection: &connection, secrets: &secrets, keys: &keys, now })
}

fn signed(topic: &str, body: &[u8]) -> RawRequest {
    let signature = STANDARD.encode(hmac_sha256(SECRET.as_bytes(), &[body]));
    let headers = [
        ("X-Shopify-Topic", topic),
        ("X-Shopify-Hmac-Sha256", &signature),
        ("X-Shopify-Webhook-Id", "545ebdd4-b7be-4d3d-b14e-54aa78e0e0f9"),
        ("X-Shopify-Triggered-At", "2026-10-06T16:15:47.000000Z"),
    ];
    request(&headers, body.to_vec())
}

fn nudges(request: RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let Verification::Accepted(delivery) = verify(request, &[SECRET]) else {
        panic!("not accepted")
    };
    Shopify.nudges(&StoreId::new("acme"), &delivery)
}

#[test]
fn current_and_previous_secret_are_tried_and_nothing_else() {
    let delivery = || signed("orders/create", b"{}");
    let refused = |verification: Verification| {
        let Verification::Refused(refusal) = verification else { panic!("{verification:?}") };
        refusal
    };
    assert!(matches!(verify(delivery(), &["new", SECRET]), Verification::Accepted(_)));
    assert_eq!(refused(verify(delivery(), &["new"])), Refusal::Mismatch);
    assert_eq!(refused(verify(delivery(), &[])), Refusal::Unconfigured);
    assert_eq!(refused(verify(delivery(), &[""])), Refusal::Unconfigured);
    assert_eq!(refused(verify(request(&[], "{}"), &[SECRET])), Refusal::Missing);
    let malformed = request(&[("x-shopify-hmac-sha256", "abc")], "{}");
    assert_eq!(refused(verify(malformed, &[SECRET])), Refusal::Malformed);
    let mut changed = delivery();
    changed.body = bytes::Bytes::from_static(b"{} ");
    assert_eq!(refused(verify(changed, &[SECRET])), Refusal::Mismatch);
}

#[test]
fn every_delivery_nudges_what_it_is_about() {
    let mut names = 0;
    for entry in std::fs::read_dir(fixtures("shopify/webhooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let delivery = fixture(&format!("shopify/webhooks/{name}"));
        let topic = delivery["topic"].as_str().unwrap();
        let found = nudges(signed(topic, delivery["body"].to_string().as_bytes())).unwrap();
        let subjects: Vec<Value> = found.iter().map(|nudge| nudge.subject.key().into()).collect();
        assert_eq!(Value::from(subjects), delivery["subjects"], "{name}");
        for nudge in &found {
            assert_eq!(nudge.topic.as_deref(), Some(topic));
            let event = nudge.event.as_ref().unwrap();
            assert_eq!(event.as_str(), "545ebdd4-b7be-4d3d-b14e-54aa78e0e0f9");
            assert_eq!(nudge.occurred_at.unwrap().to_string(), "2026-10-06T16:15:47Z");
        }
        names += 1;
    }
    assert!(names > 24);
}

#[test]
fn ids_keep_all_their_digits_and_times_fall_back_to_the_body() {
    let mut delivery = signed(
        "orders/updated",
        br#"{"id": 18446744073709551615, "updated_at": "2026-10-05T05:13:02-04:00"}"#,
    );
    delivery.headers.remove("x-shopify-triggered-at");
    delivery.headers.remove("x-shopify-webhook-id");
    let found = nudges(delivery).unwrap();
    assert_eq!(found[0].order_key().unwrap().order.as_str(), "18446744073709551615");
    assert_eq!(found[0].occurred_at.unwrap().to_string(), "2026-10-05T09:13:02Z");
    assert_eq!(found[0].event, None);
}

#[test]
fn bodies_that_shopify_does_not_send_are_malformed() {
    for (topic, body) in [
        ("orders/create", &b""[..]),
        ("orders/create", b"{"),
        ("orders/create", b"[]"),
        ("orders/create", b"\xff\xfe"),
        ("orders/create", b"{}"),
        ("orders/create", br#"{"id": "1001"}"#),
        ("orders/create", br#"{"id": 1.5}"#),
        ("orders/create", br#"{"id": -4}"#),
        ("orders/create", br#"{"id": 8.2e17}"#),
        ("orders/create", br#"{"admin_graphql_api_id": "gid://shopify/Order/"}"#),
        ("orders/edited", br#"{"order_id": 5}"#),
        ("refunds/create", br#"{"id": 5}"#),
        ("fulfillments/create", br#"{"order_id": null}"#),
        ("returns/close", br#"{"id": 5}"#),
        ("returns/request", br#"{"id": 5, "order": {"id": "6"}}"#),
    ] {
        let shown = String::from_utf8_lossy(body);
        assert!(nudges(signed(topic, body)).is_err(), "{topic} {shown}");
    }
    let mut without_topic = signed("orders/create", br#"{"id": 5}"#);
    without_topic.headers.remove("x-shopify-topic");
    assert!(nudges(without_topic).is_err());
}

proptest! {
    #[test]
    fn no_delivery_makes_it_panic(n in any::<usize>(), with in 0usize..22, bytes in any::<Vec<u8>>()) {
        let mut body = fixture("shopify/webhooks/orders__edited.json")["body"].clone();
        mutate(&mut body, n, hostile().get(with).cloned());
        let _ = nudges(signed("orders/edited", body.to_string().as_bytes()));
        let _ = nudges(signed("orders/create", &bytes));
        let _ = Shopify.order_id_in(&bytes);
    }
}
