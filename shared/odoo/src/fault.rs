//! What an answer that is not the wanted one means: the table of facts A2, as one function each for
//! HTTP answers and for exceptions. Bodies are only looked at through [`crate::extract`].

use crate::extract;
use crate::transport::Operation;
use causeway_domain::ports::{Effect, NoAnswer};
use causeway_domain::{Fault, WaitKey};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Longest pause that we let another side ask for: SQS hides a message for at most 12 hours.
const LONGEST_PAUSE: u64 = 12 * 3600;

/// Why an operation was refused, as far as our own operations decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `UserError`, `ValidationError`: this document cannot have that now.
    Rule,
    /// `MissingError`: one of the records is gone.
    Missing,
    /// Anything else.
    Other,
}

/// An operation that did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What it means for the work.
    pub(crate) fault: Fault,
    /// Why.
    pub(crate) cause: Cause,
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        refused.fault
    }
}
impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, cause: Cause::Other }
    }
}

/// What was asked, of whom: the subject of every fault text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The operator's name of the Odoo.
    pub(crate) odoo: &'a str,
    /// The configured database, if any.
    pub(crate) database: Option<&'a str>,
    /// What was called.
    pub(crate) operation: Operation,
    /// True for the first calls of a process, when a wrong database name is the likelier reason.
    pub(crate) first: bool,
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "odoo {} {}/{}", self.odoo, self.operation.model, self.operation.method)
    }
}

/// No answer at all: nothing happened, or nobody knows.
pub(crate) fn no_answer(asked: Asked<'_>, error: NoAnswer) -> Refused {
    error.fault(asked.operation.effect, &asked.to_string()).into()
}

/// An HTTP answer that is not 200.
pub(crate) fn status(
    asked: Asked<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Refused {
    let error: Option<Value> =
        is_json(headers).then(|| serde_json::from_slice(body).ok()).flatten();
    let name = error.as_ref().and_then(|e| e.get("name")).and_then(Value::as_str);
    let message = error.as_ref().and_then(|e| e.get("message")).and_then(Value::as_str);
    match (status.as_u16(), name) {
        (401, _) => credentials(asked).into(),
        (409, _) => Fault::retry(format!("{asked}: the record is locked")).into(),
        (429, _) => busy(asked, headers, "is throttled").into(),
        (503, _) => busy(asked, headers, "is not available (503)").into(),
        (_, Some(name)) => exception(asked, name, message.unwrap_or_default()),
        (404, None) => no_database(asked).into(),
        (500..=599, None) => gateway(asked, status).into(),
        (300..=399, None) => Fault::reject(
            format!("{asked}: the address redirects ({status})"),
            format!("set the url of odoo.{} to where it redirects to", asked.odoo),
        )
        .into(),
        (_, None) => Fault::reject(
            format!("{asked}: {status}, and not from Odoo itself"),
            "look at what stands between us and Odoo: proxy, firewall, wrong url",
        )
        .into(),
    }
}

/// An exception that Odoo reports, over either protocol.
pub(crate) fn exception(asked: Asked<'_>, name: &str, message: &str) -> Refused {
    let class = extract::exception(name);
    let shown = match extract::detail(message) {
        Some(detail) => format!("{asked}: {class}, {detail}"),
        None => format!("{asked}: {class}"),
    };
    let refuse = |cause: Cause, fix: &str| Refused { fault: Fault::reject(&shown, fix), cause };
    match class {
        "odoo.exceptions.AccessDenied"
        | "werkzeug.exceptions.Unauthorized"
        | "odoo.http.SessionExpiredException" => credentials(asked).into(),
        "odoo.exceptions.AccessError" => refuse(
            Cause::Other,
            "give the integration user the rights that its setup page lists, for this model and company",
        ),
        "odoo.exceptions.MissingError" => refuse(
            Cause::Missing,
            "the record was deleted in Odoo; decide whether it is to be made again",
        ),
        "odoo.exceptions.UserError"
        | "odoo.exceptions.ValidationError"
        | "odoo.exceptions.RedirectWarning" => {
            refuse(Cause::Rule, "do the same step in Odoo by hand: it shows the reason; then retry")
        }
        "odoo.exceptions.LockError" | "odoo.exceptions.ConcurrencyError" => {
            Fault::retry(format!("{asked}: the record is locked")).into()
        }
        name if name.starts_with("psycopg2.") => {
            let first = if asked.first { first_hint(asked) } else { String::new() };
            Fault::retry(format!("{shown}{first}")).into()
        }
        _ => refuse(
            Cause::Other,
            "the call does not fit this Odoo: compare its version and apps with the supported ones",
        ),
    }
}

/// A 200 that cannot be read: cut off on the way, or not from Odoo.
pub(crate) fn unreadable(asked: Asked<'_>) -> Refused {
    let cause = "the answer is not the JSON that it should be";
    match asked.operation.effect {
        Effect::Read => Fault::retry(format!("{asked}: {cause}")).into(),
        Effect::Write => Fault::ambiguous(asked, cause).into(),
    }
}

/// A readable answer of the wrong shape.
pub(crate) fn unexpected(odoo: &str, operation: Operation, what: &str) -> Fault {
    Fault::reject(
        format!("odoo {odoo} {}/{}: unexpected answer: {what}", operation.model, operation.method),
        "an app of this Odoo changes the method, or its version is not supported",
    )
}

fn credentials(asked: Asked<'_>) -> Fault {
    Fault::Wait {
        key: WaitKey::other(format!("credentials:odoo/{}", asked.odoo)),
        cause: format!(
            "{asked}: the API key is wrong, expired, of another database or not of scope rpc"
        ),
    }
}

/// 404 in HTML: no database, which is also what Odoo says while PostgreSQL is down.
fn no_database(asked: Asked<'_>) -> Fault {
    if asked.first {
        return Fault::retry(format!("{asked}: no such page{}", first_hint(asked)));
    }
    Fault::retry(format!("{asked}: no database answers, PostgreSQL is probably down"))
}

fn first_hint(asked: Asked<'_>) -> String {
    let database = asked.database.unwrap_or("none configured");
    format!("; wrong database name ({database}) or PostgreSQL down")
}

/// 5xx that Odoo did not write. Behind a gateway a write may have happened, or may still happen.
fn gateway(asked: Asked<'_>, status: StatusCode) -> Fault {
    match asked.operation.effect {
        Effect::Read => Fault::retry(format!("{asked}: {status}")),
        Effect::Write => Fault::ambiguous(asked, status),
    }
}

fn busy(asked: Asked<'_>, headers: &HeaderMap, what: &str) -> Fault {
    let seconds = headers
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse::<u64>().ok());
    Fault::Retry {
        after: seconds.map(|s| Duration::from_secs(s.min(LONGEST_PAUSE))),
        cause: format!("{asked} {what}"),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("application/json"))
}
