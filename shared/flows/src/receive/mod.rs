//! A webhook arrives: check its size, find the store, verify the raw bytes, drop what is a true
//! duplicate, enqueue durably, and only then answer 2xx.
//!
//! Invariants, each held by a test: nothing unsigned is ever parsed; 2xx means queued; an event id is
//! remembered only after its nudge is queued, so a delivery whose handling died is accepted again.

mod endpoint;

use crate::World;
use crate::config::StoreDocument;
use causeway_domain::ports::{
    Call, Clock as _, Effect, Freshness, Http as _, SecretPair, Secrets as _, Settings as _,
};
use causeway_domain::{Fault, Nudge, Secret, StoreId, Timestamp};
use causeway_ledger::Ledger as _;
use causeway_platforms::{RawRequest, Refusal, Verification};
use causeway_telemetry::{Operation, Status};
use endpoint::{Endpoint, endpoint};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use endpoint::account;

/// Largest body that is looked at. Platforms send up to a few hundred KB; API Gateway takes 10 MB.
pub const MAX_BODY: usize = 2 * 1024 * 1024;

/// How long an event id is remembered: longer than any platform redelivers (FACTS 9: 30 days).
const EVENT_LIFE: Duration = Duration::from_secs(35 * 24 * 3600);

/// The answer to a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `content-type` of the body.
    pub content_type: &'static str,
    /// What the platform wants to read ([`Adapter::acknowledgement`]), else plain text for whoever
    /// debugs the platform's side; holds nothing of the request.
    pub body: String,
}

impl Reply {
    fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
    fn json(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }
}

/// How a delivery ended.
#[derive(Debug)]
enum Outcome {
    /// Its signature is right and it is dealt with; the platform may want a certain answer.
    Accepted(Taken, Option<&'static str>),
    /// The platform only asked whether we are here.
    Hello(String),
    /// Refused for good.
    Refused(u16, String),
    /// We cannot take it now; the platform should send it again.
    Unavailable(Fault),
}

/// What became of an accepted delivery.
#[derive(Debug)]
enum Taken {
    /// Queued this many nudges.
    Queued(usize),
    /// All its events are known already.
    Duplicate,
    /// Understood, nothing to do.
    NotOurs,
    /// Names nothing that could be looked at, and why; only where the platform waits for the answer
    /// and would take anything but success for a refusal of what its customer does.
    Unusable(String),
}

/// Takes one delivery of a platform to a store, or of a payment processor to an account of ours, and
/// writes one log line.
pub async fn receive<W: World>(world: &W, kind: &str, store: &str, request: RawRequest) -> Reply {
    let began = world.clock().now();
    let bytes = request.body.len();
    let outcome = take(world, kind, store, request).await;
    log(world, began, store, bytes, &outcome);
    match outcome {
        Outcome::Accepted(_, Some(wanted)) => Reply::json(200, wanted),
        Outcome::Accepted(Taken::Queued(nudges), None) => {
            Reply::text(200, format!("queued {nudges}"))
        }
        Outcome::Accepted(Taken::Duplicate, None) => Reply::text(200, "duplicate"),
        Outcome::Accepted(Taken::NotOurs | Taken::Unusable(_), None) => {
            Reply::text(200, "nothing to do")
        }
        Outcome::Hello(body) => Reply::text(200, body),
        Outcome::Refused(status, reason) => Reply::text(status, reason),
        Outcome::Unavailable(_) => Reply::text(503, "try again later"),
    }
}

async fn take<W: World>(world: &W, kind: &str, store: &str, request: RawRequest) -> Outcome {
    if request.body.len() > MAX_BODY {
        return Outcome::Refused(413, format!("body larger than {MAX_BODY} bytes"));
    }
    if request.method != http::Method::POST && request.method != http::Method::GET {
        return Outcome::Refused(405, "POST only".to_owned());
    }
    let unknown = || Outcome::Refused(404, "no such store on this platform".to_owned());
    let Ok(store) = StoreId::parse(store) else { return unknown() };
    let endpoint = match endpoint(world, kind, store).await {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => return unknown(),
        Err(fault) => return Outcome::Unavailable(fault),
    };
    let is_get = request.method == http::Method::GET;
    match verify(world, &endpoint, request).await {
        Ok(Verification::Accepted(_) | Verification::Refused(_)) if is_get => {
            Outcome::Refused(405, "POST only".to_owned())
        }
        Ok(Verification::Accepted(delivery)) => {
            let wanted = endpoint.acknowledgement();
            match endpoint.nudges(&delivery) {
                Ok(nudges) => enqueue(world, nudges)
                    .await
                    .map_or_else(Outcome::Unavailable, |taken| Outcome::Accepted(taken, wanted)),
                Err(malformed) if wanted.is_some() => {
                    Outcome::Accepted(Taken::Unusable(malformed.to_string()), wanted)
                }
                Err(malformed) => Outcome::Refused(400, malformed.to_string()),
            }
        }
        Ok(Verification::Hello(body)) => Outcome::Hello(body),
        // Our own configuration is incomplete: the platform should send it again.
        Ok(Verification::Refused(refusal @ Refusal::Unconfigured)) => {
            Outcome::Unavailable(Fault::retry(refusal))
        }
        Ok(Verification::Refused(
            refusal @ (Refusal::Missing | Refusal::Malformed | Refusal::Mismatch | Refusal::Stale),
        )) => Outcome::Refused(401, refusal.to_string()),
        Ok(Verification::NeedsKey(_)) => {
            Outcome::Unavailable(Fault::retry("the platform keeps asking for further keys"))
        }
        Err(fault) => Outcome::Unavailable(fault),
    }
}

/// The store's configuration; `None` if there is no such store.
pub(crate) async fn document<W: World>(
    world: &W,
    store: &StoreId,
) -> Result<Option<Arc<StoreDocument>>, Fault> {
    match world.settings().store(store).await? {
        Some(text) => world.learnt().document(store, text),
        None => Ok(None),
    }
}

/// Verifies with the cached secrets and, on a mismatch, once more with fresh ones; fetches public
/// keys that the scheme needs.
async fn verify<W: World>(
    world: &W,
    endpoint: &Endpoint,
    request: RawRequest,
) -> Result<Verification, Fault> {
    let name = &endpoint.secret;
    let cached = world.secrets().get(name, Freshness::Cached).await?;
    let first = verify_with_keys(world, endpoint, request.clone(), &cached).await?;
    match first {
        Verification::Refused(Refusal::Mismatch) => {
            let fresh = world.secrets().get(name, Freshness::Refetch).await?;
            if fresh.current == cached.current && fresh.previous == cached.previous {
                return Ok(first);
            }
            verify_with_keys(world, endpoint, request, &fresh).await
        }
        Verification::Accepted(_)
        | Verification::Hello(_)
        | Verification::NeedsKey(_)
        | Verification::Refused(
            Refusal::Missing | Refusal::Malformed | Refusal::Stale | Refusal::Unconfigured,
        ) => Ok(first),
    }
}

async fn verify_with_keys<W: World>(
    world: &W,
    endpoint: &Endpoint,
    request: RawRequest,
    pair: &SecretPair,
) -> Result<Verification, Fault> {
    let secrets: Vec<Secret> =
        std::iter::once(&pair.current).chain(pair.previous.as_ref()).cloned().collect();
    let mut keys = BTreeMap::new();
    // Adobe signs with two keys; more than a few rounds would be somebody's trick.
    for _ in 0..3 {
        let now = world.clock().now();
        match endpoint.verify(request.clone(), &secrets, &keys, now) {
            Verification::NeedsKey(url) => {
                let pem = signing_key(world, &url, now).await?;
                keys.insert(url, pem);
            }
            verdict @ (Verification::Accepted(_)
            | Verification::Hello(_)
            | Verification::Refused(_)) => return Ok(verdict),
        }
    }
    Ok(Verification::NeedsKey(String::new()))
}

async fn signing_key<W: World>(world: &W, url: &str, now: Timestamp) -> Result<String, Fault> {
    if let Some(pem) = world.learnt().signing_key(url, now) {
        return Ok(pem);
    }
    let request = http::Request::get(url)
        .body(bytes::Bytes::new())
        .map_err(|error| Fault::retry(format!("signing key: {error}")))?;
    let call = Call {
        name: "signing key",
        request,
        effect: Effect::Read,
        timeout: Duration::from_secs(5),
    };
    let answer =
        world.http().send(call).await.map_err(|error| error.fault(Effect::Read, "signing key"))?;
    if !answer.status().is_success() {
        return Err(Fault::retry(format!("signing key: {}", answer.status())));
    }
    let pem = String::from_utf8(answer.into_body().to_vec())
        .map_err(|_| Fault::retry("signing key: not text"))?;
    world.learnt().keep_signing_key(url, now, pem.clone());
    Ok(pem)
}

/// Queues what a delivery nudges and has not been queued before.
async fn enqueue<W: World>(world: &W, nudges: Vec<Nudge>) -> Result<Taken, Fault> {
    if nudges.is_empty() {
        return Ok(Taken::NotOurs);
    }
    let fresh = unknown_events(world, nudges).await;
    if fresh.is_empty() {
        return Ok(Taken::Duplicate);
    }
    crate::enqueue::enqueue(world, &fresh).await?;
    remember_events(world, &fresh).await;
    Ok(Taken::Queued(fresh.len()))
}

/// Drops nudges whose true event id is known. If the ledger cannot tell, the nudge goes on: a
/// duplicate costs one look at the order, a lost event costs the order.
async fn unknown_events<W: World>(world: &W, nudges: Vec<Nudge>) -> Vec<Nudge> {
    let now = world.clock().now();
    let mut fresh = Vec::with_capacity(nudges.len());
    for nudge in nudges {
        let known = match &nudge.event {
            Some(event) => {
                world.ledger().event_known(&nudge.store, event, now).await.unwrap_or(false)
            }
            None => false,
        };
        if !known {
            fresh.push(nudge);
        }
    }
    fresh
}

async fn remember_events<W: World>(world: &W, nudges: &[Nudge]) {
    let expires = world.clock().now() + EVENT_LIFE;
    for nudge in nudges {
        if let Some(event) = &nudge.event
            && let Err(error) = world.ledger().remember_event(&nudge.store, event, expires).await
        {
            // The nudge is queued; not remembering costs at most one more look at the order.
            tracing::warn!(store = %nudge.store, "event id not remembered: {error}");
        }
    }
}

fn log<W: World>(world: &W, began: Timestamp, store: &str, bytes: usize, outcome: &Outcome) {
    let now = world.clock().now();
    let (status, fault, class) = match outcome {
        Outcome::Accepted(Taken::Queued(_), _) => (Status::Accepted, None, None),
        Outcome::Accepted(Taken::Duplicate, _) => (Status::Duplicate, None, None),
        Outcome::Accepted(Taken::NotOurs, _) | Outcome::Hello(_) => (Status::Skipped, None, None),
        Outcome::Accepted(Taken::Unusable(reason), _) => {
            (Status::Refused, Some(format!("nothing to do: {reason}")), Some("refused"))
        }
        Outcome::Refused(code, reason) => {
            (Status::Refused, Some(format!("{code} {reason}")), Some("refused"))
        }
        Outcome::Unavailable(fault) => {
            (Status::Failed, Some(fault.to_string()), Some(fault.class()))
        }
    };
    let detail = format!("{bytes} bytes");
    // A store name from an unknown URL is anybody's text: only a well-formed one is logged.
    let store = StoreId::parse(store).ok();
    causeway_telemetry::emit(
        world.sink(),
        now,
        &Operation {
            operation: "webhook.receive",
            store: store.as_ref().map(StoreId::as_str),
            source_id: None,
            target_id: None,
            status,
            fault: fault.as_deref(),
            fault_class: class,
            attempt: None,
            duration: now.duration_since(began).unsigned_abs(),
            detail: Some(&detail),
        },
    );
}
