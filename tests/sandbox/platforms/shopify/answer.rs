//! `POST /admin/api/{version}/graphql.json`.

use super::execute::{Root, execute, schema};
use super::{VERSION, cost};
use crate::platforms::exchange::{Exchange, json as json_answer};
use apollo_compiler::ExecutableDocument;
use apollo_compiler::response::{JsonMap, serde_json_bytes};
use apollo_compiler::validation::Valid;
use bytes::Bytes;
use http::{Method, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An Enterprise plan's bucket (FACTS 2).
const BUCKET: u32 = 40_000;
const RESTORE: u32 = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    operation_name: Option<String>,
}

pub(in crate::platforms) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if let Some(refusal) = refused(cx) {
        return refusal;
    }
    let body: Body = match serde_json::from_slice(cx.request.body()) {
        Ok(body) => body,
        Err(_) => {
            cx.violation("the body is not a GraphQL request in JSON");
            return json_answer(400, &json!({"errors": "Bad Request"}));
        }
    };
    let Some(query) = body.query else {
        cx.violation("no query");
        return json_answer(
            400,
            &json!({"errors": {"query": "Required parameter missing or invalid"}}),
        );
    };
    match parsed(query) {
        Ok(document) => {
            run(cx, &document, body.operation_name.as_deref(), body.variables.unwrap_or_default())
        }
        Err(errors) => {
            cx.violation(format!("invalid query: {}", errors[0]["message"]));
            json_answer(200, &json!({"errors": errors}))
        }
    }
}

type Document = Arc<Valid<ExecutableDocument>>;

/// A valid document, or Shopify's errors. A client sends the same few documents over and over, so
/// they are kept.
fn parsed(query: String) -> Result<Document, Vec<Value>> {
    static KNOWN: Mutex<BTreeMap<String, Document>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(document) = known.get(&query) {
        return Ok(Arc::clone(document));
    }
    let parsed = ExecutableDocument::parse_and_validate(schema(), query.as_str(), "query.graphql");
    let document = Arc::new(parsed.map_err(|invalid| {
        let texts = invalid.errors.iter().map(|diagnostic| diagnostic.error.to_string());
        let mut errors: Vec<Value> = texts.map(|text| graphql_error(&text)).collect();
        // Shopify names the cause; the engine also names what follows from it.
        errors.sort_by_key(|error| error.get("extensions").is_none());
        errors
    })?);
    if known.len() < 100 {
        known.insert(query, Arc::clone(&document));
    }
    Ok(document)
}

/// Everything before GraphQL: address, method, token, content type.
fn refused(cx: &mut Exchange<'_>) -> Option<Response<Bytes>> {
    let wanted = format!("/admin/api/{VERSION}/graphql.json");
    let refusal = |status: u16, errors: &str| Some(json_answer(status, &json!({"errors": errors})));
    if cx.path() != wanted {
        cx.violation(format!("not {wanted}"));
        return refusal(404, "Not Found");
    }
    if cx.request.method() != Method::POST {
        cx.violation("GraphQL wants POST");
        return refusal(404, "Not Found");
    }
    if cx.header("x-shopify-access-token") != Some(cx.shop.credentials.as_str()) {
        cx.violation("missing or wrong X-Shopify-Access-Token");
        let text = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        return refusal(401, text);
    }
    if !cx.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        cx.violation("the content type is not application/json");
        return refusal(406, "Not Acceptable");
    }
    None
}

fn run(
    cx: &mut Exchange<'_>,
    document: &Valid<ExecutableDocument>,
    operation: Option<&str>,
    variables: Map<String, Value>,
) -> Response<Bytes> {
    let Ok(chosen) = document.operations.get(operation) else {
        cx.violation("no such operation");
        return json_answer(
            200,
            &json!({"errors": [{"message": "An operation name is required"}]}),
        );
    };
    let requested = cost::requested(document, &chosen.selection_set, &variables);
    if requested > cost::MOST {
        cx.violation(format!("the query costs {requested}"));
        let message = format!(
            "Query cost is {requested}, which exceeds the single query max cost limit ({}).",
            cost::MOST
        );
        let extensions =
            json!({"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost::MOST});
        return json_answer(
            200,
            &json!({"errors": [{"message": message, "extensions": extensions}]}),
        );
    }
    let available = refill(cx);
    if cx.memory.faults.throttles() || u64::from(available) < requested {
        return throttled(requested, available.min(u32::try_from(requested).unwrap_or(0) / 2));
    }
    let answer = executed(cx, document, operation, &variables);
    if let Some(errors) = answer.get("errors") {
        cx.violation(format!("refused query: {}", errors[0]["message"]));
    }
    let actual = answer.get("data").map_or(0, cost::actual);
    cx.memory.used_points.0 += u32::try_from(actual).unwrap_or(u32::MAX);
    let mut answer = answer;
    answer.insert(
        "extensions".to_owned(),
        extensions(requested, json!(actual), BUCKET.saturating_sub(cx.memory.used_points.0)),
    );
    json_answer(200, &Value::Object(answer))
}

/// Points that are there now.
fn refill(cx: &mut Exchange<'_>) -> u32 {
    let (used, since) = cx.memory.used_points;
    let passed = since.map_or(0, |since| cx.now.duration_since(since).as_millis().max(0));
    let restored = u32::try_from(passed * i128::from(RESTORE) / 1000).unwrap_or(u32::MAX);
    let used = used.saturating_sub(restored);
    cx.memory.used_points = (used, Some(cx.now));
    BUCKET.saturating_sub(used)
}

fn extensions(requested: u64, actual: Value, available: u32) -> Value {
    let number = |text: String| -> serde_json::Number { text.parse().unwrap() };
    json!({"cost": {
        "requestedQueryCost": requested, "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": number(format!("{BUCKET}.0")), "currentlyAvailable": available,
            "restoreRate": number(format!("{RESTORE}.0")),
        },
    }})
}

fn throttled(requested: u64, available: u32) -> Response<Bytes> {
    json_answer(
        200,
        &json!({
            "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED",
                "documentation": "https://shopify.dev/api/usage/rate-limits"}}],
            "extensions": extensions(requested, Value::Null, available),
        }),
    )
}

fn executed(
    cx: &Exchange<'_>,
    document: &Valid<ExecutableDocument>,
    operation: Option<&str>,
    variables: &Map<String, Value>,
) -> Map<String, Value> {
    if let Some(bad) = bad_id(variables) {
        let error = json!({"message": format!("Invalid global id '{bad}'"),
            "extensions": {"code": "INVALID_VARIABLE"}});
        return [("errors".to_owned(), json!([error]))].into_iter().collect();
    }
    let find = |id: &str| {
        let (kind, number) = id.strip_prefix("gid://shopify/")?.split_once('/')?;
        let natives = || cx.memory.orders.values().map(|order| &order.native);
        let parts = |name: &'static str| {
            let mut all = natives().flat_map(move |native| native[name].as_array().unwrap());
            all.find(|part| part["id"] == id)
        };
        match kind {
            "Order" => cx.memory.orders.get(number).map(|order| &order.native),
            "Refund" => parts("refunds"),
            "Return" => parts("returns"),
            _ => None,
        }
    };
    let listed = document.operations.iter().any(|operation| {
        operation.root_fields(document).any(|field| field.name.as_str() == "orders")
    });
    let mut changed: Vec<Value> = Vec::new();
    if listed {
        changed.extend(cx.memory.orders.values().map(|order| order.native.clone()));
        // One after another even within a second: the id decides then.
        let key = |order: &Value| {
            let at: jiff::Timestamp = order["updatedAt"].as_str().unwrap().parse().unwrap();
            (at, order["id"].as_str().unwrap().to_owned())
        };
        changed.sort_by_cached_key(key);
    }
    let shop = json!({"id": "gid://shopify/Shop/1", "name": "Causeway demo",
        "myshopifyDomain": cx.shop.host, "currencyCode": "EUR", "ianaTimezone": "Europe/Brussels",
        "taxesIncluded": true});
    let variables = serde_json_bytes::Value::from(Value::Object(variables.clone()));
    let serde_json_bytes::Value::Object(variables) = variables else { unreachable!("a map") };
    let variables: JsonMap = variables;
    let found = execute(
        document,
        operation,
        &variables,
        &Root { find: &find, shop: &shop, changed: &changed },
    );
    let value = match found {
        Ok(response) => serde_json::to_value(response).expect("a response is JSON"),
        Err(message) => json!({"errors": [{"message": message,
            "extensions": {"code": "INVALID_VARIABLE"}}]}),
    };
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("a response is an object"),
    }
}

/// Ids must be global ids; `gid://shopify/Order/` and a number.
fn bad_id(variables: &Map<String, Value>) -> Option<String> {
    let id = variables.get("id")?.as_str()?;
    let fits = id.strip_prefix("gid://shopify/").and_then(|rest| rest.split_once('/')).is_some_and(
        |(kind, number)| {
            !kind.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        },
    );
    (!fits).then(|| id.to_owned())
}

/// Shopify's words for the commonest mistake, the engine's for the others.
fn graphql_error(message: &str) -> Value {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [ty, field, ..] if message.contains("does not have a field") => json!({
            "message": format!("Field '{field}' doesn't exist on type '{ty}'"),
            "extensions": {"code": "undefinedField", "typeName": ty, "fieldName": field},
        }),
        _ => json!({"message": message}),
    }
}
