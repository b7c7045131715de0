//! The configuration: one TOML file per environment, pushed as one JSON document per store and per
//! account at a payment processor.
//!
//! `default.toml` beside this file documents every setting; `schema.json` is its form. The command
//! line validates a file whole (form by the schema, meaning by [`problems`]) and writes a
//! [`StoreDocument`] per store to the table that the functions read. Secrets are only named.

mod account;
mod check;
mod journal;
mod store;

pub use account::{AccountConfig, AccountDocument, Books, DisputePolicy, Matching};
pub use check::problems;
pub use journal::{JournalDelivery, JournalPosting, Posting, RefundedGoods};
pub use store::{
    AfterSalesPolicy, CurrencyMap, Customers, EditPolicy, InvoicePolicy, LockedOrders, OdooConfig,
    OrderPolicy, PaymentMap, PaymentPolicy, ProductMap, ReturnValidation, SeveralMatches,
    StoreConfig, TaxRule, TestOrders, TotalsWithoutPins, UnknownSku,
};

use causeway_domain::{Fault, StoreId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The commented default, which is also the documentation of every setting.
pub const DEFAULT: &str = include_str!("default.toml");
/// The JSON Schema of an environment file.
pub const SCHEMA: &str = include_str!("schema.json");

/// One environment file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Odoo databases by name.
    pub odoo: BTreeMap<String, OdooConfig>,
    /// Stores by id.
    pub stores: BTreeMap<String, StoreConfig>,
    /// Accounts at payment processors by id.
    #[serde(default)]
    pub accounts: BTreeMap<String, AccountConfig>,
}

/// What is stored per store: its configuration and that of its Odoo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoreDocument {
    /// The store's id.
    pub id: StoreId,
    /// Its configuration.
    pub store: StoreConfig,
    /// The Odoo it names.
    pub odoo: OdooConfig,
}

impl StoreDocument {
    /// Reads a stored document; `None` if it is an account's. The error names the field.
    pub fn of_store(json: &str) -> Result<Option<Self>, Fault> {
        match Self::parse(json) {
            Ok(document) => Ok(Some(document)),
            Err(_) if AccountDocument::parse(json).is_ok() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Reads a stored document. The error names the field.
    pub fn parse(json: &str) -> Result<Self, Fault> {
        serde_json::from_str(json).map_err(|error| {
            Fault::reject(
                format!("the store's configuration cannot be read: {error}"),
                "run `causeway config check` and `causeway config push` of this version",
            )
        })
    }
}

impl Environment {
    /// Reads a TOML file's text. The error has line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The documents to push, one per store that names an existing Odoo.
    pub fn documents(&self) -> Vec<StoreDocument> {
        self.stores
            .iter()
            .filter_map(|(id, store)| {
                Some(StoreDocument {
                    id: StoreId::parse(id).ok()?,
                    odoo: self.odoo.get(&store.odoo)?.clone(),
                    store: store.clone(),
                })
            })
            .collect()
    }

    /// The documents to push, one per account that names an existing Odoo.
    pub fn account_documents(&self) -> Vec<AccountDocument> {
        self.accounts
            .iter()
            .filter_map(|(id, account)| {
                Some(AccountDocument {
                    id: StoreId::parse(id).ok()?,
                    odoo: self.odoo.get(&account.odoo)?.clone(),
                    account: account.clone(),
                })
            })
            .collect()
    }
}
