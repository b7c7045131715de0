//! Magento Open Source and Adobe Commerce 2.4 over their REST API (contracts: Adobe's Admin OpenAPI
//! 2.4.9; FACTS 4).
//!
//! Options of a store (`[stores.<id>.options]`):
//!
//! | key | values | default |
//! |---|---|---|
//! | `signing` | `io-events`, `commerce-webhook`, `module-hmac` | required |
//! | `client_id` | the client id of the Adobe Developer project | required with `io-events` |
//! | `signature_header` | header of the module's signature | `X-Magento-Signature` (`module-hmac`) |
//! | `encoding` | `hex`, `base64` | `hex` (`module-hmac`) |
//! | `store_code` | a store view code | `default` |
//! | `auth` | `oauth1`, `bearer` | `oauth1` |
//! | `prices_include_tax` | `true`, `false` | inferred from each order |
//! | `status` | table from status to `ignore`, `quotation`, `confirmed`, `cancelled` | by state |
//!
//! API credentials are JSON: `{"consumer_key", "consumer_secret", "access_token",
//! "access_token_secret"}` for `oauth1` (an integration), `{"access_token"}` or the bare token for `bearer`
//! (off by default in Magento since 2.4.4). The integration needs the resource "Sales / Operations / Orders".
//!
//! Signing secrets: none for `io-events` (the key comes from Adobe), the public key in PEM for
//! `commerce-webhook`, the shared secret for `module-hmac`.
//!
//! Webhooks of Adobe Commerce are synchronous: the shop waits for the answer and takes anything but the
//! documented success for a refusal of what the customer does. So every verified one is answered with
//! `{"op":"success"}`, also where there is nothing to do.
//!
//! After the order: refunds are its credit memos (open and refunded ones; cancelled ones are none), payments
//! its paid invoices. Adjustments, and whatever the lines of a credit memo do not come to, are amounts
//! without a line. A credit memo that was made offline is paid back by hand: nothing tells that it was. Whether
//! its goods went back into stock is not stored. The integration also needs "Invoices" and "Credit Memos".
//!
//! Not built: returns (RMA, Adobe Commerce only), reward points on invoices, batch delivery of I/O Events, Commerce as a Cloud Service (IMS tokens, other routes).

mod after_sales;
mod api;
mod credit_memo;
mod document;
mod fetch;
mod lines;
mod nudge;
mod options;
mod order;
mod poll;
mod search;
mod settle;
mod signing;
mod taxes;

use crate::adapter::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Malformed, Poll, Problem,
};
use crate::webhook::{RawRequest, Trust, Verification, Verified};
use causeway_domain::{Fault, Nudge, Order, OrderId, StoreId, Timestamp};

/// The adapter.
pub struct Magento;

impl Adapter for Magento {
    fn id(&self) -> &'static str {
        "magento"
    }

    fn check(&self, connection: &Connection) -> Vec<Problem> {
        options::check(connection)
    }

    fn verify(&self, request: RawRequest, trust: &Trust<'_>) -> Verification {
        signing::verify(request, trust)
    }

    fn nudges(
        &self,
        store: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed> {
        nudge::nudges(store, delivery.get())
    }

    fn acknowledgement(&self, connection: &Connection) -> Option<&'static str> {
        signing::acknowledgement(connection)
    }

    fn fetch_order(
        &self,
        cx: &FetchContext<'_>,
        order: &OrderId,
        answers: &[Answer],
    ) -> Result<Fetch, Fault> {
        fetch::step(cx, order, answers)
    }

    fn fetch_after_sales(
        &self,
        cx: &FetchContext<'_>,
        order: &Order,
        answers: &[Answer],
    ) -> Result<FetchAfterSales, Fault> {
        after_sales::step(cx, order, answers)
    }

    fn poll(
        &self,
        cx: &FetchContext<'_>,
        since: Timestamp,
        answers: &[Answer],
    ) -> Result<Option<Poll>, Fault> {
        poll::step(cx, since, answers).map(Some)
    }

    fn order_id_in(&self, document: &[u8]) -> Option<OrderId> {
        document::order_id(document)
    }
}
