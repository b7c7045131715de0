//! Which document of Odoo an entry of a settlement belongs to.
//!
//! Invoices and credit notes carry the processor's reference of their payment in `payment_reference`,
//! invoices the platform's order number in `ref`, payments the one or the other in their memo.

use super::given_back::{self, Left};
use super::plan::Found;
use crate::config::{Books, Matching};
use causeway_domain::ports::Http;
use causeway_domain::{EntryKind, Fault, Settlement, SettlementEntry};
use causeway_odoo::{
    AccountKind, Direction, MoveKind, MoveLine, MoveQuery, MoveRecord, MoveState, Odoo,
    PaymentRecord,
};
use std::collections::{BTreeMap, BTreeSet};

/// Longest list of references in one search.
const CHUNK: usize = 500;

/// One result for each entry of the settlement.
pub(super) async fn find<H: Http>(
    odoo: Odoo<'_, H>,
    books: &Books,
    settlement: &Settlement,
) -> Result<Vec<Found>, Fault> {
    match books.matching {
        Matching::Invoices => invoices(odoo, books, settlement).await,
        Matching::Payments => payments(odoo, books, settlement).await,
    }
}

/// References of the payment and of the order.
pub(crate) fn references(entry: &SettlementEntry) -> impl Iterator<Item = &String> {
    entry.reference.iter().chain(&entry.order_reference)
}

fn wants_a_document(entry: &SettlementEntry) -> bool {
    match entry.kind {
        EntryKind::Charge | EntryKind::Refund => !entry.gross.is_zero(),
        EntryKind::Fee
        | EntryKind::Dispute
        | EntryKind::DisputeReversal
        | EntryKind::Adjustment
        | EntryKind::Other => false,
    }
}

/// `find_moves` in parts; without doubles, in the order of ids.
pub(crate) async fn moves<H: Http>(
    odoo: Odoo<'_, H>,
    query: impl Fn(Vec<String>) -> MoveQuery,
    texts: &BTreeSet<String>,
    kinds: &[MoveKind],
) -> Result<Vec<MoveRecord>, Fault> {
    let all: Vec<String> = texts.iter().cloned().collect();
    let mut found = BTreeMap::new();
    for part in all.chunks(CHUNK) {
        for one in odoo.find_moves(&query(part.to_vec()), kinds).await? {
            found.insert(one.id, one);
        }
    }
    Ok(found.into_values().collect())
}

async fn invoices<H: Http>(
    odoo: Odoo<'_, H>,
    books: &Books,
    settlement: &Settlement,
) -> Result<Vec<Found>, Fault> {
    let wanted = || settlement.entries.iter().filter(|entry| wants_a_document(entry));
    let texts: BTreeSet<String> = wanted().flat_map(references).cloned().collect();
    let kinds = [MoveKind::Invoice, MoveKind::CreditNote];
    let mut known = moves(odoo, MoveQuery::PaymentReferences, &texts, &kinds).await?;
    let orders: BTreeSet<String> = wanted()
        .filter(|entry| !known.iter().any(|one| is_named(one, entry)))
        .filter_map(|entry| entry.order_reference.clone())
        .collect();
    known.extend(moves(odoo, MoveQuery::References, &orders, &[MoveKind::Invoice]).await?);
    let ids: Vec<i64> =
        known.iter().filter(|one| one.kind == MoveKind::Invoice).map(|one| one.id).collect();
    for part in ids.chunks(CHUNK) {
        let notes = odoo.find_moves(&MoveQuery::Reversing(part.to_vec()), &[]).await?;
        known.extend(notes.into_iter().filter(|one| one.kind == MoveKind::CreditNote));
    }
    known.sort_by_key(|one| one.id);
    known.dedup_by_key(|one| one.id);
    known.retain(|one| one.state == MoveState::Posted);
    let ids: Vec<i64> = known.iter().map(|one| one.id).collect();
    let mut lines = Vec::new();
    for part in ids.chunks(CHUNK) {
        lines.extend(odoo.move_lines(part).await?);
    }
    let mut used = BTreeSet::new();
    let found = settlement.entries.iter().map(|entry| match entry.kind {
        EntryKind::Charge => charge(entry, &known, &lines),
        EntryKind::Refund => refund(entry, &known, &lines, &mut used),
        EntryKind::Fee
        | EntryKind::Dispute
        | EntryKind::DisputeReversal
        | EntryKind::Adjustment
        | EntryKind::Other => Found::Unknown,
    });
    let mut found: Vec<Found> = found.collect();
    given_back::pair(settlement, books.clearing, &mut found, |at| {
        settlement.entries.get(at).map(|charge| left(charge, &known, &used))
    });
    Ok(found)
}

/// What is left of a charge's sale, and the credit notes of it that no refund has found.
fn left(charge: &SettlementEntry, known: &[MoveRecord], used: &BTreeSet<i64>) -> Left {
    let invoices: Vec<&MoveRecord> = invoices_of(charge, known).collect();
    let sum =
        |records: &[&MoveRecord]| -> i64 { records.iter().map(|one| one.total.minor()).sum() };
    let notes: Vec<&MoveRecord> = known
        .iter()
        .filter(|one| one.kind == MoveKind::CreditNote && !used.contains(&one.id))
        .filter(|one| !is_chargeback(one))
        .filter(|one| invoices.iter().any(|invoice| one.reversed == Some(invoice.id)))
        .collect();
    let ids = notes.iter().map(|one| one.id).collect();
    Left { total: sum(&invoices) - sum(&notes), notes: ids }
}

/// A credit note that a dispute made.
fn is_chargeback(one: &MoveRecord) -> bool {
    one.reference.as_ref().is_some_and(|text| text.starts_with("chargeback "))
}

/// True if a document is named by the entry's references.
fn is_named(one: &MoveRecord, entry: &SettlementEntry) -> bool {
    let named = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| references(entry).any(|own| own == text))
    };
    named(&one.payment_reference) || one.kind == MoveKind::Invoice && named(&one.reference)
}

/// The invoices of a payment: those that its own reference names, else those of its order.
fn invoices_of<'a>(
    entry: &'a SettlementEntry,
    known: &'a [MoveRecord],
) -> impl Iterator<Item = &'a MoveRecord> {
    let by_payment =
        |one: &MoveRecord| entry.reference.is_some() && one.payment_reference == entry.reference;
    let exact = known.iter().any(|one| one.kind == MoveKind::Invoice && by_payment(one));
    known.iter().filter(move |one| {
        one.kind == MoveKind::Invoice && if exact { by_payment(one) } else { is_named(one, entry) }
    })
}

fn charge(entry: &SettlementEntry, known: &[MoveRecord], lines: &[MoveLine]) -> Found {
    let own: Vec<&MoveRecord> = invoices_of(entry, known).collect();
    documents(entry, "invoice", &own, lines)
}

/// The credit note that comes to the refund, or all that are left if they do together.
fn refund(
    entry: &SettlementEntry,
    known: &[MoveRecord],
    lines: &[MoveLine],
    used: &mut BTreeSet<i64>,
) -> Found {
    let invoices: BTreeSet<i64> = invoices_of(entry, known).map(|one| one.id).collect();
    let notes: Vec<&MoveRecord> = known
        .iter()
        .filter(|one| one.kind == MoveKind::CreditNote && !used.contains(&one.id))
        .filter(|one| !is_chargeback(one))
        .filter(|one| is_named(one, entry) || one.reversed.is_some_and(|of| invoices.contains(&of)))
        .collect();
    let amount = entry.gross.minor().saturating_abs();
    let mut own: Vec<&MoveRecord> =
        notes.iter().copied().filter(|one| one.total.minor() == amount).take(1).collect();
    if own.is_empty() && notes.iter().map(|one| one.total.minor()).sum::<i64>() == amount {
        own = notes;
    }
    // A refund that failed brings the money back, to be set off against the same document.
    if entry.gross.minor() < 0 {
        used.extend(own.iter().map(|one| one.id));
    }
    documents(entry, "credit note", &own, lines)
}

fn documents(
    entry: &SettlementEntry,
    what: &str,
    own: &[&MoveRecord],
    lines: &[MoveLine],
) -> Found {
    let receivable = own.iter().find_map(|one| {
        lines
            .iter()
            .find(|line| line.entry == one.id && line.account_kind == AccountKind::Receivable)
    });
    let Some(receivable) = receivable else {
        return Found::Nothing(format!("Odoo has no posted {what} of {}", told(entry)));
    };
    let Some(account) = receivable.account else {
        return Found::Nothing(format!("the {what} of {} has no receivable account", told(entry)));
    };
    if let Some(other) = own.iter().find(|one| one.total.currency() != entry.gross.currency()) {
        return Found::Nothing(format!(
            "{what} {} is in {}, the settlement in {}",
            other.id,
            other.total.currency(),
            entry.gross.currency()
        ));
    }
    let entries = own.iter().map(|one| one.id).collect();
    Found::Documents { account, partner: receivable.partner, entries }
}

/// Amount and references of an entry, for people.
pub(super) fn told(entry: &SettlementEntry) -> String {
    let names: Vec<&str> = references(entry).map(String::as_str).collect();
    match names.is_empty() {
        true => format!("{} {} without a reference", super::plan::word(entry.kind), entry.id),
        false => format!("{} {} ({})", super::plan::word(entry.kind), entry.id, names.join(", ")),
    }
}

/// What the payments of the orders have left on their outstanding accounts.
async fn payments<H: Http>(
    odoo: Odoo<'_, H>,
    books: &Books,
    settlement: &Settlement,
) -> Result<Vec<Found>, Fault> {
    let wanted = settlement.entries.iter().filter(|entry| wants_a_document(entry));
    let memos: BTreeSet<String> = wanted.flat_map(memos).collect();
    let memos: Vec<String> = memos.into_iter().collect();
    let mut known: Vec<PaymentRecord> = Vec::new();
    for part in memos.chunks(CHUNK) {
        known.extend(odoo.find_payments(part).await?);
    }
    known.retain(PaymentRecord::is_posted);
    let entries: Vec<i64> = known.iter().filter_map(|one| one.entry).collect();
    let mut lines = Vec::new();
    for part in entries.chunks(CHUNK) {
        lines.extend(odoo.move_lines(part).await?);
    }
    // Odoo has an outstanding account of its own for each way of the money, which need not be the
    // clearing account; money that is in the bank already is not on its way.
    lines.retain(|line| {
        line.account == Some(books.clearing)
            || !matches!(line.account_kind, AccountKind::Receivable | AccountKind::Cash)
    });
    let mut used = BTreeSet::new();
    let found = settlement.entries.iter().map(|entry| match entry.kind {
        EntryKind::Charge => payment(entry, &Direction::Inbound, &known, &lines, &mut used),
        EntryKind::Refund => payment(entry, &Direction::Outbound, &known, &lines, &mut used),
        EntryKind::Fee
        | EntryKind::Dispute
        | EntryKind::DisputeReversal
        | EntryKind::Adjustment
        | EntryKind::Other => Found::Unknown,
    });
    let mut found: Vec<Found> = found.collect();
    // Every payment is booked whole: what is left of it is never an invoice's matter.
    given_back::pair(settlement, books.clearing, &mut found, |_| None);
    Ok(found)
}

/// The reference, the order's number, or both with a blank between.
fn memos(entry: &SettlementEntry) -> Vec<String> {
    let mut memos: Vec<String> = references(entry).cloned().collect();
    if let (Some(payment), Some(order)) = (&entry.reference, &entry.order_reference) {
        memos.push(format!("{payment} {order}"));
    }
    memos
}

fn payment(
    entry: &SettlementEntry,
    direction: &Direction,
    known: &[PaymentRecord],
    lines: &[MoveLine],
    used: &mut BTreeSet<i64>,
) -> Found {
    let memos = memos(entry);
    let amount = entry.gross.minor().saturating_abs();
    let mut own = known.iter().filter(|one| {
        one.direction == *direction
            && one.amount.currency() == entry.gross.currency()
            && one.amount.minor() == amount
            && one.memo.as_ref().is_some_and(|memo| memos.contains(memo))
            && !used.contains(&one.id)
    });
    let Some(one) = own.next() else {
        let what = format!("Odoo has no posted payment of {}", told(entry));
        return Found::Nothing(format!("{what} over {}", entry.gross));
    };
    let line = lines.iter().find(|line| Some(line.entry) == one.entry);
    let (Some(line), Some(id)) = (line, one.entry) else {
        let text =
            format!("payment {} of {} has no line on an outstanding account", one.id, told(entry));
        return Found::Nothing(text);
    };
    used.insert(one.id);
    match line.account {
        Some(account) => Found::Documents { account, partner: line.partner, entries: vec![id] },
        None => Found::Nothing(format!("payment {} has no account", one.id)),
    }
}
