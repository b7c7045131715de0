//! Deliveries without a sale order, and returns.

use crate::external_id::ExternalId;
use crate::load::{Cell, Record};
use crate::session::Session;
use causeway_domain::Decimal;

/// A picking for `stock.picking.load`; confirm, reserve, set quantities and validate follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickingDraft {
    /// Key.
    pub id: ExternalId,
    /// `stock.picking.type` id.
    pub picking_type: i64,
    /// `res.company` id.
    pub company: i64,
    /// `res.partner` id.
    pub partner: Option<i64>,
    /// `stock.location` id.
    pub from: i64,
    /// `stock.location` id.
    pub to: i64,
    /// Source document.
    pub origin: String,
    /// The delivery that it returns.
    pub returns: Option<i64>,
    /// At least one. Equal moves are merged when the picking is confirmed.
    pub moves: Vec<MoveDraft>,
}

/// One product of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveDraft {
    /// Key.
    pub id: ExternalId,
    /// `product.product` id.
    pub product: i64,
    /// Quantity. Odoo does not guard against returning more than was delivered (facts A9).
    pub quantity: Decimal,
    /// The delivery's move that it returns.
    pub returns: Option<i64>,
    /// True to lower the delivered quantity of the sale line.
    pub to_refund: bool,
    /// `sale.order.line` id: what makes the return show on the order at once.
    pub sale_line: Option<i64>,
}

impl PickingDraft {
    /// The record. 17 and 18 require a description on each move (their sources; not tried).
    pub fn record(&self, session: &Session) -> Record {
        let named = session.version.major < 19;
        Record {
            head: vec![
                ("id", Cell::from(&self.id)),
                ("picking_type_id/.id", self.picking_type.into()),
                ("partner_id/.id", self.partner.into()),
                ("location_id/.id", self.from.into()),
                ("location_dest_id/.id", self.to.into()),
                ("origin", self.origin.clone().into()),
                ("return_id/.id", self.returns.into()),
                ("company_id/.id", self.company.into()),
            ],
            lines: self.moves.iter().map(|one| self.cells(one, named)).collect(),
        }
    }

    fn cells(&self, one: &MoveDraft, named: bool) -> Vec<(&'static str, Cell)> {
        let mut cells = vec![
            ("move_ids/id", Cell::from(&one.id)),
            ("move_ids/product_id/.id", one.product.into()),
            ("move_ids/product_uom_qty", one.quantity.into()),
            ("move_ids/location_id/.id", self.from.into()),
            ("move_ids/location_dest_id/.id", self.to.into()),
            ("move_ids/origin_returned_move_id/.id", one.returns.into()),
            ("move_ids/to_refund", one.to_refund.into()),
            ("move_ids/sale_line_id/.id", one.sale_line.into()),
        ];
        if named {
            cells.push(("move_ids/name", self.origin.clone().into()));
        }
        cells
    }
}
