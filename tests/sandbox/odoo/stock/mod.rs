//! Deliveries of confirmed orders: one open picking per order, moves for goods and their deadlines.
//! Several steps are in `steps`, single moves in `moves`, pickings of their own in `birth`, validation in `transfer`.

mod birth;
mod moves;
mod steps;
mod transfer;

pub use birth::create;
pub use moves::{free, inspect, write as write_move};
pub use transfer::{assign, cancel as cancel_pickings, confirm, validate};

use super::cell::{Cell, Record, get};
use super::deadline::deadline;
use super::env::Env;
use super::fail::Answer;
use super::orm;
use super::sale_order;
use super::values::Vals;
use moves::{hold, reserve, settle_picking};
use rust_decimal::Decimal;

const MOVE: &str = "stock.move";
const PICKING: &str = "stock.picking";
/// The location "Customers".
const CUSTOMERS: i64 = 2;

/// What is planned or gone for a line, there and back.
pub(super) fn moves_of(env: &Env<'_>, line: i64) -> Vec<i64> {
    let order = env.store.reference("sale.order.line", line, "order_id").unwrap_or_default();
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    pickings
        .iter()
        .flat_map(|picking| env.cell(PICKING, *picking, "move_ids").ids().to_vec())
        .filter(|id| env.store.reference(MOVE, *id, "sale_line_id") == Some(line))
        .collect()
}

/// `state`, empty if there is none.
pub(super) fn state(env: &Env<'_>, model: &str, id: i64) -> String {
    env.cell(model, id, "state").as_text().unwrap_or_default().to_owned()
}

/// True when goods of the line are planned or gone.
pub fn has_move(env: &Env<'_>, line: i64) -> bool {
    moves_of(env, line).iter().any(|id| state(env, MOVE, *id) != "cancel")
}

/// True when every move of the line is over, and not all of them were cancelled.
pub fn all_over(env: &Env<'_>, line: i64) -> bool {
    let states: Vec<String> = moves_of(env, line).iter().map(|id| state(env, MOVE, *id)).collect();
    states.iter().all(|state| matches!(state.as_str(), "done" | "cancel"))
        && states.iter().any(|state| state == "done")
}

/// Brings the deliveries of a confirmed, unlocked order in line with the quantities of some of its
/// lines, then confirms its open pickings.
pub fn launch(env: &mut Env<'_>, order: i64, lines: &[i64]) -> Answer<()> {
    let row = env.record("sale.order", order)?;
    if get(row, "state").as_text() != Some("sale") || get(row, "locked").truthy() {
        return Ok(());
    }
    for line in sale_order::lines(env, order).into_iter().filter(|line| lines.contains(line)) {
        let row = env.record("sale.order.line", line)?.clone();
        let Some(product) = get(&row, "product_id").id() else { continue };
        if env.cell("product.product", product, "type").as_text() != Some("consu") {
            continue;
        }
        let planned: Decimal = moves_of(env, line).iter().map(|id| planned(env, *id)).sum();
        let missing = get(&row, "product_uom_qty").number() - planned;
        if missing > Decimal::ZERO {
            add(env, order, line, missing)?;
        } else if missing < Decimal::ZERO {
            reduce(env, order, line, product, -missing)?;
        }
    }
    if !lines.is_empty() {
        for picking in env.cell("sale.order", order, "picking_ids").ids().to_vec() {
            if state(env, PICKING, picking) == "draft" {
                transfer::confirm_one(env, picking)?;
            }
        }
    }
    Ok(())
}

/// What a move counts for its line: there, or back when it is to be refunded. Of several steps the first
/// counts, by what it is for.
fn planned(env: &Env<'_>, id: i64) -> Decimal {
    let direction = match steps::step_of(env, id) {
        Some(0) => Decimal::ONE,
        Some(_) => Decimal::ZERO,
        None => direction(env, id),
    };
    let over = state(env, MOVE, id);
    let field = if over == "done" { "quantity" } else { "product_uom_qty" };
    if over == "cancel" { Decimal::ZERO } else { direction * env.cell(MOVE, id, field).number() }
}

/// 1 towards the customer, -1 back when it is to be refunded, else 0.
fn direction(env: &Env<'_>, id: i64) -> Decimal {
    let usage = |field: &str| moves::usage(env, id, field);
    let refund = env.cell(MOVE, id, "to_refund").truthy();
    let returns = env.cell(MOVE, id, "origin_returned_move_id").truthy();
    match (usage("location_id").as_str(), usage("location_dest_id").as_str()) {
        (_, "inventory") => Decimal::ZERO,
        (_, "customer") if !returns || refund => Decimal::ONE,
        ("customer", _) if refund => -Decimal::ONE,
        _ => Decimal::ZERO,
    }
}

/// Counts anew what a line has delivered.
fn delivered(env: &mut Env<'_>, line: i64) {
    let product = env.store.reference("sale.order.line", line, "product_id");
    let sum: Decimal = moves_of(env, line)
        .iter()
        .filter(|id| state(env, MOVE, **id) == "done")
        .filter(|id| env.store.reference(MOVE, **id, "product_id") == product)
        .map(|id| direction(env, *id) * env.cell(MOVE, *id, "quantity").number())
        .sum();
    env.store.set("sale.order.line", line, [("qty_delivered", Cell::Num(sum))]);
}

fn add(env: &mut Env<'_>, order: i64, line: i64, quantity: Decimal) -> Answer<()> {
    let id = match open_moves(env, line).first().copied() {
        Some(id) => {
            let total = env.cell(MOVE, id, "product_uom_qty").number() + quantity;
            env.store.set(MOVE, id, [("product_uom_qty", Cell::Num(total))]);
            id
        }
        None => steps::start(env, order, line, 0, quantity)?,
    };
    reserve(env, id);
    Ok(())
}

/// True for goods that come back.
pub(super) fn is_return(env: &Env<'_>, id: i64) -> bool {
    env.cell(MOVE, id, "picking_code").as_text() == Some("incoming")
}

/// True for a later step of the way out, and for goods that go elsewhere within the warehouse.
fn is_within(env: &Env<'_>, id: i64) -> bool {
    match steps::step_of(env, id) {
        Some(at) => at > 0,
        None => env.cell(MOVE, id, "picking_code").as_text() == Some("internal"),
    }
}

/// The planned deliveries of a line that a change of its quantity is merged into: only those with the
/// deadline that a new one would get (seen on 19.0).
fn open_moves(env: &Env<'_>, line: i64) -> Vec<i64> {
    let deadline = deadline(env, line);
    let mut moves = moves_of(env, line);
    moves.retain(|id| {
        !matches!(state(env, MOVE, *id).as_str(), "done" | "cancel")
            && !is_return(env, *id)
            && !is_within(env, *id)
            && env.cell(MOVE, *id, "date_deadline") == deadline
    });
    moves
}

fn new_move(
    env: &mut Env<'_>,
    picking: i64,
    line: i64,
    product: i64,
    quantity: Decimal,
) -> Answer<i64> {
    let mut row = Record::new();
    let of_picking = |field: &str| env.cell(PICKING, picking, field);
    for (field, cell) in [
        ("product_id", Cell::Ref(product)),
        ("sequence", env.cell("sale.order.line", line, "sequence")),
        ("product_uom_qty", Cell::Num(quantity)),
        ("quantity", Cell::Num(Decimal::ZERO)),
        ("picking_id", Cell::Ref(picking)),
        ("sale_line_id", Cell::Ref(line)),
        ("picking_code", of_picking("picking_type_code")),
        ("state", Cell::Text("confirmed".to_owned())),
        ("location_id", of_picking("location_id")),
        ("location_dest_id", of_picking("location_dest_id")),
        ("to_refund", Cell::True),
        ("date_deadline", deadline(env, line)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    orm::insert(env, env.model(MOVE)?, Vals::new(), row)
}

/// The open picking for goods of an order that come back, or a new one.
fn open_return(env: &mut Env<'_>, order: i64, line: i64) -> Answer<i64> {
    let warehouse = env.store.reference("sale.order", order, "warehouse_id").unwrap_or_default();
    let stock = env.store.reference("stock.warehouse", warehouse, "lot_stock_id");
    let kind = birth::operation(env, warehouse, "incoming");
    let back = steps::Step { kind, from: CUSTOMERS, to: stock.unwrap_or_default() };
    steps::open_picking(env, order, line, back)
}

/// Less is taken off the planned deliveries with the same deadline. What they do not hold comes back as
/// a return, even of goods that never left.
fn reduce(env: &mut Env<'_>, order: i64, line: i64, product: i64, quantity: Decimal) -> Answer<()> {
    let mut left = quantity;
    for id in open_moves(env, line) {
        if left.is_zero() {
            break;
        }
        let planned = env.cell(MOVE, id, "product_uom_qty").number();
        let cut = left.min(planned);
        left -= cut;
        env.store.set(MOVE, id, [("product_uom_qty", Cell::Num(planned - cut))]);
        if planned == cut {
            hold(env, id, Decimal::ZERO);
            env.store.set(MOVE, id, [("state", Cell::Text("cancel".to_owned()))]);
            settle_picking(env, id);
        } else {
            reserve(env, id);
        }
    }
    if left.is_zero() {
        return Ok(());
    }
    if steps::put_back(env, order, line, left)? {
        return Ok(());
    }
    let picking = open_return(env, order, line)?;
    let id = new_move(env, picking, line, product, left)?;
    reserve(env, id);
    Ok(())
}

/// Cancels what is not done.
pub fn cancel(env: &mut Env<'_>, order: i64) {
    for picking in env.cell("sale.order", order, "picking_ids").ids().to_vec() {
        if state(env, PICKING, picking) == "done" {
            continue;
        }
        cancel_moves(env, picking);
    }
}

fn cancel_moves(env: &mut Env<'_>, picking: i64) {
    for id in env.cell(PICKING, picking, "move_ids").ids().to_vec() {
        if state(env, MOVE, id) == "done" {
            continue;
        }
        hold(env, id, Decimal::ZERO);
        env.store.set(MOVE, id, [("state", Cell::Text("cancel".to_owned()))]);
    }
    env.store.set(PICKING, picking, [("state", Cell::Text("cancel".to_owned()))]);
}
