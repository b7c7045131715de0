//! `action_confirm`, `action_assign` and `button_validate` of pickings, with and without a backorder.

use super::super::cell::{Cell, Record};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::orm;
use super::super::values::Vals;
use super::moves::{finish, hold, reserve, settle_one};
use super::{MOVE, PICKING, birth, state, steps};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn moves_in(env: &Env<'_>, picking: i64) -> Vec<i64> {
    env.cell(PICKING, picking, "move_ids").ids().to_vec()
}

fn number(env: &Env<'_>, id: i64, field: &str) -> Decimal {
    env.cell(MOVE, id, field).number()
}

fn over(env: &Env<'_>, id: i64) -> bool {
    matches!(state(env, MOVE, id).as_str(), "done" | "cancel")
}

/// `action_confirm`: drafts are planned and hold what is free; equal moves become one. True, also
/// the second time.
pub fn confirm(env: &mut Env<'_>, pickings: &[i64]) -> Answer<Value> {
    for picking in pickings {
        env.record(PICKING, *picking)?;
    }
    for picking in pickings {
        confirm_one(env, *picking)?;
    }
    Ok(Value::Bool(true))
}

/// See [`confirm`].
pub fn confirm_one(env: &mut Env<'_>, picking: i64) -> Answer<()> {
    let drafts: Vec<i64> =
        moves_in(env, picking).into_iter().filter(|id| state(env, MOVE, *id) == "draft").collect();
    for id in &drafts {
        env.store.set(MOVE, *id, [("state", Cell::Text("confirmed".to_owned()))]);
    }
    for id in drafts {
        if let Some(first) = twin(env, picking, id) {
            let total = number(env, first, "product_uom_qty") + number(env, id, "product_uom_qty");
            env.store.set(MOVE, first, [("product_uom_qty", Cell::Num(total))]);
            hold(env, id, Decimal::ZERO);
            orm::delete(env, MOVE, id);
            reserve(env, first);
        } else {
            reserve(env, id);
        }
    }
    settle_one(env, picking);
    Ok(())
}

/// An older move of the same picking that differs only in its quantity.
fn twin(env: &Env<'_>, picking: i64, id: i64) -> Option<i64> {
    let fields = [
        "product_id",
        "location_id",
        "location_dest_id",
        "origin_returned_move_id",
        "sale_line_id",
        "date_deadline",
        "price_unit",
    ];
    moves_in(env, picking).into_iter().take_while(|other| *other != id).find(|other| {
        !over(env, *other)
            && fields.iter().all(|field| env.cell(MOVE, *other, field) == env.cell(MOVE, id, field))
    })
}

/// `action_assign`: holds what is free; 422 when nothing is open.
pub fn assign(env: &mut Env<'_>, pickings: &[i64]) -> Answer<Value> {
    let mut open = Vec::new();
    for picking in pickings {
        env.record(PICKING, *picking)?;
        if state(env, PICKING, *picking) == "draft" {
            confirm_one(env, *picking)?;
        }
        open.extend(moves_in(env, *picking).into_iter().filter(|id| !over(env, *id)));
    }
    if open.is_empty() {
        return Err(Fail::user("Nothing to check the availability for."));
    }
    for id in open {
        if number(env, id, "quantity") < number(env, id, "product_uom_qty") {
            reserve(env, id);
        }
    }
    Ok(Value::Bool(true))
}

/// `action_cancel`: what is not done is given back.
pub fn cancel(env: &mut Env<'_>, pickings: &[i64]) -> Answer<Value> {
    for picking in pickings {
        env.record(PICKING, *picking)?;
    }
    for picking in pickings {
        let moves = moves_in(env, *picking);
        if moves.iter().any(|id| state(env, MOVE, *id) == "done") {
            return Err(Fail::user(
                "You cannot cancel a stock move that has been set to 'Done'. Create a return in order to reverse \
                 the moves which took place.",
            ));
        }
        super::cancel_moves(env, *picking);
    }
    Ok(Value::Bool(true))
}

/// `button_validate`: true, also for what is done; 422 for an empty transfer; a partial one answers
/// the backorder wizard and does nothing unless `skip_backorder` is set.
pub fn validate(env: &mut Env<'_>, pickings: &[i64]) -> Answer<Value> {
    let mut open = Vec::new();
    for picking in pickings {
        env.record(PICKING, *picking)?;
        if state(env, PICKING, *picking) != "done" {
            open.push(*picking);
        }
    }
    for picking in &open {
        if state(env, PICKING, *picking) == "draft" {
            confirm_one(env, *picking)?;
            for id in moves_in(env, *picking) {
                if number(env, id, "quantity").is_zero() && !over(env, id) {
                    hold(env, id, number(env, id, "product_uom_qty"));
                }
            }
        }
        check(env, *picking)?;
    }
    let partial = |picking: &&i64| {
        moves_in(env, **picking)
            .iter()
            .any(|id| !over(env, *id) && moved(env, *id) < number(env, *id, "product_uom_qty"))
    };
    let partial: Vec<i64> = open.iter().filter(partial).copied().collect();
    if !partial.is_empty() && !env.flag("skip_backorder") {
        return Ok(question(env, &open, &partial));
    }
    for picking in open {
        validate_one(env, picking)?;
    }
    Ok(Value::Bool(true))
}

fn check(env: &Env<'_>, picking: i64) -> Answer<()> {
    let moves = moves_in(env, picking);
    if moves.is_empty() {
        return Err(Fail::user(
            "You can’t validate an empty transfer. Please add some products to move before proceeding.",
        ));
    }
    if moves.iter().all(|id| over(env, *id) || moved(env, *id).is_zero()) {
        return Err(Fail::user(
            "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods \
             around are you?\nSet some quantities and let's get moving!",
        ));
    }
    Ok(())
}

/// What a move will move: once one move of the picking is picked, the others stay.
fn moved(env: &Env<'_>, id: i64) -> Decimal {
    let picking = env.store.reference(MOVE, id, "picking_id").unwrap_or_default();
    let picked = moves_in(env, picking)
        .iter()
        .any(|other| !over(env, *other) && env.cell(MOVE, *other, "picked").truthy());
    if picked && !env.cell(MOVE, id, "picked").truthy() {
        Decimal::ZERO
    } else {
        number(env, id, "quantity")
    }
}

fn question(env: &Env<'_>, all: &[i64], partial: &[i64]) -> Value {
    let links: Vec<Value> = partial.iter().map(|id| json!([4, id])).collect();
    let mut context = env.context.clone();
    for (name, value) in [
        ("button_validate_picking_ids", json!(all)),
        ("default_show_transfers", json!(partial.len() > 1)),
        ("default_pick_ids", json!(links)),
    ] {
        context.insert(name.to_owned(), value);
    }
    json!({
        "name": "Create Backorder?", "type": "ir.actions.act_window", "view_mode": "form",
        "res_model": "stock.backorder.confirmation",
        "views": [[949, "form"]], "view_id": 949, "target": "new",
        "context": context,
    })
}

fn validate_one(env: &mut Env<'_>, picking: i64) -> Answer<()> {
    let open: Vec<(i64, Decimal)> = moves_in(env, picking)
        .into_iter()
        .filter(|id| !over(env, *id))
        .map(|id| (id, moved(env, id)))
        .collect();
    let mut split = Vec::new();
    let mut stay = Vec::new();
    for (id, done) in open {
        let rest = number(env, id, "product_uom_qty") - done;
        if done.is_zero() {
            stay.push(id);
            continue;
        }
        if rest > Decimal::ZERO {
            split.push((id, rest));
        }
        finish(env, id, done);
        steps::push(env, id, done)?;
    }
    if !split.is_empty() || !stay.is_empty() {
        backorder(env, picking, &split, &stay)?;
    }
    let now = Cell::Text(env.now_text());
    env.store.set(PICKING, picking, [("date_done", now)]);
    settle_one(env, picking);
    Ok(())
}

/// The rest goes to a picking of its own: moves that were not touched as they are, the others as new
/// ones. It is no return of anything, whatever the first one was (source).
fn backorder(
    env: &mut Env<'_>,
    picking: i64,
    split: &[(i64, Decimal)],
    stay: &[i64],
) -> Answer<()> {
    let mut row = Record::new();
    for field in [
        "origin",
        "sale_id",
        "partner_id",
        "picking_type_id",
        "location_id",
        "location_dest_id",
        "scheduled_date",
    ] {
        row.insert(field.to_owned(), env.cell(PICKING, picking, field));
    }
    row.insert("backorder_id".to_owned(), Cell::Ref(picking));
    row.insert("state".to_owned(), Cell::Text("confirmed".to_owned()));
    let new = birth::insert(env, Vals::new(), row)?;
    let mut moves = Vec::new();
    for (id, rest) in split {
        let mut row = env.record(MOVE, *id)?.clone();
        for (field, cell) in [
            ("picking_id", Cell::Ref(new)),
            ("product_uom_qty", Cell::Num(*rest)),
            ("quantity", Cell::Num(Decimal::ZERO)),
            ("picked", Cell::False),
            ("state", Cell::Text("confirmed".to_owned())),
            ("returned_move_ids", Cell::Refs(Vec::new())),
        ] {
            row.insert(field.to_owned(), cell);
        }
        moves.push(orm::insert(env, env.model(MOVE)?, Vals::new(), row)?);
    }
    for id in stay {
        env.store.set(MOVE, *id, [("picking_id", Cell::Ref(new)), ("picked", Cell::False)]);
        moves.push(*id);
    }
    for id in moves {
        reserve(env, id);
    }
    settle_one(env, new);
    Ok(())
}
