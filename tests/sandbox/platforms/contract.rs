//! JSON Schema checks against a maker's OpenAPI or Swagger file.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The schemas of one file, closed: a member that the maker does not list is an error.
pub(crate) struct Contract {
    validators: HashMap<&'static str, Validator>,
}

impl Contract {
    /// Reads a file; `at` is where its schemas are, `names` are those that will be used.
    pub(crate) fn new(text: &str, at: &str, names: &[&'static str]) -> Self {
        let document: Value = serde_json::from_str(text).expect("the contract is JSON");
        let schemas = document.pointer(at).and_then(Value::as_object).expect("schemas");
        let prefix = format!("#{at}/");
        let mut definitions: Map<String, Value> =
            schemas.iter().map(|(name, schema)| (name.clone(), closed(schema, &prefix))).collect();
        let mut referred = Vec::new();
        definitions.values().for_each(|schema| references(schema, &mut referred));
        for name in referred {
            // A schema that the maker's own file lacks allows anything.
            definitions.entry(name).or_insert(Value::Bool(true));
        }
        let validators = names.iter().map(|name| {
            let schema =
                json!({"$ref": format!("#/definitions/{name}"), "definitions": definitions});
            (*name, jsonschema::validator_for(&schema).expect("a valid schema"))
        });
        Self { validators: validators.collect() }
    }

    /// What is wrong with a value: places and reasons, none if it fits.
    pub(crate) fn problems(&self, name: &str, value: &Value) -> Vec<String> {
        let validator = self.validators.get(name).expect("a schema that was asked for");
        validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .take(5)
            .collect()
    }

    /// Panics with the problems of an invented value.
    pub(crate) fn assert(&self, name: &str, value: &Value) {
        let problems = self.problems(name, value);
        assert!(problems.is_empty(), "an invented {name} breaks its schema: {problems:?}");
    }
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(to)) = fields.get("$ref") {
                found.extend(to.strip_prefix("#/definitions/").map(str::to_owned));
            }
            fields.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// OpenAPI's `nullable` as JSON Schema, references moved, unlisted members refused.
fn closed(schema: &Value, prefix: &str) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let nullable = fields.get("nullable") == Some(&Value::Bool(true));
    let mut out = Map::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("nullable" | "format" | "readOnly", _) => {}
            ("$ref", Value::String(to)) => {
                out.insert("$ref".to_owned(), json!(to.replace(prefix, "#/definitions/")));
            }
            ("properties", Value::Object(properties)) => {
                let inner =
                    properties.iter().map(|(name, schema)| (name.clone(), closed(schema, prefix)));
                out.insert("properties".to_owned(), Value::Object(inner.collect()));
                out.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            ("items" | "additionalProperties", inner) => {
                out.insert(name.clone(), closed(inner, prefix));
            }
            (_, value) => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    let schema = Value::Object(out);
    if nullable { json!({"anyOf": [schema, {"type": "null"}]}) } else { schema }
}
