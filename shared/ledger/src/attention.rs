//! What a person has to decide.

use crate::row::RowKey;
use causeway_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The key of an item; one open item per subject.
pub type AttentionId = RowKey;

/// An open question for a person. Holds no personal data beyond what `payload` may hold, which the
/// table encrypts at rest and which expires with the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// What it is about.
    pub key: AttentionId,
    /// When it was raised first.
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
