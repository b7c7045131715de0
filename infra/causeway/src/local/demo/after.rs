//! What comes after the orders: merchants cancel and refund, buyers send back, the warehouse works.

use super::broken::Break;
use super::ledger::Ledger;
use super::sandbox::Sandbox;
use super::script::{Role, Script};
use super::{Args, books, clock, play, settle};
use crate::local::stack::Stack;
use crate::local::steps::Step;
use crate::report::Failure;

/// Plays it and says what went wrong on the way.
pub async fn after(
    stack: &Stack,
    sandbox: &Sandbox,
    ledger: &Ledger,
    script: &Script,
    args: &Args,
) -> Result<Vec<String>, Failure> {
    disturb(sandbox, args.broken).await?;
    let text = "merchants cancel, refund and take back";
    let seed = args.seed.wrapping_add(1);
    let played = play::play(sandbox, &script.later, seed, args.broken, text).await?;
    let mut problems = played.problems();
    problems.extend(
        settle(stack, ledger, script, args, "what comes after the orders ends or waits").await?,
    );
    problems.extend(waits_for_goods(sandbox, script).await?);

    let step = Step::begin("the warehouse sends what is open and takes back what came");
    let back = sandbox.warehouse("returns", None).await?;
    let sent = sandbox.warehouse("deliveries", None).await?;
    step.done_with(&format!("{sent} sent, {back} returns"));
    let step = Step::begin("a quarter of an hour passes for whoever waits");
    let nudged = clock::quarter_of_an_hour(stack).await?;
    step.done_with(&format!("{nudged} looked at again"));
    problems
        .extend(settle(stack, ledger, script, args, "what waited for the warehouse ends").await?);
    Ok(problems)
}

/// Nothing is credited before the goods are back.
async fn waits_for_goods(sandbox: &Sandbox, script: &Script) -> Result<Vec<String>, Failure> {
    let mut origins = Vec::new();
    for order in script.orders.iter().filter(|order| order.role == Role::Returned) {
        origins.push(sandbox.origin(&order.store, &order.id).await?);
    }
    let odoo = sandbox.odoo_state().await?;
    Ok(books::too_early(&odoo, origins.iter().map(String::as_str)))
}

async fn disturb(sandbox: &Sandbox, broken: Option<Break>) -> Result<(), Failure> {
    let on = |fault: &str, model: &str, method: &str| serde_json::json!({"fault": fault, "model": model, "method": method, "times": 1, "after": 1});
    let rules = [
        on("too_many_requests", "account.move", "load"),
        on("unavailable", "account.move", "action_post"),
        on("lost_race", "account.move", "load"),
    ];
    let switches = serde_json::json!({"ignore_pins": broken == Some(Break::Pins)});
    sandbox.odoo_faults(&serde_json::json!({"rules": rules, "switches": switches})).await
}
