//! The sandbox's controls over HTTP.

use super::point_of_sale::Chart;
use crate::local::loopback::Loopback;
use crate::local::stack::Stack;
use crate::report::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

/// A running sandbox.
pub struct Sandbox {
    /// For deliveries too.
    pub http: Loopback,
    address: String,
    odoo: String,
    /// Its stores whose sales become orders.
    pub stores: Vec<Store>,
    /// Those whose sales become journal entries, and on which accounts.
    pub points_of_sale: Vec<(Store, Chart)>,
    /// The accounts at payment processors.
    pub accounts: Vec<Account>,
}

/// An account at a payment processor.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Our name of it.
    pub account: String,
    /// Its processor.
    pub processor: String,
    /// Where its API lives.
    pub url: String,
    /// Where its money goes.
    pub books: Books,
}

/// Accounts of Odoo, as its ids.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Books {
    /// Of the deposit.
    pub bank: i64,
    /// Of money at the processor.
    pub clearing: i64,
    /// Of its fees.
    pub fees: i64,
    /// Of what belongs to nothing.
    pub unmatched: i64,
}

impl Account {
    /// True if its processor tells of a dispute by itself, not only in a payout.
    pub fn tells_disputes(&self) -> bool {
        matches!(self.processor.as_str(), "stripe" | "adyen")
    }
}

/// One of its stores.
#[derive(Clone, Debug, Deserialize)]
pub struct Store {
    /// Our name of it.
    pub store: String,
    /// Its platform.
    pub platform: String,
    /// Where its API lives.
    pub url: String,
    /// What it does after an order.
    pub policy: Policy,
    /// The accounts of a point of sale.
    #[serde(default)]
    pub chart: Option<Chart>,
}

/// What a store does after an order, in the configuration's words.
#[derive(Clone, Debug, Deserialize)]
pub struct Policy {
    /// none, at_order, at_delivery.
    pub invoices: String,
    /// none, per_order, settlement.
    pub payments: String,
    /// The journal of its payments, which no other store has.
    pub journal: Option<i64>,
}

/// A webhook as the store would send it.
#[derive(Clone, Debug, Deserialize)]
pub struct Delivery {
    /// Method.
    pub method: String,
    /// The registered URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Base64.
    pub body: String,
}

#[derive(Deserialize)]
struct Places {
    odoo: String,
    stores: Vec<Store>,
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Orders {
    orders: Vec<String>,
}

impl Sandbox {
    /// The sandbox of a stack.
    pub async fn find(stack: &Stack) -> Result<Self, Failure> {
        let address = stack.sandbox.clone().ok_or_else(|| Failure::new("no sandbox is running"))?;
        let http = Loopback::new();
        let places: Places = http.get(&format!("{address}/_sandbox/where")).await?;
        let Places { odoo, stores, accounts } = places;
        let (counters, stores): (Vec<Store>, Vec<Store>) =
            stores.into_iter().partition(|store| store.chart.is_some());
        let points_of_sale = counters
            .into_iter()
            .filter_map(|store| store.chart.clone().map(|chart| (store, chart)))
            .collect();
        Ok(Self { http, address, odoo, stores, points_of_sale, accounts })
    }

    /// Works a control.
    pub async fn control(&self, name: &str, body: Value) -> Result<Value, Failure> {
        self.http.post(&format!("{}/_sandbox/{name}", self.address), &body).await
    }

    /// Makes orders; `kind` is one of the control's.
    pub async fn add_orders(
        &self,
        store: &str,
        seed: u64,
        count: u32,
        kind: &str,
    ) -> Result<Vec<String>, Failure> {
        let body = json!({"store": store, "seed": seed, "count": count, "kind": kind});
        let made: Orders =
            self.http.post(&format!("{}/_sandbox/orders", self.address), &body).await?;
        Ok(made.orders)
    }

    /// Changes the quantity of an order's first line.
    pub async fn edit(&self, store: &str, order: &str, quantity: u32) -> Result<(), Failure> {
        let quantity = quantity.to_string();
        let body = json!({"store": store, "order": order, "line": 0, "quantity": quantity});
        self.control("edit", body).await.map(|_| ())
    }

    /// The merchant cancels an order and gives back what was paid.
    pub async fn cancel(&self, store: &str, order: &str) -> Result<(), Failure> {
        self.control("cancel", json!({"store": store, "order": order})).await.map(|_| ())
    }

    /// The merchant gives something back; `what` is the rest of the control's body.
    pub async fn refund(&self, store: &str, order: &str, mut what: Value) -> Result<(), Failure> {
        if let Some(body) = what.as_object_mut() {
            body.insert("store".to_owned(), json!(store));
            body.insert("order".to_owned(), json!(order));
        }
        self.control("refund", what).await.map(|_| ())
    }

    /// The buyer sends one of the first line back and the merchant agrees; the return's id.
    pub async fn agree_to_return(&self, store: &str, order: &str) -> Result<String, Failure> {
        let asked = json!({"store": store, "order": order, "lines": [[0, "1"]]});
        let asked = self.control("return", asked).await?;
        let id = asked.get("return").and_then(Value::as_str).unwrap_or_default().to_owned();
        let agreed = json!({"store": store, "order": order, "return": id, "to": "open"});
        self.control("return", agreed).await.map(|_| id)
    }

    /// The warehouse validates what is open: `deliveries` or `returns`, of one sale order or of all.
    /// How many.
    pub async fn warehouse(&self, what: &str, origin: Option<&str>) -> Result<usize, Failure> {
        let done = self.control("warehouse", json!({"what": what, "origin": origin})).await?;
        Ok(done.get("validated").and_then(Value::as_array).map_or(0, Vec::len))
    }

    /// A webhook of an order, as sent, retried, forged or tampered.
    pub async fn delivery(
        &self,
        store: &str,
        order: &str,
        topic: &str,
        how: &str,
    ) -> Result<Delivery, Failure> {
        let body = json!({"store": store, "order": order, "topic": topic, "as": how});
        self.http.post(&format!("{}/_sandbox/delivery", self.address), &body).await
    }

    /// Sets what a store does wrong.
    pub async fn store_faults(&self, store: &Store, faults: &Value) -> Result<(), Failure> {
        let url = format!("{}/_sandbox/faults", store.url);
        self.http.post::<Value>(&url, faults).await.map(|_| ())
    }

    /// Sets what Odoo does wrong.
    pub async fn odoo_faults(&self, faults: &Value) -> Result<(), Failure> {
        let url = format!("{}/_sandbox/faults", self.odoo);
        self.http.post::<Value>(&url, faults).await.map(|_| ())
    }

    /// Creates a product in Odoo.
    pub async fn add_product(&self, sku: &str) -> Result<(), Failure> {
        let url = format!("{}/_sandbox/seed", self.odoo);
        let body = json!({"products": [{"sku": sku, "price": "10.00"}]});
        self.http.post::<Value>(&url, &body).await.map(|_| ())
    }

    /// What an order must be called in Odoo.
    pub async fn origin(&self, store: &str, order: &str) -> Result<String, Failure> {
        let unknown = || Failure::new(format!("no order {order} of {store}"));
        let store = self.stores.iter().find(|one| one.store == store).ok_or_else(unknown)?;
        let sold = super::check::sold(&self.store_state(store).await?);
        sold.into_iter().find(|sold| sold.id == order).map(|sold| sold.origin).ok_or_else(unknown)
    }

    /// What a store holds.
    pub async fn store_state(&self, store: &Store) -> Result<Value, Failure> {
        self.http.get(&format!("{}/_sandbox/state", store.url)).await
    }

    /// What a store's platform tells of each order, by its id.
    pub async fn documents(&self, store: &Store) -> Result<Value, Failure> {
        self.http.get(&format!("{}/_sandbox/documents", store.url)).await
    }

    /// The processor tells its fees of an order's payments.
    pub async fn fees(&self, store: &str, order: &str) -> Result<(), Failure> {
        self.control("fees", json!({"store": store, "order": order})).await.map(|_| ())
    }

    /// What a processor holds.
    pub async fn account_state(&self, account: &Account) -> Result<Value, Failure> {
        self.http.get(&format!("{}/_sandbox/state", account.url)).await
    }

    /// What Odoo holds.
    pub async fn odoo_state(&self) -> Result<Value, Failure> {
        self.http.get(&format!("{}/_sandbox/state", self.odoo)).await
    }
}
