//! Inspection: the state and the call log as JSON, for checks that do not trust the client.

use super::accounting::inspect;
use super::cell::{Cell, Record, get};
use super::reading;
use super::schema::schema;
use super::state::State;
use serde_json::{Map, Value, json};

/// One call of the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Model.
    pub model: String,
    /// Method.
    pub method: String,
    /// The server's time, `YYYY-MM-DD HH:MM:SS`.
    pub at: String,
    /// How many records it was about.
    pub records: usize,
    /// HTTP status, 0 when the connection was closed.
    pub status: u16,
    /// Committed after its caller had gone.
    pub late: bool,
}

pub(super) fn text(cell: &Cell) -> Value {
    match cell {
        Cell::False => Value::Bool(false),
        Cell::True => Value::Bool(true),
        Cell::Int(number) | Cell::Ref(number) => json!(number),
        Cell::Num(number) => json!(number.normalize().to_string()),
        Cell::Text(text) => json!(text),
        Cell::Refs(ids) => json!(ids),
        Cell::Json(value) => value.clone(),
    }
}

pub(super) fn money(row: &Record, field: &str) -> Value {
    json!(get(row, field).number().normalize().to_string())
}

/// Everything, with amounts as decimal strings.
pub fn state(state: &mut State) -> Value {
    let log: Vec<Value> = state
        .log
        .iter()
        .map(|c| {
            json!({"model": c.model, "method": c.method, "at": c.at, "records": c.records,
                   "status": c.status, "late": c.late})
        })
        .collect();
    let mut counts: Map<String, Value> = Map::new();
    for call in &state.log {
        let key = format!("{}/{}", call.model, call.method);
        let count = counts.get(&key).and_then(Value::as_u64).unwrap_or(0);
        counts.insert(key, json!(count + 1));
    }
    let created = json!(state.store.created);
    let late = state.late.len();
    let rules = json!(state.faults.rules());
    let switches = json!(state.faults.switches);
    json!({
        "orders": orders(state), "partners": partners(state), "pickings": pickings(state),
        "invoices": inspect::documents(&state.env(), "out_invoice"),
        "credit_notes": inspect::documents(&state.env(), "out_refund"),
        "entries": inspect::entries(&state.env()), "payments": inspect::payments(&state.env()),
        "stock_changes": super::stock::inspect(&state.env()),
        "created": created, "calls": counts, "log": log, "late": late, "rules": rules, "switches": switches,
    })
}

fn orders(state: &mut State) -> Value {
    let env = state.env();
    let model = schema().find("sale.order").unwrap();
    let name = |model: &str, row: &Record, field: &str| {
        get(row, field).id().map_or(Value::Bool(false), |id| json!(env.display_name(model, id)))
    };
    let order = |(id, row): (i64, &Record)| {
        let lines: Vec<Value> =
            super::sale_order::lines(&env, id).iter().map(|l| line(&env, *l)).collect();
        json!({
            "id": id, "name": text(get(row, "name")), "state": text(get(row, "state")),
            "locked": get(row, "locked").truthy(), "date_order": text(get(row, "date_order")),
            "client_order_ref": text(get(row, "client_order_ref")), "origin": text(get(row, "origin")),
            "note": text(get(row, "note")), "external_ids": env.store.names_of("sale.order", id),
            "currency": name("res.currency", row, "currency_id"),
            "amount_untaxed": money(row, "amount_untaxed"), "amount_tax": money(row, "amount_tax"),
            "amount_total": money(row, "amount_total"),
            "partner_id": text(get(row, "partner_id")), "partner": name("res.partner", row, "partner_id"),
            "invoice_partner": name("res.partner", row, "partner_invoice_id"),
            "partner_invoice_id": text(get(row, "partner_invoice_id")),
            "shipping_partner": name("res.partner", row, "partner_shipping_id"),
            "partner_shipping_id": text(get(row, "partner_shipping_id")),
            "pricelist_id": text(get(row, "pricelist_id")), "warehouse_id": text(get(row, "warehouse_id")),
            "payment_term_id": text(get(row, "payment_term_id")), "user_id": text(get(row, "user_id")),
            "team_id": text(get(row, "team_id")), "company_id": text(get(row, "company_id")),
            "fiscal_position": name("account.fiscal.position", row, "fiscal_position_id"),
            "delivery_status": text(&reading::cell(&env, model, id, "delivery_status")),
            "picking_ids": text(get(row, "picking_ids")), "lines": lines,
            "invoice_status": inspect::order(&env, id).0, "invoice_ids": inspect::order(&env, id).1,
        })
    };
    Value::Array(env.store.rows("sale.order").map(order).collect())
}

fn line(env: &super::env::Env<'_>, id: i64) -> Value {
    let Some(row) = env.store.row("sale.order.line", id) else { return Value::Null };
    let product = get(row, "product_id").id();
    let sku = product.map_or(Cell::False, |p| env.cell("product.product", p, "default_code"));
    let tax = |tax: &i64| json!({"id": tax, "name": text(&env.cell("account.tax", *tax, "name"))});
    json!({
        "id": id, "external_ids": env.store.names_of("sale.order.line", id), "name": text(get(row, "name")),
        "display_type": text(get(row, "display_type")), "product_id": text(get(row, "product_id")),
        "sku": text(&sku), "quantity": money(row, "product_uom_qty"), "price_unit": money(row, "price_unit"),
        "discount": money(row, "discount"), "price_subtotal": money(row, "price_subtotal"),
        "price_total": money(row, "price_total"), "qty_delivered": money(row, "qty_delivered"),
        "qty_invoiced": money(row, "qty_invoiced"),
        "is_delivery": get(row, "is_delivery").truthy(), "extra_tax_data": text(get(row, "extra_tax_data")),
        "taxes": get(row, "tax_ids").ids().iter().map(tax).collect::<Vec<Value>>(),
    })
}

fn partners(state: &mut State) -> Value {
    let env = state.env();
    let plain = [
        "name",
        "email",
        "email_normalized",
        "phone",
        "street",
        "street2",
        "zip",
        "city",
        "vat",
        "type",
        "is_company",
        "lang",
        "ref",
        "parent_id",
        "country_id",
        "state_id",
        "commercial_partner_id",
        "active",
    ];
    let partner = |(id, row): (i64, &Record)| {
        let mut object: Map<String, Value> =
            plain.iter().map(|field| ((*field).to_owned(), text(get(row, field)))).collect();
        object.insert("id".to_owned(), json!(id));
        object.insert("external_ids".to_owned(), json!(env.store.names_of("res.partner", id)));
        Value::Object(object)
    };
    Value::Array(env.store.rows("res.partner").map(partner).collect())
}

fn pickings(state: &mut State) -> Value {
    let env = state.env();
    let one = |id: &i64| {
        let row = env.store.row("stock.move", *id);
        row.map_or(Value::Null, |row| {
            let product = get(row, "product_id").id();
            let sku = product.map_or(Cell::False, |p| env.cell("product.product", p, "default_code"));
            json!({"id": id, "product_id": text(get(row, "product_id")), "sku": text(&sku),
                   "state": text(get(row, "state")), "product_uom_qty": money(row, "product_uom_qty"), "quantity": money(row, "quantity"),
                   "external_ids": env.store.names_of("stock.move", *id),
                   "picked": get(row, "picked").truthy(), "to_refund": get(row, "to_refund").truthy(),
                   "sale_line_id": text(get(row, "sale_line_id")),
                   "origin_returned_move_id": text(get(row, "origin_returned_move_id")),
                   "location_id": text(get(row, "location_id")),
                   "location_dest_id": text(get(row, "location_dest_id"))})
        })
    };
    let picking = |(id, row): (i64, &Record)| {
        json!({"id": id, "name": text(get(row, "name")), "state": text(get(row, "state")),
               "sale_id": text(get(row, "sale_id")), "origin": text(get(row, "origin")),
               "external_ids": env.store.names_of("stock.picking", id),
               "picking_type_code": text(get(row, "picking_type_code")),
               "return_id": text(get(row, "return_id")), "backorder_id": text(get(row, "backorder_id")),
               "moves": get(row, "move_ids").ids().iter().map(one).collect::<Vec<Value>>()})
    };
    Value::Array(env.store.rows("stock.picking").map(picking).collect())
}
