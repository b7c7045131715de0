//! Webhooks, signed and sent as each platform does.

use super::fake::Fake;
use super::oauth1::hmac_sha256;
use super::shop::{Platform, Shop};
use super::{magento, prestashop, shopify, square, woocommerce};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use sha2::{Digest as _, Sha256};

/// What happened to the order, in every platform's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// It was placed.
    Created,
    /// It changed.
    Updated,
    /// It was cancelled.
    Cancelled,
    /// It was deleted or trashed; platforms without such an event send "updated".
    Deleted,
    /// A payment of it changed: captured, refunded, its fee came.
    Paid,
    /// The last refund was made or settled.
    Refunded,
    /// The last return was asked for, agreed to, declined or closed.
    Returned,
}

pub(super) fn delivery(fake: &Fake, order: &str, topic: Topic) -> Request<Bytes> {
    let shop = fake.shop();
    let sample = fake.order(order);
    match shop.platform {
        Platform::Shopify => shopify::delivery(shop, &sample.expect("an order"), topic),
        Platform::WooCommerce => woocommerce::delivery(shop, order, sample.as_ref(), topic),
        Platform::Magento => magento::delivery(shop, &sample.expect("an order"), topic),
        Platform::PrestaShop => {
            prestashop::delivery(shop, (order, sample.as_ref()), topic, fake.now())
        }
        Platform::Square => square::delivery(shop, &sample.expect("an order"), topic),
    }
}

/// A POST to the registered URL.
pub(super) fn post(
    shop: &Shop,
    headers: &[(&str, String)],
    body: impl Into<Bytes>,
) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&shop.webhook_url)
        .body(body.into())
        .expect("a request");
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header name");
        request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header value"));
    }
    request
}

/// A UUID that depends only on its parts.
pub(crate) fn uuid(parts: &[&str]) -> String {
    let digest: String = Sha256::digest(parts.join("\u{1f}")).iter().map(hex_byte).collect();
    // Version 4 and variant digits where a random UUID has them.
    format!(
        "{}-{}-4{}-a{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

/// Lower-case hex of a keyed digest.
pub(crate) fn hmac_hex(key: &str, parts: &[&[u8]]) -> String {
    hmac_sha256(key.as_bytes(), parts).iter().map(hex_byte).collect()
}

/// Base64 of a keyed digest.
pub(super) fn hmac_base64(key: &str, parts: &[&[u8]]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(hmac_sha256(key.as_bytes(), parts))
}

fn hex_byte(byte: &u8) -> String {
    format!("{byte:02x}")
}

/// The headers that carry a signature, on any platform.
const SIGNATURES: &[&str] = &[
    "x-shopify-hmac-sha256",
    "x-wc-webhook-signature",
    "x-magento-signature",
    "x-ps-signature",
    "x-square-hmacsha256-signature",
];

/// The same delivery with a signature that somebody without the secret made.
#[must_use]
pub fn forged(mut delivery: Request<Bytes>) -> Request<Bytes> {
    for name in SIGNATURES {
        let Some(value) = delivery.headers().get(*name).cloned() else { continue };
        // Turn the last digit that carries bits into another one of the same alphabet.
        let mut text = value.to_str().expect("ASCII").to_owned().into_bytes();
        let at = text.iter().rposition(|b| *b != b'=').expect("a signature") - 2;
        text[at] = if text[at] == b'a' { b'b' } else { b'a' };
        let value = HeaderValue::from_bytes(&text).expect("ASCII");
        delivery.headers_mut().insert(HeaderName::from_static(name), value);
    }
    delivery
}

/// The same delivery with a body that was changed on its way: one digit, so that it is still JSON.
#[must_use]
pub fn tampered(delivery: Request<Bytes>) -> Request<Bytes> {
    let (parts, body) = delivery.into_parts();
    let mut body = body.to_vec();
    let at = body.iter().rposition(u8::is_ascii_digit).expect("a digit");
    body[at] = if body[at] == b'7' { b'8' } else { b'7' };
    Request::from_parts(parts, Bytes::from(body))
}

/// The same event sent again because the first answer was not 2xx. Square says so in headers;
/// Shopify repeats the delivery as it was; the others never resend, so this is their own duplicate.
#[must_use]
pub fn retried(mut delivery: Request<Bytes>, attempt: u32) -> Request<Bytes> {
    if delivery.headers().contains_key("x-square-hmacsha256-signature") {
        let headers = delivery.headers_mut();
        headers.insert("square-retry-number", HeaderValue::from(attempt));
        headers.insert("square-retry-reason", HeaderValue::from_static("http_error"));
    }
    delivery
}
