//! Square's Payouts API; what it answers fits Square's OpenAPI file.

use super::exchange::{Exchange, json, limit, unknown, value};
use super::{Kind, Line, Payout, What};
use crate::platforms::contract::Contract;
use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::{Value, json as object};
use std::sync::OnceLock;

const OPENAPI: &str = include_str!("../../fixtures/square/payouts.openapi-2025-08-20.subset.json");
/// The location that sells in euros.
const LOCATION: &str = "LBEDEMO000001";

fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let names = ["GetPayoutResponse", "ListPayoutsResponse", "ListPayoutEntriesResponse"];
        Contract::new(OPENAPI, "/components/schemas", &names)
    })
}

fn fits(name: &str, answer: &Value) -> Response<Bytes> {
    contract().assert(name, answer);
    json(200, answer)
}

fn error(cx: &mut Exchange<'_>, status: u16, code: &str, why: &str) -> Response<Bytes> {
    let category = if status == 401 { "AUTHENTICATION_ERROR" } else { "INVALID_REQUEST_ERROR" };
    let body = object!({"errors": [{"category": category, "code": code, "detail": why}]});
    cx.refuse(status, why, &body)
}

fn missing() -> Response<Bytes> {
    let error = object!({"category": "INVALID_REQUEST_ERROR", "code": "NOT_FOUND",
        "detail": "Payout not found"});
    json(404, &object!({"errors": [error]}))
}

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let token = cx.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    if token != Some(Kind::Square.credentials()) {
        return error(cx, 401, "UNAUTHORIZED", "This request could not be authorized.");
    }
    let version = cx.header("square-version").unwrap_or_default();
    if version.len() != 10 || version.parse::<jiff::civil::Date>().is_err() {
        return error(cx, 400, "BAD_REQUEST", "The Square-Version header is invalid.");
    }
    let path = cx.path();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let query = cx.query();
    let known: &[&str] = match path.as_slice() {
        ["v2", "payouts"] => {
            &["location_id", "status", "begin_time", "end_time", "sort_order", "cursor", "limit"]
        }
        ["v2", "payouts", _] => &[],
        ["v2", "payouts", _, "payout-entries"] => &["sort_order", "cursor", "limit"],
        _ => return error(cx, 404, "NOT_FOUND", "Resource not found."),
    };
    if cx.request.method() != Method::GET {
        return error(cx, 405, "METHOD_NOT_ALLOWED", "Method not allowed.");
    }
    if unknown(&query, known).is_some() {
        return error(cx, 400, "UNKNOWN_QUERY_PARAMETER", "Unknown query parameter.");
    }
    let Some(limit) = limit(&query, 100) else {
        return error(cx, 400, "VALUE_TOO_HIGH", "limit must be from 1 to 100.");
    };
    match path.as_slice() {
        ["v2", "payouts"] => list(cx, &query, limit),
        ["v2", "payouts", id] => match cx.payout(id) {
            Some(found) => fits("GetPayoutResponse", &object!({"payout": payout(found)})),
            None => missing(),
        },
        ["v2", "payouts", id, _] => {
            let Some(found) = cx.payout(id) else { return missing() };
            let lines = found.lines.iter().enumerate();
            let all: Vec<Value> = lines.map(|(at, line)| entry(found, at, line)).collect();
            page(cx, "ListPayoutEntriesResponse", "payout_entries", &all, &query, limit)
        }
        _ => missing(),
    }
}

/// By the time that they were made.
fn list(cx: &mut Exchange<'_>, query: &[(String, String)], limit: usize) -> Response<Bytes> {
    let time = |name: &str| value(query, name).map(str::parse::<Timestamp>).transpose();
    let (Ok(begin), Ok(end)) = (time("begin_time"), time("end_time")) else {
        return error(cx, 400, "INVALID_TIME", "begin_time and end_time are RFC 3339 times.");
    };
    let wanted = matches!(value(query, "status"), None | Some("PAID"))
        && matches!(value(query, "location_id"), None | Some(LOCATION));
    let own = |one: &&Payout| {
        wanted
            && begin.is_none_or(|begin| one.paid_at >= begin)
            && end.is_none_or(|end| one.paid_at <= end)
    };
    let mut found: Vec<Value> = cx.payouts.iter().filter(own).map(payout).collect();
    if value(query, "sort_order") != Some("ASC") {
        found.reverse();
    }
    page(cx, "ListPayoutsResponse", "payouts", &found, query, limit)
}

fn page(
    cx: &mut Exchange<'_>,
    schema: &str,
    name: &str,
    all: &[Value],
    query: &[(String, String)],
    limit: usize,
) -> Response<Bytes> {
    let begin = match value(query, "cursor") {
        None => 0,
        Some(cursor) => match cursor.strip_prefix("demo-").and_then(|at| at.parse().ok()) {
            Some(at) if at < all.len() => at,
            Some(_) | None => return error(cx, 400, "INVALID_CURSOR", "The cursor is invalid."),
        },
    };
    let end = all.len().min(begin + limit);
    let mut out = object!({ name: all[begin..end] });
    if end < all.len() {
        out["cursor"] = object!(format!("demo-{end}"));
    }
    fits(schema, &out)
}

fn money(minor: i64) -> Value {
    object!({"amount": minor, "currency": "EUR"})
}

fn payout(payout: &Payout) -> Value {
    object!({"id": payout.id, "status": "PAID", "type": "BATCH", "location_id": LOCATION,
        "created_at": payout.paid_at.to_string(), "updated_at": payout.paid_at.to_string(),
        "arrival_date": payout.day().to_string(), "version": 1,
        "destination": {"type": "BANK_ACCOUNT", "id": "bact:demo"},
        "amount_money": money(payout.deposit())})
}

pub(super) fn line_id(payout: &Payout, at: usize) -> String {
    format!("poe_{}", payout.line_id(at))
}

fn entry(payout: &Payout, at: usize, line: &Line) -> Value {
    let (activity, details, about) = match line.what {
        What::Charge | What::Gift => {
            ("CHARGE", "type_charge_details", object!({"payment_id": line.payment}))
        }
        What::Refund => (
            "REFUND",
            "type_refund_details",
            object!({"payment_id": line.payment, "refund_id": line.own}),
        ),
        What::Dispute => (
            "DISPUTE",
            "type_dispute_details",
            object!({"payment_id": line.payment, "dispute_id": line.own}),
        ),
        What::Adjustment => {
            ("OTHER_ADJUSTMENT", "type_other_adjustment_details", object!({"payment_id": null}))
        }
    };
    object!({"id": line_id(payout, at), "payout_id": payout.id, "type": activity,
        "effective_at": payout.paid_at.to_string(), "gross_amount_money": money(line.gross),
        "fee_amount_money": money(line.fee), "net_amount_money": money(line.net()), details: about})
}
