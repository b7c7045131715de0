//! The endpoints that reading an order needs.

use super::contract;
use crate::platforms::exchange::{Exchange, Refusal, json as json_answer};
use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

fn error(status: u16, category: &str, code: &str, detail: &str) -> Response<Bytes> {
    json_answer(
        status,
        &json!({"errors": [{"category": category, "code": code, "detail": detail}]}),
    )
}

fn invalid(status: u16, code: &str, detail: &str) -> Response<Bytes> {
    error(status, "INVALID_REQUEST_ERROR", code, detail)
}

pub(in crate::platforms) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if cx.bearer() != Some(cx.shop.credentials.as_str()) {
        cx.violation("missing or wrong bearer token");
        let detail = "This request could not be authorized.";
        return error(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", detail);
    }
    match cx.header("square-version") {
        // Square falls back to the application's version, which is not ours to rely on.
        None => cx.violation("no Square-Version header"),
        Some(version) if !is_date(version) => {
            cx.violation("Square-Version is not a date");
            return invalid(400, "BAD_REQUEST", "The Square-Version header is invalid.");
        }
        Some(_) => {}
    }
    if let Some((name, _)) = cx.query().into_iter().next() {
        cx.violation(format!("unknown query parameter {name}"));
        return invalid(
            400,
            "UNKNOWN_QUERY_PARAMETER",
            &format!("Unknown query parameter: {name}"),
        );
    }
    let method = cx.request.method().clone();
    let path = cx.path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (&method, parts.as_slice()) {
        (&Method::POST, ["v2", "orders", "batch-retrieve"]) => orders(cx),
        (&Method::POST, ["v2", "orders", "search"]) => search(cx),
        (&Method::POST, ["v2", "catalog", "batch-retrieve"]) => catalog(cx),
        (&Method::GET, ["v2", "locations"]) => locations(cx),
        (&Method::GET, ["v2", "refunds", id]) => one(cx, "refund", id),
        (&Method::GET, ["v2", "orders", id]) => order(cx, id),
        (&Method::GET, ["v2", "payments", id]) => one(cx, "payment", id),
        (&Method::GET, ["v2", "customers", id]) => one(cx, "customer", id),
        _ => {
            cx.violation("not a path and method that this fake serves");
            invalid(404, "NOT_FOUND", "Resource not found.")
        }
    }
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10
}

fn order(cx: &Exchange<'_>, id: &str) -> Response<Bytes> {
    match find(cx, id) {
        Some(order) => json_answer(200, &json!({"order": order})),
        None => invalid(404, "NOT_FOUND", &format!("Order not found for id {id}")),
    }
}

/// An order that was sold, or one that takes back.
fn find<'a>(cx: &'a Exchange<'_>, id: &str) -> Option<&'a Value> {
    let sold = cx.memory.orders.get(id).map(|order| &order.native["order"]);
    sold.or_else(|| every(cx).find(|order| order["id"] == id))
}

/// All orders of both kinds.
fn every<'a>(cx: &'a Exchange<'_>) -> impl Iterator<Item = &'a Value> {
    let natives = cx.memory.orders.values().map(|order| &order.native);
    natives.flat_map(|native| {
        std::iter::once(&native["order"]).chain(native["returns"].as_array().unwrap())
    })
}

fn locations(cx: &Exchange<'_>) -> Response<Bytes> {
    let all: Vec<Value> = super::locations(cx.shop)
        .iter()
        .map(|(id, currency, country)| {
            json!({"id": id, "name": id, "currency": currency, "country": country,
                "status": "ACTIVE", "timezone": "Europe/Brussels"})
        })
        .collect();
    all.iter().for_each(|location| contract().assert("Location", location));
    json_answer(200, &json!({"locations": all}))
}

/// By both ends of `updated_at`, oldest first; the cursor is the place of the next one.
fn search(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let body = match body(cx, "SearchOrdersRequest") {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let locations = texts(&body, "location_ids");
    if locations.is_empty() || locations.len() > 10 {
        cx.violation("1 to 10 location_ids");
        return invalid(400, "ARRAY_LENGTH_TOO_LONG", "location_ids must hold 1 to 10 ids.");
    }
    let sort = &body["query"]["sort"];
    if sort["sort_field"] != "UPDATED_AT" || sort["sort_order"] != "ASC" {
        cx.violation("the sort does not match the filter");
        return invalid(400, "BAD_REQUEST", "sort_field must match the date_time_filter.");
    }
    let range = &body["query"]["filter"]["date_time_filter"]["updated_at"];
    let time = |name: &str| range[name].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let (Some(start), Some(end)) = (time("start_at"), time("end_at")) else {
        cx.violation("updated_at without both ends");
        return invalid(400, "INVALID_TIME_RANGE", "updated_at must have start_at and end_at.");
    };
    let at = |order: &Value| order["updated_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let mut found: Vec<&Value> = every(cx)
        .filter(|order| locations.iter().any(|location| order["location_id"] == location.as_str()))
        .filter(|order| (start..=end).contains(&at(order)))
        .collect();
    found.sort_by_key(|order| (at(order), order["id"].as_str().unwrap().to_owned()));
    let limit = usize::try_from(body["limit"].as_u64().unwrap_or(500)).unwrap().min(1000);
    let from: usize = body["cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap_or(0));
    let page: Vec<&Value> = found.iter().skip(from).take(limit).copied().collect();
    let mut out = json!({"orders": page});
    if from + limit < found.len() {
        out["cursor"] = json!((from + limit).to_string());
    }
    json_answer(200, &out)
}

/// A payment, refund or customer by id, out of what the orders brought with them.
fn one(cx: &Exchange<'_>, kind: &str, id: &str) -> Response<Bytes> {
    let natives = cx.memory.orders.values().map(|order| &order.native);
    let found = match kind {
        "payment" => natives
            .flat_map(|native| native["payments"].as_array().into_iter().flatten())
            .find(|payment| payment["id"] == id),
        "refund" => natives
            .flat_map(|native| native["refunds"].as_array().into_iter().flatten())
            .find(|refund| refund["id"] == id),
        _ => natives.map(|native| &native["customer"]).find(|customer| customer["id"] == id),
    };
    match found {
        Some(found) => json_answer(200, &json!({kind: found})),
        None => invalid(404, "NOT_FOUND", &format!("Could not find {kind} with id: {id}")),
    }
}

/// The body, checked against its schema.
fn body(cx: &mut Exchange<'_>, schema: &str) -> Result<Value, Refusal> {
    let Ok(body) = serde_json::from_slice::<Value>(cx.request.body()) else {
        cx.violation("the body is not JSON");
        return Err(Box::new(invalid(400, "EXPECTED_JSON_BODY", "Expected a JSON body.")));
    };
    let problems = contract().problems(schema, &body);
    match problems.first() {
        None => Ok(body),
        Some(first) => {
            cx.violation(format!("{schema}: {first}"));
            Err(Box::new(invalid(400, "BAD_REQUEST", first)))
        }
    }
}

fn texts(body: &Value, name: &str) -> Vec<String> {
    let list = body[name].as_array().into_iter().flatten();
    list.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Unknown ids are left out; at most 100 (FACTS 1).
fn orders(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let ids = match body(cx, "BatchRetrieveOrdersRequest") {
        Ok(body) => texts(&body, "order_ids"),
        Err(refusal) => return *refusal,
    };
    if ids.len() > 100 {
        cx.violation("more than 100 order ids");
        return invalid(400, "ARRAY_LENGTH_TOO_LONG", "Array length must not exceed 100.");
    }
    let found: Vec<&Value> = ids.iter().filter_map(|id| find(cx, id)).collect();
    json_answer(200, &json!({"orders": found}))
}

fn catalog(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let ids = match body(cx, "BatchRetrieveCatalogObjectsRequest") {
        Ok(body) => texts(&body, "object_ids"),
        Err(refusal) => return *refusal,
    };
    if ids.len() > 1000 {
        cx.violation("more than 1000 object ids");
        return invalid(400, "ARRAY_LENGTH_TOO_LONG", "Array length must not exceed 1000.");
    }
    let all = || {
        let natives = cx.memory.orders.values().map(|order| &order.native["catalog"]);
        natives.flat_map(|objects| objects.as_array().into_iter().flatten())
    };
    let found: Vec<&Value> =
        ids.iter().filter_map(|id| all().find(|object| object["id"] == id.as_str())).collect();
    json_answer(200, &json!({"objects": found}))
}
