//! Goods that are refunded and not sent are taken off the order, which also stops their delivery;
//! what came back before it was invoiced is taken off too, so that it never will be.

use super::{Case, LoweredLine, Step, Verdict};
use crate::after_sales::seen::SaleStanding;
use causeway_domain::Fault;

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    match case.seen.standing {
        SaleStanding::Confirmed => {}
        SaleStanding::Quotation | SaleStanding::Cancelled => return Ok(Verdict::Fine),
    }
    let mut lower = Vec::new();
    for at in 0..case.wanted.lines.len() {
        let left = case.effective(at)?;
        if left.taken.is_empty() {
            continue;
        }
        let line = case.order_line(at)?;
        // Never raised again, whatever a person did to it meanwhile.
        if line.ordered <= left.quantity {
            continue;
        }
        let Some(product) = line.product else { continue };
        lower.push(LoweredLine {
            line: line.id,
            product,
            name: line.name.clone(),
            quantity: left.quantity,
            price_unit: line.price_unit,
            discount: line.discount,
            net: left.net,
            taxes: left.taxes,
        });
    }
    if lower.is_empty() {
        return Ok(Verdict::Fine);
    }
    Ok(case.locked().unwrap_or(Verdict::step(Step::Lower(lower))))
}
