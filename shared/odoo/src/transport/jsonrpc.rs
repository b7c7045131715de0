//! Legacy JSON-RPC (facts A3): always HTTP 200, errors inside, the API key as password.

use super::{Operation, Wire};
use crate::fault::{self, Asked, Refused};
use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use http::StatusCode;
use serde_json::{Value, json};

/// `object.execute_kw(db, uid, key, model, method, [ids?, arguments...], {"context": ...})`.
pub(crate) fn execute<H: Http>(
    wire: &Wire<'_, H>,
    operation: Operation,
    ids: Option<Vec<i64>>,
    named: Vec<(&'static str, Value)>,
    context: Value,
) -> Result<Value, Fault> {
    let database = database(wire)?;
    let uid = wire.uid.ok_or_else(|| wire.misconfigured("login", "was not used to log in yet"))?;
    let ids = ids.map(Value::from);
    let positional: Vec<Value> =
        ids.into_iter().chain(named.into_iter().map(|(_, value)| value)).collect();
    let key = wire.connection.api_key.reveal();
    let args = json!([
        database, uid, key, operation.model, operation.method, positional, {"context": context}
    ]);
    Ok(envelope("object", "execute_kw", args))
}

/// `common.version()`: needs neither database nor key.
pub(crate) fn version() -> Value {
    envelope("common", "version", json!([]))
}

/// `common.authenticate(db, login, key, {})`: the user id, or `false`.
pub(crate) fn authenticate<H: Http>(wire: &Wire<'_, H>) -> Result<Value, Fault> {
    let database = database(wire)?;
    let Some(login) = wire.connection.login.as_deref() else {
        return Err(wire.misconfigured("login", "is needed over JSON-RPC"));
    };
    let key = wire.connection.api_key.reveal();
    Ok(envelope("common", "authenticate", json!([database, login, key, {}])))
}

/// Takes the result out of the envelope; a missing one is `null` (a method that returned nothing).
pub(crate) fn read(asked: Asked<'_>, answer: &http::Response<Bytes>) -> Result<Value, Refused> {
    if answer.status() != StatusCode::OK {
        return Err(fault::status(asked, answer.status(), answer.headers(), answer.body()));
    }
    let Ok(Value::Object(mut envelope)) = serde_json::from_slice(answer.body()) else {
        return Err(fault::unreadable(asked));
    };
    if let Some(error) = envelope.get("error") {
        let text = |at: &str| error.pointer(at).and_then(Value::as_str).unwrap_or_default();
        return Err(fault::exception(asked, text("/data/name"), text("/data/message")));
    }
    if !envelope.contains_key("jsonrpc") {
        return Err(fault::unreadable(asked));
    }
    Ok(envelope.remove("result").unwrap_or(Value::Null))
}

fn database<'a, H: Http>(wire: &Wire<'a, H>) -> Result<&'a str, Fault> {
    match wire.connection.database.as_deref() {
        Some(database) => Ok(database),
        None => Err(wire.misconfigured("database", "is needed over JSON-RPC")),
    }
}

fn envelope(service: &str, method: &str, args: Value) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": "call",
        "params": {"service": service, "method": method, "args": args},
        "id": 1,
    })
}
