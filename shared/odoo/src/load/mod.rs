//! `load`: the only way in which documents are born (facts A6, A15).

mod judge;
mod matrix;
mod run;

use crate::external_id::ExternalId;
use causeway_domain::{Decimal, Money};

/// One cell of a `load` row. Odoo takes text; anything but text for a boolean or JSON column is a
/// 500 (`'bool' object has no attribute 'lower'`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Odoo's `False`, which is not the default: leave the column out to get that (A15).
    Blank,
    /// A text, datetime (`2026-01-02 03:04:05`, UTC), selection or list of ids (`1,4`).
    Text(String),
    /// The database id of a `.../.id` column.
    Id(i64),
    /// A number, digit by digit.
    Number(Decimal),
    /// `1` or `0`.
    Flag(bool),
}

impl Cell {
    /// Several database ids, for a many2many `.../.id` column. None gives [`Cell::Blank`].
    pub fn ids(ids: &[i64]) -> Self {
        let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
        if texts.is_empty() { Self::Blank } else { Self::Text(texts.join(",")) }
    }

    /// The text that is sent.
    pub(crate) fn sent(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => text.clone(),
            Self::Id(id) => id.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Flag(true) => "1".to_owned(),
            Self::Flag(false) => "0".to_owned(),
        }
    }
}

impl From<&ExternalId> for Cell {
    fn from(id: &ExternalId) -> Self {
        Self::Text(id.as_str().to_owned())
    }
}
impl From<i64> for Cell {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}
impl From<Option<i64>> for Cell {
    fn from(id: Option<i64>) -> Self {
        id.map_or(Self::Blank, Self::Id)
    }
}
impl From<Decimal> for Cell {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}
impl From<Money> for Cell {
    fn from(amount: Money) -> Self {
        Self::Number(amount.to_decimal())
    }
}
impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// One document with its lines. `head` starts with the column `id`, every line with its own
/// `<lines>/id`: without it a replay would append the line once more (A6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Column and cell of the document itself.
    pub head: Vec<(&'static str, Cell)>,
    /// The same for each line.
    pub lines: Vec<Vec<(&'static str, Cell)>>,
}

/// A record that Odoo does not take while it takes the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// What kind of mistake.
    pub class: CulpritClass,
    /// For people; holds no value of the record but ids.
    pub text: String,
}

/// Kinds of mistakes that `load` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CulpritClass {
    /// A record that is named does not exist (any more), or not for this user.
    MissingReference {
        /// Column as it was sent: `order_line/product_id/.id`; the field alone if it is not clear.
        field: String,
        /// The database or external id that was sent; empty if it is not clear.
        id: String,
    },
    /// A value of the wrong form, or missing.
    BadValue {
        /// Column as it was sent, or the field alone.
        field: String,
    },
    /// A constraint of the database.
    Constraint,
    /// A rule of Odoo or an app that names no field.
    Other,
}
