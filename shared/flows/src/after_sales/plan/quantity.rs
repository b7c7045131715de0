//! Goods that are refunded and not sent are taken off the order, which also stops their delivery;
//! what came back before it was invoiced is taken off too, so that it never will be.
//!
//! A line of which Odoo would take more than that ([`super::within`]) is left as it is, and a person is asked.

use super::cancel::is_to_be_cancelled;
use super::{Case, LoweredLine, Step, Verdict};
use crate::after_sales::seen::{SaleStanding, SeenLine};
use causeway_domain::{Decimal, Fault};
use std::collections::BTreeSet;

/// What has to be taken off a line.
struct Due<'c> {
    line: &'c SeenLine,
    lowered: LoweredLine,
    /// Indices of the refunds that take it off.
    refunds: Vec<usize>,
}

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    let mut held = Verdict::Fine;
    let mut lower = Vec::new();
    for Due { line, lowered, .. } in due(case)? {
        match case.taken_twice(line) {
            Some(why) => held = held.or_hold(by_hand(case, line, lowered.quantity, &why)),
            None => lower.push(lowered),
        }
    }
    if !lower.is_empty() {
        return Ok(case.locked().unwrap_or(Verdict::step(Step::Lower(lower))));
    }
    // Its cancellation takes everything off, and asks for itself.
    Ok(if is_to_be_cancelled(case)? { Verdict::Fine } else { held })
}

/// The refunds whose goods only a person can take off. While there are some, Odoo would bill what is not due; and a
/// credit note names its order line only for what is invoiced above the order.
pub(super) fn held(case: &Case<'_>) -> Result<BTreeSet<usize>, Fault> {
    let due = due(case)?.into_iter().filter(|due| case.taken_twice(due.line).is_some());
    Ok(due.flat_map(|due| due.refunds).collect())
}

fn due<'c>(case: &'c Case<'_>) -> Result<Vec<Due<'c>>, Fault> {
    let mut found = Vec::new();
    match case.seen.standing {
        SaleStanding::Confirmed => {}
        SaleStanding::Quotation | SaleStanding::Cancelled => return Ok(found),
    }
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
        let lowered = LoweredLine {
            line: line.id,
            product,
            name: line.name.clone(),
            quantity: left.quantity,
            price_unit: line.price_unit,
            discount: line.discount,
            net: left.net,
            taxes: left.taxes,
        };
        let refunds = left.taken.iter().map(|taken| taken.refund).collect();
        found.push(Due { line, lowered, refunds });
    }
    Ok(found)
}

fn by_hand(case: &Case<'_>, line: &SeenLine, to: Decimal, transfers: &str) -> Fault {
    case.person(
        format!(
            "{} is to be lowered from {} to {}, and Odoo would stop more of it than that: {transfers}",
            line.name,
            line.ordered.normalize(),
            to.normalize()
        ),
        "cancel what is to put goods back, raise the demand of the open transfer from there to all that was picked, \
         then it is lowered by itself; if some are back already, raise that demand, lower the line by hand, and take \
         what is back off the transfer that Odoo makes; or settle its transfers and the line in Odoo by hand",
    )
}
