//! One request to a processor and its answer.

use super::{Dispute, Payout};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

pub(super) use crate::platforms::exchange::{answer, json};

/// A request being answered.
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request<Bytes>,
    pub(super) violations: &'a mut Vec<String>,
    pub(super) payouts: &'a [Payout],
    pub(super) disputes: &'a [Dispute],
}

impl Exchange<'_> {
    /// Refuses, and notes why. The note never holds values of the request.
    pub(super) fn refuse(&mut self, status: u16, why: &str, body: &Value) -> Response<Bytes> {
        let (method, path) = (self.request.method(), self.request.uri().path());
        self.violations.push(format!("{method} {path}: {why}"));
        json(status, body)
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// The segments of the path.
    pub(super) fn path(&self) -> Vec<String> {
        let path = self.request.uri().path().trim_start_matches('/');
        path.split('/').map(str::to_owned).collect()
    }

    /// The decoded query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        let raw = self.request.uri().query().unwrap_or_default();
        url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
    }

    /// A payout by its id.
    pub(super) fn payout(&self, id: &str) -> Option<&Payout> {
        self.payouts.iter().find(|payout| payout.id == id)
    }
}

/// The value of a parameter.
pub(super) fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A parameter that is none of these.
pub(super) fn unknown(query: &[(String, String)], known: &[&str]) -> Option<String> {
    query.iter().map(|(key, _)| key).find(|key| !known.contains(&key.as_str())).cloned()
}

/// `limit` from 1 to 100.
pub(super) fn limit(query: &[(String, String)], usual: usize) -> Option<usize> {
    match value(query, "limit") {
        None => Some(usual),
        Some(text) => text.parse().ok().filter(|limit| (1..=100).contains(limit)),
    }
}
