//! Payments, matching and journal entries.

use super::super::{FakeOdoo, Product, Seed};
use super::after::{born, credit_note, document, ok, order, order_of, posted, read, refused};
use super::{call, create_only};
use serde_json::{Value, json};

const PAYMENT: [&str; 10] = [
    "id",
    "payment_type",
    "partner_type",
    "partner_id/.id",
    "amount",
    "currency_id/.id",
    "journal_id/.id",
    "date",
    "memo",
    "invoice_ids/.id",
];

fn invoiced(pricelist: i64) -> (FakeOdoo, i64, Value) {
    let odoo = FakeOdoo::belgian();
    let product = odoo.add_product(&Product::goods("G-1", "10.00"));
    let sold = json!({"product_id": product, "product_uom_qty": 3, "price_unit": 10.0, "name": "l",
                      "tax_ids": [[6, 0, [Seed::TAX_21]]]});
    let (order, _) = order_of(&odoo, pricelist, &[sold]);
    let invoice = posted(&odoo, &order);
    (odoo, product, invoice)
}

fn pay(
    odoo: &FakeOdoo,
    key: &str,
    kind: &str,
    amount: &str,
    currency: i64,
    journal: i64,
    of: &Value,
) -> Value {
    let row = json!([[
        format!("__causeway__.{key}"),
        kind,
        "customer",
        Seed::BELGIAN_CONSUMER,
        amount,
        currency,
        journal,
        "2026-01-15",
        "txn 1",
        of.to_string()
    ]]);
    let payment = born(odoo, "account.payment", &PAYMENT, &row);
    assert_eq!(born(odoo, "account.payment", &PAYMENT, &row), payment);
    assert_eq!(ok(odoo, "account.payment", "action_post", &json!({"ids": [payment]})), Value::Null);
    assert_eq!(ok(odoo, "account.payment", "action_post", &json!({"ids": [payment]})), Value::Null);
    payment
}

fn open_lines(odoo: &FakeOdoo, moves: &[&Value]) -> Value {
    let domain = json!([
        ["move_id", "in", moves],
        ["account_type", "=", "asset_receivable"],
        ["reconciled", "=", false]
    ]);
    let found = ok(
        odoo,
        "account.move.line",
        "search_read",
        &json!({"domain": domain, "fields": ["id"], "order": "id"}),
    );
    Value::Array(found.as_array().unwrap().iter().map(|line| line["id"].clone()).collect())
}

fn entry_of(odoo: &FakeOdoo, payment: &Value) -> Value {
    read(odoo, "account.payment", payment, &["move_id"])["move_id"][0].clone()
}

/// FACTS A15: load, post, reconcile; the second time is refused.
#[test]
fn a_payment_pays_its_invoice_once() {
    let (odoo, _, invoice) = invoiced(Seed::PRICELIST_EUR);
    let payment = pay(&odoo, "p", "inbound", "36.30", Seed::EUR, Seed::BANK_JOURNAL, &invoice);
    let row =
        read(&odoo, "account.payment", &payment, &["state", "name", "reconciled_invoice_ids"]);
    assert_eq!((&row["state"], &row["name"]), (&json!("in_process"), &json!("PBNK1/2026/00001")));
    assert_eq!(document(&odoo, &invoice).1, "not_paid", "posting matches nothing");
    let lines = open_lines(&odoo, &[&invoice, &entry_of(&odoo, &payment)]);
    assert_eq!(ok(&odoo, "account.move.line", "reconcile", &json!({"ids": lines})), Value::Null);
    assert_eq!(document(&odoo, &invoice), ("posted".into(), "paid".into(), 36.3, 0.0));
    let (code, message) = refused(&odoo, "account.move.line", "reconcile", &json!({"ids": lines}));
    assert_eq!(
        (code, message.as_str()),
        (422, "You are trying to reconcile some entries that are already reconciled.")
    );
    let row = read(&odoo, "account.payment", &payment, &["state", "is_reconciled", "is_matched"]);
    assert_eq!(
        row,
        json!({"id": payment, "state": "paid", "is_reconciled": true, "is_matched": false})
    );
    let state = odoo.inspect();
    assert_eq!(state["payments"][0]["amount"], "36.3");
    assert_eq!(state["entries"][0]["lines"][0]["account"], "550002");
}

/// A part payment leaves a residual; two payments and a credit note close it.
#[test]
fn residuals_shrink_in_parts() {
    let (odoo, product, invoice) = invoiced(Seed::PRICELIST_EUR);
    for (key, amount, left, state) in
        [("a", "10.00", 26.3, "partial"), ("b", "14.20", 12.1, "partial")]
    {
        let payment =
            pay(&odoo, key, "inbound", amount, Seed::EUR, Seed::CLEARING_JOURNAL, &invoice);
        let lines = open_lines(&odoo, &[&invoice, &entry_of(&odoo, &payment)]);
        ok(&odoo, "account.move.line", "reconcile", &json!({"ids": lines}));
        let (_, shown, _, residual) = document(&odoo, &invoice);
        assert_eq!((residual, shown.as_str()), (left, state));
    }
    let line = json!({"product": product, "quantity": "1", "price": "10", "taxes": Seed::TAX_21.to_string()});
    let note = credit_note(&odoo, "r", &invoice, &line, None);
    ok(&odoo, "account.move", "action_post", &json!({"ids": [note]}));
    assert_eq!(document(&odoo, &invoice), ("posted".into(), "paid".into(), 36.3, 0.0));
}

/// Paid invoice: its credit note waits for the money that goes out.
#[test]
fn money_goes_back_by_an_outbound_payment() {
    let (odoo, product, invoice) = invoiced(Seed::PRICELIST_EUR);
    let payment = pay(&odoo, "p", "inbound", "36.30", Seed::EUR, Seed::CLEARING_JOURNAL, &invoice);
    let lines = open_lines(&odoo, &[&invoice, &entry_of(&odoo, &payment)]);
    ok(&odoo, "account.move.line", "reconcile", &json!({"ids": lines}));
    let line = json!({"product": product, "quantity": "1", "price": "10", "taxes": Seed::TAX_21.to_string()});
    let note = credit_note(&odoo, "r", &invoice, &line, None);
    ok(&odoo, "account.move", "action_post", &json!({"ids": [note]}));
    assert_eq!(document(&odoo, &note), ("posted".into(), "not_paid".into(), 12.1, 12.1));
    let back = pay(&odoo, "b", "outbound", "12.10", Seed::EUR, Seed::CLEARING_JOURNAL, &note);
    let lines = open_lines(&odoo, &[&note, &entry_of(&odoo, &back)]);
    ok(&odoo, "account.move.line", "reconcile", &json!({"ids": lines}));
    assert_eq!(document(&odoo, &note).1, "paid");
    assert_eq!(document(&odoo, &invoice).1, "paid");
    assert_eq!(read(&odoo, "account.payment", &back, &["state"])["state"], "paid");
}

/// A journal without an outstanding account of its own kind pays at once.
#[test]
fn a_direct_payment_is_paid_at_once() {
    let (odoo, _, invoice) = invoiced(Seed::PRICELIST_EUR);
    let payment = pay(&odoo, "p", "inbound", "36.30", Seed::EUR, Seed::DIRECT_JOURNAL, &invoice);
    assert_eq!(read(&odoo, "account.payment", &payment, &["state"])["state"], "paid");
}

/// What rounding of rates leaves over is booked as an exchange difference, never left open.
#[test]
fn rates_leave_nothing_open() {
    for (pricelist, currency, amounts) in [
        (Seed::PRICELIST_USD, Seed::USD, ["12.11", "12.10", "12.09"]),
        (Seed::PRICELIST_JPY, Seed::JPY, ["13", "12", "11"]),
        (Seed::PRICELIST_KWD, Seed::KWD, ["12.111", "12.109", "12.080"]),
    ] {
        let (odoo, _, invoice) = invoiced(pricelist);
        for (at, amount) in amounts.iter().enumerate() {
            let payment = pay(
                &odoo,
                &format!("p{at}"),
                "inbound",
                amount,
                currency,
                Seed::CLEARING_JOURNAL,
                &invoice,
            );
            let lines = open_lines(&odoo, &[&invoice, &entry_of(&odoo, &payment)]);
            ok(&odoo, "account.move.line", "reconcile", &json!({"ids": lines}));
        }
        let (_, state, _, left) = document(&odoo, &invoice);
        assert_eq!((state.as_str(), left), ("paid", 0.0), "{amounts:?}");
        let open = json!({"domain": [["account_type", "=", "asset_receivable"], ["reconciled", "=", false]], "fields": ["amount_residual"]});
        assert_eq!(ok(&odoo, "account.move.line", "search_read", &open), json!([]), "{amounts:?}");
    }
}

/// Lines of other accounts or of accounts that cannot be matched are refused.
#[test]
fn matching_needs_one_account_that_allows_it() {
    let (odoo, _, invoice) = invoiced(Seed::PRICELIST_EUR);
    let found = json!({"domain": [["move_id", "=", invoice]], "fields": ["id"], "order": "id"});
    let lines = ok(&odoo, "account.move.line", "search_read", &found);
    let ids: Vec<&Value> = lines.as_array().unwrap().iter().map(|line| &line["id"]).collect();
    let (_, message) =
        refused(&odoo, "account.move.line", "reconcile", &json!({"ids": [ids[0], ids[2]]}));
    assert!(message.starts_with("Entries are not from the same account"), "{message}");
    let (_, message) = refused(&odoo, "account.move.line", "reconcile", &json!({"ids": [ids[0]]}));
    assert!(message.contains("does not allow reconciliation"), "{message}");
}

const ENTRY: [&str; 12] = [
    "id",
    "move_type",
    "journal_id/.id",
    "date",
    "ref",
    "line_ids/id",
    "line_ids/account_id/.id",
    "line_ids/name",
    "line_ids/debit",
    "line_ids/credit",
    "line_ids/tax_ids/.id",
    "line_ids/tax_repartition_line_id/.id",
];

fn entry(odoo: &FakeOdoo, lines: &[[&str; 5]]) -> Value {
    let rows: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(at, [account, debit, credit, taxes, part])| {
            let head = |text: &str| json!(if at == 0 { text } else { "" });
            json!([
                head("__causeway__.e"),
                head("entry"),
                head("22"),
                head("2026-01-15"),
                head("day"),
                format!("__causeway__.e_{at}"),
                account,
                format!("l{at}"),
                debit,
                credit,
                taxes,
                part
            ])
        })
        .collect();
    let body = json!({"fields": ENTRY, "data": rows, "context": create_only()});
    ok(odoo, "account.move", "load", &body)
}

fn shown(odoo: &FakeOdoo) -> Vec<(String, String)> {
    let state = odoo.inspect();
    let lines = state["entries"][0]["lines"].as_array().unwrap();
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(line, "name"), text(line, "balance"))).collect()
}

/// FACTS A15: an own tax line keeps its amount; nothing is added.
#[test]
fn an_entry_with_its_own_tax_stays_as_it_is() {
    let odoo = FakeOdoo::belgian();
    let answer = entry(
        &odoo,
        &[
            ["497", "12.10", "0", "", ""],
            ["390", "0", "10", "191", ""],
            ["193", "0", "2.10", "", "2"],
        ],
    );
    assert_eq!(answer["ids"].as_array().unwrap().len(), 1);
    let pairs = [("l0", "12.1"), ("l1", "-10"), ("l2", "-2.1")];
    assert_eq!(shown(&odoo), pairs.map(|(a, b)| (a.to_owned(), b.to_owned())));
    ok(&odoo, "account.move", "action_post", &json!({"ids": answer["ids"]}));
    assert_eq!(odoo.inspect()["entries"][0]["name"], "SQD/2026/01/0001");
}

/// FACTS A11, A15: with a tax Odoo balances silently, without one it refuses.
#[test]
fn odoo_balances_in_silence_when_taxes_are_there() {
    let odoo = FakeOdoo::belgian();
    entry(
        &odoo,
        &[
            ["497", "12.11", "0", "", ""],
            ["390", "0", "10", "191", ""],
            ["193", "0", "2.10", "", "2"],
        ],
    );
    assert_eq!(shown(&odoo)[3], ("Automatic Balancing Line".to_owned(), "-0.01".to_owned()));
    assert_eq!(odoo.inspect()["entries"][0]["lines"][3]["account"], "499000");
    let odoo = FakeOdoo::belgian();
    entry(&odoo, &[["497", "12.10", "0", "", ""], ["390", "0", "10", "191", ""]]);
    assert_eq!(shown(&odoo)[2], ("21%".to_owned(), "-2.1".to_owned()), "its own tax line");
    assert_eq!(odoo.inspect()["entries"][0]["lines"][2]["tax_tag_ids"], json!([25]));
    let odoo = FakeOdoo::belgian();
    let answer = entry(&odoo, &[["497", "10", "0", "", ""], ["390", "0", "9", "", ""]]);
    assert_eq!(
        (&answer["ids"], &answer["messages"][0]["message"]),
        (&json!(false), &json!("The entry is not balanced."))
    );
    assert_eq!(odoo.inspect()["entries"], json!([]));
}

/// What is not built says so.
#[test]
fn accounting_that_is_not_built_says_so() {
    let (odoo, product, invoice) = invoiced(Seed::PRICELIST_EUR);
    for (model, method, body) in [
        ("account.move", "button_cancel", json!({"ids": [invoice]})),
        ("account.move", "button_draft", json!({"ids": [invoice]})),
        ("account.move", "write", json!({"ids": [invoice], "vals": {"name": "X"}})),
        ("account.move", "create", json!({"vals_list": [{"move_type": "entry", "name": "OWN/1"}]})),
        ("account.payment", "action_draft", json!({"ids": []})),
        ("account.move.line", "remove_move_reconcile", json!({"ids": []})),
    ] {
        let (status, answer) = call(&odoo, model, method, &body).unwrap();
        assert_eq!(
            (status, answer["name"].as_str()),
            (501, Some("sandbox.NotBuilt")),
            "{model}.{method}"
        );
    }
    let (order, _) = order(&odoo, product, 1, 10.0, Seed::TAX_21);
    let vals = json!({"vals_list": [{"advance_payment_method": "percentage", "sale_order_ids": [[6, 0, [order]]]}]});
    let wizard = ok(&odoo, "sale.advance.payment.inv", "create", &vals);
    let (status, _) =
        call(&odoo, "sale.advance.payment.inv", "create_invoices", &json!({"ids": wizard}))
            .unwrap();
    assert_eq!(status, 501);
}
