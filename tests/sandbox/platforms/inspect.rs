//! Looking at a fake and disturbing it over HTTP, for the demo and the command line.
//!
//! - `GET /_sandbox/state`: `{"platform", "store", "requests", "violations": [..], "faults",
//!   "orders": [{"id", "number", "currency", "total", "tax", "listed_tax", "skus", "phase",
//!   "captured", "refunds": [{"id", "gross", "tax", "settled", "lines": [[line, quantity, goods]]}],
//!   "returns": [{"id", "state", "lines": [[line, quantity]]}]}]}`
//! - `GET /_sandbox/documents`: `{order id: what the platform's API tells of it}`
//! - `GET` and `POST /_sandbox/faults`: [`Faults`] as JSON; POST replaces them.

use super::after::{ExpectedRefund, ExpectedReturn};
use super::exchange::{empty, json};
use super::fake::Fake;
use super::faults::Faults;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

pub(super) fn answer(fake: &Fake, request: &Request<Bytes>) -> Response<Bytes> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/_sandbox/state") => json(200, &state(fake)),
        (&Method::GET, "/_sandbox/documents") => json(200, &documents(fake)),
        (&Method::GET, "/_sandbox/faults") => json(200, &json!(fake.faults())),
        (&Method::POST, "/_sandbox/faults") => {
            match serde_json::from_slice::<Faults>(request.body()) {
                Ok(faults) => {
                    fake.set_faults(faults);
                    json(200, &json!(fake.faults()))
                }
                Err(error) => json(400, &json!({"error": error.to_string()})),
            }
        }
        _ => empty(404),
    }
}

/// The orders in the platform's own full shape.
fn documents(fake: &Fake) -> Value {
    let memory = fake.memory();
    let native = memory.orders.iter().map(|(id, order)| (id.clone(), order.native.clone()));
    Value::Object(native.collect())
}

fn state(fake: &Fake) -> Value {
    let memory = fake.memory();
    let orders: Vec<Value> = memory
        .orders
        .values()
        .map(|order| {
            let expected = &order.expected;
            let after = super::after::expected(fake.shop().platform, &order.draft);
            json!({
                "id": expected.id,
                "number": expected.number,
                "currency": expected.currency,
                "total": expected.total.to_string(),
                "tax": expected.tax.to_string(),
                "listed_tax": expected.listed_tax.to_string(),
                "goods": expected.goods,
                "skus": expected.skus,
                "phase": format!("{:?}", expected.phase).to_lowercase(),
                "captured": after.captured.to_string(),
                "refunds": after.refunds.iter().map(refund).collect::<Vec<_>>(),
                "returns": after.returns.iter().map(back).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "platform": fake.shop().platform.id(),
        "store": fake.shop().store,
        "requests": memory.requests,
        "violations": memory.violations,
        "faults": memory.faults,
        "orders": orders,
    })
}

fn refund(refund: &ExpectedRefund) -> Value {
    let lines: Vec<Value> = refund
        .lines
        .iter()
        .map(|(line, quantity, goods)| json!([line, quantity.to_string(), goods]))
        .collect();
    json!({"id": refund.id, "gross": refund.gross.to_string(), "tax": refund.tax.to_string(),
           "settled": refund.settled, "lines": lines})
}

fn back(back: &ExpectedReturn) -> Value {
    let lines: Vec<Value> =
        back.lines.iter().map(|(line, quantity)| json!([line, quantity.to_string()])).collect();
    json!({"id": back.id, "state": back.state, "lines": lines})
}
