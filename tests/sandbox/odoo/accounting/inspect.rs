//! Invoices, credit notes, entries and payments for `inspect()`: amounts as decimal strings, each
//! line with its net and its amount per tax, so that a check need not trust the client.

use super::super::cell::{Cell, get};
use super::super::control::{money, text};
use super::super::env::Env;
use super::super::sale_line;
use super::{LINE, MOVE, PAYMENT, direction, lines_of, lines_with, reconcile, sales};
use serde_json::{Value, json};

/// The documents of one type (`out_invoice`, `out_refund`).
pub fn documents(env: &Env<'_>, kind: &str) -> Value {
    all(env, |row| get(row, "move_type").as_text() == Some(kind), document)
}

/// Entries, those of payments and of exchange rates included.
pub fn entries(env: &Env<'_>) -> Value {
    all(env, |row| get(row, "move_type").as_text() == Some("entry"), entry)
}

fn all(
    env: &Env<'_>,
    wanted: impl Fn(&super::super::cell::Record) -> bool,
    show: impl Fn(&Env<'_>, i64) -> Value,
) -> Value {
    let ids: Vec<i64> =
        env.store.rows(MOVE).filter(|(_, row)| wanted(row)).map(|(id, _)| id).collect();
    Value::Array(ids.into_iter().map(|id| show(env, id)).collect())
}

fn head(env: &Env<'_>, id: i64) -> serde_json::Map<String, Value> {
    let of = |field: &str| text(&env.cell(MOVE, id, field));
    let currency = env.store.reference(MOVE, id, "currency_id").unwrap_or_default();
    let mut head = serde_json::Map::new();
    for field in ["name", "state", "ref", "date", "journal_id", "partner_id", "payment_reference"] {
        head.insert(field.to_owned(), of(field));
    }
    head.insert("id".to_owned(), json!(id));
    head.insert("external_ids".to_owned(), json!(env.store.names_of(MOVE, id)));
    head.insert("currency".to_owned(), json!(env.display_name("res.currency", currency)));
    head.insert("amount_total".to_owned(), amount(env, id, "amount_total"));
    head
}

fn amount(env: &Env<'_>, id: i64, field: &str) -> Value {
    json!(env.cell(MOVE, id, field).number().normalize().to_string())
}

fn document(env: &Env<'_>, id: i64) -> Value {
    let mut shown = head(env, id);
    for field in ["amount_untaxed", "amount_tax", "amount_residual"] {
        shown.insert(field.to_owned(), amount(env, id, field));
    }
    for field in ["payment_state", "reversed_entry_id", "invoice_date", "invoice_origin"] {
        shown.insert(field.to_owned(), text(&env.cell(MOVE, id, field)));
    }
    let mut orders: Vec<i64> = lines_of(env, id)
        .iter()
        .flat_map(|line| env.cell(LINE, *line, "sale_line_ids").ids().to_vec())
        .filter_map(|line| env.store.reference("sale.order.line", line, "order_id"))
        .collect();
    orders.dedup();
    shown.insert("orders".to_owned(), json!(orders));
    let lines = lines_with(env, id, "product");
    let lines: Vec<Value> = lines.iter().map(|line| product_line(env, id, *line)).collect();
    shown.insert("lines".to_owned(), json!(lines));
    let sign = direction(env, id);
    let taxes: Vec<Value> = lines_with(env, id, "tax")
        .iter()
        .map(|line| {
            let amount = sign * super::number(env, *line, "amount_currency");
            json!({"id": text(&env.cell(LINE, *line, "tax_line_id")),
                   "amount": amount.normalize().to_string()})
        })
        .collect();
    shown.insert("taxes".to_owned(), json!(taxes));
    shown.insert("entry".to_owned(), Value::Array(booked(env, id)));
    Value::Object(shown)
}

/// The taxes of a line are those of the line alone; the sums per tax are those of the document.
fn product_line(env: &Env<'_>, id: i64, line: i64) -> Value {
    let Some(row) = env.store.row(LINE, line) else { return Value::Null };
    let (rate, places) = (super::currency(env, id), super::decimals(env, super::currency(env, id)));
    let alone = super::amounts::alone(env, row, rate, places);
    let taxes: Vec<Value> = alone
        .iter()
        .map(|(tax, amount)| {
            let name = text(&env.cell("account.tax", *tax, "name"));
            let rate = sale_line::tax(env, *tax).amount.normalize().to_string();
            json!({"id": tax, "name": name, "rate": rate, "amount": amount.normalize().to_string()})
        })
        .collect();
    let net = direction(env, id) * super::number(env, line, "amount_currency");
    let product = get(row, "product_id").id();
    let sku = product.map_or(Cell::False, |p| env.cell("product.product", p, "default_code"));
    json!({
        "id": line, "external_ids": env.store.names_of(LINE, line), "name": text(get(row, "name")),
        "product_id": text(get(row, "product_id")), "sku": text(&sku),
        "quantity": money(row, "quantity"), "price_unit": money(row, "price_unit"),
        "discount": money(row, "discount"), "account_id": text(get(row, "account_id")),
        "net": net.normalize().to_string(), "taxes": taxes,
        "price_subtotal": money(row, "price_subtotal"), "price_total": money(row, "price_total"),
        "extra_tax_data": text(get(row, "extra_tax_data")),
        "analytic_distribution": text(get(row, "analytic_distribution")),
        "sale_line_ids": get(row, "sale_line_ids").ids(),
    })
}

fn booked(env: &Env<'_>, id: i64) -> Vec<Value> {
    let one = |line: &i64| {
        let Some(row) = env.store.row(LINE, *line) else { return Value::Null };
        let account = get(row, "account_id").id().unwrap_or_default();
        let money_of = get(row, "currency_id").id().unwrap_or_default();
        json!({
            "id": line, "external_ids": env.store.names_of(LINE, *line),
            "name": text(get(row, "name")), "display_type": text(get(row, "display_type")),
            "account_id": account, "account": text(&env.cell("account.account", account, "code")),
            "partner_id": text(get(row, "partner_id")),
            "currency": env.display_name("res.currency", money_of),
            "debit": money(row, "debit"), "credit": money(row, "credit"),
            "balance": money(row, "balance"), "amount_currency": money(row, "amount_currency"),
            "residual": money(row, "amount_residual"), "reconciled": get(row, "reconciled").truthy(),
            "matched_with": reconcile::counterparts(env, *line),
            "tax_ids": get(row, "tax_ids").ids(), "tax_line_id": text(get(row, "tax_line_id")),
            "tax_repartition_line_id": text(get(row, "tax_repartition_line_id")),
            "tax_tag_ids": get(row, "tax_tag_ids").ids(),
        })
    };
    lines_of(env, id).iter().map(one).collect()
}

fn entry(env: &Env<'_>, id: i64) -> Value {
    let mut shown = head(env, id);
    shown.insert("payment_id".to_owned(), text(&env.cell(MOVE, id, "origin_payment_id")));
    shown.insert("lines".to_owned(), Value::Array(booked(env, id)));
    Value::Object(shown)
}

/// All payments.
pub fn payments(env: &Env<'_>) -> Value {
    let one = |(id, row): (i64, &super::super::cell::Record)| {
        let currency = get(row, "currency_id").id().unwrap_or_default();
        json!({
            "id": id, "external_ids": env.store.names_of(PAYMENT, id), "name": text(get(row, "name")),
            "state": text(get(row, "state")), "payment_type": text(get(row, "payment_type")),
            "partner_id": text(get(row, "partner_id")), "journal_id": text(get(row, "journal_id")),
            "date": text(get(row, "date")), "memo": text(get(row, "memo")),
            "amount": money(row, "amount"), "currency": env.display_name("res.currency", currency),
            "move_id": text(get(row, "move_id")), "invoice_ids": super::payment::invoices(env, id),
            "is_reconciled": get(row, "is_reconciled").truthy(),
            "is_matched": get(row, "is_matched").truthy(),
        })
    };
    Value::Array(env.store.rows(PAYMENT).map(one).collect())
}

/// What invoices say about an order and its lines.
pub fn order(env: &Env<'_>, id: i64) -> (&'static str, Vec<i64>) {
    (sales::invoice_status(env, id), sales::invoices(env, id))
}
