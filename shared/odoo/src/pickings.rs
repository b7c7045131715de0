//! Deliveries and returns.

use crate::client::Odoo;
use crate::decode::{Row, rows};
use crate::fault::Cause;
use crate::pin::number;
use crate::sale_state::plain;
use crate::selection::selection;
use crate::transport::{
    Args, Operation, PICKING_ASSIGN, PICKING_CONFIRM, PICKING_READ, PICKING_VALIDATE,
    STOCK_MOVE_WRITE,
};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

selection! {
    /// `stock.picking.state`, and of its moves.
    PickingState {
        /// Not confirmed.
        Draft = "draft",
        /// Waits for another picking.
        Waiting = "waiting",
        /// Confirmed, goods are missing.
        Confirmed = "confirmed",
        /// Of a move: some of it is reserved.
        Partly = "partially_available",
        /// Reserved; returns are at once.
        Assigned = "assigned",
        /// The goods have moved.
        Done = "done",
        /// Cancelled.
        Cancel = "cancel",
    }
}

selection! {
    /// `stock.picking.type.code`.
    PickingCode {
        /// Into the warehouse: returns too.
        Incoming = "incoming",
        /// To the customer.
        Outgoing = "outgoing",
        /// Within the company.
        Internal = "internal",
    }
}

/// A delivery or return as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickingRecord {
    /// `stock.picking` id.
    pub id: i64,
    /// `WH/OUT/00042`.
    pub name: String,
    /// State.
    pub state: PickingState,
    /// Direction.
    pub code: PickingCode,
    /// `stock.picking.type` id.
    pub picking_type: i64,
    /// The delivery that it returns.
    pub returns: Option<i64>,
    /// The picking whose rest it is.
    pub backorder_of: Option<i64>,
    /// `stock.location` id.
    pub from: i64,
    /// `stock.location` id.
    pub to: i64,
    /// Source document.
    pub origin: Option<String>,
    /// Moves.
    pub moves: Vec<StockMove>,
}

/// One product of a picking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockMove {
    /// `stock.move` id. Equal moves of a picking are merged when it is confirmed (facts A15).
    pub id: i64,
    /// `product.product` id.
    pub product: i64,
    /// Asked for.
    pub demand: Decimal,
    /// Reserved, or done once the state is done.
    pub quantity: Decimal,
    /// Marked to be moved when the picking is validated.
    pub picked: bool,
    /// State.
    pub state: PickingState,
    /// `sale.order.line` id.
    pub sale_line: Option<i64>,
    /// The move of the delivery that it returns.
    pub returns: Option<i64>,
    /// True if a return lowers the delivered quantity of the sale line.
    pub to_refund: bool,
    /// `stock.location` id.
    pub from: i64,
    /// `stock.location` id.
    pub to: i64,
}

/// What came of [`Odoo::validate_pickings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validated {
    /// The goods have moved.
    Done,
    /// Odoo asks something back (an app's dialogue) and moved nothing.
    NotDone,
}

const PICKING: &[&str] = &[
    "name",
    "state",
    "picking_type_code",
    "picking_type_id",
    "return_id",
    "backorder_id",
    "location_id",
    "location_dest_id",
    "origin",
];

const MOVE: &[&str] = &[
    "product_id",
    "product_uom_qty",
    "quantity",
    "picked",
    "state",
    "sale_line_id",
    "origin_returned_move_id",
    "to_refund",
    "location_id",
    "location_dest_id",
];

/// What is read of a picking. The names are those of 17, 18 and 19 (sources; tried on 19).
pub(crate) fn specification() -> Map<String, Value> {
    let mut wanted = plain(PICKING);
    wanted.insert("move_ids".to_owned(), json!({"fields": plain(MOVE)}));
    wanted
}

pub(crate) fn picking(row: &Row<'_>) -> Result<PickingRecord, Fault> {
    let text = |field: &str| Ok::<_, Fault>(row.text(field)?.unwrap_or_default());
    let moves = row.records("move_ids")?;
    Ok(PickingRecord {
        id: row.id()?,
        name: text("name")?,
        state: PickingState::parse(&text("state")?),
        code: PickingCode::parse(&text("picking_type_code")?),
        picking_type: row.required("picking_type_id")?,
        returns: row.reference("return_id")?,
        backorder_of: row.reference("backorder_id")?,
        from: row.required("location_id")?,
        to: row.required("location_dest_id")?,
        origin: row.text("origin")?,
        moves: moves.iter().map(stock_move).collect::<Result<_, Fault>>()?,
    })
}

fn stock_move(row: &Row<'_>) -> Result<StockMove, Fault> {
    Ok(StockMove {
        id: row.id()?,
        product: row.required("product_id")?,
        demand: row.decimal("product_uom_qty")?,
        quantity: row.decimal("quantity")?,
        picked: row.flag("picked")?,
        state: PickingState::parse(&row.text("state")?.unwrap_or_default()),
        sale_line: row.reference("sale_line_id")?,
        returns: row.reference("origin_returned_move_id")?,
        to_refund: row.flag("to_refund")?,
        from: row.required("location_id")?,
        to: row.required("location_dest_id")?,
    })
}

impl<H: Http> Odoo<'_, H> {
    /// `stock.picking.web_read` of pickings that need no sale order. Deleted ones are absent.
    pub async fn read_pickings(&self, ids: &[i64]) -> Result<Vec<PickingRecord>, Fault> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Value::Object(specification());
        let answer = self.web_read_existing(PICKING_READ, ids, &wanted).await?;
        rows(&self.connection.name, PICKING_READ, &answer)?.iter().map(picking).collect()
    }

    /// `stock.picking.action_confirm()`; safe to repeat.
    pub async fn confirm_pickings(&self, ids: &[i64]) -> Result<(), Fault> {
        self.picking_step(PICKING_CONFIRM, ids, &[PickingState::Draft]).await
    }

    /// `stock.picking.action_assign()`: reserves what is there. Done and cancelled pickings are refused
    /// by Odoo (422 "Nothing to check the availability for."), which is no fault here. What is missing
    /// shows in the states.
    pub async fn assign_pickings(&self, ids: &[i64]) -> Result<(), Fault> {
        let open = [PickingState::Draft, PickingState::Waiting, PickingState::Confirmed];
        self.picking_step(PICKING_ASSIGN, ids, &open).await
    }

    /// A step that may be made already: a refusal counts only while a picking is in one of `before`.
    async fn picking_step(
        &self,
        operation: Operation,
        ids: &[i64],
        before: &[PickingState],
    ) -> Result<(), Fault> {
        match self.call(operation, Args::of(ids)).await {
            Ok(Value::Bool(true) | Value::Null) => Ok(()),
            Ok(Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_))
            | Ok(Value::Object(_)) => Err(self.unexpected(operation, "it asks something back")),
            Err(refused) if refused.cause == Cause::Rule => {
                let now = self.read_pickings(ids).await?;
                match now.iter().any(|picking| before.contains(&picking.state)) {
                    true => Err(refused.fault),
                    false => Ok(()),
                }
            }
            Err(refused) => Err(refused.fault),
        }
    }

    /// `stock.move.write({"quantity", "picked"})`, one call for each different quantity. Absolute values
    /// of open moves, so safe to repeat until the picking is validated.
    ///
    /// Every move that goes must be set: with none picked, [`Odoo::validate_pickings`] moves everything
    /// that is reserved (seen on 19.0).
    pub async fn set_done_quantities(&self, moves: &[(i64, Decimal)]) -> Result<(), Fault> {
        let mut by_quantity: BTreeMap<Decimal, Vec<i64>> = BTreeMap::new();
        for (id, quantity) in moves {
            by_quantity.entry(*quantity).or_default().push(*id);
        }
        for (quantity, ids) in by_quantity {
            let picked = quantity > Decimal::ZERO;
            let vals = json!({"quantity": number(quantity), "picked": picked});
            match self.call(STOCK_MOVE_WRITE, Args::of(&ids).with("vals", vals)).await? {
                Value::Bool(true) => {}
                Value::Null
                | Value::Bool(false)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => return Err(self.unexpected(STOCK_MOVE_WRITE, "not true")),
            }
        }
        Ok(())
    }

    /// `stock.picking.button_validate()` with `skip_backorder` (the rest becomes a backorder, nobody is
    /// asked) and `skip_sms`. On done pickings it answers `true` again: safe to repeat.
    pub async fn validate_pickings(&self, ids: &[i64]) -> Result<Validated, Fault> {
        let args =
            Args::of(ids).context("skip_backorder", json!(true)).context("skip_sms", json!(true));
        match self.call(PICKING_VALIDATE, args).await {
            Ok(Value::Bool(true)) => Ok(Validated::Done),
            Ok(_) => Ok(Validated::NotDone),
            Err(refused) if refused.cause == Cause::Rule => {
                let now = self.read_pickings(ids).await?;
                let done = now.len() == ids.len()
                    && now.iter().all(|picking| picking.state == PickingState::Done);
                if done { Ok(Validated::Done) } else { Err(refused.fault) }
            }
            Err(refused) => Err(refused.fault),
        }
    }
}
