//! The row's transitions and reads.

use super::expression::{Change, names, number, text};
use super::item::{self, Item, SHARDS, find_number, find_text, find_time, row_pk};
use super::{DUE_INDEX, DynamoLedger, transition, unavailable};
use crate::LedgerError;
use crate::row::{Claim, Closing, Completion, Lease, Progress, Row, RowKey};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use causeway_domain::Timestamp;
use futures::future::try_join_all;
use std::time::Duration;

/// What became of a conditional update.
enum Applied {
    /// Written; the row as it is now.
    Written(Item),
    /// The condition failed; the row as it was (empty if there is none).
    Refused(Item),
}

impl DynamoLedger {
    pub(super) async fn nudge_row(&self, key: &RowKey, now: Timestamp) -> Result<u64, LedgerError> {
        match self.apply(key, transition::nudge(key, now)).await? {
            Applied::Written(item) | Applied::Refused(item) => {
                find_number(&item, "wanted")?.ok_or_else(|| item::corrupt("wanted"))
            }
        }
    }

    pub(super) async fn claim_row(
        &self,
        key: &RowKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Claim, LedgerError> {
        let write = self.write_ids.fresh();
        let item = match self.apply(key, transition::claim(key, owner, now, ttl, &write)).await? {
            Applied::Written(item) => item,
            Applied::Refused(old) if written_by(&old, &write)? => old,
            Applied::Refused(_) => return Ok(Claim::Busy),
        };
        let row = item::row(&item)?;
        let lease = Lease { key: key.clone(), owner: owner.to_owned(), fence: row.fence };
        Ok(Claim::Ours(lease, row))
    }

    /// A change whose only refusal is a lost lease, and which may be repeated.
    pub(super) async fn held(&self, lease: &Lease, change: Change) -> Result<(), LedgerError> {
        match self.apply(&lease.key, change).await? {
            Applied::Written(_) => Ok(()),
            Applied::Refused(_) => Err(LedgerError::LeaseLost),
        }
    }

    pub(super) async fn complete_row(
        &self,
        lease: &Lease,
        closing: Closing<'_>,
    ) -> Result<Completion, LedgerError> {
        let write = self.write_ids.fresh();
        match self.apply(&lease.key, transition::complete(lease, closing, &write)).await? {
            Applied::Written(_) => Ok(Completion::Done),
            Applied::Refused(old) if written_by(&old, &write)? => Ok(Completion::Done),
            Applied::Refused(old) if held_by(&old, lease)? => {
                let wanted = find_number(&old, "wanted")?;
                Ok(Completion::Wanted(wanted.ok_or_else(|| item::corrupt("wanted"))?))
            }
            Applied::Refused(_) => Err(LedgerError::LeaseLost),
        }
    }

    pub(super) async fn release_row(
        &self,
        lease: &Lease,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let write = self.write_ids.fresh();
        let end = progress.end(now);
        let quiet = self.apply(&lease.key, transition::release(lease, &end, &write)).await?;
        let old = match quiet {
            Applied::Written(_) => return Ok(()),
            Applied::Refused(old) if written_by(&old, &write)? => return Ok(()),
            Applied::Refused(old) => old,
        };
        if !held_by(&old, lease)? {
            return Err(LedgerError::LeaseLost);
        }
        let nudged = transition::release_nudged(lease, &end, now, &write);
        match self.apply(&lease.key, nudged).await? {
            Applied::Written(_) => Ok(()),
            Applied::Refused(old) if written_by(&old, &write)? => Ok(()),
            Applied::Refused(_) => Err(LedgerError::LeaseLost),
        }
    }

    pub(super) async fn read_row(&self, key: &RowKey) -> Result<Option<Row>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.rows)
            .key("pk", text(row_pk(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable("GetItem", &error))?;
        answer.item.as_ref().map(item::row).transpose()
    }

    pub(super) async fn due_rows(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<RowKey>, LedgerError> {
        let shards = (0..SHARDS).map(|shard| self.due_in_shard(shard, now, limit));
        let mut found: Vec<(Timestamp, RowKey)> =
            try_join_all(shards).await?.into_iter().flatten().collect();
        found.sort();
        found.truncate(limit);
        Ok(found.into_iter().map(|(_, key)| key).collect())
    }

    /// The index is read page by page until enough rows without a live lease are found. It lags
    /// behind the table for a moment; the claim is what decides.
    async fn due_in_shard(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RowKey)>, LedgerError> {
        let condition = "#due_shard = :shard AND #due <= :now";
        let filter = "attribute_not_exists(#lease_until) OR #lease_until < :now";
        let query = self
            .client
            .query()
            .table_name(&self.tables.rows)
            .index_name(DUE_INDEX)
            .key_condition_expression(condition)
            .filter_expression(filter)
            .set_expression_attribute_names(Some(names(condition).chain(names(filter)).collect()))
            .expression_attribute_values(":shard", text(shard.to_string()))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = query
                .clone()
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| unavailable("Query", &error))?;
            for item in page.items() {
                let due = find_time(item, "due")?.ok_or_else(|| item::corrupt("due"))?;
                found.push((due, item::row_key(item)?));
            }
            from = page.last_evaluated_key;
            if from.is_none() || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    async fn apply(&self, key: &RowKey, change: Change) -> Result<Applied, LedgerError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.rows)
            .key("pk", text(row_pk(key)))
            .update_expression(change.update)
            .set_condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(written) => Ok(Applied::Written(written.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(Applied::Refused(refused.item.clone().unwrap_or_default()))
                }
                Some(_) | None => Err(unavailable("UpdateItem", &error)),
            },
        }
    }
}

fn written_by(item: &Item, write_id: &str) -> Result<bool, LedgerError> {
    Ok(find_text(item, "write_id")? == Some(write_id))
}

fn held_by(item: &Item, lease: &Lease) -> Result<bool, LedgerError> {
    Ok(find_text(item, "owner")? == Some(lease.owner.as_str())
        && find_number(item, "fence")? == Some(lease.fence))
}
