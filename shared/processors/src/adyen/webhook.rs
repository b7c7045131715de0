//! Deliveries: every item's own HMAC, and what the items nudge.

use causeway_domain::{
    EventId, Nudge, NudgeCause, Secret, SettlementId, StoreId, Subject, Timestamp,
};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::signature::{Seal, base64_sha256, prove};
use causeway_platforms::{RawRequest, Refusal, Trust, Verification, Verified};

use super::event::{Event, Facts};
use super::notification::{Delivery, Item};
use super::report;
use crate::processor::AccountConnection;

pub(super) fn verify(request: RawRequest, trust: &Trust<'_, AccountConnection>) -> Verification {
    match proven(request, trust) {
        Ok(verified) => Verification::Accepted(verified),
        Err(refusal) => Verification::Refused(refusal),
    }
}

/// A delivery is proven if every one of its items is. Webhooks of the balance platform and of the
/// management API carry one HMAC over the whole body in the header `hmacsignature` (FACTS 7).
fn proven(
    request: RawRequest,
    trust: &Trust<'_, AccountConnection>,
) -> Result<Verified<RawRequest>, Refusal> {
    // A key that is no hex must not become an empty key, which anybody can sign with.
    let secrets: Vec<Secret> =
        trust.secrets.iter().filter(|secret| !key(secret).is_empty()).cloned().collect();
    let seals = match request.header("hmacsignature") {
        Some(header) => vec![Seal {
            parts: vec![request.body.to_vec()],
            given: vec![base64_sha256(Some(header))?],
        }],
        None => item_seals(&request)?,
    };
    prove(request, &secrets, key, &seals)
}

fn item_seals(request: &RawRequest) -> Result<Vec<Seal>, Refusal> {
    // Where the signature stands inside of the body, an unreadable body has none.
    let delivery: Delivery = serde_json::from_slice(&request.body).map_err(|_| Refusal::Missing)?;
    let items = delivery.items.unwrap_or_default();
    items
        .iter()
        .map(|wrapper| {
            let data = wrapper.item.additional_data.as_ref();
            let header = data.and_then(|data| data.hmac_signature.as_deref());
            Ok(Seal {
                parts: vec![wrapper.item.signed_text().into_bytes()],
                given: vec![base64_sha256(header)?],
            })
        })
        .collect()
}

/// The bytes of a key in hex, none if it is not one.
fn key(secret: &Secret) -> Vec<u8> {
    hex::decode(secret.reveal().trim()).unwrap_or_default()
}

pub(super) fn events(account: &StoreId, request: &RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let delivery: Delivery = serde_json::from_slice(&request.body)
        .map_err(|error| Malformed(format!("the body is unreadable at line {}", error.line())))?;
    let Some(items) = delivery.items else {
        // Another kind of webhook, understood and not ours.
        return match delivery.kind {
            Some(_) => Ok(Vec::new()),
            None => Err(Malformed("no notificationItems".to_owned())),
        };
    };
    let mut nudges = Vec::new();
    for wrapper in &items {
        let item = &wrapper.item;
        let code = item.event_code.as_deref().unwrap_or_default();
        let psp = item.psp_reference.as_deref().unwrap_or_default();
        if code.is_empty() || psp.is_empty() {
            return Err(Malformed("an item without eventCode or pspReference".to_owned()));
        }
        if let Some(subject) = subject(item, code)? {
            nudges.push(nudge(account, request, item, subject));
        }
    }
    Ok(nudges)
}

fn subject(item: &Item, code: &str) -> Result<Option<Subject>, Malformed> {
    let success = item.success();
    if code == "REPORT_AVAILABLE" {
        let id = report::id_of(
            item.merchant_account_code.as_deref().unwrap_or_default(),
            item.psp_reference.as_deref().unwrap_or_default(),
        );
        return Ok(id
            .filter(|_| success == "true")
            .map(SettlementId::new)
            .map(Subject::Settlement));
    }
    let Some(event) = Event::of(code, &success) else { return Ok(None) };
    let occurred_at = item.event_date.as_deref().and_then(|time| time.parse().ok());
    let facts = Facts {
        event,
        psp: item.psp_reference.clone().unwrap_or_default(),
        original: item.original_reference.clone().unwrap_or_default(),
        account: item.merchant_account_code.clone().unwrap_or_default(),
        reference: item.merchant_reference.clone().unwrap_or_default(),
        value: item.value(),
        currency: item.currency(),
        occurred_at: occurred_at.unwrap_or(Timestamp::UNIX_EPOCH),
    };
    facts.id().map(|id| Some(Subject::Dispute(id)))
}

/// The event id is what Adyen says to tell repeats by (FACTS 7).
fn nudge(account: &StoreId, request: &RawRequest, item: &Item, subject: Subject) -> Nudge {
    let code = item.event_code.clone().unwrap_or_default();
    let parts = [
        item.psp_reference.clone().unwrap_or_default(),
        code.clone(),
        item.success(),
        item.original_reference.clone().unwrap_or_default(),
    ];
    Nudge {
        store: account.clone(),
        subject,
        cause: NudgeCause::Webhook,
        topic: Some(code),
        event: Some(EventId::new(parts.join(":").trim_end_matches(':'))),
        occurred_at: item.event_date.as_deref().and_then(|time| time.parse().ok()),
        received_at: request.received_at,
    }
}
