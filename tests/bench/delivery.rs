//! Deliveries of 15 KB, signed as the platform signs them, and the events in which API Gateway hands
//! them over.

use bytes::Bytes;
use causeway_domain::Timestamp;
use causeway_flows::config::Environment;
use causeway_platforms::RawRequest;
use http::Request;
use sandbox::config;
use sandbox::platforms::{Fake, Phase, Platform, Shop, Topic};
use serde_json::{Map, Value, json};

use crate::fake_aws::{Holdings, Lease};

/// A usual body: an order of some ten lines.
const BYTES: usize = 15_000;

/// The platforms measured: one without event ids, and one with.
pub const PLATFORMS: [Platform; 2] = [Platform::WooCommerce, Platform::Shopify];

/// One signed delivery and the store that it is for.
pub struct Delivery {
    pub shop: Shop,
    /// The store's configuration as the table holds it.
    pub document: String,
    request: Request<Bytes>,
}

impl Delivery {
    /// An order with as many lines as it takes.
    pub fn new(platform: Platform) -> Self {
        let shop = Shop::demo(platform);
        let fake = Fake::new(shop.clone());
        let id = fake.generate(15, 1).remove(0);
        let mut draft = fake.order(&id).unwrap().draft;
        draft.phase = Phase::Paid;
        let mut request = fake.delivery(&id, Topic::Created);
        while request.body().len() < BYTES {
            draft.lines.push(draft.lines[0].clone());
            let id = fake.add_order(draft.clone());
            request = fake.delivery(&id, Topic::Created);
        }
        let text =
            config::environment("https://odoo.example.test", "prod", std::slice::from_ref(&shop));
        let document = Environment::parse(&text).unwrap().documents().remove(0);
        Self { shop, document: serde_json::to_string(&document).unwrap(), request }
    }

    pub fn body(&self) -> &Bytes {
        self.request.body()
    }

    pub fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// What AWS must hold for it.
    pub fn holdings(&self) -> Holdings {
        let store = self.shop.store;
        Holdings {
            documents: [(store.to_owned(), self.document.clone())].into(),
            secrets: [(config::webhook_secret(store), self.shop.webhook_secret.to_owned())].into(),
            lease: Lease::Held,
        }
    }

    /// As the function's use case gets it. Shopify's event id, which is not signed, is new each time.
    pub fn raw(&self, number: usize) -> RawRequest {
        let mut headers = self.request.headers().clone();
        if let Some(id) = headers.get_mut("x-shopify-webhook-id") {
            *id = event_id(number).parse().unwrap();
        }
        RawRequest {
            method: self.request.method().clone(),
            query: String::new(),
            headers,
            body: self.request.body().clone(),
            received_at: Timestamp::now(),
        }
    }

    /// As Lambda gets it: an event of an HTTP API, payload format 2.0.
    pub fn event(&self, number: usize) -> Bytes {
        let raw = self.raw(number);
        let mut headers: Map<String, Value> = raw
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
            .collect();
        for (name, value) in [
            ("content-length", raw.body.len().to_string().as_str()),
            ("host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"),
            ("x-amzn-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ] {
            headers.insert(name.to_owned(), json!(value));
        }
        let route = "POST /webhooks/{platform}/{store}";
        let event = json!({
            "version": "2.0", "routeKey": route, "rawPath": self.path(), "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "POST", "path": self.path(), "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "bench",
                },
                "requestId": "JKJaXmPLvHcESHA=", "routeKey": route, "stage": "$default",
                "time": "24/Nov/2026:09:00:00 +0000", "timeEpoch": 1_795_510_800_000_i64,
            },
            "pathParameters": {"platform": self.shop.platform.id(), "store": self.shop.store},
            "body": String::from_utf8(raw.body.to_vec()).unwrap(),
            "isBase64Encoded": false,
        });
        event.to_string().into()
    }
}

fn event_id(number: usize) -> String {
    format!("b54557e4-bdd9-4b37-8a5f-{number:012}")
}
