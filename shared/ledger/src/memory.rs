//! The ledger in memory: for tests, the simulation and the command line's dry runs.

use crate::attention::AttentionItem;
use crate::link::{Link, LinkKey};
use crate::row::{Claim, Closing, Completion, Lease, Progress, Row, RowKey, State, Waiting};
use crate::{Ledger, LedgerError};
use causeway_domain::{EventId, StoreId, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A ledger in memory. Clones are handles to the same ledger. Never fails except with
/// [`LedgerError::LeaseLost`]; every method is atomic.
#[derive(Clone, Debug, Default)]
pub struct MemoryLedger(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    rows: BTreeMap<RowKey, Stored>,
    events: BTreeMap<(StoreId, EventId), Timestamp>,
    links: BTreeMap<LinkKey, i64>,
    attention: BTreeMap<RowKey, AttentionItem>,
}

/// A row with what only the ledger itself needs.
#[derive(Debug)]
struct Stored {
    row: Row,
    owner: Option<String>,
    /// `wanted` at the claim: a nudge since then must not be forgotten by a release.
    claimed: u64,
}

/// Everything in a [`MemoryLedger`], sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The rows.
    pub rows: Vec<Row>,
    /// The remembered event ids and when they expire.
    pub events: Vec<(StoreId, EventId, Timestamp)>,
    /// The links.
    pub links: Vec<Link>,
    /// The open attention items.
    pub attention: Vec<AttentionItem>,
}

impl MemoryLedger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything in it.
    pub fn dump(&self) -> Dump {
        let tables = self.tables();
        Dump {
            rows: tables.rows.values().map(|stored| stored.row.clone()).collect(),
            events: tables
                .events
                .iter()
                .map(|((store, event), expires)| (store.clone(), event.clone(), *expires))
                .collect(),
            links: tables
                .links
                .iter()
                .map(|(key, odoo_id)| Link { key: key.clone(), odoo_id: *odoo_id })
                .collect(),
            attention: tables.attention.values().cloned().collect(),
        }
    }

    /// No method leaves the tables half changed, so a poisoned lock is still good.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn stored(&mut self, key: &RowKey) -> &mut Stored {
        self.rows.entry(key.clone()).or_insert_with(|| Stored {
            row: empty_row(key),
            owner: None,
            claimed: 0,
        })
    }

    /// The row, if owner and fence are those of the lease.
    fn ours(&mut self, lease: &Lease) -> Result<&mut Stored, LedgerError> {
        self.rows
            .get_mut(&lease.key)
            .filter(|stored| stored.owner.as_deref() == Some(lease.owner.as_str()))
            .filter(|stored| stored.row.fence == lease.fence)
            .ok_or(LedgerError::LeaseLost)
    }
}

fn empty_row(key: &RowKey) -> Row {
    Row {
        key: key.clone(),
        wanted: 0,
        seen: 0,
        state: State::Pending,
        fence: 0,
        lease_until: None,
        due: None,
        digest: None,
        odoo_ids: BTreeMap::new(),
        intent: None,
        attempt: 0,
        failing_since: None,
        waiting_since: None,
        reason: None,
    }
}

impl Ledger for MemoryLedger {
    async fn nudge(&self, key: &RowKey, now: Timestamp) -> Result<u64, LedgerError> {
        let mut tables = self.tables();
        let row = &mut tables.stored(key).row;
        row.wanted += 1;
        row.due = Some(millis(now));
        Ok(row.wanted)
    }

    async fn claim(
        &self,
        key: &RowKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Claim, LedgerError> {
        let mut tables = self.tables();
        let stored = tables.stored(key);
        if stored.row.lease_until.is_some_and(|until| until >= millis(now)) {
            return Ok(Claim::Busy);
        }
        stored.owner = Some(owner.to_owned());
        stored.claimed = stored.row.wanted;
        let row = &mut stored.row;
        row.lease_until = Some(after(now, ttl));
        row.state = State::Leased;
        row.fence += 1;
        row.attempt += 1;
        // Every leased row is due, so that the sweep finds it when its worker died.
        row.due.get_or_insert(millis(now));
        let lease = Lease { key: key.clone(), owner: owner.to_owned(), fence: row.fence };
        Ok(Claim::Ours(lease, row.clone()))
    }

    async fn intent(
        &self,
        lease: &Lease,
        step: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), LedgerError> {
        let mut tables = self.tables();
        let row = &mut tables.ours(lease)?.row;
        if row.lease_until.is_none_or(|until| until <= millis(now)) {
            return Err(LedgerError::LeaseLost);
        }
        row.intent = Some((step.to_owned(), millis(now)));
        row.lease_until = Some(after(now, ttl));
        Ok(())
    }

    async fn record(&self, lease: &Lease, step: &str, odoo_id: i64) -> Result<(), LedgerError> {
        let mut tables = self.tables();
        let row = &mut tables.ours(lease)?.row;
        row.odoo_ids.insert(step.to_owned(), odoo_id);
        row.intent = None;
        Ok(())
    }

    async fn complete(
        &self,
        lease: &Lease,
        closing: Closing<'_>,
    ) -> Result<Completion, LedgerError> {
        let mut tables = self.tables();
        let stored = tables.ours(lease)?;
        let row = &mut stored.row;
        if row.wanted != closing.wanted {
            return Ok(Completion::Wanted(row.wanted));
        }
        stored.owner = None;
        row.seen = closing.wanted;
        row.digest = Some(closing.digest.to_owned());
        row.state = State::Done;
        row.lease_until = None;
        row.due = None;
        row.intent = None;
        row.attempt = 0;
        row.failing_since = None;
        row.waiting_since = None;
        row.reason = None;
        Ok(Completion::Done)
    }

    async fn release(
        &self,
        lease: &Lease,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tables = self.tables();
        let stored = tables.ours(lease)?;
        let nudged = stored.row.wanted != stored.claimed;
        let end = progress.end(now);
        let row = &mut stored.row;
        stored.owner = None;
        row.lease_until = None;
        row.state = end.state;
        row.reason = end.reason.map(str::to_owned);
        row.failing_since = end.failing_since.map(millis);
        row.waiting_since = match end.waiting {
            Waiting::Since(time) => row.waiting_since.or(Some(millis(time))),
            Waiting::Unchanged => row.waiting_since,
            Waiting::Over => None,
        };
        row.due = if nudged { Some(millis(now)) } else { end.due.map(millis) };
        if end.resets_attempts {
            row.attempt = 0;
        }
        Ok(())
    }

    async fn row(&self, key: &RowKey) -> Result<Option<Row>, LedgerError> {
        Ok(self.tables().rows.get(key).map(|stored| stored.row.clone()))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<RowKey>, LedgerError> {
        let now = millis(now);
        let tables = self.tables();
        let mut found: Vec<(Timestamp, &RowKey)> = tables
            .rows
            .values()
            .map(|stored| &stored.row)
            .filter(|row| row.lease_until.is_none_or(|until| until < now))
            .filter_map(|row| Some((row.due.filter(|due| *due <= now)?, &row.key)))
            .collect();
        found.sort();
        Ok(found.into_iter().take(limit).map(|(_, key)| key.clone()).collect())
    }

    async fn event_known(
        &self,
        store: &StoreId,
        event: &EventId,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let tables = self.tables();
        let expires = tables.events.get(&(store.clone(), event.clone()));
        Ok(expires.is_some_and(|expires| expires.as_second() > now.as_second()))
    }

    async fn remember_event(
        &self,
        store: &StoreId,
        event: &EventId,
        expires: Timestamp,
    ) -> Result<(), LedgerError> {
        self.tables().events.insert((store.clone(), event.clone()), expires);
        Ok(())
    }

    async fn links(&self, keys: &[LinkKey]) -> Result<HashMap<LinkKey, i64>, LedgerError> {
        let tables = self.tables();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), *tables.links.get(key)?))).collect())
    }

    async fn put_links(&self, links: &[Link]) -> Result<(), LedgerError> {
        let mut tables = self.tables();
        tables.links.extend(links.iter().map(|link| (link.key.clone(), link.odoo_id)));
        Ok(())
    }

    async fn drop_links(&self, keys: &[LinkKey]) -> Result<(), LedgerError> {
        let mut tables = self.tables();
        for key in keys {
            tables.links.remove(key);
        }
        Ok(())
    }

    async fn raise(&self, item: &AttentionItem) -> Result<bool, LedgerError> {
        let mut tables = self.tables();
        let mut item = item.clone().fitted();
        if let Some(open) = tables.attention.get(&item.key) {
            item.raised_at = open.raised_at;
        }
        Ok(tables.attention.insert(item.key.clone(), item).is_none())
    }

    async fn settle(&self, key: &RowKey) -> Result<bool, LedgerError> {
        Ok(self.tables().attention.remove(key).is_some())
    }

    async fn attention(
        &self,
        store: Option<&StoreId>,
        limit: usize,
    ) -> Result<Vec<AttentionItem>, LedgerError> {
        let tables = self.tables();
        let mut items: Vec<AttentionItem> = tables
            .attention
            .values()
            .filter(|item| store.is_none_or(|store| item.key.store == *store))
            .cloned()
            .collect();
        items.sort_by(|a, b| (a.raised_at, &a.key).cmp(&(b.raised_at, &b.key)));
        items.truncate(limit);
        Ok(items)
    }
}

/// Cut to milliseconds, the resolution of the stored ledger.
fn millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn after(now: Timestamp, ttl: Duration) -> Timestamp {
    let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(now.as_millisecond().saturating_add(ttl)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[tokio::test]
    async fn behaves_as_every_ledger_must() {
        crate::suite::run_all(&MemoryLedger::new()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn simultaneous_claims_on_threads_give_one_lease() {
        let ledger = MemoryLedger::new();
        let key = RowKey { store: StoreId::new("threads"), subject: "order/1".to_owned() };
        let now = Timestamp::UNIX_EPOCH;
        let tasks: Vec<_> = (0..64)
            .map(|worker| {
                let (ledger, key) = (ledger.clone(), key.clone());
                tokio::spawn(async move {
                    ledger.nudge(&key, now).await.unwrap();
                    let owner = format!("worker-{worker}");
                    ledger.claim(&key, &owner, now, Duration::from_secs(60)).await.unwrap()
                })
            })
            .collect();
        let mut ours = 0;
        for task in tasks {
            match task.await.unwrap() {
                Claim::Ours(..) => ours += 1,
                Claim::Busy => {}
            }
        }
        assert_eq!(ours, 1);
        assert_eq!(ledger.row(&key).await.unwrap().unwrap().wanted, 64);
    }
}
