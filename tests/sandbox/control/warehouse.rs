//! The people of the warehouse, who work in Odoo.

use super::Control;
use bytes::Bytes;
use http::Request;
use sandbox::odoo::Seed;
use sandbox::{Reply, Server};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct Work {
    what: What,
    /// Only those of the sale order with this origin.
    origin: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum What {
    Deliveries,
    Returns,
}

impl Control {
    /// Validates every open transfer of a kind as announced; `{"validated": [ids]}`.
    pub(super) fn validate(&self, asked: &Work) -> Result<Value, String> {
        let state = self.odoo.inspect();
        let sale = |picking: &Value| {
            let orders = state["orders"].as_array().unwrap();
            orders.iter().find(|order| order["id"] == picking["sale_id"]).cloned()
        };
        let mut validated = Vec::new();
        for picking in state["pickings"].as_array().unwrap() {
            let open = picking["state"] != "done" && picking["state"] != "cancel";
            let kind = match picking["return_id"] == false {
                true => What::Deliveries,
                false => What::Returns,
            };
            let ours = asked.origin.as_ref().is_none_or(|origin| {
                sale(picking).is_some_and(|order| order["origin"] == origin.as_str())
            });
            if !open || kind != asked.what || !ours {
                continue;
            }
            for line in picking["moves"].as_array().unwrap() {
                if line["state"] == "cancel" {
                    continue;
                }
                let quantity: f64 = line["product_uom_qty"].as_str().unwrap().parse().unwrap();
                let vals = json!({"quantity": quantity, "picked": true});
                self.odoo_call("stock.move", "write", &json!({"ids": [line["id"]], "vals": vals}))?;
            }
            let ids = json!({"ids": [picking["id"]], "context": {"skip_backorder": true}});
            self.odoo_call("stock.picking", "button_validate", &ids)?;
            validated.push(picking["id"].clone());
        }
        Ok(json!({"validated": validated}))
    }

    fn odoo_call(&self, model: &str, method: &str, body: &Value) -> Result<(), String> {
        let request = Request::post(format!("/json/2/{model}/{method}"))
            .header("authorization", format!("bearer {}", Seed::ADMIN_KEY))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let answer = match self.odoo.handle(request) {
            Reply::Now(answer) | Reply::After(_, answer) => answer,
            Reply::Drop => return Err(format!("{model}/{method}: no answer")),
        };
        if answer.status().is_success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(answer.body());
        Err(format!("{model}/{method}: {} {said}", answer.status()))
    }
}
