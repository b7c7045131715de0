//! Sales that become journal entries instead of orders: the settings of a point of sale.

use super::StoreConfig;
use causeway_domain::Currency;
use causeway_platforms::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a sale becomes in Odoo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Posting {
    /// A sale order, and what follows from it.
    #[default]
    Order,
    /// One journal entry and one delivery ([`JournalPosting`]).
    Journal,
}

/// Accounts (`account.account` ids) and places of a store whose sales become journal entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalPosting {
    /// `account.journal` of type "Miscellaneous".
    pub journal: i64,
    /// The company's currency. A sale in another one is for a person.
    pub currency: Currency,
    /// Decides the accounting day of a sale: IANA name of the shop's time zone.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Where the money of each payment method is, debited at gross.
    #[serde(default)]
    pub tenders: BTreeMap<String, i64>,
    /// The account of methods that [`JournalPosting::tenders`] does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_tender: Option<i64>,
    /// Expense: what the processor keeps.
    pub fees: i64,
    /// Credited with the fees, so that what is still to be paid out is its balance; without it the
    /// account of the payment itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearing: Option<i64>,
    /// Income of lines whose tax has no account of its own in [`JournalPosting::income_by_tax`].
    pub income: i64,
    /// Income by `account.tax` id (as text, which is what keys are), for charts that keep rates apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub income_by_tax: BTreeMap<String, i64>,
    /// Tips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tips: Option<i64>,
    /// Reductions of the order as a whole that the platform keeps apart; without it they lower income.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discounts: Option<i64>,
    /// Cash rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<i64>,
    /// What is owed to holders of gift cards: credited when one is sold, debited when it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift_cards: Option<i64>,
    /// `res.partner` on every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<i64>,
    /// Goods of a refunded line of which the platform does not say what becomes of them.
    #[serde(default)]
    pub refunded_goods: RefundedGoods,
    /// How goods leave.
    pub delivery: JournalDelivery,
}

/// How goods leave; back the other way, with the type that this one has for returns.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalDelivery {
    /// `stock.picking.type` id, outgoing.
    pub picking_type: i64,
    /// `stock.location` id of the shop's stock.
    pub from: i64,
    /// `stock.location` id of customers.
    pub to: i64,
}

/// Goods of a refunded line of which the platform does not say what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundedGoods {
    /// The customer keeps them.
    #[default]
    Kept,
    /// They are back in stock.
    Returned,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What is wrong with the settings of entries, by their path below the store.
pub(super) fn problems(store: &StoreConfig) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut note =
        |path: &str, text: &str| found.push(Problem { path: path.into(), text: text.into() });
    if store.posting == Posting::Journal {
        if store.journal.is_none() {
            note("journal", "posting = \"journal\" needs this table: journal, accounts, delivery");
        }
        if store.after_sales.makes_documents() {
            let text = "posting = \"journal\" makes neither invoices nor payments: no `invoices`, \
                        and `payments` at most \"settlement\"";
            note("after_sales", text);
        }
    }
    if let Some(journal) = &store.journal
        && jiff::tz::TimeZone::get(&journal.time_zone).is_err()
    {
        note("journal.time_zone", "must be an IANA name such as \"Europe/Brussels\"");
    }
    found
}
