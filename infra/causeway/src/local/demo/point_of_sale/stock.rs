//! The goods of a sale: what left, what came back.

use super::super::check::{amount, list};
use super::Chart;
use super::day::{Told, text};
use causeway_domain::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;

/// Quantities by SKU.
type Goods = BTreeMap<String, Decimal>;

/// What is wrong with the deliveries and returns of a sale. `delivery` is what its delivery is called.
pub fn problems(sale: &Told<'_>, delivery: &str, chart: &Chart, odoo: &Value) -> Vec<String> {
    let (sold, returned) = (sold(sale), returned(sale));
    let pickings = list(odoo, "pickings");
    let named = |picking: &&Value| list(picking, "external_ids").iter().any(|id| id == delivery);
    let deliveries: Vec<&Value> = pickings.iter().filter(named).collect();
    let id = deliveries.first().and_then(|picking| picking.get("id"));
    let comes_back = |picking: &&Value| id.is_some() && picking.get("return_id") == id;
    let returns: Vec<&Value> = pickings.iter().filter(comes_back).collect();

    let mut wrong = Vec::new();
    let expected = usize::from(!sold.is_empty());
    if deliveries.len() != expected {
        wrong.push(format!("{} deliveries instead of {expected}", deliveries.len()));
    }
    for picking in deliveries.iter().chain(&returns) {
        if text(picking, "state") != "done" {
            wrong.push(format!("transfer {} is {}", text(picking, "name"), text(picking, "state")));
        }
    }
    for (what, pickings, from, expected) in [
        ("left", &deliveries, "location_id", sold),
        ("came back", &returns, "location_dest_id", returned),
    ] {
        let moved = moved(pickings, from, chart);
        if moved != expected {
            wrong.push(format!("of its goods {what} {moved:?} instead of {expected:?}"));
        }
    }
    wrong
}

/// What was moved out of or into the counter's stock.
fn moved(pickings: &[&Value], field: &str, chart: &Chart) -> Goods {
    let mut goods = Goods::new();
    for one in pickings.iter().flat_map(|picking| list(picking, "moves")) {
        let place = one.get(field).and_then(Value::as_i64);
        if text(one, "state") == "done" && place == Some(chart.stock) {
            *goods.entry(text(one, "sku").to_owned()).or_default() += amount(one, "quantity");
        }
    }
    normal(goods)
}

fn sku<'a>(sale: &Told<'a>, line: &Value) -> Option<&'a str> {
    let catalogue = list(sale.0, "catalog").iter();
    let object =
        catalogue.into_iter().find(|one| one.get("id") == line.get("catalog_object_id"))?;
    Some(text(object.get("item_variation_data")?, "sku"))
}

fn sold(sale: &Told<'_>) -> Goods {
    let mut goods = Goods::new();
    for line in list(sale.order(), "line_items") {
        if let Some(sku) = sku(sale, line) {
            *goods.entry(sku.to_owned()).or_default() += amount(line, "quantity");
        }
    }
    normal(goods)
}

fn returned(sale: &Told<'_>) -> Goods {
    let mut goods = Goods::new();
    for back in sale.backs() {
        for line in list(back.returned, "return_line_items") {
            let of = |sold: &&Value| sold.get("uid") == line.get("source_line_item_uid");
            let of = list(sale.order(), "line_items").iter().find(of);
            if let Some(sku) = of.and_then(|of| sku(sale, of)) {
                *goods.entry(sku.to_owned()).or_default() += amount(line, "quantity");
            }
        }
    }
    normal(goods)
}

fn normal(goods: Goods) -> Goods {
    goods.into_iter().map(|(sku, quantity)| (sku, quantity.normalize())).collect()
}
