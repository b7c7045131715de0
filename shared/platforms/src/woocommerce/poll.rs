//! What changed since a moment, for the deliveries that WooCommerce never sends again (STORES,
//! WooCommerce 5): `GET orders?modified_after=...`, any status.

use causeway_domain::{Fault, OrderId, Subject, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::api::{self, Get, PAGE};
use super::settings::Options;
use super::webhook::gmt;
use super::wire::Id;
use crate::adapter::{Answer, FetchContext, Poll};
use crate::{answer, oauth1, window};

const WHAT: &str = "woocommerce changes";
/// The filter is strict and dates are whole seconds (STORES, WooCommerce 17); a little more, because
/// an order's date is taken before the order is stored.
const OVERLAP_SECONDS: i64 = 5;

#[derive(Deserialize)]
struct Changed {
    id: Id,
    #[serde(default)]
    status: String,
    #[serde(default)]
    date_modified_gmt: Option<String>,
    #[serde(default)]
    refunds: Vec<IgnoredAny>,
}

/// Asks page by page until one is not full. By id, not by date: a change while we read must not move
/// an order to a page that was read already.
pub(super) fn step(
    cx: &FetchContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<Poll, Fault> {
    let settings = Options::of(cx.connection)?;
    let mut found: Vec<Changed> = Vec::new();
    let mut full = true;
    for answer in answers {
        let body = api::body(&cx.connection.store, WHAT, answer)?
            .ok_or_else(|| answer::unreadable(WHAT, "a list is an order that does not exist"))?;
        let page: Vec<Changed> = answer::json(WHAT, body)?;
        full = page.len() >= PAGE;
        found.extend(page);
    }
    if full {
        return ask(cx, &settings, since, answers.len() + 1);
    }
    let mut subjects = Vec::with_capacity(found.len());
    let dates = found.iter().filter_map(|changed| gmt(changed.date_modified_gmt.as_deref()?));
    let until = window::until_seen(since, dates, answers.first(), OVERLAP_SECONDS);
    for changed in &found {
        // Carts that became no order yet (STORES, WooCommerce 7).
        if matches!(changed.status.as_str(), "checkout-draft" | "auto-draft") {
            continue;
        }
        let id = changed.id.text().ok_or_else(|| answer::unreadable(WHAT, "id is not an id"))?;
        subjects.push(Subject::Order(OrderId::new(id.clone())));
        if !changed.refunds.is_empty() {
            subjects.push(Subject::AfterSales(OrderId::new(id)));
        }
    }
    subjects.sort();
    subjects.dedup();
    Ok(Poll::Found { subjects, until })
}

/// Naive GMT with `dates_are_gmt=true`: `Z` beside the flag would be shifted twice (STORES 17).
fn ask(
    cx: &FetchContext<'_>,
    settings: &Options,
    since: Timestamp,
    number: usize,
) -> Result<Poll, Fault> {
    let after = since.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let (size, at) = (PAGE.to_string(), number.to_string());
    let query = [
        ("modified_after", after.as_str()),
        ("dates_are_gmt", "true"),
        ("status", "any"),
        ("orderby", "id"),
        ("order", "asc"),
        ("per_page", &size),
        ("page", &at),
        ("_fields", "id,status,date_modified_gmt,refunds"),
    ];
    let nonce = oauth1::nonce(cx.nonce, oauth1::Use::Poll, number);
    let get = Get { name: WHAT, path: "orders".to_owned(), query: &query, nonce };
    Ok(Poll::Ask(vec![api::get(cx, settings, &get)?]))
}
