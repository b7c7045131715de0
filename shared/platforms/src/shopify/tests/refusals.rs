//! What is asked, and what becomes of answers that are not an order.

use causeway_domain::{Fault, OrderId, Secret};
use proptest::prelude::*;
use serde_json::Value;
use std::time::Duration;

use super::{body, fetch, store};
use crate::adapter::{Adapter as _, Fetch, FetchContext};
use crate::shopify::Shopify;
use crate::testing::{self, answer, hostile, mutate, refused_at_once};

const ID: &str = "820982911946154508";

#[test]
fn the_first_call_is_one_graphql_post() {
    for secret in ["shpat_0123\n", r#"{"access_token": "shpat_0123", "refresh_token": "shprt_1"}"#]
    {
        let connection = store(r#"{"b2b": false, "api_version": "2026-10"}"#);
        let credentials = Secret::new(secret);
        let now = "2026-10-07T00:00:00Z".parse().unwrap();
        let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 1 };
        let Fetch::Ask(calls) = Shopify.fetch_order(&cx, &OrderId::new(ID), &[]).unwrap() else {
            panic!("nothing asked");
        };
        let [call] = calls.as_slice() else { panic!("not one call") };
        let request = &call.request;
        let url = "https://acme.myshopify.com/admin/api/2026-10/graphql.json";
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", url));
        assert_eq!(request.headers()["x-shopify-access-token"], "shpat_0123");
        assert!(!format!("{:?}", request.headers()).contains("shpat_0123"));
        let sent: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(sent["variables"]["id"], format!("gid://shopify/Order/{ID}"));
        assert_eq!(sent["variables"]["b2b"], false);
        assert!(sent["query"].as_str().unwrap().contains("query CausewayOrder("));
    }
}

#[test]
fn an_unusable_secret_or_id_asks_nothing() {
    let connection = store("{}");
    for (secret, id, class) in [
        ("", ID, "wait"),
        ("{\"token\": \"shpat_9\"}", ID, "wait"),
        ("shpat 9", ID, "wait"),
        ("shpat_9", "", "reject"),
        ("shpat_9", "gid://shopify/Order/1", "reject"),
        ("shpat_9", "1\"}", "reject"),
    ] {
        let found = refused_at_once(&Shopify, &connection, (secret, id), "shpat_9");
        assert_eq!(found, class, "{secret} {id}");
    }
}

/// R119, R58: limits and failures of Shopify become the right fault, and never an order.
#[test]
fn other_answers_become_faults() {
    let throttled = r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],
        "extensions":{"cost":{"requestedQueryCost":202,"actualQueryCost":null,
        "throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":18,"restoreRate":50.0}}}}"#;
    let denied = r#"{"data":{"order":null},"errors":[{"message":"Access denied to Jonna Field",
        "path":["order","customer"],"extensions":{"code":"ACCESS_DENIED"}}]}"#;
    for (status, body, class, text) in [
        (200, throttled, "retry", "throttled"),
        (200, denied, "wait", "order.customer"),
        (
            200,
            r#"{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#,
            "retry",
            "INTERNAL",
        ),
        (200, r#"{"errors":[{"extensions":{"code":"MAX_COST_EXCEEDED"}}]}"#, "reject", "MAX_COST"),
        (200, r#"{"errors":[{"message":"Field x"}]}"#, "reject", "without a code"),
        (200, r#"{"errors":"Not Found"}"#, "reject", "without a code"),
        (200, r#"{"data":null}"#, "reject", "neither data nor errors"),
        (200, "", "retry", "truncated"),
        (200, r#"{"data":{"order":{"id""#, "retry", "truncated"),
        (200, "<html>", "reject", "not JSON"),
        (200, r#"{"data":{"order":{"id":7}}}"#, "reject", "unexpected type"),
        (401, r#"{"errors":"[API] Invalid API key"}"#, "wait", "credentials"),
        (403, "", "wait", "credentials"),
        (402, "", "wait", "frozen"),
        (404, r#"{"errors":"Not Found"}"#, "wait", "base_url"),
        (423, "", "wait", "locked"),
        (429, "", "retry", "429"),
        (502, "", "retry", "502"),
        (400, "", "reject", "400"),
    ] {
        let fault = fetch(&store("{}"), ID, &[answer(status, body)]).unwrap_err();
        assert_eq!(fault.class(), class, "{status} {body}");
        let shown = format!("{fault:?}");
        assert!(shown.contains(text), "{status} {body}: {shown}");
        assert!(!shown.contains("Jonna"), "{shown}");
    }
    let fault = fetch(&store("{}"), ID, &[answer(200, throttled)]).unwrap_err();
    let Fault::Retry { after, .. } = fault else { panic!("{fault:?}") };
    assert_eq!(after, Some(Duration::from_secs(4)), "184 points at 50 a second");
}

#[test]
fn null_is_gone_and_another_order_is_refused() {
    let gone = fetch(&store("{}"), ID, &[answer(200, r#"{"data":{"order":null}}"#)]).unwrap();
    assert!(matches!(gone, Fetch::Gone));
    let fault =
        fetch(&store("{}"), "5811000000002", &[answer(200, body("simple", 1))]).unwrap_err();
    assert!(format!("{fault:?}").contains("another order"), "{fault:?}");
}

#[test]
fn endless_pages_end() {
    let page =
        answer(200, body("long", 2).replace("\"hasNextPage\": false", "\"hasNextPage\": true"));
    let mut answers = vec![answer(200, body("long", 1))];
    answers.extend(std::iter::repeat_n(page, 60));
    assert_eq!(fetch(&store("{}"), "5811000000017", &answers).unwrap_err().class(), "reject");
}

#[test]
fn every_wrong_option_is_named() {
    let bad = r#"{"api_version": "2026-7", "currency": "euro", "b2b": "yes", "vat_attribute": 3,
        "apiversion": "2026-07", "status": {"paid": "open"}}"#;
    let mut connection = testing::connection("http://shop.example.com/admin?x=1", bad);
    let paths: Vec<String> =
        Shopify.check(&connection).into_iter().map(|problem| problem.path).collect();
    for option in ["api_version", "currency", "b2b", "vat_attribute", "apiversion", "status.paid"] {
        assert!(paths.contains(&format!("options.{option}")), "{option}: {paths:?}");
    }
    assert_eq!(paths.iter().filter(|path| *path == "base_url").count(), 3, "{paths:?}");
    assert_eq!(fetch(&connection, ID, &[]).unwrap_err().class(), "reject");
    connection = store(r#"{"currency": "shop", "vat_attribute": "VAT", "status": {}}"#);
    assert_eq!(Shopify.check(&connection), []);
}

proptest! {
    /// R76: whatever Shopify sends, the adapter answers; it never panics, and never finds an order
    /// whose lines do not sum up.
    #[test]
    fn no_answer_makes_it_panic(
        name in prop::sample::select(vec!["simple", "discounts", "tip-and-rounding", "duties", "gift-card", "company"]),
        changes in prop::collection::vec((any::<usize>(), 0usize..22), 1..4),
    ) {
        let mut document: Value = serde_json::from_str(&body(name, 1)).unwrap();
        let id = Shopify.order_id_in(body(name, 1).as_bytes()).unwrap();
        for (n, with) in changes {
            mutate(&mut document, n, hostile().get(with).cloned());
        }
        let result = fetch(&store("{}"), id.as_str(), &[answer(200, document.to_string())]);
        if let Ok(Fetch::Found(order)) = result {
            prop_assert_eq!(order.lines_total().unwrap(), order.total);
        }
    }

    #[test]
    fn no_agreement_makes_it_panic(changes in prop::collection::vec((any::<usize>(), 0usize..22), 1..4)) {
        let mut document: Value = serde_json::from_str(&body("edited", 3)).unwrap();
        for (n, with) in changes {
            mutate(&mut document, n, hostile().get(with).cloned());
        }
        let answers = [body("edited", 1), body("edited", 2), document.to_string()];
        let answers = answers.map(|body| answer(200, body));
        if let Ok(Fetch::Found(order)) = fetch(&store("{}"), "5811000000010", &answers) {
            prop_assert_eq!(order.lines_total().unwrap(), order.total);
        }
    }
}
