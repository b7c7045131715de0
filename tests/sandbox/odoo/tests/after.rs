//! What comes after an order: shared steps of the tests.

use super::super::{FakeOdoo, Seed};
use super::{call, create_only};
use serde_json::{Value, json};

/// A call that must succeed.
pub fn ok(odoo: &FakeOdoo, model: &str, method: &str, body: &Value) -> Value {
    let (status, answer) = call(odoo, model, method, body).unwrap();
    assert_eq!(status, 200, "{model}.{method}: {answer}");
    answer
}

/// A call that must be refused; status and message.
pub fn refused(odoo: &FakeOdoo, model: &str, method: &str, body: &Value) -> (u16, String) {
    let (status, answer) = call(odoo, model, method, body).unwrap();
    assert_ne!(status, 200, "{model}.{method}: {answer}");
    (status, answer["message"].as_str().unwrap().to_owned())
}

/// A record's fields.
pub fn read(odoo: &FakeOdoo, model: &str, id: &Value, fields: &[&str]) -> Value {
    ok(odoo, model, "read", &json!({"ids": [id], "fields": fields}))[0].clone()
}

/// A create-only load of one record; its id.
pub fn born(odoo: &FakeOdoo, model: &str, fields: &[&str], rows: &Value) -> Value {
    let body = json!({"fields": fields, "data": rows, "context": create_only()});
    let answer = ok(odoo, model, "load", &body);
    assert!(answer["ids"].is_array(), "{answer}");
    answer["ids"][0].clone()
}

/// A confirmed order of one line; order and line.
pub fn order(odoo: &FakeOdoo, product: i64, quantity: u32, price: f64, tax: i64) -> (Value, Value) {
    let line = json!({"product_id": product, "product_uom_qty": quantity, "price_unit": price,
                      "tax_ids": [[6, 0, [tax]]], "name": "line"});
    order_of(odoo, Seed::PRICELIST_EUR, &[line])
}

/// A confirmed order; order and its first line.
pub fn order_of(odoo: &FakeOdoo, pricelist: i64, lines: &[Value]) -> (Value, Value) {
    let lines: Vec<Value> = lines.iter().map(|line| json!([0, 0, line])).collect();
    let vals = json!({"vals_list": [{"partner_id": Seed::BELGIAN_CONSUMER, "pricelist_id": pricelist,
        "payment_term_id": Seed::PAYMENT_TERM, "order_line": lines}]});
    let order = ok(odoo, "sale.order", "create", &vals)[0].clone();
    ok(odoo, "sale.order", "action_confirm", &json!({"ids": [order]}));
    let line = read(odoo, "sale.order", &order, &["order_line"])["order_line"][0].clone();
    (order, line)
}

/// Runs the invoicing wizard; the answer's status and the newest document of the order.
pub fn invoice(odoo: &FakeOdoo, order: &Value) -> (u16, Value) {
    let vals = json!({"vals_list": [{"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]}]});
    let wizard = ok(odoo, "sale.advance.payment.inv", "create", &vals);
    let body = json!({"ids": wizard});
    let (status, _) = call(odoo, "sale.advance.payment.inv", "create_invoices", &body).unwrap();
    let invoices = read(odoo, "sale.order", order, &["invoice_ids"]);
    (status, invoices["invoice_ids"][0].clone())
}

/// Invoices and posts.
pub fn posted(odoo: &FakeOdoo, order: &Value) -> Value {
    let (status, invoice) = invoice(odoo, order);
    assert_eq!(status, 200);
    assert_eq!(ok(odoo, "account.move", "action_post", &json!({"ids": [invoice]})), json!(false));
    invoice
}

/// What decides about a document.
pub fn document(odoo: &FakeOdoo, id: &Value) -> (String, String, f64, f64) {
    let fields = ["state", "payment_state", "amount_total", "amount_residual"];
    let row = read(odoo, "account.move", id, &fields);
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    let number = |field: &str| row[field].as_f64().unwrap();
    (text("state"), text("payment_state"), number("amount_total"), number("amount_residual"))
}

/// A credit note of one line; its id. `sale` ties it to the order's line.
pub fn credit_note(
    odoo: &FakeOdoo,
    key: &str,
    invoice: &Value,
    line: &Value,
    sale: Option<&Value>,
) -> Value {
    let fields = [
        "id",
        "move_type",
        "journal_id/.id",
        "partner_id/.id",
        "currency_id/.id",
        "reversed_entry_id/.id",
        "ref",
        "invoice_date",
        "invoice_line_ids/id",
        "invoice_line_ids/product_id/.id",
        "invoice_line_ids/name",
        "invoice_line_ids/quantity",
        "invoice_line_ids/price_unit",
        "invoice_line_ids/account_id/.id",
        "invoice_line_ids/tax_ids/.id",
        "invoice_line_ids/extra_tax_data",
        "invoice_line_ids/sale_line_ids/.id",
    ];
    let document = read(odoo, "account.move", invoice, &["currency_id", "partner_id"]);
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let row = json!([
        format!("__causeway__.{key}"),
        "out_refund",
        Seed::SALES_JOURNAL,
        document["partner_id"][0],
        document["currency_id"][0],
        invoice,
        "refund",
        "2026-01-15",
        format!("__causeway__.{key}_l0"),
        line["product"],
        "back",
        text("quantity"),
        text("price"),
        Seed::INCOME,
        text("taxes"),
        text("pin"),
        sale.map_or(String::new(), Value::to_string),
    ]);
    born(odoo, "account.move", &fields, &json!([row]))
}
