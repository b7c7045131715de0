//! What the real systems refuse, the fakes refuse, and say so.

use super::super::{Fake, Faults, Platform, Shop};
use super::{fake, fetched};
use crate::{Reply, Server};
use base64::Engine as _;
use bytes::Bytes;
use causeway_domain::Fault;
use http::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

fn send(
    fake: &Arc<Fake>,
    request: http::request::Builder,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    match fake.handle(request.body(body.into()).unwrap()) {
        Reply::Now(answer) | Reply::After(_, answer) => answer,
        Reply::Drop => panic!("dropped"),
    }
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

fn basic(user: &str, password: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {text}")
}

fn graphql(fake: &Arc<Fake>, query: &str, variables: Value) -> Value {
    let request = Request::post("/admin/api/2026-07/graphql.json")
        .header("content-type", "application/json")
        .header("x-shopify-access-token", &fake.shop().credentials);
    body(&send(fake, request, json!({"query": query, "variables": variables}).to_string()))
}

#[test]
fn shopify_answers_exactly_the_selection() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let id = fake.add(1, |mut draft| {
        let line = draft.lines[0].clone();
        draft.lines = vec![line.clone(), line.clone(), line];
        draft
    });
    let gid = format!("gid://shopify/Order/{id}");
    let query = "query Q($id: ID!, $n: Int!, $after: String) { order(id: $id) { number: name
        ...Rest lineItems(first: $n, after: $after) { edges { cursor node { sku } }
        pageInfo { hasNextPage endCursor } } } } fragment Rest on Order { test }";
    let first = graphql(&fake, query, json!({"id": gid, "n": 2}));
    let order = &first["data"]["order"];
    assert_eq!(order.as_object().unwrap().len(), 3);
    assert_eq!(order["number"], "#1001");
    assert_eq!(order["lineItems"]["edges"].as_array().unwrap().len(), 2);
    let cursor = &order["lineItems"]["pageInfo"]["endCursor"];
    let second = graphql(&fake, query, json!({"id": gid, "n": 2, "after": cursor}));
    let items = &second["data"]["order"]["lineItems"];
    assert_eq!(items["edges"].as_array().unwrap().len(), 1);
    assert_eq!(items["pageInfo"]["hasNextPage"], false);
    assert!(first["extensions"]["cost"]["requestedQueryCost"].as_u64().unwrap() > 2);
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[test]
fn shopify_refuses_what_its_schema_does_not_have() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let answer = graphql(&fake, "{ order(id: \"gid://shopify/Order/1\") { nope } }", json!({}));
    assert_eq!(answer["errors"][0]["message"], "Field 'nope' doesn't exist on type 'Order'");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "undefinedField");
    let answer = graphql(&fake, "query Q($id: ID!) { order(id: $id) { id } }", json!({"id": "7"}));
    assert_eq!(answer["errors"][0]["message"], "Invalid global id '7'");
    let deep = "query Q($id: ID!) { order(id: $id) { lineItems(first: 250) { nodes { id
        originalUnitPriceSet { shopMoney { amount } } discountedTotalSet { shopMoney { amount } }
        taxLines { priceSet { shopMoney { amount } } } } } } }";
    let answer = graphql(&fake, deep, json!({"id": "gid://shopify/Order/1"}));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "MAX_COST_EXCEEDED");
    let bad = Request::post("/admin/api/2026-07/graphql.json")
        .header("content-type", "application/json")
        .header("x-shopify-access-token", "shpat_wrong");
    assert_eq!(send(&fake, bad, "{}").status(), 401);
    assert_eq!(send(&fake, Request::post("/admin/api/2025-01/graphql.json"), "{}").status(), 404);
    assert_eq!(fake.violations().len(), 5);
}

#[test]
fn shopify_throttles_with_200() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let id = fake.generate(1, 1).remove(0);
    fake.set_faults(Faults { throttled: 1, ..Faults::default() });
    let fault = fetched(&fake, &id, 1).unwrap_err();
    assert!(matches!(fault, Fault::Retry { .. }), "{fault:?}");
    assert!(fetched(&fake, &id, 2).unwrap().is_some());
}

// The texts are those of the recordings api/001-016 and 097, 130.
#[test]
fn woocommerce_authenticates_as_recorded() {
    let secure = fake(Shop::demo(Platform::WooCommerce));
    let (key, secret) =
        (secure.shop().credential("consumer_key"), secure.shop().credential("consumer_secret"));
    let get = |fake: &Arc<Fake>, path: &str, authorization: Option<String>| {
        let request = Request::get(path);
        let request = match authorization {
            Some(text) => request.header("authorization", text),
            None => request,
        };
        let answer = send(fake, request, "");
        (answer.status().as_u16(), body(&answer)["code"].as_str().unwrap_or_default().to_owned())
    };
    let path = "/wp-json/wc/v3/orders/9";
    let missing = (404, "woocommerce_rest_shop_order_invalid_id".to_owned());
    let nobody = (401, "woocommerce_rest_cannot_view".to_owned());
    let wrong = (401, "woocommerce_rest_authentication_error".to_owned());
    assert_eq!(get(&secure, path, Some(basic(&key, &secret))), missing);
    assert_eq!(get(&secure, path, None), nobody);
    assert_eq!(get(&secure, path, Some(basic("ck_0", &secret))), nobody);
    assert_eq!(get(&secure, path, Some(basic(&key, "cs_0"))), wrong);
    let abc = get(&secure, "/wp-json/wc/v3/orders/abc", Some(basic(&key, &secret)));
    assert_eq!(abc, (404, "rest_no_route".to_owned()));
    let shop = Shop::demo(Platform::WooCommerce).at("http://woo.example.test", "https://x.test");
    let plain = fake(shop);
    assert_eq!(get(&plain, path, Some(basic(&key, &secret))), nobody);
    // Over plain HTTP the adapter signs with OAuth 1.0a; a replayed nonce is refused.
    let id = plain.generate(1, 1).remove(0);
    assert!(fetched(&plain, &id, 77).unwrap().is_some());
    assert!(fetched(&plain, &id, 77).is_err());
    assert!(plain.violations().last().unwrap().contains("nonce has already been used"));
}

#[test]
fn magento_verifies_oauth_and_names_what_is_missing() {
    let fake = fake(Shop::demo(Platform::Magento));
    let id = fake.generate(1, 1).remove(0);
    assert!(fetched(&fake, &id, 5).unwrap().is_some());
    assert!(matches!(fetched(&fake, &id, 5), Err(Fault::Retry { .. })));
    assert_eq!(fetched(&fake, "999", 6).unwrap(), None);
    let answer = send(&fake, Request::get("/rest/default/V1/orders/1"), "");
    assert_eq!(answer.status(), 401);
    assert!(body(&answer)["message"].as_str().unwrap().contains("isn't authorized"));
    let bearer = "Bearer at1234567890abcdef1234567890abcd";
    let request = Request::get("/rest/default/V1/orders/1").header("authorization", bearer);
    assert_eq!(send(&fake, request, "").status(), 401);
    let mut shop = Shop::demo(Platform::Magento);
    shop.options.insert("auth".to_owned(), json!("bearer"));
    let open = super::fake(shop);
    let id = open.generate(1, 1).remove(0);
    assert!(fetched(&open, &id, 1).unwrap().is_some());
    assert_eq!(open.violations(), Vec::<String>::new());
}

#[test]
fn prestashop_refuses_as_recorded() {
    let fake = fake(Shop::demo(Platform::PrestaShop));
    fake.generate(1, 3);
    let key = basic(&fake.shop().credentials, "");
    let get = |path: &str| {
        let answer = send(&fake, Request::get(path).header("authorization", &key), "");
        (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
    };
    let code = |path: &str| {
        let (status, text) = get(path);
        let code = text.split("<code><![CDATA[").nth(1).and_then(|rest| rest.split(']').next());
        (status, code.unwrap_or_default().to_owned())
    };
    assert_eq!(code("/api/orders?filter[nope]=1"), (400, "32".to_owned()));
    assert_eq!(
        code("/api/orders?filter[date_upd]=[2026-01-01,2027-01-01]"),
        (400, "32".to_owned())
    );
    assert_eq!(code("/api/orders?display=[id,nope]"), (400, "35".to_owned()));
    assert_eq!(code("/api/orders?display=all"), (400, "36".to_owned()));
    assert_eq!(code("/api/orders?sort=[nope_DESC]"), (400, "38".to_owned()));
    assert_eq!(code("/api/nope"), (400, "27".to_owned()));
    assert_eq!(get("/api/orders/99999"), (404, String::new()));
    let two = get("/api/orders?filter[id]=[1|3]").1;
    assert_eq!(two.matches("<order id=").count(), 2);
    assert!(two.contains("xlink:href=\"https://presta.example.test/api/orders/3\""));
    assert_eq!(get("/api/orders?limit=1,1&display=[id]").1.matches("<order>").count(), 1);
    let full = get("/api/orders?display=full&date=1&filter[date_add]=%3E[2026-11-01%2008:31:00]").1;
    assert_eq!(full.matches("<order>").count(), 2);
    assert!(
        full.contains("<shipping_number notFilterable=\"true\"><![CDATA[]]></shipping_number>")
    );
    let status = |user: &str| {
        let request = Request::get("/api/orders").header("authorization", basic(user, ""));
        let answer = send(&fake, request, "");
        (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
    };
    assert!(status("abc").1.contains("Invalid authentication key format"));
    assert!(status(&"A".repeat(32)).1.contains("Authentification key is not active"));
    assert_eq!(status("abc").0, 401);
    assert_eq!(send(&fake, Request::get("/api/orders"), "").status(), 401);
}

#[test]
fn square_checks_paths_bodies_and_headers() {
    let fake = fake(Shop::demo(Platform::Square));
    let id = fake.generate(1, 1).remove(0);
    let call = |request: http::request::Builder, body: &str| {
        let token = format!("Bearer {}", fake.shop().credentials);
        let request = request.header("authorization", token).header("square-version", "2026-09-16");
        let answer = send(&fake, request, body.to_owned());
        (answer.status().as_u16(), super::refusals::body(&answer))
    };
    let code = |answer: (u16, Value)| (answer.0, answer.1["errors"][0]["code"].clone());
    assert_eq!(code(call(Request::get("/v2/orders/NOPE"), "")), (404, json!("NOT_FOUND")));
    let batch = || Request::post("/v2/orders/batch-retrieve");
    assert_eq!(code(call(batch(), "{}")).0, 400);
    assert_eq!(code(call(batch(), "{\"order_ids\": [], \"x\": 1}")).0, 400);
    let ids = json!({"order_ids": ["NOPE", id]}).to_string();
    let found = call(batch(), &ids).1;
    assert_eq!(found["orders"][0]["id"], id.as_str());
    assert_eq!(found["orders"].as_array().unwrap().len(), 1);
    let query = call(Request::get(format!("/v2/orders/{id}?x=1")), "");
    assert_eq!(code(query), (400, json!("UNKNOWN_QUERY_PARAMETER")));
    let answer = send(&fake, Request::get(format!("/v2/orders/{id}")), "");
    assert_eq!(answer.status(), 401);
    assert_eq!(body(&answer)["errors"][0]["category"], "AUTHENTICATION_ERROR");
}

#[test]
fn faults_are_set_and_counted_over_http_and_inspection_shows_the_orders() {
    for shop in super::super::shops() {
        let fake = fake(shop);
        let id = fake.generate(2, 2).remove(0);
        let faults = [
            (json!({"too_many": 1, "retry_after": 7}), Some(7)),
            (json!({"server_error": 1}), None),
            (json!({"truncate": 1}), None),
            (json!({"drop": 1}), None),
            (json!({"down": true}), None),
        ];
        for (nonce, (faults, wished)) in (1..).zip(faults) {
            let set = send(&fake, Request::post("/_sandbox/faults"), faults.to_string());
            assert_eq!(set.status(), 200);
            match fetched(&fake, &id, nonce).unwrap_err() {
                Fault::Retry { after, .. } => {
                    assert_eq!(after.map(|pause| pause.as_secs()), wished, "{faults}");
                }
                other => panic!("{} {faults}: {other:?}", fake.shop().store),
            }
        }
        fake.set_faults(Faults::default());
        assert!(fetched(&fake, &id, 99).unwrap().is_some());
        let state = body(&send(&fake, Request::get("/_sandbox/state"), ""));
        let orders = state["orders"].as_array().unwrap();
        assert_eq!(orders.len(), 2);
        let order = orders.iter().find(|order| order["id"] == id.as_str()).unwrap();
        assert_eq!(order["total"], fake.expected(&id).unwrap().total.to_string());
        assert_eq!(state["violations"], json!([]));
        let bad = send(&fake, Request::post("/_sandbox/faults"), "{\"nope\": 1}");
        assert_eq!(bad.status(), 400);
    }
}
