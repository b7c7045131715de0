//! The real clock, and chance.

use causeway_domain::Timestamp;
use causeway_domain::ports::Clock;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(pause)
    }
}

/// A number that differs from call to call and from process to process: for lease owners, jitter and
/// nonces. Not for keys: it is only as hard to guess as the standard library's hasher keys.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
