//! Orders to the cent.

use super::*;

/// R167, R199, R238: every recorded order reads to the cent, with the status the core's map gives.
#[test]
fn every_recorded_order_reads_to_the_cent() {
    let mut read = 0;
    for (name, recording) in recordings("woocommerce/real-9.9.5/api") {
        let Some(body) = recording["response_body"].as_str() else { continue };
        let Ok(body) = serde_json::from_str::<Value>(body) else { continue };
        if body.get("order_key").is_none() {
            continue;
        }
        let result = order(&body);
        if body["line_items"].as_array().unwrap().is_empty() {
            assert_eq!(result.unwrap_err().class(), "skip", "{name}: a draft without lines");
            continue;
        }
        let order = result.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(order.total.to_decimal(), dec(body["total"].as_str().unwrap()), "{name}");
        assert_eq!(order.lines_total().unwrap(), order.total, "{name}");
        let tax = order.tax_total().unwrap().to_decimal();
        assert_eq!(tax, dec(body["total_tax"].as_str().unwrap()), "{name}");
        for shown in body["tax_lines"].as_array().unwrap() {
            let code = format!("rate:{}", shown["rate_id"]);
            let sum: Decimal = order
                .lines
                .iter()
                .flat_map(|line| &line.taxes)
                .filter(|tax| tax.code.0 == code)
                .map(|tax| tax.amount.to_decimal())
                .sum();
            let whole = dec(shown["tax_total"].as_str().unwrap())
                + dec(shown["shipping_tax_total"].as_str().unwrap());
            assert_eq!(sum, whole, "{name} {code}");
        }
        let expected = match body["status"].as_str().unwrap() {
            "pending" | "failed" | "checkout-draft" | "trash" => Standing::Ignore,
            "on-hold" => Standing::Quotation,
            "processing" | "completed" | "refunded" => Standing::Confirmed,
            "cancelled" => Standing::Cancelled,
            other => panic!("{name}: {other}"),
        };
        assert_eq!(order.standing, expected, "{name}");
        read += 1;
    }
    assert_eq!(read, 18);
}

/// The deliveries' bodies are the same documents; they read as well.
#[test]
fn every_delivered_order_reads_to_the_cent() {
    for (name, recording) in recordings("woocommerce/real-9.9.5/deliveries") {
        let body = delivered(&recording).body;
        let Ok(body) = serde_json::from_slice::<Value>(&body) else { continue };
        if body.get("order_key").is_none() {
            continue;
        }
        let order = order(&body).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(order.total.to_decimal(), dec(body["total"].as_str().unwrap()), "{name}");
    }
}

#[test]
fn an_order_in_full() {
    let order = order(&recorded_order("071_order_get_completed")).unwrap();
    assert_eq!(order.number, "22");
    assert_eq!(order.status, "completed");
    assert_eq!(order.placed_at.to_string(), "2026-11-21T23:12:49Z");
    assert_eq!(order.customer.id.as_ref().unwrap().as_str(), "2");
    assert_eq!(order.customer.name.reveal(), "Marie Curie");
    assert_eq!(order.customer.company.as_ref().unwrap().reveal(), "Radium SAS");
    assert_eq!(order.billing.zip.reveal(), "75005");
    assert_eq!(order.billing.country.unwrap().as_str(), "FR");
    assert_eq!(order.shipping.as_ref().unwrap().city.reveal(), "Paris");
    assert!(order.note.as_ref().unwrap().reveal().contains("\"3e\" étage"));
    assert_eq!(order.payments[0].method, "bacs");
    let lines: Vec<String> = order
        .lines
        .iter()
        .map(|line| {
            let (product, sku) = match &line.kind {
                LineKind::Product(product) => (product.id.clone(), product.sku.clone()),
                _ => (None, None),
            };
            let product = product.map(|id| id.to_string()).unwrap_or_default();
            let sku = sku.map(|sku| sku.to_string()).unwrap_or_default();
            let taxes: Vec<String> = line
                .taxes
                .iter()
                .map(|tax| format!("{} {}% {}", tax.code.0, tax.rate.unwrap(), tax.amount))
                .collect();
            format!(
                "{} {product} {sku} {} x {} - {} = {} + {}",
                line.id,
                line.quantity,
                line.unit_price,
                line.discount,
                line.net,
                taxes.join(", ")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "1 10 MUG-001 3 x 12.50 - 3.76 EUR = 33.74 EUR + rate:1 20% 6.75 EUR",
            "2 11 BOOK-001 1 x 19.99 - 1.99 EUR = 18.00 EUR + rate:2 5.5% 0.99 EUR",
            "3 17 TS-R-M 2 x 24.90 - 4.98 EUR = 44.82 EUR + rate:1 20% 8.96 EUR",
            "4   1 x 4.90 - 0.00 EUR = 4.90 EUR + rate:1 20% 0.98 EUR",
        ]
    );
}

/// STORES 12: tax-inclusive shops still tell net lines; list prices are told with tax.
#[test]
fn tax_inclusive_prices_and_negative_fees() {
    let order = order(&recorded_order("109_order_line_add_and_fee")).unwrap();
    assert!(order.prices_include_tax);
    assert_eq!(order.customer.id, None);
    assert_eq!(order.lines[0].unit_price, dec("29.985"));
    assert_eq!(order.lines[0].net.to_string(), "56.84 EUR");
    let discount = order.lines.iter().find(|line| line.kind == LineKind::Discount).unwrap();
    assert_eq!(discount.net.to_string(), "-1.00 EUR");
    assert_eq!(discount.taxes.len(), 2);
    let fee = order.lines.iter().find(|line| line.kind == LineKind::Fee).unwrap();
    assert_eq!(fee.net.to_string(), "2.50 EUR");
}

/// STORES 12: a deleted product has id 0 and no SKU.
#[test]
fn deleted_products_and_zero_quantities() {
    let deleted = order(&recorded_order("133_order_unknown_product")).unwrap();
    let LineKind::Product(product) = &deleted.lines[0].kind else { panic!() };
    assert_eq!((&product.id, &product.sku), (&None, &None));
    let mut body = recorded_order("071_order_get_completed");
    let mut empty = body["line_items"][0].clone();
    empty["id"] = json!(99);
    empty["quantity"] = json!(0);
    for field in ["subtotal", "subtotal_tax", "total", "total_tax"] {
        empty[field] = json!("0.00");
    }
    empty["taxes"] = json!([{"id": 1, "total": "", "subtotal": ""}]);
    body["line_items"].as_array_mut().unwrap().push(empty);
    assert_eq!(order(&body).unwrap().lines.len(), 4);
    // Zero of something with an amount is one of it.
    body["line_items"][1]["quantity"] = json!(0);
    let order = order(&body).unwrap();
    assert_eq!((order.lines[1].quantity, order.lines[1].unit_price), (dec("1"), dec("19.99")));
}

/// A cent that rounding explains is spread; one that it does not explain is refused with both numbers.
#[test]
fn unexplained_totals_are_refused_with_both_numbers() {
    // The shop rounds taxes at the subtotal: three lines of 0.333.. each, one order total.
    let mut body = recorded_order("090_order3_get");
    let item = |id: u64| {
        json!({"id": id, "name": "Screw", "product_id": 12, "variation_id": 0, "quantity": 1,
               "subtotal": "0.33", "subtotal_tax": "0.00", "total": "0.33", "total_tax": "0.00",
               "price": 0.333_333, "taxes": [], "sku": "S"})
    };
    body["line_items"] = json!([item(1), item(2), item(3)]);
    body["shipping_lines"] = json!([]);
    body["tax_lines"] = json!([]);
    body["total"] = json!("1.00");
    let nets: Vec<String> =
        order(&body).unwrap().lines.iter().map(|line| line.net.to_string()).collect();
    assert_eq!(nets, ["0.34 EUR", "0.33 EUR", "0.33 EUR"]);

    let mut short = recorded_order("071_order_get_completed");
    short["total"] = json!("109.14");
    let fault = order(&short).unwrap_err();
    assert_eq!(fault.class(), "reject");
    let text = fault.to_string();
    assert!(text.contains("101.46") && text.contains("91.46 EUR"), "{text}");

    let mut tax = recorded_order("071_order_get_completed");
    tax["tax_lines"][0]["tax_total"] = json!("15.81");
    let text = order(&tax).unwrap_err().to_string();
    assert!(text.contains("16.692") && text.contains("16.79 EUR"), "{text}");

    let mut precise = recorded_order("071_order_get_completed");
    precise["total"] = json!("119.145");
    assert!(order(&precise).unwrap_err().to_string().contains("119.145"));
}

/// R238: the store's own map first; an unknown status is a question, not lost.
#[test]
fn statuses_follow_the_store_then_the_core() {
    let mut body = recorded_order("071_order_get_completed");
    body["status"] = json!("in-transit");
    let bytes = serde_json::to_vec(&body).unwrap();
    let fault = fetch("22", 200, &bytes).unwrap_err();
    assert_eq!(fault.class(), "reject");
    assert!(format!("{fault:?}").contains("in-transit"), "{fault:?}");
    let own = json!({"status": {"in-transit": "confirmed"}});
    match fetch_with(own, "22", &[answer(200, &bytes)]).unwrap() {
        Fetch::Found(order) => assert_eq!(order.standing, Standing::Confirmed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn vat_numbers_come_from_custom_fields() {
    let mut body = recorded_order("071_order_get_completed");
    body["meta_data"] = json!([{"id": 1, "key": "_vat_number", "value": ""},
        {"id": 2, "key": "vat_number", "value": "FR 12 345"}, {"key": "own", "value": "BE1"}]);
    let vat = order(&body).unwrap().customer.vat.unwrap();
    assert_eq!(vat.reveal(), "FR 12 345");
    let bytes = serde_json::to_vec(&body).unwrap();
    let own = fetch_with(json!({"vat_meta_keys": ["own"]}), "22", &[answer(200, &bytes)]);
    match own.unwrap() {
        Fetch::Found(order) => assert_eq!(order.customer.vat.unwrap().reveal(), "BE1"),
        other => panic!("{other:?}"),
    }
}
