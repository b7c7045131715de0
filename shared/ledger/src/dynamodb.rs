//! The ledger on DynamoDB: one conditional write for each transition of the state machine.
//!
//! # Tables
//! On demand, server-side encrypted. `template.yaml` declares them; [`create_tables`] makes the same
//! for local use. Times are numbers: milliseconds since 1970, except `expires` in seconds (TTL).
//!
//! | table | key | attributes |
//! |---|---|---|
//! | rows | `pk` S: `store#subject` | `wanted` N, `seen` N, `claimed` N, `state` S, `fence` N, `attempt` N, `owner` S, `lease_until` N, `due` N, `due_shard` S (`0` to `7`), `digest` S, `odoo_ids` M of N, `step` S, `intent_at` N, `wait_key` S, `reason` S, `failing_since` N, `waiting_since` N, `write_id` S |
//! | events | `pk` S: `store#event` | `expires` N (TTL) |
//! | links | `pk` S: `store#kind#source` | `odoo_id` N |
//! | attention | `pk` S: `store#subject` | `store` S, `raised_at` N, `expires` N (TTL), `reason` S, `fix` S, `number` S, `payload` S |
//!
//! Rows have the index `due-index`: hash `due_shard` S, range `due` N, projection INCLUDE
//! `lease_until`. Keys of events and links above 1,024 bytes end in a digest instead.
//!
//! # Writes that the SDK repeats
//! If an answer is lost, the SDK sends the write again, and its own first try makes the condition
//! fail. Each conditional write therefore leaves a `write_id`; a refusal whose old row carries our
//! `write_id` was a success. NUDGE has no condition: repeated, it counts twice, which costs one
//! more look at the order. Raising and settling an item have none either: repeated, they say that the
//! item was there before, or was gone.

mod events;
mod expression;
mod item;
mod records;
mod rows;
mod tables;
mod transition;
mod write_id;

pub use tables::create_tables;

use crate::attention::AttentionItem;
use crate::link::{Link, LinkKey};
use crate::row::{Claim, Closing, Completion, Lease, Progress, Row, RowKey};
use crate::{Ledger, LedgerError};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use causeway_aws_json::AwsJson;
use causeway_domain::{EventId, StoreId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The index of the rows by due date.
pub const DUE_INDEX: &str = "due-index";

/// The names of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The rows.
    pub rows: String,
    /// The event ids.
    pub events: String,
    /// The links.
    pub links: String,
    /// The attention items.
    pub attention: String,
}

/// The ledger on DynamoDB. Clones share the client.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    client: Client,
    events: Arc<AwsJson>,
    tables: Tables,
    write_ids: write_id::WriteIds,
}

impl DynamoLedger {
    /// A ledger in these tables; event ids go by `events`, which is DynamoDB too.
    pub fn new(client: Client, events: Arc<AwsJson>, tables: Tables) -> Self {
        Self { client, events, tables, write_ids: write_id::WriteIds::default() }
    }
}

impl Ledger for DynamoLedger {
    async fn nudge(&self, key: &RowKey, now: Timestamp) -> Result<u64, LedgerError> {
        self.nudge_row(key, now).await
    }
    async fn claim(
        &self,
        key: &RowKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Claim, LedgerError> {
        self.claim_row(key, owner, now, ttl).await
    }
    async fn intent(
        &self,
        lease: &Lease,
        step: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), LedgerError> {
        self.held(lease, transition::intent(lease, step, now, ttl)).await
    }
    async fn record(&self, lease: &Lease, step: &str, odoo_id: i64) -> Result<(), LedgerError> {
        self.held(lease, transition::record(lease, step, odoo_id)).await
    }
    async fn complete(
        &self,
        lease: &Lease,
        closing: Closing<'_>,
    ) -> Result<Completion, LedgerError> {
        self.complete_row(lease, closing).await
    }
    async fn release(
        &self,
        lease: &Lease,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.release_row(lease, progress, now).await
    }
    async fn row(&self, key: &RowKey) -> Result<Option<Row>, LedgerError> {
        self.read_row(key).await
    }
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<RowKey>, LedgerError> {
        self.due_rows(now, limit).await
    }
    async fn event_known(
        &self,
        store: &StoreId,
        event: &EventId,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.read_event(store, event, now).await
    }
    async fn remember_event(
        &self,
        store: &StoreId,
        event: &EventId,
        expires: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write_event(store, event, expires).await
    }
    async fn links(&self, keys: &[LinkKey]) -> Result<HashMap<LinkKey, i64>, LedgerError> {
        self.read_links(keys).await
    }
    async fn put_links(&self, links: &[Link]) -> Result<(), LedgerError> {
        self.write_links(links).await
    }
    async fn drop_links(&self, keys: &[LinkKey]) -> Result<(), LedgerError> {
        self.delete_links(keys).await
    }
    async fn raise(&self, item: &AttentionItem) -> Result<bool, LedgerError> {
        self.write_attention(item).await
    }
    async fn settle(&self, key: &RowKey) -> Result<bool, LedgerError> {
        self.delete_attention(key).await
    }
    async fn attention(
        &self,
        store: Option<&StoreId>,
        limit: usize,
    ) -> Result<Vec<AttentionItem>, LedgerError> {
        self.read_attention(store, limit).await
    }
}

/// Names the call and the service's error code, never its message: that can quote the item.
fn unavailable<E: ProvideErrorMetadata>(call: &str, error: &SdkError<E>) -> LedgerError {
    let cause = match error {
        SdkError::ConstructionFailure(_) => "request could not be built",
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "answer unreadable",
        SdkError::ServiceError(_) | _ => error.code().unwrap_or("unknown error"),
    };
    LedgerError::Unavailable(format!("DynamoDB {call}: {cause}"))
}
