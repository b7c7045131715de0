//! What recordings do not show, or not in one place.

use super::super::{FakeOdoo, Product, Seed};
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
