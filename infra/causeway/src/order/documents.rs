//! An order read from documents on this machine, as if they were the platform's answers.

use crate::report::Failure;
use bytes::Bytes;
use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Fault, Order, OrderId, Secret, Timestamp};
use causeway_flows::config::StoreDocument;
use causeway_platforms::{Answer, Fetch, FetchAfterSales, FetchContext, adapter};

/// Stands in for the API credentials in requests that are described and never sent. Every platform
/// reads either the text or the fields that it knows.
const NOBODY: &str = r#"{"consumer_key":"ck_plan","consumer_secret":"cs_plan","access_token":"plan","access_token_secret":"plan"}"#;

/// What the documents came to.
pub enum Read {
    /// The order.
    Order(Box<Order>),
    /// They are not enough: what else the adapter asks for.
    Missing(Vec<String>),
    /// The platform's answer says that there is no such order.
    Gone,
}

/// What the documents after the order came to.
pub enum AfterRead {
    /// Payments, refunds, returns.
    Found(Box<AfterSales>),
    /// They are not enough: what else the adapter asks for.
    Missing(Vec<String>),
}

/// Reads the order. The first document is the order itself, the others what the adapter asks for
/// after it, in that order.
pub fn read(
    store: &StoreDocument,
    documents: Vec<Vec<u8>>,
) -> Result<Result<Read, Fault>, Failure> {
    let platform = store.store.platform.as_str();
    let adapter = adapter(platform)
        .ok_or_else(|| Failure::new(format!("platform {platform:?} is not built in")))?;
    let first = documents.first().map(Vec::as_slice).unwrap_or_default();
    let id = adapter.order_id_in(first).ok_or_else(|| {
        Failure::new(format!(
            "no {platform} order id in the document; it should be what the platform's API answers for one order"
        ))
    })?;
    let answers = documents.into_iter().map(answer).collect::<Result<Vec<_>, _>>()?;
    let connection = store.store.connection(&store.id);
    let credentials = Secret::new(NOBODY);
    let now = Timestamp::now();
    let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 0 };
    Ok(adapter.fetch_order(&cx, &id, &answers).and_then(|fetched| understood(fetched, &id)))
}

/// What came after an order, read from the documents that the adapter asks for after it.
pub fn read_after_sales(
    store: &StoreDocument,
    order: &Order,
    documents: Vec<Vec<u8>>,
) -> Result<Result<AfterRead, Fault>, Failure> {
    let platform = store.store.platform.as_str();
    let adapter = adapter(platform)
        .ok_or_else(|| Failure::new(format!("platform {platform:?} is not built in")))?;
    let answers = documents.into_iter().map(answer).collect::<Result<Vec<_>, _>>()?;
    let connection = store.store.connection(&store.id);
    let credentials = Secret::new(NOBODY);
    let now = Timestamp::now();
    let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 0 };
    Ok(adapter.fetch_after_sales(&cx, order, &answers).map(|fetched| match fetched {
        FetchAfterSales::Found(after) => AfterRead::Found(after),
        FetchAfterSales::Ask(calls) => AfterRead::Missing(named(&calls, &order.key.order)),
    }))
}

fn named(calls: &[Call], id: &OrderId) -> Vec<String> {
    calls
        .iter()
        // The query can hold a signature; the path says enough.
        .map(|call| {
            let (method, path) = (call.request.method(), call.request.uri().path());
            format!("{} ({method} {path}) of order {id}", call.name)
        })
        .collect()
}

fn understood(fetched: Fetch, id: &OrderId) -> Result<Read, Fault> {
    Ok(match fetched {
        Fetch::Found(order) => Read::Order(order),
        Fetch::Gone => Read::Gone,
        Fetch::Elsewhere(sold) => {
            let sold: Vec<String> = sold.iter().map(OrderId::to_string).collect();
            return Err(Fault::skip(format!("{id} takes back of {}", sold.join(", "))));
        }
        Fetch::Ask(calls) => Read::Missing(named(&calls, id)),
    })
}

fn answer(document: Vec<u8>) -> Result<Answer, Failure> {
    let kind = match document.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => "application/xml",
        Some(_) | None => "application/json",
    };
    http::Response::builder()
        .header("content-type", kind)
        .body(Bytes::from(document))
        .map_err(Failure::new)
}
