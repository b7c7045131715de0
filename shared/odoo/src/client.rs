//! The handle that the use cases hold.

use crate::connection::Connection;
use crate::fault::{Cause, Refused, unexpected};
use crate::session::Session;
use crate::transport::{Args, Operation, Wire};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use serde_json::{Value, json};

/// One Odoo database with what is known of it. Operations are in the topic files of this crate.
#[derive(Debug)]
pub struct Odoo<'a, H> {
    /// Sends the requests.
    pub http: &'a H,
    /// Whom to ask.
    pub connection: &'a Connection,
    /// What [`crate::connect`] learnt.
    pub session: &'a Session,
}

impl<H> Clone for Odoo<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<H> Copy for Odoo<'_, H> {}

impl<H: Http> Odoo<'_, H> {
    pub(crate) async fn call(&self, operation: Operation, args: Args) -> Result<Value, Refused> {
        let wire = Wire {
            http: self.http,
            connection: self.connection,
            uid: self.session.uid,
            first: false,
        };
        wire.call(operation, args).await
    }

    pub(crate) fn unexpected(&self, operation: Operation, what: &str) -> Fault {
        unexpected(&self.connection.name, operation, what)
    }

    /// `web_read(specification)` of those that exist. One missing record fails the call for all (404; alone
    /// it is an empty list, seen on 19.0), so that they are then read one by one.
    pub(crate) async fn web_read_existing(
        &self,
        operation: Operation,
        ids: &[i64],
        specification: &Value,
    ) -> Result<Value, Fault> {
        let args = |ids: &[i64]| Args::of(ids).with("specification", specification.clone());
        match self.call(operation, args(ids)).await {
            Ok(answer) => return Ok(answer),
            Err(refused) if refused.cause == Cause::Missing => {}
            Err(refused) => return Err(refused.fault),
        }
        let mut found = Vec::new();
        for id in if ids.len() > 1 { ids } else { &[] } {
            match self.call(operation, args(&[*id])).await {
                Ok(Value::Array(rows)) => found.extend(rows),
                Ok(_) => return Err(self.unexpected(operation, "not a list")),
                Err(refused) if refused.cause == Cause::Missing => {}
                Err(refused) => return Err(refused.fault),
            }
        }
        Ok(Value::Array(found))
    }

    /// `search_read(domain, fields, offset, limit, order)`, page by page of 1000 in the order of ids,
    /// so that no server-side limit cuts a long answer short.
    pub(crate) async fn search_all(
        &self,
        operation: Operation,
        domain: Value,
        fields: &[&str],
        archived_too: bool,
    ) -> Result<Vec<Value>, Fault> {
        let wire = Wire {
            http: self.http,
            connection: self.connection,
            uid: self.session.uid,
            first: false,
        };
        search_all(&wire, operation, domain, fields, archived_too).await
    }
}

/// Records of one page.
pub(crate) const PAGE: usize = 1000;

/// [`Odoo::search_all`] without a session.
pub(crate) async fn search_all<H: Http>(
    wire: &Wire<'_, H>,
    operation: Operation,
    domain: Value,
    fields: &[&str],
    archived_too: bool,
) -> Result<Vec<Value>, Fault> {
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let mut args = Args::default()
            .with("domain", domain.clone())
            .with("fields", json!(fields))
            .with("offset", json!(rows.len()))
            .with("limit", json!(PAGE))
            .with("order", json!("id"));
        if archived_too {
            args = args.context("active_test", json!(false));
        }
        let Value::Array(page) = wire.call(operation, args).await? else {
            return Err(unexpected(&wire.connection.name, operation, "not a list"));
        };
        let last = page.len() < PAGE;
        rows.extend(page);
        if last {
            return Ok(rows);
        }
    }
}
