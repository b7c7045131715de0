//! PayPal: the settlement report (STL), by file.
//!
//! # Settings
//! None. The report comes from PayPal's SFTP server and needs PayPal's approval (FACTS 8); there is no
//! API for it, and no webhooks are taken.
//!
//! # Amounts
//! Whole minor units without a sign; the column beside says CR or DR. A settlement is one reporting
//! period of an account in one currency. Withdrawals to the bank (T04xx) are its deposit; what was not
//! withdrawn is retained. The balances at the beginning and at the end in the section's footer must
//! differ by exactly what the rows sum to; a file whose footers are missing is cut off.

mod report;

use causeway_domain::{DisputeId, Fault, Nudge, Settlement, SettlementId, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{
    Answer, Problem, RawRequest, Refusal, Trust, Verification, Verified, options,
};

use crate::fault::SettlementFault;
use crate::processor::{
    AccountConnection, AccountContext, DisputeFees, FetchDispute, FetchSettlement, FileContext,
    ListPayouts, Processor,
};

/// The processor.
pub struct PayPal;

/// There are no options; any key is a problem.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

impl Processor for PayPal {
    fn id(&self) -> &'static str {
        "paypal"
    }
    fn base_url(&self) -> Option<&'static str> {
        Some("https://api-m.paypal.com")
    }
    fn dispute_fees(&self) -> DisputeFees {
        DisputeFees::Untold
    }
    fn check(&self, connection: &AccountConnection) -> Vec<Problem> {
        options::key_problems::<NoOptions>(&connection.options)
    }
    /// PayPal's webhooks are not taken: everything that is needed is in the report.
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
        Err(Fault::skip(format!("PayPal's dispute {dispute} is booked with its report")))
    }
    fn fetch_settlement(
        &self,
        _cx: &AccountContext<'_>,
        settlement: &SettlementId,
        _answers: &[Answer],
    ) -> Result<FetchSettlement, Fault> {
        Err(Fault::reject(
            format!("the PayPal settlement {settlement} cannot be fetched"),
            "import the STL file of that day",
        ))
    }
    /// There is no list to ask for.
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
        report::read(cx, file)
    }
}
