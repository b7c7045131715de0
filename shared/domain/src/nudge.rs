//! "Look at order 1001 of shop A": the only thing a webhook, a schedule or a person ever says.

use crate::id::{EventId, OrderId, OrderKey, StoreId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is to be looked at; one ledger row each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "subject", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// An order of the nudge's store.
    Order(OrderId),
}

impl Subject {
    /// Text form, unique within a store: `order/1001`. The ledger's key.
    pub fn key(&self) -> String {
        match self {
            Self::Order(id) => format!("order/{id}"),
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
    /// The order key, if the subject is an order.
    pub fn order_key(&self) -> Option<OrderKey> {
        match &self.subject {
            Subject::Order(order) => {
                Some(OrderKey { store: self.store.clone(), order: order.clone() })
            }
        }
    }
}
