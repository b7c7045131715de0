//! The endpoints that reading an order needs.

use super::contract;
use crate::platforms::exchange::{Exchange, Refusal, json as json_answer};
use bytes::Bytes;
use http::{Method, Response};
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
        (&Method::POST, ["v2", "catalog", "batch-retrieve"]) => catalog(cx),
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
    match cx.memory.orders.get(id) {
        Some(order) => json_answer(200, &json!({"order": order.native["order"]})),
        None => invalid(404, "NOT_FOUND", &format!("Order not found for id {id}")),
    }
}

/// A payment or customer by id, out of what the orders brought with them.
fn one(cx: &Exchange<'_>, kind: &str, id: &str) -> Response<Bytes> {
    let natives = cx.memory.orders.values().map(|order| &order.native);
    let found = match kind {
        "payment" => natives
            .flat_map(|native| native["payments"].as_array().into_iter().flatten())
            .find(|payment| payment["id"] == id),
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
    let found: Vec<&Value> = ids
        .iter()
        .filter_map(|id| cx.memory.orders.get(id))
        .map(|order| &order.native["order"])
        .collect();
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
