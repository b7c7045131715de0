//! The real Odoo: where it is, which of its records a store uses, and what an administrator sees.

use crate::sim::Scenario;
use bytes::Bytes;
use causeway_aws::HttpClient;
use causeway_domain::Nudge;
use causeway_domain::ports::{Call, Effect, Http as _, NoAnswer};
use causeway_ledger::Disposition;
use sandbox::config;
use sandbox::platforms::{self, Draft, Phase, Platform, Shop};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, MutexGuard};

/// The variable that names the server.
pub const VARIABLE: &str = "CAUSEWAY_REAL_ODOO";

/// What the variable holds: where the server is, and the ids of what a store's configuration names.
#[derive(Clone, Debug, Deserialize)]
pub struct Server {
    url: String,
    database: String,
    /// Login, id and key of the integration user; a key that may set products up.
    login: String,
    user: i64,
    api_key: String,
    admin_key: String,
    warehouse: i64,
    team: i64,
    salesperson: i64,
    payment_term: i64,
    /// `res.partner` for sales without a customer.
    anonymous: i64,
    no_tax: i64,
    export_tax: i64,
    /// Percent -> tax, and the tax whose price includes it where there is one.
    taxes: BTreeMap<String, Vec<i64>>,
    /// Currency -> pricelist in it.
    pricelists: BTreeMap<String, i64>,
}

/// Which of Odoo's two interfaces is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Json2,
    JsonRpc,
}

/// Services that stand for what is not goods: key of the configuration, SKU.
const SERVICES: [(&str, &str); 6] = [
    ("shipping", "CAUSEWAY-SHIPPING"),
    ("discount", "CAUSEWAY-DISCOUNT"),
    ("tip", "CAUSEWAY-TIP"),
    ("fee", "CAUSEWAY-FEE"),
    ("gift_wrap", "CAUSEWAY-WRAP"),
    ("gift_card", "CAUSEWAY-GIFT-CARD"),
];

/// Trials take turns: they share one server, and some measure it.
static TURN: Mutex<()> = Mutex::const_new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Stores of our own against the real Odoo.
pub struct Trial {
    pub scenario: Scenario,
    pub server: Server,
    /// New in every trial: part of every store id, and so of every external id.
    pub tag: String,
    http: HttpClient,
    _turn: MutexGuard<'static, ()>,
}

impl Trial {
    /// `None`, said in one line, if no real Odoo is named.
    pub async fn new(what: &str, protocol: Protocol) -> Option<Self> {
        Self::with(what, protocol, "").await
    }

    /// The same with an `[after_sales]` table for every store.
    pub async fn with(what: &str, protocol: Protocol, after_sales: &str) -> Option<Self> {
        let Ok(text) = std::env::var(VARIABLE) else {
            println!("skipped: {what}: {VARIABLE} names no Odoo");
            return None;
        };
        let turn = TURN.lock().await;
        let server: Server = serde_json::from_str(&text).expect(VARIABLE);
        let http = HttpClient::new(false);
        let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let tag = format!("{millis:x}{:x}", COUNT.fetch_add(1, Ordering::Relaxed));
        let services = server.products(&http).await;
        let shop = |platform| shop(platform, &tag);
        let scenario = Scenario::of(shop, |text| {
            let mut text = server.configure(&text, protocol, &services);
            for platform in Platform::ALL {
                let store = shop(platform).store;
                let _ = write!(text, "[stores.{store}.after_sales]\n{after_sales}\n");
            }
            text
        });
        scenario.secrets.set(config::ODOO_SECRET, &server.api_key);
        Some(Self { scenario, server, tag, http, _turn: turn })
    }

    /// The draft of a paid order of a customer that this Odoo has never seen.
    pub fn fresh(&self, draft: Draft) -> Draft {
        Draft { phase: Phase::Paid, ..stranger(&self.tag, draft) }
    }

    pub fn nudges(&self, platform: Platform, ids: &[String]) -> Vec<Nudge> {
        ids.iter().map(|id| self.scenario.nudge(platform, id)).collect()
    }

    /// Adds a paid order of a new customer.
    pub fn add(&self, platform: Platform, seed: u64) -> String {
        self.scenario.shop(platform).add(seed, |draft| self.fresh(draft))
    }

    /// Projects in batches of ten; every message must be done with at the first try.
    pub async fn project(&self, nudges: &[Nudge]) {
        for batch in nudges.chunks(10) {
            for (nudge, end) in batch.iter().zip(self.scenario.project(batch).await) {
                let lines = self.scenario.sink.lines();
                assert_eq!(end, Disposition::Done, "{:?}: {lines:#?}", nudge.subject);
            }
        }
    }

    /// Fails if a store and Odoo differ, or anybody is asked anything.
    pub async fn agrees(&self) {
        let asked: Vec<String> =
            self.scenario.attention().await.into_iter().map(|item| item.reason).collect();
        assert_eq!(asked, Vec::<String>::new(), "{}", self.tag);
        self.same().await;
    }

    /// Fails if a store and Odoo differ.
    pub async fn same(&self) {
        let differences = self.scenario.differences_in(&self.state().await);
        assert_eq!(differences, Vec::<String>::new(), "{}", self.tag);
    }

    /// The orders of this trial's stores as Odoo has them, amounts as text.
    pub async fn state(&self) -> Value {
        let fields = json!([
            "name",
            "client_order_ref",
            "origin",
            "amount_total",
            "amount_tax",
            "state",
            "date_order",
            "write_date",
            "partner_id",
            "order_line",
            "picking_ids",
        ]);
        let domain = json!([["origin", "like", self.tag]]);
        let mut orders = self.find("sale.order", domain, fields).await;
        for order in &mut orders {
            for field in ["amount_total", "amount_tax"] {
                order[field] = json!(order[field].to_string());
            }
        }
        json!({ "orders": orders })
    }

    /// `search_read` as the administrator.
    pub async fn find(&self, model: &str, domain: Value, fields: Value) -> Vec<Value> {
        let body = json!({"domain": domain, "fields": fields, "order": "id"});
        match self.server.admin(&self.http, model, "search_read", body).await {
            Value::Array(rows) => rows,
            other => panic!("{model}: {other}"),
        }
    }

    /// Calls a method on records as the administrator: what a person does behind our back.
    pub async fn admin(&self, model: &str, method: &str, body: Value) -> Value {
        self.server.admin(&self.http, model, method, body).await
    }

    /// Makes goods.
    pub async fn make_product(&self, sku: &str) {
        self.server.load_products(&self.http, &[(sku.to_owned(), false)]).await;
    }

    /// Sends a request that was on its way when a process died.
    pub async fn arrive_late(&self, request: http::Request<Bytes>) {
        let _ = self.http.send(call(request)).await;
    }

    /// A call as the integration user, as an ordinary connector makes it.
    pub async fn plain(&self, model: &str, method: &str, body: Value) -> Value {
        self.server.ask(&self.http, &self.server.api_key, model, method, body).await
    }
}

/// The demo store under a name of its own.
pub fn shop(platform: Platform, tag: &str) -> Shop {
    let mut shop = Shop::demo(platform);
    let store: &'static str = format!("{}-{tag}", shop.store).leak();
    shop.webhook_url = shop.webhook_url.replace(shop.store, store);
    shop.store = store;
    shop
}

/// Another e-mail address, and another VAT number with the right check digits, for every tag.
pub fn stranger(tag: &str, mut draft: Draft) -> Draft {
    draft.buyer.email = draft.buyer.email.replace('@', &format!(".{tag}@"));
    if let Some((_, vat)) = &mut draft.buyer.company {
        let own: u64 = vat[3..10].parse().unwrap();
        let shift = u64::from_str_radix(tag, 16).unwrap() % 7_919_993;
        let body = 2_000_000 + (own + shift) % 8_000_000;
        *vat = format!("BE0{body:07}{:02}", 97 - body % 97);
    }
    draft
}

fn call(request: http::Request<Bytes>) -> Call {
    Call { name: "trial", request, effect: Effect::Write, timeout: Duration::from_secs(130) }
}

impl Server {
    /// Id of the integration user.
    pub fn user(&self) -> i64 {
        self.user
    }
    pub fn pricelist(&self, currency: &str) -> i64 {
        self.pricelists[currency]
    }
    pub fn tax(&self, percent: &str) -> i64 {
        self.taxes[percent][0]
    }
    pub fn warehouse(&self) -> i64 {
        self.warehouse
    }
    pub fn payment_term(&self) -> i64 {
        self.payment_term
    }

    async fn ask(
        &self,
        http: &HttpClient,
        key: &str,
        model: &str,
        method: &str,
        body: Value,
    ) -> Value {
        let request = http::Request::post(format!("{}/json/2/{model}/{method}", self.url))
            .header("authorization", format!("bearer {key}"))
            .header("content-type", "application/json")
            .header("x-odoo-database", &self.database)
            .body(body.to_string().into())
            .unwrap();
        let answer = http.send(call(request)).await.map_err(|e: NoAnswer| e.to_string()).unwrap();
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(answer.status().is_success(), "{model}/{method}: {text:.400}");
        serde_json::from_str(&text).unwrap()
    }

    async fn admin(&self, http: &HttpClient, model: &str, method: &str, body: Value) -> Value {
        self.ask(http, &self.admin_key, model, method, body).await
    }

    /// Makes what is missing of the sandbox's goods and of the services; the services' ids.
    async fn products(&self, http: &HttpClient) -> BTreeMap<&'static str, i64> {
        let goods = platforms::SKUS.map(|n| (platforms::sku(n), false));
        let services = SERVICES.map(|(_, sku)| (sku.to_owned(), true));
        let wanted: Vec<(String, bool)> = goods.chain(services).collect();
        let skus: Vec<&String> = wanted.iter().map(|(sku, _)| sku).collect();
        let body = json!({"domain": [["default_code", "in", skus]], "fields": ["default_code"]});
        let known = async || {
            let found = self.admin(http, "product.product", "search_read", body.clone()).await;
            let pair = |row: &Value| {
                (row["default_code"].as_str().unwrap().to_owned(), row["id"].as_i64().unwrap())
            };
            found.as_array().unwrap().iter().map(pair).collect::<BTreeMap<String, i64>>()
        };
        let mut found = known().await;
        let missing: Vec<(String, bool)> =
            wanted.iter().filter(|(sku, _)| !found.contains_key(sku)).cloned().collect();
        if !missing.is_empty() {
            self.load_products(http, &missing).await;
            found = known().await;
        }
        let goods: Vec<i64> = wanted.iter().filter(|w| !w.1).map(|(sku, _)| found[sku]).collect();
        self.fill(http, &goods).await;
        SERVICES.into_iter().map(|(key, sku)| (key, found[sku])).collect()
    }

    /// Plenty in stock of what has none.
    async fn fill(&self, http: &HttpClient, goods: &[i64]) {
        let body = json!({"ids": [self.warehouse], "fields": ["lot_stock_id"]});
        let warehouse = self.admin(http, "stock.warehouse", "read", body).await;
        let stock = warehouse[0]["lot_stock_id"][0].clone();
        let domain = json!([["location_id", "=", stock], ["product_id", "in", goods]]);
        let body = json!({"domain": domain, "fields": ["product_id"]});
        let quants = self.admin(http, "stock.quant", "search_read", body).await;
        let has: Vec<i64> =
            quants.as_array().unwrap().iter().filter_map(|q| q["product_id"][0].as_i64()).collect();
        let vals: Vec<Value> = goods
            .iter()
            .filter(|id| !has.contains(id))
            .map(|id| {
                json!({"product_id": id, "location_id": stock,
                       "inventory_quantity_auto_apply": 1_000_000})
            })
            .collect();
        if !vals.is_empty() {
            let body = json!({"vals_list": vals, "context": {"inventory_mode": true}});
            self.admin(http, "stock.quant", "create", body).await;
        }
    }

    /// A create-only `load` of products: SKU, and whether it is a service.
    async fn load_products(&self, http: &HttpClient, products: &[(String, bool)]) {
        let row = |(sku, service): &(String, bool)| {
            let kind = if *service { "service" } else { "consu" };
            let id = format!("__causeway_trial__.product_{sku}");
            json!([id, sku, sku, kind, if *service { "0" } else { "1" }, "10.00", "order"])
        };
        let rows: Vec<Value> = products.iter().map(row).collect();
        let fields =
            ["id", "default_code", "name", "type", "is_storable", "list_price", "invoice_policy"];
        let context = json!({"mode": "update", "noupdate": true, "tz": "UTC"});
        let body = json!({"fields": fields, "data": rows, "context": context});
        let answer = self.admin(http, "product.product", "load", body).await;
        assert!(answer["ids"].is_array(), "{answer}");
    }

    /// The sandbox's environment file with this server's address and ids.
    fn configure(
        &self,
        text: &str,
        protocol: Protocol,
        services: &BTreeMap<&'static str, i64>,
    ) -> String {
        let mut out = String::new();
        let (mut section, mut rate) = (String::new(), String::new());
        for line in text.lines() {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).to_owned();
                let currency = section.split_once(".currencies.").map(|(_, code)| code);
                if currency.is_some_and(|code| !self.pricelists.contains_key(code)) {
                    section = "left out".to_owned();
                }
            }
            if section == "left out" {
                continue;
            }
            let Some((key, value)) = line.split_once(" = ") else {
                let _ = writeln!(out, "{line}");
                continue;
            };
            let part = section.rsplit('.').next().unwrap_or_default();
            if (part, key) == ("taxes", "rate") {
                rate = value.to_owned();
            }
            if (part, key) == ("taxes", "code") {
                rate = if value.contains("none") { String::new() } else { "21".to_owned() };
            }
            let taxes = self.taxes.get(&rate).map_or(&[][..], Vec::as_slice);
            let id = match (part, key) {
                ("order", "warehouse") => Some(self.warehouse),
                ("order", "team") => Some(self.team),
                ("order", "salesperson") => Some(self.salesperson),
                ("order", "payment_term") => Some(self.payment_term),
                ("customers", "anonymous") => Some(self.anonymous),
                ("products", key) => Some(services[key]),
                ("taxes", "tax") => Some(taxes.first().copied().unwrap_or(self.export_tax)),
                ("taxes", "tax_included") => taxes.get(1).copied(),
                (_, "no_tax") => Some(self.no_tax),
                (_, "pricelist") => Some(self.pricelists[part]),
                _ => None,
            };
            let _ = match (key, id, protocol) {
                (_, Some(id), _) => writeln!(out, "{key} = {id}"),
                ("tax_included", None, _) => Ok(()),
                ("url", ..) => writeln!(out, "url = {:?}", self.url),
                ("database", ..) => writeln!(out, "database = {:?}", self.database),
                ("protocol", _, Protocol::JsonRpc) => {
                    writeln!(out, "protocol = \"jsonrpc\"\nlogin = {:?}", self.login)
                }
                _ => writeln!(out, "{line}"),
            };
        }
        out
    }
}
