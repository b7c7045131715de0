//! Shopify: signed webhooks as nudges, the order over the GraphQL Admin API (REST is legacy, FACTS 0).
//!
//! # Settings
//! `base_url` is `https://{shop}.myshopify.com`. Options:
//! - `api_version`: Admin API version, default `2026-07`. The query is tested against that schema.
//! - `currency`: `presentment` (default: what the customer was charged and sees, so that order,
//!   payment and refund agree; Odoo takes it by a pricelist of that currency) or `shop`.
//! - `b2b`: true (default) asks for the buying company and its tax registration id. Set it to false
//!   where the app has no access to companies.
//! - `returns`: true (default) asks for the order's returns, which needs the scope `read_returns`. Set it
//!   to false where the app does not have it.
//! - `vat_attribute`: key of the order's custom attribute that holds the buyer's VAT number. Without
//!   it, or where the order has none, a company's tax registration id is taken.
//! - `status`: what a status word means ([`crate::status`]). Words: `cancelled` if the order has a
//!   cancellation date, else the financial status in lower case, `none` if it has none.
//!
//! # Secrets
//! - Credentials: an Admin API access token as plain text, or JSON with the key `access_token`.
//!   Scopes: `read_orders`, `read_customers`, `read_products`, `read_returns`; `read_all_orders` for orders older than
//!   60 days (Shopify answers such orders with null otherwise, which reads as gone); access to
//!   companies for `b2b`; protected customer data for names, addresses, e-mail and phone.
//! - Webhooks: the app's client secret. After a rotation Shopify signs with the old one for up to an
//!   hour (FACTS 2): keep it as the previous version.
//!
//! # Which amounts (see [`order`] for the code)
//! A refund is a document of its own and must not shrink the sale, but a line that an order edit
//! removed was never sold. `LineItem.quantity`, its taxes, discounts and `totalPriceSet` all count
//! refunded and removed units; `currentQuantity` leaves both out. Neither alone tells an edit from a
//! refund, so an edited order (`edited`) costs further calls: its sales agreements name what every
//! edit took away, with exact amounts and taxes. The order is then: everything ever sold, less what
//! agreements of the reason `ORDER_EDIT` returned; its total is `totalPriceSet` if the lines sum to
//! it, else `currentTotalPriceSet` while nothing is refunded, else `totalPriceSet` less the removed
//! amounts. Whatever does not sum up is refused with both numbers.
//!
//! # After the order (see [`refunds`])
//! Refunds are read one by one: their lines, delivery and duties, in the currency that the order is read
//! in. Shopify always computes a refunded line from the order's, so what was really paid back can
//! differ (a courtesy, a restocking fee, the tip or a fee of the order); the difference is money
//! without a line. A refund that moved no money and has no adjustment lowers what is still owed: it
//! counts as what its lines come to, except on an edited order, where the edit itself was such a
//! document and is already taken out of the order. `NO_RESTOCK` says nothing of where the goods are:
//! what is not delivered will not be, what is delivered is kept.
//!
//! Captures are successful `SALE` and `CAPTURE` transactions, less cash given back. Shopify tells the
//! processor's fee only of Shopify Payments, per payout, so [`causeway_domain::Capture::fee`] stays
//! empty.
//!
//! Tips are lines without a variant whose amounts make up `totalTipReceivedSet`, or, where no line has
//! them but the total does, a line of their own. Cash rounding belongs to the payment
//! (`totalCashRoundingAdjustment`); it becomes a line only where the total contains it.

mod after_fetch;
mod after_shape;
pub mod answer;
mod captures;
mod customer;
mod edits;
mod fetch;
mod lines;
mod order;
mod poll;
mod refunds;
mod returns;
mod settings;
mod shape;
mod webhook;

#[cfg(test)]
mod tests;

use crate::adapter::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Malformed, Poll, Problem,
};
use crate::webhook::{RawRequest, Trust, Verification, Verified};
use causeway_domain::{Fault, Nudge, Order, OrderId, StoreId, Timestamp};

/// The adapter.
pub struct Shopify;

impl Adapter for Shopify {
    fn id(&self) -> &'static str {
        "shopify"
    }
    fn check(&self, connection: &Connection) -> Vec<Problem> {
        settings::check(connection)
    }
    fn verify(&self, request: RawRequest, trust: &Trust<'_>) -> Verification {
        webhook::verify(request, trust)
    }
    fn nudges(
        &self,
        store: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed> {
        webhook::nudges(store, delivery.get())
    }
    fn fetch_order(
        &self,
        cx: &FetchContext<'_>,
        order: &OrderId,
        answers: &[Answer],
    ) -> Result<Fetch, Fault> {
        fetch::next(cx, order, answers)
    }
    fn fetch_after_sales(
        &self,
        cx: &FetchContext<'_>,
        order: &Order,
        answers: &[Answer],
    ) -> Result<FetchAfterSales, Fault> {
        after_fetch::next(cx, order, answers)
    }
    fn poll(
        &self,
        cx: &FetchContext<'_>,
        since: Timestamp,
        answers: &[Answer],
    ) -> Result<Option<Poll>, Fault> {
        poll::next(cx, since, answers).map(Some)
    }
    fn order_id_in(&self, document: &[u8]) -> Option<OrderId> {
        let answer: shape::GraphQl<shape::OrderData> = serde_json::from_slice(document).ok()?;
        let order = answer.data?.order?;
        shape::id_tail(&order.id).map(OrderId::new)
    }
}
