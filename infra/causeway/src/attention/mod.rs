//! `causeway attention`: the questions that only a person can decide, and what waits.

mod list;
mod settle;
mod waiting;

use crate::report::{Failure, Outcome, Show};
use causeway_aws::{Clients, Environment};
use causeway_domain::StoreId;
use causeway_ledger::RowKey;

/// What can be done with questions for a person.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show what waits for a person.
    #[command(after_help = list::AFTER)]
    List(Which),
    /// Remove items that need nothing more.
    #[command(after_help = settle::AFTER)]
    Settle(settle::Settle),
    /// Look at subjects again now: after mending what an item, a wait or a dead letter names.
    #[command(after_help = settle::AFTER_REPLAY)]
    Replay(settle::Replay),
    /// Show what waits for something else than a person, for what, and since when.
    #[command(after_help = waiting::AFTER)]
    Waiting(Which),
}

/// What is shown.
#[derive(clap::Args)]
pub struct Which {
    /// Only this store or account.
    #[arg(long)]
    store: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// Runs the verb.
pub async fn run(verb: Verb, show: Show) -> Outcome {
    let stack = Environment::read().map_err(|missing| {
        Failure::new(format!("{missing}; their values are the stack's outputs"))
    })?;
    let clients = Clients::new(&crate::aws::config().await);
    let ledger = clients.ledger(stack.tables);
    let queue = clients.queue(stack.queues);
    match verb {
        Verb::List(args) => list::list(&ledger, &args, show).await,
        Verb::Settle(args) => settle::settle(&ledger, &queue, &args, show).await,
        Verb::Replay(args) => settle::replay(&ledger, &queue, &args, show).await,
        Verb::Waiting(args) => waiting::waiting(&ledger, &args, show).await,
    }
}

fn store_id(text: &str) -> Result<StoreId, Failure> {
    StoreId::parse(text).map_err(|bad| Failure::new(format!("{bad:?} is no store id")))
}

/// A key as `list` and `waiting` print it.
fn key(text: &str) -> Result<RowKey, String> {
    let wrong = || {
        format!("{text:?} is no key: it is STORE/KIND/ID as `causeway attention list` prints it")
    };
    RowKey::parse(text).filter(|key| key.subject.contains('/')).ok_or_else(wrong)
}
