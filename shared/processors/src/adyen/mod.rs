//! Adyen: standard webhooks signed item by item, disputes that live in their events, the settlement
//! detail report.
//!
//! # Settings
//! `base_url` is where reports are downloaded: `https://ca-live.adyen.com` (test:
//! `https://ca-test.adyen.com`). Options:
//! - `reports`: whose reports they are, `merchant` (default) or `company`. It is a part of their
//!   address, and the notification does not tell.
//!
//! # Secrets
//! - Credentials: of the report user, as JSON `{"username": ..., "password": ...}`, or an API key with
//!   the role to download reports, as plain text or JSON `{"api_key": ...}`.
//! - Webhooks: the HMAC key of the webhook, in hex as the Customer Area shows it, current and previous
//!   one.
//!
//! # Events
//! | event code | nudges |
//! |---|---|
//! | `NOTIFICATION_OF_CHARGEBACK` | the dispute, no money moved |
//! | `CHARGEBACK` | the dispute: withdrawn |
//! | `CHARGEBACK_REVERSED`, `PREARBITRATION_WON` | the dispute: withdrawn and given back |
//! | `SECOND_CHARGEBACK` | the dispute: withdrawn, given back and withdrawn again |
//! | `PREARBITRATION_LOST` | the dispute: withdrawn for good |
//! | `REFUND_FAILED`, `REFUNDED_REVERSED`, `REFUND` with `success=false` | an attention item |
//! | `REPORT_AVAILABLE` of a settlement detail report | the settlements in the report |
//!
//! With `success=false` nothing but a refund's failure is acted on. The other `PREARBITRATION_*` events
//! move no money, and a `REFUND` that succeeded is the shop's to tell.
//!
//! The HMAC covers eight fields of an item and no time (FACTS 7). So only those are believed: what a
//! dispute is about travels in its id ([`event`]), and a report is downloaded from the configured
//! address by its signed file name, never from the URL in the unsigned `reason`. A dispute is keyed by
//! its PSP reference, which is the same in all its events (docs.adyen.com, dispute webhooks).

mod dispute;
mod event;
mod notification;
mod report;
mod rows;
mod webhook;

use causeway_domain::{DisputeId, Fault, Nudge, Settlement, SettlementId, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Answer, Problem, RawRequest, Trust, Verification, Verified, options};

use serde::Deserialize;

use crate::fault::SettlementFault;
use crate::processor::{
    AccountConnection, AccountContext, DisputeFees, FetchDispute, FetchSettlement, FileContext,
    ListPayouts, Processor,
};

/// The processor.
pub struct Adyen;

/// The options; the module page documents them.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    reports: Level,
}

/// On which level a report is made.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Merchant,
    Company,
}

impl Processor for Adyen {
    fn id(&self) -> &'static str {
        "adyen"
    }
    fn base_url(&self) -> Option<&'static str> {
        Some("https://ca-live.adyen.com")
    }
    fn dispute_fees(&self) -> DisputeFees {
        DisputeFees::InSettlement
    }
    fn check(&self, connection: &AccountConnection) -> Vec<Problem> {
        let mut found = options::base_url_problems(&connection.base_url, "/reports");
        found.extend(options::credentials_in_clear(&connection.base_url));
        found.extend(options::key_problems::<Settings>(&connection.options));
        found
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
    fn acknowledgement(&self) -> Option<&'static str> {
        Some("[accepted]")
    }
    fn fetch_dispute(
        &self,
        _cx: &AccountContext<'_>,
        dispute: &DisputeId,
        _answers: &[Answer],
    ) -> Result<FetchDispute, Fault> {
        dispute::read(dispute).map(|dispute| FetchDispute::Found(Box::new(dispute)))
    }
    fn fetch_settlement(
        &self,
        cx: &AccountContext<'_>,
        settlement: &SettlementId,
        answers: &[Answer],
    ) -> Result<FetchSettlement, Fault> {
        report::next(cx, settlement, answers)
    }
    /// Reports are announced by webhook, or come as files: there is no list to ask for.
    fn list_payouts(
        &self,
        _cx: &AccountContext<'_>,
        _since: Timestamp,
        _answers: &[Answer],
    ) -> Result<ListPayouts, Fault> {
        Ok(ListPayouts::Found(Vec::new()))
    }
    fn read_file(
        &self,
        cx: &FileContext<'_>,
        file: &[u8],
    ) -> Result<Vec<Settlement>, SettlementFault> {
        rows::read(cx, file)
    }
}
