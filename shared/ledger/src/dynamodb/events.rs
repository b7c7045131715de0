//! Event ids. They are read and written for every webhook that has one, so the calls are made without the
//! SDK (see `causeway-aws-json`).

use super::DynamoLedger;
use super::item::bounded_pk;
use crate::LedgerError;
use causeway_aws_json::CallError;
use causeway_domain::{EventId, StoreId, Timestamp};
use serde::{Deserialize, Serialize};

/// GetItem and PutItem of the DynamoDB API reference, as far as an event id needs them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetItem<'a> {
    table_name: &'a str,
    key: Key,
    consistent_read: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutItem<'a> {
    table_name: &'a str,
    item: Item,
}

#[derive(Serialize)]
struct Key {
    pk: Text,
}

#[derive(Serialize)]
struct Item {
    pk: Text,
    expires: Number,
}

#[derive(Serialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Number {
    #[serde(rename = "N")]
    digits: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Item")]
    item: Option<Remembered>,
}

#[derive(Deserialize)]
struct Remembered {
    expires: Option<Number>,
}

#[derive(Deserialize)]
struct Written {}

impl DynamoLedger {
    pub(super) async fn read_event(
        &self,
        store: &StoreId,
        event: &EventId,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        const CALL: &str = "GetItem";
        let arguments = GetItem {
            table_name: &self.tables.events,
            key: Key { pk: Text { text: bounded_pk(store, event.as_str()) } },
            consistent_read: true,
        };
        let found: Found =
            self.events.call(CALL, &arguments).await.map_err(|error| failed(CALL, &error))?;
        let Some(expires) = found.item.and_then(|item| item.expires) else { return Ok(false) };
        let expires: i64 = expires.digits.parse().map_err(|_| super::item::corrupt("expires"))?;
        // The TTL deletes within days, not at once: what is expired is decided here.
        Ok(expires > now.as_second())
    }

    pub(super) async fn write_event(
        &self,
        store: &StoreId,
        event: &EventId,
        expires: Timestamp,
    ) -> Result<(), LedgerError> {
        const CALL: &str = "PutItem";
        let arguments = PutItem {
            table_name: &self.tables.events,
            item: Item {
                pk: Text { text: bounded_pk(store, event.as_str()) },
                expires: Number { digits: expires.as_second().to_string() },
            },
        };
        let written = self.events.call(CALL, &arguments).await;
        written.map(|Written {}| ()).map_err(|error| failed(CALL, &error))
    }
}

fn failed(call: &str, error: &CallError) -> LedgerError {
    LedgerError::Unavailable(format!("DynamoDB {call}: {error}"))
}
