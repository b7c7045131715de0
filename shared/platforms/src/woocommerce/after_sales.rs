//! What happened after an order: `GET orders/{id}` again for the payment and what was restocked, and
//! `GET orders/{id}/refunds` in pages for the refunds. WooCommerce's core has no returns.

use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Capture, Fault, Order, PaymentKind};

use super::api::{self, Get, PAGE};
use super::settings::Options;
use super::webhook::gmt;
use super::wire::{WcOrder, WcRefund};
use super::{fetch, refund};
use crate::adapter::{Answer, FetchAfterSales, FetchContext};
use crate::{answer, oauth1};

const WHAT: &str = "woocommerce refunds";

/// Asks for the order and the refunds, page by page until one is not full.
pub(super) fn step(
    cx: &FetchContext<'_>,
    order: &Order,
    answers: &[Answer],
) -> Result<FetchAfterSales, Fault> {
    let settings = Options::of(cx.connection)?;
    let Some((first, pages)) = answers.split_first() else {
        let document = fetch::call(cx, &settings, &order.key.order, nonce(cx, 0))?;
        return Ok(FetchAfterSales::Ask(vec![document, page(cx, &settings, order, 1)?]));
    };
    // Deleted since it was fetched: the next look finds it gone.
    let gone = || Fault::retry(format!("order {} went away while it was read", order.key));
    let document = fetch::document(cx, &order.key.order, first)?.ok_or_else(gone)?;
    let mut refunds: Vec<WcRefund> = Vec::new();
    let mut full = true;
    for answer in pages {
        let body = api::body(&cx.connection.store, WHAT, answer)?.ok_or_else(gone)?;
        let found: Vec<WcRefund> = answer::json(WHAT, body)?;
        full = found.len() >= PAGE;
        refunds.extend(found);
    }
    if full {
        return Ok(FetchAfterSales::Ask(vec![page(cx, &settings, order, pages.len() + 1)?]));
    }
    // A refund that was made between two pages moves the others: one may be told twice.
    refunds.sort_by_key(|refund| refund.id);
    refunds.dedup_by_key(|refund| refund.id);
    let found = AfterSales {
        captures: capture(order, &document).into_iter().collect(),
        refunds: refund::read(order, &document, &refunds)?,
        returns: Vec::new(),
    };
    found.check(&order.key, order.currency)?;
    Ok(FetchAfterSales::Found(Box::new(found)))
}

fn page(
    cx: &FetchContext<'_>,
    settings: &Options,
    order: &Order,
    number: usize,
) -> Result<Call, Fault> {
    let (size, at) = (PAGE.to_string(), number.to_string());
    let query = [("per_page", size.as_str()), ("page", &at), ("orderby", "id"), ("order", "asc")];
    let path = format!("orders/{}/refunds", api::order_id(&order.key.order)?);
    api::get(cx, settings, &Get { name: WHAT, path, query: &query, nonce: nonce(cx, number) })
}

fn nonce(cx: &FetchContext<'_>, number: usize) -> u64 {
    oauth1::nonce(cx.nonce, oauth1::Use::AfterSales, number)
}

/// WooCommerce knows one payment of an order: all of it, when it is marked as paid. Its id is ours,
/// because a transaction id may be filled in later. An edit after the payment changes its amount.
fn capture(order: &Order, document: &WcOrder) -> Option<Capture> {
    let captured_at = gmt(&document.date_paid_gmt)?;
    if order.total.minor() <= 0 {
        return None;
    }
    let reference = document.transaction_id.trim();
    Some(Capture {
        id: format!("order-{}", order.key.order),
        method: method(document).to_owned(),
        kind: PaymentKind::Money,
        amount: order.total,
        captured_at,
        reference: (!reference.is_empty()).then(|| reference.to_owned()),
        fee: None,
    })
}

/// The gateway's id; an order that was marked as paid by hand or by the API may have none.
pub(super) fn method(document: &WcOrder) -> &str {
    if document.payment_method.is_empty() { "manual" } else { &document.payment_method }
}
