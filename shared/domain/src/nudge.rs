//! "Look at order 1001 of shop A": the only thing a webhook, a schedule or a person ever says.

use crate::id::{DisputeId, EventId, OrderId, OrderKey, SettlementId, StoreId};
use crate::ports::QueueRole;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is to be looked at; one ledger row each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "subject", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// An order of the nudge's store.
    Order(OrderId),
    /// What happened to an order after it was placed: cancellation, payments, refunds, returns.
    AfterSales(OrderId),
    /// A dispute of the processor's account that stands in the nudge's `store`.
    Dispute(DisputeId),
    /// A payout of the processor's account that stands in the nudge's `store`.
    Settlement(SettlementId),
}

impl Subject {
    /// Text form, unique within a store: `order/1001`. The ledger's key.
    pub fn key(&self) -> String {
        match self {
            Self::Order(id) => format!("order/{id}"),
            Self::AfterSales(id) => format!("after/{id}"),
            Self::Dispute(id) => format!("dispute/{id}"),
            Self::Settlement(id) => format!("settlement/{id}"),
        }
    }

    /// The subject of a [`Subject::key`]; `None` for a kind that this version does not know.
    pub fn parse(key: &str) -> Option<Self> {
        let (kind, id) = key.split_once('/')?;
        match kind {
            "order" => Some(Self::Order(OrderId::new(id))),
            "after" => Some(Self::AfterSales(OrderId::new(id))),
            "dispute" => Some(Self::Dispute(DisputeId::new(id))),
            "settlement" => Some(Self::Settlement(SettlementId::new(id))),
            _ => None,
        }
    }

    /// The queue of the worker that looks at it.
    pub fn queue(&self) -> QueueRole {
        match self {
            Self::Order(_) => QueueRole::Orders,
            Self::AfterSales(_) | Self::Dispute(_) => QueueRole::Refunds,
            Self::Settlement(_) => QueueRole::Settlements,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

/// Who nudged. For people and metrics; it never changes what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NudgeCause {
    /// A platform's webhook.
    Webhook,
    /// The sweep of due rows.
    Sweep,
    /// A worker that saw more wanted than it had seen.
    Requeue,
    /// A worker that found work of another kind: a cancelled order, a refund on an order.
    Worker,
    /// A scheduled look at what changed on a platform.
    Poll,
    /// A person, through the command line.
    Operator,
}

/// The message on the queues. Holds ids and times only, never a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// The store.
    pub store: StoreId,
    /// What to look at.
    #[serde(flatten)]
    pub subject: Subject,
    /// Who nudged.
    pub cause: NudgeCause,
    /// The platform's topic, for people: `orders/updated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The true event id, where the platform has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// When the platform says it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// When we received it.
    pub received_at: Timestamp,
}

impl Nudge {
    /// The key of the order that it is about, if it is about one.
    pub fn order_key(&self) -> Option<OrderKey> {
        match &self.subject {
            Subject::Order(order) | Subject::AfterSales(order) => {
                Some(OrderKey { store: self.store.clone(), order: order.clone() })
            }
            Subject::Dispute(_) | Subject::Settlement(_) => None,
        }
    }

    /// A nudge without an event behind it.
    pub fn new(store: StoreId, subject: Subject, cause: NudgeCause, now: Timestamp) -> Self {
        Self {
            store,
            subject,
            cause,
            topic: None,
            event: None,
            occurred_at: None,
            received_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_subject_is_read_back_from_its_key_and_its_message() {
        for subject in [
            Subject::Order("gid://shopify/Order/1".into()),
            Subject::AfterSales("22".into()),
            Subject::Dispute("dp_1/2".into()),
            Subject::Settlement("po_1".into()),
        ] {
            assert_eq!(Subject::parse(&subject.key()).as_ref(), Some(&subject));
            let nudge = Nudge::new("s".into(), subject, NudgeCause::Poll, Timestamp::UNIX_EPOCH);
            let text = serde_json::to_string(&nudge).unwrap();
            assert_eq!(serde_json::from_str::<Nudge>(&text).unwrap(), nudge);
        }
        assert_eq!(Subject::parse("product/1"), None);
    }
}
