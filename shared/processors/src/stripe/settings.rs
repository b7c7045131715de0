//! The account's options.

use causeway_domain::Fault;
use causeway_platforms::{Problem, options};
use serde::Deserialize;

use crate::processor::AccountConnection;

/// The options; the module page documents them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) version: String,
    pub(super) order_metadata: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: "2026-03-25.dahlia".to_owned(), order_metadata: "order_id".to_owned() }
    }
}

pub(super) fn check(connection: &AccountConnection) -> Vec<Problem> {
    let mut found = options::base_url_problems(&connection.base_url, "/v1");
    found.extend(options::credentials_in_clear(&connection.base_url));
    found.extend(options::key_problems::<Settings>(&connection.options));
    let settings = read(connection).unwrap_or_default();
    let dated = settings.version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    if !dated || settings.version.len() < 10 {
        found.push(Problem {
            path: "options.version".to_owned(),
            text: "must be a Stripe-Version such as \"2026-03-25.dahlia\"".to_owned(),
        });
    }
    found
}

pub(super) fn read(connection: &AccountConnection) -> Result<Settings, Fault> {
    options::read(&connection.options)
}
