//! What order edits took away, from the order's sales agreements.

use causeway_domain::{Decimal, Fault, OrderId};
use std::collections::BTreeMap;

use super::lines::{Amounts, percent};
use super::settings::Side;
use super::shape::{Agreement, MoneyBag, Sale};
use crate::answer::unreadable;

/// Everything that edits removed, in major units, all positive.
#[derive(Default)]
pub(super) struct Removed {
    /// By the line's global id.
    pub(super) lines: BTreeMap<String, Removal>,
    /// Taxes included, over all kinds of sales.
    pub(super) total: Decimal,
}

/// What edits removed of one line.
#[derive(Default)]
pub(super) struct Removal {
    pub(super) quantity: Decimal,
    pub(super) net: Decimal,
    /// By title and percent.
    pub(super) taxes: BTreeMap<(String, Option<Decimal>), Decimal>,
}

impl Removed {
    /// Adds what the agreements of order edits returned. Refunds and returns are other documents.
    pub(super) fn add(
        &mut self,
        id: &OrderId,
        agreements: Vec<Agreement>,
        side: Side,
    ) -> Result<(), Fault> {
        for agreement in agreements {
            match agreement.reason.as_str() {
                "ORDER_EDIT" => {}
                "ORDER" | "REFUND" | "RETURN" => continue,
                other => {
                    return Err(Fault::reject(
                        format!("order {id} has a sales agreement of the unknown reason {other}"),
                        "compare the order on Shopify by hand and report the reason",
                    ));
                }
            }
            if agreement.sales.page_info.has_next_page {
                return Err(Fault::reject(
                    format!("one edit of order {id} changed more than 30 lines"),
                    "enter the order by hand",
                ));
            }
            for sale in agreement.sales.nodes.iter().filter(|sale| sale.action_type == "RETURN") {
                self.take(sale, side)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, sale: &Sale, side: Side) -> Result<(), Fault> {
        // Returned amounts are negative; only their size matters here.
        let size = |bag: &MoneyBag| Amounts::unchecked(side, bag).map(|amount| amount.abs());
        let total = size(&sale.total_amount)?;
        self.total = sum(self.total, total)?;
        let Some(line) = &sale.line_item else { return Ok(()) };
        let removal = self.lines.entry(line.id.clone()).or_default();
        let units = Decimal::from(sale.quantity.unwrap_or_default()).abs();
        removal.quantity = sum(removal.quantity, units)?;
        removal.net = sum(removal.net, total - size(&sale.total_tax_amount)?)?;
        for tax in &sale.taxes {
            let key = (tax.tax_line.title.clone(), tax.tax_line.rate.map(percent).transpose()?);
            let amount = removal.taxes.entry(key).or_default();
            *amount = sum(*amount, size(&tax.amount)?)?;
        }
        Ok(())
    }
}

fn sum(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    a.checked_add(b).ok_or_else(|| unreadable("shopify order edits", "amount out of range"))
}
