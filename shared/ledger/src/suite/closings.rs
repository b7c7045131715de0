//! COMPLETE, release and what is due.

use super::{TTL, at, claim, key, row, working};
use crate::row::{Closing, Completion, Lease, Progress, RowKey, State};
use crate::{Ledger, LedgerError};
use causeway_domain::{StoreId, Timestamp};
use std::slice::from_ref;

pub(super) async fn run<L: Ledger>(ledger: &L) {
    a_completion_closes_the_row(ledger).await;
    a_change_in_the_middle_keeps_the_row_ours(ledger).await;
    a_done_row_is_driven_again_by_a_nudge(ledger).await;
    a_retry_is_due_later_and_counts_on(ledger).await;
    a_wait_is_parked_and_counts_anew(ledger).await;
    waiting_goes_on_through_hiccups_until_it_ends(ledger).await;
    attention_and_dead_are_never_due(ledger).await;
    again_is_due_at_once(ledger).await;
    a_nudge_in_the_middle_survives_every_release(ledger).await;
    an_unrecorded_intent_survives_a_release(ledger).await;
    due_rows_come_oldest_first_without_live_leases(ledger).await;
}

/// Every method that needs the lease is refused with this one.
pub(super) async fn everything_is_refused<L: Ledger>(ledger: &L, lease: &Lease, now: Timestamp) {
    let lost = LedgerError::LeaseLost;
    let wanted = row(ledger, &lease.key).await.wanted;
    let closing = Closing { wanted, digest: "late" };
    assert_eq!(ledger.intent(lease, "late", now, TTL).await, Err(lost.clone()));
    assert_eq!(ledger.record(lease, "late", 1).await, Err(lost.clone()));
    assert_eq!(ledger.complete(lease, closing).await, Err(lost.clone()));
    for progress in every_progress(now) {
        assert_eq!(ledger.release(lease, progress, now).await, Err(lost.clone()), "{progress:?}");
    }
}

fn every_progress(due: Timestamp) -> [Progress<'static>; 5] {
    [
        Progress::Retry { due, since: at(1), reason: "503" },
        Progress::Wait { wait_key: "product:X", due, reason: "no product X" },
        Progress::Attention { due: None, reason: "totals differ" },
        Progress::Dead { reason: "used up" },
        Progress::Again,
    ]
}

async fn due_in<L: Ledger>(ledger: &L, store: &StoreId, now: Timestamp) -> Vec<RowKey> {
    let all = ledger.due(now, 10_000).await.unwrap();
    all.into_iter().filter(|key| key.store == *store).collect()
}

/// COMPLETE stores what was seen, lets go of the row, clears due, intent and reason, and sets the
/// attempts back.
pub async fn a_completion_closes_the_row<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "complete").await;
    ledger.intent(&lease, "order", at(1), TTL).await.unwrap();
    ledger.record(&lease, "order", 4711).await.unwrap();
    ledger.intent(&lease, "confirm", at(1), TTL).await.unwrap();
    let closing = Closing { wanted: 1, digest: "d1" };
    assert_eq!(ledger.complete(&lease, closing).await.unwrap(), Completion::Done);
    let row = row(ledger, &lease.key).await;
    assert_eq!((row.wanted, row.seen, row.attempt, row.fence), (1, 1, 0, 1));
    assert_eq!(row.failing_since, None);
    assert_eq!((row.state, row.digest.as_deref()), (State::Done, Some("d1")));
    assert_eq!((row.due, row.lease_until, row.intent, row.reason), (None, None, None, None));
    assert_eq!(row.odoo_ids.get("order"), Some(&4711));
    assert!(due_in(ledger, &lease.key.store, at(100_000)).await.is_empty());
    everything_is_refused(ledger, &lease, at(2)).await;
}

/// COMPLETE with an old `wanted` says the new one and leaves the lease; with the new one it closes.
pub async fn a_change_in_the_middle_keeps_the_row_ours<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "middle").await;
    ledger.nudge(&lease.key, at(1)).await.unwrap();
    ledger.nudge(&lease.key, at(2)).await.unwrap();
    let before = row(ledger, &lease.key).await;
    let stale = ledger.complete(&lease, Closing { wanted: 1, digest: "old" }).await.unwrap();
    assert_eq!(stale, Completion::Wanted(3));
    assert_eq!(row(ledger, &lease.key).await, before);
    ledger.intent(&lease, "order", at(3), TTL).await.unwrap();
    ledger.record(&lease, "order", 1).await.unwrap();
    let fresh = ledger.complete(&lease, Closing { wanted: 3, digest: "new" }).await.unwrap();
    assert_eq!(fresh, Completion::Done);
    let row = row(ledger, &lease.key).await;
    assert_eq!((row.seen, row.digest.as_deref()), (3, Some("new")));
}

/// A nudge after done makes the row due; the next claim starts at attempt 1 and knows ids and digest.
pub async fn a_done_row_is_driven_again_by_a_nudge<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "again-done").await;
    ledger.record(&lease, "order", 9).await.unwrap();
    ledger.complete(&lease, Closing { wanted: 1, digest: "d1" }).await.unwrap();
    ledger.nudge(&lease.key, at(50)).await.unwrap();
    assert_eq!(due_in(ledger, &lease.key.store, at(50)).await, from_ref(&lease.key));
    let (next, row) = claim(ledger, &lease.key, "worker-b", at(50)).await;
    assert_eq!((next.fence, row.attempt, row.wanted, row.seen), (2, 1, 2, 1));
    assert_eq!((row.digest.as_deref(), row.odoo_ids.get("order")), (Some("d1"), Some(&9)));
}

/// Retry: due when said, reason kept, and the next claim is the next attempt.
pub async fn a_retry_is_due_later_and_counts_on<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "retry").await;
    let retry = Progress::Retry { due: at(30), since: at(1), reason: "503" };
    ledger.release(&lease, retry, at(1)).await.unwrap();
    let row = row(ledger, &lease.key).await;
    assert_eq!((row.state, row.due, row.attempt), (State::Retrying, Some(at(30)), 1));
    assert_eq!((row.reason.as_deref(), row.lease_until), (Some("503"), None));
    assert_eq!(row.failing_since, Some(at(1)));
    assert!(due_in(ledger, &lease.key.store, at(29)).await.is_empty());
    assert_eq!(due_in(ledger, &lease.key.store, at(30)).await, from_ref(&lease.key));
    everything_is_refused(ledger, &lease, at(30)).await;
    let (_, second) = claim(ledger, &lease.key, "worker-b", at(2)).await;
    assert_eq!(second.attempt, 2);
}

/// Wait: parked with its reason and due at the latest when said; waiting is no failed attempt.
pub async fn a_wait_is_parked_and_counts_anew<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "wait").await;
    let wait = Progress::Wait { wait_key: "product:X", due: at(3600), reason: "no product X" };
    ledger.release(&lease, wait, at(1)).await.unwrap();
    let row = row(ledger, &lease.key).await;
    assert_eq!((row.state, row.due, row.attempt), (State::Waiting, Some(at(3600)), 0));
    assert_eq!(row.reason.as_deref(), Some("no product X"));
    assert_eq!(due_in(ledger, &lease.key.store, at(3600)).await, from_ref(&lease.key));
}

/// `waiting_since` is the first park, through further parks and retries, and ends with done, a question
/// or the dead letters.
pub async fn waiting_goes_on_through_hiccups_until_it_ends<L: Ledger>(ledger: &L) {
    let wait = Progress::Wait { wait_key: "product:X", due: at(10), reason: "no product X" };
    let retry = Progress::Retry { due: at(30), since: at(20), reason: "503" };
    let (lease, claimed) = working(ledger, "waiting").await;
    assert_eq!(claimed.waiting_since, None);
    ledger.release(&lease, wait, at(1)).await.unwrap();
    for (progress, now) in [(wait, at(10)), (retry, at(20)), (Progress::Again, at(30))] {
        let (lease, claimed) = claim(ledger, &lease.key, "worker-b", now).await;
        assert_eq!(claimed.waiting_since, Some(at(1)), "before {progress:?}");
        ledger.release(&lease, progress, now).await.unwrap();
    }
    let ends =
        [Progress::Attention { due: None, reason: "which?" }, Progress::Dead { reason: "used up" }];
    for (end, now) in ends.into_iter().zip([at(40), at(60)]) {
        let (lease, _) = claim(ledger, &lease.key, "worker-c", now).await;
        ledger.release(&lease, end, now).await.unwrap();
        assert_eq!(row(ledger, &lease.key).await.waiting_since, None, "after {end:?}");
        let (lease, _) = claim(ledger, &lease.key, "worker-d", now).await;
        ledger.release(&lease, wait, now).await.unwrap();
        assert_eq!(row(ledger, &lease.key).await.waiting_since, Some(now), "after {end:?}");
    }
    let (lease, claimed) = claim(ledger, &lease.key, "worker-e", at(80)).await;
    let closing = Closing { wanted: claimed.wanted, digest: "d" };
    assert_eq!(ledger.complete(&lease, closing).await.unwrap(), Completion::Done);
    assert_eq!(row(ledger, &lease.key).await.waiting_since, None);
}

/// Attention and Dead: no due date, only a nudge drives them again, with all their attempts.
pub async fn attention_and_dead_are_never_due<L: Ledger>(ledger: &L) {
    let cases = [
        ("attention", Progress::Attention { due: None, reason: "totals differ" }, State::Attention),
        ("dead", Progress::Dead { reason: "used up" }, State::Dead),
    ];
    for (check, progress, state) in cases {
        let (lease, _) = working(ledger, check).await;
        ledger.release(&lease, progress, at(1)).await.unwrap();
        let parked = row(ledger, &lease.key).await;
        assert_eq!((parked.state, parked.due, parked.lease_until), (state, None, None));
        assert!(parked.reason.is_some());
        assert!(due_in(ledger, &lease.key.store, at(1_000_000)).await.is_empty());
        ledger.nudge(&lease.key, at(60)).await.unwrap();
        assert_eq!(due_in(ledger, &lease.key.store, at(60)).await, from_ref(&lease.key));
        assert_eq!(claim(ledger, &lease.key, "worker-b", at(60)).await.1.attempt, 1);
    }
}

/// Again: due now, and nothing failed.
pub async fn again_is_due_at_once<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "again").await;
    ledger.release(&lease, Progress::Again, at(7)).await.unwrap();
    let row = row(ledger, &lease.key).await;
    assert_eq!((row.state, row.due, row.attempt), (State::Pending, Some(at(7)), 0));
    assert_eq!(row.reason, None);
}

/// A nudge that arrived during the lease was acknowledged as busy: after any release the row is due
/// at once, or the change it announced would be lost.
pub async fn a_nudge_in_the_middle_survives_every_release<L: Ledger>(ledger: &L) {
    for (number, progress) in every_progress(at(9_000)).into_iter().enumerate() {
        let key = key("middle-release", &number.to_string());
        ledger.nudge(&key, at(0)).await.unwrap();
        let (lease, _) = claim(ledger, &key, "worker-a", at(0)).await;
        ledger.nudge(&key, at(1)).await.unwrap();
        ledger.release(&lease, progress, at(2)).await.unwrap();
        let row = row(ledger, &key).await;
        assert_eq!(row.due, Some(at(2)), "{progress:?}");
        assert_eq!(row.lease_until, None);
    }
}

/// The announced step stays readable for the next worker, who must find out whether it happened.
pub async fn an_unrecorded_intent_survives_a_release<L: Ledger>(ledger: &L) {
    let (lease, _) = working(ledger, "intent-stays").await;
    ledger.intent(&lease, "order", at(1), TTL).await.unwrap();
    let retry = Progress::Retry { due: at(150), since: at(1), reason: "outcome of order unknown" };
    ledger.release(&lease, retry, at(2)).await.unwrap();
    let (_, next) = claim(ledger, &lease.key, "worker-b", at(150)).await;
    assert_eq!(next.intent, Some(("order".to_owned(), at(1))));
}

/// What is due comes in the order of `due`, not more than asked for, and not while a lease lives.
pub async fn due_rows_come_oldest_first_without_live_leases<L: Ledger>(ledger: &L) {
    // Far before every other check, so that these rows are the oldest of the whole ledger.
    let early = |seconds: i64| at(seconds - 1_000_000);
    let keys: Vec<RowKey> = (0..24).map(|n| key("due", &n.to_string())).collect();
    for (n, key) in (0..).zip(&keys) {
        ledger.nudge(key, early(100 - n)).await.unwrap();
    }
    let oldest_first: Vec<RowKey> = keys.iter().rev().cloned().collect();
    assert_eq!(ledger.due(early(100), 100).await.unwrap(), oldest_first);
    assert_eq!(ledger.due(early(100), 5).await.unwrap(), oldest_first[..5]);
    assert_eq!(ledger.due(early(79), 100).await.unwrap(), oldest_first[..3]);
    assert!(ledger.due(early(0), 100).await.unwrap().is_empty());
    claim(ledger, &oldest_first[0], "worker-a", early(100)).await;
    assert_eq!(ledger.due(early(100), 2).await.unwrap(), oldest_first[1..3]);
    let expired = early(101) + TTL;
    assert_eq!(ledger.due(expired, 1).await.unwrap(), oldest_first[..1]);
}
