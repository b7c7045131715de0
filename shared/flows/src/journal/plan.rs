//! The next step that is missing in Odoo. Pure: the same sale and the same Odoo always give the same
//! step, so that a worker that died is followed by one that does what was left.

use super::entry::Entry;
use super::goods::{Picking, Products, back, delivery};
use super::refund::WantedRefund;
use super::sale::{Fee, OWN_FEE, is_fee, is_tender};
use super::seen::{EntryState, GoodsState, Seen, SeenEntry, SeenPicking};
use causeway_domain::{Currency, Decimal, Fault, Money, Order};
use std::collections::BTreeMap;

/// A sale as it should be in Odoo.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The order.
    pub order: &'a Order,
    /// Its entry; `None` if it comes to nothing.
    pub sale: Option<Entry>,
    /// Fees that are known.
    pub fees: Vec<Fee>,
    /// Refunds, or what keeps all of them from being booked.
    pub refunds: Result<Vec<WantedRefund>, Fault>,
    /// Odoo's products, or what is missing of them.
    pub products: Result<Products, Fault>,
    /// It is cancelled on the platform.
    pub cancelled: bool,
    /// What comes back by returns that no refund names.
    pub unlinked_returns: Vec<String>,
}

/// One step; every one may be repeated.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Makes an entry, by its external id.
    Book(Box<Entry>),
    /// Posts an entry that has exactly its lines.
    Post {
        /// `account.move` id.
        entry: i64,
    },
    /// Makes a picking, by its external id.
    Load(Box<Picking>),
    /// Confirms a picking and reserves what is there.
    Confirm {
        /// `stock.picking` id.
        picking: i64,
    },
    /// Moves all of its goods.
    Move {
        /// `stock.picking` id.
        picking: i64,
        /// `stock.move` id and quantity.
        moves: Vec<(i64, Decimal)>,
    },
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum Next {
    /// Do this, then ask again.
    Do(Step),
    /// Nothing can be done now.
    Hold(Fault),
    /// Odoo has it all.
    Settled,
}

/// What one topic says.
enum Said {
    Do(Step),
    Hold(Fault),
    Nothing,
}

/// Derives the next step. A topic that is held up does not keep the later ones from working, except that
/// nothing is booked or moved before the sale itself is in the books.
pub fn next(wanted: &Wanted<'_>, seen: &Seen) -> Next {
    let mut held = None;
    match sale(wanted, seen) {
        Said::Do(step) => return Next::Do(step),
        Said::Hold(fault) => {
            let sale = wanted.sale.as_ref().and_then(|sale| seen.entries.get(sale.id.as_str()));
            if sale.is_none_or(|sale| sale.state != EntryState::Posted) {
                return Next::Hold(fault);
            }
            held = Some(fault);
        }
        Said::Nothing => {}
    }
    let topics = [late_fees, goods_leave, refunds, goods_come_back, left_over];
    for topic in topics {
        match topic(wanted, seen) {
            Said::Do(step) => return Next::Do(step),
            Said::Hold(fault) => held = Some(graver(held, fault)),
            Said::Nothing => {}
        }
    }
    held.map_or(Next::Settled, Next::Hold)
}

/// What only a person can settle is not hidden behind what comes by itself.
fn graver(held: Option<Fault>, fault: Fault) -> Fault {
    match (held, &fault) {
        (Some(first @ Fault::Reject { .. }), _) => first,
        (_, Fault::Reject { .. }) | (None, _) => fault,
        (Some(first), _) => first,
    }
}

const BY_HAND: &str = "correct it in Odoo by hand, then settle the item";

fn sale(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    match &wanted.sale {
        Some(entry) => booked(wanted, seen, entry, &is_fee),
        None => Said::Nothing,
    }
}

/// An entry is made, compared line by line, and posted if it is exactly right.
fn booked(
    wanted: &Wanted<'_>,
    seen: &Seen,
    entry: &Entry,
    optional: &dyn Fn(&str) -> bool,
) -> Said {
    let Some(have) = seen.entries.get(entry.id.as_str()) else {
        return Said::Do(Step::Book(Box::new(entry.clone())));
    };
    let key = &wanted.order.key;
    let difference = entry.difference(have, optional);
    match (have.state, difference) {
        (EntryState::Cancelled, _) => Said::Hold(Fault::reject(
            format!("order {key}: entry {} of {} is cancelled in Odoo", have.id, entry.what),
            BY_HAND,
        )),
        (EntryState::Posted, None) => Said::Nothing,
        (EntryState::Draft, None) if have.date == Some(entry.date) => {
            Said::Do(Step::Post { entry: have.id })
        }
        (EntryState::Draft, None) => Said::Hold(Fault::reject(
            format!(
                "order {key}: {} is of {}, Odoo dates entry {} {}",
                entry.what,
                entry.date,
                have.id,
                have.date.map_or_else(|| "nothing".to_owned(), |date| date.to_string())
            ),
            "a lock date moved it: open the period or post the entry as it is, then replay the order",
        )),
        (EntryState::Draft, Some(difference)) => Said::Hold(Fault::reject(
            format!("order {key}: draft entry {} of {}: {difference}", have.id, entry.what),
            "if the draft is outdated, delete it in Odoo; then replay the order",
        )),
        (EntryState::Posted, Some(difference)) => Said::Hold(changed(
            wanted.order.currency,
            &format!("order {key}: {}", entry.what),
            entry,
            have,
            &difference,
        )),
    }
}

/// The platform's figures changed after they were posted: both, and a person. Nothing that is posted is
/// ever rewritten.
fn changed(
    currency: Currency,
    what: &str,
    entry: &Entry,
    have: &SeenEntry,
    difference: &str,
) -> Fault {
    Fault::reject(
        format!(
            "{what} now comes to {}, entry {} was posted with {}: {difference}",
            entry.total(currency),
            have.id,
            have.total(currency)
        ),
        "book the difference in Odoo by hand, then settle the item",
    )
}

/// Fees that the sale's entry does not have: each once, in an entry of its own.
fn late_fees(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    let Some(sale) = &wanted.sale else { return Said::Nothing };
    let Some(sale) = seen.entries.get(sale.id.as_str()) else { return Said::Nothing };
    let mut held = Said::Nothing;
    for fee in &wanted.fees {
        let own = seen.entries.get(fee.entry.id.as_str());
        let booked = own.and_then(|own| own.amount(&fee.entry.id.line(OWN_FEE)));
        let said = match (sale.amount(&fee.line).or(booked), own) {
            (Some(have), _) if have != fee.amount => Said::Hold(Fault::reject(
                format!(
                    "order {}: the fee of payment {} is booked with {have}, the platform now says {}",
                    wanted.order.key, fee.capture, fee.amount
                ),
                "book the difference in Odoo by hand, then settle the item",
            )),
            (Some(_), None) => Said::Nothing,
            (Some(_) | None, Some(_)) | (None, None) => {
                self::booked(wanted, seen, &fee.entry, &|_| false)
            }
        };
        match said {
            Said::Do(step) => return Said::Do(step),
            Said::Hold(fault) => held = Said::Hold(fault),
            Said::Nothing => {}
        }
    }
    held
}

/// A picking is made, confirmed, and all of it moved.
fn moved(wanted: &Wanted<'_>, seen: &Seen, picking: &Picking) -> Said {
    let Some(have) = seen.pickings.get(&picking.step) else {
        return Said::Do(Step::Load(Box::new(picking.clone())));
    };
    let key = &wanted.order.key;
    match have.state {
        GoodsState::Draft => Said::Do(Step::Confirm { picking: have.id }),
        GoodsState::Open => Said::Do(Step::Move {
            picking: have.id,
            moves: have.moves.iter().map(|one| (one.id, one.demand)).collect(),
        }),
        GoodsState::Cancelled => Said::Hold(Fault::reject(
            format!("order {key}: picking {} ({}) is cancelled in Odoo", have.id, picking.what),
            BY_HAND,
        )),
        GoodsState::Done => match picking.difference(have) {
            None => Said::Nothing,
            Some(difference) => Said::Hold(Fault::reject(
                format!("order {key}: {} (picking {}): {difference}", picking.what, have.id),
                "correct the stock in Odoo by hand, then settle the item",
            )),
        },
    }
}

fn goods_leave(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    match &wanted.products {
        Err(fault) => Said::Hold(fault.clone()),
        Ok(products) => match delivery(wanted.order, products) {
            Some(picking) => moved(wanted, seen, &picking),
            None => Said::Nothing,
        },
    }
}

fn refunds(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    let refunds = match &wanted.refunds {
        Ok(refunds) => refunds,
        Err(fault) => return Said::Hold(fault.clone()),
    };
    let mut held = Said::Nothing;
    for entry in refunds.iter().filter_map(|refund| refund.entry.as_ref()) {
        match refund_booked(wanted, seen, entry) {
            Said::Do(step) => return Said::Do(step),
            Said::Hold(fault) => held = Said::Hold(fault),
            Said::Nothing => {}
        }
    }
    held
}

/// Once posted only the money counts: the taxes of an amount depend on the refunds before it, and one of
/// those can still fail.
fn refund_booked(wanted: &Wanted<'_>, seen: &Seen, entry: &Entry) -> Said {
    let money = |have: &SeenEntry| {
        let mut tenders = entry.lines.iter().filter(|item| is_tender(&item.key));
        tenders.all(|item| have.amount(&entry.id.line(&item.key)) == Some(item.balance))
    };
    let have = seen.entries.get(entry.id.as_str());
    let same = have.is_some_and(|have| have.state == EntryState::Posted && money(have));
    if same { Said::Nothing } else { booked(wanted, seen, entry, &|_| false) }
}

fn goods_come_back(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    let (Ok(refunds), Ok(products)) = (&wanted.refunds, &wanted.products) else {
        return Said::Nothing;
    };
    let Some(delivered) = delivery(wanted.order, products)
        .and_then(|picking| seen.pickings.get(&picking.step))
        .filter(|have| have.state == GoodsState::Done)
    else {
        return Said::Nothing;
    };
    let mut earlier = BTreeMap::new();
    let mut held = Said::Nothing;
    for refund in refunds {
        match one_back(wanted, seen, refund, products, delivered, &mut earlier) {
            Said::Do(step) => return Said::Do(step),
            Said::Hold(fault) => held = Said::Hold(fault),
            Said::Nothing => {}
        }
    }
    held
}

fn one_back(
    wanted: &Wanted<'_>,
    seen: &Seen,
    refund: &WantedRefund,
    products: &Products,
    delivered: &SeenPicking,
    earlier: &mut BTreeMap<i64, Decimal>,
) -> Said {
    let key = &wanted.order.key;
    match back(key, &refund.id, &refund.goods, products, delivered, earlier) {
        Ok(Some(picking)) => moved(wanted, seen, &picking),
        Ok(None) => Said::Nothing,
        Err(fault) => Said::Hold(fault),
    }
}

/// What stands in the books and the platform no longer says, or says and is not booked here.
fn left_over(wanted: &Wanted<'_>, seen: &Seen) -> Said {
    let order = wanted.order;
    let refunded = match vanished(wanted, seen) {
        Ok(refunded) => refunded,
        Err(fault) => return Said::Hold(fault),
    };
    if wanted.cancelled && refunded.is_some_and(|refunded| refunded != order.total) {
        return Said::Hold(Fault::reject(
            format!(
                "order {} was cancelled on the platform after its sale of {} was booked, and {} of it is \
                 refunded",
                order.key,
                order.total,
                refunded.unwrap_or(Money::zero(order.currency))
            ),
            "refund it on the platform, or reverse the entry in Odoo, then settle the item",
        ));
    }
    match wanted.unlinked_returns.first() {
        Some(id) => Said::Hold(Fault::reject(
            format!("order {}: return {id} belongs to no refund", order.key),
            "bring its goods back in Odoo by hand, then settle the item",
        )),
        None => Said::Nothing,
    }
}

/// The sum of the booked refunds; a booked refund that the platform does not have any more is a fault.
fn vanished(wanted: &Wanted<'_>, seen: &Seen) -> Result<Option<Money>, Fault> {
    let Ok(refunds) = &wanted.refunds else { return Ok(None) };
    let currency = wanted.order.currency;
    let mut sum = Money::zero(currency);
    for (id, have) in seen.entries.iter().filter(|(id, _)| id.contains("_entry-refund_")) {
        let known = |refund: &&WantedRefund| {
            refund.entry.as_ref().is_some_and(|entry| entry.id.as_str() == id)
        };
        let amount = have.total(currency);
        match (refunds.iter().find(known), have.state) {
            (Some(refund), _) => {
                sum = sum.plus(refund.total).map_err(super::basis::overflow)?;
            }
            (None, EntryState::Cancelled) => {}
            (None, EntryState::Draft | EntryState::Posted) => {
                return Err(Fault::reject(
                    format!(
                        "order {}: entry {} books a refund of {amount} that the platform no longer has",
                        wanted.order.key, have.id
                    ),
                    "reverse the entry in Odoo, then settle the item",
                ));
            }
        }
    }
    Ok(Some(sum))
}
