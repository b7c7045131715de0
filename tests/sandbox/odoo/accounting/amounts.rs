//! The amounts of invoices and credit notes: product lines, a line per tax, the customer's line, the
//! sums. All in the document's currency and in the company's.

use super::super::cell::{Cell, Record, get, round};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::taxes::{self, BaseLine, Detail};
use super::super::values::Vals;
use super::super::{orm, pin, sale_line};
use super::{
    LINE, MOVE, commercial, currency, decimals, direction, is_refund, lines, lines_with, num, rate,
    receivable, text,
};
use rust_decimal::Decimal;

/// Where a tax is booked.
struct Repartition {
    id: i64,
    account: Option<i64>,
    tags: Vec<i64>,
}

/// The base and the tax side of a tax for a kind of document; the shares of the seed are whole.
fn repartition(env: &Env<'_>, tax: i64, refund: bool, side: &str) -> Answer<Repartition> {
    let document = if refund { "refund" } else { "invoice" };
    let found: Vec<(i64, &Record)> = env
        .store
        .rows("account.tax.repartition.line")
        .filter(|(_, row)| {
            get(row, "tax_id").id() == Some(tax)
                && get(row, "document_type").as_text() == Some(document)
                && get(row, "repartition_type").as_text() == Some(side)
        })
        .collect();
    match found.as_slice() {
        [(id, row)] => Ok(Repartition {
            id: *id,
            account: get(row, "account_id").id(),
            tags: get(row, "tag_ids").ids().to_vec(),
        }),
        _ => Err(Fail::not_built("taxes with several repartition lines")),
    }
}

/// The tags of a base line with these taxes.
pub fn base_tags(env: &Env<'_>, taxes: &[i64], refund: bool) -> Answer<Vec<i64>> {
    let mut tags = Vec::new();
    for tax in taxes {
        for tag in repartition(env, *tax, refund, "base")?.tags {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    Ok(tags)
}

/// What a tax line is made of.
pub struct TaxLine {
    /// Its repartition line.
    pub repartition: i64,
    /// Name of the tax.
    pub name: String,
    /// Its account.
    pub account: i64,
    /// Its tags.
    pub tags: Vec<i64>,
    /// Amount in the document's currency, and in the company's, signed as booked.
    pub amount: (Decimal, Decimal),
    /// Base in the company's currency, signed as booked.
    pub base: Decimal,
}

/// One base line with its results: its account, in the document's currency, in the company's, and
/// the sign of its booking.
pub struct Based<'d> {
    /// Account of the base.
    pub account: i64,
    /// Document's currency.
    pub own: &'d Detail,
    /// Company's currency.
    pub company: &'d Detail,
    /// Sign.
    pub sign: Decimal,
    /// Kind of document whose repartition counts.
    pub refund: bool,
    /// Decimals of the document's currency.
    pub decimals: u32,
}

/// Tax lines by repartition line and account; those without an amount are left out.
pub fn tax_lines(env: &Env<'_>, bases: &[Based<'_>]) -> Answer<Vec<TaxLine>> {
    let mut found: Vec<TaxLine> = Vec::new();
    for base in bases {
        for ((tax, own), (_, company)) in base.own.taxes().zip(base.company.taxes()) {
            let part = repartition(env, tax, base.refund, "tax")?;
            let account = part.account.unwrap_or(base.account);
            let at = found
                .iter()
                .position(|line| line.repartition == part.id && line.account == account);
            let at = at.unwrap_or_else(|| {
                found.push(TaxLine {
                    repartition: part.id,
                    name: text(env, "account.tax", tax, "name"),
                    account,
                    tags: part.tags,
                    amount: (Decimal::ZERO, Decimal::ZERO),
                    base: Decimal::ZERO,
                });
                found.len() - 1
            });
            let line = &mut found[at];
            line.amount.0 += base.sign * own;
            // Odoo rounds the company's amount to the document's decimals and then spreads what is
            // missing by that: what has become zero stays zero (seen with yen, and in the source).
            if !round(company, base.decimals).is_zero() {
                line.amount.1 += base.sign * company;
            }
            line.base += base.sign * base.company.booked();
        }
    }
    found.retain(|line| !line.amount.0.is_zero() || !line.amount.1.is_zero());
    Ok(found)
}

/// Puts a tax line into a move.
pub fn add_tax_line(env: &mut Env<'_>, id: i64, tax: &TaxLine, currency: i64) -> Answer<()> {
    let owner = env.store.reference("account.tax.repartition.line", tax.repartition, "tax_id");
    let partner = commercial(env, env.store.reference(MOVE, id, "partner_id"));
    let mut row = Record::new();
    for (field, cell) in [
        ("move_id", Cell::Ref(id)),
        ("name", Cell::Text(tax.name.clone())),
        ("display_type", Cell::Text("tax".to_owned())),
        ("account_id", Cell::Ref(tax.account)),
        ("partner_id", Cell::reference(partner)),
        ("currency_id", Cell::Ref(currency)),
        ("amount_currency", num(tax.amount.0)),
        ("balance", num(tax.amount.1)),
        ("tax_line_id", Cell::reference(owner)),
        ("tax_repartition_line_id", Cell::Ref(tax.repartition)),
        ("tax_tag_ids", Cell::Refs(tax.tags.clone())),
        ("tax_base_amount", num(tax.base)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    let same = |line: &i64| {
        env.store.reference(LINE, *line, "tax_repartition_line_id") == Some(tax.repartition)
            && env.store.reference(LINE, *line, "account_id") == Some(tax.account)
    };
    let old = lines_with(env, id, "tax").into_iter().find(same);
    put(env, old, row)
}

/// Updates a computed line, or inserts it.
fn put(env: &mut Env<'_>, old: Option<i64>, row: Record) -> Answer<()> {
    let line = match old {
        Some(line) => {
            let mut whole = env.record(LINE, line)?.clone();
            whole.extend(row);
            env.store.put(LINE, line, Some(whole));
            line
        }
        None => orm::insert(env, env.model(LINE)?, Vals::new(), row)?,
    };
    lines::book(env, line);
    Ok(())
}

fn base_line(env: &Env<'_>, row: &Record, currency: i64) -> Answer<(BaseLine, BaseLine)> {
    let mut line = BaseLine {
        price: get(row, "price_unit").number(),
        quantity: get(row, "quantity").number(),
        discount: get(row, "discount").number(),
        taxes: get(row, "tax_ids").ids().iter().map(|id| sale_line::tax(env, *id)).collect(),
        pin: None,
    };
    let rate = rate(env, currency);
    let mut company = BaseLine { price: line.price / rate, ..line.clone() };
    if let (Cell::Json(data), true) = (get(row, "extra_tax_data"), !env.switches.ignore_pins) {
        line.pin = pin::accepted(data, &line, currency, decimals(env, currency))?;
        let own = decimals(env, super::Seed::EUR);
        company.pin = line.pin.as_ref().map(|pin| pin::in_company(data, pin, rate, own));
    }
    Ok((line, company))
}

/// The taxes of one line as they are without the other lines.
pub fn alone(env: &Env<'_>, row: &Record, currency: i64, places: u32) -> Vec<(i64, Decimal)> {
    let Ok((own, _)) = base_line(env, row, currency) else { return Vec::new() };
    taxes::compute(&[own], places).remove(0).taxes().collect()
}

/// Computes a draft invoice or credit note anew from its product lines.
pub fn sync(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let money = currency(env, id);
    let places = decimals(env, money);
    let company_places = decimals(env, super::Seed::EUR);
    let products = lines_with(env, id, "product");
    let mut pairs = Vec::new();
    for line in &products {
        let row = env.record(LINE, *line)?.clone();
        pairs.push(base_line(env, &row, money)?);
    }
    let (own, company): (Vec<BaseLine>, Vec<BaseLine>) = pairs.into_iter().unzip();
    let details = taxes::compute(&own, places);
    let company_details = taxes::compute(&company, company_places);
    let (sign, refund) = (direction(env, id), is_refund(env, id));
    let partner = commercial(env, env.store.reference(MOVE, id, "partner_id"));
    let mut bases = Vec::new();
    for (at, line) in products.iter().enumerate() {
        let alone = taxes::compute(&own[at..=at], places).remove(0);
        let taxes = env.cell(LINE, *line, "tax_ids").ids().to_vec();
        let tags = base_tags(env, &taxes, refund)?;
        env.store.set(
            LINE,
            *line,
            [
                ("price_subtotal", num(alone.subtotal())),
                ("price_total", num(alone.total())),
                ("amount_currency", num(sign * details[at].booked())),
                ("balance", num(sign * round(company_details[at].booked(), company_places))),
                ("tax_tag_ids", Cell::Refs(tags)),
                ("partner_id", Cell::reference(partner)),
                ("currency_id", Cell::Ref(money)),
            ],
        );
        lines::book(env, *line);
        bases.push(Based {
            account: env.store.reference(LINE, *line, "account_id").unwrap_or_default(),
            own: &details[at],
            company: &company_details[at],
            sign,
            refund,
            decimals: places,
        });
    }
    let taxes = tax_lines(env, &bases)?;
    for line in lines_with(env, id, "tax") {
        let kept = taxes.iter().any(|tax| {
            env.store.reference(LINE, line, "tax_repartition_line_id") == Some(tax.repartition)
                && env.store.reference(LINE, line, "account_id") == Some(tax.account)
        });
        if !kept {
            orm::delete(env, LINE, line);
        }
    }
    for tax in &taxes {
        add_tax_line(env, id, tax, money)?;
    }
    if products.is_empty() {
        for line in lines_with(env, id, "payment_term") {
            orm::delete(env, LINE, line);
        }
    } else {
        term_line(env, id, money)?;
    }
    totals(env, id);
    Ok(())
}

/// The customer's line: everything else with the opposite sign.
fn term_line(env: &mut Env<'_>, id: i64, money: i64) -> Answer<()> {
    check_term(env, id)?;
    let old = lines_with(env, id, "payment_term").first().copied();
    let sum = |env: &Env<'_>, field: &str| -> Decimal {
        let others = super::lines_of(env, id).into_iter().filter(|line| Some(*line) != old);
        others.map(|line| super::number(env, line, field)).sum()
    };
    let partner = commercial(env, env.store.reference(MOVE, id, "partner_id"));
    let day = match env.cell(MOVE, id, "invoice_date") {
        Cell::Text(day) => Cell::Text(day),
        _ => Cell::Text(super::today(env)),
    };
    let position = env.store.reference(MOVE, id, "fiscal_position_id");
    let account = super::mapped(position, receivable(env, partner));
    let mut row = Record::new();
    for (field, cell) in [
        ("move_id", Cell::Ref(id)),
        ("name", super::post::term_name(env, id)),
        ("display_type", Cell::Text("payment_term".to_owned())),
        ("account_id", Cell::Ref(account)),
        ("partner_id", Cell::reference(partner)),
        ("currency_id", Cell::Ref(money)),
        ("amount_currency", num(-sum(env, "amount_currency"))),
        ("balance", num(-sum(env, "balance"))),
        ("date_maturity", day.clone()),
    ] {
        row.insert(field.to_owned(), cell);
    }
    put(env, old, row)?;
    env.store.set(MOVE, id, [("invoice_date_due", day)]);
    Ok(())
}

/// Only terms with one installment at once are built, without an early discount.
fn check_term(env: &Env<'_>, id: i64) -> Answer<()> {
    let Some(term) = env.store.reference(MOVE, id, "invoice_payment_term_id") else {
        return Ok(());
    };
    let name = text(env, "account.payment.term", term, "name");
    let early = env.cell("account.payment.term", term, "early_discount").truthy();
    if early || name.contains('%') {
        return Err(Fail::not_built("payment terms with installments or an early discount"));
    }
    Ok(())
}

/// The sums of a move, as its lines give them.
pub fn totals(env: &mut Env<'_>, id: i64) {
    let sum = |env: &Env<'_>, lines: &[i64], field: &str| -> Decimal {
        lines.iter().map(|line| super::number(env, *line, field)).sum()
    };
    if !super::is_invoice(env, id) {
        let debits: Vec<i64> = super::lines_of(env, id)
            .into_iter()
            .filter(|line| super::number(env, *line, "balance") > Decimal::ZERO)
            .collect();
        let total = sum(env, &debits, "amount_currency");
        let own = sum(env, &debits, "balance");
        env.store.set(
            MOVE,
            id,
            [
                ("amount_total", num(total)),
                ("amount_total_signed", num(own)),
                ("amount_total_in_currency_signed", num(total)),
            ],
        );
        return;
    }
    let (products, taxes) = (lines_with(env, id, "product"), lines_with(env, id, "tax"));
    let sign = direction(env, id);
    let untaxed = sum(env, &products, "amount_currency") * sign;
    let tax = sum(env, &taxes, "amount_currency") * sign;
    let own_untaxed = -sum(env, &products, "balance");
    let own_tax = -sum(env, &taxes, "balance");
    env.store.set(
        MOVE,
        id,
        [
            ("amount_untaxed", num(untaxed)),
            ("amount_tax", num(tax)),
            ("amount_total", num(untaxed + tax)),
            ("amount_untaxed_signed", num(own_untaxed)),
            ("amount_tax_signed", num(own_tax)),
            ("amount_total_signed", num(own_untaxed + own_tax)),
            ("amount_total_in_currency_signed", num(-sign * (untaxed + tax))),
        ],
    );
    super::reconcile::refresh(env, id);
}
