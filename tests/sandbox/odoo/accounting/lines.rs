//! `account.move.line`: defaults and what single lines may be written.

use super::super::cell::{Cell, Record, get, round};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::values::{Val, Vals, given, linked, python};
use super::super::{fiscal, orm, sale_line};
use super::{LINE, MOVE, currency, decimals, is_invoice, mapped, num, rate, sales, text};
use rust_decimal::Decimal;

/// Inserts a line of a move; nothing is computed yet.
pub fn create(env: &mut Env<'_>, id: i64, mut vals: Vals) -> Answer<i64> {
    check_pin(&vals)?;
    let model = env.model(LINE)?;
    let row = if is_invoice(env, id) {
        of_invoice(env, id, &vals)?
    } else {
        let row = of_entry(env, id, &vals);
        for field in ["debit", "credit", "balance", "amount_currency", "currency_id"] {
            vals.remove(field);
        }
        row
    };
    if given(&vals, "account_id") == Some(&Cell::False) {
        vals.remove("account_id");
    }
    let sales = linked(&vals, "sale_line_ids", &[]).unwrap_or_default();
    vals.insert("move_id".to_owned(), Val::Cell(Cell::Ref(id)));
    let line = orm::insert(env, model, vals, row)?;
    settle(env, line);
    let row = env.record(LINE, line)?;
    let plain =
        matches!(text(env, LINE, line, "display_type").as_str(), "line_section" | "line_note");
    if !plain && !get(row, "account_id").truthy() {
        return Err(Fail::database("Missing required account on accountable line.", None));
    }
    sales::relink(env, line, &[], &sales);
    Ok(line)
}

fn check_pin(vals: &Vals) -> Answer<()> {
    match given(vals, "extra_tax_data") {
        Some(Cell::Json(value)) if !value.is_object() => {
            Err(Fail::attribute(format!("'{}' object has no attribute 'get'", python(value))))
        }
        _ => Ok(()),
    }
}

fn of_invoice(env: &Env<'_>, id: i64, vals: &Vals) -> Answer<Record> {
    let kind = given(vals, "display_type").and_then(Cell::as_text).unwrap_or("product").to_owned();
    let product = given(vals, "product_id").and_then(Cell::id);
    if let Some(product) = product {
        env.record("product.product", product)?;
    }
    let mut row = Record::new();
    let mut set = |field: &str, cell: Cell| row.insert(field.to_owned(), cell);
    set("display_type", Cell::Text(kind.clone()));
    set("currency_id", Cell::Ref(currency(env, id)));
    if kind != "product" {
        return Ok(row);
    }
    let position = env.store.reference(MOVE, id, "fiscal_position_id");
    set("quantity", num(Decimal::ONE));
    if let Some(product) = product {
        set("name", Cell::Text(env.display_name("product.product", product)));
        set("price_unit", num(sale_line::price_in(env, product, currency(env, id))));
        set("product_uom_id", env.cell("product.product", product, "uom_id"));
        let taxes = env.cell("product.product", product, "taxes_id");
        set("tax_ids", Cell::Refs(fiscal::map(env, position, taxes.ids())));
    }
    let own = product
        .and_then(|p| env.store.reference("product.product", p, "property_account_income_id"));
    let journal = env.store.reference(MOVE, id, "journal_id").unwrap_or_default();
    let usual = env.store.reference("account.journal", journal, "default_account_id");
    let account = own.or(usual).map(|account| mapped(position, account));
    set("account_id", Cell::reference(account));
    Ok(row)
}

/// Debit and credit, or the balance, or only the amount in a foreign currency.
fn of_entry(env: &Env<'_>, id: i64, vals: &Vals) -> Record {
    let amount = |field: &str| given(vals, field).map(Cell::number);
    let own = given(vals, "currency_id").and_then(Cell::id).unwrap_or_else(|| currency(env, id));
    let company = super::Seed::EUR;
    let told = amount("balance").or_else(|| {
        let (debit, credit) = (amount("debit"), amount("credit"));
        let any = debit.is_some() || credit.is_some();
        any.then(|| debit.unwrap_or_default() - credit.unwrap_or_default())
    });
    let foreign = amount("amount_currency");
    let balance = told.unwrap_or_else(|| foreign.unwrap_or_default() / rate(env, own));
    let balance = round(balance, decimals(env, company));
    let foreign = match foreign {
        Some(foreign) if own != company => round(foreign, decimals(env, own)),
        _ if own == company => balance,
        _ => round(balance * rate(env, own), decimals(env, own)),
    };
    let partner = super::commercial(env, env.store.reference(MOVE, id, "partner_id"));
    let mut row = Record::new();
    for (field, cell) in [
        ("display_type", Cell::Text("product".to_owned())),
        ("quantity", num(Decimal::ONE)),
        ("currency_id", Cell::Ref(own)),
        ("balance", num(balance)),
        ("amount_currency", num(foreign)),
        ("price_subtotal", num(foreign)),
        ("price_total", num(foreign)),
        ("partner_id", Cell::reference(partner)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    row
}

/// Precisions, and the tax of a tax line.
fn settle(env: &mut Env<'_>, line: i64) {
    let digits = [
        ("price_unit", sale_line::precision(env, "Product Price")),
        ("discount", sale_line::precision(env, "Discount")),
        ("quantity", sale_line::precision(env, "Product Unit")),
    ];
    for (field, places) in digits {
        let number = round(super::number(env, line, field), places);
        env.store.set(LINE, line, [(field, num(number))]);
    }
    let tax = env
        .store
        .reference(LINE, line, "tax_repartition_line_id")
        .and_then(|r| env.store.reference("account.tax.repartition.line", r, "tax_id"));
    env.store.set(LINE, line, [("tax_line_id", Cell::reference(tax))]);
    book(env, line);
}

/// Debit and credit follow the balance; what is left to match starts as all of it.
pub fn book(env: &mut Env<'_>, line: i64) {
    let balance = super::number(env, line, "balance");
    let foreign = super::number(env, line, "amount_currency");
    let account = env.store.reference(LINE, line, "account_id").unwrap_or_default();
    let open = super::matchable(env, account);
    let left = |amount: Decimal| num(if open { amount } else { Decimal::ZERO });
    env.store.set(
        LINE,
        line,
        [
            ("debit", num(balance.max(Decimal::ZERO))),
            ("credit", num((-balance).max(Decimal::ZERO))),
            ("amount_residual", left(balance)),
            ("amount_residual_currency", left(foreign)),
        ],
    );
}

/// Writes values to a line reached through its move; the caller computes the move anew.
pub fn update(env: &mut Env<'_>, line: i64, vals: &Vals) -> Answer<()> {
    check_pin(vals)?;
    let before = env.cell(LINE, line, "sale_line_ids").ids().to_vec();
    let model = env.model(LINE)?;
    orm::update(env, model, line, vals)?;
    settle(env, line);
    let after = env.cell(LINE, line, "sale_line_ids").ids().to_vec();
    sales::relink(env, line, &before, &after);
    Ok(())
}

/// `account.move.line.write`. On posted moves Odoo lets more through than is good (FACTS A11); here
/// only what leaves the amounts alone.
pub fn write(env: &mut Env<'_>, line: i64, vals: &Vals) -> Answer<()> {
    let Some(id) = env.store.reference(LINE, line, "move_id") else {
        return Err(Fail::missing(LINE, line, env.user.id()));
    };
    let harmless = ["name", "sale_line_ids", "analytic_distribution", "partner_id"];
    let plain = vals.keys().all(|field| harmless.contains(&field.as_str()));
    if text(env, MOVE, id, "state") != "draft" && !plain {
        return Err(Fail::not_built("writing amounts of posted lines"));
    }
    if !plain && !is_invoice(env, id) {
        return Err(Fail::not_built("writing lines of entries"));
    }
    update(env, line, vals)?;
    if !plain {
        super::amounts::sync(env, id)?;
    }
    sales::recompute(env, id);
    Ok(())
}

/// Deletes a line, and its ties to the order.
pub fn delete(env: &mut Env<'_>, line: i64) {
    let sales = env.cell(LINE, line, "sale_line_ids").ids().to_vec();
    sales::relink(env, line, &sales, &[]);
    orm::delete(env, LINE, line);
}
