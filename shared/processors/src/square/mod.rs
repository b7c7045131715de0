//! Square payouts over the API. Square's webhooks belong to the selling platform
//! (`causeway_platforms`), and its disputes reach us as entries of payouts.
//!
//! # Settings
//! `base_url` is `https://connect.squareup.com`. Options:
//! - `version`: the `Square-Version` header, default `2026-09-16`.
//! - `locations`: ids of the locations whose payouts are listed; without it, those of the main one
//!   (Square's default).
//!
//! # Secrets
//! Credentials: an access token as plain text, or JSON with the key `access_token`, with the scope
//! `PAYOUTS_READ`.
//!
//! # Amounts
//! Whole minor units; gross less fee is net (OpenAPI: "the total amount of the payout will equal the
//! sum of the payout entries"). A payout of the type `SIMPLE` has no entries and comes again as an entry
//! of a later one: nothing to do.

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
pub struct SquarePayouts;

impl Processor for SquarePayouts {
    fn id(&self) -> &'static str {
        "square"
    }
    fn base_url(&self) -> Option<&'static str> {
        Some("https://connect.squareup.com")
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
        Err(Fault::skip(format!("Square's dispute {dispute} is booked with its payout")))
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
        let text = "Square's payouts are imported by their id over the API";
        Err(SettlementFault::file(Wrong::NotThisReport(text.to_owned())))
    }
}
