//! Invoices, credit notes, payments and journal entries, as FACTS A7, A11 and A15 saw them and as
//! the published source of 19.0 explains them. Built: what the synchronisation calls. Not built
//! (501): vendor documents, receipts, payment terms with installments, early discounts on invoices,
//! taxes spread over several accounts, numbers of one's own.

mod amounts;
mod entry;
mod fields;
pub mod inspect;
mod invoicing;
mod lines;
mod moves;
mod partial;
mod payment;
mod post;
mod reconcile;
mod sales;
mod wizard;

pub use fields::{cell, display_name};
pub use invoicing::create_invoices;
pub use lines::write as write_line;
pub use moves::{button_cancel, cancel_drafts, check_unlink, create, write};
pub use payment::{action_post as post_payments, create as create_payment};
pub use post::action_post;
pub use reconcile::reconcile;
pub use sales::{invoice_status, invoices, line_status, order_amount_to_invoice, to_invoice};
pub use wizard::create as create_wizard;

use super::cell::Cell;
use super::env::Env;
use super::sale_line;
use super::seed::Seed;
use rust_decimal::Decimal;
use serde_json::Value;
use std::sync::OnceLock;

const MOVE: &str = "account.move";
const LINE: &str = "account.move.line";
const PAYMENT: &str = "account.payment";
/// Not a model that can be called here: which line was matched with which.
const PARTIAL: &str = "account.partial.reconcile";

/// Accounts, journals, repartition lines and locations at the start.
pub fn seed() -> &'static Value {
    static FILE: OnceLock<Value> = OnceLock::new();
    FILE.get_or_init(|| {
        serde_json::from_str(include_str!("../../../fixtures/odoo/accounting.json")).unwrap()
    })
}

fn text(env: &Env<'_>, model: &str, id: i64, field: &str) -> String {
    env.cell(model, id, field).as_text().unwrap_or_default().to_owned()
}

fn number(env: &Env<'_>, id: i64, field: &str) -> Decimal {
    env.cell(LINE, id, field).number()
}

fn lines_of(env: &Env<'_>, id: i64) -> Vec<i64> {
    env.cell(MOVE, id, "line_ids").ids().to_vec()
}

/// Lines of one kind (`display_type`).
fn lines_with(env: &Env<'_>, id: i64, kind: &str) -> Vec<i64> {
    let mut lines = lines_of(env, id);
    lines.retain(|line| env.cell(LINE, *line, "display_type").as_text() == Some(kind));
    lines
}

/// True for customer invoices and credit notes.
fn is_invoice(env: &Env<'_>, id: i64) -> bool {
    matches!(text(env, MOVE, id, "move_type").as_str(), "out_invoice" | "out_refund")
}

fn is_refund(env: &Env<'_>, id: i64) -> bool {
    text(env, MOVE, id, "move_type") == "out_refund"
}

/// The sign of income on a document: credit on invoices, debit on credit notes.
fn direction(env: &Env<'_>, id: i64) -> Decimal {
    if text(env, MOVE, id, "move_type") == "out_invoice" { -Decimal::ONE } else { Decimal::ONE }
}

fn currency(env: &Env<'_>, id: i64) -> i64 {
    env.store.reference(MOVE, id, "currency_id").unwrap_or(Seed::EUR)
}

/// Units of a currency for one of the company's.
fn rate(env: &Env<'_>, currency: i64) -> Decimal {
    let rate = env.cell("res.currency", currency, "rate").number();
    if rate.is_zero() || currency == Seed::EUR { Decimal::ONE } else { rate }
}

fn decimals(env: &Env<'_>, currency: i64) -> u32 {
    sale_line::decimals(env, currency)
}

/// Today where the user is.
fn today(env: &Env<'_>) -> String {
    env.now.to_zoned(env.time_zone()).date().to_string()
}

/// The account on which a customer owes.
fn receivable(env: &Env<'_>, partner: Option<i64>) -> i64 {
    let own = partner
        .and_then(|id| env.store.reference("res.partner", id, "property_account_receivable_id"));
    own.unwrap_or(Seed::RECEIVABLE)
}

fn commercial(env: &Env<'_>, partner: Option<i64>) -> Option<i64> {
    let partner = partner?;
    Some(env.store.reference("res.partner", partner, "commercial_partner_id").unwrap_or(partner))
}

/// Accounts whose lines have something left to match.
fn matchable(env: &Env<'_>, account: i64) -> bool {
    env.cell("account.account", account, "reconcile").truthy()
        || env.cell("account.account", account, "account_type").as_text() == Some("asset_cash")
}

/// The first journal of a type.
fn journal(env: &Env<'_>, kinds: &[&str]) -> Option<i64> {
    let mut found: Vec<(i64, i64)> = env
        .store
        .rows("account.journal")
        .filter(|(id, _)| kinds.contains(&text(env, "account.journal", *id, "type").as_str()))
        .map(|(id, row)| (super::cell::get(row, "sequence").id().unwrap_or(0), id))
        .collect();
    found.sort_unstable();
    found.first().map(|(_, id)| *id)
}

/// An account as a fiscal position maps it.
fn mapped(position: Option<i64>, account: i64) -> i64 {
    let map = &seed()["_account_map"];
    position.and_then(|id| map[id.to_string()][account.to_string()].as_i64()).unwrap_or(account)
}

fn num(number: Decimal) -> Cell {
    Cell::Num(number)
}
