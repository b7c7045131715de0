//! `causeway attention`: the questions that only a person can decide.

use crate::report::{Answer, Failure, Outcome, Show, json, table};
use causeway_aws::{Clients, Environment};
use causeway_domain::StoreId;
use causeway_ledger::dynamodb::DynamoLedger;
use causeway_ledger::{AttentionItem, Ledger as _, RowKey};

const AFTER: &str = "\
Examples:
  causeway attention list                              what waits for a person, oldest first
  causeway attention list --store acme-eu --json
  causeway attention settle --store acme-eu --order 1001
Mend the cause that an item names, then `causeway order project` does the order now; a success settles its item by
itself. `settle` removes an item that needs nothing more. Tables come from the variables CAUSEWAY_*_TABLE.
Exit code of `list`: 0 if nothing waits, 1 if something does.";

/// What can be done with questions for a person.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show what waits for a person.
    #[command(after_help = AFTER)]
    List(List),
    /// Remove an item that needs nothing more.
    #[command(after_help = AFTER)]
    Settle(Settle),
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub struct List {
    /// Only this store.
    #[arg(long)]
    store: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// Arguments of `settle`.
#[derive(clap::Args)]
pub struct Settle {
    /// The store's id.
    #[arg(long)]
    store: String,
    /// The platform's id of the order.
    #[arg(long)]
    order: String,
}

/// Runs the verb.
pub async fn run(verb: Verb, show: Show) -> Outcome {
    let tables = Environment::read().map_err(Failure::new)?.tables;
    let ledger = DynamoLedger::new(Clients::new(&crate::aws::config().await).dynamodb, tables);
    match verb {
        Verb::List(args) => list(&ledger, &args, show).await,
        Verb::Settle(args) => settle(&ledger, &args).await,
    }
}

async fn list(ledger: &DynamoLedger, args: &List, show: Show) -> Outcome {
    let store = args.store.as_deref().map(store_id).transpose()?;
    let mut items = ledger.attention(store.as_ref(), args.limit).await.map_err(Failure::new)?;
    // The payload is the order with its persons: it is not for a terminal.
    items.iter_mut().for_each(|item| item.payload = None);
    match show {
        Show::Json => json(&items)?,
        Show::Text => print(&items),
    }
    Ok(Answer::from(items.is_empty()))
}

fn print(items: &[AttentionItem]) {
    if items.is_empty() {
        println!("nothing waits for a person");
        return;
    }
    let mut table = table(["since", "store", "order", "what is wrong", "what to do"]);
    for item in items {
        table.add_row([
            item.raised_at.to_string(),
            item.key.store.to_string(),
            item.number.clone().unwrap_or_else(|| item.key.subject.clone()),
            item.reason.clone(),
            item.fix.clone(),
        ]);
    }
    println!("{table}");
}

async fn settle(ledger: &DynamoLedger, args: &Settle) -> Outcome {
    let key = RowKey { store: store_id(&args.store)?, subject: format!("order/{}", args.order) };
    ledger.settle(&key).await.map_err(Failure::new)?;
    println!("settled {} {}", key.store, key.subject);
    Ok(Answer::Yes)
}

fn store_id(text: &str) -> Result<StoreId, Failure> {
    StoreId::parse(text).map_err(|bad| Failure::new(format!("{bad:?} is no store id")))
}
