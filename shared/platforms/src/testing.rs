//! What the tests of several adapters share: fixtures, the text form of lines, hostile changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use bytes::Bytes;
use causeway_domain::{
    AfterSales, Collector, Line, LineKind, LineTax, Order, OrderId, Payment, PaymentKind,
    RefundLine, RefundTax, Secret,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::path::PathBuf;

use crate::adapter::{Adapter, Answer, Connection, FetchContext};
use crate::webhook::RawRequest;

/// The folder of a platform's fixtures.
pub(crate) fn fixtures(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(below)
}

/// A fixture as JSON.
pub(crate) fn fixture(path: &str) -> Value {
    let path = fixtures(path);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all cases in a folder of `name.json` files, sorted.
pub(crate) fn case_names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(fixtures(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort();
    names
}

/// The names of all `*.expected.json` in a folder, sorted.
pub(crate) fn expected_names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(fixtures(folder))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".expected.json").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// An answer with that status and body.
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    http::Response::builder().status(status).body(body.into()).unwrap()
}

/// A POST with these headers.
pub(crate) fn request(headers: &[(&str, &str)], body: impl Into<Bytes>) -> RawRequest {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect();
    RawRequest {
        method: Method::POST,
        query: String::new(),
        headers,
        body: body.into(),
        received_at: "2026-10-07T00:00:00Z".parse().unwrap(),
    }
}

/// A store with these options, given as JSON.
pub(crate) fn connection(base_url: &str, options: &str) -> Connection {
    Connection {
        store: "acme".into(),
        base_url: base_url.parse().unwrap(),
        webhook_url: None,
        options: serde_json::from_str(options).unwrap(),
    }
}

/// `kind|SKU|quantity|unit price|discount|net|title rate amount collector; ...`.
fn line_text(line: &Line) -> String {
    let (kind, sku) = match &line.kind {
        LineKind::Product(product) => ("product", product.sku.as_ref()),
        LineKind::Shipping => ("shipping", None),
        LineKind::Discount => ("discount", None),
        LineKind::GiftWrap => ("gift_wrap", None),
        LineKind::Tip => ("tip", None),
        LineKind::Fee => ("fee", None),
        LineKind::GiftCardSold => ("gift_card_sold", None),
    };
    let taxes: Vec<String> = line
        .taxes
        .iter()
        .map(|tax| {
            let collector = match tax.collector {
                Collector::Merchant => "merchant",
                Collector::Marketplace => "marketplace",
            };
            let rate = tax.rate.map_or("?".to_owned(), |rate| rate.to_string());
            format!("{} {rate} {} {collector}", tax.title, tax.amount.to_decimal())
        })
        .collect();
    format!(
        "{kind}|{}|{}|{}|{}|{}|{}",
        sku.map_or("", |sku| sku.as_str()),
        line.quantity,
        line.unit_price,
        line.discount,
        line.net,
        taxes.join("; ")
    )
}

/// What every expectation of an order tells.
pub(crate) fn summary(order: &Order) -> Value {
    let lines: Vec<String> = order.lines.iter().map(line_text).collect();
    json!({
        "total": order.total.to_string(),
        "tax": order.tax_total().unwrap().to_string(),
        "prices_include_tax": order.prices_include_tax,
        "status": order.status,
        "standing": order.standing,
        "lines": lines,
    })
}

/// What every expectation of what happened after an order tells.
pub(crate) fn after_summary(after: &AfterSales) -> Value {
    let reference = |given: &Option<String>| given.clone().unwrap_or_default();
    let captures: Vec<String> = after
        .captures
        .iter()
        .map(|one| {
            let fee = one.fee.map_or(String::new(), |fee| format!(" fee {fee}"));
            let (kind, reference) = (kind_text(one.kind), reference(&one.reference));
            format!("{} {} {kind} {} {reference}{fee}", one.id, one.method, one.amount)
        })
        .collect();
    let refunds: Vec<Value> = after
        .refunds
        .iter()
        .map(|refund| {
            let payments: Vec<String> = refund
                .payments
                .iter()
                .map(|one| {
                    let state = if one.settled { "settled" } else { "pending" };
                    let (kind, reference) = (kind_text(one.kind), reference(&one.reference));
                    format!("{} {} {kind} {} {state} {reference}", one.id, one.method, one.amount)
                })
                .collect();
            json!({
                "id": refund.id, "total": refund.total.to_string(), "payments": payments,
                "lines": refund.lines.iter().map(refund_text).collect::<Vec<_>>(),
                "of_return": refund.of_return,
            })
        })
        .collect();
    let returns: Vec<String> = after
        .returns
        .iter()
        .map(|back| {
            let state = serde_json::to_value(back.state).unwrap();
            let lines: Vec<String> = back
                .lines
                .iter()
                .map(|line| {
                    let reason = line.reason.clone().unwrap_or_default();
                    format!("{}|{}|{reason}", line.line, line.quantity)
                })
                .collect();
            format!("{} {} {}", back.id, state.as_str().unwrap(), lines.join("; "))
        })
        .collect();
    json!({ "captures": captures, "refunds": refunds, "returns": returns })
}

/// `line|quantity|net|tax|goods`, or `amount|gross`.
fn refund_text(line: &RefundLine) -> String {
    let line = match line {
        RefundLine::Amount { id, gross } => return format!("{id}|{gross}"),
        RefundLine::Line(line) => line,
    };
    let tax = match &line.tax {
        RefundTax::Sum(sum) => sum.to_string(),
        RefundTax::Each(taxes) => {
            let one = |tax: &LineTax| {
                let rate = tax.rate.map_or("?".to_owned(), |rate| rate.to_string());
                format!("{} {rate} {}", tax.code.0, tax.amount.to_decimal())
            };
            taxes.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    };
    let goods = serde_json::to_value(line.goods).unwrap();
    format!("{}|{}|{}|{tax}|{}", line.line, line.quantity, line.net, goods.as_str().unwrap())
}

fn kind_text(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Money => "money",
        PaymentKind::GiftCard => "gift_card",
    }
}

/// `method kind amount`.
pub(crate) fn payment_text(payment: &Payment) -> String {
    format!("{} {} {}", payment.method, kind_text(payment.kind), payment.amount)
}

/// The class of the fault that a fetch of this order with this secret starts with; it never shows
/// `hidden`, a part of the secrets.
pub(crate) fn refused_at_once(
    adapter: &dyn Adapter,
    connection: &Connection,
    (secret, order): (&str, &str),
    hidden: &str,
) -> &'static str {
    let credentials = Secret::new(secret);
    let now = "2026-10-07T00:00:00Z".parse().unwrap();
    let cx = FetchContext { connection, credentials: &credentials, now, nonce: 1 };
    let fault = adapter.fetch_order(&cx, &OrderId::new(order), &[]).unwrap_err();
    assert!(!format!("{fault:?}").contains(hidden), "{fault:?}");
    fault.class()
}

/// Values that no adapter may panic on, wherever they stand.
pub(crate) fn hostile() -> Vec<Value> {
    [
        "null",
        "true",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "0",
        "-1",
        "1e400",
        "-1e-400",
        "99999999999999999999999999999999999999",
        "9223372036854775807",
        "\"9223372036854775807\"",
        "\"-79228162514264337593543950335\"",
        "\"79228162514264337593543950335\"",
        "\"0.0000000000000000000000000001\"",
        "\"XXX\"",
        "[null]",
        "[[{}]]",
        "4294967295",
    ]
    .iter()
    .map(|text| serde_json::from_str(text).unwrap())
    .collect()
}

/// Replaces the n-th node (counted from the top, modulo their number) with `with`, or removes it.
pub(crate) fn mutate(document: &mut Value, n: usize, with: Option<Value>) {
    let count = nodes(document);
    let mut left = n % count.max(1);
    replace(document, &mut left, &with);
}

fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| 1 + nodes(item)).sum(),
        Value::Object(fields) => fields.values().map(|item| 1 + nodes(item)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn replace(value: &mut Value, left: &mut usize, with: &Option<Value>) -> bool {
    match value {
        Value::Array(items) => {
            for at in 0..items.len() {
                if *left == 0 {
                    match with {
                        Some(with) => items[at] = with.clone(),
                        None => drop(items.remove(at)),
                    }
                    return true;
                }
                *left -= 1;
                if replace(&mut items[at], left, with) {
                    return true;
                }
            }
            false
        }
        Value::Object(fields) => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            for key in keys {
                if *left == 0 {
                    match with {
                        Some(with) => drop(fields.insert(key, with.clone())),
                        None => drop(fields.remove(&key)),
                    }
                    return true;
                }
                *left -= 1;
                if replace(fields.get_mut(&key).unwrap(), left, with) {
                    return true;
                }
            }
            false
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
