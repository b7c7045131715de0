//! A Square seller: orders, payments, customers and catalogue objects, and webhooks.
//!
//! Paths, parameters and bodies are checked against Square's OpenAPI file; stored orders fit its
//! schemas (checked when they are made). Orders are searched by the time of
//! their change only. Not built: other searches, writes, OAuth.

mod after;
mod amounts;
mod answer;
mod document;
mod people;
mod webhook;

pub(super) use after::expected_after_sales;
pub(super) use answer::answer;
pub(super) use document::render;
pub(super) use webhook::delivery;

use super::contract::Contract;
use super::delivery::uuid;
use super::draft::Draft;
use super::shop::Shop;
use std::sync::OnceLock;

const OPENAPI: &str = include_str!("../../../fixtures/square/openapi-2025-08-20.subset.json");

fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let names = [
            "Order",
            "Payment",
            "Customer",
            "CatalogObject",
            "PaymentRefund",
            "Location",
            "BatchRetrieveOrdersRequest",
            "SearchOrdersRequest",
            "BatchRetrieveCatalogObjectsRequest",
        ];
        Contract::new(OPENAPI, "/components/schemas", &names)
    })
}

/// An opaque id: letters and digits that say nothing.
fn opaque(kind: &str, of: impl std::fmt::Display) -> String {
    let text = uuid(&["square", kind, &of.to_string()]).replace('-', "").to_uppercase();
    text[..26].to_owned()
}

fn order_id(draft: &Draft) -> String {
    opaque("order", draft.number)
}

/// The locations of a seller, one for each currency.
fn locations(shop: &Shop) -> &'static [(&'static str, &'static str, &'static str)] {
    match shop.store == Shop::POINT_OF_SALE {
        true => &[(COUNTER, "EUR", "BE")],
        false => &[
            ("LBEDEMO000001", "EUR", "BE"),
            ("LUSDEMO000001", "USD", "US"),
            ("LJPDEMO000001", "JPY", "JP"),
        ],
    }
}

/// The point of sale.
const COUNTER: &str = "LBECOUNTER001";

/// A location sells in one currency, that of its country.
fn location(draft: &Draft) -> &'static str {
    match draft.currency {
        _ if draft.counter => COUNTER,
        "USD" => "LUSDEMO000001",
        "JPY" => "LJPDEMO000001",
        _ => "LBEDEMO000001",
    }
}
