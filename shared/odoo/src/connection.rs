//! Which Odoo, as whom.

use causeway_domain::Secret;
use serde::{Deserialize, Serialize};
use url::Url;

/// How Odoo is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `POST /json/2/<model>/<method>`, Odoo 19 and later.
    Json2,
    /// `POST /jsonrpc` with `execute_kw`, Odoo 17 and 18 (19 still answers it, 20 will not).
    JsonRpc,
}

/// One Odoo database, one company in it, one API key.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The operator's name of it; stands in every fault.
    pub name: String,
    /// Base URL, with or without a trailing slash.
    pub base_url: Url,
    /// Database name; `X-Odoo-Database` over JSON-2, required over JSON-RPC.
    pub database: Option<String>,
    /// The protocol.
    pub protocol: Protocol,
    /// Login of the integration user; required over JSON-RPC, not used over JSON-2 (facts A3).
    pub login: Option<String>,
    /// Whether Odoo writes down in an order's chatter what is made and confirmed, makes its salesperson a
    /// follower and mails them. Without it Odoo confirms half as fast again (facts A14).
    pub chatter: bool,
    /// `res.company` id; sent as `allowed_company_ids` with every call.
    pub company: i64,
    /// API key with scope `rpc`.
    pub api_key: Secret,
}

impl Connection {
    /// The absolute URL of a path that starts with `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.as_str().trim_end_matches('/'))
    }
}
