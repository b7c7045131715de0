//! From Square's order to ours.

use causeway_domain::{
    Fault, Line, LineKind, Order, OrderId, OrderKey, Payment, PaymentKind, PlatformId, Standing,
    Timestamp,
};
use url::Url;

use super::fetch::Beside;
use super::lines::{Ledger, untaxed};
use super::people;
use super::shape::{OrderDocument, PaymentDocument, Tender, WHAT};
use crate::adapter::Connection;
use crate::answer::unreadable;
use crate::status;

/// What the status words mean by default. An open order on which something is due is a tab or an
/// unpaid online order: announced, not sold.
const STANDING: &[(&str, Standing)] = &[
    ("draft", Standing::Ignore),
    ("open", Standing::Quotation),
    ("open_paid", Standing::Confirmed),
    ("completed", Standing::Confirmed),
    ("canceled", Standing::Cancelled),
];

pub(super) fn read(
    connection: &Connection,
    id: &OrderId,
    document: &OrderDocument,
    beside: &Beside,
) -> Result<Order, Fault> {
    let Some(total) = &document.total_money else {
        return Err(unreadable(WHAT, "no total_money"));
    };
    let ledger = Ledger::of(document, total.currency()?, &beside.skus);
    let total = ledger.money(&document.total_money)?;
    let status = status_word(document, &ledger)?;
    let standing = status::standing(STANDING, &connection.options, &status)?;
    let lines = lines(document, &ledger)?;
    if let Some(reason) = nothing_sold(document, &lines, standing) {
        return Err(Fault::skip(format!("order {id}: {reason}")));
    }
    let customer = people::customer(document, beside);
    let order = Order {
        key: OrderKey { store: connection.store.clone(), order: id.clone() },
        platform: PlatformId::new("square"),
        number: number(id, document, &beside.payments),
        status,
        standing,
        placed_at: time(document.created_at.as_deref().unwrap_or_default())?,
        updated_at: document.updated_at.as_deref().map(time).transpose()?,
        currency: ledger.currency,
        prices_include_tax: ledger.prices_include_tax,
        billing: people::billing(document, beside, &customer),
        customer,
        shipping: people::shipping(document),
        lines,
        total,
        payments: payments(document, &beside.payments)?,
        has_after_sales: beside
            .payments
            .iter()
            .any(|payment| payment.refund_ids.as_ref().is_some_and(|refunds| !refunds.is_empty())),
        test: sandbox(&connection.base_url),
        note: people::note(document),
    };
    order.check()?;
    Ok(order)
}

pub(super) fn time(text: &str) -> Result<Timestamp, Fault> {
    text.parse().map_err(|_| unreadable(WHAT, "a time that is not RFC 3339"))
}

fn sandbox(base: &Url) -> bool {
    base.host_str().is_some_and(|host| host.ends_with("squareupsandbox.com"))
}

/// The state in lower case; an open order on which nothing is due is `open_paid`.
fn status_word(document: &OrderDocument, ledger: &Ledger<'_>) -> Result<String, Fault> {
    let state = document.state.as_deref().unwrap_or("none").to_ascii_lowercase();
    let due = match &document.net_amount_due_money {
        Some(_) => Some(ledger.money(&document.net_amount_due_money)?),
        None => None,
    };
    let settled = due.is_some_and(|due| due.minor() <= 0);
    Ok(if state == "open" && settled { "open_paid".to_owned() } else { state })
}

fn nothing_sold(
    document: &OrderDocument,
    lines: &[Line],
    standing: Standing,
) -> Option<&'static str> {
    if !lines.is_empty() {
        return None;
    }
    if document.returns.as_ref().is_some_and(|returns| !returns.is_empty()) {
        return Some("it consists of returns only");
    }
    match standing {
        Standing::Ignore | Standing::Cancelled => Some("it has no lines and is no order"),
        Standing::Quotation | Standing::Confirmed => None,
    }
}

fn lines(document: &OrderDocument, ledger: &Ledger<'_>) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for (at, item) in document.line_items.iter().flatten().enumerate() {
        lines.extend(ledger.sold(at, item)?);
    }
    for (at, charge) in document.service_charges.iter().flatten().enumerate() {
        lines.extend(ledger.fee(at, charge)?);
    }
    let tip = ledger.money(&document.total_tip_money)?;
    lines.extend(untaxed("tip", LineKind::Tip, "Tip", tip));
    if let Some(adjustment) = &document.rounding_adjustment {
        let amount = ledger.money(&adjustment.amount_money)?;
        let kind = if amount.minor() < 0 { LineKind::Discount } else { LineKind::Fee };
        let title = adjustment.name.as_deref().unwrap_or("Cash rounding");
        lines.extend(untaxed("rounding", kind, title, amount));
    }
    Ok(lines)
}

/// Square has no order number for people. The seller's reference serves, else the receipt number, else
/// the id.
fn number(id: &OrderId, document: &OrderDocument, payments: &[PaymentDocument]) -> String {
    let receipt = payments.iter().find_map(|payment| payment.receipt_number.as_deref());
    let candidates = [document.reference_id.as_deref(), receipt];
    let given = candidates.into_iter().flatten().map(str::trim).find(|text| !text.is_empty());
    given.unwrap_or(id.as_str()).to_owned()
}

fn payments(document: &OrderDocument, details: &[PaymentDocument]) -> Result<Vec<Payment>, Fault> {
    document
        .tenders
        .iter()
        .flatten()
        // A register that was opened without a sale.
        .filter(|tender| tender.kind != "NO_SALE")
        .filter_map(|tender| Some((tender, tender.amount_money.as_ref()?)))
        .map(|(tender, amount)| {
            Ok(Payment {
                id: tender.payment_id.clone().or_else(|| tender.id.clone()),
                method: method(tender, details),
                kind: match tender.kind.as_str() {
                    "SQUARE_GIFT_CARD" => PaymentKind::GiftCard,
                    _ => PaymentKind::Money,
                },
                amount: amount.money()?,
            })
        })
        .collect()
}

/// The tender's type in lower case; `OTHER` is told more precisely by the payment's source.
fn method(tender: &Tender, details: &[PaymentDocument]) -> String {
    let source = details
        .iter()
        .find(|payment| payment.id.is_some() && payment.id == tender.payment_id)
        .and_then(|payment| payment.source_type.as_deref());
    match (tender.kind.as_str(), source) {
        ("OTHER", Some(source)) => source.to_ascii_lowercase(),
        (kind, _) => kind.to_ascii_lowercase(),
    }
}
