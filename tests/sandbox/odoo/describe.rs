//! `fields_get`.

use super::schema::{Field, Model, Type};
use serde_json::{Map, Value, json};

/// The fields of a model, with the attributes that are asked for.
pub fn fields_get(model: &Model, names: Option<&Value>, attributes: Option<&Value>) -> Value {
    let list = |value: Option<&Value>| {
        value.and_then(Value::as_array).filter(|list| !list.is_empty()).map(|list| {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
        })
    };
    let (names, attributes) = (list(names), list(attributes));
    let mut all = Map::new();
    for field in model.fields.values() {
        if names.as_ref().is_some_and(|names| !names.contains(&field.name)) {
            continue;
        }
        let mut described = describe(field);
        described.retain(|key, _| attributes.as_ref().is_none_or(|wanted| wanted.contains(key)));
        all.insert(field.name.clone(), Value::Object(described));
    }
    Value::Object(all)
}

fn describe(field: &Field) -> Map<String, Value> {
    let mut map = json!({
        "type": field.type_name, "string": field.label, "name": field.name,
        "required": field.required, "readonly": field.readonly, "store": !field.computed,
        "searchable": !field.computed, "sortable": !field.computed, "groupable": !field.computed,
        "exportable": true, "manual": false, "depends": [], "change_default": false,
        "default_export_compatible": false,
        "company_dependent": field.name.starts_with("property_") || field.name == "barcode",
    });
    if let Some(relation) = &field.relation {
        map["relation"] = json!(relation);
    }
    if let Some(digits) = &field.digits {
        map["digits"] = digits.clone();
    }
    if let Some(currency) = &field.currency_field {
        map["currency_field"] = json!(currency);
    }
    if field.kind == Type::Selection {
        map["selection"] = json!(field.selection);
    }
    // The precisions "Product Price", "Discount" and "Product Unit" of the seed.
    if [
        "price_unit",
        "technical_price_unit",
        "discount",
        "product_uom_qty",
        "qty_delivered",
        "qty_invoiced",
    ]
    .contains(&field.name.as_str())
    {
        map["digits"] = json!([16, 2]);
    }
    map.as_object().unwrap().clone()
}
