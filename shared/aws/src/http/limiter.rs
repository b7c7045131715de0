//! How many requests a host gets at once, and when: learnt from its answers (additive increase,
//! multiplicative decrease), so that nobody has to configure what a shop or an Odoo can take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Slots are counted in thousandths, so that one success can add a part of one.
const SLOT: u32 = 1000;
const FIRST_SLOTS: u32 = 8 * SLOT;
const MOST_SLOTS: u32 = 32 * SLOT;
/// A host that throttles without saying how long is left alone for 1 s, doubling up to 32 s.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MOST_DOUBLINGS: u32 = 5;
/// Answers to requests that were sent together count as one reason to slow down.
const ONE_DECREASE_PER: Duration = Duration::from_secs(1);

/// What a request's end says about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// It answered.
    Answered,
    /// It asked for less (429, or 503 with a pause), and for this pause if it said so.
    Throttled(Option<Duration>),
    /// Nothing can be said: not sent, no answer, given up by the caller.
    Silent,
}

/// One host.
#[derive(Debug)]
struct Lane {
    slots: u32,
    in_flight: u32,
    closed_until: Option<Instant>,
    /// Throttled answers since the last good one.
    strikes: u32,
    decreased: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Go,
    /// All slots are taken.
    Full,
    /// The host wants peace until then.
    Closed(Instant),
}

impl Lane {
    fn new() -> Self {
        Self { slots: FIRST_SLOTS, in_flight: 0, closed_until: None, strikes: 0, decreased: None }
    }

    fn enter(&mut self, now: Instant) -> Entry {
        match self.closed_until {
            Some(until) if until > now => Entry::Closed(until),
            Some(_) | None if self.in_flight >= self.slots / SLOT => Entry::Full,
            Some(_) | None => {
                self.in_flight += 1;
                Entry::Go
            }
        }
    }

    fn leave(&mut self, now: Instant, signal: Signal) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match signal {
            Signal::Silent => {}
            Signal::Answered => {
                self.strikes = 0;
                // One more slot after as many answers as there are slots.
                let part = SLOT * SLOT / self.slots.max(SLOT);
                self.slots = (self.slots + part).min(MOST_SLOTS);
            }
            Signal::Throttled(pause) => {
                let lately = self.decreased.is_some_and(|at| now < at + ONE_DECREASE_PER);
                if !lately {
                    self.slots = (self.slots / 2).max(SLOT);
                    self.decreased = Some(now);
                    self.strikes += 1;
                }
                let doublings = self.strikes.saturating_sub(1).min(MOST_DOUBLINGS);
                let pause = pause.unwrap_or(FIRST_PAUSE * 2_u32.saturating_pow(doublings));
                let until = now.checked_add(pause).unwrap_or(now + Duration::from_secs(86_400));
                self.closed_until = Some(self.closed_until.map_or(until, |old| old.max(until)));
            }
        }
    }
}

/// All hosts. Hosts come from the configuration, so their number is bounded.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    lanes: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    lane: Mutex<Lane>,
    left: Notify,
}

/// The right to send one request; ends with [`Permit::end`] or, silently, when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    host: Arc<Host>,
    signal: Signal,
}

/// The request would have had to wait longer than it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TooLong {
    /// The host asked for a pause of this length.
    Closed(Duration),
    /// Requests to the host queue up.
    Full,
}

impl Limiter {
    /// Waits for a slot, at most until `deadline`; a longer pause that the host asked for is
    /// refused at once.
    pub(super) async fn enter(&self, host: &str, deadline: Instant) -> Result<Permit, TooLong> {
        let host = self.host(host);
        loop {
            // Registered before the look, so that a slot freed in between is not missed.
            let left = host.left.notified();
            let now = Instant::now();
            let entry = host.lane.lock().unwrap_or_else(PoisonError::into_inner).enter(now);
            let wake = match entry {
                Entry::Go => return Ok(Permit { host: Arc::clone(&host), signal: Signal::Silent }),
                Entry::Closed(until) if until > deadline => {
                    return Err(TooLong::Closed(until.duration_since(now)));
                }
                Entry::Closed(until) => until,
                Entry::Full if now >= deadline => return Err(TooLong::Full),
                Entry::Full => deadline,
            };
            let _ = tokio::time::timeout_at(wake, left).await;
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let host = lanes.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Host { lane: Mutex::new(Lane::new()), left: Notify::new() })
        });
        Arc::clone(host)
    }
}

impl Permit {
    /// Ends the request with what it says about the host.
    pub(super) fn end(mut self, signal: Signal) {
        self.signal = signal;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = Instant::now();
        self.host.lane.lock().unwrap_or_else(PoisonError::into_inner).leave(now, self.signal);
        // One success can open a second slot; whoever wakes for nothing waits again.
        self.host.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn soon(seconds: u64) -> Instant {
        Instant::now() + SECOND * u32::try_from(seconds).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn slots_are_limited_and_freed_ones_are_taken() {
        let limiter = Limiter::default();
        let mut permits = Vec::new();
        for _ in 0..FIRST_SLOTS / SLOT {
            permits.push(limiter.enter("odoo", soon(1)).await.unwrap());
        }
        assert_eq!(limiter.enter("odoo", soon(5)).await.unwrap_err(), TooLong::Full);
        assert!(limiter.enter("other", soon(1)).await.is_ok());
        let (waited, ()) = tokio::join!(limiter.enter("odoo", soon(5)), async {
            tokio::time::sleep(SECOND).await;
            permits.pop();
        });
        assert!(waited.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttling_host_is_left_alone_as_long_as_it_asked() {
        let limiter = Limiter::default();
        let permit = limiter.enter("shop", soon(1)).await.unwrap();
        permit.end(Signal::Throttled(Some(SECOND * 12)));
        let refused = limiter.enter("shop", soon(5)).await.unwrap_err();
        assert_eq!(refused, TooLong::Closed(SECOND * 12));
        let began = Instant::now();
        assert!(limiter.enter("shop", soon(30)).await.is_ok());
        assert_eq!(began.elapsed().as_secs(), 12);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_wished_pause_it_doubles_until_an_answer_comes() {
        let limiter = Limiter::default();
        for expected in [1, 2, 4, 8, 16, 32, 32] {
            limiter.enter("shop", soon(100)).await.unwrap().end(Signal::Throttled(None));
            let began = Instant::now();
            let permit = limiter.enter("shop", soon(100)).await.unwrap();
            assert_eq!(began.elapsed().as_secs(), expected);
            drop(permit);
        }
        limiter.enter("shop", soon(100)).await.unwrap().end(Signal::Answered);
        limiter.enter("shop", soon(100)).await.unwrap().end(Signal::Throttled(None));
        let began = Instant::now();
        limiter.enter("shop", soon(100)).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_halve_once_per_second_and_grow_back_one_by_one() {
        let now = Instant::now();
        let mut lane = Lane::new();
        for _ in 0..5 {
            lane.leave(now, Signal::Throttled(None));
        }
        assert_eq!(lane.slots, FIRST_SLOTS / 2);
        for second in 1..10 {
            lane.leave(now + SECOND * second, Signal::Throttled(None));
        }
        assert_eq!(lane.slots, SLOT);
        lane.leave(now, Signal::Answered);
        assert_eq!(lane.slots, 2 * SLOT);
        for _ in 0..10_000 {
            lane.leave(now, Signal::Answered);
        }
        assert_eq!(lane.slots, MOST_SLOTS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_request_gives_its_slot_back() {
        let limiter = Limiter::default();
        for _ in 0..100 {
            drop(limiter.enter("odoo", soon(1)).await.unwrap());
        }
        let lane = limiter.host("odoo");
        assert_eq!(lane.lane.lock().unwrap().in_flight, 0);
    }
}
