//! One fake store: its memory, and the parts that are alike on every platform.

use super::draft::{Draft, Expected, Phase};
use super::exchange::Exchange;
use super::faults::{Disturbance, Faults};
use super::generate::{self, SampleOrder};
use super::shop::{Platform, Shop};
use super::{delivery, inspect, magento, prestashop, shopify, square, woocommerce};
use crate::{Reply, Server};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A change of an order by the merchant or the buyer.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Another quantity on a line (from 0). Never zero.
    Quantity {
        /// Which line.
        line: usize,
        /// How many now.
        quantity: Decimal,
    },
    /// Another product on a line, by SKU only.
    Sku {
        /// Which line.
        line: usize,
        /// Its SKU now.
        sku: String,
    },
    /// Another street of the delivery and invoice address.
    Street(String),
    /// Another phase: paid, completed, cancelled.
    Phase(Phase),
    /// Another note of the buyer; no amount changes.
    Note(String),
}

/// What a store remembers.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) orders: BTreeMap<String, SampleOrder>,
    pub(super) violations: Vec<String>,
    pub(super) requests: u64,
    pub(super) nonces: HashSet<String>,
    pub(super) faults: Faults,
    pub(super) next: u32,
    /// Points of Shopify's bucket that are used, and when that was counted.
    pub(super) used_points: (u32, Option<Timestamp>),
}

type Now = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// One fake store.
pub struct Fake {
    shop: Shop,
    memory: Mutex<Memory>,
    now: Now,
}

impl Fake {
    /// An empty store on the system's clock.
    pub fn new(shop: Shop) -> Arc<Self> {
        Self::with_clock(shop, Timestamp::now)
    }

    /// An empty store on another clock (OAuth timestamps, rate limits, signed webhook times).
    pub fn with_clock(
        shop: Shop,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Arc<Self> {
        let memory = Memory { next: shop.sold_before, ..Memory::default() };
        Arc::new(Self { shop, memory: Mutex::new(memory), now: Box::new(now) })
    }

    /// The store's description.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Adds the next `n` orders of a seed; returns their ids.
    pub fn generate(&self, seed: u64, n: u32) -> Vec<String> {
        (0..n).map(|_| self.add(seed, |draft| draft)).collect()
    }

    /// Adds the next order of a seed with a SKU that no Odoo has.
    pub fn add_unknown_sku(&self, seed: u64) -> String {
        self.add(seed, |draft| with_phase(draft, Phase::Paid).with_unknown_sku())
    }

    /// Adds the next order of a seed with a line that makes Odoo refuse it.
    pub fn add_poisoned(&self, seed: u64) -> String {
        self.add(seed, |draft| with_phase(draft, Phase::Paid).poisoned())
    }

    /// Adds the next order of a seed, changed as the caller likes; its number stays.
    pub fn add(&self, seed: u64, change: impl FnOnce(Draft) -> Draft) -> String {
        let at = {
            let mut memory = self.memory();
            memory.next += 1;
            memory.next - 1
        };
        self.add_order(change(generate::draft(self.shop.platform, seed, at)))
    }

    /// Adds or replaces an order; returns its id.
    pub fn add_order(&self, draft: Draft) -> String {
        let order = render(&self.shop, draft);
        let id = order.expected.id.clone();
        let mut memory = self.memory();
        memory.next = memory.next.max(order.draft.number);
        memory.orders.insert(id.clone(), order);
        id
    }

    /// Deletes an order as if it had never been; true if it was there.
    pub fn remove_order(&self, id: &str) -> bool {
        self.memory().orders.remove(id).is_some()
    }

    /// Changes an order and computes it anew. Panics if there is no such order.
    pub fn edit_order(&self, id: &str, edit: Edit) {
        let mut memory = self.memory();
        let order = memory.orders.get_mut(id).expect("an order of this store");
        let mut draft = order.draft.clone();
        draft.edits += 1;
        match edit {
            Edit::Quantity { line, quantity } => {
                let line = &mut draft.lines[line];
                line.removed += (line.quantity - quantity).max(Decimal::ZERO);
                line.quantity = quantity;
            }
            Edit::Sku { line, sku } => draft.lines[line].sku = sku,
            Edit::Street(street) => {
                draft.billing.street.clone_from(&street);
                if let Some(delivery) = &mut draft.delivery {
                    delivery.street = street;
                }
            }
            Edit::Phase(phase) => draft.phase = phase,
            Edit::Note(note) => draft.note = Some(note),
        }
        *order = render(&self.shop, draft);
    }

    /// The ids of all orders.
    pub fn order_ids(&self) -> Vec<String> {
        self.memory().orders.keys().cloned().collect()
    }

    /// An order with all that is known of it.
    pub fn order(&self, id: &str) -> Option<SampleOrder> {
        self.memory().orders.get(id).cloned()
    }

    /// What an order must come to.
    pub fn expected(&self, id: &str) -> Option<Expected> {
        self.order(id).map(|order| order.expected)
    }

    /// Everything that was asked of this store against the platform's contract. Empty in a good test.
    pub fn violations(&self) -> Vec<String> {
        self.memory().violations.clone()
    }

    /// How many API requests came.
    pub fn requests(&self) -> u64 {
        self.memory().requests
    }

    /// The faults that are left.
    pub fn faults(&self) -> Faults {
        self.memory().faults.clone()
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.memory().faults = faults;
    }

    /// The webhook that this store sends for an order and topic, signed, to its registered URL. The
    /// same order state and topic give the same event id: sending it twice is a duplicate.
    pub fn delivery(&self, order: &str, topic: delivery::Topic) -> Request<Bytes> {
        delivery::delivery(self, order, topic)
    }

    /// WooCommerce's unsigned ping on creation of a webhook; `None` elsewhere.
    pub fn ping(&self) -> Option<Request<Bytes>> {
        match self.shop.platform {
            Platform::WooCommerce => Some(woocommerce::ping(&self.shop)),
            Platform::Shopify | Platform::Magento | Platform::PrestaShop | Platform::Square => None,
        }
    }
}

fn with_phase(mut draft: Draft, phase: Phase) -> Draft {
    draft.phase = phase;
    draft
}

/// Computes a draft as its platform does. Panics if the result breaks the platform's schema.
pub(super) fn render(shop: &Shop, draft: Draft) -> SampleOrder {
    let (native, expected) = match shop.platform {
        Platform::Shopify => shopify::render(shop, &draft),
        Platform::WooCommerce => woocommerce::render(shop, &draft),
        Platform::Magento => magento::render(&draft),
        Platform::PrestaShop => prestashop::render(&draft),
        Platform::Square => square::render(&draft),
    };
    SampleOrder { draft, native, expected }
}

impl Server for Fake {
    fn handle(&self, request: Request<Bytes>) -> Reply {
        if request.uri().path().starts_with("/_sandbox/") {
            return Reply::Now(inspect::answer(self, &request));
        }
        let mut memory = self.memory();
        memory.requests += 1;
        match memory.faults.before(self.shop.platform) {
            Some(Disturbance::Drop) => return Reply::Drop,
            Some(Disturbance::Answer(answer)) => return Reply::Now(answer),
            None => {}
        }
        let mut cx =
            Exchange { shop: &self.shop, memory: &mut memory, request: &request, now: self.now() };
        let answer = match self.shop.platform {
            Platform::Shopify => shopify::answer(&mut cx),
            Platform::WooCommerce => woocommerce::answer(&mut cx),
            Platform::Magento => magento::answer(&mut cx),
            Platform::PrestaShop => prestashop::answer(&mut cx),
            Platform::Square => square::answer(&mut cx),
        };
        memory.faults.after(answer)
    }
}
