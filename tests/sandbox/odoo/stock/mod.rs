//! Deliveries of confirmed orders: one open picking per order, moves for goods and their deadlines.
//! Single moves are in `moves`, pickings of their own in `birth`, validation in `transfer`.

mod birth;
mod moves;
mod transfer;

pub use birth::create;
pub use moves::{free, inspect, write as write_move};
pub use transfer::{assign, cancel as cancel_pickings, confirm, validate};

use super::cell::{Cell, Record, get};
use super::deadline::deadline;
use super::env::Env;
use super::fail::{Answer, Fail};
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
            add(env, order, line, product, missing)?;
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

/// What a move counts for its line: there, or back when it is to be refunded.
fn planned(env: &Env<'_>, id: i64) -> Decimal {
    let over = state(env, MOVE, id);
    let field = if over == "done" { "quantity" } else { "product_uom_qty" };
    if over == "cancel" {
        Decimal::ZERO
    } else {
        direction(env, id) * env.cell(MOVE, id, field).number()
    }
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
        .map(|id| planned(env, *id))
        .sum();
    env.store.set("sale.order.line", line, [("qty_delivered", Cell::Num(sum))]);
}

fn add(env: &mut Env<'_>, order: i64, line: i64, product: i64, quantity: Decimal) -> Answer<()> {
    let id = match open_moves(env, line).first().copied() {
        Some(id) => {
            let total = env.cell(MOVE, id, "product_uom_qty").number() + quantity;
            env.store.set(MOVE, id, [("product_uom_qty", Cell::Num(total))]);
            id
        }
        None => {
            let picking = open_picking(env, order, line, Kind::Delivery)?;
            new_move(env, picking, line, product, quantity)?
        }
    };
    reserve(env, id);
    Ok(())
}

/// True for goods that come back.
pub(super) fn is_return(env: &Env<'_>, id: i64) -> bool {
    env.cell(MOVE, id, "picking_code").as_text() == Some("incoming")
}

/// The planned deliveries of a line that a change of its quantity is merged into: only those with the
/// deadline that a new one would get (seen on 19.0).
fn open_moves(env: &Env<'_>, line: i64) -> Vec<i64> {
    let deadline = deadline(env, line);
    let mut moves = moves_of(env, line);
    moves.retain(|id| {
        !matches!(state(env, MOVE, *id).as_str(), "done" | "cancel")
            && !is_return(env, *id)
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

fn open_picking(env: &mut Env<'_>, order: i64, line: i64, kind: Kind) -> Answer<i64> {
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    let open = pickings.into_iter().find(|id| {
        !matches!(state(env, PICKING, *id).as_str(), "done" | "cancel")
            && env.cell(PICKING, *id, "picking_type_code").as_text() == Some(kind.code())
    });
    if let Some(picking) = open {
        return Ok(picking);
    }
    let Some(warehouse) = env.store.reference("sale.order", order, "warehouse_id") else {
        return Err(Fail::user("You must set a warehouse on your sale order to proceed."));
    };
    let of_type = birth::operation(env, warehouse, kind.code());
    let stock = env.cell("stock.warehouse", warehouse, "lot_stock_id");
    let (from, to) = match kind {
        Kind::Delivery => (stock, Cell::Ref(CUSTOMERS)),
        Kind::Return => (Cell::Ref(CUSTOMERS), stock),
    };
    let mut row = Record::new();
    for (field, cell) in [
        ("origin", env.cell("sale.order", order, "name")),
        ("sale_id", Cell::Ref(order)),
        ("partner_id", env.cell("sale.order", order, "partner_shipping_id")),
        ("picking_type_id", Cell::reference(of_type)),
        ("state", Cell::Text("confirmed".to_owned())),
        ("location_id", from),
        ("location_dest_id", to),
        ("scheduled_date", deadline(env, line)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    birth::insert(env, Vals::new(), row)
}

/// Which way goods go.
#[derive(Clone, Copy)]
enum Kind {
    Delivery,
    Return,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Delivery => "outgoing",
            Self::Return => "incoming",
        }
    }
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
    let picking = open_picking(env, order, line, Kind::Return)?;
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
