//! OAuth 1.0a request signing (RFC 5849) with HMAC-SHA256, as Magento integrations and WooCommerce
//! over plain HTTP want it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;

use crate::signature::hmac_sha256;

/// RFC 3986 unreserved characters stay.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The four secrets of an OAuth 1.0a consumer. WooCommerce has no token: both parts are empty.
#[derive(Clone, Debug)]
pub struct Consumer<'a> {
    /// Consumer key.
    pub key: &'a str,
    /// Consumer secret.
    pub secret: &'a str,
    /// Access token, empty for none.
    pub token: &'a str,
    /// Access token secret.
    pub token_secret: &'a str,
}

/// What a request is part of. All three may draw from the same randomness.
#[derive(Clone, Copy, Debug)]
pub enum Use {
    /// The fetch of an order; its only request.
    Order,
    /// The fetch of what came after it.
    AfterSales,
    /// A poll.
    Poll,
}

/// The nonce of the n-th request of a use. Both shops refuse one that they have seen.
pub fn nonce(seed: u64, of: Use, number: usize) -> u64 {
    let turn: u64 = match of {
        Use::Order => 0,
        Use::AfterSales => 1,
        Use::Poll => 2,
    };
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    seed.wrapping_add((turn << 56).wrapping_add(number))
}

/// The `Authorization` header for a request. `nonce` must be fresh for every request.
pub fn authorization(
    method: &str,
    url: &Url,
    consumer: &Consumer<'_>,
    now: Timestamp,
    nonce: &str,
) -> String {
    let timestamp = now.as_second().to_string();
    let mut oauth: Vec<(&str, &str)> = vec![
        ("oauth_consumer_key", consumer.key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", &timestamp),
    ];
    if !consumer.token.is_empty() {
        oauth.push(("oauth_token", consumer.token));
    }
    oauth.push(("oauth_version", "1.0"));
    let base = base_string(method, url, &oauth);
    let key = format!("{}&{}", encode(consumer.secret), encode(consumer.token_secret));
    let signature = STANDARD.encode(hmac_sha256(key.as_bytes(), &[base.as_bytes()]));
    oauth.push(("oauth_signature", &signature));
    let fields: Vec<String> =
        oauth.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
    format!("OAuth {}", fields.join(", "))
}

/// The signature base string of RFC 5849 3.4.1: query and OAuth parameters, encoded, then sorted.
pub fn base_string(method: &str, url: &Url, oauth: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)))
        .chain(oauth.iter().map(|(name, value)| (encode(name), encode(value))))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    format!("{method}&{}&{}", encode(bare.as_str()), encode(&joined.join("&")))
}

fn encode(text: &str) -> String {
    percent_encode(text.as_bytes(), STRICT).to_string()
}
