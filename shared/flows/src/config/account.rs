//! The settings of one account at a payment processor, and where its money goes in the books.

use super::{OdooConfig, StoreDocument};
use causeway_domain::{Currency, Fault, StoreId};
use causeway_processors::{AccountConnection, Processor, processor};
use serde::{Deserialize, Serialize};
use url::Url;

/// An account at a payment processor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Processor by its name in the URL.
    pub processor: String,
    /// Name of its Odoo.
    pub odoo: String,
    /// Odoo company id.
    pub company: i64,
    /// Base URL of the processor's API; the processor's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<Url>,
    /// Name of the secret that signs webhooks. Without it the account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<String>,
    /// Name of the secret with the API credentials. Without it payouts come by file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_credentials: Option<String>,
    /// The currency of its payouts; a file in another one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The stores that are paid by it. Without them an order that is known by its number alone must fit
    /// in its amount as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<StoreId>,
    /// Processor-specific options.
    #[serde(default)]
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Where its money goes.
    pub books: Books,
}

/// Journal and accounts, as Odoo ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    /// `account.journal` of the entries.
    pub journal: i64,
    /// `account.account` that the net deposit is debited to.
    pub bank: i64,
    /// `account.account` of money that the processor holds: disputes, reserves, payments per order.
    pub clearing: i64,
    /// `account.account` of the processor's fees.
    pub fees: i64,
    /// `account.account` of lines that belong to nothing that Odoo has.
    pub unmatched: i64,
    /// `account.account` of lost disputes; for `disputes = "bad_debt"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_debt: Option<i64>,
    /// What a chargeback becomes.
    #[serde(default)]
    pub disputes: DisputePolicy,
    /// What charges and refunds are set off against.
    #[serde(default)]
    pub matching: Matching,
}

/// What a chargeback becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputePolicy {
    /// A credit note, so that the tax is given back too.
    #[default]
    CreditNote,
    /// An expense; the sale stands.
    BadDebt,
}

/// What charges and refunds of a settlement are set off against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The receivable of invoices and credit notes: for stores with `payments = "settlement"`.
    #[default]
    Invoices,
    /// What the payments of the orders have posted to their outstanding accounts: for stores with
    /// `payments = "per_order"`.
    Payments,
    /// What the entries of sales have put on the clearing account, with the fees of their payments: for
    /// stores with `posting = "journal"`.
    Journal,
}

impl AccountConfig {
    /// Its processor, if that is built in.
    pub fn processor(&self) -> Option<&'static dyn Processor> {
        processor(&self.processor)
    }

    /// The connection as the processor's adapter wants it; `None` if nobody says where its API lives.
    pub fn connection(&self, account: &StoreId) -> Option<AccountConnection> {
        let own = || self.processor()?.base_url()?.parse().ok();
        Some(AccountConnection {
            account: account.clone(),
            base_url: self.base_url.clone().or_else(own)?,
            options: self.options.clone(),
        })
    }
}

/// What is stored per account: its configuration and that of its Odoo. It lives in one table with the
/// documents of stores, so that their ids must differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountDocument {
    /// The account's id.
    pub id: StoreId,
    /// Its configuration.
    pub account: AccountConfig,
    /// The Odoo it names.
    pub odoo: OdooConfig,
}

impl AccountDocument {
    /// Reads a stored document; `None` if it is a store's. The error names the field.
    pub fn of_account(json: &str) -> Result<Option<Self>, Fault> {
        match Self::parse(json) {
            Ok(document) => Ok(Some(document)),
            Err(_) if StoreDocument::parse(json).is_ok() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Reads a stored document. The error names the field.
    pub fn parse(json: &str) -> Result<Self, Fault> {
        serde_json::from_str(json).map_err(|error| {
            Fault::reject(
                format!("the account's configuration cannot be read: {error}"),
                "run `causeway config check` and `causeway config push` of this version",
            )
        })
    }
}
