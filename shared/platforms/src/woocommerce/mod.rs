//! WooCommerce, REST API v3 (recorded on 9.9.5).
//!
//! # Credentials
//! The API secret is JSON: `{"consumer_key": "ck_...", "consumer_secret": "cs_..."}`, made under
//! WooCommerce > Settings > Advanced > REST API, permission Read, by a user who may see orders.
//! The webhook secret is plain text: what was typed into the webhook's field Secret. WooCommerce
//! HTML-decodes it before signing, and so do we; still avoid `&`, `<`, `>` and quotes.
//!
//! # Webhooks
//! Order created, updated, deleted and restored, and the action `woocommerce_order_refunded`.
//! A webhook that fails seven times in a row is disabled silently (STORES, WooCommerce 5).
//!
//! # Options
//! | option | meaning | default |
//! |---|---|---|
//! | `auth` | `basic` or `oauth1` (OAuth 1.0a, HMAC-SHA256) | by the scheme of `base_url` |
//! | `vat_meta_keys` | order fields that may hold a VAT number | those of the usual plugins |
//! | `status` | table from status to `ignore`, `quotation`, `confirmed`, `cancelled` | the core's |
//!
//! # Amounts
//! Lines are net in every shop; `prices_include_tax` only says on which basis list prices are told.
//! A line's taxes have up to six decimals; per rate they are rounded to what the order shows. Coupons
//! are already inside the lines. A total that rounding does not explain is refused with both numbers;
//! so are gift cards of plugins that lower the total: core documents no field for them, not built.
//!
//! # After the order
//! The payment is the order's own: all of it, at `date_paid_gmt`. Refunds come with their lines; what
//! their lines do not come to (a courtesy, a status set by hand) is an amount without a line. Whether a
//! gateway has really paid back is only known as "was asked to". The core has no returns, and a refund
//! that is deleted leaves no trace but its absence (STORES, WooCommerce 11).

mod after_sales;
mod amounts;
mod api;
mod fetch;
mod order;
mod poll;
mod refund;
mod settings;
mod webhook;
mod wire;

use crate::adapter::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Malformed, Poll, Problem,
};
use crate::webhook::{RawRequest, Trust, Verification, Verified};
use causeway_domain::{Fault, Nudge, Order, OrderId, StoreId, Timestamp};

/// The adapter.
pub struct WooCommerce;

impl Adapter for WooCommerce {
    fn id(&self) -> &'static str {
        "woocommerce"
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
        let document: serde_json::Value = serde_json::from_slice(document).ok()?;
        let id = document.get("id").and_then(wire::Id::read)?;
        id.text().map(OrderId::new)
    }
}
