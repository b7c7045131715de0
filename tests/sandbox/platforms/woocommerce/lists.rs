//! Lists: `GET orders` and `GET orders/{id}/refunds`, with the paging that was recorded (146-157).

use super::document::gmt;
use super::refunds::refunds;
use super::{TYPE, error, keep_fields, php_json};
use crate::platforms::exchange::{Exchange, Refusal, answer as reply};
use crate::platforms::generate::SampleOrder;
use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Value, json};

/// What both lists can be asked for.
struct Page {
    size: usize,
    number: usize,
    by_id: bool,
    ascending: bool,
}

/// The orders that were changed after a moment.
pub(super) fn orders(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let known = [
        "modified_after",
        "dates_are_gmt",
        "status",
        "orderby",
        "order",
        "per_page",
        "page",
        "_fields",
    ];
    let page = match page(cx, &known) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let query = cx.query();
    let find = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.clone());
    let after = match find("modified_after") {
        Some(text) if text.parse::<jiff::civil::DateTime>().is_err() => {
            return invalid(cx, "modified_after", "Invalid date.");
        }
        after => after,
    };
    if after.is_some() && find("dates_are_gmt").as_deref() != Some("true") {
        cx.violation("modified_after without dates_are_gmt=true is the shop's local time");
    }
    if find("status").as_deref() != Some("any") {
        cx.violation("this fake lists any status only");
    }
    let changed = |order: &&SampleOrder| {
        // Strictly after, whole seconds.
        after.as_deref().is_none_or(|after| gmt(order.draft.updated_at()).as_str() > after)
    };
    let found: Vec<(i64, Value)> = cx
        .memory
        .orders
        .values()
        .filter(changed)
        .map(|order| (order.draft.updated_at().as_second(), order.native.clone()))
        .collect();
    answered(cx, &page, found)
}

/// The refunds of an order; none, not a 404, for an order that does not exist.
pub(super) fn of_order(cx: &mut Exchange<'_>, id: &str) -> Response<Bytes> {
    let page = match page(cx, &["per_page", "page", "orderby", "order", "_fields"]) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let found: Vec<(i64, Value)> = match cx.memory.orders.get(id) {
        Some(order) => {
            let draft = &order.draft;
            let all = refunds(draft);
            all.iter().map(|refund| (0, refund.document(draft, &cx.shop.base_url))).collect()
        }
        None => Vec::new(),
    };
    answered(cx, &page, found)
}

fn page(cx: &mut Exchange<'_>, known: &[&str]) -> Result<Page, Refusal> {
    let query = cx.query();
    for (name, _) in &query {
        let of_oauth = name.starts_with("oauth_") || name.starts_with("consumer_");
        if !of_oauth && !known.contains(&name.as_str()) {
            cx.violation(format!("the parameter {name} is ignored"));
        }
    }
    let find = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.clone());
    let number = |name: &str, or: usize| find(name).map_or(Ok(or), |text| text.parse::<usize>());
    let (Ok(size), Ok(number)) = (number("per_page", 10), number("page", 1)) else {
        return Err(Box::new(invalid(cx, "per_page", "per_page is not of type integer.")));
    };
    if !(1..=100).contains(&size) {
        let text = "per_page must be between 1 (inclusive) and 100 (inclusive)";
        return Err(Box::new(invalid(cx, "per_page", text)));
    }
    let by_id = match find("orderby").as_deref() {
        None | Some("date") => false,
        Some("id") => true,
        Some(_) => return Err(Box::new(invalid(cx, "orderby", "orderby is not one of date, id"))),
    };
    let ascending = find("order").as_deref() == Some("asc");
    Ok(Page { size, number, by_id, ascending })
}

fn invalid(cx: &mut Exchange<'_>, name: &str, text: &str) -> Response<Bytes> {
    cx.violation(text);
    if name.is_empty() {
        return error(400, "rest_invalid_param", text);
    }
    let body = json!({"code": "rest_invalid_param",
        "message": format!("Invalid parameter(s): {name}"),
        "data": {"status": 400, "params": {name: text}}});
    reply(400, TYPE, php_json(&body))
}

/// One page; beyond the end it is empty and counts nothing (recording 148).
fn answered(cx: &Exchange<'_>, page: &Page, mut found: Vec<(i64, Value)>) -> Response<Bytes> {
    found.sort_by_key(|(at, value)| (if page.by_id { 0 } else { *at }, value["id"].as_u64()));
    if !page.ascending {
        found.reverse();
    }
    let count = found.len();
    let mut rows: Vec<Value> = found
        .into_iter()
        .skip((page.number.max(1) - 1) * page.size)
        .take(page.size)
        .map(|(_, value)| value)
        .collect();
    rows.iter_mut().for_each(|row| keep_fields(cx, row));
    let beyond = rows.is_empty() && page.number > 1;
    let total = if beyond { 0 } else { count };
    let mut answer = reply(200, TYPE, php_json(&Value::Array(rows)));
    let headers = answer.headers_mut();
    headers.insert("x-wp-total", HeaderValue::from(total));
    headers.insert("x-wp-totalpages", HeaderValue::from(total.div_ceil(page.size)));
    answer
}
