//! Webhooks: signatures and nudges.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::{Nudge, Secret, StoreId};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

use super::store;
use crate::adapter::{Adapter as _, Malformed};
use crate::signature::hmac_sha256;
use crate::square::Square;
use crate::testing::{fixture, fixtures, hostile, mutate, request};
use crate::webhook::{RawRequest, Refusal, Trust, Verification};

const SECRET: &str = "signature-key";

fn verify(request: RawRequest, url: Option<&str>, secrets: &[&str]) -> Verification {
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let mut connection = store("{}");
    connection.webhook_url = url.map(str::to_owned);
    let now = request.received_at;
    let keys = BTreeMap::new();
    Square.verify(request, &Trust { connection: &connection, secrets: &secrets, keys: &keys, now })
}

fn url() -> String {
    store("{}").webhook_url.unwrap()
}

fn signed(body: &[u8]) -> RawRequest {
    let signature = STANDARD.encode(hmac_sha256(SECRET.as_bytes(), &[url().as_bytes(), body]));
    request(&[("x-square-hmacsha256-signature", &signature)], body.to_vec())
}

fn nudges(body: &[u8]) -> Result<Vec<Nudge>, Malformed> {
    let Verification::Accepted(delivery) = verify(signed(body), Some(&url()), &[SECRET]) else {
        panic!("not accepted")
    };
    Square.nudges(&StoreId::new("acme"), &delivery)
}

#[test]
fn the_registered_url_and_either_secret_decide() {
    let refused = |verification: Verification| {
        let Verification::Refused(refusal) = verification else { panic!("{verification:?}") };
        refusal
    };
    let url = url();
    let delivery = || signed(b"{}");
    let previous = verify(delivery(), Some(&url), &["new", SECRET]);
    assert!(matches!(previous, Verification::Accepted(_)));
    let slash = format!("{url}/");
    assert_eq!(refused(verify(delivery(), Some(&slash), &[SECRET])), Refusal::Mismatch);
    assert_eq!(refused(verify(delivery(), None, &[SECRET])), Refusal::Unconfigured);
    assert_eq!(refused(verify(delivery(), Some(""), &[SECRET])), Refusal::Unconfigured);
    assert_eq!(refused(verify(delivery(), Some(&url), &[])), Refusal::Unconfigured);
    assert_eq!(refused(verify(request(&[], "{}"), Some(&url), &[SECRET])), Refusal::Missing);
    let malformed = request(&[("x-square-hmacsha256-signature", "%%")], "{}");
    assert_eq!(refused(verify(malformed, Some(&url), &[SECRET])), Refusal::Malformed);
}

#[test]
fn every_event_nudges_what_it_is_about() {
    let mut names = 0;
    for entry in std::fs::read_dir(fixtures("square/webhooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let delivery = fixture(&format!("square/webhooks/{name}"));
        let body = &delivery["body"];
        let found = nudges(body.to_string().as_bytes()).unwrap();
        let subjects: Vec<Value> = found.iter().map(|nudge| nudge.subject.key().into()).collect();
        assert_eq!(Value::from(subjects), delivery["subjects"], "{name}");
        for nudge in &found {
            assert_eq!(nudge.topic.as_deref(), body["type"].as_str());
            assert_eq!(nudge.event.as_ref().unwrap().as_str(), body["event_id"].as_str().unwrap());
            let at = nudge.occurred_at.unwrap().to_string();
            assert_eq!(at, body["created_at"].as_str().unwrap());
        }
        names += 1;
    }
    assert!(names > 12);
}

#[test]
fn bodies_that_square_does_not_send_are_malformed() {
    for body in [
        &b""[..],
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        br#"{"type": "order.created"}"#,
        br#"{"type": "order.created", "event_id": "e"}"#,
        br#"{"type": "order.created", "event_id": "e", "data": {"object": {}}}"#,
        br#"{"type": "order.created", "event_id": "e", "data": {"object": {"order_created": {"order_id": "a/b"}}}}"#,
        br#"{"type": "order.updated", "event_id": "e", "data": {"object": {"order_created": {"order_id": "A1"}}}}"#,
        br#"{"type": "payment.created", "event_id": "e", "data": {"object": {"payment": 4}}}"#,
    ] {
        assert!(nudges(body).is_err(), "{}", String::from_utf8_lossy(body));
    }
}

proptest! {
    #[test]
    fn no_delivery_makes_it_panic(n in any::<usize>(), with in 0usize..22, bytes in any::<Vec<u8>>()) {
        let mut body = fixture("square/webhooks/payment.updated.json")["body"].clone();
        mutate(&mut body, n, hostile().get(with).cloned());
        let _ = nudges(body.to_string().as_bytes());
        let _ = nudges(&bytes);
    }
}
