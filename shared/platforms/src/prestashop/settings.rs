//! A PrestaShop store's options and credentials.

use causeway_domain::{Fault, Secret};
use http::HeaderName;
use jiff::tz::TimeZone;
use serde::{Deserialize, de::IgnoredAny};

use crate::adapter::{Connection, Problem};
use crate::options;

/// The header of the mode `token` unless the store names another.
const TOKEN_HEADER: &str = "x-causeway-token";

/// The store's options; the page of the platform documents them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Options {
    signing: Signing,
    token_header: Option<String>,
    id_shop: Option<u64>,
    time_zone: Option<String>,
    // Read by `crate::status`.
    #[serde(rename = "status")]
    _status: Option<IgnoredAny>,
}

/// How deliveries prove themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Signing {
    /// `X-Ps-Signature: t=<unix>,v1=<hex>`.
    #[default]
    Hmac,
    /// The secret itself in a header (R255: what most modules do).
    Token,
}

impl Options {
    /// Reads them.
    pub(super) fn of(connection: &Connection) -> Result<Self, Fault> {
        options::read(&connection.options)
    }
    /// How deliveries prove themselves.
    pub(super) fn signing(&self) -> Signing {
        self.signing
    }
    /// The header of the mode `token`.
    pub(super) fn token_header(&self) -> &str {
        self.token_header.as_deref().unwrap_or(TOKEN_HEADER)
    }
    /// The shop of a multi-shop installation.
    pub(super) fn id_shop(&self) -> Option<u64> {
        self.id_shop
    }
    /// The zone of the shop's clock; PrestaShop's dates have none (STORES, PrestaShop 1).
    pub(super) fn time_zone(&self) -> Result<TimeZone, Fault> {
        let name = self.time_zone.as_deref().unwrap_or_default();
        TimeZone::get(name).map_err(|_| {
            Fault::reject(
                format!("option time_zone: {name:?} is not a time zone"),
                "set time_zone to the shop's zone, as under International > Localization",
            )
        })
    }
}

/// Every problem of the store's settings.
pub(super) fn check(connection: &Connection) -> Vec<Problem> {
    let mut found = options::base_url_problems(&connection.base_url, "/api");
    found.extend(options::credentials_in_clear(&connection.base_url));
    found.extend(options::problems::<Options>(&connection.options));
    let option = |key: &str| connection.options.get(key).and_then(|value| value.as_str());
    match option("time_zone") {
        None if !connection.options.contains_key("time_zone") => found.push(problem(
            "options.time_zone",
            "is required: the shop's time zone as IANA names it, such as Europe/Paris",
        )),
        Some(name) if TimeZone::get(name).is_err() => found
            .push(problem("options.time_zone", "is not an IANA time zone such as Europe/Paris")),
        None | Some(_) => {}
    }
    if option("token_header").is_some_and(|name| HeaderName::try_from(name).is_err()) {
        found.push(problem("options.token_header", "is not a header name"));
    }
    if connection.options.get("id_shop").and_then(serde_json::Value::as_u64) == Some(0) {
        found.push(problem("options.id_shop", "must be the shop's number, from 1"));
    }
    found
}

fn problem(path: &str, text: &str) -> Problem {
    Problem { path: path.to_owned(), text: text.to_owned() }
}

/// The webservice key: the secret as it is, or `{"key": "..."}`.
pub(super) fn key(secret: &Secret) -> Result<String, Fault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        key: String,
    }
    let text = secret.reveal().trim();
    let key = if text.starts_with('{') {
        serde_json::from_str::<Document>(text).map(|document| document.key).unwrap_or_default()
    } else {
        text.to_owned()
    };
    let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    fits.then_some(key).ok_or_else(|| {
        Fault::reject(
            "the store's webservice key is not usable",
            "the secret must be the key as PrestaShop shows it, or {\"key\": \"...\"}",
        )
    })
}
