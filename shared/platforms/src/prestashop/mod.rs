//! PrestaShop over its webservice (recorded on 8.2.0; 9.1 answers alike). XML only: it is the
//! webservice's own form, and the 9.x Admin API has no orders (STORES, PrestaShop 11).
//!
//! # Credentials
//! The API secret is the webservice key as PrestaShop shows it, or `{"key": "..."}`. Advanced
//! Parameters > Webservice; permission View on: orders, order_details, order_cart_rules,
//! order_payments, order_slip, order_states, addresses, customers, currencies, carriers, taxes, countries, states.
//! The webhook secret is plain text, shared with the module that sends deliveries.
//!
//! # Deliveries
//! PrestaShop has no webhooks. A companion module sends `{"event": "order.updated", "id_shop": 1,
//! "id": 5}` (about slips and payments with `id_order`), signed as
//! `X-Ps-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, at most 300 s old. A module
//! that can only send its secret in a header uses the mode `token`: it proves the sender, not the body.
//!
//! # Options
//! | option | meaning | default |
//! |---|---|---|
//! | `time_zone` | IANA name of the shop's time zone; dates come without one | required |
//! | `signing` | `hmac` or `token` | `hmac` |
//! | `token_header` | header of the mode `token` | `X-Causeway-Token` |
//! | `id_shop` | the shop of a multi-shop installation | the key's own |
//! | `status` | table from order state id to `ignore`, `quotation`, `confirmed`, `cancelled` | by the state's id, template and flags |
//!
//! # Amounts
//! Lines are told without tax, with six decimals of mixed rounding (STORES, PrestaShop 10). The total
//! is `total_paid`; products, shipping, wrapping and vouchers take up what the shop's rounding mode
//! explains, and what it does not explain is refused with both numbers. A voucher becomes one discount
//! line for each set of taxes that it lowers.
//!
//! # After the order
//! Refunds are the credit slips; a slip's total is that of its products and its shipping, and what the
//! lines do not come to (a chosen amount, vouchers taken off) is an amount without a line. A status
//! "refunded" without a slip is no refund. How a slip is paid back is not told. Payments are those under
//! the order's reference. The webservice has no merchandise returns (recording 130 lists what it has).
//!
//! Not built: the buyer's messages (another resource), tax of the carrier by id (the order tells only
//! its rate).

mod after_sales;
mod amounts;
mod api;
mod discounts;
mod fetch;
mod order;
mod people;
mod poll;
mod rows;
mod settings;
mod slip;
mod state;
mod tax;
mod webhook;
mod xml;

use crate::adapter::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Malformed, Poll, Problem,
};
use crate::webhook::{RawRequest, Trust, Verification, Verified};
use causeway_domain::{Fault, Nudge, Order, OrderId, StoreId, Timestamp};

/// The adapter.
pub struct PrestaShop;

impl Adapter for PrestaShop {
    fn id(&self) -> &'static str {
        "prestashop"
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
        webhook::nudges(store, delivery)
    }
    fn fetch_order(
        &self,
        cx: &FetchContext<'_>,
        order: &OrderId,
        answers: &[Answer],
    ) -> Result<Fetch, Fault> {
        fetch::fetch_order(cx, order, answers)
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
        let root = xml::parse(document).ok()?;
        let orders = rows::listed(&root, "orders");
        orders.first()?.reference("id").map(OrderId::new)
    }
}
