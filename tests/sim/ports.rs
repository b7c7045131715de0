//! In-memory ports, and [`Gated`] around any of them.

use super::gate::{Gate, Passage};
use bytes::Bytes;
use causeway_aws::HttpClient;
use causeway_domain::ports::{
    Call, Files, Freshness, Http, NoAnswer, Queue, QueueRole, SecretPair, Secrets, Settings,
};
use causeway_domain::{EventId, Fault, Nudge, Secret, StoreId, Timestamp, WaitKey};
use causeway_ledger::{
    AttentionItem, Claim, Closing, Completion, Lease, Ledger, LedgerError, Link, LinkKey, Progress,
    Row, RowKey,
};
use sandbox::InProcess;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The fakes, and beside them whatever listens on this machine, such as a real Odoo by URL.
#[derive(Clone)]
pub struct Routed {
    pub fakes: InProcess,
    pub machine: Arc<HttpClient>,
}

impl Http for Routed {
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        match call.request.uri().host() {
            Some("127.0.0.1" | "localhost") => self.machine.send(call).await,
            _ => self.fakes.send(call).await,
        }
    }
}

/// A queue in memory.
#[derive(Clone, Default)]
pub struct MemoryQueue(pub Arc<Mutex<VecDeque<(QueueRole, Nudge)>>>);

impl Queue for MemoryQueue {
    async fn send(&self, queue: QueueRole, nudges: &[Nudge], _: Duration) -> Result<(), Fault> {
        let mut messages = self.0.lock().unwrap();
        messages.extend(nudges.iter().map(|nudge| (queue, nudge.clone())));
        Ok(())
    }
}

/// Secrets in memory: what the cache holds, and what a refetch brings.
#[derive(Clone, Default)]
pub struct MemorySecrets {
    pub cached: Arc<Mutex<BTreeMap<String, SecretPair>>>,
    pub fresh: Arc<Mutex<BTreeMap<String, SecretPair>>>,
}

impl MemorySecrets {
    /// Sets a secret without a previous version.
    pub fn set(&self, name: &str, text: &str) {
        let pair = SecretPair { current: Secret::new(text), previous: None };
        self.cached.lock().unwrap().insert(name.to_owned(), pair);
    }
}

impl Secrets for MemorySecrets {
    async fn get(&self, name: &str, freshness: Freshness) -> Result<SecretPair, Fault> {
        if freshness == Freshness::Refetch
            && let Some(pair) = self.fresh.lock().unwrap().get(name)
        {
            self.cached.lock().unwrap().insert(name.to_owned(), pair.clone());
        }
        self.cached.lock().unwrap().get(name).cloned().ok_or_else(|| Fault::Wait {
            key: WaitKey::other(format!("credentials:{name}")),
            cause: format!("no secret {name}"),
        })
    }
}

/// Configurations in memory.
#[derive(Clone, Default)]
pub struct MemorySettings(pub Arc<Mutex<BTreeMap<StoreId, Arc<str>>>>);

impl Settings for MemorySettings {
    async fn store(&self, store: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        Ok(self.0.lock().unwrap().get(store).cloned())
    }
    async fn ids(&self) -> Result<Vec<StoreId>, Fault> {
        Ok(self.0.lock().unwrap().keys().cloned().collect())
    }
}

/// Settlement files in memory.
#[derive(Clone, Default)]
pub struct MemoryFiles(pub Arc<Mutex<BTreeMap<String, Bytes>>>);

impl Files for MemoryFiles {
    async fn read(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }
}

impl<P: Files> Files for Gated<P> {
    async fn read(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        self.pass("file", self.port.read(key)).await
    }
}

/// A port behind the gate.
#[derive(Clone)]
pub struct Gated<P> {
    pub gate: Gate,
    pub port: P,
}

impl<P> Gated<P> {
    async fn pass<T>(&self, name: impl Into<String>, work: impl Future<Output = T>) -> T {
        self.pass_request(name, None, work).await
    }
    async fn pass_request<T>(
        &self,
        name: impl Into<String>,
        request: Option<&http::Request<Bytes>>,
        work: impl Future<Output = T>,
    ) -> T {
        // A await point before and after each call, as a real client has.
        tokio::task::yield_now().await;
        match self.gate.enter(name.into(), request) {
            Passage::Go => work.await,
            Passage::GoThenDie => {
                work.await;
                self.gate.die().await
            }
            Passage::Die => self.gate.die().await,
        }
    }
}

impl<P: Http> Http for Gated<P> {
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        let request = call.request.clone();
        self.pass_request(call.name, Some(&request), self.port.send(call)).await
    }
}

impl<P: Queue> Queue for Gated<P> {
    async fn send(&self, queue: QueueRole, nudges: &[Nudge], d: Duration) -> Result<(), Fault> {
        self.pass("queue send", self.port.send(queue, nudges, d)).await
    }
}

impl<P: Secrets> Secrets for Gated<P> {
    async fn get(&self, name: &str, freshness: Freshness) -> Result<SecretPair, Fault> {
        self.pass("secret", self.port.get(name, freshness)).await
    }
}

impl<P: Settings> Settings for Gated<P> {
    async fn store(&self, store: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        self.pass("settings", self.port.store(store)).await
    }
    async fn ids(&self) -> Result<Vec<StoreId>, Fault> {
        self.pass("settings ids", self.port.ids()).await
    }
}

impl<P: Ledger> Ledger for Gated<P> {
    async fn nudge(&self, key: &RowKey, now: Timestamp) -> Result<u64, LedgerError> {
        self.pass("ledger nudge", self.port.nudge(key, now)).await
    }
    async fn claim(
        &self,
        key: &RowKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Claim, LedgerError> {
        self.pass("ledger claim", self.port.claim(key, owner, now, ttl)).await
    }
    async fn intent(
        &self,
        lease: &Lease,
        step: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), LedgerError> {
        self.pass("ledger intent", self.port.intent(lease, step, now, ttl)).await
    }
    async fn record(&self, lease: &Lease, step: &str, id: i64) -> Result<(), LedgerError> {
        self.pass("ledger record", self.port.record(lease, step, id)).await
    }
    async fn complete(&self, l: &Lease, closing: Closing<'_>) -> Result<Completion, LedgerError> {
        self.pass("ledger complete", self.port.complete(l, closing)).await
    }
    async fn release(
        &self,
        lease: &Lease,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.pass("ledger release", self.port.release(lease, progress, now)).await
    }
    async fn row(&self, key: &RowKey) -> Result<Option<Row>, LedgerError> {
        self.pass("ledger row", self.port.row(key)).await
    }
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<RowKey>, LedgerError> {
        self.pass("ledger due", self.port.due(now, limit)).await
    }
    async fn event_known(
        &self,
        store: &StoreId,
        event: &EventId,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.pass("ledger event known", self.port.event_known(store, event, now)).await
    }
    async fn remember_event(
        &self,
        store: &StoreId,
        event: &EventId,
        expires: Timestamp,
    ) -> Result<(), LedgerError> {
        self.pass("ledger remember event", self.port.remember_event(store, event, expires)).await
    }
    async fn links(&self, keys: &[LinkKey]) -> Result<HashMap<LinkKey, i64>, LedgerError> {
        self.pass("ledger links", self.port.links(keys)).await
    }
    async fn put_links(&self, links: &[Link]) -> Result<(), LedgerError> {
        self.pass("ledger put links", self.port.put_links(links)).await
    }
    async fn drop_links(&self, keys: &[LinkKey]) -> Result<(), LedgerError> {
        self.pass("ledger drop links", self.port.drop_links(keys)).await
    }
    async fn raise(&self, item: &AttentionItem) -> Result<bool, LedgerError> {
        self.pass("ledger raise", self.port.raise(item)).await
    }
    async fn settle(&self, key: &RowKey) -> Result<bool, LedgerError> {
        self.pass("ledger settle", self.port.settle(key)).await
    }
    async fn attention(
        &self,
        store: Option<&StoreId>,
        limit: usize,
    ) -> Result<Vec<AttentionItem>, LedgerError> {
        self.pass("ledger attention", self.port.attention(store, limit)).await
    }
}
