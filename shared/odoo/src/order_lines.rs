//! Lines of sale orders: read, change, add.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::pin::number;
use crate::transport::{Args, LINE_SEARCH_READ, ORDER_WRITE};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault, Money};
use serde_json::{Map, Value, json};

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

/// What a line costs. They are only ever written together: a quantity alone makes Odoo take the price
/// from the pricelist again, and a pin alone is stored but does not change the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAmounts {
    /// `product_uom_qty`.
    pub quantity: Decimal,
    /// `price_unit`.
    pub price_unit: Decimal,
    /// `discount` in percent.
    pub discount: Decimal,
    /// `extra_tax_data` from [`crate::pin`]; `None` leaves the old one, which then no longer fits and
    /// is ignored by Odoo.
    pub pin: Option<Value>,
}

/// Values of a line; `None` leaves one as it is, or to Odoo's default on a new line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineValues {
    /// `product.product` id.
    pub product: Option<i64>,
    /// Description.
    pub name: Option<String>,
    /// Quantity, price, discount and pin.
    pub amounts: Option<LineAmounts>,
    /// `account.tax` ids; an empty list means no tax.
    pub taxes: Option<Vec<i64>>,
    /// Place among the lines.
    pub sequence: Option<i64>,
    /// A delivery charge; left out where Odoo has no such field.
    pub is_delivery: Option<bool>,
}

/// One change of an order's lines. There is none that removes: Odoo refuses it on a confirmed order;
/// write quantity 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineCommand {
    /// Changes a line.
    Update {
        /// `sale.order.line` id.
        line: i64,
        /// What changes.
        values: LineValues,
    },
    /// Adds a line. Not safe to repeat: read the lines again first.
    Add {
        /// Its values; product, amounts and taxes are needed.
        values: LineValues,
    },
}

const FIELDS: &[&str] = &[
    "order_id",
    "product_id",
    "name",
    "product_uom_qty",
    "price_unit",
    "discount",
    "price_subtotal",
    "price_total",
    "qty_delivered",
    "qty_invoiced",
    "display_type",
    "currency_id",
];

impl<H: Http> Odoo<'_, H> {
    /// `sale.order.line.search_read` of the lines of these orders, in the order of their ids.
    pub async fn read_lines(&self, orders: &[i64]) -> Result<Vec<LineRecord>, Fault> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let mut fields = FIELDS.to_vec();
        fields.push(self.session.fields.line_taxes);
        let domain = json!([["order_id", "in", orders]]);
        let found = self.search_all(LINE_SEARCH_READ, domain, &fields, false).await?;
        let name = &self.connection.name;
        found.iter().map(|value| self.line(&row(name, LINE_SEARCH_READ, value)?)).collect()
    }

    /// `sale.order.write({"order_line": [[1, id, values], [0, 0, values]]})`: one transaction, all or
    /// nothing. It changes values, so an unknown outcome is `Ambiguous` and is never replayed here:
    /// wait out Odoo's `limit_time_real`, read the lines, decide.
    pub async fn write_order_lines(
        &self,
        order: i64,
        commands: Vec<LineCommand>,
    ) -> Result<(), Fault> {
        if commands.is_empty() {
            return Ok(());
        }
        let lines: Vec<Value> = commands
            .iter()
            .map(|command| self.command(order, command))
            .collect::<Result<_, _>>()?;
        let args = Args::of(&[order]).with("vals", json!({"order_line": lines}));
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

    fn command(&self, order: i64, command: &LineCommand) -> Result<Value, Fault> {
        match command {
            LineCommand::Update { line, values } => Ok(json!([1, line, self.values(values)])),
            LineCommand::Add { values } => {
                if values.product.is_none() || values.amounts.is_none() || values.taxes.is_none() {
                    return Err(Fault::reject(
                        format!("sale order {order}: a new line needs product, amounts and taxes"),
                        "this is a mistake in Causeway; report it",
                    ));
                }
                Ok(json!([0, 0, self.values(values)]))
            }
        }
    }

    fn values(&self, values: &LineValues) -> Value {
        let mut sent = Map::new();
        let mut put = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                sent.insert(field.to_owned(), value);
            }
        };
        put("product_id", values.product.map(Value::from));
        put("name", values.name.clone().map(Value::from));
        let amounts = values.amounts.as_ref();
        put("product_uom_qty", amounts.map(|amounts| number(amounts.quantity)));
        put("price_unit", amounts.map(|amounts| number(amounts.price_unit)));
        put("discount", amounts.map(|amounts| number(amounts.discount)));
        if self.session.pins {
            put("extra_tax_data", amounts.and_then(|amounts| amounts.pin.clone()));
        }
        let taxes = values.taxes.as_ref();
        put(self.session.fields.line_taxes, taxes.map(|taxes| json!([[6, 0, taxes]])));
        put("sequence", values.sequence.map(Value::from));
        if self.session.fields.is_delivery {
            put("is_delivery", values.is_delivery.map(Value::from));
        }
        Value::Object(sent)
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
