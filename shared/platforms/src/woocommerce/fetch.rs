//! Fetching one order: `GET {base}/wp-json/wc/v3/orders/{id}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{Fault, OrderId, StoreId, WaitKey};
use http::StatusCode;
use serde::Deserialize;
use std::time::Duration;

use super::order;
use super::settings::{Auth, Credentials, Options};
use super::wire::WcOrder;
use crate::adapter::{Answer, Fetch, FetchContext};
use crate::{answer, oauth1, options};

const WHAT: &str = "woocommerce order";

/// Asks for the order, then reads it.
pub(super) fn fetch_order(
    cx: &FetchContext<'_>,
    order: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let settings = Options::of(cx.connection)?;
    let Some(first) = answers.first() else {
        return Ok(Fetch::Ask(vec![call(cx, &settings, order)?]));
    };
    let store = &cx.connection.store;
    let Some(body) = body(store, first)? else { return Ok(Fetch::Gone) };
    let document: WcOrder = answer::json(WHAT, body)?;
    if document.id.text().as_deref() != Some(order.as_str()) {
        return Err(answer::unreadable(
            WHAT,
            format!("asked for order {order}, got {}", document.id.0),
        ));
    }
    order::read(cx.connection, &settings, &document).map(|order| Fetch::Found(Box::new(order)))
}

fn call(cx: &FetchContext<'_>, settings: &Options, order: &OrderId) -> Result<Call, Fault> {
    let id = order.as_str();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::reject(
            format!("{id:?} is not an id of a WooCommerce order"),
            "use the numeric id from the order's address in the shop's administration",
        ));
    }
    let base = &cx.connection.base_url;
    let url = options::endpoint(base, &format!("/wp-json/wc/v3/orders/{id}"))?;
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
            let nonce = format!("{:016x}", cx.nonce);
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
    Ok(Call { name: WHAT, request, effect: Effect::Read, timeout })
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
fn body<'a>(store: &StoreId, answer: &'a Answer) -> Result<Option<&'a [u8]>, Fault> {
    let error: WpError = if answer.status().is_success() {
        WpError::default()
    } else {
        serde_json::from_slice(answer.body()).unwrap_or_default()
    };
    match answer.status() {
        StatusCode::NOT_FOUND if error.code == "woocommerce_rest_shop_order_invalid_id" => Ok(None),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Fault::reject(
            format!("{WHAT}: {} does not come from WooCommerce's API", answer.status()),
            "check base_url, that WooCommerce is active and that permalinks are not \"plain\"",
        )),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unauthorised(store, &error)),
        _ => answer::body(store, WHAT, answer),
    }
}

/// The variants of 401 (STORES, WooCommerce 14) in words that tell what to do.
fn unauthorised(store: &StoreId, error: &WpError) -> Fault {
    let message = error.message.as_str();
    if message.starts_with("Invalid nonce") {
        // A proxy or a retry sent the same request twice; the next one has its own nonce.
        return Fault::retry(format!("{WHAT}: the OAuth nonce was already used"));
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
        cause: format!("{WHAT}: not authorised: {cause}"),
    }
}
