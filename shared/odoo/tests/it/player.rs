//! An [`Http`] port that plays a recording: each request must be the recorded one, byte for digit.

use bytes::Bytes;
use causeway_domain::ports::{Call, Effect, Http, NoAnswer};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

const RECORDED: &str = include_str!("../../../../tests/fixtures/odoo/recorded-19.0/calls.jsonl");
const AFTER: &str = include_str!("../../../../tests/fixtures/odoo/recorded-19.0/after-sales.jsonl");
const REFUSALS: &str = include_str!("../../../../tests/fixtures/odoo/recorded-19.0/refusals.jsonl");

/// One exchange of a recording.
#[derive(Clone, Debug)]
pub struct Exchange(Value);

impl Exchange {
    fn text(&self, field: &str) -> String {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The recorded body, to be changed by a test.
    pub fn answer(&self) -> Value {
        self.0["response"].clone()
    }

    /// The answer as HTTP.
    pub fn response(&self) -> http::Response<Bytes> {
        let status = u16::try_from(self.0["status"].as_u64().unwrap()).unwrap();
        respond(status, &self.text("content_type"), &self.0["response"])
    }
}

/// An HTTP answer; a JSON string is sent as it is when the content type is not JSON.
pub fn respond(status: u16, content_type: &str, body: &Value) -> http::Response<Bytes> {
    let text = match body {
        Value::String(text) if !content_type.contains("json") => text.clone(),
        other => other.to_string(),
    };
    let mut response = http::Response::new(Bytes::from(text));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, content_type.parse().unwrap());
    response
}

/// A refused call or failed load by its name in the recording.
pub fn refusal(name: &str) -> Exchange {
    let found = lines(REFUSALS).find(|exchange| exchange.text("name") == name);
    found.unwrap_or_else(|| panic!("no refusal {name:?}"))
}

fn lines(file: &'static str) -> impl Iterator<Item = Exchange> {
    file.lines().map(|line| Exchange(serde_json::from_str(line).unwrap()))
}

/// Plays one scenario.
pub struct Player {
    left: Mutex<VecDeque<Exchange>>,
}

impl Player {
    pub fn of(scenario: &str) -> Self {
        let left: VecDeque<Exchange> = lines(RECORDED)
            .chain(lines(AFTER))
            .filter(|exchange| exchange.text("scenario") == scenario)
            .collect();
        assert!(!left.is_empty(), "no scenario {scenario:?}");
        Self { left: Mutex::new(left) }
    }

    /// Every recorded call was made.
    pub fn done(&self) {
        let left = self.left.lock().unwrap();
        assert!(left.is_empty(), "not called: {:?}", left.front());
    }
}

impl Http for Player {
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        let exchange = self.left.lock().unwrap().pop_front();
        let exchange = exchange.unwrap_or_else(|| panic!("one call too many: {}", call.name));
        let request = &call.request;
        assert_eq!(call.name, exchange.text("name"));
        assert_eq!(request.uri().path(), exchange.text("path"));
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        assert_eq!(body, exchange.0["request"], "{}", call.name);

        let headers = request.headers();
        assert!(!headers.contains_key(http::header::COOKIE));
        if call.request.method() == http::Method::POST {
            assert_eq!(headers["content-type"], "application/json");
        }
        if exchange.text("path").starts_with("/json/2/") {
            assert_eq!(headers["authorization"], "bearer <key>");
            assert_eq!(headers["x-odoo-database"], "prod");
        }
        let timeout = match call.effect {
            Effect::Read => Duration::from_secs(30),
            Effect::Write => Duration::from_secs(130),
        };
        assert_eq!(call.timeout, timeout);
        let reads = [
            "web_read",
            "search",
            "search_read",
            "fields_get",
            "get_external_id",
            "version",
            "authenticate",
        ];
        let method = call.name.rsplit('/').next().unwrap();
        assert_eq!(call.effect == Effect::Read, reads.contains(&method), "{}", call.name);
        Ok(exchange.response())
    }
}

/// An [`Http`] port that answers by a function and counts.
pub struct Scripted<F> {
    script: F,
    pub calls: Mutex<Vec<(&'static str, Value)>>,
}

impl<F> Scripted<F>
where
    F: Fn(usize, &'static str, &Value) -> Result<http::Response<Bytes>, NoAnswer> + Send + Sync,
{
    /// `script` gets the number of calls before, the call's name and its body.
    pub fn new(script: F) -> Self {
        Self { script, calls: Mutex::new(Vec::new()) }
    }

    pub fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

impl<F> Http for Scripted<F>
where
    F: Fn(usize, &'static str, &Value) -> Result<http::Response<Bytes>, NoAnswer> + Send + Sync,
{
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        let body: Value = serde_json::from_slice(call.request.body()).unwrap_or(Value::Null);
        let before = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((call.name, body.clone()));
            calls.len() - 1
        };
        (self.script)(before, call.name, &body)
    }
}
