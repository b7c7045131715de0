//! The calls of a fetch of what happened after an order: its payments, then their refunds, then the
//! return orders of these.

use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Capture, Fault, Order, Payment};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

use super::fetch::{get, send};
use super::settings;
use super::shape::{
    OrderDocument, OrdersAnswer, PaymentAnswer, PaymentDocument, RefundAnswer, RefundDocument,
};
use super::webhook::fits;
use super::{captures, refunds};
use crate::adapter::{Answer, FetchAfterSales, FetchContext};
use crate::answer::{body, json, unreadable};

/// BatchRetrieveOrders (FACTS 1).
const BATCH: usize = 100;

pub(super) fn next(
    cx: &FetchContext<'_>,
    order: &Order,
    answers: &[Answer],
) -> Result<FetchAfterSales, Fault> {
    let settings = settings::read(cx.connection)?;
    let store = &cx.connection.store;
    let mut answers = answers.iter();

    let told: Vec<(&Payment, &str)> =
        order.payments.iter().filter_map(|one| Some((one, one.id.as_deref()?))).collect();
    let told: Vec<(&Payment, &str)> = told.into_iter().filter(|(_, id)| fits(id)).collect();
    let mut payments: Vec<Option<PaymentDocument>> = Vec::new();
    for answer in answers.by_ref().take(told.len()) {
        let found = match body(store, "square payment", answer)? {
            Some(bytes) => json::<PaymentAnswer>("square payment", bytes)?.payment,
            None => None,
        };
        payments.push(found);
    }
    let missing = told.iter().skip(payments.len());
    let calls = missing.map(|(_, id)| get(cx, &settings, "square payment", &payment_path(id)));
    if let Some(ask) = ask(calls)? {
        return Ok(ask);
    }

    let ids: BTreeSet<&str> = payments
        .iter()
        .flatten()
        .flat_map(|payment| payment.refund_ids.iter().flatten().map(String::as_str))
        .filter(|id| fits(id))
        .collect();
    let mut found: Vec<RefundDocument> = Vec::new();
    for (id, answer) in ids.iter().zip(answers.by_ref().take(ids.len())) {
        found.push(refund(cx, id, answer)?);
    }
    let missing = ids.iter().skip(found.len());
    let calls = missing.map(|id| get(cx, &settings, "square refund", &format!("/v2/refunds/{id}")));
    if let Some(ask) = ask(calls)? {
        return Ok(ask);
    }

    let ids: BTreeSet<&str> = found
        .iter()
        .filter_map(|refund| refund.order_id.as_deref())
        .filter(|id| *id != order.key.order.as_str())
        .collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut returns: BTreeMap<String, OrderDocument> = BTreeMap::new();
    let mut asked = 0;
    for answer in answers {
        let bytes = body(store, "square return orders", answer)?;
        let bytes = bytes.ok_or_else(|| unreadable("square return orders", "404"))?;
        let page: OrdersAnswer = json("square return orders", bytes)?;
        let documents = page.orders.into_iter().flatten();
        returns.extend(documents.filter_map(|one| Some((one.id.clone()?, one))));
        asked += 1;
    }
    let calls = ids.chunks(BATCH).skip(asked).map(|ids| {
        let body = json!({ "order_ids": ids }).to_string();
        let path = "/v2/orders/batch-retrieve";
        send(cx, &settings, "square return orders", http::Method::POST, path, body)
    });
    if let Some(ask) = ask(calls)? {
        return Ok(ask);
    }

    let captures = told
        .iter()
        .zip(&payments)
        .map(|((told, _), document)| captures::read(order, told, document.as_ref()));
    let captures: Vec<Option<Capture>> = captures.collect::<Result<_, Fault>>()?;
    let after = AfterSales {
        captures: captures.into_iter().flatten().collect(),
        refunds: refunds::read(order, &found, &returns)?,
        returns: Vec::new(),
    };
    after.check(&order.key, order.currency)?;
    Ok(FetchAfterSales::Found(Box::new(after)))
}

fn payment_path(id: &str) -> String {
    format!("/v2/payments/{id}")
}

/// `None` if there is nothing to ask.
fn ask(calls: impl Iterator<Item = Result<Call, Fault>>) -> Result<Option<FetchAfterSales>, Fault> {
    let calls = calls.collect::<Result<Vec<Call>, Fault>>()?;
    Ok((!calls.is_empty()).then_some(FetchAfterSales::Ask(calls)))
}

/// A refund that a payment names: eventually consistent (OpenAPI), so one that is not there yet is
/// asked for again later.
fn refund(cx: &FetchContext<'_>, id: &str, answer: &Answer) -> Result<RefundDocument, Fault> {
    let found = match body(&cx.connection.store, "square refund", answer)? {
        Some(bytes) => json::<RefundAnswer>("square refund", bytes)?.refund,
        None => None,
    };
    match found {
        Some(found) if found.id == id => Ok(found),
        Some(_) => Err(unreadable("square refund", format!("asked for {id}, got another"))),
        None => Err(Fault::retry(format!("square refund {id} is not there yet"))),
    }
}
