//! Which models, fields and methods exist. Read from the fixture that was cut from a real
//! server's own description; the fake refuses everything else.

use super::fail::{Answer, Fail};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// true/false.
    Boolean,
    /// Whole number.
    Integer,
    /// Float, printed with a point.
    Float,
    /// Amount in the record's currency.
    Monetary,
    /// Text of any kind, and selections.
    Text,
    /// HTML.
    Html,
    /// A day.
    Date,
    /// A moment, UTC.
    Datetime,
    /// One of a list of values.
    Selection,
    /// Reference.
    Many2one,
    /// Children.
    One2many,
    /// References.
    Many2many,
    /// json.
    Json,
    /// Everything else (binary, properties, reference).
    Other,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Technical name.
    pub name: String,
    /// Type.
    pub kind: Type,
    /// Type as Odoo names it.
    pub type_name: String,
    /// Label, as messages use it.
    pub label: String,
    /// Target model of a relation.
    pub relation: Option<String>,
    /// `required` of `fields_get`.
    pub required: bool,
    /// `readonly` of `fields_get`.
    pub readonly: bool,
    /// Not stored.
    pub computed: bool,
    /// Digits of a float, as `fields_get` gives them.
    pub digits: Option<Value>,
    /// The currency of a monetary field.
    pub currency_field: Option<String>,
    /// Values and labels of a selection.
    pub selection: Vec<(String, String)>,
}

/// One public method.
#[derive(Clone, Debug)]
pub struct Method {
    /// Called on the model: `ids` is refused.
    pub on_model: bool,
    /// Argument names; true when optional.
    pub arguments: Vec<(String, bool)>,
    /// Takes any further named argument.
    pub keywords: bool,
}

/// One model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Technical name.
    pub name: String,
    /// Label.
    pub label: String,
    /// Fields by name.
    pub fields: BTreeMap<String, Field>,
    methods: HashMap<String, Method>,
}

/// All models.
pub struct Schema {
    models: HashMap<String, Model>,
    base: HashMap<String, Method>,
}

/// Methods that exist and are `@api.private`.
const PRIVATE: &[&str] = &[
    "browse",
    "check_access",
    "concat",
    "ensure_one",
    "exists",
    "fetch",
    "filtered",
    "filtered_domain",
    "flush_model",
    "flush_recordset",
    "grouped",
    "init",
    "invalidate_model",
    "invalidate_recordset",
    "lock_for_update",
    "mapped",
    "modified",
    "new",
    "search_fetch",
    "sorted",
    "sudo",
    "try_lock_for_update",
    "union",
    "update",
    "with_company",
    "with_context",
    "with_env",
    "with_prefetch",
    "with_user",
];

impl Model {
    /// A field that must exist.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }
}

impl Schema {
    /// The model, or 404.
    pub fn model(&self, name: &str) -> Answer<&Model> {
        self.models
            .get(name)
            .ok_or_else(|| Fail::not_found(format!("the model '{name}' does not exist")))
    }
    /// The model if it exists.
    pub fn find(&self, name: &str) -> Option<&Model> {
        self.models.get(name)
    }
    /// The method, or 403 when it is private, or 404.
    pub fn method<'a>(&'a self, model: &'a Model, method: &str) -> Answer<&'a Method> {
        if method.starts_with('_') || PRIVATE.contains(&method) {
            return Err(Fail::access(format!(
                "Private methods (such as '{}.{method}') cannot be called remotely.",
                model.name
            )));
        }
        model.methods.get(method).or_else(|| self.base.get(method)).ok_or_else(|| {
            Fail::not_found(format!("The method '{}.{method}' does not exist", model.name))
        })
    }
    /// Checks `ids` and the named arguments as `inspect.Signature.bind` does.
    pub fn bind(
        &self,
        model: &Model,
        name: &str,
        method: &Method,
        arguments: &Map<String, Value>,
    ) -> Answer<()> {
        if method.on_model && arguments.get("ids").is_some_and(truthy) {
            return Err(Fail::unprocessable(format!("cannot call {}.{name} with ids", model.name)));
        }
        for (argument, optional) in &method.arguments {
            if !optional && !arguments.contains_key(argument) {
                return Err(Fail::unprocessable(format!(
                    "missing a required argument: '{argument}'"
                )));
            }
        }
        for argument in arguments.keys() {
            let known = matches!(argument.as_str(), "ids" | "context")
                || method.arguments.iter().any(|(name, _)| name == argument);
            if !known && !method.keywords {
                return Err(Fail::unprocessable(format!(
                    "got an unexpected keyword argument '{argument}'"
                )));
            }
        }
        Ok(())
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

/// The schema, parsed once.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| parse(include_str!("../../fixtures/odoo/odoo19-models.subset.json")))
}

fn parse(text: &str) -> Schema {
    let file: Value = serde_json::from_str(text).unwrap();
    let models = file["models"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, model)| {
            let fields = model["fields"].as_object().unwrap();
            let fields = fields.iter().map(|(n, f)| (n.clone(), field(n, f))).collect();
            let label = model["name"].as_str().unwrap().to_owned();
            let methods = methods(&model["methods"]);
            (name.clone(), Model { name: name.clone(), label, fields, methods })
        })
        .collect();
    Schema { models, base: methods(&file["base_methods"]) }
}

fn field(name: &str, field: &Value) -> Field {
    let type_name = field["t"].as_str().unwrap();
    let kind = match type_name {
        "boolean" => Type::Boolean,
        "integer" | "many2one_reference" => Type::Integer,
        "float" => Type::Float,
        "monetary" => Type::Monetary,
        "char" | "text" => Type::Text,
        "html" => Type::Html,
        "date" => Type::Date,
        "datetime" => Type::Datetime,
        "selection" => Type::Selection,
        "many2one" => Type::Many2one,
        "one2many" => Type::One2many,
        "many2many" => Type::Many2many,
        "json" => Type::Json,
        _ => Type::Other,
    };
    let selection = field["sel"].as_array().map_or_else(Vec::new, |items| {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        items.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
    });
    Field {
        name: name.to_owned(),
        kind,
        type_name: type_name.to_owned(),
        label: field["s"].as_str().unwrap_or(name).to_owned(),
        relation: field["rel"].as_str().map(str::to_owned),
        required: field["req"].as_bool().unwrap_or(false),
        readonly: field["ro"].as_bool().unwrap_or(false),
        computed: field["calc"].as_bool().unwrap_or(false),
        digits: field.get("dig").cloned(),
        currency_field: field["cur"].as_str().map(str::to_owned),
        selection,
    }
}

/// `m:domain,limit?,**`: on the model (`m`) or on records (`r`), then the arguments.
fn methods(value: &Value) -> HashMap<String, Method> {
    let parse = |text: &str| {
        let (kind, arguments) = text.split_once(':').unwrap();
        let names = arguments.split(',').filter(|a| !a.is_empty() && *a != "**");
        Method {
            on_model: kind == "m",
            keywords: arguments.split(',').any(|a| a == "**"),
            arguments: names
                .map(|a| (a.trim_end_matches('?').to_owned(), a.ends_with('?')))
                .collect(),
        }
    };
    let methods = value.as_object().unwrap();
    methods.iter().map(|(name, text)| (name.clone(), parse(text.as_str().unwrap()))).collect()
}
