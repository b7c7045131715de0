//! From a sale order to its invoice.

use crate::client::Odoo;
use crate::decode::rows;
use crate::fault::Cause;
use crate::transport::{Args, INVOICING_CREATE, INVOICING_RUN, ORDER_READ};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use serde_json::json;
use std::collections::BTreeSet;

/// What came of [`Odoo::invoice_order`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceOutcome {
    /// These drafts are new: made by us, or by somebody who was faster.
    Made(Vec<i64>),
    /// Odoo has nothing to invoice: all is invoiced, or the products' invoicing policy waits for a
    /// delivery ([`crate::SaleLine::to_invoice`]).
    Nothing,
}

impl<H: Http> Odoo<'_, H> {
    /// Invoices what the products' policies allow: `sale.advance.payment.inv.create` with
    /// `advance_payment_method` `delivered`, its `create_invoices`, then one read of the order, since the
    /// wizard's answer does not reliably name the invoice (facts A11). One order a call: Odoo merges
    /// orders of one customer.
    ///
    /// `known` are the ids of [`crate::SaleRecord::invoices`] as read before. Of several callers at once
    /// Odoo lets one make the invoice (facts A15); the others are told [`InvoiceOutcome::Made`] with the
    /// same id. A lost answer is `Ambiguous`; read the order again, then go on.
    pub async fn invoice_order(&self, order: i64, known: &[i64]) -> Result<InvoiceOutcome, Fault> {
        let wizard = json!([{
            "advance_payment_method": "delivered",
            "sale_order_ids": [[6, 0, [order]]],
        }]);
        let made = self.call(INVOICING_CREATE, Args::default().with("vals_list", wizard)).await?;
        let wizard = made.get(0).unwrap_or(&made).as_i64();
        let wizard = wizard.ok_or_else(|| self.unexpected(INVOICING_CREATE, "no id"))?;
        let refusal = match self.call(INVOICING_RUN, Args::of(&[wizard])).await {
            Ok(_) => None,
            Err(refused) if refused.cause == Cause::Rule => Some(refused.fault),
            Err(refused) => return Err(refused.fault),
        };
        let known: BTreeSet<i64> = known.iter().copied().collect();
        let now = self.invoice_ids(order).await?;
        let new: Vec<i64> = now.difference(&known).copied().collect();
        match (new.is_empty(), refusal) {
            (false, _) => Ok(InvoiceOutcome::Made(new)),
            (true, Some(_)) => Ok(InvoiceOutcome::Nothing),
            (true, None) => Err(self.unexpected(INVOICING_RUN, "it made no invoice")),
        }
    }

    async fn invoice_ids(&self, order: i64) -> Result<BTreeSet<i64>, Fault> {
        let args = Args::of(&[order]).with("specification", json!({"invoice_ids": {}}));
        let answer = self.call(ORDER_READ, args).await?;
        match rows(&self.connection.name, ORDER_READ, &answer)?.first() {
            Some(row) => Ok(row.ids("invoice_ids")?.into_iter().collect()),
            None => Err(Fault::reject(
                format!("sale order {order} was deleted in Odoo"),
                "decide whether the order is to be made again",
            )),
        }
    }
}
