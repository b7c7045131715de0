//! Stripe: webhooks signed with their time, disputes and payouts over the API, the itemised payout
//! reconciliation report.
//!
//! # Settings
//! `base_url` is `https://api.stripe.com`. Options:
//! - `version`: the `Stripe-Version` header, default `2026-03-25.dahlia`. Always sent: without it the
//!   account's default applies.
//! - `order_metadata`: the key of a charge's metadata that holds the shop's order, default `order_id`.
//!
//! # Secrets
//! - Credentials: a restricted key as plain text or JSON with the key `access_token`; it may read
//!   charges, disputes, refunds, payouts and balance transactions.
//! - Webhooks: the endpoint's signing secret (`whsec_...`), current and previous one.
//!
//! # Events
//! `charge.dispute.*` nudge the dispute; `payout.paid` and `payout.reconciliation_completed` the payout
//! of an automatic payout. A refund that **failed** (`refund.failed`, or `refund.updated` and
//! `charge.refund.updated` with that status) nudges as a dispute does, under the refund's id, and ends
//! in an attention item. Other refund events are not ours: the shop tells of refunds, and it knows the
//! lines. Deliveries are unordered and repeated; the event id tells repeats (FACTS 6, 9).
//!
//! # Amounts
//! The API counts in minor units with Stripe's own decimals, the report in major units (FACTS 6).
//! Amounts of a settlement are in the currency of the balance; what the customer paid in another one
//! stands beside it.

mod api;
mod dispute;
mod kind;
mod payout;
mod report;
mod settings;
mod webhook;

use causeway_domain::{DisputeId, Fault, Nudge, Settlement, SettlementId, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Answer, Problem, RawRequest, Trust, Verification, Verified};

use crate::fault::SettlementFault;
use crate::processor::{
    AccountConnection, AccountContext, DisputeFees, FetchDispute, FetchSettlement, FileContext,
    ListPayouts, Processor,
};

/// The processor.
pub struct Stripe;

impl Processor for Stripe {
    fn id(&self) -> &'static str {
        "stripe"
    }
    fn base_url(&self) -> Option<&'static str> {
        Some("https://api.stripe.com")
    }
    fn dispute_fees(&self) -> DisputeFees {
        DisputeFees::InDispute
    }
    fn check(&self, connection: &AccountConnection) -> Vec<Problem> {
        settings::check(connection)
    }
    fn verify(&self, request: RawRequest, trust: &Trust<'_, AccountConnection>) -> Verification {
        webhook::verify(request, trust)
    }
    fn events(
        &self,
        account: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed> {
        webhook::events(account, delivery.get())
    }
    fn fetch_dispute(
        &self,
        cx: &AccountContext<'_>,
        dispute: &DisputeId,
        answers: &[Answer],
    ) -> Result<FetchDispute, Fault> {
        dispute::next(cx, dispute, answers)
    }
    fn fetch_settlement(
        &self,
        cx: &AccountContext<'_>,
        settlement: &SettlementId,
        answers: &[Answer],
    ) -> Result<FetchSettlement, Fault> {
        payout::next(cx, settlement, answers)
    }
    fn list_payouts(
        &self,
        cx: &AccountContext<'_>,
        since: Timestamp,
        answers: &[Answer],
    ) -> Result<ListPayouts, Fault> {
        payout::list(cx, since, answers)
    }
    fn read_file(
        &self,
        cx: &FileContext<'_>,
        file: &[u8],
    ) -> Result<Vec<Settlement>, SettlementFault> {
        report::read(cx, file)
    }
}
