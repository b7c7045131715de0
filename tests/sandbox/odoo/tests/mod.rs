#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod after;
mod behaviour;
mod compare;
mod faults;
mod invoices;
mod late;
mod payments;
mod renumber;
mod replay;
mod returns;
mod steps;

use super::{FakeOdoo, Seed};
use crate::{Reply, Server};
use bytes::Bytes;
use serde_json::{Value, json};

/// A fixture's text.
pub fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/odoo/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Sends a request; status and body, or `None` when the connection closed.
pub fn send(
    odoo: &FakeOdoo,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, Value, http::HeaderMap)> {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match odoo.handle(request.body(Bytes::from(body.to_owned())).unwrap()) {
        Reply::Now(answer) | Reply::After(_, answer) => {
            let (parts, body) = answer.into_parts();
            let text = String::from_utf8(body.to_vec()).unwrap();
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            Some((parts.status.as_u16(), value, parts.headers))
        }
        Reply::Drop => None,
    }
}

/// A JSON-2 call of the integration user.
pub fn call(odoo: &FakeOdoo, model: &str, method: &str, body: &Value) -> Option<(u16, Value)> {
    let bearer = format!("bearer {}", Seed::INBOUND_KEY);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let path = format!("/json/2/{model}/{method}");
    send(odoo, "POST", &path, &headers, &body.to_string()).map(|(status, value, _)| (status, value))
}

/// The rows of one order with one line of `quantity` at `price`, 21 %.
pub fn order_load(name: &str, quantity: u32, price: &str, context: &Value) -> Value {
    json!({
        "fields": ["id", "partner_id/.id", "partner_invoice_id/.id", "partner_shipping_id/.id", "pricelist_id/.id",
                   "payment_term_id/.id", "order_line/id", "order_line/product_id/.id", "order_line/name",
                   "order_line/product_uom_qty", "order_line/price_unit", "order_line/tax_ids/.id"],
        "data": [[format!("__causeway__.{name}"), Seed::BELGIAN_CONSUMER, Seed::BELGIAN_CONSUMER,
                  Seed::BELGIAN_CONSUMER, Seed::PRICELIST_EUR, Seed::PAYMENT_TERM,
                  format!("__causeway__.{name}_l0"), Seed::SKU_A, "line", quantity.to_string(), price,
                  Seed::TAX_21.to_string()]],
        "context": context,
    })
}

/// The context of a create-only load.
pub fn create_only() -> Value {
    json!({"mode": "update", "noupdate": true, "tz": "UTC"})
}
