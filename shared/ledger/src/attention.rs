//! What a person has to decide.

use crate::row::RowKey;
use causeway_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Largest payload that is stored, in bytes; a table's item holds at most 400 KB.
pub const LARGEST_PAYLOAD: usize = 300_000;

/// The key of an item; one open item per subject.
pub type AttentionId = RowKey;

/// An open question for a person. Holds no personal data beyond what `payload` may hold, which the
/// table encrypts at rest and which expires with the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// What it is about.
    pub key: AttentionId,
    /// When it was raised first; replacing an open item keeps the first time.
    pub raised_at: Timestamp,
    /// The number people know the order by, if it is known.
    pub number: Option<String>,
    /// What is wrong, with both numbers or names where two things disagree.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
    /// The order as it was fetched, as JSON, if it was.
    pub payload: Option<String>,
    /// When the item is deleted by the table's TTL.
    pub expires_at: Timestamp,
}

impl AttentionItem {
    /// The item without a payload that is too large to be stored: the question matters more.
    pub(crate) fn fitted(mut self) -> Self {
        self.payload = self.payload.filter(|payload| payload.len() <= LARGEST_PAYLOAD);
        self
    }
}
