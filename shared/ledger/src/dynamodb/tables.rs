//! The tables, for local use. On AWS `template.yaml` declares the same.

use super::{DUE_INDEX, Tables, unavailable};
use crate::LedgerError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use std::time::Duration;

/// Tries to find a new table active, a tenth of a second apart.
const TRIES: u32 = 300;

/// Creates the four tables with index and TTL and waits until they are active. Tables that exist
/// are left as they are.
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<(), LedgerError> {
    create(client, &tables.rows, true).await?;
    for name in [&tables.events, &tables.links, &tables.attention] {
        create(client, name, false).await?;
    }
    for name in [&tables.rows, &tables.events, &tables.links, &tables.attention] {
        wait_until_active(client, name).await?;
    }
    for name in [&tables.events, &tables.attention] {
        expire(client, name).await?;
    }
    Ok(())
}

async fn create(client: &Client, name: &str, with_due: bool) -> Result<(), LedgerError> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S).map_err(unbuilt)?)
        .key_schema(key("pk", KeyType::Hash).map_err(unbuilt)?);
    if with_due {
        request = request
            .attribute_definitions(attribute("due_shard", ScalarAttributeType::S).map_err(unbuilt)?)
            .attribute_definitions(attribute("due", ScalarAttributeType::N).map_err(unbuilt)?)
            .global_secondary_indexes(due_index().map_err(unbuilt)?);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(CreateTableError::ResourceInUseException(_)) => Ok(()),
            Some(_) | None => Err(unavailable("CreateTable", &error)),
        },
    }
}

fn due_index() -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes("lease_until")
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(DUE_INDEX)
        .key_schema(key("due_shard", KeyType::Hash)?)
        .key_schema(key("due", KeyType::Range)?)
        .projection(projection)
        .build()
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), LedgerError> {
    for _ in 0..TRIES {
        let answer = client
            .describe_table()
            .table_name(name)
            .send()
            .await
            .map_err(|error| unavailable("DescribeTable", &error))?;
        let status = answer.table.and_then(|table| table.table_status);
        if status == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(LedgerError::Unavailable(format!("table {name} did not become active")))
}

async fn expire(client: &Client, name: &str) -> Result<(), LedgerError> {
    let current = client
        .describe_time_to_live()
        .table_name(name)
        .send()
        .await
        .map_err(|error| unavailable("DescribeTimeToLive", &error))?;
    // AWS refuses to enable what is enabled.
    let described = current.time_to_live_description;
    if described.is_some_and(|ttl| ttl.attribute_name.as_deref() == Some("expires")) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build();
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl.map_err(unbuilt)?)
        .send()
        .await
        .map_err(|error| unavailable("UpdateTimeToLive", &error))?;
    Ok(())
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}

fn unbuilt(_: BuildError) -> LedgerError {
    LedgerError::Unavailable("table definition could not be built".to_owned())
}
