//! Brings one settlement into Odoo: load, look, post, set off. Every step may be repeated.

use super::documents;
use super::earlier::Earlier;
use super::plan::{Found, PlannedLine, plan};
use super::stand::{Stand, look_again};
use crate::World;
use crate::account;
use crate::config::AccountDocument;
use crate::work::{self, Job};
use causeway_domain::ports::{Clock as _, Http};
use causeway_domain::{Currency, EntryKind, Fault, Settlement, Timestamp, WaitKey};
use causeway_odoo::{
    CulpritClass, EntryDraft, EntryLine, EntryTax, ExternalId, MoveLine, Odoo, Record,
};
use causeway_processors::{Method, refund_lag};
use jiff::tz::TimeZone;
use std::time::Duration;

/// What the entries of a chargeback have as `ref`, so that the settlement finds them.
pub(crate) fn dispute_reference(payment: &str) -> String {
    format!("chargeback {payment}")
}

/// A settlement that is in the books.
#[derive(Debug)]
pub(super) struct Booked {
    /// Its entry.
    pub(super) entry: i64,
    /// When to look at it again, and for how many lines: those whose counterpart is not there yet.
    pub(super) again: Option<(Duration, usize)>,
}

/// Everything that the booking of a settlement needs.
pub(super) struct Case<'a, W: World> {
    pub(super) world: &'a W,
    pub(super) odoo: Odoo<'a, W::Http>,
    pub(super) document: &'a AccountDocument,
    pub(super) job: &'a Job,
    pub(super) settlement: &'a Settlement,
    pub(super) currency_id: i64,
    pub(super) currency: Currency,
    pub(super) deadline: Timestamp,
}

/// Books a settlement; safe to repeat, and then does what has become possible since.
pub(super) async fn book<W: World>(
    world: &W,
    odoo: Odoo<'_, W::Http>,
    document: &AccountDocument,
    job: &Job,
    settlement: &Settlement,
    deadline: Timestamp,
) -> Result<Booked, Fault> {
    settlement.check()?;
    let (currency_id, currency) = odoo.company_currency().await?;
    if currency != settlement.currency {
        return Err(Fault::reject(
            format!(
                "settlement {} is in {}, the company keeps its books in {currency}",
                settlement.id, settlement.currency
            ),
            "book it by hand: payouts in foreign currencies are not brought to Odoo",
        ));
    }
    Case { world, odoo, document, job, settlement, currency_id, currency, deadline }.book().await
}

impl<W: World> Case<'_, W> {
    /// The step under which the row records the settlement's entry.
    fn step(&self) -> String {
        format!("entry:{}", self.settlement.id)
    }

    async fn book(&self) -> Result<Booked, Fault> {
        let (settlement, account) = (self.settlement, &self.document.account);
        let earlier = Earlier::read(self, self.job.row.odoo_ids.get(&self.step()).copied()).await?;
        let settled = earlier.settled(settlement, account.books.unmatched);
        let found = documents::find(self.odoo, account, settlement, &settled).await?;
        if earlier.entry.is_none() {
            self.hold(&found)?;
        }
        let fees = account::processor(self.document)?.dispute_fees();
        let lines = plan(settlement, &account.books, fees, &found)?;
        if lines.is_empty() {
            return Err(Fault::skip(format!("settlement {} moves no money", settlement.id)));
        }
        let (entry, mine) = self.entry(&lines, &earlier).await?;
        let stands = self.stand(&lines, &mine, &found, &earlier).await?;
        let waiting = stands.iter().filter(|stand| **stand == Stand::Waits).count();
        let again = match waiting {
            0 => None,
            some => look_again(settlement.paid_on, self.now()).map(|after| (after, some)),
        };
        Ok(Booked { entry, again })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// The settlement's entry, posted, and its lines.
    async fn entry(
        &self,
        lines: &[PlannedLine],
        earlier: &Earlier,
    ) -> Result<(i64, Vec<MoveLine>), Fault> {
        let what = format!("settlement {}", self.settlement.id);
        let step = self.step();
        let known = match earlier.entry {
            Some(id) => id,
            None => {
                self.announce(&step).await?;
                born(self.odoo, &what, self.draft(lines).record(self.currency)?).await?
            }
        };
        let booked = match earlier.entry {
            Some(_) => earlier.lines.clone(),
            None => self.odoo.move_lines(&[known]).await?,
        };
        // Odoo balances an entry without a word (A11), and one of this settlement may be there from an
        // earlier import.
        let amounts = lines.iter().map(|line| line.balance.minor()).collect();
        same_amounts(&what, known, &booked, amounts)?;
        if self.job.row.odoo_ids.get(&step) != Some(&known) {
            self.record(&step, known).await?;
        }
        if booked.iter().all(|line| line.posted) {
            return Ok((known, booked));
        }
        self.post(known).await?;
        Ok((known, self.odoo.move_lines(&[known]).await?))
    }

    /// A refund whose credit note is not there yet waits as long as refunds take (R188 to R192); what is
    /// not matched afterwards is booked as unmatched and asks a person.
    fn hold(&self, found: &[Found]) -> Result<(), Fault> {
        // A payout does not tell how its customers paid.
        let lag = refund_lag(&self.document.account.processor, Method::Unknown);
        let paid_at = self.settlement.paid_on.to_zoned(TimeZone::UTC);
        let paid_at = paid_at.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
        if lag.overdue(paid_at, self.now()) {
            return Ok(());
        }
        for (entry, found) in self.settlement.entries.iter().zip(found) {
            if let (EntryKind::Refund, Found::Nothing(why)) = (entry.kind, found)
                && !entry.gross.is_zero()
            {
                return Err(Fault::Wait {
                    key: WaitKey::other(format!("refund:{}", entry.id)),
                    cause: format!("settlement {}: {why}", self.settlement.id),
                });
            }
        }
        Ok(())
    }

    fn draft(&self, lines: &[PlannedLine]) -> EntryDraft {
        let id = ExternalId::new(&self.document.id, "settlement", self.settlement.id.as_str());
        let lines = lines.iter().map(|line| EntryLine {
            id: id.line(&line.key),
            account: line.account.unwrap_or(self.document.account.books.unmatched),
            name: line.name.clone(),
            partner: line.partner,
            balance: line.balance,
            amount: line.balance,
            currency_id: self.currency_id,
            tax: EntryTax::None,
        });
        EntryDraft {
            journal: self.document.account.books.journal,
            company: self.document.account.company,
            date: self.settlement.paid_on,
            reference: self.settlement.id.to_string(),
            lines: lines.collect(),
            id,
        }
    }

    pub(super) async fn announce(&self, step: &str) -> Result<(), Fault> {
        self.job.announce(self.world, step, self.deadline).await
    }

    pub(super) async fn record(&self, step: &str, id: i64) -> Result<(), Fault> {
        self.job.record(self.world, step, id).await
    }

    pub(super) async fn post(&self, id: i64) -> Result<(), Fault> {
        self.in_time()?;
        self.odoo.post_move(id).await
    }

    pub(super) fn in_time(&self) -> Result<(), Fault> {
        work::in_time(self.world, self.deadline)
    }
}

/// Makes one journal entry by its external id, and gives its id.
pub(crate) async fn born<H: Http>(
    odoo: Odoo<'_, H>,
    what: &str,
    record: Record,
) -> Result<i64, Fault> {
    let made = odoo.load_new("account.move", std::slice::from_ref(&record)).await?;
    match made.into_iter().next() {
        Some(Ok(id)) => Ok(id),
        Some(Err(culprit)) => Err(match &culprit.class {
            CulpritClass::MissingReference { .. }
            | CulpritClass::BadValue { .. }
            | CulpritClass::Constraint
            | CulpritClass::Other => Fault::reject(
                format!("{what}: {}", culprit.text),
                "correct what Odoo names (journal and accounts stand in the account's books), then \
                 replay it",
            ),
        }),
        None => Err(Fault::retry(format!("{what}: Odoo gave no id"))),
    }
}

/// A fault if the entry's lines are not exactly these amounts.
pub(crate) fn same_amounts(
    what: &str,
    id: i64,
    booked: &[MoveLine],
    mut wanted: Vec<i64>,
) -> Result<(), Fault> {
    let mut has: Vec<i64> = booked.iter().map(|line| line.balance.minor()).collect();
    has.sort_unstable();
    wanted.sort_unstable();
    if has == wanted {
        return Ok(());
    }
    let debit = |of: &[i64]| of.iter().filter(|minor| **minor > 0).sum::<i64>();
    Err(Fault::reject(
        format!(
            "{what}: journal entry {id} has {} lines with {} minor units of debit, it should have {} \
             with {}",
            has.len(),
            debit(&has),
            wanted.len(),
            debit(&wanted)
        ),
        "compare both by hand; a corrected report needs the old entry deleted or reversed first",
    ))
}

/// Reconciles a line with those of the others that are open on its account, on the other side. True if
/// anything was done.
pub(crate) async fn set_off<H: Http>(
    odoo: Odoo<'_, H>,
    own: &MoveLine,
    others: &[&MoveLine],
) -> Result<bool, Fault> {
    if own.reconciled || own.residual.is_zero() {
        return Ok(false);
    }
    let open = others.iter().filter(|other| {
        !other.reconciled
            && other.account == own.account
            && other.id != own.id
            && other.residual.minor().signum() == -own.residual.minor().signum()
    });
    let mut ids: Vec<i64> = open.map(|other| other.id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(false);
    }
    ids.push(own.id);
    odoo.reconcile(&ids).await.map(|_| true)
}
