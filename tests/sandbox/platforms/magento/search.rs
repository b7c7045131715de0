//! `GET /V1/orders`, `/V1/invoices` and `/V1/creditmemos` with `searchCriteria`. A page past the end is
//! the last page again (FACTS 4).

use super::refunds::{invoices, memos};
use super::{error, json_answer};
use crate::platforms::exchange::Exchange;
use crate::platforms::generate::SampleOrder;
use bytes::Bytes;
use http::Response;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// The lists, with the schema of one item.
pub(super) const LISTS: [(&str, &str); 3] =
    [("orders", super::ORDER), ("invoices", super::INVOICE), ("creditmemos", super::CREDIT_MEMO)];

fn rows(order: &SampleOrder, list: &str) -> Vec<Value> {
    let draft = &order.draft;
    match list {
        "orders" => vec![order.native.clone()],
        "invoices" => invoices(draft),
        _ => memos(draft).iter().map(|memo| memo.document(draft)).collect(),
    }
}

pub(super) fn answer(cx: &mut Exchange<'_>, (list, schema): (&str, &str)) -> Response<Bytes> {
    let query = cx.query();
    let find = |name: &str| {
        let name = format!("searchCriteria[{name}]");
        query.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone())
    };
    let filter = |part: &str| find(&format!("filterGroups][0][filters][0][{part}"));
    let known = [
        "filterGroups][0][filters][0][field",
        "filterGroups][0][filters][0][value",
        "filterGroups][0][filters][0][conditionType",
        "sortOrders][0][field",
        "sortOrders][0][direction",
        "pageSize",
        "currentPage",
    ];
    for (name, _) in &query {
        let of_search = known.iter().any(|known| *name == format!("searchCriteria[{known}]"));
        if !of_search && name != "fields" {
            cx.violation(format!("the query parameter {name} is not in the swagger"));
        }
    }
    let number = |name: &str, or: usize| find(name).map_or(Ok(or), |text| text.parse::<usize>());
    let (Ok(size), Ok(page)) = (number("pageSize", 20), number("currentPage", 1)) else {
        cx.violation("a page is not a number");
        return error(400, "Invalid value of \"x\" provided for the pageSize field.");
    };
    let condition = filter("conditionType").unwrap_or_else(|| "eq".to_owned());
    let wanted = filter("field").zip(filter("value"));
    let mut found: Vec<Value> =
        cx.memory.orders.values().flat_map(|order| rows(order, list)).collect();
    if let Some((field, value)) = &wanted {
        if found.first().is_some_and(|row| row.get(field).is_none()) {
            cx.violation("a filter on a column that does not exist");
            return error(500, "Internal Error. Details are available in Magento log file.");
        }
        found.retain(|row| fits(&text(&row[field]), &condition, value));
    }
    if find("sortOrders][0][field").as_deref() != Some("entity_id") {
        cx.violation("not sorted by entity_id: rows move between pages");
    }
    found.sort_by_key(|row| row["entity_id"].as_u64());
    if find("sortOrders][0][direction").as_deref() != Some("ASC") {
        found.reverse();
    }
    let count = found.len();
    let last = count.div_ceil(size.max(1)).max(1);
    let from = (page.clamp(1, last) - 1) * size;
    let items: Vec<Value> = found.into_iter().skip(from).take(size).collect();
    items.iter().for_each(|row| super::contract().assert(schema, row));
    let fields = query.iter().find(|(name, _)| name == "fields").map(|(_, fields)| fields.as_str());
    let mut body = json!({"items": items, "total_count": count});
    match fields {
        Some(fields) => keep(&mut body, fields),
        None => body["search_criteria"] = json!({"filter_groups": [], "page_size": size}),
    }
    json_answer(200, &body)
}

/// `items[a,b],total_count`.
fn keep(body: &mut Value, fields: &str) {
    let inner = fields.split_once("items[").and_then(|(_, rest)| rest.split_once(']'));
    let wanted: Vec<&str> = inner.map_or(Vec::new(), |(inner, _)| inner.split(',').collect());
    for item in body["items"].as_array_mut().into_iter().flatten() {
        let kept: Map<String, Value> = wanted
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone())))
            .collect();
        *item = Value::Object(kept);
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn fits(value: &str, condition: &str, wanted: &str) -> bool {
    let order = match (value.parse::<Decimal>(), wanted.parse::<Decimal>()) {
        (Ok(value), Ok(wanted)) => value.cmp(&wanted),
        _ => value.cmp(wanted),
    };
    match condition {
        "eq" => order == Ordering::Equal,
        "gt" => order == Ordering::Greater,
        "gteq" | "from" => order != Ordering::Less,
        "lt" => order == Ordering::Less,
        _ => order != Ordering::Greater,
    }
}
