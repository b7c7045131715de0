//! Odoo's totals beside the platform's.

use super::intent::SaleOrder;
use crate::config::{StoreConfig, TotalsWithoutPins};
use causeway_domain::Fault;
use causeway_odoo::OrderRecord;

/// The platform's total, to the minor unit and in its currency.
pub(super) fn check_totals(
    order: &SaleOrder,
    record: &OrderRecord,
    config: &StoreConfig,
    pins: bool,
) -> Result<(), Fault> {
    let differs = |what: &str, platform: String, odoo: String| {
        Err(Fault::reject(
            format!(
                "order {} ({}): {what} is {platform} on the platform and {odoo} in Odoo",
                order.key, record.name
            ),
            "compare the lines; check the tax rules and the tax amounts in Odoo, then replay the order",
        ))
    };
    if record.currency != order.currency.code() {
        return differs("the currency", order.currency.to_string(), record.currency.clone());
    }
    let off = (record.total.minor() - order.total.minor()).unsigned_abs();
    let rounding = u64::try_from(order.lines.len()).unwrap_or(0);
    let tolerated = match config.order.totals_without_pins {
        TotalsWithoutPins::Reject => false,
        TotalsWithoutPins::CorrectInvoice => !pins && off <= rounding,
    };
    if record.total != order.total && !tolerated {
        return differs("the total", order.total.to_string(), record.total.to_string());
    }
    if record.tax != order.tax && !tolerated {
        return differs("the tax", order.tax.to_string(), record.tax.to_string());
    }
    Ok(())
}
