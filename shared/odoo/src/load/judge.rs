//! Reads the `messages` of a `load` that answered 200 with `ids: false`.
//!
//! What Odoo does (source of 19.0, and every recording agrees): values that cannot be converted are
//! logged with `record`, `rows` and `field`. Then all records are made at once; if that fails, each
//! is made alone and each failure is logged with `record` and `rows`, `field` only if PostgreSQL
//! names one column. If making all at once failed with a `UserError`, a copy of that text with
//! record 0 is put in front.

use super::{Cell, Culprit, CulpritClass, Record};
use crate::extract;
use serde_json::Value;
use std::collections::BTreeMap;

/// One error of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Index among the records of the call, if one is named.
    record: Option<usize>,
    /// Technical name of the field of the document.
    field: Option<String>,
    /// The model in which a named record was looked for.
    wanted: Option<String>,
    text: String,
}

/// What a failed call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// These are to blame, the others may be loaded; `race` if another transaction was in the way too.
    Named { culprits: BTreeMap<usize, Culprit>, race: bool },
    /// Another transaction was in the way.
    Race,
    /// It may have been another transaction, in a language that we cannot read.
    Perhaps { culprits: BTreeMap<usize, Culprit> },
    /// The integration user may not do this at all.
    Forbidden,
    /// Nobody is named.
    Unnamed,
}

/// The errors of an answer; `starts` maps rows to records.
pub(crate) fn messages(answer: &Value, starts: &[usize]) -> Vec<Message> {
    let list = answer.get("messages").and_then(Value::as_array).map(Vec::as_slice);
    list.unwrap_or_default()
        .iter()
        .filter(|message| message.get("type").and_then(Value::as_str) != Some("warning"))
        .map(|message| {
            let text = |at: &str| message.pointer(at).and_then(Value::as_str).map(str::to_owned);
            let number = |at: &str| message.pointer(at).and_then(Value::as_u64);
            let index = |n: u64| usize::try_from(n).ok();
            let by_row = || {
                let row = index(number("/rows/from")?)?;
                starts.iter().rposition(|start| *start <= row)
            };
            Message {
                record: number("/record").and_then(index).or_else(by_row),
                field: text("/field"),
                wanted: text("/moreinfo/domain/0/2"),
                text: text("/message").unwrap_or_default(),
            }
        })
        .collect()
}

/// Judges a failed call of `records`.
pub(crate) fn judge(mut messages: Vec<Message>, records: &[&Record]) -> Verdict {
    drop_echo(&mut messages);
    if !messages.is_empty() && messages.iter().all(|message| forbidden(&message.text)) {
        return Verdict::Forbidden;
    }
    let races = messages.iter().filter(|message| message.field.is_none());
    let race = races.clone().any(|message| lost_race(&message.text));
    let perhaps = races.clone().any(|message| bare_database_line(&message.text));
    messages.retain(|message| message.field.is_some() || !lost_race(&message.text));

    let mut culprits: BTreeMap<usize, Culprit> = BTreeMap::new();
    for message in &messages {
        let Some((at, record)) = message.record.and_then(|at| Some((at, records.get(at)?))) else {
            continue;
        };
        let culprit = culprit(message, record);
        match culprits.get(&at) {
            Some(known) if rank(&known.class) <= rank(&culprit.class) => {}
            Some(_) | None => {
                culprits.insert(at, culprit);
            }
        }
    }
    match (culprits.is_empty(), race) {
        (false, _) if perhaps && !race => Verdict::Perhaps { culprits },
        (false, race) => Verdict::Named { culprits, race },
        (true, true) => Verdict::Race,
        (true, false) => Verdict::Unnamed,
    }
}

/// Drops the copy for record 0 if another record has the same text.
fn drop_echo(messages: &mut Vec<Message>) {
    let repeated: Vec<String> = messages
        .iter()
        .filter(|message| message.record.is_some_and(|at| at != 0))
        .map(|message| message.text.clone())
        .collect();
    messages.retain(|message| {
        message.record != Some(0) || message.field.is_some() || !repeated.contains(&message.text)
    });
}

/// PostgreSQL's words for a lost race, by their stems in the languages that it speaks. Odoo passes
/// them on untranslated, alone on a line; a deadlock comes with a DETAIL.
fn lost_race(text: &str) -> bool {
    const STEMS: &[&str] = &[
        "seriali",
        "sériali",
        "сериализ",
        "серіаліз",
        "直列化",
        "串行",
        "序列化",
        "직렬",
        "serileştir",
        "deadlock",
        "verklemmung",
        "interblocage",
        "взаимоблокировк",
    ];
    let first = text.lines().next().unwrap_or_default().to_lowercase();
    let aborted = first.contains("current transaction is aborted");
    let detected = first.trim() == "deadlock detected" || first.starts_with("could not serialize");
    let locked = first.starts_with("could not obtain lock") || first.contains("lock timeout");
    let stem = bare_database_line(text) && STEMS.iter().any(|stem| first.contains(stem));
    aborted || detected || locked || stem
}

/// One line that ends in a line feed, as PostgreSQL's messages without DETAIL do and Odoo's do not;
/// not one of PostgreSQL's complaints about a value.
fn bare_database_line(text: &str) -> bool {
    const VALUES: &[&str] =
        &["value too long", "numeric field overflow", "out of range", "invalid "];
    let line = text.strip_suffix('\n').unwrap_or_default().trim();
    !line.is_empty() && !line.contains('\n') && !VALUES.iter().any(|start| line.contains(start))
}

/// Access rights are the same for every record of a call.
fn forbidden(text: &str) -> bool {
    text.starts_with("You are not allowed to ")
        || text == "Access to unauthorized or invalid companies."
}

/// The more it says, the earlier it counts when a record has several errors.
fn rank(class: &CulpritClass) -> u8 {
    match class {
        CulpritClass::MissingReference { .. } => 0,
        CulpritClass::BadValue { .. } => 1,
        CulpritClass::Constraint => 2,
        CulpritClass::Other => 3,
    }
}

fn culprit(message: &Message, record: &Record) -> Culprit {
    if let Some(model) = message.wanted.as_deref().filter(|_| message.field.is_some()) {
        return missing(message, plain(model, "record"), record);
    }
    if let Some(name) = extract::constraint(&message.text) {
        let text = format!("Odoo refuses it: it violates constraint {name}");
        return Culprit { class: CulpritClass::Constraint, text };
    }
    if let Some(field) = message.field.as_deref().map(|field| plain(field, "a field")) {
        let field = bad_column(message, field, record).unwrap_or(field.to_owned());
        let text = format!("Odoo does not take the value for {field}, or needs one");
        return Culprit { class: CulpritClass::BadValue { field }, text };
    }
    if names_vat(message, record) {
        let text = "Odoo does not take the VAT number for that country".to_owned();
        return Culprit { class: CulpritClass::BadValue { field: "vat".to_owned() }, text };
    }
    let text = match extract::detail(&message.text) {
        Some(detail) => format!("Odoo refuses it: {detail}"),
        None => "Odoo refuses it and names no field; enter it by hand to see the reason".to_owned(),
    };
    Culprit { class: CulpritClass::Other, text }
}

fn missing(message: &Message, model: &str, record: &Record) -> Culprit {
    let sent = reference_sent(message, record);
    let field = message.field.as_deref().map_or("a field", |field| plain(field, "a field"));
    let (field, id) = sent.unwrap_or((field.to_owned(), String::new()));
    let named = if id.is_empty() { "that is named" } else { &id };
    let text = format!("Odoo has no {model} {named} for {field}, or it is of another company");
    Culprit { class: CulpritClass::MissingReference { field, id }, text }
}

/// The id in the message that we sent in a reference column of that field. Only ids of ours can come
/// out, whatever the language and wording around them.
fn reference_sent(message: &Message, record: &Record) -> Option<(String, String)> {
    let field = message.field.as_deref()?;
    let quoted = |id: &str| {
        !id.is_empty()
            && message.text.match_indices(id).any(|(at, _)| {
                let before = message.text.get(..at).and_then(|t| t.chars().next_back());
                let after = message.text.get(at + id.len()..).and_then(|t| t.chars().next());
                let bounds = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric() && c != '.');
                bounds(before) && bounds(after)
            })
    };
    let found: Vec<(String, String)> = cells(record)
        .filter(|(column, _)| column.starts_with(field) && column.ends_with("id"))
        .flat_map(|(column, cell)| {
            let ids: Vec<String> = cell.sent().split(',').map(|id| id.trim().to_owned()).collect();
            ids.into_iter().map(move |id| (column.to_owned(), id))
        })
        .filter(|(_, id)| quoted(id))
        .collect();
    // A product and a tax can have the same id: `account.tax` is looked for in a column with `tax`.
    let model = message.wanted.as_deref().and_then(|model| model.rsplit('.').next());
    let fits = |column: &str| model.is_some_and(|model| column.contains(model));
    found.iter().find(|(column, _)| fits(column)).or(found.first()).cloned()
}

/// The column of a line whose value the message quotes; only the column's name comes out.
fn bad_column(message: &Message, field: &str, record: &Record) -> Option<String> {
    let below = format!("{field}/");
    cells(record)
        .filter(|(column, _)| column.starts_with(&below) && !column.ends_with("id"))
        .find(|(_, cell)| {
            let sent = cell.sent();
            !sent.is_empty() && message.text.contains(&format!("'{sent}'"))
        })
        .map(|(column, _)| column.to_owned())
}

/// True if the message quotes the VAT number that we sent, with or without its country letters.
fn names_vat(message: &Message, record: &Record) -> bool {
    cells(record).filter(|(column, _)| *column == "vat").any(|(_, cell)| {
        let digits: String =
            cell.sent().chars().skip(2).filter(char::is_ascii_alphanumeric).collect();
        digits.len() >= 3 && message.text.contains(&digits)
    })
}

fn cells(record: &Record) -> impl Iterator<Item = (&'static str, &Cell)> {
    let all = record.head.iter().chain(record.lines.iter().flatten());
    all.map(|(column, cell)| (*column, cell))
}

/// The name if it can be a technical one; anything else is not repeated.
fn plain<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/".contains(&b);
    if !name.is_empty() && name.len() <= 80 && name.bytes().all(fits) { name } else { otherwise }
}
