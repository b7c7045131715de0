//! The variables that the functions read.

use causeway_domain::ports::QueueRole;
use causeway_ledger::dynamodb::Tables;
use std::collections::HashMap;

/// Name of the ledger's table of rows.
pub const ROWS_TABLE: &str = "CAUSEWAY_ROWS_TABLE";
/// Name of the ledger's table of event ids.
pub const EVENTS_TABLE: &str = "CAUSEWAY_EVENTS_TABLE";
/// Name of the ledger's table of links.
pub const LINKS_TABLE: &str = "CAUSEWAY_LINKS_TABLE";
/// Name of the ledger's table of attention items.
pub const ATTENTION_TABLE: &str = "CAUSEWAY_ATTENTION_TABLE";
/// Name of the table of store configurations.
pub const STORES_TABLE: &str = "CAUSEWAY_STORES_TABLE";
/// URL of the queue of order nudges.
pub const ORDERS_QUEUE_URL: &str = "CAUSEWAY_ORDERS_QUEUE_URL";
/// URL of the dead-letter queue of order nudges.
pub const ORDERS_DEAD_QUEUE_URL: &str = "CAUSEWAY_ORDERS_DEAD_QUEUE_URL";
/// URL of the queue of nudges for refund-handler.
pub const REFUNDS_QUEUE_URL: &str = "CAUSEWAY_REFUNDS_QUEUE_URL";
/// URL of its dead-letter queue.
pub const REFUNDS_DEAD_QUEUE_URL: &str = "CAUSEWAY_REFUNDS_DEAD_QUEUE_URL";
/// URL of the queue of nudges for settlement-import.
pub const SETTLEMENTS_QUEUE_URL: &str = "CAUSEWAY_SETTLEMENTS_QUEUE_URL";
/// URL of its dead-letter queue.
pub const SETTLEMENTS_DEAD_QUEUE_URL: &str = "CAUSEWAY_SETTLEMENTS_DEAD_QUEUE_URL";
/// Name of the bucket of settlement files. Read by settlement-import alone.
pub const SETTLEMENTS_BUCKET: &str = "CAUSEWAY_SETTLEMENTS_BUCKET";
/// `1` allows `http://` to any host. Without it only to this machine.
pub const ALLOW_HTTP: &str = "CAUSEWAY_ALLOW_HTTP";

/// What the variables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The ledger's tables.
    pub tables: Tables,
    /// The table of store configurations.
    pub stores_table: String,
    /// The queues' URLs.
    pub queues: HashMap<QueueRole, String>,
    /// Whether `http://` is allowed to any host.
    pub allow_http: bool,
}

/// Variables that are not set or empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variables not set: {}", .0.join(", "))]
pub struct MissingVariables(pub Vec<&'static str>);

impl Environment {
    /// Reads the process environment; names every missing variable at once.
    pub fn read() -> Result<Self, MissingVariables> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// Reads variables through a function.
    pub fn from(read: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariables> {
        let mut missing = Vec::new();
        let mut need = |name: &'static str| match read(name).filter(|value| !value.is_empty()) {
            Some(value) => value,
            None => {
                missing.push(name);
                String::new()
            }
        };
        let environment = Self {
            tables: Tables {
                rows: need(ROWS_TABLE),
                events: need(EVENTS_TABLE),
                links: need(LINKS_TABLE),
                attention: need(ATTENTION_TABLE),
            },
            stores_table: need(STORES_TABLE),
            queues: [
                (QueueRole::Orders, need(ORDERS_QUEUE_URL)),
                (QueueRole::OrdersDead, need(ORDERS_DEAD_QUEUE_URL)),
                (QueueRole::Refunds, need(REFUNDS_QUEUE_URL)),
                (QueueRole::RefundsDead, need(REFUNDS_DEAD_QUEUE_URL)),
                (QueueRole::Settlements, need(SETTLEMENTS_QUEUE_URL)),
                (QueueRole::SettlementsDead, need(SETTLEMENTS_DEAD_QUEUE_URL)),
            ]
            .into(),
            allow_http: read(ALLOW_HTTP).as_deref() == Some("1"),
        };
        if missing.is_empty() { Ok(environment) } else { Err(MissingVariables(missing)) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let error = Environment::from(|name| {
            (name != ROWS_TABLE && name != ORDERS_QUEUE_URL).then(|| name.to_owned())
        });
        assert_eq!(error, Err(MissingVariables(vec![ROWS_TABLE, ORDERS_QUEUE_URL])));
        assert!(Environment::from(|_| Some(String::new())).is_err());
    }

    #[test]
    fn http_is_allowed_only_by_the_word_1() {
        let with = |flag: &'static str| {
            Environment::from(move |name| {
                Some(if name == ALLOW_HTTP { flag } else { "x" }.to_owned())
            })
        };
        assert!(with("1").unwrap().allow_http);
        assert!(!with("true").unwrap().allow_http);
    }
}
