//! What a platform has to tell: how its webhooks are signed, what they nudge, and how an order is
//! fetched and read.

use crate::webhook::{RawRequest, Trust, Verification, Verified};
use bytes::Bytes;
use causeway_domain::ports::Call;
use causeway_domain::{
    AfterSales, Fault, Nudge, Order, OrderId, Secret, StoreId, Subject, Timestamp,
};
use url::Url;

/// One platform. All methods are pure.
pub trait Adapter: Sync {
    /// The name in the webhook URL and in the configuration: `shopify`.
    fn id(&self) -> &'static str;

    /// Checks a store's `options` table and base URL; returns every problem, none if all is well.
    /// Unknown keys are problems. Never fails on the first.
    fn check(&self, connection: &Connection) -> Vec<Problem>;

    /// Verifies a webhook over its raw bytes, in constant time, against every secret in `trust`.
    /// There is no default: a platform that cannot verify cannot be added.
    fn verify(&self, request: RawRequest, trust: &Trust<'_>) -> Verification;

    /// What a verified delivery nudges. An empty list means "understood, nothing to do" (a topic that
    /// is not ours); an error means the body is not what this platform sends (answered 400).
    fn nudges(
        &self,
        store: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed>;

    /// The JSON that this store's deliveries want to be answered with, in every 200 to a verified one;
    /// `None` where the platform reads the status only (plain text for people is sent then).
    fn acknowledgement(&self, _connection: &Connection) -> Option<&'static str> {
        None
    }

    /// Drives the fetch of an order as it is now. `answers` are the answers to all calls asked so
    /// far, in the order they were asked; the adapter asks for more or returns the order. The same
    /// answers always give the same result. Called first with no answers.
    fn fetch_order(
        &self,
        cx: &FetchContext<'_>,
        order: &OrderId,
        answers: &[Answer],
    ) -> Result<Fetch, Fault>;

    /// Drives the fetch of what happened after the order: payments, refunds, returns. Same protocol as
    /// [`Adapter::fetch_order`], which gave `order`; the answers are those to this method's own calls.
    fn fetch_after_sales(
        &self,
        cx: &FetchContext<'_>,
        order: &Order,
        answers: &[Answer],
    ) -> Result<FetchAfterSales, Fault>;

    /// Drives a look at what changed on the platform since a moment, for what webhooks miss or the
    /// platform has none for (R63, C38). `None` where the platform needs no polling.
    fn poll(
        &self,
        _cx: &FetchContext<'_>,
        _since: Timestamp,
        _answers: &[Answer],
    ) -> Result<Option<Poll>, Fault> {
        Ok(None)
    }

    /// The order id inside a document as an operator would pipe it to `causeway order plan`
    /// (the body of the first answer that [`Adapter::fetch_order`] asks for).
    fn order_id_in(&self, document: &[u8]) -> Option<OrderId>;
}

/// An answer to a [`Call`].
pub type Answer = http::Response<Bytes>;

/// A store as its platform sees it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Our name of the store.
    pub store: StoreId,
    /// Where its API lives: `https://acme.myshopify.com`, without a trailing slash.
    pub base_url: Url,
    /// The webhook URL exactly as registered on the platform (Square signs it, FACTS 1).
    pub webhook_url: Option<String>,
    /// The platform's own settings, as the `[stores.<id>.options]` table gives them.
    pub options: serde_json::Map<String, serde_json::Value>,
}

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the setting below the store: `options.api_version`.
    pub path: String,
    /// What is wrong and what would be right.
    pub text: String,
}

/// What a fetch needs beside the order id.
#[derive(Clone, Copy, Debug)]
pub struct FetchContext<'a> {
    /// The store.
    pub connection: &'a Connection,
    /// Its API credentials: plain text or a JSON object, as the platform's page documents.
    pub credentials: &'a Secret,
    /// For OAuth 1.0a timestamps.
    pub now: Timestamp,
    /// Fresh randomness for OAuth 1.0a nonces; the n-th request derives its own from it.
    pub nonce: u64,
}

/// The next step of a fetch.
#[derive(Debug)]
pub enum Fetch {
    /// Send these (they may run at once) and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// The order, already checked by [`Order::check`].
    Found(Box<Order>),
    /// The platform has no such order (any more).
    Gone,
    /// It is no sale: it takes back goods or money of these orders (a return order of Square's). What
    /// happened to them is to be looked at instead.
    Elsewhere(Vec<OrderId>),
}

/// The next step of a fetch of what happened after an order.
#[derive(Debug)]
pub enum FetchAfterSales {
    /// Send these and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// All of it, already checked by [`AfterSales::check`].
    Found(Box<AfterSales>),
}

/// The next step of a poll.
#[derive(Debug)]
pub enum Poll {
    /// Send these and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// What has to be looked at, and the moment from which the next poll should look. The overlap
    /// that the platform's clock needs (one second for WooCommerce, STORES 17) is already in it.
    Found {
        /// What changed.
        subjects: Vec<Subject>,
        /// Where to begin next time.
        until: Timestamp,
    },
}

/// A delivery whose signature is right but whose body is not what the platform sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);
