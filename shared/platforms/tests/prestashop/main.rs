//! PrestaShop against recordings of a running 8.2.0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::wildcard_enum_match_arm)] // "anything else" fails the test.

mod after_sales;
mod amounts;
mod deliveries;
mod orders;
#[path = "../recorded/mod.rs"]
mod recorded;
mod robustness;
mod shop;

use causeway_domain::{Fault, Order, Secret, StoreId, Timestamp};
use causeway_platforms::{Answer, Fetch};
use recorded::{answer, dec, document};
use serde_json::{Value, json};
use shop::{Shop, connection, key, now, prestashop, recording};

fn paris() -> Value {
    json!({"time_zone": "Europe/Paris"})
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
