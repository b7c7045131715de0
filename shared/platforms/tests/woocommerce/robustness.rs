//! Bad input of every kind, and settings.

use super::*;
use proptest::prelude::*;

#[test]
fn wrong_types_and_currencies_are_rejected() {
    let good = recorded_order("071_order_get_completed");
    for (field, value) in [
        ("currency", json!("XYZ")),
        ("currency", json!(5)),
        ("total", json!("12,50")),
        ("total", json!({})),
        ("total", json!("")),
        ("total", json!("99999999999999999999")),
        ("status", json!(null)),
        ("line_items", json!({})),
        ("line_items", json!([{"id": 1}])),
        ("id", json!("x")),
        ("id", json!(23)),
        ("date_created_gmt", json!("yesterday")),
        ("customer_id", json!(1.5)),
        ("billing", json!("x")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        if field == "date_created_gmt" {
            body["date_modified_gmt"] = json!(null);
        }
        let fault = fetch("22", 200, &serde_json::to_vec(&body).unwrap()).unwrap_err();
        assert_eq!(fault.class(), "reject", "{field} {value}: {fault:?}");
    }
    let mut empty = good.clone();
    empty["shipping"] = json!([]);
    assert_eq!(order(&empty).unwrap().shipping, None);
    assert_eq!(woo().order_id_in(&serde_json::to_vec(&good).unwrap()), Some(OrderId::from("22")));
    assert_eq!(woo().order_id_in(b"{\"id\": \"x\"}"), None);
}

#[test]
fn settings_problems_are_all_named() {
    let bad = connection(
        "http://user@shop.example.com/wp-json?x=1",
        json!({"auth": "digest", "vat_meta_keys": 5, "colour": "red", "status": {"a": "b"}}),
    );
    let mut paths: Vec<String> =
        woo().check(&bad).into_iter().map(|problem| problem.path).collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "base_url",
            "base_url",
            "base_url",
            "options.auth",
            "options.colour",
            "options.status.a",
            "options.vat_meta_keys"
        ]
    );
    let clear = connection("http://shop.example.com", json!({"auth": "basic"}));
    assert_eq!(woo().check(&clear).len(), 1);
    let good = json!({"auth": "oauth1", "vat_meta_keys": ["x"], "status": {"a": "ignore"}});
    assert!(woo().check(&connection("http://shop.example.com/store", good)).is_empty());
    assert!(woo().check(&connection("https://shop.example.com", json!({}))).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the network or a plugin does to a document, reading it ends in a value or a fault.
    #[test]
    fn mutated_documents_never_panic(
        which in 0usize..3,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..9, prop::sample::select(vec![
            "", "0", "-", "e99", "9999999999999999999", "null", "\"", "{", "]", ".", "\u{0}", "é",
        ])), 0..5),
    ) {
        let names = ["071_order_get_completed", "109_order_line_add_and_fee", "106_order_get_tax_included"];
        let mut text = recorded_order(names[which]).to_string();
        for (at, length, insert) in cuts {
            let mut from = at.index(text.len());
            while !text.is_char_boundary(from) { from -= 1; }
            let mut to = (from + length).min(text.len());
            while !text.is_char_boundary(to) { to -= 1; }
            text.replace_range(from..to.max(from), insert);
        }
        for id in ["22", "36"] {
            if let Ok(Fetch::Found(order)) = fetch(id, 200, text.as_bytes()) {
                prop_assert_eq!(order.lines_total(), Ok(order.total));
            }
        }
        let _ = delivery("order.updated", text.as_bytes());
        let _ = woo().order_id_in(text.as_bytes());
    }

    /// Amounts of any size and sign are read or refused, never wrapped or panicked over.
    #[test]
    fn odd_amounts_never_panic(
        field in prop::sample::select(vec!["quantity", "total", "subtotal", "total_tax", "price"]),
        value in prop::sample::select(vec![
            "0", "-1", "0.0000000000000000000000000001", "79228162514264337593543950335",
            "-999999999999.999999", "1000000000000", "1e-20", "1e20", "0.005", "3.3333333333333333333333",
        ]),
    ) {
        let mut body = recorded_order("106_order_get_tax_included");
        body["line_items"][0][field] = json!(value);
        let _ = order(&body);
    }
}
