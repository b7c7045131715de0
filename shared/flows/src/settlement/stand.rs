//! Where the lines of a booked settlement stand: set off against their documents, moved to a document that
//! came later, waiting for one, or a question for a person.

use super::book::{Case, dispute_reference, set_off};
use super::documents::{lines_of, moves, references, told};
use super::earlier::{Earlier, late_id};
use super::given_back;
use super::plan::{Found, PlannedLine, word};
use crate::World;
use crate::config::Matching;
use crate::enqueue::enqueue;
use crate::work::{self, ATTENTION_LIFE};
use causeway_domain::{
    Date, EntryKind, Fault, Money, Nudge, NudgeCause, SettlementEntry, Subject, Timestamp,
};
use causeway_ledger::{AttentionItem, Ledger as _, RowKey};
use causeway_odoo::{MoveKind, MoveLine, MoveQuery};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// So long its document may take to appear before a person is asked: invoices come with the delivery.
const GRACE_DAYS: i64 = 14;
/// So long it is looked for.
const PATIENCE_DAYS: i64 = 60;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Where it belongs.
    Settled,
    /// Its counterpart may still come.
    Waits,
    /// A person decides.
    Asks,
}

fn age(paid_on: Date, now: Timestamp) -> i64 {
    let today = TimeZone::UTC.to_datetime(now).date();
    i64::from(today.since(paid_on).map_or(0, |span| span.get_days()))
}

/// When to look for what is missing: every hour for three days, then daily, for sixty days.
pub(super) fn look_again(paid_on: Date, now: Timestamp) -> Option<Duration> {
    match age(paid_on, now) {
        ..=3 => Some(HOUR),
        4..PATIENCE_DAYS => Some(24 * HOUR),
        PATIENCE_DAYS.. => None,
    }
}

/// What Odoo has that the lines may be set off against.
pub(super) struct Theirs {
    documents: Vec<MoveLine>,
    /// Lines of the entries of chargebacks.
    disputes: Vec<MoveLine>,
}

impl<W: World> Case<'_, W> {
    /// Brings every line to where it belongs, as far as that is there.
    pub(super) async fn stand(
        &self,
        lines: &[PlannedLine],
        mine: &[MoveLine],
        found: &[Found],
        earlier: &Earlier,
    ) -> Result<Vec<Stand>, Fault> {
        let theirs =
            Theirs { documents: self.documents(found).await?, disputes: self.disputes().await? };
        let mut stands = Vec::new();
        for line in lines {
            let Some((at, entry)) =
                line.entry.and_then(|at| Some((at, self.settlement.entries.get(at)?)))
            else {
                continue;
            };
            let named = |one: &&MoveLine| one.name.as_deref() == Some(line.name.as_str());
            let Some(own) = mine.iter().find(named) else { continue };
            self.in_time()?;
            let found = found.get(at).unwrap_or(&Found::Unknown);
            stands.push(self.one(entry, own, found, &theirs, earlier).await?);
        }
        self.given_back(lines, mine, found).await?;
        Ok(stands)
    }

    /// What a refund leaves open is set off against the line of its charge: its credit note may have been
    /// set off against the invoice before either was paid, or there is none ([`given_back`]). Read anew
    /// each time, because every setting off changes what is open.
    async fn given_back(
        &self,
        lines: &[PlannedLine],
        mine: &[MoveLine],
        found: &[Found],
    ) -> Result<(), Fault> {
        let planned = |at: usize| lines.iter().find(|line| line.entry == Some(at));
        let Some(id) = mine.first().map(|line| line.entry) else { return Ok(()) };
        for line in lines {
            let Some(at) = line.entry else { continue };
            let notes = match found.get(at) {
                Some(Found::WithCharge { entries, .. }) => entries.as_slice(),
                Some(Found::Documents { .. }) => &[],
                Some(Found::Unknown | Found::Nothing(_)) | None => continue,
            };
            let met = |one: &MoveLine| one.reconciled && one.name.as_deref() == Some(&line.name);
            if mine.iter().any(met) {
                continue;
            }
            let charge = given_back::of_charge(&self.settlement.entries, at);
            let Some(charge) = charge.and_then(planned) else { continue };
            self.in_time()?;
            let read: Vec<i64> = std::iter::once(id).chain(notes.iter().copied()).collect();
            let open = self.odoo.move_lines(&read).await?;
            let named = |name: &str| {
                open.iter().find(|one| one.entry == id && one.name.as_deref() == Some(name))
            };
            let Some(own) = named(&line.name) else { continue };
            let of_notes = open.iter().filter(|one| one.entry != id);
            let others: Vec<&MoveLine> = named(&charge.name).into_iter().chain(of_notes).collect();
            set_off(self.odoo, own, &others).await?;
        }
        Ok(())
    }

    async fn one(
        &self,
        entry: &SettlementEntry,
        own: &MoveLine,
        found: &Found,
        theirs: &Theirs,
        earlier: &Earlier,
    ) -> Result<Stand, Fault> {
        let books = &self.document.account.books;
        let unmatched = own.account == Some(books.unmatched);
        match entry.kind {
            EntryKind::Charge | EntryKind::Refund if unmatched => {
                self.unmatched(entry, own, found, theirs, earlier).await
            }
            EntryKind::Charge | EntryKind::Refund => {
                match books.matching {
                    // The sale's own entry is what the clearing account has of it.
                    Matching::Journal => {}
                    Matching::Invoices | Matching::Payments => {
                        let others = theirs.of(entry, found);
                        set_off(self.odoo, own, &others).await?;
                    }
                }
                Ok(Stand::Settled)
            }
            EntryKind::Dispute | EntryKind::DisputeReversal | EntryKind::Adjustment
                if !unmatched =>
            {
                self.clearing(entry, own, theirs).await
            }
            EntryKind::Dispute
            | EntryKind::DisputeReversal
            | EntryKind::Adjustment
            | EntryKind::Fee
            | EntryKind::Other => match own.reconciled {
                true => self.close(entry).await,
                false => {
                    let why = format!("{} is of no kind that is booked by itself", told(entry));
                    self.ask(entry, &self.on_unmatched(entry, &why), BOOK_IT).await?;
                    Ok(Stand::Asks)
                }
            },
        }
    }

    /// A charge or refund that was booked before its document was there.
    async fn unmatched(
        &self,
        entry: &SettlementEntry,
        own: &MoveLine,
        found: &Found,
        theirs: &Theirs,
        earlier: &Earlier,
    ) -> Result<Stand, Fault> {
        let id = late_id(self.document, self.settlement, entry);
        let moved = match (earlier.late(&id), found) {
            (Some(lines), _) => Some(lines.to_vec()),
            // Somebody has booked it by hand.
            (None, _) if own.reconciled => return self.close(entry).await,
            (None, Found::Documents { account, partner, free: true, .. }) => {
                Some(self.move_late(entry, own, *account, *partner).await?)
            }
            (
                None,
                Found::Documents { free: false, .. }
                | Found::WithCharge { .. }
                | Found::Unknown
                | Found::Nothing(_),
            ) => None,
        };
        if let Some(lines) = moved {
            self.finish(entry, own, lines, found, theirs).await?;
            return self.close(entry).await;
        }
        let why = match found {
            Found::Nothing(why) => why.clone(),
            Found::Documents { .. } | Found::WithCharge { .. } => {
                format!("what {} pays is paid already", told(entry))
            }
            Found::Unknown => format!("{} was not looked for", told(entry)),
        };
        let named = references(entry).next().is_some();
        let patient = match entry.kind {
            // A refund has waited for as long as refunds take before it was booked at all.
            EntryKind::Refund => false,
            EntryKind::Charge
            | EntryKind::Fee
            | EntryKind::Dispute
            | EntryKind::DisputeReversal
            | EntryKind::Adjustment
            | EntryKind::Other => named && age(self.settlement.paid_on, self.now()) < GRACE_DAYS,
        };
        if !patient {
            self.ask(entry, &self.on_unmatched(entry, &why), BOOK_IT).await?;
        }
        Ok(if named { Stand::Waits } else { Stand::Asks })
    }

    /// What stands on the clearing account is cleared by the entry of its chargeback, or by the opposite
    /// movement of another payout (a reserve that is released).
    async fn clearing(
        &self,
        entry: &SettlementEntry,
        own: &MoveLine,
        theirs: &Theirs,
    ) -> Result<Stand, Fault> {
        let of_dispute = theirs.of_dispute(entry);
        let done = set_off(self.odoo, own, &of_dispute).await?;
        let opposite =
            |line: &&MoveLine| line.account == own.account && line.balance == own.balance.negated();
        if own.reconciled || done || of_dispute.iter().any(opposite) {
            return self.close(entry).await;
        }
        let dispute = match entry.kind {
            EntryKind::Dispute | EntryKind::DisputeReversal => true,
            EntryKind::Charge
            | EntryKind::Refund
            | EntryKind::Fee
            | EntryKind::Adjustment
            | EntryKind::Other => false,
        };
        if let (false, Some(account)) = (dispute, own.account) {
            let met = self.odoo.lines_of_balance(account, own.balance.negated()).await?;
            if !met.is_empty() {
                return self.close(entry).await;
            }
        }
        if let Some(id) = &entry.dispute {
            // Its webhook was lost, or the account has none.
            let subject = Subject::Dispute(id.clone());
            let nudge =
                Nudge::new(self.document.id.clone(), subject, NudgeCause::Worker, self.now());
            enqueue(self.world, &[nudge]).await?;
        }
        if age(self.settlement.paid_on, self.now()) >= GRACE_DAYS {
            let has: i64 = of_dispute
                .iter()
                .filter(|line| line.account == own.account)
                .map(|line| line.balance.minor())
                .sum();
            let has = Money::from_minor(has, self.currency);
            let what =
                if dispute { "the entries of its dispute" } else { "entries that answer it" };
            let reason = format!(
                "settlement {}: {} of {} is on the clearing account, where {what} come to {has}",
                self.settlement.id,
                told(entry),
                own.balance
            );
            let fix = match dispute {
                true => {
                    "look the dispute up at the processor and book it against the clearing \
                         account, then settle the item; check that its webhooks reach Causeway"
                }
                false => {
                    "look it up at the processor and book it from the clearing account to where \
                          it belongs, then settle the item"
                }
            };
            self.ask(entry, &reason, fix).await?;
        }
        Ok(Stand::Waits)
    }

    async fn documents(&self, found: &[Found]) -> Result<Vec<MoveLine>, Fault> {
        let ids: BTreeSet<i64> = found
            .iter()
            .flat_map(|found| match found {
                Found::Documents { entries, .. } => entries.clone(),
                Found::Unknown | Found::WithCharge { .. } | Found::Nothing(_) => Vec::new(),
            })
            .collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        lines_of(self.odoo, &ids).await
    }

    /// Lines of the entries of chargebacks of the payments of this settlement.
    async fn disputes(&self) -> Result<Vec<MoveLine>, Fault> {
        let names: BTreeSet<String> = self
            .settlement
            .entries
            .iter()
            .filter_map(|entry| entry.reference.as_deref().map(dispute_reference))
            .collect();
        let entries = moves(self.odoo, MoveQuery::References, &names, &[MoveKind::Entry]).await?;
        let ids: Vec<i64> = entries.iter().map(|one| one.id).collect();
        let mut lines = lines_of(self.odoo, &ids).await?;
        lines.retain(|line| line.posted);
        Ok(lines)
    }

    fn on_unmatched(&self, entry: &SettlementEntry, why: &str) -> String {
        let place = entry.line.map_or(String::new(), |line| format!(", line {line}"));
        format!(
            "settlement {}{place}: {} of {} is on the account of unmatched lines: {why}",
            self.settlement.id,
            word(entry.kind),
            entry.gross
        )
    }

    fn item(&self, entry: &SettlementEntry) -> RowKey {
        let subject = format!("settlement/{}#{}", self.settlement.id, entry.id);
        RowKey { store: self.document.id.clone(), subject }
    }

    /// Asks about a line, once.
    async fn ask(&self, entry: &SettlementEntry, reason: &str, fix: &str) -> Result<(), Fault> {
        let step = format!("asked:{}:{}", self.settlement.id, entry.id);
        let item = AttentionItem {
            key: self.item(entry),
            raised_at: self.now(),
            number: references(entry).next().cloned(),
            reason: reason.to_owned(),
            fix: fix.to_owned(),
            payload: serde_json::to_string(entry).ok(),
            expires_at: self.now() + ATTENTION_LIFE,
        };
        work::ask_once(self.world, self.job, &step, &item).await
    }

    /// Closes the item of a line that is where it belongs now.
    async fn close(&self, entry: &SettlementEntry) -> Result<Stand, Fault> {
        self.world.ledger().settle(&self.item(entry)).await.map_err(work::unavailable)?;
        Ok(Stand::Settled)
    }
}

const BOOK_IT: &str = "book it from there to where it belongs, then settle the item";

impl Theirs {
    /// What a line of that entry is set off against.
    pub(super) fn of(&self, entry: &SettlementEntry, found: &Found) -> Vec<&MoveLine> {
        let of_entry = self.documents.iter().filter(|one| match found {
            Found::Documents { entries, .. } => entries.contains(&one.entry),
            Found::Unknown | Found::WithCharge { .. } | Found::Nothing(_) => false,
        });
        of_entry.chain(self.of_dispute(entry)).collect()
    }

    fn of_dispute(&self, entry: &SettlementEntry) -> Vec<&MoveLine> {
        let reference = entry.reference.as_deref().map(dispute_reference);
        let own = |one: &&MoveLine| reference.is_some() && one.reference == reference;
        self.disputes.iter().filter(own).collect()
    }
}
