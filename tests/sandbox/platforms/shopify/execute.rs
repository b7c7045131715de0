//! Runs a query over stored objects: exactly the selected fields, with aliases, fragments, variables
//! and paging done by the GraphQL engine and the resolver below.

use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{ExecutionResponse, JsonMap, serde_json_bytes};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const SDL: &str = include_str!("../../../fixtures/shopify/admin-2026-07.subset.graphql");

/// Shopify's schema, parsed once.
pub(super) fn schema() -> &'static Valid<Schema> {
    static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::parse_and_validate(SDL, "admin-2026-07.graphql").expect("Shopify's schema is valid")
    })
}

/// The root: everything that a query can start from.
pub(super) struct Root<'a> {
    /// Finds a stored object by its global id.
    pub(super) find: &'a dyn Fn(&str) -> Option<&'a Value>,
    /// All orders, the oldest change first.
    pub(super) changed: &'a [Value],
    /// The shop object.
    pub(super) shop: &'a Value,
}

/// Executes a valid document; an error is one of the request as a whole (variables).
pub(super) fn execute(
    document: &Valid<ExecutableDocument>,
    operation: Option<&str>,
    variables: &JsonMap,
    root: &Root<'_>,
) -> Result<ExecutionResponse, String> {
    let text = |error: apollo_compiler::request::RequestError| error.message().to_string();
    Execution::new(schema(), document)
        .operation_name(operation)
        .map_err(text)?
        .raw_variable_values(variables)
        .execute_sync(root)
        .map_err(text)
}

fn error(message: impl Into<String>) -> FieldError {
    FieldError { message: message.into() }
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        "QueryRoot"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "orders" => {
                let text = |name: &str| info.arguments().get(name).and_then(|text| text.as_str());
                if text("sortKey") != Some("UPDATED_AT") {
                    return Err(error("only sortKey UPDATED_AT is built in this fake"));
                }
                let (from, to) = changed_between(text("query").unwrap_or_default())?;
                let at = |order: &Value| -> Timestamp {
                    order["updatedAt"].as_str().unwrap().parse().unwrap()
                };
                let begin = self.changed.partition_point(|order| at(order) < from);
                let end = self.changed.partition_point(|order| at(order) <= to).max(begin);
                page(&self.changed[begin..end], info)
            }
            "order" | "node" | "refund" | "return" => {
                let id = info.arguments().get("id").and_then(|id| id.as_str()).unwrap_or_default();
                match (self.find)(id) {
                    Some(found) => object(found, info.field_definition().ty.inner_named_type()),
                    None => Ok(ResolvedValue::null()),
                }
            }
            "shop" => object(self.shop, "Shop"),
            other => Err(error(format!("{other} is not built in this fake"))),
        }
    }
}

/// Both ends of `updated_at:>='..' AND updated_at:<='..'`; other searches are not built.
fn changed_between(query: &str) -> Result<(Timestamp, Timestamp), FieldError> {
    let ends = query.strip_prefix("updated_at:>='").and_then(|rest| {
        let (from, rest) = rest.split_once("' AND updated_at:<='")?;
        Some((from.parse().ok()?, rest.strip_suffix('\'')?.parse().ok()?))
    });
    ends.ok_or_else(|| error("only a search by both ends of updated_at is built in this fake"))
}

/// A stored object.
struct Stored<'a> {
    fields: &'a Map<String, Value>,
    type_name: &'a str,
}

/// An object value; its type is its `__typename`, else the type that the schema says.
fn object<'a>(value: &'a Value, declared: &'a str) -> Result<ResolvedValue<'a>, FieldError> {
    match value {
        Value::Null => Ok(ResolvedValue::null()),
        Value::Object(fields) => {
            let type_name = fields.get("__typename").and_then(Value::as_str).unwrap_or(declared);
            Ok(ResolvedValue::object(Stored { fields, type_name }))
        }
        _ => Err(error("the stored value is not an object")),
    }
}

impl ObjectValue for Stored<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let declared = info.field_definition().ty.inner_named_type();
        let name = info.field_name();
        let stored = match self.fields.get(name) {
            Some(stored) => stored,
            None if info.field_definition().ty.is_non_null() => {
                return Err(error(format!("{}.{name} is not built in this fake", self.type_name)));
            }
            None => &Value::Null,
        };
        let leaf = schema().types.get(declared).is_some_and(|ty| ty.is_scalar() || ty.is_enum());
        match stored {
            Value::Array(items) if declared.ends_with("Connection") => page(items, info),
            Value::Array(items) if !leaf => {
                let wanted = whole(info, "first")?.unwrap_or(items.len());
                let list = items.iter().take(wanted).map(|item| object(item, declared));
                Ok(ResolvedValue::list(list.collect::<Result<Vec<_>, _>>()?))
            }
            value if leaf => Ok(ResolvedValue::leaf(bytes(value))),
            value => object(value, declared),
        }
    }
}

fn bytes(value: &Value) -> serde_json_bytes::Value {
    serde_json_bytes::Value::from(value.clone())
}

fn whole(info: &ResolveInfo<'_>, name: &str) -> Result<Option<usize>, FieldError> {
    match info.arguments().get(name) {
        None => Ok(None),
        Some(value) if value.is_null() => Ok(None),
        Some(value) => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n <= 250)
            .map(Some)
            .ok_or_else(|| error(format!("{name} must be between 0 and 250"))),
    }
}

/// One page of a connection: `nodes`, `edges` and `pageInfo` of the items after the cursor.
fn page<'a>(items: &'a [Value], info: &ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
    if info.arguments().keys().any(|name| ["last", "before"].contains(&name.as_str())) {
        return Err(error("paging backwards is not built in this fake"));
    }
    let first =
        whole(info, "first")?.ok_or_else(|| error("you must provide one of first or last"))?;
    let start = match info.arguments().get("after").and_then(|after| after.as_str()) {
        None => 0,
        Some(cursor) => {
            position(cursor).ok_or_else(|| error("Invalid cursor for current pagination sort."))?
                + 1
        }
    };
    let end = (start + first).min(items.len());
    let shown = items.get(start..end).unwrap_or_default();
    Ok(ResolvedValue::object(Page {
        shown,
        start,
        more: end < items.len(),
        connection: connection(info),
    }))
}

fn connection<'a>(info: &ResolveInfo<'a>) -> &'a str {
    info.field_definition().ty.inner_named_type().as_str()
}

fn cursor(at: usize) -> String {
    STANDARD.encode(json!({"last_id": at}).to_string())
}

fn position(cursor: &str) -> Option<usize> {
    let value: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
    usize::try_from(value.get("last_id")?.as_u64()?).ok()
}

struct Page<'a> {
    shown: &'a [Value],
    start: usize,
    more: bool,
    connection: &'a str,
}

impl ObjectValue for Page<'_> {
    fn type_name(&self) -> &str {
        self.connection
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let declared = info.field_definition().ty.inner_named_type();
        match info.field_name() {
            "nodes" => {
                let nodes = self.shown.iter().map(|item| object(item, declared));
                Ok(ResolvedValue::list(nodes.collect::<Result<Vec<_>, _>>()?))
            }
            "edges" => {
                let edges = self.shown.iter().enumerate().map(|(at, node)| Edge {
                    node,
                    cursor: cursor(self.start + at),
                    type_name: declared,
                });
                Ok(ResolvedValue::list(edges.map(ResolvedValue::object).collect::<Vec<_>>()))
            }
            "pageInfo" => Ok(ResolvedValue::object(PageInfo {
                more: self.more,
                start: self.start,
                count: self.shown.len(),
            })),
            other => Err(error(format!("{}.{other} is not built in this fake", self.connection))),
        }
    }
}

struct Edge<'a> {
    node: &'a Value,
    cursor: String,
    type_name: &'a str,
}

impl ObjectValue for Edge<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }
    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "cursor" => Ok(ResolvedValue::leaf(self.cursor.as_str())),
            _ => object(self.node, info.field_definition().ty.inner_named_type()),
        }
    }
}

struct PageInfo {
    more: bool,
    start: usize,
    count: usize,
}

impl ObjectValue for PageInfo {
    fn type_name(&self) -> &str {
        "PageInfo"
    }
    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let at = |offset: usize| match self.count {
            0 => ResolvedValue::null(),
            _ => ResolvedValue::leaf(cursor(self.start + offset)),
        };
        Ok(match info.field_name() {
            "hasNextPage" => ResolvedValue::leaf(self.more),
            "hasPreviousPage" => ResolvedValue::leaf(self.start > 0),
            "startCursor" => at(0),
            _ => at(self.count.saturating_sub(1)),
        })
    }
}
