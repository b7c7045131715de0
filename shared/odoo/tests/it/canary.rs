//! No personal data gets into a fault (R190), whatever Odoo writes where.

use crate::player::{Scripted, respond};
use crate::refusals::over;
use crate::scenario::{order, partner};
use crate::{connection, session};
use causeway_odoo::{Odoo, Protocol};
use serde_json::{Value, json};

const CANARIES: &[&str] = &[
    "Xaviera",
    "Quackenbush",
    "xaviera@quack.example",
    "BE0477472701",
    "0477472701",
    "+32470998877",
];

#[track_caller]
fn silent(shown: &str) {
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}

fn texts() -> Vec<String> {
    let all = CANARIES.join(" ");
    vec![
        all.clone(),
        format!("Invalid field '{all}' on 'res.partner'"),
        format!("Wrong value for {all}: 'x'"),
        format!("The operation cannot be completed: unique constraint \"{all}\""),
        format!(
            "new row for relation \"res_partner\" violates check constraint \"res_partner_check_name\"\nDETAIL:  Failing row contains (1, {all}).\n"
        ),
        format!("\nThe VAT number [0477472701] for partner [{all}] does not seem to be valid."),
        format!("No matching record found for database id '{all}' in field '{all}'"),
        format!("{all}\n"),
    ]
}

#[tokio::test]
async fn faults_of_both_protocols_are_silent() {
    let all = CANARIES.join(" ");
    for text in texts() {
        for (status, name) in [
            (400, "werkzeug.exceptions.BadRequest"),
            (401, "werkzeug.exceptions.Unauthorized"),
            (403, "odoo.exceptions.AccessError"),
            (404, "odoo.exceptions.MissingError"),
            (409, "odoo.exceptions.LockError"),
            (422, "odoo.exceptions.UserError"),
            (429, "x"),
            (500, "builtins.ValueError"),
            (500, "psycopg2.errors.SerializationFailure"),
            (500, "Xaviera Quackenbush"),
            (503, "x"),
        ] {
            let body = json!({"name": name, "message": text, "arguments": [text], "context": {"a": all}, "debug": all});
            let legacy = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 0, "message": all, "data": body}});
            for writes in [false, true] {
                let answer = || Ok(respond(status, "application/json", &body));
                let fault = over(Protocol::Json2, answer, writes).await;
                silent(&format!("{fault} {fault:?}"));
                let answer = || Ok(respond(200, "application/json", &legacy));
                let fault = over(Protocol::JsonRpc, answer, writes).await;
                silent(&format!("{fault} {fault:?}"));
                let answer = || Ok(respond(status, "text/html", &json!(all)));
                let fault = over(Protocol::Json2, answer, writes).await;
                silent(&format!("{fault} {fault:?}"));
            }
        }
        let odd = || Ok(respond(200, "application/json", &json!([{"id": all}])));
        let fault = over(Protocol::Json2, odd, false).await;
        silent(&format!("{fault} {fault:?}"));
    }
}

#[tokio::test]
async fn culprits_are_silent() {
    let session = session(Protocol::Json2).await;
    let connection = connection(Protocol::Json2);
    let all = CANARIES.join(" ");
    let mut record = partner("x", "BE0477472701");
    record.head[1].1 = all.as_str().into();
    let mut sale = order("x", 19, "");
    sale.head[4].1 = all.as_str().into();
    for text in texts() {
        for field in [Value::Null, json!("name"), json!("order_line"), json!(all)] {
            for wanted in ["res.country", all.as_str()] {
                let moreinfo = json!({"domain": [["model", "=", wanted]], "help": all});
                let message = json!({"type": "error", "record": 0, "rows": {"from": 0, "to": 0},
                    "message": text, "field": field, "field_name": all, "moreinfo": moreinfo});
                let answer = json!({"ids": false, "messages": [message]});
                let http = Scripted::new(|_, _, _| Ok(respond(200, "application/json", &answer)));
                let odoo = Odoo { http: &http, connection: &connection, session: &session };
                let partners = odoo.load_new("res.partner", std::slice::from_ref(&record)).await;
                let orders = odoo.load_new("sale.order", std::slice::from_ref(&sale)).await;
                for outcome in [partners, orders] {
                    match outcome {
                        Ok(loaded) => silent(&format!("{loaded:?}")),
                        Err(fault) => silent(&format!("{fault} {fault:?}")),
                    }
                }
            }
        }
    }
}
