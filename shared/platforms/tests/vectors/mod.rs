//! The signature vectors as data (`tests/fixtures/signature-vectors.json`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_platforms::RawRequest;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

use crate::delivery::{fixture, header_map, request};

#[derive(Clone, Debug, Deserialize)]
pub struct Vector {
    pub id: String,
    pub scheme: String,
    pub key: Option<String>,
    #[serde(default)]
    pub accept_keys: Vec<String>,
    pub url: Option<String>,
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body_base64: String,
    pub valid: Option<bool>,
    pub method: Option<String>,
    pub signature_base_string: Option<String>,
}

/// What a scheme is in our terms. A new scheme in the file fails here until it is added.
pub enum Scheme {
    /// Verified with the store's signing secrets.
    Secret { platform: &'static str, header: &'static str, options: serde_json::Value },
    /// Verified with keys by URL.
    Published { header: &'static str },
    /// Not signed at all.
    Ping,
    /// Ours to sign.
    Outgoing,
}

impl Vector {
    pub fn scheme(&self) -> Scheme {
        let secret = |platform, header, options| Scheme::Secret { platform, header, options };
        match self.scheme.as_str() {
            "square-hmac-sha256-url-body" => {
                secret("square", "x-square-hmacsha256-signature", json!({}))
            }
            "shopify-hmac-sha256-body-base64" => {
                secret("shopify", "x-shopify-hmac-sha256", json!({}))
            }
            "woocommerce-hmac-sha256-body-base64" => {
                secret("woocommerce", "x-wc-webhook-signature", json!({}))
            }
            "generic-ts-body-hmac-sha256-hex" => secret("prestashop", "x-ps-signature", json!({})),
            "adobe-commerce-webhook-rsa-sha256-base64body" => secret(
                "magento",
                "x-adobe-commerce-webhook-signature",
                json!({"signing": "commerce-webhook"}),
            ),
            "magento-module-hmac-sha256-hex" => {
                secret("magento", "x-magento-signature", json!({"signing": "module-hmac"}))
            }
            "magento-module-hmac-sha256-base64" => secret(
                "magento",
                "x-shop-sign",
                json!({
                    "signing": "module-hmac", "encoding": "base64", "signature_header": "X-Shop-Sign"
                }),
            ),
            "adobe-io-rsa-sha256-pkcs1v15-body" => {
                Scheme::Published { header: "x-adobe-digital-signature-1" }
            }
            "woocommerce-ping-unsigned" => Scheme::Ping,
            "oauth1-hmac-sha256-request" => Scheme::Outgoing,
            other => panic!("{}: unknown scheme {other}", self.id),
        }
    }

    pub fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body_base64).unwrap()
    }

    pub fn request(&self) -> RawRequest {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        request(header_map(headers), self.body())
    }

    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap()
    }

    /// Another secret of the same kind, never the right one.
    pub fn other_key(&self) -> String {
        if self.key().starts_with("-----BEGIN") {
            let all = vectors();
            let other = all.iter().filter_map(|vector| vector.key.as_deref());
            let mut pems = other.filter(|key| key.starts_with("-----BEGIN") && *key != self.key());
            pems.next().unwrap().to_owned()
        } else {
            "another-secret".to_owned()
        }
    }
}

pub fn vectors() -> Vec<Vector> {
    serde_json::from_str(&fixture("signature-vectors.json")).unwrap()
}
