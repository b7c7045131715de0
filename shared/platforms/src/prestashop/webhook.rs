//! Deliveries of a companion module. PrestaShop itself sends none (STORES, PrestaShop 1; FACTS 5), so
//! the scheme is ours: `X-Ps-Signature: t=<unix seconds>,v1=<hex>` over `t.body`, or a token.

use causeway_domain::{Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::settings::{Options, Signing};
use super::xml;
use crate::adapter::Malformed;
use crate::signature::{check_hmac, hex_sha256, plain_key};
use crate::webhook::{RawRequest, Refusal, Trust, Verification, Verified};

const SIGNATURE: &str = "x-ps-signature";
/// How far the signed time may be from ours, either way.
const TOLERANCE_SECONDS: i64 = 300;

/// Verifies in the mode the store's options say.
pub(super) fn verify(request: RawRequest, trust: &Trust<'_>) -> Verification {
    let checked =
        Options::of(trust.connection).map_err(|_| Refusal::Unconfigured).and_then(|options| {
            match options.signing() {
                Signing::Hmac => check_signature(&request, trust),
                Signing::Token => check_token(request.header(options.token_header()), trust),
            }
        });
    match checked {
        Ok(()) => Verification::Accepted(Verified::proven(request)),
        Err(refusal) => Verification::Refused(refusal),
    }
}

fn check_signature(request: &RawRequest, trust: &Trust<'_>) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE).ok_or(Refusal::Missing)?;
    let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
    let time = fields().find(|(name, _)| *name == "t").ok_or(Refusal::Malformed)?.1;
    let seconds: i64 = time.parse().map_err(|_| Refusal::Malformed)?;
    let mut outcome = Err(Refusal::Malformed);
    // Several `v1` while a module changes its secret; more than a few are an attack on our time.
    for (_, given) in fields().filter(|(name, _)| *name == "v1").take(4) {
        let given = hex_sha256(given)?;
        let parts = [time.as_bytes(), b".", request.body.as_ref()];
        outcome = check_hmac(trust.secrets, plain_key, &parts, &given);
        if outcome.is_ok() {
            break;
        }
    }
    outcome?;
    let signed = Timestamp::from_second(seconds).map_err(|_| Refusal::Stale)?;
    let apart = trust.now.as_second().abs_diff(signed.as_second());
    if apart <= TOLERANCE_SECONDS.unsigned_abs() { Ok(()) } else { Err(Refusal::Stale) }
}

/// Compares digests, so that neither content nor length shows in the time it takes.
fn check_token(given: Option<&str>, trust: &Trust<'_>) -> Result<(), Refusal> {
    let given = Sha256::digest(given.ok_or(Refusal::Missing)?.as_bytes());
    let usable: Vec<&str> =
        trust.secrets.iter().map(|s| s.reveal()).filter(|secret| !secret.is_empty()).collect();
    if usable.is_empty() {
        return Err(Refusal::Unconfigured);
    }
    let mut matched = subtle::Choice::from(0);
    for secret in usable {
        matched |= Sha256::digest(secret.as_bytes()).as_slice().ct_eq(given.as_slice());
    }
    if bool::from(matched) { Ok(()) } else { Err(Refusal::Mismatch) }
}

/// Events about what comes after an order. Others about a part of it (`order_history.*`) are the order's.
const AFTER_SALES: [&str; 4] = ["order.refund", "order_slip.", "order_payment.", "order_return."];

/// What a body says, as far as we read it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    name: Option<String>,
    order: Option<String>,
}

/// `{"event": "order.updated", "id_shop": 1, "id": 5}`; events about a part of an order (`order_slip.*`,
/// `order.refunded`) say it as `id_order`. Or the webservice's own XML of an order. Events about
/// anything else nudge nothing. No event id: nothing in it is unique (FACTS 9).
pub(super) fn nudges(
    store: &StoreId,
    delivery: &Verified<RawRequest>,
) -> Result<Vec<Nudge>, Malformed> {
    let request = delivery.get();
    let is_xml = request.body.trim_ascii_start().starts_with(b"<");
    let event = if is_xml { from_xml(&request.body)? } else { from_json(&request.body)? };
    let name = event.name.as_deref().unwrap_or_default();
    if !name.starts_with("order.") && !name.starts_with("order_") {
        return Ok(Vec::new());
    }
    let order = event
        .order
        .ok_or_else(|| Malformed(format!("{name}: neither id_order nor id is an order id")))?;
    let order = OrderId::new(order);
    Ok(vec![Nudge {
        store: store.clone(),
        subject: if AFTER_SALES.iter().any(|part| name.starts_with(part)) {
            Subject::AfterSales(order)
        } else {
            Subject::Order(order)
        },
        cause: NudgeCause::Webhook,
        topic: event.name,
        event: None,
        occurred_at: None,
        received_at: request.received_at,
    }])
}

fn from_json(body: &[u8]) -> Result<Event, Malformed> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Malformed(format!("the body is neither JSON nor XML: {error}")))?;
    let name = body
        .get("event")
        .and_then(Value::as_str)
        .ok_or_else(|| Malformed("\"event\" is missing".to_owned()))?;
    let order = match body.get("id_order") {
        Some(id) => positive(id),
        // The plain id of an event about a slip or a payment is not an order's.
        None if name.starts_with("order.") => body.get("id").and_then(positive),
        None => None,
    };
    Ok(Event { name: Some(name.to_owned()), order })
}

fn from_xml(body: &[u8]) -> Result<Event, Malformed> {
    let root = xml::parse(body).map_err(|_| Malformed("the body is not XML".to_owned()))?;
    let Some(child) = root.children.first() else { return Ok(Event::default()) };
    let field = if child.name == "order" { "id" } else { "id_order" };
    let name = format!("{}.changed", child.name);
    Ok(Event { name: Some(name), order: digits(child.text_of(field)) })
}

fn positive(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => digits(&number.to_string()),
        Value::String(text) => digits(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A positive integer of at most 64 bits, as text.
pub(super) fn digits(text: &str) -> Option<String> {
    let number: u64 = text.trim().parse().ok()?;
    (number > 0).then(|| number.to_string())
}
