//! The STL file: sections of rows whose first cell is their type.
//!
//! `RH` report header, `FH` file header, `SH` section header, `CH` column names, `SB` body, `SF` totals and
//! balances of one currency, `SC`, `RF`, `RC` counts, `FF` file footer.

use causeway_domain::{Currency, EntryKind, Money, Settlement, SettlementEntry, SettlementId};
use jiff::civil::Date;
use std::collections::BTreeMap;

use crate::draft::{Said, checked, entry};
use crate::fault::{SettlementFault, Side, Wrong};
use crate::processor::FileContext;
use crate::table::{Column, Row, column, rows};

/// One `SH` section.
struct Section {
    line: usize,
    account: String,
    until: Date,
    columns: Option<Columns>,
    bookings: Vec<Booking>,
    /// The line of every booking, by its id.
    seen: BTreeMap<String, usize>,
    footers: Vec<Footer>,
    counted: bool,
}

struct Columns {
    width: usize,
    id: Column,
    invoice: Column,
    reference: Column,
    reference_kind: Column,
    code: Column,
    side: Column,
    gross: Column,
    currency: Column,
    fee_side: Column,
    fee: Column,
    fee_currency: Column,
    custom: Column,
}

/// One `SB` row.
struct Booking {
    code: String,
    entry: SettlementEntry,
}

/// One `SF` row.
struct Footer {
    line: usize,
    beginning: Money,
    ending: Money,
}

impl Columns {
    fn find(header: &Row) -> Result<Self, SettlementFault> {
        Ok(Self {
            width: header.len(),
            id: column(header, &["Transaction ID"])?,
            invoice: column(header, &["Invoice ID"])?,
            reference: column(header, &["PayPal Reference ID"])?,
            reference_kind: column(header, &["PayPal Reference ID Type"])?,
            code: column(header, &["Transaction Event Code"])?,
            side: column(header, &["Transaction Debit or Credit"])?,
            gross: column(header, &["Gross Transaction Amount"])?,
            currency: column(header, &["Gross Transaction Currency"])?,
            fee_side: column(header, &["Fee Debit or Credit"])?,
            fee: column(header, &["Fee Amount"])?,
            fee_currency: column(header, &["Fee Currency"])?,
            custom: column(header, &["Custom Field"])?,
        })
    }
}

pub(super) fn read(cx: &FileContext<'_>, file: &[u8]) -> Result<Vec<Settlement>, SettlementFault> {
    let rows = rows(file)?;
    if rows.first().is_none_or(|row| row.at(0) != "RH") {
        let text = "an STL file begins with a row of the type RH".to_owned();
        return Err(SettlementFault::file(Wrong::NotThisReport(text)));
    }
    let mut sections: Vec<Section> = Vec::new();
    let (mut headers, mut footers) = (0_usize, 0_usize);
    for row in &rows {
        match row.at(0) {
            "RH" | "RF" | "RC" => {}
            "FH" => headers += 1,
            "FF" => footers += 1,
            "SH" => {
                let section = section(row)?;
                let same = |other: &&Section| {
                    other.account == section.account && other.until == section.until
                };
                if let Some(before) = sections.iter().find(same) {
                    let batch = format!("the period until {}", section.until);
                    let wrong = Wrong::DuplicateBatch { batch, before: before.line };
                    return Err(SettlementFault::line(row.line, wrong));
                }
                sections.push(section);
            }
            kind @ ("CH" | "SB" | "SF" | "SC") => {
                let Some(section) = sections.last_mut().filter(|section| !section.counted) else {
                    let wrong = Wrong::UnknownRow(kind.to_owned());
                    return Err(SettlementFault::line(row.line, wrong));
                };
                section.take(cx, kind, row)?;
            }
            _ => {
                let wrong = Wrong::UnknownRow("nameless".to_owned());
                return Err(SettlementFault::line(row.line, wrong));
            }
        }
    }
    if headers == 0 || headers != footers {
        let text = format!("{headers} file headers (FH), but {footers} file footers (FF)");
        return Err(SettlementFault::file(Wrong::Truncated(text)));
    }
    let mut found = Vec::new();
    for section in sections {
        found.extend(section.settlements(cx)?);
    }
    Ok(found)
}

/// `"SH",<begin>,<end>,<account>,<partner account>`.
fn section(row: &Row) -> Result<Section, SettlementFault> {
    let account = row.at(3);
    let plain = account.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if account.is_empty() || !plain || account.len() > 40 {
        let wrong = Wrong::NotThisReport("the section header names no account".to_owned());
        return Err(SettlementFault::line(row.line, wrong));
    }
    let date = row.at(2).split(' ').next().unwrap_or_default().replace('/', "-");
    let until = date.parse::<Date>();
    Ok(Section {
        line: row.line,
        account: account.to_owned(),
        until: until.map_err(|_| SettlementFault::line(row.line, Wrong::NotADate))?,
        columns: None,
        bookings: Vec::new(),
        seen: BTreeMap::new(),
        footers: Vec::new(),
        counted: false,
    })
}

impl Section {
    fn take(&mut self, cx: &FileContext<'_>, kind: &str, row: &Row) -> Result<(), SettlementFault> {
        match kind {
            "CH" => self.columns = Some(Columns::find(row)?),
            "SC" => self.counted = true,
            "SF" => self.footers.push(footer(row)?),
            _ => {
                let Some(columns) = &self.columns else {
                    let wrong = Wrong::NotThisReport("rows before their column names".to_owned());
                    return Err(SettlementFault::line(row.line, wrong));
                };
                let booking = booking(cx, columns, row)?;
                if let Some(before) = self.seen.insert(booking.entry.id.clone(), row.line) {
                    return Err(row.wrong(&columns.id, Wrong::DuplicateEntry { before }));
                }
                self.bookings.push(booking);
            }
        }
        Ok(())
    }

    /// One settlement per currency that moved.
    fn settlements(self, cx: &FileContext<'_>) -> Result<Vec<Settlement>, SettlementFault> {
        if !self.counted {
            let text = format!("the section of line {} is not closed by SF and SC", self.line);
            return Err(SettlementFault::file(Wrong::Truncated(text)));
        }
        let mut by_currency: BTreeMap<Currency, Vec<Booking>> = BTreeMap::new();
        for booking in self.bookings {
            by_currency.entry(booking.entry.net.currency()).or_default().push(booking);
        }
        for footer in &self.footers {
            by_currency.entry(footer.beginning.currency()).or_default();
        }
        let mut found = Vec::new();
        for (currency, bookings) in by_currency {
            let mut footers =
                self.footers.iter().filter(|footer| footer.beginning.currency() == currency);
            let Some(footer) = footers.next() else {
                let text =
                    format!("the section of line {} has no totals (SF) of {currency}", self.line);
                return Err(SettlementFault::file(Wrong::Truncated(text)));
            };
            let id = format!("STL-{}-{}-{currency}", self.account, self.until);
            let empty = bookings.is_empty();
            let settlement = settle(cx, SettlementId::new(id), self.until, bookings, footer)?;
            if !empty {
                found.push(settlement);
            }
        }
        Ok(found)
    }
}

fn settle(
    cx: &FileContext<'_>,
    id: SettlementId,
    paid_on: Date,
    bookings: Vec<Booking>,
    footer: &Footer,
) -> Result<Settlement, SettlementFault> {
    let currency = footer.beginning.currency();
    let overflow = |error: causeway_domain::money::MoneyError| {
        SettlementFault::line(footer.line, Wrong::Imbalance(error.to_string()))
    };
    let (out, entries): (Vec<Booking>, Vec<Booking>) =
        bookings.into_iter().partition(|booking| booking.code.starts_with("T04"));
    let mut entries: Vec<SettlementEntry> =
        entries.into_iter().map(|booking| booking.entry).collect();
    let mut deposit = Money::zero(currency);
    for withdrawal in out {
        let own = withdrawal.entry;
        deposit = deposit.minus(own.gross).map_err(overflow)?;
        if !own.fee.is_zero() {
            let said = Said {
                also: Vec::new(),
                dispute: None,
                id: format!("{}:fee", own.id),
                kind: EntryKind::Fee,
                reference: None,
                order_reference: None,
                gross: Money::zero(currency),
                fee: own.fee,
                net: own.fee.negated(),
                presentment: None,
            };
            entries.push(entry(said, own.line));
        }
    }
    let retained = footer.ending.minus(footer.beginning).map_err(overflow)?;
    let sum = Money::sum(entries.iter().map(|entry| entry.net), currency).map_err(overflow)?;
    let computed = footer.beginning.plus(sum).and_then(|end| end.minus(deposit));
    let computed = computed.map_err(overflow)?;
    if computed != footer.ending {
        let batch = id.to_string();
        let wrong = Wrong::WrongBalance { batch, computed, said: footer.ending };
        return Err(SettlementFault::line(footer.line, wrong));
    }
    checked(Settlement {
        id,
        account: cx.account.clone(),
        currency,
        paid_on,
        entries,
        deposit,
        retained,
    })
}

fn booking(cx: &FileContext<'_>, columns: &Columns, row: &Row) -> Result<Booking, SettlementFault> {
    if row.len() != columns.width {
        let wrong = Wrong::Ragged { has: row.len(), wanted: columns.width };
        return Err(SettlementFault::line(row.line, wrong));
    }
    let currency = currency(row, &columns.currency)?;
    if let Some(expected) = cx.currency.filter(|expected| *expected != currency) {
        let wrong = Wrong::WrongCurrency { found: currency, expected };
        return Err(row.wrong(&columns.currency, wrong));
    }
    let gross = amount(row, &columns.gross, &columns.side, currency)?
        .ok_or_else(|| row.wrong(&columns.gross, Wrong::EmptyCell))?;
    let fee = amount(row, &columns.fee, &columns.fee_side, currency)?;
    if fee.is_some() {
        let found = self::currency(row, &columns.fee_currency)?;
        if found != currency {
            let wrong = Wrong::WrongCurrency { found, expected: currency };
            return Err(row.wrong(&columns.fee_currency, wrong));
        }
    }
    // A fee that is debited is one that we pay.
    let fee = fee.map_or(Money::zero(currency), Money::negated);
    let net = gross.minus(fee).map_err(|_| row.wrong(&columns.gross, Wrong::NotAnAmount))?;
    let code = row.needed(&columns.code)?.to_owned();
    if code.len() != 5 || !code.starts_with('T') {
        let wrong = Wrong::NotThisReport("no transaction event code".to_owned());
        return Err(row.wrong(&columns.code, wrong));
    }
    sided(&code, gross).map_err(|wrong| row.wrong(&columns.side, wrong))?;
    let text = |column: &Column| {
        let text = row.text(column);
        (!text.is_empty() && text.len() <= 100).then(|| text.to_owned())
    };
    let id = row.needed(&columns.id)?;
    let of_payment = row.text(&columns.reference_kind) == "TXN";
    let said = Said {
        also: Vec::new(),
        dispute: None,
        id: format!("{id}:{code}"),
        kind: kind(&code, gross),
        reference: text(&columns.reference).filter(|_| of_payment).or_else(|| text(&columns.id)),
        order_reference: text(&columns.invoice).or_else(|| text(&columns.custom)),
        gross,
        fee,
        net,
        presentment: None,
    };
    Ok(Booking { code, entry: entry(said, Some(row.line)) })
}

/// Event codes (PayPal's settlement report specification, appendix of T-codes).
fn kind(code: &str, gross: Money) -> EntryKind {
    let credit = gross.minor() > 0;
    match code {
        "T1106" | "T1201" => EntryKind::Dispute,
        "T1202" => EntryKind::DisputeReversal,
        "T1107" if !credit => EntryKind::Refund,
        // A refund of what we bought.
        "T1107" => EntryKind::Other,
        "T1108" => EntryKind::Fee,
        _ if code.starts_with("T00") && credit => EntryKind::Charge,
        // A payment that we made.
        _ if code.starts_with("T00") => EntryKind::Other,
        _ if code.starts_with("T01") => EntryKind::Fee,
        _ if ["T02", "T03", "T11", "T12", "T15", "T21"].iter().any(|p| code.starts_with(p)) => {
            EntryKind::Adjustment
        }
        _ => EntryKind::Other,
    }
}

/// Codes that can only be on one side. Payments and refunds can be on either: a shop buys by PayPal too,
/// and gets its own money back.
fn sided(code: &str, gross: Money) -> Result<(), Wrong> {
    use crate::draft::side;
    match code {
        "T1201" => side("a chargeback (T1201)", gross, Side::Debit),
        "T1202" => side("a reversed chargeback (T1202)", gross, Side::Credit),
        _ => Ok(()),
    }
}

fn currency(row: &Row, column: &Column) -> Result<Currency, SettlementFault> {
    Currency::from_code(row.needed(column)?).map_err(|_| row.wrong(column, Wrong::UnknownCurrency))
}

/// An amount with the sign of its CR or DR; `None` if the cell is empty.
fn amount(
    row: &Row,
    column: &Column,
    side: &Column,
    currency: Currency,
) -> Result<Option<Money>, SettlementFault> {
    let text = row.text(column);
    if text.is_empty() {
        return Ok(None);
    }
    let minor = digits(text).map_err(|wrong| row.wrong(column, wrong))?;
    let money = Money::from_minor(minor, currency);
    match row.text(side) {
        "CR" => Ok(Some(money)),
        "DR" => Ok(Some(money.negated())),
        _ if minor == 0 => Ok(Some(money)),
        _ => Err(row.wrong(side, Wrong::NoSide)),
    }
}

/// Whole minor units without a sign.
fn digits(text: &str) -> Result<i64, Wrong> {
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
    if number && text.len() <= 20 && text.contains(['.', ',']) {
        return Err(Wrong::MajorForMinor(text.to_owned()));
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).ok_or(Wrong::NotAnAmount)
}

/// `"SF",<currency>,<four totals>,<CR|DR>,<balance at the beginning>,<CR|DR>,<balance at the end>,...`.
fn footer(row: &Row) -> Result<Footer, SettlementFault> {
    let cell = |place: usize, name: &str| Column { place, name: name.to_owned() };
    let currency = currency(row, &cell(1, "Settlement Currency"))?;
    let balance = |side: usize, place: usize, name: &str| {
        let column = cell(place, name);
        amount(row, &column, &cell(side, name), currency)?
            .ok_or_else(|| row.wrong(&column, Wrong::EmptyCell))
    };
    Ok(Footer {
        line: row.line,
        beginning: balance(6, 7, "Beginning Available Balance")?,
        ending: balance(8, 9, "Ending Available Balance")?,
    })
}
