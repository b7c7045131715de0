//! `load`: rows to records, conversion of cells, the two passes of saving, the messages.
//!
//! A 200 is not success: on any error `ids` is false, nothing is kept, and `messages` names the
//! culprits. With `{"mode": "update", "noupdate": true}` from birth on it only creates
//! (FACTS A6, A15).

use super::convert;
use super::env::Env;
use super::fail::{Answer, Fail};
use super::orm;
use super::schema::{Model, Type, schema};
use super::store::Mark;
use super::values::Vals;
use serde_json::{Map, Value, json};

/// A record as the rows give it: plain cells, and rows of relational columns.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// `id` and `.id` and plain columns.
    pub cells: Vec<(String, Value)>,
    /// Sub-records by relational column.
    pub children: Vec<(String, Vec<Raw>)>,
}

impl Raw {
    /// A plain cell that is not blank.
    pub fn cell(&self, name: &str) -> Option<&Value> {
        self.cells.iter().find(|(n, v)| n == name && filled(v)).map(|(_, v)| v)
    }
}

/// Python's truth of a cell.
pub fn filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => true,
    }
}

/// One record waiting to be saved.
pub struct Waiting {
    name: Option<String>,
    id: Option<i64>,
    vals: Vals,
    info: Map<String, Value>,
}

/// A running `load`.
pub struct Load<'l, 'e> {
    /// The transaction.
    pub env: &'l mut Env<'e>,
    /// The model of the rows.
    pub model: &'static Model,
    start: Mark,
    waiting: Vec<Waiting>,
    ids: Vec<i64>,
    /// What went wrong.
    pub messages: Vec<Value>,
    children: Vec<String>,
}

/// `load(fields, data)`.
pub fn load(
    env: &mut Env<'_>,
    model: &'static Model,
    fields: &Value,
    data: &Value,
) -> Answer<Value> {
    let paths: Vec<Vec<String>> =
        fields.as_array().map_or(&[][..], Vec::as_slice).iter().map(path).collect();
    let rows: Vec<&[Value]> = data
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|row| row.as_array().map_or(&[][..], Vec::as_slice))
        .collect();
    let children = paths
        .iter()
        .filter_map(|path| model.field(&path[0]).filter(|f| f.kind == Type::One2many))
        .filter_map(|field| field.relation.clone())
        .chain([model.name.clone()])
        .collect();
    let start = env.store.mark();
    let mut load = Load {
        env,
        model,
        start,
        waiting: Vec::new(),
        ids: Vec::new(),
        messages: Vec::new(),
        children,
    };
    let records = extract(model, &paths, &rows)?;
    for (index, (raw, from, to)) in records.into_iter().enumerate() {
        load.record(index, &raw, from, to)?;
    }
    load.flush()?;
    Ok(load.finish())
}

/// `partner_id/.id`, `partner_id.id` and `partner_id:id` are paths.
fn path(field: &Value) -> Vec<String> {
    let text = field.as_str().unwrap_or_default();
    let text = match text.strip_suffix(".id") {
        Some(head) if !head.is_empty() && !head.ends_with('/') => format!("{head}/.id"),
        _ => text.replace(":id", "/id"),
    };
    text.split('/').map(str::to_owned).collect()
}

type Extracted = Vec<(Raw, usize, usize)>;

/// Rows that fill only one2many columns belong to the record above.
fn extract(model: &Model, paths: &[Vec<String>], rows: &[&[Value]]) -> Answer<Extracted> {
    let one2many =
        |path: &[String]| model.field(&path[0]).is_some_and(|f| f.kind == Type::One2many);
    for path in paths {
        let name = path[0].as_str();
        if !matches!(name, "id" | ".id" | "") && model.field(name).is_none() {
            return Err(Fail::value(format!("Invalid field name '{name}'")));
        }
    }
    let any = |row: &[Value], lines: bool| {
        paths.iter().zip(row).any(|(path, cell)| one2many(path) == lines && filled(cell))
    };
    let mut records = Vec::new();
    let mut index = 0;
    while index < rows.len() {
        let mut end = index + 1;
        while end < rows.len() && any(rows[end], true) && !any(rows[end], false) {
            end += 1;
        }
        records.push((raw(model, paths, &rows[index..end])?, index, end - 1));
        index = end;
    }
    Ok(records)
}

fn raw(model: &Model, paths: &[Vec<String>], span: &[&[Value]]) -> Answer<Raw> {
    let mut raw = Raw::default();
    let relational = |name: &str| {
        model
            .field(name)
            .is_some_and(|f| matches!(f.kind, Type::Many2one | Type::One2many | Type::Many2many))
    };
    for (path, cell) in paths.iter().zip(span[0]) {
        if !relational(&path[0]) {
            raw.cells.push((path[0].clone(), cell.clone()));
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for path in paths {
        let name = path[0].as_str();
        if !relational(name) || seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let columns: Vec<usize> = (0..paths.len()).filter(|at| paths[*at][0] == name).collect();
        let below: Vec<Vec<String>> =
            columns
                .iter()
                .map(|at| {
                    if paths[*at].len() > 1 {
                        paths[*at][1..].to_vec()
                    } else {
                        vec![String::new()]
                    }
                })
                .collect();
        let cells: Vec<Vec<Value>> = span
            .iter()
            .map(|row| {
                columns.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Null)).collect()
            })
            .filter(|row: &Vec<Value>| row.iter().any(filled))
            .collect();
        let rows: Vec<&[Value]> = cells.iter().map(Vec::as_slice).collect();
        let target =
            model.field(name).and_then(|f| f.relation.as_deref()).and_then(|t| schema().find(t));
        let children = match target {
            Some(target) => extract(target, &below, &rows)?.into_iter().map(|r| r.0).collect(),
            None => Vec::new(),
        };
        raw.children.push((name.to_owned(), children));
    }
    Ok(raw)
}

impl Load<'_, '_> {
    fn record(&mut self, index: usize, raw: &Raw, from: usize, to: usize) -> Answer<()> {
        let mut info = Map::new();
        info.insert("rows".to_owned(), json!({"from": from, "to": to}));
        info.insert("record".to_owned(), json!(index));
        let name = raw.cell("id").and_then(Value::as_str).map(convert::full_name);
        let id = self.database_id(raw, &info);
        let vals = convert::record(self, raw, &info)?;
        self.waiting.push(Waiting { name, id, vals, info });
        Ok(())
    }

    fn database_id(&mut self, raw: &Raw, info: &Map<String, Value>) -> Option<i64> {
        let value = raw.cell(".id")?;
        let id = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
        if let Some(id) = id
            && self.env.store.row(&self.model.name, id).is_some()
        {
            return Some(id);
        }
        let mut message = info.clone();
        message.insert("type".to_owned(), json!("error"));
        message.insert("field".to_owned(), json!(".id"));
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        message
            .insert("message".to_owned(), json!(format!("Unknown database identifier '{shown}'")));
        self.messages.push(Value::Object(message));
        None
    }

    /// Saves what waits when a reference names one of it, as the real server does.
    pub fn flush_for(&mut self, name: Option<&str>, model: Option<&str>) -> Answer<()> {
        let waits = |name: &str| self.waiting.iter().any(|w| w.name.as_deref() == Some(name));
        let due = name.is_some_and(waits)
            || model.is_some_and(|model| self.children.iter().any(|child| child == model));
        if due { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Answer<()> {
        let batch = std::mem::take(&mut self.waiting);
        if batch.is_empty() {
            return Ok(());
        }
        let mark = self.env.store.mark();
        let all: Vec<&Waiting> = batch.iter().collect();
        let echo = match save(self.env, self.model, &all) {
            Ok(ids) => {
                self.ids.extend(ids);
                return Ok(());
            }
            Err(fail) if fail.is_user_error() => Some(error(&batch[0].info, &fail)),
            Err(fail) => {
                not_built(&fail)?;
                None
            }
        };
        self.env.store.rollback(mark);
        self.one_by_one(&batch, echo)
    }

    /// The second pass, which finds the culprits. A user error of the first pass is repeated in
    /// front with the first record, unless that record has the same text.
    fn one_by_one(&mut self, batch: &[Waiting], echo: Option<Value>) -> Answer<()> {
        let mut errors = 0;
        for (at, one) in batch.iter().enumerate() {
            match save(self.env, self.model, &[one]) {
                Ok(ids) => self.ids.extend(ids),
                Err(fail) => {
                    not_built(&fail)?;
                    self.env.store.rollback(self.start);
                    self.messages.push(error(&one.info, &fail));
                    errors += 1;
                }
            }
            if errors >= 10 && errors * 10 > at {
                self.messages.push(json!({"type": "warning", "message":
                    "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors."}));
                break;
            }
        }
        if let Some(echo) = echo.filter(|echo| errors > 0 && !self.messages.contains(echo)) {
            self.messages.insert(0, echo);
        }
        Ok(())
    }

    fn finish(self) -> Value {
        let failed = self.messages.iter().any(|message| message["type"] == "error");
        if failed {
            self.env.store.rollback(self.start);
            return json!({"ids": false, "messages": self.messages, "nextrow": 0});
        }
        json!({"ids": self.ids, "messages": self.messages, "nextrow": 0})
    }
}

fn not_built(fail: &Fail) -> Answer<()> {
    if fail.kind == super::fail::Kind::NotBuilt { Err(fail.clone()) } else { Ok(()) }
}

fn error(info: &Map<String, Value>, fail: &Fail) -> Value {
    use super::fail::Kind;
    let mut message = info.clone();
    message.insert("type".to_owned(), json!("error"));
    let text = match &fail.kind {
        Kind::Python(name) => {
            message.insert("moreinfo".to_owned(), json!("Resolve other errors first"));
            format!("Unknown error during import: <class '{name}'>: {}", fail.message)
        }
        Kind::Database(field) => {
            if let Some(field) = field {
                message.insert("field".to_owned(), json!(field));
            }
            fail.message.clone()
        }
        _ => fail.message.clone(),
    };
    message.insert("message".to_owned(), json!(text));
    Value::Object(message)
}

/// What `load` answers when it lost a race: no field, no echo.
pub fn lost_race(rows: usize) -> Value {
    let mut info = Map::new();
    info.insert("rows".to_owned(), json!({"from": 0, "to": rows.saturating_sub(1)}));
    info.insert("record".to_owned(), json!(0));
    json!({"ids": false, "messages": [error(&info, &Fail::serialization())], "nextrow": 0})
}

/// Creates or updates by external id; all or an error.
fn save(env: &mut Env<'_>, model: &Model, batch: &[&Waiting]) -> Answer<Vec<i64>> {
    let update = env.context.get("mode").and_then(Value::as_str) == Some("update");
    let noupdate = env.flag("noupdate");
    check_names(env, model, batch)?;
    let mut ids = vec![0; batch.len()];
    let mut new = Vec::new();
    for (at, one) in batch.iter().enumerate() {
        match (&one.name, one.id) {
            (Some(name), _) => match env.store.external(name).cloned() {
                Some(known) if env.store.row(&model.name, known.record).is_some() => {
                    if !(update && known.noupdate) {
                        orm::write(env, model, &[known.record], &one.vals)?;
                    }
                    ids[at] = known.record;
                }
                _ => new.push(at),
            },
            (None, Some(id)) => {
                orm::write(env, model, &[id], &one.vals)?;
                ids[at] = id;
            }
            (None, None) if update => {
                return Err(Fail::validation(
                    "Cannot update a record without specifying its id or xml_id",
                ));
            }
            (None, None) => new.push(at),
        }
    }
    for at in new {
        let id = orm::create(env, model, vec![batch[at].vals.clone()])?[0];
        if let Some(name) = &batch[at].name {
            check_spaces(name, model, id)?;
            env.store.name(name, &model.name, id, noupdate);
        }
        ids[at] = id;
    }
    Ok(ids)
}

fn check_names(env: &Env<'_>, model: &Model, batch: &[&Waiting]) -> Answer<()> {
    let names: Vec<&String> = batch.iter().filter_map(|one| one.name.as_ref()).collect();
    for (at, name) in names.iter().enumerate() {
        if let Some(known) = env.store.external(name) {
            if known.model != model.name {
                return Err(Fail::validation(format!(
                    "For external id {name} when trying to create/update a record of model {} found record of \
                     different model {} ({})",
                    model.name, known.model, known.id
                )));
            }
        } else if names[..at].contains(name) {
            // One insert cannot write the same external id twice: the second pass sorts it out.
            return Err(Fail::database(
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
                None,
            ));
        }
    }
    Ok(())
}

fn check_spaces(name: &str, model: &Model, id: i64) -> Answer<()> {
    if !name.contains(' ') {
        return Ok(());
    }
    Err(Fail::database(
        format!(
            "new row for relation \"ir_model_data\" violates check constraint \"ir_model_data_name_nospaces\"\n\
             DETAIL:  Failing row contains ({id}, {}).\n",
            model.name
        ),
        None,
    ))
}
