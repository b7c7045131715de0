//! `account.move.line.reconcile`, what is left on lines and documents, and the payment states.

use super::super::cell::{Cell, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::seed::Seed;
use super::{LINE, MOVE, PARTIAL, is_invoice, lines_of, matchable, num, partial, text};
use rust_decimal::Decimal;
use serde_json::Value;

/// Matches lines of one account; answers null, 422 when one of them is matched already.
pub fn reconcile(env: &mut Env<'_>, lines: &[i64]) -> Answer<Value> {
    for line in lines {
        env.record(LINE, *line)?;
    }
    check(env, lines)?;
    match_lines(env, lines)?;
    Ok(Value::Null)
}

fn check(env: &Env<'_>, lines: &[i64]) -> Answer<()> {
    if lines.iter().any(|line| env.cell(LINE, *line, "reconciled").truthy()) {
        return Err(Fail::user(
            "You are trying to reconcile some entries that are already reconciled.",
        ));
    }
    let state = |line: &i64| {
        let id = env.store.reference(LINE, *line, "move_id").unwrap_or_default();
        text(env, MOVE, id, "state")
    };
    if lines.iter().any(|line| state(line) == "cancel") {
        return Err(Fail::user("You can not reconcile cancelled entries."));
    }
    let mut accounts: Vec<i64> =
        lines.iter().filter_map(|line| env.store.reference(LINE, *line, "account_id")).collect();
    accounts.dedup();
    let name = |account: &i64| env.display_name("account.account", *account);
    match accounts.as_slice() {
        [] => Ok(()),
        [one] if matchable(env, *one) => Ok(()),
        [one] => Err(Fail::user(format!(
            "Account {} does not allow reconciliation. First change the configuration of this account to allow it.",
            name(one)
        ))),
        [first, rest @ ..] if rest.iter().all(|account| account == first) => Ok(()),
        several => Err(Fail::user(format!(
            "Entries are not from the same account: {}",
            several.iter().map(name).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// Matches lines, oldest first, debits against credits; then brings every document up to date.
pub fn match_lines(env: &mut Env<'_>, lines: &[i64]) -> Answer<()> {
    let mut sorted = lines.to_vec();
    sorted.dedup();
    let key = |env: &Env<'_>, line: i64| {
        let id = env.store.reference(LINE, line, "move_id").unwrap_or_default();
        let due = text(env, LINE, line, "date_maturity");
        let due = if due.is_empty() { text(env, MOVE, id, "date") } else { due };
        (
            due,
            env.store.reference(LINE, line, "currency_id"),
            super::number(env, line, "amount_currency"),
        )
    };
    sorted.sort_by_key(|line| key(env, *line));
    let positive = |env: &Env<'_>, line: &i64| {
        super::number(env, *line, "balance") > Decimal::ZERO
            || super::number(env, *line, "amount_currency") > Decimal::ZERO
    };
    let (debits, credits): (Vec<i64>, Vec<i64>) =
        sorted.iter().partition(|line| positive(env, line));
    let (mut debit, mut credit) = (0, 0);
    while let (Some(one), Some(other)) = (debits.get(debit), credits.get(credit)) {
        let left = partial::pair(env, *one, *other)?;
        debit += usize::from(!left.0);
        credit += usize::from(!left.1);
        if left.0 && left.1 {
            break;
        }
    }
    let mut moves: Vec<i64> =
        sorted.iter().filter_map(|line| env.store.reference(LINE, *line, "move_id")).collect();
    moves.sort_unstable();
    moves.dedup();
    // Documents first: payments look at them.
    moves.sort_by_key(|id| !is_invoice(env, *id));
    for id in moves {
        refresh(env, id);
    }
    Ok(())
}

/// What is left of a document, and its payment state.
pub fn refresh(env: &mut Env<'_>, id: i64) {
    let cancelled = text(env, MOVE, id, "state") != "posted";
    for line in lines_of(env, id) {
        let account = env.store.reference(LINE, line, "account_id").unwrap_or_default();
        let done = matchable(env, account)
            && !cancelled
            && super::number(env, line, "amount_residual").is_zero()
            && super::number(env, line, "amount_residual_currency").is_zero();
        env.store.set(LINE, line, [("reconciled", Cell::bool(done))]);
    }
    if is_invoice(env, id) {
        let terms = super::lines_with(env, id, "payment_term");
        let sum = |field: &str| -> Decimal {
            terms.iter().map(|line| super::number(env, *line, field)).sum()
        };
        let left = -super::direction(env, id) * sum("amount_residual_currency");
        let own = sum("amount_residual");
        env.store.set(
            MOVE,
            id,
            [("amount_residual", num(left)), ("amount_residual_signed", num(own))],
        );
        let state = payment_state(env, id, &terms, left);
        env.store.set(MOVE, id, [("payment_state", Cell::Text(state.to_owned()))]);
        for payment in payments_of(env, id) {
            super::payment::refresh(env, payment);
        }
    } else if let Some(payment) = env.store.reference(MOVE, id, "origin_payment_id") {
        super::payment::refresh(env, payment);
    }
}

/// The lines that a line was matched with.
pub fn counterparts(env: &Env<'_>, line: i64) -> Vec<i64> {
    env.cell(LINE, line, "_partials")
        .ids()
        .iter()
        .filter_map(|id| env.store.row(PARTIAL, *id))
        .filter_map(|row| {
            let sides = ["debit_move_id", "credit_move_id"].map(|side| get(row, side).id());
            sides.into_iter().flatten().find(|other| *other != line)
        })
        .collect()
}

/// The payments that a document was matched with, or that name it.
fn payments_of(env: &Env<'_>, id: i64) -> Vec<i64> {
    let mut found: Vec<i64> = super::lines_with(env, id, "payment_term")
        .iter()
        .flat_map(|line| counterparts(env, *line))
        .filter_map(|line| env.store.reference(LINE, line, "move_id"))
        .filter_map(|other| env.store.reference(MOVE, other, "origin_payment_id"))
        .collect();
    found.extend(env.cell(MOVE, id, "_payments").ids());
    found.sort_unstable();
    found.dedup();
    found
}

fn payment_state(env: &Env<'_>, id: i64, terms: &[i64], left: Decimal) -> &'static str {
    let posted = text(env, MOVE, id, "state") == "posted";
    let others: Vec<i64> = terms
        .iter()
        .flat_map(|line| counterparts(env, *line))
        .filter_map(|line| env.store.reference(LINE, line, "move_id"))
        .collect();
    if !posted {
        return "not_paid";
    }
    if !left.is_zero() {
        return if others.is_empty() { "not_paid" } else { "partial" };
    }
    if others.iter().any(|other| env.cell(MOVE, *other, "origin_payment_id").truthy()) {
        return "paid";
    }
    let kinds: Vec<String> =
        others.iter().map(|other| text(env, MOVE, *other, "move_type")).collect();
    let only = |allowed: &[&str], needed: &str| {
        kinds.iter().any(|kind| kind == needed)
            && kinds.iter().all(|kind| allowed.contains(&kind.as_str()))
    };
    let reversed = match text(env, MOVE, id, "move_type").as_str() {
        "out_invoice" => only(&["out_refund", "entry"], "out_refund"),
        _ => only(&["entry"], "entry"),
    };
    if reversed { "reversed" } else { "paid" }
}

/// Books what a change of rates left over, and matches it with the line (an entry in `EXCH`).
pub fn exchange(env: &mut Env<'_>, line: i64, amount: Decimal, foreign: Decimal) -> Answer<()> {
    use super::super::values::{Command, Val, Vals};
    let plain = |pairs: Vec<(&str, Cell)>| -> Vals {
        pairs.into_iter().map(|(name, cell)| (name.to_owned(), Val::Cell(cell))).collect()
    };
    let of_line = |field: &str| env.cell(LINE, line, field);
    let lost = if amount.is_zero() { foreign } else { amount } > Decimal::ZERO;
    let result = if lost { Seed::EXCHANGE_LOSS } else { Seed::EXCHANGE_GAIN };
    let one = |account: Cell, sign: Decimal| {
        plain(vec![
            ("name", Cell::Text("Currency exchange rate difference".to_owned())),
            ("account_id", account),
            ("partner_id", of_line("partner_id")),
            ("currency_id", of_line("currency_id")),
            ("balance", num(sign * amount)),
            ("amount_currency", num(sign * foreign)),
        ])
    };
    let commands = vec![
        Command::Create(one(of_line("account_id"), -Decimal::ONE), None),
        Command::Create(one(Cell::Ref(result), Decimal::ONE), None),
    ];
    let id = env.store.reference(LINE, line, "move_id").unwrap_or_default();
    let mut vals = plain(vec![
        ("move_type", Cell::Text("entry".to_owned())),
        ("journal_id", Cell::Ref(Seed::EXCHANGE_JOURNAL)),
        ("date", env.cell(MOVE, id, "date")),
    ]);
    vals.insert("line_ids".to_owned(), Val::Commands(commands));
    let entry = super::moves::create(env, vals)?;
    super::post::post(env, entry)?;
    let Some(own) = lines_of(env, entry).first().copied() else { return Ok(()) };
    partial::record(env, line, own, amount.abs(), foreign.abs());
    for (line, sign) in [(line, -Decimal::ONE), (own, Decimal::ONE)] {
        let rest = super::number(env, line, "amount_residual") + sign * amount;
        let rest_foreign = super::number(env, line, "amount_residual_currency") + sign * foreign;
        env.store.set(
            LINE,
            line,
            [("amount_residual", num(rest)), ("amount_residual_currency", num(rest_foreign))],
        );
    }
    refresh(env, entry);
    Ok(())
}
