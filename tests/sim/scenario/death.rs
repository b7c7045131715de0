//! Workers that die at a call, at every one of them in turn.

use super::Scenario;
use crate::sim::gate::{Kill, Late};
use std::time::Duration;

/// Past every lease.
pub const LEASE_OVER: Duration = Duration::from_secs(200);

/// With n calls there are 2n kills: which call, how, and both for people.
pub fn every_kill(calls: &[String]) -> impl Iterator<Item = (usize, Kill, String)> {
    calls.iter().enumerate().flat_map(|(at, call)| {
        [Kill::AfterEffect, Kill::BeforeEffect]
            .map(|kill| (at, kill, format!("{kill:?} of call {at} ({call})")))
    })
}

impl Scenario {
    /// Lets a worker run until it dies at that call, and its lease run out. Gives the request that was on
    /// its way, for [`Scenario::arrive_late`].
    pub async fn dies(
        &self,
        at: usize,
        kill: Kill,
        work: impl Future<Output = impl Sized>,
        what: &str,
    ) -> Option<Late> {
        self.gate.arm(at, kill);
        assert!(self.gate.run(work).await.is_none(), "did not die: {what}");
        let late = self.gate.take_late();
        self.gate.disarm();
        self.clock.advance(LEASE_OVER);
        late
    }
}
