//! Taking one protection away, from the outside: the functions that run are the ones that are
//! shipped and know nothing of this, so nothing of it can be switched on anywhere else.
//!
//! - dedupe: the memory of event ids is emptied all the time;
//! - lease: leases are taken off the rows all the time, and stores answer slowly, so that this happens
//!   to whoever works on an order;
//! - pins: Odoo ignores pinned amounts;
//! - signature: the forger knows the signing secret, which is all that a signature protects.

use super::tables;
use crate::aws::failure;
use crate::local::stack::Stack;
use crate::report::Failure;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A protection that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Break {
    /// Repeated events are recognised.
    Dedupe,
    /// One worker per order.
    Lease,
    /// Exact amounts in Odoo.
    Pins,
    /// Nobody but the store can nudge.
    Signature,
}

/// Whatever keeps taking it away.
pub struct Removed(Option<JoinHandle<()>>);

impl Removed {
    /// Ends it.
    pub fn stop(self) {
        if let Some(task) = self.0 {
            task.abort();
        }
    }
}

/// Begins to take a protection away. Pins and signature are taken away elsewhere.
pub async fn remove(broken: Option<Break>, stack: &Stack) -> Result<Removed, Failure> {
    let client = Client::new(&stack.config().await);
    let tables = tables(stack)?;
    let task = match broken {
        Some(Break::Dedupe) => tokio::spawn(async move {
            loop {
                let _ = forget_events(&client, &tables.events).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }),
        Some(Break::Lease) => tokio::spawn(async move {
            loop {
                let _ = take_leases(&client, &tables.rows).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }),
        Some(Break::Pins | Break::Signature) | None => return Ok(Removed(None)),
    };
    Ok(Removed(Some(task)))
}

async fn keys(client: &Client, table: &str, held: bool) -> Result<Vec<AttributeValue>, Failure> {
    let mut scan = client.scan().table_name(table);
    if held {
        scan = scan
            .filter_expression("attribute_exists(#owner)")
            .expression_attribute_names("#owner", "owner");
    }
    let mut found = Vec::new();
    let mut items = scan.into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item.map_err(|error| failure("scan", &error))?;
        found.extend(item.get("pk").cloned());
    }
    Ok(found)
}

async fn forget_events(client: &Client, table: &str) -> Result<(), Failure> {
    for key in keys(client, table, false).await? {
        let deleted = client.delete_item().table_name(table).key("pk", key).send().await;
        deleted.map_err(|error| failure("delete", &error))?;
    }
    Ok(())
}

async fn take_leases(client: &Client, table: &str) -> Result<(), Failure> {
    for key in keys(client, table, true).await? {
        let taken = client
            .update_item()
            .table_name(table)
            .key("pk", key)
            .update_expression("REMOVE lease_until, #owner")
            .condition_expression("attribute_exists(#owner)")
            .expression_attribute_names("#owner", "owner")
            .send()
            .await;
        // Given back in the meantime: the condition fails.
        drop(taken);
    }
    Ok(())
}
