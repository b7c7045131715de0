//! An order that changed on the platform after it was made in Odoo: read, compare, change what its
//! state still allows, and ask a person for the rest.

use super::customer::Parties;
use super::intent::SaleOrder;
use super::render::PricedLine;
use crate::config::EditPolicy;
use causeway_domain::{Decimal, Fault};
use causeway_odoo::{LineCommand, LineRecord, LineValues, OrderRecord, OrderState};
use std::collections::BTreeMap;

/// What has to be written to an existing order; nothing at all if Odoo already agrees.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) lines: Vec<LineCommand>,
    pub(super) addresses: Option<(i64, i64)>,
}

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.addresses.is_none()
    }
}

/// Lines that share their product with another one of their order, so that only their external ids tell
/// which is which. What is refunded or invoiced of a line later is known by that id.
pub(super) fn twins(lines: &[LineRecord]) -> Vec<i64> {
    let twin = |line: &&LineRecord| {
        let own = |other: &&LineRecord| other.order == line.order && other.product == line.product;
        line.product.is_some() && lines.iter().filter(own).count() > 1
    };
    lines.iter().filter(twin).map(|line| line.id).collect()
}

/// Compares an order with what should be, or says why only a person can bring them together. `names` are
/// the external ids of its [`twins`].
pub(super) fn difference(
    order: &SaleOrder,
    parties: Parties,
    wanted: &[PricedLine],
    odoo: &OrderRecord,
    (lines, names): (&[LineRecord], &BTreeMap<i64, String>),
    policy: EditPolicy,
) -> Result<Change, Fault> {
    let draft = match &odoo.state {
        OrderState::Draft | OrderState::Sent => true,
        OrderState::Sale => false,
        OrderState::Cancel => {
            return Err(human(
                order,
                odoo,
                "it was cancelled in Odoo, and changed on the platform",
            ));
        }
        OrderState::Other(state) => {
            return Err(human(order, odoo, &format!("its state in Odoo is {state}")));
        }
    };
    if odoo.currency != order.currency.code() {
        return Err(human(
            order,
            odoo,
            &format!(
                "it is in {} in Odoo and in {} on the platform",
                odoo.currency, order.currency
            ),
        ));
    }
    let mut rest: Vec<&LineRecord> = lines.iter().filter(|l| l.display_type.is_none()).collect();
    let mut change = Change::default();
    let mut unmatched = Vec::new();
    let mut others = Vec::new();
    for (at, line) in wanted.iter().enumerate() {
        let name = order.lines.get(at).map(|own| &own.external_id);
        let own = |have: &&LineRecord| {
            have.product == Some(line.product) && names.get(&have.id) == name && name.is_some()
        };
        match rest.iter().position(own) {
            Some(at) => {
                let have = rest.remove(at);
                if !same(have, line) {
                    guard(order, odoo, have, line.quantity)?;
                    change.lines.push(LineCommand::Update { line: have.id, values: values(line) });
                }
            }
            None => others.push(line),
        }
    }
    for line in others {
        // Equal lines first, so that a changed one is not matched with its unchanged twin.
        match rest.iter().position(|have| same(have, line)) {
            Some(at) => {
                rest.remove(at);
            }
            None => unmatched.push(line),
        }
    }
    for line in unmatched {
        match rest.iter().position(|have| have.product == Some(line.product)) {
            Some(at) => {
                let have = rest.remove(at);
                guard(order, odoo, have, line.quantity)?;
                change.lines.push(LineCommand::Update { line: have.id, values: values(line) });
            }
            None => change.lines.push(LineCommand::Add { values: values(line) }),
        }
    }
    for gone in rest.into_iter().filter(|line| draft || !line.quantity.is_zero()) {
        guard(order, odoo, gone, Decimal::ZERO)?;
        change.lines.push(if draft {
            LineCommand::Remove { line: gone.id }
        } else {
            LineCommand::Zero {
                line: gone.id,
                price_unit: gone.price_unit,
                discount: gone.discount,
            }
        });
    }
    if (odoo.invoice_address, odoo.delivery_address) != (parties.invoice, parties.delivery) {
        if !draft && odoo.delivery_address != parties.delivery {
            return Err(human(
                order,
                odoo,
                "its delivery address changed after it was confirmed; the delivery keeps the old one",
            ));
        }
        change.addresses = Some((parties.invoice, parties.delivery));
    }
    if change.is_empty() {
        return Ok(change);
    }
    if odoo.locked {
        return Err(human(order, odoo, "it is locked in Odoo, and changed on the platform"));
    }
    match policy {
        EditPolicy::Update => Ok(change),
        EditPolicy::Review => {
            Err(human(order, odoo, "it changed on the platform (edits = \"review\")"))
        }
    }
}

fn same(have: &LineRecord, line: &PricedLine) -> bool {
    let mut taxes = line.taxes.clone();
    taxes.sort_unstable();
    let mut has = have.taxes.clone();
    has.sort_unstable();
    have.product == Some(line.product)
        && have.quantity == line.quantity
        && have.price_unit == line.price_unit
        && have.discount == line.discount
        && has == taxes
        && have.subtotal == line.net
        // A platform that rounds once for the order may move a cent of tax to a line that is otherwise
        // unchanged. Only a pinned line's total is its own.
        && (line.pin.is_none() || have.total == line.gross)
}

/// What is delivered or invoiced is history; a person has to decide.
fn guard(
    order: &SaleOrder,
    odoo: &OrderRecord,
    line: &LineRecord,
    quantity: Decimal,
) -> Result<(), Fault> {
    if !line.invoiced.is_zero() {
        return Err(human(order, odoo, &format!("line {} changed after it was invoiced", line.id)));
    }
    if quantity < line.delivered {
        return Err(human(
            order,
            odoo,
            &format!(
                "line {} should become {quantity} and {} are delivered already",
                line.id, line.delivered
            ),
        ));
    }
    Ok(())
}

fn values(line: &PricedLine) -> LineValues {
    // A quantity without its price would be priced from the pricelist (seen on Odoo 19).
    LineValues {
        product: line.product,
        name: line.title.clone(),
        quantity: line.quantity,
        price_unit: line.price_unit,
        discount: line.discount,
        taxes: line.taxes.clone(),
        pin: line.pin.clone(),
    }
}

fn human(order: &SaleOrder, odoo: &OrderRecord, why: &str) -> Fault {
    Fault::reject(
        format!("order {} ({}): {why}", order.key, odoo.name),
        "bring the order in Odoo to what the platform shows, then replay the order",
    )
}
