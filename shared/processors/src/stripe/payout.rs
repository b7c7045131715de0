//! Payouts over the API: the payout, then its balance transactions page by page.

use causeway_domain::{
    DisputeId, EntryKind, Fault, Money, Settlement, SettlementEntry, SettlementId, Timestamp,
    WaitKey,
};
use causeway_platforms::Answer;
use causeway_platforms::answer::{body, json, unreadable};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::api::{Expandable, List, Source, Transaction, get, money, order_in, time};
use super::kind;
use super::settings::{self, Settings};
use crate::draft::{Said, entry};
use crate::processor::{AccountContext, FetchSettlement, ListPayouts};
use crate::request::fits;

const WHAT: &str = "stripe payout";
const LIST: &str = "stripe payouts";
const TRANSACTIONS: &str = "stripe balance transactions";

#[derive(Deserialize)]
struct Payout {
    id: String,
    amount: i64,
    currency: String,
    arrival_date: i64,
    automatic: bool,
    status: String,
    #[serde(default)]
    reconciliation_status: Option<String>,
}

pub(super) fn next(
    cx: &AccountContext<'_>,
    id: &SettlementId,
    answers: &[Answer],
) -> Result<FetchSettlement, Fault> {
    let settings = settings::read(cx.connection)?;
    if !fits(id.as_str()) {
        return Err(Fault::reject(
            format!("{id} is not an id of a Stripe payout"),
            "use the payout id as Stripe gives it (po_...)",
        ));
    }
    let Some((first, pages)) = answers.split_first() else {
        let call = get(cx, &settings, WHAT, &format!("/v1/payouts/{id}"))?;
        return Ok(FetchSettlement::Ask(vec![call]));
    };
    let Some(bytes) = body(&cx.connection.account, WHAT, first)? else {
        return Ok(FetchSettlement::Gone);
    };
    let payout: Payout = json(WHAT, bytes)?;
    if payout.id != id.as_str() {
        return Err(unreadable(WHAT, format!("asked for {id}, got another payout")));
    }
    payable(&payout)?;
    let mut transactions: Vec<Transaction> = Vec::new();
    let mut more = true;
    for page in pages {
        let Some(bytes) = body(&cx.connection.account, TRANSACTIONS, page)? else {
            return Err(unreadable(TRANSACTIONS, "no list"));
        };
        let page: List<Transaction> = json(TRANSACTIONS, bytes)?;
        more = page.has_more && !page.data.is_empty();
        transactions.extend(page.data);
    }
    if more {
        let after = match transactions.last() {
            Some(last) if fits(&last.id) => format!("&starting_after={}", last.id),
            Some(_) => return Err(unreadable(TRANSACTIONS, "an id that is none")),
            None => String::new(),
        };
        let path =
            format!("/v1/balance_transactions?payout={id}&limit=100&expand[]=data.source{after}");
        return Ok(FetchSettlement::Ask(vec![get(cx, &settings, TRANSACTIONS, &path)?]));
    }
    let settlement = settle(cx, &settings, &payout, &transactions)?;
    settlement.check()?;
    Ok(FetchSettlement::Found(vec![settlement]))
}

/// What cannot be imported, and why.
fn payable(payout: &Payout) -> Result<(), Fault> {
    let id = &payout.id;
    if matches!(payout.status.as_str(), "failed" | "canceled") {
        return Err(Fault::skip(format!("payout {id} did not reach the bank")));
    }
    if !payout.automatic {
        return Err(Fault::reject(
            format!("payout {id} is a manual one: Stripe does not tell what it consists of"),
            "switch the account to automatic payouts, or book this payout by hand",
        ));
    }
    if payout.status != "paid" || payout.reconciliation_status.as_deref() == Some("in_progress") {
        return Err(Fault::Wait {
            key: WaitKey::other(format!("payout:{id}")),
            cause: format!("payout {id} is not paid yet, or its transactions are not complete yet"),
        });
    }
    Ok(())
}

fn settle(
    cx: &AccountContext<'_>,
    settings: &Settings,
    payout: &Payout,
    transactions: &[Transaction],
) -> Result<Settlement, Fault> {
    let deposit = money(WHAT, payout.amount, &payout.currency)?;
    let mut entries = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        // The payout's own transaction takes the deposit off the balance.
        if transaction.kind == "payout" {
            let own = money(TRANSACTIONS, transaction.net, &transaction.currency)?;
            if own != deposit.negated() {
                return Err(Fault::reject(
                    format!("payout {} is {deposit}, but its transaction is {own}", payout.id),
                    "ask Stripe's support with the payout's id",
                ));
            }
            continue;
        }
        entries.push(read(settings, transaction)?);
    }
    Ok(Settlement {
        id: SettlementId::new(&payout.id),
        account: cx.connection.account.clone(),
        currency: deposit.currency(),
        // Stripe gives midnight UTC of the day of arrival.
        paid_on: TimeZone::UTC.to_datetime(time(WHAT, payout.arrival_date)?).date(),
        entries,
        deposit,
        retained: Money::zero(deposit.currency()),
    })
}

fn read(settings: &Settings, transaction: &Transaction) -> Result<SettlementEntry, Fault> {
    let amount = |minor| money(TRANSACTIONS, minor, &transaction.currency);
    let gross = amount(transaction.amount)?;
    kind::side(&transaction.reporting_category, gross)
        .map_err(|wrong| unreadable(TRANSACTIONS, format!("{}: {wrong}", transaction.id)))?;
    let kind = kind::kind(&transaction.reporting_category);
    let (reference, order_reference, presentment) = match &transaction.source {
        Some(Expandable::Object(source)) => about(settings, kind, source, gross)?,
        Some(Expandable::Id(id)) if kind == EntryKind::Charge => (Some(id.clone()), None, None),
        Some(Expandable::Id(_)) | None => (None, None, None),
    };
    let (also, source) = match &transaction.source {
        Some(Expandable::Object(source)) => (
            source.payment_intent.iter().map(|one| one.id().to_owned()).collect(),
            Some(&source.id),
        ),
        Some(Expandable::Id(id)) => (Vec::new(), Some(id)),
        None => (Vec::new(), None),
    };
    let said = Said {
        id: transaction.id.clone(),
        kind,
        reference,
        also,
        order_reference,
        dispute: source.filter(|id| disputed(kind, id)).map(DisputeId::new),
        gross,
        fee: amount(transaction.fee)?,
        net: amount(transaction.net)?,
        presentment,
    };
    Ok(entry(said, None))
}

/// True if the source of such a transaction is a dispute that can be fetched.
pub(super) fn disputed(kind: EntryKind, source: &str) -> bool {
    let prefix = ["dp_", "du_"].iter().any(|prefix| source.starts_with(prefix));
    match kind {
        EntryKind::Dispute | EntryKind::DisputeReversal => prefix && fits(source),
        EntryKind::Charge
        | EntryKind::Refund
        | EntryKind::Fee
        | EntryKind::Adjustment
        | EntryKind::Other => false,
    }
}

type About = (Option<String>, Option<String>, Option<Money>);

/// Charge, order and the amount in the customer's currency.
fn about(
    settings: &Settings,
    kind: EntryKind,
    source: &Source,
    gross: Money,
) -> Result<About, Fault> {
    let charge = match &source.charge {
        Some(charge) => Some(charge.id().to_owned()),
        None if kind == EntryKind::Charge => Some(source.id.clone()),
        None => None,
    };
    let of_charge = match &source.charge {
        Some(Expandable::Object(charge)) => order_in(charge.metadata.as_ref(), settings),
        Some(Expandable::Id(_)) | None => None,
    };
    let order = order_in(source.metadata.as_ref(), settings).or(of_charge);
    let paid = match (source.amount, &source.currency) {
        (Some(amount), Some(currency)) if charge.is_some() => {
            Some(money(TRANSACTIONS, amount, currency)?)
        }
        (Some(_) | None, Some(_) | None) => None,
    };
    let presentment = paid
        .filter(|paid| paid.currency() != gross.currency())
        .map(|paid| if gross.minor() < 0 { paid.negated() } else { paid });
    Ok((charge, order, presentment))
}

/// Paid payouts by the day of arrival. Those that cannot be imported are left out.
pub(super) fn list(
    cx: &AccountContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<ListPayouts, Fault> {
    let settings = settings::read(cx.connection)?;
    let mut payouts: Vec<Payout> = Vec::new();
    let mut more = true;
    for answer in answers {
        let Some(bytes) = body(&cx.connection.account, LIST, answer)? else {
            return Err(unreadable(LIST, "no list"));
        };
        let page: List<Payout> = json(LIST, bytes)?;
        more = page.has_more && !page.data.is_empty();
        payouts.extend(page.data);
    }
    if more {
        let after = match payouts.last() {
            Some(last) if fits(&last.id) => format!("&starting_after={}", last.id),
            Some(_) => return Err(unreadable(LIST, "an id that is none")),
            None => String::new(),
        };
        let since = since.as_second();
        let path = format!("/v1/payouts?status=paid&arrival_date[gte]={since}&limit=100{after}");
        return Ok(ListPayouts::Ask(vec![get(cx, &settings, LIST, &path)?]));
    }
    // Newest first.
    let ids = payouts.iter().rev().filter(|payout| payout.automatic);
    Ok(ListPayouts::Found(ids.map(|payout| SettlementId::new(&payout.id)).collect()))
}
