//! Searches, page by page. `currentPage` past the end gives the last page again (FACTS 4), so the count
//! in `total_count` ends a search, never an empty page.

use causeway_domain::Fault;
use causeway_domain::ports::Call;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

use super::api::{self, Get};
use super::document::id_text;
use super::options::Options;
use crate::adapter::{Answer, FetchContext};
use crate::{answer, oauth1};

/// Items of a page. Magento's own limit, where one is set, is 300.
const PAGE: usize = 100;
/// More pages than any order or pause between polls fills.
const LAST_PAGE: usize = 1000;

/// One search with one filter, by ascending `entity_id`: unlike a date it never moves an item to a page
/// that was read already.
pub(super) struct Search<'a> {
    /// For logs: `magento credit memos`.
    pub(super) name: &'static str,
    /// `creditmemos`.
    pub(super) path: &'static str,
    pub(super) field: &'static str,
    /// `eq`, `gteq`.
    pub(super) condition: &'static str,
    pub(super) value: &'a str,
    /// The members wanted of each item; all if `None`.
    pub(super) fields: Option<&'static str>,
}

/// Where several searches stand.
pub(super) enum Searched {
    /// Send these.
    Ask(Vec<Call>),
    /// The items of each search, each item once.
    Found(Vec<Vec<Value>>),
}

#[derive(Deserialize)]
struct Page {
    /// Null where nothing fits.
    items: Option<Vec<Value>>,
    total_count: usize,
}

/// Drives the searches side by side: the next page of each that is not complete.
pub(super) fn drive(
    cx: &FetchContext<'_>,
    options: &Options,
    searches: &[Search<'_>],
    of: oauth1::Use,
    answers: &[Answer],
) -> Result<Searched, Fault> {
    let mut found: Vec<Vec<Value>> = searches.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<usize> = (0..searches.len()).collect();
    let mut left = answers;
    for page in 1..=LAST_PAGE {
        if open.is_empty() {
            break;
        }
        let Some((now, later)) = left.split_at_checked(open.len()) else {
            let calls = open.iter().enumerate().filter_map(|(at, search)| {
                let nonce = oauth1::nonce(cx.nonce, of, answers.len() + at);
                Some(call(cx, options, searches.get(*search)?, page, nonce))
            });
            return calls.collect::<Result<_, _>>().map(Searched::Ask);
        };
        let mut still = Vec::new();
        for (at, answer) in open.iter().zip(now) {
            let (Some(search), Some(items)) = (searches.get(*at), found.get_mut(*at)) else {
                continue;
            };
            let read = read(cx, search, answer)?;
            items.extend(read.items.unwrap_or_default());
            if page * PAGE < read.total_count {
                still.push(*at);
            }
        }
        open = still;
        left = later;
    }
    for items in &mut found {
        let mut seen = BTreeSet::new();
        items.retain(|item| {
            item.get("entity_id").and_then(id_text).is_none_or(|id| seen.insert(id))
        });
    }
    Ok(Searched::Found(found))
}

/// One item as what it is.
pub(super) fn item<T: DeserializeOwned>(name: &str, item: Value) -> Result<T, Fault> {
    serde_json::from_value(item)
        .map_err(|_| answer::unreadable(name, "unexpected type or missing field in an item"))
}

fn read(cx: &FetchContext<'_>, search: &Search<'_>, answer: &Answer) -> Result<Page, Fault> {
    let body = api::body(&cx.connection.store, search.name, answer)?
        .ok_or_else(|| answer::unreadable(search.name, "a list that does not exist"))?;
    answer::json(search.name, body)
}

fn call(
    cx: &FetchContext<'_>,
    options: &Options,
    search: &Search<'_>,
    page: usize,
    nonce: u64,
) -> Result<Call, Fault> {
    let (size, page) = (PAGE.to_string(), page.to_string());
    let filter = |part: &str| format!("searchCriteria[filterGroups][0][filters][0][{part}]");
    let (field, value, condition) = (filter("field"), filter("value"), filter("conditionType"));
    let mut query = vec![
        (field.as_str(), search.field),
        (value.as_str(), search.value),
        (condition.as_str(), search.condition),
        ("searchCriteria[sortOrders][0][field]", "entity_id"),
        ("searchCriteria[sortOrders][0][direction]", "ASC"),
        ("searchCriteria[pageSize]", size.as_str()),
        ("searchCriteria[currentPage]", page.as_str()),
    ];
    query.extend(search.fields.map(|fields| ("fields", fields)));
    api::get(cx, options, &Get { name: search.name, path: search.path, query: &query, nonce })
}
