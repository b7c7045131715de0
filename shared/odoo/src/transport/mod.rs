//! One call, two protocols.

pub(crate) mod json2;
pub(crate) mod jsonrpc;

use crate::connection::{Connection, Protocol};
use crate::fault::{self, Asked, Refused};
use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::{Call, Effect, Http};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Reads answer within this.
const READ: Duration = Duration::from_secs(30);
/// Longer than Odoo's `limit_time_real` of 120 s, after which Odoo kills the request itself.
const WRITE: Duration = Duration::from_secs(130);

/// One method of one model that we call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Odoo model.
    pub model: &'static str,
    /// Public method.
    pub method: &'static str,
    /// `odoo <model>/<method>`: the name of the call in logs and recordings.
    pub name: &'static str,
    /// Whether it can change anything.
    pub effect: Effect,
}

macro_rules! table {
    ($($constant:ident = $model:literal $method:literal $effect:ident;)*) => {
        $(pub(crate) const $constant: Operation = Operation {
            model: $model,
            method: $method,
            name: concat!("odoo ", $model, "/", $method),
            effect: Effect::$effect,
        };)*
        const TABLE: &[Operation] = &[$($constant),*];
    };
}

table! {
    COMMON_VERSION = "common" "version" Read;
    COMMON_AUTHENTICATE = "common" "authenticate" Read;
    ORDER_FIELDS = "sale.order" "fields_get" Read;
    ORDER_LOAD = "sale.order" "load" Write;
    ORDER_READ = "sale.order" "web_read" Read;
    ORDER_SEARCH = "sale.order" "search" Read;
    ORDER_CONFIRM = "sale.order" "action_confirm" Write;
    ORDER_SAVE_MULTI = "sale.order" "web_save_multi" Write;
    ORDER_WRITE = "sale.order" "write" Write;
    ORDER_CANCEL = "sale.order" "action_cancel" Write;
    ORDER_UNLOCK = "sale.order" "action_unlock" Write;
    LINE_FIELDS = "sale.order.line" "fields_get" Read;
    LINE_EXTERNAL_ID = "sale.order.line" "get_external_id" Read;
    MOVE_EXTERNAL_ID = "account.move" "get_external_id" Read;
    MOVE_LINE_EXTERNAL_ID = "account.move.line" "get_external_id" Read;
    MOVE_WRITE = "account.move" "write" Write;
    PICKING_EXTERNAL_ID = "stock.picking" "get_external_id" Read;
    LINE_SEARCH_READ = "sale.order.line" "search_read" Read;
    PARTNER_FIELDS = "res.partner" "fields_get" Read;
    PARTNER_LOAD = "res.partner" "load" Write;
    PARTNER_SEARCH_READ = "res.partner" "search_read" Read;
    COUNTRY_SEARCH_READ = "res.country" "search_read" Read;
    STATE_SEARCH_READ = "res.country.state" "search_read" Read;
    PRODUCT_SEARCH_READ = "product.product" "search_read" Read;
    CURRENCY_SEARCH_READ = "res.currency" "search_read" Read;
    TAX_FIELDS = "account.tax" "fields_get" Read;
    TAX_SEARCH_READ = "account.tax" "search_read" Read;
    POSITION_TAX_SEARCH_READ = "account.fiscal.position.tax" "search_read" Read;
    REPARTITION_SEARCH_READ = "account.tax.repartition.line" "search_read" Read;
    JOURNAL_SEARCH_READ = "account.journal" "search_read" Read;
    ACCOUNT_SEARCH_READ = "account.account" "search_read" Read;
    COMPANY_SEARCH_READ = "res.company" "search_read" Read;
    INVOICING_CREATE = "sale.advance.payment.inv" "create" Write;
    INVOICING_RUN = "sale.advance.payment.inv" "create_invoices" Write;
    MOVE_LOAD = "account.move" "load" Write;
    MOVE_SEARCH_READ = "account.move" "search_read" Read;
    MOVE_POST = "account.move" "action_post" Write;
    MOVE_LINE_SEARCH_READ = "account.move.line" "search_read" Read;
    MOVE_LINE_RECONCILE = "account.move.line" "reconcile" Write;
    PAYMENT_LOAD = "account.payment" "load" Write;
    PAYMENT_SEARCH_READ = "account.payment" "search_read" Read;
    PAYMENT_POST = "account.payment" "action_post" Write;
    PICKING_LOAD = "stock.picking" "load" Write;
    PICKING_READ = "stock.picking" "web_read" Read;
    PICKING_CONFIRM = "stock.picking" "action_confirm" Write;
    PICKING_ASSIGN = "stock.picking" "action_assign" Write;
    PICKING_VALIDATE = "stock.picking" "button_validate" Write;
    STOCK_MOVE_WRITE = "stock.move" "write" Write;
    PICKING_TYPE_SEARCH_READ = "stock.picking.type" "search_read" Read;
    LOCATION_SEARCH_READ = "stock.location" "search_read" Read;
}

/// Every operation that this crate sends: what an integration user needs, and what a fake must know.
pub fn operations() -> &'static [Operation] {
    TABLE
}

/// The arguments of a call. Over JSON-2 all are named; over JSON-RPC the named ones are positional,
/// because 18 and earlier name some differently (`sale.order.write(values)`). So they stand in the
/// method's own order, without gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    /// The record set, for record methods.
    pub(crate) ids: Option<Vec<i64>>,
    /// Named arguments in the method's order.
    pub(crate) named: Vec<(&'static str, Value)>,
    /// Context beside `allowed_company_ids`.
    pub(crate) context: Map<String, Value>,
}

impl Args {
    pub(crate) fn of(ids: &[i64]) -> Self {
        Self { ids: Some(ids.to_vec()), ..Self::default() }
    }
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.named.push((name, value));
        self
    }
    pub(crate) fn context(mut self, name: &str, value: Value) -> Self {
        self.context.insert(name.to_owned(), value);
        self
    }
    /// Of an order that is born or confirmed: without chatter, where the connection wants none.
    pub(crate) fn of_birth(self, connection: &Connection) -> Self {
        match connection.chatter {
            true => self,
            false => self.context("tracking_disable", Value::Bool(true)),
        }
    }
}

/// What a call needs of the world and of the session.
#[derive(Debug)]
pub(crate) struct Wire<'a, H> {
    pub(crate) http: &'a H,
    pub(crate) connection: &'a Connection,
    /// User id, over JSON-RPC.
    pub(crate) uid: Option<i64>,
    /// True while connecting.
    pub(crate) first: bool,
}

impl<H: Http> Wire<'_, H> {
    /// Calls a method and gives its bare return value.
    pub(crate) async fn call(&self, operation: Operation, args: Args) -> Result<Value, Refused> {
        let connection = self.connection;
        let asked = self.asked(operation);
        let context = context(connection.company, args.context);
        match connection.protocol {
            Protocol::Json2 => {
                let body = json2::body(args.ids, args.named, context);
                let path = format!("/json/2/{}/{}", operation.model, operation.method);
                let answer = self.post(operation, &path, body).await?;
                json2::read(asked, &answer)
            }
            Protocol::JsonRpc => {
                let body = jsonrpc::execute(self, operation, args.ids, args.named, context)?;
                let answer = self.post(operation, "/jsonrpc", body).await?;
                jsonrpc::read(asked, &answer)
            }
        }
    }

    /// Posts JSON; no cookies are ever sent (facts A1.5).
    pub(crate) async fn post(
        &self,
        operation: Operation,
        path: &str,
        body: Value,
    ) -> Result<http::Response<Bytes>, Refused> {
        let bytes = Bytes::from(body.to_string());
        let mut request = self.request(http::Method::POST, path, bytes)?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.connection.protocol == Protocol::Json2 {
            let mut bearer =
                self.header(&format!("bearer {}", self.connection.api_key.reveal()))?;
            bearer.set_sensitive(true);
            headers.insert(http::header::AUTHORIZATION, bearer);
            if let Some(database) = &self.connection.database {
                headers.insert(HeaderName::from_static("x-odoo-database"), self.header(database)?);
            }
        }
        self.send(operation, request).await
    }

    /// Gets a page that needs no key.
    pub(crate) async fn get(
        &self,
        operation: Operation,
        path: &str,
    ) -> Result<http::Response<Bytes>, Refused> {
        let request = self.request(http::Method::GET, path, Bytes::new())?;
        self.send(operation, request).await
    }

    pub(crate) fn asked(&self, operation: Operation) -> Asked<'_> {
        Asked {
            odoo: &self.connection.name,
            database: self.connection.database.as_deref(),
            operation,
            first: self.first,
        }
    }

    async fn send(
        &self,
        operation: Operation,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Refused> {
        let timeout = match operation.effect {
            Effect::Read => READ,
            Effect::Write => WRITE,
        };
        let call = Call { name: operation.name, request, effect: operation.effect, timeout };
        self.http.send(call).await.map_err(|error| fault::no_answer(self.asked(operation), error))
    }

    fn request(
        &self,
        method: http::Method,
        path: &str,
        body: Bytes,
    ) -> Result<http::Request<Bytes>, Fault> {
        http::Request::builder()
            .method(method)
            .uri(self.connection.url(path))
            .header(USER_AGENT, concat!("causeway/", env!("CARGO_PKG_VERSION")))
            .body(body)
            .map_err(|_| self.misconfigured("url", "is not an http url"))
    }

    fn header(&self, text: &str) -> Result<HeaderValue, Fault> {
        HeaderValue::from_str(text).map_err(|_| {
            self.misconfigured("api_key or database", "has a character no header takes")
        })
    }

    pub(crate) fn misconfigured(&self, key: &str, what: &str) -> Fault {
        let name = &self.connection.name;
        Fault::reject(format!("odoo.{name}: {key} {what}"), format!("correct {key} of odoo.{name}"))
    }
}

/// Every call works in exactly one company: without the key, all the user's companies are active (A1.8).
fn context(company: i64, extra: Map<String, Value>) -> Value {
    let mut context = Map::new();
    context.insert("allowed_company_ids".to_owned(), json!([company]));
    context.extend(extra);
    Value::Object(context)
}
