//! What is overwritten of sale orders: the date after confirmation, the fiscal position before it.

use crate::client::Odoo;
use crate::decode::datetime;
use crate::fault::Cause;
use crate::load::Cell;
use crate::orders::{Lead, OrderRecord, specification};
use crate::pin::number;
use crate::transport::{Args, ORDER_SAVE_MULTI};
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The date that an order should bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDate {
    /// `sale.order` id.
    pub order: i64,
    /// `date_order`.
    pub date: Timestamp,
    /// The order's lead times as read ([`OrderRecord::leads`]).
    pub leads: Vec<Lead>,
}

/// What is written to one order. A batch is of one kind.
#[derive(Clone, Copy)]
enum Write<'d> {
    Date(&'d OrderDate),
    NoPosition,
}

type Writes<'d> = BTreeMap<i64, Write<'d>>;

const DATE: &[&str] = &[".id", "date_order", "order_line/.id", "order_line/customer_lead"];
const NO_POSITION: &[&str] = &[".id", "fiscal_position_id/.id"];

/// Columns that a `load` may overwrite: nothing that an order's state could forbid or that changes value
/// (the lines' taxes are sent, so that no fiscal position touches them, odoo FACTS A15).
pub(crate) const NARROW: &[&[&str]] = &[DATE, NO_POSITION];

impl<H: Http> Odoo<'_, H> {
    /// Puts `date_order` back after confirmation and reads the orders in the same go. Safe to repeat.
    ///
    /// The fiscal position is not written with it: neither confirming nor dating changes it (seen on 19.0:
    /// found, set by a person, or taken away), so what is there afterwards is what an app or a person wanted
    /// meanwhile.
    ///
    /// Each line's lead time is written with it, as it is: that moves the deadline of its delivery along.
    /// With the deadline of the confirmation, Odoo would not merge a later change of quantity into the
    /// delivery: less would leave it as it is and announce a return of goods that never left (seen on
    /// 19.0; `stock.move._prepare_merge_moves_distinct_fields`).
    ///
    /// Deleted orders are absent from the answer.
    pub async fn date_and_read(
        &self,
        dates: &[OrderDate],
    ) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        self.overwrite(dates.iter().map(|date| (date.order, Write::Date(date))).collect()).await
    }

    /// Takes the fiscal position off these quotations and reads them in the same go. Safe to repeat; what is
    /// taken away stays away, also when the order is confirmed and dated (seen on 19.0). Deleted orders are
    /// absent from the answer.
    pub async fn clear_positions(
        &self,
        quotations: &[i64],
    ) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        self.overwrite(quotations.iter().map(|id| (*id, Write::NoPosition)).collect()).await
    }

    /// On Odoo 19 that is one `sale.order.web_save_multi(vals_list, specification)`; 17 and 18 do not
    /// have it and take one plain `load` and one read.
    async fn overwrite(&self, writes: Writes<'_>) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        if writes.is_empty() {
            return Ok(BTreeMap::new());
        }
        if self.session.version.major < 19 {
            return self.overwrite_by_load(writes).await;
        }
        match self.save(&writes).await? {
            Some(orders) => Ok(orders),
            None => {
                let left = self.left(writes).await?;
                if left.is_empty() {
                    return Ok(BTreeMap::new());
                }
                let again = self.save(&left).await?;
                again.ok_or_else(|| Fault::retry("sale orders are being deleted right now"))
            }
        }
    }

    /// `None` if one of the orders is gone: then nothing was written.
    async fn save(&self, writes: &Writes<'_>) -> Result<Option<BTreeMap<i64, OrderRecord>>, Fault> {
        let ids: Vec<i64> = writes.keys().copied().collect();
        let args = Args::of(&ids)
            .with("vals_list", writes.values().copied().map(values).collect())
            .with("specification", specification())
            .of_birth(self.connection);
        match self.call(ORDER_SAVE_MULTI, args).await {
            Ok(answer) => self.orders(&answer, ORDER_SAVE_MULTI).map(Some),
            Err(refused) if refused.cause == Cause::Missing => Ok(None),
            Err(refused) => Err(refused.fault),
        }
    }

    async fn overwrite_by_load(
        &self,
        writes: Writes<'_>,
    ) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        let ids: Vec<i64> = writes.keys().copied().collect();
        if let Err(fault) = self.load_writes(&writes).await {
            let before = writes.len();
            let left = self.left(writes).await?;
            if left.len() == before {
                return Err(fault);
            }
            self.load_writes(&left).await?;
        }
        self.read_orders(&ids).await
    }

    async fn load_writes(&self, writes: &Writes<'_>) -> Result<(), Fault> {
        let Some(columns) = writes.values().next().copied().map(columns) else { return Ok(()) };
        let rows = writes.iter().flat_map(|(id, write)| rows(*id, *write)).collect();
        self.load_fields("sale.order", columns, rows).await.map(drop)
    }

    /// Those that still exist.
    async fn left<'d>(&self, writes: Writes<'d>) -> Result<Writes<'d>, Fault> {
        let ids: Vec<i64> = writes.keys().copied().collect();
        let found = self.existing(&ids).await?;
        Ok(writes.into_iter().filter(|(id, _)| found.contains(id)).collect())
    }
}

fn values(write: Write<'_>) -> Value {
    let date = match write {
        Write::NoPosition => return json!({"fiscal_position_id": false}),
        Write::Date(date) => date,
    };
    let lines: Vec<Value> = date
        .leads
        .iter()
        .map(|lead| json!([1, lead.line, {"customer_lead": number(lead.days)}]))
        .collect();
    match lines.is_empty() {
        true => json!({"date_order": datetime(date.date)}),
        false => json!({"date_order": datetime(date.date), "order_line": lines}),
    }
}

fn columns(write: Write<'_>) -> &'static [&'static str] {
    match write {
        Write::Date(_) => DATE,
        Write::NoPosition => NO_POSITION,
    }
}

/// Of a date one row for each line; those after the first leave the order's cells blank.
fn rows(order: i64, write: Write<'_>) -> Vec<Vec<Cell>> {
    let date = match write {
        Write::NoPosition => return vec![vec![Cell::Id(order), Cell::Blank]],
        Write::Date(date) => date,
    };
    let mut lines = date.leads.iter().map(|lead| [Cell::Id(lead.line), lead.days.into()]);
    let [line, days] = lines.next().unwrap_or([Cell::Blank, Cell::Blank]);
    let mut rows = vec![vec![Cell::Id(order), datetime(date.date).into(), line, days]];
    rows.extend(lines.map(|[line, days]| vec![Cell::Blank, Cell::Blank, line, days]));
    rows
}
