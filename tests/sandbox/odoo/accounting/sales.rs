//! What invoices mean for their orders: quantities invoiced and the invoice status.

use super::super::cell::{Cell, get};
use super::super::env::Env;
use super::super::{sale_order, stock};
use super::{LINE, MOVE, num, text};
use rust_decimal::Decimal;

const SALE: &str = "sale.order.line";

/// Keeps `invoice_lines` of the order's lines.
pub fn relink(env: &mut Env<'_>, line: i64, before: &[i64], after: &[i64]) {
    for sale in before.iter().chain(after) {
        let mut lines = env.cell(SALE, *sale, "invoice_lines").ids().to_vec();
        lines.retain(|one| *one != line);
        if after.contains(sale) {
            lines.push(line);
        }
        env.store.set(SALE, *sale, [("invoice_lines", Cell::Refs(lines))]);
        invoiced(env, *sale);
    }
}

/// Counts anew what the lines of a move have invoiced.
pub fn recompute(env: &mut Env<'_>, id: i64) {
    for line in super::lines_of(env, id) {
        for sale in env.cell(LINE, line, "sale_line_ids").ids().to_vec() {
            invoiced(env, sale);
        }
    }
}

/// Invoices count from the draft on, credit notes take off, cancelled ones do not count.
fn invoiced(env: &mut Env<'_>, sale: i64) {
    let count = |posted: bool| -> Decimal {
        let lines = env.cell(SALE, sale, "invoice_lines").ids().to_vec();
        let one = |line: &i64| {
            let id = env.store.reference(LINE, *line, "move_id").unwrap_or_default();
            let state = text(env, MOVE, id, "state");
            if state == "cancel" || (posted && state != "posted") {
                return Decimal::ZERO;
            }
            -super::direction(env, id) * super::number(env, *line, "quantity")
        };
        lines.iter().map(one).sum()
    };
    let (all, posted) = (count(false), count(true));
    env.store.set(SALE, sale, [("qty_invoiced_posted", num(posted))]);
    // When nothing is left to count, the old number stays (seen on 19.0, and in its source).
    let before = env.cell(SALE, sale, "qty_invoiced").truthy();
    let counted = env.cell(SALE, sale, "invoice_lines").ids().iter().any(|line| {
        let id = env.store.reference(LINE, *line, "move_id").unwrap_or_default();
        text(env, MOVE, id, "state") != "cancel"
    });
    if counted || !before {
        env.store.set(SALE, sale, [("qty_invoiced", num(all))]);
    }
}

/// The documents of an order: line by line, as Odoo sorts the lines of documents, the latest date and
/// number first, drafts before those.
pub fn invoices(env: &Env<'_>, order: i64) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    for sale in sale_order::lines(env, order) {
        let mut lines = env.cell(SALE, sale, "invoice_lines").ids().to_vec();
        let key = |line: i64| {
            let id = env.store.reference(LINE, line, "move_id").unwrap_or_default();
            let name = text(env, MOVE, id, "name");
            (std::cmp::Reverse((text(env, MOVE, id, "date"), name.is_empty(), name)), line)
        };
        lines.sort_by_key(|line| key(*line));
        for id in lines.iter().filter_map(|line| env.store.reference(LINE, *line, "move_id")) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

fn by_delivery(env: &Env<'_>, sale: i64) -> bool {
    let product = env.store.reference(SALE, sale, "product_id").unwrap_or_default();
    env.cell("product.product", product, "invoice_policy").as_text() == Some("delivery")
}

/// Quantity to invoice: ordered or delivered, by the product's policy, less what is invoiced.
pub fn to_invoice(env: &Env<'_>, sale: i64) -> Decimal {
    let order = env.store.reference(SALE, sale, "order_id").unwrap_or_default();
    let section = env.cell(SALE, sale, "display_type").truthy();
    if text(env, "sale.order", order, "state") != "sale" || section {
        return Decimal::ZERO;
    }
    let base = if by_delivery(env, sale) { "qty_delivered" } else { "product_uom_qty" };
    env.cell(SALE, sale, base).number() - env.cell(SALE, sale, "qty_invoiced").number()
}

/// `invoice_status` of a line.
pub fn line_status(env: &Env<'_>, sale: i64) -> &'static str {
    let Some(row) = env.store.row(SALE, sale) else { return "no" };
    let order = get(row, "order_id").id().unwrap_or_default();
    if text(env, "sale.order", order, "state") != "sale" {
        return "no";
    }
    let amount = |field: &str| get(row, field).number();
    let ordered = amount("product_uom_qty");
    if !to_invoice(env, sale).is_zero() {
        "to invoice"
    } else if !by_delivery(env, sale)
        && ordered >= Decimal::ZERO
        && amount("qty_delivered") > ordered
    {
        "upselling"
    } else if amount("qty_invoiced") >= ordered
        || (by_delivery(env, sale) && stock::all_over(env, sale))
    {
        "invoiced"
    } else {
        "no"
    }
}

/// `invoice_status` of an order. Delivery charges alone are not worth an invoice.
pub fn invoice_status(env: &Env<'_>, order: i64) -> &'static str {
    if text(env, "sale.order", order, "state") != "sale" {
        return "no";
    }
    let lines: Vec<i64> = sale_order::lines(env, order)
        .into_iter()
        .filter(|line| !env.cell(SALE, *line, "display_type").truthy())
        .collect();
    let states: Vec<&str> = lines.iter().map(|line| line_status(env, *line)).collect();
    if states.contains(&"to invoice") {
        let open = lines.iter().zip(&states).filter(|(_, state)| **state == "to invoice");
        let alone = open.map(|(line, _)| *line).all(|l| env.cell(SALE, l, "is_delivery").truthy());
        if alone && states.contains(&"no") { "no" } else { "to invoice" }
    } else if states.is_empty() || states.contains(&"no") {
        "no"
    } else if states.contains(&"upselling") {
        "upselling"
    } else {
        "invoiced"
    }
}

/// `amount_to_invoice`: by the price of the ordered quantity, less what is posted.
pub fn order_amount_to_invoice(env: &Env<'_>, order: i64) -> Decimal {
    let one = |sale: i64| {
        let amount = |field: &str| env.cell(SALE, sale, field).number();
        let ordered = amount("product_uom_qty");
        if ordered.is_zero() {
            return Decimal::ZERO;
        }
        let base = if by_delivery(env, sale) { amount("qty_delivered") } else { ordered };
        amount("price_total") / ordered * (base - amount("qty_invoiced_posted"))
    };
    sale_order::lines(env, order).into_iter().map(one).sum()
}
