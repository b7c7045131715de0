//! Signatures, the ping and what deliveries nudge.

use super::*;

/// C29, C37: every recorded delivery is accepted (pings are greeted), order topics nudge the order
/// they are about, other topics nudge nothing, and no nudge has an event id.
#[test]
fn every_recorded_delivery_is_understood() {
    let mut counted = BTreeMap::new();
    for (name, recording) in recordings("woocommerce/real-9.9.5/deliveries") {
        let request = delivered(&recording);
        let secret = recording["webhook_secret"].as_str().unwrap();
        let topic = request.header("x-wc-webhook-topic").map(str::to_owned);
        let Some(topic) = topic else {
            let greeted = verify(request, &[secret]);
            assert!(matches!(&greeted, Verification::Hello(body) if body.is_empty()), "{name}");
            *counted.entry("ping").or_insert(0) += 1;
            continue;
        };
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let nudges = nudges(request, secret).unwrap();
        let field = if topic.starts_with("action.") { "arg" } else { "id" };
        let ours = topic.starts_with("order.") || topic == "action.woocommerce_order_refunded";
        match (ours, body.get(field)) {
            (true, Some(id)) => {
                let [nudge] = nudges.as_slice() else { panic!("{name}: {nudges:?}") };
                assert_eq!(nudge.order_key().unwrap().to_string(), format!("shop/{id}"), "{name}");
                assert_eq!(nudge.event, None, "{name}");
                let at = body
                    .get("date_modified_gmt")
                    .map(|at| format!("{}Z", at.as_str().unwrap()).parse::<Timestamp>().unwrap());
                assert_eq!(nudge.occurred_at, at, "{name}");
                *counted.entry("nudge").or_insert(0) += 1;
            }
            // STORES 6: 093 and 094, the signed error of a lookup.
            (true, None) => {
                assert_eq!(body["code"], "woocommerce_rest_shop_order_invalid_id", "{name}");
                assert!(nudges.is_empty(), "{name}");
                *counted.entry("nameless").or_insert(0) += 1;
            }
            (false, _) => {
                assert!(nudges.is_empty(), "{name}");
                *counted.entry("not ours").or_insert(0) += 1;
            }
        }
    }
    let expected = BTreeMap::from([("nudge", 69), ("nameless", 2), ("not ours", 65), ("ping", 14)]);
    assert_eq!(counted, expected);
}

/// C37: four different refunds of order 22 within seconds have byte-identical bodies; none is dropped.
#[test]
fn identical_refund_bodies_are_four_nudges() {
    let recorded: Vec<(String, Value)> = recordings("woocommerce/real-9.9.5/deliveries")
        .into_iter()
        .filter(|(name, _)| ["046", "048", "050", "052"].contains(&&name[..3]))
        .collect();
    let bodies: Vec<&str> =
        recorded.iter().map(|(_, r)| r["request_body_base64"].as_str().unwrap()).collect();
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    for (name, recording) in &recorded {
        let nudges = nudges(delivered(recording), "whsec-Test_0123456789").unwrap();
        assert_eq!(nudges.len(), 1, "{name}");
        assert_eq!(nudges[0].subject.key(), "after/22", "{name}");
    }
}

#[test]
fn documented_deliveries_are_accepted() {
    for example in document("woocommerce/webhook-deliveries.json")["deliveries"].as_array().unwrap()
    {
        let signature = example["headers"]["X-WC-Webhook-Signature"].as_str().unwrap();
        let topic = example["headers"]["X-WC-Webhook-Topic"].as_str().unwrap();
        let headers = [("x-wc-webhook-signature", signature), ("x-wc-webhook-topic", topic)];
        let body = example["body"].as_str().unwrap().as_bytes();
        assert!(nudges(request(&headers, body), example["secret"].as_str().unwrap()).is_ok());
    }
}

/// C29: only the ping's exact shape is greeted; anything else without a signature is refused.
#[test]
fn only_the_ping_passes_unsigned() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let long = format!("webhook_id={}", "1".repeat(40));
    for (kind, body, hello) in [
        (FORM, "webhook_id=42", true),
        ("application/x-www-form-urlencoded; charset=UTF-8", "webhook_id=42", true),
        ("application/json", "webhook_id=42", false),
        (FORM, "webhook_id=42&x=1", false),
        (FORM, "webhook_id=", false),
        (FORM, "webhook_id=abc", false),
        (FORM, long.as_str(), false),
        (FORM, "", false),
    ] {
        let result = verify(request(&[("content-type", kind)], body.as_bytes()), &["s"]);
        match (hello, result) {
            (true, Verification::Hello(text)) => assert_eq!(text, ""),
            (false, Verification::Refused(refusal)) => assert_eq!(refusal, Refusal::Missing),
            (_, other) => panic!("{kind} {body}: {other:?}"),
        }
    }
    let with_signature = [("content-type", FORM), ("x-wc-webhook-signature", "AAAA")];
    let refused = verify(request(&with_signature, b"webhook_id=42"), &["s"]);
    assert!(matches!(refused, Verification::Refused(Refusal::Malformed)));
    let good = signed("s", b"{}");
    let header = [("x-wc-webhook-signature", good.as_str())];
    let tampered = verify(request(&header, b"{ }"), &["s"]);
    assert!(matches!(tampered, Verification::Refused(Refusal::Mismatch)));
    let unconfigured = verify(request(&header, b"{}"), &[]);
    assert!(matches!(unconfigured, Verification::Refused(Refusal::Unconfigured)));
}

#[test]
fn bad_bodies_are_malformed_and_big_ids_stay_exact() {
    for body in [
        &b""[..],
        b"\xff\xfe",
        b"{\"id\": 5",
        b"{}",
        b"[]",
        b"{\"id\": null}",
        b"{\"id\": 0}",
        b"{\"id\": -5}",
        b"{\"id\": 5.5}",
        b"{\"id\": 1e3}",
        b"{\"id\": true}",
        b"{\"id\": {\"id\": 5}}",
        b"{\"id\": 99999999999999999999999999}",
    ] {
        let text = String::from_utf8_lossy(body);
        assert!(delivery("order.updated", body).is_err(), "{text}");
        assert!(delivery("product.updated", body).unwrap().is_empty(), "{text}");
    }
    let big = delivery("order.updated", br#"{"id": 9007199254740993}"#).unwrap();
    assert_eq!(big[0].subject.key(), "order/9007199254740993");
    let deleted = delivery("order.deleted", br#"{"id":32}"#).unwrap();
    assert_eq!(deleted[0].subject.key(), "order/32");
    assert!(delivery("action.woocommerce_order_refunded", b"{\"arg\":\"x\"}").is_err());
    let signature = signed("s", b"{}");
    let header = [("x-wc-webhook-signature", signature.as_str())];
    assert!(nudges(request(&header, b"{}"), "s").is_err(), "a delivery without topic");
}
