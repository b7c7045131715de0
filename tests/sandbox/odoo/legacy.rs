//! The legacy JSON-RPC (`/jsonrpc`): always HTTP 200, errors inside (FACTS A3).

use super::dispatch::Call;
use super::env::User;
use super::fail::{Fail, Kind};
use super::schema::schema;
use super::seed::Seed;
use super::state::{Outcome, State};
use serde_json::{Map, Value, json};

/// A legacy call's fate.
pub enum Legacy {
    /// The JSON-RPC response.
    Answered(Value),
    /// A model call that went through the faults.
    Called(Value, Outcome, bool),
}

/// The version that every endpoint tells.
pub fn version() -> Value {
    json!({"server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""],
           "server_serie": "19.0", "protocol_version": 1})
}

/// A result.
pub fn result(id: &Value, result: Value) -> Value {
    match result {
        Value::Null => json!({"jsonrpc": "2.0", "id": id}),
        result => json!({"jsonrpc": "2.0", "id": id, "result": result}),
    }
}

/// An exception.
pub fn error(id: &Value, data: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": 0, "message": "Odoo Server Error", "data": data}})
}

fn raised(name: &str, message: &str) -> Value {
    json!({"name": name, "message": message, "arguments": [message], "context": {},
           "debug": format!("Traceback (most recent call last):\n{name}: {message}\n")})
}

/// What a server without PostgreSQL answers here.
pub fn database_down(id: &Value) -> Value {
    error(
        id,
        raised("psycopg2.OperationalError", "connection to server failed: Connection refused\n"),
    )
}

/// Runs one request body.
pub fn handle(state: &mut State, body: &Value) -> Legacy {
    let id = body["id"].clone();
    let params = &body["params"];
    let arguments = params["args"].as_array().cloned().unwrap_or_default();
    let text = |at: usize| arguments.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    match (params["service"].as_str(), params["method"].as_str()) {
        (Some("common"), Some("version")) => Legacy::Answered(result(&id, version())),
        (Some("common"), Some("authenticate" | "login")) => {
            if text(0) != Seed::DATABASE {
                return Legacy::Answered(no_database(&id, &text(0)));
            }
            let known = state.login(&text(1)).filter(|user| State::user(&text(2)) == Some(*user));
            Legacy::Answered(result(&id, known.map_or(json!(false), |user| json!(user.id()))))
        }
        (Some("object"), Some("execute_kw")) => execute(state, &id, &arguments),
        (service, method) => Legacy::Answered(error(
            &id,
            raised(
                "builtins.KeyError",
                &format!("{}.{}", service.unwrap_or("-"), method.unwrap_or("-")),
            ),
        )),
    }
}

fn no_database(id: &Value, name: &str) -> Value {
    let message = format!(
        "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  database \"{name}\" does not exist\n"
    );
    error(id, raised("psycopg2.OperationalError", &message))
}

fn execute(state: &mut State, id: &Value, arguments: &[Value]) -> Legacy {
    let text = |at: usize| arguments.get(at).and_then(Value::as_str).unwrap_or_default();
    if text(0) != Seed::DATABASE {
        return Legacy::Answered(no_database(id, text(0)));
    }
    let user = State::user(text(2)).filter(|user| arguments.get(1) == Some(&json!(user.id())));
    let Some(user) = user else {
        return Legacy::Answered(error(
            id,
            raised("odoo.exceptions.AccessDenied", "Access Denied"),
        ));
    };
    let (model, method) = (text(3), text(4));
    let positional = arguments.get(5).and_then(Value::as_array).cloned().unwrap_or_default();
    let named = arguments.get(6).and_then(Value::as_object).cloned().unwrap_or_default();
    match bind(user, model, method, positional, named) {
        Ok((call, single)) => Legacy::Called(id.clone(), state.call(call), single),
        Err(fail) => Legacy::Answered(error(id, fail.body())),
    }
}

/// Positional arguments by the method's signature; records first. The flag says that `create` got
/// one object and answers one id.
fn bind(
    user: User,
    model: &str,
    method: &str,
    positional: Vec<Value>,
    mut named: Map<String, Value>,
) -> Result<(Call, bool), Fail> {
    let Some(found) = schema().find(model) else {
        return Err(Fail::user(format!("Object {model} doesn't exist")));
    };
    let described = schema().method(found, method).map_err(|fail| match fail.kind {
        Kind::NotFound => Fail::attribute(fail.message),
        _ => fail,
    })?;
    let mut values = positional.into_iter();
    if !described.on_model
        && let Some(ids) = values.next()
    {
        named.insert("ids".to_owned(), ids);
    }
    for ((name, _), value) in described.arguments.iter().zip(values) {
        named.insert(name.clone(), value);
    }
    let single = method == "create" && named.get("vals_list").is_some_and(Value::is_object);
    Call::parse(user, model, method, &Value::Object(named)).map(|call| (call, single))
}

/// The response of a call that ran.
pub fn answer(id: &Value, answer: Result<Value, Fail>, single: bool) -> Value {
    match answer {
        Ok(value) if single => result(id, value[0].clone()),
        Ok(value) => result(id, value),
        Err(fail) => error(id, fail.body()),
    }
}
