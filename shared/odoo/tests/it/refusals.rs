//! One test per row of the classification (R15, odoo facts A2), over a read and a write.

use crate::player::{Scripted, refusal, respond};
use crate::{connection, session};
use bytes::Bytes;
use causeway_domain::ports::NoAnswer;
use causeway_domain::{Decimal, Fault};
use causeway_odoo::{Lead, LineCommand, Odoo, Protocol, connect};
use http::header::RETRY_AFTER;
use serde_json::{Value, json};
use std::time::Duration;

type Answer = Result<http::Response<Bytes>, NoAnswer>;

/// The fault of a read that gets this answer.
async fn read(answer: impl Fn() -> Answer + Send + Sync) -> Fault {
    over(Protocol::Json2, answer, false).await
}

/// The fault of a value-changing write that gets this answer.
async fn write(answer: impl Fn() -> Answer + Send + Sync) -> Fault {
    over(Protocol::Json2, answer, true).await
}

pub async fn over(
    protocol: Protocol,
    answer: impl Fn() -> Answer + Send + Sync,
    writes: bool,
) -> Fault {
    let session = session(protocol).await;
    let connection = connection(protocol);
    let http = Scripted::new(|_, _, _| answer());
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let fault = if writes {
        let zero = LineCommand::Zero { line: 1, price_unit: Decimal::ONE, discount: Decimal::ZERO };
        odoo.write_order_lines(7, vec![zero]).await.unwrap_err()
    } else {
        odoo.read_orders(&[7]).await.unwrap_err()
    };
    let calls = http.calls.lock().unwrap();
    let more: Vec<&str> = calls.iter().skip(1).map(|(name, _)| *name).collect();
    let looks_for_the_rest = !writes && more == ["odoo sale.order/search"];
    assert!(more.is_empty() || looks_for_the_rest, "neither is repeated here: {more:?}");
    drop(calls);
    fault
}

fn recorded(name: &'static str) -> impl Fn() -> Answer + Send + Sync {
    move || Ok(refusal(name).response())
}

fn html(status: u16) -> impl Fn() -> Answer + Send + Sync {
    move || Ok(respond(status, "text/html", &json!("<h1>nginx</h1>")))
}

#[track_caller]
fn says(fault: &Fault, class: &str, words: &str) {
    assert_eq!(fault.class(), class, "{fault}");
    assert!(fault.to_string().contains(words), "{fault}");
}

#[tokio::test]
async fn no_answer() {
    let lost = || Err(NoAnswer::Lost("connection reset".to_owned()));
    says(&read(lost).await, "retry", "odoo main sale.order/web_read");
    says(&write(lost).await, "ambiguous", "odoo main sale.order/write");
    let refused = || Err(NoAnswer::NotSent("connection refused".to_owned()));
    says(&read(refused).await, "retry", "refused");
    says(&write(refused).await, "retry", "refused");
}

#[tokio::test]
async fn no_database_while_postgresql_is_down() {
    let fault = read(recorded("wrong db header")).await;
    says(&fault, "retry", "PostgreSQL is probably down");
    says(&write(recorded("wrong db header")).await, "retry", "PostgreSQL");
}

#[tokio::test]
async fn no_database_on_the_first_call() {
    let script = |before: usize, _: &'static str, _: &Value| {
        let version = json!({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"});
        Ok(match before {
            0 => respond(200, "application/json", &version),
            _ => refusal("wrong db header").response(),
        })
    };
    let fault = connect(&Scripted::new(script), &connection(Protocol::Json2)).await.unwrap_err();
    says(&fault, "retry", "wrong database name (prod) or PostgreSQL down");
}

#[tokio::test]
async fn unknown_model_or_method() {
    says(&read(recorded("unknown model")).await, "reject", "werkzeug.exceptions.NotFound");
    says(&read(recorded("unknown method")).await, "reject", "werkzeug.exceptions.NotFound");
}

#[tokio::test]
async fn deleted_record() {
    says(&write(recorded("MissingError write")).await, "reject", "MissingError");
}

#[tokio::test]
async fn wrong_key() {
    for name in ["no key", "malformed key", "key with non-rpc scope", "expired key"] {
        let Fault::Wait { key, .. } = read(recorded(name)).await else { panic!("{name}") };
        assert_eq!(key.as_str(), "credentials:odoo/main");
    }
}

#[tokio::test]
async fn missing_rights() {
    says(&read(recorded("AccessError model")).await, "reject", "AccessError");
    says(&read(recorded("private method (underscore)")).await, "reject", "AccessError");
    let cookie = recorded("session cookie bound to another db + X-Odoo-Database header");
    says(&read(cookie).await, "reject", "not from Odoo itself");
}

#[tokio::test]
async fn bad_requests_of_ours() {
    says(&read(recorded("invalid json")).await, "reject", "BadRequest");
    says(&read(recorded("wrong content-type")).await, "reject", "415");
    says(&read(recorded("unknown named argument")).await, "reject", "UnprocessableEntity");
    says(&read(recorded("ids on api.model method")).await, "reject", "UnprocessableEntity");
}

#[tokio::test]
async fn locked_record() {
    let body = json!({"name": "odoo.exceptions.LockError", "message": "locked", "debug": "x"});
    let locked = || Ok(respond(409, "application/json", &body));
    says(&write(locked).await, "retry", "locked");
}

#[tokio::test]
async fn rules_of_odoo() {
    says(&write(recorded("bad VAT number")).await, "reject", "ValidationError");
    says(&write(recorded("required field missing")).await, "reject", "ValidationError");
    says(&write(recorded("bad m2o id (FK violation)")).await, "reject", "ValidationError");
    says(
        &write(recorded("below delivered")).await,
        "reject",
        "cannot be decreased below the amount",
    );
    says(&write(recorded("line removal")).await, "reject", "you can't remove one of its lines");
}

#[tokio::test]
async fn a_unique_index_names_its_constraint() {
    let body = json!({"name": "odoo.exceptions.ValidationError", "message": "The operation cannot be completed: duplicate key value violates unique constraint \"sale_order_x_ref_uniq\"\nDETAIL:  Key (x)=(Jan) already exists.\n"});
    let fault = write(|| Ok(respond(422, "application/json", &body))).await;
    says(&fault, "reject", "constraint sale_order_x_ref_uniq");
}

#[tokio::test]
async fn permanent_500s() {
    says(
        &read(recorded("unknown field in search_read")).await,
        "reject",
        "builtins.ValueError, field mobile",
    );
    says(&read(recorded("unknown field in domain")).await, "reject", "field res.partner.mobile");
    says(&write(recorded("bad selection value")).await, "reject", "field res.partner.type");
    says(&write(recorded("bad date type")).await, "reject", "builtins.ValueError");
    let body = json!({"name": "builtins.TypeError", "message": "x"});
    says(
        &write(|| Ok(respond(500, "application/json", &body))).await,
        "reject",
        "builtins.TypeError",
    );
}

#[tokio::test]
async fn a_lost_race_of_a_write() {
    says(
        &write(recorded("serialization failure")).await,
        "retry",
        "psycopg2.errors.SerializationFailure",
    );
}

/// Behind a gateway a write may have happened; 503 says that nobody took it.
#[tokio::test]
async fn gateways() {
    for status in [500, 502, 504] {
        says(&read(html(status)).await, "retry", &status.to_string());
        says(&write(html(status)).await, "ambiguous", &status.to_string());
    }
    says(&read(html(503)).await, "retry", "503");
    says(&write(html(503)).await, "retry", "503");
}

#[tokio::test]
async fn throttled() {
    let answer = |after: &'static str| {
        move || {
            let mut response = respond(429, "text/html", &json!(""));
            response.headers_mut().insert(RETRY_AFTER, after.parse().unwrap());
            Ok(response)
        }
    };
    for (text, seconds) in [("17", Some(17)), ("999999", Some(43200)), ("soon", None)] {
        let Fault::Retry { after, .. } = write(answer(text)).await else { panic!("{text}") };
        assert_eq!(after, seconds.map(Duration::from_secs), "{text}");
    }
}

#[tokio::test]
async fn redirects_and_cut_answers() {
    says(&read(html(302)).await, "reject", "redirects");
    let cut = || Ok(respond(200, "text/html", &json!("[{\"id\": 7")));
    says(&read(cut).await, "retry", "not the JSON");
    says(&write(cut).await, "ambiguous", "not the JSON");
    let odd = || Ok(respond(200, "application/json", &json!([{"id": "7"}])));
    says(&read(odd).await, "reject", "unexpected answer");
}

#[tokio::test]
async fn legacy_errors_come_with_200() {
    for (name, class, words) in [
        ("jsonrpc execute_kw bad key", "wait", "API key"),
        ("jsonrpc execute_kw UserError", "reject", "ValidationError"),
        ("jsonrpc AccessError", "reject", "AccessError"),
        ("jsonrpc ValueError", "reject", "field nope"),
        ("jsonrpc no database", "retry", "psycopg2.OperationalError"),
    ] {
        says(&over(Protocol::JsonRpc, recorded(name), false).await, class, words);
    }
    let missing = recorded("jsonrpc MissingError");
    says(&over(Protocol::JsonRpc, missing, true).await, "reject", "MissingError");
    says(&over(Protocol::JsonRpc, html(502), true).await, "ambiguous", "502");
    let stray = || Ok(respond(200, "application/json", &json!({"status": "ok"})));
    says(&over(Protocol::JsonRpc, stray, false).await, "retry", "not the JSON");
}

#[tokio::test]
async fn a_wrong_login_waits_for_credentials() {
    let script = |_: usize, name: &'static str, _: &Value| {
        let version = json!({"jsonrpc": "2.0", "id": 1, "result": {"server_version_info": [18, 0, 0, "final", 0, ""]}});
        Ok(match name {
            "odoo common/version" => respond(200, "application/json", &version),
            _ => refusal("jsonrpc authenticate bad").response(),
        })
    };
    let fault = connect(&Scripted::new(script), &connection(Protocol::JsonRpc)).await.unwrap_err();
    says(&fault, "wait", "credentials:odoo/main");
}

/// One of a batch cannot be confirmed: the others are, and it alone has a fault.
#[tokio::test]
async fn a_refused_confirmation_concerns_one_order() {
    let session = session(Protocol::Json2).await;
    let connection = connection(Protocol::Json2);
    let order = |id: i64, state: &str| {
        json!({"id": id, "name": format!("S{id}"), "state": state, "locked": false,
            "currency_id": 125, "amount_untaxed": 1.0, "amount_tax": 0.0,
            "amount_total": 4.150000000000002, "date_order": "2026-01-02 03:04:05",
            "fiscal_position_id": false, "partner_id": 1, "partner_invoice_id": 1,
            "partner_shipping_id": 1, "client_order_ref": false, "invoice_status": "no",
            "order_line": [{"id": 10 * id, "customer_lead": 2.5}]})
    };
    let script = |before: usize, name: &'static str, body: &Value| {
        let rule =
            json!({"name": "odoo.exceptions.UserError", "message": "Jan Peeters owes us money"});
        Ok(match (before, name) {
            (_, "odoo sale.order/web_read") => {
                let rows =
                    [order(1, "draft"), order(2, "draft"), order(3, "sale"), order(4, "cancel")];
                respond(200, "application/json", &json!(rows))
            }
            (1.., _) if body["ids"] == json!([1]) => respond(200, "application/json", &json!(true)),
            _ => respond(422, "application/json", &rule),
        })
    };
    let http = Scripted::new(script);
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let refused = odoo.confirm(&[1, 2, 3, 4, 5]).await.unwrap();
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [2, 4, 5]);
    says(&refused[&2], "reject", "UserError");
    says(&refused[&4], "reject", "no quotation any more");
    says(&refused[&5], "reject", "deleted");
    assert!(refused.values().all(|fault| !fault.to_string().contains("Peeters")));
    assert_eq!(http.count(), 4);
    let read = odoo.read_orders(&[1]).await.unwrap();
    assert_eq!(read[&1].total.to_string(), "4.15 EUR", "a float is rounded to the minor unit");
    assert_eq!(read[&1].leads, [Lead { line: 10, days: Decimal::new(25, 1) }]);
}
