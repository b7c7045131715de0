//! Brings a batch of sale orders of one store to Odoo in as few calls as possible: one create-only
//! `load`, one read, one confirm, one write of the dates that reads back. Every step may be repeated.

use super::compare::check_totals;
use super::customer::{self, Parties};
use super::date::{due, is_draft};
use super::edit::{Change, difference, twins};
use super::forecast;
use super::intent::SaleOrder;
use super::place::{Unplaced, take_off, unplaced};
use super::product;
use super::render::{PricedLine, price_all, record};
use super::tax::check_fiscal_position;
use crate::config::{StoreConfig, TotalsWithoutPins};
use crate::work::unavailable;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, StoreId};
use causeway_ledger::Ledger;
use causeway_odoo::{
    CulpritClass, ExternalIdOf, LineRecord, Odoo, OrderRecord, OrderState, Record,
};
use std::collections::{BTreeMap, BTreeSet};

/// One order on its way to Odoo.
pub(super) struct Item<'a> {
    pub(super) order: &'a SaleOrder,
    /// The id that the ledger has recorded, if any.
    pub(super) recorded: Option<i64>,
    /// True if an earlier try may have made the order from an older state.
    pub(super) suspect: bool,
}

/// What the flow does around a write, once per order: announce it, remember its result.
pub(super) trait Journal: Sync {
    /// Announces the load of these orders (indices into the batch); returns those that may go on.
    fn announce(&self, items: &[usize]) -> impl Future<Output = BTreeMap<usize, Fault>> + Send;
    /// Remembers the Odoo id of an order.
    fn remember(&self, item: usize, id: i64) -> impl Future<Output = Result<(), Fault>> + Send;
    /// Says whether there is time for another write.
    fn in_time(&self) -> Result<(), Fault>;
}

/// Everything that is the same for the batch.
pub(super) struct Batch<'a, H, L, J> {
    pub(super) odoo: Odoo<'a, H>,
    pub(super) ledger: &'a L,
    pub(super) journal: &'a J,
    pub(super) store: &'a StoreId,
    pub(super) config: &'a StoreConfig,
}

struct Ready {
    parties: Parties,
    lines: Vec<PricedLine>,
}

type Ends = BTreeMap<usize, Result<i64, Fault>>;

impl<H: Http, L: Ledger, J: Journal> Batch<'_, H, L, J> {
    /// The Odoo id or the fault of every item, by index. An outer fault is everybody's.
    pub(super) async fn bring(&self, items: &[Item<'_>]) -> Result<Ends, Fault> {
        let mut ends = Ends::new();
        let ready = self.prepare(items, &mut ends).await?;
        let ids = self.make(items, &ready, &mut ends).await?;
        let mut records = self.read(items, &ids, &mut ends).await?;
        self.change(items, &ready, &ids, &mut records, &mut ends).await?;
        let unplaced = unplaced(self.odoo, items, &records).await?;
        let quotations = unplaced.quotations(&records);
        if !quotations.is_empty() {
            self.journal.in_time()?;
            take_off(self.odoo, &quotations, &mut records).await?;
        }
        self.check(items, &records, &unplaced, &mut ends);
        self.confirm(items, &mut records, &mut ends).await?;
        for (at, record) in records {
            ends.entry(at).or_insert(Ok(record.id));
        }
        Ok(ends)
    }

    /// Finds goods first, so that no customer is made for an order that cannot go on.
    async fn prepare(
        &self,
        items: &[Item<'_>],
        ends: &mut Ends,
    ) -> Result<BTreeMap<usize, Ready>, Fault> {
        let all: Vec<&SaleOrder> = items.iter().map(|item| item.order).collect();
        let products = product::resolve(self.odoo, self.ledger, self.store, &all).await?;
        let mut priced = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let lines = price_all(item.order, &products, self.config, self.odoo.session)
                .and_then(|lines| self.foretell(item.order, lines));
            match lines {
                Ok(lines) => priced.push((at, item.order, lines)),
                Err(fault) => {
                    ends.insert(at, Err(fault));
                }
            }
        }
        let orders: Vec<&SaleOrder> = priced.iter().map(|(_, order, _)| *order).collect();
        let parties =
            customer::resolve(self.odoo, self.ledger, self.store, self.config, &orders).await?;
        let mut ready = BTreeMap::new();
        for ((at, _, lines), parties) in priced.into_iter().zip(parties) {
            match parties {
                Ok(parties) => {
                    ready.insert(at, Ready { parties, lines });
                }
                Err(fault) => {
                    ends.insert(at, Err(fault));
                }
            }
        }
        Ok(ready)
    }

    fn foretell(
        &self,
        order: &SaleOrder,
        lines: Vec<PricedLine>,
    ) -> Result<Vec<PricedLine>, Fault> {
        match (self.odoo.session.pins, self.config.order.totals_without_pins) {
            (false, TotalsWithoutPins::Reject) => {
                forecast::check(order, &lines, self.odoo.session)?;
            }
            (true, TotalsWithoutPins::Reject | TotalsWithoutPins::CorrectInvoice)
            | (false, TotalsWithoutPins::CorrectInvoice) => {}
        }
        Ok(lines)
    }

    /// Ids of all orders that exist or could be made.
    async fn make(
        &self,
        items: &[Item<'_>],
        ready: &BTreeMap<usize, Ready>,
        ends: &mut Ends,
    ) -> Result<BTreeMap<usize, i64>, Fault> {
        let mut ids = BTreeMap::new();
        let mut new: Vec<(usize, Record)> = Vec::new();
        for (at, item, ready) in ready.iter().filter_map(|(at, r)| Some((*at, items.get(*at)?, r)))
        {
            match item.recorded {
                Some(id) => {
                    ids.insert(at, id);
                }
                None => new.push((
                    at,
                    record(item.order, ready.parties, &ready.lines, self.config, self.odoo.session),
                )),
            }
        }
        if new.is_empty() {
            return Ok(ids);
        }
        self.journal.in_time()?;
        let announced =
            self.journal.announce(&new.iter().map(|(at, _)| *at).collect::<Vec<_>>()).await;
        new.retain(|(at, _)| !announced.contains_key(at));
        ends.extend(announced.into_iter().map(|(at, fault)| (at, Err(fault))));
        let records: Vec<Record> = new.iter().map(|(_, record)| record.clone()).collect();
        let outcome = self.odoo.load_new("sale.order", &records).await?;
        for ((at, _), outcome) in new.into_iter().zip(outcome) {
            let Some(item) = items.get(at) else { continue };
            match outcome {
                Ok(id) => match self.journal.remember(at, id).await {
                    Ok(()) => {
                        ids.insert(at, id);
                    }
                    Err(fault) => {
                        ends.insert(at, Err(fault));
                    }
                },
                Err(culprit) => {
                    self.forget_stale_links(item.order, &culprit.class).await?;
                    ends.insert(at, Err(refused(item.order, &culprit)));
                }
            }
        }
        Ok(ids)
    }

    /// A link to a record that Odoo no longer has is dropped, so that the next try looks again.
    async fn forget_stale_links(
        &self,
        order: &SaleOrder,
        class: &CulpritClass,
    ) -> Result<(), Fault> {
        let CulpritClass::MissingReference { .. } = class else { return Ok(()) };
        let keys = customer::links_of(self.store, order)
            .into_iter()
            .chain(product::links_of(self.store, order))
            .collect::<Vec<_>>();
        self.ledger.drop_links(&keys).await.map_err(unavailable)
    }

    async fn read(
        &self,
        items: &[Item<'_>],
        ids: &BTreeMap<usize, i64>,
        ends: &mut Ends,
    ) -> Result<BTreeMap<usize, OrderRecord>, Fault> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let list: Vec<i64> = ids.values().copied().collect();
        let mut found = self.odoo.read_orders(&list).await?;
        let mut records = BTreeMap::new();
        for (at, id) in ids {
            match (found.remove(id), items.get(*at)) {
                (Some(record), _) => {
                    records.insert(*at, record);
                }
                (None, Some(item)) => {
                    ends.insert(*at, Err(deleted(item.order, *id)));
                }
                (None, None) => {}
            }
        }
        Ok(records)
    }

    /// Brings orders that existed before to what they should be.
    async fn change(
        &self,
        items: &[Item<'_>],
        ready: &BTreeMap<usize, Ready>,
        ids: &BTreeMap<usize, i64>,
        records: &mut BTreeMap<usize, OrderRecord>,
        ends: &mut Ends,
    ) -> Result<(), Fault> {
        let old: Vec<usize> = records
            .keys()
            .copied()
            .filter(|at| items.get(*at).is_some_and(|i| i.recorded.is_some() || i.suspect))
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        let old_ids: Vec<i64> = old.iter().filter_map(|at| ids.get(at).copied()).collect();
        let lines = self.odoo.read_lines(&old_ids).await?;
        let names = self.odoo.external_ids(ExternalIdOf::OrderLine, &twins(&lines)).await?;
        for at in old {
            let (Some(item), Some(ready), Some(record)) =
                (items.get(at), ready.get(&at), records.get(&at))
            else {
                continue;
            };
            let own: Vec<LineRecord> =
                lines.iter().filter(|line| line.order == record.id).cloned().collect();
            let policy = self.config.order.edits;
            let change =
                difference(item.order, ready.parties, &ready.lines, record, (&own, &names), policy);
            let outcome = match change {
                Ok(change) if change.is_empty() => continue,
                Ok(change) => self.write(record.id, change).await,
                Err(fault) => Err(fault),
            };
            match outcome {
                Ok(Some(record)) => {
                    records.insert(at, record);
                }
                Ok(None) => {
                    let fault = deleted(item.order, record.id);
                    records.remove(&at);
                    ends.insert(at, Err(fault));
                }
                Err(fault) => {
                    records.remove(&at);
                    ends.insert(at, Err(fault));
                }
            }
        }
        Ok(())
    }

    async fn write(&self, id: i64, change: Change) -> Result<Option<OrderRecord>, Fault> {
        self.journal.in_time()?;
        self.odoo.write_order(id, change.addresses, change.lines).await?;
        Ok(self.odoo.read_orders(&[id]).await?.remove(&id))
    }

    /// Compares totals and taxes before anything is confirmed: a wrong order must not be shipped.
    fn check(
        &self,
        items: &[Item<'_>],
        records: &BTreeMap<usize, OrderRecord>,
        unplaced: &Unplaced,
        ends: &mut Ends,
    ) {
        for (at, record) in records {
            let Some(item) = items.get(*at) else { continue };
            let taxes: BTreeSet<i64> = item
                .order
                .lines
                .iter()
                .flat_map(|line| line.taxes.iter().map(|share| share.tax))
                .collect();
            let addresses = [&item.order.billing, &item.order.shipping];
            let place_known = addresses.iter().all(|address| address.country.is_some());
            let verdict = check_totals(item.order, record, self.config, self.odoo.session.pins)
                .and_then(|()| {
                    check_fiscal_position(
                        &format!("{} ({})", item.order.key, record.name),
                        unplaced.position(*at, record),
                        place_known,
                        taxes,
                        self.odoo.session,
                    )
                });
            if let Err(fault) = verdict {
                ends.insert(*at, Err(fault));
            }
        }
    }

    /// Confirms what is draft and should not be, puts the dates back, reads back and compares.
    async fn confirm(
        &self,
        items: &[Item<'_>],
        records: &mut BTreeMap<usize, OrderRecord>,
        ends: &mut Ends,
    ) -> Result<(), Fault> {
        records.retain(|at, _| !ends.contains_key(at));
        let wants = |at: &usize| items.get(*at).is_some_and(|item| item.order.confirm);
        let drafts: BTreeMap<i64, usize> = records
            .iter()
            .filter(|(at, record)| wants(at) && is_draft(&record.state))
            .map(|(at, record)| (record.id, *at))
            .collect();
        if !drafts.is_empty() {
            self.journal.in_time()?;
            let ids: Vec<i64> = drafts.keys().copied().collect();
            for (id, fault) in self.odoo.confirm(&ids).await? {
                if let Some(at) = drafts.get(&id) {
                    records.remove(at);
                    ends.insert(*at, Err(fault));
                }
            }
        }
        let dates = due(items, records, &drafts);
        if dates.is_empty() {
            return Ok(());
        }
        let mut read = self.odoo.date_and_read(&dates).await?;
        let stale: Vec<usize> = records.keys().copied().collect();
        for at in stale {
            let (Some(item), Some(id)) = (items.get(at), records.get(&at).map(|r| r.id)) else {
                continue;
            };
            let Some(record) = read.remove(&id) else { continue };
            let pins = self.odoo.session.pins;
            if let Err(fault) = check_totals(item.order, &record, self.config, pins) {
                ends.insert(at, Err(fault));
            } else if item.order.confirm && record.state != OrderState::Sale {
                ends.insert(
                    at,
                    Err(Fault::retry(format!("order {} is not confirmed yet", item.order.key))),
                );
            }
            records.insert(at, record);
        }
        Ok(())
    }
}

fn deleted(order: &SaleOrder, id: i64) -> Fault {
    Fault::reject(
        format!(
            "order {}: sale order {id} was deleted in Odoo after Causeway had made it",
            order.key
        ),
        "if it should be there, make it in Odoo by hand; then `causeway attention settle`",
    )
}

fn refused(order: &SaleOrder, culprit: &causeway_odoo::Culprit) -> Fault {
    match &culprit.class {
        CulpritClass::MissingReference { .. } => {
            Fault::retry(format!("order {}: {}", order.key, culprit.text))
        }
        CulpritClass::BadValue { .. } | CulpritClass::Constraint | CulpritClass::Other => {
            Fault::reject(
                format!("order {}: {}", order.key, culprit.text),
                "correct the order or the configuration named there, then replay the order",
            )
        }
    }
}
