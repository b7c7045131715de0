//! What WooCommerce and PrestaShop share because a merchant hosts them: the shop's address may have a
//! folder and may be plain HTTP, and each reads its `options` table into a struct. All problems are
//! told at once, unknown keys included.

use causeway_domain::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::adapter::Problem;
use crate::status;

/// The options as `T`, which has `#[serde(default, deny_unknown_fields)]`.
pub(crate) fn read<T: DeserializeOwned>(options: &Map<String, Value>) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(options.clone())).map_err(|error| {
        Fault::reject(
            format!("the store's options are not usable: {error}"),
            "run `causeway config check` and correct the store's options",
        )
    })
}

/// Every problem of the options, key by key, so that one bad key does not hide the next.
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

/// What is wrong with a base URL whose API path `api` we append ourselves.
pub(crate) fn base_url_problems(url: &Url, api: &str) -> Vec<Problem> {
    let mut texts = Vec::new();
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        texts.push("must be an http or https URL with a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        texts.push("must not hold credentials; put them into the store's secret".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        texts.push("must not have a query or fragment".to_owned());
    }
    if url.path().trim_end_matches('/').ends_with(api) {
        texts.push(format!("must be the shop's address without {api}, which is added"));
    }
    texts.into_iter().map(|text| Problem { path: "base_url".to_owned(), text }).collect()
}

/// True where credentials would cross a network in clear text.
pub(crate) fn clear_text(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test")
        }
        None => false,
    };
    url.scheme() == "http" && !local
}

/// `base` with a path appended; a shop may live in a folder.
pub(crate) fn endpoint(base: &Url, path: &str) -> Result<Url, Fault> {
    let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|error| {
        Fault::reject(format!("base_url: {error}"), "correct base_url of the store")
    })
}
