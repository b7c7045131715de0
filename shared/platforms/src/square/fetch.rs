//! The calls of a fetch: the order first, then at once its payments, catalogue objects and customer.

use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{Fault, OrderId};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::order;
use super::settings::{self, Settings};
use super::shape::{
    CatalogAnswer, CustomerAnswer, CustomerDocument, OrderAnswer, OrderDocument, PaymentAnswer,
    PaymentDocument,
};
use super::webhook::fits;
use crate::adapter::{Answer, Fetch, FetchContext};
use crate::answer::{body, json, unreadable};
use crate::{options, token};

/// What belongs to an order but is kept elsewhere.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) payments: Vec<PaymentDocument>,
    /// SKU by catalogue object id.
    pub(super) skus: BTreeMap<String, String>,
    pub(super) customer: Option<CustomerDocument>,
}

/// One thing to ask for beside the order.
enum Wanted {
    Payment(String),
    /// Up to 1,000 object ids (OpenAPI).
    Catalog(Vec<String>),
    Customer(String),
}

pub(super) fn next(
    cx: &FetchContext<'_>,
    id: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let settings = settings::read(cx.connection)?;
    let Some((first, others)) = answers.split_first() else {
        if !fits(id.as_str()) {
            return Err(Fault::reject(
                format!("{id} is not an id of a Square order"),
                "use the order id as the Square API gives it",
            ));
        }
        let path = format!("/v2/orders/{id}");
        return Ok(Fetch::Ask(vec![get(cx, &settings, "square order", &path)?]));
    };
    let Some(bytes) = body(&cx.connection.store, "square order", first)? else {
        return Ok(Fetch::Gone);
    };
    let Some(document) = json::<OrderAnswer>("square order", bytes)?.order else {
        return Err(unreadable("square order", "no order in the answer"));
    };
    if document.id.as_deref() != Some(id.as_str()) {
        return Err(unreadable("square order", format!("asked for {id}, got another order")));
    }
    let sold = elsewhere(&document);
    if !sold.is_empty() {
        return Ok(Fetch::Elsewhere(sold));
    }
    let wanted = wanted(&document);
    if others.len() < wanted.len() {
        let calls = wanted.iter().skip(others.len()).map(|one| call(cx, &settings, one));
        return Ok(Fetch::Ask(calls.collect::<Result<_, Fault>>()?));
    }
    let beside = beside(cx, &wanted, others)?;
    order::read(cx.connection, id, &document, &beside).map(|order| Fetch::Found(Box::new(order)))
}

/// The orders that were sold, if this one only takes back: Square never changes the sale, it makes an
/// order of the return (developer.squareup.com, order returns and exchanges).
pub(super) fn elsewhere(document: &OrderDocument) -> Vec<OrderId> {
    let own = document.line_items.iter().flatten().next().is_some();
    let returns = document.returns.iter().flatten();
    let sold = returns.filter_map(|back| back.source_order_id.clone());
    let sold: BTreeSet<String> =
        sold.filter(|id| fits(id) && Some(id) != document.id.as_ref()).collect();
    if own { Vec::new() } else { sold.into_iter().map(OrderId::new).collect() }
}

/// The customer of the order, else of its first tender that names one.
pub(super) fn customer_id(document: &OrderDocument) -> Option<&str> {
    let tenders = document.tenders.iter().flatten();
    let mut ids = std::iter::once(&document.customer_id)
        .chain(tenders.map(|tender| &tender.customer_id))
        .filter_map(Option::as_deref);
    ids.find(|id| fits(id))
}

fn wanted(document: &OrderDocument) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = document
        .tenders
        .iter()
        .flatten()
        .filter_map(|tender| tender.payment_id.clone())
        .filter(|id| fits(id))
        .map(Wanted::Payment)
        .collect();
    let objects: BTreeSet<&String> = document
        .line_items
        .iter()
        .flatten()
        .filter_map(|line| line.catalog_object_id.as_ref())
        .collect();
    let objects: Vec<String> = objects.into_iter().cloned().collect();
    wanted.extend(objects.chunks(1000).map(|chunk| Wanted::Catalog(chunk.to_vec())));
    wanted.extend(customer_id(document).map(|id| Wanted::Customer(id.to_owned())));
    wanted
}

/// Reads the answers. What is gone (a deleted customer) is left out: the order stands without it.
fn beside(cx: &FetchContext<'_>, wanted: &[Wanted], answers: &[Answer]) -> Result<Beside, Fault> {
    let store = &cx.connection.store;
    let mut beside = Beside::default();
    for (one, answer) in wanted.iter().zip(answers) {
        match one {
            Wanted::Payment(_) => {
                if let Some(bytes) = body(store, "square payment", answer)? {
                    let answer: PaymentAnswer = json("square payment", bytes)?;
                    beside.payments.extend(answer.payment);
                }
            }
            Wanted::Catalog(_) => {
                if let Some(bytes) = body(store, "square catalog", answer)? {
                    let answer: CatalogAnswer = json("square catalog", bytes)?;
                    for object in answer.objects.unwrap_or_default() {
                        let sku = object.item_variation_data.and_then(|variation| variation.sku);
                        beside.skus.extend(sku.map(|sku| (object.id, sku)));
                    }
                }
            }
            Wanted::Customer(_) => {
                if let Some(bytes) = body(store, "square customer", answer)? {
                    let answer: CustomerAnswer = json("square customer", bytes)?;
                    beside.customer = answer.customer;
                }
            }
        }
    }
    Ok(beside)
}

fn call(cx: &FetchContext<'_>, settings: &Settings, wanted: &Wanted) -> Result<Call, Fault> {
    match wanted {
        Wanted::Payment(id) => get(cx, settings, "square payment", &format!("/v2/payments/{id}")),
        Wanted::Customer(id) => {
            get(cx, settings, "square customer", &format!("/v2/customers/{id}"))
        }
        Wanted::Catalog(ids) => {
            // Deleted ones too: an old order still has to find its SKU.
            let body = json!({ "object_ids": ids, "include_deleted_objects": true }).to_string();
            let path = "/v2/catalog/batch-retrieve";
            send(cx, settings, "square catalog", http::Method::POST, path, body)
        }
    }
}

pub(super) fn get(
    cx: &FetchContext<'_>,
    settings: &Settings,
    name: &'static str,
    path: &str,
) -> Result<Call, Fault> {
    send(cx, settings, name, http::Method::GET, path, String::new())
}

pub(super) fn send(
    cx: &FetchContext<'_>,
    settings: &Settings,
    name: &'static str,
    method: http::Method,
    path: &str,
    body: String,
) -> Result<Call, Fault> {
    let url = options::endpoint(&cx.connection.base_url, path)?;
    let token = token::header(&cx.connection.store, cx.credentials, "Bearer ")?;
    let mut request = http::Request::builder()
        .method(method)
        .uri(url.as_str())
        .header("square-version", &settings.version)
        .header(AUTHORIZATION, token)
        .header(ACCEPT, "application/json");
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let request = request.body(Bytes::from(body)).map_err(|error| unreadable(name, error))?;
    let timeout = Duration::from_secs(30);
    Ok(Call { name, request, effect: Effect::Read, timeout })
}
