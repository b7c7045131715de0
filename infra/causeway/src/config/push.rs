//! `causeway config push`.

use crate::aws;
use crate::report::{Answer, Failure, Outcome, Show, json, table};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use causeway_aws::{SettingsTable, SystemClock};
use causeway_domain::StoreId;
use causeway_flows::config::Environment;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub const AFTER: &str = "\
Examples:
  causeway config push --config causeway.toml --table causeway-StoresTable-1ABC --dry-run
  CAUSEWAY_STORES_TABLE=causeway-StoresTable-1ABC causeway config push --config causeway.toml
The table's name is the stack's output StoresTable. Region and credentials come from where the AWS
tools take them (AWS_PROFILE, AWS_REGION, ...). Exit code 2 if the file has problems.";

/// Arguments of `causeway config push`.
#[derive(clap::Args)]
pub struct Args {
    /// The file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The table; the stack's output StoresTable.
    #[arg(long, env = "CAUSEWAY_STORES_TABLE", value_name = "NAME")]
    pub table: String,
    /// Show what would change and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Remove stores from the table that the file does not have. Their webhooks are answered 404.
    #[arg(long)]
    pub prune: bool,
}

/// What pushing means for one store or account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The table does not have it.
    Added,
    /// The table has another one; names what differs.
    Changed { settings: Vec<String> },
    /// The table has the same.
    Unchanged,
    /// Only the table has it.
    Removed,
    /// Only the table has it, and it stays (no `--prune`).
    Unlisted,
}

impl Change {
    fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed { .. } => "changed",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
            Self::Unlisted => "only in the table (--prune removes it)",
        }
    }
}

/// Pushes a file.
pub async fn push(args: &Args, show: Show) -> Outcome {
    let environment = super::environment(&args.config)?;
    let client = aws_sdk_dynamodb::Client::new(&aws::config().await);
    let changes = apply(&client, &args.table, &environment, args.prune, args.dry_run).await?;
    match show {
        Show::Json => json(&serde_json::json!({ "dry_run": args.dry_run, "stores": changes }))?,
        Show::Text => print(&changes, args.dry_run),
    }
    Ok(Answer::Yes)
}

/// Brings the table to the state of the environment and says what that meant, by store.
pub async fn apply(
    client: &Client,
    name: &str,
    environment: &Environment,
    prune: bool,
    dry_run: bool,
) -> Result<BTreeMap<String, Change>, Failure> {
    let stored = stored(client, name).await?;
    let wanted = wanted(environment)?;
    let ids: BTreeSet<&String> = stored.keys().chain(wanted.keys()).collect();
    let mut changes = BTreeMap::new();
    for id in ids {
        let change = change(stored.get(id), wanted.get(id), prune);
        if !dry_run {
            write(client, name, id, &change, wanted.get(id)).await?;
        }
        changes.insert(id.clone(), change);
    }
    Ok(changes)
}

fn wanted(environment: &Environment) -> Result<BTreeMap<String, Value>, Failure> {
    let stores = environment
        .documents()
        .into_iter()
        .map(|document| (document.id.as_str().to_owned(), serde_json::to_value(&document)));
    let accounts = environment
        .account_documents()
        .into_iter()
        .map(|document| (document.id.as_str().to_owned(), serde_json::to_value(&document)));
    stores.chain(accounts).map(|(id, value)| Ok((id, value.map_err(Failure::new)?))).collect()
}

async fn stored(client: &Client, name: &str) -> Result<BTreeMap<String, Value>, Failure> {
    let mut found = BTreeMap::new();
    let mut pages =
        client.scan().table_name(name).consistent_read(true).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        let item = item.map_err(|error| aws::failure("reading the configuration table", &error))?;
        let text = |field: &str| item.get(field).and_then(|value| value.as_s().ok()).cloned();
        if let Some(store) = text("store") {
            // An unreadable document is one that differs from ours.
            let document = text("document").and_then(|json| serde_json::from_str(&json).ok());
            found.insert(store, document.unwrap_or(Value::Null));
        }
    }
    Ok(found)
}

fn change(stored: Option<&Value>, wanted: Option<&Value>, prune: bool) -> Change {
    match (stored, wanted) {
        (None, _) => Change::Added,
        (Some(_), None) if prune => Change::Removed,
        (Some(_), None) => Change::Unlisted,
        (Some(old), Some(new)) if old == new => Change::Unchanged,
        (Some(old), Some(new)) => {
            let mut settings = Vec::new();
            differences("", old, new, &mut settings);
            Change::Changed { settings }
        }
    }
}

/// Paths at which two documents differ.
fn differences(path: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let side = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or(Value::Null)
                };
                differences(&below, &side(old), &side(new), found);
            }
        }
        (old, new) if old == new => {}
        (_, _) => {
            found.push(if path.is_empty() { "everything".to_owned() } else { path.to_owned() })
        }
    }
}

async fn write(
    client: &Client,
    name: &str,
    store: &str,
    change: &Change,
    wanted: Option<&Value>,
) -> Result<(), Failure> {
    match change {
        Change::Added | Change::Changed { .. } => {
            let id = StoreId::parse(store).map_err(Failure::new)?;
            let document = wanted.map(Value::to_string).unwrap_or_default();
            let table = SettingsTable::new(client.clone(), name.to_owned(), SystemClock);
            table.push(&id, &document).await.map_err(Failure::new)?;
        }
        Change::Removed => {
            client
                .delete_item()
                .table_name(name)
                .key("store", AttributeValue::S(store.to_owned()))
                .send()
                .await
                .map_err(|error| aws::failure(&format!("removing store {store}"), &error))?;
        }
        Change::Unchanged | Change::Unlisted => {}
    }
    Ok(())
}

fn print(changes: &BTreeMap<String, Change>, dry_run: bool) {
    let mut lines = table(["store", "change", "settings"]);
    for (store, change) in changes {
        let settings = match change {
            Change::Changed { settings } => settings.join("\n"),
            Change::Added | Change::Unchanged | Change::Removed | Change::Unlisted => String::new(),
        };
        lines.add_row([store.as_str(), change.word(), settings.as_str()]);
    }
    println!("{lines}");
    if dry_run {
        println!("dry run: nothing was written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_names_the_settings_that_differ() {
        let old = json!({"store": {"company": 1, "order": {"team": 1}}, "odoo": {"url": "a"}});
        let new = json!({"store": {"company": 2, "order": {"team": 1}}, "odoo": {}});
        let settings = vec!["odoo.url".to_owned(), "store.company".to_owned()];
        assert_eq!(change(Some(&old), Some(&new), false), Change::Changed { settings });
        assert_eq!(change(Some(&old), Some(&old.clone()), false), Change::Unchanged);
        assert_eq!(change(None, Some(&new), false), Change::Added);
    }

    #[test]
    fn a_store_that_the_file_lacks_is_removed_only_on_demand() {
        let old = json!({});
        assert_eq!(change(Some(&old), None, false), Change::Unlisted);
        assert_eq!(change(Some(&old), None, true), Change::Removed);
    }
}
