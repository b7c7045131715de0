//! A store and a processor's account in which nothing is new, on loopback: what a poll asks.

use crate::fake_aws::{Holdings, Lease};
use bytes::Bytes;
use causeway_flows::config::Environment;
use sandbox::platforms::{Fake, Platform, Shop};
use sandbox::{Reply, Running, Server, config, serve};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The account; the sandbox's configuration has it.
const ACCOUNT: &str = "stripe-pay";

/// Both, and how often they were asked.
pub struct NothingNew {
    asked: Arc<AtomicUsize>,
    shop: Shop,
    account: String,
    _running: Running,
}

impl NothingNew {
    pub async fn start() -> Self {
        let address = free_address();
        let mut shop = Shop::demo(Platform::WooCommerce);
        // The signature of a request covers where it goes.
        shop.base_url = format!("http://{address}");
        let account = format!("http://{address}/stripe");
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = |server| Arc::new(Counted { server, asked: Arc::clone(&asked) });
        let routes: Vec<(String, Arc<dyn Server>)> = vec![
            ("/stripe".to_owned(), counted(Arc::new(NoPayouts))),
            (String::new(), counted(Fake::new(shop.clone()))),
        ];
        let running = serve(address, routes).await.unwrap();
        Self { asked, shop, account, _running: running }
    }

    /// How often either was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// What AWS must hold for a poll of both.
    pub fn holdings(&self) -> Holdings {
        let shops = [self.shop.clone()];
        let text = config::environment("https://odoo.example.test", "prod", &shops)
            .replace("https://stripe.example.test", &self.account);
        let environment = Environment::parse(&text).unwrap();
        let stores = environment
            .documents()
            .into_iter()
            .map(|document| (document.id.to_string(), serde_json::to_string(&document).unwrap()));
        let accounts = environment.account_documents().into_iter();
        let accounts = accounts
            .filter(|document| document.id.as_str() == ACCOUNT)
            .map(|document| (document.id.to_string(), serde_json::to_string(&document).unwrap()));
        let secrets = [
            (config::api_credentials(self.shop.store), self.shop.credentials.clone()),
            (config::api_credentials(ACCOUNT), "rk_live_0123456789".to_owned()),
        ];
        Holdings {
            documents: stores.chain(accounts).collect(),
            secrets: secrets.into(),
            lease: Lease::Free,
        }
    }
}

/// Free a moment ago; nothing else on this machine is given it so soon.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Stripe's empty list (API reference, "List all payouts").
struct NoPayouts;

impl Server for NoPayouts {
    fn handle(&self, request: http::Request<Bytes>) -> Reply {
        let may = request.headers().contains_key("authorization");
        let (status, body) = match (may, request.uri().path()) {
            (false, _) => (401, r#"{"error": {"type": "invalid_request_error"}}"#),
            (true, "/v1/payouts") => {
                (200, r#"{"object": "list", "url": "/v1/payouts", "has_more": false, "data": []}"#)
            }
            (true, _) => (404, r#"{"error": {"type": "invalid_request_error"}}"#),
        };
        Reply::Now(http::Response::builder().status(status).body(body.into()).unwrap())
    }
}

struct Counted {
    server: Arc<dyn Server>,
    asked: Arc<AtomicUsize>,
}

impl Server for Counted {
    fn handle(&self, request: http::Request<Bytes>) -> Reply {
        let reply = self.server.handle(request);
        if let Reply::Now(answer) | Reply::After(_, answer) = &reply {
            assert!(answer.status().is_success(), "{:?}", answer);
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        reply
    }
}
