//! Reads Odoo's records. Odoo writes `false` for "nothing" in every field type.

use crate::fault::unexpected;
use crate::transport::Operation;
use causeway_domain::money::decimal;
use causeway_domain::{Currency, Date, Decimal, Fault, Money, Personal, Timestamp};
use serde_json::{Map, Value};

/// One record of an answer, with what is needed to complain about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    odoo: &'a str,
    operation: Operation,
    fields: &'a Map<String, Value>,
}

/// The records of an answer.
pub(crate) fn rows<'a>(
    odoo: &'a str,
    operation: Operation,
    answer: &'a Value,
) -> Result<Vec<Row<'a>>, Fault> {
    match answer {
        Value::Array(list) => list.iter().map(|value| row(odoo, operation, value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(unexpected(odoo, operation, "not a list"))
        }
    }
}

/// One record.
pub(crate) fn row<'a>(
    odoo: &'a str,
    operation: Operation,
    value: &'a Value,
) -> Result<Row<'a>, Fault> {
    match value.as_object() {
        Some(fields) => Ok(Row { odoo, operation, fields }),
        None => Err(unexpected(odoo, operation, "a record is not an object")),
    }
}

impl Row<'_> {
    fn wrong(&self, field: &str) -> Fault {
        unexpected(
            self.odoo,
            self.operation,
            &format!("field {field} is missing or of another type"),
        )
    }

    fn get(&self, field: &str) -> Result<&Value, Fault> {
        self.fields.get(field).ok_or_else(|| self.wrong(field))
    }

    /// The record's own id.
    pub(crate) fn id(&self) -> Result<i64, Fault> {
        self.get("id")?.as_i64().ok_or_else(|| self.wrong("id"))
    }

    /// A many2one, as `[id, name]` (`read`), `id` or `{"id": ...}` (`web_read`), or nothing.
    pub(crate) fn reference(&self, field: &str) -> Result<Option<i64>, Fault> {
        let id = |value: Option<&Value>| {
            value.and_then(Value::as_i64).map(Some).ok_or_else(|| self.wrong(field))
        };
        match self.get(field)? {
            Value::Null | Value::Bool(false) => Ok(None),
            Value::Array(pair) => id(pair.first()),
            Value::Object(record) => id(record.get("id")),
            number @ Value::Number(_) => id(Some(number)),
            Value::Bool(true) | Value::String(_) => Err(self.wrong(field)),
        }
    }

    /// A many2one that must be set.
    pub(crate) fn required(&self, field: &str) -> Result<i64, Fault> {
        self.reference(field)?.ok_or_else(|| self.wrong(field))
    }

    /// An x2many: a list of ids.
    pub(crate) fn ids(&self, field: &str) -> Result<Vec<i64>, Fault> {
        let list = self.get(field)?.as_array().ok_or_else(|| self.wrong(field))?;
        list.iter().map(|id| id.as_i64().ok_or_else(|| self.wrong(field))).collect()
    }

    /// The records of an x2many as `web_read` nests them.
    pub(crate) fn records(&self, field: &str) -> Result<Vec<Row<'_>>, Fault> {
        rows(self.odoo, self.operation, self.get(field)?)
    }

    /// A text, selection or nothing.
    pub(crate) fn text(&self, field: &str) -> Result<Option<String>, Fault> {
        match self.get(field)? {
            Value::Null | Value::Bool(false) => Ok(None),
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.wrong(field))
            }
        }
    }

    /// A text about a person.
    pub(crate) fn personal(&self, field: &str) -> Result<Option<Personal<String>>, Fault> {
        Ok(self.text(field)?.map(Personal::new))
    }

    /// A boolean.
    pub(crate) fn flag(&self, field: &str) -> Result<bool, Fault> {
        self.get(field)?.as_bool().ok_or_else(|| self.wrong(field))
    }

    /// A number as its literal digits; `false` is zero.
    pub(crate) fn decimal(&self, field: &str) -> Result<Decimal, Fault> {
        match self.get(field)? {
            Value::Number(number) => decimal(&number.to_string()).map_err(|_| self.wrong(field)),
            Value::Bool(false) => Ok(Decimal::ZERO),
            Value::Null
            | Value::Bool(true)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => Err(self.wrong(field)),
        }
    }

    /// An amount: Odoo sends `4.150000000000002` for 4.15, so it is rounded to the minor unit.
    pub(crate) fn money(&self, field: &str, currency: Currency) -> Result<Money, Fault> {
        Money::round(self.decimal(field)?, currency).map_err(|_| self.wrong(field))
    }

    /// A date, `YYYY-MM-DD`, or nothing.
    pub(crate) fn date(&self, field: &str) -> Result<Option<Date>, Fault> {
        let text = self.text(field)?;
        text.map(|text| text.parse().map_err(|_| self.wrong(field))).transpose()
    }

    /// A JSON field that holds an object or nothing.
    pub(crate) fn json(&self, field: &str) -> Result<Option<Value>, Fault> {
        match self.get(field)? {
            Value::Null | Value::Bool(false) => Ok(None),
            object @ Value::Object(_) => Ok(Some(object.clone())),
            Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(self.wrong(field))
            }
        }
    }

    /// A datetime, `YYYY-MM-DD HH:MM:SS` in UTC.
    pub(crate) fn time(&self, field: &str) -> Result<Timestamp, Fault> {
        let text = self.get(field)?.as_str().ok_or_else(|| self.wrong(field))?;
        format!("{}Z", text.replacen(' ', "T", 1)).parse().map_err(|_| self.wrong(field))
    }
}

/// The text of a moment as Odoo takes it: UTC, whole seconds, no `T`, no `Z` (facts A2).
pub fn datetime(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
