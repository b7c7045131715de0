//! The same scenarios against the real Odoo 19 that `CAUSEWAY_REAL_ODOO` names (the variable of
//! `tests/it/real_odoo`); without it each trial says in one line that it was skipped.
//!
//! They need what the recorded database has: the Belgian chart; goods with the ids 19 and 20 and a Belgian
//! partner 10; goods `MUG-1` and `TS-00` billed when ordered and in stock, and a bank journal `STRP` whose
//! payments go to its own account. With `CAUSEWAY_RECORD` naming a file, every call and answer is appended
//! to it in the form of `recorded-19.0/calls.jsonl` and `after-sales.jsonl`.

use crate::afterwards::{self, Place};
use crate::scenario::{life, without_save_multi};
use crate::{after_checks, connection, operations};
use bytes::Bytes;
use causeway_domain::ports::{Call, Http, NoAnswer};
use causeway_domain::{Secret, Sku};
use causeway_odoo::{Connection, Odoo, Protocol, Session, connect};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

/// Plain HTTP to a server on this machine, one connection a call, written down if asked.
struct Plain {
    scenario: String,
    key: String,
}

impl Http for Plain {
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        let (status, content_type, body) = exchange(&call.request);
        if let Some(file) = std::env::var_os("CAUSEWAY_RECORD") {
            let request: Value = serde_json::from_slice(call.request.body()).unwrap_or(Value::Null);
            let mut response: Value = serde_json::from_slice(&body).unwrap();
            for at in ["/debug", "/error/data/debug"] {
                if let Some(debug) = response.pointer_mut(at) {
                    *debug = json!("<traceback>");
                }
            }
            let row = json!({
                "scenario": self.scenario, "name": call.name, "path": call.request.uri().path(),
                "request": request, "status": status, "content_type": content_type,
                "response": response,
            });
            let mut file = std::fs::File::options().append(true).create(true).open(file).unwrap();
            writeln!(file, "{}", row.to_string().replace(&self.key, crate::KEY)).unwrap();
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
        answer.headers_mut().insert(http::header::CONTENT_TYPE, content_type.parse().unwrap());
        Ok(answer)
    }
}

fn exchange(request: &http::Request<Bytes>) -> (u16, String, Bytes) {
    let uri = request.uri();
    let mut stream = TcpStream::connect(uri.authority().unwrap().as_str()).unwrap();
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), uri.path());
    head += &format!("host: {}\r\nconnection: close\r\n", uri.authority().unwrap());
    head += &format!("content-length: {}\r\n", request.body().len());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(request.body()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let line = |l: &&str| l.to_ascii_lowercase().starts_with("content-type:");
    let content_type = head.lines().find(line).unwrap().split_once(':').unwrap().1.trim();
    (status, content_type.to_owned(), Bytes::from(answer.split_off(end + 4)))
}

/// The server that the variable names; if none, that is said in one line.
fn server(what: &str) -> Option<Value> {
    let Ok(server) = std::env::var("CAUSEWAY_REAL_ODOO") else {
        println!("skipped: {what}: CAUSEWAY_REAL_ODOO names no Odoo");
        return None;
    };
    Some(serde_json::from_str(&server).unwrap())
}

/// What a trial is called: new each time, unless it is recorded.
fn tag(recorded: &str) -> String {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    match std::env::var_os("CAUSEWAY_RECORD") {
        Some(_) => recorded.to_owned(),
        None => format!("{recorded}-{millis:x}"),
    }
}

/// A session with the server, whose calls are recorded as `connect <name>`.
async fn meet(server: &Value, protocol: Protocol, name: &str) -> (Plain, Connection, Session) {
    let text = |at: &str| server[at].as_str().unwrap().to_owned();
    let connection = Connection {
        base_url: text("url").parse().unwrap(),
        database: Some(text("database")),
        login: Some(text("login")),
        api_key: Secret::new(text("api_key")),
        ..connection(protocol)
    };
    let http = Plain { scenario: format!("connect {name}"), key: text("api_key") };
    let session = connect(&http, &connection).await.unwrap();
    (http, connection, session)
}

async fn played(server: &Value, protocol: Protocol, name: &str) {
    let (mut http, connection, session) = meet(server, protocol, name).await;
    let tag = tag(&format!("rec-{name}"));
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let goods = odoo.find_products(&[Sku::from("MUG-1"), Sku::from("TS-00")]).await.unwrap();
    let id = |at: &str| server.pointer(at).unwrap().as_i64().unwrap();
    let place = Place {
        company: 1,
        partner: id("/anonymous"),
        pricelist: id("/pricelists/EUR"),
        payment_term: id("/payment_term"),
        warehouse: id("/warehouse"),
        tax_21: id("/taxes/21/0"),
        tax_12: id("/taxes/12/0"),
        goods: [goods[&Sku::from("MUG-1")][0].id, goods[&Sku::from("TS-00")][0].id],
        bank: "STRP".to_owned(),
        expense: "656100".to_owned(),
    };
    http.scenario = format!("after {name}");
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let after = afterwards::sale(odoo, &place, &tag).await.unwrap();
    after_checks::sale(&after, &tag);
    http.scenario = format!("books {name}");
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let books = afterwards::books(odoo, &place, &tag).await.unwrap();
    after_checks::books(&books, &place);
}

/// One after the other: a recording is one file.
#[tokio::test]
async fn a_sale_and_what_follows_it() {
    let Some(server) = server("what follows an order") else { return };
    played(&server, Protocol::Json2, "json2").await;
    played(&server, Protocol::JsonRpc, "jsonrpc").await;
}

/// Over both protocols, and as 17 and 18 are spoken to.
#[tokio::test]
async fn an_order_lives() {
    let Some(server) = server("the life of an order") else { return };
    for (protocol, name, batch) in [
        (Protocol::Json2, "json2", "rec3-life"),
        (Protocol::JsonRpc, "jsonrpc", "rec3-legacy"),
        (Protocol::JsonRpc, "18", "rec3-eighteen"),
    ] {
        let (mut http, connection, session) = meet(&server, protocol, name).await;
        let session = if name == "18" { without_save_multi(&session) } else { session };
        http.scenario = format!("life {name}");
        let odoo = Odoo { http: &http, connection: &connection, session: &session };
        let batch = tag(batch);
        operations::check(&life(odoo, &batch).await.unwrap(), &batch);
    }
}
