//! The account's options.

use causeway_domain::Fault;
use causeway_platforms::{Problem, options};
use serde::{Deserialize, Deserializer};

use crate::processor::AccountConnection;

/// The options; the module page documents them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    #[serde(deserialize_with = "version")]
    pub(super) version: String,
    pub(super) locations: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: "2026-09-16".to_owned(), locations: Vec::new() }
    }
}

pub(super) fn check(connection: &AccountConnection) -> Vec<Problem> {
    let mut found = options::base_url_problems(&connection.base_url, "/v2");
    found.extend(options::credentials_in_clear(&connection.base_url));
    found.extend(options::key_problems::<Settings>(&connection.options));
    found
}

pub(super) fn read(connection: &AccountConnection) -> Result<Settings, Fault> {
    options::read(&connection.options)
}

fn version<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    options::dashed_version(d, &[4, 2, 2], "must be a Square-Version such as \"2026-09-16\"")
}
