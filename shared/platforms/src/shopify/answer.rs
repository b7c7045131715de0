//! GraphQL answers: statuses and error codes become faults, and only whole data is let through.

use causeway_domain::{Decimal, Fault, StoreId, WaitKey};
use http::StatusCode;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::time::Duration;

use super::shape::{Extensions, GraphQl};
use crate::adapter::Answer;
use crate::answer::{body, json, unreadable};

/// What the order queries need; a refusal names it.
const ORDER_ACCESS: &str = "read_orders, read_customers, read_products and read_returns (or set \
                            options.returns = false), protected customer data, and access to \
                            companies (or set options.b2b = false)";

/// The data of an answer about orders.
pub(super) fn data<T: DeserializeOwned>(
    store: &StoreId,
    what: &str,
    answer: &Answer,
) -> Result<T, Fault> {
    data_with_access(store, what, ORDER_ACCESS, answer)
}

/// The data of an answer. Data beside errors is not used: fields that failed are null in it.
/// `access` names the scopes that the query needs.
pub fn data_with_access<T: DeserializeOwned>(
    store: &StoreId,
    what: &str,
    access: &str,
    answer: &Answer,
) -> Result<T, Fault> {
    if let Some(cause) = standstill(answer.status()) {
        return Err(waits(store, what, cause));
    }
    let Some(bytes) = body(store, what, answer)? else {
        return Err(waits(store, what, NO_SHOP));
    };
    let envelope: GraphQl<IgnoredAny> = json(what, bytes)?;
    if let Some(errors) = &envelope.errors {
        return Err(fault(store, what, access, errors, envelope.extensions.as_ref()));
    }
    let answer: GraphQl<T> = json(what, bytes)?;
    answer.data.ok_or_else(|| unreadable(what, "neither data nor errors"))
}

const NO_SHOP: &str = "404; no shop or no such API version at this address: check base_url and \
                       options.api_version";

/// Statuses that concern the whole shop and end by themselves or by the merchant's doing
/// (shopify.dev, API response codes).
fn standstill(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        402 => Some("402; the shop is frozen until its bill is paid"),
        404 | 410 => Some(NO_SHOP),
        423 => Some("423; Shopify has locked the shop"),
        _ => None,
    }
}

fn waits(store: &StoreId, what: &str, cause: &str) -> Fault {
    let key = WaitKey::other(format!("credentials:{store}"));
    Fault::Wait { key, cause: format!("{what}: {cause}") }
}

/// The fault of a list of GraphQL errors. Codes and field paths are named, messages are not: they can
/// quote values.
fn fault(
    store: &StoreId,
    what: &str,
    access: &str,
    errors: &Value,
    extensions: Option<&Extensions>,
) -> Fault {
    let list = errors.as_array().map(Vec::as_slice).unwrap_or_default();
    let code = |error: &Value| {
        error.pointer("/extensions/code").and_then(Value::as_str).map(str::to_owned)
    };
    let codes: Vec<String> = list.iter().filter_map(code).collect();
    let any = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(&code.as_str()));
    if any(&["THROTTLED"]) {
        return Fault::Retry { after: pause(extensions), cause: format!("{what}: throttled") };
    }
    if any(&["INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"]) {
        return Fault::retry(format!("{what}: {}", codes.join(", ")));
    }
    let fields = fields(list);
    if any(&["ACCESS_DENIED", "UNAUTHORIZED", "SHOP_INACTIVE"]) {
        return waits(
            store,
            what,
            &format!("{} for {fields}; grant the app the scopes {access}", codes.join(", ")),
        );
    }
    Fault::reject(
        format!("{what}: refused with {} at {fields}", one_of(&codes)),
        "check options.api_version against the version that this release was tested with, 2026-07",
    )
}

fn one_of(codes: &[String]) -> String {
    if codes.is_empty() { "an error without a code".to_owned() } else { codes.join(", ") }
}

fn fields(errors: &[Value]) -> String {
    let mut paths: Vec<String> = errors
        .iter()
        .filter_map(|error| error.get("path")?.as_array())
        .map(|path| path.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."))
        .collect();
    paths.dedup();
    if paths.is_empty() { "the whole query".to_owned() } else { paths.join(", ") }
}

/// How long until the bucket holds what the query costs, in whole seconds, 1 to 60.
fn pause(extensions: Option<&Extensions>) -> Option<Duration> {
    let cost = extensions?.cost.as_ref()?;
    let status = cost.throttle_status.as_ref()?;
    let missing = cost.requested_query_cost?.checked_sub(status.currently_available)?;
    let seconds = missing.checked_div(status.restore_rate)?.ceil();
    let seconds = seconds.clamp(Decimal::ONE, Decimal::from(60));
    u64::try_from(seconds).ok().map(Duration::from_secs)
}
