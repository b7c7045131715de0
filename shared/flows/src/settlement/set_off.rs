//! Sets the lines of a settlement's posted entry off against what they pay.

use super::book::dispute_reference;
use super::given_back;
use super::plan::{Found, PlannedLine};
use crate::World;
use crate::config::AccountDocument;
use crate::work;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Settlement, Timestamp};
use causeway_odoo::{MoveLine, Odoo};

/// Sets the posted lines off against the documents that they belong to.
pub(super) struct SetOff<'a, W: World> {
    pub(super) world: &'a W,
    pub(super) odoo: Odoo<'a, W::Http>,
    pub(super) document: &'a AccountDocument,
    pub(super) settlement: &'a Settlement,
    pub(super) deadline: Timestamp,
}

impl<W: World> SetOff<'_, W> {
    /// `id` is the settlement's own entry, `mine` its lines.
    pub(super) async fn all(
        &self,
        id: i64,
        lines: &[PlannedLine],
        mine: &[MoveLine],
        found: &[Found],
    ) -> Result<(), Fault> {
        let mut documents: Vec<i64> = found
            .iter()
            .flat_map(|found| match found {
                Found::Documents { entries, .. } => entries.clone(),
                Found::Unknown | Found::WithCharge { .. } | Found::Nothing(_) => Vec::new(),
            })
            .collect();
        documents.sort_unstable();
        documents.dedup();
        let mut theirs = Vec::new();
        for part in documents.chunks(500) {
            theirs.extend(self.odoo.move_lines(part).await?);
        }
        let disputes = self.disputes(lines).await?;
        for line in lines {
            let Some((at, entry)) =
                line.entry.and_then(|at| Some((at, self.settlement.entries.get(at)?)))
            else {
                continue;
            };
            let named = |one: &&MoveLine| one.name.as_deref() == Some(line.name.as_str());
            let Some(own) = mine.iter().find(named) else { continue };
            let reference = entry.reference.as_deref().map(dispute_reference);
            let of_entry = theirs.iter().filter(|one| match found.get(at) {
                Some(Found::Documents { entries, .. }) => entries.contains(&one.entry),
                Some(Found::Unknown | Found::WithCharge { .. } | Found::Nothing(_)) | None => false,
            });
            let of_dispute =
                disputes.iter().filter(|one| reference.is_some() && one.reference == reference);
            let open: Vec<&MoveLine> = of_entry.chain(of_dispute).collect();
            work::in_time(self.world, self.deadline)?;
            set_off(self.odoo, own, &open).await?;
        }
        self.given_back(id, lines, found).await
    }

    /// What a refund leaves open is set off against the line of its charge: its credit note may have been
    /// set off against the invoice before either was paid, or there is none (`given_back`). Read anew each
    /// time, because every setting off changes what is open.
    async fn given_back(
        &self,
        id: i64,
        lines: &[PlannedLine],
        found: &[Found],
    ) -> Result<(), Fault> {
        let planned = |at: usize| lines.iter().find(|line| line.entry == Some(at));
        for line in lines {
            let Some(at) = line.entry else { continue };
            let notes = match found.get(at) {
                Some(Found::WithCharge { entries, .. }) => entries.as_slice(),
                Some(Found::Documents { .. }) => &[],
                Some(Found::Unknown | Found::Nothing(_)) | None => continue,
            };
            let charge = given_back::of_charge(&self.settlement.entries, at);
            let Some(charge) = charge.and_then(planned) else { continue };
            work::in_time(self.world, self.deadline)?;
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

    /// Open lines of the entries of chargebacks, on every account that is used here.
    async fn disputes(&self, lines: &[PlannedLine]) -> Result<Vec<MoveLine>, Fault> {
        let mut references: Vec<String> = self
            .settlement
            .entries
            .iter()
            .filter_map(|entry| entry.reference.as_deref().map(dispute_reference))
            .collect();
        references.sort_unstable();
        references.dedup();
        let mut accounts: Vec<i64> = lines.iter().filter_map(|line| line.account).collect();
        accounts.retain(|account| *account != self.document.account.books.unmatched);
        accounts.retain(|account| *account != self.document.account.books.bank);
        accounts.retain(|account| *account != self.document.account.books.fees);
        accounts.sort_unstable();
        accounts.dedup();
        let mut found = Vec::new();
        for account in accounts {
            for part in references.chunks(500) {
                found.extend(self.odoo.open_lines(account, part).await?);
            }
        }
        Ok(found)
    }
}

/// Reconciles a line with those of the others that are open on its account, on the other side.
pub(crate) async fn set_off<H: Http>(
    odoo: Odoo<'_, H>,
    own: &MoveLine,
    others: &[&MoveLine],
) -> Result<(), Fault> {
    if own.reconciled || own.residual.is_zero() {
        return Ok(());
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
        return Ok(());
    }
    ids.push(own.id);
    odoo.reconcile(&ids).await.map(|_| ())
}
