//! Deliveries in two and three steps. A confirmed order gets its first transfer; each that is done pushes the
//! next. What is lowered after it was picked is put back by a transfer of its own (seen on 19.0).

use super::super::cell::{Cell, Record};
use super::super::deadline::deadline;
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::seed::Seed;
use super::super::values::Vals;
use super::moves::{hold, reserve, settle_picking};
use super::{CUSTOMERS, MOVE, PICKING, birth, moves_of, new_move, state};
use rust_decimal::Decimal;

/// Which step of its order's way a move is; hidden, like the rule of a real one.
const STEP: &str = "_step";

/// An operation type between two locations.
#[derive(Clone, Copy)]
pub struct Step {
    pub kind: Option<i64>,
    pub from: i64,
    pub to: i64,
}

/// The steps from the shelf to the customer.
pub fn way(env: &Env<'_>, order: i64) -> Answer<Vec<Step>> {
    let Some(warehouse) = env.store.reference("sale.order", order, "warehouse_id") else {
        return Err(Fail::user("You must set a warehouse on your sale order to proceed."));
    };
    let stock = env.store.reference("stock.warehouse", warehouse, "lot_stock_id");
    let stock = stock.unwrap_or_default();
    let delivery =
        |from| Step { kind: birth::operation(env, warehouse, "outgoing"), from, to: CUSTOMERS };
    let within = |kind, from, to| Step { kind: Some(kind), from, to };
    let steps = env.cell("stock.warehouse", warehouse, "delivery_steps");
    Ok(match steps.as_text() {
        Some("pick_ship") => {
            vec![within(Seed::PICK, stock, Seed::OUTPUT), delivery(Seed::OUTPUT)]
        }
        Some("pick_pack_ship") => vec![
            within(Seed::PICK, stock, Seed::PACKING),
            within(Seed::PACK, Seed::PACKING, Seed::OUTPUT),
            delivery(Seed::OUTPUT),
        ],
        _ => vec![delivery(stock)],
    })
}

/// The step of a move; none for one that is no part of its order's way.
pub fn step_of(env: &Env<'_>, id: i64) -> Option<usize> {
    let step = env.cell(MOVE, id, STEP);
    step.truthy().then(|| usize::try_from(step.number().trunc().mantissa() - 1).ok()).flatten()
}

/// Makes a move of a step; its id.
pub fn start(
    env: &mut Env<'_>,
    order: i64,
    line: i64,
    at: usize,
    quantity: Decimal,
) -> Answer<i64> {
    let way = way(env, order)?;
    let Some(step) = way.get(at).copied() else { return Err(Fail::not_built("a longer way")) };
    let product = env.store.reference("sale.order.line", line, "product_id").unwrap_or_default();
    let picking = open_picking(env, order, line, step)?;
    let id = new_move(env, picking, line, product, quantity)?;
    env.store.set(MOVE, id, [(STEP, Cell::Num(Decimal::from(at + 1)))]);
    Ok(id)
}

/// The open picking that a move of a step joins, or a new one.
pub fn open_picking(env: &mut Env<'_>, order: i64, line: i64, step: Step) -> Answer<i64> {
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    let open = pickings.into_iter().find(|id| {
        let is = |field: &str| env.store.reference(PICKING, *id, field);
        !matches!(state(env, PICKING, *id).as_str(), "done" | "cancel")
            && is("picking_type_id") == step.kind
            && is("location_id") == Some(step.from)
            && is("location_dest_id") == Some(step.to)
    });
    if let Some(picking) = open {
        return Ok(picking);
    }
    let mut row = Record::new();
    for (field, cell) in [
        ("origin", env.cell("sale.order", order, "name")),
        ("sale_id", Cell::Ref(order)),
        ("partner_id", env.cell("sale.order", order, "partner_shipping_id")),
        ("picking_type_id", Cell::reference(step.kind)),
        ("state", Cell::Text("confirmed".to_owned())),
        ("location_id", Cell::Ref(step.from)),
        ("location_dest_id", Cell::Ref(step.to)),
        ("scheduled_date", deadline(env, line)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    birth::insert(env, Vals::new(), row)
}

/// A step is done: the next one gets its goods, in the transfer that is open for it.
pub fn push(env: &mut Env<'_>, id: i64, done: Decimal) -> Answer<()> {
    let (Some(at), Some(line)) = (step_of(env, id), env.store.reference(MOVE, id, "sale_line_id"))
    else {
        return Ok(());
    };
    let order = env.store.reference("sale.order.line", line, "order_id").unwrap_or_default();
    if way(env, order)?.len() <= at + 1 {
        return Ok(());
    }
    let next = match open_step(env, line, at + 1) {
        Some(next) => {
            let total = env.cell(MOVE, next, "product_uom_qty").number() + done;
            env.store.set(MOVE, next, [("product_uom_qty", Cell::Num(total))]);
            next
        }
        None => start(env, order, line, at + 1, done)?,
    };
    reserve(env, next);
    Ok(())
}

fn open_step(env: &Env<'_>, line: i64, at: usize) -> Option<i64> {
    moves_of(env, line).into_iter().find(|id| {
        step_of(env, *id) == Some(at)
            && !matches!(state(env, MOVE, *id).as_str(), "done" | "cancel")
    })
}

/// Takes this much of a line off its later steps and has it put back; false if it is delivered in one step.
///
/// Only what a real one does once, right after the first step: a second time it puts back what is back
/// already and announces a return of goods that never left.
pub fn put_back(env: &mut Env<'_>, order: i64, line: i64, quantity: Decimal) -> Answer<bool> {
    let way = way(env, order)?;
    let [first, _, ..] = way.as_slice() else { return Ok(false) };
    let live = |id: &i64| state(env, MOVE, *id) != "cancel";
    let stray = moves_of(env, line).into_iter().any(|id| live(&id) && step_of(env, id).is_none());
    let next = open_step(env, line, 1);
    let planned = next.map(|id| (id, env.cell(MOVE, id, "product_uom_qty").number()));
    let Some((next, planned)) = planned.filter(|(_, planned)| *planned >= quantity && !stray)
    else {
        return Err(Fail::not_built("lowering a line that is packed, sent or put back"));
    };
    env.store.set(MOVE, next, [("product_uom_qty", Cell::Num(planned - quantity))]);
    hold(env, next, Decimal::ZERO);
    if planned == quantity {
        env.store.set(MOVE, next, [("state", Cell::Text("cancel".to_owned()))]);
        settle_picking(env, next);
    } else {
        reserve(env, next);
    }
    let back = Step { kind: first.kind, from: first.to, to: first.from };
    let product = env.store.reference("sale.order.line", line, "product_id").unwrap_or_default();
    let picking = open_picking(env, order, line, back)?;
    let id = new_move(env, picking, line, product, quantity)?;
    reserve(env, id);
    Ok(true)
}
