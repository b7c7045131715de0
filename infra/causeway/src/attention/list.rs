//! `causeway attention list`.

use super::{Which, store_id};
use crate::report::{Answer, Failure, Outcome, Show, json, table};
use causeway_domain::Timestamp;
use causeway_ledger::{AttentionItem, Ledger};
use serde::Serialize;

pub const AFTER: &str = "\
Examples:
  causeway attention list                              what waits for a person, oldest first
  causeway attention list --store acme-eu --json
Mend the cause that an item names; then `causeway attention replay KEY` looks again at once, and a success removes
the item by itself. `causeway attention settle KEY` removes one that needs nothing more. An item
is forgotten 90 days after it was last asked. Tables come from the variables CAUSEWAY_*, whose values are the
stack's outputs.
Exit code: 0 nothing waits for a person, 1 something does, 2 it could not be asked.";

/// An item without its payload: that is the order with its persons, and not for a terminal.
#[derive(Serialize)]
struct Shown {
    key: String,
    raised_at: Timestamp,
    number: Option<String>,
    reason: String,
    fix: String,
    expires_at: Timestamp,
}

impl From<AttentionItem> for Shown {
    fn from(item: AttentionItem) -> Self {
        let AttentionItem { key, raised_at, number, reason, fix, payload: _, expires_at } = item;
        Self { key: key.to_string(), raised_at, number, reason, fix, expires_at }
    }
}

/// Lists open items.
pub async fn list(ledger: &impl Ledger, args: &Which, show: Show) -> Outcome {
    let store = args.store.as_deref().map(store_id).transpose()?;
    let items = ledger.attention(store.as_ref(), args.limit).await.map_err(Failure::new)?;
    let items: Vec<Shown> = items.into_iter().map(Shown::from).collect();
    match show {
        Show::Json => json(&items)?,
        Show::Text => print(&items),
    }
    Ok(Answer::from(items.is_empty()))
}

fn print(items: &[Shown]) {
    if items.is_empty() {
        println!("nothing waits for a person");
        return;
    }
    let mut table = table(["since", "key", "number", "what is wrong", "what to do"]);
    for item in items {
        table.add_row([
            item.raised_at.to_string(),
            item.key.clone(),
            item.number.clone().unwrap_or_default(),
            item.reason.clone(),
            item.fix.clone(),
        ]);
    }
    println!("{table}");
}
