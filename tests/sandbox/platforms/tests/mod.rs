//! The fakes against the contracts, and our adapters against the fakes.

mod adapters;
mod after_sales;
mod recordings;
mod refunds;
mod refusals;

use super::{Fake, Shop};
use crate::{InProcess, Server};
use bytes::Bytes;
use causeway_domain::ports::{Call, NoAnswer};
use causeway_domain::{AfterSales, Fault, Order, OrderId, Secret, StoreId, Subject};
use causeway_platforms::webhook::RawRequest;
use causeway_platforms::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Poll, Trust, Verification,
    Verified, adapter,
};
use http::{Request, Response};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn fake(shop: Shop) -> Arc<Fake> {
    Fake::with_clock(shop, now)
}

fn connection(shop: &Shop) -> Connection {
    Connection {
        store: StoreId::from(shop.store),
        base_url: shop.base_url.parse().unwrap(),
        webhook_url: Some(shop.webhook_url.clone()),
        options: shop.options.clone(),
    }
}

/// Asks a store's adapter until it has enough, answering its calls from the fake.
fn driven<T>(
    fake: &Arc<Fake>,
    nonce: u64,
    next: impl Fn(&dyn Adapter, &FetchContext<'_>, &[Answer]) -> Result<Next<T>, Fault>,
) -> Result<T, Fault> {
    let shop = fake.shop();
    let connection = connection(shop);
    let credentials = Secret::new(shop.credentials.clone());
    let web = InProcess::default().with(&shop.base_url, Arc::clone(fake) as Arc<dyn Server>);
    let adapter = adapter(shop.platform.id()).unwrap();
    let mut answers: Vec<Response<Bytes>> = Vec::new();
    for round in 0..40 {
        let nonce = nonce * 1000 + round;
        let cx =
            FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce };
        match next(adapter, &cx, &answers)? {
            Next::Found(found) => return Ok(found),
            Next::Ask(calls) => {
                for call in calls {
                    let answer = web
                        .deliver(call.request)
                        .map_err(|lost: NoAnswer| lost.fault(call.effect, call.name))?;
                    answers.push(answer);
                }
            }
        }
    }
    panic!("the adapter of {} never ends", shop.platform.id());
}

enum Next<T> {
    Ask(Vec<Call>),
    Found(T),
}

/// What a store's adapter makes of an order, over the fake.
fn fetched(fake: &Arc<Fake>, id: &str, nonce: u64) -> Result<Option<Order>, Fault> {
    driven(fake, nonce, |adapter, cx, answers| {
        Ok(match adapter.fetch_order(cx, &OrderId::from(id), answers)? {
            Fetch::Found(order) => Next::Found(Some(*order)),
            Fetch::Gone | Fetch::Elsewhere(_) => Next::Found(None),
            Fetch::Ask(calls) => Next::Ask(calls),
        })
    })
}

/// What a store's adapter makes of what happened after an order, over the fake.
fn fetched_after(fake: &Arc<Fake>, order: &Order, nonce: u64) -> Result<AfterSales, Fault> {
    driven(fake, nonce, |adapter, cx, answers| {
        Ok(match adapter.fetch_after_sales(cx, order, answers)? {
            FetchAfterSales::Found(after) => Next::Found(*after),
            FetchAfterSales::Ask(calls) => Next::Ask(calls),
        })
    })
}

/// What a store's adapter finds changed, and where the next poll begins; `None` where there is none.
fn polled(
    fake: &Arc<Fake>,
    since: Timestamp,
    nonce: u64,
) -> Result<Option<(Vec<Subject>, Timestamp)>, Fault> {
    driven(fake, nonce, |adapter, cx, answers| {
        Ok(match adapter.poll(cx, since, answers)? {
            Some(Poll::Found { subjects, until }) => Next::Found(Some((subjects, until))),
            Some(Poll::Ask(calls)) => Next::Ask(calls),
            None => Next::Found(None),
        })
    })
}

fn raw(delivery: &Request<Bytes>) -> RawRequest {
    RawRequest {
        method: delivery.method().clone(),
        query: String::new(),
        headers: delivery.headers().clone(),
        body: delivery.body().clone(),
        received_at: now(),
    }
}

/// What the adapter says of a delivery.
fn verified(shop: &Shop, delivery: &Request<Bytes>) -> Verification {
    let connection = connection(shop);
    let secrets = [Secret::new(shop.webhook_secret)];
    let keys = BTreeMap::new();
    let trust = Trust { connection: &connection, secrets: &secrets, keys: &keys, now: now() };
    adapter(shop.platform.id()).unwrap().verify(raw(delivery), &trust)
}

fn accepted(shop: &Shop, delivery: &Request<Bytes>) -> Verified<RawRequest> {
    match verified(shop, delivery) {
        Verification::Accepted(delivery) => delivery,
        other => panic!("{}: {other:?}", shop.platform.id()),
    }
}
