//! A payout, then its entries page by page.

use causeway_domain::ports::Call;
use causeway_domain::{
    EntryKind, Fault, Money, Settlement, SettlementEntry, SettlementId, Timestamp, WaitKey,
};
use causeway_platforms::answer::{body, json, unreadable};
use causeway_platforms::{Answer, token};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp as Instant};

use super::settings::{self, Settings};
use super::shape::{EntriesAnswer, Entry, Payout, PayoutAnswer, PayoutsAnswer, money};
use crate::draft::{Said, entry};
use crate::processor::{AccountContext, FetchSettlement, ListPayouts};
use crate::request::{self, escape, fits};

const WHAT: &str = "square payout";
const ENTRIES: &str = "square payout entries";
const LIST: &str = "square payouts";

/// A payout is listed by the time it was made and paid days later.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(10 * 24);

pub(super) fn next(
    cx: &AccountContext<'_>,
    id: &SettlementId,
    answers: &[Answer],
) -> Result<FetchSettlement, Fault> {
    let settings = settings::read(cx.connection)?;
    if !fits(id.as_str()) {
        return Err(Fault::reject(
            format!("{id} is not an id of a Square payout"),
            "use the payout id as Square gives it (po_...)",
        ));
    }
    let Some((first, pages)) = answers.split_first() else {
        let call = get(cx, &settings, WHAT, &format!("/v2/payouts/{id}"))?;
        return Ok(FetchSettlement::Ask(vec![call]));
    };
    let Some(bytes) = body(&cx.connection.account, WHAT, first)? else {
        return Ok(FetchSettlement::Gone);
    };
    let payout = json::<PayoutAnswer>(WHAT, bytes)?.payout;
    let payout = payout.ok_or_else(|| unreadable(WHAT, "no payout in the answer"))?;
    if payout.id != id.as_str() {
        return Err(unreadable(WHAT, format!("asked for {id}, got another payout")));
    }
    payable(&payout)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut cursor = Some(String::new());
    for page in pages {
        let Some(bytes) = body(&cx.connection.account, ENTRIES, page)? else {
            return Err(unreadable(ENTRIES, "no list"));
        };
        let page: EntriesAnswer = json(ENTRIES, bytes)?;
        cursor = page.cursor.filter(|cursor| !cursor.is_empty());
        entries.extend(page.payout_entries.unwrap_or_default());
    }
    if let Some(cursor) = cursor {
        let more = if cursor.is_empty() {
            String::new()
        } else {
            "&cursor=".to_owned() + &escape(&cursor)
        };
        let path = format!("/v2/payouts/{id}/payout-entries?sort_order=ASC&limit=100{more}");
        return Ok(FetchSettlement::Ask(vec![get(cx, &settings, ENTRIES, &path)?]));
    }
    let settlement = settle(cx, &payout, &entries)?;
    settlement.check()?;
    Ok(FetchSettlement::Found(vec![settlement]))
}

fn payable(payout: &Payout) -> Result<(), Fault> {
    let id = &payout.id;
    if payout.kind.as_deref() == Some("SIMPLE") {
        return Err(Fault::skip(format!("payout {id} comes again as an entry of a later one")));
    }
    match payout.status.as_deref() {
        Some("PAID") => Ok(()),
        Some("FAILED") => Err(Fault::skip(format!("payout {id} did not reach the bank"))),
        Some(_) | None => Err(Fault::Wait {
            key: WaitKey::other(format!("payout:{id}")),
            cause: format!("payout {id} is not paid yet"),
        }),
    }
}

fn settle(
    cx: &AccountContext<'_>,
    payout: &Payout,
    entries: &[Entry],
) -> Result<Settlement, Fault> {
    let deposit = money(WHAT, payout.amount_money.as_ref())?;
    let entries = entries.iter().map(|one| read(payout, one)).collect::<Result<_, Fault>>()?;
    Ok(Settlement {
        id: SettlementId::new(&payout.id),
        account: cx.connection.account.clone(),
        currency: deposit.currency(),
        paid_on: paid_on(payout)?,
        entries,
        deposit,
        retained: Money::zero(deposit.currency()),
    })
}

fn paid_on(payout: &Payout) -> Result<Date, Fault> {
    let arrival = payout.arrival_date.as_deref().and_then(|text| text.parse::<Date>().ok());
    let created = payout.created_at.as_deref().and_then(|text| text.parse::<Instant>().ok());
    let created = created.map(|time| TimeZone::UTC.to_datetime(time).date());
    arrival.or(created).ok_or_else(|| unreadable(WHAT, "no date of arrival"))
}

fn read(payout: &Payout, one: &Entry) -> Result<SettlementEntry, Fault> {
    if one.payout_id != payout.id {
        return Err(unreadable(ENTRIES, format!("{} is of another payout", one.id)));
    }
    let gross = money(ENTRIES, one.gross_amount_money.as_ref())?;
    let fee = match &one.fee_amount_money {
        Some(fee) => money(ENTRIES, Some(fee))?,
        None => Money::zero(gross.currency()),
    };
    let said = Said {
        also: Vec::new(),
        dispute: None,
        id: one.id.clone(),
        kind: kind(one.kind.as_deref().unwrap_or_default(), gross),
        reference: one.payment(),
        order_reference: None,
        gross,
        fee,
        net: money(ENTRIES, one.net_amount_money.as_ref())?,
        presentment: None,
    };
    Ok(entry(said, None))
}

/// The activity types of the OpenAPI 2025-08-20.
fn kind(activity: &str, gross: Money) -> EntryKind {
    match activity {
        "CHARGE" => EntryKind::Charge,
        "REFUND" => EntryKind::Refund,
        "DISPUTE" | "OPEN_DISPUTE" if gross.minor() > 0 => EntryKind::DisputeReversal,
        "DISPUTE" | "OPEN_DISPUTE" => EntryKind::Dispute,
        // A credit for fees, and the tax on them, count as fees.
        "FREE_PROCESSING" | "TAX_ON_FEE" => EntryKind::Fee,
        "APP_FEE_REVENUE" | "APP_FEE_REFUND" => EntryKind::Adjustment,
        "" | "OTHER" => EntryKind::Other,
        fee if fee.split('_').any(|word| word == "FEE") => EntryKind::Fee,
        known if ADJUSTMENTS.contains(&known) => EntryKind::Adjustment,
        _ => EntryKind::Other,
    }
}

const ADJUSTMENTS: &[&str] = &[
    "ADJUSTMENT",
    "AUTOMATIC_BITCOIN_CONVERSIONS",
    "AUTOMATIC_BITCOIN_CONVERSIONS_REVERSED",
    "AUTOMATIC_SAVINGS",
    "AUTOMATIC_SAVINGS_REVERSED",
    "BALANCE_FOLDERS_TRANSFER",
    "BALANCE_FOLDERS_TRANSFER_REVERSED",
    "CREDIT_CARD_REPAYMENT",
    "CREDIT_CARD_REPAYMENT_REVERSED",
    "ESCHEATMENT",
    "GIFT_CARD_POOL_TRANSFER",
    "GIFT_CARD_POOL_TRANSFER_REVERSED",
    "HOLD_ADJUSTMENT",
    "INITIAL_BALANCE_CHANGE",
    "LOCAL_OFFERS_CASHBACK",
    "MONEY_TRANSFER",
    "MONEY_TRANSFER_REVERSAL",
    "OTHER_ADJUSTMENT",
    "PERCENTAGE_PROCESSING_DEACTIVATION",
    "PERCENTAGE_PROCESSING_ENROLLMENT",
    "PERCENTAGE_PROCESSING_REPAYMENT",
    "PERCENTAGE_PROCESSING_REPAYMENT_REVERSED",
    "REDEMPTION_CODE",
    "RELEASE_ADJUSTMENT",
    "RESERVE_HOLD",
    "RESERVE_RELEASE",
    "RETURNED_PAYOUT",
    "SQUARE_CAPITAL_PAYMENT",
    "SQUARE_CAPITAL_REVERSED_PAYMENT",
    "SQUARE_PAYROLL_TRANSFER",
    "SQUARE_PAYROLL_TRANSFER_REVERSED",
];

/// Paid payouts of every configured location, one after the other, each page by page.
pub(super) fn list(
    cx: &AccountContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<ListPayouts, Fault> {
    let settings = settings::read(cx.connection)?;
    let mut locations: Vec<Option<&String>> = settings.locations.iter().map(Some).collect();
    if locations.is_empty() {
        locations.push(None);
    }
    let mut ids = Vec::new();
    let mut at = 0;
    let mut cursor = None;
    for answer in answers {
        let Some(bytes) = body(&cx.connection.account, LIST, answer)? else {
            return Err(unreadable(LIST, "no list"));
        };
        let page: PayoutsAnswer = json(LIST, bytes)?;
        let batches = page.payouts.unwrap_or_default().into_iter();
        let batches = batches.filter(|payout| payout.kind.as_deref() != Some("SIMPLE"));
        ids.extend(batches.map(|payout| SettlementId::new(payout.id)));
        cursor = page.cursor.filter(|cursor| !cursor.is_empty());
        if cursor.is_none() {
            at += 1;
        }
    }
    let Some(location) = locations.get(at) else { return Ok(ListPayouts::Found(ids)) };
    let begin = since.checked_sub(LOOK_BACK).unwrap_or(since).to_string();
    let mut path =
        format!("/v2/payouts?status=PAID&sort_order=ASC&limit=100&begin_time={}", escape(&begin));
    for (name, value) in [("location_id", *location), ("cursor", cursor.as_ref())] {
        if let Some(value) = value {
            path = format!("{path}&{name}={}", escape(value));
        }
    }
    Ok(ListPayouts::Ask(vec![get(cx, &settings, LIST, &path)?]))
}

fn get(
    cx: &AccountContext<'_>,
    settings: &Settings,
    name: &'static str,
    path: &str,
) -> Result<Call, Fault> {
    let token = token::header(&cx.connection.account, cx.credentials, "Bearer ")?;
    request::get(cx, name, path, Some(token), &[("square-version", &settings.version)])
}
