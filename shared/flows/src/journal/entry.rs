//! A journal entry as it should be, and whether Odoo has exactly that.

use super::seen::{SeenEntry, SeenLine};
use crate::config::JournalPosting;
use causeway_domain::{Currency, Date, Fault, Money};
use causeway_odoo::{EntryDraft, EntryLine, EntryTax, ExternalId, Record};

/// An entry that should exist, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub id: ExternalId,
    /// The step of the row that remembers it.
    pub step: String,
    /// What it books, for people: `sale WEB-1001`.
    pub what: String,
    /// `ref`: the same on every entry of an order, so that all are found by it.
    pub reference: String,
    /// Accounting day.
    pub date: Date,
    /// Its lines; sums to zero.
    pub lines: Vec<EntryItem>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryItem {
    /// Unique within the entry, and the same whenever the line is built again.
    pub key: String,
    /// Label.
    pub name: String,
    /// `account.account` id.
    pub account: i64,
    /// Debit above zero.
    pub balance: Money,
    /// Its place in the tax report.
    pub tax: EntryTax,
}

impl EntryItem {
    /// A line that no tax report knows.
    pub fn plain(key: String, name: String, account: i64, balance: Money) -> Self {
        Self { key, name, account, balance, tax: EntryTax::None }
    }
}

impl Entry {
    /// The record for `load`; refuses an entry that does not sum to zero, with the difference.
    pub fn record(
        &self,
        chart: &JournalPosting,
        company: i64,
        currency_id: i64,
    ) -> Result<Record, Fault> {
        let draft = EntryDraft {
            id: self.id.clone(),
            journal: chart.journal,
            company,
            date: self.date,
            reference: self.reference.clone(),
            lines: self
                .lines
                .iter()
                .map(|item| EntryLine {
                    id: self.id.line(&item.key),
                    account: item.account,
                    name: item.name.clone(),
                    partner: chart.partner,
                    balance: item.balance,
                    amount: item.balance,
                    currency_id,
                    tax: item.tax.clone(),
                })
                .collect(),
        };
        draft.record(chart.currency)
    }

    /// The first difference to what Odoo has, with both numbers; `None` if it has exactly these lines.
    /// Lines whose key `optional` accepts may be missing there (fees that came later), not differ.
    pub fn difference(&self, seen: &SeenEntry, optional: impl Fn(&str) -> bool) -> Option<String> {
        let mut strangers: Vec<&SeenLine> = seen.lines.iter().collect();
        for item in &self.lines {
            let id = self.id.line(&item.key);
            let place = strangers.iter().position(|have| have.is(&id));
            let Some(place) = place else {
                if optional(&item.key) {
                    continue;
                }
                return Some(format!(
                    "account {} should have {} ({}), Odoo has no such line",
                    item.account, item.balance, item.name
                ));
            };
            let have = strangers.remove(place);
            if have.account != item.account || have.balance != item.balance {
                return Some(format!(
                    "account {} should have {} ({}), Odoo has {} on account {}",
                    item.account, item.balance, item.name, have.balance, have.account
                ));
            }
            if !reported_alike(&item.tax, have) {
                return Some(format!(
                    "{} on account {}: Odoo has it under taxes {:?}, repartition line {:?}, tags {:?}, \
                     which is another place in the tax report",
                    item.balance, item.account, have.taxes, have.repartition_line, have.tags
                ));
            }
        }
        let stranger = strangers.first()?;
        Some(format!(
            "Odoo has {} on account {}, which is none of the lines of this {}",
            stranger.balance, stranger.account, self.what
        ))
    }

    /// What is debited in all.
    pub fn total(&self, currency: Currency) -> Money {
        let debits = self.lines.iter().map(|item| item.balance).filter(|money| money.minor() > 0);
        Money::sum(debits, currency).unwrap_or(Money::zero(currency))
    }
}

fn reported_alike(tax: &EntryTax, have: &SeenLine) -> bool {
    let sorted = |ids: &[i64]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    let (taxes, repartition_line, tags) = match tax {
        EntryTax::None => (Vec::new(), None, Vec::new()),
        EntryTax::Base { taxes, tags } => (sorted(taxes), None, sorted(tags)),
        EntryTax::Tax { repartition_line, tags } => {
            (Vec::new(), Some(*repartition_line), sorted(tags))
        }
    };
    taxes == sorted(&have.taxes)
        && repartition_line == have.repartition_line
        && tags == sorted(&have.tags)
}
