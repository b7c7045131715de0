//! Buyers' banks take payments back, then every processor pays out: told by webhook, found by the scheduled
//! look, or put as a file into the bucket, and all of it more than once.

use super::Args;
use super::books::invoiced;
use super::check::{list, sold};
use super::clock;
use super::ledger::Ledger;
use super::play;
use super::sandbox::{Delivery, Sandbox};
use super::script::{Role, Script};
use crate::local::stack::Stack;
use crate::local::steps::Step;
use crate::report::Failure;
use bytes::Bytes;
use http::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What a processor did, as the sandbox's control tells it.
#[derive(Deserialize)]
struct PaidOut {
    account: String,
    /// Name and content of its report.
    file: Option<(String, String)>,
    deliveries: Vec<Delivery>,
}

/// Plays it and says what went wrong on the way.
pub async fn payouts(
    stack: &Stack,
    sandbox: &Sandbox,
    ledger: &Ledger,
    script: &Script,
    args: &Args,
) -> Result<Vec<String>, Failure> {
    let mut problems = charge_back(sandbox, script).await?;
    let text = "what the buyers' banks took back is booked";
    problems.extend(settle(stack, sandbox, ledger, args, text).await?);

    let step = Step::begin("five processors pay out, and tell it twice");
    let body = json!({"without": forged(script)});
    let paid = sandbox.control("payouts", body).await?;
    let paid: Vec<PaidOut> =
        serde_json::from_value(paid.get("payouts").cloned().unwrap_or_default())
            .map_err(|error| Failure::new(format!("what was paid out: {error}")))?;
    for one in &paid {
        problems.extend(tell(stack, sandbox, one, 1).await?);
    }
    let found = look(stack).await?;
    step.done_with(&format!("{} payouts, {found} found by looking", paid.len()));
    let text = "every payout is booked";
    problems.extend(settle(stack, sandbox, ledger, args, text).await?);
    for one in &paid {
        problems.extend(tell(stack, sandbox, one, 2).await?);
    }
    look(stack).await?;
    let text = "payouts that are told again change nothing";
    problems.extend(settle(stack, sandbox, ledger, args, text).await?);
    Ok(problems)
}

/// Orders that nobody paid for in truth.
fn forged(script: &Script) -> Vec<(&str, &str)> {
    let forged = script.orders.iter().filter(|order| order.role == Role::Forged);
    forged.map(|order| (order.store.as_str(), order.id.as_str())).collect()
}

/// One payment at each processor that tells of disputes: of an order that is invoiced and whose shop gave
/// nothing back of it.
async fn charge_back(sandbox: &Sandbox, script: &Script) -> Result<Vec<String>, Failure> {
    let step = Step::begin("two buyers have their banks take a payment back");
    let odoo = sandbox.odoo_state().await?;
    let forged = forged(script);
    let mut candidates = Vec::new();
    for store in &sandbox.stores {
        for order in sold(&sandbox.store_state(store).await?) {
            let plain = order.refunds.is_empty() && invoiced(&odoo, &order.origin);
            if plain && !forged.contains(&(store.store.as_str(), order.id.as_str())) {
                candidates.push((store.store.clone(), order.id));
            }
        }
    }
    let mut problems = Vec::new();
    for account in sandbox.accounts.iter().filter(|one| one.tells_disputes()) {
        let body = json!({"account": account.account, "orders": candidates});
        let told = sandbox.control("dispute", body).await?;
        for delivery in list(&told, "deliveries") {
            let delivery = Delivery::deserialize(delivery).map_err(Failure::new)?;
            let what = format!("a chargeback of {}", account.account);
            problems.extend(three_times(sandbox, &delivery, &what).await?);
        }
    }
    step.done();
    Ok(problems)
}

/// Delivers it and twice again. A repeated event of Stripe is recognised by its id; the ones of Adyen are
/// always answered alike.
async fn three_times(
    sandbox: &Sandbox,
    delivery: &Delivery,
    what: &str,
) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for time in 0..3 {
        let (status, text) = play::send(sandbox, delivery).await?;
        if !(200..300).contains(&status) {
            problems.push(format!("{what} was answered {status} {text}"));
        }
        let repeated = time > 0 && delivery.url.contains("/stripe/");
        if repeated && text != "duplicate" {
            problems.push(format!("{what}, repeated, was not recognised and queued again"));
        }
    }
    Ok(problems)
}

/// Tells of a payout: by webhook the first time, by a file every time.
async fn tell(
    stack: &Stack,
    sandbox: &Sandbox,
    paid: &PaidOut,
    time: u32,
) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for delivery in paid.deliveries.iter().filter(|_| time == 1) {
        let what = format!("a payout of {}", paid.account);
        problems.extend(three_times(sandbox, delivery, &what).await?);
    }
    if let Some((name, text)) = &paid.file {
        put(stack, sandbox, &format!("{}/{name}", paid.account), text).await?;
    }
    Ok(problems)
}

/// Puts a file into the bucket of the stack, as a processor's transfer does.
async fn put(stack: &Stack, sandbox: &Sandbox, key: &str, text: &str) -> Result<(), Failure> {
    let url = format!("{}/{}/{key}", stack.endpoint, stack.output("SettlementsBucket")?);
    let request = Request::builder()
        .method(Method::PUT)
        .uri(&url)
        .body(Bytes::from(text.to_owned()))
        .map_err(Failure::new)?;
    let answer = sandbox.http.send(request, Duration::from_secs(20)).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Failure::new(format!("putting {key} into the bucket: {}", answer.status())))
}

/// The look that the schedule takes every hour; how many payouts it found.
async fn look(stack: &Stack) -> Result<u64, Failure> {
    let answer = clock::invoke(stack, "SettlementImportFunction", &json!({"task": "poll"})).await?;
    answer
        .get("nudged")
        .and_then(Value::as_u64)
        .ok_or_else(|| Failure::new(format!("the look at the payouts answered {answer}")))
}

/// Waits until nothing of the accounts is open; names what has not ended well.
async fn settle(
    stack: &Stack,
    sandbox: &Sandbox,
    ledger: &Ledger,
    args: &Args,
    text: &str,
) -> Result<Vec<String>, Failure> {
    let step = Step::begin(text);
    let began = Instant::now();
    let mut calm = 0;
    loop {
        let mut rows = Vec::new();
        for account in &sandbox.accounts {
            rows.extend(ledger.rows_of(&account.account).await?);
        }
        let open = rows.iter().filter(|row| !super::ledger::ended(row)).count();
        step.now(&format!("{open} of {} open", rows.len()));
        let quiet = ledger.quiet().await?;
        calm = if open == 0 && quiet { calm + 1 } else { 0 };
        let late = began.elapsed() > args.patience();
        if calm >= 3 || late {
            let well = |row: &&causeway_ledger::Row| super::ledger::awaited(row).is_some();
            let wrong = rows.iter().filter(|row| !well(row)).map(|row| {
                let state = format!("{:?}", row.state).to_lowercase();
                let reason = row.reason.as_deref().unwrap_or("no reason noted");
                format!("{} {} is {state}: {reason}", row.key.store, row.key.subject)
            });
            step.done_with(&format!("{} subjects", rows.len()));
            return Ok(wrong.collect());
        }
        if open > 0 && quiet {
            clock::sweep(stack).await?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
