//! Deliveries of payment processors take the way that deliveries of platforms take: what is
//! acknowledged is queued, what is not signed is never parsed.

use crate::recorded::{document, request};
use crate::sim::{Kill, Scenario};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::Secret;
use causeway_domain::ports::{QueueRole, SecretPair};
use causeway_flows::receive::{Reply, receive};
use causeway_platforms::RawRequest;
use causeway_platforms::signature::hmac_sha256;
use http::Method;
use sandbox::config::webhook_secret;
use serde_json::{Value, json};

const STRIPE_KEY: &str = "whsec_of_the_test";
const ADYEN_KEY: &str = "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174";

fn world() -> Scenario {
    let scenario = Scenario::new();
    scenario.secrets.set(&webhook_secret("stripe-pay"), STRIPE_KEY);
    scenario.secrets.set(&webhook_secret("adyen-pay"), ADYEN_KEY);
    scenario
}

/// Everything queued, with its queue.
fn queued(scenario: &Scenario) -> Vec<(QueueRole, String)> {
    let messages = scenario.queue.0.lock().unwrap();
    messages.iter().map(|(queue, nudge)| (*queue, nudge.subject.key())).collect()
}

/// Signed by Stripe so many seconds ago.
fn stripe(scenario: &Scenario, body: &Value, age: i64) -> RawRequest {
    let (body, signed) = (body.to_string(), scenario.now().as_second() - age);
    let parts = [format!("{signed}.").as_bytes().to_vec(), body.as_bytes().to_vec()];
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let mac = hmac_sha256(STRIPE_KEY.as_bytes(), &parts);
    let header = format!("t={signed},v1={}", hex(&mac));
    request(&[("stripe-signature", &header)], body.as_bytes(), scenario.now())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn dispute_event(id: &str) -> Value {
    json!({"id": id, "object": "event", "type": "charge.dispute.funds_withdrawn", "created": 1,
           "data": {"object": {"id": "dp_1", "object": "dispute"}}})
}

/// Signed by Adyen, item by item.
fn adyen(scenario: &Scenario, event: &str, success: &str) -> RawRequest {
    let mut body = document(&format!("adyen/notifications/{event}.json"));
    let item = &mut body["notificationItems"][0]["NotificationRequestItem"];
    item["success"] = success.into();
    let field = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let signed = [
        field("pspReference"),
        field("originalReference"),
        field("merchantAccountCode"),
        field("merchantReference"),
        item["amount"]["value"].to_string(),
        item["amount"]["currency"].as_str().unwrap().to_owned(),
        field("eventCode"),
        field("success"),
    ]
    .join(":");
    let mac = STANDARD.encode(hmac_sha256(&bytes_of(ADYEN_KEY), &[signed.as_bytes()]));
    if item.get("additionalData").is_none() {
        item["additionalData"] = json!({});
    }
    item["additionalData"]["hmacSignature"] = mac.into();
    request(&[], body.to_string().as_bytes(), scenario.now())
}

async fn deliver(scenario: &Scenario, path: (&str, &str), delivery: RawRequest) -> Reply {
    receive(&scenario.world, path.0, path.1, delivery).await
}

const STRIPE: (&str, &str) = ("stripe", "stripe-pay");
const ADYEN: (&str, &str) = ("adyen", "adyen-pay");

/// R91, R258: the public and computed vectors, through the whole use case. A valid one is answered 2xx or,
/// where its body is no event, 400; an invalid one 401.
#[tokio::test]
async fn the_signature_vectors_are_judged_as_they_say() {
    let mut seen = 0;
    for (path, scheme) in [(STRIPE, "stripe-v1"), (ADYEN, "adyen-notification-hmac")] {
        let vectors = document(&format!("{}/signature-vectors.json", path.0));
        for vector in vectors.as_array().unwrap().iter().filter(|one| one["scheme"] == scheme) {
            let scenario = world();
            let now = vector["now"].as_i64().unwrap_or(1_767_225_600);
            let ahead = now - scenario.now().as_second();
            scenario.clock.advance(std::time::Duration::from_secs(ahead.max(0).unsigned_abs()));
            scenario.secrets.set(&webhook_secret(path.1), vector["key"].as_str().unwrap());
            let headers = vector["headers"].as_object().unwrap().iter();
            let headers: Vec<(&str, &str)> =
                headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
            let body = STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap();
            let delivery = request(&headers, &body, scenario.now());
            let status = deliver(&scenario, path, delivery).await.status;
            let what = vector["id"].as_str().unwrap();
            if ahead < 0 && scheme == "stripe-v1" {
                // The world's clock is past the vector's: its signed time is stale.
                assert_eq!(status, 401, "{what}");
                continue;
            }
            seen += 1;
            match vector["valid"].as_bool().unwrap() {
                true => assert!(matches!(status, 200 | 400), "{what}: {status}"),
                false => assert_eq!(status, 401, "{what}"),
            }
            if status != 200 {
                assert_eq!(queued(&scenario), [], "{what}");
            }
        }
    }
    assert!(seen >= 10, "{seen}");
}

/// R258: the signed time of Stripe is enforced, either way.
#[tokio::test]
async fn a_stale_delivery_of_stripe_is_refused() {
    let scenario = world();
    for (age, status) in [(0, 200), (299, 200), (301, 401), (-301, 401)] {
        let delivery = stripe(&scenario, &dispute_event(&format!("evt_{}", age + 400)), age);
        assert_eq!(deliver(&scenario, STRIPE, delivery).await.status, status, "{age} s");
    }
    let dispute = (QueueRole::Refunds, "dispute/dp_1".to_owned());
    assert_eq!(queued(&scenario), [dispute.clone(), dispute]);
}

#[tokio::test]
async fn what_a_processor_tells_goes_to_the_queue_of_its_worker_once_per_event() {
    let scenario = world();
    let payout = json!({"id": "evt_2", "type": "payout.paid", "created": 1,
                        "data": {"object": {"id": "po_1", "automatic": true}}});
    let unknown = json!({"id": "evt_3", "type": "customer.created", "data": {"object": {}}});
    for (body, told) in [
        (dispute_event("evt_1"), "queued 1"),
        (dispute_event("evt_1"), "duplicate"),
        (payout, "queued 1"),
        (unknown, "nothing to do"),
    ] {
        let reply = deliver(&scenario, STRIPE, stripe(&scenario, &body, 0)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, told));
    }
    let expected = [
        (QueueRole::Refunds, "dispute/dp_1".to_owned()),
        (QueueRole::Settlements, "settlement/po_1".to_owned()),
    ];
    assert_eq!(queued(&scenario), expected);
    let nudges = scenario.queue.0.lock().unwrap();
    assert!(nudges.iter().all(|(_, nudge)| nudge.store.as_str() == "stripe-pay"));
}

/// FACTS 7: a REFUND with `success=false` is no refund: it asks a person, and one that succeeded is the
/// shop's to tell. A chargeback is taken only if it succeeded.
#[tokio::test]
async fn a_refund_of_adyen_that_failed_is_not_a_refund() {
    for (event, success, nudges) in [
        ("REFUND", "false", 1),
        ("REFUND", "true", 0),
        ("CHARGEBACK", "true", 1),
        ("CHARGEBACK", "false", 0),
    ] {
        let scenario = world();
        let reply = deliver(&scenario, ADYEN, adyen(&scenario, event, success)).await;
        assert_eq!(reply.status, 200, "{event} {success}: {}", reply.body);
        let queued = queued(&scenario);
        assert_eq!(queued.len(), nudges, "{event} {success}");
        let refund = |key: &String| key.starts_with("dispute/adyen1:REFUND:");
        if event == "REFUND" && nudges > 0 {
            assert!(queued.iter().all(|(queue, key)| *queue == QueueRole::Refunds && refund(key)));
        }
    }
}

#[tokio::test]
async fn bad_deliveries_get_the_right_status_and_nothing_is_queued() {
    let scenario = world();
    let good = stripe(&scenario, &dispute_event("evt_1"), 0);
    let tampered = RawRequest { body: Bytes::from_static(b"{}"), ..good.clone() };
    let bare = RawRequest { headers: http::HeaderMap::new(), ..good.clone() };
    let get = RawRequest { method: Method::GET, ..good.clone() };
    let no_event = stripe(&scenario, &json!({"hello": 1}), 0);
    for (what, path, delivery, status) in [
        ("tampered", STRIPE, tampered, 401),
        ("unsigned", STRIPE, bare, 401),
        ("GET", STRIPE, get, 405),
        ("no event", STRIPE, no_event, 400),
        ("unknown account", ("stripe", "nobody"), good.clone(), 404),
        ("a store", ("stripe", "woo-demo"), good.clone(), 404),
        ("an account as a store", ("woocommerce", "stripe-pay"), good.clone(), 404),
        ("account of another processor", ("stripe", "adyen-pay"), good.clone(), 404),
        ("unknown processor", ("klarna", "stripe-pay"), good.clone(), 404),
    ] {
        let reply = deliver(&scenario, path, delivery).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        assert_eq!(queued(&scenario), [], "{what}");
    }
}

/// R262: an account without a webhook secret takes no webhooks.
#[tokio::test]
async fn an_account_without_a_webhook_secret_is_not_there() {
    let secret = format!("webhook_secret = {:?}", webhook_secret("stripe-pay"));
    let scenario = Scenario::with(|text| text.replace(&secret, ""));
    let delivery = stripe(&scenario, &dispute_event("evt_1"), 0);
    assert_eq!(deliver(&scenario, STRIPE, delivery).await.status, 404);
}

/// R262, R263: both versions are valid during a rotation, and a mismatch fetches the secret anew once.
#[tokio::test]
async fn a_rotated_secret_of_an_account_is_fetched_once() {
    let scenario = world();
    let name = webhook_secret("stripe-pay");
    scenario.secrets.set(&name, "long gone");
    let delivery = stripe(&scenario, &dispute_event("evt_1"), 0);
    assert_eq!(deliver(&scenario, STRIPE, delivery.clone()).await.status, 401);
    let rotated =
        SecretPair { current: Secret::new("newest"), previous: Some(Secret::new(STRIPE_KEY)) };
    scenario.secrets.fresh.lock().unwrap().insert(name, rotated);
    assert_eq!(deliver(&scenario, STRIPE, delivery).await.status, 200);
    assert_eq!(queued(&scenario).len(), 1);
}

/// A kill at every await: acknowledged means queued, and what was not is accepted again.
#[tokio::test]
async fn killed_anywhere_a_processors_event_is_queued_once_it_is_acknowledged() {
    for path in [STRIPE, ADYEN] {
        let delivery = |scenario: &Scenario| match path.0 {
            "stripe" => stripe(scenario, &dispute_event("evt_1"), 0),
            _ => adyen(scenario, "CHARGEBACK", "true"),
        };
        let clean = world();
        clean.gate.disarm();
        deliver(&clean, path, delivery(&clean)).await;
        let calls = clean.gate.calls();
        assert!(calls.len() >= 5, "{calls:?}");
        for (at, call) in calls.iter().enumerate() {
            for kill in [Kill::AfterEffect, Kill::BeforeEffect] {
                let scenario = world();
                scenario.gate.arm(at, kill);
                let gate = scenario.gate.clone();
                let reply = gate.run(deliver(&scenario, path, delivery(&scenario))).await;
                assert!(reply.is_none(), "killed at {call} ({kill:?})");
                scenario.gate.disarm();
                let again = deliver(&scenario, path, delivery(&scenario)).await;
                assert_eq!(again.status, 200, "{call} {kill:?}");
                assert!(!queued(&scenario).is_empty(), "not queued after {kill:?} at {call}");
            }
        }
    }
}
