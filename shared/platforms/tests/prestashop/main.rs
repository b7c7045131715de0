//! PrestaShop against recordings of a running 8.2.0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::wildcard_enum_match_arm)] // "anything else" fails the test.

mod amounts;
mod deliveries;
mod orders;
mod robustness;
mod shop;

use bytes::Bytes;
use causeway_domain::{Decimal, Fault, Order, Secret, StoreId, Timestamp};
use causeway_platforms::{Adapter, Answer, Connection, Fetch};
use serde_json::{Map, Value, json};
use shop::Shop;
use std::path::PathBuf;

fn prestashop() -> &'static dyn Adapter {
    causeway_platforms::adapter("prestashop").unwrap()
}

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/prestashop"))
        .join(path)
}

fn document(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(path)).unwrap()).unwrap()
}

/// A recorded exchange by the number it starts with.
fn recording(number: &str) -> Value {
    let names = std::fs::read_dir(fixture("real-8.2.0")).unwrap();
    let name = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with(number))
        .unwrap();
    document(&format!("real-8.2.0/{name}"))
}

fn connection(base: &str, options: Value) -> Connection {
    Connection {
        store: StoreId::from("shop"),
        base_url: base.parse().unwrap(),
        webhook_url: None,
        options: options.as_object().cloned().unwrap_or_else(Map::new),
    }
}

fn paris() -> Value {
    json!({"time_zone": "Europe/Paris"})
}

fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}

fn answer(status: u16, body: &[u8]) -> Answer {
    http::Response::builder().status(status).body(Bytes::copy_from_slice(body)).unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The order as read from a shop that has these rows.
fn order(shop: &Shop, id: &str) -> Result<Order, Fault> {
    match shop.fetch(paris(), id)? {
        Fetch::Found(order) => Ok(*order),
        other => panic!("{other:?}"),
    }
}

/// Lines in one word each, for comparison.
fn told(order: &Order) -> Vec<String> {
    order
        .lines
        .iter()
        .map(|line| {
            let taxes: Vec<String> =
                line.taxes.iter().map(|tax| format!("{} {}", tax.code.0, tax.amount)).collect();
            format!("{}: {} + {}", line.id, line.net, taxes.join(", "))
        })
        .collect()
}

fn key() -> Secret {
    Secret::new("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE")
}
