//! How connectors usually bring an order to Odoo: look up the customer, look up the product of every
//! line, create, confirm, read back. Eight calls for three lines.

use crate::orders::Target;
use causeway_aws::HttpClient;
use causeway_domain::ports::{Call, Effect, Http as _};
use serde_json::{Value, json};
use std::time::Duration;

/// The usual way to one Odoo.
pub struct UsualWay<'a> {
    target: &'a Target,
    email: String,
    http: HttpClient,
}

impl<'a> UsualWay<'a> {
    /// What its orders' references start with.
    pub const REF: &'static str = "USUAL-";

    pub fn new(target: &'a Target, email: &str) -> Self {
        Self { target, email: email.to_lowercase(), http: HttpClient::new(true) }
    }

    /// Brings one order.
    pub async fn bring(&self, number: u32, lines: usize) {
        let ids = &self.target.ids;
        let domain = json!([["email_normalized", "=", self.email]]);
        let partner = self.ask("res.partner", "search", json!({"domain": domain})).await[0].clone();
        let fields = json!(["name", "property_payment_term_id"]);
        self.ask("res.partner", "read", json!({"ids": [partner], "fields": fields})).await;
        let mut commands = Vec::new();
        for at in 0..lines {
            let sku = &ids.skus[(number as usize * lines + at) % ids.skus.len()];
            let domain = json!([["default_code", "=", sku]]);
            let found = self.ask("product.product", "search", json!({"domain": domain})).await;
            commands.push(json!([0, 0, {
                "product_id": found[0], "product_uom_qty": 2, "price_unit": 12.34,
                "tax_ids": [[6, 0, [ids.tax_21]]],
            }]));
        }
        let order = json!({
            "partner_id": partner, "pricelist_id": ids.pricelist_eur,
            "warehouse_id": ids.warehouse, "payment_term_id": ids.payment_term,
            "user_id": ids.salesperson, "team_id": ids.team,
            "client_order_ref": format!("{}{number}", Self::REF), "order_line": commands,
        });
        let made = self.ask("sale.order", "create", json!({"vals_list": [order]})).await;
        self.ask("sale.order", "action_confirm", json!({"ids": made})).await;
        let fields = json!(["amount_total", "amount_tax", "state"]);
        let read = self.ask("sale.order", "read", json!({"ids": made, "fields": fields})).await;
        assert_eq!(read[0]["state"], "sale", "{read}");
    }

    async fn ask(&self, model: &str, method: &str, body: Value) -> Value {
        let request = http::Request::post(format!("{}/json/2/{model}/{method}", self.target.url))
            .header("authorization", format!("bearer {}", self.target.ids.api_key))
            .header("content-type", "application/json")
            .header("x-odoo-database", &self.target.ids.database)
            .body(body.to_string().into())
            .unwrap();
        let timeout = Duration::from_secs(130);
        let call = Call { name: "usual way", request, effect: Effect::Write, timeout };
        let answer = self.http.send(call).await.unwrap_or_else(|error| panic!("{error}"));
        let text = String::from_utf8_lossy(answer.body());
        assert!(answer.status().is_success(), "{model}/{method}: {text:.400}");
        serde_json::from_str(&text).unwrap()
    }
}
