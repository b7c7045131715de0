//! `GET /api/{resource}` and `GET /api/{resource}/{id}`.

use super::query::{self, Wrong, text};
use super::resources::{RESOURCES, Resource};
use super::{fixed_rows, xml};
use crate::platforms::exchange::{Exchange, Refusal, answer as reply, empty};
use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use serde_json::Value;
use std::collections::HashSet;

const TYPE: &str = "text/xml;charset=utf-8";
const REALM: &str = "Basic realm=\"Welcome to PrestaShop Webservice, please enter the authentication key as the login. No password required.\"";

pub(in crate::platforms) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if let Err(refusal) = authorised(cx) {
        return *refusal;
    }
    let path = cx.path().to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (name, id) = match parts.as_slice() {
        ["api", name] => (*name, None),
        ["api", name, id] => (*name, Some(*id)),
        _ => {
            cx.violation("not below /api/");
            return empty(404);
        }
    };
    let Some(resource) = RESOURCES.iter().find(|resource| resource.path == name) else {
        let list: Vec<String> = RESOURCES.iter().map(|r| format!("\"{}\"", r.path)).collect();
        let text = format!(
            "Resource of type \"{name}\" does not exists. Did you mean: \"zones\"? The full list is: {}",
            list.join(", ")
        );
        return refuse(cx, 400, &[(27, text)]);
    };
    if cx.request.method() != Method::GET {
        let text = format!("Method {} is not allowed for the resource {name}", cx.request.method());
        return refuse(cx, 405, &[(25, text)]);
    }
    let json = cx.query().iter().any(|(name, value)| name == "output_format" && value == "JSON");
    if json {
        cx.violation("JSON output is not built in this fake");
        return empty(501);
    }
    match id {
        Some(id) => single(cx, resource, id),
        None => list(cx, resource),
    }
}

fn refuse(cx: &mut Exchange<'_>, status: u16, errors: &[(u32, String)]) -> Response<Bytes> {
    cx.violation(format!("error {}", errors[0].0));
    reply(status, TYPE, xml::errors(errors))
}

/// The key is the user of HTTP Basic, or `ws_key`; it has 32 characters (recordings 001-006).
fn authorised(cx: &mut Exchange<'_>) -> Result<(), Refusal> {
    let query = cx.query().into_iter().find(|(name, _)| name == "ws_key").map(|(_, key)| key);
    let Some(key) = query.or_else(|| cx.basic().map(|(user, _)| user)) else {
        cx.violation("no key");
        let mut answer = reply(401, "text/html; charset=utf-8", "401 Unauthorized");
        answer.headers_mut().insert("www-authenticate", HeaderValue::from_static(REALM));
        return Err(Box::new(answer));
    };
    let errors = if key.len() != 32 {
        vec![(18, "Invalid authentication key format".to_owned())]
    } else if key != cx.shop.credentials {
        vec![
            (20, "Authentification key is not active".to_owned()),
            (21, "No permission for this authentication key".to_owned()),
        ]
    } else {
        return Ok(());
    };
    let mut answer = refuse(cx, 401, &errors);
    answer.headers_mut().insert("www-authenticate", HeaderValue::from_static(REALM));
    Err(Box::new(answer))
}

/// Every row of a resource, each id once.
fn rows(cx: &Exchange<'_>, resource: &Resource) -> Vec<Value> {
    let mut rows = fixed_rows::rows(resource.path);
    let mut known = HashSet::new();
    for order in cx.memory.orders.values() {
        let own = order.native[resource.path].as_array().into_iter().flatten();
        rows.extend(own.filter(|row| known.insert(text(row, "id"))).cloned());
    }
    rows
}

fn single(cx: &Exchange<'_>, resource: &Resource, id: &str) -> Response<Bytes> {
    match rows(cx, resource).into_iter().find(|row| text(row, "id") == id) {
        Some(row) => reply(200, TYPE, xml::single(&cx.shop.base_url, resource, &row)),
        // Unknown and non-numeric ids alike: an empty body (recordings 132, 134).
        None => empty(404),
    }
}

fn list(cx: &mut Exchange<'_>, resource: &'static Resource) -> Response<Bytes> {
    let query = match query::read(cx, resource) {
        Ok(query) => query,
        Err(Wrong(code, text)) => return refuse(cx, 400, &[(code, text)]),
    };
    let rows = query.apply(rows(cx, resource));
    let fields = query.display.as_deref();
    let body = xml::list(&cx.shop.base_url, resource, &rows, fields, query.associations);
    reply(200, TYPE, body)
}
