//! The options and base URL of a store, or of an account at a payment processor: read strictly, and
//! every problem named at once.

use causeway_domain::Fault;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::adapter::Problem;
use crate::status;

/// Reads the options. `causeway config check` finds every problem before; this names one.
pub fn read<T: DeserializeOwned>(options: &Map<String, Value>) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(options.clone())).map_err(|error| {
        Fault::reject(
            format!("the store's options are not usable: {error}"),
            "run `causeway config check`, it names every problem of the options",
        )
    })
}

/// Every problem of the options: each key is read on its own, so one mistake hides no other. `T` must
/// have a default for every key and refuse unknown ones. The key `status` is read by [`status`].
pub fn problems<T: DeserializeOwned>(options: &Map<String, Value>) -> Vec<Problem> {
    let others = options.iter().filter(|(key, _)| key.as_str() != status::OPTION);
    let mut found = key_problems::<T>(others);
    found.extend(status::check(options));
    found
}

/// [`problems`] of these keys alone.
pub fn key_problems<'a, T: DeserializeOwned>(
    options: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Vec<Problem> {
    options
        .into_iter()
        .filter_map(|(key, value)| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            let error = serde_json::from_value::<T>(Value::Object(alone)).err()?;
            Some(Problem { path: format!("options.{key}"), text: error.to_string() })
        })
        .collect()
}

/// Problems of the base URL. `api` is the path that we add ourselves and people tend to include, in
/// full or with more after it. A merchant's own shop may live in a folder.
pub fn base_url_problems(base: &Url, api: &str) -> Vec<Problem> {
    let mut texts = Vec::new();
    if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
        texts.push("must be an http or https URL with a host".to_owned());
    }
    if !base.username().is_empty() || base.password().is_some() {
        texts.push("must hold no credentials; they belong into the store's secret".to_owned());
    }
    if base.query().is_some() || base.fragment().is_some() {
        texts.push("must have no query and no fragment".to_owned());
    }
    if format!("{}/", base.path()).contains(&format!("{api}/")) {
        texts.push(format!("must end before {api}, which is added to it"));
    }
    texts.into_iter().map(|text| Problem { path: "base_url".to_owned(), text }).collect()
}

/// True where credentials would cross a network in clear text: not on this machine, and not under
/// the names that stand for it or for tests (RFC 6761).
pub fn clear_text(base: &Url) -> bool {
    let local = match base.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test")
        }
        None => false,
    };
    base.scheme() != "https" && !local
}

/// A problem if the credentials that travel in every request could be read on their way.
pub fn credentials_in_clear(base: &Url) -> Option<Problem> {
    clear_text(base).then(|| Problem {
        path: "base_url".to_owned(),
        text: "must be https: the credentials travel in every request and would be readable"
            .to_owned(),
    })
}

/// An address below the base URL, whether that ends with a slash or not.
pub fn endpoint(base: &Url, path: &str) -> Result<Url, Fault> {
    let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|error| {
        Fault::reject(format!("base_url: {error}"), "correct base_url of the store")
    })
}

/// A version of digits in groups of the given lengths with dashes between: `2026-07` is `[4, 2]`.
pub fn dashed_version<'de, D: Deserializer<'de>>(
    deserializer: D,
    groups: &[usize],
    wanted: &str,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if dashed_digits(&text, groups) { Ok(text) } else { Err(D::Error::custom(wanted)) }
}

fn dashed_digits(text: &str, groups: &[usize]) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == groups.len()
        && parts.iter().zip(groups).all(|(part, length)| {
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}
