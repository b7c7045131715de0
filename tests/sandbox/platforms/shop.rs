//! The demo stores.

use serde_json::{Map, Value, json};

/// The platforms that have a fake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// Shopify, Admin GraphQL 2026-07.
    Shopify,
    /// WooCommerce 9.9.5, REST v3.
    WooCommerce,
    /// Magento Open Source or Adobe Commerce 2.4.9, REST V1.
    Magento,
    /// PrestaShop 8.2, webservice.
    PrestaShop,
    /// Square, Orders API.
    Square,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 5] =
        [Self::Shopify, Self::WooCommerce, Self::Magento, Self::PrestaShop, Self::Square];

    /// The name in the webhook URL and the configuration.
    pub fn id(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::Magento => "magento",
            Self::PrestaShop => "prestashop",
            Self::Square => "square",
        }
    }
}

/// One store of the sandbox, with everything that a configuration of it needs.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Its platform.
    pub platform: Platform,
    /// Our name of the store.
    pub store: &'static str,
    /// Path below the sandbox's address: `/woo-demo`.
    pub base_path: String,
    /// The host as the platform knows itself; only in headers and links.
    pub host: &'static str,
    /// Where its API lives, without a trailing slash; signatures of OAuth 1.0a cover it.
    pub base_url: String,
    /// The webhook URL as registered on the platform.
    pub webhook_url: String,
    /// The secret that signs webhooks.
    pub webhook_secret: &'static str,
    /// API credentials as the adapter's page documents them: plain text or a JSON object.
    pub credentials: String,
    /// The store's `options` table for the adapter.
    pub options: Map<String, Value>,
    /// How many orders it had before those of a test: numbers, and with them ids, go on from there.
    pub sold_before: u32,
}

/// The webhook address that a registered URL starts with, where none is given.
pub const WEBHOOKS: &str = "https://hooks.example.test";

/// Five demo stores, one for each platform, below `https://{host}`.
pub fn shops() -> Vec<Shop> {
    Platform::ALL.into_iter().map(Shop::demo).collect()
}

impl Shop {
    /// The demo store of a platform.
    pub fn demo(platform: Platform) -> Self {
        let (store, host, webhook_secret, credentials, options) = match platform {
            Platform::Shopify => (
                "shopify-demo",
                "causeway-demo.myshopify.com",
                "shpss_0123456789abcdef0123456789abcdef",
                json!("shpat_0123456789abcdef0123456789abcdef"),
                json!({"api_version": super::shopify::VERSION}),
            ),
            Platform::WooCommerce => (
                "woo-demo",
                "woo.example.test",
                "whsec-Demo_0123456789",
                json!({
                    "consumer_key": "ck_0123456789abcdef0123456789abcdef01234567",
                    "consumer_secret": "cs_76543210fedcba9876543210fedcba9876543210",
                }),
                json!({}),
            ),
            Platform::Magento => (
                "magento-demo",
                "magento.example.test",
                "module-secret-0123456789",
                json!({
                    "consumer_key": "ck1234567890abcdef1234567890abcd",
                    "consumer_secret": "cs1234567890abcdef1234567890abcd",
                    "access_token": "at1234567890abcdef1234567890abcd",
                    "access_token_secret": "as1234567890abcdef1234567890abcd",
                }),
                json!({"signing": "module-hmac"}),
            ),
            Platform::PrestaShop => (
                "presta-demo",
                "presta.example.test",
                "ps-companion-secret-0123456789",
                json!("9AE8E5C9342EA69535E95D00CC466A3B"),
                json!({"signing": "hmac", "time_zone": super::prestashop::TIME_ZONE}),
            ),
            Platform::Square => (
                "square-demo",
                "connect.squareupsandbox.com",
                "sq-signature-key-0123456789",
                json!("EAAAl0123456789abcdefghijklmnopqrstuvwxyz"),
                json!({}),
            ),
        };
        let Value::Object(options) = options else { unreachable!("options are tables") };
        Self {
            platform,
            store,
            base_path: format!("/{store}"),
            host,
            base_url: format!("https://{host}"),
            webhook_url: format!("{WEBHOOKS}/webhooks/{}/{store}", platform.id()),
            webhook_secret,
            credentials: match credentials {
                Value::String(text) => text,
                table => table.to_string(),
            },
            options,
            sold_before: 0,
        }
    }

    /// The demo's point of sale, by its name in the configuration.
    pub const POINT_OF_SALE: &str = "square-pos";

    /// A Square seller of its own, who sells at one location in Belgium, across the counter. It is no
    /// [`Shop::demo`]: only the demo has it.
    pub fn point_of_sale() -> Self {
        let store = Self::POINT_OF_SALE;
        Self {
            store,
            base_path: format!("/{store}"),
            webhook_url: format!("{WEBHOOKS}/webhooks/{}/{store}", Platform::Square.id()),
            webhook_secret: "sq-signature-key-of-the-counter-9876",
            credentials: "EAAAlzyxwvutsrqponmlkjihgfedcba9876543210".to_owned(),
            // The day begins past midnight in Brussels, which is the day before in UTC.
            sold_before: 5457,
            ..Self::demo(Platform::Square)
        }
    }

    /// The same store reached at another address (the sandbox over HTTP) and nudging another one.
    #[must_use]
    pub fn at(mut self, base_url: &str, webhooks: &str) -> Self {
        self.base_url = base_url.trim_end_matches('/').to_owned();
        let root = webhooks.trim_end_matches('/');
        self.webhook_url = format!("{root}/webhooks/{}/{}", self.platform.id(), self.store);
        self
    }

    /// True if its API is reached over TLS.
    pub(super) fn tls(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// One field of the credentials' JSON object.
    pub(super) fn credential(&self, name: &str) -> String {
        serde_json::from_str::<Value>(&self.credentials)
            .ok()
            .and_then(|table| table.get(name)?.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// One text of the options table.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name)?.as_str()
    }
}
