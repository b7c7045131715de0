//! Controls of the whole sandbox, below `/_sandbox`; JSON in, JSON out. Each store and the Odoo have
//! their own `/_sandbox/state` and `/_sandbox/faults` besides.
//!
//! - `GET /environment`: the configuration file that fits, as TOML
//! - `GET /secrets`: `{name: value}`
//! - `GET /where`: `{"odoo": url, "stores": [{"store", "platform", "url", "policy": {"invoices",
//!   "payments", "journal"}, "chart"}], "accounts": [{"account", "processor", "url", "books"}]}`; a point of
//!   sale has a chart of accounts
//! - `POST /orders {"store", "seed", "count", "kind": "plain" | "unknown_sku" | "poisoned" |
//!   "pending" | "paid" | "sold"}`: `{"orders": [id]}`; paid ones are three of their first line, and no
//!   gift card paid them; sold ones are those of a point of sale (see `point_of_sale`)
//! - `POST /edit {"store", "order", "line", "quantity"}`: another quantity on a line
//! - `POST /delivery {"store", "order", "topic": "created" | "updated" | "cancelled" | "deleted" |
//!   "refunded" | "returned" | "paid", "as": "sent" | "retried" | "forged" | "tampered"}`:
//!   `{"method", "url", "headers": [[name, value]], "body": base64}`
//! - `POST /cancel`, `/refund`, `/return`: what a merchant does after the order (see `after`)
//! - `POST /fees {"store", "order"}`: the processor tells its fees (Square)
//! - `POST /dispute`, `/payouts`: what payment processors do (see `payouts`)
//! - `POST /warehouse {"what": "deliveries" | "returns", "origin"}`: validates open transfers in Odoo

mod after;
mod payouts;
mod point_of_sale;
mod warehouse;

use base64::Engine as _;
use bytes::Bytes;
use http::{Request, Response};
use rust_decimal::Decimal;
use sandbox::odoo::{FakeOdoo, Seed};
use sandbox::platforms::{self, Edit, Fake, Shop, Topic};
use sandbox::processors::Processor;
use sandbox::{Reply, Server, config};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The whole sandbox.
pub struct Control {
    odoo_url: String,
    odoo: Arc<FakeOdoo>,
    stores: Vec<Arc<Fake>>,
    /// Where each lives, and the account.
    accounts: Vec<(String, Arc<Processor>)>,
}

#[derive(Deserialize)]
struct Orders {
    store: String,
    seed: u64,
    count: u32,
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    UnknownSku,
    Poisoned,
    Pending,
    Paid,
    Sold,
}

#[derive(Deserialize)]
struct Quantity {
    store: String,
    order: String,
    line: usize,
    quantity: Decimal,
}

#[derive(Deserialize)]
struct Delivery {
    store: String,
    order: String,
    topic: Named,
    r#as: As,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Created,
    Updated,
    Cancelled,
    Deleted,
    Refunded,
    Returned,
    Paid,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum As {
    Sent,
    Retried,
    Forged,
    Tampered,
}

impl Control {
    /// Controls of these stores and accounts.
    pub fn new(
        odoo_url: &str,
        odoo: Arc<FakeOdoo>,
        stores: Vec<Arc<Fake>>,
        accounts: Vec<(String, Arc<Processor>)>,
    ) -> Self {
        Self { odoo_url: odoo_url.to_owned(), odoo, stores, accounts }
    }

    fn store(&self, id: &str) -> Result<&Fake, String> {
        let found = self.stores.iter().find(|fake| fake.shop().store == id);
        found.map(Arc::as_ref).ok_or_else(|| format!("no store {id}"))
    }

    fn known<'a>(&self, store: &'a Fake, order: &str) -> Result<&'a Fake, String> {
        store.order(order).map(|_| store).ok_or_else(|| format!("no order {order}"))
    }

    fn environment(&self) -> String {
        let shops: Vec<Shop> = self.stores.iter().map(|fake| fake.shop().clone()).collect();
        let accounts: Vec<(&str, String)> =
            self.accounts.iter().map(|(url, one)| (one.account(), url.clone())).collect();
        config::demo_environment(&self.odoo_url, Seed::DATABASE, &shops, &accounts)
    }

    fn secrets(&self) -> BTreeMap<String, String> {
        let mut secrets =
            BTreeMap::from([(config::ODOO_SECRET.to_owned(), Seed::INBOUND_KEY.to_owned())]);
        for fake in &self.stores {
            let shop = fake.shop();
            secrets.insert(config::webhook_secret(shop.store), shop.webhook_secret.to_owned());
            secrets.insert(config::api_credentials(shop.store), shop.credentials.clone());
        }
        for (_, one) in &self.accounts {
            let kind = one.kind();
            let (webhook, api) = (kind.webhook_secret(), kind.credentials());
            secrets.insert(config::webhook_secret(one.account()), webhook.to_owned());
            secrets.insert(config::api_credentials(one.account()), api.to_owned());
        }
        secrets
    }

    fn places(&self) -> Value {
        let stores: Vec<Value> = self
            .stores
            .iter()
            .map(|fake| fake.shop())
            .map(|shop| {
                json!({"store": shop.store, "platform": shop.platform.id(), "url": shop.base_url,
                       "policy": config::policy(shop),
                       "chart": config::is_point_of_sale(shop).then_some(config::CHART)})
            })
            .collect();
        let account = |(url, one): &(String, Arc<Processor>)| {
            json!({"account": one.account(), "processor": one.kind().id(), "url": url,
                   "books": config::BOOKS})
        };
        let accounts: Vec<Value> = self.accounts.iter().map(account).collect();
        json!({"odoo": self.odoo_url, "stores": stores, "accounts": accounts})
    }

    fn orders(&self, asked: &Orders) -> Result<Value, String> {
        let store = self.store(&asked.store)?;
        let add = |n| match asked.kind {
            Kind::Sold => store.add(asked.seed, |draft| point_of_sale::sold(draft, n)),
            Kind::Plain => store.add(asked.seed, |draft| draft),
            Kind::UnknownSku => store.add_unknown_sku(asked.seed),
            Kind::Poisoned => store.add_poisoned(asked.seed),
            Kind::Pending => store.add(asked.seed, after::pending),
            Kind::Paid => store.add(asked.seed, after::paid),
        };
        Ok(json!({"orders": (0..asked.count).map(add).collect::<Vec<String>>()}))
    }

    fn edit(&self, asked: Quantity) -> Result<Value, String> {
        let store = self.known(self.store(&asked.store)?, &asked.order)?;
        store.edit_order(
            &asked.order,
            Edit::Quantity { line: asked.line, quantity: asked.quantity },
        );
        Ok(json!({"ok": true}))
    }

    fn delivery(&self, asked: &Delivery) -> Result<Value, String> {
        let topic = match asked.topic {
            Named::Created => Topic::Created,
            Named::Updated => Topic::Updated,
            Named::Cancelled => Topic::Cancelled,
            Named::Deleted => Topic::Deleted,
            Named::Refunded => Topic::Refunded,
            Named::Returned => Topic::Returned,
            Named::Paid => Topic::Paid,
        };
        let sent =
            self.known(self.store(&asked.store)?, &asked.order)?.delivery(&asked.order, topic);
        let sent = match asked.r#as {
            As::Sent => sent,
            As::Retried => platforms::retried(sent, 1),
            As::Forged => platforms::forged(sent),
            As::Tampered => platforms::tampered(sent),
        };
        Ok(told(&sent))
    }
}

/// A request, for whoever is to send it.
fn told(sent: &Request<Bytes>) -> Value {
    let headers: Vec<(&str, &str)> = sent
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")))
        .collect();
    json!({
        "method": sent.method().as_str(),
        "url": sent.uri().to_string(),
        "headers": headers,
        "body": base64::engine::general_purpose::STANDARD.encode(sent.body()),
    })
}

impl Server for Control {
    fn handle(&self, request: Request<Bytes>) -> Reply {
        let body = request.body();
        let answer = match (request.method().as_str(), request.uri().path()) {
            ("GET", "/environment") => return Reply::Now(response(200, self.environment())),
            ("GET", "/secrets") => Ok(json!(self.secrets())),
            ("GET", "/where") => Ok(self.places()),
            ("POST", "/orders") => parsed(body).and_then(|asked| self.orders(&asked)),
            ("POST", "/edit") => parsed(body).and_then(|asked| self.edit(asked)),
            ("POST", "/cancel") => parsed(body).and_then(|asked| self.cancel(&asked)),
            ("POST", "/fees") => parsed(body).and_then(|asked| self.fees(&asked)),
            ("POST", "/refund") => parsed(body).and_then(|asked| self.refund(asked)),
            ("POST", "/return") => parsed(body).and_then(|asked| self.take_back(&asked)),
            ("POST", "/warehouse") => parsed(body).and_then(|asked| self.validate(&asked)),
            ("POST", "/dispute") => parsed(body).and_then(|asked| self.dispute(&asked)),
            ("POST", "/payouts") => parsed(body).and_then(|asked| self.pay_out(&asked)),
            ("POST", "/delivery") => parsed(body).and_then(|asked| self.delivery(&asked)),
            _ => Err("no such control".to_owned()),
        };
        Reply::Now(match answer {
            Ok(value) => response(200, value.to_string()),
            Err(error) => response(400, json!({"error": error}).to_string()),
        })
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn response(status: u16, body: String) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body)).expect("a response")
}
