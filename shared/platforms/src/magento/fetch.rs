//! `GET /rest/{store_code}/V1/orders/{entity_id}`: one call has the whole order.

use causeway_domain::{Fault, OrderId};

use super::api::{self, Get};
use super::options::Options;
use super::{document, order};
use crate::adapter::{Answer, Fetch, FetchContext};
use crate::{answer, oauth1};

const WHAT: &str = "magento order";

/// Asks for the order, then reads it.
pub(super) fn step(
    cx: &FetchContext<'_>,
    order: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let options = api::options(cx)?;
    let Some(answer) = answers.first() else {
        let path = format!("orders/{}", api::order_id(order)?);
        let nonce = oauth1::nonce(cx.nonce, oauth1::Use::Order, 0);
        let get = Get { name: WHAT, path: &path, query: &[], nonce };
        return Ok(Fetch::Ask(vec![api::get(cx, &options, &get)?]));
    };
    found(cx, &options, order, answer)
}

fn found(
    cx: &FetchContext<'_>,
    options: &Options,
    order: &OrderId,
    answer: &Answer,
) -> Result<Fetch, Fault> {
    let store = &cx.connection.store;
    let Some(body) = api::body(store, WHAT, answer)? else {
        return Ok(Fetch::Gone);
    };
    let document: document::Order = answer::json(WHAT, body)?;
    if document.entity_id.as_str() != order.as_str() {
        return Err(answer::unreadable(
            WHAT,
            format!("asked for {order}, got {}", document.entity_id.as_str()),
        ));
    }
    let order = order::read(store, options, &cx.connection.options, document)?;
    order.check()?;
    Ok(Fetch::Found(Box::new(order)))
}
