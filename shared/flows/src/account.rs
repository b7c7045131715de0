//! An account at a payment processor: its configuration, and what is fetched from it.

use crate::World;
use crate::config::AccountDocument;
use crate::fetch::{Turn, sent};
use crate::receive::account;
use causeway_domain::ports::{Clock as _, Freshness, Secrets as _};
use causeway_domain::{
    Dispute, DisputeId, Fault, Secret, Settlement, SettlementId, StoreId, Timestamp,
};
use causeway_platforms::Answer;
use causeway_processors::{AccountContext, FetchDispute, FetchSettlement, ListPayouts, Processor};

/// A payout of a hundred thousand transactions has a thousand pages; a guard beyond that.
const MAX_ROUNDS: usize = 2000;

/// The configuration of an account that a nudge names.
pub(crate) async fn document<W: World>(world: &W, id: &StoreId) -> Result<AccountDocument, Fault> {
    account(world, id).await?.ok_or_else(|| {
        Fault::reject(
            format!("no configuration for account {id}"),
            "push it with `causeway config push`",
        )
    })
}

/// The dispute, or `None` if the processor does not have it (any more).
pub(crate) async fn dispute<W: World>(
    world: &W,
    document: &AccountDocument,
    id: &DisputeId,
) -> Result<Option<Dispute>, Fault> {
    drive(world, document, &format!("dispute {id}"), |processor, cx, answers| {
        Ok(match processor.fetch_dispute(cx, id, answers)? {
            FetchDispute::Ask(calls) => Turn::Ask(calls),
            FetchDispute::Found(dispute) => Turn::Done(Some(*dispute)),
            FetchDispute::Gone => Turn::Done(None),
        })
    })
    .await
}

/// The settlements of a payout or report, or `None` if the processor has no such payout.
pub(crate) async fn settlements<W: World>(
    world: &W,
    document: &AccountDocument,
    id: &SettlementId,
) -> Result<Option<Vec<Settlement>>, Fault> {
    drive(world, document, &format!("payout {id}"), |processor, cx, answers| {
        Ok(match processor.fetch_settlement(cx, id, answers)? {
            FetchSettlement::Ask(calls) => Turn::Ask(calls),
            FetchSettlement::Found(found) => Turn::Done(Some(found)),
            FetchSettlement::Gone => Turn::Done(None),
        })
    })
    .await
}

/// The payouts that were paid since then.
pub(crate) async fn payouts<W: World>(
    world: &W,
    document: &AccountDocument,
    since: Timestamp,
) -> Result<Vec<SettlementId>, Fault> {
    drive(world, document, "payouts", |processor, cx, answers| {
        Ok(match processor.list_payouts(cx, since, answers)? {
            ListPayouts::Ask(calls) => Turn::Ask(calls),
            ListPayouts::Found(ids) => Turn::Done(ids),
        })
    })
    .await
}

/// The processor of an account.
pub(crate) fn processor(document: &AccountDocument) -> Result<&'static dyn Processor, Fault> {
    document.account.processor().ok_or_else(|| {
        Fault::reject(
            format!("processor {:?} is not built into this version", document.account.processor),
            "deploy a version that has it, or correct the account's configuration",
        )
    })
}

async fn drive<W, T, F>(
    world: &W,
    document: &AccountDocument,
    what: &str,
    turn: F,
) -> Result<T, Fault>
where
    W: World,
    F: Fn(&dyn Processor, &AccountContext<'_>, &[Answer]) -> Result<Turn<T>, Fault>,
{
    let processor = processor(document)?;
    let connection = document.account.connection(&document.id).ok_or_else(|| {
        Fault::reject(
            format!("account {} has no base_url", document.id),
            "set it and push the configuration",
        )
    })?;
    // An account without credentials has nothing that could be fetched; its processor says so.
    let credentials = match &document.account.api_credentials {
        Some(name) => world.secrets().get(name, Freshness::Cached).await?.current,
        None => Secret::new(""),
    };
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let now = world.clock().now();
        let cx = AccountContext { connection: &connection, credentials: &credentials, now };
        match turn(processor, &cx, &answers)? {
            Turn::Done(found) => return Ok(found),
            Turn::Ask(calls) => answers.extend(sent(world, calls).await?),
        }
    }
    Err(Fault::reject(
        format!("{} {what}: still incomplete after {MAX_ROUNDS} rounds", processor.id()),
        "report it with the id",
    ))
}
