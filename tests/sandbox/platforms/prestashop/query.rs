//! `filter[field]`, `display`, `sort`, `limit` and `date` (recordings 107-129).

use super::resources::{Kind, Resource};
use crate::platforms::exchange::Exchange;
use serde_json::Value;

/// An error of the webservice: code and text; always 400.
pub(super) struct Wrong(pub(super) u32, pub(super) String);

/// What a list request asks for.
pub(super) struct Query {
    filters: Vec<(String, String)>,
    /// `None`: ids only. Else the fields, all of them for `full`.
    pub(super) display: Option<Vec<&'static str>>,
    /// True if the associated lists are shown.
    pub(super) associations: bool,
    sort: Vec<(String, bool)>,
    limit: Option<(usize, usize)>,
}

const DATES: &[&str] = &["date_add", "date_upd"];

fn names(resource: &Resource) -> Vec<&'static str> {
    let mut names = vec!["id"];
    names.extend(resource.fields.iter().map(|(name, _)| *name));
    names
}

/// Dates are hidden from filters and sorting unless `date=1`; computed fields can be neither.
fn filterable(resource: &Resource, dates: bool) -> Vec<&'static str> {
    let computed = |name: &str| resource.fields.contains(&(leak(resource, name), Kind::Computed));
    names(resource)
        .into_iter()
        .filter(|name| (dates || !DATES.contains(name)) && !computed(name))
        .collect()
}

fn leak<'a>(resource: &'a Resource, name: &str) -> &'a str {
    resource.fields.iter().map(|(field, _)| *field).find(|field| *field == name).unwrap_or("")
}

/// Reads the parameters; unknown ones and a bad limit are ignored silently, as recorded.
pub(super) fn read(cx: &mut Exchange<'_>, resource: &'static Resource) -> Result<Query, Wrong> {
    let pairs = cx.query();
    let dates = pairs.iter().any(|(name, value)| name == "date" && value == "1");
    let filterable = filterable(resource, dates);
    let mut query = Query {
        filters: Vec::new(),
        display: None,
        associations: false,
        sort: Vec::new(),
        limit: None,
    };
    for (name, value) in pairs {
        if let Some(field) = name.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']')) {
            if !filterable.contains(&field) {
                let list: Vec<String> =
                    filterable.iter().map(|name| format!("\"{name}\"")).collect();
                return Err(Wrong(
                    32,
                    format!(
                        "This filter does not exist. Did you mean: \"note\"? The full list is: {}",
                        list.join(", ")
                    ),
                ));
            }
            query.filters.push((field.to_owned(), value));
            continue;
        }
        match name.as_str() {
            "display" => display(resource, &value, &mut query)?,
            "sort" => query.sort = sort(&value, &filterable)?,
            "limit" => query.limit = Some(limit(cx, &value)),
            "date" | "language" | "id_shop" | "id_group_shop" | "ws_key" => {}
            other => cx.violation(format!("the parameter {other} is ignored silently")),
        }
    }
    Ok(query)
}

fn display(resource: &'static Resource, value: &str, query: &mut Query) -> Result<(), Wrong> {
    let known = names(resource);
    let list = || known.join(", ");
    if value == "full" {
        query.display = Some(known);
        query.associations = true;
        return Ok(());
    }
    let Some(fields) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Err(Wrong(
            36,
            format!(
                "The 'display' syntax is wrong. You can set 'full' or '[field_1,field_2,field_3,...]'. \
             These are available: {}",
                list()
            ),
        ));
    };
    let mut chosen = Vec::new();
    for field in fields.split(',').map(str::trim) {
        let Some(name) = known.iter().find(|name| **name == field) else {
            return Err(Wrong(
                35,
                format!(
                    "Unable to display this field \"{field}\". However, these are available: {}",
                    list()
                ),
            ));
        };
        chosen.push(*name);
    }
    // In the resource's own order.
    query.display = Some(names(resource).into_iter().filter(|n| chosen.contains(n)).collect());
    Ok(())
}

fn sort(value: &str, filterable: &[&str]) -> Result<Vec<(String, bool)>, Wrong> {
    let inner = value.trim_start_matches('[').trim_end_matches(']');
    let mut out = Vec::new();
    for part in inner.split(',') {
        let (field, descending) = match part.rsplit_once('_') {
            Some((field, "DESC")) => (field, true),
            Some((field, "ASC")) => (field, false),
            _ => (part, false),
        };
        if !filterable.contains(&field) {
            return Err(Wrong(
                38,
                format!(
                    "Unable to filter by this field. However, these are available: {}, for i18n fields:",
                    filterable.join(", ")
                ),
            ));
        }
        out.push((field.to_owned(), descending));
    }
    Ok(out)
}

fn limit(cx: &mut Exchange<'_>, value: &str) -> (usize, usize) {
    let numbers: Option<Vec<usize>> = value.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([count]) => (0, *count),
        Some([offset, count]) => (*offset, *count),
        _ => {
            cx.violation("a bad limit answers an empty list");
            (0, 0)
        }
    }
}

/// A value as the text that the database compares.
pub(super) fn text(row: &Value, field: &str) -> String {
    match &row[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Query {
    /// The rows that fit, sorted and cut.
    pub(super) fn apply(&self, mut rows: Vec<Value>) -> Vec<Value> {
        rows.retain(|row| self.filters.iter().all(|(field, want)| fits(&text(row, field), want)));
        rows.sort_by_key(|row| row["id"].as_u64());
        for (field, descending) in self.sort.iter().rev() {
            rows.sort_by(|a, b| {
                let order = compare(&text(a, field), &text(b, field));
                if *descending { order.reverse() } else { order }
            });
        }
        match self.limit {
            Some((offset, count)) => rows.into_iter().skip(offset).take(count).collect(),
            None => rows,
        }
    }
}

fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<rust_decimal::Decimal>(), b.parse::<rust_decimal::Decimal>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// `[1|5]`, `[1,10]` (inclusive), `>[x]`, `<[x]`, `![x]`, `[x]%`, `%[x]`, `%[x]%`, or a literal.
fn fits(value: &str, filter: &str) -> bool {
    let inner = |prefix: &str, suffix: &str| -> Option<String> {
        let rest = filter.strip_prefix(prefix)?.strip_suffix(suffix)?;
        Some(rest.strip_prefix('[')?.strip_suffix(']')?.to_owned())
    };
    let folded = value.to_lowercase();
    if let Some(list) = inner("", "") {
        return match list.split_once(',') {
            Some((low, high)) => {
                compare(value, low) != std::cmp::Ordering::Less
                    && compare(value, high) != std::cmp::Ordering::Greater
            }
            None => list.split('|').any(|one| one == value),
        };
    }
    if let Some(part) = inner("%", "%") {
        return folded.contains(&part.to_lowercase());
    }
    if let Some(part) = inner("", "%") {
        return folded.starts_with(&part.to_lowercase());
    }
    if let Some(part) = inner("%", "") {
        return folded.ends_with(&part.to_lowercase());
    }
    if let Some(bound) = inner(">", "") {
        return compare(value, &bound) == std::cmp::Ordering::Greater;
    }
    if let Some(bound) = inner("<", "") {
        return compare(value, &bound) == std::cmp::Ordering::Less;
    }
    match inner("!", "") {
        Some(list) => list.split('|').all(|one| one != value),
        None => value == filter,
    }
}
