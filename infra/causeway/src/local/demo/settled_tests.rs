#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::super::check::sold;
use super::*;
use serde_json::json;

fn account() -> Account {
    serde_json::from_value(
        json!({"account": "stripe-pay", "processor": "stripe", "url": "http://x",
        "books": {"bank": 494, "clearing": 497, "fees": 363, "unmatched": 218}}),
    )
    .unwrap()
}

fn stores() -> Stores {
    let order = |id: &str| {
        json!({"id": id, "number": id, "currency": "EUR", "total": "10", "tax": "0", "skus": [],
            "phase": "paid", "captured": "10", "refunds": []})
    };
    let sold = sold(&json!({"platform": "woocommerce", "store": "woo",
        "orders": [order("1"), order("2"), order("3"), order("4")]}));
    Stores::from([("woo".to_owned(), sold)])
}

/// Order 1 is paid and partly refunded, 2 charged back, 3 cancelled before it was in Odoo, 4 not there;
/// somebody sent a gift.
fn said() -> Value {
    let line = |what: &str, order: Value, payment: &str, own: &str, gross: &str, fee: &str| {
        let store = if order.is_null() { Value::Null } else { json!("woo") };
        json!({"what": what, "store": store, "order": order, "payment": payment, "own": own,
            "gross": gross, "fee": fee})
    };
    json!({"payouts": [{"id": "po_1", "deposit": "26.00", "kept": "0", "fees": "3.00", "lines": [
        line("charge", json!("1"), "ch_1", "ch_1", "10.00", "0.50"),
        line("refund", json!("1"), "ch_1", "re_1", "-4.00", "0"),
        line("charge", json!("2"), "ch_2", "ch_2", "10.00", "0.50"),
        line("dispute", json!("2"), "ch_2", "dp_2", "-10.00", "2.00"),
        line("charge", json!("3"), "ch_3", "ch_3", "10.00", "0"),
        line("refund", json!("3"), "ch_3", "re_3", "-10.00", "0"),
        line("charge", json!("4"), "ch_4", "ch_4", "20.00", "0"),
        line("gift", Value::Null, "ch_5", "gift", "3.00", "0"),
    ]}],
    "disputes": [{"id": "dp_2", "payment": "ch_2", "store": "woo", "order": "2", "amount": "10.00"}]})
}

fn booked(id: i64, account: i64, name: &str, balance: &str, matched: &[i64]) -> Value {
    json!({"id": id, "account_id": account, "account": account.to_string(), "name": name,
        "balance": balance, "reconciled": !matched.is_empty(), "matched_with": matched})
}

fn odoo() -> Value {
    let order = |id: i64, origin: &str| json!({"id": id, "origin": origin});
    let document = |id: i64, orders: &[i64], reversed: Value, total: &str, line: i64| {
        json!({"id": id, "orders": orders, "state": "posted", "ref": "r", "amount_total": total,
            "reversed_entry_id": reversed, "entry": [{"id": line}]})
    };
    json!({
        "orders": [order(1, "woocommerce woo 1"), order(2, "woocommerce woo 2")],
        "invoices": [document(11, &[1], json!(false), "10", 110), document(12, &[2], json!(false), "10", 120)],
        "credit_notes": [document(13, &[], json!(11), "4", 130), document(14, &[], json!(12), "10", 140)],
        "payments": [], "pickings": [],
        "entries": [
            {"id": 21, "ref": "po_1", "state": "posted", "lines": [
                booked(1, 494, "Payout po_1", "26", &[]),
                booked(2, 363, "Fees po_1", "1", &[]),
                booked(3, 400, "Charge a ch_1", "-10", &[110]),
                booked(4, 400, "Refund b ch_1", "4", &[130]),
                booked(5, 400, "Charge c ch_2", "-10", &[120]),
                booked(6, 497, "Chargeback d ch_2", "12", &[203]),
                booked(7, 497, "Charge e ch_3", "-10", &[8]),
                booked(8, 497, "Refund f ch_3", "10", &[7]),
                booked(9, 218, "Charge g ch_4", "-20", &[]),
                booked(10, 218, "Charge h ch_5", "-3", &[]),
            ]},
            {"id": 22, "ref": "chargeback ch_2", "state": "posted", "lines": [
                booked(201, 400, "chargeback ch_2 amount", "10", &[140]),
                booked(202, 363, "chargeback ch_2 fee", "2", &[]),
                booked(203, 497, "chargeback ch_2 clearing", "-12", &[6]),
            ]},
        ],
    })
}

fn run(said: &Value, odoo: &Value) -> Settled {
    audit(&account(), said, &stores(), odoo).remove(0)
}

#[test]
fn a_payout_whose_every_line_is_where_it_belongs_is_balanced() {
    let settled = run(&said(), &odoo());
    assert_eq!(settled.problems, Vec::<String>::new());
    assert_eq!((settled.entries, settled.lines, settled.right), (1, 8, 8));
    assert_eq!(settled.asked, ["ch_4", "ch_5"]);
    assert_eq!((settled.deposit, settled.fees), (Decimal::from(26), Decimal::from(3)));
    let back = charged_back(&said());
    assert_eq!(back[&("woo".to_owned(), "2".to_owned())], Decimal::TEN);
}

#[test]
fn whatever_differs_is_named() {
    type Change = fn(&mut Value);
    let changes: &[(Change, &str)] = &[
        (|odoo| odoo["entries"][0]["ref"] = json!("po_2"), "it has 0 entries"),
        (
            |odoo| {
                let entry = odoo["entries"][0].clone();
                odoo["entries"].as_array_mut().unwrap().push(entry);
            },
            "it has 2 entries",
        ),
        (|odoo| odoo["entries"][0]["state"] = json!("draft"), "its entry is a draft"),
        (|odoo| odoo["entries"][0]["lines"][0]["balance"] = json!("25"), "its entry sums to -1"),
        (|odoo| odoo["entries"][0]["lines"][0]["balance"] = json!("25"), "deposit 25 in Odoo, 26"),
        (|odoo| odoo["entries"][1]["lines"][1]["balance"] = json!("0"), "fees 1 in Odoo, 3"),
        // Another sum, not settled, settled with somebody else's document, on another account.
        (
            |odoo| odoo["entries"][0]["lines"][2]["balance"] = json!("-9"),
            "charge ch_1 of 10.00 is not booked",
        ),
        (
            |odoo| odoo["entries"][0]["lines"][2]["reconciled"] = json!(false),
            "charge ch_1 of 10.00 is on 400",
        ),
        (
            |odoo| odoo["entries"][0]["lines"][2]["matched_with"] = json!([120]),
            "charge ch_1 of 10.00 is on 400",
        ),
        (
            |odoo| odoo["entries"][0]["lines"][5]["reconciled"] = json!(false),
            "dispute ch_2 of -10.00 is on 497",
        ),
        (
            |odoo| odoo["entries"][0]["lines"][6]["reconciled"] = json!(false),
            "charge ch_3 of 10.00 is on 497",
        ),
        (
            |odoo| odoo["entries"][0]["lines"][9]["account_id"] = json!(497),
            "gift ch_5 of 3.00 is on 218",
        ),
        // The loss twice, or not at all.
        (
            |odoo| {
                let entry = odoo["entries"][1].clone();
                odoo["entries"].as_array_mut().unwrap().push(entry);
            },
            "the chargeback of ch_2 has 2 entries",
        ),
        (
            |odoo| {
                let note = odoo["credit_notes"][1].clone();
                odoo["credit_notes"].as_array_mut().unwrap().push(note);
            },
            "took 10.00, 2 credit notes give back 20",
        ),
        (|odoo| odoo["credit_notes"] = json!([]), "took 10.00, 0 credit notes give back 0"),
        (
            |odoo| {
                let more = booked(11, 497, "Something else", "0.01", &[]);
                odoo["entries"][0]["lines"].as_array_mut().unwrap().push(more);
            },
            "1 lines of its entry are of nothing it says",
        ),
    ];
    for (change, expected) in changes {
        let mut odoo = odoo();
        change(&mut odoo);
        let problems = run(&said(), &odoo).problems.join("; ");
        assert!(problems.contains(expected), "{expected}: {problems:?}");
    }
}

#[test]
fn what_stays_at_the_processor_is_on_the_clearing_account() {
    let (mut said, mut odoo) = (said(), odoo());
    said["payouts"][0]["deposit"] = json!("20.00");
    said["payouts"][0]["kept"] = json!("6.00");
    odoo["entries"][0]["lines"][0]["balance"] = json!("20");
    let kept = |account| booked(11, account, "Kept by the processor po_1", "6", &[]);
    odoo["entries"][0]["lines"].as_array_mut().unwrap().push(kept(497));
    assert_eq!(run(&said, &odoo).problems, Vec::<String>::new());
    odoo["entries"][0]["lines"][10] = kept(494);
    assert!(!run(&said, &odoo).problems.is_empty());
}
