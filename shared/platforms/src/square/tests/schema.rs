//! The fixtures and our requests against Square's OpenAPI (2025-08-20) and its types of 2026-09-16.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{FOLDER, beside, document, fetch, store};
use crate::adapter::Fetch;
use crate::testing::{answer, expected_names, fixture};

/// Refuses fields that the maker does not name; his schemas let any pass.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(strict);
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn openapi(name: &str) -> Validator {
    let api = fixture("square/openapi-2025-08-20.subset.json");
    let mut schema = json!({
        "$ref": format!("#/components/schemas/{name}"),
        "components": { "schemas": api["components"]["schemas"] },
    });
    strict(&mut schema);
    jsonschema::draft202012::new(&schema).unwrap()
}

fn types(name: &str) -> Validator {
    let mut schema = fixture("square/json-schema-2026-09-16.subset.json");
    strict(&mut schema);
    schema["$ref"] = format!("#/$defs/{name}").into();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn refuse(validator: &Validator, value: &Value, at: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{at}: {errors:#?}");
}

/// A fixture that Square could not have sent would prove nothing.
#[test]
fn every_fixture_is_an_answer_of_square() {
    let order = openapi("RetrieveOrderResponse");
    let payment = openapi("GetPaymentResponse");
    let customer = openapi("RetrieveCustomerResponse");
    let catalog = openapi("BatchRetrieveCatalogObjectsResponse");
    let (order_now, payment_now) = (types("Order"), types("Payment"));
    let mut names = expected_names(FOLDER);
    names.push("returns-only".to_owned());
    for name in names {
        refuse(&order, &document(&name), &name);
        refuse(&order_now, &document(&name)["order"], &name);
        let others = beside(&name);
        for (path, body) in others.as_object().into_iter().flatten() {
            let validator = match path.split('/').nth(2).unwrap() {
                "payments" => {
                    refuse(&payment_now, &body["payment"], path);
                    &payment
                }
                "customers" => &customer,
                "catalog" => &catalog,
                other => panic!("{other}"),
            };
            refuse(validator, body, &format!("{name} {path}"));
        }
    }
    let mut wrong = document("additive");
    wrong["order"]["line_itms"] = json!([]);
    assert!(!order.is_valid(&wrong), "a field that is not there must be refused");
}

/// Paths, methods and the catalogue body are those of the OpenAPI.
#[test]
fn every_call_is_one_of_the_api() {
    let api = fixture("square/openapi-2025-08-20.subset.json");
    let body = openapi("BatchRetrieveCatalogObjectsRequest");
    let mut seen = 0;
    for name in expected_names(FOLDER) {
        let first = document(&name);
        let id = first["order"]["id"].as_str().unwrap().to_owned();
        let Fetch::Ask(mut calls) = fetch(&store("{}"), &id, &[]).unwrap() else {
            panic!("nothing asked");
        };
        if let Fetch::Ask(more) =
            fetch(&store("{}"), &id, &[answer(200, first.to_string())]).unwrap()
        {
            calls.extend(more);
        }
        for call in calls {
            let request = &call.request;
            let paths = api["paths"].as_object().unwrap();
            let (_, item) = paths
                .iter()
                .find(|(template, _)| matches(template, request.uri().path()))
                .unwrap_or_else(|| panic!("{} is no path of the API", request.uri()));
            let method = request.method().as_str().to_lowercase();
            assert!(item.get(&method).is_some(), "{method} {}", request.uri());
            assert_eq!(request.headers()["square-version"], "2026-09-16");
            assert_eq!(request.headers()["authorization"], "Bearer EAAA-token");
            if method == "post" {
                refuse(&body, &serde_json::from_slice(request.body()).unwrap(), &name);
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}
