//! The built binaries on local AWS: HTTP in, SQS, Lambda, the fake Odoo.

use base64::Engine as _;
use bytes::Bytes;
use causeway_aws::HttpClient;
use causeway_domain::ports::{Call, Effect, Http as _};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The sandbox of the stack that `make it` brought up.
fn sandbox() -> String {
    std::env::var("CAUSEWAY_SANDBOX")
        .expect("CAUSEWAY_SANDBOX is the sandbox's address; run `make it`")
}

async fn exchange(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: Bytes,
) -> (u16, Bytes) {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let call = Call {
        name: "test",
        request: request.body(body).unwrap(),
        effect: Effect::Read,
        timeout: Duration::from_secs(120),
    };
    // A client of its own, so that the limiter does not put simultaneous requests in a row.
    let answer = HttpClient::new(false).send(call).await.unwrap();
    (answer.status().as_u16(), answer.into_body())
}

async fn control(path: &str, body: Value) -> Value {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let method = if body.is_null() { "GET" } else { "POST" };
    let url = format!("{}/_sandbox/{path}", sandbox());
    let (status, answer) = exchange(method, &url, &headers, body.to_string().into()).await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
    serde_json::from_slice(&answer).unwrap()
}

async fn deliver(store: &str, order: &str, topic: &str) -> u16 {
    let delivery =
        control("delivery", json!({"store": store, "order": order, "topic": topic, "as": "sent"}))
            .await;
    let headers: Vec<(String, String)> =
        serde_json::from_value(delivery["headers"].clone()).unwrap();
    let body = base64::engine::general_purpose::STANDARD
        .decode(delivery["body"].as_str().unwrap())
        .unwrap();
    let url = delivery["url"].as_str().unwrap();
    exchange(delivery["method"].as_str().unwrap(), url, &headers, body.into()).await.0
}

async fn odoo_orders(number: &str) -> Vec<Value> {
    let places = control("where", Value::Null).await;
    let url = format!("{}/_sandbox/state", places["odoo"].as_str().unwrap());
    let (_, answer) = exchange("GET", &url, &[], Bytes::new()).await;
    let state: Value = serde_json::from_slice(&answer).unwrap();
    let orders = state["orders"].as_array().unwrap().iter();
    orders.filter(|order| order["client_order_ref"] == number).cloned().collect()
}

async fn store_order(store: &str, id: &str) -> Value {
    let places = control("where", Value::Null).await;
    let stores = places["stores"].as_array().unwrap();
    let url =
        stores.iter().find(|s| s["store"] == store).unwrap()["url"].as_str().unwrap().to_owned();
    let (_, answer) = exchange("GET", &format!("{url}/_sandbox/state"), &[], Bytes::new()).await;
    let state: Value = serde_json::from_slice(&answer).unwrap();
    let orders = state["orders"].as_array().unwrap().iter();
    orders.clone().find(|order| order["id"] == id).unwrap().clone()
}

/// R166, R224: 64 deliveries of one order at once through HTTP, SQS and the built binaries: one Odoo
/// order; a change that arrives in the middle is in it at the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the deployed local stack: make it"]
async fn sixty_four_deliveries_at_once_make_one_order_with_the_last_change() {
    let store = "woo-demo";
    // An order that is paid and not cancelled; the generator makes such ones for most seeds.
    let made =
        control("orders", json!({"store": store, "seed": 64, "count": 12, "kind": "plain"})).await;
    let mut chosen = None;
    for id in made["orders"].as_array().unwrap() {
        let order = store_order(store, id.as_str().unwrap()).await;
        if order["phase"] == "paid" {
            chosen = Some((id.as_str().unwrap().to_owned(), order));
            break;
        }
    }
    let (id, order) = chosen.expect("a paid order among twelve");
    let number = order["number"].as_str().unwrap().to_owned();

    let deliveries = (0..64).map(|at| {
        let id = id.clone();
        async move {
            if at == 40 {
                let edit = json!({"store": store, "order": id, "line": 0, "quantity": "13"});
                control("edit", edit).await;
            }
            deliver(store, &id, if at < 32 { "created" } else { "updated" }).await
        }
    });
    let answers = futures::future::join_all(deliveries).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 64, "{answers:?}");

    let wanted = store_order(store, &id).await["total"].as_str().unwrap().to_owned();
    let wanted: rust_decimal::Decimal = wanted.parse().unwrap();
    let patience = Instant::now() + Duration::from_secs(240);
    loop {
        let orders = odoo_orders(&number).await;
        assert!(orders.len() <= 1, "{} orders", orders.len());
        let total = orders.first().map(|o| o["amount_total"].as_str().unwrap().parse().unwrap());
        if total == Some(wanted) && orders[0]["state"] == "sale" {
            break;
        }
        assert!(Instant::now() < patience, "{total:?} in Odoo, {wanted} in the store: {orders:#?}");
        // Waiting for other processes: there is no virtual time across them.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
