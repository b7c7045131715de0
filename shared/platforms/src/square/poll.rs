//! Which orders changed since a moment, for deliveries that never came (R63): a search over all
//! locations, ten at a time (FACTS 1).

use causeway_domain::ports::Call;
use causeway_domain::{Fault, OrderId, Subject, Timestamp};
use serde_json::json;

use super::fetch::{elsewhere, get, send};
use super::settings::{self, Settings};
use super::shape::{LocationsAnswer, OrderDocument, OrdersAnswer};
use super::webhook::fits;
use crate::adapter::{Answer, FetchContext, Poll};
use crate::answer::{body, json, unreadable};
use crate::window::Window;

const WHAT: &str = "square changed orders";

/// Whole orders come back: a page of the largest size would be megabytes.
const PAGE: u32 = 200;

/// 20,000 orders.
const MOST_PAGES: usize = 100;

pub(super) fn next(
    cx: &FetchContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<Poll, Fault> {
    let settings = settings::read(cx.connection)?;
    let window = Window::from(since)?;
    let store = &cx.connection.store;
    let Some((first, pages)) = answers.split_first() else {
        return Ok(Poll::Ask(vec![get(cx, &settings, "square locations", "/v2/locations")?]));
    };
    let bytes = body(store, "square locations", first)?;
    let bytes = bytes.ok_or_else(|| unreadable("square locations", "404"))?;
    let locations: LocationsAnswer = json("square locations", bytes)?;
    let locations: Vec<String> =
        locations.locations.into_iter().flatten().map(|location| location.id).collect();
    if pages.len() > MOST_PAGES {
        return Err(Fault::reject(
            format!("more than {MOST_PAGES} pages of orders changed since {since}"),
            "nudge the orders of that day by hand, then let the poll begin after it",
        ));
    }
    let mut pages = pages.iter();
    let mut subjects = Vec::new();
    for ten in locations.chunks(10) {
        let mut cursor: Option<String> = None;
        loop {
            let Some(answer) = pages.next() else {
                let call = search(cx, &settings, window, ten, cursor.as_deref())?;
                return Ok(Poll::Ask(vec![call]));
            };
            let bytes = body(store, WHAT, answer)?.ok_or_else(|| unreadable(WHAT, "404"))?;
            let page: OrdersAnswer = json(WHAT, bytes)?;
            let orders = page.orders.into_iter().flatten();
            orders.for_each(|order| subjects.extend(about(&order)));
            cursor = page.cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(Poll::Found { subjects, until: window.until(cx.now) })
}

/// A return order is about what happened to the orders that it takes back.
fn about(order: &OrderDocument) -> Vec<Subject> {
    let sold = elsewhere(order);
    match order.id.as_deref().filter(|id| fits(id)) {
        Some(_) if !sold.is_empty() => sold.into_iter().map(Subject::AfterSales).collect(),
        Some(id) => vec![Subject::Order(OrderId::new(id)), Subject::AfterSales(OrderId::new(id))],
        None => Vec::new(),
    }
}

fn search(
    cx: &FetchContext<'_>,
    settings: &Settings,
    window: Window,
    locations: &[String],
    cursor: Option<&str>,
) -> Result<Call, Fault> {
    let mut body = json!({
        "location_ids": locations, "limit": PAGE,
        "query": {
            "filter": { "date_time_filter": { "updated_at": {
                "start_at": window.begin.to_string(), "end_at": window.end.to_string() } } },
            "sort": { "sort_field": "UPDATED_AT", "sort_order": "ASC" },
        },
    });
    if let (Some(cursor), Some(body)) = (cursor, body.as_object_mut()) {
        body.insert("cursor".to_owned(), cursor.into());
    }
    send(cx, settings, WHAT, http::Method::POST, "/v2/orders/search", body.to_string())
}
