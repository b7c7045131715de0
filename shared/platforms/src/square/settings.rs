//! The store's options.

use causeway_domain::Fault;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::adapter::{Connection, Problem};
use crate::options;

/// The options; the module page documents them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    #[serde(deserialize_with = "version")]
    pub(super) version: String,
    // Read by `crate::status`.
    #[serde(rename = "status")]
    _status: Option<IgnoredAny>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: "2026-09-16".to_owned(), _status: None }
    }
}

pub(super) fn check(connection: &Connection) -> Vec<Problem> {
    let mut found = options::base_url_problems(&connection.base_url, "/v2");
    found.extend(options::credentials_in_clear(&connection.base_url));
    if connection.webhook_url.as_deref().is_none_or(|url| url.trim().is_empty()) {
        found.push(Problem {
            path: "webhook_url".to_owned(),
            text: "must be the notification URL exactly as registered with Square, which signs it"
                .to_owned(),
        });
    }
    found.extend(options::problems::<Settings>(&connection.options));
    found
}

pub(super) fn read(connection: &Connection) -> Result<Settings, Fault> {
    options::read(&connection.options)
}

fn version<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    options::dashed_version(d, &[4, 2, 2], "must be a Square-Version such as \"2026-09-16\"")
}
