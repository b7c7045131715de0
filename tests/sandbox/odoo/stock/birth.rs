//! Pickings that are made by a call: deliveries without an order, and returns.

use super::super::cell::{Cell, Record, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::orm::{self, commands, name_child};
use super::super::seed::Seed;
use super::super::values::{Command, Val, Vals, given};
use super::{MOVE, PICKING, moves};
use rust_decimal::Decimal;

const TYPE: &str = "stock.picking.type";

/// The operation type of a warehouse for a way.
pub fn operation(env: &Env<'_>, warehouse: i64, code: &str) -> Option<i64> {
    env.store
        .rows(TYPE)
        .find(|(_, row)| {
            get(row, "warehouse_id").id() == Some(warehouse)
                && get(row, "code").as_text() == Some(code)
        })
        .map(|(id, _)| id)
}

/// Inserts a picking with its number.
pub fn insert(env: &mut Env<'_>, vals: Vals, mut row: Record) -> Answer<i64> {
    let kind = given(&vals, "picking_type_id").or_else(|| row.get("picking_type_id"));
    let kind = kind.and_then(Cell::id).unwrap_or_default();
    let of_type = |field: &str| env.cell(TYPE, kind, field);
    let warehouse = of_type("warehouse_id").id().unwrap_or_default();
    let code = env.cell("stock.warehouse", warehouse, "code");
    let code = code.as_text().unwrap_or("WH").to_owned();
    let way = of_type("sequence_code");
    let way = way.as_text().unwrap_or("OUT").to_owned();
    row.insert("picking_type_code".to_owned(), of_type("code"));
    let number = env.store.next_number(&format!("{PICKING}/{code}/{way}"));
    for (field, cell) in [
        ("name", Cell::Text(format!("{code}/{way}/{number:05}"))),
        ("scheduled_date", Cell::Text(env.now_text())),
        ("company_id", Cell::Ref(Seed::COMPANY)),
        ("move_ids", Cell::Refs(Vec::new())),
        ("return_ids", Cell::Refs(Vec::new())),
    ] {
        row.entry(field.to_owned()).or_insert(cell);
    }
    orm::insert(env, env.model(PICKING)?, vals, row)
}

/// Creates a draft picking with its moves.
pub fn create(env: &mut Env<'_>, mut vals: Vals) -> Answer<i64> {
    let Some(kind) = given(&vals, "picking_type_id").and_then(Cell::id) else {
        return Err(Fail::required(
            "Operation Type",
            "picking_type_id",
            Some(("Transfer", PICKING)),
        ));
    };
    env.record(TYPE, kind)?;
    let mut row = Record::new();
    for (field, usual) in [
        ("location_id", "default_location_src_id"),
        ("location_dest_id", "default_location_dest_id"),
    ] {
        if given(&vals, field).is_none_or(|cell| !cell.truthy()) {
            vals.remove(field);
            row.insert(field.to_owned(), env.cell(TYPE, kind, usual));
        }
    }
    row.insert("state".to_owned(), Cell::Text("draft".to_owned()));
    let lines = vals.clone();
    for field in ["name", "scheduled_date", "state"] {
        vals.remove(field);
    }
    let id = insert(env, vals, row)?;
    for command in commands(&lines, "move_ids") {
        match command {
            Command::Create(vals, name) => {
                let line = new_move(env, id, vals.clone())?;
                name_child(env, MOVE, line, name.as_deref());
            }
            _ => return Err(Fail::not_built("moves that exist already in a new picking")),
        }
    }
    follow_order(env, id);
    moves::settle_one(env, id);
    Ok(id)
}

fn new_move(env: &mut Env<'_>, picking: i64, mut vals: Vals) -> Answer<i64> {
    let product = given(&vals, "product_id").and_then(Cell::id);
    let Some(product) = product else {
        return Err(Fail::required("Product", "product_id", None));
    };
    env.record("product.product", product)?;
    let of_picking = |field: &str| env.cell(PICKING, picking, field);
    let mut row = Record::new();
    for (field, cell) in [
        ("state", Cell::Text("draft".to_owned())),
        ("sequence", Cell::Int(10)),
        ("to_refund", Cell::True),
        ("quantity", Cell::Num(Decimal::ZERO)),
        ("product_uom_qty", Cell::Num(Decimal::ZERO)),
        ("product_uom", env.cell("product.product", product, "uom_id")),
        ("picking_code", of_picking("picking_type_code")),
        ("picking_type_id", of_picking("picking_type_id")),
        ("location_id", of_picking("location_id")),
        ("location_dest_id", of_picking("location_dest_id")),
        ("origin", of_picking("origin")),
        ("company_id", Cell::Ref(Seed::COMPANY)),
        ("returned_move_ids", Cell::Refs(Vec::new())),
    ] {
        row.insert(field.to_owned(), cell);
    }
    for field in ["location_id", "location_dest_id"] {
        if given(&vals, field) == Some(&Cell::False) {
            vals.remove(field);
        }
    }
    vals.remove("state");
    vals.insert("picking_id".to_owned(), Val::Cell(Cell::Ref(picking)));
    orm::insert(env, env.model(MOVE)?, vals, row)
}

/// A picking belongs to the order of its moves.
fn follow_order(env: &mut Env<'_>, picking: i64) {
    let order = env
        .cell(PICKING, picking, "move_ids")
        .ids()
        .iter()
        .filter_map(|id| env.store.reference(MOVE, *id, "sale_line_id"))
        .find_map(|line| env.store.reference("sale.order.line", line, "order_id"));
    if order.is_some() {
        env.store.set(PICKING, picking, [("sale_id", Cell::reference(order))]);
    }
}
