//! R167, R170, R173, R183: Magento's credit memos, invoices and polls. The documents are valid against
//! Adobe's Admin OpenAPI 2.4.9.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../delivery/mod.rs"]
mod delivery;
mod schema;
mod searches;

use bytes::Bytes;
use causeway_domain::{
    AfterSales, Fault, Goods, Order, OrderId, PaymentKind, Refund, RefundLine, RefundTax, Secret,
};
use causeway_platforms::{Answer, Connection, Fetch, FetchAfterSales, FetchContext, adapter};
use delivery::{connection, fixture, now};
use http::StatusCode;
use serde_json::{Value, json};

const INTEGRATION: &str = r#"{"consumer_key":"ck","consumer_secret":"cs","access_token":"at","access_token_secret":"as"}"#;

fn store() -> Connection {
    connection(None, &json!({"signing": "module-hmac"}))
}

fn answer(status: u16, body: &Value) -> Answer {
    let mut answer = Answer::new(Bytes::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn document(name: &str) -> Value {
    serde_json::from_str(&fixture(&format!("magento/{name}.json"))).unwrap()
}

fn order(document: &Value) -> Order {
    let (store, credentials) = (store(), Secret::new(INTEGRATION));
    let cx = FetchContext { connection: &store, credentials: &credentials, now: now(), nonce: 7 };
    let id = OrderId::new(document["entity_id"].to_string());
    match adapter("magento").unwrap().fetch_order(&cx, &id, &[answer(200, document)]) {
        Ok(Fetch::Found(order)) => *order,
        other => panic!("{other:?}"),
    }
}

fn step(order: &Order, answers: &[Answer]) -> Result<FetchAfterSales, Fault> {
    let (store, credentials) = (store(), Secret::new(INTEGRATION));
    let cx = FetchContext { connection: &store, credentials: &credentials, now: now(), nonce: 7 };
    adapter("magento").unwrap().fetch_after_sales(&cx, order, answers)
}

fn page(items: &[Value]) -> Value {
    json!({"items": items, "search_criteria": {}, "total_count": items.len()})
}

fn after(order: &Order, invoices: &[Value], memos: &[Value]) -> Result<AfterSales, Fault> {
    match step(order, &[answer(200, &page(invoices)), answer(200, &page(memos))])? {
        FetchAfterSales::Found(found) => Ok(*found),
        FetchAfterSales::Ask(calls) => panic!("asks for {}", calls[0].request.uri()),
    }
}

fn told(refund: &Refund) -> Vec<String> {
    let line = |line: &RefundLine| match line {
        RefundLine::Amount { id, gross } => format!("{id}: {gross}"),
        RefundLine::Line(line) => {
            let RefundTax::Sum(tax) = &line.tax else { panic!("{line:?}") };
            assert_eq!(line.goods, Goods::Unsaid);
            format!("{}x {}: {} + {tax}", line.quantity, line.line, line.net)
        }
    };
    std::iter::once(refund.total.to_string()).chain(refund.lines.iter().map(line)).collect()
}

/// The invented credit memo with these members changed; `item.` is its first item, `more.` an
/// extension attribute.
fn memo(change: &Value) -> Value {
    let mut memo = document("after/creditmemo");
    for (name, value) in change.as_object().unwrap() {
        if let Some(name) = name.strip_prefix("item.") {
            memo["items"][0][name] = value.clone();
        } else if let Some(name) = name.strip_prefix("more.") {
            memo["extension_attributes"][name] = value.clone();
        } else {
            memo[name] = value.clone();
        }
    }
    memo
}

/// FACTS 4: configurable and child are one line; adjustments have no line.
#[test]
fn credit_memos_come_out_line_by_line() {
    let order = order(&document("after/order"));
    let hoodie = "1x 1: 27.00 EUR + 5.67 EUR";
    let fee = "adjustment_negative: -2.00 EUR";
    for (change, expected) in [
        (json!({}), vec!["30.67 EUR", hoodie, fee]),
        // Delivery, and a courtesy on top.
        (
            json!({"shipping_amount": 5, "shipping_tax_amount": 1.05, "shipping_incl_tax": 6.05,
                "tax_amount": 6.72, "adjustment_positive": 1.5, "adjustment_negative": 0,
                "grand_total": 40.22}),
            vec![
                "40.22 EUR",
                hoodie,
                "0x shipping: 5.00 EUR + 1.05 EUR",
                "adjustment_positive: 1.50 EUR",
            ],
        ),
        // A discount on delivery stands in the sum only.
        (
            json!({"shipping_amount": 5, "shipping_tax_amount": 0.84, "tax_amount": 6.51,
                "discount_amount": -4.63, "adjustment_negative": 0, "grand_total": 37.51}),
            vec!["37.51 EUR", hoodie, "0x shipping: 4.00 EUR + 0.84 EUR"],
        ),
        // The last credit memo takes what tax is left: a cent of rounding.
        (
            json!({"tax_amount": 5.68, "grand_total": 30.68}),
            vec!["30.68 EUR", "1x 1: 27.00 EUR + 5.68 EUR", fee],
        ),
        // PHP with serialize_precision 17.
        (
            serde_json::from_str(
                r#"{"grand_total": 30.670000000000002, "item.tax_amount": 5.6699999999999999}"#,
            )
            .unwrap(),
            vec!["30.67 EUR", hoodie, fee],
        ),
        // Half of a pair, no tax: exempt since.
        (
            json!({"item.qty": 0.5, "item.tax_amount": 0, "grand_total": 25}),
            vec!["25.00 EUR", "0.5x 1: 27.00 EUR + 0.00 EUR", fee],
        ),
        // A module's total of its own.
        (json!({"grand_total": 35.67}), vec!["35.67 EUR", hoodie, fee, "difference: 5.00 EUR"]),
        // An item that the order no longer has.
        (json!({"item.order_item_id": 99}), vec!["30.67 EUR", fee, "difference: 32.67 EUR"]),
        // Adobe Commerce: part of it goes back to a gift card and as store credit.
        (
            json!({"grand_total": 10.67, "more.gift_cards_amount": 15,
                "more.customer_balance_amount": 5}),
            vec!["30.67 EUR", hoodie, fee],
        ),
        (
            json!({"items": [], "adjustment_negative": 0, "adjustment_positive": 7,
                "discount_amount": 0, "grand_total": 7}),
            vec!["7.00 EUR", "adjustment_positive: 7.00 EUR"],
        ),
    ] {
        let found = after(&order, &[], &[memo(&change)]).unwrap();
        assert_eq!(told(&found.refunds[0]), expected, "{change}");
    }
}

#[test]
fn credit_memos_tell_how_it_goes_back() {
    let order = order(&document("after/order"));
    let payments = |change: Value| -> Vec<String> {
        let found = after(&order, &[], &[memo(&change)]).unwrap();
        let text = |payment: &causeway_domain::RefundPayment| {
            let kind = if payment.kind == PaymentKind::Money { "money" } else { "gift card" };
            let reference = payment.reference.as_deref().unwrap_or("-");
            format!(
                "{} {} {kind} {} {reference} {}",
                payment.id, payment.method, payment.amount, payment.settled
            )
        };
        found.refunds[0].payments.iter().map(text).collect()
    };
    let method = order.payments[0].method.clone();
    assert_eq!(
        payments(json!({"state": 1, "grand_total": 15.67, "more.gift_cards_amount": 15})),
        [
            format!("2 {method} money 15.67 EUR NC6HT9CRT65ZGN82 false"),
            "2-gift_card gift_card gift card 15.00 EUR - false".to_owned(),
        ]
    );
    assert_eq!(payments(json!({})), [format!("2 {method} money 30.67 EUR NC6HT9CRT65ZGN82 true")]);
    assert_eq!(payments(json!({"transaction_id": null})), Vec::<String>::new(), "offline");
    // Cancelled, and another order's: no refund.
    for none in [json!({"state": 3}), json!({"order_id": 6})] {
        assert!(after(&order, &[], &[memo(&none)]).unwrap().refunds.is_empty(), "{none}");
    }
    let found = after(&order, &[], &[memo(&json!({"entity_id": 9_007_199_254_740_993_u64}))]);
    let refund = &found.unwrap().refunds[0];
    assert_eq!(refund.id.as_str(), "9007199254740993");
    assert_eq!(refund.refunded_at.to_string(), "2026-09-03T08:00:00Z");
}

#[test]
fn paid_invoices_are_captures() {
    let order = order(&document("after/order"));
    let invoice = |change: Value| {
        let mut invoice = json!({"entity_id": 4, "order_id": 5, "state": 2, "items": [],
            "created_at": "2026-09-01 10:16:00", "grand_total": 80.93, "transaction_id": "ch_1"});
        for (name, value) in change.as_object().unwrap() {
            invoice[name] = value.clone();
        }
        invoice
    };
    let captures = |change: Value| -> Vec<String> {
        let found = after(&order, &[invoice(change)], &[]).unwrap();
        let text = |capture: &causeway_domain::Capture| {
            let reference = capture.reference.as_deref().unwrap_or("-");
            format!("{} {} {reference}", capture.id, capture.amount)
        };
        found.captures.iter().map(text).collect()
    };
    assert_eq!(captures(json!({})), ["4 80.93 EUR ch_1"]);
    assert_eq!(captures(json!({"transaction_id": null})), ["4 80.93 EUR -"]);
    assert_eq!(
        captures(json!({"grand_total": 30.93, "extension_attributes":
            {"gift_cards_amount": 40, "customer_balance_amount": 10}})),
        ["4 30.93 EUR ch_1", "4-gift_card 40.00 EUR -", "4-customer_balance 10.00 EUR -"]
    );
    let nothing = Vec::<String>::new();
    assert_eq!(captures(json!({"state": 1})), nothing, "open");
    assert_eq!(captures(json!({"state": 3})), nothing, "cancelled");
    assert_eq!(captures(json!({"order_id": 6})), nothing, "another order's");
    assert_eq!(captures(json!({"grand_total": 0})), nothing);
}

/// R170: the parts of other kinds of lines: fixed product tax, wrapping, a bundle's children.
#[test]
fn every_line_of_an_order_can_be_refunded() {
    for name in [
        "bundle-dynamic",
        "bundle-fixed-guest",
        "configurable-discount",
        "two-taxes-itemized",
        "jpy-two-decimals",
    ] {
        let document = document(&format!("orders/{name}"));
        let order = order(&document);
        let items: Vec<Value> = document["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let mut memo = item.clone();
                memo["order_item_id"] = item["item_id"].clone();
                memo["qty"] = item["qty_ordered"].clone();
                memo
            })
            .collect();
        let mut memo = document.clone();
        memo["entity_id"] = json!(1);
        memo["order_id"] = document["entity_id"].clone();
        memo["state"] = json!(2);
        memo["items"] = json!(items);
        let found = after(&order, &[], &[memo]).unwrap();
        let refund = &found.refunds[0];
        assert_eq!(refund.total, order.total, "{name}");
        for line in &refund.lines {
            match line {
                RefundLine::Line(line) => {
                    let sold = order.lines.iter().find(|sold| sold.id == line.line).unwrap();
                    assert_eq!(line.net, sold.net, "{name} {}", line.line);
                    let whole = line.net.plus(line.tax.total(order.currency).unwrap());
                    assert_eq!(whole, sold.gross(), "{name} {}", line.line);
                }
                RefundLine::Amount { .. } => panic!("{name}: {line:?}"),
            }
        }
        assert_eq!(refund.lines.len(), order.lines.len(), "{name}");
    }
}

#[test]
fn bad_answers_never_become_refunds() {
    let order = order(&document("after/order"));
    let empty = page(&[]);
    for (status, body, class) in [
        (500, json!({}), "retry"),
        (401, json!({"message": "The consumer isn't authorized to access %resources."}), "wait"),
        (401, json!({"message": "The nonce is already being used"}), "retry"),
        (404, json!({"message": "Request does not match any route."}), "reject"),
        (400, json!({"message": "x"}), "reject"),
        (200, json!([]), "reject"),
        (200, json!({"items": []}), "reject"),
        (200, page(&[json!({"entity_id": 1})]), "reject"),
        (200, page(&[memo(&json!({"state": 9}))]), "reject"),
        (200, page(&[memo(&json!({"state": null}))]), "reject"),
        (200, page(&[memo(&json!({"grand_total": "x"}))]), "reject"),
        (200, page(&[memo(&json!({"grand_total": -3}))]), "reject"),
        (200, page(&[memo(&json!({"created_at": "soon"}))]), "reject"),
        (200, page(&[memo(&json!({"item.qty": -1}))]), "reject"),
        (200, page(&[memo(&json!({"item.order_item_id": 1.5}))]), "reject"),
        (200, page(&[memo(&json!({"grand_total": 1e300}))]), "reject"),
    ] {
        let fault = step(&order, &[answer(200, &empty), answer(status, &body)]).unwrap_err();
        assert_eq!(fault.class(), class, "{status} {body}: {fault:?}");
    }
}

#[test]
fn the_order_shows_that_it_was_refunded() {
    for (total, shown) in [(json!(30.67), true), (json!(0), false), (json!(null), false)] {
        let mut document = document("after/order");
        document["total_refunded"] = total;
        assert_eq!(order(&document).has_after_sales, shown);
    }
}
