//! WooCommerce's webhooks: the signature, the ping, and what a delivery nudges.

use causeway_domain::{Nudge, NudgeCause, OrderId, Secret, StoreId, Subject, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::wire::Id;
use crate::adapter::Malformed;
use crate::signature::{base64_sha256, check_hmac};
use crate::webhook::{RawRequest, Trust, Verification, Verified};

const SIGNATURE: &str = "x-wc-webhook-signature";
const TOPIC: &str = "x-wc-webhook-topic";
const REFUNDED: &str = "action.woocommerce_order_refunded";

/// base64(HMAC-SHA256(raw body)) under the HTML-decoded secret (STORES, WooCommerce 3), or the
/// unsigned ping.
pub(super) fn verify(request: RawRequest, trust: &Trust<'_>) -> Verification {
    if is_ping(&request) {
        // Exactly 200 or the webhook cannot be saved; it is never an event (C29, STORES 4).
        return Verification::Hello(String::new());
    }
    let checked = base64_sha256(request.header(SIGNATURE))
        .and_then(|given| check_hmac(trust.secrets, key, &[request.body.as_ref()], &given));
    match checked {
        Ok(()) => Verification::Accepted(Verified::proven(request)),
        Err(refusal) => Verification::Refused(refusal),
    }
}

/// Form-encoded `webhook_id=N`, no signature header, nothing more.
fn is_ping(request: &RawRequest) -> bool {
    let form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let number = request.body.strip_prefix(b"webhook_id=");
    form && !request.headers.contains_key(SIGNATURE)
        && number.is_some_and(|digits| {
            (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        })
}

fn key(secret: &Secret) -> Vec<u8> {
    specialchars_decode(secret.reveal()).into_bytes()
}

/// WordPress's `wp_specialchars_decode($text, ENT_QUOTES)`: exactly these entities, once.
fn specialchars_decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        decoded.push_str(before);
        match entity.split_once(';').and_then(|(name, after)| Some((special(name)?, after))) {
            Some((character, after)) => {
                decoded.push(character);
                rest = after;
            }
            None => {
                decoded.push('&');
                rest = entity.strip_prefix('&').unwrap_or_default();
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// `&amp` to `&`; numeric forms may have leading zeros and capitals.
fn special(entity: &str) -> Option<char> {
    let numeric = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let code = match entity.strip_prefix("&#") {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => numeric(hex, 16)?,
            None => numeric(number, 10)?,
        },
        None => match entity {
            "&amp" => 38,
            "&lt" => 60,
            "&gt" => 62,
            "&quot" => 34,
            _ => return None,
        },
    };
    [34, 38, 39, 60, 62].contains(&code).then(|| char::from_u32(code)).flatten()
}

/// What is read of a body. The rest of it, up to hundreds of lines of goods, is passed over: reading
/// all into a tree costs ten times the signature.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    arg: Option<Value>,
    #[serde(default)]
    code: Option<IgnoredAny>,
    #[serde(default)]
    date_modified_gmt: Option<Value>,
}

/// Orders are nudged, a refund as what comes after its order; products, customers and coupons are not ours. There is never an event id:
/// delivery ids collide within a second, and different refunds have identical bodies (C37).
pub(super) fn nudges(
    store: &StoreId,
    delivery: &Verified<RawRequest>,
) -> Result<Vec<Nudge>, Malformed> {
    let request = delivery.get();
    let topic = request
        .header(TOPIC)
        .ok_or_else(|| Malformed("the header X-WC-Webhook-Topic is missing".to_owned()))?;
    let refunded = match topic {
        "order.created" | "order.updated" | "order.restored" | "order.deleted" => false,
        REFUNDED => true,
        _ => return Ok(Vec::new()),
    };
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|error| Malformed(format!("{topic}: no JSON object, line {}", error.line())))?;
    let (field, named) = if refunded { ("arg", body.arg) } else { ("id", body.id) };
    // The order was deleted for good between the event and the sending, and WooCommerce signed the
    // error of its own lookup (STORES 6). Nothing in it tells which order, so there is nothing to
    // look at; the deletion itself was announced by the earlier order.deleted.
    if body.code.is_some() && named.is_none() {
        return Ok(Vec::new());
    }
    let id = named
        .as_ref()
        .and_then(Id::read)
        .and_then(Id::text)
        .ok_or_else(|| Malformed(format!("{topic}: {field:?} is not an order id")))?;
    let order = OrderId::new(id);
    Ok(vec![Nudge {
        store: store.clone(),
        subject: if refunded { Subject::AfterSales(order) } else { Subject::Order(order) },
        cause: NudgeCause::Webhook,
        topic: Some(topic.to_owned()),
        event: None,
        occurred_at: body.date_modified_gmt.as_ref().and_then(Value::as_str).and_then(gmt),
        received_at: request.received_at,
    }])
}

/// A `*_gmt` date: UTC without zone, whole seconds.
pub(super) fn gmt(text: &str) -> Option<Timestamp> {
    let naive: jiff::civil::DateTime = text.parse().ok()?;
    naive.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[test]
    fn a_body_that_is_no_order_is_told_without_quoting_it() {
        let nudged = |body: &'static str| {
            let mut headers = http::HeaderMap::new();
            headers.insert(TOPIC, http::HeaderValue::from_static("order.updated"));
            let request = RawRequest {
                method: http::Method::POST,
                query: String::new(),
                headers,
                body: body.into(),
                received_at: Timestamp::UNIX_EPOCH,
            };
            nudges(&StoreId::new("woo"), &Verified::proven(request))
        };
        for body in ["", "\"Jane Doe\"", "null", "17", "{\"id\": \"Jane Doe\"}", "{\"id\": 1", "[]"]
        {
            let Err(Malformed(text)) = nudged(body) else { panic!("{body}") };
            assert!(!text.contains("Jane"), "{text}");
        }
        assert_eq!(
            nudged(r#"{"code": "woocommerce_rest_invalid_id", "data": {}}"#),
            Ok(Vec::new())
        );
        let rest =
            r#"{"a": [1.5, {"id": 3}], "id": 9007199254740993, "b": "\u00e9", "code": null}"#;
        let ids: Vec<String> =
            nudged(rest).into_iter().flatten().map(|n| n.subject.key()).collect();
        assert_eq!(ids, ["order/9007199254740993"]);
    }

    #[test]
    fn secrets_are_decoded_once_and_only_where_wordpress_does() {
        for (stored, key) in [
            ("a&amp;b&quot;c&#039;d", "a&b\"c'd"),
            ("&lt;&#60;&#x3C;&#0060;&gt;&#x27;&#39;", "<<<<>''"),
            ("&amp;lt;", "&lt;"),
            ("&nbsp;&copy;&#65;&", "&nbsp;&copy;&#65;&"),
            ("no entities; at all & none", "no entities; at all & none"),
        ] {
            assert_eq!(specialchars_decode(stored), key, "{stored}");
        }
    }
}
