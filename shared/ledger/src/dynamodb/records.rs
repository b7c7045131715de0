//! Links and attention items.

use super::expression::{Change, number, text};
use super::item::{self, Item, bounded_pk, find_number, find_text, find_time, need_text, row_pk};
use super::{DynamoLedger, unavailable};
use crate::LedgerError;
use crate::attention::AttentionItem;
use crate::link::{Link, LinkKey};
use crate::row::RowKey;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, PutRequest, ReturnValue, WriteRequest,
};
use causeway_domain::{StoreId, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// BatchGetItem takes 100 keys, BatchWriteItem 25 requests (DynamoDB API reference).
const READ_BATCH: usize = 100;
const WRITE_BATCH: usize = 25;
/// Rounds for what a batch left unprocessed, with a doubling pause: 50 ms to 3.2 s, about 6 s in all.
const ROUNDS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

impl DynamoLedger {
    pub(super) async fn read_links(
        &self,
        keys: &[LinkKey],
    ) -> Result<HashMap<LinkKey, i64>, LedgerError> {
        // A batch with a key twice is refused, so the map comes first.
        let by_pk: BTreeMap<String, &LinkKey> =
            keys.iter().map(|key| (link_pk(key), key)).collect();
        let mut found = HashMap::new();
        let all: Vec<&String> = by_pk.keys().collect();
        for chunk in all.chunks(READ_BATCH) {
            for item in self.read_batch(chunk).await? {
                let key = by_pk.get(need_text(&item, "pk")?).ok_or_else(|| item::corrupt("pk"))?;
                let id = find_number(&item, "odoo_id")?;
                found.insert((*key).clone(), id.ok_or_else(|| item::corrupt("odoo_id"))?);
            }
        }
        Ok(found)
    }

    async fn read_batch(&self, pks: &[&String]) -> Result<Vec<Item>, LedgerError> {
        let keys = pks.iter().map(|pk| Item::from([("pk".to_owned(), text(pk.as_str()))]));
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .consistent_read(true)
            .build()
            .map_err(unbuilt)?;
        let mut open = HashMap::from([(self.tables.links.clone(), request)]);
        let mut items = Vec::new();
        for round in 0..ROUNDS {
            pause_before(round).await;
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(open))
                .send()
                .await
                .map_err(|error| unavailable("BatchGetItem", &error))?;
            items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            open = answer.unprocessed_keys.unwrap_or_default();
            if open.is_empty() {
                return Ok(items);
            }
        }
        Err(LedgerError::Unavailable("DynamoDB BatchGetItem: throttled".to_owned()))
    }

    pub(super) async fn write_links(&self, links: &[Link]) -> Result<(), LedgerError> {
        // The last of several links with one key wins, and a batch may name a key only once.
        let by_pk: BTreeMap<String, i64> =
            links.iter().map(|link| (link_pk(&link.key), link.odoo_id)).collect();
        let requests = by_pk.into_iter().map(|(pk, odoo_id)| {
            let put = PutRequest::builder().item("pk", text(pk)).item("odoo_id", number(odoo_id));
            Ok(WriteRequest::builder().put_request(put.build()?).build())
        });
        self.write_batches(requests.collect::<Result<_, BuildError>>().map_err(unbuilt)?).await
    }

    pub(super) async fn delete_links(&self, keys: &[LinkKey]) -> Result<(), LedgerError> {
        let pks: std::collections::BTreeSet<String> = keys.iter().map(link_pk).collect();
        let requests = pks.into_iter().map(|pk| {
            let delete = DeleteRequest::builder().key("pk", text(pk)).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        self.write_batches(requests.collect::<Result<_, BuildError>>().map_err(unbuilt)?).await
    }

    async fn write_batches(&self, requests: Vec<WriteRequest>) -> Result<(), LedgerError> {
        for chunk in requests.chunks(WRITE_BATCH) {
            let mut open = HashMap::from([(self.tables.links.clone(), chunk.to_vec())]);
            for round in 0..ROUNDS {
                pause_before(round).await;
                let answer = self
                    .client
                    .batch_write_item()
                    .set_request_items(Some(open))
                    .send()
                    .await
                    .map_err(|error| unavailable("BatchWriteItem", &error))?;
                open = answer.unprocessed_items.unwrap_or_default();
                if open.is_empty() {
                    break;
                }
            }
            if !open.is_empty() {
                let text = "DynamoDB BatchWriteItem: throttled".to_owned();
                return Err(LedgerError::Unavailable(text));
            }
        }
        Ok(())
    }

    pub(super) async fn write_attention(&self, item: &AttentionItem) -> Result<bool, LedgerError> {
        let change = raising(&item.clone().fitted());
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.attention)
            .key("pk", text(row_pk(&item.key)))
            .update_expression(change.update)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| unavailable("UpdateItem", &error))?;
        Ok(answer.attributes.is_none_or(|old| old.is_empty()))
    }

    pub(super) async fn delete_attention(&self, key: &RowKey) -> Result<bool, LedgerError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.tables.attention)
            .key("pk", text(row_pk(key)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| unavailable("DeleteItem", &error))?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }

    /// Reads the whole table: open questions are as many as people can answer.
    pub(super) async fn read_attention(
        &self,
        store: Option<&StoreId>,
        limit: usize,
    ) -> Result<Vec<AttentionItem>, LedgerError> {
        let mut scan = self.client.scan().table_name(&self.tables.attention).consistent_read(true);
        if let Some(store) = store {
            scan = scan
                .filter_expression("#store = :store")
                .expression_attribute_names("#store", "store")
                .expression_attribute_values(":store", text(store.as_str()));
        }
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let page = scan
                .clone()
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| unavailable("Scan", &error))?;
            for item in page.items() {
                items.push(attention_item(item)?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        items.sort_by(|a, b| (a.raised_at, &a.key).cmp(&(b.raised_at, &b.key)));
        items.truncate(limit);
        Ok(items)
    }
}

/// Replaces the item but for the time at which it was raised first.
fn raising(item: &AttentionItem) -> Change {
    let optional = [("number", &item.number), ("payload", &item.payload)];
    let mut update = "SET #raised_at = if_not_exists(#raised_at, :raised_at), #store = :store, \
                      #expires = :expires, #reason = :reason, #fix = :fix"
        .to_owned();
    let mut removed = Vec::new();
    for (name, value) in optional {
        match value {
            Some(_) => update.push_str(&format!(", #{name} = :{name}")),
            None => removed.push(format!("#{name}")),
        }
    }
    if !removed.is_empty() {
        update.push_str(&format!(" REMOVE {}", removed.join(", ")));
    }
    let change = Change::new(&update, None)
        .value("raised_at", number(item.raised_at.as_millisecond()))
        .value("store", text(item.key.store.as_str()))
        .value("expires", number(item.expires_at.as_second()))
        .value("reason", text(&item.reason))
        .value("fix", text(&item.fix));
    optional.into_iter().fold(change, |change, (name, value)| match value {
        Some(value) => change.value(name, text(value)),
        None => change,
    })
}

fn attention_item(item: &Item) -> Result<AttentionItem, LedgerError> {
    let expires: Option<i64> = find_number(item, "expires")?;
    let expires_at = expires.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(AttentionItem {
        key: item::row_key(item)?,
        raised_at: find_time(item, "raised_at")?.ok_or_else(|| item::corrupt("raised_at"))?,
        number: find_text(item, "number")?.map(str::to_owned),
        reason: need_text(item, "reason")?.to_owned(),
        fix: need_text(item, "fix")?.to_owned(),
        payload: find_text(item, "payload")?.map(str::to_owned),
        expires_at: expires_at.ok_or_else(|| item::corrupt("expires"))?,
    })
}

fn link_pk(key: &LinkKey) -> String {
    bounded_pk(&key.store, &format!("{}#{}", key.kind.as_str(), key.source))
}

async fn pause_before(round: u32) {
    if let Some(doubled) = round.checked_sub(1) {
        tokio::time::sleep(FIRST_PAUSE * 2_u32.saturating_pow(doubled)).await;
    }
}

fn unbuilt(_: BuildError) -> LedgerError {
    LedgerError::Unavailable("DynamoDB request could not be built".to_owned())
}
