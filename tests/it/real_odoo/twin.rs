//! The fake Odoo beside the real one: the same deeds in both, and every field that we write, read or
//! rest on compared.

use super::server::{Protocol, Trial, shop, stranger};
use crate::sim::Scenario;
use rust_decimal::Decimal;
use sandbox::odoo::Seed;
use sandbox::platforms::{Draft, Edit, Phase, Platform};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One of the two.
enum Side<'a> {
    Fake(&'a Scenario),
    Real(&'a Trial),
}

impl Side<'_> {
    async fn find(&self, model: &str, domain: Value, fields: &[&str]) -> Vec<Value> {
        match self {
            Self::Real(trial) => trial.find(model, domain, json!(fields)).await,
            Self::Fake(scenario) => {
                let body = json!({"domain": domain, "fields": fields, "order": "id"});
                let url = format!("{}/json/2/{model}/search_read", crate::sim::ODOO);
                let request = http::Request::post(url)
                    .header("authorization", format!("bearer {}", Seed::ADMIN_KEY))
                    .header("content-type", "application/json")
                    .body(body.to_string().into())
                    .unwrap();
                let answer = scenario.http.deliver(request).unwrap();
                serde_json::from_slice::<Vec<Value>>(answer.body())
                    .unwrap_or_else(|_| panic!("{model}: {:?}", answer.body()))
            }
        }
    }
}

const ORDER: &[&str] = &[
    "client_order_ref",
    "origin",
    "state",
    "locked",
    "date_order",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "currency_id",
    "fiscal_position_id",
    "pricelist_id",
    "payment_term_id",
    "warehouse_id",
    "user_id",
    "team_id",
    "company_id",
    "invoice_status",
    "delivery_status",
    "partner_id",
    "partner_invoice_id",
    "partner_shipping_id",
    "note",
];
const LINE: &[&str] = &[
    "order_id",
    "name",
    "product_id",
    "product_uom_qty",
    "price_unit",
    "discount",
    "price_subtotal",
    "price_total",
    "price_tax",
    "tax_ids",
    "qty_delivered",
    "qty_invoiced",
    "sequence",
    "display_type",
    "extra_tax_data",
    "technical_price_unit",
    "is_delivery",
    "product_uom_id",
    "currency_id",
    "state",
];
const PARTNER: &[&str] = &[
    "name",
    "display_name",
    "email",
    "email_normalized",
    "phone",
    "vat",
    "type",
    "is_company",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "country_code",
    "parent_id",
    "commercial_partner_id",
    "company_id",
    "active",
    "lang",
    "tz",
];
const PICKING: &[&str] = &["sale_id", "state", "picking_type_code"];
const MOVE: &[&str] = &[
    "picking_id",
    "product_id",
    "product_uom_qty",
    "quantity",
    "state",
    "picking_code",
    "date_deadline",
];

/// Everything that became of the deeds, with names in the place of ids.
async fn account(side: &Side<'_>, tag: &str) -> BTreeMap<String, Value> {
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<Value>>();
    let orders = side.find("sale.order", json!([["origin", "like", tag]]), ORDER).await;
    let of_orders = json!([["order_id", "in", ids(&orders)]]);
    let lines = side.find("sale.order.line", of_orders, LINE).await;
    let mut owners: Vec<Value> = orders.iter().map(|o| o["partner_id"][0].clone()).collect();
    owners.dedup();
    let family = json!(["|", ["id", "in", owners], ["parent_id", "in", owners]]);
    let partners = side.find("res.partner", family, PARTNER).await;
    let of_sales = json!([["sale_id", "in", ids(&orders)]]);
    let pickings = side.find("stock.picking", of_sales, PICKING).await;
    let of_pickings = json!([["picking_id", "in", ids(&pickings)]]);
    let moves = side.find("stock.move", of_pickings, MOVE).await;
    let products = side.find("product.product", json!([]), &["default_code"]).await;

    let mut names = Names::default();
    names.give("product_id", &products, |row| sku(&row["default_code"]));
    names.give("partner", &partners, |row| {
        format!("{} {} {} {}", row["display_name"], row["type"], row["street"], row["phone"])
    });
    names.give("order_id", &orders, |row| row["origin"].to_string());
    names.give("picking_id", &pickings, |row| row["sale_id"][0].to_string());
    let mut all = BTreeMap::new();
    for (model, rows) in [
        ("order", orders),
        ("line", lines),
        ("partner", partners),
        ("picking", pickings),
        ("move", moves),
    ] {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let row = names.translate(row);
            let key = match model {
                "order" => row["origin"].to_string(),
                "line" => row["order_id"].to_string(),
                "move" => row["picking_id"].to_string(),
                "picking" => row["sale_id"].to_string(),
                _ => format!("{} {} {}", row["display_name"], row["street"], row["type"]),
            };
            let at = count.entry(key.clone()).or_default();
            *at += 1;
            all.insert(format!("{model} {key} {at}"), Value::Object(row));
        }
    }
    all
}

/// What stands in for ids.
#[derive(Default)]
struct Names(BTreeMap<(&'static str, i64), String>);

impl Names {
    fn give(&mut self, kind: &'static str, rows: &[Value], name: impl Fn(&Value) -> String) {
        self.0.extend(rows.iter().map(|row| ((kind, row["id"].as_i64().unwrap()), name(row))));
    }
    fn translate(&self, row: Value) -> Map<String, Value> {
        let Value::Object(row) = row else { panic!("a row") };
        row.into_iter()
            .filter(|(field, _)| field != "id")
            .map(|(field, value)| {
                let value = self.value(&field, value);
                (field, value)
            })
            .collect()
    }
    fn value(&self, field: &str, value: Value) -> Value {
        let kind = match field {
            "product_id" => "product_id",
            "order_id" | "sale_id" => "order_id",
            "picking_id" => "picking_id",
            f if f.contains("partner") || f == "parent_id" => "partner",
            // The same ids in both.
            _ => match value {
                Value::Array(pair) if pair.len() == 2 && pair[1].is_string() => {
                    return pair[0].clone();
                }
                other => return plain(other),
            },
        };
        match value.get(0).and_then(Value::as_i64) {
            Some(id) => match self.0.get(&(kind, id)) {
                Some(name) if kind == "picking_id" => {
                    let sale = name.parse().unwrap_or_default();
                    json!(self.0.get(&("order_id", sale)))
                }
                Some(name) => json!(name),
                None => json!(format!("unknown {kind} {id}")),
            },
            None => value,
        }
    }
}

/// Numbers by their value: 24.30 is 24.3.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let exact: Decimal = number.to_string().parse().unwrap();
            json!(exact.normalize().to_string())
        }
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}

/// Goods by their SKU, services by what they stand for.
fn sku(code: &Value) -> String {
    let code = code.as_str().unwrap_or_default();
    match code {
        "SHIP" => "CAUSEWAY-SHIPPING",
        "DISC" => "CAUSEWAY-DISCOUNT",
        "TIP" => "CAUSEWAY-TIP",
        "FEE" => "CAUSEWAY-FEE",
        "WRAP" => "CAUSEWAY-WRAP",
        "GIFT" => "CAUSEWAY-GIFT-CARD",
        other => other,
    }
    .to_owned()
}

/// A day in the life of the stores.
async fn deeds(scenario: &Scenario, tag: &str) {
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let mut ids: Vec<String> =
            (0..10).map(|_| shop.add(81, |draft| stranger(tag, draft))).collect();
        ids.extend(
            (0..6).map(|_| {
                shop.add(82, |draft| Draft { phase: Phase::Paid, ..stranger(tag, draft) })
            }),
        );
        ids.push(shop.add(83, |draft| {
            let mut draft = Draft { phase: Phase::Paid, ..stranger(tag, draft) };
            draft.buyer.company = Some(("Firma Test".to_owned(), "BE0999999999".to_owned()));
            draft
        }));
        if platform == Platform::Square {
            ids.extend((0..6).map(|_| {
                shop.add(358_416, |draft| Draft {
                    phase: Phase::Paid,
                    delivery: None,
                    ..stranger(tag, draft)
                })
            }));
            ids.extend((0..2).map(|_| {
                shop.add(84, |draft| Draft { phase: Phase::Paid, ..draft.to_a_stranger() })
            }));
        }
        let all: Vec<_> = ids.iter().map(|id| scenario.nudge(platform, id)).collect();
        for batch in all.chunks(10) {
            scenario.project_to_the_end(batch).await;
        }
        let edits = [
            (10, Edit::Quantity { line: 0, quantity: 9.into() }),
            (11, Edit::Quantity { line: 0, quantity: 1.into() }),
            (12, Edit::Sku { line: 0, sku: "SKU-058".to_owned() }),
            (13, Edit::Street("Nieuwstraat 7".to_owned())),
            (14, Edit::Phase(Phase::Cancelled)),
            (15, Edit::Note("Appelez <b>avant</b>\nsvp".to_owned())),
        ];
        for (at, edit) in edits {
            shop.edit_order(&ids[at], edit);
        }
        for id in &ids[..10] {
            if shop.expected(id).unwrap().phase == Phase::Pending {
                shop.edit_order(id, Edit::Phase(Phase::Paid));
            }
        }
        for batch in all.chunks(10) {
            scenario.project_to_the_end(batch).await;
        }
    }
}

/// How often each call was made, and what people are asked, without numbers of records.
async fn outside(scenario: &Scenario) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut calls = BTreeMap::new();
    for call in scenario.gate.calls() {
        *calls.entry(call).or_default() += 1;
    }
    let nameless = |text: String| text.replace(|c: char| c.is_ascii_digit(), "#");
    let mut asked: Vec<String> =
        scenario.attention().await.into_iter().map(|item| nameless(item.reason)).collect();
    asked.sort();
    let squeezed =
        |text: &String| text.split('#').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("#");
    (calls, asked.iter().map(squeezed).collect())
}

async fn twins(protocol: Protocol) {
    let Some(trial) = Trial::new("the fake Odoo beside the real one", protocol).await else {
        return;
    };
    let fake = Scenario::of(
        |platform| shop(platform, &trial.tag),
        |text| match protocol {
            Protocol::Json2 => text,
            Protocol::JsonRpc => {
                text.replace("protocol = \"json2\"", "protocol = \"jsonrpc\"\nlogin = \"inbound\"")
            }
        },
    );
    deeds(&fake, &trial.tag).await;
    deeds(&trial.scenario, &trial.tag).await;
    let have = account(&Side::Fake(&fake), &trial.tag).await;
    let want = account(&Side::Real(&trial), &trial.tag).await;
    let mut differences: Vec<String> = Vec::new();
    for (key, real) in &want {
        let Some(faked) = have.get(key) else {
            differences.push(format!("only in the real one: {key}"));
            continue;
        };
        for (field, value) in real.as_object().unwrap() {
            if faked[field] != *value {
                differences.push(format!("{key} {field}: real {value}, fake {}", faked[field]));
            }
        }
    }
    differences.extend(
        have.keys().filter(|k| !want.contains_key(*k)).map(|k| format!("only in the fake: {k}")),
    );
    assert!(
        differences.is_empty(),
        "{} of {}:\n{}",
        differences.len(),
        want.len(),
        differences.join("\n")
    );
    let (calls, asked) = outside(&fake).await;
    let (real_calls, real_asked) = outside(&trial.scenario).await;
    assert_eq!(asked, real_asked, "what people are asked");
    assert_eq!(calls, real_calls, "the calls");
}

#[tokio::test]
async fn the_fake_does_what_the_real_one_does() {
    twins(Protocol::Json2).await;
}

#[tokio::test]
async fn the_fake_does_what_the_real_one_does_over_json_rpc() {
    twins(Protocol::JsonRpc).await;
}
