//! From Shopify's return to ours.

use causeway_domain::{Decimal, Fault, LineId, Return, ReturnId, ReturnLine, ReturnState};

use super::after_shape::{ReturnNode, ReturnedLine};
use super::order::time;
use super::shape::id_tail;
use crate::answer::unreadable;

const WHAT: &str = "shopify returns";

pub(super) fn read(node: &ReturnNode) -> Result<Return, Fault> {
    let id = id_tail(&node.id).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))?;
    let lines = node.return_line_items.nodes.iter().map(line);
    Ok(Return {
        id: ReturnId::new(id),
        requested_at: time(&node.created_at)?,
        state: state(&node.status),
        lines: lines.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect(),
    })
}

/// A word that we do not know is not agreed to yet: nothing is done until a known one follows.
fn state(status: &str) -> ReturnState {
    match status {
        "OPEN" => ReturnState::Open,
        "CLOSED" => ReturnState::Closed,
        "CANCELED" | "DECLINED" => ReturnState::Void,
        _ => ReturnState::Requested,
    }
}

/// `None` for a line without units, or one that Shopify cannot link to a line of the order.
fn line(line: &ReturnedLine) -> Result<Option<ReturnLine>, Fault> {
    let Some(fulfilled) = &line.fulfillment_line_item else { return Ok(None) };
    let id =
        id_tail(&fulfilled.line_item.id).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))?;
    let reason = line.return_reason_definition.as_ref();
    Ok((line.quantity > 0).then(|| ReturnLine {
        line: LineId::new(id),
        quantity: Decimal::from(line.quantity),
        reason: reason.map(|reason| reason.handle.to_lowercase()),
    }))
}
