//! One call of one method, as JSON-2 and the legacy RPC share it.

use super::access::{self, Operation};
use super::cell::{Cell, Record, get};
use super::env::{Env, User};
use super::fail::{Answer, Fail};
use super::reading::{self, Search, Style};
use super::schema::{Model, schema};
use super::{accounting, describe, load, orm, sale_order, stock, values};
use serde_json::{Map, Value, json};

/// A call that was found to be well formed.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who calls.
    pub user: User,
    /// Model name.
    pub model: String,
    /// Method name.
    pub method: String,
    /// Named arguments without `ids` and `context`.
    pub arguments: Map<String, Value>,
    /// The records.
    pub ids: Vec<i64>,
    /// The context.
    pub context: Map<String, Value>,
}

impl Call {
    /// Checks model, method, arguments and context.
    pub fn parse(user: User, model: &str, method: &str, body: &Value) -> Answer<Self> {
        let found = schema().model(model)?;
        let described = schema().method(found, method)?;
        let mut arguments = body.as_object().cloned().unwrap_or_default();
        let context = match arguments.get("context") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(context)) => context.clone(),
            Some(_) => {
                return Err(Fail::type_error(
                    "cannot convert dictionary update sequence element #0 to a sequence",
                ));
            }
        };
        schema().bind(found, method, described, &arguments)?;
        arguments.remove("context");
        let ids = ids(arguments.remove("ids").as_ref());
        Ok(Self {
            user,
            model: model.to_owned(),
            method: method.to_owned(),
            arguments,
            ids,
            context,
        })
    }

    /// How many records it is about, for the latency table.
    pub fn records(&self) -> usize {
        let list = |name: &str| self.arguments.get(name).and_then(Value::as_array).map(Vec::len);
        let heads = || {
            let rows = self.arguments.get("data")?.as_array()?;
            Some(rows.iter().filter(|row| load::filled(&row[0])).count())
        };
        heads().or_else(|| list("vals_list")).unwrap_or(self.ids.len()).max(1)
    }
}

/// A string reads nothing, a bare number is one record (FACTS A1).
fn ids(value: Option<&Value>) -> Vec<i64> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_i64).collect(),
        Some(Value::Number(number)) => number.as_i64().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Runs the call inside the transaction of `env`.
pub fn run(env: &mut Env<'_>, call: &Call) -> Answer<Value> {
    env.check_language()?;
    let model = schema().model(&call.model)?;
    if call.model == "ir.model.data" {
        let create = call.method == "create";
        access::check(env.user, model, if create { Operation::Create } else { Operation::Read })?;
        if !matches!(call.method.as_str(), "read" | "search" | "search_read" | "search_count") {
            return Err(Fail::not_built(&format!("ir.model.data.{}", call.method)));
        }
        mirror_names(env);
    }
    match call.method.as_str() {
        "search" | "search_count" | "search_read" | "read" | "web_read" | "fields_get"
        | "get_metadata" | "get_external_id" | "name_search" | "export_data" | "has_access"
        | "default_get" | "context_get" => query(env, model, call),
        "create" | "write" | "unlink" | "web_save" | "web_save_multi" | "load" | "name_create"
        | "action_archive" | "action_unarchive" => change(env, model, call),
        _ => verb(env, model, call),
    }
}

fn argument<'a>(call: &'a Call, name: &str) -> &'a Value {
    call.arguments.get(name).unwrap_or(&Value::Null)
}

fn query(env: &Env<'_>, model: &'static Model, call: &Call) -> Answer<Value> {
    if call.method == "has_access" {
        let operation = match argument(call, "operation").as_str() {
            Some("write") => Operation::Write,
            Some("create") => Operation::Create,
            Some("unlink") => Operation::Delete,
            _ => Operation::Read,
        };
        return Ok(json!(access::check(env.user, model, operation).is_ok()));
    }
    if call.method == "export_data" {
        return Err(match env.user {
            User::Inbound => Fail::user(
                "You don't have the rights to export data. Please contact an Administrator.",
            ),
            User::Admin => Fail::not_built("export_data"),
        });
    }
    access::check(env.user, model, Operation::Read)?;
    let fields = call.arguments.get("fields");
    let style = match call.arguments.get("load") {
        Some(Value::Null | Value::Bool(false)) => Style::Ids,
        _ => Style::Classic,
    };
    let find =
        || reading::search(env, model, argument(call, "domain"), &Search::from(&call.arguments));
    match call.method.as_str() {
        "search" => find().map(|ids| json!(ids)),
        "search_count" => find().map(|ids| json!(ids.len())),
        "search_read" => find().and_then(|ids| reading::read(env, model, &ids, fields, style)),
        "read" => reading::read(env, model, &call.ids, fields, style),
        "web_read" => reading::web_read(env, model, &call.ids, argument(call, "specification")),
        "fields_get" => Ok(describe::fields_get(
            model,
            call.arguments.get("allfields"),
            call.arguments.get("attributes"),
        )),
        "get_metadata" => {
            Ok(Value::Array(call.ids.iter().map(|id| metadata(env, model, *id)).collect()))
        }
        "get_external_id" => {
            let first = |id: &i64| {
                env.store.names_of(&model.name, *id).first().cloned().unwrap_or_default()
            };
            Ok(Value::Object(
                call.ids.iter().map(|id| (id.to_string(), json!(first(id)))).collect(),
            ))
        }
        "name_search" => name_search(env, model, call),
        "context_get" => Ok(context_of(env)),
        "default_get" if model.name == "res.partner" => {
            let defaults = json!({"lang": "en_US", "type": "contact", "active": true});
            let asked = fields.and_then(Value::as_array).cloned().unwrap_or_default();
            let mut map = defaults.as_object().unwrap().clone();
            map.retain(|key, _| asked.iter().any(|field| field == key));
            Ok(Value::Object(map))
        }
        other => Err(Fail::not_built(&format!("{}.{other}", model.name))),
    }
}

fn context_of(env: &Env<'_>) -> Value {
    let tz = env.cell("res.users", env.user.id(), "tz");
    let tz = tz.as_text().map_or(Value::Bool(false), |tz| json!(tz));
    json!({"lang": "en_US", "tz": tz, "uid": env.user.id()})
}

fn name_search(env: &Env<'_>, model: &'static Model, call: &Call) -> Answer<Value> {
    let name = argument(call, "name").as_str().unwrap_or_default();
    let mut terms = argument(call, "domain").as_array().cloned().unwrap_or_default();
    if !name.is_empty() {
        terms.push(json!(["display_name", "ilike", name]));
    }
    let limit = argument(call, "limit").as_u64().map_or(100, |n| usize::try_from(n).unwrap_or(100));
    let search = Search { limit: Some(limit), ..Search::default() };
    let ids = reading::search(env, model, &Value::Array(terms), &search)?;
    Ok(Value::Array(ids.iter().map(|id| json!([id, env.display_name(&model.name, *id)])).collect()))
}

fn metadata(env: &Env<'_>, model: &Model, id: i64) -> Value {
    let empty = Record::new();
    let row = env.store.row(&model.name, id).unwrap_or(&empty);
    let user = |field: &str| match get(row, field).id() {
        Some(id) => json!([id, env.display_name("res.users", id)]),
        None => Value::Bool(false),
    };
    let date =
        |field: &str| get(row, field).as_text().map_or(Value::Bool(false), |text| json!(text));
    let names: Vec<Value> = env
        .store
        .names_of(&model.name, id)
        .iter()
        .rev()
        .filter_map(|name| {
            let known = env.store.external(name)?;
            Some(json!({"xmlid": name, "noupdate": known.noupdate}))
        })
        .collect();
    let first = names.first().cloned().unwrap_or(json!({"xmlid": false, "noupdate": false}));
    json!({
        "id": id, "create_uid": user("create_uid"), "create_date": date("create_date"),
        "write_uid": user("write_uid"), "write_date": date("write_date"),
        "xmlid": first["xmlid"], "noupdate": first["noupdate"], "xmlids": names,
    })
}

/// Lets an administrator read the external ids as a table.
fn mirror_names(env: &mut Env<'_>) {
    for id in env.store.ids("ir.model.data") {
        env.store.put("ir.model.data", id, None);
    }
    let all: Vec<_> =
        env.store.externals().map(|(name, known)| (name.clone(), known.clone())).collect();
    for (full, known) in all {
        let (module, name) = full.split_once('.').unwrap_or(("__import__", &full));
        let mut row = Record::new();
        for (field, cell) in [
            ("module", Cell::text(module)),
            ("name", Cell::text(name)),
            ("complete_name", Cell::text(&full)),
            ("model", Cell::text(&known.model)),
            ("res_id", Cell::Int(known.record)),
            ("noupdate", Cell::bool(known.noupdate)),
        ] {
            row.insert(field.to_owned(), cell);
        }
        env.store.put("ir.model.data", known.id, Some(row));
    }
}

fn parsed(model: &Model, vals: &Value, write: bool) -> Answer<values::Vals> {
    values::parse(model, vals, write)
}

fn change(env: &mut Env<'_>, model: &'static Model, call: &Call) -> Answer<Value> {
    let allowed = |operation: Operation| access::check(call.user, model, operation);
    match call.method.as_str() {
        "create" => {
            allowed(Operation::Create)?;
            let list = match argument(call, "vals_list") {
                Value::Array(items) => items.clone(),
                one => vec![one.clone()],
            };
            let list: Answer<Vec<_>> = list.iter().map(|vals| parsed(model, vals, false)).collect();
            orm::create(env, model, list?).map(|ids| json!(ids))
        }
        "name_create" => {
            allowed(Operation::Create)?;
            let vals = parsed(model, &json!({"name": argument(call, "name")}), false)?;
            let id = orm::create(env, model, vec![vals])?[0];
            Ok(json!([id, env.display_name(&model.name, id)]))
        }
        "write" => {
            allowed(Operation::Write)?;
            let vals = parsed(model, argument(call, "vals"), true)?;
            orm::write(env, model, &call.ids, &vals).map(|()| json!(true))
        }
        "action_archive" | "action_unarchive" => {
            allowed(Operation::Write)?;
            let vals = parsed(model, &json!({"active": call.method == "action_unarchive"}), true)?;
            orm::write(env, model, &call.ids, &vals).map(|()| Value::Null)
        }
        "unlink" => {
            allowed(Operation::Delete)?;
            orm::unlink(env, model, &call.ids).map(|()| json!(true))
        }
        "load" => {
            allowed(Operation::Create)?;
            load::load(env, model, argument(call, "fields"), argument(call, "data"))
        }
        _ => web_save(env, model, call),
    }
}

fn web_save(env: &mut Env<'_>, model: &'static Model, call: &Call) -> Answer<Value> {
    let spec = argument(call, "specification");
    let mut ids = call.ids.clone();
    if call.method == "web_save_multi" {
        access::check(call.user, model, Operation::Write)?;
        let list = argument(call, "vals_list").as_array().cloned().unwrap_or_default();
        if list.len() != ids.len() {
            return Err(Fail::value("Each record must have a corresponding vals entry."));
        }
        for (id, vals) in ids.iter().zip(&list) {
            let vals = parsed(model, vals, true)?;
            orm::write(env, model, &[*id], &vals)?;
        }
    } else if ids.is_empty() {
        access::check(call.user, model, Operation::Create)?;
        ids = orm::create(env, model, vec![parsed(model, argument(call, "vals"), false)?])?;
    } else {
        access::check(call.user, model, Operation::Write)?;
        let vals = parsed(model, argument(call, "vals"), true)?;
        orm::write(env, model, &ids, &vals)?;
    }
    reading::web_read(env, model, &ids, spec)
}

fn verb(env: &mut Env<'_>, model: &'static Model, call: &Call) -> Answer<Value> {
    access::check(env.user, model, Operation::Write)?;
    env.check_companies()?;
    match (model.name.as_str(), call.method.as_str()) {
        ("sale.order", "action_confirm") => {
            sale_order::confirm(env, &call.ids).map(|()| json!(true))
        }
        ("sale.order", "action_cancel") => sale_order::cancel(env, &call.ids).map(|()| json!(true)),
        ("sale.order", "action_draft") => sale_order::draft(env, &call.ids).map(|()| json!(true)),
        ("sale.order", "action_lock") => {
            sale_order::lock(env, &call.ids, true).map(|()| Value::Null)
        }
        ("sale.order", "action_unlock") => {
            sale_order::lock(env, &call.ids, false).map(|()| Value::Null)
        }
        ("stock.picking", "button_validate") => stock::validate(env, &call.ids),
        ("stock.picking", "action_confirm") => stock::confirm(env, &call.ids),
        ("stock.picking", "action_cancel") => stock::cancel_pickings(env, &call.ids),
        ("stock.picking", "action_assign") => stock::assign(env, &call.ids),
        ("sale.advance.payment.inv", "create_invoices") => {
            accounting::create_invoices(env, &call.ids)
        }
        ("account.move", "action_post") => accounting::action_post(env, &call.ids),
        ("account.move", "button_cancel") => {
            accounting::button_cancel(env, &call.ids).map(|()| Value::Null)
        }
        ("account.move.line", "reconcile") => accounting::reconcile(env, &call.ids),
        ("account.payment", "action_post") => accounting::post_payments(env, &call.ids),
        (model, method) => Err(Fail::not_built(&format!("{model}.{method}"))),
    }
}
