//! The entry that moves a line to its document, where that came later than the payout. Its key is the
//! settlement's and the line's; the settlement's own entry is never changed.

use super::book::{Case, born, same_amounts, set_off};
use super::documents::told;
use super::earlier::late_id;
use super::plan::Found;
use super::stand::Theirs;
use crate::World;
use causeway_domain::{Fault, Money, SettlementEntry};
use causeway_odoo::{EntryDraft, EntryLine, EntryTax, MoveLine};
use jiff::tz::TimeZone;

impl<W: World> Case<'_, W> {
    /// Makes the entry that moves a line from the account of unmatched ones to its document.
    pub(super) async fn move_late(
        &self,
        entry: &SettlementEntry,
        own: &MoveLine,
        account: i64,
        partner: Option<i64>,
    ) -> Result<Vec<MoveLine>, Fault> {
        let id = late_id(self.document, self.settlement, entry);
        let name = own.name.clone().unwrap_or_default();
        let line = |part: &str, account: i64, partner: Option<i64>, balance: Money| EntryLine {
            id: id.line(part),
            account,
            name: name.clone(),
            partner,
            balance,
            amount: balance,
            currency_id: self.currency_id,
            tax: EntryTax::None,
        };
        let draft = EntryDraft {
            journal: self.document.account.books.journal,
            company: self.document.account.company,
            date: TimeZone::UTC.to_datetime(self.now()).date(),
            reference: self.settlement.id.to_string(),
            lines: vec![
                line(
                    "unmatched",
                    self.document.account.books.unmatched,
                    None,
                    own.balance.negated(),
                ),
                line("document", account, partner, own.balance),
            ],
            id: id.clone(),
        };
        let step = format!("late:{}:{}", self.settlement.id, entry.id);
        let what = format!("settlement {}, {}", self.settlement.id, told(entry));
        self.announce(&step).await?;
        let made = born(self.odoo, &what, draft.record(self.currency)?).await?;
        let lines = self.odoo.move_lines(&[made]).await?;
        let amounts = draft.lines.iter().map(|line| line.balance.minor()).collect();
        same_amounts(&what, made, &lines, amounts)?;
        self.record(&step, made).await?;
        Ok(lines)
    }

    /// Posts it, and sets both of its lines off.
    pub(super) async fn finish(
        &self,
        entry: &SettlementEntry,
        own: &MoveLine,
        mut lines: Vec<MoveLine>,
        found: &Found,
        theirs: &Theirs,
    ) -> Result<(), Fault> {
        if let Some(draft) = lines.iter().find(|line| !line.posted) {
            let id = draft.entry;
            self.post(id).await?;
            lines = self.odoo.move_lines(&[id]).await?;
        }
        for line in &lines {
            self.in_time()?;
            if line.account == own.account {
                set_off(self.odoo, line, &[own]).await?;
            } else {
                set_off(self.odoo, line, &theirs.of(entry, found)).await?;
            }
        }
        Ok(())
    }
}
