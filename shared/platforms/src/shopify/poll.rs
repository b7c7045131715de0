//! Which orders changed since a moment, for deliveries that never came (R63).

use causeway_domain::{Fault, OrderId, Subject, Timestamp};
use serde_json::json;

use super::after_shape::ChangedData;
use super::answer::data;
use super::fetch::{call, cursor};
use super::settings;
use super::shape::id_tail;
use crate::adapter::{Answer, FetchContext, Poll};
use crate::answer::unreadable;
use crate::window::Window;

/// The query of changed orders.
pub(super) const CHANGED: &str = include_str!("poll.graphql");

const WHAT: &str = "shopify changed orders";

/// 20,000 orders.
const MOST_PAGES: usize = 100;

pub(super) fn next(
    cx: &FetchContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<Poll, Fault> {
    let settings = settings::read(cx.connection)?;
    let window = Window::from(since)?;
    let query = format!(
        "updated_at:>='{}' AND updated_at:<='{}'",
        window.begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
        window.end.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    let mut subjects = Vec::new();
    let mut after: Option<String> = None;
    for answer in answers {
        let page = data::<ChangedData>(&cx.connection.store, WHAT, answer)?.orders;
        for order in &page.nodes {
            let id = id_tail(&order.id).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))?;
            let id = OrderId::new(id);
            subjects.extend([Subject::Order(id.clone()), Subject::AfterSales(id)]);
        }
        after = cursor(&page.page_info)?;
        if after.is_none() {
            return Ok(Poll::Found { subjects, until: window.until(cx.now) });
        }
    }
    if answers.len() >= MOST_PAGES {
        return Err(Fault::reject(
            format!("more than {MOST_PAGES} pages of orders changed since {since}"),
            "nudge the orders of that day by hand, then let the poll begin after it",
        ));
    }
    let variables = json!({ "query": query, "after": after });
    Ok(Poll::Ask(vec![call(cx, &settings, WHAT, CHANGED, variables)?]))
}
