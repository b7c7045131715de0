//! Orders whose place of delivery nobody knows: sales over the counter.
//!
//! Odoo still finds a fiscal position for them if the customer's country is known from elsewhere: that for
//! the rest of the world, as the empty delivery address fits no other. Such an order bears none. One that a
//! person has set on the customer is about the customer wherever they buy, and stays
//! (`account.fiscal.position._get_fiscal_position`, 19.0).
//!
//! It is taken off while the order is a quotation, and never touched again: what an app or a person gives the
//! order while it is confirmed or later stays.

use super::apply::Item;
use super::date::is_draft;
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use causeway_odoo::{Odoo, OrderRecord};
use std::collections::{BTreeMap, BTreeSet};

/// The orders, by their place in the batch, whose position is not about them.
pub(super) struct Unplaced(BTreeSet<usize>);

impl Unplaced {
    /// The position of the order as far as it is about it.
    pub(super) fn position(&self, at: usize, record: &OrderRecord) -> Option<i64> {
        record.fiscal_position.filter(|_| !self.0.contains(&at))
    }

    /// The quotations that bear one all the same, by id.
    pub(super) fn quotations(
        &self,
        records: &BTreeMap<usize, OrderRecord>,
    ) -> BTreeMap<i64, usize> {
        let records = self.0.iter().filter_map(|at| Some((*at, records.get(at)?)));
        records
            .filter(|(_, record)| is_draft(&record.state))
            .map(|(at, record)| (record.id, at))
            .collect()
    }
}

/// Takes the position off these quotations, and keeps what Odoo then says of them.
pub(super) async fn take_off<H: Http>(
    odoo: Odoo<'_, H>,
    quotations: &BTreeMap<i64, usize>,
    records: &mut BTreeMap<usize, OrderRecord>,
) -> Result<(), Fault> {
    let ids: Vec<i64> = quotations.keys().copied().collect();
    for (id, record) in odoo.clear_positions(&ids).await? {
        if let Some(at) = quotations.get(&id) {
            records.insert(*at, record);
        }
    }
    Ok(())
}

/// Asks Odoo only where there is a position to doubt.
pub(super) async fn unplaced<H: Http>(
    odoo: Odoo<'_, H>,
    items: &[Item<'_>],
    records: &BTreeMap<usize, OrderRecord>,
) -> Result<Unplaced, Fault> {
    let nowhere =
        |at: &usize| items.get(*at).is_some_and(|item| item.order.shipping.country.is_none());
    let doubted: BTreeMap<usize, [i64; 2]> = records
        .iter()
        .filter(|(at, record)| nowhere(at) && record.fiscal_position.is_some())
        .map(|(at, record)| (*at, [record.partner, record.delivery_address]))
        .collect();
    let partners: BTreeSet<i64> = doubted.values().flatten().copied().collect();
    let given = odoo.with_own_position(&partners.into_iter().collect::<Vec<_>>()).await?;
    let own = |partners: &[i64; 2]| partners.iter().any(|partner| given.contains(partner));
    let not_own = doubted.into_iter().filter(|(_, partners)| !own(partners));
    Ok(Unplaced(not_own.map(|(at, _)| at).collect()))
}
