//! Cells of `load` to values: numbers, booleans, dates in the caller's zone, JSON text,
//! references by database id, external id or name.

use super::cell::{Cell, python_json};
use super::domain;
use super::env::Env;
use super::fail::{Answer, Fail};
use super::load::{Load, Raw, filled};
use super::reading::{self, Search};
use super::schema::{Field, Model, Type, schema};
use super::values::{self, Command, Link, Val, Vals, number_text, python};
use serde_json::{Map, Value, json};

/// Why a cell cannot be used: the text with `{field}` in place of the label path, and what is added
/// to the message.
struct Refusal {
    text: String,
    more: Option<Value>,
}

/// A cell's outcome: an exception of the whole call, a refusal of the cell, or a value.
type Converted<T> = Answer<Result<T, Refusal>>;

fn refuse<T>(text: String, more: Option<Value>) -> Converted<T> {
    Ok(Err(Refusal { text, more }))
}

/// The external id with its module.
pub fn full_name(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("__import__.{name}") }
}

/// Converts a record; a refused cell is left out and named in a message.
pub fn record(load: &mut Load<'_, '_>, raw: &Raw, info: &Map<String, Value>) -> Answer<Vals> {
    let model = load.model;
    let mut vals = Vals::new();
    for (name, outcome) in fields(load, model, raw)? {
        let Some(field) = model.field(&name) else { continue };
        match outcome {
            Ok(val) => {
                vals.insert(name, val);
            }
            Err(refusal) => {
                let mut message = info.clone();
                message.insert("type".to_owned(), json!("error"));
                message.insert("field".to_owned(), json!(field.name));
                message.insert("field_name".to_owned(), json!(field.label));
                message.insert(
                    "message".to_owned(),
                    json!(refusal.text.replace("{field}", &field.label)),
                );
                if let Some(more) = refusal.more {
                    message.insert("moreinfo".to_owned(), more);
                }
                load.messages.push(Value::Object(message));
            }
        }
    }
    Ok(vals)
}

type Outcomes = Vec<(String, Result<Val, Refusal>)>;

fn fields(load: &mut Load<'_, '_>, model: &Model, raw: &Raw) -> Answer<Outcomes> {
    let mut outcomes = Vec::new();
    for (name, value) in &raw.cells {
        let Some(field) = model.field(name).filter(|_| name != "id") else { continue };
        let outcome = if filled(value) {
            plain(load.env, field, value)?.map(Val::Cell)
        } else {
            Ok(Val::Cell(Cell::False))
        };
        outcomes.push((name.clone(), outcome));
    }
    for (name, children) in &raw.children {
        let Some(field) = model.field(name) else { continue };
        outcomes.push((name.clone(), relation(load, field, children)?));
    }
    Ok(outcomes)
}

fn relation(load: &mut Load<'_, '_>, field: &Field, children: &[Raw]) -> Converted<Val> {
    match (field.kind, children) {
        (Type::Many2one, []) => Ok(Ok(Val::Cell(Cell::False))),
        (Type::Many2many, []) => Ok(Ok(Val::Links(vec![Link::Set(Vec::new())]))),
        (Type::Many2one, [child, ..]) => {
            let Some((kind, value)) = only_reference(child) else {
                return refuse(
                    "Can not create Many-To-One records indirectly, import the field separately"
                        .to_owned(),
                    None,
                );
            };
            let id = reference(load, field, &kind, &value)?;
            Ok(id.map(|id| Val::Cell(Cell::reference(id))))
        }
        (Type::Many2many, [child, ..]) => many(load, field, child),
        (_, children) => commands(load, field, children),
    }
}

/// The one column (`id`, `.id` or the name) that a reference is given by.
fn only_reference(child: &Raw) -> Option<(String, Value)> {
    match child.cells.as_slice() {
        [(kind, value)]
            if matches!(kind.as_str(), "id" | ".id" | "") && child.children.is_empty() =>
        {
            Some((kind.clone(), value.clone()))
        }
        _ => None,
    }
}

fn many(load: &mut Load<'_, '_>, field: &Field, child: &Raw) -> Converted<Val> {
    let Some((kind, value)) = only_reference(child) else {
        return refuse(
            "Can not create Many-To-One records indirectly, import the field separately".to_owned(),
            None,
        );
    };
    let Some(text) = value.as_str() else {
        return Err(Fail::attribute(format!(
            "'{}' object has no attribute 'split'",
            python(&value)
        )));
    };
    let mut ids = Vec::new();
    for part in text.split(',') {
        match reference(load, field, &kind, &json!(part))? {
            Ok(id) => ids.extend(id),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(Val::Links(vec![Link::Set(ids)])))
}

fn commands(load: &mut Load<'_, '_>, field: &Field, children: &[Raw]) -> Converted<Val> {
    let Some(target) = field.relation.as_deref().and_then(|name| schema().find(name)) else {
        return Err(Fail::not_built(&format!("loading {}", field.name)));
    };
    let mut commands = Vec::new();
    for child in children {
        let mut vals = Vals::new();
        for (name, outcome) in fields(load, target, child)? {
            match outcome {
                Ok(val) => {
                    vals.insert(name, val);
                }
                Err(refusal) => {
                    let label = target.field(&name).map_or(name.as_str(), |f| f.label.as_str());
                    let text = refusal.text.replace("{field}", &format!("{{field}}/{label}"));
                    return Ok(Err(Refusal { text, more: refusal.more }));
                }
            }
        }
        let known = match (child.cell("id"), child.cell(".id")) {
            (Some(name), _) => {
                let name = full_name(name.as_str().unwrap_or_default());
                let found = by_external_id(load.env, target, &name)?;
                if found.is_none() {
                    commands.push(Command::Create(vals, Some(name)));
                    continue;
                }
                found
            }
            (None, Some(id)) => match reference(load, field, ".id", id)? {
                Ok(id) => id,
                Err(refusal) => return Ok(Err(refusal)),
            },
            (None, None) => None,
        };
        match known {
            Some(id) => commands.extend([Command::Link(id), Command::Update(id, vals)]),
            None => commands.push(Command::Create(vals, None)),
        }
    }
    Ok(Ok(Val::Commands(commands)))
}

fn by_external_id(env: &Env<'_>, model: &Model, name: &str) -> Answer<Option<i64>> {
    let Some(known) = env.store.external(name) else { return Ok(None) };
    if env.store.row(&model.name, known.record).is_none() && known.model == model.name {
        return Ok(None);
    }
    Ok((known.model == model.name).then_some(known.record))
}

fn possible_values(target: &str, by_id: bool) -> Value {
    let mut action = json!({
        "name": "Possible Values", "type": "ir.actions.act_window", "target": "new",
        "view_mode": "list,form", "views": [[false, "list"], [false, "form"]],
        "context": {"create": false}, "help": "See all possible values",
    });
    if by_id {
        action["res_model"] = json!("ir.model.data");
        action["domain"] = json!([["model", "=", target]]);
    } else {
        action["res_model"] = json!(target);
    }
    action
}

fn reference(
    load: &mut Load<'_, '_>,
    field: &Field,
    kind: &str,
    value: &Value,
) -> Converted<Option<i64>> {
    let target = field.relation.clone().unwrap_or_default();
    let (label, id) = match kind {
        ".id" => {
            if value.as_str().is_some_and(no) {
                return Ok(Ok(None));
            }
            let id = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            let Some(id) = id else {
                let text =
                    format!("Invalid database id '{}' for the field '{{field}}'", shown(value));
                return refuse(text, Some(possible_values(&target, true)));
            };
            ("database id", load.env.store.row(&target, id).map(|_| id))
        }
        "id" => {
            let Some(text) = value.as_str() else {
                return Err(Fail::attribute(format!(
                    "'{}' object has no attribute 'lower'",
                    python(value)
                )));
            };
            if no(text) {
                return Ok(Ok(None));
            }
            let name = full_name(text);
            load.flush_for(Some(&name), None)?;
            let known = load.env.store.external(&name).cloned();
            let known =
                known.filter(|known| load.env.store.row(&known.model, known.record).is_some());
            if let Some(known) = known.as_ref().filter(|known| known.model != target) {
                let text = format!(
                    "Invalid external ID {name}: expected model '{target}', found '{}'",
                    known.model
                );
                return refuse(text, None);
            }
            ("external id", known.map(|known| known.record))
        }
        _ => {
            load.flush_for(None, Some(&target))?;
            ("name", by_name(load.env, &target, &shown(value))?)
        }
    };
    if id.is_none() {
        let text =
            format!("No matching record found for {label} '{}' in field '{{field}}'", shown(value));
        return refuse(text, Some(possible_values(&target, !kind.is_empty())));
    }
    Ok(Ok(id))
}

/// Countries are found by code too.
fn by_name(env: &Env<'_>, target: &str, name: &str) -> Answer<Option<i64>> {
    let Some(model) = schema().find(target) else { return Ok(None) };
    let mut terms = vec![json!(["display_name", "=", name])];
    if model.field("name").is_some() {
        terms = vec![json!("|"), json!(["name", "=", name]), terms.remove(0)];
    }
    if target == "res.country" {
        terms = vec![json!("|"), json!(["code", "=", name]), json!(["name", "=", name])];
    }
    let domain = Value::Array(terms);
    domain::parse(model, &domain)?;
    let found = reading::search(env, model, &domain, &Search::default())?;
    Ok(found.first().copied())
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn no(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "" | "0" | "false" | "no")
}

fn text_of(value: &Value) -> Answer<&str> {
    value.as_str().ok_or_else(|| {
        Fail::attribute(format!("'{}' object has no attribute 'lower'", python(value)))
    })
}

fn plain(env: &Env<'_>, field: &Field, value: &Value) -> Converted<Cell> {
    match field.kind {
        Type::Boolean => boolean(text_of(value)?),
        Type::Integer => match shown(value).trim().parse() {
            Ok(number) => Ok(Ok(Cell::Int(number))),
            Err(_) => refuse(
                format!("'{}' does not seem to be an integer for field '{{field}}'", shown(value)),
                None,
            ),
        },
        Type::Float | Type::Monetary => number(value),
        Type::Date => {
            let text = shown(value);
            match jiff::civil::Date::strptime("%Y-%m-%d", text.get(..10).unwrap_or(&text)) {
                Ok(day) => Ok(Ok(Cell::Text(day.to_string()))),
                Err(_) => refuse(
                    format!("'{text}' does not seem to be a valid date for field '{{field}}'"),
                    Some(json!("Use the format '2012-12-31'")),
                ),
            }
        }
        Type::Datetime => datetime(env, value),
        Type::Selection => selection(env, field, text_of(value)?),
        Type::Json => match value {
            Value::String(text) => match serde_json::from_str(text) {
                Ok(json) => Ok(Ok(Cell::Json(python_json(json)))),
                Err(_) => refuse(
                    format!("'{text}' does not seem to be a valid JSON for field '{{field}}'"),
                    None,
                ),
            },
            other => Err(Fail::type_error(format!(
                "the JSON object must be str, bytes or bytearray, not {}",
                python(other)
            ))),
        },
        Type::Html => Ok(Ok(values::html(&shown(value)))),
        _ => Ok(Ok(Cell::Text(shown(value)))),
    }
}

fn boolean(text: &str) -> Converted<Cell> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(Ok(Cell::True)),
        "0" | "false" | "no" | "" => Ok(Ok(Cell::False)),
        _ => refuse(
            format!("Unknown value '{text}' for boolean field '{{field}}'"),
            Some(json!("Use '1' for yes and '0' for no")),
        ),
    }
}

fn number(value: &Value) -> Converted<Cell> {
    let text = shown(value);
    if let Ok(number) = number_text(&text) {
        return Ok(Ok(Cell::Num(number)));
    }
    // Python reads 1e400 as infinity, which fails only when the record is made.
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_infinite() => Ok(Ok(Cell::Text("inf".to_owned()))),
        _ => refuse(format!("'{text}' does not seem to be a number for field '{{field}}'"), None),
    }
}

fn datetime(env: &Env<'_>, value: &Value) -> Converted<Cell> {
    let refusal = || {
        refuse(
            format!(
                "'{}' does not seem to be a valid datetime for field '{{field}}'",
                shown(value)
            ),
            Some(json!("Use the format '2012-12-31 23:59:59'")),
        )
    };
    let Ok(text) = values::datetime(value) else { return refusal() };
    let Ok(local) = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", &text) else {
        return refusal();
    };
    match local.to_zoned(env.time_zone()) {
        Ok(zoned) => Ok(Ok(Cell::Text(super::env::datetime_text(zoned.timestamp())))),
        Err(_) => refusal(),
    }
}

/// By value or label, whatever the case. Languages are the installed ones.
fn selection(env: &Env<'_>, field: &Field, text: &str) -> Converted<Cell> {
    let installed: Vec<(String, String)> = env
        .store
        .rows("res.lang")
        .map(|(_, row)| {
            ["code", "name"]
                .map(|f| super::cell::get(row, f).as_text().unwrap_or_default().to_owned())
        })
        .map(|[code, name]| (code, name))
        .collect();
    let values = if field.name == "lang" { &installed } else { &field.selection };
    let wanted = text.to_lowercase();
    let hit = values
        .iter()
        .find(|(value, label)| value.to_lowercase() == wanted || label.to_lowercase() == wanted);
    match hit {
        Some((value, _)) => Ok(Ok(Cell::Text(value.clone()))),
        None => refuse(
            format!("Value '{text}' not found in selection field '{{field}}'"),
            Some(json!(values.iter().map(|(_, label)| label).collect::<Vec<_>>())),
        ),
    }
}
