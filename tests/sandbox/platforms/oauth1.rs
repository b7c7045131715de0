//! The server's side of OAuth 1.0a (RFC 5849), written apart from the signing side.

use super::exchange::Exchange;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::collections::BTreeMap;

/// HMAC-SHA256.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// RFC 3986 percent encoding: everything but unreserved characters, in capitals.
pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The `oauth_*` parameters of a request, from the header or the query, and all other parameters.
pub(super) struct Given {
    /// `oauth_*` parameters, decoded, the signature included.
    pub(super) oauth: BTreeMap<String, String>,
    /// Everything that is signed, decoded.
    signed: Vec<(String, String)>,
}

/// Reads the parameters; `None` if there are none of OAuth.
pub(super) fn given(cx: &Exchange<'_>) -> Option<Given> {
    let mut pairs = cx.query();
    if let Some(header) = cx.header("authorization").and_then(|h| h.strip_prefix("OAuth ")) {
        for field in header.split(',') {
            let (name, value) = field.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            if name != "realm" {
                pairs.push((decode(name), decode(value)));
            }
        }
    }
    let oauth: BTreeMap<String, String> =
        pairs.iter().filter(|(name, _)| name.starts_with("oauth_")).cloned().collect();
    let signed = pairs.into_iter().filter(|(name, _)| name != "oauth_signature").collect();
    (!oauth.is_empty()).then_some(Given { oauth, signed })
}

fn decode(text: &str) -> String {
    // A plus sign is itself here, unlike in forms.
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned()
}

impl Given {
    /// One parameter, empty if absent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.oauth.get(name).map_or("", String::as_str)
    }
    /// Parameters of the list that are absent or empty.
    pub(super) fn missing<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        names.iter().copied().filter(|name| self.get(name).is_empty()).collect()
    }
    /// True if the signature is that of the request under these secrets.
    pub(super) fn signature_is_right(&self, cx: &Exchange<'_>, key: &str) -> bool {
        let mut pairs: Vec<(String, String)> =
            self.signed.iter().map(|(name, value)| (encode(name), encode(value))).collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut url = cx.url();
        url.set_query(None);
        let base = format!(
            "{}&{}&{}",
            cx.request.method(),
            encode(url.as_str()),
            encode(&pairs.join("&"))
        );
        STANDARD.encode(hmac_sha256(key.as_bytes(), &[base.as_bytes()]))
            == self.get("oauth_signature")
    }
}
