//! `sale.advance.payment.inv.create_invoices`: the invoice of what may be invoiced of one order.

use super::super::cell::{Cell, get};
use super::super::env::Env;
use super::super::fail::{Answer, Fail};
use super::super::values::{Command, Link, Val, Vals};
use super::super::{fiscal, pin, sale_order};
use super::{LINE, MOVE, amounts, lines, lines_with, moves, sales, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const WIZARD: &str = "sale.advance.payment.inv";
const SALE: &str = "sale.order.line";

const NOTHING: &str = "Cannot create an invoice. No items are available to invoice.\n\nTo resolve this issue, please \
    ensure that:\n   • The products have been delivered before attempting to invoice them.\n   • The invoicing policy \
    of the product is configured correctly.\n\nIf you want to invoice based on ordered quantities instead:\n   • For \
    consumable or storable products, open the product, go to the 'General Information' tab and change the 'Invoicing \
    Policy' from 'Delivered Quantities' to 'Ordered Quantities'.\n   • For services (and other products), change the \
    'Invoicing Policy' to 'Prepaid/Fixed Price'.\n";

/// Invoices one order; 422 when there is nothing to invoice. Answers a window action.
pub fn create_invoices(env: &mut Env<'_>, ids: &[i64]) -> Answer<Value> {
    let [wizard] = ids else {
        return Err(Fail::value(format!("Expected singleton: {WIZARD}{ids:?}")));
    };
    env.record(WIZARD, *wizard)?;
    if text(env, WIZARD, *wizard, "advance_payment_method") != "delivered" {
        return Err(Fail::not_built("down payments"));
    }
    let orders = env.cell(WIZARD, *wizard, "sale_order_ids").ids().to_vec();
    let [order] = orders.as_slice() else {
        return Err(Fail::not_built("invoicing several orders at once"));
    };
    let order = *order;
    env.record("sale.order", order)?;
    let chosen = invoiceable(env, order);
    if chosen.iter().all(|line| env.cell(SALE, *line, "display_type").truthy()) {
        return Err(Fail::user(NOTHING));
    }
    let vals = header(env, order, &chosen);
    let id = moves::create(env, vals)?;
    if env.cell(MOVE, id, "amount_total").number() < Decimal::ZERO {
        switch(env, id)?;
    }
    Ok(action(env, id))
}

/// Lines with something to invoice, sections with such lines below them, and notes.
fn invoiceable(env: &Env<'_>, order: i64) -> Vec<i64> {
    let mut found = Vec::new();
    let mut section: Vec<i64> = Vec::new();
    for line in sale_order::lines(env, order) {
        let kind = text(env, SALE, line, "display_type");
        match kind.as_str() {
            "line_section" | "line_subsection" => section = vec![line],
            "line_note" if !section.is_empty() => section.push(line),
            "line_note" => found.push(line),
            _ if sales::to_invoice(env, line).is_zero() => {}
            _ => {
                found.append(&mut section);
                found.push(line);
            }
        }
    }
    found
}

fn header(env: &Env<'_>, order: i64, chosen: &[i64]) -> Vals {
    let of = |field: &str| env.cell("sale.order", order, field);
    let reference = of("client_order_ref");
    // An order without one is looked at anew, by its invoice address alone.
    let position = of("fiscal_position_id")
        .id()
        .or_else(|| fiscal::detect(env, of("partner_invoice_id").id()?, None));
    let mut vals = Vals::new();
    for (field, cell) in [
        ("move_type", Cell::Text("out_invoice".to_owned())),
        ("ref", if reference.truthy() { reference } else { of("name") }),
        ("narration", of("note")),
        ("currency_id", of("currency_id")),
        ("partner_id", of("partner_invoice_id")),
        ("partner_shipping_id", of("partner_shipping_id")),
        ("fiscal_position_id", Cell::reference(position)),
        ("invoice_origin", of("name")),
        ("invoice_payment_term_id", of("payment_term_id")),
        ("invoice_user_id", of("user_id")),
        ("team_id", of("team_id")),
        ("payment_reference", of("reference")),
    ] {
        vals.insert(field.to_owned(), Val::Cell(cell));
    }
    let lines = chosen.iter().enumerate().map(|(at, line)| invoice_line(env, *line, at));
    vals.insert("invoice_line_ids".to_owned(), Val::Commands(lines.collect()));
    vals
}

fn invoice_line(env: &Env<'_>, sale: i64, at: usize) -> Command {
    let of = |field: &str| env.cell(SALE, sale, field);
    let kind = of("display_type");
    let product = of("product_id").id();
    let shown = product.map(|p| env.display_name("product.product", p)).unwrap_or_default();
    let name = of("name").as_text().unwrap_or_default().to_owned();
    let name =
        if shown.is_empty() || name.contains(&shown) { name } else { format!("{shown} {name}") };
    let mut vals = Vals::new();
    let section = kind.truthy();
    for (field, cell) in [
        ("display_type", if section { kind } else { Cell::Text("product".to_owned()) }),
        ("sequence", Cell::Int(i64::try_from(at).unwrap_or_default())),
        ("name", Cell::text(&name)),
        ("product_id", Cell::reference(product)),
        ("product_uom_id", of("product_uom_id")),
        ("quantity", Cell::Num(sales::to_invoice(env, sale))),
        ("discount", of("discount")),
        ("price_unit", of("price_unit")),
        ("extra_tax_data", of("extra_tax_data")),
        ("analytic_distribution", of("analytic_distribution")),
    ] {
        vals.insert(field.to_owned(), Val::Cell(cell));
    }
    let taxes = of("tax_ids").ids().to_vec();
    vals.insert("tax_ids".to_owned(), Val::Links(vec![Link::Set(taxes)]));
    vals.insert("sale_line_ids".to_owned(), Val::Links(vec![Link::Set(vec![sale])]));
    Command::Create(vals, None)
}

/// A negative invoice becomes a credit note with the opposite quantities.
fn switch(env: &mut Env<'_>, id: i64) -> Answer<()> {
    env.store.set(MOVE, id, [("move_type", Cell::Text("out_refund".to_owned()))]);
    for line in lines_with(env, id, "product") {
        let row = env.record(LINE, line)?.clone();
        let mut vals = Vals::new();
        vals.insert("quantity".to_owned(), Val::Cell(Cell::Num(-get(&row, "quantity").number())));
        if let Cell::Json(data) = get(&row, "extra_tax_data") {
            let data = Cell::Json(pin::reversed(data));
            vals.insert("extra_tax_data".to_owned(), Val::Cell(data));
        }
        lines::update(env, line, &vals)?;
    }
    amounts::sync(env, id)?;
    sales::recompute(env, id);
    Ok(())
}

fn action(env: &Env<'_>, id: i64) -> Value {
    let of = |field: &str| env.cell(MOVE, id, field);
    let id_or_null = |cell: Cell| cell.id().map_or(Value::Null, |id| json!(id));
    json!({
        "id": 263, "display_name": "Invoices", "name": "Invoices", "type": "ir.actions.act_window",
        "xml_id": "account.action_move_out_invoice_type", "path": "invoicing", "help": "",
        "binding_model_id": false, "binding_type": "action", "binding_view_types": "list,form",
        "view_id": [743, "account.out.invoice.list"],
        "domain": "[('move_type', 'in', ['out_invoice', 'out_refund', 'out_receipt'])]",
        "context": {
            "default_move_type": "out_invoice",
            "default_partner_id": id_or_null(of("partner_id")),
            "default_partner_shipping_id": id_or_null(of("partner_shipping_id")),
            "default_invoice_payment_term_id": id_or_null(of("invoice_payment_term_id")),
            "default_invoice_origin": text(env, MOVE, id, "invoice_origin"),
        },
        "res_id": id, "res_model": "account.move", "target": "current",
        "view_mode": "list,kanban,form,activity", "mobile_view_mode": "kanban",
        "views": [[749, "form"], [743, "list"], [false, "kanban"], [false, "activity"]],
        "limit": 80, "group_ids": [], "search_view_id": [752, "account.invoice.select"],
        "embedded_action_ids": [], "filter": false, "cache": true,
    })
}
