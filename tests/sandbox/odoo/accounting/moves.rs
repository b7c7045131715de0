//! `account.move`: birth, writes and their refusals.

use super::super::cell::{Cell, Record, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::seed::Seed;
use super::super::values::{Command, Val, Vals, given};
use super::super::{fiscal, orm, partner};
use super::{LINE, MOVE, amounts, entry, is_invoice, journal, lines, lines_of, sales, text, today};
use rust_decimal::Decimal;

/// Creates a draft invoice, credit note or entry with its lines.
pub fn create(env: &mut Env<'_>, vals: Vals) -> Answer<i64> {
    let kind = given(&vals, "move_type").and_then(Cell::as_text).unwrap_or("entry").to_owned();
    if !matches!(kind.as_str(), "entry" | "out_invoice" | "out_refund") {
        return Err(Fail::not_built(&format!("moves of the type {kind}")));
    }
    if given(&vals, "name").is_some_and(Cell::truthy) {
        return Err(Fail::not_built("moves with a number of their own"));
    }
    let row = defaults(env, &kind, &vals)?;
    let mut plain = vals.clone();
    for field in ["journal_id", "name"] {
        if given(&vals, field) == Some(&Cell::False) {
            plain.remove(field);
        }
    }
    let id = orm::insert(env, env.model(MOVE)?, plain, row)?;
    check(env, id)?;
    apply(env, id, &vals)?;
    finish(env, id)?;
    Ok(id)
}

fn defaults(env: &Env<'_>, kind: &str, vals: &Vals) -> Answer<Record> {
    let sale = kind != "entry";
    let customer = given(vals, "partner_id").and_then(Cell::id);
    if let Some(customer) = customer {
        env.record("res.partner", customer)?;
    }
    let book = match given(vals, "journal_id").and_then(Cell::id) {
        Some(journal) => Some(journal),
        None => journal(env, if sale { &["sale"] } else { &["general"] }),
    };
    let day = given(vals, "invoice_date").filter(|day| day.truthy()).cloned();
    let day = day.unwrap_or_else(|| Cell::Text(today(env)));
    let money = book.and_then(|j| env.store.reference("account.journal", j, "currency_id"));
    let mut row = Record::new();
    let mut set = |field: &str, cell: Cell| row.insert(field.to_owned(), cell);
    set("move_type", Cell::Text(kind.to_owned()));
    set("state", Cell::Text("draft".to_owned()));
    set("payment_state", Cell::Text("not_paid".to_owned()));
    set("company_id", Cell::Ref(Seed::COMPANY));
    set("journal_id", Cell::reference(book));
    set("currency_id", Cell::Ref(money.unwrap_or(Seed::EUR)));
    set("date", day);
    set("line_ids", Cell::Refs(Vec::new()));
    set("reversal_move_ids", Cell::Refs(Vec::new()));
    set("auto_post", Cell::Text("no".to_owned()));
    set("commercial_partner_id", Cell::reference(super::commercial(env, customer)));
    if sale {
        set("invoice_user_id", Cell::Ref(env.user.id()));
        set("team_id", Cell::Ref(Seed::TEAM));
    }
    if let (Some(customer), true) = (customer, sale) {
        let shipping = match given(vals, "partner_shipping_id") {
            Some(cell) => cell.id(),
            None => Some(partner::address(env, customer, "delivery")),
        };
        set("partner_shipping_id", Cell::reference(shipping));
        set("fiscal_position_id", Cell::reference(fiscal::detect(env, customer, shipping)));
        let term = env.store.reference("res.partner", customer, "property_payment_term_id");
        set("invoice_payment_term_id", Cell::reference(term));
    }
    Ok(row)
}

fn check(env: &Env<'_>, id: i64) -> Answer<()> {
    let row = env.record(MOVE, id)?;
    let labels = [("journal_id", "Journal"), ("currency_id", "Currency"), ("date", "Date")];
    if let Some((field, label)) = labels.iter().find(|(field, _)| !get(row, field).truthy()) {
        return Err(Fail::required(label, field, Some(("Journal Entry", MOVE))));
    }
    let journal = get(row, "journal_id").id().unwrap_or_default();
    if is_invoice(env, id) && text(env, "account.journal", journal, "type") != "sale" {
        return Err(Fail::validation("Cannot create a sale document in a non sale journal"));
    }
    Ok(())
}

/// Lines of both lists: `invoice_line_ids` is a part of `line_ids`.
fn apply(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    for field in ["invoice_line_ids", "line_ids"] {
        if field == "line_ids" && is_invoice(env, id) && !orm::commands(vals, field).is_empty() {
            return Err(Fail::not_built("line_ids of invoices; send invoice_line_ids"));
        }
        for command in orm::commands(vals, field) {
            one(env, id, command)?;
        }
    }
    Ok(())
}

fn one(env: &mut Env<'_>, id: i64, command: &Command) -> Answer<()> {
    match command {
        Command::Create(vals, name) => {
            let line = lines::create(env, id, vals.clone())?;
            orm::name_child(env, LINE, line, name.as_deref());
        }
        Command::Update(line, vals) => {
            env.record(LINE, *line)?;
            lines::update(env, *line, vals)?;
        }
        Command::Delete(line) => lines::delete(env, *line),
        Command::Link(line) => {
            env.record(LINE, *line)?;
        }
        Command::Clear => {
            for line in super::lines_with(env, id, "product") {
                lines::delete(env, line);
            }
        }
        Command::Set(keep) => {
            for line in super::lines_with(env, id, "product") {
                if !keep.contains(&line) {
                    lines::delete(env, line);
                }
            }
        }
    }
    Ok(())
}

fn finish(env: &mut Env<'_>, id: i64) -> Answer<()> {
    if is_invoice(env, id) {
        amounts::sync(env, id)?;
    } else {
        entry::sync(env, id)?;
    }
    sales::recompute(env, id);
    Ok(())
}

/// Fields that a posted move keeps.
const READONLY: &[&str] = &[
    "invoice_line_ids",
    "line_ids",
    "invoice_date",
    "date",
    "partner_id",
    "invoice_payment_term_id",
    "currency_id",
    "fiscal_position_id",
    "invoice_cash_rounding_id",
];

/// Writes a move.
pub fn write(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let draft = text(env, MOVE, id, "state") == "draft";
    let fixed: Vec<&str> = READONLY.iter().copied().filter(|f| vals.contains_key(*f)).collect();
    if !draft && !fixed.is_empty() {
        if env.flag("skip_readonly_check") {
            return Err(Fail::not_built("skip_readonly_check"));
        }
        return Err(Fail::user(format!(
            "You cannot modify the following readonly fields on a posted move: {}",
            fixed.join(", ")
        )));
    }
    let known = ["move_type", "state", "name", "journal_id", "tax_totals"];
    if let Some(field) = known.iter().find(|field| vals.contains_key(**field)) {
        return Err(Fail::not_built(&format!("writing account.move.{field}")));
    }
    if !is_invoice(env, id) && vals.contains_key("line_ids") {
        return Err(Fail::not_built("writing lines of entries"));
    }
    let mut vals = vals.clone();
    if let (true, Some(day)) = (is_invoice(env, id), given(&vals, "invoice_date").cloned())
        && day.truthy()
        && !vals.contains_key("date")
    {
        vals.insert("date".to_owned(), Val::Cell(day));
    }
    orm::update(env, env.model(MOVE)?, id, &vals)?;
    check(env, id)?;
    apply(env, id, &vals)?;
    if draft && is_invoice(env, id) && !fixed.is_empty() {
        finish(env, id)?;
    }
    Ok(())
}

/// Refuses to delete what was posted.
pub fn check_unlink(env: &Env<'_>, id: i64) -> Answer<()> {
    if text(env, MOVE, id, "state") == "posted" {
        return Err(Fail::user(
            "You can't delete a posted journal item. Don’t play games with your accounting records; reset the \
             journal entry to draft before deleting it.",
        ));
    }
    Err(Fail::not_built("deleting moves"))
}

/// `button_cancel` of drafts. Odoo cancels even what is posted and paid (FACTS A11): not built, for
/// nobody should.
pub fn button_cancel(env: &mut Env<'_>, ids: &[i64]) -> Answer<()> {
    for id in ids {
        env.record(MOVE, *id)?;
        if text(env, MOVE, *id, "state") == "posted" {
            return Err(Fail::not_built("cancelling what is posted"));
        }
    }
    for id in ids {
        env.store.set(MOVE, *id, [("state", Cell::Text("cancel".to_owned()))]);
        sales::recompute(env, *id);
    }
    Ok(())
}

/// Cancels the draft documents of an order that is cancelled; posted ones stay (FACTS A11).
pub fn cancel_drafts(env: &mut Env<'_>, order: i64) {
    let mut drafts = sales::invoices(env, order);
    drafts.retain(|id| text(env, MOVE, *id, "state") == "draft");
    for id in &drafts {
        env.store.set(MOVE, *id, [("state", Cell::Text("cancel".to_owned()))]);
    }
    for id in drafts {
        sales::recompute(env, id);
    }
}

/// True when debits and credits differ.
pub fn difference(env: &Env<'_>, id: i64) -> Decimal {
    lines_of(env, id).iter().map(|line| super::number(env, *line, "balance")).sum()
}
