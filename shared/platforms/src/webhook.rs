//! Verification of webhooks. Only what a signature proved can be parsed.

use bytes::Bytes;
use causeway_domain::{Secret, Timestamp};
use http::{HeaderMap, Method};
use std::collections::BTreeMap;

use crate::adapter::Connection;

/// A request as it arrived, nothing decoded.
#[derive(Clone)]
pub struct RawRequest {
    /// Method.
    pub method: Method,
    /// Raw query string without `?`, empty if none.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Raw body.
    pub body: Bytes,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl RawRequest {
    /// A header as text, `None` if absent or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawRequest({} with {} bytes)", self.method, self.body.len())
    }
}

/// Proof that a signature was right. Made only inside this crate, by [`crate::signature`].
#[derive(Clone, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn proven(value: T) -> Self {
        Self(value)
    }
    /// The proven value.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// What a store trusts, or an account at a payment processor (then `C` is the account).
#[derive(Debug)]
pub struct Trust<'a, C = Connection> {
    /// The store (registered URL, signing mode, header name).
    pub connection: &'a C,
    /// Signing secrets, the current one first, then the previous one.
    pub secrets: &'a [Secret],
    /// Public keys fetched so far, by URL (Adobe I/O Events).
    pub keys: &'a BTreeMap<String, String>,
    /// For signed timestamps.
    pub now: Timestamp,
}

/// The result of verifying.
#[derive(Debug)]
pub enum Verification {
    /// The signature is right.
    Accepted(Verified<RawRequest>),
    /// The platform only asks whether we are here: answer 200 with this body and do nothing else.
    /// (WooCommerce's unsigned ping, C29; Adobe I/O's challenge.)
    Hello(String),
    /// A public key is needed first; the URL's host is already checked against the pinned one.
    /// Fetch it (GET, PEM text), add it to [`Trust::keys`] and verify again.
    NeedsKey(String),
    /// Not acceptable: 401.
    Refused(Refusal),
}

/// Why a delivery was refused. Its text is safe to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No signature header.
    #[error("the signature header is missing")]
    Missing,
    /// The header is not base64, hex or whatever the scheme wants.
    #[error("the signature header is malformed")]
    Malformed,
    /// It does not match any secret: refetch the secrets once, then 401.
    #[error("the signature does not match")]
    Mismatch,
    /// The signed timestamp is outside of the tolerance.
    #[error("the signed timestamp is outside of the tolerance")]
    Stale,
    /// The store has no usable secret, key or mode: our configuration is incomplete.
    #[error("the store's signing configuration is incomplete")]
    Unconfigured,
}
