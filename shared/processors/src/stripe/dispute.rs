//! Disputes, and refunds that failed.

use causeway_domain::{Dispute, DisputeId, Fault, Money, Movement, MovementKind, Stage};
use causeway_platforms::Answer;
use causeway_platforms::answer::{body, json, unreadable};
use serde::Deserialize;

use super::api::{Charge, Expandable, Intent, Transaction, get, money, order_in, time};
use super::settings::{self, Settings};
use crate::processor::{AccountContext, FetchDispute};
use crate::request::fits;

const WHAT: &str = "stripe dispute";
const REFUND: &str = "stripe refund";

#[derive(Deserialize)]
struct Document {
    id: String,
    amount: i64,
    currency: String,
    charge: Expandable<Charge>,
    #[serde(default)]
    payment_intent: Option<Expandable<Intent>>,
    created: i64,
    status: String,
    balance_transactions: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    charge: Option<Expandable<Charge>>,
    #[serde(default)]
    status: Option<String>,
}

pub(super) fn next(
    cx: &AccountContext<'_>,
    id: &DisputeId,
    answers: &[Answer],
) -> Result<FetchDispute, Fault> {
    let settings = settings::read(cx.connection)?;
    if !fits(id.as_str()) {
        return Err(Fault::reject(
            format!("{id} is not an id of a Stripe dispute"),
            "use the dispute id as Stripe gives it (dp_...)",
        ));
    }
    let refund = ["re_", "pyr_"].iter().any(|prefix| id.as_str().starts_with(prefix));
    let Some(answer) = answers.first() else {
        let (name, path) = if refund {
            (REFUND, format!("/v1/refunds/{id}"))
        } else {
            (WHAT, format!("/v1/disputes/{id}?expand[]=charge"))
        };
        return Ok(FetchDispute::Ask(vec![get(cx, &settings, name, &path)?]));
    };
    let what = if refund { REFUND } else { WHAT };
    let Some(bytes) = body(&cx.connection.account, what, answer)? else {
        return Ok(FetchDispute::Gone);
    };
    if refund {
        return Err(failed_refund(id, &json(what, bytes)?));
    }
    let document: Document = json(what, bytes)?;
    if document.id != id.as_str() {
        return Err(unreadable(what, format!("asked for {id}, got another dispute")));
    }
    read(&settings, &document).map(|dispute| FetchDispute::Found(Box::new(dispute)))
}

fn failed_refund(id: &DisputeId, refund: &Refund) -> Fault {
    if refund.id != id.as_str() {
        return unreadable(REFUND, format!("asked for {id}, got another refund"));
    }
    if refund.status.as_deref() != Some("failed") {
        return Fault::skip(format!("refund {id} has not failed"));
    }
    let amount = match money(REFUND, refund.amount, &refund.currency) {
        Ok(amount) => amount,
        Err(fault) => return fault,
    };
    let charge = refund.charge.as_ref().map_or("unknown", Expandable::<Charge>::id);
    Fault::reject(
        format!(
            "the refund {id} of {amount} for the charge {charge} failed, the customer has no money"
        ),
        "pay the customer another way; the failed amount comes back with a later payout",
    )
}

fn read(settings: &Settings, document: &Document) -> Result<Dispute, Fault> {
    let mut moved: Vec<&Transaction> = document.balance_transactions.iter().collect();
    // A withdrawal and its reinstatement may carry the same second.
    moved.sort_by_key(|transaction| (transaction.created, transaction.amount > 0));
    let movements: Vec<Movement> = moved.into_iter().map(movement).collect::<Result<_, Fault>>()?;
    let balance = movements.first().map(|movement| movement.fee.currency());
    let amount = money(WHAT, document.amount, &document.currency)?;
    let fee = Money::sum(
        movements.iter().map(|movement| movement.fee),
        balance.unwrap_or(amount.currency()),
    )
    .map_err(|error| unreadable(WHAT, error))?;
    let order_reference = match &document.charge {
        Expandable::Object(charge) => order_in(charge.metadata.as_ref(), settings),
        Expandable::Id(_) => None,
    };
    Ok(Dispute {
        id: DisputeId::new(&document.id),
        payment: document.charge.id().to_owned(),
        also: document.payment_intent.iter().map(|one| one.id().to_owned()).collect(),
        order_reference,
        amount,
        fee,
        stage: stage(&movements, &document.status),
        movements,
        occurred_at: time(WHAT, document.created)?,
    })
}

/// Where the money is; the status only tells a lost dispute from one that goes on. A dispute is won
/// once the money is back, not when Stripe says so: `funds_reinstated` nudges again.
fn stage(movements: &[Movement], status: &str) -> Stage {
    let moved = movements.iter().rfind(|movement| !movement.amount.is_zero());
    match moved.map(|movement| movement.kind) {
        None => Stage::Inquiry,
        Some(MovementKind::Reinstatement) => Stage::Won,
        Some(MovementKind::Withdrawal) if status == "lost" => Stage::Lost,
        Some(MovementKind::Withdrawal) => Stage::Withdrawn,
    }
}

fn movement(transaction: &Transaction) -> Result<Movement, Fault> {
    let amount = money(WHAT, transaction.amount, &transaction.currency)?;
    let fee = money(WHAT, transaction.fee, &transaction.currency)?;
    // One that is a fee alone is told by its fee.
    let taken = amount.minor() < 0 || (amount.is_zero() && fee.minor() > 0);
    Ok(if taken {
        Movement { kind: MovementKind::Withdrawal, amount: amount.negated(), fee }
    } else {
        Movement { kind: MovementKind::Reinstatement, amount, fee }
    })
}
