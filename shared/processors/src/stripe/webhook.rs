//! Deliveries: the HMAC over time and body, and what an event is about.

use causeway_domain::{
    DisputeId, EventId, Nudge, NudgeCause, SettlementId, StoreId, Subject, Timestamp,
};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::signature::{Seal, hex_sha256, plain_key, prove};
use causeway_platforms::{RawRequest, Refusal, Trust, Verification, Verified};
use serde::Deserialize;

use crate::processor::AccountConnection;
use crate::request::fits;

/// How far the signed time may be from ours, either way: Stripe's own tolerance.
const TOLERANCE_SECONDS: u64 = 300;

pub(super) fn verify(request: RawRequest, trust: &Trust<'_, AccountConnection>) -> Verification {
    match proven(request, trust) {
        Ok(verified) => Verification::Accepted(verified),
        Err(refusal) => Verification::Refused(refusal),
    }
}

/// `Stripe-Signature: t=<unix seconds>,v1=<hex>,...`; hex(HMAC-SHA256(secret, "t.body")). Several `v1`
/// while a secret is rolled; other schemes (`v0`) prove nothing.
fn proven(
    request: RawRequest,
    trust: &Trust<'_, AccountConnection>,
) -> Result<Verified<RawRequest>, Refusal> {
    let header = request.header("stripe-signature").ok_or(Refusal::Missing)?;
    let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
    let time = fields().find(|(name, _)| *name == "t").ok_or(Refusal::Malformed)?.1.to_owned();
    let signed: i64 = time.parse().map_err(|_| Refusal::Malformed)?;
    // More than a few are an attack on our time.
    let given: Vec<Vec<u8>> = fields()
        .filter(|(name, _)| *name == "v1")
        .take(4)
        .map(|(_, text)| hex_sha256(text))
        .collect::<Result<_, _>>()?;
    if given.is_empty() {
        return Err(Refusal::Malformed);
    }
    let parts = vec![time.into_bytes(), b".".to_vec(), request.body.to_vec()];
    let verified = prove(request, trust.secrets, plain_key, &[Seal { parts, given }])?;
    let fresh = trust.now.as_second().abs_diff(signed) <= TOLERANCE_SECONDS;
    if fresh { Ok(verified) } else { Err(Refusal::Stale) }
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    topic: String,
    #[serde(default)]
    created: Option<i64>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    automatic: Option<bool>,
}

pub(super) fn events(account: &StoreId, request: &RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let event: Event = serde_json::from_slice(&request.body)
        .map_err(|error| Malformed(format!("the event is unreadable at line {}", error.line())))?;
    let object = &event.data.object;
    let id = || {
        object
            .id
            .clone()
            .filter(|id| fits(id))
            .ok_or_else(|| Malformed("the event names no object by an id of Stripe".to_owned()))
    };
    let subject = match event.topic.as_str() {
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => Subject::Dispute(DisputeId::new(id()?)),
        "refund.failed" => Subject::Dispute(DisputeId::new(id()?)),
        "refund.updated" | "charge.refund.updated"
            if object.status.as_deref() == Some("failed") =>
        {
            Subject::Dispute(DisputeId::new(id()?))
        }
        // Stripe cannot say what a manual payout consists of.
        "payout.paid" | "payout.reconciliation_completed" if object.automatic != Some(false) => {
            Subject::Settlement(SettlementId::new(id()?))
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![Nudge {
        store: account.clone(),
        subject,
        cause: NudgeCause::Webhook,
        topic: Some(event.topic.clone()),
        event: Some(event.id).filter(|id| fits(id)).map(EventId::new),
        occurred_at: event.created.and_then(|second| Timestamp::from_second(second).ok()),
        received_at: request.received_at,
    }])
}
