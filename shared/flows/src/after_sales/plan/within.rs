//! Goods of a delivery in several steps that have left their shelf and not the warehouse.
//!
//! `action_cancel` of their order cancels what is still to be moved and leaves done transfers as they are: the
//! goods stay in the packing or output zone, and nothing in Odoo says so (seen on 19.0). When a line is lowered
//! instead, Odoo makes a transfer that puts them back.
//!
//! That it does right once. It lowers a line by what was taken from the shelf less what is ordered now, and does not
//! count what was put back of it, done or not: of 3 that were picked, 2 and then 1 ordered, it takes 2 of the
//! delivery's 2 and puts 3 back. What no delivery has, it announces as a return of goods that never left (19.0).

use super::{Case, Verdict};
use crate::after_sales::seen::{SeenLine, SeenPicking, SeenStockMove, Way};
use causeway_domain::{Decimal, Fault, WaitKey};
use std::collections::BTreeSet;

impl Case<'_> {
    /// What keeps an order from being cancelled while its goods are under way: a person is asked, unless
    /// transfers that are open already put all of them back.
    pub(super) fn off_the_shelf(&self) -> Option<Verdict> {
        let lines = || self.seen.lines.iter();
        let left: Vec<String> =
            lines().flat_map(|line| self.left(line).into_iter().chain(self.taken(line))).collect();
        if !left.is_empty() {
            let open = match self.seen.pickings.iter().any(|p| p.is_open() && p.delivers()) {
                true => "; its delivery is still open",
                false => "",
            };
            return Some(Verdict::Hold(self.person(
                format!("it was cancelled on the platform when it was picked: {}{open}", left.join(", ")),
                "have the goods put back (return the transfer in Odoo, or take back what is picked), then it is \
                 cancelled by itself; or cancel it in Odoo by hand; or have it sent all the same",
            )));
        }
        let back = self.seen.pickings.iter().find(|p| p.is_open() && self.puts_back(p))?;
        lines().any(|line| !self.places(line).is_empty()).then(|| {
            Verdict::Hold(Fault::Wait {
                key: WaitKey::other(format!("back:{}", self.wanted.key)),
                cause: format!("transfer {} is to put its goods back first", back.name),
            })
        })
    }

    /// Why Odoo would not take off a line what it is lowered by, but more: its transfers, and what they move.
    pub(super) fn taken_twice(&self, line: &SeenLine) -> Option<String> {
        let back = self
            .moves(line)
            .filter(|(picking, stock)| self.puts_back(picking) && stock.expected() > Decimal::ZERO);
        let back = back.map(|(picking, stock)| {
            let quantity = stock.expected().normalize();
            match picking.is_open() {
                true => format!("{} is to put {quantity} back", picking.name),
                false => format!("{} put {quantity} back", picking.name),
            }
        });
        let told: Vec<String> = back.chain(self.not_taken_on(line)).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// What steps before the delivery took somewhere from where no transfer takes it on: it was lowered, or somebody
    /// cancelled it.
    fn not_taken_on(&self, line: &SeenLine) -> Vec<String> {
        let ways = || self.moves(line).filter(|(picking, _)| self.seen.heads_out(picking));
        let steps = || ways().filter(|(picking, stock)| stock.done && picking.way == Way::Within);
        let places: BTreeSet<i64> = steps().map(|(_, stock)| stock.to).collect();
        let one = |place: i64| {
            let came: Vec<_> = steps().filter(|(_, stock)| stock.to == place).collect();
            let on: Vec<_> = ways().filter(|(_, stock)| stock.from == place).collect();
            let sum = |moves: &[(&SeenPicking, &SeenStockMove)]| -> Decimal {
                moves.iter().map(|(_, stock)| stock.expected()).sum()
            };
            (sum(&on) < sum(&came)).then(|| {
                let goes = match on.is_empty() {
                    true => "no transfer takes it on".to_owned(),
                    false => format!("{} of it go on by {}", sum(&on).normalize(), names(&on)),
                };
                format!("{} took {}, {goes}", names(&came), sum(&came).normalize())
            })
        };
        places.into_iter().filter_map(one).collect()
    }

    fn moves<'m>(
        &'m self,
        line: &'m SeenLine,
    ) -> impl Iterator<Item = (&'m SeenPicking, &'m SeenStockMove)> {
        let all = self.seen.pickings.iter().flat_map(|p| p.moves.iter().map(move |m| (p, m)));
        all.filter(|(_, stock)| stock.sale_line == Some(line.id))
    }

    fn puts_back(&self, picking: &SeenPicking) -> bool {
        picking.way == Way::Within && !self.seen.heads_out(picking)
    }

    /// The locations that steps before the delivery took goods of a line to, and that still have some.
    fn places(&self, line: &SeenLine) -> BTreeSet<i64> {
        let step = |p: &SeenPicking| p.way == Way::Within && self.seen.heads_out(p);
        let done = self.moves(line).filter(|(picking, stock)| stock.done && step(picking));
        done.map(|(_, stock)| stock.to)
            .filter(|place| self.standing(line, *place) > Decimal::ZERO)
            .collect()
    }

    /// What stands there.
    fn standing(&self, line: &SeenLine, place: i64) -> Decimal {
        let done = self.moves(line).filter(|(_, stock)| stock.done);
        done.map(|(_, stock)| match (stock.to == place, stock.from == place) {
            (true, false) => stock.quantity,
            (false, true) => -stock.quantity,
            (true, true) | (false, false) => Decimal::ZERO,
        })
        .sum()
    }

    /// What stands in these places and nothing puts back.
    fn left(&self, line: &SeenLine) -> Vec<String> {
        let places = self.places(line).into_iter();
        places
            .filter_map(|place| {
                let open = self.moves(line).filter(|(picking, stock)| {
                    picking.is_open() && stock.from == place && self.puts_back(picking)
                });
                let comes: Decimal = open.map(|(_, stock)| stock.demand).sum();
                let left = self.standing(line, place) - comes;
                let by = self.moves(line).filter(|(_, stock)| stock.done && stock.to == place);
                let by: Vec<_> = by.collect();
                (left > Decimal::ZERO).then(|| {
                    format!(
                        "{} of {} stand where {} put them",
                        left.normalize(),
                        line.name,
                        names(&by)
                    )
                })
            })
            .collect()
    }

    /// What somebody is taking from the shelf.
    fn taken(&self, line: &SeenLine) -> Vec<String> {
        let places = self.places(line);
        let taking = self.moves(line).filter(|(picking, stock)| {
            let open = picking.is_open() && picking.way == Way::Within;
            open && self.seen.heads_out(picking)
                && stock.picked
                && stock.quantity > Decimal::ZERO
                && !places.contains(&stock.from)
        });
        taking
            .map(|(picking, stock)| {
                let quantity = stock.quantity.normalize();
                format!("{quantity} of {} are being picked by {}", line.name, picking.name)
            })
            .collect()
    }
}

fn names(moves: &[(&SeenPicking, &SeenStockMove)]) -> String {
    let names: Vec<&str> = moves.iter().map(|(picking, _)| picking.name.as_str()).collect();
    names.join(" and ")
}
