//! Calls to the API, and its documents as far as we need them.

use causeway_domain::ports::Call;
use causeway_domain::{Fault, Money, Timestamp};
use causeway_platforms::answer::unreadable;
use causeway_platforms::token;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

use super::settings::Settings;
use crate::amount::{self, STRIPE};
use crate::processor::AccountContext;
use crate::request;

pub(super) fn get(
    cx: &AccountContext<'_>,
    settings: &Settings,
    name: &'static str,
    path: &str,
) -> Result<Call, Fault> {
    let token = token::header(&cx.connection.account, cx.credentials, "Bearer ")?;
    request::get(cx, name, path, Some(token), &[("stripe-version", &settings.version)])
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    pub(super) has_more: bool,
}

/// A field that is an id or, expanded, the object.
pub(super) enum Expandable<T> {
    Id(String),
    Object(T),
}

/// By hand: an untagged enum loses the literal text of numbers.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Expandable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(id) => Ok(Self::Id(id)),
            object @ Value::Object(_) => {
                T::deserialize(object).map(Self::Object).map_err(D::Error::custom)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Err(D::Error::custom("expected an id or an object"))
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) net: i64,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) created: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) reporting_category: String,
    #[serde(default)]
    pub(super) source: Option<Expandable<Source>>,
}

/// What a balance transaction is about: a charge, a refund, a dispute or something else.
#[derive(Deserialize)]
pub(super) struct Source {
    pub(super) id: String,
    #[serde(default)]
    pub(super) amount: Option<i64>,
    #[serde(default)]
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) charge: Option<Expandable<Charge>>,
    #[serde(default)]
    pub(super) payment_intent: Option<Expandable<Intent>>,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
}

/// A payment intent: what some shops know a payment by.
#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
}

impl Expandable<Intent> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(intent) => &intent.id,
        }
    }
}

impl Expandable<Charge> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(charge) => &charge.id,
        }
    }
}

/// An amount of the API.
pub(super) fn money(what: &str, minor: i64, currency: &str) -> Result<Money, Fault> {
    amount::minor(what, minor, amount::currency(what, currency)?, STRIPE)
}

/// Unix seconds.
pub(super) fn time(what: &str, second: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_second(second).map_err(|_| unreadable(what, "a time out of range"))
}

/// The shop's order in the metadata.
pub(super) fn order_in(
    metadata: Option<&BTreeMap<String, String>>,
    settings: &Settings,
) -> Option<String> {
    let text = metadata?.get(&settings.order_metadata)?.trim();
    (!text.is_empty() && text.len() <= 100).then(|| text.to_owned())
}
