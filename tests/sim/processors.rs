//! The processors' APIs: what a test has put there, by path.

use bytes::Bytes;
use sandbox::{Reply, Server};
use serde_json::Value;
use std::sync::Mutex;

/// Answers by what the path begins with; the longest wins. Without credentials nobody is answered.
#[derive(Default)]
pub struct Processors(Mutex<Vec<(String, Value)>>);

impl Processors {
    /// Answers this to every path that begins so.
    pub fn answer(&self, path: &str, answer: Value) {
        let mut answers = self.0.lock().unwrap();
        answers.retain(|(known, _)| known != path);
        answers.push((path.to_owned(), answer));
        answers.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
    }
}

impl Server for Processors {
    fn handle(&self, request: http::Request<Bytes>) -> Reply {
        let path = request.uri().to_string();
        let known = ["authorization", "x-api-key", "x-shopify-access-token"];
        let credentials = known.iter().any(|name| request.headers().contains_key(*name));
        let answers = self.0.lock().unwrap();
        let found = answers.iter().find(|(known, _)| path.starts_with(known));
        let (status, body) = match found {
            _ if !credentials => (401, Value::Null),
            Some((_, answer)) => (200, answer.clone()),
            None => (404, Value::Null),
        };
        let answer = http::Response::builder().status(status).body(body.to_string().into());
        Reply::Now(answer.unwrap())
    }
}
