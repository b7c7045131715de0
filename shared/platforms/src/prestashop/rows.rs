//! Answers of the webservice as rows: elements whose fields are read on demand, with errors that name
//! resource, id and field. Sources: recordings of 8.2.0; STORES, PrestaShop 6, 7 and 10.

use causeway_domain::{Decimal, Fault, StoreId, WaitKey, money};
use http::StatusCode;

use super::webhook::digits;
use super::xml::{self, Broken, Element};
use crate::adapter::Answer;
use crate::answer;
use crate::rounding::LARGEST;

/// One row of a resource.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Resource and id for messages: `orders/11`.
    pub place: String,
    /// The fields.
    pub fields: Element,
}

impl Row {
    /// A field's text, trimmed; empty if absent.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.text_of(field)
    }
    /// A field's amount; empty is nothing, anything else that is no number is a fault.
    pub(super) fn decimal(&self, field: &str) -> Result<Decimal, Fault> {
        let text = self.text(field);
        if text.is_empty() {
            return Ok(Decimal::ZERO);
        }
        match money::decimal(text) {
            Ok(amount) if amount.abs() <= LARGEST => Ok(amount),
            Ok(_) | Err(_) => Err(self.bad(field, "is not an amount")),
        }
    }
    /// A reference to another row; 0 and empty are none.
    pub(super) fn reference(&self, field: &str) -> Option<String> {
        digits(self.text(field))
    }
    /// A flag: `1` is true (also in 9.1, STORES 6).
    pub(super) fn flag(&self, field: &str) -> bool {
        self.text(field) == "1"
    }
    /// Its own id.
    pub(super) fn id(&self) -> Result<String, Fault> {
        self.reference("id").ok_or_else(|| self.bad("id", "is not an id"))
    }
    /// The ids under `associations/<name>`.
    pub(super) fn associated(&self, name: &str) -> Vec<String> {
        let list = self.fields.child("associations").and_then(|all| all.child(name));
        let rows = list.map(|list| list.children.as_slice()).unwrap_or_default();
        rows.iter().filter_map(|row| digits(row.text_of("id"))).collect()
    }
    /// The entries under `associations/<name>` as rows of their own.
    pub(super) fn entries(&self, name: &str) -> Vec<Row> {
        let list = self.fields.child("associations").and_then(|all| all.child(name));
        let rows = list.map(|list| list.children.as_slice()).unwrap_or_default();
        rows.iter()
            .map(|fields| Row { place: self.place.clone(), fields: fields.clone() })
            .collect()
    }
    /// A fault about one field.
    pub(super) fn bad(&self, field: &str, what: &str) -> Fault {
        answer::unreadable("prestashop", format!("{}: {field} {what}", self.place))
    }
}

/// The rows of an answer to a list request. An empty list is `[]`; a 404 is not an answer to it.
pub(super) fn rows(
    store: &StoreId,
    resource: &'static str,
    answer: &Answer,
) -> Result<Vec<Row>, Fault> {
    let what = format!("prestashop {resource}");
    let status = answer.status();
    if !status.is_success() {
        return Err(refused(store, resource, answer));
    }
    // A fatal error of PHP after the headers, or a cut connection.
    let root = xml::parse(answer.body()).map_err(|broken| match broken {
        Broken::Truncated => Fault::retry(format!("{what}: truncated or empty XML")),
        Broken::At(byte) => answer::unreadable(&what, format!("not XML at byte {byte}")),
    })?;
    if root.name != "prestashop" {
        return Err(answer::unreadable(&what, "the answer is not the webservice's"));
    }
    Ok(listed(&root, resource))
}

/// Rows of a document in list form (`<orders><order>`) or single form (`<order>`).
pub(super) fn listed(root: &Element, resource: &str) -> Vec<Row> {
    let singles: &[Element] = match root.child(resource) {
        Some(list) => &list.children,
        None => &root.children,
    };
    singles
        .iter()
        .filter(|element| element.child("id").is_some())
        .map(|element| Row {
            place: format!(
                "{resource}/{}",
                element.text_of("id").chars().take(20).collect::<String>()
            ),
            fields: element.clone(),
        })
        .collect()
}

/// What a refusal means (STORES, PrestaShop 7). Codes are safe to show, messages can quote data.
fn refused(store: &StoreId, resource: &str, answer: &Answer) -> Fault {
    let what = format!("prestashop {resource}");
    let codes = error_codes(answer.body());
    let coded =
        if codes.is_empty() { String::new() } else { format!(", code {}", codes.join(" and ")) };
    match answer.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let cause = match codes.first().map(String::as_str) {
                Some("26") => format!("give the webservice key the permission View on {resource}"),
                Some("18" | "20" | "21") => "the webservice key is wrong or not active".to_owned(),
                Some(_) | None => {
                    "the webservice key did not arrive, or the webservice is off; PHP \
                                   as CGI needs the rewrite rule for Authorization"
                        .to_owned()
                }
            };
            Fault::Wait {
                key: WaitKey::other(format!("credentials:{store}")),
                cause: format!("{what}: not authorised{coded}: {cause}"),
            }
        }
        // A list request is answered 200 even if nothing fits, so this is not about the order.
        status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => Fault::reject(
            format!("{what}: {status} does not come from the webservice"),
            "check base_url and that the webservice and friendly URLs are on",
        ),
        status => match answer::body(store, &format!("{what}{coded}"), answer) {
            Err(fault) => fault,
            Ok(_) => answer::unreadable(&what, status),
        },
    }
}

fn error_codes(body: &[u8]) -> Vec<String> {
    let Ok(root) = xml::parse(body) else { return Vec::new() };
    let errors = root.child("errors").map(|errors| errors.children.as_slice()).unwrap_or_default();
    errors.iter().filter_map(|error| digits(error.text_of("code"))).collect()
}
