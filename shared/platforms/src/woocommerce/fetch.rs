//! Fetching one order: `GET {base}/wp-json/wc/v3/orders/{id}`.

use causeway_domain::ports::Call;
use causeway_domain::{Fault, OrderId};

use super::api::{self, Get};
use super::order;
use super::settings::Options;
use super::wire::WcOrder;
use crate::adapter::{Answer, Fetch, FetchContext};
use crate::{answer, oauth1};

const WHAT: &str = "woocommerce order";

/// Asks for the order, then reads it.
pub(super) fn fetch_order(
    cx: &FetchContext<'_>,
    order: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let settings = Options::of(cx.connection)?;
    let nonce = oauth1::nonce(cx.nonce, oauth1::Use::Order, 0);
    let Some(first) = answers.first() else {
        return Ok(Fetch::Ask(vec![call(cx, &settings, order, nonce)?]));
    };
    let Some(document) = document(cx, order, first)? else { return Ok(Fetch::Gone) };
    order::read(cx.connection, &settings, &document).map(|order| Fetch::Found(Box::new(order)))
}

/// The request for the order's document.
pub(super) fn call(
    cx: &FetchContext<'_>,
    settings: &Options,
    order: &OrderId,
    nonce: u64,
) -> Result<Call, Fault> {
    let path = format!("orders/{}", api::order_id(order)?);
    api::get(cx, settings, &Get { name: WHAT, path, query: &[], nonce })
}

/// The document in an answer to [`call`]; `None` if there is no such order.
pub(super) fn document(
    cx: &FetchContext<'_>,
    order: &OrderId,
    answer: &Answer,
) -> Result<Option<WcOrder>, Fault> {
    let Some(body) = api::body(&cx.connection.store, WHAT, answer)? else { return Ok(None) };
    let document: WcOrder = answer::json(WHAT, body)?;
    if document.id.text().as_deref() != Some(order.as_str()) {
        return Err(answer::unreadable(
            WHAT,
            format!("asked for order {order}, got {}", document.id.0),
        ));
    }
    Ok(Some(document))
}
