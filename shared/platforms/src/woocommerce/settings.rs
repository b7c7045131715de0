//! A WooCommerce store's options and credentials.

use causeway_domain::{Fault, Secret};
use serde::{Deserialize, de::IgnoredAny};
use url::Url;

use crate::adapter::{Connection, Problem};
use crate::options;

/// Order fields that VAT plugins use, in the order we look.
const VAT_KEYS: &[&str] =
    &["_billing_vat_number", "_vat_number", "vat_number", "billing_eu_vat_number"];

/// The store's options; the page of the platform documents them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Options {
    auth: Option<Auth>,
    vat_meta_keys: Option<Vec<String>>,
    // Read by `crate::status`.
    #[serde(rename = "status")]
    _status: Option<IgnoredAny>,
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auth {
    /// Basic; WooCommerce takes it only over TLS (STORES, WooCommerce 14).
    Basic,
    /// OAuth 1.0a with HMAC-SHA256, for plain HTTP.
    OAuth1,
}

impl Options {
    /// Reads them.
    pub(super) fn of(connection: &Connection) -> Result<Self, Fault> {
        options::read(&connection.options)
    }
    /// How to sign requests to `base`.
    pub(super) fn auth(&self, base: &Url) -> Auth {
        let default = if base.scheme() == "https" { Auth::Basic } else { Auth::OAuth1 };
        self.auth.unwrap_or(default)
    }
    /// The custom fields that may hold a VAT number.
    pub(super) fn vat_keys(&self) -> Vec<&str> {
        match &self.vat_meta_keys {
            Some(own) => own.iter().map(String::as_str).collect(),
            None => VAT_KEYS.to_vec(),
        }
    }
}

/// Every problem of the store's settings.
pub(super) fn check(connection: &Connection) -> Vec<Problem> {
    let base = &connection.base_url;
    let mut found = options::base_url_problems(base, "/wp-json");
    found.extend(options::problems::<Options>(&connection.options));
    let basic = connection.options.get("auth").and_then(|auth| auth.as_str()) == Some("basic");
    if basic && options::clear_text(base) {
        found.push(Problem {
            path: "options.auth".to_owned(),
            text: "WooCommerce refuses Basic over plain HTTP, and the keys would be readable: use \
                   https, or auth = \"oauth1\""
                .to_owned(),
        });
    }
    found
}

/// A REST API key; whatever else the secret holds is left alone.
#[derive(Deserialize)]
pub(super) struct Credentials {
    /// `ck_...`.
    pub consumer_key: String,
    /// `cs_...`.
    pub consumer_secret: String,
}

impl Credentials {
    /// Reads the secret; the fault never shows any part of it.
    pub(super) fn read(secret: &Secret) -> Result<Self, Fault> {
        serde_json::from_str(secret.reveal()).map_err(|_| {
            Fault::reject(
                "the store's API credentials are not usable",
                "the secret must be {\"consumer_key\": \"ck_...\", \"consumer_secret\": \"cs_...\"}",
            )
        })
    }
}
