//! What the use cases need of the world, as traits. The AWS and in-memory implementations live in
//! `causeway-aws` and the tests; the ledger's own port lives in `causeway-ledger`.

use crate::fault::Fault;
use crate::id::StoreId;
use crate::nudge::Nudge;
use crate::redact::Secret;
use bytes::Bytes;
use jiff::Timestamp;
use std::future::Future;
use std::time::Duration;

/// The current time. Virtual in tests.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
    /// Resolves after `pause` of this clock.
    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send;
}

/// Whether a request can change the other side. Decides what "no answer" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing: no answer means [`Fault::Retry`].
    Read,
    /// May change something: no answer means [`Fault::Ambiguous`].
    Write,
}

/// One request, described as a value.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is, for logs and recordings: `odoo sale.order/load`, `shopify order`. No ids needed.
    pub name: &'static str,
    /// Method, absolute URL, headers, body. Its `Debug` is never logged (it holds credentials).
    pub request: http::Request<Bytes>,
    /// Read or write.
    pub effect: Effect,
    /// How long to wait for the whole answer.
    pub timeout: Duration,
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The request certainly did not reach the other side (DNS, refused, TLS, limiter).
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request was sent, or may have been (timeout, reset).
    #[error("no answer: {0}")]
    Lost(String),
}

impl NoAnswer {
    /// The fault this means for a request of that effect. `step` names the write.
    pub fn fault(self, effect: Effect, step: &str) -> Fault {
        match (self, effect) {
            (Self::NotSent(cause), Effect::Read | Effect::Write)
            | (Self::Lost(cause), Effect::Read) => Fault::retry(format!("{step}: {cause}")),
            (Self::Lost(cause), Effect::Write) => Fault::ambiguous(step, cause),
        }
    }
}

/// Sends requests to platforms and Odoo.
pub trait Http: Send + Sync {
    /// Sends it once. Any HTTP status is an answer; only no answer is an error.
    fn send(
        &self,
        call: Call,
    ) -> impl Future<Output = Result<http::Response<Bytes>, NoAnswer>> + Send;
}

/// Our queues, by role; the implementation knows the URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueRole {
    /// Nudges for order-projection.
    Orders,
    /// Dead letters of order-projection.
    OrdersDead,
    /// Nudges for refund-handler.
    Refunds,
    /// Dead letters of refund-handler.
    RefundsDead,
    /// Nudges for settlement-import.
    Settlements,
    /// Dead letters of settlement-import.
    SettlementsDead,
}

/// Durable queues.
pub trait Queue: Send + Sync {
    /// Enqueues all. `Ok` means every one is durably stored; on `Err` some may be.
    /// `delay` is at most 15 minutes (SQS).
    fn send(
        &self,
        queue: QueueRole,
        nudges: &[Nudge],
        delay: Duration,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A secret with the version before it, both valid during a rotation.
#[derive(Clone, Debug)]
pub struct SecretPair {
    /// The current version (`AWSCURRENT`).
    pub current: Secret,
    /// The version before it (`AWSPREVIOUS`), if any.
    pub previous: Option<Secret>,
}

/// How fresh a secret must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// From the cache if it has not expired.
    Cached,
    /// Fetched now; for the one refetch after a signature mismatch. The implementation limits how
    /// often that really happens, so that forged requests cannot hammer Secrets Manager.
    Refetch,
}

/// Secrets by the name that the configuration gives.
pub trait Secrets: Send + Sync {
    /// The secret's text: a plain value, or a JSON object for credentials of several parts.
    fn get(
        &self,
        name: &str,
        freshness: Freshness,
    ) -> impl Future<Output = Result<SecretPair, Fault>> + Send;
}

/// Files that people and processors put into our store of settlement files.
pub trait Files: Send + Sync {
    /// The whole file; `None` if there is none of that name.
    fn read(&self, key: &str) -> impl Future<Output = Result<Option<Bytes>, Fault>> + Send;
}

/// Store configurations, as JSON documents that `causeway config push` wrote.
pub trait Settings: Send + Sync {
    /// The document of one store, `None` if there is no such store. Cached and refreshed.
    fn store(
        &self,
        store: &StoreId,
    ) -> impl Future<Output = Result<Option<std::sync::Arc<str>>, Fault>> + Send;

    /// The ids of all documents: of stores, and of accounts at processors.
    fn ids(&self) -> impl Future<Output = Result<Vec<StoreId>, Fault>> + Send;
}

/// One of each port, to be handed on together. The ledger's trait lives beside the ledger, in
/// `causeway-ledger`.
#[derive(Debug)]
pub struct Ports<H, Q, S, T, L, C> {
    /// Sends requests to platforms and Odoo.
    pub http: H,
    /// Our queues.
    pub queue: Q,
    /// Secrets by name.
    pub secrets: S,
    /// Store configurations.
    pub settings: T,
    /// The ledger.
    pub ledger: L,
    /// The time.
    pub clock: C,
}
