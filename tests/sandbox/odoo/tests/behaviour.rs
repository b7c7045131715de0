//! What recordings do not show, or not in one place.

use super::super::{FakeOdoo, Product, Seed};
use super::after::read;
use super::{call, create_only, order_load, send};
use serde_json::{Value, json};

fn total(odoo: &FakeOdoo) -> String {
    odoo.inspect()["orders"][0]["amount_total"].as_str().unwrap().to_owned()
}

/// FACTS A15: both flags are needed at birth; a plain load rewrites silently.
#[test]
fn create_only_load_protects_from_birth_on() {
    for (birth, later, expected) in [
        (create_only(), create_only(), "12.1"),
        (create_only(), json!({}), "48.4"),
        (json!({}), create_only(), "48.4"),
    ] {
        let odoo = FakeOdoo::belgian();
        let (_, first) =
            call(&odoo, "sale.order", "load", &order_load("o", 1, "10", &birth)).unwrap();
        let (_, second) =
            call(&odoo, "sale.order", "load", &order_load("o", 4, "10", &later)).unwrap();
        assert_eq!(first, second);
        assert_eq!(total(&odoo), expected, "{birth} then {later}");
        assert_eq!(odoo.inspect()["created"]["sale.order"], 1);
        assert_eq!(odoo.inspect()["created"]["sale.order.line"], 1);
    }
}

/// FACTS A6: deleting an order deletes its external id.
#[test]
fn a_deleted_order_is_born_again() {
    let odoo = FakeOdoo::belgian();
    let body = order_load("o", 1, "10", &create_only());
    let (_, first) = call(&odoo, "sale.order", "load", &body).unwrap();
    let key = format!("bearer {}", Seed::ADMIN_KEY);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let ids = json!({"ids": first["ids"]}).to_string();
    send(&odoo, "POST", "/json/2/sale.order/unlink", &headers, &ids).unwrap();
    let (_, second) = call(&odoo, "sale.order", "load", &body).unwrap();
    assert_ne!(first["ids"], second["ids"]);
    assert_eq!(odoo.inspect()["orders"].as_array().unwrap().len(), 1);
}

/// A failed load keeps nothing, not even contacts that it could have made.
#[test]
fn a_poisoned_batch_keeps_nothing() {
    let odoo = FakeOdoo::belgian();
    let body = json!({
        "fields": ["id", "name", "vat", "country_id/id"],
        "data": [["__causeway__.a", "Good", "", "base.be"], ["__causeway__.b", "Bad", "BE0123456789", "base.be"]],
        "context": create_only(),
    });
    let (status, answer) = call(&odoo, "res.partner", "load", &body).unwrap();
    assert_eq!((status, &answer["ids"]), (200, &json!(false)));
    let records: Vec<&Value> =
        answer["messages"].as_array().unwrap().iter().map(|m| &m["record"]).collect();
    assert_eq!(records, [&json!(0), &json!(1)], "the echo of record 0 comes first");
    assert!(odoo.inspect()["created"].get("res.partner").is_none());
}

/// FACTS A8: the delivery address decides; sent taxes are never mapped.
#[test]
fn fiscal_positions_follow_the_delivery_address() {
    for (partner, shipping, position) in [
        (Seed::BELGIAN_CONSUMER, Seed::BELGIAN_CONSUMER, "National"),
        (Seed::BELGIAN_CONSUMER, Seed::GERMAN_CONSUMER, "EU B2C"),
        (Seed::GERMAN_CONSUMER, Seed::FRENCH_COMPANY, "Intra-Community"),
        (Seed::FRENCH_COMPANY, Seed::BELGIAN_CONSUMER, "National"),
    ] {
        let odoo = FakeOdoo::belgian();
        let vals = json!({"vals_list": [{"partner_id": partner, "partner_shipping_id": shipping,
            "order_line": [[0, 0, {"product_id": Seed::SKU_A, "tax_ids": [[6, 0, [Seed::TAX_21]]]}]]}]});
        call(&odoo, "sale.order", "create", &vals).unwrap();
        let order = &odoo.inspect()["orders"][0];
        assert_eq!(order["fiscal_position"], position);
        assert_eq!(order["amount_total"], "24.2");
    }
}

/// A new partner; its id.
fn partner(odoo: &FakeOdoo, vals: &Value) -> i64 {
    let (status, answer) =
        call(odoo, "res.partner", "create", &json!({"vals_list": [vals]})).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer[0].as_i64().unwrap()
}

/// An order of three shirts at 3.33 that are pinned to 10.00 and 2.10; its id.
fn pinned(odoo: &FakeOdoo, partner: i64, shipping: i64) -> Value {
    let pin = json!({"currency_id": Seed::EUR, "price_unit": 3.33, "discount": 0, "quantity": 3,
        "manual_total_excluded_currency": 10.0,
        "manual_tax_amounts": {"191": {"tax_amount_currency": 2.1, "base_amount_currency": 10.0}}});
    let line = json!([0, 0, {"product_id": Seed::SKU_A, "product_uom_qty": 3, "price_unit": 3.33,
        "tax_ids": [[6, 0, [Seed::TAX_21]]], "extra_tax_data": pin}]);
    let vals = json!({"vals_list": [{"partner_id": partner, "partner_invoice_id": partner,
        "partner_shipping_id": shipping, "order_line": [line]}]});
    let (status, answer) = call(odoo, "sale.order", "create", &vals).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer[0].clone()
}

/// Without a country of its own, a place of delivery below a customer with one is the rest of the world;
/// a customer without one has no position, wherever the delivery goes (seen on 19.0;
/// `account.fiscal.position._get_fiscal_position`). Only a `contact` takes the address of its parent.
#[test]
fn an_empty_delivery_address_is_the_rest_of_the_world() {
    let odoo = FakeOdoo::belgian();
    let below = |kind: &str, parent: i64| {
        partner(&odoo, &json!({"name": kind, "parent_id": parent, "type": kind}))
    };
    let home = Seed::BELGIAN_CONSUMER;
    let nowhere = partner(&odoo, &json!({"name": "Nowhere"}));
    for (customer, shipping, position) in [
        (home, below("delivery", home), json!("Extra-Community")),
        (home, below("other", home), json!("Extra-Community")),
        (home, below("contact", home), json!("National")),
        (nowhere, nowhere, json!(false)),
        (nowhere, below("delivery", nowhere), json!(false)),
        (nowhere, home, json!(false)),
    ] {
        pinned(&odoo, customer, shipping);
        let state = odoo.inspect();
        let order = state["orders"].as_array().unwrap().last().unwrap();
        assert_eq!(order["fiscal_position"], position, "{customer} {shipping}");
        assert_eq!(order["amount_total"], "12.1");
    }
}

/// A fiscal position that was taken away from a quotation, by either way that we do it, stays away when the order is
/// confirmed and dated; one that Odoo found or a person set stays too. Taxes, pins and totals stay (seen on 19.0).
#[test]
fn neither_confirming_nor_dating_changes_the_fiscal_position() {
    // Of order and of the value.
    type Clear = fn(&Value, &Value) -> Value;
    // Of order and line.
    type Date = fn(&Value, &Value) -> Value;
    let ways: [(&str, Clear, Date); 2] = [
        (
            "web_save_multi",
            |order, position| json!({"ids": [order], "vals_list": [{"fiscal_position_id": position}], "specification": {}}),
            |order, line| {
                let vals = json!({"date_order": "2026-01-02 03:04:05", "order_line": [[1, line, {"customer_lead": 0}]]});
                json!({"ids": [order], "vals_list": [vals], "specification": {}})
            },
        ),
        (
            "load",
            |order, position| {
                let position = position.as_i64().map(|id| id.to_string()).unwrap_or_default();
                json!({"fields": [".id", "fiscal_position_id/.id"],
                    "data": [[order.to_string(), position]], "context": {"tz": "UTC"}})
            },
            |order, line| {
                json!({
                    "fields": [".id", "date_order", "order_line/.id", "order_line/customer_lead"],
                    "data": [[order.to_string(), "2026-01-02 03:04:05", line.to_string(), "0"]],
                    "context": {"tz": "UTC"},
                })
            },
        ),
    ];
    let line_of = ["tax_ids", "price_unit", "price_total", "extra_tax_data"];
    let order_of = ["fiscal_position_id", "date_order", "amount_tax", "amount_total"];
    let odoo = FakeOdoo::belgian();
    let home = Seed::BELGIAN_CONSUMER;
    let empty = partner(&odoo, &json!({"name": "Counter", "parent_id": home, "type": "delivery"}));
    let ok = |method: &str, body: &Value| {
        let (status, answer) = call(&odoo, "sale.order", method, body).unwrap();
        assert_eq!(status, 200, "{answer}");
    };
    for (method, written, date) in ways {
        for (shipping, position) in
            [(empty, json!(false)), (home, json!(false)), (home, json!(Seed::POSITION_EU_PRIVATE))]
        {
            let order = pinned(&odoo, home, shipping);
            let line = read(&odoo, "sale.order", &order, &["order_line"])["order_line"][0].clone();
            let before = read(&odoo, "sale.order.line", &line, &line_of);
            ok(method, &written(&order, &position));
            ok("action_confirm", &json!({"ids": [order]}));
            for _ in 0..2 {
                ok(method, &date(&order, &line));
                let now = read(&odoo, "sale.order", &order, &order_of);
                let found = now["fiscal_position_id"].get(0).unwrap_or(&json!(false)).clone();
                assert_eq!(found, position, "{method}");
                assert_eq!(now["date_order"], "2026-01-02 03:04:05");
                assert_eq!((&now["amount_tax"], &now["amount_total"]), (&json!(2.1), &json!(12.1)));
            }
            assert_eq!(read(&odoo, "sale.order.line", &line, &line_of), before);
        }
    }
}

/// Several taxes a line, no decimals and three decimals.
#[test]
fn taxes_are_rounded_per_order_in_the_currency() {
    let line = |price: &str, taxes: &[i64]| {
        json!([0, 0, {"product_id": Seed::SKU_A, "product_uom_qty": 1, "price_unit": price.parse::<f64>().unwrap(),
                      "tax_ids": [[6, 0, taxes]]}])
    };
    for (pricelist, lines, untaxed, tax) in [
        (Seed::PRICELIST_EUR, vec![line("0.40", &[Seed::TAX_21]); 3], "1.2", "0.25"),
        (Seed::PRICELIST_JPY, vec![line("333", &[Seed::TAX_21]); 2], "666", "140"),
        (Seed::PRICELIST_KWD, vec![line("9.99", &[Seed::TAX_21])], "9.99", "2.098"),
        (Seed::PRICELIST_USD, vec![line("19.99", &Seed::US_TAXES)], "19.99", "1.6"),
        (Seed::PRICELIST_EUR, vec![line("21.53", &[Seed::TAX_21_INCLUDED]); 2], "35.59", "7.47"),
    ] {
        let odoo = FakeOdoo::belgian();
        let vals = json!({"vals_list": [{"partner_id": Seed::BELGIAN_CONSUMER, "pricelist_id": pricelist, "order_line": lines}]});
        let (status, answer) = call(&odoo, "sale.order", "create", &vals).unwrap();
        assert_eq!(status, 200, "{answer}");
        let order = &odoo.inspect()["orders"][0];
        assert_eq!(
            (order["amount_untaxed"].as_str(), order["amount_tax"].as_str()),
            (Some(untaxed), Some(tax))
        );
    }
}

/// What the real server can do and the fake cannot is said, not made up.
#[test]
fn what_is_not_built_says_so() {
    let odoo = FakeOdoo::belgian();
    let body = json!({"vals_list": [{"move_type": "in_invoice"}]});
    let (status, answer) = call(&odoo, "account.move", "create", &body).unwrap();
    assert_eq!((status, answer["name"].as_str()), (501, Some("sandbox.NotBuilt")));
}

/// Scarce goods are reserved once; the delivery waits.
#[test]
fn confirming_reserves_what_is_there() {
    let odoo = FakeOdoo::belgian();
    let product = Product { stock: Some(3), ..Product::goods("RARE", "5.00") };
    let id = odoo.add_product(&product);
    for quantity in [2, 2] {
        let vals = json!({"vals_list": [{"partner_id": Seed::BELGIAN_CONSUMER,
            "order_line": [[0, 0, {"product_id": id, "product_uom_qty": quantity}]]}]});
        let (_, ids) = call(&odoo, "sale.order", "create", &vals).unwrap();
        call(&odoo, "sale.order", "action_confirm", &json!({"ids": ids})).unwrap();
    }
    let state = odoo.inspect();
    let moves: Vec<&Value> =
        state["pickings"].as_array().unwrap().iter().map(|p| &p["moves"][0]["state"]).collect();
    assert_eq!(moves, [&json!("assigned"), &json!("partially_available")]);
}

/// The control endpoints, over HTTP.
#[test]
fn the_control_endpoints_seed_inspect_and_reset() {
    let odoo = FakeOdoo::belgian();
    let post = |path: &str, body: Value| send(&odoo, "POST", path, &[], &body.to_string()).unwrap();
    let (status, answer, _) =
        post("/_sandbox/seed", json!({"products": [{"sku": "NEW-1", "price": "7.50"}]}));
    assert_eq!((status, &answer["products"]), (200, &json!([Seed::FIRST_ADDED_PRODUCT])));
    let body =
        json!({"domain": [["default_code", "in", ["NEW-1"]]], "fields": ["id", "lst_price"]});
    let (_, found) = call(&odoo, "product.product", "search_read", &body).unwrap();
    assert_eq!(found, json!([{"id": 1001, "lst_price": 7.5}]));
    let (_, state, _) = send(&odoo, "GET", "/_sandbox/state", &[], "").unwrap();
    assert_eq!(state["calls"]["product.product/search_read"], 1);
    post("/_sandbox/reset", Value::Null);
    let (_, found) = call(&odoo, "product.product", "search_read", &body).unwrap();
    assert_eq!(found, json!([]));
}
