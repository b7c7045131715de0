//! What a payment processor has to tell: how its webhooks are signed, what they nudge, how a dispute
//! and a payout are fetched, and how its settlement file is read.

use causeway_domain::ports::Call;
use causeway_domain::{
    Currency, Dispute, DisputeId, Fault, Nudge, Secret, Settlement, SettlementId, StoreId,
    Timestamp,
};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Answer, Problem, RawRequest, Trust, Verification, Verified};
use serde_json::{Map, Value};
use url::Url;

use crate::fault::SettlementFault;

/// One processor. All methods are pure: the same answers always give the same result, and a fetch is
/// driven like [`causeway_platforms::Adapter::fetch_order`].
pub trait Processor: Sync {
    /// The name in the webhook URL and in the configuration: `stripe`.
    fn id(&self) -> &'static str;

    /// Where its API lives, unless the account says otherwise; `None` where every account has its own
    /// address (Shopify).
    fn base_url(&self) -> Option<&'static str>;

    /// Where it tells what a dispute costs.
    fn dispute_fees(&self) -> DisputeFees;

    /// Checks an account's options and base URL; returns every problem, none if all is well.
    fn check(&self, connection: &AccountConnection) -> Vec<Problem>;

    /// Verifies a webhook over its raw bytes, in constant time, against every secret in `trust`.
    /// There is no default: a processor without webhooks refuses as unconfigured.
    fn verify(&self, request: RawRequest, trust: &Trust<'_, AccountConnection>) -> Verification;

    /// What a verified delivery nudges; the nudges' `store` is the account. An empty list means
    /// "understood, nothing to do"; an error means the body is not what this processor sends (400).
    fn events(
        &self,
        account: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed>;

    /// What deliveries want to be answered with in every 200; `None` where the status is all.
    fn acknowledgement(&self) -> Option<&'static str> {
        None
    }

    /// The dispute as it is now, from the id that [`Processor::events`] gave. A refund that failed
    /// comes by the same way, and is a [`Fault::Reject`] that names it: only a person can decide.
    fn fetch_dispute(
        &self,
        cx: &AccountContext<'_>,
        dispute: &DisputeId,
        answers: &[Answer],
    ) -> Result<FetchDispute, Fault>;

    /// The settlements of a payout or of a report, each already checked by [`Settlement::check`].
    fn fetch_settlement(
        &self,
        cx: &AccountContext<'_>,
        settlement: &SettlementId,
        answers: &[Answer],
    ) -> Result<FetchSettlement, Fault>;

    /// The payouts that were paid since then, for the scheduled import.
    fn list_payouts(
        &self,
        cx: &AccountContext<'_>,
        since: Timestamp,
        answers: &[Answer],
    ) -> Result<ListPayouts, Fault>;

    /// Reads a settlement file: all of it, or nothing and an error that names line and column. Every
    /// settlement in the result has been checked by [`Settlement::check`].
    fn read_file(
        &self,
        cx: &FileContext<'_>,
        file: &[u8],
    ) -> Result<Vec<Settlement>, SettlementFault>;
}

/// Where a processor tells what a dispute costs: what is told twice must be booked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeFees {
    /// With the dispute ([`Dispute::fee`]), and again in the settlement.
    InDispute,
    /// In the settlement only.
    InSettlement,
    /// It tells of disputes in the settlement only.
    Untold,
}

/// An account at a processor, as its processor sees it.
#[derive(Clone, Debug)]
pub struct AccountConnection {
    /// Our name of the account.
    pub account: StoreId,
    /// Where its API lives: `https://api.stripe.com`.
    pub base_url: Url,
    /// The processor's own settings, as its page documents.
    pub options: Map<String, Value>,
}

/// What a fetch needs.
#[derive(Clone, Copy, Debug)]
pub struct AccountContext<'a> {
    /// The account.
    pub connection: &'a AccountConnection,
    /// Its API credentials: plain text or a JSON object, as the processor's page documents.
    pub credentials: &'a Secret,
    /// Now.
    pub now: Timestamp,
}

/// What is known about a file before it is read.
#[derive(Clone, Copy, Debug)]
pub struct FileContext<'a> {
    /// The account that it is said to be of.
    pub account: &'a StoreId,
    /// The currency of the account's payouts, where the configuration names one; another one in the
    /// file is then an error.
    pub currency: Option<Currency>,
}

/// The next step of a dispute's fetch.
#[derive(Debug)]
pub enum FetchDispute {
    /// Send these and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// The dispute.
    Found(Box<Dispute>),
    /// The processor has no such dispute (any more).
    Gone,
}

/// The next step of a settlement's fetch.
#[derive(Debug)]
pub enum FetchSettlement {
    /// Send these and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// What the payout or the report holds: one, or the batches of a report.
    Found(Vec<Settlement>),
    /// The processor has no such payout or report.
    Gone,
}

/// The next step of listing payouts.
#[derive(Debug)]
pub enum ListPayouts {
    /// Send these and come back with the answers appended in this order.
    Ask(Vec<Call>),
    /// Their ids, oldest first as far as the processor orders them.
    Found(Vec<SettlementId>),
}
