//! The report `payout_reconciliation.itemized.5`: one line per balance transaction, in major units.
//!
//! Every payout in it must come with its own line (category `payout`): it is the only number that the
//! others can be checked against. Without it the file counts as cut off; the payout can still be
//! imported by its id over the API.

use causeway_domain::{Currency, DisputeId, Money, Settlement, SettlementId};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

use super::kind;
use super::payout::disputed;
use crate::amount::{Major, major};
use crate::draft::{Draft, Said};
use crate::fault::{SettlementFault, Wrong};
use crate::processor::FileContext;
use crate::request::fits;
use crate::table::{Column, Row, column, optional_column, table};

struct Columns {
    payout: Column,
    paid_at: Column,
    transaction: Column,
    currency: Column,
    gross: Column,
    fee: Column,
    net: Column,
    category: Column,
    charge: Option<Column>,
    intent: Option<Column>,
    source: Option<Column>,
    order: Option<Column>,
    paid: Option<(Column, Column)>,
}

impl Columns {
    fn find(header: &Row) -> Result<Self, SettlementFault> {
        let paid = optional_column(header, &["customer_facing_amount"])
            .zip(optional_column(header, &["customer_facing_currency"]));
        Ok(Self {
            payout: column(header, &["automatic_payout_id"])?,
            paid_at: column(
                header,
                &["automatic_payout_effective_at_utc", "automatic_payout_effective_at"],
            )?,
            transaction: column(header, &["balance_transaction_id"])?,
            currency: column(header, &["currency"])?,
            gross: column(header, &["gross"])?,
            fee: column(header, &["fee"])?,
            net: column(header, &["net"])?,
            category: column(header, &["reporting_category"])?,
            charge: optional_column(header, &["charge_id"]),
            intent: optional_column(header, &["payment_intent_id"]),
            source: optional_column(header, &["source_id"]),
            order: optional_column(header, &["payment_metadata[order_id]", "order_id"]),
            paid,
        })
    }
}

pub(super) fn read(cx: &FileContext<'_>, file: &[u8]) -> Result<Vec<Settlement>, SettlementFault> {
    let marks = ["balance_transaction_id", "reporting_category"];
    let (header, rows) = table(file, &marks)?;
    let columns = Columns::find(&header)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        let id = row.needed(&columns.transaction)?;
        if !fits(id) {
            return Err(row.wrong(&columns.transaction, Wrong::NotThisReport("no id".to_owned())));
        }
        let paying = row.text(&columns.category) == "payout";
        let before = seen.insert(id.to_owned(), row.line);
        let draft = draft(cx, &columns, row, &mut drafts)?;
        if let Some(before) = before {
            return Err(row.wrong(&columns.transaction, draft.twice(before)));
        }
        add(&columns, row, draft, paying)?;
    }
    drafts
        .into_iter()
        .map(|draft| draft.finish(cx.account, "line with the reporting_category payout"))
        .collect()
}

/// The batch that a line belongs to.
fn draft<'a>(
    cx: &FileContext<'_>,
    columns: &Columns,
    row: &Row,
    drafts: &'a mut Vec<Draft>,
) -> Result<&'a mut Draft, SettlementFault> {
    let payout = row.needed(&columns.payout)?;
    if !fits(payout) {
        return Err(row.wrong(&columns.payout, Wrong::NotThisReport("no payout id".to_owned())));
    }
    let currency = currency(row, &columns.currency)?;
    let at = drafts.iter().position(|draft| draft.name == payout);
    let expected = at.and_then(|at| drafts.get(at)).map(|draft| draft.currency).or(cx.currency);
    if let Some(expected) = expected.filter(|expected| *expected != currency) {
        let wrong = Wrong::WrongCurrency { found: currency, expected };
        return Err(row.wrong(&columns.currency, wrong));
    }
    let at = at.unwrap_or_else(|| {
        drafts.push(Draft::new(payout.to_owned(), SettlementId::new(payout), currency));
        drafts.len() - 1
    });
    drafts.get_mut(at).ok_or_else(|| SettlementFault::file(Wrong::Empty))
}

fn currency(row: &Row, column: &Column) -> Result<Currency, SettlementFault> {
    let code = row.needed(column)?.to_ascii_uppercase();
    Currency::from_code(&code).map_err(|_| row.wrong(column, Wrong::UnknownCurrency))
}

fn add(
    columns: &Columns,
    row: &Row,
    draft: &mut Draft,
    paying: bool,
) -> Result<(), SettlementFault> {
    let currency = draft.currency;
    let mut amount = |column: &Column| {
        row.needed(column)?;
        let read = major(row.text(column), currency).map_err(|wrong| row.wrong(column, wrong))?;
        draft.saw(row.line, &column.name, read);
        let zero = Major { money: Money::zero(currency), whole: false };
        Ok::<Money, SettlementFault>(read.unwrap_or(zero).money)
    };
    let (gross, fee, net) = (amount(&columns.gross)?, amount(&columns.fee)?, amount(&columns.net)?);
    if paying {
        return draft.pay(net.negated(), paid_on(row, &columns.paid_at)?, row.line);
    }
    let category = row.needed(&columns.category)?;
    kind::side(category, gross).map_err(|wrong| row.wrong(&columns.gross, wrong))?;
    let cell = |column: &Option<Column>| {
        let text = column.as_ref().map(|column| row.text(column)).unwrap_or_default();
        (!text.is_empty() && text.len() <= 100).then(|| text.to_owned())
    };
    let kind = kind::kind(category);
    let said = Said {
        id: row.text(&columns.transaction).to_owned(),
        kind,
        reference: cell(&columns.charge),
        also: cell(&columns.intent).into_iter().collect(),
        dispute: cell(&columns.source).filter(|id| disputed(kind, id)).map(DisputeId::new),
        order_reference: cell(&columns.order),
        gross,
        fee,
        net,
        presentment: paid(columns, row, gross)?,
    };
    draft.add(said, row.line)
}

/// What the customer paid, if it was another currency; the report gives it without a sign.
fn paid(columns: &Columns, row: &Row, gross: Money) -> Result<Option<Money>, SettlementFault> {
    let Some((amount_column, currency_column)) = &columns.paid else { return Ok(None) };
    if row.text(amount_column).is_empty() || row.text(currency_column).is_empty() {
        return Ok(None);
    }
    let currency = currency(row, currency_column)?;
    let read = major(row.text(amount_column), currency)
        .map_err(|wrong| row.wrong(amount_column, wrong))?;
    let paid = read.map(|read| read.money).filter(|paid| paid.currency() != gross.currency());
    Ok(paid
        .map(|paid| if (gross.minor() < 0) != (paid.minor() < 0) { paid.negated() } else { paid }))
}

/// `2026-10-05 00:00:00`.
fn paid_on(row: &Row, column: &Column) -> Result<Date, SettlementFault> {
    let text = row.needed(column)?;
    let parsed = text.parse::<DateTime>().map(DateTime::date).or_else(|_| text.parse::<Date>());
    parsed.map_err(|_| row.wrong(column, Wrong::NotADate))
}
