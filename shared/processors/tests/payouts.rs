//! R205: payouts over the processors' APIs, page by page, against their schemas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{
    answer, bytes, connection, fetch_settlement, fixture, fixtures, list_payouts, names, payout_id,
};
use apollo_compiler::{ExecutableDocument, Schema};
use causeway_domain::ports::Call;
use causeway_domain::{Fault, SettlementId};
use causeway_platforms::Answer;
use causeway_processors::{FetchSettlement, ListPayouts};
use serde_json::{Value, json};

const BY_API: [&str; 3] = ["shopify", "square", "stripe"];

/// Method, path and query; the variables of a GraphQL query.
fn asked(call: &Call) -> String {
    let request = &call.request;
    let target = request.uri().path_and_query().unwrap();
    let text = format!("{} {target}", request.method());
    if request.body().is_empty() {
        return text;
    }
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    format!("{text} {}", body["variables"])
}

fn fetch(id: &str, payout: &str, answers: &[Answer]) -> Result<FetchSettlement, Fault> {
    let connection = connection(id, &json!({}));
    fetch_settlement(id, &connection, &SettlementId::new(payout), answers)
}

fn answers(case: &Value) -> Vec<Answer> {
    case["answers"].as_array().unwrap().iter().map(|body| answer(200, body.to_string())).collect()
}

#[test]
fn r205_every_payout_is_fetched_as_it_is_expected() {
    let mut seen = 0;
    for id in BY_API {
        let folder = format!("{id}/payouts");
        for name in names(&folder, ".json") {
            let case = fixture(&format!("{folder}/{name}.json"));
            let payout = case["id"].as_str().unwrap();
            let answers = answers(&case);
            for (at, expected) in case["asked"].as_array().unwrap().iter().enumerate() {
                let step = fetch(id, payout, &answers[..at]).unwrap();
                let FetchSettlement::Ask(calls) = step else { panic!("{id} {name}: {step:?}") };
                assert_eq!(calls.len(), 1);
                assert_eq!(json!(asked(&calls[0])), *expected, "{id} {name}");
            }
            let step = fetch(id, payout, &answers).unwrap();
            let FetchSettlement::Found(found) = step else { panic!("{id} {name}: {step:?}") };
            assert_eq!(json!(found), case["expected"], "{id} {name}");
            found.iter().for_each(|settlement| assert_eq!(settlement.check(), Ok(())));
            seen += 1;
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn every_call_carries_version_and_token() {
    let header = |id: &str, name: &str| {
        let step = fetch(id, payout_id(id).as_str(), &[]).unwrap();
        let FetchSettlement::Ask(calls) = step else { panic!("{step:?}") };
        calls[0].request.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    let rows = [
        ("stripe", "authorization", "Bearer token-1"),
        ("stripe", "stripe-version", "2026-03-25.dahlia"),
        ("square", "authorization", "Bearer token-1"),
        ("square", "square-version", "2026-09-16"),
        ("shopify", "x-shopify-access-token", "token-1"),
        ("adyen", "authorization", "Basic cmVwb3J0QENvbXBhbnkuU3ludGhDbzpzZWNyZXQtMQ=="),
    ];
    for (id, name, value) in rows {
        assert_eq!(header(id, name).as_deref(), Some(value), "{id} {name}");
    }
}

/// What a payout says about itself decides before its transactions are read.
#[test]
fn payouts_that_cannot_be_imported_end_where_they_belong() {
    let rows = [
        ("stripe", "/status", json!("in_transit"), "wait"),
        ("stripe", "/reconciliation_status", json!("in_progress"), "wait"),
        ("stripe", "/status", json!("failed"), "skip"),
        ("stripe", "/status", json!("canceled"), "skip"),
        ("stripe", "/automatic", json!(false), "reject"),
        ("stripe", "/amount", json!(3096), "reject"),
        ("stripe", "/currency", json!("usd"), "reject"),
        ("stripe", "/id", json!("po_other"), "reject"),
        ("square", "/payout/status", json!("SENT"), "wait"),
        ("square", "/payout/status", json!("FAILED"), "skip"),
        ("square", "/payout/type", json!("SIMPLE"), "skip"),
        ("square", "/payout/amount_money/amount", json!(4604), "reject"),
        ("square", "/payout/amount_money/currency", json!("USD"), "reject"),
        ("square", "/payout/id", json!("po_other"), "reject"),
        ("shopify", "/data/node/status", json!("SCHEDULED"), "wait"),
        ("shopify", "/data/node/status", json!("FAILED"), "skip"),
        ("shopify", "/data/node/net/amount", json!("41.91"), "reject"),
        ("shopify", "/data/node/net/currencyCode", json!("USD"), "reject"),
        ("shopify", "/data/node/id", json!("gid://shopify/ShopifyPaymentsPayout/1"), "reject"),
    ];
    for (id, pointer, value, class) in rows {
        let case = fixture(&format!("{id}/payouts/two-pages.json"));
        let mut bodies = case["answers"].as_array().unwrap().clone();
        // Shopify tells the payout with every page.
        for body in bodies.iter_mut().take(if id == "shopify" { 2 } else { 1 }) {
            *body.pointer_mut(pointer).unwrap() = value.clone();
        }
        let answers: Vec<Answer> =
            bodies.iter().map(|body| answer(200, body.to_string())).collect();
        let fault = fetch(id, case["id"].as_str().unwrap(), &answers).unwrap_err();
        assert_eq!(fault.class(), class, "{id} {pointer} {value}: {fault}");
    }
}

/// A page that is left out, there twice or of another payout never passes.
#[test]
fn pages_that_do_not_belong_together_never_pass() {
    for id in BY_API {
        let case = fixture(&format!("{id}/payouts/two-pages.json"));
        let payout = case["id"].as_str().unwrap();
        let all = answers(&case);
        let [.., before, last] = all.as_slice() else { panic!() };
        let mut twice = all[..all.len() - 1].to_vec();
        twice.extend([before.clone(), last.clone()]);
        let mut without = all[..all.len() - 2].to_vec();
        without.push(last.clone());
        for (what, pages) in [("twice", twice), ("left out", without)] {
            let fault = fetch(id, payout, &pages).unwrap_err();
            assert_eq!(fault.class(), "reject", "{id} {what}: {fault}");
        }
    }
    let mut case = fixture("shopify/payouts/two-pages.json");
    let other =
        "/answers/0/data/shopifyPaymentsAccount/balanceTransactions/nodes/0/associatedPayout/id";
    *case.pointer_mut(other).unwrap() = json!("gid://shopify/ShopifyPaymentsPayout/1");
    let fault = fetch("shopify", "623721858", &answers(&case)).unwrap_err();
    assert!(fault.to_string().contains("another payout"), "{fault}");
}

#[test]
fn a_payout_that_is_not_there_is_gone() {
    for (id, missing) in [
        ("stripe", answer(404, r#"{"error":{"code":"resource_missing"}}"#)),
        ("square", answer(404, r#"{"errors":[{"code":"NOT_FOUND"}]}"#)),
        ("shopify", answer(200, r#"{"data":{"node":null,"shopifyPaymentsAccount":null}}"#)),
        ("adyen", answer(404, "Not Found")),
    ] {
        let step = fetch(id, payout_id(id).as_str(), &[missing]);
        assert!(matches!(step, Ok(FetchSettlement::Gone)), "{id}: {step:?}");
    }
}

#[test]
fn ids_that_are_none_are_refused_before_anything_is_asked() {
    for id in ["stripe", "square", "shopify", "adyen", "paypal"] {
        for text in ["", "../charges", "po_1?x=y", "a b", "report:x:../y", "po_1/2", "%2e"] {
            let fault = fetch(id, text, &[]).unwrap_err();
            assert_eq!(fault.class(), "reject", "{id} {text:?}");
        }
    }
}

/// The report of a batch, and one that was announced by its file name.
#[test]
fn adyens_report_is_downloaded_and_read() {
    let file = "settlement_detail_report_batch_239.csv";
    let report = answer(200, bytes("adyen/settlements/batch-239.csv"));
    let ids = [format!("report:SynthShopECOM:{file}"), "SynthShopECOM:239".to_owned()];
    for id in &ids {
        let FetchSettlement::Ask(calls) = fetch("adyen", id, &[]).unwrap() else { panic!("{id}") };
        let path = format!("GET /reports/download/MerchantAccount/SynthShopECOM/{file}");
        assert_eq!(asked(&calls[0]), path);
        let FetchSettlement::Found(found) =
            fetch("adyen", id, std::slice::from_ref(&report)).unwrap()
        else {
            panic!("{id}")
        };
        assert_eq!(json!(found), fixture("adyen/settlements/batch-239.expected.json"));
    }
    let company = connection("adyen", &json!({"reports": "company"}));
    let step = fetch_settlement("adyen", &company, &payout_id("adyen"), &[]).unwrap();
    let FetchSettlement::Ask(calls) = step else { panic!("{step:?}") };
    assert_eq!(asked(&calls[0]), format!("GET /reports/download/Company/SynthShopECOM/{file}"));
    let other = fetch("adyen", "SynthShopECOM:240", std::slice::from_ref(&report)).unwrap_err();
    assert_eq!(other.class(), "reject", "{other}");
    let cut = answer(200, "Company Account,Merchant Account\n");
    assert_eq!(fetch("adyen", &ids[0], &[cut]).unwrap_err().class(), "reject");
}

#[test]
fn adyen_takes_an_api_key_too() {
    use causeway_domain::Secret;
    use causeway_processors::{AccountContext, processor};
    let connection = connection("adyen", &json!({}));
    for (secret, key) in [
        ("AQE-key", Some("AQE-key")),
        (r#"{"api_key":"AQE-key"}"#, Some("AQE-key")),
        (r#"{"username":"u"}"#, None),
        ("", None),
    ] {
        let credentials = Secret::new(secret);
        let cx = AccountContext {
            connection: &connection,
            credentials: &credentials,
            now: account::now(),
        };
        let step = processor("adyen").unwrap().fetch_settlement(&cx, &payout_id("adyen"), &[]);
        match (step, key) {
            (Ok(FetchSettlement::Ask(calls)), Some(key)) => {
                assert_eq!(calls[0].request.headers()["x-api-key"], key);
            }
            (Err(fault), None) => assert_eq!(fault.class(), "wait"),
            (other, _) => panic!("{secret}: {other:?}"),
        }
    }
}

fn list(id: &str, options: &Value, bodies: &[Value]) -> ListPayouts {
    let answers: Vec<Answer> = bodies.iter().map(|body| answer(200, body.to_string())).collect();
    list_payouts(id, &connection(id, options), &answers).unwrap()
}

fn listed(step: ListPayouts) -> Result<Vec<String>, String> {
    match step {
        ListPayouts::Found(ids) => Ok(ids.iter().map(ToString::to_string).collect()),
        ListPayouts::Ask(calls) => Err(asked(&calls[0])),
    }
}

#[test]
fn stripe_lists_automatic_payouts_oldest_first() {
    let one = |id: &str, automatic: bool| {
        let mut payout = fixture("stripe/objects.json")["payout"].clone();
        payout["id"] = id.into();
        payout["automatic"] = automatic.into();
        payout
    };
    let none = json!({});
    let first = json!({"has_more": true, "data": [one("po_3", true), one("po_x", false)]});
    let last = json!({"has_more": false, "data": [one("po_2", true), one("po_1", true)]});
    let path = "GET /v1/payouts?status=paid&arrival_date[gte]=1767225600&limit=100";
    assert_eq!(listed(list("stripe", &none, &[])), Err(path.to_owned()));
    let next = format!("{path}&starting_after=po_x");
    assert_eq!(listed(list("stripe", &none, std::slice::from_ref(&first))), Err(next));
    let ids = ["po_1", "po_2", "po_3"].map(str::to_owned).to_vec();
    assert_eq!(listed(list("stripe", &none, &[first, last])), Ok(ids));
}

/// Location after location, each page by page.
#[test]
fn square_lists_every_location() {
    let options = json!({"locations": ["L1", "L2"]});
    let page = |id: &str, kind: &str, cursor: Option<&str>| json!({"payouts": [{"id": id, "location_id": "L", "type": kind}], "cursor": cursor});
    let bodies = [
        page("po_1", "BATCH", Some("c+1")),
        page("po_2", "SIMPLE", None),
        page("po_3", "BATCH", None),
    ];
    let path = "GET /v2/payouts?status=PAID&sort_order=ASC&limit=100\
                &begin_time=2025-12-22T00%3A00%3A00Z&location_id=";
    assert_eq!(listed(list("square", &options, &[])), Err(format!("{path}L1")));
    let next = format!("{path}L1&cursor=c%2B1");
    assert_eq!(listed(list("square", &options, &bodies[..1])), Err(next));
    assert_eq!(listed(list("square", &options, &bodies[..2])), Err(format!("{path}L2")));
    let ids = ["po_1", "po_3"].map(str::to_owned).to_vec();
    assert_eq!(listed(list("square", &options, &bodies)), Ok(ids));
    let main = listed(list("square", &json!({}), &[])).unwrap_err();
    assert!(!main.contains("location_id"), "{main}");
}

#[test]
fn shopify_lists_paid_payouts() {
    let page = |ids: &[(&str, &str)], more: bool| {
        let nodes: Vec<Value> = ids
            .iter()
            .map(|(id, status)| {
                json!({"id": format!("gid://shopify/ShopifyPaymentsPayout/{id}"), "status": status,
                    "issuedAt": "2026-01-01T00:00:00Z"})
            })
            .collect();
        json!({"data": {"shopifyPaymentsAccount": {"payouts": {"nodes": nodes,
            "pageInfo": {"hasNextPage": more, "endCursor": "abc"}}}}})
    };
    let none = json!({});
    let bodies = [page(&[("1", "PAID"), ("2", "SCHEDULED")], true), page(&[("3", "PAID")], false)];
    let first = r#"POST /admin/api/2026-07/graphql.json {"after":null,"query":"issued_at:>='2025-12-22T00:00:00Z'"}"#;
    assert_eq!(listed(list("shopify", &none, &[])), Err(first.to_owned()));
    let next = first.replace("null", "\"abc\"");
    assert_eq!(listed(list("shopify", &none, &bodies[..1])), Err(next));
    let ids = ["1", "3"].map(str::to_owned).to_vec();
    assert_eq!(listed(list("shopify", &none, &bodies)), Ok(ids));
    let without = json!({"data": {"shopifyPaymentsAccount": null}});
    assert_eq!(listed(list("shopify", &none, &[without])), Ok(Vec::new()));
}

#[test]
fn who_has_no_list_has_nothing_to_list() {
    for id in ["adyen", "paypal"] {
        assert_eq!(listed(list(id, &json!({}), &[])), Ok(Vec::new()));
    }
}

/// Our queries against the Admin API 2026-07 schema.
#[test]
fn shopifys_queries_are_valid_and_ask_for_nothing_deprecated() {
    let sdl = fixtures("shopify/admin-2026-07.payments.subset.graphql");
    let sdl = std::fs::read_to_string(sdl).unwrap();
    let schema =
        Schema::parse_and_validate(sdl, "payments.graphql").unwrap_or_else(|e| panic!("{e}"));
    for query in [
        include_str!("../src/shopify/payout.graphql"),
        include_str!("../src/shopify/payouts.graphql"),
    ] {
        let document = ExecutableDocument::parse_and_validate(&schema, query, "query.graphql")
            .unwrap_or_else(|e| panic!("{e}"));
        let operation = document.operations.iter().next().unwrap();
        deprecated(&operation.selection_set);
        let wrong = query.replace("issuedAt", "issuedOn");
        assert!(ExecutableDocument::parse_and_validate(&schema, wrong, "q").is_err());
    }
}

fn deprecated(set: &apollo_compiler::executable::SelectionSet) {
    use apollo_compiler::executable::Selection;
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                let definition = field.definition.directives.get("deprecated");
                assert!(definition.is_none(), "{} is deprecated", field.name);
                deprecated(&field.selection_set);
            }
            Selection::InlineFragment(inline) => deprecated(&inline.selection_set),
            Selection::FragmentSpread(_) => panic!("no fragments here"),
        }
    }
}

/// A fixture that Square could not have sent would prove nothing.
#[test]
fn squares_fixtures_are_answers_of_square() {
    let api = fixture("square/payouts.openapi-2025-08-20.subset.json");
    let validator = |name: &str| {
        let mut schema = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": { "schemas": api["components"]["schemas"] },
        });
        strict(&mut schema);
        jsonschema::draft202012::new(&schema).unwrap()
    };
    let case = fixture("square/payouts/two-pages.json");
    let names = ["GetPayoutResponse", "ListPayoutEntriesResponse", "ListPayoutEntriesResponse"];
    for (body, name) in case["answers"].as_array().unwrap().iter().zip(names) {
        let validator = validator(name);
        let errors: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert!(!validator.is_valid(&json!({"payuot": {}})));
    }
    for asked in case["asked"].as_array().unwrap() {
        let path = asked.as_str().unwrap().trim_start_matches("GET ").split('?').next().unwrap();
        let template = path.replace(case["id"].as_str().unwrap(), "{payout_id}");
        assert!(api["paths"][&template]["get"].is_object(), "{template}");
    }
}

/// Refuses fields that the maker does not name; his schemas let any pass.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(strict);
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
