//! What is written to an order after it is confirmed: its date, which Odoo has set to now, and its fiscal
//! position where that is not about it. Pure.

use super::apply::Item;
use super::place::Unplaced;
use causeway_domain::Timestamp;
use causeway_odoo::{OrderDate, OrderRecord, OrderState};
use std::collections::BTreeMap;

/// Of the orders that need it. `drafts` are those that were drafts and are confirmed now, by id.
pub(super) fn due(
    items: &[Item<'_>],
    records: &BTreeMap<usize, OrderRecord>,
    drafts: &BTreeMap<i64, usize>,
    unplaced: &Unplaced,
) -> Vec<OrderDate> {
    let due = |(at, record): (&usize, &OrderRecord)| {
        let wanted = OrderDate {
            order: record.id,
            date: whole_second(items.get(*at)?.order.date),
            fiscal_position: unplaced.position(*at, record),
            leads: record.leads.clone(),
        };
        // A position that a person gave the order after it was confirmed stays.
        let quotation = is_draft(&record.state) && unplaced.contains(*at);
        let moved = drafts.contains_key(&record.id) || record.date_order != wanted.date;
        (moved || quotation).then_some(wanted)
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
