//! One request and its answer, as every fake sees them.

use super::fake::Memory;
use super::shop::Shop;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

/// A request being answered.
pub(super) struct Exchange<'a> {
    pub(super) shop: &'a Shop,
    pub(super) memory: &'a mut Memory,
    pub(super) request: &'a Request<Bytes>,
    pub(super) now: Timestamp,
}

impl Exchange<'_> {
    /// Notes that the request breaks the platform's contract. Never holds values of the request.
    pub(super) fn violation(&mut self, why: impl std::fmt::Display) {
        let method = self.request.method();
        let path = self.request.uri().path();
        self.memory.violations.push(format!("{method} {path}: {why}"));
    }
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }
    /// The path.
    pub(super) fn path(&self) -> &str {
        self.request.uri().path()
    }
    /// The decoded query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        let raw = self.request.uri().query().unwrap_or_default();
        url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
    }
    /// The absolute URL that the client used, for signatures that cover it.
    pub(super) fn url(&self) -> url::Url {
        let path = self.request.uri().path_and_query().map_or("/", |p| p.as_str());
        format!("{}{path}", self.shop.base_url).parse().expect("a URL")
    }
    /// The text after `Bearer `.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }
    /// User and password of HTTP Basic.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let text = self.header("authorization")?.strip_prefix("Basic ")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
        let (user, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }
}

/// An answer that ends the handling; boxed, since it is rare and large.
pub(super) type Refusal = Box<Response<Bytes>>;

/// An answer with a body of a type.
pub(crate) fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header(http::header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap()
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &Value) -> Response<Bytes> {
    answer(status, "application/json; charset=utf-8", body.to_string())
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> Response<Bytes> {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(Bytes::new()).unwrap()
}
