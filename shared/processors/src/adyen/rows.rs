//! The settlement detail report: one line per booking, in major units, several batches per file.
//!
//! Net is in the currency of the payout. The fees (commission, markup, scheme fees, interchange) are
//! in it too, and gross in it is net plus fees; where the customer paid in the same currency, that must
//! be the gross of the report. The line `MerchantPayout` closes a batch and takes its sum to zero.

use causeway_domain::{Currency, EntryKind, Money, Settlement, SettlementId};
use jiff::civil::{Date, DateTime};

use crate::amount::{Major, major};
use crate::draft::{Draft, Said, side};
use crate::fault::{SettlementFault, Side, Wrong};
use crate::processor::FileContext;
use crate::table::{Column, Row, column, optional_column, table};

struct Columns {
    account: Column,
    psp: Column,
    reference: Column,
    date: Column,
    kind: Column,
    modification: Column,
    gross: Sides,
    net: Sides,
    fees: Vec<Column>,
    batch: Column,
}

/// A currency with its debit and credit.
struct Sides {
    currency: Column,
    debit: Column,
    credit: Column,
}

impl Sides {
    fn find(header: &Row, which: &str, short: &str) -> Result<Self, SettlementFault> {
        Ok(Self {
            currency: column(header, &[&format!("{which} Currency")])?,
            debit: column(header, &[&format!("{which} Debit ({short})")])?,
            credit: column(header, &[&format!("{which} Credit ({short})")])?,
        })
    }
}

impl Columns {
    /// The names of the legacy header and of its newer variants (contracts, Adyen's columns).
    fn find(header: &Row) -> Result<Self, SettlementFault> {
        Ok(Self {
            account: column(header, &["Merchant Account"])?,
            psp: column(header, &["Psp Reference"])?,
            reference: column(header, &["Merchant Reference"])?,
            date: optional_column(header, &["Booking Date"])
                .map_or_else(|| column(header, &["Creation Date"]), Ok)?,
            kind: column(header, &["Type", "Journal Type"])?,
            modification: column(header, &["Modification Reference"])?,
            gross: Sides::find(header, "Gross", "GC")?,
            net: Sides::find(header, "Net", "NC")?,
            fees: vec![
                column(header, &["Commission (NC)", "Bank/Card Commission (NC)"])?,
                column(header, &["Markup (NC)"])?,
                column(header, &["Scheme Fees (NC)"])?,
                column(header, &["Interchange (NC)"])?,
            ],
            batch: column(header, &["Batch Number"])?,
        })
    }
}

pub(super) fn read(cx: &FileContext<'_>, file: &[u8]) -> Result<Vec<Settlement>, SettlementFault> {
    let (header, rows) = table(file, &["Psp Reference", "Modification Reference"])?;
    let columns = Columns::find(&header)?;
    let mut drafts: Vec<Draft> = Vec::new();
    for row in &rows {
        let draft = draft(cx, &columns, row, &mut drafts)?;
        add(&columns, row, draft)?;
    }
    drafts.into_iter().map(|draft| finish(cx, draft)).collect()
}

/// A batch that pays nothing out (it is carried over) sums to zero without a payout.
fn finish(cx: &FileContext<'_>, mut draft: Draft) -> Result<Settlement, SettlementFault> {
    let zero = Money::zero(draft.currency);
    let sum = Money::sum(draft.entries.iter().map(|entry| entry.net), draft.currency);
    if draft.payout.is_none()
        && sum == Ok(zero)
        && let (Some(last), Some(on)) = (draft.entries.last(), draft.last_date)
    {
        draft.payout = Some((zero, on, last.line.unwrap_or_default()));
    }
    draft.finish(cx.account, "line of the type MerchantPayout")
}

fn draft<'a>(
    cx: &FileContext<'_>,
    columns: &Columns,
    row: &Row,
    drafts: &'a mut Vec<Draft>,
) -> Result<&'a mut Draft, SettlementFault> {
    let number = row.needed(&columns.batch)?;
    if number.len() > 20 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(row.wrong(&columns.batch, Wrong::NotThisReport("no batch number".to_owned())));
    }
    let account = row.needed(&columns.account)?;
    let id = SettlementId::new(format!("{account}:{number}"));
    let found = currency(row, &columns.net.currency)?;
    let at = drafts.iter().position(|draft| draft.id == id);
    let expected = at.and_then(|at| drafts.get(at)).map(|draft| draft.currency).or(cx.currency);
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        let wrong = Wrong::WrongCurrency { found, expected };
        return Err(row.wrong(&columns.net.currency, wrong));
    }
    let at = at.unwrap_or_else(|| {
        drafts.push(Draft::new(format!("batch {number}"), id, found));
        drafts.len() - 1
    });
    drafts.get_mut(at).ok_or_else(|| SettlementFault::file(Wrong::Empty))
}

fn currency(row: &Row, column: &Column) -> Result<Currency, SettlementFault> {
    Currency::from_code(row.needed(column)?).map_err(|_| row.wrong(column, Wrong::UnknownCurrency))
}

/// Credit above zero, debit below; the column that it stands in.
fn signed<'a>(
    row: &Row,
    sides: &'a Sides,
    currency: Currency,
    draft: &mut Draft,
) -> Result<(Option<Money>, &'a Column), SettlementFault> {
    let mut read = |column: &Column| {
        let read = major(row.text(column), currency).map_err(|wrong| row.wrong(column, wrong))?;
        draft.saw(row.line, &column.name, read);
        match read {
            Some(Major { money, .. }) if money.minor() < 0 => {
                Err(row.wrong(column, Wrong::NotAnAmount))
            }
            Some(Major { money, .. }) => Ok(Some(money)),
            None => Ok(None),
        }
    };
    let (debit, credit) = (read(&sides.debit)?, read(&sides.credit)?);
    match (debit, credit) {
        (Some(debit), Some(credit)) if !debit.is_zero() && !credit.is_zero() => {
            Err(row.wrong(&sides.credit, Wrong::BothSides))
        }
        (Some(debit), Some(_)) if !debit.is_zero() => Ok((Some(debit.negated()), &sides.debit)),
        (_, Some(credit)) => Ok((Some(credit), &sides.credit)),
        (Some(debit), None) => Ok((Some(debit.negated()), &sides.debit)),
        (None, None) => Ok((None, &sides.credit)),
    }
}

fn add(columns: &Columns, row: &Row, draft: &mut Draft) -> Result<(), SettlementFault> {
    let (net, net_column) = signed(row, &columns.net, draft.currency, draft)?;
    let net = net.ok_or_else(|| row.wrong(net_column, Wrong::EmptyCell))?;
    let date = date(row, &columns.date)?;
    draft.last_date = draft.last_date.max(Some(date));
    let word = row.needed(&columns.kind)?;
    if word == "MerchantPayout" {
        return draft.pay(net.negated(), date, row.line);
    }
    let fee = fees(columns, row, draft)?;
    let overflow = || row.wrong(net_column, Wrong::NotAnAmount);
    let computed = net.plus(fee).map_err(|_| overflow())?;
    let said = gross(columns, row, draft)?;
    let (kind, wanted) = kind(word);
    if let Some((name, wanted)) = wanted {
        let (amount, column) = match &said {
            Some((gross, column)) => (*gross, *column),
            None => (computed, net_column),
        };
        side(name, amount, wanted).map_err(|wrong| row.wrong(column, wrong))?;
        side(name, computed, wanted).map_err(|wrong| row.wrong(net_column, wrong))?;
    }
    let said = said.map(|(gross, _)| gross);
    let same = said.filter(|gross| gross.currency() == draft.currency);
    let text = |column: &Column| {
        let text = row.text(column);
        (!text.is_empty() && text.len() <= 100).then(|| text.to_owned())
    };
    let modification: String = row.text(&columns.modification).chars().take(80).collect();
    let id = draft.unique(format!("{word}:{modification}"));
    let said = Said {
        also: Vec::new(),
        dispute: None,
        id,
        kind,
        reference: text(&columns.psp),
        order_reference: text(&columns.reference),
        gross: same.unwrap_or(computed),
        fee,
        net,
        presentment: said.filter(|gross| gross.currency() != draft.currency),
    };
    draft.add(said, row.line)
}

/// Gross in the customer's currency; lines that are not of a payment have none.
fn gross<'a>(
    columns: &'a Columns,
    row: &Row,
    draft: &mut Draft,
) -> Result<Option<(Money, &'a Column)>, SettlementFault> {
    if row.text(&columns.gross.currency).is_empty() {
        return Ok(None);
    }
    let currency = currency(row, &columns.gross.currency)?;
    let (amount, column) = signed(row, &columns.gross, currency, draft)?;
    Ok(amount.map(|amount| (amount, column)))
}

fn fees(columns: &Columns, row: &Row, draft: &mut Draft) -> Result<Money, SettlementFault> {
    let mut sum = Money::zero(draft.currency);
    for column in &columns.fees {
        let read =
            major(row.text(column), draft.currency).map_err(|wrong| row.wrong(column, wrong))?;
        draft.saw(row.line, &column.name, read);
        let amount = read.map_or(Money::zero(draft.currency), |read| read.money);
        sum = sum.plus(amount).map_err(|_| row.wrong(column, Wrong::NotAnAmount))?;
    }
    Ok(sum)
}

type Sided = Option<(&'static str, Side)>;

/// What a line is about, and on which side it must be (contracts, Adyen's types).
fn kind(word: &str) -> (EntryKind, Sided) {
    match word {
        "Settled" => (EntryKind::Charge, Some(("Settled", Side::Credit))),
        "Refunded" => (EntryKind::Refund, Some(("Refunded", Side::Debit))),
        "RefundedReversed" => (EntryKind::Refund, Some(("RefundedReversed", Side::Credit))),
        "Chargeback" => (EntryKind::Dispute, Some(("Chargeback", Side::Debit))),
        "SecondChargeback" => (EntryKind::Dispute, Some(("SecondChargeback", Side::Debit))),
        "ChargebackReversed" => {
            (EntryKind::DisputeReversal, Some(("ChargebackReversed", Side::Credit)))
        }
        "Fee" | "MiscCosts" | "InvoiceDeduction" => (EntryKind::Fee, None),
        "Balancetransfer" | "DepositCorrection" | "BPPaidOut" => (EntryKind::Adjustment, None),
        _ => (EntryKind::Other, None),
    }
}

/// `2026-10-01 09:12:44`, in the account's time zone.
fn date(row: &Row, column: &Column) -> Result<Date, SettlementFault> {
    let text = row.needed(column)?;
    let parsed = text.parse::<DateTime>().map(DateTime::date).or_else(|_| text.parse::<Date>());
    parsed.map_err(|_| row.wrong(column, Wrong::NotADate))
}
