//! Plain journal entries: point-of-sale days, chargebacks, settlements.

use super::invoice::text;
use crate::external_id::ExternalId;
use crate::load::{Cell, Record};
use causeway_domain::{Currency, Date, Fault, Money};

/// An entry (`move_type` `entry`) for `account.move.load`. It must balance: Odoo refuses an unbalanced
/// one only if no line has a tax, and adds an "Automatic Balancing Line" without a word otherwise
/// (facts A11), so that [`EntryDraft::record`] checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDraft {
    /// Key.
    pub id: ExternalId,
    /// `account.journal` id.
    pub journal: i64,
    /// `res.company` id.
    pub company: i64,
    /// Date; a lock date moves it without a word: read it back.
    pub date: Date,
    /// `ref`.
    pub reference: String,
    /// At least two.
    pub lines: Vec<EntryLine>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLine {
    /// Key.
    pub id: ExternalId,
    /// `account.account` id.
    pub account: i64,
    /// Label.
    pub name: String,
    /// `res.partner` id; needed on receivable accounts.
    pub partner: Option<i64>,
    /// Debit above zero, credit below, in the company's currency.
    pub balance: Money,
    /// The same in [`EntryLine::currency_id`]; equal to the balance in the company's own currency.
    pub amount: Money,
    /// `res.currency` id of the line.
    pub currency_id: i64,
    /// What it is to the tax report.
    pub tax: EntryTax,
}

/// What a line is to the tax report. Sent in full, or it is in no report (facts A15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryTax {
    /// Nothing.
    None,
    /// The net of these taxes. Each tax must have its own [`EntryTax::Tax`] line in the entry, or Odoo
    /// adds one that it computes.
    Base {
        /// `account.tax` ids.
        taxes: Vec<i64>,
        /// Tags of the taxes' base parts ([`crate::RepartitionLine`] with `base`).
        tags: Vec<i64>,
    },
    /// The tax itself, on the part's account.
    Tax {
        /// `account.tax.repartition.line` id.
        repartition_line: i64,
        /// Its tags.
        tags: Vec<i64>,
    },
}

impl EntryDraft {
    /// The record; refuses an entry whose lines do not add up to zero, and says by how much.
    pub fn record(&self, company_currency: Currency) -> Result<Record, Fault> {
        self.balanced(company_currency)?;
        Ok(Record {
            head: vec![
                ("id", Cell::from(&self.id)),
                ("move_type", "entry".into()),
                ("journal_id/.id", self.journal.into()),
                ("date", self.date.to_string().into()),
                ("ref", self.reference.clone().into()),
                ("company_id/.id", self.company.into()),
            ],
            lines: self.lines.iter().map(EntryLine::cells).collect(),
        })
    }

    /// A fault with the difference if debit and credit differ.
    pub fn balanced(&self, company_currency: Currency) -> Result<(), Fault> {
        let fix = "report it: Causeway built an entry that does not balance";
        let sum = Money::sum(self.lines.iter().map(|line| line.balance), company_currency)
            .map_err(|error| Fault::reject(format!("entry {}: {error}", self.reference), fix))?;
        if sum.is_zero() && self.lines.len() > 1 {
            return Ok(());
        }
        Err(Fault::reject(
            format!("entry {}: debit less credit is {sum}, not zero", self.reference),
            fix,
        ))
    }
}

impl EntryLine {
    fn cells(&self) -> Vec<(&'static str, Cell)> {
        let zero = Money::zero(self.balance.currency());
        let (debit, credit) = match self.balance.minor() < 0 {
            false => (self.balance, zero),
            true => (zero, self.balance.negated()),
        };
        let (taxes, repartition_line, tags) = match &self.tax {
            EntryTax::None => (Cell::Blank, None, Cell::Blank),
            EntryTax::Base { taxes, tags } => (Cell::ids(taxes), None, Cell::ids(tags)),
            EntryTax::Tax { repartition_line, tags } => {
                (Cell::Blank, Some(*repartition_line), Cell::ids(tags))
            }
        };
        vec![
            ("line_ids/id", Cell::from(&self.id)),
            ("line_ids/account_id/.id", self.account.into()),
            ("line_ids/name", text(Some(&self.name))),
            ("line_ids/debit", debit.into()),
            ("line_ids/credit", credit.into()),
            ("line_ids/partner_id/.id", self.partner.into()),
            ("line_ids/currency_id/.id", self.currency_id.into()),
            ("line_ids/amount_currency", self.amount.into()),
            ("line_ids/tax_ids/.id", taxes),
            ("line_ids/tax_repartition_line_id/.id", repartition_line.into()),
            ("line_ids/tax_tag_ids/.id", tags),
        ]
    }
}
