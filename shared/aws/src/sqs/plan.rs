//! What is to be done with each message of a batch, as values.

use super::send::DeadLetter;
use aws_lambda_events::event::sqs::SqsMessage;
use causeway_domain::{Nudge, Timestamp};
use causeway_ledger::backoff::LONGEST_INVISIBLE;
use causeway_ledger::{Disposition, Received};
use std::time::Duration;

/// Reads one message; `None` is no nudge, which nobody will ever be able to handle. A bad one never
/// touches the others.
pub(super) fn decode(message: &SqsMessage) -> Option<Received> {
    let nudge = serde_json::from_str::<Nudge>(message.body.as_deref()?).ok()?;
    let attribute = |name: &str| message.attributes.get(name)?.parse::<i64>().ok();
    let receives = attribute("ApproximateReceiveCount").and_then(|n| u32::try_from(n).ok());
    let sent = attribute("SentTimestamp").and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Some(Received {
        nudge,
        message_id: message.message_id.clone().unwrap_or_default(),
        receipt_handle: message.receipt_handle.clone().unwrap_or_default(),
        receive_count: receives.unwrap_or(1),
        sent_at: sent,
    })
}

/// What has to be done for a batch. Messages that are named nowhere are deleted by Lambda.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Handles and when they are seen again.
    pub(super) visibility: Vec<(String, Duration)>,
    /// Ids of messages that stay in the queue.
    pub(super) failures: Vec<String>,
    /// To be moved; each comes back if the move fails.
    pub(super) dead: Vec<(String, DeadLetter)>,
}

impl Plan {
    /// The message stays and is seen again after `pause`, within what SQS allows after `elapsed`.
    pub(super) fn keep(&mut self, message: &SqsMessage, pause: Duration, elapsed: Duration) {
        let pause = pause.min(LONGEST_INVISIBLE.saturating_sub(elapsed));
        self.visibility.push((message.receipt_handle.clone().unwrap_or_default(), pause));
        self.failures.push(message.message_id.clone().unwrap_or_default());
    }

    fn bury(&mut self, message: &SqsMessage, group: Option<String>, reason: String) {
        let letter = DeadLetter {
            message_id: message.message_id.clone().unwrap_or_default(),
            body: message.body.clone().unwrap_or_default(),
            group,
            reason,
        };
        self.dead.push((message.receipt_handle.clone().unwrap_or_default(), letter));
    }
}

/// The reason on a message that is no nudge.
pub(super) const NOT_A_NUDGE: &str = "the body is not a nudge of this version";

/// Puts messages and dispositions together. `dispositions` are those of the good messages in their
/// order; a good message without one stays and is seen again after `missing`.
pub(super) fn plan(
    messages: &[SqsMessage],
    decoded: &[Option<Received>],
    dispositions: Vec<Disposition>,
    elapsed: Duration,
    missing: Duration,
) -> Plan {
    let mut plan = Plan::default();
    let mut dispositions = dispositions.into_iter();
    for (message, decoded) in messages.iter().zip(decoded) {
        let Some(received) = decoded else {
            plan.bury(message, None, NOT_A_NUDGE.to_owned());
            continue;
        };
        let store = received.nudge.store.to_string();
        match dispositions.next().unwrap_or(Disposition::RetryAfter(missing)) {
            Disposition::Done => {}
            Disposition::RetryAfter(pause) => plan.keep(message, pause, elapsed),
            Disposition::ToDeadLetter(reason) => plan.bury(message, Some(store), reason),
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use serde_json::json;

    const ZERO: Duration = Duration::ZERO;

    fn message(id: &str, body: &str) -> SqsMessage {
        serde_json::from_value(json!({
            "messageId": id,
            "receiptHandle": format!("handle-{id}"),
            "body": body,
            "attributes": { "ApproximateReceiveCount": "3", "SentTimestamp": "1800000000123" },
        }))
        .unwrap()
    }

    fn nudge(order: &str) -> String {
        json!({
            "store": "acme", "subject": "order", "id": order, "cause": "webhook",
            "received_at": "2026-11-22T10:00:00Z",
        })
        .to_string()
    }

    #[test]
    fn a_nudge_is_read_with_what_the_queue_knows() {
        let received = decode(&message("m1", &nudge("1001"))).unwrap();
        assert_eq!(received.message_id, "m1");
        assert_eq!(received.receipt_handle, "handle-m1");
        assert_eq!(received.receive_count, 3);
        assert_eq!(received.sent_at.unwrap().as_millisecond(), 1_800_000_000_123);
        assert_eq!(received.nudge.subject.key(), "order/1001");
    }

    #[test]
    fn bad_bodies_are_buried_one_by_one_and_the_good_ones_beside_them_are_not() {
        let bodies = ["", "null", "{", "[]", "{\"store\":\"acme\"}", "\u{0}"];
        let mut messages: Vec<SqsMessage> =
            bodies.iter().map(|body| message("bad", body)).collect();
        messages.insert(3, message("good", &nudge("1001")));
        messages.push(serde_json::from_value(json!({})).unwrap());
        let decoded: Vec<Option<Received>> = messages.iter().map(decode).collect();
        let plan = plan(&messages, &decoded, vec![Disposition::Done], ZERO, ZERO);
        assert_eq!(plan.dead.len(), 7);
        assert!(plan.dead.iter().all(|(_, letter)| letter.message_id != "good"));
        assert_eq!((plan.failures.len(), plan.visibility.len()), (0, 0));
    }

    #[test]
    fn dispositions_go_to_their_own_messages() {
        let messages = [
            message("a", &nudge("1")),
            message("bad", "x"),
            message("b", &nudge("2")),
            message("c", &nudge("3")),
            message("d", &nudge("4")),
        ];
        let decoded: Vec<Option<Received>> = messages.iter().map(decode).collect();
        let minute = Duration::from_secs(60);
        let dispositions = vec![
            Disposition::RetryAfter(minute),
            Disposition::ToDeadLetter("used up".to_owned()),
            Disposition::Done,
        ];
        let plan = plan(&messages, &decoded, dispositions, ZERO, Duration::from_secs(30));
        assert_eq!(plan.failures, ["a", "d"]);
        let waits = [("handle-a".to_owned(), minute), ("handle-d".to_owned(), minute / 2)];
        assert_eq!(plan.visibility, waits);
        let dead: Vec<(&str, &str, Option<&str>)> = plan
            .dead
            .iter()
            .map(|(_, l)| (l.message_id.as_str(), l.reason.as_str(), l.group.as_deref()))
            .collect();
        assert_eq!(dead, [("bad", NOT_A_NUDGE, None), ("b", "used up", Some("acme"))]);
        assert_eq!(plan.dead[1].1.body, nudge("2"));
    }

    /// AWS refuses a visibility beyond 12 hours since the receive; the local AWS does not.
    #[test]
    fn no_message_is_hidden_longer_than_sqs_allows() {
        let messages = [message("a", &nudge("1"))];
        let decoded: Vec<Option<Received>> = messages.iter().map(decode).collect();
        let long = vec![Disposition::RetryAfter(Duration::from_secs(100_000))];
        let elapsed = Duration::from_secs(100);
        let plan = plan(&messages, &decoded, long, elapsed, ZERO);
        assert_eq!(plan.visibility[0].1, LONGEST_INVISIBLE - elapsed);
    }
}
