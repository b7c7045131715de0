#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::super::check::sold;
use super::*;
use serde_json::json;

fn store(invoices: &str, payments: &str) -> Store {
    serde_json::from_value(json!({"store": "sq", "platform": "square", "url": "http://x",
        "policy": {"invoices": invoices, "payments": payments, "journal": 6}}))
    .unwrap()
}

fn orders() -> Vec<Sold> {
    sold(&json!({"platform": "square", "store": "sq", "orders": [
        {"id": "A", "number": "1", "currency": "EUR", "total": "12.10", "tax": "2.10", "skus": [],
         "phase": "paid", "captured": "12.10",
         "refunds": [{"id": "R", "gross": "2.42", "settled": true}]}]}))
}

fn odoo() -> Value {
    json!({
        "orders": [{"id": 1, "origin": "square sq 1", "invoice_status": "invoiced"}],
        "invoices": [{"id": 5, "orders": [1], "state": "posted", "amount_total": "12.1",
                      "amount_residual": "0", "taxes": [{"id": 191, "amount": "2.1"}]}],
        "credit_notes": [{"id": 6, "reversed_entry_id": 5, "state": "posted", "ref": "1 refund R",
                          "amount_total": "2.42", "amount_residual": "0",
                          "taxes": [{"id": 191, "amount": "0.42"}]}],
        "payments": [
            {"journal_id": 6, "state": "paid", "payment_type": "inbound", "currency": "EUR", "amount": "12.1"},
            {"journal_id": 6, "state": "paid", "payment_type": "outbound", "currency": "EUR", "amount": "2.42"}],
        "pickings": [{"sale_id": 1, "state": "done", "return_id": false, "name": "OUT/1"}],
    })
}

fn run(odoo: &Value) -> Books {
    audit(&store("at_order", "per_order"), &orders(), &BTreeSet::from(["A".to_owned()]), odoo)
}

#[test]
fn a_refund_that_is_credited_and_paid_out_once_is_right() {
    let books = run(&odoo());
    assert_eq!((books.refunds, books.right, books.credit_notes), (1, 1, 1), "{books:?}");
    assert!(books.problems.is_empty() && books.cents.is_zero(), "{books:?}");
}

#[test]
fn whatever_differs_is_named() {
    type Change = fn(&mut Value);
    let changes: &[(Change, &str)] = &[
        (|odoo| odoo["credit_notes"] = json!([]), "less credited 0"),
        (|odoo| odoo["credit_notes"][0]["state"] = json!("draft"), "is a draft"),
        (
            |odoo| {
                let note = odoo["credit_notes"][0].clone();
                odoo["credit_notes"].as_array_mut().unwrap().push(note);
            },
            "two credit notes are 1 refund R",
        ),
        (|odoo| odoo["credit_notes"][0]["taxes"][0]["amount"] = json!("3"), "more of tax 191"),
        (|odoo| odoo["orders"][0]["invoice_status"] = json!("to invoice"), "once more"),
        (|odoo| odoo["invoices"][0]["amount_residual"] = json!("1"), "is open, it should be"),
        (|odoo| odoo["pickings"][0]["state"] = json!("assigned"), "transfer OUT/1"),
        (|odoo| odoo["payments"][1]["amount"] = json!("4.84"), "4.84 EUR outbound instead of 2.42"),
        (|odoo| odoo["payments"][0]["state"] = json!("draft"), "is a draft"),
    ];
    for (change, expected) in changes {
        let mut odoo = odoo();
        change(&mut odoo);
        let problems = run(&odoo).problems.join("; ");
        assert!(problems.contains(expected), "{expected}: {problems:?}");
    }
}

#[test]
fn a_cent_apart_is_counted_and_the_refund_is_not_right() {
    let mut odoo = odoo();
    odoo["credit_notes"][0]["amount_total"] = json!("2.41");
    let books = run(&odoo);
    assert_eq!((books.right, books.cents), (0, Decimal::ONE));
}

#[test]
fn a_store_that_leaves_invoices_to_people_has_none() {
    let due = BTreeSet::from(["A".to_owned()]);
    let odoo = odoo();
    let wrong = audit(&store("none", "none"), &orders(), &due, &odoo).problems;
    assert!(wrong[0].contains("invoiced 12.1"), "{wrong:?}");
}

#[test]
fn a_credit_note_before_the_goods_are_back_is_too_early() {
    let found = too_early(&odoo(), ["square sq 1"].into_iter());
    assert_eq!(found.len(), 2, "{found:?}");
    let mut waiting = odoo();
    waiting["credit_notes"] = json!([]);
    waiting["pickings"] =
        json!([{"sale_id": 1, "state": "assigned", "return_id": 7, "name": "RET/1"}]);
    assert!(too_early(&waiting, ["square sq 1"].into_iter()).is_empty());
}
