//! Tests against the schema, the fixtures and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod after_sales;
mod deliveries;
mod orders;
mod refusals;
mod schema;

use causeway_domain::{Fault, OrderId, Secret};

use crate::adapter::{Adapter as _, Answer, Connection, Fetch, FetchContext};
use crate::testing;

const FOLDER: &str = "shopify/orders";

fn store(options: &str) -> Connection {
    testing::connection("https://acme.myshopify.com", options)
}

fn fetch(connection: &Connection, order: &str, answers: &[Answer]) -> Result<Fetch, Fault> {
    let credentials = Secret::new("shpat_0123");
    let now = "2026-10-07T00:00:00Z".parse().unwrap();
    let cx = FetchContext { connection, credentials: &credentials, now, nonce: 7 };
    super::Shopify.fetch_order(&cx, &OrderId::new(order), answers)
}

/// The body of the n-th answer of a fixture, counted from one.
fn body(name: &str, n: usize) -> String {
    let file = if n == 1 { format!("{name}.json") } else { format!("{name}.{n}.json") };
    std::fs::read_to_string(testing::fixtures(FOLDER).join(file)).unwrap()
}
