//! Shopify Payments payouts over the Admin API. Webhooks belong to the selling platform
//! (`causeway_platforms`), and disputes reach us as transactions of payouts.
//!
//! # Settings
//! `base_url` is the shop: `https://acme.myshopify.com`. Options:
//! - `api_version`: default `2026-07`.
//!
//! # Secrets
//! Credentials: an Admin API access token as plain text, or JSON with the key `access_token`, with the
//! scopes `read_shopify_payments_payouts` and `read_orders`.
//!
//! # Amounts
//! Decimal texts in the currency of the payout. The schema does not say whether a fee on money that
//! goes out is above or below zero, and the published examples have both (`-1.50`, fee `-0.25`, net
//! `-1.75`); so the fee's sign is the one with which gross less fee is net.

mod payout;
mod settings;
mod shape;

use causeway_domain::{DisputeId, Fault, Nudge, Settlement, SettlementId, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Answer, Problem, RawRequest, Refusal, Trust, Verification, Verified};

use crate::fault::{SettlementFault, Wrong};
use crate::processor::{
    AccountConnection, AccountContext, DisputeFees, FetchDispute, FetchSettlement, FileContext,
    ListPayouts, Processor,
};

/// The processor.
pub struct ShopifyPayments;

impl Processor for ShopifyPayments {
    fn id(&self) -> &'static str {
        "shopify"
    }
    fn base_url(&self) -> Option<&'static str> {
        None
    }
    fn dispute_fees(&self) -> DisputeFees {
        DisputeFees::Untold
    }
    fn check(&self, connection: &AccountConnection) -> Vec<Problem> {
        settings::check(connection)
    }
    /// No webhooks of its own: see the selling platform.
    fn verify(&self, _request: RawRequest, _trust: &Trust<'_, AccountConnection>) -> Verification {
        Verification::Refused(Refusal::Unconfigured)
    }
    fn events(
        &self,
        _account: &StoreId,
        _delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed> {
        Ok(Vec::new())
    }
    fn fetch_dispute(
        &self,
        _cx: &AccountContext<'_>,
        dispute: &DisputeId,
        _answers: &[Answer],
    ) -> Result<FetchDispute, Fault> {
        Err(Fault::skip(format!("Shopify's dispute {dispute} is booked with its payout")))
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
        _cx: &FileContext<'_>,
        _file: &[u8],
    ) -> Result<Vec<Settlement>, SettlementFault> {
        let text = "Shopify's payouts are imported by their id over the API";
        Err(SettlementFault::file(Wrong::NotThisReport(text.to_owned())))
    }
}
