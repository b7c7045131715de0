//! The documents against Adobe's schema.

use super::{document, fixture};
use serde_json::{Value, json};

/// The invented documents have only members that Adobe documents, of the documented types.
#[test]
fn the_fixtures_are_valid_against_adobes_schema() {
    let subset: Value =
        serde_json::from_str(&fixture("magento/openapi-admin-2.4.9.subset.json")).unwrap();
    for (name, definition) in [
        ("after/order", "sales-data-order-interface"),
        ("after/creditmemo", "sales-data-creditmemo-interface"),
    ] {
        let mut schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$ref": format!("#/definitions/{definition}"),
            "definitions": subset["definitions"],
        });
        for definition in schema["definitions"].as_object_mut().unwrap().values_mut() {
            if definition.get("properties").is_some() {
                definition["additionalProperties"] = json!(false);
                // Magento sends null for any of them, which the schema does not say.
                for property in definition["properties"].as_object_mut().unwrap().values_mut() {
                    if let Some(kind) = property.get("type").cloned() {
                        property["type"] = json!([kind, "null"]);
                    }
                }
            }
        }
        let validator = jsonschema::validator_for(&schema).unwrap();
        let document = document(name);
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert!(!validator.is_valid(&json!({"invented": 1})), "the validator accepts anything");
    }
}
