//! `causeway local demo`: a sale day in small, and an independent check of what it came to.

mod after;
mod books;
mod broken;
mod check;
mod clock;
mod ledger;
mod payouts;
mod play;
mod point_of_sale;
mod processors;
mod roles;
mod sandbox;
mod script;
mod settled;
mod verdict;

use super::place::Place;
use super::stack::Stack;
use super::steps::Step;
use super::{down, up};
use crate::report::{Answer, Failure, Outcome, Show};
use broken::Break;
use ledger::Ledger;
use sandbox::Sandbox;
use script::Script;
use std::time::{Duration, Instant};

pub const AFTER: &str = "\
Examples:
  causeway local demo
  causeway local demo --keep                   leaves everything running, to look around
  causeway local demo --break pins             must end with exit code 1
Starts everything, plays signed deliveries of five platforms, and of the counter of a Square shop whose sales become
journal entries, with duplicates, reordering, forgeries and disturbances, then cancellations, late fees, refunds and
returns, until every order has ended somewhere and the warehouse has sent and taken back, then two chargebacks and a
payout of each of five payment processors; then compares what the fake Odoo holds with what the stores and the
processors hold, over HTTP and without our own code. Ends with
  demo ok: orders N/N, duplicates 0, lost 0, cents apart 0, refunds N/N, payouts balanced N/N
and exit code 0, or says what is wrong and ends with 1 (also if it did not come to its end).";

/// Arguments of `causeway local demo`.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    up: up::Args,
    /// Take one protection away. The demo must then fail and say what went wrong.
    #[arg(long = "break", value_name = "PROTECTION")]
    broken: Option<Break>,
    /// Plain orders of each store.
    #[arg(long, default_value_t = 9)]
    orders: u32,
    /// Seed of the invented orders and of the sequence.
    #[arg(long, default_value_t = 20_260_115)]
    seed: u64,
    /// Seconds to wait for orders that do not end.
    #[arg(long, default_value_t = 300)]
    patience: u64,
    /// Leave everything running afterwards.
    #[arg(long)]
    keep: bool,
}

impl Args {
    /// How long something may take to end. What cannot end without its protection is not waited for that long.
    fn patience(&self) -> Duration {
        Duration::from_secs(match self.broken {
            Some(Break::Lease) => self.patience.min(45),
            Some(Break::Dedupe | Break::Pins | Break::Signature) | None => self.patience,
        })
    }
}

/// Runs the demo and cleans up after it, whatever happens.
pub async fn demo(args: &Args, show: Show) -> Outcome {
    if args.up.config.is_some() {
        return Err(Failure::new(
            "the demo plays invented orders on invented stores; for real ones use `causeway local up --config`",
        ));
    }
    let place = args.up.place()?;
    // Whatever runs already is not ours to stop afterwards.
    up::refuse_if_up(&place)?;
    let outcome = tokio::select! {
        outcome = run(&place, args, show) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::new("interrupted")),
    };
    // Whatever keeps the demo from its last line is a no.
    let outcome = outcome.or_else(|failure| {
        eprintln!("causeway: {failure}");
        println!("demo FAILED: it did not come to its end");
        Ok(Answer::No)
    });
    if args.keep {
        eprintln!(
            "left running; logs in {}; `causeway local down` stops it",
            place.folder().display()
        );
    } else {
        let step = Step::begin("everything is stopped");
        let well = matches!(outcome, Ok(Answer::Yes));
        down::stop(&place, well)?;
        step.done();
        if !well {
            eprintln!("  logs stay in {}", place.folder().display());
        }
    }
    outcome
}

async fn run(place: &Place, args: &Args, show: Show) -> Outcome {
    let stack = up::start(place, &args.up).await?;
    let sandbox = Sandbox::find(&stack).await?;
    let ledger = Ledger::of(&stack).await?;
    let script = script::write(&sandbox, args.orders, args.seed).await?;
    disturb(&sandbox, args.broken).await?;
    let removed = broken::remove(args.broken, &stack).await?;
    let text = "webhooks are delivered";
    let played = play::play(&sandbox, &script.chains, args.seed, args.broken, text).await?;
    let mut problems = played.problems();
    let open = settle(&stack, &ledger, &script, args, "every order ends somewhere").await?;
    problems.extend(deliver_missing_product(&sandbox, &ledger, &script).await?);
    let late =
        settle(&stack, &ledger, &script, args, "the missing product is there, its order ends")
            .await?;
    // Where orders are stuck there is nothing to refund.
    if open.is_empty() && late.is_empty() {
        problems.extend(after::after(&stack, &sandbox, &ledger, &script, args).await?);
        problems.extend(payouts::payouts(&stack, &sandbox, &ledger, &script, args).await?);
    }
    problems.extend(if open.is_empty() { late } else { open });
    removed.stop();
    let verdict = verdict::reach(&stack, &sandbox, &ledger, &script, problems).await?;
    verdict.show(show, args.broken)?;
    Ok(Answer::from(verdict.ok()))
}

/// What the platforms and Odoo do to us meanwhile.
async fn disturb(sandbox: &Sandbox, broken: Option<Break>) -> Result<(), Failure> {
    let step = Step::begin("platforms and Odoo are told to misbehave for a while");
    let counters = sandbox.points_of_sale.iter().map(|(store, _)| store);
    for store in sandbox.stores.iter().chain(counters) {
        let faults = match store.platform.as_str() {
            // Slower than leases are taken away, so that every worker loses its own.
            _ if broken == Some(Break::Lease) => {
                serde_json::json!({"slow": 100_000, "slow_millis": 1_500})
            }
            "shopify" => serde_json::json!({"too_many": 1, "retry_after": 1, "throttled": 2}),
            "woocommerce" => serde_json::json!({"server_error": 2, "slow": 3, "slow_millis": 400}),
            "magento" => serde_json::json!({"too_many": 2, "retry_after": 1, "drop": 1}),
            "prestashop" => serde_json::json!({"server_error": 1, "truncate": 1}),
            _ => serde_json::json!({"too_many": 1, "retry_after": 2, "server_error": 1}),
        };
        sandbox.store_faults(store, &faults).await?;
    }
    let on = |model: &str, fault: &str| serde_json::json!({"fault": fault, "model": model, "method": "load", "times": 1, "after": 1});
    let on_load = |fault: &str| on("sale.order", fault);
    let faults = serde_json::json!({
        "rules": [on_load("too_many_requests"), on_load("unavailable"), on_load("lost_race"),
            on("account.move", "lost_race"), on("account.move", "unavailable"), on("stock.picking", "unavailable")],
        "switches": {"ignore_pins": broken == Some(Break::Pins)},
    });
    sandbox.odoo_faults(&faults).await?;
    step.done();
    Ok(())
}

/// Waits until every order that was nudged has ended; names those that have not.
async fn settle(
    stack: &Stack,
    ledger: &Ledger,
    script: &Script,
    args: &Args,
    text: &str,
) -> Result<Vec<String>, Failure> {
    let step = Step::begin(text);
    let began = Instant::now();
    let mut calm = 0;
    loop {
        let open = ledger.open(script).await?;
        step.now(&format!("{} of {} open", open.len(), script.nudged().count()));
        // Calm twice in a row. A nudge that found its row taken stays in the queue for a while: then calm
        // for some seconds is enough, as a message in flight shows up as an open row in between.
        let quiet = open.is_empty() && ledger.quiet().await?;
        calm = if open.is_empty() { calm + if quiet { 4 } else { 1 } } else { 0 };
        if calm >= 8 {
            step.done_with(&format!("{} orders", script.nudged().count()));
            return Ok(Vec::new());
        }
        if began.elapsed() > args.patience() {
            step.done_with(&format!("{} have not", open.len()));
            return Ok(open);
        }
        // Whoever was nudged while somebody worked on it is left to the sweep, a minute later at most.
        if !open.is_empty() && ledger.quiet().await? {
            clock::sweep(stack).await?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The merchant creates the product that was missing and the store sends the order once more.
async fn deliver_missing_product(
    sandbox: &Sandbox,
    ledger: &Ledger,
    script: &Script,
) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for order in script.orders.iter().filter(|order| order.role == script::Role::UnknownSku) {
        let row = ledger.row(order).await?;
        let named = row.and_then(|row| row.reason).unwrap_or_default();
        if named.contains(script::UNKNOWN_SKU) {
            eprintln!("  order {} of {} waits: {named}", order.id, order.store);
        } else {
            problems.push(format!(
                "order {} of {} does not wait for its SKU by name",
                order.id, order.store
            ));
        }
        sandbox.add_product(script::UNKNOWN_SKU).await?;
        let act = script::Act::deliver(order, "updated", "sent");
        problems.extend(play::play_one(sandbox, &act).await?.problems());
    }
    Ok(problems)
}

/// The stack's ledger tables, webhooks and queues are only on this machine.
fn tables(stack: &Stack) -> Result<causeway_ledger::dynamodb::Tables, Failure> {
    Ok(causeway_ledger::dynamodb::Tables {
        rows: stack.output("RowsTable")?.to_owned(),
        events: stack.output("EventsTable")?.to_owned(),
        links: stack.output("LinksTable")?.to_owned(),
        attention: stack.output("AttentionTable")?.to_owned(),
    })
}
