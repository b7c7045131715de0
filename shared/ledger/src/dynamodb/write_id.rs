//! Ids that tell one write from every other, by which a repeated write recognises itself.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Source of write ids: a random part of the process and a counter.
#[derive(Clone, Debug)]
pub(super) struct WriteIds {
    process: u64,
    next: Arc<AtomicU64>,
}

impl Default for WriteIds {
    fn default() -> Self {
        // The standard library's hasher keys are random for each process and state; no other
        // source of randomness is needed for an id that nobody has to be unable to guess.
        let process = RandomState::new().build_hasher().finish();
        Self { process, next: Arc::new(AtomicU64::new(0)) }
    }
}

impl WriteIds {
    pub(super) fn fresh(&self) -> String {
        format!("{:016x}-{}", self.process, self.next.fetch_add(1, Ordering::Relaxed))
    }
}
