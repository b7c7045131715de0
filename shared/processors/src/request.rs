//! Requests and identifiers that several processors share.

use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::{Call, Effect};
use causeway_platforms::answer::unreadable;
use causeway_platforms::options;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;

use crate::processor::AccountContext;

/// Everything but what RFC 3986 leaves free.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Escapes one part of a path or one value of a query.
pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A GET below the account's base URL, with that `Authorization` and other headers.
pub(crate) fn get(
    cx: &AccountContext<'_>,
    name: &'static str,
    path: &str,
    authorization: Option<HeaderValue>,
    headers: &[(&'static str, &str)],
) -> Result<Call, Fault> {
    let url = options::endpoint(&cx.connection.base_url, path)?;
    let mut request = http::Request::get(url.as_str()).header(ACCEPT, "*/*");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    for (header, value) in headers {
        let mut value = HeaderValue::from_str(value).map_err(|error| unreadable(name, error))?;
        value.set_sensitive(header.contains("key"));
        request = request.header(*header, value);
    }
    let request = request.body(Bytes::new()).map_err(|error| unreadable(name, error))?;
    // Reports and long lists take a while.
    Ok(Call { name, request, effect: Effect::Read, timeout: Duration::from_secs(60) })
}

/// True for an id that may stand in a path as it is.
pub(crate) fn fits(id: &str) -> bool {
    (1..=120).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
