//! Deliveries of confirmed orders: one open picking per order, moves for goods and their deadlines,
//! reservation, returns, validation with and without a backorder.

use super::cell::{Cell, Record, get};
use super::deadline::deadline;
use super::env::Env;
use super::fail::{Answer, Fail};
use super::orm;
use super::sale_order;
use super::values::{Val, Vals};
use rust_decimal::Decimal;
use serde_json::Value;

/// The location "Customers".
const CUSTOMERS: i64 = 2;

/// What is planned or gone for a line, there and back.
pub(super) fn moves_of(env: &Env<'_>, line: i64) -> Vec<i64> {
    let order = env.store.reference("sale.order.line", line, "order_id").unwrap_or_default();
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    pickings
        .iter()
        .flat_map(|picking| env.cell("stock.picking", *picking, "move_ids").ids().to_vec())
        .filter(|id| env.store.reference("stock.move", *id, "sale_line_id") == Some(line))
        .collect()
}

/// `state`, empty if there is none.
pub(super) fn state(env: &Env<'_>, model: &str, id: i64) -> String {
    env.cell(model, id, "state").as_text().unwrap_or_default().to_owned()
}

/// True when goods of the line are planned or gone.
pub fn has_move(env: &Env<'_>, line: i64) -> bool {
    moves_of(env, line).iter().any(|id| state(env, "stock.move", *id) != "cancel")
}

/// Brings the deliveries of a confirmed, unlocked order in line with its quantities.
pub fn launch(env: &mut Env<'_>, order: i64) -> Answer<()> {
    let row = env.record("sale.order", order)?;
    if get(row, "state").as_text() != Some("sale") || get(row, "locked").truthy() {
        return Ok(());
    }
    for line in sale_order::lines(env, order) {
        let row = env.record("sale.order.line", line)?.clone();
        let Some(product) = get(&row, "product_id").id() else { continue };
        if env.cell("product.product", product, "type").as_text() != Some("consu") {
            continue;
        }
        let planned: Decimal = moves_of(env, line)
            .iter()
            .filter(|id| state(env, "stock.move", **id) != "cancel")
            .map(|id| {
                let quantity = env.cell("stock.move", *id, "product_uom_qty").number();
                if is_return(env, *id) { -quantity } else { quantity }
            })
            .sum();
        let missing = get(&row, "product_uom_qty").number() - planned;
        if missing > Decimal::ZERO {
            add(env, order, line, product, missing)?;
        } else if missing < Decimal::ZERO {
            reduce(env, order, line, product, -missing)?;
        }
    }
    Ok(())
}

fn add(env: &mut Env<'_>, order: i64, line: i64, product: i64, quantity: Decimal) -> Answer<()> {
    let id = match open_moves(env, line).first().copied() {
        Some(id) => {
            let total = env.cell("stock.move", id, "product_uom_qty").number() + quantity;
            env.store.set("stock.move", id, [("product_uom_qty", Cell::Num(total))]);
            id
        }
        None => {
            let picking = open_picking(env, order, Kind::Delivery)?;
            new_move(env, picking, line, product, quantity)?
        }
    };
    reserve(env, id);
    Ok(())
}

/// True for goods that come back.
pub(super) fn is_return(env: &Env<'_>, id: i64) -> bool {
    env.cell("stock.move", id, "picking_code").as_text() == Some("incoming")
}

/// The planned deliveries of a line that a change of its quantity is merged into: only those with the
/// deadline that a new one would get (seen on 19.0).
fn open_moves(env: &Env<'_>, line: i64) -> Vec<i64> {
    let deadline = deadline(env, line);
    let mut moves = moves_of(env, line);
    moves.retain(|id| {
        !matches!(state(env, "stock.move", *id).as_str(), "done" | "cancel")
            && !is_return(env, *id)
            && env.cell("stock.move", *id, "date_deadline") == deadline
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
    let of_picking = |field: &str| env.cell("stock.picking", picking, field);
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
        ("date_deadline", deadline(env, line)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    orm::insert(env, env.model("stock.move")?, Vals::new(), row)
}

fn open_picking(env: &mut Env<'_>, order: i64, kind: Kind) -> Answer<i64> {
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    let open = pickings.into_iter().find(|id| {
        !matches!(state(env, "stock.picking", *id).as_str(), "done" | "cancel")
            && env.cell("stock.picking", *id, "picking_type_code").as_text() == Some(kind.code())
    });
    if let Some(picking) = open {
        return Ok(picking);
    }
    let Some(warehouse) = env.store.reference("sale.order", order, "warehouse_id") else {
        return Err(Fail::user("You must set a warehouse on your sale order to proceed."));
    };
    let code = env.cell("stock.warehouse", warehouse, "code").as_text().unwrap_or("WH").to_owned();
    let partner = env.cell("sale.order", order, "partner_shipping_id");
    new_picking(env, order, kind, &code, partner, Cell::False)
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

fn new_picking(
    env: &mut Env<'_>,
    order: i64,
    kind: Kind,
    code: &str,
    partner: Cell,
    backorder: Cell,
) -> Answer<i64> {
    let mut row = Record::new();
    let origin = env.cell("sale.order", order, "name");
    let warehouse = env.store.reference("sale.order", order, "warehouse_id").unwrap_or_default();
    let stock = env.cell("stock.warehouse", warehouse, "lot_stock_id");
    let (way, from, to) = match kind {
        Kind::Delivery => ("OUT", stock, Cell::Ref(CUSTOMERS)),
        Kind::Return => ("IN", Cell::Ref(CUSTOMERS), stock),
    };
    let counter = match kind {
        Kind::Delivery => format!("stock.picking/{code}"),
        Kind::Return => format!("stock.picking/{code}/IN"),
    };
    let number = env.store.next_number(&counter);
    for (field, cell) in [
        ("name", Cell::Text(format!("{code}/{way}/{number:05}"))),
        ("origin", origin),
        ("sale_id", Cell::Ref(order)),
        ("partner_id", partner),
        ("picking_type_code", Cell::Text(kind.code().to_owned())),
        ("state", Cell::Text("confirmed".to_owned())),
        ("location_id", from),
        ("location_dest_id", to),
        ("backorder_id", backorder),
        ("scheduled_date", Cell::Text(env.now_text())),
        ("move_ids", Cell::Refs(Vec::new())),
    ] {
        row.insert(field.to_owned(), cell);
    }
    orm::insert(env, env.model("stock.picking")?, Vals::new(), row)
}

/// Less is taken off the planned deliveries with the same deadline. What they do not hold comes back as
/// a return, even of goods that never left.
fn reduce(env: &mut Env<'_>, order: i64, line: i64, product: i64, quantity: Decimal) -> Answer<()> {
    let mut left = quantity;
    for id in open_moves(env, line) {
        if left.is_zero() {
            break;
        }
        let planned = env.cell("stock.move", id, "product_uom_qty").number();
        let cut = left.min(planned);
        left -= cut;
        env.store.set("stock.move", id, [("product_uom_qty", Cell::Num(planned - cut))]);
        if planned == cut {
            hold(env, id, Decimal::ZERO);
            env.store.set("stock.move", id, [("state", Cell::Text("cancel".to_owned()))]);
            settle_picking(env, id);
        } else {
            reserve(env, id);
        }
    }
    if left.is_zero() {
        return Ok(());
    }
    let picking = open_picking(env, order, Kind::Return)?;
    let id = new_move(env, picking, line, product, left)?;
    reserve(env, id);
    Ok(())
}

/// Free stock of a product without what `except` holds. Each product counts what is held of it.
pub fn free(env: &Env<'_>, product: i64, except: Option<i64>) -> Decimal {
    let number = |field: &str| env.cell("product.product", product, field).number();
    let own = except.map_or(Decimal::ZERO, |id| env.cell("stock.move", id, "quantity").number());
    number("_on_hand") - number("_held") + own
}

/// Sets what an open move holds.
fn hold(env: &mut Env<'_>, id: i64, quantity: Decimal) {
    let before = env.cell("stock.move", id, "quantity").number();
    if let (Some(product), false) =
        (env.store.reference("stock.move", id, "product_id"), is_return(env, id))
    {
        let held = env.cell("product.product", product, "_held").number() + quantity - before;
        env.store.set("product.product", product, [("_held", Cell::Num(held))]);
    }
    env.store.set("stock.move", id, [("quantity", Cell::Num(quantity))]);
}

/// A write of `quantity` and `picked`, before a partial delivery.
pub fn write_move(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let mut vals = vals.clone();
    if let Some(Val::Cell(quantity)) = vals.remove("quantity") {
        hold(env, id, quantity.number());
    }
    orm::update(env, env.model("stock.move")?, id, &vals)
}

fn reserve(env: &mut Env<'_>, id: i64) {
    let wanted = env.cell("stock.move", id, "product_uom_qty").number();
    let product = env.store.reference("stock.move", id, "product_id").unwrap_or_default();
    let storable =
        env.cell("product.product", product, "is_storable").truthy() && !is_return(env, id);
    let got =
        if storable { free(env, product, Some(id)).clamp(Decimal::ZERO, wanted) } else { wanted };
    let state = match got {
        got if got == wanted => "assigned",
        got if got.is_zero() => "confirmed",
        _ => "partially_available",
    };
    hold(env, id, got);
    env.store.set("stock.move", id, [("state", Cell::Text(state.to_owned()))]);
    settle_picking(env, id);
}

fn settle_picking(env: &mut Env<'_>, one_move: i64) {
    let Some(picking) = env.store.reference("stock.move", one_move, "picking_id") else { return };
    let moves = env.cell("stock.picking", picking, "move_ids").ids().to_vec();
    let states: Vec<String> = moves.iter().map(|id| state(env, "stock.move", *id)).collect();
    let live: Vec<&str> = states.iter().map(String::as_str).filter(|s| *s != "cancel").collect();
    let state = if live.is_empty() {
        "cancel"
    } else if live.iter().all(|s| *s == "done") {
        "done"
    } else if live.iter().all(|s| *s == "assigned") || live.contains(&"partially_available") {
        "assigned"
    } else {
        "confirmed"
    };
    env.store.set("stock.picking", picking, [("state", Cell::Text(state.to_owned()))]);
}

/// Cancels what is not done.
pub fn cancel(env: &mut Env<'_>, order: i64) {
    for picking in env.cell("sale.order", order, "picking_ids").ids().to_vec() {
        if state(env, "stock.picking", picking) == "done" {
            continue;
        }
        for id in env.cell("stock.picking", picking, "move_ids").ids().to_vec() {
            hold(env, id, Decimal::ZERO);
            env.store.set("stock.move", id, [("state", Cell::Text("cancel".to_owned()))]);
        }
        env.store.set("stock.picking", picking, [("state", Cell::Text("cancel".to_owned()))]);
    }
}

/// `button_validate`: true, or 422 for an empty transfer. A partial one needs `skip_backorder`.
pub fn validate(env: &mut Env<'_>, pickings: &[i64]) -> Answer<Value> {
    for picking in pickings {
        env.record("stock.picking", *picking)?;
        if state(env, "stock.picking", *picking) != "done" {
            validate_one(env, *picking)?;
        }
    }
    Ok(Value::Bool(true))
}

fn validate_one(env: &mut Env<'_>, picking: i64) -> Answer<()> {
    let moves = env.cell("stock.picking", picking, "move_ids").ids().to_vec();
    let open: Vec<i64> =
        moves.into_iter().filter(|id| state(env, "stock.move", *id) != "cancel").collect();
    let number = |env: &Env<'_>, id: i64, field: &str| env.cell("stock.move", id, field).number();
    let picked = open.iter().any(|id| env.cell("stock.move", *id, "picked").truthy());
    let moved = |env: &Env<'_>, id: i64| {
        if picked && !env.cell("stock.move", id, "picked").truthy() {
            Decimal::ZERO
        } else {
            number(env, id, "quantity")
        }
    };
    if open.iter().all(|id| moved(env, *id).is_zero()) {
        return Err(Fail::user(
            "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods \
             around are you?\nSet some quantities and let's get moving!",
        ));
    }
    let partial = open.iter().any(|id| moved(env, *id) < number(env, *id, "product_uom_qty"));
    if partial && !env.flag("skip_backorder") {
        return Err(Fail::not_built("the backorder wizard; send skip_backorder"));
    }
    let mut rest = Vec::new();
    for id in &open {
        let (done, wanted) = (moved(env, *id), number(env, *id, "product_uom_qty"));
        if done < wanted {
            rest.push((*id, wanted - done));
        }
        finish(env, *id, done);
    }
    if !rest.is_empty() {
        backorder(env, picking, &rest)?;
    }
    if let Some(id) = open.first() {
        settle_picking(env, *id);
    }
    Ok(())
}

fn finish(env: &mut Env<'_>, id: i64, done: Decimal) {
    let gone = if is_return(env, id) { -done } else { done };
    let state = if done.is_zero() { "cancel" } else { "done" };
    hold(env, id, Decimal::ZERO);
    env.store.set(
        "stock.move",
        id,
        [
            ("product_uom_qty", Cell::Num(done)),
            ("quantity", Cell::Num(done)),
            ("state", Cell::Text(state.to_owned())),
        ],
    );
    if let Some(product) = env.store.reference("stock.move", id, "product_id")
        && env.cell("product.product", product, "is_storable").truthy()
    {
        let left = env.cell("product.product", product, "_on_hand").number() - gone;
        env.store.set("product.product", product, [("_on_hand", Cell::Num(left))]);
    }
    if let Some(line) = env.store.reference("stock.move", id, "sale_line_id") {
        let delivered = env.cell("sale.order.line", line, "qty_delivered").number() + gone;
        env.store.set("sale.order.line", line, [("qty_delivered", Cell::Num(delivered))]);
    }
}

fn backorder(env: &mut Env<'_>, picking: i64, rest: &[(i64, Decimal)]) -> Answer<()> {
    let order = env.store.reference("stock.picking", picking, "sale_id").unwrap_or_default();
    let name = env.cell("stock.picking", picking, "name");
    let code = name.as_text().and_then(|n| n.split('/').next()).unwrap_or("WH").to_owned();
    let partner = env.cell("stock.picking", picking, "partner_id");
    let back =
        env.cell("stock.picking", picking, "picking_type_code").as_text() == Some("incoming");
    let kind = if back { Kind::Return } else { Kind::Delivery };
    let new = new_picking(env, order, kind, &code, partner, Cell::Ref(picking))?;
    for (id, quantity) in rest {
        let line = env.store.reference("stock.move", *id, "sale_line_id").unwrap_or_default();
        let product = env.store.reference("stock.move", *id, "product_id").unwrap_or_default();
        let id = new_move(env, new, line, product, *quantity)?;
        reserve(env, id);
    }
    Ok(())
}
