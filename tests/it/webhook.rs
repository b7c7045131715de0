//! functions/webhook's use case: what is acknowledged is queued, what is not signed is never parsed.

use crate::recorded::{document, request};
use crate::sim::{Kill, Scenario};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::Secret;
use causeway_domain::ports::SecretPair;
use causeway_flows::receive::{Reply, receive};
use causeway_platforms::RawRequest;
use http::{HeaderMap, Method, Request};
use sandbox::platforms::{Platform, Topic, forged, tampered};

/// Splits a delivery into what API Gateway hands over.
fn arrives(scenario: &Scenario, delivery: Request<Bytes>) -> (String, String, RawRequest) {
    let path = delivery.uri().path().to_owned();
    let mut segments = path.rsplit('/');
    let store = segments.next().unwrap().to_owned();
    let platform = segments.next().unwrap().to_owned();
    let query = delivery.uri().query().unwrap_or_default().to_owned();
    let (parts, body) = delivery.into_parts();
    let received_at = scenario.now();
    let request =
        RawRequest { method: parts.method, query, headers: parts.headers, body, received_at };
    (platform, store, request)
}

async fn deliver(scenario: &Scenario, delivery: Request<Bytes>) -> Reply {
    let (platform, store, request) = arrives(scenario, delivery);
    receive(&scenario.world, &platform, &store, request).await
}

fn queued(scenario: &Scenario) -> Vec<String> {
    scenario.queued().into_iter().map(|nudge| nudge.subject.key()).collect()
}

/// R16, R17, R36, R225: every platform's signed delivery is accepted and nudges its order.
#[tokio::test]
async fn a_signed_delivery_of_every_platform_is_queued() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let id = shop.generate(1, 1).remove(0);
        let reply = deliver(&scenario, shop.delivery(&id, Topic::Created)).await;
        assert_eq!(reply.status, 200, "{platform:?}: {}", reply.body);
        assert_eq!(queued(&scenario), [format!("order/{id}")], "{platform:?}");
        scenario.empty_queue();
    }
}

/// R62, R164, C37: dropped by true event ids only; WooCommerce and PrestaShop have none.
#[tokio::test]
async fn duplicates_are_dropped_only_where_the_platform_has_event_ids() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let id = shop.generate(2, 1).remove(0);
        let delivery = shop.delivery(&id, Topic::Created);
        for _ in 0..3 {
            assert_eq!(deliver(&scenario, delivery.clone()).await.status, 200);
        }
        let expected = match platform {
            Platform::Shopify | Platform::Square => 1,
            Platform::WooCommerce | Platform::Magento | Platform::PrestaShop => 3,
        };
        assert_eq!(scenario.queued().len(), expected, "{platform:?}");
        scenario.empty_queue();
    }
}

/// R281: bad or missing signature gets 401 and nothing is enqueued.
#[tokio::test]
async fn forged_and_tampered_deliveries_are_refused() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let id = shop.generate(3, 1).remove(0);
        let delivery = shop.delivery(&id, Topic::Created);
        let mut unsigned = delivery.clone();
        *unsigned.headers_mut() = HeaderMap::new();
        for bad in [forged(delivery.clone()), tampered(delivery), unsigned] {
            let reply = deliver(&scenario, bad).await;
            assert_eq!(reply.status, 401, "{platform:?}: {}", reply.body);
        }
        assert!(scenario.queued().is_empty());
    }
}

/// C29: the unsigned ping gets exactly 200 and does nothing else.
#[tokio::test]
async fn the_ping_of_woocommerce_is_answered_and_ignored() {
    let scenario = Scenario::new();
    let ping = scenario.shop(Platform::WooCommerce).ping().unwrap();
    assert_eq!(deliver(&scenario, ping).await.status, 200);
    assert!(scenario.queued().is_empty());
}

/// Where a store's deliveries want a certain answer, every accepted one gets it, whatever became of
/// it: Adobe Commerce's webhooks are synchronous, and only the success operation lets the shop go on
/// (FACTS 4). What is not accepted is never told success.
#[tokio::test]
async fn synchronous_webhooks_of_adobe_commerce_are_answered_with_success() {
    let scenario = Scenario::with(|text| text.replace("module-hmac", "commerce-webhook"));
    let secret = scenario.webhook_secret_name(Platform::Magento);
    let vectors = document("signature-vectors.json");
    for (id, status, answer, orders) in [
        ("magento-13", 200, Some(r#"{"op":"success"}"#), &["order/5"][..]),
        ("magento-14", 200, Some(r#"{"op":"success"}"#), &[]),
        // Rightly signed, but names no order that could be fetched: no reason to hold up a checkout.
        ("magento-01", 200, Some(r#"{"op":"success"}"#), &[]),
        ("magento-04", 401, None, &[]),
    ] {
        let vector = vectors.as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
        scenario.secrets.set(&secret, vector["key"].as_str().unwrap());
        let reply = receive(&scenario.world, "magento", "magento-demo", signed(vector)).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.body);
        assert_eq!(reply.content_type == "application/json", answer.is_some(), "{id}");
        match answer {
            Some(answer) => assert_eq!(reply.body, answer, "{id}"),
            None => assert!(!reply.body.contains("success"), "{id}: {}", reply.body),
        }
        assert_eq!(queued(&scenario), orders, "{id}");
        scenario.empty_queue();
        // The shop is told success, so the line is where the merchant learns what to map.
        let lines = scenario.sink.lines();
        let says =
            lines.last().is_some_and(|line| line.contains("nothing to do: the body has no id"));
        assert_eq!(says, id == "magento-01", "{id}: {lines:?}");
    }
}

/// The delivery of a signature vector.
fn signed(vector: &serde_json::Value) -> RawRequest {
    let headers = vector["headers"].as_object().unwrap().iter();
    let headers: Vec<(&str, &str)> =
        headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let body = STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap();
    request(&headers, &body, "2026-01-01T00:00:00Z".parse().unwrap())
}

/// Everybody else is told in plain text what became of the delivery.
#[tokio::test]
async fn other_deliveries_are_answered_in_plain_text() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let id = shop.generate(9, 1).remove(0);
        let reply = deliver(&scenario, shop.delivery(&id, Topic::Created)).await;
        let told = (reply.status, reply.content_type, reply.body.as_str());
        assert_eq!(told, (200, "text/plain; charset=utf-8", "queued 1"), "{platform:?}");
    }
}

/// R262, R263: both versions are valid during a rotation, and a secret that was rotated after it was
/// cached is fetched anew once.
#[tokio::test]
async fn a_rotated_secret_is_fetched_once_and_the_previous_one_stays_valid() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Shopify);
    let name = scenario.webhook_secret_name(Platform::Shopify);
    let id = shop.generate(4, 1).remove(0);
    let delivery = shop.delivery(&id, Topic::Created);
    let current = Secret::new(shop.shop().webhook_secret);

    let old = SecretPair { current: Secret::new("long gone"), previous: None };
    scenario.secrets.cached.lock().unwrap().insert(name.clone(), old.clone());
    assert_eq!(deliver(&scenario, delivery.clone()).await.status, 401);

    let rotated = SecretPair { current: Secret::new("newest"), previous: Some(current) };
    scenario.secrets.fresh.lock().unwrap().insert(name.clone(), rotated);
    assert_eq!(deliver(&scenario, delivery).await.status, 200);
    assert_eq!(scenario.queued().len(), 1);
}

/// Every kind of bad input gets the right 4xx, one log line, and nothing is enqueued.
#[tokio::test]
async fn bad_input_is_refused_with_the_right_status() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Shopify);
    let id = shop.generate(5, 1).remove(0);
    let good = shop.delivery(&id, Topic::Created);
    let (platform, store, request) = arrives(&scenario, good);
    let with_body =
        |body: &[u8]| RawRequest { body: Bytes::copy_from_slice(body), ..request.clone() };
    let signed = |body: &[u8]| {
        let mut request = with_body(body);
        let signature = scenario.sign_shopify(body);
        request.headers.insert("x-shopify-hmac-sha256", signature.parse().unwrap());
        request
    };
    let method = |method: Method| RawRequest { method, ..request.clone() };
    let header = |value: &[u8]| {
        let mut request = request.clone();
        let value = http::HeaderValue::from_bytes(value).unwrap();
        request.headers.insert("x-shopify-hmac-sha256", value);
        request
    };
    let cases: Vec<(&str, &str, &str, RawRequest, u16)> = vec![
        ("no body, unsigned", &platform, &store, with_body(b""), 401),
        ("no body, signed", &platform, &store, signed(b""), 400),
        ("3 MB", &platform, &store, with_body(&vec![b'x'; 3 << 20]), 413),
        ("not UTF-8, signed", &platform, &store, signed(b"\xff\xfe{}"), 400),
        ("truncated JSON, signed", &platform, &store, signed(br#"{"id": 12"#), 400),
        ("wrong types, signed", &platform, &store, signed(br#"{"id": {"a": []}}"#), 400),
        ("empty signature", &platform, &store, header(b""), 401),
        ("short signature", &platform, &store, header(b"YWJj"), 401),
        ("not base64", &platform, &store, header(b"%%%"), 401),
        ("not ASCII", &platform, &store, header(b"\xf0\x9f\x98\x80"), 401),
        ("unknown store", &platform, "nobody", request.clone(), 404),
        ("ill-formed store", &platform, "../etc/passwd", request.clone(), 404),
        ("unknown platform", "etsy", &store, request.clone(), 404),
        ("store of another platform", "square", &store, request.clone(), 404),
        ("GET", &platform, &store, method(Method::GET), 405),
        ("DELETE", &platform, &store, method(Method::DELETE), 405),
    ];
    for (name, platform, store, request, status) in cases {
        let lines = scenario.sink.lines().len();
        let reply = receive(&scenario.world, platform, store, request).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.body);
        assert_eq!(scenario.sink.lines().len() - lines, 1, "{name}: one log line");
        assert!(scenario.queued().is_empty(), "{name}: nothing enqueued");
    }
}

/// Ids above 2^53 arrive digit by digit.
#[tokio::test]
async fn an_id_beyond_a_double_keeps_every_digit() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Shopify);
    let id = shop.generate(6, 1).remove(0);
    let (platform, store, mut request) = arrives(&scenario, shop.delivery(&id, Topic::Created));
    let body =
        br#"{"id":9007199254740993,"admin_graphql_api_id":"gid://shopify/Order/9007199254740993"}"#;
    request.body = Bytes::from_static(body);
    let signature = scenario.sign_shopify(body);
    request.headers.insert("x-shopify-hmac-sha256", signature.parse().unwrap());
    assert_eq!(receive(&scenario.world, &platform, &store, request).await.status, 200);
    assert_eq!(queued(&scenario), ["order/9007199254740993"]);
}

/// C37: a flash sale: a thousand orders in one second share WooCommerce's delivery ids; none is lost.
#[tokio::test]
async fn a_thousand_orders_in_one_second_lose_none() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::WooCommerce);
    let ids = shop.generate(7, 1000);
    for id in &ids {
        assert_eq!(deliver(&scenario, shop.delivery(id, Topic::Created)).await.status, 200);
    }
    let mut got = queued(&scenario);
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 1000);
}

/// A kill at every await of the webhook function, before and after each call's effect: acknowledged
/// means queued, and what was not acknowledged is accepted again and then is queued.
#[tokio::test]
async fn killed_anywhere_acknowledged_means_queued() {
    for platform in Platform::ALL {
        let clean = Scenario::new();
        let shop = clean.shop(platform);
        let id = shop.generate(8, 1).remove(0);
        clean.gate.disarm();
        deliver(&clean, shop.delivery(&id, Topic::Created)).await;
        let calls = clean.gate.calls();
        assert!(calls.len() >= 3, "{calls:?}");
        for (at, call) in calls.iter().enumerate() {
            for kill in [Kill::AfterEffect, Kill::BeforeEffect] {
                let scenario = Scenario::new();
                let shop = scenario.shop(platform);
                let id = shop.generate(8, 1).remove(0);
                let delivery = shop.delivery(&id, Topic::Created);
                scenario.gate.arm(at, kill);
                let gate = scenario.gate.clone();
                let reply = gate.run(deliver(&scenario, delivery.clone())).await;
                assert!(reply.is_none(), "killed at {call} ({kill:?})");
                scenario.gate.disarm();
                let again = deliver(&scenario, delivery).await;
                assert_eq!(again.status, 200, "{platform:?} {call} {kill:?}");
                assert!(
                    queued(&scenario).contains(&format!("order/{id}")),
                    "{platform:?}: acknowledged but not queued after {kill:?} at {call}"
                );
            }
        }
    }
}
