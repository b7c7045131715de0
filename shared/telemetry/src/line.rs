//! The line that every operation writes.

use crate::scrub::{scrub, scrub_id};
use crate::sink::Sink;
use causeway_domain::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The other side agrees with what was seen.
    Done,
    /// A delivery was verified and is durably queued.
    Accepted,
    /// A delivery that was already accepted.
    Duplicate,
    /// A delivery that was turned away: signature, form, unknown store.
    Refused,
    /// Nothing to do: stale, not ours, a ping.
    Skipped,
    /// Somebody else is on it and will see the nudge.
    Busy,
    /// Parked until a dependency appears.
    Waiting,
    /// Failed for now, tried again later.
    Retrying,
    /// A person has to decide; there is an attention item.
    Attention,
    /// Retries are used up; in the dead-letter queue.
    Dead,
    /// Our own machinery failed (ledger, queue): the message comes back by itself.
    Failed,
}

impl Status {
    /// The word in the line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Busy => "busy",
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Attention => "attention",
            Self::Dead => "dead",
            Self::Failed => "failed",
        }
    }

    /// `error` is what somebody should look at today, `warn` what heals or waits visibly.
    pub fn level(self) -> &'static str {
        match self {
            Self::Done | Self::Accepted | Self::Duplicate | Self::Skipped | Self::Busy => "info",
            Self::Refused | Self::Waiting | Self::Retrying | Self::Attention => "warn",
            Self::Dead | Self::Failed => "error",
        }
    }
}

/// One finished operation. Texts are scrubbed when the line is written.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// What was done: `webhook`, `order-projection`, `sweep`.
    pub operation: &'a str,
    /// The store, if it is known.
    pub store: Option<&'a str>,
    /// The id on the platform's side: `order/1001`, an event id.
    pub source_id: Option<&'a str>,
    /// The id on Odoo's side.
    pub target_id: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The fault's own text (`Fault::to_string`), if one ended it.
    pub fault: Option<&'a str>,
    /// `Fault::class`.
    pub fault_class: Option<&'static str>,
    /// Which try it was; the first is 1.
    pub attempt: Option<u32>,
    /// How long it took.
    pub duration: Duration,
    /// Something for people: the step, the topic.
    pub detail: Option<&'a str>,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<String>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault_class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Writes the line of one operation: `timestamp`, `level`, `operation`, `store`, `source_id`,
/// `target_id`, `status`, `fault`, `fault_class`, `attempt`, `duration_ms`, `detail`, in that order;
/// what is unknown is left out.
pub fn emit(sink: &dyn Sink, now: Timestamp, operation: &Operation<'_>) {
    let line = Line {
        timestamp: now.to_string(),
        level: operation.status.level(),
        operation: operation.operation,
        store: operation.store.map(scrub_id),
        source_id: operation.source_id.map(scrub_id),
        target_id: operation.target_id.as_deref().map(scrub_id),
        status: operation.status.as_str(),
        fault: operation.fault.map(scrub),
        fault_class: operation.fault_class,
        attempt: operation.attempt,
        duration_ms: u64::try_from(operation.duration.as_millis()).unwrap_or(u64::MAX),
        detail: operation.detail.map(scrub),
    };
    // Serialising a struct of strings and numbers cannot fail; if it ever did, silence is the
    // only choice that cannot leak.
    if let Ok(text) = serde_json::to_string(&line) {
        sink.write(&text);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::sink::MemorySink;

    fn operation() -> Operation<'static> {
        Operation {
            operation: "order-projection",
            store: Some("acme"),
            source_id: Some("order/5678901234567"),
            target_id: Some("sale.order/4711".to_owned()),
            status: Status::Waiting,
            fault: Some("waiting for product:SKU-9: no product has this code"),
            fault_class: Some("wait"),
            attempt: Some(2),
            duration: Duration::from_millis(412),
            detail: None,
        }
    }

    #[test]
    fn the_line_holds_every_field_once_and_in_order() {
        let sink = MemorySink::default();
        emit(&sink, "2026-11-22T10:00:00Z".parse().unwrap(), &operation());
        assert_eq!(
            sink.lines(),
            [
                r#"{"timestamp":"2026-11-22T10:00:00Z","level":"warn","operation":"order-projection","store":"acme","source_id":"order/5678901234567","target_id":"sale.order/4711","status":"waiting","fault":"waiting for product:SKU-9: no product has this code","fault_class":"wait","attempt":2,"duration_ms":412}"#
            ]
        );
    }

    #[test]
    fn canaries_planted_in_every_text_do_not_reach_the_line() {
        let sink = MemorySink::default();
        let planted = "ada.canary@example.com Bearer shpat_0123456789abcdef0123 4111111111111111 token=c4n4ry";
        let mut line = operation();
        line.store = Some(planted);
        line.source_id = Some(planted);
        line.target_id = Some(planted.to_owned());
        line.fault = Some(planted);
        line.detail = Some(planted);
        emit(&sink, Timestamp::UNIX_EPOCH, &line);
        let text = &sink.lines()[0];
        for canary in ["canary", "shpat_", "4111", "c4n4ry"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }

    #[test]
    fn newlines_in_a_text_stay_inside_one_line() {
        let sink = MemorySink::default();
        let mut line = operation();
        line.fault = Some("first\nsecond");
        emit(&sink, Timestamp::UNIX_EPOCH, &line);
        assert!(!sink.lines()[0].contains('\n'));
    }
}
