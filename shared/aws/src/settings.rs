//! The table of store configurations, cached.
//!
//! Key `store` S; attributes `document` S (JSON) and `version` N, raised by every push.

use crate::cache::{Cache, Policy};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use causeway_domain::ports::{Clock, Freshness, Settings};
use causeway_domain::{Fault, StoreId};
use std::sync::Arc;
use std::time::Duration;

const POLICY: Policy = Policy {
    fresh: Duration::from_secs(60),
    fresh_absent: Duration::from_secs(10),
    stale_on_error: Duration::from_secs(15 * 60),
    pause_on_error: Duration::from_secs(5),
    refetch_every: Duration::from_secs(60),
    capacity: 4096,
};

/// Largest document; a table's item holds 400 KB.
const LARGEST_DOCUMENT: usize = 390_000;

/// Store configurations in DynamoDB, read again every minute. When the table cannot be read, a known
/// configuration serves for fifteen minutes.
#[derive(Debug)]
pub struct SettingsTable<C> {
    client: Client,
    table: String,
    clock: C,
    cache: Cache<Arc<str>>,
}

impl<C: Clock> SettingsTable<C> {
    /// An empty cache over the table.
    pub fn new(client: Client, table: String, clock: C) -> Self {
        Self { client, table, clock, cache: Cache::new(POLICY) }
    }

    /// Writes a store's document and returns its new version. Functions see it within a minute.
    pub async fn push(&self, store: &StoreId, document: &str) -> Result<u64, Fault> {
        if document.len() > LARGEST_DOCUMENT {
            let reason = format!(
                "configuration of {store} has {} bytes, the table takes {LARGEST_DOCUMENT}",
                document.len()
            );
            return Err(Fault::reject(reason, "shorten its maps"));
        }
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("store", text(store.as_str()))
            .update_expression("SET #document = :document ADD #version :one")
            .expression_attribute_names("#document", "document")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":document", text(document))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let version = answer.attributes.as_ref().and_then(|item| item.get("version")?.as_n().ok());
        version
            .and_then(|version| version.parse().ok())
            .ok_or_else(|| Fault::retry("settings table answered no version"))
    }

    async fn fetch(&self, store: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("store", text(store.as_str()))
            .projection_expression("#document")
            .expression_attribute_names("#document", "document")
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let Some(item) = answer.item else { return Ok(None) };
        match item.get("document") {
            Some(AttributeValue::S(document)) => Ok(Some(Arc::from(document.as_str()))),
            Some(_) | None => Err(Fault::reject(
                format!("configuration of {store} has no document"),
                "push the configuration again",
            )),
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Fault {
    Fault::retry(format!("settings table: {}", error.code().unwrap_or("no answer")))
}

impl<C: Clock> Settings for SettingsTable<C> {
    async fn store(&self, store: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        let now = self.clock.now();
        self.cache.get(store.as_str(), now, Freshness::Cached, || self.fetch(store)).await
    }

    async fn ids(&self) -> Result<Vec<StoreId>, Fault> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("#store")
            .expression_attribute_names("#store", "store")
            .into_paginator()
            .items()
            .send();
        let mut ids = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| unavailable(&error))?;
            let id = item.get("store").and_then(|id| id.as_s().ok());
            ids.extend(id.and_then(|id| StoreId::parse(id).ok()));
        }
        ids.sort();
        Ok(ids)
    }
}
