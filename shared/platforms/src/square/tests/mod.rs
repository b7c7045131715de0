//! Tests against Square's schemas, the fixtures and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod after_sales;
mod deliveries;
mod orders;
mod refusals;
mod schema;

use causeway_domain::ports::Call;
use causeway_domain::{Fault, OrderId, Secret};
use serde_json::Value;

use crate::adapter::{Adapter as _, Answer, Connection, Fetch, FetchContext};
use crate::testing::{self, answer};

const FOLDER: &str = "square/orders";

fn store(options: &str) -> Connection {
    let mut connection = testing::connection("https://connect.squareup.com", options);
    connection.webhook_url = Some("https://hooks.example.com/webhooks/square/acme".to_owned());
    connection
}

fn fetch(connection: &Connection, order: &str, answers: &[Answer]) -> Result<Fetch, Fault> {
    let credentials = Secret::new("EAAA-token");
    let now = "2026-10-07T00:00:00Z".parse().unwrap();
    let cx = FetchContext { connection, credentials: &credentials, now, nonce: 7 };
    super::Square.fetch_order(&cx, &OrderId::new(order), answers)
}

fn document(name: &str) -> Value {
    testing::fixture(&format!("{FOLDER}/{name}.json"))
}

/// What other calls than the first answer, by path.
fn beside(name: &str) -> Value {
    let file = format!("{FOLDER}/{name}.beside.json");
    if testing::fixtures(&file).exists() { testing::fixture(&file) } else { Value::Null }
}

/// The answer of a shop that has only these documents.
fn serve(beside: &Value, call: &Call) -> Answer {
    match beside.get(call.request.uri().path()) {
        Some(body) => answer(200, body.to_string()),
        None => {
            answer(404, r#"{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND"}]}"#)
        }
    }
}
