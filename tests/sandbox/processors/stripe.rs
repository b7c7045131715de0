//! Stripe: payouts, their balance transactions, disputes, and signed events. The objects are the maker's own
//! examples (`tests/fixtures/stripe`), filled in.

use super::exchange::{Exchange, json, limit, unknown, value};
use super::{Dispute, Kind, Line, Payout, What};
use crate::platforms::delivery::hmac_hex;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json as object};
use std::sync::OnceLock;

/// What a lost dispute costs.
pub(super) const DISPUTE_FEE: i64 = 2000;
const VERSION: &str = "2026-03-25.dahlia";

fn example(name: &str) -> Value {
    static OBJECTS: OnceLock<Value> = OnceLock::new();
    let objects = OBJECTS.get_or_init(|| {
        serde_json::from_str(include_str!("../../fixtures/stripe/objects.json")).expect("JSON")
    });
    objects[name].clone()
}

fn filled(name: &str, fields: Value) -> Value {
    let mut out = example(name);
    let Value::Object(fields) = fields else { unreachable!() };
    out.as_object_mut().unwrap().extend(fields);
    out
}

fn error(cx: &mut Exchange<'_>, status: u16, code: &str, why: &str) -> Response<Bytes> {
    let body = object!({"error": {"type": "invalid_request_error", "code": code, "message": why}});
    cx.refuse(status, why, &body)
}

/// An object that is not there is no mistake of the one who asks.
fn missing(what: &str) -> Response<Bytes> {
    let message = format!("No such {what}");
    let error =
        object!({"type": "invalid_request_error", "code": "resource_missing", "message": message});
    json(404, &object!({ "error": error }))
}

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    let token = cx.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    if token != Some(Kind::Stripe.credentials()) {
        return error(cx, 401, "api_key_invalid", "Invalid API Key provided");
    }
    match cx.header("stripe-version") {
        Some(VERSION) => {}
        // Without one the account's default applies, which is not ours to rely on.
        None => return error(cx, 400, "parameter_missing", "no Stripe-Version"),
        Some(_) => return error(cx, 400, "parameter_invalid", "Invalid Stripe API version"),
    }
    if cx.request.method() != http::Method::GET {
        return error(cx, 404, "unknown_url", "Unrecognized request URL");
    }
    let path = cx.path();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let query = cx.query();
    let known: &[&str] = match path.as_slice() {
        ["v1", "payouts", _] => &["expand[]"],
        ["v1", "payouts"] => {
            &["status", "arrival_date[gte]", "arrival_date[lte]", "limit", "starting_after"]
        }
        ["v1", "balance_transactions"] => &["payout", "limit", "starting_after", "expand[]"],
        ["v1", "disputes", _] => &["expand[]"],
        _ => return error(cx, 404, "unknown_url", "Unrecognized request URL"),
    };
    if unknown(&query, known).is_some() {
        return error(cx, 400, "parameter_unknown", "Received unknown parameter");
    }
    let Some(limit) = limit(&query, 10) else {
        return error(cx, 400, "parameter_invalid_integer", "limit must be from 1 to 100");
    };
    let expand = value(&query, "expand[]");
    match path.as_slice() {
        ["v1", "payouts", id] => match cx.payout(id) {
            Some(found) => json(200, &payout(found)),
            None => missing("payout"),
        },
        ["v1", "payouts"] => payouts(cx, &query, limit),
        ["v1", "balance_transactions"] => {
            if !matches!(expand, None | Some("data.source")) {
                return error(cx, 400, "parameter_invalid", "This property cannot be expanded");
            }
            let found = value(&query, "payout").and_then(|id| cx.payout(id));
            let Some(found) = found else { return missing("payout") };
            let all = transactions(found, expand.is_some());
            page(&all, value(&query, "starting_after"), limit, "/v1/balance_transactions")
        }
        ["v1", "disputes", id] => {
            if !matches!(expand, None | Some("charge")) {
                return error(cx, 400, "parameter_invalid", "This property cannot be expanded");
            }
            match cx.disputes.iter().find(|one| one.id == *id) {
                Some(found) => json(200, &dispute(found, expand.is_some())),
                None => missing("dispute"),
            }
        }
        _ => error(cx, 404, "unknown_url", "Unrecognized request URL"),
    }
}

/// Newest first.
fn payouts(cx: &Exchange<'_>, query: &[(String, String)], limit: usize) -> Response<Bytes> {
    let bound = |name: &str, usual: i64| -> i64 {
        value(query, name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (from, to) = (bound("arrival_date[gte]", 0), bound("arrival_date[lte]", i64::MAX));
    let wanted = matches!(value(query, "status"), None | Some("paid"));
    let own = |one: &&Payout| wanted && (from..=to).contains(&arrival(one));
    let found: Vec<Value> = cx.payouts.iter().rev().filter(own).map(payout).collect();
    page(&found, value(query, "starting_after"), limit, "/v1/payouts")
}

fn page(all: &[Value], after: Option<&str>, limit: usize, url: &str) -> Response<Bytes> {
    let begin = match after {
        None => 0,
        Some(id) => match all.iter().position(|one| one["id"] == id) {
            Some(at) => at + 1,
            None => return missing("object"),
        },
    };
    let end = all.len().min(begin + limit);
    let more = end < all.len();
    json(200, &object!({"object": "list", "url": url, "has_more": more, "data": all[begin..end]}))
}

/// The day of arrival, as its midnight.
fn arrival(payout: &Payout) -> i64 {
    let day = payout.day().to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    day.timestamp().as_second()
}

fn payout(payout: &Payout) -> Value {
    filled(
        "payout",
        object!({"id": payout.id, "amount": payout.deposit(), "currency": "eur",
            "arrival_date": arrival(payout), "created": payout.paid_at.as_second(),
            "status": "paid", "automatic": true, "reconciliation_status": "completed"}),
    )
}

pub(super) fn line_id(payout: &Payout, at: usize) -> String {
    format!("txn_1Demo{}", payout.line_id(at))
}

fn transactions(payout: &Payout, expanded: bool) -> Vec<Value> {
    let lines = payout.lines.iter().enumerate();
    let mut out: Vec<Value> =
        lines.map(|(at, line)| transaction(payout, at, line, expanded)).collect();
    let own = self::payout(payout);
    out.push(filled(
        "balance_transaction",
        object!({"id": format!("txn_1Demo{}", payout.line_id(9_998)), "type": "payout",
            "reporting_category": "payout", "amount": -payout.deposit(), "fee": 0,
            "net": -payout.deposit(), "currency": "eur", "created": payout.paid_at.as_second(),
            "source": if expanded { own } else { object!(payout.id) }}),
    ));
    out
}

fn transaction(payout: &Payout, at: usize, line: &Line, expanded: bool) -> Value {
    let (kind, category) = match line.what {
        What::Charge | What::Gift => ("charge", "charge"),
        What::Refund => ("refund", "refund"),
        What::Dispute => ("adjustment", "dispute"),
        What::Adjustment => ("adjustment", "other_adjustment"),
    };
    let source = match line.what {
        What::Charge | What::Gift => {
            Some(charge(line.payment.as_deref(), line.sold.as_ref(), line))
        }
        What::Refund => Some(filled(
            "refund",
            object!({"id": line.own, "amount": -line.gross, "currency": "eur",
                "charge": line.payment, "status": "succeeded"}),
        )),
        What::Dispute => Some(filled(
            "dispute",
            object!({"id": line.own, "amount": -line.gross, "currency": "eur",
                "charge": line.payment, "status": "needs_response"}),
        )),
        What::Adjustment => None,
    };
    let source = match source {
        Some(source) if expanded => source,
        Some(source) => source["id"].clone(),
        None => Value::Null,
    };
    filled(
        "balance_transaction",
        object!({"id": line_id(payout, at), "type": kind, "reporting_category": category,
            "amount": line.gross, "fee": line.fee, "net": line.net(), "currency": "eur",
            "created": payout.paid_at.as_second(), "source": source}),
    )
}

/// The charge with what the shop's plugin notes on it.
fn charge(id: Option<&str>, sold: Option<&super::Sold>, line: &Line) -> Value {
    object!({"id": id, "object": "charge", "amount": line.gross, "currency": "eur", "paid": true,
        "metadata": sold.map_or(object!({}), |sold| object!({"order_id": sold.number}))})
}

fn dispute(dispute: &Dispute, expanded: bool) -> Value {
    let line = Line {
        what: What::Charge,
        payment: Some(dispute.payment.clone()),
        own: String::new(),
        sold: Some(dispute.sold.clone()),
        gross: dispute.amount,
        fee: 0,
    };
    let charge = charge(Some(&dispute.payment), Some(&dispute.sold), &line);
    let taken = filled(
        "balance_transaction",
        object!({"id": format!("txn_{}", dispute.id), "type": "adjustment",
            "reporting_category": "dispute", "amount": -dispute.amount, "fee": dispute.fee,
            "net": -dispute.amount - dispute.fee, "currency": "eur",
            "created": dispute.made_at.as_second(), "source": dispute.id}),
    );
    filled(
        "dispute",
        object!({"id": dispute.id, "amount": dispute.amount, "currency": "eur",
            "charge": if expanded { charge } else { object!(dispute.payment) },
            "created": dispute.made_at.as_second(), "status": "needs_response",
            "reason": "fraudulent", "balance_transactions": [taken]}),
    )
}

/// `payout.paid`.
pub(super) fn paid(url: &str, one: &Payout, now: Timestamp) -> Request<Bytes> {
    event(url, "payout.paid", &payout(one), now)
}

/// What Stripe sends of a dispute that takes the money at once.
pub(super) fn disputed(url: &str, one: &Dispute) -> Vec<Request<Bytes>> {
    let topics = ["charge.dispute.created", "charge.dispute.funds_withdrawn"];
    topics.iter().map(|topic| event(url, topic, &dispute(one, false), one.made_at)).collect()
}

/// An event, signed with its time: `t=<second>,v1=<hex of the HMAC of "second.body">`.
fn event(url: &str, topic: &str, of: &Value, at: Timestamp) -> Request<Bytes> {
    let id = of["id"].as_str().unwrap();
    let body = object!({"id": format!("evt_{}_{id}", topic.replace('.', "_")), "object": "event",
        "api_version": VERSION, "created": at.as_second(), "type": topic, "livemode": false,
        "pending_webhooks": 1, "data": {"object": of}})
    .to_string();
    let second = at.as_second().to_string();
    let seal = hmac_hex(Kind::Stripe.webhook_secret(), &[second.as_bytes(), b".", body.as_bytes()]);
    Request::post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", format!("t={second},v1={seal}"))
        .body(Bytes::from(body))
        .expect("a request")
}
