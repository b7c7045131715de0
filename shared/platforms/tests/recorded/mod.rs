//! The recordings of real shops, as the tests read them. No name of a package is in here, so that the
//! integration tests include this file too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "each test binary uses its part")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::{Decimal, Timestamp};
use causeway_platforms::{Answer, RawRequest};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where a fixture is, by its path below `tests/fixtures`.
pub fn fixture(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors().map(|folder| folder.join("tests/fixtures"));
    folders.find(|folder| folder.is_dir()).unwrap().join(path)
}

/// A fixture as JSON.
pub fn document(path: &str) -> Value {
    let bytes = std::fs::read(fixture(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&bytes).unwrap()
}

/// Name and content of every recording in a folder, in order.
pub fn recordings(folder: &str) -> Vec<(String, Value)> {
    let named = |name: String| (name.clone(), document(&format!("{folder}/{name}")));
    names(folder).into_iter().map(named).collect()
}

/// The recording whose name starts with this number.
pub fn recording(folder: &str, number: &str) -> Value {
    let name = names(folder).into_iter().find(|name| name.starts_with(number)).unwrap();
    document(&format!("{folder}/{name}"))
}

fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(fixture(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// A POST with these headers.
pub fn request(headers: &[(&str, &str)], body: &[u8], received_at: Timestamp) -> RawRequest {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        map.append(
            http::HeaderName::try_from(*name).unwrap(),
            http::HeaderValue::try_from(*value).unwrap(),
        );
    }
    RawRequest {
        method: http::Method::POST,
        query: String::new(),
        headers: map,
        body: Bytes::copy_from_slice(body),
        received_at,
    }
}

/// A recorded delivery, byte for byte.
pub fn delivered(recording: &Value, received_at: Timestamp) -> RawRequest {
    let headers: Vec<(&str, &str)> = recording["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let body = STANDARD.decode(recording["request_body_base64"].as_str().unwrap()).unwrap();
    request(&headers, &body, received_at)
}

pub fn answer(status: u16, body: &[u8]) -> Answer {
    http::Response::builder().status(status).body(Bytes::copy_from_slice(body)).unwrap()
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}
