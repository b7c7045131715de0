//! The behaviour that every ledger must have, as one suite: run it for each implementation.
//!
//! A check is an async function over any [`Ledger`]; it panics with what it found. Checks use a
//! store of their own each, so they can share a ledger, but the ledger must be empty at the start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod closings;
mod leases;
mod records;

pub use closings::*;
pub use leases::*;
pub use records::*;

use crate::Ledger;
use crate::row::{Claim, Lease, Row, RowKey};
use causeway_domain::{StoreId, Timestamp};
use std::time::Duration;

/// How long leases last in the checks.
const TTL: Duration = Duration::from_secs(180);

/// Runs every check, one after the other.
pub async fn run_all<L: Ledger>(ledger: &L) {
    leases::run(ledger).await;
    closings::run(ledger).await;
    records::run(ledger).await;
}

/// The clock of the checks: seconds after a fixed moment.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn key(check: &str, subject: &str) -> RowKey {
    RowKey { store: StoreId::new(check), subject: format!("order/{subject}") }
}

async fn row<L: Ledger>(ledger: &L, key: &RowKey) -> Row {
    ledger.row(key).await.unwrap().expect("the row exists")
}

async fn claim<L: Ledger>(ledger: &L, key: &RowKey, owner: &str, now: Timestamp) -> (Lease, Row) {
    match ledger.claim(key, owner, now, TTL).await.unwrap() {
        Claim::Ours(lease, row) => (lease, row),
        Claim::Busy => panic!("{owner} should get {key:?}"),
    }
}

/// A nudged and claimed row.
async fn working<L: Ledger>(ledger: &L, check: &str) -> (Lease, Row) {
    let key = key(check, "1001");
    ledger.nudge(&key, at(0)).await.unwrap();
    claim(ledger, &key, "worker-a", at(0)).await
}
