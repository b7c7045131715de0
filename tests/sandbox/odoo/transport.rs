//! HTTP: routes, headers, status codes and the bodies around the values (FACTS A1-A3).

use super::control;
use super::dispatch::Call;
use super::fail::Fail;
use super::faults::{Fault, Rule};
use super::latency;
use super::legacy::{self, Legacy};
use super::seed::{self, Product, Seed};
use super::state::{Outcome, State, elsewhere_status};
use crate::Reply;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use std::time::Duration;

const NO_DATABASE: &str = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is \
    selected and the requested URL was not found in the server-wide controllers.</p>\n";

/// Answers one request.
pub fn handle(state: &mut State, request: &Request<Bytes>) -> Reply {
    let path = request.uri().path();
    let get = request.method() == Method::GET;
    match path {
        _ if path.starts_with("/_sandbox/") => control_route(state, request),
        "/web/version" | "/json/version" if get => Reply::Now(json_response(
            200,
            &json!({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}),
        )),
        "/web/health" if get => Reply::Now(health(state, request)),
        "/jsonrpc" => legacy_route(state, request),
        _ if path == "/json/2" || path.starts_with("/json/2/") => json2(state, request),
        _ if state.faults.switches.database_down => Reply::Now(html(404, NO_DATABASE)),
        _ => Reply::Now(html(
            404,
            "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n",
        )),
    }
}

fn health(state: &State, request: &Request<Bytes>) -> Response<Bytes> {
    let asks = request.uri().query().is_some_and(|q| q.contains("db_server_status=true"));
    match (asks, state.faults.switches.database_down) {
        (false, _) => json_response(200, &json!({"status": "pass"})),
        (true, false) => json_response(200, &json!({"status": "pass", "db_server_status": true})),
        (true, true) => json_response(500, &json!({"status": "fail", "db_server_status": false})),
    }
}

fn json2(state: &mut State, request: &Request<Bytes>) -> Reply {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    let kind = header("content-type").unwrap_or_default();
    let is_json =
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    if !is_json || request.method() != Method::POST {
        return Reply::Now(html(
            415,
            "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<h1>Unsupported Media \
             Type</h1>\n<p>Request inferred type is compatible with [&#39;http&#39;].</p>\n",
        ));
    }
    let database = header("x-odoo-database").unwrap_or(Seed::DATABASE);
    if database != Seed::DATABASE || state.faults.switches.database_down {
        return Reply::Now(html(404, NO_DATABASE));
    }
    let (model, method) = match call_path(request.uri().path()) {
        Some(pair) => pair,
        None => return Reply::Now(html(404, "<!doctype html>\n<title>404 Not Found</title>\n")),
    };
    let call = authenticate(header(AUTHORIZATION.as_str())).and_then(|user| {
        let body = parse(request.body())?;
        Call::parse(user, model, method, &body)
    });
    match call {
        Ok(call) => {
            let pause = pause(state, &call);
            outcome(state.call(call), pause, |answer| match answer {
                Ok(value) => json_response(200, &value),
                Err(fail) => failed(&fail),
            })
        }
        Err(fail) => Reply::Now(failed(&fail)),
    }
}

fn call_path(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/json/2/")?.split_once('/')
}

fn pause(state: &State, call: &Call) -> Duration {
    if state.faults.switches.latency {
        latency::pause(&call.model, &call.method, call.records())
    } else {
        Duration::ZERO
    }
}

fn authenticate(header: Option<&str>) -> Result<super::env::User, Fail> {
    let bearer = header.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let Some(key) = bearer else {
        return Err(Fail::unauthorized(
            "User not authenticated, use an API Key with a Bearer Authorization header.",
        ));
    };
    State::user(key).ok_or_else(|| Fail::unauthorized("Invalid apikey"))
}

fn parse(body: &Bytes) -> Result<Value, Fail> {
    serde_json::from_slice(body).map_err(|error| {
        Fail::bad_request(format!(
            "could not parse the body as json: Expecting value: line {} column {}",
            error.line(),
            error.column()
        ))
    })
}

fn outcome(
    outcome: Outcome,
    pause: Duration,
    render: impl FnOnce(Result<Value, Fail>) -> Response<Bytes>,
) -> Reply {
    match outcome {
        Outcome::Dropped => Reply::Drop,
        Outcome::Elsewhere(rule) => Reply::Now(elsewhere(&rule)),
        Outcome::Answered(answer) if pause.is_zero() => Reply::Now(render(answer)),
        Outcome::Answered(answer) => Reply::After(pause, render(answer)),
    }
}

fn elsewhere(rule: &Rule) -> Response<Bytes> {
    let status = elsewhere_status(rule.fault);
    if rule.fault == Fault::DatabaseDown {
        return html(404, NO_DATABASE);
    }
    let mut response =
        html(status, &format!("<html><head><title>{status}</title></head><body></body></html>\n"));
    if rule.fault == Fault::TooManyRequests {
        let seconds = rule.after.unwrap_or(1).to_string();
        response.headers_mut().insert(RETRY_AFTER, seconds.parse().unwrap());
    }
    response
}

fn legacy_route(state: &mut State, request: &Request<Bytes>) -> Reply {
    let Ok(body) = parse(request.body()) else {
        return Reply::Now(html(400, "<!doctype html>\n<title>400 Bad Request</title>\n"));
    };
    if state.faults.switches.database_down {
        return Reply::Now(json_response(200, &legacy::database_down(&body["id"])));
    }
    match legacy::handle(state, &body) {
        Legacy::Answered(value) => Reply::Now(json_response(200, &value)),
        Legacy::Called(id, run, single) => outcome(run, Duration::ZERO, |answer| {
            json_response(200, &legacy::answer(&id, answer, single))
        }),
    }
}

/// `/_sandbox/...`: not Odoo, for tests and the demo.
fn control_route(state: &mut State, request: &Request<Bytes>) -> Reply {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    let done = json!({"ok": true});
    let answer = match (request.method().as_str(), request.uri().path()) {
        ("GET", "/_sandbox/state") => Ok(control::state(state)),
        ("POST", "/_sandbox/faults") => {
            state.faults.apply(&body).map(|()| done).map_err(|error| error.to_string())
        }
        ("POST", "/_sandbox/commit-late") => Ok(json!({"committed": state.commit_late()})),
        ("POST", "/_sandbox/reset") => {
            *state = State::new(state.clock.clone());
            Ok(done)
        }
        ("POST", "/_sandbox/seed") => add_products(state, &body),
        _ => Err("no such control".to_owned()),
    };
    Reply::Now(match answer {
        Ok(value) => json_response(200, &value),
        Err(message) => json_response(400, &json!({"error": message})),
    })
}

/// `{"products": [{"sku": "A", "price": "10.00", "stock": 5}]}`: the new ids in that order.
fn add_products(state: &mut State, body: &Value) -> Result<Value, String> {
    let products: Vec<Product> =
        serde_json::from_value(body["products"].clone()).map_err(|error| error.to_string())?;
    let ids: Vec<i64> = products.iter().map(|p| seed::add_product(&mut state.store, p)).collect();
    Ok(json!({"products": ids}))
}

fn failed(fail: &Fail) -> Response<Bytes> {
    let mut response = json_response(fail.status(), &fail.body());
    if fail.status() == 401 {
        response.headers_mut().insert(WWW_AUTHENTICATE, "Bearer ".parse().unwrap());
    }
    response
}

fn json_response(status: u16, value: &Value) -> Response<Bytes> {
    respond(status, "application/json; charset=utf-8", value.to_string())
}

fn html(status: u16, text: &str) -> Response<Bytes> {
    respond(status, "text/html; charset=utf-8", text.to_owned())
}

fn respond(status: u16, kind: &str, body: String) -> Response<Bytes> {
    Response::builder().status(status).header(CONTENT_TYPE, kind).body(Bytes::from(body)).unwrap()
}
