//! The documents of the Payouts API as far as we need them.

use causeway_domain::{Currency, Fault, Money};
use causeway_platforms::answer::unreadable;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct PayoutAnswer {
    #[serde(default)]
    pub(super) payout: Option<Payout>,
}

#[derive(Deserialize)]
pub(super) struct PayoutsAnswer {
    #[serde(default)]
    pub(super) payouts: Option<Vec<Payout>>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Payout {
    pub(super) id: String,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) amount_money: Option<SquareMoney>,
    #[serde(default)]
    pub(super) arrival_date: Option<String>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct EntriesAnswer {
    #[serde(default)]
    pub(super) payout_entries: Option<Vec<Entry>>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) payout_id: String,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) gross_amount_money: Option<SquareMoney>,
    #[serde(default)]
    pub(super) fee_amount_money: Option<SquareMoney>,
    #[serde(default)]
    pub(super) net_amount_money: Option<SquareMoney>,
    #[serde(default)]
    type_charge_details: Option<About>,
    #[serde(default)]
    type_refund_details: Option<About>,
    #[serde(default)]
    type_dispute_details: Option<About>,
    #[serde(default)]
    type_open_dispute_details: Option<About>,
}

#[derive(Deserialize)]
struct About {
    #[serde(default)]
    payment_id: Option<String>,
}

impl Entry {
    /// The payment that it belongs to.
    pub(super) fn payment(&self) -> Option<String> {
        [
            &self.type_charge_details,
            &self.type_refund_details,
            &self.type_dispute_details,
            &self.type_open_dispute_details,
        ]
        .into_iter()
        .flatten()
        .find_map(|about| about.payment_id.clone())
    }
}

/// The schema says `currency`, the examples of payouts say `currency_code`: both are read.
#[derive(Deserialize)]
pub(super) struct SquareMoney {
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default, alias = "currency_code")]
    currency: Option<String>,
}

/// Minor units.
pub(super) fn money(what: &str, money: Option<&SquareMoney>) -> Result<Money, Fault> {
    let money = money.ok_or_else(|| unreadable(what, "an amount is missing"))?;
    let code = money.currency.as_deref().unwrap_or_default();
    let currency = Currency::from_code(code).map_err(|error| unreadable(what, error))?;
    Ok(Money::from_minor(money.amount.unwrap_or_default(), currency))
}
