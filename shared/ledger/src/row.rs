//! The row per subject.

use causeway_domain::{Nudge, StoreId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The key of a row: store and subject (`order/1001`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// The store.
    pub store: StoreId,
    /// [`causeway_domain::Subject::key`].
    pub subject: String,
}

/// `acme-eu/order/1001`: how people read and write it.
impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.subject)
    }
}

impl RowKey {
    /// Reads what `Display` wrote: a store's id has no slash. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (store, subject) = text.split_once('/')?;
        let store = StoreId::parse(store).ok()?;
        (!subject.is_empty()).then(|| Self { store, subject: subject.to_owned() })
    }
}

impl From<&Nudge> for RowKey {
    fn from(nudge: &Nudge) -> Self {
        Self { store: nudge.store.clone(), subject: nudge.subject.key() }
    }
}

/// Where a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nudged, not yet claimed.
    Pending,
    /// Somebody holds the lease (or held it and died: see `lease_until`).
    Leased,
    /// Odoo agrees with what was seen.
    Done,
    /// Parked until a dependency appears; `reason` says which.
    Waiting,
    /// Failed for now; tried again when due.
    Retrying,
    /// A person has to decide; there is an attention item.
    Attention,
    /// Retries are used up; the nudge is in the dead-letter queue.
    Dead,
}

/// Number of tries since the last success; the first is 1.
pub type Attempt = u32;

/// A row as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: RowKey,
    /// How often it was nudged.
    pub wanted: u64,
    /// The `wanted` that the last completion had seen.
    pub seen: u64,
    /// Where it stands.
    pub state: State,
    /// Raised by every claim.
    pub fence: u64,
    /// End of the lease, if one is held.
    pub lease_until: Option<Timestamp>,
    /// When the sweep should look at it.
    pub due: Option<Timestamp>,
    /// Digest of the state that was last brought to Odoo.
    pub digest: Option<String>,
    /// Odoo ids by step: `order` -> 4711.
    pub odoo_ids: BTreeMap<String, i64>,
    /// The step that was announced and not recorded, if any, and when.
    pub intent: Option<(String, Timestamp)>,
    /// Tries since the last success.
    pub attempt: Attempt,
    /// When the failures that are tried again began; `None` while nothing fails.
    pub failing_since: Option<Timestamp>,
    /// When it was first parked to wait; `None` once it ended or a person was asked.
    pub waiting_since: Option<Timestamp>,
    /// What it waits for, or why it failed last; free of personal data.
    pub reason: Option<String>,
}

/// The right to work on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The row.
    pub key: RowKey,
    /// Who holds it.
    pub owner: String,
    /// The fence that the claim raised.
    pub fence: u64,
}

/// The result of a claim.
// One lives per order of a batch; a box would buy nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Ours; the row as it is after the claim (its `attempt` already counts this one).
    Ours(Lease, Row),
    /// Somebody is on it and will see `wanted`: acknowledge the message.
    Busy,
}

/// How a row is completed.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'a> {
    /// The `wanted` that was read before the fetch.
    pub wanted: u64,
    /// Digest of the fetched state.
    pub digest: &'a str,
}

/// The result of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Done and released.
    Done,
    /// Somebody nudged meanwhile: `wanted` is now this; the row is still ours, fetch again.
    Wanted(u64),
}

/// How a row is let go without being finished. `due` is when the sweep looks at it again.
///
/// If the row was nudged since the claim, it is due at once whatever is said here: the message of
/// that nudge is acknowledged already, so nothing else would bring it back. All but `Retry` set the
/// attempts back to zero. An announced intent stays, for whoever comes next.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Tried again at `due`.
    Retry {
        /// When.
        due: Timestamp,
        /// When the failures began: the row's `failing_since`, or now for the first one.
        since: Timestamp,
        /// Why.
        reason: &'a str,
    },
    /// Parked; looked at again at `due` even if nobody signals the dependency.
    Wait {
        /// What for: the text of a `WaitKey`.
        wait_key: &'a str,
        /// When at the latest.
        due: Timestamp,
        /// Why.
        reason: &'a str,
    },
    /// A person has to decide. Without a due date only a new nudge drives it again.
    Attention {
        /// When it is looked at again, to see whether it was settled on the other side.
        due: Option<Timestamp>,
        /// Why.
        reason: &'a str,
    },
    /// Given up; in the dead-letter queue.
    Dead {
        /// Why.
        reason: &'a str,
    },
    /// Somebody nudged again after three rounds: due at once.
    Again,
}

/// What a release leaves in the row; the same for every ledger.
pub(crate) struct End<'a> {
    pub(crate) state: State,
    pub(crate) due: Option<Timestamp>,
    pub(crate) wait_key: Option<&'a str>,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) waiting: Waiting,
    pub(crate) reason: Option<&'a str>,
    /// Only failures that are tried again count on. Waiting is no failure; and what a person or a
    /// redrive starts anew deserves all its tries, or the first hiccup would end it.
    pub(crate) resets_attempts: bool,
}

/// What a release does to `waiting_since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// It waits since then, or since earlier if that stands there.
    Since(Timestamp),
    /// A hiccup in between: whoever waits goes on waiting.
    Unchanged,
    Over,
}

impl<'a> Progress<'a> {
    pub(crate) fn end(self, now: Timestamp) -> End<'a> {
        let end = |state, due, reason, resets_attempts| End {
            state,
            due,
            wait_key: None,
            failing_since: None,
            waiting: Waiting::Unchanged,
            reason,
            resets_attempts,
        };
        match self {
            Self::Retry { due, since, reason } => End {
                failing_since: Some(since),
                ..end(State::Retrying, Some(due), Some(reason), false)
            },
            Self::Wait { wait_key, due, reason } => End {
                wait_key: Some(wait_key),
                waiting: Waiting::Since(now),
                ..end(State::Waiting, Some(due), Some(reason), true)
            },
            Self::Attention { due, reason } => {
                End { waiting: Waiting::Over, ..end(State::Attention, due, Some(reason), true) }
            }
            Self::Dead { reason } => {
                End { waiting: Waiting::Over, ..end(State::Dead, None, Some(reason), true) }
            }
            Self::Again => end(State::Pending, Some(now), None, true),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_shown() {
        for text in [
            "acme-eu/order/gid://shopify/Order/1",
            "stripe-eu/settlement/po_1#ch_1",
            "stripe-eu/settlement/file:stripe-eu/2026 10.csv",
        ] {
            assert_eq!(RowKey::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "acme-eu", "acme-eu/", "/order/1", "Acme EU/order/1", "acme#order/1"] {
            assert_eq!(RowKey::parse(text), None, "{text}");
        }
    }
}
