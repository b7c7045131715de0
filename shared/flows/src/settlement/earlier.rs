//! What earlier imports of a settlement have left in Odoo. It is read before anything is looked for: what
//! is set off must not be matched a second time, least of all with the document of its neighbour.

use super::book::Case;
use super::plan::name;
use crate::World;
use crate::config::AccountDocument;
use causeway_domain::{Fault, Settlement, SettlementEntry};
use causeway_odoo::{ExternalId, ExternalIdOf, MoveKind, MoveLine, MoveQuery};
use std::collections::{BTreeMap, BTreeSet};

/// Entries of one settlement.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Its own.
    pub(super) entry: Option<i64>,
    /// The lines of its own.
    pub(super) lines: Vec<MoveLine>,
    /// Entries that moved a line to its document later, by external id.
    late: BTreeMap<String, Vec<MoveLine>>,
}

/// The external id of the entry that moves a line of a settlement to its document.
pub(super) fn late_id(
    document: &AccountDocument,
    settlement: &Settlement,
    entry: &SettlementEntry,
) -> ExternalId {
    late_prefix(document, settlement).line(&entry.id)
}

fn late_prefix(document: &AccountDocument, settlement: &Settlement) -> ExternalId {
    ExternalId::new(&document.id, "settlement-late", settlement.id.as_str())
}

impl Earlier {
    /// Reads them by their common `ref`; `recorded` is what our row has.
    pub(super) async fn read<W: World>(
        case: &Case<'_, W>,
        recorded: Option<i64>,
    ) -> Result<Self, Fault> {
        let (odoo, document, settlement) = (case.odoo, case.document, case.settlement);
        let reference = MoveQuery::References(vec![settlement.id.to_string()]);
        let known = odoo.find_moves(&reference, &[MoveKind::Entry]).await?;
        let mut ids: Vec<i64> = known.iter().map(|one| one.id).collect();
        let names = odoo.external_ids(ExternalIdOf::Move, &ids).await?;
        let own = ExternalId::new(&document.id, "settlement", settlement.id.as_str());
        let entry = names.iter().find(|(_, name)| name.as_str() == own.as_str()).map(|(id, _)| *id);
        // A person may have given it another `ref`.
        let entry = entry.or(recorded);
        ids.retain(|id| names.contains_key(id));
        ids.extend(entry);
        ids.sort_unstable();
        ids.dedup();
        let mut lines = odoo.move_lines(&ids).await?;
        let prefix = format!("{}_", late_prefix(document, settlement));
        let mut late: BTreeMap<String, Vec<MoveLine>> = BTreeMap::new();
        lines.retain(|line| match names.get(&line.entry) {
            Some(name) if name.starts_with(&prefix) => {
                late.entry(name.clone()).or_default().push(line.clone());
                false
            }
            Some(_) | None => Some(line.entry) == entry,
        });
        // One that was deleted is made again.
        let entry = entry.filter(|_| !lines.is_empty());
        Ok(Self { entry, lines, late })
    }

    /// The lines of the entry that moved a line later, if there is one.
    pub(super) fn late(&self, id: &ExternalId) -> Option<&[MoveLine]> {
        self.late.get(id.as_str()).map(Vec::as_slice)
    }

    /// Places of the settlement's entries whose lines are set off: in its own entry, or where they were
    /// moved to from the account of `unmatched` ones.
    pub(super) fn settled(&self, settlement: &Settlement, unmatched: i64) -> BTreeSet<usize> {
        let own = self.lines.iter();
        let moved = self.late.values().flatten().filter(|line| line.account != Some(unmatched));
        let settled: BTreeSet<&str> = own
            .chain(moved)
            .filter(|line| line.reconciled)
            .filter_map(|line| line.name.as_deref())
            .collect();
        let entries = settlement.entries.iter().enumerate();
        entries.filter(|(_, entry)| settled.contains(&*name(entry))).map(|(at, _)| at).collect()
    }
}
