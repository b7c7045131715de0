//! A store's options and base URL: read strictly, and every problem named at once.

use causeway_domain::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::adapter::Problem;
use crate::answer::unreadable;
use crate::status;

/// Reads the options. `causeway config check` finds every problem before; this names one.
pub(crate) fn read<T: DeserializeOwned>(options: &Map<String, Value>) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(options.clone())).map_err(|error| {
        Fault::reject(
            format!("the store's options are not usable: {error}"),
            "run `causeway config check`, it names every problem of the options",
        )
    })
}

/// Every problem of the options: each key is read on its own, so one mistake hides no other. `T` must
/// have a default for every key and refuse unknown ones.
pub(crate) fn problems<T: DeserializeOwned>(options: &Map<String, Value>) -> Vec<Problem> {
    let mut found: Vec<Problem> = options
        .iter()
        .filter(|(key, _)| key.as_str() != status::OPTION)
        .filter_map(|(key, value)| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            let error = serde_json::from_value::<T>(Value::Object(alone)).err()?;
            Some(Problem { path: format!("options.{key}"), text: error.to_string() })
        })
        .collect();
    found.extend(status::check(options));
    found
}

/// Problems of the base URL. `api` is the path that we add ourselves and people tend to include.
pub(crate) fn base_url_problems(base: &Url, api: &str) -> Vec<Problem> {
    let problem = |text: String| Problem { path: "base_url".to_owned(), text };
    let mut found = Vec::new();
    if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
        found.push(problem("must be an http or https URL with a host".to_owned()));
    }
    if base.query().is_some() || base.fragment().is_some() {
        found.push(problem("must have no query and no fragment".to_owned()));
    }
    if !base.username().is_empty() || base.password().is_some() {
        found.push(problem("must hold no credentials; they belong into the secret".to_owned()));
    }
    if base.path().trim_end_matches('/').contains(api) {
        found.push(problem(format!("must end before {api}, which is added to it")));
    }
    found
}

/// True if requests to this URL can be read on their way.
pub(crate) fn clear_text(base: &Url) -> bool {
    base.scheme() != "https"
}

/// A problem if a bearer token would travel in clear text to another machine.
pub(crate) fn token_in_clear(base: &Url) -> Option<Problem> {
    let loopback = match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    (clear_text(base) && !loopback).then(|| Problem {
        path: "base_url".to_owned(),
        text: "must be https: the access token would be readable on its way".to_owned(),
    })
}

/// An address below the base URL, whether that ends with a slash or not.
pub(crate) fn endpoint(base: &Url, path: &str) -> Result<Url, Fault> {
    let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|error| unreadable("base_url", error))
}

/// True for digits in groups of the given lengths with dashes between: `2026-07` is `[4, 2]`.
pub(crate) fn dashed_digits(text: &str, groups: &[usize]) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == groups.len()
        && parts.iter().zip(groups).all(|(part, length)| {
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}
