//! Values of `create` and `write`: from JSON to cells, with the refusals of the field types.

use super::cell::{Cell, decimal, python_json};
use super::fail::{Answer, Fail};
use super::schema::{Field, Model, Type, schema};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One value to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// A plain value.
    Cell(Cell),
    /// Commands of a one2many.
    Commands(Vec<Command>),
    /// A change of a many2many that needs the old value.
    Links(Vec<Link>),
}

/// Values by field.
pub type Vals = BTreeMap<String, Val>;

/// A one2many command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `[0, 0, vals]`; with the external id that `load` gives.
    Create(Vals, Option<String>),
    /// `[1, id, vals]`.
    Update(i64, Vals),
    /// `[2, id, 0]` and `[3, id, 0]`: a line without an order is deleted.
    Delete(i64),
    /// `[4, id]`.
    Link(i64),
    /// `[5]`.
    Clear,
    /// `[6, 0, ids]`.
    Set(Vec<i64>),
}

/// A many2many command.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// `[6, 0, ids]`, `[5]` or a plain list.
    Set(Vec<i64>),
    /// `[4, id]`.
    Add(i64),
    /// `[3, id]` and `[2, id]`.
    Remove(i64),
}

/// Reads `vals` of a `create` or `write`.
pub fn parse(model: &Model, vals: &Value, write: bool) -> Answer<Vals> {
    let Some(vals) = vals.as_object() else {
        return Err(Fail::attribute(format!("'{}' object has no attribute 'items'", python(vals))));
    };
    parse_map(model, vals, write)
}

fn parse_map(model: &Model, vals: &Map<String, Value>, write: bool) -> Answer<Vals> {
    let mut parsed = Vals::new();
    for (name, value) in vals {
        let Some(field) = model.field(name) else { return Err(unknown(model, name, write)) };
        parsed.insert(name.clone(), val(model, field, value, write)?);
    }
    Ok(parsed)
}

fn unknown(model: &Model, name: &str, write: bool) -> Fail {
    if write && model.name == "res.partner" {
        return Fail { kind: super::fail::Kind::Python("KeyError"), message: name.to_owned() };
    }
    Fail::value(format!("Invalid field '{name}' in '{}'", model.name))
}

fn val(model: &Model, field: &Field, value: &Value, write: bool) -> Answer<Val> {
    match field.kind {
        Type::One2many => Ok(Val::Commands(commands(field, value, write)?)),
        Type::Many2many => Ok(Val::Links(links(value)?)),
        _ => cell(model, field, value).map(Val::Cell),
    }
}

/// One plain value.
pub fn cell(model: &Model, field: &Field, value: &Value) -> Answer<Cell> {
    if matches!(value, Value::Null | Value::Bool(false)) {
        return Ok(Cell::False);
    }
    match (field.kind, value) {
        (Type::Boolean, value) => Ok(Cell::bool(truthy(value))),
        (Type::Integer, value) => integer(value).map(Cell::Int),
        (Type::Float | Type::Monetary, value) => number(value).map(Cell::Num),
        (Type::Many2one, Value::Number(id)) => {
            id.as_i64().map(Cell::Ref).ok_or_else(|| wrong(model, field, value))
        }
        (Type::Many2one, Value::Array(pair)) if pair.len() == 2 && pair[0].is_i64() => {
            Ok(Cell::Ref(pair[0].as_i64().unwrap_or_default()))
        }
        (Type::Many2one, value) => Err(wrong(model, field, value)),
        (Type::Datetime, value) => datetime(value).map(Cell::Text),
        (Type::Date, value) => date(value).map(Cell::Text),
        (Type::Selection, value) => {
            let text = plain(value);
            let known = field.selection.is_empty() || field.selection.iter().any(|s| s.0 == text);
            if known { Ok(Cell::Text(text)) } else { Err(wrong(model, field, value)) }
        }
        (Type::Json | Type::Other, value) => Ok(Cell::Json(python_json(value.clone()))),
        (Type::Html, value) => Ok(html(&plain(value))),
        (Type::Text, value) => Ok(Cell::Text(plain(value))),
        (Type::One2many | Type::Many2many, value) => Err(wrong(model, field, value)),
    }
}

fn wrong(model: &Model, field: &Field, value: &Value) -> Fail {
    Fail::value(format!("Wrong value for {}.{}: {}", model.name, field.name, repr(value)))
}

/// What Odoo's sanitizer leaves of plain text and simple markup: text is put into a paragraph and
/// escaped, scripts vanish.
pub fn html(text: &str) -> Cell {
    if text.is_empty() {
        return Cell::False;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("<script") {
        out.push_str(&rest[..start]);
        rest = rest[start..].split_once("</script>").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let mut escaped = String::with_capacity(out.len());
    for (at, letter) in out.char_indices() {
        let entity = out[at..].find(';').is_some_and(|end| {
            end > 1
                && end < 9
                && out[at + 1..at + end].chars().all(|c| c.is_alphanumeric() || c == '#')
        });
        if letter == '&' && !entity {
            escaped.push_str("&amp;");
        } else {
            escaped.push(letter);
        }
    }
    let block = ["<p", "<div", "<ul", "<ol", "<table", "<h"];
    if block.iter().any(|tag| escaped.trim_start().starts_with(tag)) {
        Cell::Text(escaped)
    } else {
        Cell::Text(format!("<p>{escaped}</p>"))
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => decimal(number).is_some_and(|n| !n.is_zero()),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
        Value::Bool(true) => true,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        other => other.to_string(),
    }
}

fn integer(value: &Value) -> Answer<i64> {
    let text = plain(value);
    text.trim().parse().or_else(|_| {
        number(value).map(|n| i64::try_from(n.trunc().mantissa()).unwrap_or(0)).map_err(|_| {
            Fail::value(format!("invalid literal for int() with base 10: {}", repr(value)))
        })
    })
}

fn number(value: &Value) -> Answer<Decimal> {
    match value {
        Value::Number(number) => decimal(number).ok_or_else(|| Fail::value("float out of range")),
        Value::Bool(true) => Ok(Decimal::ONE),
        Value::String(text) => number_text(text),
        other => Err(Fail::type_error(format!(
            "float() argument must be a string or a real number, not '{}'",
            python(other)
        ))),
    }
}

/// A number from text, as Python's `float()`.
pub fn number_text(text: &str) -> Answer<Decimal> {
    let trimmed = text.trim().replace('_', "");
    Decimal::from_str_exact(&trimmed)
        .or_else(|_| Decimal::from_scientific(&trimmed))
        .map_err(|_| Fail::value(format!("could not convert string to float: '{text}'")))
}

/// `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`; everything else is a `ValueError`.
pub fn datetime(value: &Value) -> Answer<String> {
    let Value::String(text) = value else {
        return Err(Fail::type_error("fromisoformat: argument must be str"));
    };
    if let Ok(day) = jiff::civil::Date::strptime("%Y-%m-%d", text) {
        return Ok(format!("{day} 00:00:00"));
    }
    if jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).is_ok() {
        return Ok(text.clone());
    }
    let head = text.get(..19).unwrap_or_default();
    if jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", head).is_ok() {
        return Err(Fail::value(format!("unconverted data remains: {}", &text[19..])));
    }
    Err(Fail::value(format!("time data '{text}' does not match format '%Y-%m-%d %H:%M:%S'")))
}

fn date(value: &Value) -> Answer<String> {
    let text = plain(value);
    let head = text.get(..10).unwrap_or(&text);
    jiff::civil::Date::strptime("%Y-%m-%d", head)
        .map(|day| day.to_string())
        .map_err(|_| Fail::value(format!("time data '{text}' does not match format '%Y-%m-%d'")))
}

fn ids(value: &Value) -> Vec<i64> {
    value.as_array().map_or_else(Vec::new, |ids| ids.iter().filter_map(Value::as_i64).collect())
}

fn links(value: &Value) -> Answer<Vec<Link>> {
    let Some(items) = value.as_array() else {
        return match value {
            Value::Null | Value::Bool(false) => Ok(vec![Link::Set(Vec::new())]),
            other => Err(Fail::value(format!("Wrong value for a many2many: {other}"))),
        };
    };
    if items.iter().all(Value::is_i64) {
        return Ok(vec![Link::Set(ids(value))]);
    }
    items.iter().map(link).collect()
}

fn link(item: &Value) -> Answer<Link> {
    let code = item[0].as_i64();
    let id = || item[1].as_i64().ok_or_else(|| Fail::value("Wrong command"));
    match code {
        Some(6) => Ok(Link::Set(ids(&item[2]))),
        Some(5) => Ok(Link::Set(Vec::new())),
        Some(4) => Ok(Link::Add(id()?)),
        Some(2 | 3) => Ok(Link::Remove(id()?)),
        _ => Err(Fail::value(format!("Wrong command {item}"))),
    }
}

fn commands(field: &Field, value: &Value, write: bool) -> Answer<Vec<Command>> {
    let child = field.relation.as_deref().and_then(|name| schema().find(name));
    let Some(child) = child else {
        return Err(Fail::not_built(&format!("commands of {}", field.name)));
    };
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| command(child, item, write)).collect()
}

fn command(child: &Model, item: &Value, write: bool) -> Answer<Command> {
    if let Some(id) = item.as_i64() {
        return Ok(Command::Link(id));
    }
    let id = || item[1].as_i64().ok_or_else(|| Fail::value(format!("Wrong command {item}")));
    let vals = |of: &Value| match of {
        Value::Object(map) => match map.keys().find(|name| child.field(name).is_none()) {
            // The recordings name the model so for children of a record that is being created.
            Some(name) if !write => {
                Err(Fail::value(format!("Invalid field '{name}' on model '{}'", child.name)))
            }
            _ => parse_map(child, map, write),
        },
        other => Err(Fail::value(format!("Wrong command values {other}"))),
    };
    match item[0].as_i64() {
        Some(0) => Ok(Command::Create(vals(&item[2])?, None)),
        Some(1) => Ok(Command::Update(id()?, vals(&item[2])?)),
        Some(2 | 3) => Ok(Command::Delete(id()?)),
        Some(4) => Ok(Command::Link(id()?)),
        Some(5) => Ok(Command::Clear),
        Some(6) => Ok(Command::Set(ids(&item[2]))),
        _ => Err(Fail::value(format!("Wrong command {item}"))),
    }
}

/// The Python type of a JSON value.
pub fn python(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int",
        Value::Number(_) => "float",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Python's `repr` of a JSON value, as messages quote it.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", "))
        }
        Value::Object(items) => {
            let pair = |(k, v): (&String, &Value)| format!("'{k}': {}", repr(v));
            format!("{{{}}}", items.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A plain cell among the values.
pub fn given<'a>(vals: &'a Vals, field: &str) -> Option<&'a Cell> {
    match vals.get(field) {
        Some(Val::Cell(cell)) => Some(cell),
        _ => None,
    }
}

/// The new value of a many2many among the values, from its old value.
pub fn linked(vals: &Vals, field: &str, old: &[i64]) -> Option<Vec<i64>> {
    let Some(Val::Links(links)) = vals.get(field) else { return None };
    let mut ids = old.to_vec();
    for link in links {
        match link {
            Link::Set(new) => ids.clone_from(new),
            Link::Add(id) if !ids.contains(id) => ids.push(*id),
            Link::Add(_) => {}
            Link::Remove(id) => ids.retain(|old| old != id),
        }
    }
    Some(ids)
}
