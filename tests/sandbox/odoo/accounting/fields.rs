//! Fields of the accounting models that are computed when they are read, names and orders.

use super::super::cell::{Cell, Record, get};
use super::super::env::Env;
use super::super::seed::Seed;
use super::{LINE, MOVE, PAYMENT, lines_of, num, payment, text};
use rust_decimal::Decimal;

/// A computed field; `None` when the stored value is meant.
pub fn cell(env: &Env<'_>, model: &str, id: i64, field: &str) -> Option<Cell> {
    match model {
        LINE => line(env, id, field),
        MOVE => document(env, id, field),
        PAYMENT if matches!(field, "reconciled_invoice_ids" | "invoice_ids") => {
            let mut ids = match field {
                "invoice_ids" => env.cell(PAYMENT, id, field).ids().to_vec(),
                _ => payment::invoices(env, id),
            };
            order(env, &mut ids);
            Some(Cell::Refs(ids))
        }
        "account.tax" if field.ends_with("repartition_line_ids") => {
            Some(Cell::Refs(repartition(env, id, field)))
        }
        _ => None,
    }
}

fn repartition(env: &Env<'_>, tax: i64, field: &str) -> Vec<i64> {
    let kind = field.trim_end_matches("_repartition_line_ids");
    env.store
        .rows("account.tax.repartition.line")
        .filter(|(_, row)| get(row, "tax_id").id() == Some(tax))
        .filter(|(_, row)| {
            kind == "repartition_line_ids" || get(row, "document_type").as_text() == Some(kind)
        })
        .map(|(id, _)| id)
        .collect()
}

fn line(env: &Env<'_>, id: i64, field: &str) -> Option<Cell> {
    let owner = || env.store.reference(LINE, id, "move_id").unwrap_or_default();
    let account = |field: &str| {
        let account = env.store.reference(LINE, id, "account_id").unwrap_or_default();
        env.cell("account.account", account, field)
    };
    match field {
        "journal_id" | "date" | "ref" | "invoice_date" | "move_type" | "company_id" => {
            Some(env.cell(MOVE, owner(), field))
        }
        "parent_state" => Some(env.cell(MOVE, owner(), "state")),
        "move_name" => Some(env.cell(MOVE, owner(), "name")),
        "payment_id" => Some(env.cell(MOVE, owner(), "origin_payment_id")),
        "account_type" => Some(account("account_type")),
        "account_code" => Some(account("code")),
        "account_name" => Some(account("name")),
        "company_currency_id" => Some(Cell::Ref(Seed::EUR)),
        "is_refund" => Some(Cell::bool(super::is_refund(env, owner()))),
        _ => None,
    }
}

fn document(env: &Env<'_>, id: i64, field: &str) -> Option<Cell> {
    match field {
        "invoice_line_ids" => {
            let mut lines = lines_of(env, id);
            lines.retain(|line| {
                matches!(
                    text(env, LINE, *line, "display_type").as_str(),
                    "product" | "line_section" | "line_subsection" | "line_note"
                )
            });
            Some(Cell::Refs(lines))
        }
        "status_in_payment" => {
            let state = text(env, MOVE, id, "state");
            let paid = text(env, MOVE, id, "payment_state");
            let shown = if state == "posted" && paid != "not_paid" { paid } else { state };
            Some(Cell::Text(shown))
        }
        "reversal_move_ids" => {
            let mut ids = env.cell(MOVE, id, field).ids().to_vec();
            order(env, &mut ids);
            Some(Cell::Refs(ids))
        }
        "matched_payment_ids" => Some(Cell::Refs(env.cell(MOVE, id, "_payments").ids().to_vec())),
        "company_currency_id" => Some(Cell::Ref(Seed::EUR)),
        "direction_sign" => {
            let sign = super::direction(env, id) == Decimal::ONE;
            Some(Cell::Int(if sign { 1 } else { -1 }))
        }
        "invoice_currency_rate" => Some(num(super::rate(env, super::currency(env, id)))),
        _ => None,
    }
}

/// Documents as Odoo sorts them: by date, number and id, the newest first; drafts have no number.
pub fn order(env: &Env<'_>, ids: &mut [i64]) {
    let key = |id: i64| {
        let name = text(env, MOVE, id, "name");
        (
            text(env, MOVE, id, "date"),
            name.is_empty(),
            name,
            text(env, MOVE, id, "invoice_date"),
            id,
        )
    };
    ids.sort_by_key(|id| std::cmp::Reverse(key(*id)));
}

/// The names of accounting records in a many2one.
pub fn display_name(env: &Env<'_>, model: &str, id: i64, row: &Record) -> Option<String> {
    let of = |field: &str| get(row, field).as_text().unwrap_or_default().to_owned();
    match model {
        MOVE => {
            let kind = match (of("state").as_str(), of("move_type").as_str()) {
                ("draft", "out_invoice") => "Draft Invoice ",
                ("draft", "out_refund") => "Draft Credit Note ",
                ("draft", _) => "Draft Entry ",
                _ => "",
            };
            let name = format!("{kind}{}", of("name")).trim().to_owned();
            let own = of("ref");
            Some(if own.is_empty() { name } else { format!("{name} ({own})") })
        }
        LINE => {
            let document = get(row, "move_id").id().unwrap_or_default();
            let name = text(env, MOVE, document, "name");
            Some(format!("{name} {}", of("name")).trim().to_owned())
        }
        PAYMENT => {
            Some(if of("name").is_empty() { "Draft Payment".to_owned() } else { of("name") })
        }
        "account.account" => Some(format!("{} {}", of("code"), of("name"))),
        "account.tax.repartition.line" => Some(format!("account.tax.repartition.line,{id}")),
        "account.payment.method.line" => {
            let journal = get(row, "journal_id").id().unwrap_or_default();
            Some(format!("{} ({})", of("name"), text(env, "account.journal", journal, "name")))
        }
        "stock.location" => Some(of("complete_name")),
        "stock.picking.type" => {
            let warehouse = get(row, "warehouse_id").id().unwrap_or_default();
            Some(format!("{}: {}", text(env, "stock.warehouse", warehouse, "name"), of("name")))
        }
        _ => None,
    }
}
