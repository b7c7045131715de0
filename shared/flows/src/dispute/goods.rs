//! What is still to be sent of an order whose money was taken back. Causeway neither stops nor sends it: a
//! dispute may yet be won, so a person decides while there is time.

use super::book::Case;
use crate::World;
use causeway_domain::{Fault, MovementKind};
use causeway_odoo::{OrderState, PickingCode, PickingRecord, PickingState, SaleRecord};
use std::collections::BTreeSet;

impl<W: World> Case<'_, W> {
    /// `Reject`, naming the deliveries, if money is gone and goods have not left; also before there is an
    /// invoice, as goods that are invoiced on delivery have none.
    pub(super) async fn ask_about_goods(&self) -> Result<(), Fault> {
        match self.dispute.movements.last().map(|movement| movement.kind) {
            Some(MovementKind::Withdrawal) => {}
            Some(MovementKind::Reinstatement) | None => return Ok(()),
        }
        let orders: Vec<i64> = self.orders().await?.into_iter().collect();
        let sales = self.odoo.read_sales(&orders).await?;
        let open: Vec<String> = sales.values().flat_map(deliveries).collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(Fault::reject(
            format!(
                "dispute {} took the money of payment {} back, and goods of it are still to be sent: {}",
                self.dispute.id,
                self.dispute.payment,
                open.join(", ")
            ),
            "cancel the delivery in Odoo, or have it sent; then replay or settle the item",
        ))
    }

    /// The orders that the payment's invoices bill; without any, the one that bears the number.
    async fn orders(&self) -> Result<BTreeSet<i64>, Fault> {
        let billed: BTreeSet<i64> = self.sale().await?.sale_lines().collect();
        let billed: Vec<i64> = billed.into_iter().collect();
        let orders = self.odoo.orders_of_lines(&billed).await?;
        match (&self.dispute.order_reference, orders.is_empty()) {
            (Some(number), true) => {
                let numbered = self.odoo.orders_numbered(number).await?;
                // Two stores may both have the number: then nobody can say whose goods are meant.
                Ok(if numbered.len() == 1 { numbered } else { BTreeSet::new() })
            }
            (Some(_) | None, _) => Ok(orders),
        }
    }
}

/// `S00042 (WH/OUT/00017)` for each delivery that has not left.
fn deliveries(sale: &SaleRecord) -> impl Iterator<Item = String> {
    let sold = match sale.state {
        OrderState::Sale => true,
        OrderState::Draft | OrderState::Sent | OrderState::Cancel | OrderState::Other(_) => false,
    };
    sale.pickings
        .iter()
        .filter(move |picking| sold && is_open(picking))
        .map(|picking| format!("{} ({})", sale.name, picking.name))
}

fn is_open(picking: &PickingRecord) -> bool {
    let leaves = match picking.code {
        PickingCode::Outgoing => true,
        PickingCode::Incoming | PickingCode::Internal | PickingCode::Other(_) => false,
    };
    leaves
        && match picking.state {
            PickingState::Draft
            | PickingState::Waiting
            | PickingState::Confirmed
            | PickingState::Partly
            | PickingState::Assigned
            | PickingState::Other(_) => true,
            PickingState::Done | PickingState::Cancel => false,
        }
}
