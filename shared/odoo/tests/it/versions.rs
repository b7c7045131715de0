//! The field map of 17, 18 and 19 (R3). The names of 17 and 18 are from their sources.

use crate::connection;
use crate::player::{Scripted, respond};
use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::NoAnswer;
use causeway_odoo::{Protocol, Session, Version, connect, operations};
use serde_json::{Map, Value, json};

/// Field names of `sale.order.line` that came or went.
fn line_names(major: u64) -> &'static [&'static str] {
    match major {
        17 => &["tax_id", "product_uom"],
        18 => &["tax_id", "product_uom", "technical_price_unit", "is_delivery"],
        _ => {
            &["tax_ids", "product_uom_id", "technical_price_unit", "is_delivery", "extra_tax_data"]
        }
    }
}

/// A database of that version that lacks some fields; it answers every reading call of `connect`.
fn database(
    version: Value,
    major: u64,
    lacks: &'static [&'static str],
) -> impl Fn(usize, &'static str, &Value) -> Result<http::Response<Bytes>, NoAnswer> + Send + Sync {
    let changed = [
        "tax_id",
        "tax_ids",
        "product_uom",
        "product_uom_id",
        "technical_price_unit",
        "is_delivery",
        "extra_tax_data",
    ];
    let positions = ["fiscal_position_ids", "original_tax_ids"];
    move |_, name, body| {
        let args = body.pointer("/params/args").cloned();
        let positional = |at: usize| args.as_ref().map(|args| args[5][at].clone());
        let result = match name {
            "odoo common/version" => {
                json!({"server_version_info": version, "version_info": version})
            }
            "odoo common/authenticate" => json!(5),
            "odoo res.currency/search_read" => {
                json!([{"id": 125, "name": "EUR", "decimal_places": 2}])
            }
            "odoo account.tax/search_read" => {
                let mut tax = json!({"id": 11, "name": "0% EU", "amount": 0.0, "amount_type": "percent",
                    "price_include": false, "active": true, "company_id": [1, "Prod NV"], "type_tax_use": "sale"});
                if major >= 19 {
                    tax["fiscal_position_ids"] = json!([3]);
                    tax["original_tax_ids"] = json!([1]);
                }
                json!([tax])
            }
            "odoo account.fiscal.position.tax/search_read" => json!([
                {"id": 1, "position_id": [3, "EU"], "tax_src_id": [1, "21%"], "tax_dest_id": [11, "0% EU"]},
                {"id": 2, "position_id": [3, "EU"], "tax_src_id": [2, "6%"], "tax_dest_id": false}
            ]),
            fields_get => {
                assert!(fields_get.ends_with("/fields_get"), "{fields_get}");
                let asked = positional(0).unwrap_or_else(|| body["allfields"].clone());
                let exists = |field: &str| {
                    !lacks.contains(&field)
                        && (!changed.contains(&field) || line_names(major).contains(&field))
                        && (!positions.contains(&field) || major >= 19)
                };
                let found: Map<String, Value> = asked
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|field| field.as_str().unwrap().to_owned())
                    .filter(|field| exists(field))
                    .map(|field| (field, json!({"type": "float", "digits": [16, 3]})))
                    .collect();
                Value::Object(found)
            }
        };
        let legacy = body.get("jsonrpc").is_some();
        let envelope = json!({"jsonrpc": "2.0", "id": 1, "result": result});
        Ok(respond(200, "application/json", if legacy { &envelope } else { &result }))
    }
}

async fn open(
    protocol: Protocol,
    version: Value,
    major: u64,
    lacks: &'static [&'static str],
) -> Result<Session, Fault> {
    connect(&Scripted::new(database(version, major, lacks)), &connection(protocol)).await
}

#[tokio::test]
async fn seventeen_eighteen_nineteen() {
    for (protocol, major, taxes, uom, pins, price) in [
        (
            Protocol::JsonRpc,
            17,
            "order_line/tax_id/.id",
            "order_line/product_uom/.id",
            false,
            false,
        ),
        (Protocol::JsonRpc, 18, "order_line/tax_id/.id", "order_line/product_uom/.id", false, true),
        (
            Protocol::JsonRpc,
            19,
            "order_line/tax_ids/.id",
            "order_line/product_uom_id/.id",
            true,
            true,
        ),
        (
            Protocol::Json2,
            19,
            "order_line/tax_ids/.id",
            "order_line/product_uom_id/.id",
            true,
            true,
        ),
    ] {
        let session =
            open(protocol, json!([major, 0, 0, "final", 0, ""]), major, &[]).await.unwrap();
        assert_eq!(session.fields.line_taxes_column(), taxes, "{major}");
        assert_eq!(session.fields.line_uom_column(), uom, "{major}");
        assert_eq!((session.pins, session.fields.technical_price_unit), (pins, price), "{major}");
        assert_eq!(session.quantity_decimals, 3);
        assert_eq!(session.uid, (protocol == Protocol::JsonRpc).then_some(5));
        let tax = &session.taxes[&11];
        assert_eq!(
            (tax.fiscal_positions.as_slice(), tax.original_taxes.as_slice()),
            (&[3][..], &[1][..]),
            "{major}"
        );
        let version = Version { major: u32::try_from(major).unwrap(), minor: 0 };
        assert_eq!(session.version, version);
    }
}

#[tokio::test]
async fn a_version_between_is_read_by_what_it_has() {
    let session =
        open(Protocol::JsonRpc, json!(["saas~18", 4, 0, "final", 0, ""]), 19, &[]).await.unwrap();
    assert_eq!(session.version.to_string(), "18.4");
    assert_eq!(session.fields.line_taxes, "tax_ids");
}

#[tokio::test]
async fn a_missing_field_names_model_field_and_version() {
    for (lacks, model, field) in [
        (&["tax_ids"][..], "sale.order.line", "tax_id"),
        (&["qty_delivered"], "sale.order.line", "qty_delivered"),
        (&["warehouse_id"], "sale.order", "warehouse_id"),
        (&["email_normalized"], "res.partner", "email_normalized"),
        (&["price_include"], "account.tax", "price_include"),
    ] {
        let fault = open(Protocol::Json2, json!([19, 0]), 19, lacks).await.unwrap_err();
        let text = fault.to_string();
        assert_eq!(fault.class(), "reject");
        for part in [model, field, "19.0"] {
            assert!(text.contains(part), "{part} not in {text}");
        }
    }
}

#[tokio::test]
async fn an_unsupported_pair_of_version_and_protocol_is_refused() {
    let old = open(Protocol::Json2, json!([18, 0]), 18, &[]).await.unwrap_err();
    assert!(old.to_string().contains("no JSON-2"), "{old}");
    let older = open(Protocol::JsonRpc, json!([16, 0]), 16, &[]).await.unwrap_err();
    assert!(older.to_string().contains("17 and later"), "{older}");
    let page = |_: usize, _: &'static str, _: &Value| Ok(respond(404, "text/html", &json!("no")));
    let none = connect(&Scripted::new(page), &connection(Protocol::Json2)).await.unwrap_err();
    assert!(matches!(&none, Fault::Reject { fix, .. } if fix.contains("jsonrpc")), "{none}");
}

#[tokio::test]
async fn legacy_needs_database_and_login() {
    for strip in [0, 1] {
        let mut connection = connection(Protocol::JsonRpc);
        match strip {
            0 => connection.database = None,
            _ => connection.login = None,
        }
        let http = Scripted::new(database(json!([18, 0]), 18, &[]));
        assert_eq!(connect(&http, &connection).await.unwrap_err().class(), "reject");
    }
}

#[test]
fn every_operation_is_named_after_what_it_calls() {
    for operation in operations() {
        assert_eq!(operation.name, format!("odoo {}/{}", operation.model, operation.method));
    }
}
