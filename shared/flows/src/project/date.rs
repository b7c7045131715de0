//! What is written to an order after it is confirmed: its date, which Odoo has set to now. Pure.

use super::apply::Item;
use causeway_domain::Timestamp;
use causeway_odoo::{OrderDate, OrderRecord, OrderState};
use std::collections::BTreeMap;

/// Of the orders that need it. `drafts` are those that were drafts and are confirmed now, by id.
pub(super) fn due(
    items: &[Item<'_>],
    records: &BTreeMap<usize, OrderRecord>,
    drafts: &BTreeMap<i64, usize>,
) -> Vec<OrderDate> {
    let due = |(at, record): (&usize, &OrderRecord)| {
        let wanted = OrderDate {
            order: record.id,
            date: whole_second(items.get(*at)?.order.date),
            leads: record.leads.clone(),
        };
        let moved = drafts.contains_key(&record.id) || record.date_order != wanted.date;
        moved.then_some(wanted)
    };
    records.iter().filter_map(due).collect()
}

/// True for a quotation.
pub(super) fn is_draft(state: &OrderState) -> bool {
    match state {
        OrderState::Draft | OrderState::Sent => true,
        OrderState::Sale | OrderState::Cancel | OrderState::Other(_) => false,
    }
}

/// Odoo keeps whole seconds.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
