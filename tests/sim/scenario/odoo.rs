//! The fake Odoo beside its port: what a person does in it, and what it says of itself.

use super::{ODOO, Scenario};
use sandbox::odoo::Seed;

impl Scenario {
    /// What a person does in Odoo behind our back.
    pub fn odoo_as_admin(&self, model: &str, method: &str, ids: &[i64]) {
        self.odoo_call_as_admin(model, method, &serde_json::json!({ "ids": ids }));
    }

    /// The warehouse validates every transfer that is open: it sends, and takes back.
    pub fn warehouse_works(&self) {
        let state = self.odoo_state();
        let pickings = state["pickings"].as_array().unwrap().iter();
        let open: Vec<i64> = pickings
            .filter(|picking| picking["state"] != "done" && picking["state"] != "cancel")
            .map(|picking| picking["id"].as_i64().unwrap())
            .collect();
        if !open.is_empty() {
            self.odoo_as_admin("stock.picking", "button_validate", &open);
        }
    }

    /// The same with more than ids.
    pub fn odoo_call_as_admin(&self, model: &str, method: &str, body: &serde_json::Value) {
        let request = http::Request::post(format!("{ODOO}/json/2/{model}/{method}"))
            .header("authorization", format!("bearer {}", Seed::ADMIN_KEY))
            .header("content-type", "application/json")
            .body(body.to_string().into())
            .unwrap();
        let answer = self.http.deliver(request).unwrap();
        assert!(answer.status().is_success(), "{method}: {:?}", answer.body());
    }

    /// What an administrator gets of Odoo's own methods.
    pub fn odoo_rows(
        &self,
        model: &str,
        method: &str,
        arguments: &serde_json::Value,
    ) -> serde_json::Value {
        let request = http::Request::post(format!("{ODOO}/json/2/{model}/{method}"))
            .header("authorization", format!("bearer {}", Seed::ADMIN_KEY))
            .header("content-type", "application/json")
            .body(arguments.to_string().into())
            .unwrap();
        serde_json::from_slice(self.http.deliver(request).unwrap().body()).unwrap()
    }

    /// The fake Odoo's own account of itself.
    pub fn odoo_state(&self) -> serde_json::Value {
        let request =
            http::Request::get(format!("{ODOO}/_sandbox/state")).body(bytes::Bytes::new()).unwrap();
        serde_json::from_slice(self.http.deliver(request).unwrap().body()).unwrap()
    }
}
