//! Credit notes, and the invoices that take one back.

use crate::external_id::ExternalId;
use crate::load::{Cell, Record};
use crate::moves::MoveKind;
use crate::pin::{PinnedLine, PinnedTax, pin_text};
use crate::session::Session;
use causeway_domain::{Date, Decimal, Money};
use serde_json::Value;

/// A credit note (`out_refund`) or customer invoice (`out_invoice`) for `account.move.load`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// Key: of a credit note the refund and the invoice together.
    pub id: ExternalId,
    /// [`MoveKind::CreditNote`] or [`MoveKind::Invoice`].
    pub kind: MoveKind,
    /// `account.journal` id, as the invoice has it.
    pub journal: i64,
    /// `res.partner` id, as the invoice has it.
    pub partner: i64,
    /// `res.partner` id of the delivery address, likewise.
    pub delivery_address: Option<i64>,
    /// `res.currency` id, likewise.
    pub currency_id: i64,
    /// `account.fiscal.position` id, likewise. Taxes that are sent are not mapped by it.
    pub fiscal_position: Option<i64>,
    /// The posted invoice that this takes back.
    pub reversed: Option<i64>,
    /// `ref`.
    pub reference: String,
    /// `payment_reference`: what a settlement names.
    pub payment_reference: Option<String>,
    /// `invoice_date`.
    pub date: Date,
    /// `account.payment.term` id. Never one with an early discount: it changes the tax (facts A15).
    pub payment_term: Option<i64>,
    /// At least one.
    pub lines: Vec<InvoiceLineDraft>,
}

/// One line. Amounts are positive on credit notes too; a fee that is kept has a negative price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLineDraft {
    /// Key: a line without its own is appended again by a replay.
    pub id: ExternalId,
    /// `product.product` id.
    pub product: Option<i64>,
    /// `uom.uom` id, as the invoice line has it; needed with a product.
    pub uom: Option<i64>,
    /// Label.
    pub name: String,
    /// Quantity.
    pub quantity: Decimal,
    /// Unit price.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.account` id, as the invoice line has it.
    pub account: i64,
    /// Net after discount. Exact only with a tax: Odoo ignores the pin of a line without one.
    pub net: Money,
    /// Every tax with its amount, as the invoice line has them.
    pub taxes: Vec<PinnedTax>,
    /// `analytic_distribution`, as the invoice line has it.
    pub analytic: Option<Value>,
    /// `sale.order.line` ids, only where undelivered goods go back and the ordered quantity is lowered
    /// with it: elsewhere the order would fall back to "to invoice" (facts A15).
    pub sale_lines: Vec<i64>,
}

impl InvoiceDraft {
    /// The record. `extra_tax_data` is left out where the database has no pins (18 and earlier): compare
    /// the totals of the draft with the wanted ones before posting.
    pub fn record(&self, session: &Session) -> Record {
        Record {
            head: vec![
                ("id", Cell::from(&self.id)),
                ("move_type", self.kind.as_str().into()),
                ("journal_id/.id", self.journal.into()),
                ("partner_id/.id", self.partner.into()),
                ("partner_shipping_id/.id", self.delivery_address.into()),
                ("currency_id/.id", self.currency_id.into()),
                ("fiscal_position_id/.id", self.fiscal_position.into()),
                ("reversed_entry_id/.id", self.reversed.into()),
                ("ref", self.reference.clone().into()),
                ("payment_reference", text(self.payment_reference.as_deref())),
                ("invoice_date", self.date.to_string().into()),
                ("invoice_payment_term_id/.id", self.payment_term.into()),
            ],
            lines: self
                .lines
                .iter()
                .map(|line| line.cells(self.currency_id, session.pins))
                .collect(),
        }
    }
}

impl InvoiceLineDraft {
    /// The pin always repeats the line's own price, quantity and discount: Odoo ignores it otherwise.
    fn pin(&self, currency_id: i64) -> Option<String> {
        let pinned = PinnedLine {
            currency_id,
            price_unit: self.price_unit,
            discount: self.discount,
            quantity: self.quantity,
            net: self.net,
            taxes: self.taxes.clone(),
        };
        (!self.taxes.is_empty()).then(|| pin_text(&pinned))
    }

    fn cells(&self, currency_id: i64, pins: bool) -> Vec<(&'static str, Cell)> {
        let taxes: Vec<i64> = self.taxes.iter().map(|tax| tax.tax).collect();
        let mut cells = vec![
            ("invoice_line_ids/id", Cell::from(&self.id)),
            ("invoice_line_ids/product_id/.id", self.product.into()),
            ("invoice_line_ids/product_uom_id/.id", self.uom.into()),
            ("invoice_line_ids/name", self.name.clone().into()),
            ("invoice_line_ids/quantity", self.quantity.into()),
            ("invoice_line_ids/price_unit", self.price_unit.into()),
            ("invoice_line_ids/discount", self.discount.into()),
            ("invoice_line_ids/account_id/.id", self.account.into()),
            ("invoice_line_ids/tax_ids/.id", Cell::ids(&taxes)),
            (
                "invoice_line_ids/analytic_distribution",
                self.analytic.as_ref().map_or(Cell::Blank, |value| value.to_string().into()),
            ),
        ];
        if pins {
            let pin = self.pin(currency_id);
            cells.push(("invoice_line_ids/extra_tax_data", text(pin.as_deref())));
        }
        cells.push(("invoice_line_ids/sale_line_ids/.id", Cell::ids(&self.sale_lines)));
        cells
    }
}

/// A text, or nothing.
pub(crate) fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::Blank, Cell::from)
}
