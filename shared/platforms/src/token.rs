//! Access tokens of platforms that take one in a header.

use causeway_domain::{Fault, Secret, StoreId, WaitKey};
use http::HeaderValue;
use serde::Deserialize;

#[derive(Deserialize)]
struct Stored {
    access_token: String,
}

/// The access token in a credentials secret, as a header value with `prefix` before it. The secret is
/// the bare token or a JSON object with the key `access_token` (other keys, such as a refresh token,
/// may stand beside it). Without a usable token the store's work waits for its credentials.
pub fn header(store: &StoreId, credentials: &Secret, prefix: &str) -> Result<HeaderValue, Fault> {
    let text = credentials.reveal().trim();
    let token = if text.starts_with('{') {
        serde_json::from_str::<Stored>(text).map(|stored| stored.access_token).unwrap_or_default()
    } else {
        text.to_owned()
    };
    let token = token.trim();
    let usable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(&format!("{prefix}{token}")).ok().filter(|_| usable);
    let mut value = value.ok_or_else(|| Fault::Wait {
        key: WaitKey::other(format!("credentials:{store}")),
        cause:
            "the store's credentials secret holds no access token; store the token as plain text \
                or as JSON {\"access_token\": \"...\"}"
                .to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}
