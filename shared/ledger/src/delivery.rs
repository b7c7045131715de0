//! What a queue hands to a use case, and what the use case says about each message.

use causeway_domain::{Nudge, Timestamp};
use std::time::Duration;

/// One message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it says.
    pub nudge: Nudge,
    /// The queue's id of the message; outcomes refer to it.
    pub message_id: String,
    /// The queue's handle of this receive.
    pub receipt_handle: String,
    /// How often it was received, this time included. Crashes and throttles count too, so the
    /// number of tries is the ledger's `attempt` and not this.
    pub receive_count: u32,
    /// When it was enqueued, if the queue says so.
    pub sent_at: Option<Timestamp>,
}

/// What is to become of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Finished, parked in the ledger, or somebody else's: deleted from the queue.
    Done,
    /// Comes back after this pause (zero: at once, for work that the deadline cut off).
    RetryAfter(Duration),
    /// Given up: moved to the dead-letter queue with this reason, which holds no personal data.
    ToDeadLetter(String),
}
