//! Time that moves only when a test moves it.

use causeway_domain::Timestamp;
use causeway_domain::ports::Clock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A clock that a test sets. Sleeping moves it at once.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<Timestamp>>);

impl VirtualClock {
    /// Starts at a fixed moment, so that runs are equal.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-11-24T09:00:00Z".parse().unwrap())))
    }
    /// Moves time on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
    async fn sleep(&self, pause: Duration) {
        self.advance(pause);
        tokio::task::yield_now().await;
    }
}
