//! What Odoo has of a sale. Pure values; [`super::observe`] reads them.

use causeway_domain::{Date, Decimal, Money};
use causeway_odoo::ExternalId;
use std::collections::BTreeMap;

/// Everything that was made for a sale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Journal entries by their external id.
    pub entries: BTreeMap<String, SeenEntry>,
    /// Pickings by the step of the row that remembers them.
    pub pickings: BTreeMap<String, SeenPicking>,
}

/// A journal entry.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenEntry {
    /// `account.move` id.
    pub id: i64,
    /// Where it stands.
    pub state: EntryState,
    /// Accounting day.
    pub date: Option<Date>,
    /// Its lines.
    pub lines: Vec<SeenLine>,
}

/// `account.move.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Not in the books yet.
    Draft,
    /// In the books.
    Posted,
    /// Cancelled by a person.
    Cancelled,
}

/// A line of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenLine {
    /// Our external id; Odoo's own lines have none.
    pub external_id: Option<String>,
    /// `account.account` id.
    pub account: i64,
    /// Debit less credit.
    pub balance: Money,
    /// `account.tax` ids of a base.
    pub taxes: Vec<i64>,
    /// `account.tax.repartition.line` id of a tax.
    pub repartition_line: Option<i64>,
    /// `account.account.tag` ids.
    pub tags: Vec<i64>,
}

impl SeenLine {
    /// True for the line with this key.
    pub fn is(&self, id: &ExternalId) -> bool {
        self.external_id.as_deref() == Some(id.as_str())
    }
}

impl SeenEntry {
    /// What a line of it comes to, by key.
    pub fn amount(&self, line: &ExternalId) -> Option<Money> {
        self.lines.iter().find(|have| have.is(line)).map(|have| have.balance)
    }

    /// What is debited in all.
    pub fn total(&self, currency: causeway_domain::Currency) -> Money {
        let debits = self.lines.iter().map(|line| line.balance).filter(|money| money.minor() > 0);
        Money::sum(debits, currency).unwrap_or(Money::zero(currency))
    }
}

/// A picking.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenPicking {
    /// `stock.picking` id.
    pub id: i64,
    /// Where it stands.
    pub state: GoodsState,
    /// Its moves that are not cancelled: `stock.move` id, product, asked for, moved.
    pub moves: Vec<SeenMove>,
}

/// A stock move.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenMove {
    /// `stock.move` id.
    pub id: i64,
    /// `product.product` id.
    pub product: i64,
    /// Asked for.
    pub demand: Decimal,
    /// Reserved, or moved once done.
    pub quantity: Decimal,
}

/// `stock.picking.state`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodsState {
    /// Not confirmed.
    Draft,
    /// Confirmed.
    Open,
    /// Moved.
    Done,
    /// Cancelled by a person.
    Cancelled,
}
