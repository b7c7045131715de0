//! The sandbox over HTTP: six demo stores, five payment processors and a fake Odoo, each on a port of its
//! own as in life, and the controls that the demo and the command line use.
//!
//! `sandbox --port 4700 --webhooks http://127.0.0.1:4566/_aws/execute-api/abc/$default/webhooks`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod control;

use control::Control;
use jiff::Timestamp;
use sandbox::odoo::{FakeOdoo, Product};
use sandbox::platforms::{self, Fake, Platform, Shop};
use sandbox::processors::{Kind, Processor};
use sandbox::{Running, Server, config, serve};
use std::net::SocketAddr;
use std::sync::Arc;

#[tokio::main]
async fn main() {
    let port: u16 = argument("--port").parse().expect("--port is a number");
    let webhooks = argument("--webhooks");
    let webhooks = webhooks.strip_suffix("/webhooks").expect("--webhooks ends with /webhooks");

    let odoo = Arc::new(odoo());
    let (odoo_url, odoo_port) = on_its_own_port(odoo.clone()).await;
    let mut stores = Vec::new();
    let mut running = vec![odoo_port];
    for shop in Platform::ALL.into_iter().map(Shop::demo).chain([Shop::point_of_sale()]) {
        // The store must know its own address, because OAuth 1.0a signs it: take the port first.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let store = Fake::new(shop.at(&format!("http://{address}"), webhooks));
        running.push(serve(address, vec![(String::new(), store.clone() as _)]).await.unwrap());
        stores.push(store);
    }
    let mut accounts = Vec::new();
    for (kind, account) in Kind::ALL {
        let processor = Processor::new(kind, account, webhooks);
        let (url, port) = on_its_own_port(processor.clone()).await;
        running.push(port);
        accounts.push((url, processor));
    }
    let control = Arc::new(Control::new(&odoo_url, odoo, stores, accounts));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    running.push(serve(address, vec![("/_sandbox".to_owned(), control as _)]).await.unwrap());
    println!("sandbox on http://{address}, Odoo on {odoo_url}");
    std::future::pending::<()>().await;
}

fn odoo() -> FakeOdoo {
    let odoo = FakeOdoo::belgian().with_clock(Timestamp::now);
    for n in platforms::SKUS {
        odoo.add_product(&Product::goods(&platforms::sku(n), "10.00"));
    }
    let poison = Product { refused: true, ..Product::goods(platforms::POISON_SKU, "10.00") };
    odoo.add_product(&poison);
    odoo.add_bank_journal(config::SQUARE_PAYMENTS, "SQP", config::BOOKS.clearing);
    odoo
}

async fn on_its_own_port(server: Arc<dyn Server>) -> (String, Running) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = serve(any, vec![(String::new(), server)]).await.unwrap();
    (format!("http://{}", running.address), running)
}

fn argument(name: &str) -> String {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).unwrap_or_else(|| panic!("{name} is missing"))
}
