//! Reading answers of platforms: the one place where HTTP statuses become faults.

use causeway_domain::{Fault, StoreId, WaitKey};
use http::StatusCode;
use std::time::Duration;

use crate::adapter::Answer;

/// Sorts an answer by its status: `Ok(Some(body))` for 2xx, `Ok(None)` for 404 and 410, else a fault.
/// `what` names the request without personal data: `woocommerce order`.
///
/// 429 and 5xx are retried (with `Retry-After` honoured); 401 and 403 park the work until the
/// credentials are right, because every order of the store would fail alike; another 4xx is for a
/// person, because the same request would be refused again.
pub fn body<'a>(
    store: &StoreId,
    what: &str,
    answer: &'a Answer,
) -> Result<Option<&'a [u8]>, Fault> {
    let status = answer.status();
    if status.is_success() {
        return Ok(Some(answer.body()));
    }
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        StatusCode::TOO_MANY_REQUESTS => Err(Fault::Retry {
            after: retry_after(answer),
            cause: format!("{what}: 429 too many requests"),
        }),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unauthorised(store, what, status)),
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Err(Fault::Retry { after: retry_after(answer), cause: format!("{what}: {status}") })
        }
        status => Err(Fault::reject(
            format!("{what}: the platform refused the request with {status}"),
            "check base_url and options of the store with `causeway config check`",
        )),
    }
}

/// The platform does not accept our credentials.
pub fn unauthorised(store: &StoreId, what: &str, status: StatusCode) -> Fault {
    Fault::Wait {
        key: WaitKey::other(format!("credentials:{store}")),
        cause: format!(
            "{what}: {status}; put valid credentials with the documented scopes into the store's \
             secret"
        ),
    }
}

/// An answer of the right status whose body is not what the platform documents.
pub fn unreadable(what: &str, why: impl std::fmt::Display) -> Fault {
    Fault::reject(
        format!("{what}: unreadable answer: {why}"),
        "check the API version in the store's options; report it with the field named here",
    )
}

/// Parses JSON; the error names the place, never the content.
pub fn json<T: serde::de::DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            // A cut-off body is the network's doing, not the platform's.
            serde_json::error::Category::Eof | serde_json::error::Category::Io => {
                Fault::retry(format!("{what}: truncated JSON at {place}"))
            }
            serde_json::error::Category::Syntax => unreadable(what, format!("not JSON at {place}")),
            serde_json::error::Category::Data => {
                unreadable(what, format!("unexpected type or missing field at {place}"))
            }
        }
    })
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?;
    // Shopify sends "2.0"; whole seconds are enough.
    let whole = text.split('.').next()?.parse::<u64>().ok()?;
    Some(Duration::from_secs(whole.clamp(1, 3600)))
}
