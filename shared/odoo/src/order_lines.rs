//! Lines of sale orders: read, change, add.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::fields;
use crate::pin::number;
use crate::transport::{Args, LINE_SEARCH_READ, ORDER_WRITE};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault, Money};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A line as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRecord {
    /// `sale.order.line` id.
    pub id: i64,
    /// `sale.order` id.
    pub order: i64,
    /// `product.product` id; `None` on sections and notes.
    pub product: Option<i64>,
    /// Description.
    pub name: String,
    /// Ordered quantity.
    pub quantity: Decimal,
    /// Unit price, rounded to [`crate::Session::price_decimals`].
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.tax` ids.
    pub taxes: Vec<i64>,
    /// Net.
    pub subtotal: Money,
    /// With tax. The company may round tax per order, so these need not add up (facts A7).
    pub total: Money,
    /// Delivered quantity.
    pub delivered: Decimal,
    /// Invoiced quantity.
    pub invoiced: Decimal,
    /// `line_section`, `line_subsection` or `line_note`.
    pub display_type: Option<String>,
}

/// All values of a line, always written together: a quantity alone makes Odoo take the price from the
/// pricelist again, and a pin alone is stored but does not change the line (seen on 19.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineValues {
    /// `product.product` id.
    pub product: i64,
    /// Description.
    pub name: String,
    /// `product_uom_qty`.
    pub quantity: Decimal,
    /// `price_unit`.
    pub price_unit: Decimal,
    /// `discount` in percent.
    pub discount: Decimal,
    /// `account.tax` ids; an empty list means no tax.
    pub taxes: Vec<i64>,
    /// `extra_tax_data` from [`crate::pin`]; `None` leaves the old one, which Odoo ignores as soon as
    /// it does not fit.
    pub pin: Option<Value>,
}

/// One change of an order's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineCommand {
    /// Changes a line.
    Update {
        /// `sale.order.line` id.
        line: i64,
        /// What it becomes.
        values: LineValues,
    },
    /// Adds a line. Not safe to repeat: read the lines again first.
    Add {
        /// What it is.
        values: LineValues,
    },
    /// Removes a line; Odoo refuses it once the order is confirmed.
    Remove {
        /// `sale.order.line` id.
        line: i64,
    },
    /// Sets the quantity to 0: what takes the place of removing on a confirmed order.
    Zero {
        /// `sale.order.line` id.
        line: i64,
        /// Its price as it is, or Odoo prices it anew.
        price_unit: Decimal,
        /// Its discount as it is.
        discount: Decimal,
    },
}

impl<H: Http> Odoo<'_, H> {
    /// `sale.order.line.search_read` of the lines of these orders, in the order of their ids.
    pub async fn read_lines(&self, orders: &[i64]) -> Result<Vec<LineRecord>, Fault> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let mut fields = fields::line_read();
        fields.push(self.session.fields.line_taxes);
        let domain = json!([["order_id", "in", orders]]);
        let found = self.search_all(LINE_SEARCH_READ, domain, &fields, false).await?;
        let name = &self.connection.name;
        found.iter().map(|value| self.line(&row(name, LINE_SEARCH_READ, value)?)).collect()
    }

    /// `sale.order.line.search_read`: the orders of these lines. Deleted lines are absent.
    pub async fn orders_of_lines(&self, lines: &[i64]) -> Result<BTreeSet<i64>, Fault> {
        if lines.is_empty() {
            return Ok(BTreeSet::new());
        }
        let domain = json!([["id", "in", lines]]);
        let found = self.search_all(LINE_SEARCH_READ, domain, &["order_id"], false).await?;
        let name = &self.connection.name;
        found.iter().map(|value| row(name, LINE_SEARCH_READ, value)?.required("order_id")).collect()
    }

    /// [`Odoo::write_order`] of lines only.
    pub async fn write_order_lines(
        &self,
        order: i64,
        commands: Vec<LineCommand>,
    ) -> Result<(), Fault> {
        self.write_order(order, None, commands).await
    }

    /// `sale.order.write({"partner_invoice_id", "partner_shipping_id", "order_line": [...]})` with the
    /// invoice and delivery address as `addresses`: one transaction, all or nothing. It changes
    /// values, so an unknown outcome is `Ambiguous` and never replayed here: wait out Odoo's
    /// `limit_time_real`, read the order, decide.
    pub async fn write_order(
        &self,
        order: i64,
        addresses: Option<(i64, i64)>,
        commands: Vec<LineCommand>,
    ) -> Result<(), Fault> {
        let mut values = Map::new();
        if let Some((invoice, delivery)) = addresses {
            values.insert("partner_invoice_id".to_owned(), json!(invoice));
            values.insert("partner_shipping_id".to_owned(), json!(delivery));
        }
        if !commands.is_empty() {
            let lines: Vec<Value> = commands.iter().map(|command| self.command(command)).collect();
            values.insert("order_line".to_owned(), Value::Array(lines));
        }
        if values.is_empty() {
            return Ok(());
        }
        let args = Args::of(&[order]).with("vals", Value::Object(values));
        match self.call(ORDER_WRITE, args).await? {
            Value::Bool(true) => Ok(()),
            Value::Null
            | Value::Bool(false)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => Err(self.unexpected(ORDER_WRITE, "not true")),
        }
    }

    fn command(&self, command: &LineCommand) -> Value {
        match command {
            LineCommand::Update { line, values } => json!([1, line, self.values(values)]),
            LineCommand::Add { values } => json!([0, 0, self.values(values)]),
            LineCommand::Remove { line } => json!([2, line, 0]),
            LineCommand::Zero { line, price_unit, discount } => json!([1, line, {
                "product_uom_qty": number(Decimal::ZERO),
                "price_unit": number(*price_unit),
                "discount": number(*discount),
            }]),
        }
    }

    fn values(&self, values: &LineValues) -> Value {
        let mut sent = json!({
            "product_id": values.product,
            "name": values.name,
            "product_uom_qty": number(values.quantity),
            "price_unit": number(values.price_unit),
            "discount": number(values.discount),
            self.session.fields.line_taxes: [[6, 0, values.taxes]],
        });
        if let (Some(sent), Some(pin), true) =
            (sent.as_object_mut(), &values.pin, self.session.pins)
        {
            sent.insert("extra_tax_data".to_owned(), pin.clone());
        }
        sent
    }

    fn line(&self, row: &Row<'_>) -> Result<LineRecord, Fault> {
        let (_, currency) = self.currency(row.required("currency_id")?)?;
        Ok(LineRecord {
            id: row.id()?,
            order: row.required("order_id")?,
            product: row.reference("product_id")?,
            name: row.text("name")?.unwrap_or_default(),
            quantity: row.decimal("product_uom_qty")?,
            price_unit: row.decimal("price_unit")?,
            discount: row.decimal("discount")?,
            taxes: row.ids(self.session.fields.line_taxes)?,
            subtotal: row.money("price_subtotal", currency)?,
            total: row.money("price_total", currency)?,
            delivered: row.decimal("qty_delivered")?,
            invoiced: row.decimal("qty_invoiced")?,
            display_type: row.text("display_type")?,
        })
    }
}
