//! Journal entries: taxes that Odoo adds by itself, and the line with which it silently balances
//! what does not balance (FACTS A11, A15).

use super::super::cell::{Cell, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::sale_line;
use super::super::seed::Seed;
use super::super::taxes::{self, BaseLine, Detail, Tax};
use super::super::values::{Val, Vals};
use super::amounts::{self, Based};
use super::{LINE, MOVE, currency, decimals, lines, lines_of, moves, num};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Completes a draft entry. A tax line among the lines sent switches every computation off.
pub fn sync(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let lines = lines_of(env, id);
    let has = |env: &Env<'_>, line: &i64, field: &str| env.cell(LINE, *line, field).truthy();
    let taxed: Vec<i64> = lines.iter().copied().filter(|l| has(env, l, "tax_ids")).collect();
    let own_tax = lines.iter().any(|line| has(env, line, "tax_repartition_line_id"));
    for line in &taxed {
        totals_of(env, *line);
    }
    if !own_tax && !taxed.is_empty() {
        add_taxes(env, id, &taxed)?;
    }
    if !taxed.is_empty() {
        balance(env, id)?;
    }
    if !moves::difference(env, id).is_zero() {
        return Err(Fail::user("The entry is not balanced."));
    }
    amounts::totals(env, id);
    Ok(())
}

/// The amount of an entry's line is its net, whatever the tax says about prices.
fn base_line(env: &Env<'_>, line: i64, field: &str) -> BaseLine {
    let taxes = env.cell(LINE, line, "tax_ids");
    BaseLine {
        price: super::number(env, line, field),
        quantity: Decimal::ONE,
        discount: Decimal::ZERO,
        taxes: taxes
            .ids()
            .iter()
            .map(|id| Tax { included: false, ..sale_line::tax(env, *id) })
            .collect(),
        pin: None,
    }
}

fn totals_of(env: &mut Env<'_>, line: i64) {
    let money = env.store.reference(LINE, line, "currency_id").unwrap_or(Seed::EUR);
    let base = base_line(env, line, "amount_currency");
    let detail = taxes::compute(&[base], decimals(env, money)).remove(0);
    env.store.set(LINE, line, [("price_total", num(detail.total()))]);
}

fn add_taxes(env: &mut Env<'_>, id: i64, taxed: &[i64]) -> Answer<()> {
    let money = currency(env, id);
    let foreign = |l: &i64| env.store.reference(LINE, *l, "currency_id") != Some(money);
    if taxed.iter().any(foreign) {
        return Err(Fail::not_built("taxes of entries in several currencies"));
    }
    // Lines of opposite signs are rounded apart: one side is a refund.
    let refunds = |env: &Env<'_>, line: i64| super::number(env, line, "balance") > Decimal::ZERO;
    let mut details: HashMap<i64, (Detail, Detail)> = HashMap::new();
    for refund in [false, true] {
        let side: Vec<i64> =
            taxed.iter().copied().filter(|line| refunds(env, *line) == refund).collect();
        let base = |field: &str| -> Vec<BaseLine> {
            side.iter().map(|line| base_line(env, *line, field)).collect()
        };
        let own = taxes::compute(&base("amount_currency"), decimals(env, money));
        let company = taxes::compute(&base("balance"), decimals(env, Seed::EUR));
        details.extend(side.iter().copied().zip(own.into_iter().zip(company)));
    }
    let mut bases = Vec::new();
    for line in taxed {
        let refund = refunds(env, *line);
        let taxes = env.cell(LINE, *line, "tax_ids").ids().to_vec();
        let tags = amounts::base_tags(env, &taxes, refund)?;
        env.store.set(LINE, *line, [("tax_tag_ids", Cell::Refs(tags))]);
        bases.push(Based {
            account: env.store.reference(LINE, *line, "account_id").unwrap_or_default(),
            own: &details[line].0,
            company: &details[line].1,
            sign: Decimal::ONE,
            refund,
            decimals: decimals(env, money),
        });
    }
    for tax in amounts::tax_lines(env, &bases)? {
        amounts::add_tax_line(env, id, &tax, money)?;
    }
    Ok(())
}

/// "Automatic Balancing Line": on the journal's account, else on the suspense account.
fn balance(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let difference = moves::difference(env, id);
    if difference.is_zero() {
        return Ok(());
    }
    let row = env.record(MOVE, id)?;
    let journal = get(row, "journal_id").id().unwrap_or_default();
    let account = env.store.reference("account.journal", journal, "default_account_id");
    let mut vals = Vals::new();
    for (field, cell) in [
        ("name", Cell::Text("Automatic Balancing Line".to_owned())),
        ("account_id", Cell::Ref(account.unwrap_or(Seed::SUSPENSE))),
        ("balance", num(-difference)),
    ] {
        vals.insert(field.to_owned(), Val::Cell(cell));
    }
    lines::create(env, id, vals)?;
    Ok(())
}
