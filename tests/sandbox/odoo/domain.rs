//! Search domains: prefix notation, paths over relations, the operators that we use.

use super::cell::Cell;
use super::env::Env;
use super::fail::{Answer, Fail};
use super::reading;
use super::schema::{Field, Model, Type, schema};
use super::values::repr;
use rust_decimal::Decimal;
use serde_json::Value;

/// A parsed domain.
#[derive(Clone, Debug)]
pub enum Domain {
    /// All of them.
    And(Vec<Domain>),
    /// One of them.
    Or(Vec<Domain>),
    /// Not.
    Not(Box<Domain>),
    /// `[path, operator, value]`.
    Term(Vec<String>, String, Value),
}

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<>",
    "in",
    "not in",
    "<",
    ">",
    "<=",
    ">=",
    "like",
    "ilike",
    "not like",
    "not ilike",
    "=like",
    "=ilike",
];

/// Parses and checks a domain.
pub fn parse(model: &Model, value: &Value) -> Answer<Domain> {
    let items = match value {
        Value::Array(items) => items,
        Value::Null => return Ok(Domain::And(Vec::new())),
        other => {
            return Err(Fail::type_error(format!(
                "Domain() invalid argument type for domain: {}",
                repr(other)
            )));
        }
    };
    let mut rest = items.as_slice();
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(node(model, &mut rest, value)?);
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Domain::And(all) })
}

fn node(model: &Model, rest: &mut &[Value], whole: &Value) -> Answer<Domain> {
    let malformed = || Fail::value(format!("Domain() malformed domain {}", repr(whole)));
    let (first, tail) = rest.split_first().ok_or_else(malformed)?;
    *rest = tail;
    match first {
        Value::String(sign) if sign == "!" => Ok(Domain::Not(Box::new(node(model, rest, whole)?))),
        Value::String(sign) if sign == "&" || sign == "|" => {
            let pair = vec![node(model, rest, whole)?, node(model, rest, whole)?];
            Ok(if sign == "&" { Domain::And(pair) } else { Domain::Or(pair) })
        }
        Value::Array(term) if term.len() == 3 => leaf(model, term),
        _ => Err(malformed()),
    }
}

fn leaf(model: &Model, term: &[Value]) -> Answer<Domain> {
    let (path, operator) =
        (term[0].as_str().unwrap_or_default(), term[1].as_str().unwrap_or_default());
    let quoted = || format!("('{path}', '{operator}', {})", repr(&term[2]));
    if !OPERATORS.contains(&operator) {
        return Err(Fail::value(format!("Invalid operator in condition {}", quoted())));
    }
    let mut current = Some(model);
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    for name in &names {
        let Some(owner) = current else { break };
        let Some(field) = owner.field(name) else {
            return Err(Fail::value(format!(
                "Invalid field {}.{name} in condition {}",
                owner.name,
                quoted()
            )));
        };
        current = field.relation.as_deref().and_then(|target| schema().find(target));
    }
    Ok(Domain::Term(names, operator.to_owned(), term[2].clone()))
}

/// True when the domain speaks about a field of the model itself.
pub fn mentions(domain: &Domain, field: &str) -> bool {
    match domain {
        Domain::And(all) | Domain::Or(all) => all.iter().any(|d| mentions(d, field)),
        Domain::Not(one) => mentions(one, field),
        Domain::Term(path, _, _) => path[0] == field,
    }
}

/// The ids that can match at all, when the domain names them directly.
pub fn candidates(env: &Env<'_>, model: &Model, domain: &Domain) -> Option<Vec<i64>> {
    match domain {
        Domain::And(all) => all.iter().find_map(|d| candidates(env, model, d)),
        Domain::Term(path, operator, value) if matches!(operator.as_str(), "=" | "in") => {
            let ids: Vec<i64> = match value {
                Value::Array(items) => items.iter().map(Value::as_i64).collect::<Option<_>>()?,
                other => vec![other.as_i64()?],
            };
            match (path.len(), path[0].as_str(), model.name.as_str()) {
                (1, "id", _) => Some(ids),
                (1, "order_id", "sale.order.line") => Some(
                    ids.iter()
                        .flat_map(|id| env.cell("sale.order", *id, "order_line").ids().to_vec())
                        .collect(),
                ),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Does the record match?
pub fn matches(env: &Env<'_>, model: &Model, id: i64, domain: &Domain) -> bool {
    match domain {
        Domain::And(all) => all.iter().all(|d| matches(env, model, id, d)),
        Domain::Or(all) => all.iter().any(|d| matches(env, model, id, d)),
        Domain::Not(one) => !matches(env, model, id, one),
        Domain::Term(path, operator, value) => term(env, model, id, path, operator, value),
    }
}

fn term(
    env: &Env<'_>,
    model: &Model,
    id: i64,
    path: &[String],
    operator: &str,
    value: &Value,
) -> bool {
    let Some(field) = model.field(&path[0]) else { return false };
    let cell = reading::cell(env, model, id, &field.name);
    if let [_, rest @ ..] = path
        && !rest.is_empty()
    {
        let Some(target) = field.relation.as_deref().and_then(|t| schema().find(t)) else {
            return false;
        };
        let ids = match &cell {
            Cell::Refs(ids) => ids.clone(),
            other => other.id().into_iter().collect(),
        };
        return ids.iter().any(|id| term(env, target, *id, rest, operator, value));
    }
    let positive = match operator {
        "!=" | "<>" => return !compare(env, field, &cell, "=", value),
        "not in" => return !compare(env, field, &cell, "in", value),
        "not like" => return !compare(env, field, &cell, "like", value),
        "not ilike" => return !compare(env, field, &cell, "ilike", value),
        other => other,
    };
    compare(env, field, &cell, positive, value)
}

fn compare(env: &Env<'_>, field: &Field, cell: &Cell, operator: &str, value: &Value) -> bool {
    match operator {
        "=" => equal(env, field, cell, value),
        "in" => match value {
            Value::Array(items) => items.iter().any(|item| equal(env, field, cell, item)),
            other => equal(env, field, cell, other),
        },
        "<" | ">" | "<=" | ">=" => ordered(field, cell, operator, value),
        _ => like(env, field, cell, operator, value),
    }
}

fn names(env: &Env<'_>, field: &Field, ids: &[i64]) -> Vec<String> {
    let target = field.relation.as_deref().unwrap_or_default();
    ids.iter().map(|id| env.display_name(target, *id)).collect()
}

fn equal(env: &Env<'_>, field: &Field, cell: &Cell, value: &Value) -> bool {
    let ids = match cell {
        Cell::Ref(id) => vec![*id],
        Cell::Refs(ids) => ids.clone(),
        _ => Vec::new(),
    };
    match (field.kind, value) {
        (Type::Many2one | Type::Many2many | Type::One2many, Value::String(name)) => {
            names(env, field, &ids).contains(name)
        }
        (Type::Many2one | Type::Many2many | Type::One2many, Value::Number(id)) => {
            id.as_i64().is_some_and(|id| ids.contains(&id))
        }
        (Type::Many2one | Type::Many2many | Type::One2many, _) => ids.is_empty(),
        (Type::Integer | Type::Float | Type::Monetary, value) => {
            number(value) == Some(cell.number())
        }
        (Type::Boolean, value) => {
            cell.truthy() == (value == &Value::Bool(true) || value.as_i64() == Some(1))
        }
        (_, Value::String(text)) => {
            cell.as_text() == Some(text) || (text.is_empty() && !cell.truthy())
        }
        (_, Value::Null | Value::Bool(false)) => !cell.truthy(),
        (_, other) => cell.as_text() == Some(&other.to_string()),
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => super::cell::decimal(number),
        Value::Bool(false) | Value::Null => Some(Decimal::ZERO),
        Value::Bool(true) => Some(Decimal::ONE),
        _ => None,
    }
}

fn ordered(field: &Field, cell: &Cell, operator: &str, value: &Value) -> bool {
    let order = match field.kind {
        Type::Integer | Type::Float | Type::Monetary | Type::Many2one => {
            let own = cell.id().map_or_else(|| cell.number(), Decimal::from);
            number(value).map(|other| own.cmp(&other))
        }
        _ => match (cell.as_text(), value.as_str()) {
            (Some(own), Some(other)) => {
                let day = field.kind == Type::Datetime && other.len() == 10;
                let other = if day { format!("{other} 00:00:00") } else { other.to_owned() };
                Some(own.cmp(other.as_str()))
            }
            _ => None,
        },
    };
    order.is_some_and(|order| match operator {
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        _ => order.is_ge(),
    })
}

fn like(env: &Env<'_>, field: &Field, cell: &Cell, operator: &str, value: &Value) -> bool {
    let Some(pattern) = value.as_str() else { return false };
    let texts = match cell {
        Cell::Ref(id) => names(env, field, &[*id]),
        Cell::Refs(ids) => names(env, field, ids),
        other => other.as_text().map(str::to_owned).into_iter().collect(),
    };
    let pattern =
        if operator.starts_with('=') { pattern.to_owned() } else { format!("%{pattern}%") };
    let fold = |text: &str| {
        if operator.ends_with("ilike") { text.to_lowercase() } else { text.to_owned() }
    };
    let letters: Vec<char> = fold(&pattern).chars().collect();
    texts.iter().any(|text| wildcard(&letters, &fold(text).chars().collect::<Vec<char>>()))
}

/// SQL's `LIKE`: `%` any text, `_` one letter.
fn wildcard(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|at| wildcard(rest, &text[at..])),
        Some(('_', rest)) => text.split_first().is_some_and(|(_, tail)| wildcard(rest, tail)),
        Some((letter, rest)) => {
            text.split_first().is_some_and(|(first, tail)| first == letter && wildcard(rest, tail))
        }
    }
}
