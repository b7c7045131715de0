//! The primitives that every signing scheme is made of. Comparison is in constant time, and every
//! secret is tried, so that timing does not tell which one matched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::Secret;
use hmac::{Hmac, Mac as _};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey as _;
use rsa::signature::Verifier as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::webhook::{RawRequest, Refusal, Verified};

/// A signed text and the signatures that came with it, of which one must be right.
#[derive(Debug)]
pub struct Seal {
    /// The signed text, in the parts that are signed one after the other.
    pub parts: Vec<Vec<u8>>,
    /// Several while the sender changes its secret.
    pub given: Vec<Vec<u8>>,
}

/// Proves a request whose every seal is right under one of the secrets. For senders that sign more
/// than one text per request (Adyen), or in another crate (the payment processors). No seal proves
/// nothing: [`Refusal::Missing`].
pub fn prove(
    request: RawRequest,
    secrets: &[Secret],
    key: impl Fn(&Secret) -> Vec<u8>,
    seals: &[Seal],
) -> Result<Verified<RawRequest>, Refusal> {
    if seals.is_empty() || seals.iter().any(|seal| seal.given.is_empty()) {
        return Err(Refusal::Missing);
    }
    for seal in seals {
        let parts: Vec<&[u8]> = seal.parts.iter().map(Vec::as_slice).collect();
        let mut outcome = Err(Refusal::Mismatch);
        for given in &seal.given {
            outcome = check_hmac(secrets, &key, &parts, given);
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
    }
    Ok(Verified::proven(request))
}

/// HMAC-SHA256 over the concatenation of the parts.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail; an impossible failure signs nothing valid.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares `given` with the HMAC under every secret. `key` turns a stored secret into key bytes.
pub fn check_hmac(
    secrets: &[Secret],
    key: impl Fn(&Secret) -> Vec<u8>,
    parts: &[&[u8]],
    given: &[u8],
) -> Result<(), Refusal> {
    if secrets.iter().all(|secret| secret.reveal().is_empty()) {
        return Err(Refusal::Unconfigured);
    }
    let mut matched = subtle::Choice::from(0);
    for secret in secrets.iter().filter(|secret| !secret.reveal().is_empty()) {
        matched |= hmac_sha256(&key(secret), parts).ct_eq(given);
    }
    if bool::from(matched) { Ok(()) } else { Err(Refusal::Mismatch) }
}

/// The bytes of the secret's text.
pub fn plain_key(secret: &Secret) -> Vec<u8> {
    secret.reveal().as_bytes().to_vec()
}

/// Reads a base64 signature header of 32 bytes.
pub fn base64_sha256(header: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let bytes = base64_any(header)?;
    if bytes.len() == 32 { Ok(bytes) } else { Err(Refusal::Malformed) }
}

/// Reads a base64 signature header of any length.
pub fn base64_any(header: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let text = header.ok_or(Refusal::Missing)?.trim();
    STANDARD.decode(text).map_err(|_| Refusal::Malformed)
}

/// Reads a hex signature of 32 bytes.
pub fn hex_sha256(text: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = hex::decode(text.trim()).map_err(|_| Refusal::Malformed)?;
    if bytes.len() == 32 { Ok(bytes) } else { Err(Refusal::Malformed) }
}

/// RSA PKCS#1 v1.5 with SHA-256 over `message`, with a PEM public key (SPKI).
pub fn check_rsa_sha256(pem: &str, message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
    let key =
        rsa::RsaPublicKey::from_public_key_pem(pem.trim()).map_err(|_| Refusal::Unconfigured)?;
    let signature = Signature::try_from(signature).map_err(|_| Refusal::Malformed)?;
    VerifyingKey::<Sha256>::new(key).verify(message, &signature).map_err(|_| Refusal::Mismatch)
}
