//! Looks at what changed on the platforms, for what webhooks lose or a platform has none for (R63, C38):
//! every store is asked since its last look, and what changed is nudged like a webhook would.
//!
//! A store's row `poll/changes` holds the lease, so that two runs do not ask at once, and the moment
//! from which to look. It is moved only after everything found is durably queued.

use crate::World;
use crate::config::StoreDocument;
use crate::enqueue::enqueue;
use crate::fetch::{Turn, drive};
use crate::look::Looks;
use crate::receive::document;
use crate::work::unavailable;
use causeway_domain::ports::{Clock as _, Settings as _};
use causeway_domain::{Fault, Nudge, NudgeCause, StoreId, Subject, Timestamp};
use causeway_ledger::{Claim, Closing, Lease, Ledger as _, Progress, RowKey};
use causeway_platforms::Poll;
use std::collections::BTreeSet;
use std::time::Duration;

/// How far back the first look goes.
const FIRST: Duration = Duration::from_secs(3 * 24 * 3600);
/// Clocks differ, and writes commit after the time that they bear.
const OVERLAP: Duration = Duration::from_secs(2 * 60);
/// This near to now there is nothing to catch up.
const PRESENT: Duration = Duration::from_secs(10 * 60);
/// Pieces of one run; the next one goes on.
const PIECES: usize = 8;
const LEASE: Duration = Duration::from_secs(15 * 60);
/// The step under which a row keeps the moment, in seconds.
const UNTIL: &str = "until";

/// Asks every store once; says how many subjects were nudged. A store that fails leaves the others
/// alone, and is asked about the same time again by the next run; after all were asked, the fault names
/// those that failed.
pub async fn poll<W: World>(world: &W) -> Result<usize, Fault> {
    let mut looks = Looks::default();
    for store in world.settings().ids().await? {
        let began = world.clock().now();
        let outcome = one(world, &store).await;
        looks.one(world, ("poll", "subjects"), &store, began, outcome);
    }
    looks.end()
}

async fn one<W: World>(world: &W, store: &StoreId) -> Result<usize, Fault> {
    // Accounts at processors have their documents in the same table.
    let Some(document) = document(world, store).await? else {
        return Err(Fault::skip("not a store"));
    };
    let key = RowKey { store: store.clone(), subject: "poll/changes".to_owned() };
    let now = world.clock().now();
    let owner = format!("{:016x}", world.random());
    let ledger = world.ledger();
    let (lease, row) = match ledger.claim(&key, &owner, now, LEASE).await.map_err(unavailable)? {
        Claim::Ours(lease, row) => (lease, row),
        Claim::Busy => return Err(Fault::skip("somebody else asks it right now")),
    };
    let last = row.odoo_ids.get(UNTIL).and_then(|second| Timestamp::from_second(*second).ok());
    let since = last.map_or(now - FIRST, |last| last - OVERLAP);
    match catch_up(world, &document, &lease, since).await {
        Ok(nudged) => {
            let closing = Closing { wanted: row.wanted, digest: "polled" };
            ledger.complete(&lease, closing).await.map_err(unavailable)?;
            Ok(nudged)
        }
        Err(fault) => {
            let reason = fault.to_string();
            let progress = Progress::Attention { due: None, reason: &reason };
            ledger.release(&lease, progress, now).await.map_err(unavailable)?;
            Err(fault)
        }
    }
}

/// Looks until the present: an adapter may take a long time in pieces. Every piece is remembered, so that
/// a run that is cut off has not been in vain.
async fn catch_up<W: World>(
    world: &W,
    document: &StoreDocument,
    lease: &Lease,
    mut since: Timestamp,
) -> Result<usize, Fault> {
    let mut nudged = 0;
    for _ in 0..PIECES {
        let (found, until) = look(world, document, since).await?;
        nudged += found;
        let Some(until) = until else { return Ok(nudged) };
        let recorded = world.ledger().record(lease, UNTIL, until.as_second()).await;
        recorded.map_err(unavailable)?;
        if until <= since || until + PRESENT >= world.clock().now() {
            return Ok(nudged);
        }
        since = until;
    }
    Ok(nudged)
}

/// Nudges what changed; gives the moment for the next look, none for a platform that needs no polling.
async fn look<W: World>(
    world: &W,
    document: &StoreDocument,
    since: Timestamp,
) -> Result<(usize, Option<Timestamp>), Fault> {
    let found = drive(world, document, "changes", |adapter, cx, answers| {
        Ok(match adapter.poll(cx, since, answers)? {
            None => Turn::Done(None),
            Some(Poll::Ask(calls)) => Turn::Ask(calls),
            Some(Poll::Found { subjects, until }) => Turn::Done(Some((subjects, until))),
        })
    })
    .await?;
    let Some((subjects, until)) = found else { return Ok((0, None)) };
    let now = world.clock().now();
    let nudge = |subject: Subject| Nudge::new(document.id.clone(), subject, NudgeCause::Poll, now);
    let subjects: BTreeSet<Subject> = subjects.into_iter().collect();
    let nudges: Vec<Nudge> = subjects.into_iter().map(nudge).collect();
    enqueue(world, &nudges).await?;
    Ok((nudges.len(), Some(until)))
}
