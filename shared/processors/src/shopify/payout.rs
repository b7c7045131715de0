//! A payout with its balance transactions, page by page.

use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{
    EntryKind, Fault, Money, Settlement, SettlementEntry, SettlementId, Timestamp, WaitKey,
};
use causeway_platforms::answer::unreadable;
use causeway_platforms::shopify_answer::data_with_access;
use causeway_platforms::{Answer, options, token};
use http::header::{ACCEPT, CONTENT_TYPE};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::time::Duration;

use super::settings;
use super::shape::{Payout, PayoutData, PayoutsData, Transaction};
use crate::draft::{Said, entry};
use crate::processor::{AccountContext, FetchSettlement, ListPayouts};

pub(super) const PAYOUT: &str = include_str!("payout.graphql");
pub(super) const PAYOUTS: &str = include_str!("payouts.graphql");

const WHAT: &str = "shopify payout";
const LIST: &str = "shopify payouts";
const ACCESS: &str = "read_shopify_payments_payouts and read_orders";
const GID: &str = "gid://shopify/ShopifyPaymentsPayout/";

/// A payout is issued days before it is paid.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(10 * 24);

pub(super) fn next(
    cx: &AccountContext<'_>,
    id: &SettlementId,
    answers: &[Answer],
) -> Result<FetchSettlement, Fault> {
    let number = id.as_str();
    if !(1..=20).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::reject(
            format!("{id} is not an id of a Shopify payout"),
            "use the number at the end of the payout's address in the Shopify admin",
        ));
    }
    let gid = format!("{GID}{number}");
    let mut payout: Option<Payout> = None;
    let mut transactions: Vec<Transaction> = Vec::new();
    let mut after: Option<String> = None;
    for answer in answers {
        let data: PayoutData = data_with_access(&cx.connection.account, WHAT, ACCESS, answer)?;
        let (Some(node), Some(account)) = (data.node, data.shopify_payments_account) else {
            return Ok(FetchSettlement::Gone);
        };
        if node.id != gid {
            return Err(unreadable(WHAT, format!("asked for {id}, got another payout")));
        }
        payable(id, &node)?;
        payout = Some(node);
        transactions.extend(account.balance_transactions.nodes);
        after = account.balance_transactions.page_info.next(WHAT)?;
    }
    match payout {
        Some(payout) if after.is_none() => {
            let settlement = settle(cx, id, &payout, &transactions)?;
            settlement.check()?;
            Ok(FetchSettlement::Found(vec![settlement]))
        }
        Some(_) | None => {
            let filter = format!("payments_transfer_id:{number}");
            let variables = json!({ "id": gid, "transactions": filter, "after": after });
            Ok(FetchSettlement::Ask(vec![ask(cx, WHAT, PAYOUT, &variables)?]))
        }
    }
}

fn payable(id: &SettlementId, payout: &Payout) -> Result<(), Fault> {
    match payout.status.as_str() {
        "PAID" => Ok(()),
        "FAILED" | "CANCELED" => Err(Fault::skip(format!("payout {id} did not reach the bank"))),
        _ => Err(Fault::Wait {
            key: WaitKey::other(format!("payout:{id}")),
            cause: format!("payout {id} is not paid yet"),
        }),
    }
}

fn settle(
    cx: &AccountContext<'_>,
    id: &SettlementId,
    payout: &Payout,
    transactions: &[Transaction],
) -> Result<Settlement, Fault> {
    if transactions.iter().any(|transaction| transaction.test) {
        return Err(Fault::skip(format!("payout {id} is of test transactions")));
    }
    let net = payout.net.money(WHAT)?;
    let taken = payout.transaction_type == "WITHDRAWAL" && net.minor() > 0;
    let deposit = if taken { net.negated() } else { net };
    let own = transactions.iter().filter(|transaction| transaction.kind != "TRANSFER");
    let entries = own.map(|one| read(payout, one)).collect::<Result<_, Fault>>()?;
    let issued: Timestamp =
        payout.issued_at.parse().map_err(|_| unreadable(WHAT, "issuedAt is no time"))?;
    Ok(Settlement {
        id: id.clone(),
        account: cx.connection.account.clone(),
        currency: deposit.currency(),
        paid_on: TimeZone::UTC.to_datetime(issued).date(),
        entries,
        deposit,
        retained: Money::zero(deposit.currency()),
    })
}

fn read(payout: &Payout, one: &Transaction) -> Result<SettlementEntry, Fault> {
    // A filter that the API does not know is ignored by it.
    if one.associated_payout.id.as_deref() != Some(&payout.id) {
        return Err(unreadable(WHAT, "a transaction of another payout"));
    }
    let (gross, net) = (one.amount.money(WHAT)?, one.net.money(WHAT)?);
    let stated = one.fee.money(WHAT)?;
    let fee = gross.minus(net).map_err(|error| unreadable(WHAT, error))?;
    if fee != stated && fee != stated.negated() {
        return Err(Fault::reject(
            format!("transaction {}: gross {gross}, fee {stated} and net {net} disagree", one.id),
            "ask Shopify's support with the transaction's id",
        ));
    }
    let kind = kind(&one.kind);
    let number = |gid: &str| gid.rsplit('/').next().map(str::to_owned);
    let source = match &one.source_order_transaction_id {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let said = Said {
        also: Vec::new(),
        dispute: None,
        id: number(&one.id).unwrap_or_default(),
        kind,
        // The order's transactions are what the selling platform names invoices and credit notes by: a
        // refund's is the refund's own, not the charge's.
        reference: source.filter(|_| matches!(kind, EntryKind::Charge | EntryKind::Refund)),
        order_reference: one.associated_order.as_ref().map(|order| order.name.clone()),
        gross,
        fee,
        net,
        presentment: None,
    };
    Ok(entry(said, None))
}

/// `ShopifyPaymentsTransactionType` of 2026-07. What is of no order is an adjustment; what is not in
/// the schema is for a person.
fn kind(word: &str) -> EntryKind {
    match word {
        "CHARGE" => EntryKind::Charge,
        "REFUND" | "REFUND_FAILURE" | "REFUND_ADJUSTMENT" => EntryKind::Refund,
        "DISPUTE_WITHDRAWAL" | "CHARGEBACK_HOLD" => EntryKind::Dispute,
        "DISPUTE_REVERSAL" | "CHARGEBACK_HOLD_RELEASE" => EntryKind::DisputeReversal,
        "ACH_BANK_FAILURE_DEBIT_FEE"
        | "ACH_BANK_FAILURE_DEBIT_REVERSAL_FEE"
        | "APPLICATION_FEE_REFUND"
        | "CHARGEBACK_FEE"
        | "CHARGEBACK_FEE_REFUND"
        | "REFERRAL_FEE"
        | "REFERRAL_FEE_TAX"
        | "STRIPE_FEE" => EntryKind::Fee,
        other if ADJUSTMENTS.iter().any(|prefix| other.starts_with(prefix)) => {
            EntryKind::Adjustment
        }
        _ => EntryKind::Other,
    }
}

const ADJUSTMENTS: &[&str] = &[
    "ADJUSTMENT",
    "ADS_PUBLISHER_CREDIT",
    "ADVANCE",
    "ANOMALY_",
    "BALANCE_TRANSFER_",
    "BILLING_DEBIT",
    "CHANNEL_",
    "CHARGEBACK_PROTECTION_",
    "CHARGE_ADJUSTMENT",
    "COLLECTIONS_CREDIT",
    "CUSTOMS_DUTY",
    "IMPORT_TAX",
    "LENDING_",
    "MARKETPLACE_FEE_CREDIT",
    "MARKETS_PRO_CREDIT",
    "MERCHANT_",
    "PROMOTION_CREDIT",
    "RESERVED_FUNDS",
    "RISK_",
    "SELLER_PROTECTION_",
    "SHIPPING_",
    "SHOPIFY_",
    "SHOP_CASH_",
    "TAX_ADJUSTMENT_",
    "TRANSFER_",
    "VAT_REFUND_",
];

pub(super) fn list(
    cx: &AccountContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<ListPayouts, Fault> {
    let mut ids = Vec::new();
    let mut after: Option<String> = None;
    let mut more = true;
    for answer in answers {
        let data: PayoutsData = data_with_access(&cx.connection.account, LIST, ACCESS, answer)?;
        // A shop without Shopify Payments has no account.
        let Some(account) = data.shopify_payments_account else {
            return Ok(ListPayouts::Found(ids));
        };
        let paid = account.payouts.nodes.iter().filter(|payout| payout.status == "PAID");
        ids.extend(paid.filter_map(|payout| payout.id.strip_prefix(GID).map(SettlementId::new)));
        after = account.payouts.page_info.next(LIST)?;
        more = after.is_some();
    }
    if !more {
        return Ok(ListPayouts::Found(ids));
    }
    let begin = since.checked_sub(LOOK_BACK).unwrap_or(since);
    let variables = json!({ "query": format!("issued_at:>='{begin}'"), "after": after });
    Ok(ListPayouts::Ask(vec![ask(cx, LIST, PAYOUTS, &variables)?]))
}

fn ask(
    cx: &AccountContext<'_>,
    name: &'static str,
    query: &str,
    variables: &Value,
) -> Result<Call, Fault> {
    let settings = settings::read(cx.connection)?;
    let path = format!("/admin/api/{}/graphql.json", settings.api_version);
    let url = options::endpoint(&cx.connection.base_url, &path)?;
    let token = token::header(&cx.connection.account, cx.credentials, "")?;
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = http::Request::post(url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header("x-shopify-access-token", token)
        .body(Bytes::from(body))
        .map_err(|error| unreadable(name, error))?;
    Ok(Call { name, request, effect: Effect::Read, timeout: Duration::from_secs(60) })
}
