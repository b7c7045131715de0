//! `account.move.action_post`: checks, dates, numbers, and the matching of credit notes with the
//! invoices that they reverse.

use super::super::cell::Cell;
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::{LINE, MOVE, amounts, is_invoice, lines_of, lines_with, reconcile, sales, text, today};
use rust_decimal::Decimal;
use serde_json::Value;

/// Posts drafts, all or none; answers false (FACTS A11).
pub fn action_post(env: &mut Env<'_>, ids: &[i64]) -> Answer<Value> {
    let mut refusals: Vec<String> = Vec::new();
    for id in ids {
        env.record(MOVE, *id)?;
        for refusal in refused(env, *id) {
            if !refusals.contains(&refusal) {
                refusals.push(refusal);
            }
        }
    }
    if !refusals.is_empty() {
        return Err(Fail::user(refusals.join("\n")));
    }
    for id in ids {
        post(env, *id)?;
    }
    let mut reversed: Vec<i64> = Vec::new();
    for id in ids {
        let Some(origin) = env.store.reference(MOVE, *id, "reversed_entry_id") else { continue };
        // Only one of several credit notes of the same invoice is matched by one call (source).
        if text(env, MOVE, origin, "state") == "posted" && !reversed.contains(&origin) {
            reversed.push(origin);
            match_reversal(env, origin, *id)?;
        }
    }
    Ok(Value::Bool(false))
}

fn refused(env: &Env<'_>, id: i64) -> Vec<String> {
    let mut refusals = Vec::new();
    if is_invoice(env, id) {
        if env.cell(MOVE, id, "amount_total").number() < Decimal::ZERO {
            refusals.push(
                "You cannot validate an invoice with a negative total amount. You should create a credit note \
                 instead. Use the action menu to transform it into a credit note or refund."
                    .to_owned(),
            );
        }
        if !env.cell(MOVE, id, "partner_id").truthy() {
            refusals.push(
                "The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to \
                 your auditor that you invoiced an invisible man :)"
                    .to_owned(),
            );
        }
    }
    let state = text(env, MOVE, id, "state");
    if state != "draft" {
        let name = text(env, MOVE, id, "name");
        let name = if name.is_empty() { "False".to_owned() } else { name };
        refusals.push(format!("The entry {name} (id {id}) must be in draft."));
    }
    if lines_of(env, id).is_empty() {
        refusals.push("Even magicians can't post nothing!".to_owned());
    }
    refusals
}

/// Posts one draft without looking at what it reverses.
pub fn post(env: &mut Env<'_>, id: i64) -> Answer<()> {
    if is_invoice(env, id) && !env.cell(MOVE, id, "invoice_date").truthy() {
        let day = Cell::Text(today(env));
        env.store.set(MOVE, id, [("invoice_date", day.clone()), ("date", day)]);
        amounts::sync(env, id)?;
    }
    let name = next_name(env, id);
    let now = Cell::Text(env.now_text());
    env.store.set(
        MOVE,
        id,
        [
            ("name", Cell::Text(name)),
            ("state", Cell::Text("posted".to_owned())),
            ("posted_before", Cell::True),
            ("write_date", now),
        ],
    );
    reference(env, id);
    reconcile::refresh(env, id);
    sales::recompute(env, id);
    Ok(())
}

/// By year for sales and banks, by month for the others; `R` for credit notes, `P` for payments.
fn next_name(env: &mut Env<'_>, id: i64) -> String {
    let journal = env.store.reference(MOVE, id, "journal_id").unwrap_or_default();
    let of_journal = |field: &str| text(env, "account.journal", journal, field);
    let (code, kind) = (of_journal("code"), of_journal("type"));
    let day = text(env, MOVE, id, "date");
    let (year, month) = (day.get(..4).unwrap_or_default(), day.get(5..7).unwrap_or_default());
    let yearly = matches!(kind.as_str(), "sale" | "bank" | "cash" | "credit");
    let refund = super::is_refund(env, id)
        && env.cell("account.journal", journal, "refund_sequence").truthy();
    let paid = env.cell(MOVE, id, "origin_payment_id").truthy();
    let first = if refund {
        "R"
    } else if paid {
        "P"
    } else {
        ""
    };
    let prefix = if yearly {
        format!("{first}{code}/{year}/")
    } else {
        format!("{first}{code}/{year}/{month}/")
    };
    // The number stands in the journal, so that it is given back when the call fails.
    let counter = format!("_last:{prefix}");
    let last = env.cell("account.journal", journal, &counter).id().unwrap_or(0) + 1;
    env.store.set("account.journal", journal, [(counter.as_str(), Cell::Int(last))]);
    if yearly { format!("{prefix}{last:05}") } else { format!("{prefix}{last:04}") }
}

/// The structured communication that Belgian invoices get, and the name of the customer's line.
fn reference(env: &mut Env<'_>, id: i64) {
    if text(env, MOVE, id, "move_type") == "out_invoice"
        && !env.cell(MOVE, id, "payment_reference").truthy()
    {
        let check = match id % 97 {
            0 => 97,
            rest => rest,
        };
        let digits = format!("{id:010}{check:02}");
        let told = format!("+++{}/{}/{}+++", &digits[..3], &digits[3..7], &digits[7..]);
        env.store.set(MOVE, id, [("payment_reference", Cell::Text(told))]);
    }
    let name = term_name(env, id);
    for line in lines_with(env, id, "payment_term") {
        env.store.set(LINE, line, [("name", name.clone())]);
    }
}

/// The name of the customer's line: the reference and what the customer is to write.
pub fn term_name(env: &Env<'_>, id: i64) -> Cell {
    let (told, own) = (text(env, MOVE, id, "payment_reference"), text(env, MOVE, id, "ref"));
    match (told.is_empty(), own.is_empty() || own == told) {
        (true, _) => Cell::False,
        (false, true) => Cell::Text(told),
        (false, false) => Cell::Text(format!("{own} - {told}")),
    }
}

/// Matches what is still open on accounts that both have.
fn match_reversal(env: &mut Env<'_>, origin: i64, reversal: i64) -> Answer<()> {
    // By account and currency.
    let mut groups: Vec<([Option<i64>; 2], Vec<i64>)> = Vec::new();
    for line in [lines_of(env, origin), lines_of(env, reversal)].concat() {
        let account = env.store.reference(LINE, line, "account_id");
        let open = account.is_some_and(|account| super::matchable(env, account));
        if !open || env.cell(LINE, line, "reconciled").truthy() {
            continue;
        }
        let key = [account, env.store.reference(LINE, line, "currency_id")];
        match groups.iter_mut().find(|group| group.0 == key) {
            Some(group) => group.1.push(line),
            None => groups.push((key, vec![line])),
        }
    }
    for (_, lines) in groups {
        reconcile::match_lines(env, &lines)?;
    }
    Ok(())
}
