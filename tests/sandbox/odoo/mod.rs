//! A fake Odoo 19: JSON-2, the legacy JSON-RPC, version and health, over an in-memory database.
//!
//! It answers what was observed on a real server (FACTS A1-A9, A15) and refuses what that refuses:
//! every model, field, method and argument is checked against a description cut from a real one.
//! What the real server can do and this one cannot answers 501 `sandbox.NotBuilt`, never a
//! made-up value: vendor bills, the wizards for payments, reversals and returns, bank statements,
//! `read_group`, chatter. What comes after an order is in `accounting` and `stock`.
//!
//! The money inside is exact decimals. Taxes are percent taxes without `include_base_amount`.
//! One lock makes calls serial: races are played by the faults (late commits, lost races).

mod access;
mod accounting;
mod cell;
mod control;
mod convert;
mod deadline;
mod describe;
mod dispatch;
mod domain;
mod env;
mod fail;
mod faults;
mod fiscal;
mod latency;
mod legacy;
mod load;
mod orm;
mod partner;
mod pin;
mod reading;
mod sale_line;
mod sale_order;
mod schema;
mod seed;
mod state;
mod stock;
mod store;
mod taxes;
#[cfg(test)]
mod tests;
mod transport;
mod values;
mod vat;

pub use faults::{Fault, Rule, Switches};
pub use seed::{Product, Seed};

use crate::{Reply, Server};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The fake. Cheap to share behind an `Arc`.
pub struct FakeOdoo {
    state: Mutex<State>,
}

impl FakeOdoo {
    /// A Belgian company (see [`Seed`]) whose clock stands at 2026-01-15 10:00:00 UTC.
    pub fn belgian() -> Self {
        let start: Timestamp = "2026-01-15T10:00:00Z".parse().unwrap();
        Self { state: Mutex::new(State::new(Arc::new(move || start))) }
    }
    /// The same with another clock.
    pub fn with_clock(self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.state().clock = Arc::new(now);
        self
    }
    /// The same with goods of these SKUs and list prices (EUR).
    pub fn with_products(self, products: &[(&str, &str)]) -> Self {
        for (sku, price) in products {
            self.add_product(&Product::goods(sku, price));
        }
        self
    }
    /// Sets the clock to a fixed time.
    pub fn set_now(&self, now: Timestamp) {
        self.state().clock = Arc::new(move || now);
    }
    /// Adds a product; its id.
    pub fn add_product(&self, product: &Product) -> i64 {
        seed::add_product(&mut self.state().store, product)
    }
    /// Adds a bank journal whose payments stay on an account of the chart until they are set off.
    pub fn add_bank_journal(&self, id: i64, code: &str, clearing: i64) {
        seed::add_bank_journal(&mut self.state().store, id, code, clearing);
    }
    /// Lets the first warehouse deliver in steps: `pick_ship` or `pick_pack_ship`.
    pub fn deliver_in_steps(&self, steps: &str) {
        seed::deliver_in_steps(&mut self.state().store, steps);
    }
    /// Adds a fault.
    pub fn inject(&self, rule: Rule) {
        self.state().faults.add(rule);
    }
    /// Sets the switches.
    pub fn switch(&self, switches: Switches) {
        self.state().faults.switches = switches;
    }
    /// Forgets all faults and switches. Late effects stay.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }
    /// Commits the effects whose callers had gone; how many.
    pub fn commit_late(&self) -> usize {
        self.state().commit_late()
    }
    /// Orders, partners, pickings, `invoices`, `credit_notes`, `entries`, `payments`,
    /// `stock_changes`, counts and the call log; amounts as decimal strings.
    pub fn inspect(&self) -> Value {
        control::state(&mut self.state())
    }
    /// Back to the seed; the clock stays.
    pub fn reset(&self) {
        let mut state = self.state();
        *state = State::new(state.clock.clone());
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for FakeOdoo {
    fn handle(&self, request: http::Request<Bytes>) -> Reply {
        transport::handle(&mut self.state(), &request)
    }
}
