//! R225, R256: one list of bad deliveries, answers, options and files for every processor of the
//! registry. Nothing panics, nothing bad passes, nothing foreign is repeated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{
    ADYEN_KEY, STRIPE_KEY, adyen_whole, answer, connection, credentials, every_processor, garbage,
    header_map, now, payout_id, request, stripe_delivery, verify_at,
};
use bytes::Bytes;
use causeway_domain::{DisputeId, Fault, Secret, StoreId};
use causeway_platforms::{Answer, RawRequest, Refusal, Verification};
use causeway_processors::{AccountContext, FetchDispute, FetchSettlement, Processor, processor};
use http::HeaderValue;
use serde_json::json;
use std::time::Duration;

const WITH_WEBHOOKS: [(&str, &str); 2] = [("adyen", ADYEN_KEY), ("stripe", STRIPE_KEY)];
const WITH_CALLS: [&str; 4] = ["adyen", "shopify", "square", "stripe"];

fn refusal(answer: &Verification) -> Option<Refusal> {
    match answer {
        Verification::Refused(refusal) => Some(*refusal),
        Verification::Accepted(_) | Verification::Hello(_) | Verification::NeedsKey(_) => None,
    }
}

fn signed(id: &str, body: &[u8]) -> RawRequest {
    if id == "adyen" { adyen_whole(body) } else { stripe_delivery(body) }
}

fn header(id: &str) -> &'static str {
    if id == "adyen" { "hmacsignature" } else { "stripe-signature" }
}

/// Bodies that no processor sends.
fn bad_bodies() -> Vec<(&'static str, Bytes)> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    vec![
        ("no body", Bytes::new()),
        ("3 MB of garbage", garbage(3 * 1024 * 1024)),
        ("3 MB of open brackets", vec![b'['; 3 * 1024 * 1024].into()),
        ("not UTF-8", Bytes::from_static(b"{\"id\": \"\xff\xfe\"}")),
        ("truncated", text("{\"id\": \"evt_1\", \"notificationItems\": [{\"Notif")),
        ("an array", text("[]")),
        ("a text", text("\"event\"")),
        ("null", text("null")),
        ("HTML", text("<!doctype html><title>Not a webhook</title>")),
        ("nothing known", text("{\"hello\": \"world\"}")),
        ("items that are none", text("{\"notificationItems\": [{}]}")),
        (
            "an item without an event",
            text(r#"{"notificationItems":[{"NotificationRequestItem":{}}]}"#),
        ),
        ("a field twice", text(r#"{"notificationItems":[],"notificationItems":[]}"#)),
    ]
}

#[test]
fn r225_without_a_right_signature_nothing_passes() {
    for (id, key) in WITH_WEBHOOKS {
        for (what, body) in bad_bodies() {
            let missing = verify_at(id, &[key], request(header_map([]), body.clone()), now());
            assert_eq!(refusal(&missing), Some(Refusal::Missing), "{id}, {what}");
            let mut other = signed(id, b"{\"other\": 1}");
            other.body = body.clone();
            let answer = verify_at(id, &[key], other, now());
            assert_eq!(refusal(&answer), Some(Refusal::Mismatch), "{id}, {what}");
        }
        let long = "A".repeat(10_000);
        for text in ["", "   ", "%%%", "1z2n3DEJJiUPKcPzQo1ftvbxGdw=", "t=1,v1=zz", long.as_str()] {
            let answer =
                verify_at(id, &[key], request(header_map([(header(id), text)]), "{}"), now());
            assert_eq!(refusal(&answer), Some(Refusal::Malformed), "{id}, {text:.20}");
        }
        let mut odd = request(header_map([]), "{}");
        odd.headers.insert(header(id), HeaderValue::from_bytes(b"\xc3\xa9\xff").unwrap());
        assert_eq!(refusal(&verify_at(id, &[key], odd, now())), Some(Refusal::Missing), "{id}");
    }
}

/// A signature is over bytes, so garbage can be rightly signed; it is still no event.
#[test]
fn r256_a_rightly_signed_bad_body_is_malformed() {
    for (id, key) in WITH_WEBHOOKS {
        for (what, body) in bad_bodies() {
            let answer = verify_at(id, &[key], signed(id, &body), now());
            let Verification::Accepted(delivery) = answer else { panic!("{id}, {what}") };
            let found = processor(id).unwrap().events(&StoreId::from("main"), &delivery);
            assert!(found.is_err(), "{id}, {what}: {found:?}");
        }
    }
}

#[test]
fn who_sends_no_webhooks_accepts_none() {
    for one in every_processor() {
        if WITH_WEBHOOKS.iter().any(|(id, _)| *id == one.id()) {
            continue;
        }
        for delivery in [stripe_delivery(b"{}"), adyen_whole(b"{}")] {
            let answer = verify_at(one.id(), &[STRIPE_KEY, ADYEN_KEY], delivery, now());
            assert_eq!(refusal(&answer), Some(Refusal::Unconfigured), "{}", one.id());
        }
        let dispute = fetch_dispute(one, &DisputeId::from("dp_1"), &[]);
        assert_eq!(dispute.unwrap_err().class(), "skip");
    }
    assert_eq!(processor("adyen").unwrap().acknowledgement(), Some("[accepted]"));
    assert_eq!(processor("stripe").unwrap().acknowledgement(), None);
    assert!(processor("sumup").is_none());
}

#[test]
fn every_unknown_option_and_every_bad_address_is_named() {
    for one in every_processor() {
        let id = one.id();
        assert_eq!(one.check(&connection(id, &json!({}))), Vec::new(), "{id}");
        let odd = connection(id, &json!({"colour": "red", "status": {}}));
        let paths: Vec<String> = one.check(&odd).into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, ["options.colour", "options.status"], "{id}");
        if id == "paypal" {
            continue;
        }
        for address in [
            "http://api.example.com",
            "https://user:secret@example.com",
            "https://x.example/v1/v2/admin/reports",
        ] {
            let mut odd = connection(id, &json!({}));
            odd.base_url = address.parse().unwrap();
            let problems = one.check(&odd);
            assert!(problems.iter().any(|p| p.path == "base_url"), "{id} {address}");
        }
    }
    let rows = [
        ("stripe", json!({"version": "latest"}), "options.version"),
        ("square", json!({"version": "2026"}), "options.version"),
        ("square", json!({"locations": "L1"}), "options.locations"),
        ("shopify", json!({"api_version": "unstable"}), "options.api_version"),
        ("adyen", json!({"reports": "all"}), "options.reports"),
    ];
    for (id, options, path) in rows {
        let problems = processor(id).unwrap().check(&connection(id, &options));
        assert!(
            problems.iter().any(|problem| problem.path == path),
            "{id} {options}: {problems:?}"
        );
    }
    let good = [
        ("stripe", json!({"version": "2026-03-25.dahlia", "order_metadata": "shop_order"})),
        ("square", json!({"version": "2026-09-16", "locations": ["L1"]})),
        ("shopify", json!({"api_version": "2026-10"})),
        ("adyen", json!({"reports": "company"})),
    ];
    for (id, options) in good {
        assert_eq!(processor(id).unwrap().check(&connection(id, &options)), Vec::new(), "{id}");
    }
}

fn fetch(one: &dyn Processor, answers: &[Answer]) -> Result<FetchSettlement, Fault> {
    let connection = connection(one.id(), &json!({}));
    account::fetch_settlement(one.id(), &connection, &payout_id(one.id()), answers)
}

fn fetch_dispute(
    one: &dyn Processor,
    dispute: &DisputeId,
    answers: &[Answer],
) -> Result<FetchDispute, Fault> {
    let connection = connection(one.id(), &json!({}));
    let credentials = Secret::new(credentials(one.id()));
    let cx = AccountContext { connection: &connection, credentials: &credentials, now: now() };
    one.fetch_dispute(&cx, dispute, answers)
}

fn class(result: &Result<FetchSettlement, Fault>) -> &'static str {
    match result {
        Ok(FetchSettlement::Ask(_)) => "ask",
        Ok(FetchSettlement::Found(_)) => "found",
        Ok(FetchSettlement::Gone) => "gone",
        Err(fault) => fault.class(),
    }
}

#[test]
fn an_error_status_becomes_the_fault_that_fits() {
    let statuses = [
        (401, "wait"),
        (403, "wait"),
        (408, "retry"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
        (504, "retry"),
        (400, "reject"),
        (422, "reject"),
    ];
    for id in WITH_CALLS {
        let one = processor(id).unwrap();
        for (status, wanted) in statuses {
            for body in [r#"{"error":{"message":"no"}}"#, "<html></html>", ""] {
                let result = fetch(one, &[answer(status, body)]);
                assert_eq!(class(&result), wanted, "{id}, {status}: {result:?}");
            }
        }
        let mut slow = answer(429, "");
        slow.headers_mut().insert("retry-after", HeaderValue::from_static("7"));
        let Err(Fault::Retry { after, .. }) = fetch(one, &[slow]) else { panic!("{id}") };
        assert_eq!(after, Some(Duration::from_secs(7)), "{id}");
    }
}

#[test]
fn an_unreadable_answer_is_a_fault_and_never_a_settlement() {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    for id in WITH_CALLS {
        let bodies: [(&str, Bytes); 8] = [
            ("truncated", text(r#"{"payout":{"id":"#)),
            ("empty", Bytes::new()),
            ("HTML", text("<!doctype html><html><body>Wartung</body></html>")),
            ("3 MB of garbage", garbage(3 * 1024 * 1024)),
            ("an array", text("[]")),
            ("null", text("null")),
            ("not UTF-8", Bytes::from_static(b"{\"id\": \"\xff\"}")),
            ("nothing known", text(r#"{"hello":"world"}"#)),
        ];
        for (what, body) in bodies {
            let result = fetch(processor(id).unwrap(), &[answer(200, body)]);
            let apt = ["retry", "reject"].contains(&class(&result));
            assert!(apt, "{id}, {what}: {result:?}");
        }
    }
}

#[test]
fn a_fault_never_repeats_what_was_sent() {
    const MARK: &str = "zoe.desmet@example.com";
    for id in WITH_CALLS {
        for status in [200, 400, 401, 404, 422, 429, 500] {
            for body in [
                format!(
                    r#"{{"message":"{MARK}","errors":[{{"message":"{MARK}"}}],"id":"{MARK}"}}"#
                ),
                format!("<html>{MARK}</html>"),
                format!(r#"{{"id": "{MARK}"#),
            ] {
                let result = fetch(processor(id).unwrap(), &[answer(status, body)]);
                let shown = format!("{result:?}");
                assert!(!shown.contains(MARK), "{id}, {status}: {shown}");
            }
        }
    }
}

#[test]
fn credentials_that_cannot_be_used_are_named_without_being_shown() {
    for id in WITH_CALLS {
        let connection = connection(id, &json!({}));
        for text in ["", "{", "not\na\rtoken\u{0}", "{\"unexpected\":\"hunter2-hunter2\"}"] {
            let credentials = Secret::new(text);
            let cx =
                AccountContext { connection: &connection, credentials: &credentials, now: now() };
            let fault =
                processor(id).unwrap().fetch_settlement(&cx, &payout_id(id), &[]).unwrap_err();
            assert_eq!(fault.class(), "wait", "{id} {text:?}");
            assert!(!format!("{fault:?}").contains("hunter2"), "{id}");
        }
    }
}
