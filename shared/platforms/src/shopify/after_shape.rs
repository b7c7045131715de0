//! The answers to the queries of what happened after an order, field by field.

use serde::Deserialize;

use super::shape::{Connection, Identified, MoneyBag};

#[derive(Deserialize)]
pub(super) struct AfterData {
    pub(super) order: Option<AfterNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AfterNode {
    pub(super) updated_at: String,
    pub(super) edited: bool,
    pub(super) refunds: Vec<Identified>,
    pub(super) transactions: Vec<Movement>,
}

/// A transaction of the order or of one of its refunds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Movement {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) gateway: Option<String>,
    pub(super) payment_id: Option<String>,
    pub(super) created_at: String,
    pub(super) processed_at: Option<String>,
    pub(super) amount_set: MoneyBag,
    pub(super) parent_transaction: Option<Identified>,
}

#[derive(Deserialize)]
pub(super) struct RefundData {
    pub(super) refund: Option<RefundNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundNode {
    pub(super) id: String,
    pub(super) processed_at: String,
    pub(super) order: Identified,
    /// Absent with `returns = false`.
    #[serde(default, rename = "return")]
    pub(super) of_return: Option<Identified>,
    pub(super) total_refunded_set: MoneyBag,
    pub(super) duties: Option<Vec<RefundDuty>>,
    pub(super) refund_line_items: Connection<RefundLineItem>,
    pub(super) refund_shipping_lines: Connection<RefundShippingLine>,
    pub(super) order_adjustments: Nodes,
    pub(super) transactions: Connection<Movement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundDuty {
    pub(super) amount_set: MoneyBag,
    pub(super) original_duty: Option<Identified>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundLineItem {
    pub(super) line_item: Identified,
    pub(super) quantity: u32,
    pub(super) restock_type: String,
    pub(super) subtotal_set: MoneyBag,
    pub(super) total_tax_set: MoneyBag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundShippingLine {
    pub(super) shipping_line: MaybeIdentified,
    pub(super) subtotal_amount_set: MoneyBag,
    pub(super) tax_amount_set: MoneyBag,
}

/// A shipping line of an old order has no id.
#[derive(Deserialize)]
pub(super) struct MaybeIdentified {
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Nodes {
    pub(super) nodes: Vec<Identified>,
}

#[derive(Deserialize)]
pub(super) struct ReturnsData {
    pub(super) order: Option<ReturnsNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnsNode {
    pub(super) updated_at: String,
    pub(super) returns: Connection<ReturnNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnNode {
    pub(super) id: String,
    pub(super) created_at: String,
    pub(super) status: String,
    pub(super) return_line_items: Connection<ReturnedLine>,
}

#[derive(Deserialize)]
pub(super) struct ReturnLinesData {
    #[serde(rename = "return")]
    pub(super) back: Option<ReturnLinesNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnLinesNode {
    pub(super) id: String,
    pub(super) return_line_items: Connection<ReturnedLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnedLine {
    pub(super) quantity: i64,
    /// Absent on a line that Shopify could not link to the order.
    #[serde(default)]
    pub(super) fulfillment_line_item: Option<FulfillmentLineItem>,
    #[serde(default)]
    pub(super) return_reason_definition: Option<Reason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FulfillmentLineItem {
    pub(super) line_item: Identified,
}

#[derive(Deserialize)]
pub(super) struct Reason {
    pub(super) handle: String,
}

#[derive(Deserialize)]
pub(super) struct ChangedData {
    pub(super) orders: Connection<Identified>,
}
