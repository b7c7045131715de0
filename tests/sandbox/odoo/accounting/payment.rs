//! `account.payment`: birth, posting and its entry, states.

use super::super::cell::{Cell, Record, round};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::orm;
use super::super::seed::Seed;
use super::super::values::{Command, Val, Vals, given, linked};
use super::{
    LINE, MOVE, PAYMENT, decimals, journal, lines_of, matchable, moves, num, post, rate,
    receivable, text, today,
};
use rust_decimal::Decimal;
use serde_json::Value;

/// Creates a draft payment; its entry is made when it is posted.
pub fn create(env: &mut Env<'_>, mut vals: Vals) -> Answer<i64> {
    for field in ["journal_id", "currency_id", "date", "payment_method_line_id"] {
        if given(&vals, field) == Some(&Cell::False) {
            vals.remove(field);
        }
    }
    if given(&vals, "amount").is_some_and(|amount| amount.number() < Decimal::ZERO) {
        return Err(Fail::database("The payment amount cannot be negative.", None));
    }
    let kind = given(&vals, "payment_type").and_then(Cell::as_text).unwrap_or("inbound").to_owned();
    let supplier = given(&vals, "partner_type").and_then(Cell::as_text) == Some("supplier");
    let book = given(&vals, "journal_id").and_then(Cell::id);
    let book = book.or_else(|| journal(env, &["bank", "cash", "credit"]));
    let method = given(&vals, "payment_method_line_id").and_then(Cell::id);
    let Some(method) = method.or_else(|| first_method(env, book, &kind)) else {
        return Err(Fail::validation("Please define a payment method line on your payment."));
    };
    let own = env.store.reference("account.payment.method.line", method, "payment_account_id");
    let usual =
        if kind == "inbound" { Seed::OUTSTANDING_RECEIPTS } else { Seed::OUTSTANDING_PAYMENTS };
    let partner = given(&vals, "partner_id").and_then(Cell::id);
    let money = book.and_then(|id| env.store.reference("account.journal", id, "currency_id"));
    let mut row = Record::new();
    for (field, cell) in [
        ("payment_type", Cell::Text(kind)),
        ("partner_type", Cell::Text("customer".to_owned())),
        ("date", Cell::Text(today(env))),
        ("journal_id", Cell::reference(book)),
        ("currency_id", Cell::Ref(money.unwrap_or(Seed::EUR))),
        ("company_id", Cell::Ref(Seed::COMPANY)),
        ("state", Cell::Text("draft".to_owned())),
        ("payment_method_line_id", Cell::Ref(method)),
        ("outstanding_account_id", Cell::Ref(own.unwrap_or(usual))),
        (
            "destination_account_id",
            Cell::Ref(if supplier { Seed::PAYABLE } else { receivable(env, partner) }),
        ),
    ] {
        row.insert(field.to_owned(), cell);
    }
    let invoices = linked(&vals, "invoice_ids", &[]).unwrap_or_default();
    let id = orm::insert(env, env.model(PAYMENT)?, vals, row)?;
    let money = env.store.reference(PAYMENT, id, "currency_id").unwrap_or(Seed::EUR);
    let amount = round(env.cell(PAYMENT, id, "amount").number(), decimals(env, money));
    env.store.set(PAYMENT, id, [("amount", num(amount))]);
    for invoice in invoices {
        let mut payments = env.cell(MOVE, invoice, "_payments").ids().to_vec();
        payments.push(id);
        env.store.set(MOVE, invoice, [("_payments", Cell::Refs(payments))]);
    }
    Ok(id)
}

fn first_method(env: &Env<'_>, journal: Option<i64>, kind: &str) -> Option<i64> {
    let field = format!("{kind}_payment_method_line_ids");
    env.cell("account.journal", journal?, &field).ids().first().copied()
}

/// `action_post`: books a draft; says nothing when there is nothing to do. Answers null.
pub fn action_post(env: &mut Env<'_>, ids: &[i64]) -> Answer<Value> {
    for id in ids {
        env.record(PAYMENT, *id)?;
    }
    for id in ids {
        if !matches!(text(env, PAYMENT, *id, "state").as_str(), "draft" | "in_process") {
            continue;
        }
        if !env.cell(PAYMENT, *id, "move_id").truthy() {
            book(env, *id)?;
        }
        // Straight into the bank: paid. Everything else is paid when something is matched.
        let account = env.store.reference(PAYMENT, *id, "outstanding_account_id");
        if account.is_some_and(|a| text(env, "account.account", a, "account_type") == "asset_cash")
        {
            env.store.set(PAYMENT, *id, [("state", Cell::Text("paid".to_owned()))]);
        }
        matched(env, *id);
    }
    Ok(Value::Null)
}

/// The entry of a payment: its outstanding account against the customer.
fn book(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let of = |field: &str| env.cell(PAYMENT, id, field);
    let money = of("currency_id").id().unwrap_or(Seed::EUR);
    let sign =
        if of("payment_type").as_text() == Some("inbound") { Decimal::ONE } else { -Decimal::ONE };
    let amount = sign * of("amount").number();
    let company = round(amount / rate(env, money), decimals(env, Seed::EUR));
    let method = of("payment_method_line_id").id().unwrap_or_default();
    let method = text(env, "account.payment.method.line", method, "name");
    let name = match of("memo").as_text() {
        Some(memo) => format!("{method}: {memo}"),
        None => method,
    };
    let line = |account: Cell, sign: Decimal| {
        let cells = [
            ("name", Cell::Text(name.clone())),
            ("account_id", account),
            ("partner_id", of("partner_id")),
            ("currency_id", Cell::Ref(money)),
            ("amount_currency", num(sign * amount)),
            ("balance", num(sign * company)),
            ("date_maturity", of("date")),
        ];
        let vals = cells.into_iter().map(|(field, cell)| (field.to_owned(), Val::Cell(cell)));
        Command::Create(vals.collect(), None)
    };
    let lines = vec![
        line(of("outstanding_account_id"), Decimal::ONE),
        line(of("destination_account_id"), -Decimal::ONE),
    ];
    let mut vals = Vals::new();
    for (field, cell) in [
        ("move_type", Cell::Text("entry".to_owned())),
        ("ref", of("memo")),
        ("date", of("date")),
        ("journal_id", of("journal_id")),
        ("partner_id", of("partner_id")),
        ("currency_id", Cell::Ref(money)),
        ("origin_payment_id", Cell::Ref(id)),
    ] {
        vals.insert(field.to_owned(), Val::Cell(cell));
    }
    vals.insert("line_ids".to_owned(), Val::Commands(lines));
    let entry = moves::create(env, vals)?;
    post::post(env, entry)?;
    let name = env.cell(MOVE, entry, "name");
    env.store.set(
        PAYMENT,
        id,
        [
            ("move_id", Cell::Ref(entry)),
            ("name", name),
            ("state", Cell::Text("in_process".to_owned())),
        ],
    );
    Ok(())
}

/// Its state: paid once the outstanding account is settled or cannot be, or every document that it
/// pays is paid.
pub fn refresh(env: &mut Env<'_>, id: i64) {
    let Some(settled) = matched(env, id) else { return };
    let outstanding = env.store.reference(PAYMENT, id, "outstanding_account_id");
    let open = outstanding
        .is_some_and(|account| env.cell("account.account", account, "reconcile").truthy());
    let invoices = invoices(env, id);
    let all_paid = !invoices.is_empty()
        && invoices.iter().all(|one| text(env, MOVE, *one, "payment_state") == "paid");
    let in_process = text(env, PAYMENT, id, "state") == "in_process";
    if in_process && (!open || settled || all_paid) {
        env.store.set(PAYMENT, id, [("state", Cell::Text("paid".to_owned()))]);
    }
}

/// Brings `is_matched` and `is_reconciled` up to date; whether its outstanding account is settled.
fn matched(env: &mut Env<'_>, id: i64) -> Option<bool> {
    let entry = env.store.reference(PAYMENT, id, "move_id")?;
    let outstanding = env.store.reference(PAYMENT, id, "outstanding_account_id");
    let (liquid, others): (Vec<i64>, Vec<i64>) = lines_of(env, entry)
        .into_iter()
        .partition(|line| env.store.reference(LINE, *line, "account_id") == outstanding);
    let left = |lines: &[i64]| -> Decimal {
        lines.iter().map(|line| super::number(env, *line, "amount_residual_currency")).sum()
    };
    let journal = env.store.reference(PAYMENT, id, "journal_id").unwrap_or_default();
    let straight =
        env.store.reference("account.journal", journal, "default_account_id") == outstanding;
    let open = |line: &i64| {
        env.store.reference(LINE, *line, "account_id").is_some_and(|a| matchable(env, a))
    };
    let others: Vec<i64> = others.into_iter().filter(open).collect();
    let settled = left(&liquid).is_zero();
    let reconciled = left(&others).is_zero();
    let flags = [
        ("is_matched", Cell::bool(straight || settled)),
        ("is_reconciled", Cell::bool(reconciled)),
    ];
    env.store.set(PAYMENT, id, flags);
    Some(settled)
}

/// The documents that a payment names or was matched with.
pub fn invoices(env: &Env<'_>, id: i64) -> Vec<i64> {
    let mut found = env.cell(PAYMENT, id, "invoice_ids").ids().to_vec();
    if let Some(entry) = env.store.reference(PAYMENT, id, "move_id") {
        for line in lines_of(env, entry) {
            let moves = super::reconcile::counterparts(env, line);
            found.extend(moves.iter().filter_map(|l| env.store.reference(LINE, *l, "move_id")));
        }
    }
    found.retain(|one| super::is_invoice(env, *one));
    found.sort_unstable();
    found.dedup();
    found
}
