//! R167, R197: invented Magento orders and what they come to. The orders are valid against Adobe's Admin OpenAPI 2.4.9.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;

use bytes::Bytes;
use causeway_domain::{Fault, LineKind, Order, OrderId, PaymentKind, Secret, Standing};
use causeway_platforms::{Answer, Connection, Fetch, FetchContext, adapter};
use delivery::{connection, fixture, now};
use http::StatusCode;
use serde_json::{Map, Value, json};

const INTEGRATION: &str = r#"{"consumer_key":"ck","consumer_secret":"cs","access_token":"at","access_token_secret":"as"}"#;

const ORDERS: &[&str] = &[
    "bundle-dynamic",
    "bundle-fixed-guest",
    "configurable-discount",
    "fixed-product-tax",
    "gift-cards-and-wrapping",
    "jpy-two-decimals",
    "two-taxes-itemized",
    "virtual-own-status",
];

fn store(options: Value) -> Connection {
    let mut table = json!({"signing": "module-hmac"});
    for (key, value) in options.as_object().into_iter().flatten() {
        table[key] = value.clone();
    }
    connection(None, &table)
}

fn step(store: &Connection, order: &str, answers: &[Answer]) -> Result<Fetch, Fault> {
    let credentials = Secret::new(INTEGRATION);
    let cx = FetchContext { connection: store, credentials: &credentials, now: now(), nonce: 7 };
    adapter("magento").unwrap().fetch_order(&cx, &OrderId::from(order), answers)
}

fn answer(status: u16, body: &str) -> Answer {
    let mut answer = Answer::new(Bytes::from(body.to_owned()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn read(store: &Connection, document: &str) -> Result<Order, Fault> {
    let id = adapter("magento").unwrap().order_id_in(document.as_bytes()).unwrap();
    match step(store, id.as_str(), &[answer(200, document)])? {
        Fetch::Found(order) => Ok(*order),
        Fetch::Ask(_) | Fetch::Gone | Fetch::Elsewhere(_) => panic!("no order was found"),
    }
}

fn document(name: &str) -> String {
    fixture(&format!("magento/orders/{name}.json"))
}

/// A fixture with one value replaced by JSON pointer.
fn changed(name: &str, pointer: &str, value: Value) -> String {
    let mut document: Value = serde_json::from_str(&document(name)).unwrap();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has no {pointer}")) = value;
    document.to_string()
}

/// The order in the terms of the `.expected.json` beside each fixture.
fn summary(order: &Order) -> Value {
    let amount = |money: causeway_domain::Money| money.to_decimal().to_string();
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| {
            let taxes: Map<String, Value> = line
                .taxes
                .iter()
                .map(|tax| (tax.code.0.clone(), json!(amount(tax.amount))))
                .collect();
            let mut shown = json!({
                "id": line.id, "kind": kind(&line.kind), "quantity": line.quantity.to_string(),
                "unit_price": line.unit_price.to_string(), "discount": amount(line.discount),
                "net": amount(line.net), "taxes": taxes,
            });
            if let LineKind::Product(product) = &line.kind {
                shown["sku"] = json!(product.sku);
                shown["product"] = json!(product.id);
            }
            shown
        })
        .collect();
    let payments: Vec<String> = order
        .payments
        .iter()
        .map(|payment| {
            let kind = match payment.kind {
                PaymentKind::Money => "money",
                PaymentKind::GiftCard => "gift_card",
            };
            format!("{kind} {} {}", payment.method, payment.amount)
        })
        .collect();
    json!({
        "number": order.number, "status": order.status, "standing": order.standing,
        "placed_at": order.placed_at, "prices_include_tax": order.prices_include_tax,
        "total": order.total, "lines": lines, "payments": payments, "customer": order.customer.id,
        "ships_to": order.shipping.as_ref().map(|address| address.city.reveal()),
    })
}

fn kind(kind: &LineKind) -> &'static str {
    match kind {
        LineKind::Product(_) => "product",
        LineKind::Shipping => "shipping",
        LineKind::Discount => "discount",
        LineKind::GiftWrap => "gift_wrap",
        LineKind::Tip => "tip",
        LineKind::Fee => "fee",
        LineKind::GiftCardSold => "gift_card_sold",
    }
}

/// R167, R197: what the customer owes, line by line and tax by tax, equals what Magento says.
#[test]
fn r197_orders_are_read_to_the_minor_unit() {
    for name in ORDERS {
        let expected = fixture(&format!("magento/orders/{name}.expected.json"));
        let mut expected: Value = serde_json::from_str(&expected).unwrap();
        let options = expected.as_object_mut().unwrap().remove("options").unwrap_or_default();
        let order =
            read(&store(options), &document(name)).unwrap_or_else(|f| panic!("{name}: {f}"));
        assert_eq!(order.check(), Ok(()), "{name}");
        assert_eq!(summary(&order), expected, "{name}");
    }
}

/// The invented orders have only members that Adobe documents, of the documented types. Magento
/// leaves members out or sends them as null, which the schema does not say.
#[test]
fn the_fixtures_are_valid_against_adobes_schema() {
    let subset = fixture("magento/openapi-admin-2.4.9.subset.json");
    let subset: Value = serde_json::from_str(&subset).unwrap();
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/sales-data-order-interface",
        "definitions": subset["definitions"],
    });
    for definition in schema["definitions"].as_object_mut().unwrap().values_mut() {
        tighten(definition);
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ORDERS {
        let document: Value = serde_json::from_str(&document(name)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    let invented = json!({"base_grand_total": 1, "customer_email": "a", "grand_total": 1,
        "items": [], "invented": 1});
    assert!(!validator.is_valid(&invented), "the validator accepts anything");
}

/// No members beyond the documented ones, and null for any of them.
fn tighten(definition: &mut Value) {
    if definition.get("properties").is_none() {
        return;
    }
    definition["additionalProperties"] = json!(false);
    for property in definition["properties"].as_object_mut().unwrap().values_mut() {
        if let Some(kind) = property.get("type").cloned() {
            property["type"] = json!([kind, "null"]);
        }
    }
}

#[test]
fn one_call_asks_for_the_order() {
    let store = store(json!({"store_code": "nl"}));
    let Ok(Fetch::Ask(calls)) = step(&store, "9007199254740993", &[]) else { panic!() };
    let [call] = &calls[..] else { panic!("{}", calls.len()) };
    assert_eq!(
        call.request.uri().to_string(),
        "https://shop.example.com/rest/nl/V1/orders/9007199254740993"
    );
    let header = call.request.headers()["authorization"].to_str().unwrap();
    assert!(header.starts_with("OAuth oauth_consumer_key=\"ck\""), "{header}");
    assert!(header.contains("oauth_token=\"at\""), "{header}");
    for id in ["", "5/../../customers/1", "abc", "-5", "5?fields=x"] {
        assert_eq!(step(&store, id, &[]).unwrap_err().class(), "reject", "{id}");
    }
}

#[test]
fn a_bearer_token_is_sent_as_it_is() {
    let store = store(json!({"auth": "bearer"}));
    let Ok(Fetch::Ask(calls)) = step(&store, "5", &[]) else { panic!() };
    assert_eq!(calls[0].request.headers()["authorization"], "Bearer at");
}

/// Only the order itself can be gone; a wrong address must not cancel orders.
#[test]
fn a_404_for_the_address_is_not_a_404_for_the_order() {
    let store = store(json!({}));
    let gone = r#"{"message":"The entity that was requested doesn't exist. Verify the entity and try again."}"#;
    assert!(matches!(step(&store, "5", &[answer(404, gone)]), Ok(Fetch::Gone)));
    for body in [
        r#"{"message":"Request does not match any route."}"#,
        "<html><title>404 Not Found</title>no such entity</html>",
        "",
    ] {
        let fault = step(&store, "5", &[answer(404, body)]).unwrap_err();
        assert_eq!(fault.class(), "reject", "{body}");
        assert!(format!("{fault:?}").contains("store_code"), "{fault:?}");
    }
}

#[test]
fn a_refused_nonce_is_tried_again_but_a_refused_key_waits() {
    let store = store(json!({}));
    let class = |status, body| step(&store, "5", &[answer(status, body)]).unwrap_err().class();
    assert_eq!(class(401, "oauth_problem=nonce_used"), "retry");
    assert_eq!(class(400, "oauth_problem=timestamp_refused"), "retry");
    assert_eq!(
        class(401, r#"{"message":"The nonce is already being used by the consumer with ID 1."}"#),
        "retry"
    );
    assert_eq!(class(401, "oauth_problem=consumer_key_rejected"), "wait");
    assert_eq!(
        class(401, r#"{"message":"The consumer isn't authorized to access %resources."}"#),
        "wait"
    );
}

#[test]
fn the_answer_must_be_the_order_that_was_asked_for() {
    let fault = step(&store(json!({})), "6", &[answer(200, &document("configurable-discount"))])
        .unwrap_err();
    assert_eq!(fault.class(), "reject");
    assert!(fault.to_string().contains("asked for 6, got 5"), "{fault}");
}

#[test]
fn a_total_that_the_lines_do_not_reach_is_refused_with_both_numbers() {
    let document = changed("configurable-discount", "/grand_total", json!(81.93));
    let fault = read(&store(json!({})), &document).unwrap_err().to_string();
    assert!(fault.contains("80.93 EUR") && fault.contains("81.93 EUR"), "{fault}");
    // The classic error: the compensation left out.
    let pointer = "/items/0/discount_tax_compensation_amount";
    let fault = read(&store(json!({})), &changed("configurable-discount", pointer, json!(0)));
    assert!(fault.unwrap_err().to_string().contains("79.67 EUR"));
}

#[test]
fn listed_taxes_that_are_not_the_items_tax_are_refused_with_both_numbers() {
    let pointer = "/extension_attributes/item_applied_taxes/0/applied_taxes/0/amount";
    let fault = read(&store(json!({})), &changed("configurable-discount", pointer, json!(10.34)));
    let text = fault.unwrap_err().to_string();
    assert!(text.contains("10.34") && text.contains("11.34") && text.contains("item 1"), "{text}");
}

#[test]
fn an_amount_that_its_currency_cannot_hold_is_refused() {
    let fault =
        read(&store(json!({})), &changed("jpy-two-decimals", "/grand_total", json!(2550.5)));
    assert!(fault.unwrap_err().to_string().contains("JPY"));
    for number in ["1e30", "123456789012345678901234567890.5"] {
        let text = document("jpy-two-decimals");
        let text = text.replace("\"grand_total\": 2550", &format!("\"grand_total\": {number}"));
        assert_eq!(read(&store(json!({})), &text).unwrap_err().class(), "reject", "{number}");
    }
}

#[test]
fn a_state_has_a_meaning_and_the_stores_own_table_wins() {
    let plain = store(json!({}));
    for (state, standing) in [
        ("new", Standing::Quotation),
        ("pending_payment", Standing::Ignore),
        ("payment_review", Standing::Quotation),
        ("holded", Standing::Quotation),
        ("processing", Standing::Confirmed),
        ("complete", Standing::Confirmed),
        ("closed", Standing::Confirmed),
        ("canceled", Standing::Cancelled),
    ] {
        let order = read(&plain, &changed("virtual-own-status", "/state", json!(state))).unwrap();
        assert_eq!(order.standing, standing, "{state}");
        assert_eq!(order.status, "awaiting_cheque", "{state}");
    }
    let fault = read(&plain, &changed("virtual-own-status", "/state", json!("teleported")));
    assert!(format!("{:?}", fault.unwrap_err()).contains("teleported"));
    let own = store(json!({"status": {"awaiting_cheque": "ignore", "new": "confirmed"}}));
    let order = read(&own, &document("virtual-own-status")).unwrap();
    assert_eq!(order.standing, Standing::Ignore);
}

#[test]
fn people_and_addresses_are_read() {
    let order = read(&store(json!({})), &document("bundle-fixed-guest")).unwrap();
    assert_eq!(order.customer.id, None);
    assert_eq!(order.customer.name.reveal(), "Ana Lindt");
    assert_eq!(order.customer.email_normalised().as_deref(), Some("ana@example.com"));
    assert_eq!(order.customer.company.as_ref().unwrap().reveal(), "Lindt Werke");
    assert_eq!(order.customer.vat_normalised().as_deref(), Some("DE123456789"));
    let shipping = order.shipping.unwrap();
    assert_eq!(shipping.street.reveal(), "Hauptstrasse 5");
    assert_eq!(shipping.street2.as_ref().unwrap().reveal(), "Hinterhaus, 2. Stock");
    assert_eq!(shipping.state.as_ref().unwrap().reveal(), "BER");
    assert_eq!(shipping.country.unwrap().as_str(), "DE");
    let order = read(&store(json!({})), &document("gift-cards-and-wrapping")).unwrap();
    assert_eq!(order.note.unwrap().reveal(), "Leave at the door");
    // A gift card's code is as good as money.
    assert!(!serde_json::to_string(&order.payments).unwrap().contains("CARD-"));
}
