//! What happened to what: the row per subject with its lease, fence and `wanted`; event ids; links
//! between platform and Odoo ids; attention items.
//!
//! [`Ledger`] is the port. [`dynamodb::DynamoLedger`] and [`memory::MemoryLedger`] implement it and
//! pass the same behaviour suite, [`suite`].

pub mod attention;
pub mod backoff;
pub mod delivery;
pub mod dynamodb;
pub mod link;
pub mod memory;
pub mod row;
pub mod suite;

pub use attention::{AttentionId, AttentionItem};
pub use backoff::backoff;
pub use delivery::{Disposition, Received};
pub use link::{Link, LinkKey, LinkKind};
pub use row::{Attempt, Claim, Closing, Completion, Lease, Progress, Row, RowKey, State};

use causeway_domain::{EventId, StoreId, Timestamp};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

/// What can go wrong with the ledger itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else has the lease, or it ran out: stop, change nothing more, the other one finishes.
    #[error("the lease is no longer ours")]
    LeaseLost,
    /// The store could not be reached or throttled; nothing is known to have changed.
    #[error("ledger unavailable: {0}")]
    Unavailable(String),
    /// A stored row cannot be read.
    #[error("ledger row unreadable: {0}")]
    Corrupt(String),
}

/// The ledger's port. Every write is one conditional write; times are the caller's clock.
///
/// The conditions are those of the design's state machine; each method names its own.
pub trait Ledger: Send + Sync {
    /// NUDGE: `ADD wanted 1, SET due = now` without a condition; makes the row if there is none.
    /// Returns the new `wanted`.
    fn nudge(
        &self,
        key: &RowKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// CLAIM: takes the lease if there is none or it ran out before `now`; raises the fence.
    fn claim(
        &self,
        key: &RowKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> impl Future<Output = Result<Claim, LedgerError>> + Send;

    /// INTENT: notes the step that is about to be sent and extends the lease to `now + ttl`.
    /// Condition: owner and fence are ours and the lease has not run out.
    fn intent(
        &self,
        lease: &Lease,
        step: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// RECORD: stores the Odoo id that a step made and clears the intent.
    /// Condition: owner and fence are ours.
    fn record(
        &self,
        lease: &Lease,
        step: &str,
        odoo_id: i64,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// COMPLETE: `seen = wanted`, stores the digest, state done, drops lease and due, resets the
    /// attempts. Condition: owner and fence are ours and `wanted` is still what was read before the
    /// fetch; otherwise [`Completion::Wanted`] with the row still ours.
    fn complete(
        &self,
        lease: &Lease,
        closing: Closing<'_>,
    ) -> impl Future<Output = Result<Completion, LedgerError>> + Send;

    /// Lets go of the row without finishing: retry, wait or attention, as `progress` says.
    /// Condition: owner and fence are ours.
    fn release(
        &self,
        lease: &Lease,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// The row, if there is one. Strongly consistent.
    fn row(&self, key: &RowKey) -> impl Future<Output = Result<Option<Row>, LedgerError>> + Send;

    /// Rows whose `due` has come and that no live lease holds, oldest first.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RowKey>, LedgerError>> + Send;

    /// True if this event id of the store was remembered and has not expired. Consistent read.
    fn event_known(
        &self,
        store: &StoreId,
        event: &EventId,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Remembers an event id until `expires`. Called only after the nudge is durably queued.
    fn remember_event(
        &self,
        store: &StoreId,
        event: &EventId,
        expires: Timestamp,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Known links among the keys.
    fn links(
        &self,
        keys: &[LinkKey],
    ) -> impl Future<Output = Result<HashMap<LinkKey, i64>, LedgerError>> + Send;

    /// Stores links; the last write wins.
    fn put_links(&self, links: &[Link]) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Forgets links that turned out to be stale.
    fn drop_links(&self, keys: &[LinkKey]) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Creates or replaces the open attention item of a subject (one open item per subject). True if
    /// none was open: the question is new.
    fn raise(&self, item: &AttentionItem)
    -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Removes the open item of that key, because its subject succeeded at last or a person decided.
    /// True if there was one; none is no error.
    fn settle(&self, key: &RowKey) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Open attention items of a store (all stores for `None`), oldest first.
    fn attention(
        &self,
        store: Option<&StoreId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AttentionItem>, LedgerError>> + Send;
}
