//! Requests to WooCommerce's REST API and what its refusals mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{Fault, OrderId, StoreId, WaitKey};
use http::StatusCode;
use serde::Deserialize;
use std::time::Duration;

use super::settings::{Auth, Credentials, Options};
use crate::adapter::{Answer, FetchContext};
use crate::{answer, oauth1, options};

/// The largest page that WooCommerce gives (STORES, WooCommerce 16).
pub(super) const PAGE: usize = 100;

/// One GET below `/wp-json/wc/v3`.
pub(super) struct Get<'a> {
    /// For logs: `woocommerce order`.
    pub name: &'static str,
    /// `orders/22`.
    pub path: String,
    /// Query parameters.
    pub query: &'a [(&'a str, &'a str)],
    /// The signature's nonce: fresh for each request.
    pub nonce: u64,
}

/// The order's id, if it can be one.
pub(super) fn order_id(order: &OrderId) -> Result<&str, Fault> {
    let id = order.as_str();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::reject(
            format!("{id:?} is not an id of a WooCommerce order"),
            "use the numeric id from the order's address in the shop's administration",
        ));
    }
    Ok(id)
}

/// The signed request.
pub(super) fn get(cx: &FetchContext<'_>, settings: &Options, get: &Get<'_>) -> Result<Call, Fault> {
    let base = &cx.connection.base_url;
    let mut url = options::endpoint(base, &format!("/wp-json/wc/v3/{}", get.path))?;
    if !get.query.is_empty() {
        url.query_pairs_mut().extend_pairs(get.query);
    }
    let keys = Credentials::read(cx.credentials)?;
    let authorization = match settings.auth(base) {
        Auth::Basic => {
            let pair = format!("{}:{}", keys.consumer_key, keys.consumer_secret);
            format!("Basic {}", STANDARD.encode(pair))
        }
        Auth::OAuth1 => {
            let consumer = oauth1::Consumer {
                key: &keys.consumer_key,
                secret: &keys.consumer_secret,
                token: "",
                token_secret: "",
            };
            let nonce = format!("{:016x}", get.nonce);
            oauth1::authorization("GET", &url, &consumer, cx.now, &nonce)
        }
    };
    let request = http::Request::get(url.as_str())
        .header(http::header::AUTHORIZATION, authorization)
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_| {
            Fault::reject(
                "the store's API credentials hold characters that no header can carry",
                "paste the consumer key and secret again",
            )
        })?;
    let timeout = Duration::from_secs(30);
    Ok(Call { name: get.name, request, effect: Effect::Read, timeout })
}

/// The error document of the REST API.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WpError {
    code: String,
    message: String,
}

/// `None` only if WooCommerce itself says that there is no such order: a 404 of the web server or of
/// WordPress (`rest_no_route`) would otherwise read as "every order was deleted".
pub(super) fn body<'a>(
    store: &StoreId,
    what: &str,
    answer: &'a Answer,
) -> Result<Option<&'a [u8]>, Fault> {
    let error: WpError = if answer.status().is_success() {
        WpError::default()
    } else {
        serde_json::from_slice(answer.body()).unwrap_or_default()
    };
    match answer.status() {
        StatusCode::NOT_FOUND if error.code == "woocommerce_rest_shop_order_invalid_id" => Ok(None),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Fault::reject(
            format!("{what}: {} does not come from WooCommerce's API", answer.status()),
            "check base_url, that WooCommerce is active and that permalinks are not \"plain\"",
        )),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unauthorised(store, what, &error)),
        _ => answer::body(store, what, answer),
    }
}

/// The variants of 401 (STORES, WooCommerce 14) in words that tell what to do.
fn unauthorised(store: &StoreId, what: &str, error: &WpError) -> Fault {
    let message = error.message.as_str();
    if message.starts_with("Invalid nonce") {
        // A proxy or a retry sent the same request twice; the next one has its own nonce.
        return Fault::retry(format!("{what}: the OAuth nonce was already used"));
    }
    let cause = if message.starts_with("Invalid timestamp") {
        "the shop's clock is more than 15 minutes off; correct it"
    } else if message.starts_with("Invalid signature") || message.starts_with("Consumer secret") {
        "the consumer secret is wrong"
    } else if message.contains("does not have read permissions") {
        "the API key needs the permission Read or Read/Write"
    } else if error.code == "woocommerce_rest_cannot_view" {
        "the consumer key is unknown, its user may not see orders, or Basic was sent where \
         WordPress sees plain HTTP (behind a proxy it needs X-Forwarded-Proto; else use auth = \
         \"oauth1\")"
    } else {
        "the web server or a plugin refused the request before WooCommerce saw it"
    };
    Fault::Wait {
        key: WaitKey::other(format!("credentials:{store}")),
        cause: format!("{what}: not authorised: {cause}"),
    }
}
