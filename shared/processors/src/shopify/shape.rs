//! The answers to our two queries, field by field as the queries ask for them.

use causeway_domain::money::decimal_field;
use causeway_domain::{Currency, Decimal, Fault, Money};
use causeway_platforms::answer::unreadable;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayoutData {
    pub(super) node: Option<Payout>,
    pub(super) shopify_payments_account: Option<Transactions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payout {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) issued_at: String,
    pub(super) transaction_type: String,
    pub(super) net: MoneyV2,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transactions {
    pub(super) balance_transactions: Page<Transaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) nodes: Vec<T>,
    pub(super) page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl PageInfo {
    /// The cursor of the next page, if there is one.
    pub(super) fn next(self, what: &str) -> Result<Option<String>, Fault> {
        match (self.has_next_page, self.end_cursor) {
            (false, _) => Ok(None),
            (true, Some(cursor)) => Ok(Some(cursor)),
            (true, None) => Err(unreadable(what, "a next page without a cursor")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) test: bool,
    /// A number, or its text.
    pub(super) source_order_transaction_id: Option<Value>,
    pub(super) amount: MoneyV2,
    pub(super) fee: MoneyV2,
    pub(super) net: MoneyV2,
    pub(super) associated_order: Option<Named>,
    pub(super) associated_payout: AssociatedPayout,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct AssociatedPayout {
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MoneyV2 {
    #[serde(deserialize_with = "decimal_field")]
    amount: Decimal,
    currency_code: String,
}

impl MoneyV2 {
    pub(super) fn money(&self, what: &str) -> Result<Money, Fault> {
        let currency =
            Currency::from_code(&self.currency_code).map_err(|error| unreadable(what, error))?;
        Money::exact(self.amount, currency).map_err(|error| unreadable(what, error))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayoutsData {
    pub(super) shopify_payments_account: Option<Payouts>,
}

#[derive(Deserialize)]
pub(super) struct Payouts {
    pub(super) payouts: Page<Listed>,
}

#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) status: String,
}
