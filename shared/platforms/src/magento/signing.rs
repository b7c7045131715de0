//! The three signing modes (C10, R225, R253, R256, R257).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, Method};
use serde::Deserialize;

use super::options::{self, Encoding, Signing};
use crate::adapter::Connection;
use crate::signature::{
    base64_any, base64_sha256, check_hmac, check_rsa_sha256, hex_sha256, plain_key,
};
use crate::webhook::{RawRequest, Refusal, Trust, Verification, Verified};

/// Where Adobe publishes its keys (developer.adobe.com/events/docs/guides/sdk/sdk_signature_verification).
/// Pinned: the header gives the path only, whatever else it says.
const KEY_HOST: &str = "https://static.adobeioevents.com";

/// Signature header and key path header; one valid pair of the two suffices.
const IO_PAIRS: [(&str, &str); 2] = [
    ("x-adobe-digital-signature-1", "x-adobe-public-key1-path"),
    ("x-adobe-digital-signature-2", "x-adobe-public-key2-path"),
];

const COMMERCE_HEADER: &str = "x-adobe-commerce-webhook-signature";

/// Verifies a delivery in the mode that the store is configured for, and in no other.
pub(super) fn verify(request: RawRequest, trust: &Trust<'_>) -> Verification {
    let Ok(options) = options::read(&trust.connection.options) else {
        return Verification::Refused(Refusal::Unconfigured);
    };
    match options.signing {
        Signing::IoEvents { client_id } => io_events(request, trust, &client_id),
        Signing::CommerceWebhook => {
            let result = commerce_webhook(&request, trust);
            conclude(request, result)
        }
        Signing::ModuleHmac { header, encoding } => {
            let result = module_hmac(&request, trust, &header, encoding);
            conclude(request, result)
        }
    }
}

/// The answer that lets the shop go on; events and modules read the status only
/// (developer.adobe.com/commerce/extensibility/webhooks/responses).
pub(super) fn acknowledgement(connection: &Connection) -> Option<&'static str> {
    match options::read(&connection.options).ok()?.signing {
        Signing::CommerceWebhook => Some(r#"{"op":"success"}"#),
        Signing::IoEvents { .. } | Signing::ModuleHmac { .. } => None,
    }
}

fn conclude(request: RawRequest, result: Result<(), Refusal>) -> Verification {
    match result {
        Ok(()) => Verification::Accepted(Verified::proven(request)),
        Err(refusal) => Verification::Refused(refusal),
    }
}

/// What one signature of the two says.
enum Pair {
    Valid,
    NeedsKey(String),
    Refused(Refusal),
}

fn io_events(request: RawRequest, trust: &Trust<'_>, client_id: &str) -> Verification {
    if request.method == Method::GET {
        return challenge(&request.query);
    }
    let mut needed = None;
    let mut refusal = Refusal::Missing;
    for (signature, path) in IO_PAIRS {
        match io_pair(&request, trust, signature, path) {
            Pair::Valid => return recipient(request, client_id),
            Pair::NeedsKey(url) => needed = needed.or(Some(url)),
            Pair::Refused(next) if rank(next) > rank(refusal) => refusal = next,
            Pair::Refused(_) => {}
        }
    }
    needed.map_or(Verification::Refused(refusal), Verification::NeedsKey)
}

fn io_pair(request: &RawRequest, trust: &Trust<'_>, signature: &str, path: &str) -> Pair {
    let signature = match rsa_signature(request, signature) {
        Ok(signature) => signature,
        Err(refusal) => return Pair::Refused(refusal),
    };
    let Some(url) = request.header(path).and_then(key_url) else {
        return Pair::Refused(Refusal::Malformed);
    };
    match trust.keys.get(&url) {
        None => Pair::NeedsKey(url),
        Some(pem) => match check_rsa_sha256(pem, &request.body, &signature) {
            Ok(()) => Pair::Valid,
            Err(refusal) => Pair::Refused(refusal),
        },
    }
}

/// The URL of a key, if the path is plain: anything that could leave the host or its tree is not.
fn key_url(path: &str) -> Option<String> {
    let plain = path.starts_with('/')
        && path.ends_with(".pem")
        && path.len() <= 200
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
        && !path.contains("//")
        && !path.contains("..");
    plain.then(|| format!("{KEY_HOST}{path}"))
}

/// Adobe signs the events of all its customers with the same keys: only the recipient makes a
/// delivery ours. A body without a readable recipient is not.
fn recipient(request: RawRequest, client_id: &str) -> Verification {
    #[derive(Deserialize)]
    struct Envelope {
        recipient_client_id: String,
    }
    match serde_json::from_slice::<Envelope>(&request.body) {
        Ok(envelope) if envelope.recipient_client_id == client_id => {
            Verification::Accepted(Verified::proven(request))
        }
        Ok(_) | Err(_) => Verification::Refused(Refusal::Mismatch),
    }
}

/// The registration handshake: the value is echoed, so only what cannot be markup is accepted.
fn challenge(query: &str) -> Verification {
    let value = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "challenge")
        .map(|(_, value)| value.into_owned());
    match value {
        None => Verification::Refused(Refusal::Missing),
        Some(text)
            if (1..=200).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~=+/".contains(&b)) =>
        {
            Verification::Hello(text)
        }
        Some(_) => Verification::Refused(Refusal::Malformed),
    }
}

/// RSA-SHA256 over the base64 text of the body, although Adobe's page calls it HMAC
/// (developer.adobe.com/commerce/extensibility/webhooks/signature-verification).
fn commerce_webhook(request: &RawRequest, trust: &Trust<'_>) -> Result<(), Refusal> {
    let signature = rsa_signature(request, COMMERCE_HEADER)?;
    let signed = STANDARD.encode(&request.body);
    let mut refusal = Refusal::Unconfigured;
    for pem in trust.secrets {
        match check_rsa_sha256(pem.reveal(), signed.as_bytes(), &signature) {
            Ok(()) => return Ok(()),
            Err(next) if rank(next) > rank(refusal) => refusal = next,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn module_hmac(
    request: &RawRequest,
    trust: &Trust<'_>,
    header: &HeaderName,
    encoding: Encoding,
) -> Result<(), Refusal> {
    let text = request.header(header.as_str());
    let given = match encoding {
        Encoding::Hex => hex_sha256(text.ok_or(Refusal::Missing)?)?,
        Encoding::Base64 => base64_sha256(text)?,
    };
    check_hmac(trust.secrets, plain_key, &[&request.body], &given)
}

/// A base64 RSA signature of a usual key size (2048, 3072 or 4096 bits).
fn rsa_signature(request: &RawRequest, header: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = base64_any(request.header(header))?;
    if [256, 384, 512].contains(&bytes.len()) { Ok(bytes) } else { Err(Refusal::Malformed) }
}

/// Which of two refusals tells more.
fn rank(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Missing => 0,
        Refusal::Malformed => 1,
        Refusal::Unconfigured => 2,
        Refusal::Stale => 3,
        Refusal::Mismatch => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_path_cannot_leave_the_pinned_host() {
        assert_eq!(
            key_url("/prod/keys/pub-key-1.pem").as_deref(),
            Some("https://static.adobeioevents.com/prod/keys/pub-key-1.pem")
        );
        for path in [
            "https://evil.example/key.pem",
            "//evil.example/key.pem",
            "@evil.example/key.pem",
            "/prod/../secrets/key.pem",
            "/prod//key.pem",
            "/prod/key.pem?x=.pem",
            "/prod/key.pem#.pem",
            "/prod/%2e%2e/key.pem",
            "/prod/key.txt",
            ".evil.example/key.pem",
            "\\evil.example\\key.pem",
            "",
        ] {
            assert_eq!(key_url(path), None, "{path}");
        }
    }

    #[test]
    fn a_challenge_is_echoed_only_if_it_cannot_be_markup() {
        let hello = challenge("x=1&challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7");
        assert!(
            matches!(&hello, Verification::Hello(text) if text.starts_with("8ec8d794")),
            "{hello:?}"
        );
        for query in ["challenge=%3Cscript%3E", "challenge=", "challenge=%0d%0aSet-Cookie"] {
            let answer = challenge(query);
            assert!(
                matches!(answer, Verification::Refused(Refusal::Malformed)),
                "{query}: {answer:?}"
            );
        }
    }
}
