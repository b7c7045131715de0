#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use serde_json::json;

fn chart() -> Chart {
    serde_json::from_value(json!({"journal": 22, "clearing": 230, "gift_cards": 495, "fees": 363,
        "tips": 500, "income": [390, 501, 502], "stock": 5,
        "time_zone": "Europe/Brussels"}))
    .unwrap()
}

fn eur(cents: i64) -> Value {
    json!({"amount": cents, "currency": "EUR"})
}

/// Two of SKU-001 and one of SKU-004, taxed at 21 and 6 % on top, a tip, half of it by gift card; the fee
/// came later; one of the first line came back, then 0.50.
fn documents() -> Value {
    let line = |uid: &str, item: &str, quantity: &str, (total, tax): (i64, i64), rate: &str| {
        json!({"uid": uid, "item_type": "ITEM", "catalog_object_id": item, "quantity": quantity,
            "total_money": eur(total), "total_tax_money": eur(tax),
            "applied_taxes": [{"tax_uid": rate, "applied_money": eur(tax)}]})
    };
    let taxes = json!([{"uid": "T21", "percentage": "21", "type": "ADDITIVE"},
                       {"uid": "T6", "percentage": "6", "type": "ADDITIVE"}]);
    let item = |id: &str, sku: &str| json!({"id": id, "item_variation_data": {"sku": sku}});
    let mut returned = line("r", "V1", "1", (1210, 210), "T21");
    returned["source_line_item_uid"] = json!("a");
    let refund = |id: &str, order: &str, cents: i64, payment: &str| {
        json!({"id": id, "order_id": order, "status": "COMPLETED", "payment_id": payment,
            "created_at": "2026-11-10T23:30:00Z",
            "amount_money": eur(cents)})
    };
    json!({"S1": {
        "order": {"id": "S1", "created_at": "2026-11-09T23:10:00Z", "reference_id": "WEB-1", "state": "COMPLETED", "taxes": taxes,
            "line_items": [line("a", "V1", "2", (2420, 420), "T21"), line("b", "V4", "1", (106, 6), "T6")],
            "service_charges": [], "total_money": eur(2676), "total_tax_money": eur(426),
            "total_tip_money": eur(150), "total_discount_money": eur(100)},
        "payments": [
            {"id": "P_1", "source_type": "SQUARE_GIFT_CARD", "total_money": eur(1000)},
            {"id": "P2", "source_type": "CARD", "total_money": eur(1676),
             "processing_fee": [{"amount_money": eur(48)}]}],
        "catalog": [item("V1", "SKU-001"), item("V4", "SKU-004")],
        "refunds": [refund("R1", "B1", 1210, "P2"), refund("R_2", "B2", 50, "P2")],
        "returns": [
            {"id": "B1", "returns": [{"return_line_items": [returned], "return_taxes": taxes}]},
            {"id": "B2", "returns": [{"return_line_items": [{"uid": "c", "item_type": "CUSTOM_AMOUNT"}]}]}],
    }})
}

/// A line: account, debit less credit in cents, taxes it is of, tags.
fn line(account: i64, cents: i64, taxes: &[i64], tags: &[i64]) -> Value {
    let side = |cents: i64| Decimal::new(cents.max(0), 2).to_string();
    json!({"name": format!("on {account}"), "account_id": account, "debit": side(cents),
        "credit": side(-cents), "tax_ids": taxes, "tax_tag_ids": tags, "tax_line_id": false,
        "tax_repartition_line_id": false, "external_ids": ["one"]})
}

fn tax(cents: i64, of: i64, repartition: i64, tag: i64) -> Value {
    let mut line = line(193, cents, &[], &[tag]);
    line["tax_line_id"] = json!(of);
    line["tax_repartition_line_id"] = json!(repartition);
    line
}

fn entry(key: &str, lines: Vec<Value>) -> Value {
    let date = if key.contains("refund") { "2026-11-11" } else { "2026-11-10" };
    json!({"name": key, "ref": "pos/S1", "date": date, "state": "posted", "journal_id": 22, "lines": lines,
        "external_ids": [format!("__causeway__.pos_{key}")]})
}

fn odoo() -> Value {
    let sale = vec![
        line(495, 1000, &[], &[]),
        line(230, 1676, &[], &[]),
        line(390, -2000, &[191], &[7]),
        line(502, -100, &[196], &[5]),
        line(500, -150, &[], &[]),
        tax(-420, 191, 2, 25),
        tax(-6, 196, 22, 25),
    ];
    let fee = vec![line(363, 48, &[], &[]), line(230, -48, &[], &[])];
    let first =
        vec![line(390, 1000, &[191], &[16]), tax(210, 191, 4, 33), line(230, -1210, &[], &[])];
    let second = vec![line(390, 41, &[191], &[16]), tax(9, 191, 4, 33), line(230, -50, &[], &[])];
    let goods = |sku: &str, quantity: &str, from: i64, to: i64| {
        json!({"sku": sku, "quantity": quantity, "state": "done", "location_id": from,
            "location_dest_id": to})
    };
    json!({
        "entries": [
            entry("entry_S1", sale), entry("entry-fee_P2", fee),
            entry("entry-refund_B1", first), entry("entry-refund_R~5f2", second)],
        "pickings": [
            {"id": 1, "name": "OUT/1", "state": "done", "return_id": false,
             "external_ids": ["__causeway__.pos_entry-delivery_S1"],
             "moves": [goods("SKU-001", "2", 5, 2), goods("SKU-004", "1.0", 5, 2)]},
            {"id": 2, "name": "IN/1", "state": "done", "return_id": 1, "external_ids": ["x"],
             "moves": [goods("SKU-001", "1", 2, 5)]}],
        "orders": [], "invoices": [], "credit_notes": [], "payments": [],
    })
}

fn run(documents: &Value, odoo: &Value) -> (Compared, Books, String) {
    let (compared, books) = audit("pos", &chart(), documents, odoo);
    // One sale is no full day; that is another test's.
    let all = compared.problems.iter().chain(&books.problems);
    let all: Vec<&str> =
        all.map(String::as_str).filter(|text| !text.contains("no sale of the day")).collect();
    let problems = all.join("; ");
    (compared, books, problems)
}

#[test]
fn a_sale_with_its_fee_and_refunds_once_each_is_right() {
    let (compared, books, problems) = run(&documents(), &odoo());
    assert_eq!(problems, "");
    assert_eq!((compared.due, compared.once, compared.lost, compared.duplicates), (1, 1, 0, 0));
    assert_eq!((books.refunds, books.right, books.invoices, books.credit_notes), (2, 2, 2, 2));
    assert!(compared.cents.is_zero() && books.cents.is_zero());
}

#[test]
fn whatever_differs_is_named() {
    type Change = fn(&mut Value);
    let changes: &[(Change, &str)] = &[
        (|odoo| drop(entries(odoo).remove(0)), "square pos WEB-1 has no entry"),
        (|odoo| drop(entries(odoo).remove(1)), "account 363 is 0 instead of 0.48"),
        (|odoo| drop(entries(odoo).remove(2)), "refund B1 has 0 entries"),
        (|odoo| drop(entries(odoo).remove(3)), "refund R_2 has 0 entries"),
        (|odoo| again(odoo, 0), "1 entries beyond one of the sale"),
        (|odoo| again(odoo, 1), "the day's total on account 363 is 0.96 instead of 0.48"),
        (|odoo| again(odoo, 3), "refund R_2 has 2 entries"),
        (|odoo| odoo["entries"][0]["state"] = json!("draft"), "entry entry_S1 is draft"),
        (
            |odoo| odoo["entries"][3]["state"] = json!("cancel"),
            "entry entry-refund_R~5f2 is cancel",
        ),
        (|odoo| odoo["entries"][1]["journal_id"] = json!(3), "entry-fee_P2 is in another journal"),
        (|odoo| odoo["entries"][1]["ref"] = json!("pos/S2"), "an entry \"pos/S2\" is of no sale"),
        (
            |odoo| odoo["entries"][0]["date"] = json!("2026-11-09"),
            "2026-11-09 instead of 2026-11-10",
        ),
        (
            |odoo| odoo["entries"][2]["date"] = json!("2026-11-10"),
            "2026-11-10 instead of 2026-11-11",
        ),
        (|odoo| at(odoo, 0, 2)["credit"] = json!("19.99"), "is off by 0.01"),
        (|odoo| at(odoo, 0, 2)["account_id"] = json!(495), "account 390 is 0 instead of"),
        (|odoo| at(odoo, 0, 1)["account_id"] = json!(495), "account 230 is -0.48 instead of 16.28"),
        (|odoo| at(odoo, 0, 4)["account_id"] = json!(390), "account 500 is 0 instead of -1.50"),
        (|odoo| at(odoo, 0, 4)["account_id"] = json!(390), "on 500 is income of no tax"),
        (
            |odoo| at(odoo, 0, 5)["tax_line_id"] = json!(194),
            "taxes {194: -4.20, 196: -0.06} instead",
        ),
        (|odoo| at(odoo, 0, 3)["tax_ids"] = json!([191]), "what is taxed {191: -21.00}"),
        (|odoo| at(odoo, 0, 2)["tax_tag_ids"] = json!([]), "on 390 has tags {} instead of {7}"),
        (|odoo| at(odoo, 2, 1)["tax_tag_ids"] = json!([25]), "has tags {25} instead of {33}"),
        (|odoo| at(odoo, 2, 1)["tax_repartition_line_id"] = json!(2), "repartition line Some(2)"),
        (|odoo| at(odoo, 0, 5)["tax_repartition_line_id"] = json!(false), "repartition line None"),
        (|odoo| at(odoo, 0, 0)["external_ids"] = json!([]), "a line that is not ours: on 495"),
        (|odoo| at(odoo, 2, 2)["account_id"] = json!(495), "account 230 is 0 instead of -12.10"),
        (
            |odoo| at(odoo, 2, 1)["debit"] = json!("2.00"),
            "taxes {191: 2.00} instead of {191: 2.10}",
        ),
        (|odoo| odoo["pickings"][0]["state"] = json!("assigned"), "transfer OUT/1 is assigned"),
        (|odoo| odoo["pickings"][0]["external_ids"] = json!([]), "0 deliveries instead of 1"),
        (|odoo| odoo["pickings"][0]["moves"][0]["quantity"] = json!("3"), "\"SKU-001\": 3"),
        (|odoo| odoo["pickings"][1]["moves"][0]["location_dest_id"] = json!(2), "came back {}"),
        (|odoo| odoo["pickings"][1]["return_id"] = json!(9), "came back {} instead of"),
        (
            |odoo| odoo["orders"] = json!([{"origin": "square pos WEB-1"}]),
            "has a sale order in Odoo",
        ),
        (
            |odoo| odoo["payments"] = json!([{"external_ids": ["__causeway__.pos_payment_P2"]}]),
            "has a payment in Odoo",
        ),
    ];
    for (change, expected) in changes {
        let mut odoo = odoo();
        change(&mut odoo);
        let (_, _, problems) = run(&documents(), &odoo);
        assert!(problems.contains(expected), "{expected}: {problems:?}");
    }
}

#[test]
fn doubled_and_missing_entries_and_cents_are_counted() {
    let mut doubled = odoo();
    again(&mut doubled, 0);
    let (compared, ..) = run(&documents(), &doubled);
    assert_eq!((compared.once, compared.duplicates, compared.lost), (0, 1, 0));

    let mut lost = odoo();
    entries(&mut lost).remove(0);
    assert_eq!(run(&documents(), &lost).0.lost, 1);

    let mut refunded = odoo();
    again(&mut refunded, 2);
    let (compared, books, _) = run(&documents(), &refunded);
    assert_eq!((compared.duplicates, books.right), (1, 1));

    // A cent of the tip, on the account and, as nothing else has it, in no sum of the day.
    let mut apart = odoo();
    at(&mut apart, 0, 4)["credit"] = json!("1.51");
    assert_eq!(run(&documents(), &apart).0.cents, Decimal::ONE);
}

#[test]
fn a_sale_that_is_not_over_needs_no_entry() {
    let mut open = documents();
    open["S1"]["order"]["state"] = json!("OPEN");
    let (compared, _, problems) = run(&open, &json!({}));
    assert_eq!((compared.due, compared.lost), (0, 0));
    assert_eq!(problems, "pos: no fee came after its sale");
}

#[test]
fn a_day_that_shows_too_little_is_no_proof() {
    let (compared, _) = audit("pos", &chart(), &documents(), &odoo());
    assert_eq!(compared.problems, ["pos: no sale of the day has taxes inside"]);
}

fn entries(odoo: &mut Value) -> &mut Vec<Value> {
    odoo["entries"].as_array_mut().unwrap()
}

/// The same entry once more, as somebody without the key would make it.
fn again(odoo: &mut Value, place: usize) {
    let again = odoo["entries"][place].clone();
    entries(odoo).push(again);
}

fn at(odoo: &mut Value, entry: usize, line: usize) -> &mut Value {
    &mut odoo["entries"][entry]["lines"][line]
}
