//! R253, C10: which order a Magento delivery nudges in each of the three modes, and the options that
//! choose the mode.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;

use causeway_domain::{Nudge, StoreId};
use causeway_platforms::registry::ADAPTERS;
use causeway_platforms::{Problem, Verification, adapter};
use delivery::{connection, hmac_signings};
use serde_json::{Value, json};

#[test]
fn every_problem_of_the_options_is_named_at_once() {
    let paths = |options: Value| -> Vec<String> {
        let problems: Vec<Problem> = adapter("magento").unwrap().check(&connection(None, &options));
        let mut paths: Vec<String> = problems.into_iter().map(|problem| problem.path).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(json!({})), ["options.signing"]);
    assert_eq!(paths(json!({"signing": "io-events"})), ["options.client_id"]);
    assert_eq!(
        paths(
            json!({"signing": "hmac", "auth": 1, "store_code": "a/b", "prices_include_tax": "yes",
            "status": {"x": "open"}, "colour": "red"})
        ),
        [
            "options.auth",
            "options.colour",
            "options.prices_include_tax",
            "options.signing",
            "options.status.x",
            "options.store_code"
        ]
    );
    assert_eq!(
        paths(json!({"signing": "commerce-webhook", "encoding": "hex", "client_id": "x"})),
        ["options.client_id", "options.encoding"]
    );
    assert_eq!(
        paths(json!({"signing": "module-hmac", "signature_header": "a b", "encoding": "utf"})),
        ["options.encoding", "options.signature_header"]
    );
    for good in [
        json!({"signing": "io-events", "client_id": "id"}),
        json!({"signing": "commerce-webhook", "auth": "bearer", "prices_include_tax": true}),
        json!({"signing": "module-hmac", "signature_header": "X-Sign", "encoding": "base64",
            "store_code": "nl_b2b", "status": {"fraud": "ignore"}}),
    ] {
        assert_eq!(paths(good.clone()), Vec::<String>::new(), "{good}");
    }
    let at = |base: &str, options: Value| {
        let mut options = options;
        options["signing"] = json!("module-hmac");
        let mut store = connection(None, &options);
        store.base_url = base.parse().unwrap();
        let problems = adapter("magento").unwrap().check(&store);
        problems.into_iter().map(|problem| problem.path).collect::<Vec<String>>()
    };
    assert_eq!(at("http://shop.example.com", json!({"auth": "bearer"})), ["options.auth"]);
    assert_eq!(at("http://127.0.0.1:8080", json!({"auth": "bearer"})), Vec::<String>::new());
    assert_eq!(at("https://shop.example.com/rest/", json!({})), ["base_url"]);
    assert_eq!(at("https://shop.example.com/rest/V1", json!({})), ["base_url"]);
    for fine in ["https://shop.example.com/magento", "https://shop.example.com/restaurant"] {
        assert_eq!(at(fine, json!({})), Vec::<String>::new(), "{fine}");
    }
}

/// FACTS 4: only Adobe Commerce webhooks are answered with the operation that lets the shop go on.
#[test]
fn synchronous_webhooks_are_answered_with_success() {
    for (options, expected) in [
        (json!({"signing": "commerce-webhook"}), Some(r#"{"op":"success"}"#)),
        (json!({"signing": "io-events", "client_id": "id"}), None),
        (json!({"signing": "module-hmac"}), None),
        (json!({"signing": "nothing"}), None),
    ] {
        let store = connection(None, &options);
        assert_eq!(adapter("magento").unwrap().acknowledgement(&store), expected, "{options}");
    }
    for other in ADAPTERS.iter().filter(|adapter| adapter.id() != "magento") {
        assert_eq!(other.acknowledgement(&connection(None, &json!({}))), None, "{}", other.id());
    }
}

/// An order, the topic and the event id.
type Heard = (String, Option<String>, Option<String>);

/// What a rightly signed body nudges.
fn heard(body: &Value) -> Result<Vec<Heard>, String> {
    let signing = hmac_signings().into_iter().find(|s| s.platform == "magento").unwrap();
    let request = signing.signed(body.to_string());
    let Verification::Accepted(delivery) = signing.verify(request) else { panic!("{body}") };
    adapter("magento")
        .unwrap()
        .nudges(&StoreId::from("acme"), &delivery)
        .map(|nudges| {
            let order = |nudge: &Nudge| nudge.order_key().unwrap().order.to_string();
            nudges
                .iter()
                .map(|n| (order(n), n.topic.clone(), n.event.as_ref().map(|e| e.to_string())))
                .collect()
        })
        .map_err(|malformed| malformed.to_string())
}

/// A credit memo or an invoice is looked at as what comes after the order; a shipment is not.
#[test]
fn refunds_and_payments_nudge_what_comes_after_the_order() {
    let both = json!({"entity_id": "13", "order_id": "8"});
    let keys = |body: &Value| -> Vec<String> {
        let signing = hmac_signings().into_iter().find(|s| s.platform == "magento").unwrap();
        let request = signing.signed(body.to_string());
        let Verification::Accepted(delivery) = signing.verify(request) else { panic!("{body}") };
        let nudges = adapter("magento").unwrap().nudges(&StoreId::from("acme"), &delivery);
        nudges.unwrap().iter().map(|nudge| nudge.subject.key()).collect()
    };
    for (body, key) in [
        (io_event("observer.sales_order_creditmemo_save_after", &both), "after/8"),
        (io_event("plugin.sales.api.creditmemo_repository.save", &both), "after/8"),
        (io_event("observer.sales_order_invoice_save_after", &both), "after/8"),
        (io_event("observer.sales_order_shipment_save_after", &both), "order/8"),
        (io_event("observer.sales_order_save_after", &json!({"entity_id": 8})), "order/8"),
        (json!({"event": "creditmemo.saved", "entity_id": 13, "order_id": 8}), "after/8"),
        (json!({"event": "shipment.saved", "entity_id": 13, "order_id": 8}), "order/8"),
        (json!({"creditmemo": {"entity_id": 13, "order_id": 8}}), "after/8"),
        (json!({"order": {"entity_id": 8}}), "order/8"),
        (json!({"eventName": "observer.sales_order_creditmemo_refund", "order_id": 8}), "after/8"),
    ] {
        assert_eq!(keys(&body), [key], "{body}");
    }
}

fn io_event(kind: &str, value: &Value) -> Value {
    json!({"event_id": "e-1", "recipient_client_id": "c",
        "event": {"type": format!("com.adobe.commerce.{kind}"), "data": {"value": value}}})
}

/// C10: an invoice's own entity_id must never be taken for the order's.
#[test]
fn io_events_nudge_the_order_they_belong_to() {
    let both = json!({"entity_id": "13", "order_id": "8"});
    for (kind, value, order) in [
        ("observer.sales_order_save_commit_after", json!({"entity_id": 5}), "5"),
        ("observer.sales_order_save_after.paid", json!({"entity_id": "5"}), "5"),
        (
            "observer.sales_order_place_after",
            json!({"order_id": "9007199254740993"}),
            "9007199254740993",
        ),
        (
            "observer.checkout_submit_all_after",
            json!({"order": {"entity_id": 5}, "quote": {"entity_id": 6}}),
            "5",
        ),
        ("plugin.sales.api.order_management.place", json!({"entity_id": 5}), "5"),
        ("plugin.magento.sales.api.order_repository.save", json!({"entity_id": 5}), "5"),
        ("observer.sales_order_invoice_save_after", both.clone(), "8"),
        ("observer.sales_order_creditmemo_save_after", both.clone(), "8"),
        ("observer.sales_order_shipment_save_after", both.clone(), "8"),
        ("observer.sales_order_shipment_track_save_after", both.clone(), "8"),
        (
            "observer.sales_order_status_history_save_after",
            json!({"entity_id": 1, "parent_id": 8}),
            "8",
        ),
    ] {
        let heard = heard(&io_event(kind, &value)).unwrap();
        assert_eq!(
            heard,
            [(order.to_owned(), Some(kind.to_owned()), Some("e-1".to_owned()))],
            "{kind}"
        );
    }
    let invoice = io_event("observer.sales_order_invoice_save_after", &json!({"entity_id": 13}));
    assert!(heard(&invoice).unwrap_err().contains("order_id"));
    let product = io_event("observer.catalog_product_save_after", &json!({"entity_id": 13}));
    assert_eq!(heard(&product), Ok(Vec::new()));
    // CloudEvents: the members of the event stand beside the envelope's.
    let mut flat =
        json!({"recipient_client_id": "c", "event_id": "e-2", "time": "2026-01-01T00:00:00Z"});
    flat["@type"] = json!("com.adobe.commerce.observer.sales_order_save_after");
    flat["data"] = json!({"value": {"entity_id": 5}});
    assert_eq!(heard(&flat).unwrap()[0].0, "5");
}

#[test]
fn webhooks_and_modules_nudge_without_an_event_id() {
    for (body, order) in [
        (json!({"event": {"order": {"entity_id": 5}}}), "5"),
        (
            json!({"eventName": "observer.sales_order_save_after", "data": {"order": {"entity_id": "5"}}}),
            "5",
        ),
        (json!({"order": {"entity_id": 5, "increment_id": "000000005"}}), "5"),
        (json!({"order_id": 5}), "5"),
        (json!({"invoice": {"entity_id": 13, "order_id": 8}}), "8"),
        (json!({"event": "order.saved", "entity_id": 5}), "5"),
        (json!({"event": "order.saved", "order_id": "5"}), "5"),
        (json!({"event": "creditmemo.saved", "entity_id": 13, "order_id": 8}), "8"),
    ] {
        let heard = heard(&body).unwrap();
        assert_eq!((heard[0].0.as_str(), &heard[0].2), (order, &None), "{body}");
    }
    assert_eq!(heard(&json!({"event": "customer.saved", "entity_id": 5})), Ok(Vec::new()));
    // Only the number people see: not enough, and the text says what to map.
    let increment = json!({"event": {"order": {"increment_id": "000000005"}}});
    assert!(heard(&increment).unwrap_err().contains("order.entity_id"));
    assert!(heard(&json!({"event": "invoice.saved", "entity_id": 13})).is_err());
}
