//! Reads what Odoo has of a sale: its entries by their common `ref`, its pickings by our row.

use super::goods::DELIVERY;
use super::sale::SALE;
use super::seen::{EntryState, GoodsState, Seen, SeenEntry, SeenLine, SeenMove, SeenPicking};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use causeway_odoo::{
    ExternalIdOf, MoveKind, MoveQuery, MoveRecord, MoveState, Odoo, PickingRecord, PickingState,
};
use std::collections::{BTreeMap, BTreeSet};

/// The steps of our row: step -> Odoo id.
pub(super) type Recorded = BTreeMap<String, i64>;

fn is_picking(step: &str) -> bool {
    step == DELIVERY || step.starts_with("return:")
}

fn is_entry(step: &str) -> bool {
    step == SALE || step.starts_with("entry-")
}

/// Everything.
pub(super) async fn observe<H: Http>(
    odoo: Odoo<'_, H>,
    reference: &str,
    recorded: &Recorded,
) -> Result<Seen, Fault> {
    Ok(Seen {
        entries: entries(odoo, reference, recorded).await?,
        pickings: pickings(odoo, recorded).await?,
    })
}

/// The entries, each with its lines.
pub(super) async fn entries<H: Http>(
    odoo: Odoo<'_, H>,
    reference: &str,
    recorded: &Recorded,
) -> Result<BTreeMap<String, SeenEntry>, Fault> {
    let mut found = odoo
        .find_moves(&MoveQuery::References(vec![reference.to_owned()]), &[MoveKind::Entry])
        .await?;
    let known: BTreeSet<i64> = found.iter().map(|entry| entry.id).collect();
    let entries = recorded.iter().filter(|(step, _)| is_entry(step));
    let missing: Vec<(&String, i64)> =
        entries.map(|(step, id)| (step, *id)).filter(|(_, id)| !known.contains(id)).collect();
    let ids = missing.iter().map(|(_, id)| *id).collect();
    // A person gave it another reference, or deleted it.
    found.extend(odoo.find_moves(&MoveQuery::Ids(ids), &[MoveKind::Entry]).await?);
    if let Some((step, id)) =
        missing.into_iter().find(|(_, id)| !found.iter().any(|entry| entry.id == *id))
    {
        return Err(Fault::reject(
            format!("{reference}: {step} (journal entry {id}) was deleted in Odoo"),
            "make it again in Odoo by hand, then settle the item",
        ));
    }
    let ids: Vec<i64> = found.iter().map(|entry| entry.id).collect();
    let names = odoo.external_ids(ExternalIdOf::Move, &ids).await?;
    let ours: Vec<i64> = ids.into_iter().filter(|id| names.contains_key(id)).collect();
    let lines = odoo.move_lines(&ours).await?;
    let line_ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let mut line_names = odoo.external_ids(ExternalIdOf::MoveLine, &line_ids).await?;
    let mut entries = BTreeMap::new();
    for record in found {
        let Some(name) = names.get(&record.id) else { continue };
        let own = lines.iter().filter(|line| line.entry == record.id);
        let lines = own
            .map(|line| SeenLine {
                external_id: line_names.remove(&line.id),
                account: line.account.unwrap_or_default(),
                balance: line.balance,
                taxes: line.taxes.clone(),
                repartition_line: line.repartition_line,
                tags: line.tags.clone(),
            })
            .collect();
        entries.insert(name.clone(), entry(&record, lines));
    }
    Ok(entries)
}

fn entry(record: &MoveRecord, lines: Vec<SeenLine>) -> SeenEntry {
    let state = match record.state {
        MoveState::Draft => EntryState::Draft,
        MoveState::Posted => EntryState::Posted,
        MoveState::Cancel | MoveState::Other(_) => EntryState::Cancelled,
    };
    SeenEntry { id: record.id, state, date: record.date, lines }
}

/// The pickings that our row knows.
pub(super) async fn pickings<H: Http>(
    odoo: Odoo<'_, H>,
    recorded: &Recorded,
) -> Result<BTreeMap<String, SeenPicking>, Fault> {
    let steps: Vec<(&String, i64)> = recorded
        .iter()
        .filter(|(step, _)| is_picking(step))
        .map(|(step, id)| (step, *id))
        .collect();
    let ids: Vec<i64> = steps.iter().map(|(_, id)| *id).collect();
    let found = odoo.read_pickings(&ids).await?;
    let mut pickings = BTreeMap::new();
    for (step, id) in steps {
        let Some(record) = found.iter().find(|picking| picking.id == id) else {
            return Err(Fault::reject(
                format!("{step} (picking {id}) was deleted in Odoo"),
                "move the goods in Odoo by hand, then settle the item",
            ));
        };
        pickings.insert(step.clone(), picking(record));
    }
    Ok(pickings)
}

fn picking(record: &PickingRecord) -> SeenPicking {
    let state = match record.state {
        PickingState::Draft => GoodsState::Draft,
        PickingState::Waiting
        | PickingState::Confirmed
        | PickingState::Partly
        | PickingState::Assigned => GoodsState::Open,
        PickingState::Done => GoodsState::Done,
        PickingState::Cancel | PickingState::Other(_) => GoodsState::Cancelled,
    };
    let live = record.moves.iter().filter(|one| one.state != PickingState::Cancel);
    let moves = live.map(|one| SeenMove {
        id: one.id,
        product: one.product,
        demand: one.demand,
        quantity: one.quantity,
    });
    SeenPicking { id: record.id, state, moves: moves.collect() }
}
