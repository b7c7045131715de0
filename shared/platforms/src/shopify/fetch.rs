//! The calls of a fetch: the order, further pages of its lines, and the agreements of an edited one.

use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{Fault, OrderId};
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};
use std::time::Duration;

use super::answer::data;
use super::edits::Removed;
use super::order;
use super::settings::{self, Settings};
use super::shape::{EditsData, LinesData, OrderData, OrderNode, PageInfo, id_tail};
use crate::adapter::{Answer, Fetch, FetchContext};
use crate::answer::unreadable;
use crate::{options, token};

/// The query of an order.
pub(super) const ORDER: &str = concat!(
    include_str!("order.graphql"),
    include_str!("fragments.graphql"),
    include_str!("amounts.graphql")
);
/// The query of further lines.
pub(super) const LINES: &str = concat!(
    include_str!("lines.graphql"),
    include_str!("fragments.graphql"),
    include_str!("amounts.graphql")
);
/// The query of one sales agreement.
pub(super) const EDITS: &str =
    concat!(include_str!("edits.graphql"), include_str!("amounts.graphql"));

/// An order of more pages or agreements than this is for a person.
const MOST_PAGES: usize = 60;

pub(super) fn next(
    cx: &FetchContext<'_>,
    id: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let settings = settings::read(cx.connection)?;
    if answers.len() > MOST_PAGES {
        return Err(Fault::reject(
            format!("order {id} has more lines or agreements than {MOST_PAGES} pages hold"),
            "enter it by hand",
        ));
    }
    let store = &cx.connection.store;
    let mut answers = answers.iter();
    let Some(first) = answers.next() else {
        let variables = json!({ "id": gid(id)?, "b2b": settings.b2b });
        return ask(cx, &settings, "shopify order", ORDER, variables);
    };
    let Some(mut node) = data::<OrderData>(store, "shopify order", first)?.order else {
        return Ok(Fetch::Gone);
    };
    if id_tail(&node.id) != Some(id.as_str()) {
        return Err(unreadable("shopify order", format!("asked for {id}, got another order")));
    }
    while let Some(after) = cursor(&node.line_items.page_info)? {
        let Some(answer) = answers.next() else {
            let variables = json!({ "id": gid(id)?, "after": after });
            return ask(cx, &settings, "shopify order lines", LINES, variables);
        };
        let Some(more) = data::<LinesData>(store, "shopify order lines", answer)?.order else {
            return Ok(Fetch::Gone);
        };
        unchanged(id, &node, &more.updated_at)?;
        node.line_items.nodes.extend(more.line_items.nodes);
        node.line_items.page_info = more.line_items.page_info;
    }
    let mut removed = Removed::default();
    let mut after: Option<String> = None;
    let mut more_agreements = node.edited;
    while more_agreements {
        let Some(answer) = answers.next() else {
            let variables = json!({ "id": gid(id)?, "after": after });
            return ask(cx, &settings, "shopify order edits", EDITS, variables);
        };
        let Some(edits) = data::<EditsData>(store, "shopify order edits", answer)?.order else {
            return Ok(Fetch::Gone);
        };
        unchanged(id, &node, &edits.updated_at)?;
        after = cursor(&edits.agreements.page_info)?;
        more_agreements = after.is_some();
        removed.add(id, edits.agreements.nodes, settings.currency)?;
    }
    order::read(cx.connection, &settings, id, node, &removed)
        .map(|order| Fetch::Found(Box::new(order)))
}

/// Pages that belong to different states of the order must not be mixed.
fn unchanged(id: &OrderId, node: &OrderNode, updated_at: &str) -> Result<(), Fault> {
    if node.updated_at == updated_at {
        Ok(())
    } else {
        Err(Fault::retry(format!("order {id} changed while its pages were read")))
    }
}

pub(super) fn cursor(page: &PageInfo) -> Result<Option<String>, Fault> {
    match (page.has_next_page, &page.end_cursor) {
        (false, _) => Ok(None),
        (true, Some(cursor)) => Ok(Some(cursor.clone())),
        (true, None) => Err(unreadable("shopify order", "a next page without a cursor")),
    }
}

pub(super) fn gid(id: &OrderId) -> Result<String, Fault> {
    let text = id.as_str();
    if (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(format!("gid://shopify/Order/{text}"))
    } else {
        Err(Fault::reject(
            format!("{text:?} is not an id of a Shopify order"),
            "use the number at the end of the order's address in the Shopify admin",
        ))
    }
}

fn ask(
    cx: &FetchContext<'_>,
    settings: &Settings,
    name: &'static str,
    query: &str,
    variables: Value,
) -> Result<Fetch, Fault> {
    Ok(Fetch::Ask(vec![call(cx, settings, name, query, variables)?]))
}

/// One query of the Admin API.
pub(super) fn call(
    cx: &FetchContext<'_>,
    settings: &Settings,
    name: &'static str,
    query: &str,
    variables: Value,
) -> Result<Call, Fault> {
    let path = format!("/admin/api/{}/graphql.json", settings.api_version);
    let url = options::endpoint(&cx.connection.base_url, &path)?;
    let token = token::header(&cx.connection.store, cx.credentials, "")?;
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = http::Request::post(url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header("x-shopify-access-token", token)
        .body(Bytes::from(body))
        .map_err(|error| unreadable(name, error))?;
    let timeout = Duration::from_secs(30);
    Ok(Call { name, request, effect: Effect::Read, timeout })
}
