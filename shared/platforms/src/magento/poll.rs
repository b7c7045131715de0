//! What changed since a moment: orders and credit memos by `updated_at` (C38: Magento Open Source sends
//! nothing).

use causeway_domain::{Fault, OrderId, Subject, Timestamp};
use serde::Deserialize;

use super::api;
use super::document::{Amount, Id};
use super::order::utc;
use super::search::{Search, Searched, drive, item};
use crate::adapter::{Answer, FetchContext, Poll};
use crate::{oauth1, window};

const ORDERS: &str = "magento changed orders";
const CREDIT_MEMOS: &str = "magento changed credit memos";
/// `updated_at` is the time of the statement; placing an order is one long transaction.
const OVERLAP_SECONDS: i64 = 30;

#[derive(Deserialize)]
struct Changed {
    entity_id: Id,
    /// Of a credit memo.
    order_id: Option<Id>,
    updated_at: Option<String>,
    #[serde(default)]
    total_refunded: Amount,
}

/// Asks for both, page by page.
pub(super) fn step(
    cx: &FetchContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<Poll, Fault> {
    let options = api::options(cx)?;
    let from = since.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let changed = |name: &'static str, path: &'static str, fields: &'static str| Search {
        name,
        path,
        field: "updated_at",
        condition: "gteq",
        value: &from,
        fields: Some(fields),
    };
    let searches = [
        changed(ORDERS, "orders", "items[entity_id,updated_at,total_refunded],total_count"),
        changed(CREDIT_MEMOS, "creditmemos", "items[entity_id,order_id,updated_at],total_count"),
    ];
    let mut lists = match drive(cx, &options, &searches, oauth1::Use::Poll, answers)? {
        Searched::Ask(calls) => return Ok(Poll::Ask(calls)),
        Searched::Found(lists) => lists.into_iter(),
    };
    let mut subjects = Vec::new();
    let mut dates = Vec::new();
    for value in lists.next().unwrap_or_default() {
        let order: Changed = item(ORDERS, value)?;
        let id = OrderId::new(order.entity_id.as_str());
        if !order.total_refunded.or_zero().is_zero() {
            subjects.push(Subject::AfterSales(id.clone()));
        }
        subjects.push(Subject::Order(id));
        dates.extend(order.updated_at.map(|text| utc(ORDERS, &text)).transpose()?);
    }
    for value in lists.next().unwrap_or_default() {
        let memo: Changed = item(CREDIT_MEMOS, value)?;
        subjects.extend(memo.order_id.map(|id| Subject::AfterSales(OrderId::new(id.as_str()))));
        dates.extend(memo.updated_at.map(|text| utc(CREDIT_MEMOS, &text)).transpose()?);
    }
    subjects.sort();
    subjects.dedup();
    let until = window::until_seen(since, dates.into_iter(), answers.first(), OVERLAP_SECONDS);
    Ok(Poll::Found { subjects, until })
}
