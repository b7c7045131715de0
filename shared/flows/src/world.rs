//! Everything that a use case may touch, as one bundle of ports.

use crate::config::StoreDocument;
use causeway_domain::ports::{Clock, Http, Ports, Queue, Secrets, Settings};
use causeway_domain::{Fault, StoreId, Timestamp};
use causeway_ledger::Ledger;
use causeway_odoo::{Connection, Session};
use causeway_telemetry::Sink;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The ports of one process.
pub trait World: Send + Sync {
    /// Sends requests to platforms and Odoo.
    type Http: Http;
    /// Our queues.
    type Queue: Queue;
    /// Secrets by name.
    type Secrets: Secrets;
    /// Store configurations.
    type Settings: Settings;
    /// The ledger.
    type Ledger: Ledger;
    /// The time.
    type Clock: Clock;

    /// Sends requests.
    fn http(&self) -> &Self::Http;
    /// Enqueues nudges.
    fn queue(&self) -> &Self::Queue;
    /// Reads secrets.
    fn secrets(&self) -> &Self::Secrets;
    /// Reads store configurations.
    fn settings(&self) -> &Self::Settings;
    /// Reads and writes the ledger.
    fn ledger(&self) -> &Self::Ledger;
    /// Tells the time.
    fn clock(&self) -> &Self::Clock;
    /// Takes log lines and metrics.
    fn sink(&self) -> &dyn Sink;
    /// A fresh random number: nonces, owners, jitter.
    fn random(&self) -> u64;
    /// What this process has learnt so far.
    fn learnt(&self) -> &Learnt;
}

/// What this process has learnt and may forget: Odoo sessions and platforms' public signing keys, asked
/// once per process and again after a while, because taxes, currencies and keys change; and what the
/// stores' configurations say, read anew when their text changes.
#[derive(Debug, Default)]
pub struct Learnt {
    documents: Mutex<BTreeMap<StoreId, Read>>,
    sessions: Mutex<BTreeMap<String, (Timestamp, Arc<Session>)>>,
    signing_keys: Mutex<BTreeMap<String, (Timestamp, String)>>,
}

/// A configuration's text and what it says; `None` of an account's.
type Read = (Arc<str>, Option<Arc<StoreDocument>>);

const SESSION_LIFE: Duration = Duration::from_secs(15 * 60);
const SIGNING_KEYS: usize = 16;
const SIGNING_KEY_LIFE: Duration = Duration::from_secs(24 * 3600);

impl Learnt {
    /// The session of an Odoo connection, from memory or by asking Odoo.
    pub async fn session<H: Http>(
        &self,
        http: &H,
        now: Timestamp,
        connection: &Connection,
    ) -> Result<Arc<Session>, Fault> {
        let key = format!("{}/{}", connection.name, connection.company);
        if let Some(session) = fresh(&self.sessions, &key, now, SESSION_LIFE) {
            return Ok(session);
        }
        let session = Arc::new(causeway_odoo::connect(http, connection).await?);
        keep(&self.sessions, key, now, Arc::clone(&session));
        Ok(session)
    }

    /// What the text of a store's configuration says; `None` if it is an account's.
    pub fn document(
        &self,
        store: &StoreId,
        text: Arc<str>,
    ) -> Result<Option<Arc<StoreDocument>>, Fault> {
        let documents = || self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, read)) = documents().get(store)
            && *known == text
        {
            return Ok(read.clone());
        }
        let read = StoreDocument::of_store(&text)?.map(Arc::new);
        documents().insert(store.clone(), (text, read.clone()));
        Ok(read)
    }

    /// A public signing key by its URL, if it is known and fresh.
    pub fn signing_key(&self, url: &str, now: Timestamp) -> Option<String> {
        fresh(&self.signing_keys, url, now, SIGNING_KEY_LIFE)
    }

    /// Remembers a public signing key.
    pub fn keep_signing_key(&self, url: &str, now: Timestamp, pem: String) {
        let mut keys = self.signing_keys.lock().unwrap_or_else(PoisonError::into_inner);
        // The paths stand in headers that are not proven yet: a stranger must not fill the memory.
        if keys.len() >= SIGNING_KEYS {
            keys.clear();
        }
        keys.insert(url.to_owned(), (now, pem));
    }
}

type Shelf<T> = Mutex<BTreeMap<String, (Timestamp, T)>>;

fn fresh<T: Clone>(shelf: &Shelf<T>, key: &str, now: Timestamp, life: Duration) -> Option<T> {
    let shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    let (learnt, value) = shelf.get(key)?;
    (now.duration_since(*learnt).unsigned_abs() < life).then(|| value.clone())
}

fn keep<T>(shelf: &Shelf<T>, key: String, now: Timestamp, value: T) {
    shelf.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (now, value));
}

/// A [`World`] put together from its ports.
pub struct Wired<H, Q, S, T, L, C> {
    /// What it does its work through.
    pub ports: Ports<H, Q, S, T, L, C>,
    /// Takes log lines and metrics.
    pub sink: Box<dyn Sink>,
    /// Draws a random number.
    pub random: fn() -> u64,
    /// What was learnt so far.
    pub learnt: Learnt,
}

impl<H, Q, S, T, L, C> Wired<H, Q, S, T, L, C> {
    /// These ports, with nothing learnt yet.
    pub fn new(
        ports: Ports<H, Q, S, T, L, C>,
        sink: impl Sink + 'static,
        random: fn() -> u64,
    ) -> Self {
        Self { ports, sink: Box::new(sink), random, learnt: Learnt::default() }
    }
}

impl<H, Q, S, T, L, C> World for Wired<H, Q, S, T, L, C>
where
    H: Http,
    Q: Queue,
    S: Secrets,
    T: Settings,
    L: Ledger,
    C: Clock,
{
    type Http = H;
    type Queue = Q;
    type Secrets = S;
    type Settings = T;
    type Ledger = L;
    type Clock = C;

    fn http(&self) -> &H {
        &self.ports.http
    }
    fn queue(&self) -> &Q {
        &self.ports.queue
    }
    fn secrets(&self) -> &S {
        &self.ports.secrets
    }
    fn settings(&self) -> &T {
        &self.ports.settings
    }
    fn ledger(&self) -> &L {
        &self.ports.ledger
    }
    fn clock(&self) -> &C {
        &self.ports.clock
    }
    fn sink(&self) -> &dyn Sink {
        self.sink.as_ref()
    }
    fn random(&self) -> u64 {
        (self.random)()
    }
    fn learnt(&self) -> &Learnt {
        &self.learnt
    }
}
