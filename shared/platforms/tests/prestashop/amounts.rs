//! Rounding, vouchers, wrapping and several taxes: what is explained adds up, the rest is refused.

use super::*;

/// Order 11 with other totals and lines: `(excl, incl, tax ids, method)` each.
fn shop_with(totals: &[(&str, &str)], lines: &[(&str, &str, &[&str])]) -> Shop {
    let mut shop = Shop::recorded();
    let row = shop.row("orders", "11");
    for (field, value) in totals {
        row[*field] = json!(value);
    }
    let template = shop.row("order_details", "15").clone();
    let details = shop.rows.get_mut("order_details").unwrap();
    details.retain(|row| shop::text(&row["id_order"]) != "11");
    for (at, (excl, incl, taxes)) in lines.iter().enumerate() {
        let mut detail = template.clone();
        detail["id"] = json!(100 + at);
        detail["product_quantity"] = json!("1");
        detail["unit_price_tax_excl"] = json!(excl);
        detail["original_product_price"] = json!(excl);
        detail["total_price_tax_excl"] = json!(excl);
        detail["total_price_tax_incl"] = json!(incl);
        let taxes: Vec<Value> = taxes.iter().map(|id| json!({ "id": id })).collect();
        detail["associations"] = json!({ "taxes": taxes });
        details.push(detail);
    }
    shop
}

fn totals<'a>(
    paid: &'a str,
    paid_excl: &'a str,
    products: (&'a str, &'a str),
    shipping: (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("total_paid", paid),
        ("total_paid_tax_incl", paid),
        ("total_paid_tax_excl", paid_excl),
        ("total_products", products.0),
        ("total_products_wt", products.1),
        ("total_shipping_tax_excl", shipping.0),
        ("total_shipping_tax_incl", shipping.1),
    ]
}

fn voucher(shop: &mut Shop, id: u64, value: (&str, &str), free_shipping: &str) {
    shop.put(
        "order_cart_rules",
        json!({"id": id, "id_order": "11", "id_cart_rule": "1", "id_order_invoice": "0",
               "name": "Ten", "value": value.1, "value_tax_excl": value.0,
               "free_shipping": free_shipping, "deleted": "0"}),
    );
}

/// A voucher over goods of two rates lowers each tax by its part.
#[test]
fn a_voucher_is_attributed_to_its_taxes() {
    let mut all = totals("81.39", "70.00", ("70.00", "81.10"), ("7.00", "8.40"));
    all.extend([("total_discounts_tax_incl", "8.11"), ("total_discounts_tax_excl", "7.00")]);
    let mut shop = shop_with(&all, &[("50.00", "60.00", &["1"]), ("20.00", "21.10", &["3"])]);
    voucher(&mut shop, 1, ("7.00", "8.11"), "0");
    let expected = [
        "100: 50.00 EUR + tax:1 10.00 EUR",
        "101: 20.00 EUR + tax:3 1.10 EUR",
        "shipping: 7.00 EUR + tax:1 1.40 EUR",
        "discount-1-tax-1: -5.00 EUR + tax:1 -1.00 EUR",
        "discount-1-tax-3: -2.00 EUR + tax:3 -0.11 EUR",
    ];
    assert_eq!(told(&order(&shop, "11").unwrap()), expected);
    // A voucher on the second product only.
    let mut all = totals("84.23", "75.00", ("70.00", "81.10"), ("7.00", "8.40"));
    all.extend([
        ("total_discounts_tax_incl", "5.27"),
        ("total_discounts_tax_excl", "5.00"),
        ("total_paid_tax_excl", "72.00"),
    ]);
    let mut shop = shop_with(&all, &[("50.00", "60.00", &["1"]), ("20.00", "21.10", &["3"])]);
    voucher(&mut shop, 2, ("5.00", "5.27"), "0");
    let read = order(&shop, "11").unwrap();
    assert_eq!(told(&read)[3..], ["discount-2-tax-3: -5.00 EUR + tax:3 -0.27 EUR"]);
    // Without its voucher rows it is still a discount; a deleted one does not count.
    shop.row("order_cart_rules", "2")["deleted"] = json!("1");
    let read = order(&shop, "11").unwrap();
    assert_eq!(told(&read)[3..], ["discount-all-tax-3: -5.00 EUR + tax:3 -0.27 EUR"]);
}

#[test]
fn free_shipping_and_a_voucher_at_once() {
    let mut all = totals("48.69", "40.58", ("45.08", "54.10"), ("7.00", "8.40"));
    all.extend([("total_discounts_tax_incl", "13.81"), ("total_discounts_tax_excl", "11.50")]);
    let mut shop = shop_with(&all, &[("45.08", "54.10", &["1"])]);
    voucher(&mut shop, 1, ("7.00", "8.40"), "1");
    voucher(&mut shop, 2, ("4.50", "5.41"), "0");
    let read = order(&shop, "11").unwrap();
    assert_eq!(
        told(&read)[2..],
        [
            "discount-1-tax-1: -7.00 EUR + tax:1 -1.40 EUR",
            "discount-2-tax-1: -4.50 EUR + tax:1 -0.91 EUR",
        ]
    );
}

#[test]
fn wrapping_and_carriers_have_the_tax_that_explains_them() {
    let mut all = totals("62.40", "52.00", ("50.00", "60.00"), ("0", "0"));
    all.extend([("total_wrapping_tax_incl", "2.40"), ("total_wrapping_tax_excl", "2.00")]);
    let lines: &[(&str, &str, &[&str])] = &[("50.00", "60.00", &["1"])];
    let read = order(&shop_with(&all, lines), "11").unwrap();
    assert_eq!(told(&read)[1..], ["wrapping: 2.00 EUR + tax:1 0.40 EUR"]);
    // A carrier at a rate that no product has: by its rate.
    let mut all = totals("67.70", "57.00", ("50.00", "60.00"), ("7.00", "7.70"));
    all.push(("carrier_tax_rate", "10.000"));
    let read = order(&shop_with(&all, lines), "11").unwrap();
    assert_eq!(told(&read)[1..], ["shipping: 7.00 EUR + carrier 0.70 EUR"]);
    assert_eq!(read.lines[1].taxes[0].rate, Some(dec("10.000")));
    // Proportionate tax is not told as a rate: by its amount.
    all.push(("carrier_tax_rate", "0.000"));
    let read = order(&shop_with(&all, lines), "11").unwrap();
    assert_eq!(read.lines[1].taxes[0].rate, None);
    assert_eq!(told(&read)[1..], ["shipping: 7.00 EUR + carrier 0.70 EUR"]);
}

/// STORES 10: a line names its taxes by id only; several share its tax by rate.
#[test]
fn several_taxes_on_one_line() {
    let all = totals("114.98", "100.00", ("100.00", "114.98"), ("0", "0"));
    let shop = shop_with(&all, &[("100.00", "114.98", &["4", "5"])]);
    let read = order(&shop, "11").unwrap();
    assert_eq!(told(&read), ["100: 100.00 EUR + tax:4 5.00 EUR, tax:5 9.98 EUR"]);
    // One on top of the other: 5 %, then 9.975 % of 105.
    let all = totals("115.47", "100.00", ("100.00", "115.47"), ("0", "0"));
    let mut shop = shop_with(&all, &[("100.00", "115.47", &["4", "5"])]);
    shop.row("order_details", "100")["tax_computation_method"] = json!("1");
    let read = order(&shop, "11").unwrap();
    assert_eq!(told(&read), ["100: 100.00 EUR + tax:4 5.00 EUR, tax:5 10.47 EUR"]);
}

/// Rounding at the total leaves six decimals on the lines; they share the cents of the order.
#[test]
fn cents_that_rounding_explains_are_spread() {
    let all = totals("4.01", "3.35", ("3.35", "4.01"), ("0", "0"));
    let line: (&str, &str, &[&str]) = ("1.115000", "1.338000", &["1"]);
    let read = order(&shop_with(&all, &[line, line, line]), "11").unwrap();
    assert_eq!(read.lines_total().unwrap().to_string(), "4.01 EUR");
    assert_eq!(read.tax_total().unwrap().to_string(), "0.66 EUR");
    // An untaxed line beside them stays untaxed.
    let free: (&str, &str, &[&str]) = ("1.115000", "1.115000", &[]);
    let all = totals("3.79", "3.35", ("3.35", "3.79"), ("0", "0"));
    let read = order(&shop_with(&all, &[line, line, free]), "11").unwrap();
    assert!(read.lines[2].taxes.is_empty());
    assert_eq!(read.lines_total().unwrap().to_string(), "3.79 EUR");
    // A currency without minor units.
    let all = totals("1200.000000", "1000", ("1000", "1200"), ("0", "0"));
    let mut shop = shop_with(&all, &[("1000.4", "1200.4", &["1"])]);
    shop.row("orders", "11")["id_currency"] = json!("2");
    assert_eq!(order(&shop, "11").unwrap().total.to_string(), "1200 JPY");
}

#[test]
fn what_rounding_does_not_explain_is_refused_with_both_numbers() {
    let line: &[(&str, &str, &[&str])] = &[("50.00", "60.00", &["1"])];
    let good = totals("68.40", "57.00", ("50.00", "60.00"), ("7.00", "8.40"));
    assert!(order(&shop_with(&good, line), "11").is_ok());
    for (change, one, other) in [
        ([("total_products_wt", "60.02")], "68.42", "68.40"),
        ([("total_paid_tax_incl", "68.42")], "68.40", "68.42"),
        ([("total_discounts_tax_incl", "1.00")], "67.40", "68.40"),
        ([("total_wrapping_tax_incl", "0.02")], "68.42", "68.40"),
    ] {
        let mut all = good.clone();
        all.extend(change);
        let fault = order(&shop_with(&all, line), "11").unwrap_err();
        assert_eq!(fault.class(), "reject", "{change:?}");
        let text = fault.to_string();
        assert!(text.contains(one) && text.contains(other), "{change:?}: {text}");
    }
    // Lines against the products' total, with tax and without.
    for (lines, number) in [
        (&[("49.98", "59.98", &["1"][..])][..], "59.98"),
        (&[("49.95", "60.00", &["1"][..])][..], "49.95"),
        (&[("50.00", "60.00", &[][..])][..], "names no tax"),
        (&[][..], "60.00"),
    ] {
        let text = order(&shop_with(&good, lines), "11").unwrap_err().to_string();
        assert!(text.contains(number), "{lines:?}: {text}");
    }
    // A discount that takes tax where none is.
    let mut all = totals("54.00", "45.83", ("50.00", "50.00"), ("0", "0"));
    all.extend([("total_paid", "44.00"), ("total_paid_tax_incl", "44.00")]);
    all.extend([("total_discounts_tax_incl", "6.00"), ("total_discounts_tax_excl", "5.00")]);
    let text = order(&shop_with(&all, &[("50.00", "50.00", &[])]), "11").unwrap_err().to_string();
    assert!(text.contains("lowers tax by 1.00 EUR"), "{text}");
}
