//! JSON-2 (facts A1): named arguments in, the bare return value out.

use crate::fault::{self, Asked, Refused};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

/// `{"ids": [...], "<argument>": ..., "context": {...}}`.
pub(crate) fn body(
    ids: Option<Vec<i64>>,
    named: Vec<(&'static str, Value)>,
    context: Value,
) -> Value {
    let mut body = Map::new();
    if let Some(ids) = ids {
        body.insert("ids".to_owned(), Value::from(ids));
    }
    body.extend(named.into_iter().map(|(name, value)| (name.to_owned(), value)));
    body.insert("context".to_owned(), context);
    Value::Object(body)
}

/// Success is always exactly 200.
pub(crate) fn read(asked: Asked<'_>, answer: &http::Response<Bytes>) -> Result<Value, Refused> {
    if answer.status() != StatusCode::OK {
        return Err(fault::status(asked, answer.status(), answer.headers(), answer.body()));
    }
    serde_json::from_slice(answer.body()).map_err(|_| fault::unreadable(asked))
}
