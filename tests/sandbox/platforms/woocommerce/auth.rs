//! Authentication as `WC_REST_Authentication` does it; texts as recorded (api/001-016).

use crate::platforms::exchange::Exchange;
use crate::platforms::oauth1::{self, Given};

/// Error code and text of a 401.
pub(super) type Refused = (&'static str, &'static str);

const ERROR: &str = "woocommerce_rest_authentication_error";
/// What an unknown user gets for a single order.
const NOBODY: Refused = ("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.");

pub(super) fn check(cx: &mut Exchange<'_>) -> Result<(), Refused> {
    if let (true, Some((key, secret))) = (cx.shop.tls(), basic_or_query(cx)) {
        return keys(cx, &key, &secret);
    }
    match oauth1::given(cx) {
        Some(given) => oauth(cx, &given),
        None => Err(NOBODY),
    }
}

fn basic_or_query(cx: &Exchange<'_>) -> Option<(String, String)> {
    let query = cx.query();
    let find = |wanted: &str| query.iter().find(|(n, _)| n == wanted).map(|(_, v)| v.clone());
    match (find("consumer_key"), find("consumer_secret")) {
        (Some(key), Some(secret)) => Some((key, secret)),
        _ => cx.basic(),
    }
}

fn keys(cx: &Exchange<'_>, key: &str, secret: &str) -> Result<(), Refused> {
    if key != cx.shop.credential("consumer_key") {
        return Err(NOBODY);
    }
    if secret != cx.shop.credential("consumer_secret") {
        return Err((ERROR, "Consumer secret is invalid."));
    }
    Ok(())
}

fn oauth(cx: &mut Exchange<'_>, given: &Given) -> Result<(), Refused> {
    let wanted = [
        "oauth_consumer_key",
        "oauth_timestamp",
        "oauth_nonce",
        "oauth_signature",
        "oauth_signature_method",
    ];
    if !given.missing(&wanted).is_empty() {
        return Err((ERROR, "Missing OAuth parameters."));
    }
    if given.get("oauth_consumer_key") != cx.shop.credential("consumer_key") {
        return Err((ERROR, "Consumer key is invalid."));
    }
    if given.get("oauth_signature_method") != "HMAC-SHA256" {
        return Err((ERROR, "Invalid signature - signature method is invalid."));
    }
    // WooCommerce has no token: its half of the key is empty.
    let key = format!("{}&", oauth1::encode(&cx.shop.credential("consumer_secret")));
    if !given.signature_is_right(cx, &key) {
        return Err((ERROR, "Invalid signature - provided signature does not match."));
    }
    let fresh = given
        .get("oauth_timestamp")
        .parse::<i64>()
        .is_ok_and(|at| (cx.now.as_second() - at).abs() <= 15 * 60);
    if !fresh {
        return Err((ERROR, "Invalid timestamp."));
    }
    if !cx.memory.nonces.insert(given.get("oauth_nonce").to_owned()) {
        return Err((ERROR, "Invalid nonce - nonce has already been used."));
    }
    Ok(())
}
