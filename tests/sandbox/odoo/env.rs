//! What one call runs with: the database, the user, the context, the time.

use super::access;
use super::cell::{Cell, Record, get};
use super::fail::{Answer, Fail};
use super::faults::Switches;
use super::schema::{Model, schema};
use super::store::Store;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// A user of the fake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The integration user: sales (all documents), contacts, invoicing, inventory.
    Inbound,
    /// An administrator.
    Admin,
}

impl User {
    /// Row id in `res.users`.
    pub fn id(self) -> i64 {
        match self {
            Self::Inbound => super::seed::Seed::INBOUND_USER,
            Self::Admin => super::seed::Seed::ADMIN_USER,
        }
    }
}

/// One transaction.
pub struct Env<'a> {
    /// The database.
    pub store: &'a mut Store,
    /// Who calls.
    pub user: User,
    /// The call's context.
    pub context: Map<String, Value>,
    /// The server's time.
    pub now: Timestamp,
    /// What this server does differently.
    pub switches: Switches,
}

impl Env<'_> {
    /// Now as Odoo writes datetimes.
    pub fn now_text(&self) -> String {
        datetime_text(self.now)
    }
    /// A model that exists.
    pub fn model(&self, name: &str) -> Answer<&'static Model> {
        schema().model(name)
    }
    /// A record, or `MissingError`.
    pub fn record(&self, model: &str, id: i64) -> Answer<&Record> {
        self.store.row(model, id).ok_or_else(|| Fail::missing(model, id, self.user.id()))
    }
    /// A field of a record that exists.
    pub fn cell(&self, model: &str, id: i64, field: &str) -> Cell {
        self.store.cell(model, id, field)
    }
    /// A true context key.
    pub fn flag(&self, key: &str) -> bool {
        match self.context.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Number(number)) => number.as_i64() != Some(0),
            Some(_) => true,
        }
    }
    /// True unless `active_test` is false.
    pub fn active_test(&self) -> bool {
        self.context.get("active_test") != Some(&Value::Bool(false))
    }
    /// The time zone for datetimes in `load`: the context's, else the user's, else UTC.
    pub fn time_zone(&self) -> TimeZone {
        let user = self.store.cell("res.users", self.user.id(), "tz");
        let name = self.context.get("tz").and_then(Value::as_str).or_else(|| user.as_text());
        name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }
    /// Refuses companies that the user lacks.
    pub fn check_companies(&self) -> Answer<()> {
        let Some(Value::Array(companies)) = self.context.get("allowed_company_ids") else {
            return Ok(());
        };
        let allowed = self.companies();
        let foreign = |v: &Value| v.as_i64().is_none_or(|id| !allowed.contains(&id));
        if companies.iter().any(foreign) { Err(access::wrong_company()) } else { Ok(()) }
    }
    /// The companies of the user.
    pub fn companies(&self) -> Vec<i64> {
        self.store.cell("res.users", self.user.id(), "company_ids").ids().to_vec()
    }
    /// Checks the language of the context.
    pub fn check_language(&self) -> Answer<()> {
        let Some(code) = self.context.get("lang").and_then(Value::as_str) else { return Ok(()) };
        let installed = self.store.rows("res.lang").any(|(_, row)| {
            get(row, "code").as_text() == Some(code) && get(row, "active").truthy()
        });
        if installed { Ok(()) } else { Err(Fail::user(format!("Invalid language code: {code}"))) }
    }
    /// The name under which a record shows in a many2one.
    pub fn display_name(&self, model: &str, id: i64) -> String {
        let Some(row) = self.store.row(model, id) else { return String::new() };
        let text = |field: &str| get(row, field).as_text().unwrap_or_default().to_owned();
        let bracket = |name: String, extra: &str| {
            if extra.is_empty() { name } else { format!("{name} ({extra})") }
        };
        match model {
            _ if model.starts_with("account.") || model.starts_with("stock.") => {
                let name = super::accounting::display_name(self, model, id, row);
                name.unwrap_or_else(|| text("name"))
            }
            "res.partner" => super::partner::display_name(self, row),
            "product.product" | "product.template" => {
                let code = text("default_code");
                if code.is_empty() { text("name") } else { format!("[{code}] {}", text("name")) }
            }
            "product.pricelist" => {
                let currency = get(row, "currency_id").id().unwrap_or_default();
                bracket(text("name"), &self.display_name("res.currency", currency))
            }
            "res.country.state" => {
                let country = get(row, "country_id").id().unwrap_or_default();
                let code = self.store.cell("res.country", country, "code");
                bracket(text("name"), code.as_text().unwrap_or_default())
            }
            "sale.order.line" => {
                let order = get(row, "order_id").id().unwrap_or_default();
                format!("{} - {}", self.display_name("sale.order", order), text("name"))
            }
            _ => text("name"),
        }
    }
}

/// `YYYY-MM-DD HH:MM:SS`.
pub fn datetime_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
