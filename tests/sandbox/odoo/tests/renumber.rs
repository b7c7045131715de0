//! The ids of a recording in terms of the fake: seeded records by a table, created ones as the
//! answers show them.

use super::super::schema::{Model, Type, schema};
use super::fixture;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Recorded id to the fake's id, by model.
pub struct Numbers {
    known: HashMap<(String, i64), i64>,
}

/// Models whose records calls create; the others are in the table.
const LEARNED: &[&str] = &[
    "sale.order",
    "sale.order.line",
    "res.partner",
    "stock.picking",
    "stock.move",
    "account.move",
    "account.move.line",
    "account.payment",
    "sale.advance.payment.inv",
];

fn target(path: &str) -> Option<&'static Model> {
    let (model, _) = path.strip_prefix("/json/2/")?.split_once('/')?;
    schema().find(model)
}

impl Numbers {
    /// The table of a tape.
    pub fn for_tape(tape: &str) -> Self {
        let file: Value = serde_json::from_str(&fixture("replay-map.json")).unwrap();
        let mut known = HashMap::new();
        for (model, ids) in file[tape].as_object().unwrap() {
            for (from, to) in ids.as_object().unwrap() {
                known.insert((model.clone(), from.parse().unwrap()), to.as_i64().unwrap());
            }
        }
        Self { known }
    }
    /// The fake's id; the same when nothing else is known.
    pub fn map(&self, model: &str, id: i64) -> i64 {
        self.known.get(&(model.to_owned(), id)).copied().unwrap_or(id)
    }
    fn value(&self, model: &str, value: &Value) -> Value {
        match value {
            Value::Number(number) => {
                number.as_i64().map_or_else(|| value.clone(), |id| json!(self.map(model, id)))
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|v| self.value(model, v)).collect())
            }
            Value::String(text) => {
                let part = |part: &str| {
                    part.parse().map_or(part.to_owned(), |id| self.map(model, id).to_string())
                };
                json!(text.split(',').map(part).collect::<Vec<_>>().join(","))
            }
            other => other.clone(),
        }
    }
    /// A request body in the fake's ids.
    pub fn request(&self, path: &str, body: &Value) -> Value {
        let (Some(model), Some(object)) = (target(path), body.as_object()) else {
            return body.clone();
        };
        let mut new = object.clone();
        for (key, value) in object {
            let mapped = match key.as_str() {
                "ids" => self.value(&model.name, value),
                "vals" => self.vals(model, value),
                "vals_list" => match value {
                    Value::Array(items) => {
                        Value::Array(items.iter().map(|v| self.vals(model, v)).collect())
                    }
                    one => self.vals(model, one),
                },
                "domain" => self.domain(model, value),
                "data" => self.data(model, &object["fields"], value),
                _ => continue,
            };
            new.insert(key.clone(), mapped);
        }
        Value::Object(new)
    }
    fn vals(&self, model: &Model, vals: &Value) -> Value {
        let Some(object) = vals.as_object() else { return vals.clone() };
        let one = |(name, value): (&String, &Value)| {
            let field = model.field(name);
            let relation = field.and_then(|f| f.relation.clone()).unwrap_or_default();
            let mapped = match field.map(|f| f.kind) {
                Some(Type::Many2one) => self.value(&relation, value),
                Some(Type::Many2many | Type::One2many) => self.commands(&relation, value),
                Some(Type::Json) => self.pin(value),
                _ => value.clone(),
            };
            (name.clone(), mapped)
        };
        Value::Object(object.iter().map(one).collect())
    }
    fn commands(&self, relation: &str, value: &Value) -> Value {
        let Some(items) = value.as_array() else { return value.clone() };
        let one = |item: &Value| match item {
            Value::Array(parts) if !parts.is_empty() => {
                let mut parts = parts.clone();
                if let Some(id) = parts.get(1).and_then(Value::as_i64).filter(|id| *id != 0) {
                    parts[1] = json!(self.map(relation, id));
                }
                if let Some(last) = parts.get(2).cloned() {
                    parts[2] = match (&last, schema().find(relation)) {
                        (Value::Object(_), Some(model)) => self.vals(model, &last),
                        (Value::Array(_), _) => self.value(relation, &last),
                        _ => last,
                    };
                }
                Value::Array(parts)
            }
            other => self.value(relation, other),
        };
        Value::Array(items.iter().map(one).collect())
    }
    /// `extra_tax_data`: its taxes are keys.
    fn pin(&self, value: &Value) -> Value {
        let mut pin = match value {
            Value::String(text) => match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(object)) => object,
                _ => return value.clone(),
            },
            Value::Object(object) => object.clone(),
            other => return other.clone(),
        };
        if let Some(Value::Object(taxes)) = pin.get("manual_tax_amounts").cloned() {
            let renamed: Map<String, Value> = taxes
                .into_iter()
                .map(|(id, v)| {
                    (id.parse().map_or(id, |id| self.map("account.tax", id).to_string()), v)
                })
                .collect();
            pin.insert("manual_tax_amounts".to_owned(), Value::Object(renamed));
        }
        match value {
            Value::String(_) => json!(Value::Object(pin).to_string()),
            _ => Value::Object(pin),
        }
    }
    fn domain(&self, model: &Model, domain: &Value) -> Value {
        let Some(items) = domain.as_array() else { return domain.clone() };
        let one = |item: &Value| {
            let Some(term) = item.as_array().filter(|term| term.len() == 3) else {
                return item.clone();
            };
            let relation = self.relation(model, term[0].as_str().unwrap_or_default());
            match relation {
                Some(relation) => json!([term[0], term[1], self.value(&relation, &term[2])]),
                None => item.clone(),
            }
        };
        Value::Array(items.iter().map(one).collect())
    }
    /// The model that the values of a path are ids of.
    fn relation(&self, model: &Model, path: &str) -> Option<String> {
        let mut current = Some(model);
        let mut found = None;
        for name in path.split('.') {
            let owner = current?;
            if name == "id" {
                return Some(owner.name.clone());
            }
            found = owner.field(name)?.relation.clone();
            current = found.as_deref().and_then(|name| schema().find(name));
        }
        found
    }
    fn data(&self, model: &Model, fields: &Value, data: &Value) -> Value {
        let columns: Vec<String> =
            fields.as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned()).collect();
        let cell = |(column, value): (&String, &Value)| {
            let path: Vec<&str> = column.split('/').collect();
            let mut owner = Some(model);
            for name in &path[..path.len() - 1] {
                let relation = owner.and_then(|o| o.field(name)).and_then(|f| f.relation.clone());
                owner = relation.as_deref().and_then(|name| schema().find(name));
            }
            match (path[path.len() - 1], owner) {
                (".id", Some(owner)) => self.value(&owner.name, value),
                ("extra_tax_data", _) => self.pin(value),
                _ => value.clone(),
            }
        };
        let row = |row: &Value| match row.as_array() {
            Some(cells) => Value::Array(columns.iter().zip(cells).map(cell).collect()),
            None => row.clone(),
        };
        Value::Array(data.as_array().unwrap().iter().map(row).collect())
    }
    /// Remembers the ids of an answer.
    pub fn learn(&mut self, path: &str, recorded: &Value, answer: &Value) {
        let Some(model) = target(path) else { return };
        let (recorded, answer) = match recorded.get("ids") {
            Some(ids) => (ids, &answer["ids"]),
            None => (recorded, answer),
        };
        if path.ends_with("/create") || path.ends_with("/load") || path.ends_with("/search") {
            self.pairs(&model.name, recorded, answer);
        } else if path.ends_with("/name_create") {
            self.pair(&model.name, &recorded[0], &answer[0]);
        } else {
            self.rows(model, recorded, answer);
        }
    }
    fn pair(&mut self, model: &str, recorded: &Value, answer: &Value) {
        if let (true, Some(from), Some(to)) =
            (LEARNED.contains(&model), recorded.as_i64(), answer.as_i64())
        {
            self.known.entry((model.to_owned(), from)).or_insert(to);
        }
    }
    fn pairs(&mut self, model: &str, recorded: &Value, answer: &Value) {
        if let (Some(from), Some(to)) = (recorded.as_array(), answer.as_array()) {
            for (from, to) in from.iter().zip(to) {
                self.pair(model, from, to);
            }
        }
    }
    fn rows(&mut self, model: &Model, recorded: &Value, answer: &Value) {
        let (Some(from), Some(to)) = (recorded.as_array(), answer.as_array()) else { return };
        for (from, to) in from.iter().zip(to) {
            if !from.is_object() {
                continue;
            }
            self.pair(&model.name, &from["id"], &to["id"]);
            for (name, value) in from.as_object().unwrap() {
                let Some(relation) = model.field(name).and_then(|f| f.relation.clone()) else {
                    continue;
                };
                if let Some([id @ Value::Number(_), Value::String(_)]) =
                    value.as_array().map(Vec::as_slice)
                {
                    self.pair(&relation, id, &to[name][0]);
                } else if value.as_array().is_some_and(|items| items.iter().all(Value::is_i64)) {
                    self.pairs(&relation, value, &to[name]);
                } else if let Some(below) = schema().find(&relation) {
                    self.rows(below, value, &to[name]);
                }
            }
        }
    }
}
