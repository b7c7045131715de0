//! What the payments of the orders have left on their outstanding accounts.

use super::documents::{CHUNK, lines_of, references, told};
use super::plan::Found;
use crate::config::Books;
use causeway_domain::ports::Http;
use causeway_domain::{EntryKind, Fault, SettlementEntry};
use causeway_odoo::{AccountKind, Direction, MoveLine, Odoo, PaymentRecord};
use std::collections::BTreeSet;

/// One result for each of these.
pub(super) async fn payments<H: Http>(
    odoo: Odoo<'_, H>,
    books: &Books,
    wanted: &[Option<&SettlementEntry>],
) -> Result<Vec<Found>, Fault> {
    let memos: BTreeSet<String> = wanted.iter().flatten().flat_map(|entry| memos(entry)).collect();
    let memos: Vec<String> = memos.into_iter().collect();
    let mut known: Vec<PaymentRecord> = Vec::new();
    for part in memos.chunks(CHUNK) {
        known.extend(odoo.find_payments(part).await?);
    }
    known.retain(PaymentRecord::is_posted);
    let entries: Vec<i64> = known.iter().filter_map(|one| one.entry).collect();
    let mut lines = lines_of(odoo, &entries).await?;
    // Odoo has an outstanding account of its own for each way of the money, which need not be the
    // clearing account; money that is in the bank already is not on its way.
    lines.retain(|line| {
        line.account == Some(books.clearing)
            || !matches!(line.account_kind, AccountKind::Receivable | AccountKind::Cash)
    });
    let mut used = BTreeSet::new();
    let found = wanted.iter().map(|entry| match entry {
        None => Found::Unknown,
        Some(entry) if entry.kind == EntryKind::Refund => {
            payment(entry, &Direction::Outbound, &known, &lines, &mut used)
        }
        Some(entry) => payment(entry, &Direction::Inbound, &known, &lines, &mut used),
    });
    Ok(found.collect())
}

/// The reference, the order's number, or both with a blank between.
fn memos(entry: &SettlementEntry) -> Vec<String> {
    let mut memos: Vec<String> = references(entry).cloned().collect();
    if let (Some(payment), Some(order)) = (&entry.reference, &entry.order_reference) {
        memos.push(format!("{payment} {order}"));
    }
    memos
}

/// A payment of that amount which no other payout has: two equal refunds of an order may have one memo.
fn payment(
    entry: &SettlementEntry,
    direction: &Direction,
    known: &[PaymentRecord],
    lines: &[MoveLine],
    used: &mut BTreeSet<i64>,
) -> Found {
    let memos = memos(entry);
    let amount = entry.gross.minor().saturating_abs();
    let line_of = |one: &PaymentRecord| lines.iter().find(|line| Some(line.entry) == one.entry);
    // A refund that failed brings back what a payment took that is set off already.
    let failed = *direction == Direction::Outbound && entry.gross.minor() > 0;
    let own: Vec<&PaymentRecord> = known
        .iter()
        .filter(|one| {
            one.direction == *direction
                && one.amount.currency() == entry.gross.currency()
                && one.amount.minor() == amount
                && one.memo.as_ref().is_some_and(|memo| memos.contains(memo))
                && !used.contains(&one.id)
        })
        .collect();
    let free = |one: &&&PaymentRecord| failed || line_of(one).is_none_or(|line| !line.reconciled);
    let Some(one) = own.iter().find(free) else {
        let what = format!("Odoo has no posted payment of {} over {}", told(entry), entry.gross);
        return Found::Nothing(match own.first() {
            Some(other) => format!("{what} but payment {}, which is set off already", other.id),
            None => what,
        });
    };
    let (Some(line), Some(id)) = (line_of(one), one.entry) else {
        let text = format!("payment {} of {} is on no outstanding account", one.id, told(entry));
        return Found::Nothing(text);
    };
    if !failed {
        used.insert(one.id);
    }
    match line.account {
        Some(account) => {
            Found::Documents { account, partner: line.partner, entries: vec![id], free: true }
        }
        None => Found::Nothing(format!("payment {} has no account", one.id)),
    }
}
