//! Square: webhooks signed over the registered URL and the body, orders over the Orders API with
//! payments, catalogue and customer beside them.
//!
//! # Settings
//! `base_url` is `https://connect.squareup.com` (sandbox: `https://connect.squareupsandbox.com`, whose
//! orders count as test orders). `webhook_url` is required: the notification URL exactly as registered,
//! because Square signs it (FACTS 1). Options:
//! - `version`: the `Square-Version` header, default `2026-09-16`. Always sent: without it an
//!   application's default applies, which its owner can change.
//! - `status`: what a status word means ([`crate::status`]). Words: `draft`, `open` (something is still
//!   due), `open_paid` (open, nothing due: paid but not yet handed over), `completed`, `canceled`.
//!
//! # Secrets
//! - Credentials: an access token as plain text, or JSON with the key `access_token`. Scopes:
//!   `ORDERS_READ`, `PAYMENTS_READ`, `CUSTOMERS_READ`, `ITEMS_READ`, and `MERCHANT_PROFILE_READ` for the poll,
//!   which searches every location. An OAuth token lives 30 days.
//! - Webhooks: the signature key of the webhook subscription. It belongs to the application, not to the
//!   seller.
//!
//! # Amounts
//! All are whole minor units. A line's `total_money` is what the buyer pays for it: after discounts
//! (order-level ones are already spread over the lines), with apportioned service charges, additive
//! and inclusive taxes. So net is `total_money` less every applied tax, whatever the taxes' type;
//! `gross_sales_money` is not used, because in the US, Canada and Japan inclusive tax is taken out of it
//! and elsewhere it is not (OpenAPI). An order's prices include tax if every tax on it is `INCLUSIVE`.
//! Where both types occur, or none, they do not, and the unit price of a line with an inclusive tax is
//! derived from its net amount. Modifiers are part of the unit price. Service charges that are not
//! apportioned are fees, tips and cash rounding lines of their own. An order that consists of returns
//! only is nothing to project; it says which orders to look at instead ([`Fetch::Elsewhere`]).
//!
//! # After the order (see [`refunds`])
//! A sale is never changed by a refund. Its payments name their refunds, a refund names the return
//! order, and that order says what was taken back: lines with quantity and taxes where a person refunded
//! items (Point of Sale, Dashboard), an amount only for the Refunds API. Refunds of one return with
//! lines are one refund of ours, whose id is the return order's; any other refund stands alone under its
//! own id. `PENDING` has not settled, nor has a word that we do not know; `FAILED` and `REJECTED` are
//! no refunds. Square does not say whether returned goods went back into stock ([`Goods::Unsaid`]),
//! and has no returns beside refunds. A return without money (an even exchange) is not read.
//!
//! A capture is a completed payment, tip included; its fee is the sum of Square's processing fees, which
//! come later by `payment.updated`. The poll sees orders and returns, not late fees.
//!
//! A webhook of a refund names the return order, one of a payment the sale; both are looked at.
//! Disputes name a payment only and nudge nothing: Square settles them in its payouts.
//!
//! [`Goods::Unsaid`]: causeway_domain::Goods::Unsaid

mod after_fetch;
mod captures;
mod fetch;
mod lines;
mod order;
mod people;
mod poll;
mod refunds;
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
pub struct Square;

impl Adapter for Square {
    fn id(&self) -> &'static str {
        "square"
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
        let answer: shape::OrderAnswer = serde_json::from_slice(document).ok()?;
        answer.order?.id.filter(|id| !id.is_empty()).map(OrderId::new)
    }
}
