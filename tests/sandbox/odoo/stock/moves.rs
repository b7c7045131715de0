//! Single moves: what they hold, reservation, what happens when they are done.

use super::super::cell::{Cell, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::orm;
use super::super::values::{Val, Vals};
use super::{MOVE, PICKING, delivered, state};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `usage` of one of a move's locations.
pub fn usage(env: &Env<'_>, id: i64, field: &str) -> String {
    let location = env.store.reference(MOVE, id, field).unwrap_or_default();
    env.cell("stock.location", location, "usage").as_text().unwrap_or_default().to_owned()
}

fn from_stock(env: &Env<'_>, id: i64) -> bool {
    usage(env, id, "location_id") == "internal"
}

/// Free stock of a product without what `except` holds. Each product counts what is held of it.
pub fn free(env: &Env<'_>, product: i64, except: Option<i64>) -> Decimal {
    let number = |field: &str| env.cell("product.product", product, field).number();
    let own = except.map_or(Decimal::ZERO, |id| env.cell(MOVE, id, "quantity").number());
    number("_on_hand") - number("_held") + own
}

/// On hand, in all stock locations.
pub fn on_hand_of(env: &Env<'_>, product: i64) -> Decimal {
    env.cell("product.product", product, "_on_hand").number()
}

/// Sets what an open move holds.
pub fn hold(env: &mut Env<'_>, id: i64, quantity: Decimal) {
    let before = env.cell(MOVE, id, "quantity").number();
    if let (Some(product), true) =
        (env.store.reference(MOVE, id, "product_id"), from_stock(env, id))
    {
        let held = env.cell("product.product", product, "_held").number() + quantity - before;
        env.store.set("product.product", product, [("_held", Cell::Num(held))]);
    }
    env.store.set(MOVE, id, [("quantity", Cell::Num(quantity))]);
}

/// A write of `quantity` and `picked`, before a partial delivery.
pub fn write(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let mut vals = vals.clone();
    let open = !matches!(state(env, MOVE, id).as_str(), "done" | "cancel");
    if let Some(Val::Cell(quantity)) = vals.remove("quantity") {
        if !open {
            return Err(Fail::not_built("writing quantities of moves that are over"));
        }
        hold(env, id, quantity.number());
        settle(env, id);
    }
    let known = ["picked", "to_refund", "description_picking", "sequence", "product_uom_qty"];
    if let Some(field) = vals.keys().find(|field| !known.contains(&field.as_str())) {
        return Err(Fail::not_built(&format!("writing stock.move.{field}")));
    }
    orm::update(env, env.model(MOVE)?, id, &vals)
}

/// Holds what is free of what a move wants; goods from outside are simply there. What was picked
/// stays as it was picked.
pub fn reserve(env: &mut Env<'_>, id: i64) {
    if env.cell(MOVE, id, "picked").truthy() {
        settle(env, id);
        return;
    }
    let wanted = env.cell(MOVE, id, "product_uom_qty").number();
    let product = env.store.reference(MOVE, id, "product_id").unwrap_or_default();
    let scarce =
        env.cell("product.product", product, "is_storable").truthy() && from_stock(env, id);
    let got =
        if scarce { free(env, product, Some(id)).clamp(Decimal::ZERO, wanted) } else { wanted };
    hold(env, id, got);
    settle(env, id);
}

/// The state of an open move follows what it holds.
fn settle(env: &mut Env<'_>, id: i64) {
    if matches!(state(env, MOVE, id).as_str(), "draft" | "done" | "cancel") {
        return;
    }
    let number = |field: &str| env.cell(MOVE, id, field).number();
    let state = match (number("quantity"), number("product_uom_qty")) {
        (got, wanted) if got >= wanted => "assigned",
        (got, _) if got.is_zero() => "confirmed",
        _ => "partially_available",
    };
    env.store.set(MOVE, id, [("state", Cell::Text(state.to_owned()))]);
    settle_picking(env, id);
}

/// The state of a picking follows its moves.
pub fn settle_picking(env: &mut Env<'_>, one_move: i64) {
    if let Some(picking) = env.store.reference(MOVE, one_move, "picking_id") {
        settle_one(env, picking);
    }
}

/// See [`settle_picking`].
pub fn settle_one(env: &mut Env<'_>, picking: i64) {
    let moves = env.cell(PICKING, picking, "move_ids").ids().to_vec();
    let states: Vec<String> = moves.iter().map(|id| state(env, MOVE, *id)).collect();
    let live: Vec<&str> = states.iter().map(String::as_str).filter(|s| *s != "cancel").collect();
    let source = env.store.reference(PICKING, picking, "location_id").unwrap_or_default();
    let source = env.cell("stock.location", source, "usage");
    let state = if states.is_empty() || live.contains(&"draft") {
        "draft"
    } else if live.is_empty() {
        "cancel"
    } else if live.iter().all(|s| *s == "done") {
        "done"
    } else if source.as_text() != Some("internal")
        || live.iter().all(|s| matches!(*s, "assigned" | "done"))
        || live.contains(&"partially_available")
    {
        "assigned"
    } else {
        "confirmed"
    };
    env.store.set(PICKING, picking, [("state", Cell::Text(state.to_owned()))]);
}

/// A move is done with a quantity: stock moves, the order's line has delivered.
pub fn finish(env: &mut Env<'_>, id: i64, done: Decimal) {
    let wanted = env.cell(MOVE, id, "product_uom_qty").number();
    hold(env, id, Decimal::ZERO);
    env.store.set(
        MOVE,
        id,
        [
            ("product_uom_qty", Cell::Num(done.min(wanted))),
            ("quantity", Cell::Num(done)),
            ("picked", Cell::True),
            ("state", Cell::Text("done".to_owned())),
        ],
    );
    let out = if from_stock(env, id) { done } else { Decimal::ZERO };
    let back = if usage(env, id, "location_dest_id") == "internal" { done } else { Decimal::ZERO };
    if let Some(product) = env.store.reference(MOVE, id, "product_id")
        && env.cell("product.product", product, "is_storable").truthy()
    {
        let left = on_hand_of(env, product) - out + back;
        env.store.set("product.product", product, [("_on_hand", Cell::Num(left))]);
    }
    if let Some(line) = env.store.reference(MOVE, id, "sale_line_id") {
        delivered(env, line);
    }
}

/// What done moves changed, by product and location; quantities as decimal strings.
pub fn inspect(env: &Env<'_>) -> Value {
    let mut changes: BTreeMap<(i64, i64), Decimal> = BTreeMap::new();
    for (_, row) in env.store.rows(MOVE) {
        if get(row, "state").as_text() != Some("done") {
            continue;
        }
        let quantity = get(row, "quantity").number();
        let product = get(row, "product_id").id().unwrap_or_default();
        for (field, sign) in [("location_id", -Decimal::ONE), ("location_dest_id", Decimal::ONE)] {
            let location = get(row, field).id().unwrap_or_default();
            *changes.entry((product, location)).or_default() += sign * quantity;
        }
    }
    let one = |((product, location), quantity): ((i64, i64), Decimal)| {
        json!({"product_id": product, "location_id": location,
               "location": env.display_name("stock.location", location),
               "change": quantity.normalize().to_string()})
    };
    Value::Array(changes.into_iter().map(one).collect())
}
