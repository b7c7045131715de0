//! Reporting categories (docs.stripe.com/reports/reporting-categories).

use causeway_domain::{EntryKind, Money};

use crate::draft;
use crate::fault::{Side, Wrong};

/// What an entry of that category is about.
pub(super) fn kind(category: &str) -> EntryKind {
    match category {
        "charge" => EntryKind::Charge,
        "refund" | "refund_failure" | "partial_capture_reversal" => EntryKind::Refund,
        "dispute" => EntryKind::Dispute,
        "dispute_reversal" => EntryKind::DisputeReversal,
        "fee" | "network_cost" | "platform_earning_refund" | "tax" => EntryKind::Fee,
        "advance"
        | "advance_funding"
        | "anticipation_repayment"
        | "charge_failure"
        | "connect_collection_transfer"
        | "connect_reserved_funds"
        | "contribution"
        | "financing_paydown"
        | "financing_paydown_reversal"
        | "financing_payout"
        | "financing_payout_reversal"
        | "other_adjustment"
        | "payout_reversal"
        | "platform_earning"
        | "risk_reserved_funds"
        | "topup"
        | "topup_reversal"
        | "transfer"
        | "transfer_reversal"
        | "unreconciled_customer_funds" => EntryKind::Adjustment,
        _ => EntryKind::Other,
    }
}

/// Refuses a gross amount with the wrong sign for its category.
pub(super) fn side(category: &str, gross: Money) -> Result<(), Wrong> {
    match category {
        "charge" => draft::side("a charge", gross, Side::Credit),
        "refund" => draft::side("a refund", gross, Side::Debit),
        "dispute" => draft::side("a dispute", gross, Side::Debit),
        "dispute_reversal" => draft::side("a dispute_reversal", gross, Side::Credit),
        _ => Ok(()),
    }
}
