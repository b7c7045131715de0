//! NUDGE, CLAIM, INTENT and RECORD.

use super::{TTL, at, claim, key, row, working};
use crate::row::{Claim, Lease, State};
use crate::{Ledger, LedgerError};
use futures::future::join_all;
use std::time::Duration;

pub(super) async fn run<L: Ledger>(ledger: &L) {
    a_nudge_makes_a_row_and_every_further_one_counts(ledger).await;
    a_row_nobody_nudged_is_absent(ledger).await;
    a_claim_takes_the_lease_and_shows_the_row(ledger).await;
    a_claim_without_a_nudge_makes_the_row(ledger).await;
    a_live_lease_keeps_others_out_and_their_nudges_count(ledger).await;
    an_expired_lease_is_taken_over_with_a_higher_fence(ledger).await;
    an_intent_is_noted_and_extends_the_lease(ledger).await;
    an_intent_after_the_lease_ran_out_is_refused(ledger).await;
    whoever_lost_the_lease_changes_nothing_more(ledger).await;
    one_owner_with_two_leases_uses_only_the_newer(ledger).await;
    a_record_keeps_ids_and_clears_the_intent(ledger).await;
    sixty_four_at_once_get_one_lease_and_lose_no_nudge(ledger).await;
    takeovers_of_an_expired_lease_have_one_winner(ledger).await;
}

/// NUDGE makes the row, returns the new `wanted` and sets `due`, and changes nothing else.
pub async fn a_nudge_makes_a_row_and_every_further_one_counts<L: Ledger>(ledger: &L) {
    let key = key("nudge", "1001");
    assert_eq!(ledger.nudge(&key, at(0)).await.unwrap(), 1);
    assert_eq!(ledger.nudge(&key, at(5)).await.unwrap(), 2);
    let row = row(ledger, &key).await;
    assert_eq!((row.wanted, row.seen, row.fence, row.attempt), (2, 0, 0, 0));
    assert_eq!(row.key, key);
    assert_eq!(row.state, State::Pending);
    assert_eq!(row.due, Some(at(5)));
    assert_eq!((row.lease_until, row.digest, row.intent, row.reason), (None, None, None, None));
    assert!(row.odoo_ids.is_empty());
}

/// There is no row before the first nudge or claim.
pub async fn a_row_nobody_nudged_is_absent<L: Ledger>(ledger: &L) {
    assert_eq!(ledger.row(&key("absent", "1001")).await.unwrap(), None);
}

/// CLAIM raises fence and attempt, and returns the row as it is afterwards.
pub async fn a_claim_takes_the_lease_and_shows_the_row<L: Ledger>(ledger: &L) {
    let (lease, claimed) = working(ledger, "claim").await;
    assert_eq!((lease.owner.as_str(), lease.fence), ("worker-a", 1));
    assert_eq!(lease.key, key("claim", "1001"));
    assert_eq!(claimed.state, State::Leased);
    assert_eq!((claimed.wanted, claimed.fence, claimed.attempt), (1, 1, 1));
    assert_eq!(claimed.lease_until, Some(at(0) + TTL));
    assert_eq!(claimed, row(ledger, &lease.key).await);
}

/// A row that only a claim made is due, so that the sweep finds it if its worker dies.
pub async fn a_claim_without_a_nudge_makes_the_row<L: Ledger>(ledger: &L) {
    let (_, claimed) = claim(ledger, &key("unasked", "1001"), "worker-a", at(0)).await;
    assert_eq!((claimed.wanted, claimed.seen), (0, 0));
    assert_eq!(claimed.due, Some(at(0)));
}

/// CLAIM is refused up to and including the moment at which the lease ends.
pub async fn a_live_lease_keeps_others_out_and_their_nudges_count<L: Ledger>(ledger: &L) {
    let (lease, before) = working(ledger, "busy").await;
    assert_eq!(ledger.nudge(&lease.key, at(10)).await.unwrap(), 2);
    for now in [at(10), at(0) + TTL] {
        let second = ledger.claim(&lease.key, "worker-b", now, TTL).await.unwrap();
        assert_eq!(second, Claim::Busy);
    }
    let after = row(ledger, &lease.key).await;
    assert_eq!((after.wanted, after.due), (2, Some(at(10))));
    assert_eq!((after.fence, after.attempt, after.state), (1, 1, State::Leased));
    assert_eq!(after.lease_until, before.lease_until);
}

/// CLAIM succeeds once the lease ran out, even if its holder never let go.
pub async fn an_expired_lease_is_taken_over_with_a_higher_fence<L: Ledger>(ledger: &L) {
    let (first, _) = working(ledger, "expired").await;
    let now = at(1) + TTL;
    let (second, row) = claim(ledger, &first.key, "worker-b", now).await;
    assert_eq!((second.fence, row.attempt), (2, 2));
    assert_eq!(row.lease_until, Some(now + TTL));
}

/// INTENT stores step and time, and the lease then ends `ttl` after the intent.
pub async fn an_intent_is_noted_and_extends_the_lease<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "intent").await;
    ledger.intent(&lease, "order", at(100), TTL).await.unwrap();
    let row = row(ledger, &lease.key).await;
    assert_eq!(row.intent, Some(("order".to_owned(), at(100))));
    assert_eq!(row.lease_until, Some(at(100) + TTL));
    let other = ledger.claim(&lease.key, "worker-b", at(1) + TTL, TTL).await.unwrap();
    assert_eq!(other, Claim::Busy);
}

/// INTENT needs a live lease even if nobody else took the row: the write would outlive the lease.
pub async fn an_intent_after_the_lease_ran_out_is_refused<L: Ledger>(ledger: &L) {
    let (lease, before) = working(ledger, "intent-late").await;
    for now in [at(0) + TTL, at(500)] {
        let late = ledger.intent(&lease, "order", now, TTL).await;
        assert_eq!(late, Err(LedgerError::LeaseLost));
    }
    assert_eq!(row(ledger, &lease.key).await, before);
}

/// INTENT, RECORD, COMPLETE and release with an old fence are refused and leave the row alone.
pub async fn whoever_lost_the_lease_changes_nothing_more<L: Ledger>(ledger: &L) {
    let (old, _) = working(ledger, "lost").await;
    let now = at(1) + TTL;
    let (_, before) = claim(ledger, &old.key, "worker-b", now).await;
    super::closings::everything_is_refused(ledger, &old, now).await;
    assert_eq!(row(ledger, &old.key).await, before);
}

/// The fence tells two leases of one owner apart; a wrong owner with the right fence is refused too.
pub async fn one_owner_with_two_leases_uses_only_the_newer<L: Ledger>(ledger: &L) {
    let (old, _) = working(ledger, "same-owner").await;
    let now = at(1) + TTL;
    let (new, _) = claim(ledger, &old.key, "worker-a", now).await;
    super::closings::everything_is_refused(ledger, &old, now).await;
    let thief = Lease { owner: "worker-b".to_owned(), ..new.clone() };
    super::closings::everything_is_refused(ledger, &thief, now).await;
    ledger.intent(&new, "order", now, TTL).await.unwrap();
}

/// RECORD adds the step's id beside the others, also after the lease ran out unclaimed.
pub async fn a_record_keeps_ids_and_clears_the_intent<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "record").await;
    ledger.intent(&lease, "partner", at(1), TTL).await.unwrap();
    ledger.record(&lease, "partner", 7).await.unwrap();
    ledger.intent(&lease, "order#1.x", at(2), TTL).await.unwrap();
    ledger.record(&lease, "order#1.x", i64::MAX).await.unwrap();
    ledger.record(&lease, "partner", 8).await.unwrap();
    let row = row(ledger, &lease.key).await;
    assert_eq!(row.intent, None);
    let ids: Vec<(&str, i64)> = row.odoo_ids.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(ids, [("order#1.x", i64::MAX), ("partner", 8)]);
}

/// 64 workers nudge and claim one subject at once: one gets it, and `wanted` is exactly 64.
pub async fn sixty_four_at_once_get_one_lease_and_lose_no_nudge<L: Ledger>(ledger: &L) {
    let key = key("crowd", "1001");
    let workers = (0..64).map(|worker| {
        let (key, owner) = (key.clone(), format!("worker-{worker}"));
        async move {
            let wanted = ledger.nudge(&key, at(0)).await.unwrap();
            (wanted, ledger.claim(&key, &owner, at(0), TTL).await.unwrap())
        }
    });
    let results = join_all(workers).await;
    let ours = results.iter().filter(|(_, claim)| matches!(claim, Claim::Ours(..))).count();
    assert_eq!(ours, 1);
    let mut wanted: Vec<u64> = results.iter().map(|(wanted, _)| *wanted).collect();
    wanted.sort_unstable();
    assert_eq!(wanted, (1..=64).collect::<Vec<u64>>());
    let row = row(ledger, &key).await;
    assert_eq!((row.wanted, row.fence, row.attempt), (64, 1, 1));
}

/// 16 workers find the same expired lease: one takes it over.
pub async fn takeovers_of_an_expired_lease_have_one_winner<L: Ledger>(ledger: &L) {
    let (old, _) = working(ledger, "takeover").await;
    let now = at(0) + TTL + Duration::from_secs(1);
    let claims = (0..16).map(|worker| {
        let (key, owner) = (old.key.clone(), format!("heir-{worker}"));
        async move { ledger.claim(&key, &owner, now, TTL).await.unwrap() }
    });
    let claims = join_all(claims).await;
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Ours(..))).count(), 1);
    assert_eq!(row(ledger, &old.key).await.fence, 2);
}
