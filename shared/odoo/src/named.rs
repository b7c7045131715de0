//! Whose a record is: the external id that it was born with. And pins on lines that Odoo made.

use crate::client::Odoo;
use crate::pin::{PinnedLine, number, pin};
use crate::transport::{
    Args, LINE_EXTERNAL_ID, MOVE_EXTERNAL_ID, MOVE_LINE_EXTERNAL_ID, MOVE_WRITE, Operation,
    PICKING_EXTERNAL_ID,
};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Records that are asked for their external ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalIdOf {
    /// `sale.order.line`.
    OrderLine,
    /// `account.move`.
    Move,
    /// `account.move.line`.
    MoveLine,
    /// `stock.picking`.
    Picking,
}

impl ExternalIdOf {
    fn operation(self) -> Operation {
        match self {
            Self::OrderLine => LINE_EXTERNAL_ID,
            Self::Move => MOVE_EXTERNAL_ID,
            Self::MoveLine => MOVE_LINE_EXTERNAL_ID,
            Self::Picking => PICKING_EXTERNAL_ID,
        }
    }
}

impl<H: Http> Odoo<'_, H> {
    /// `get_external_id()`: `{"12": "__causeway__...."}`, an empty text for none. Ours are the first of a
    /// record, as it was born with it; others are left out. Works without rights on `ir.model.data`
    /// (seen on 19.0).
    pub async fn external_ids(
        &self,
        of: ExternalIdOf,
        ids: &[i64],
    ) -> Result<BTreeMap<i64, String>, Fault> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let operation = of.operation();
        let answer = self.call(operation, Args::of(ids)).await?;
        let named = answer
            .as_object()
            .ok_or_else(|| self.unexpected(operation, "not an object of ids and external ids"))?;
        let ours = |(id, name): (&String, &Value)| {
            let name = name.as_str().filter(|name| name.starts_with("__causeway__."))?;
            Some((id.parse().ok()?, name.to_owned()))
        };
        Ok(named.iter().filter_map(ours).collect())
    }

    /// Writes `payment_reference` of a draft invoice: what a settlement names it by.
    pub async fn set_payment_reference(&self, invoice: i64, reference: &str) -> Result<(), Fault> {
        self.write_move(invoice, json!({"payment_reference": reference})).await
    }

    /// Pins lines of a draft invoice (`account.move.line` ids), each written with its own quantity, price
    /// and discount: a pin alone is stored and changes nothing (facts A7). Absolute values, so safe to
    /// repeat.
    pub async fn pin_invoice_lines(
        &self,
        invoice: i64,
        pins: &[(i64, PinnedLine)],
    ) -> Result<(), Fault> {
        let lines: Vec<Value> = pins
            .iter()
            .map(|(line, pinned)| {
                let taxes: Vec<i64> = pinned.taxes.iter().map(|tax| tax.tax).collect();
                json!([1, line, {
                    "quantity": number(pinned.quantity),
                    "price_unit": number(pinned.price_unit),
                    "discount": number(pinned.discount),
                    "tax_ids": [[6, 0, taxes]],
                    "extra_tax_data": pin(pinned),
                }])
            })
            .collect();
        self.write_move(invoice, json!({"invoice_line_ids": lines})).await
    }

    async fn write_move(&self, id: i64, values: Value) -> Result<(), Fault> {
        let args = Args::of(&[id]).with("vals", values);
        match self.call(MOVE_WRITE, args).await? {
            Value::Bool(true) => Ok(()),
            Value::Null
            | Value::Bool(false)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => Err(self.unexpected(MOVE_WRITE, "not true")),
        }
    }
}
