//! A small cache with single flight: many callers, one fetch.

use causeway_domain::ports::Freshness;
use causeway_domain::{Fault, Timestamp};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long what is good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// A value that was found.
    pub(crate) fresh: Duration,
    /// The answer that there is none: short, so that something new is soon seen.
    pub(crate) fresh_absent: Duration,
    /// A value that cannot be fetched again, counted from its last fetch.
    pub(crate) stale_on_error: Duration,
    /// The pause after a failed fetch while a stale value serves.
    pub(crate) pause_on_error: Duration,
    /// The least time between two fetches that callers force.
    pub(crate) refetch_every: Duration,
    /// Keys held at most.
    pub(crate) capacity: usize,
}

/// Values by key; `None` is the cached answer that there is no such thing.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    policy: Policy,
    slots: Mutex<HashMap<String, Arc<Slot<V>>>>,
}

#[derive(Debug)]
struct Slot<V> {
    /// Fetches that ended, so that a caller knows whether one ended while it waited.
    fetches: AtomicU64,
    /// Locked during a fetch: whoever comes meanwhile waits for its result.
    entry: tokio::sync::Mutex<Entry<V>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: Option<V>,
    fetched: Option<Timestamp>,
    forced: Option<Timestamp>,
    /// The last fetch, if it failed.
    failed: Option<(Timestamp, Fault)>,
}

impl<V: Clone> Cache<V> {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, slots: Mutex::new(HashMap::new()) }
    }

    /// The value of a key: from the cache if it is fresh enough, else from `fetch`.
    pub(crate) async fn get<F, Fut>(
        &self,
        key: &str,
        now: Timestamp,
        freshness: Freshness,
        fetch: F,
    ) -> Result<Option<V>, Fault>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<V>, Fault>>,
    {
        let slot = self.slot(key);
        let before = slot.fetches.load(Ordering::Acquire);
        let mut entry = slot.entry.lock().await;
        let waited = slot.fetches.load(Ordering::Acquire) != before;
        if entry.serves(&self.policy, now, freshness) {
            return Ok(entry.value.clone());
        }
        if let Some((_, fault)) = entry.failed.as_ref().filter(|_| waited) {
            return Err(fault.clone());
        }
        if freshness == Freshness::Refetch {
            entry.forced = Some(now);
        }
        let answer = fetch().await;
        slot.fetches.fetch_add(1, Ordering::Release);
        match answer {
            Ok(value) => {
                entry.value = value;
                entry.fetched = Some(now);
                entry.failed = None;
                Ok(entry.value.clone())
            }
            Err(fault) => {
                entry.failed = Some((now, fault.clone()));
                let stale = entry.may_go_stale(&self.policy, now);
                if stale { Ok(entry.value.clone()) } else { Err(fault) }
            }
        }
    }

    fn slot(&self, key: &str) -> Arc<Slot<V>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= self.policy.capacity {
            // Keys can come from outside (a store's name in a URL): forget the unknown ones first.
            slots.retain(|_, slot| slot.entry.try_lock().is_ok_and(|entry| entry.value.is_some()));
        }
        if slots.len() >= self.policy.capacity {
            slots.clear();
        }
        let empty = Entry { value: None, fetched: None, forced: None, failed: None };
        let entry = tokio::sync::Mutex::new(empty);
        let slot = Arc::new(Slot { fetches: AtomicU64::new(0), entry });
        slots.insert(key.to_owned(), Arc::clone(&slot));
        slot
    }
}

impl<V> Entry<V> {
    /// Whether the entry is an answer without a fetch.
    fn serves(&self, policy: &Policy, now: Timestamp, freshness: Freshness) -> bool {
        let life = if self.value.is_some() { policy.fresh } else { policy.fresh_absent };
        let fresh = within(self.fetched, now, life);
        let failed = self.failed.as_ref().map(|(at, _)| *at);
        let failing = within(failed, now, policy.pause_on_error);
        let forced_lately = within(self.forced, now, policy.refetch_every);
        match freshness {
            Freshness::Cached => fresh || (failing && self.may_go_stale(policy, now)),
            Freshness::Refetch => forced_lately && (fresh || self.may_go_stale(policy, now)),
        }
    }

    fn may_go_stale(&self, policy: &Policy, now: Timestamp) -> bool {
        self.value.is_some() && within(self.fetched, now, policy.stale_on_error)
    }
}

fn within(since: Option<Timestamp>, now: Timestamp, span: Duration) -> bool {
    since.is_some_and(|since| now.duration_since(since).unsigned_abs() < span)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::AtomicU32;

    const POLICY: Policy = Policy {
        fresh: Duration::from_secs(60),
        fresh_absent: Duration::from_secs(10),
        stale_on_error: Duration::from_secs(900),
        pause_on_error: Duration::from_secs(5),
        refetch_every: Duration::from_secs(60),
        capacity: 4,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// A source that counts its fetches and answers what it is told.
    struct Source {
        cache: Cache<u32>,
        fetches: AtomicU32,
    }

    impl Source {
        fn new() -> Self {
            Self { cache: Cache::new(POLICY), fetches: AtomicU32::new(0) }
        }
        async fn get(
            &self,
            seconds: i64,
            freshness: Freshness,
            answer: Result<Option<u32>, Fault>,
        ) -> Result<Option<u32>, Fault> {
            let fetch = || async {
                self.fetches.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                answer
            };
            self.cache.get("key", at(seconds), freshness, fetch).await
        }
        fn fetches(&self) -> u32 {
            self.fetches.load(Ordering::Relaxed)
        }
    }

    fn down() -> Result<Option<u32>, Fault> {
        Err(Fault::retry("down"))
    }

    #[tokio::test]
    async fn values_are_kept_for_their_time_and_absence_for_less() {
        let source = Source::new();
        let cached = Freshness::Cached;
        assert_eq!(source.get(0, cached, Ok(None)).await, Ok(None));
        assert_eq!(source.get(9, cached, Ok(Some(1))).await, Ok(None));
        assert_eq!(source.get(10, cached, Ok(Some(1))).await, Ok(Some(1)));
        assert_eq!(source.get(69, cached, Ok(Some(2))).await, Ok(Some(1)));
        assert_eq!(source.get(70, cached, Ok(Some(2))).await, Ok(Some(2)));
        assert_eq!(source.fetches(), 3);
    }

    #[tokio::test]
    async fn an_outage_is_bridged_for_a_while_without_hammering() {
        let source = Source::new();
        let cached = Freshness::Cached;
        source.get(0, cached, Ok(Some(1))).await.unwrap();
        assert_eq!(source.get(100, cached, down()).await, Ok(Some(1)));
        assert_eq!(source.get(104, cached, down()).await, Ok(Some(1)));
        assert_eq!(source.fetches(), 2);
        assert_eq!(source.get(899, cached, down()).await, Ok(Some(1)));
        assert_eq!(source.get(901, cached, down()).await, down());
    }

    #[tokio::test]
    async fn nothing_known_and_no_answer_is_an_error() {
        let source = Source::new();
        assert_eq!(source.get(0, Freshness::Cached, down()).await, down());
        assert_eq!(source.get(1, Freshness::Cached, Ok(Some(1))).await, Ok(Some(1)));
    }

    /// Forged signatures must not be able to hammer Secrets Manager.
    #[tokio::test]
    async fn a_forced_fetch_happens_at_most_once_a_minute() {
        let source = Source::new();
        let refetch = Freshness::Refetch;
        source.get(0, Freshness::Cached, Ok(Some(1))).await.unwrap();
        assert_eq!(source.get(1, refetch, Ok(Some(2))).await, Ok(Some(2)));
        for second in 2..61 {
            assert_eq!(source.get(second, refetch, Ok(Some(3))).await, Ok(Some(2)));
        }
        assert_eq!(source.fetches(), 2);
        assert_eq!(source.get(61, refetch, Ok(Some(3))).await, Ok(Some(3)));
    }

    #[tokio::test]
    async fn a_forced_fetch_that_fails_keeps_the_known_value() {
        let source = Source::new();
        source.get(0, Freshness::Cached, Ok(Some(1))).await.unwrap();
        assert_eq!(source.get(1, Freshness::Refetch, down()).await, Ok(Some(1)));
        assert_eq!(source.get(2, Freshness::Refetch, down()).await, Ok(Some(1)));
        assert_eq!(source.fetches(), 2);
    }

    #[tokio::test]
    async fn many_callers_share_one_fetch() {
        let source = Source::new();
        let calls = (0..20).map(|n| source.get(0, Freshness::Cached, Ok(Some(n))));
        let answers = join_all(calls).await;
        assert_eq!(source.fetches(), 1);
        assert!(answers.iter().all(|answer| *answer == Ok(Some(0))));
    }

    /// Ten callers behind one slow failure must not each wait for a failure of their own.
    #[tokio::test]
    async fn many_callers_share_one_failure_and_the_next_one_tries_again() {
        let source = Source::new();
        let calls = (0..10).map(|_| source.get(0, Freshness::Cached, down()));
        assert!(join_all(calls).await.iter().all(|answer| *answer == down()));
        assert_eq!(source.fetches(), 1);
        assert_eq!(source.get(0, Freshness::Cached, Ok(Some(1))).await, Ok(Some(1)));
    }

    #[tokio::test]
    async fn unknown_keys_do_not_grow_memory_and_known_ones_survive_them() {
        let cache = Cache::new(POLICY);
        let get = |key: String, value: Option<u32>| {
            let cache = &cache;
            async move { cache.get(&key, at(0), Freshness::Cached, || async move { Ok(value) }).await }
        };
        get("known".to_owned(), Some(7)).await.unwrap();
        for n in 0..1000 {
            get(format!("forged-{n}"), None).await.unwrap();
        }
        assert!(cache.slots.lock().unwrap().len() <= POLICY.capacity);
        assert_eq!(get("known".to_owned(), None).await, Ok(Some(7)));
    }
}
