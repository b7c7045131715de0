//! A plan as a person reads it.

use super::plan::{Sums, Totals};
use causeway_domain::Order;
use causeway_flows::project::intent::{ProductNeed, SaleLine, SaleOrder};
use comfy_table::{CellAlignment, Table};

/// The order's own facts and where it would go.
pub fn head(order: &Order, sale: Option<&SaleOrder>) -> Table {
    let mut table = crate::report::table(["order", order.number.as_str()]);
    let buyer = order.customer.id.as_ref().map_or("guest".to_owned(), ToString::to_string);
    let prices = if order.prices_include_tax { "with tax" } else { "without tax" };
    let rows = [
        ("id", order.key.to_string()),
        ("status", format!("{} ({:?})", order.status, order.standing)),
        ("placed", order.placed_at.to_string()),
        ("customer", buyer),
        ("prices", prices.to_owned()),
        ("total", order.total.to_string()),
    ];
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    if let Some(sale) = sale {
        let state = if sale.confirm { "confirmed" } else { "quotation" };
        table.add_row(["sale.order".to_owned(), format!("{} ({state})", sale.external_id)]);
        table.add_row(["pricelist_id".to_owned(), sale.pricelist.to_string()]);
        table.add_row(["payment_term_id".to_owned(), sale.payment_term.to_string()]);
        let delivery = sale.shipping.country.map_or("no country".to_owned(), String::from);
        table.add_row(["delivery to".to_owned(), delivery]);
    }
    table
}

/// The sale order's lines.
pub fn lines(sale: &SaleOrder) -> Table {
    let head = ["line", "product", "quantity", "discount", "net", "taxes", "sent amount"];
    let mut table = crate::report::table(head);
    for line in &sale.lines {
        table.add_row([
            line.title.clone(),
            product(line),
            line.quantity.normalize().to_string(),
            line.discount.to_string(),
            line.net.to_string(),
            taxes(line),
            line.amount.to_string(),
        ]);
    }
    right(&mut table, &[2, 3, 4, 6]);
    table
}

fn product(line: &SaleLine) -> String {
    match &line.product {
        ProductNeed::Configured(id) => format!("product.product/{id}"),
        ProductNeed::Goods(goods) => match (&goods.sku, &goods.id) {
            (Some(sku), _) => format!("SKU {sku}"),
            (None, Some(id)) => format!("linked to {id}"),
            (None, None) => "neither SKU nor id".to_owned(),
        },
    }
}

fn taxes(line: &SaleLine) -> String {
    let shares: Vec<String> = line
        .taxes
        .iter()
        .map(|share| format!("account.tax/{}: {}", share.tax, share.amount))
        .collect();
    shares.join("\n")
}

/// Both sides' sums.
pub fn totals(totals: &Totals) -> Table {
    let mut table = crate::report::table(["totals", "untaxed", "tax", "total"]);
    for (name, sums) in [("platform", &totals.platform), ("Odoo documents", &totals.odoo)] {
        let Sums { untaxed, tax, total } = sums;
        table.add_row([name.to_owned(), untaxed.to_string(), tax.to_string(), total.to_string()]);
    }
    right(&mut table, &[1, 2, 3]);
    table
}

fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
