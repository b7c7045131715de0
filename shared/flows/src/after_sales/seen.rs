//! What Odoo has of an order, as far as the plan asks. Pure values; [`super::observe`] reads them.

use super::wanted::{Wanted, WantedLine};
use causeway_domain::{Decimal, Money};
use serde::Serialize;
use std::collections::BTreeMap;

/// A sale order with everything that hangs on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// `sale.order` id.
    pub id: i64,
    /// Odoo's number.
    pub name: String,
    /// Where it stands.
    pub standing: SaleStanding,
    /// Must be unlocked before it can be cancelled or changed.
    pub locked: bool,
    /// `res.partner` to be invoiced.
    pub partner: i64,
    /// What it comes to in Odoo now, tax included.
    pub total: Money,
    /// `account.move` ids of all its invoices and credit notes, cancelled ones too.
    pub documents: Vec<i64>,
    /// Its lines without sections and notes.
    pub lines: Vec<SeenLine>,
    /// Invoices that are not cancelled, oldest first.
    pub invoices: Vec<SeenInvoice>,
    /// Deliveries and returns that are not cancelled.
    pub pickings: Vec<SeenPicking>,
    /// Payments that our row has recorded, by the step that recorded them.
    pub payments: BTreeMap<String, SeenPayment>,
}

/// `sale.order.state`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SaleStanding {
    /// Not confirmed yet.
    Quotation,
    /// Confirmed.
    Confirmed,
    /// Cancelled.
    Cancelled,
}

/// A line of the order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenLine {
    /// `sale.order.line` id.
    pub id: i64,
    /// Our external id; lines that were added by an edit have none.
    pub external_id: Option<String>,
    /// `product.product` id.
    pub product: Option<i64>,
    /// Ordered quantity.
    pub ordered: Decimal,
    /// Delivered, less what came back.
    pub delivered: Decimal,
    /// Invoiced, less what was credited with a link to the line.
    pub invoiced: Decimal,
    /// What Odoo would invoice now; below zero if more is invoiced than due.
    pub to_invoice: Decimal,
    /// Unit price.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.tax` ids.
    pub taxes: Vec<i64>,
    /// Description.
    pub name: String,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenInvoice {
    /// `account.move` id.
    pub id: i64,
    /// Number, `None` as a draft.
    pub name: Option<String>,
    /// False as a draft.
    pub posted: bool,
    /// `account.journal` id.
    pub journal: i64,
    /// `res.partner` id.
    pub partner: i64,
    /// `res.partner` id of the delivery address.
    pub delivery_address: Option<i64>,
    /// `account.fiscal.position` id.
    pub fiscal_position: Option<i64>,
    /// `res.currency` id.
    pub currency_id: i64,
    /// What a settlement names it by.
    pub payment_reference: Option<String>,
    /// Tax included.
    pub total: Money,
    /// Lines that bill something.
    pub lines: Vec<SeenMoveLine>,
    /// Items on the receivable account.
    pub open_items: Vec<OpenItem>,
    /// Credit notes that reverse it and are not cancelled.
    pub credits: Vec<SeenCredit>,
}

/// A line of an invoice or credit note.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenMoveLine {
    /// `account.move.line` id.
    pub id: i64,
    /// The order line that it bills, if one is linked.
    pub sale_line: Option<i64>,
    /// `product.product` id.
    pub product: Option<i64>,
    /// `uom.uom` id.
    pub uom: Option<i64>,
    /// Description.
    pub name: String,
    /// Quantity.
    pub quantity: Decimal,
    /// Unit price.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.tax` ids.
    pub taxes: Vec<i64>,
    /// `account.account` id.
    pub account: i64,
    /// Analytic distribution, to be copied as it is.
    pub analytic: Option<serde_json::Value>,
    /// Net.
    pub net: Money,
    /// Tax included.
    pub gross: Money,
}

/// A credit note.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenCredit {
    /// `account.move` id.
    pub id: i64,
    /// Our external id, if it is ours.
    pub external_id: Option<String>,
    /// False as a draft.
    pub posted: bool,
    /// Tax included.
    pub total: Money,
    /// Its lines.
    pub lines: Vec<SeenMoveLine>,
    /// Items on the receivable account.
    pub open_items: Vec<OpenItem>,
}

/// An item of a receivable account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OpenItem {
    /// `account.move.line` id.
    pub id: i64,
    /// `account.account` id.
    pub account: i64,
    /// What is not reconciled yet; below zero on a payment or credit note.
    pub residual: Money,
}

/// A transfer of the order: a delivery, a step before it, or a return.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenPicking {
    /// `stock.picking` id.
    pub id: i64,
    /// `WH/OUT/00042`.
    pub name: String,
    /// Where it stands.
    pub state: PickingStanding,
    /// Our external id, if it is ours.
    pub external_id: Option<String>,
    /// The transfer that it takes back, for a return.
    pub return_of: Option<i64>,
    /// `stock.picking.type` of a return of it.
    pub return_type: i64,
    /// Which way its goods go.
    pub way: Way,
    /// Its moves.
    pub moves: Vec<SeenStockMove>,
}

/// `stock.picking.type.code`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Way {
    /// To the buyer.
    Out,
    /// From the buyer.
    In,
    /// Within the warehouse: picked and packed before they leave, or put back.
    Within,
    /// As an app says.
    Other,
}

/// `stock.picking.state`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PickingStanding {
    /// Not confirmed.
    Draft,
    /// Confirmed, waiting or ready.
    Open,
    /// Goods have moved.
    Done,
}

/// A stock move.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenStockMove {
    /// `stock.move` id.
    pub id: i64,
    /// The order line that it serves.
    pub sale_line: Option<i64>,
    /// `product.product` id.
    pub product: i64,
    /// Asked for.
    pub demand: Decimal,
    /// Moved, once done; reserved before.
    pub quantity: Decimal,
    /// Somebody said that it goes, done or not.
    pub picked: bool,
    /// The delivery's move that it takes back.
    pub origin: Option<i64>,
    /// `stock.location` it comes from.
    pub from: i64,
    /// `stock.location` it goes to.
    pub to: i64,
    /// True once done.
    pub done: bool,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenPayment {
    /// `account.payment` id.
    pub id: i64,
    /// False as a draft.
    pub posted: bool,
    /// Amount.
    pub amount: Money,
    /// Items on the receivable account; none where the journal books nothing.
    pub open_items: Vec<OpenItem>,
}

impl Seen {
    /// An order as Odoo would hold it right after it was invoiced in full, with ids that are made up
    /// and nothing delivered: what a dry run plans against.
    pub fn invoiced_in_full(wanted: &Wanted) -> Self {
        let ids = || 1_i64..;
        let gross = |line: &WantedLine| {
            line.taxes
                .iter()
                .try_fold(line.net, |sum, share| sum.plus(share.amount))
                .unwrap_or(line.net)
        };
        let taxes = |line: &WantedLine| line.taxes.iter().map(|share| share.tax).collect();
        let lines = wanted.lines.iter().zip(ids()).map(|(line, id)| SeenLine {
            id,
            external_id: Some(line.external_id.clone()),
            product: Some(id),
            ordered: line.quantity,
            delivered: Decimal::ZERO,
            invoiced: line.quantity,
            to_invoice: Decimal::ZERO,
            price_unit: line.net.to_decimal(),
            discount: Decimal::ZERO,
            taxes: taxes(line),
            name: line.line.to_string(),
        });
        let billed = wanted.lines.iter().zip(ids()).map(|(line, id)| SeenMoveLine {
            id,
            sale_line: Some(id),
            product: Some(id),
            uom: None,
            name: line.line.to_string(),
            quantity: line.quantity,
            price_unit: line.net.to_decimal(),
            discount: Decimal::ZERO,
            taxes: taxes(line),
            account: 0,
            analytic: None,
            net: line.net,
            gross: gross(line),
        });
        Self {
            id: 1,
            name: "dry run".to_owned(),
            standing: SaleStanding::Confirmed,
            locked: false,
            partner: 1,
            total: wanted.total,
            documents: vec![1],
            lines: lines.collect(),
            invoices: vec![SeenInvoice {
                id: 1,
                name: None,
                posted: true,
                journal: 1,
                partner: 1,
                delivery_address: None,
                fiscal_position: None,
                currency_id: 0,
                payment_reference: None,
                total: wanted.total,
                lines: billed.collect(),
                open_items: Vec::new(),
                credits: Vec::new(),
            }],
            pickings: Vec::new(),
            payments: BTreeMap::new(),
        }
    }

    /// What has left for a line, returns not taken off.
    pub fn sent(&self, line: &SeenLine) -> Decimal {
        let moves: Decimal = self
            .pickings
            .iter()
            .filter(|picking| picking.delivers())
            .flat_map(|picking| &picking.moves)
            .filter(|stock| stock.done && stock.sale_line == Some(line.id))
            .map(|stock| stock.quantity)
            .sum();
        // Services and goods without moves are delivered by hand.
        if moves.is_zero() { line.delivered } else { moves }
    }

    /// True if anything has left.
    pub fn anything_sent(&self) -> bool {
        let done = |picking: &SeenPicking| {
            picking.delivers()
                && picking.moves.iter().any(|stock| stock.done && !stock.quantity.is_zero())
        };
        self.pickings.iter().any(done)
    }

    /// True for a delivery, and for a step before it. A step that Odoo makes when the order is lowered takes
    /// goods back the way that they came, and is no return of anything (seen on 19.0).
    pub fn heads_out(&self, picking: &SeenPicking) -> bool {
        match picking.way {
            Way::Out => picking.delivers(),
            Way::Within => picking.return_of.is_none() && !self.puts_back(picking),
            Way::In | Way::Other => false,
        }
    }

    fn puts_back(&self, picking: &SeenPicking) -> bool {
        let earlier = |other: &&SeenPicking| other.way == Way::Within && other.id < picking.id;
        let steps = self.pickings.iter().filter(earlier).flat_map(|other| &other.moves);
        let there: Vec<&SeenStockMove> = steps.filter(|step| step.done).collect();
        picking.moves.iter().any(|back| {
            there.iter().any(|step| {
                step.sale_line == back.sale_line && (step.from, step.to) == (back.to, back.from)
            })
        })
    }

    /// True if an invoice is posted.
    pub fn anything_invoiced(&self) -> bool {
        self.invoices.iter().any(|invoice| invoice.posted)
    }
}

impl SeenPicking {
    /// True for a delivery to the buyer.
    pub fn delivers(&self) -> bool {
        self.way == Way::Out && self.return_of.is_none()
    }

    /// True for goods that come back from the buyer. What is put back before it was sent never was there.
    pub fn takes_back(&self) -> bool {
        match self.way {
            Way::Out | Way::In | Way::Other => self.return_of.is_some(),
            Way::Within => false,
        }
    }

    /// True if its goods have not moved yet.
    pub fn is_open(&self) -> bool {
        match self.state {
            PickingStanding::Draft | PickingStanding::Open => true,
            PickingStanding::Done => false,
        }
    }
}
