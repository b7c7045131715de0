//! `create`, `write`, `unlink` for every model; what single models add is in their own files.

use super::cell::{Cell, Record, get};
use super::env::Env;
use super::fail::{Answer, Fail};
use super::schema::{Model, Type, schema};
use super::values::{Command, Val, Vals, linked};
use super::{accounting, partner, sale_line, sale_order, stock};

/// Creates records; the ids in the order of the values.
pub fn create(env: &mut Env<'_>, model: &Model, list: Vec<Vals>) -> Answer<Vec<i64>> {
    if !list.is_empty() {
        env.check_companies()?;
    }
    list.into_iter()
        .map(|vals| match model.name.as_str() {
            "sale.order" => sale_order::create(env, vals),
            "sale.order.line" => sale_line::create_alone(env, vals),
            "res.partner" => partner::create(env, vals),
            "account.move" => accounting::create(env, vals),
            "account.payment" => accounting::create_payment(env, vals),
            "sale.advance.payment.inv" => accounting::create_wizard(env, vals),
            "stock.picking" => stock::create(env, vals),
            "account.move.line" | "stock.move" => {
                Err(Fail::not_built(&format!("creating {}", model.name)))
            }
            _ => insert(env, model, vals, Record::new()),
        })
        .collect()
}

/// Writes the same values to every record.
pub fn write(env: &mut Env<'_>, model: &Model, ids: &[i64], vals: &Vals) -> Answer<()> {
    for id in ids {
        env.record(&model.name, *id)?;
    }
    if !ids.is_empty() {
        env.check_companies()?;
    }
    for id in ids {
        match model.name.as_str() {
            "sale.order" => sale_order::write(env, *id, vals)?,
            "sale.order.line" => sale_line::write(env, *id, vals)?,
            "res.partner" => partner::write(env, *id, vals)?,
            "stock.move" => stock::write_move(env, *id, vals)?,
            "account.move" => accounting::write(env, *id, vals)?,
            "account.move.line" => accounting::write_line(env, *id, vals)?,
            "account.payment" => return Err(Fail::not_built("writing account.payment")),
            "stock.picking" if vals.contains_key("move_ids") => {
                return Err(Fail::not_built("writing moves through their picking"));
            }
            _ => update(env, model, *id, vals)?,
        }
    }
    Ok(())
}

/// Deletes records and their external ids.
pub fn unlink(env: &mut Env<'_>, model: &Model, ids: &[i64]) -> Answer<()> {
    for id in ids {
        env.record(&model.name, *id)?;
        match model.name.as_str() {
            "sale.order" => sale_order::check_unlink(env, *id)?,
            "sale.order.line" => sale_line::check_unlink(env, *id)?,
            "res.partner" => partner::check_unlink(env, *id)?,
            "account.move" => accounting::check_unlink(env, *id)?,
            "account.move.line" | "account.payment" => {
                return Err(Fail::not_built(&format!("deleting {}", model.name)));
            }
            _ => {}
        }
    }
    for id in ids {
        let order = env.store.reference(&model.name, *id, "order_id");
        delete(env, &model.name, *id);
        if let (Some(order), "sale.order.line") = (order, model.name.as_str()) {
            sale_order::recompute(env, order)?;
        }
    }
    Ok(())
}

/// Deletes one record. The children of an order go with it by the database's cascade, which leaves
/// their external ids behind, as on the real server.
pub fn delete(env: &mut Env<'_>, model: &str, id: i64) {
    if model == "sale.order" {
        for line in env.cell(model, id, "order_line").ids().to_vec() {
            env.store.put("sale.order.line", line, None);
        }
    }
    env.store.forget_names(model, id);
    env.store.put(model, id, None);
}

/// Inserts a row: `defaults`, then the values, then who and when.
pub fn insert(env: &mut Env<'_>, model: &Model, vals: Vals, mut defaults: Record) -> Answer<i64> {
    let id = env.store.next_id(&model.name);
    if model.field("active").is_some() {
        defaults.entry("active".to_owned()).or_insert(Cell::True);
    }
    let now = env.now_text();
    let user = Cell::Ref(env.user.id());
    let mut row = apply(env, model, defaults, &vals)?;
    row.insert("create_date".to_owned(), Cell::Text(now.clone()));
    row.insert("write_date".to_owned(), Cell::Text(now));
    row.insert("create_uid".to_owned(), user.clone());
    row.insert("write_uid".to_owned(), user);
    env.store.put(&model.name, id, Some(row));
    Ok(id)
}

/// Updates a row.
pub fn update(env: &mut Env<'_>, model: &Model, id: i64, vals: &Vals) -> Answer<()> {
    let row = env.record(&model.name, id)?.clone();
    let mut row = apply(env, model, row, vals)?;
    row.insert("write_date".to_owned(), Cell::Text(env.now_text()));
    row.insert("write_uid".to_owned(), Cell::Ref(env.user.id()));
    env.store.put(&model.name, id, Some(row));
    Ok(())
}

/// Puts plain values and many2many links into a row; checks that references exist.
fn apply(env: &Env<'_>, model: &Model, mut row: Record, vals: &Vals) -> Answer<Record> {
    for (name, val) in vals {
        match val {
            Val::Cell(cell) => {
                check_reference(env, model, name, cell)?;
                row.insert(name.clone(), cell.clone());
            }
            Val::Links(_) => {
                let old = get(&row, name).ids().to_vec();
                let ids = linked(vals, name, &old).unwrap_or_default();
                let target = model.field(name).and_then(|f| f.relation.clone()).unwrap_or_default();
                for id in &ids {
                    if schema().find(&target).is_some() && env.store.row(&target, *id).is_none() {
                        return Err(Fail::missing(&target, *id, env.user.id()));
                    }
                }
                row.insert(name.clone(), Cell::Refs(ids));
            }
            Val::Commands(commands) if commands.is_empty() => {}
            Val::Commands(_)
                if matches!(
                    name.as_str(),
                    "order_line" | "child_ids" | "invoice_line_ids" | "line_ids" | "move_ids"
                ) => {}
            Val::Commands(_) => {
                return Err(Fail::not_built(&format!("commands of {}.{name}", model.name)));
            }
        }
    }
    Ok(row)
}

fn check_reference(env: &Env<'_>, model: &Model, name: &str, cell: &Cell) -> Answer<()> {
    let (Cell::Ref(id), Some(field)) = (cell, model.field(name)) else { return Ok(()) };
    let Some(target) = field.relation.as_deref().filter(|_| field.kind == Type::Many2one) else {
        return Ok(());
    };
    if schema().find(target).is_none() || env.store.row(target, *id).is_some() {
        return Ok(());
    }
    // Records that computed fields read are missed before the database looks.
    if matches!(target, "product.product" | "product.pricelist" | "sale.order")
        || (target == "res.partner" && model.name == "sale.order")
    {
        return Err(Fail::missing(target, *id, env.user.id()));
    }
    Err(Fail::database(
        format!(
            "Another model is using the record you are trying to delete.\n\nThe troublemaker is: '{}' ({})\n\
             Thanks to the following constraint: '{}' ({name})\nHow about archiving the record instead?",
            model.label, model.name, field.label
        ),
        Some(name),
    ))
}

/// Names a child that `load` gave an external id.
pub fn name_child(env: &mut Env<'_>, model: &str, id: i64, name: Option<&str>) {
    if let Some(name) = name {
        let noupdate = env.flag("noupdate");
        env.store.name(name, model, id, noupdate);
    }
}

/// The commands of a one2many among the values.
pub fn commands<'a>(vals: &'a Vals, field: &str) -> &'a [Command] {
    match vals.get(field) {
        Some(Val::Commands(commands)) => commands,
        _ => &[],
    }
}
