//! The gate that every call of a port passes: it keeps the list of calls, and can stop the process
//! that makes them at a chosen one.

use bytes::Bytes;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// How the process dies at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// The call happened; its answer is never seen, nothing is recorded.
    AfterEffect,
    /// The call was on its way; it takes effect later, after whatever the test does meanwhile.
    BeforeEffect,
}

/// A request that was on its way when the process died.
pub type Late = http::Request<Bytes>;

#[derive(Default)]
struct Inner {
    calls: Vec<String>,
    kill_at: Option<(usize, Kill)>,
    late: Option<Late>,
}

/// Shared by all ports of one world.
#[derive(Clone, Default)]
pub struct Gate {
    inner: Arc<Mutex<Inner>>,
    killed: Arc<Notify>,
}

/// What the gate says about a call.
pub enum Passage {
    Go,
    /// Do it, then die.
    GoThenDie,
    /// Die; if it is a request, it is kept for later.
    Die,
}

impl Gate {
    /// Forgets the calls and arms the gate: the process dies at call number `at` (from 0).
    pub fn arm(&self, at: usize, kill: Kill) {
        let mut inner = self.inner.lock().unwrap();
        *inner = Inner { kill_at: Some((at, kill)), ..Inner::default() };
    }
    /// Forgets the calls and lets everything pass.
    pub fn disarm(&self) {
        *self.inner.lock().unwrap() = Inner::default();
    }
    /// The names of the calls so far.
    pub fn calls(&self) -> Vec<String> {
        self.inner.lock().unwrap().calls.clone()
    }
    /// The request that was on its way.
    pub fn take_late(&self) -> Option<Late> {
        self.inner.lock().unwrap().late.take()
    }
    /// Registers a call.
    pub fn enter(&self, name: String, request: Option<&Late>) -> Passage {
        let mut inner = self.inner.lock().unwrap();
        let number = inner.calls.len();
        inner.calls.push(name);
        match inner.kill_at {
            Some((at, Kill::AfterEffect)) if at == number => Passage::GoThenDie,
            Some((at, Kill::BeforeEffect)) if at == number => {
                inner.late = request.cloned();
                Passage::Die
            }
            _ => Passage::Go,
        }
    }
    /// Dies: tells the test and never returns.
    pub async fn die(&self) -> ! {
        self.killed.notify_one();
        std::future::pending::<()>().await;
        unreachable!("a dead process does not go on")
    }
    /// Runs `work` until it ends or the gate kills it; `None` if it was killed.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.killed.notified() => None,
            result = work => Some(result),
        }
    }
}
