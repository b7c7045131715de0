//! Requests to Magento's REST API and what its refusals mean.

use bytes::Bytes;
use causeway_domain::ports::{Call, Effect};
use causeway_domain::{Fault, OrderId, Secret, StoreId, WaitKey};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

use super::options::{self, Auth, Options};
use crate::adapter::{Answer, FetchContext};
use crate::{answer, oauth1, token};

#[derive(Deserialize)]
struct Integration {
    consumer_key: String,
    consumer_secret: String,
    access_token: String,
    access_token_secret: String,
}

/// The store's options; their problems as one fault.
pub(super) fn options(cx: &FetchContext<'_>) -> Result<Options, Fault> {
    options::read(&cx.connection.options).map_err(|problems| {
        let texts: Vec<String> =
            problems.iter().map(|problem| format!("{} {}", problem.path, problem.text)).collect();
        Fault::reject(
            format!(
                "the options of store {} are incomplete: {}",
                cx.connection.store,
                texts.join("; ")
            ),
            "correct them and run `causeway config check`",
        )
    })
}

/// The order's id, if it can be one.
pub(super) fn order_id(order: &OrderId) -> Result<&str, Fault> {
    let id = order.as_str();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::reject(
            format!("magento order {order}: an entity_id is a whole number"),
            "use the entity_id of the order, not its increment_id",
        ));
    }
    Ok(id)
}

/// One GET below `/rest/{store_code}/V1`.
pub(super) struct Get<'a> {
    /// For logs: `magento order`.
    pub(super) name: &'static str,
    /// `orders/5`.
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    /// The signature's nonce: fresh for each request.
    pub(super) nonce: u64,
}

/// The signed request.
pub(super) fn get(cx: &FetchContext<'_>, options: &Options, get: &Get<'_>) -> Result<Call, Fault> {
    let path = format!("/rest/{}/V1/{}", options.store_code, get.path);
    let mut url = crate::options::endpoint(&cx.connection.base_url, &path)?;
    if !get.query.is_empty() {
        url.query_pairs_mut().extend_pairs(get.query);
    }
    let request = Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, authorization(cx, options.auth, &url, get.nonce)?)
        .body(Bytes::new())
        .map_err(|error| Fault::reject(format!("{}: {error}", get.name), "correct base_url"))?;
    Ok(Call { name: get.name, request, effect: Effect::Read, timeout: Duration::from_secs(30) })
}

fn authorization(
    cx: &FetchContext<'_>,
    auth: Auth,
    url: &Url,
    nonce: u64,
) -> Result<HeaderValue, Fault> {
    let store = &cx.connection.store;
    match auth {
        Auth::Bearer => token::header(store, cx.credentials, "Bearer "),
        Auth::Oauth1 => {
            let own = integration(store, cx.credentials)?;
            let consumer = oauth1::Consumer {
                key: own.consumer_key.trim(),
                secret: own.consumer_secret.trim(),
                token: own.access_token.trim(),
                token_secret: own.access_token_secret.trim(),
            };
            let nonce = format!("{nonce:016x}");
            let text = oauth1::authorization("GET", url, &consumer, cx.now, &nonce);
            let mut value = HeaderValue::try_from(text).map_err(|_| no_integration(store))?;
            value.set_sensitive(true);
            Ok(value)
        }
    }
}

fn integration(store: &StoreId, secret: &Secret) -> Result<Integration, Fault> {
    serde_json::from_str(secret.reveal()).map_err(|_| no_integration(store))
}

fn no_integration(store: &StoreId) -> Fault {
    Fault::Wait {
        key: WaitKey::other(format!("credentials:{store}")),
        cause: "the store's credentials secret is not a JSON object with consumer_key, \
                consumer_secret, access_token and access_token_secret"
            .to_owned(),
    }
}

/// The body of an answer; `None` where Magento says that the thing does not exist.
pub(super) fn body<'a>(
    store: &StoreId,
    what: &str,
    answer: &'a Answer,
) -> Result<Option<&'a [u8]>, Fault> {
    match own_meaning(what, answer) {
        Some(fault) => Err(fault),
        None => answer::body(store, what, answer),
    }
}

/// Answers that mean something else in Magento than their status says.
///
/// 404 is also "no such route" (a wrong `base_url` or `store_code`): only an order that is named as
/// missing is gone, since "gone" may cancel it in Odoo. A refused nonce or timestamp is a 401 that
/// passes with the next attempt's nonce.
fn own_meaning(what: &str, answer: &Answer) -> Option<Fault> {
    let status = answer.status();
    let message = message(answer.body()).to_lowercase();
    if status == StatusCode::NOT_FOUND && !message.contains("entity") {
        return Some(Fault::reject(
            format!("{what}: 404, but not for the order: there is no such address or store view"),
            "check base_url and options.store_code of the store",
        ));
    }
    let nonce = message.contains("nonce") || message.contains("timestamp");
    let oauth = status == StatusCode::UNAUTHORIZED || status == StatusCode::BAD_REQUEST;
    (oauth && nonce).then(|| {
        Fault::retry(format!("{what}: {status}, nonce or timestamp refused; check both clocks"))
    })
}

fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Error {
        message: String,
    }
    match serde_json::from_slice::<Error>(body) {
        Ok(error) => error.message,
        // The token endpoints' form; a web server's HTML says nothing about the order.
        Err(_) if body.starts_with(b"oauth_problem=") => {
            String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into_owned()
        }
        Err(_) => String::new(),
    }
}
