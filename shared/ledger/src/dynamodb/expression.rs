//! An update as a value: expressions, names and values.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// One conditional update. Every attribute in an expression is written `#name`, so that no reserved
/// word (`state`, `owner`, ...) can ever be in the way; the names follow from the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) update: String,
    pub(super) condition: Option<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Change {
    pub(super) fn new(update: &str, condition: Option<&str>) -> Self {
        let names = names(update).chain(condition.into_iter().flat_map(names)).collect();
        Self {
            update: update.to_owned(),
            condition: condition.map(str::to_owned),
            names,
            values: HashMap::new(),
        }
    }

    /// Sets `:alias`.
    pub(super) fn value(mut self, alias: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{alias}"), value);
        self
    }

    /// Lets `#alias` stand for another attribute name.
    pub(super) fn name(mut self, alias: &str, attribute: &str) -> Self {
        self.names.insert(format!("#{alias}"), attribute.to_owned());
        self
    }
}

/// The `#name` tokens of an expression with what they stand for.
pub(super) fn names(expression: &str) -> impl Iterator<Item = (String, String)> + '_ {
    expression.split('#').skip(1).map(|tail| {
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = tail.get(..end.unwrap_or(tail.len())).unwrap_or(tail);
        (format!("#{name}"), name.to_owned())
    })
}

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A whole number attribute.
pub(super) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
