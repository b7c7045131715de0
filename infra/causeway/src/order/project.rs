//! `causeway order project`.

use super::{Which, store_id};
use crate::report::{Answer, Failure, Outcome, Show, json};
use causeway_aws::{Clients, HttpClient, SecretCache, SqsQueue, SystemClock, random};
use causeway_domain::ports::{Clock as _, Ports, Settings};
use causeway_domain::{Fault, Nudge, NudgeCause, OrderId, StoreId, Subject};
use causeway_flows::config::Environment;
use causeway_flows::{Wired, World as _, project, work};
use causeway_ledger::dynamodb::DynamoLedger;
use causeway_ledger::{Disposition, Ledger as _, Received, Row, RowKey, State};
use causeway_telemetry::Sink;
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub const AFTER: &str = "\
Examples:
  source .local/env && causeway order project --store woo-demo --order 1001 --config .local/environment.toml
  causeway order project --store acme-eu --order 1001 --config causeway.toml
Does what the order-projection function does with one nudge: takes the order's row in the ledger, fetches the
order, brings Odoo there, records it. The stores come from the file; tables and queues from the variables
CAUSEWAY_*_TABLE and CAUSEWAY_*_QUEUE_URL, whose values are the stack's outputs; secrets from Secrets Manager.
Exit code 0: Odoo has the order, or it is none that Odoo should have; the reason says why. 1: it waits, will be tried
again, needs a person, or the platform has no such order.";

/// As long as the function has.
const LIMIT: Duration = Duration::from_secs(170);

/// Arguments of `causeway order project`.
#[derive(clap::Args)]
pub struct Args {
    /// The store's id.
    #[arg(long)]
    store: String,
    /// The platform's id of the order (not the number that people see).
    #[arg(long)]
    order: String,
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// The stores of a file, as the table would hold them.
struct FromFile(HashMap<StoreId, Arc<str>>);

impl Settings for FromFile {
    async fn store(&self, store: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        Ok(self.0.get(store).cloned())
    }
    async fn ids(&self) -> Result<Vec<StoreId>, Fault> {
        Ok(self.0.keys().cloned().collect())
    }
}

/// Log lines go to standard error: the result is for standard output.
struct Stderr;

impl Sink for Stderr {
    fn write(&self, line: &str) {
        eprintln!("{line}");
    }
}

/// How it ended, as the ledger has it.
#[derive(Serialize)]
struct Ended {
    store: String,
    order: String,
    state: Option<State>,
    reason: Option<String>,
    odoo_ids: std::collections::BTreeMap<String, i64>,
    next: String,
}

/// Projects an order now.
pub async fn project(args: &Args, show: Show) -> Outcome {
    let environment = crate::config::environment(&args.config)?;
    let store = store_id(&args.store)?;
    Which::of_store(&args.store).find(&environment, &args.config)?;
    let world = world(&environment).await?;
    let received = received(store, &args.order, world.clock().now());
    let key = RowKey::from(&received.nudge);
    let deadline = world.clock().now() + LIMIT;
    let dispositions = project::project(&world, &[received], deadline).await;
    let row = world.ledger().row(&key).await.map_err(Failure::new)?;
    let ended = ended(args, row, dispositions.first());
    let missing = ended.reason.as_deref() == Some(project::NO_SUCH_ORDER);
    let well = ended.state == Some(State::Done) && !missing;
    match show {
        Show::Json => json(&ended)?,
        Show::Text => print(&ended),
    }
    Ok(Answer::from(well))
}

type AwsWorld =
    Wired<HttpClient, SqsQueue, SecretCache<SystemClock>, FromFile, DynamoLedger, SystemClock>;

async fn world(environment: &Environment) -> Result<AwsWorld, Failure> {
    let stack = causeway_aws::Environment::read().map_err(|missing| {
        Failure::new(format!("{missing}; their values are the stack's outputs"))
    })?;
    let mut documents = HashMap::new();
    for document in environment.documents() {
        let text = serde_json::to_string(&document).map_err(Failure::new)?;
        documents.insert(document.id, Arc::from(text));
    }
    let clients = Clients::new(&crate::aws::config().await);
    let ports = Ports {
        http: HttpClient::new(stack.allow_http),
        queue: clients.queue(stack.queues),
        ledger: clients.ledger(stack.tables),
        secrets: SecretCache::new(clients.secrets, SystemClock),
        settings: FromFile(documents),
        clock: SystemClock,
    };
    Ok(Wired::new(ports, Stderr, random))
}

fn received(store: StoreId, order: &str, now: causeway_domain::Timestamp) -> Received {
    Received {
        nudge: Nudge {
            store,
            subject: Subject::Order(OrderId::new(order)),
            cause: NudgeCause::Operator,
            topic: None,
            event: None,
            occurred_at: None,
            received_at: now,
        },
        message_id: "operator".to_owned(),
        receipt_handle: String::new(),
        receive_count: 1,
        sent_at: None,
    }
}

fn ended(args: &Args, row: Option<Row>, disposition: Option<&Disposition>) -> Ended {
    let next = match disposition {
        Some(Disposition::Done) => "nothing more to do here".to_owned(),
        // No queue drives an operator's nudge; the row's due date does.
        Some(Disposition::RetryAfter(pause)) => {
            format!("the sweep tries it again; earliest in {} s", pause.as_secs())
        }
        Some(Disposition::ToDeadLetter(reason)) => format!("given up: {reason}"),
        None => "unknown".to_owned(),
    };
    Ended {
        store: args.store.clone(),
        order: args.order.clone(),
        state: row.as_ref().map(|row| row.state),
        reason: row.as_ref().and_then(reason),
        odoo_ids: row.map(|row| row.odoo_ids.into_iter().collect()).unwrap_or_default(),
        next,
    }
}

/// Why it is where it is. A row that is done has none of its own, but what came to nothing says why.
fn reason(row: &Row) -> Option<String> {
    let came_to_nothing = || work::skipped_for(row).filter(|_| row.state == State::Done);
    row.reason.clone().or_else(|| came_to_nothing().map(str::to_owned))
}

fn print(ended: &Ended) {
    let mut table = crate::report::table(["order", &format!("{} of {}", ended.order, ended.store)]);
    let state =
        ended.state.map_or("no row".to_owned(), |state| format!("{state:?}").to_lowercase());
    table.add_row(["state", &state]);
    for (step, id) in &ended.odoo_ids {
        table.add_row([format!("Odoo {step}"), id.to_string()]);
    }
    if let Some(reason) = &ended.reason {
        table.add_row(["reason", reason]);
    }
    table.add_row(["next", &ended.next]);
    println!("{table}");
}
