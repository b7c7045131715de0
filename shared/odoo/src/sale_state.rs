//! A sale order with everything that came of it: lines, invoices, credit notes, deliveries, returns.
//! And what ends it: unlock, cancel.

use crate::client::Odoo;
use crate::decode::{Row, rows};
use crate::fault::Cause;
use crate::moves::{self, MoveRecord};
use crate::named::ExternalIdOf;
use crate::orders::OrderState;
use crate::pickings::{self, PickingRecord};
use crate::transport::{Args, ORDER_CANCEL, ORDER_READ, ORDER_UNLOCK};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault, Money, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A sale order and what came of it, in one transaction of Odoo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRecord {
    /// `sale.order` id.
    pub id: i64,
    /// Odoo's number: `S00042`.
    pub name: String,
    /// State. Says nothing about deliveries and invoices: a delivered and invoiced order can be
    /// cancelled (facts A11).
    pub state: OrderState,
    /// Locked: must be unlocked before it can be cancelled.
    pub locked: bool,
    /// `res.currency` id.
    pub currency_id: i64,
    /// Net.
    pub untaxed: Money,
    /// Tax.
    pub tax: Money,
    /// Total.
    pub total: Money,
    /// `date_order`.
    pub date_order: Timestamp,
    /// `res.partner` id of the customer.
    pub partner: i64,
    /// `res.partner` id.
    pub invoice_address: i64,
    /// `res.partner` id.
    pub delivery_address: i64,
    /// The platform's order number.
    pub client_order_ref: Option<String>,
    /// `no`, `to invoice`, `invoiced` or `upselling`.
    pub invoice_status: Option<String>,
    /// `account.fiscal.position` id.
    pub fiscal_position: Option<i64>,
    /// `stock.warehouse` id.
    pub warehouse: Option<i64>,
    /// Lines.
    pub lines: Vec<SaleLine>,
    /// Invoices, newest first; also credit notes with lines that name a sale line.
    pub invoices: Vec<InvoiceRecord>,
    /// Deliveries and returns, newest first.
    pub pickings: Vec<PickingRecord>,
}

/// An invoice with its credit notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRecord {
    /// The invoice itself (or a credit note: see [`SaleRecord::invoices`]).
    pub record: MoveRecord,
    /// Moves that take it back (`reversal_move_ids`), in every state, newest first.
    pub reversals: Vec<MoveRecord>,
}

/// A line of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleLine {
    /// `sale.order.line` id.
    pub id: i64,
    /// Our external id of it, `__causeway__....`; `None` if a person added the line.
    pub external_id: Option<String>,
    /// `product.product` id; `None` on sections and notes.
    pub product: Option<i64>,
    /// Description.
    pub name: String,
    /// Ordered quantity.
    pub quantity: Decimal,
    /// Delivered quantity: sent less returned with `to_refund`. Negative after an over-return.
    pub delivered: Decimal,
    /// Invoiced quantity, less credit notes that name this line. Stays when a draft invoice is
    /// cancelled (seen on 19.0): decide from [`SaleRecord::invoices`].
    pub invoiced: Decimal,
    /// What Odoo would invoice now, by the product's invoicing policy; negative asks for a credit.
    pub to_invoice: Decimal,
    /// Unit price.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.tax` ids.
    pub taxes: Vec<i64>,
    /// Net.
    pub subtotal: Money,
    /// With tax.
    pub total: Money,
    /// `line_section`, `line_subsection` or `line_note`.
    pub display_type: Option<String>,
    /// Shipping.
    pub is_delivery: bool,
    /// True if deliveries say what is delivered (`qty_delivered_method` `stock_move`): goods.
    pub is_goods: bool,
}

/// What came of [`Odoo::cancel_order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is cancelled, its open deliveries and draft invoices too; done deliveries and posted
    /// invoices stay (facts A11).
    Yes,
    /// It is locked: [`Odoo::unlock_order`] first, or ask a person.
    Locked,
}

const ORDER: &[&str] = &[
    "name",
    "state",
    "locked",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "date_order",
    "partner_id",
    "partner_invoice_id",
    "partner_shipping_id",
    "client_order_ref",
    "invoice_status",
    "fiscal_position_id",
    "warehouse_id",
];

const LINE: &[&str] = &[
    "product_id",
    "name",
    "product_uom_qty",
    "qty_delivered",
    "qty_invoiced",
    "qty_to_invoice",
    "price_unit",
    "discount",
    "display_type",
    "qty_delivered_method",
    "price_subtotal",
    "price_total",
];

/// A `web_read` specification of plain fields.
pub(crate) fn plain(fields: &[&str]) -> Map<String, Value> {
    fields.iter().map(|field| ((*field).to_owned(), json!({}))).collect()
}

impl<H: Http> Odoo<'_, H> {
    /// [`Odoo::read_sales`] of one; `None` if the order was deleted.
    pub async fn read_sale(&self, id: i64) -> Result<Option<SaleRecord>, Fault> {
        Ok(self.read_sales(&[id]).await?.remove(&id))
    }

    /// One `sale.order.web_read` with lines, invoices, credit notes and pickings, and one
    /// `sale.order.line.get_external_id`. Deleted orders are absent. Needs the apps `sale_stock` and
    /// `account`, and the groups of facts A13.
    ///
    /// Names in 17 and 18: those of [`crate::FieldMap`]; the others are in their sources under the
    /// same names, but were not tried there.
    pub async fn read_sales(&self, ids: &[i64]) -> Result<BTreeMap<i64, SaleRecord>, Fault> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted = self.sale_specification();
        let answer = self.web_read_existing(ORDER_READ, ids, &wanted).await?;
        let mut sales = BTreeMap::new();
        for row in rows(&self.connection.name, ORDER_READ, &answer)? {
            let sale = self.sale(&row)?;
            sales.insert(sale.id, sale);
        }
        let lines: Vec<i64> =
            sales.values().flat_map(|sale| sale.lines.iter().map(|line| line.id)).collect();
        let mut names = self.external_ids(ExternalIdOf::OrderLine, &lines).await?;
        for line in sales.values_mut().flat_map(|sale| &mut sale.lines) {
            line.external_id = names.remove(&line.id);
        }
        Ok(sales)
    }

    fn sale_specification(&self) -> Value {
        let mut line = plain(LINE);
        line.insert(self.session.fields.line_taxes.to_owned(), json!({}));
        if self.session.fields.is_delivery {
            line.insert("is_delivery".to_owned(), json!({}));
        }
        let mut invoice = plain(moves::FIELDS);
        invoice.insert("reversal_move_ids".to_owned(), json!({"fields": plain(moves::FIELDS)}));
        let mut order = plain(ORDER);
        order.insert("order_line".to_owned(), json!({"fields": line}));
        order.insert("invoice_ids".to_owned(), json!({"fields": invoice}));
        order.insert("picking_ids".to_owned(), json!({"fields": pickings::specification()}));
        Value::Object(order)
    }

    fn sale(&self, row: &Row<'_>) -> Result<SaleRecord, Fault> {
        let currency_id = row.required("currency_id")?;
        let (_, currency) = self.currency(currency_id)?;
        let lines = row.records("order_line")?;
        let invoices = row.records("invoice_ids")?;
        let pickings = row.records("picking_ids")?;
        Ok(SaleRecord {
            id: row.id()?,
            name: row.text("name")?.unwrap_or_default(),
            state: OrderState::parse(&row.text("state")?.unwrap_or_default()),
            locked: row.flag("locked")?,
            currency_id,
            untaxed: row.money("amount_untaxed", currency)?,
            tax: row.money("amount_tax", currency)?,
            total: row.money("amount_total", currency)?,
            date_order: row.time("date_order")?,
            partner: row.required("partner_id")?,
            invoice_address: row.required("partner_invoice_id")?,
            delivery_address: row.required("partner_shipping_id")?,
            client_order_ref: row.text("client_order_ref")?,
            invoice_status: row.text("invoice_status")?,
            fiscal_position: row.reference("fiscal_position_id")?,
            warehouse: row.reference("warehouse_id")?,
            lines: lines
                .iter()
                .map(|line| self.sale_line(line, currency))
                .collect::<Result<_, Fault>>()?,
            invoices: invoices
                .iter()
                .map(|invoice| self.invoice(invoice))
                .collect::<Result<_, Fault>>()?,
            pickings: pickings.iter().map(pickings::picking).collect::<Result<_, Fault>>()?,
        })
    }

    fn sale_line(
        &self,
        row: &Row<'_>,
        currency: causeway_domain::Currency,
    ) -> Result<SaleLine, Fault> {
        Ok(SaleLine {
            id: row.id()?,
            external_id: None,
            product: row.reference("product_id")?,
            name: row.text("name")?.unwrap_or_default(),
            quantity: row.decimal("product_uom_qty")?,
            delivered: row.decimal("qty_delivered")?,
            invoiced: row.decimal("qty_invoiced")?,
            to_invoice: row.decimal("qty_to_invoice")?,
            price_unit: row.decimal("price_unit")?,
            discount: row.decimal("discount")?,
            taxes: row.ids(self.session.fields.line_taxes)?,
            subtotal: row.money("price_subtotal", currency)?,
            total: row.money("price_total", currency)?,
            display_type: row.text("display_type")?,
            is_delivery: self.session.fields.is_delivery && row.flag("is_delivery")?,
            is_goods: row.text("qty_delivered_method")?.as_deref() == Some("stock_move"),
        })
    }

    fn invoice(&self, row: &Row<'_>) -> Result<InvoiceRecord, Fault> {
        let reversals = row.records("reversal_move_ids")?;
        Ok(InvoiceRecord {
            record: self.read_move(row)?,
            reversals: reversals
                .iter()
                .map(|reversal| self.read_move(reversal))
                .collect::<Result<_, Fault>>()?,
        })
    }

    /// `sale.order.action_cancel()`. Safe to repeat: a cancelled order stays cancelled. Whether it
    /// should be cancelled (nothing delivered, nothing invoiced) is the caller's business: Odoo takes
    /// it in any state but locked.
    ///
    /// 17 and 18 may ask back with a wizard; `disable_cancel_warning` answers it (their sources; not
    /// tried).
    pub async fn cancel_order(&self, id: i64) -> Result<Cancelled, Fault> {
        let mut args = Args::of(&[id]);
        if self.session.version.major < 19 {
            args = args.context("disable_cancel_warning", json!(true));
        }
        let refusal = match self.call(ORDER_CANCEL, args).await {
            Ok(Value::Bool(true) | Value::Null) => return Ok(Cancelled::Yes),
            Ok(Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_))
            | Ok(Value::Object(_)) => self.unexpected(ORDER_CANCEL, "it asks something back"),
            Err(refused) if refused.cause == Cause::Rule => refused.fault,
            Err(refused) => return Err(refused.fault),
        };
        let found = self.read_orders(&[id]).await?;
        match found.get(&id).map(|order| (&order.state, order.locked)) {
            Some((OrderState::Cancel, _)) => Ok(Cancelled::Yes),
            Some((_, true)) => Ok(Cancelled::Locked),
            Some((_, false)) | None => Err(refusal),
        }
    }

    /// `sale.order.action_unlock()`; safe to repeat.
    pub async fn unlock_order(&self, id: i64) -> Result<(), Fault> {
        match self.call(ORDER_UNLOCK, Args::of(&[id])).await? {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.unexpected(ORDER_UNLOCK, "it asks something back"))
            }
        }
    }
}
