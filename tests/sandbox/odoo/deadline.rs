//! Deadlines of deliveries: where they come from, and what moves them.

use super::cell::Cell;
use super::env::Env;
use super::{sale_order, stock};
use rust_decimal::Decimal;

/// The promised date, else the order's date and the line's lead time.
pub(super) fn deadline(env: &Env<'_>, line: i64) -> Cell {
    let order = env.store.reference("sale.order.line", line, "order_id").unwrap_or_default();
    let promised = env.cell("sale.order", order, "commitment_date");
    if promised.truthy() { promised } else { expected(env, order, line) }
}

fn expected(env: &Env<'_>, order: i64, line: i64) -> Cell {
    let date = env.cell("sale.order", order, "date_order");
    let hours = env.cell("sale.order.line", line, "customer_lead").number() * Decimal::from(24);
    let format = "%Y-%m-%d %H:%M:%S";
    let day = date.as_text().and_then(|d| jiff::civil::DateTime::strptime(format, d).ok());
    let late = day.and_then(|day| {
        let hours = i64::try_from(hours.trunc().mantissa()).ok()?;
        day.checked_add(jiff::SignedDuration::from_hours(hours)).ok()
    });
    late.map_or(date, |late| Cell::Text(late.strftime(format).to_string()))
}

/// A write of a line's lead time, even of the same one, moves the deadline of its deliveries.
pub fn lead_time_written(env: &mut Env<'_>, line: i64) {
    let order = env.store.reference("sale.order.line", line, "order_id").unwrap_or_default();
    let promised = env.cell("sale.order", order, "commitment_date").truthy();
    if promised || env.cell("sale.order", order, "state").as_text() != Some("sale") {
        return;
    }
    for id in stock::moves_of(env, line) {
        env.store.set("stock.move", id, [("date_deadline", expected(env, order, line))]);
    }
}

/// A promised date that is about to be written moves the deadline of open deliveries; none puts the
/// earliest expected date of the order's lines there, by the order's date as it still is.
pub fn promise_written(env: &mut Env<'_>, order: i64, promised: &Cell) {
    let lines = sale_order::lines(env, order);
    let earliest = lines
        .iter()
        .map(|line| expected(env, order, *line))
        .min_by(|a, b| a.as_text().cmp(&b.as_text()));
    let deadline =
        if promised.truthy() { promised.clone() } else { earliest.unwrap_or(Cell::False) };
    for id in lines.iter().flat_map(|line| stock::moves_of(env, *line)).collect::<Vec<_>>() {
        let open = !matches!(stock::state(env, "stock.move", id).as_str(), "done" | "cancel");
        if open && !stock::is_return(env, id) {
            env.store.set("stock.move", id, [("date_deadline", deadline.clone())]);
        }
    }
}
