//! The store's options.

use causeway_domain::Fault;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::adapter::{Connection, Problem};
use crate::options;

/// Which side of a `MoneyBag` is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    /// The shop's own currency.
    Shop,
    /// The currency the customer was charged in.
    #[default]
    Presentment,
}

/// The options; the module page documents them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    #[serde(deserialize_with = "version")]
    pub(super) api_version: String,
    pub(super) currency: Side,
    pub(super) b2b: bool,
    pub(super) returns: bool,
    pub(super) vat_attribute: Option<String>,
    // Read by `crate::status`.
    #[serde(rename = "status")]
    _status: Option<IgnoredAny>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_version: "2026-07".to_owned(),
            currency: Side::default(),
            b2b: true,
            returns: true,
            vat_attribute: None,
            _status: None,
        }
    }
}

pub(super) fn check(connection: &Connection) -> Vec<Problem> {
    let mut found = options::base_url_problems(&connection.base_url, "/admin");
    found.extend(options::credentials_in_clear(&connection.base_url));
    found.extend(options::problems::<Settings>(&connection.options));
    found
}

pub(super) fn read(connection: &Connection) -> Result<Settings, Fault> {
    options::read(&connection.options)
}

fn version<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    options::dashed_version(d, &[4, 2], "must be an Admin API version such as \"2026-07\"")
}
