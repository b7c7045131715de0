//! Settlement import: what a processor paid out becomes one journal entry, set off against the invoices,
//! credit notes, payments and chargebacks that it consists of.
//!
//! A settlement comes by its id over the processor's API, or with a file; the id of a file is its key in
//! the store of files ([`file_subject`]). Either way it is booked under the settlement's own id, so that
//! importing it again, or both ways, changes nothing but what has become possible since: a line whose
//! document was not there yet is looked for again, and moved to it.

mod book;
pub(crate) mod documents;
mod earlier;
mod given_back;
mod late;
mod payments;
pub mod plan;
pub(crate) mod sale;
mod stand;

use crate::World;
use crate::account;
use crate::config::AccountDocument;
use crate::enqueue::enqueue;
use crate::look::Looks;
use crate::work::{self, End, Job, Worker};
use causeway_domain::ports::{Clock as _, Files, Settings as _};
use causeway_domain::{
    Fault, Nudge, NudgeCause, Settlement, SettlementId, StoreId, Subject, Timestamp, WaitKey,
    digest::digest,
};
use causeway_ledger::{Disposition, Ledger as _, Received, RowKey, State};
use causeway_odoo::Odoo;
use causeway_processors::FileContext;
use std::time::Duration;

pub(crate) use book::{born, dispute_reference, same_amounts, set_off};

/// Marks the id of a settlement that is a file.
const FILE: &str = "file:";
/// How far back the schedule looks: longer than a weekend with a holiday.
const LOOK_BACK: Duration = Duration::from_secs(7 * 24 * 3600);

/// Takes a batch and says what is to become of each message, in the same order.
pub async fn import<W: World, F: Files>(
    world: &W,
    files: &F,
    messages: &[Received],
    deadline: Timestamp,
) -> Vec<Disposition> {
    work::batch(world, &Importer { files }, messages, deadline).await
}

/// Whose file it is, and what nudges its import. Files lie below the id of their account:
/// `stripe-eu/2026-10.csv`. `None` for another place.
pub fn file_subject(key: &str) -> Option<(StoreId, Subject)> {
    let (account, name) = key.split_once('/')?;
    let account = StoreId::parse(account).ok().filter(|_| !name.is_empty())?;
    Some((account, Subject::Settlement(SettlementId::new(format!("{FILE}{key}")))))
}

/// Enqueues the import of files that have arrived; gives how many.
pub async fn arrived<W: World>(world: &W, keys: &[String]) -> Result<usize, Fault> {
    let now = world.clock().now();
    let nudges: Vec<Nudge> = keys
        .iter()
        .filter_map(|key| file_subject(key))
        .map(|(account, subject)| Nudge::new(account, subject, NudgeCause::Poll, now))
        .collect();
    enqueue(world, &nudges).await?;
    Ok(nudges.len())
}

/// Enqueues the payouts of every account with API credentials that are not imported yet; gives how many.
/// An account that cannot be asked does not keep the others from being asked; the fault names it then.
pub async fn poll<W: World>(world: &W) -> Result<usize, Fault> {
    let mut looks = Looks::default();
    for id in world.settings().ids().await? {
        let began = world.clock().now();
        // Boxed: the state of all its steps in one future is deeper than the compiler follows.
        if let Some(outcome) = Box::pin(look(world, &id)).await.transpose() {
            looks.one(world, ("settlement.poll", "payouts"), &id, began, outcome);
        }
    }
    looks.end()
}

/// `None` for a store, and for an account that is not to be asked.
async fn look<W: World>(world: &W, id: &StoreId) -> Result<Option<usize>, Fault> {
    let Some(document) = crate::receive::account(world, id).await? else { return Ok(None) };
    if document.account.api_credentials.is_none() {
        return Ok(None);
    }
    let nudges = new_payouts(world, &document).await?;
    enqueue(world, &nudges).await?;
    Ok(Some(nudges.len()))
}

async fn new_payouts<W: World>(world: &W, document: &AccountDocument) -> Result<Vec<Nudge>, Fault> {
    let now = world.clock().now();
    let mut nudges = Vec::new();
    for id in account::payouts(world, document, now - LOOK_BACK).await? {
        let nudge = Nudge::new(document.id.clone(), Subject::Settlement(id), NudgeCause::Poll, now);
        let row = world.ledger().row(&RowKey::from(&nudge)).await.map_err(work::unavailable)?;
        let known = row.is_some_and(|row| match row.state {
            State::Done | State::Waiting | State::Attention | State::Leased | State::Retrying => {
                true
            }
            State::Pending | State::Dead => false,
        });
        if !known {
            nudges.push(nudge);
        }
    }
    Ok(nudges)
}

struct Importer<'a, F> {
    files: &'a F,
}

impl<W: World, F: Files> Worker<W> for Importer<'_, F> {
    const OPERATION: &'static str = "settlement.import";
    const TARGET: &'static str = "account.move";

    /// One after the other: Odoo has few workers, and a settlement is many small calls.
    async fn round(&self, world: &W, jobs: &mut [Job], deadline: Timestamp) -> Vec<End> {
        let mut ends = Vec::with_capacity(jobs.len());
        for job in jobs {
            let end = one(world, self.files, job, deadline).await;
            ends.push(end.unwrap_or_else(End::Failed));
        }
        ends
    }
}

async fn one<W: World, F: Files>(
    world: &W,
    files: &F,
    job: &mut Job,
    deadline: Timestamp,
) -> Result<End, Fault> {
    let Subject::Settlement(id) = job.nudge.subject.clone() else {
        return Err(Fault::reject(
            format!("{} is no settlement", job.nudge.subject),
            "a message is on the wrong queue; report it",
        ));
    };
    let document = account::document(world, &job.nudge.store).await?;
    let settlements = read(world, files, &document, &id).await?;
    job.payload = serde_json::to_string(&settlements).ok();
    let digest = content(&document, &settlements);
    if job.is_unchanged(&digest) {
        let note = Some("unchanged".to_owned());
        return Ok(End::Done { odoo_id: None, digest, note });
    }
    let (connection, session) =
        work::session(world, &document.odoo, &document.account.odoo, document.account.company)
            .await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let (mut last, mut failed) = (None, None);
    let mut again: Option<(Duration, usize)> = None;
    for settlement in &settlements {
        // A batch that a person must look at does not hold up the others of its report.
        match book::book(world, odoo, &document, job, settlement, deadline).await {
            Ok(booked) => {
                last = Some(booked.entry);
                again = sooner(again, booked.again);
            }
            Err(fault @ (Fault::Retry { .. } | Fault::Ambiguous { .. })) => return Err(fault),
            Err(Fault::Skip { .. }) => {}
            Err(fault @ Fault::Reject { .. }) => failed = Some(fault),
            Err(fault @ Fault::Wait { .. }) => failed = failed.or(Some(fault)),
        }
    }
    match (failed, again) {
        (Some(fault), _) => Err(fault),
        (None, Some((after, lines))) => Ok(End::Later {
            after,
            key: WaitKey::other(format!("documents:{id}")),
            cause: format!("booked; {lines} lines wait for what they are of"),
        }),
        (None, None) => {
            let note = Some(format!("{} settlements", settlements.len()));
            Ok(End::Done { odoo_id: last, digest, note })
        }
    }
}

/// The sooner of two looks, for the lines of both.
fn sooner(a: Option<(Duration, usize)>, b: Option<(Duration, usize)>) -> Option<(Duration, usize)> {
    match (a, b) {
        (Some((first, some)), Some((second, others))) => Some((first.min(second), some + others)),
        (one, other) => one.or(other),
    }
}

async fn read<W: World, F: Files>(
    world: &W,
    files: &F,
    document: &AccountDocument,
    id: &SettlementId,
) -> Result<Vec<Settlement>, Fault> {
    let Some(key) = id.as_str().strip_prefix(FILE) else {
        let found = account::settlements(world, document, id).await?;
        return found.ok_or_else(|| {
            Fault::skip(format!("{} has no payout {id}", document.account.processor))
        });
    };
    let file = files.read(key).await?;
    let file = file.ok_or_else(|| Fault::skip(format!("the file {key} is not there any more")))?;
    read_file(document, &file).map_err(|fault| match fault {
        Fault::Reject { reason, fix } => Fault::reject(format!("file {key}: {reason}"), fix),
        Fault::Retry { .. } | Fault::Wait { .. } | Fault::Ambiguous { .. } | Fault::Skip { .. } => {
            fault
        }
    })
}

/// The settlements of a file, or what is wrong with which line of it.
pub fn read_file(document: &AccountDocument, file: &[u8]) -> Result<Vec<Settlement>, Fault> {
    let cx = FileContext { account: &document.id, currency: document.account.currency };
    Ok(account::processor(document)?.read_file(&cx, file)?)
}

fn content(document: &AccountDocument, settlements: &[Settlement]) -> String {
    let settlements = serde_json::to_vec(settlements).unwrap_or_default();
    let rules = serde_json::to_vec(&(&document.account.books, &document.account.stores));
    digest([settlements.as_slice(), rules.unwrap_or_default().as_slice()])
}
