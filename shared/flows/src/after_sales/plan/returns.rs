//! Returns (R184-R187): a return picking for each delivery that goods come back from, never more than
//! was sent, waiting for the warehouse.

use super::{Case, Step, Verdict};
use crate::after_sales::seen::{PickingStanding, SeenLine, SeenPicking, SeenStockMove};
use crate::after_sales::wanted::WantedReturn;
use crate::config::ReturnValidation;
use causeway_domain::{Decimal, Fault, ReturnId};
use causeway_odoo::ExternalId;
use serde::Serialize;

/// A return picking that should exist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReturnDocument {
    /// Its external id.
    pub external_id: ExternalId,
    /// The step under which the row records it.
    pub step: String,
    /// The delivery that it takes back.
    pub delivery: i64,
    /// `stock.picking.type` id.
    pub picking_type: i64,
    /// `stock.location` id of the customer.
    pub from: i64,
    /// `stock.location` id that the goods go to, by reason code.
    pub to: i64,
    /// What comes back.
    pub moves: Vec<ReturnMove>,
}

/// One move of a return.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReturnMove {
    /// Its external id.
    pub external_id: ExternalId,
    /// The delivery's move.
    pub origin: i64,
    /// The order line.
    pub sale_line: i64,
    /// `product.product` id.
    pub product: i64,
    /// How many.
    pub quantity: Decimal,
}

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    let mut held = Verdict::Fine;
    for back in &case.wanted.returns {
        // One that needs a person does not keep the others from coming back.
        match one(case, back).unwrap_or_else(Verdict::Hold) {
            Verdict::Fine => {}
            Verdict::Do(step) => return Ok(Verdict::Do(step)),
            Verdict::Hold(fault) => held = held.or_hold(fault),
        }
    }
    Ok(held)
}

fn one(case: &Case<'_>, back: &WantedReturn) -> Result<Verdict, Fault> {
    let key = || format!("return:{}/{}", case.wanted.key, back.id);
    if let Some(document) = case.missing(back)?.into_iter().next() {
        return Ok(Verdict::step(Step::LoadReturn(document)));
    }
    let draft = |picking: &&SeenPicking| picking.state == PickingStanding::Draft;
    if let Some(picking) = case.pickings_of(&back.id).find(draft) {
        return Ok(Verdict::step(Step::ConfirmReturn { picking: picking.id }));
    }
    for picking in case.pickings_of(&back.id) {
        match picking.state {
            PickingStanding::Draft | PickingStanding::Done => {}
            PickingStanding::Open => {
                let by_platform = match case.policy.returns {
                    ReturnValidation::Platform => back.closed,
                    ReturnValidation::Warehouse => false,
                };
                return Ok(match by_platform {
                    true => Verdict::step(Step::ValidateReturn {
                        picking: picking.id,
                        moves: picking.moves.iter().map(|stock| (stock.id, stock.demand)).collect(),
                    }),
                    false => Verdict::wait(
                        key(),
                        format!("return picking {} is not validated in Odoo yet", picking.id),
                    ),
                });
            }
        }
    }
    Ok(Verdict::Fine)
}

impl Case<'_> {
    /// The pickings of a return, by what the row has recorded or by their external id.
    fn pickings_of(&self, id: &ReturnId) -> impl Iterator<Item = &SeenPicking> {
        let key = format!("{}_", ExternalId::new(self.store, "return", id.as_str()));
        let step = format!("return:{id}:");
        self.seen.pickings.iter().filter(move |picking| {
            picking.external_id.as_deref().is_some_and(|own| own.starts_with(&key))
                || self
                    .recorded
                    .iter()
                    .any(|(name, id)| name.starts_with(&step) && *id == picking.id)
        })
    }

    fn all_returns(&self) -> impl Iterator<Item = &SeenPicking> {
        self.seen.pickings.iter().filter(|picking| picking.takes_back())
    }

    /// What all return pickings took of a line's goods, or will.
    pub(super) fn coming_back(&self, line: &SeenLine) -> Decimal {
        taken_back(self.all_returns(), line)
    }

    /// The same of one return.
    pub(super) fn coming_back_by(&self, id: &ReturnId, line: &SeenLine) -> Decimal {
        taken_back(self.pickings_of(id), line)
    }

    /// True once the warehouse has validated a return, or if nothing of it was ever sent.
    pub(super) fn is_back(&self, id: &ReturnId) -> bool {
        let Some(back) = self.wanted.returns.iter().find(|back| back.id == *id) else {
            return false;
        };
        self.missing(back).is_ok_and(|missing| missing.is_empty()) && self.is_validated(id)
    }

    /// True if no picking of a return is open.
    pub(super) fn is_validated(&self, id: &ReturnId) -> bool {
        self.pickings_of(id).all(|picking| picking.state == PickingStanding::Done)
    }

    /// The pickings that a return still lacks: there is one for each delivery that it takes goods of, and
    /// for each place that they go to. One that was cancelled in Odoo is not made again: whoever did it
    /// says that nothing comes that way.
    fn missing(&self, back: &WantedReturn) -> Result<Vec<ReturnDocument>, Fault> {
        let own: Vec<&SeenPicking> = self.pickings_of(&back.id).collect();
        let mut covered = true;
        for (at, quantity, _) in &back.lines {
            let comes = self.coming_back_by(&back.id, self.order_line(*at)?);
            covered &= comes >= self.awaited(back, *at, *quantity)?;
        }
        if covered {
            return Ok(Vec::new());
        }
        let mut missing = documents(self, back, &own)?;
        missing.retain(|document| {
            !own.iter().any(|picking| {
                picking.external_id.as_deref() == Some(document.external_id.as_str())
            }) && !self.recorded.contains_key(&document.step)
        });
        Ok(missing)
    }

    /// What is to come back of a line: not what its refund took off the order before it was sent.
    fn awaited(&self, back: &WantedReturn, at: usize, quantity: Decimal) -> Result<Decimal, Fault> {
        let of = |refund: usize| {
            let refund = self.wanted.refunds.get(refund);
            refund.is_some_and(|refund| refund.of_return.as_ref() == Some(&back.id))
        };
        let unsent = self.unsent(at)?;
        let taken: Decimal =
            unsent.iter().filter(|taken| of(taken.refund)).map(|taken| taken.quantity).sum();
        Ok(quantity - taken)
    }

    /// What can still come back of a delivery's move, but for the return whose pickings these are.
    fn returnable(&self, stock: &SeenStockMove, own: &[&SeenPicking]) -> Decimal {
        let other = |picking: &&SeenPicking| !own.iter().any(|one| one.id == picking.id);
        let moves = self.all_returns().filter(other).flat_map(|picking| &picking.moves);
        let back = moves.filter(|back| back.origin == Some(stock.id));
        stock.quantity - back.map(SeenStockMove::expected).sum::<Decimal>()
    }
}

fn taken_back<'a>(pickings: impl Iterator<Item = &'a SeenPicking>, line: &SeenLine) -> Decimal {
    let moves = pickings.flat_map(|picking| &picking.moves);
    moves.filter(|stock| stock.sale_line == Some(line.id)).map(SeenStockMove::expected).sum()
}

impl SeenStockMove {
    /// What it moved, or will.
    pub(super) fn expected(&self) -> Decimal {
        if self.done { self.quantity } else { self.demand }
    }
}

/// The pickings that a return needs as if it had none of its own yet, oldest delivery first; one for each
/// place that goods go to.
fn documents(
    case: &Case<'_>,
    back: &WantedReturn,
    own: &[&SeenPicking],
) -> Result<Vec<ReturnDocument>, Fault> {
    let mut found: Vec<ReturnDocument> = Vec::new();
    let key = ExternalId::new(case.store, "return", back.id.as_str());
    for (at, quantity, reason) in &back.lines {
        let line = case.order_line(*at)?;
        let mut open = case.awaited(back, *at, *quantity)?;
        for delivery in case.seen.pickings.iter().filter(|p| p.delivers()) {
            let moves = delivery.moves.iter().filter(|m| m.done && m.sale_line == Some(line.id));
            for stock in moves {
                let take = open.min(case.returnable(stock, own));
                if take <= Decimal::ZERO {
                    continue;
                }
                open -= take;
                let to = case.destination(reason.as_deref()).unwrap_or(stock.from);
                let id = key.line(&format!("{}.{to}", delivery.id));
                let made = ReturnMove {
                    external_id: id.line(&stock.id.to_string()),
                    origin: stock.id,
                    sale_line: line.id,
                    product: stock.product,
                    quantity: take,
                };
                let same = |own: &&mut ReturnDocument| own.delivery == delivery.id && own.to == to;
                match found.iter_mut().find(same) {
                    Some(document) => document.moves.push(made),
                    None => found.push(ReturnDocument {
                        external_id: id,
                        step: format!("return:{}:{}.{to}", back.id, delivery.id),
                        delivery: delivery.id,
                        picking_type: delivery.return_type,
                        from: stock.to,
                        to,
                        moves: vec![made],
                    }),
                }
            }
        }
        if open > Decimal::ZERO {
            let sent = case.seen.sent(line);
            if sent.is_zero() {
                return Err(Fault::Wait {
                    key: causeway_domain::WaitKey::other(format!("delivery:{}", case.wanted.key)),
                    cause: format!(
                        "return {} is of goods that are not delivered in Odoo yet",
                        back.id
                    ),
                });
            }
            return Err(case.person(
                format!(
                    "return {} takes back {quantity} of line {}, and only {} of {sent} sent can still \
                     come back",
                    back.id,
                    line.id,
                    *quantity - open
                ),
                "look for a return that was made by hand; then settle the item",
            ));
        }
    }
    Ok(found)
}

impl Case<'_> {
    fn destination(&self, reason: Option<&str>) -> Option<i64> {
        let by_reason = reason.and_then(|reason| self.policy.return_locations.get(reason));
        by_reason.or_else(|| self.policy.return_locations.get("default")).copied()
    }
}
