//! What is still to be sent of an order whose money was taken back. Causeway neither stops nor sends it: a
//! dispute may yet be won, so a person decides while there is time. They are asked once.

use super::book::Case;
use crate::World;
use crate::settlement::sale::seller;
use crate::settlement::{dispute_reference, documents};
use crate::work::{self, ATTENTION_LIFE};
use causeway_domain::ports::Clock as _;
use causeway_domain::{Fault, MovementKind, Timestamp};
use causeway_ledger::{AttentionItem, Ledger as _, RowKey};
use causeway_odoo::{
    ExternalId, ExternalIdOf, MoveKind, MoveQuery, OrderState, PickingCode, PickingRecord,
    PickingState, SaleRecord,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// The step under which the row records that a person was asked.
const ASKED: &str = "asked:goods";
/// How long after a dispute its goods are looked for.
const WATCHED: Duration = Duration::from_secs(60 * 24 * 3600);

impl<W: World> Case<'_, W> {
    /// The transfers of the disputed order that have not left while its money is gone, as long as they are
    /// worth looking for. A person is asked about them, once; the question is closed when there are none.
    ///
    /// Also where nothing can be booked yet: goods that are invoiced on delivery have no invoice.
    pub(super) async fn goods(&self) -> Result<Vec<String>, Fault> {
        let open = match self.money_is_gone().await? {
            true => self.open_transfers().await?,
            false => Vec::new(),
        };
        if open.is_empty() {
            self.world.ledger().settle(&self.item()).await.map_err(work::unavailable)?;
        } else {
            self.ask_about(&open).await?;
        }
        let now = self.world.clock().now();
        let old = now.duration_since(self.dispute.occurred_at).unsigned_abs() > WATCHED;
        Ok(if old { Vec::new() } else { open })
    }

    /// By the dispute itself, and by what another event of it has booked meanwhile: each event of Adyen is a
    /// subject of its own, and they come in any order.
    async fn money_is_gone(&self) -> Result<bool, Fault> {
        match self.dispute.movements.last().map(|movement| movement.kind) {
            Some(MovementKind::Withdrawal) => {}
            Some(MovementKind::Reinstatement) | None => return Ok(false),
        }
        let next = format!("{}:{}", self.dispute.id, self.dispute.movements.len());
        let back = ExternalId::new(&self.document.id, "dispute-won", &next);
        let texts = BTreeSet::from([dispute_reference(&self.dispute.payment)]);
        let kinds = [MoveKind::Entry];
        let entries = documents::moves(self.odoo, MoveQuery::References, &texts, &kinds).await?;
        let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
        let names = self.odoo.external_ids(ExternalIdOf::Move, &ids).await?;
        Ok(!names.values().any(|name| name == back.as_str()))
    }

    async fn open_transfers(&self) -> Result<Vec<String>, Fault> {
        let billed: BTreeSet<i64> = self.sale().await?.sale_lines().collect();
        let billed: Vec<i64> = billed.into_iter().collect();
        let orders = self.odoo.orders_of_lines(&billed).await?;
        let sales: Vec<SaleRecord> = match (&self.dispute.order_reference, orders.is_empty()) {
            (Some(number), true) => self.numbered(number).await?,
            (Some(_) | None, _) => {
                let orders: Vec<i64> = orders.into_iter().collect();
                self.odoo.read_sales(&orders).await?.into_values().collect()
            }
        };
        Ok(sales.iter().flat_map(transfers).collect())
    }

    /// The order that bears the number, of one of the account's stores where it names them. Two stores may
    /// both have the number: then nobody can say whose goods are meant.
    async fn numbered(&self, number: &str) -> Result<Vec<SaleRecord>, Fault> {
        let orders: Vec<i64> = self.odoo.orders_numbered(number).await?.into_iter().collect();
        let stores = &self.document.account.stores;
        let ours = |sale: &SaleRecord| {
            let mut names = sale.lines.iter().filter_map(|line| line.external_id.as_deref());
            stores.is_empty() || names.any(|name| seller(stores, name).is_some())
        };
        let mut sales: Vec<SaleRecord> =
            self.odoo.read_sales(&orders).await?.into_values().filter(ours).collect();
        if sales.len() > 1 {
            sales.clear();
        }
        Ok(sales)
    }

    /// Of the dispute, not of the event that was looked at.
    fn item(&self) -> RowKey {
        let subject = format!("dispute/{}#goods", self.dispute.id);
        RowKey { store: self.document.id.clone(), subject }
    }

    async fn ask_about(&self, open: &[String]) -> Result<(), Fault> {
        let now: Timestamp = self.world.clock().now();
        let item = AttentionItem {
            key: self.item(),
            raised_at: now,
            number: self.job.number.clone(),
            reason: format!(
                "dispute {} took the money of payment {} back, and goods of it are still to be sent: {}",
                self.dispute.id,
                self.dispute.payment,
                open.join(", ")
            ),
            fix: "cancel the transfer in Odoo, or have the goods sent; then settle the item"
                .to_owned(),
            payload: self.job.payload.clone(),
            expires_at: now + ATTENTION_LIFE,
        };
        work::ask_once(self.world, self.job, ASKED, &item).await
    }
}

/// `S00042 (WH/OUT/00017)` for each transfer that has not left. Of a delivery in several steps the last may
/// not be there yet, so every step counts.
fn transfers(sale: &SaleRecord) -> impl Iterator<Item = String> {
    let sold = match sale.state {
        OrderState::Sale => true,
        OrderState::Draft | OrderState::Sent | OrderState::Cancel | OrderState::Other(_) => false,
    };
    sale.pickings
        .iter()
        .filter(move |picking| sold && leaves(picking))
        .map(|picking| format!("{} ({})", sale.name, picking.name))
}

fn leaves(picking: &PickingRecord) -> bool {
    let outwards = match picking.code {
        PickingCode::Outgoing | PickingCode::Internal | PickingCode::Other(_) => {
            picking.returns.is_none()
        }
        PickingCode::Incoming => false,
    };
    outwards
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
