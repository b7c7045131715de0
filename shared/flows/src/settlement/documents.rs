//! Which document of Odoo an entry of a settlement belongs to.
//!
//! Invoices and credit notes carry the processor's reference of their payment in `payment_reference`,
//! invoices the platform's order number in `ref`, payments the one or the other in their memo.

use super::given_back::{self, Left};
use super::payments::payments;
use super::plan::{Found, word};
use super::sale::{Candidates, Names, Sellers, not_paid_back, unpaid};
use crate::config::{AccountConfig, Matching};
use causeway_domain::ports::Http;
use causeway_domain::{EntryKind, Fault, Money, Settlement, SettlementEntry};
use causeway_odoo::{AccountKind, MoveKind, MoveLine, MoveQuery, MoveRecord, MoveState, Odoo};
use std::collections::{BTreeMap, BTreeSet};

/// Longest list of ids or references in one search.
pub(super) const CHUNK: usize = 500;

/// One result for each entry of the settlement. Those that are `settled` keep the document that they have
/// and are not looked for.
pub(super) async fn find<H: Http>(
    odoo: Odoo<'_, H>,
    account: &AccountConfig,
    settlement: &Settlement,
    settled: &BTreeSet<usize>,
) -> Result<Vec<Found>, Fault> {
    let wanted: Vec<Option<&SettlementEntry>> = settlement
        .entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            Some(entry).filter(|one| wants_a_document(one) && !settled.contains(&at))
        })
        .collect();
    match account.books.matching {
        Matching::Invoices => invoices(odoo, account, settlement, &wanted).await,
        Matching::Payments => {
            let mut found = payments(odoo, &account.books, &wanted).await?;
            // Every payment is booked whole: what is left of it is never an invoice's matter.
            given_back::pair(settlement, account.books.clearing, &mut found, |_| None);
            Ok(found)
        }
        Matching::Journal => Ok(vec![Found::Unknown; wanted.len()]),
    }
}

/// References of the payment and of the order.
pub(crate) fn references(entry: &SettlementEntry) -> impl Iterator<Item = &String> {
    entry.reference.iter().chain(&entry.also).chain(&entry.order_reference)
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

/// `move_lines` in parts.
pub(super) async fn lines_of<H: Http>(
    odoo: Odoo<'_, H>,
    ids: &[i64],
) -> Result<Vec<MoveLine>, Fault> {
    let mut lines = Vec::new();
    for part in ids.chunks(CHUNK) {
        lines.extend(odoo.move_lines(part).await?);
    }
    Ok(lines)
}

/// What Odoo has that may be meant.
struct Known<'a> {
    account: &'a AccountConfig,
    moves: Vec<MoveRecord>,
    lines: Vec<MoveLine>,
    sellers: Sellers,
}

async fn invoices<H: Http>(
    odoo: Odoo<'_, H>,
    account: &AccountConfig,
    settlement: &Settlement,
    wanted: &[Option<&SettlementEntry>],
) -> Result<Vec<Found>, Fault> {
    let texts: BTreeSet<String> =
        wanted.iter().flatten().flat_map(|entry| references(entry)).cloned().collect();
    let kinds = [MoveKind::Invoice, MoveKind::CreditNote];
    let mut known = moves(odoo, MoveQuery::PaymentReferences, &texts, &kinds).await?;
    let exact = |entry: &&&SettlementEntry| {
        let payment = own_references(entry);
        let names = Names { payment: &payment, order: None };
        known.iter().any(|one| one.kind == MoveKind::Invoice && names.pays(one))
    };
    let orders: BTreeSet<String> = wanted
        .iter()
        .flatten()
        .filter(|entry| !exact(entry))
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
    let lines = lines_of(odoo, &ids).await?;
    let sellers = Sellers::of(odoo, &account.stores, &lines).await?;
    let known = Known { account, moves: known, lines, sellers };
    let mut used = BTreeSet::new();
    let found = wanted.iter().enumerate().map(|(at, entry)| match entry {
        None => Found::Unknown,
        Some(entry) if entry.kind == EntryKind::Refund => known.refund(entry, &mut used),
        Some(entry) => known.charge(entry, given_back::kept(&settlement.entries, at)),
    });
    let mut found: Vec<Found> = found.collect();
    given_back::pair(settlement, account.books.clearing, &mut found, |at| {
        settlement.entries.get(at).map(|charge| known.left(charge, &used))
    });
    Ok(found)
}

/// A credit note that a dispute made.
fn is_chargeback(one: &MoveRecord) -> bool {
    one.reference.as_ref().is_some_and(|text| text.starts_with("chargeback "))
}

/// The processor's own references of an entry's payment.
fn own_references(entry: &SettlementEntry) -> Vec<&str> {
    entry.reference.iter().chain(&entry.also).map(String::as_str).collect()
}

impl Known<'_> {
    fn candidates(&self, names: Names<'_>) -> Candidates<'_> {
        Candidates::find(names, &self.moves, &self.account.stores, &self.sellers)
    }

    /// `kept` is what the payout's own refunds leave of the charge: they may have been taken off the order
    /// before it was invoiced.
    fn charge(&self, entry: &SettlementEntry, kept: Option<Money>) -> Found {
        let payment = own_references(entry);
        let names = Names { payment: &payment, order: entry.order_reference.as_deref() };
        let candidates = self.candidates(names);
        let whole = candidates.charged(entry.gross);
        let own = whole.or_else(|why| match kept {
            Some(kept) => candidates.charged(kept).map_err(|_| why),
            None => Err(why),
        });
        match own {
            Ok(own) => self.documents(entry, "invoice", &own),
            Err(why) => Found::Nothing(format!("{}: {why}", told(entry))),
        }
    }

    /// What is left of a charge's sale, and the credit notes of it that no refund has found.
    fn left(&self, charge: &SettlementEntry, used: &BTreeSet<i64>) -> Left {
        let payment = own_references(charge);
        let names = Names { payment: &payment, order: charge.order_reference.as_deref() };
        let candidates = self.candidates(names);
        let notes: Vec<&MoveRecord> = self
            .moves
            .iter()
            .filter(|one| one.kind == MoveKind::CreditNote && !used.contains(&one.id))
            .filter(|one| !is_chargeback(one))
            .filter(|one| one.reversed.is_some_and(|of| candidates.has(of)))
            .collect();
        let sum = |all: &[&MoveRecord]| -> i64 { all.iter().map(|one| one.total.minor()).sum() };
        let ids = notes.iter().map(|one| one.id).collect();
        Left { total: sum(&candidates.invoices) - sum(&notes), notes: ids }
    }

    /// The credit note that comes to the refund, or all that are left if they do together; what is open
    /// before what is set off already.
    fn refund(&self, entry: &SettlementEntry, used: &mut BTreeSet<i64>) -> Found {
        let payment = own_references(entry);
        let names = Names { payment: &payment, order: entry.order_reference.as_deref() };
        let candidates = self.candidates(names);
        // A refund that failed brings the money back, to be set off against the same document.
        let failed = entry.gross.minor() > 0;
        let mut notes: Vec<&MoveRecord> = self
            .moves
            .iter()
            .filter(|one| one.kind == MoveKind::CreditNote && (failed || !used.contains(&one.id)))
            .filter(|one| !is_chargeback(one))
            .filter(|one| names.pays(one) || one.reversed.is_some_and(|of| candidates.has(of)))
            .filter(|one| failed || not_paid_back(one))
            .collect();
        notes.sort_by_key(|one| (one.residual.is_zero(), one.id));
        let amount = entry.gross.minor().saturating_abs();
        let equal = || notes.iter().copied().filter(|one| one.total.minor() == amount);
        let sure = |one: &MoveRecord| candidates.certain || names.pays(one);
        let orders: BTreeSet<Option<&str>> =
            equal().map(|one| candidates.order_of(one.reversed.unwrap_or_default())).collect();
        let mut own: Vec<&MoveRecord> = equal().take(1).collect();
        if let Some(one) = own.first().filter(|one| !sure(one) && orders.len() > 1) {
            return Found::Nothing(format!(
                "{}: credit note {} and one of another order of that number both come to it; name the \
                 account's stores",
                told(entry),
                one.id
            ));
        }
        if own.is_empty() {
            let open: Vec<&MoveRecord> =
                notes.iter().copied().filter(|one| !one.residual.is_zero()).collect();
            let come_to_it = |all: &[&MoveRecord]| {
                all.iter().map(|one| one.total.minor()).sum::<i64>() == amount
                    && all.iter().all(|one| sure(one))
            };
            own = [open, notes].into_iter().find(|all| come_to_it(all)).unwrap_or_default();
        }
        if !failed {
            used.extend(own.iter().map(|one| one.id));
        }
        self.documents(entry, "credit note", &own)
    }

    fn documents(&self, entry: &SettlementEntry, what: &str, own: &[&MoveRecord]) -> Found {
        let receivable = own.iter().find_map(|one| {
            self.lines
                .iter()
                .find(|line| line.entry == one.id && line.account_kind == AccountKind::Receivable)
        });
        let Some(receivable) = receivable else {
            return Found::Nothing(format!("Odoo has no posted {what} of {}", told(entry)));
        };
        let Some(account) = receivable.account else {
            let text = format!("the {what} of {} has no receivable account", told(entry));
            return Found::Nothing(text);
        };
        if let Some(other) = own.iter().find(|one| one.total.currency() != entry.gross.currency()) {
            return Found::Nothing(format!(
                "{what} {} is in {}, the settlement in {}",
                other.id,
                other.total.currency(),
                entry.gross.currency()
            ));
        }
        let free = own.iter().any(|one| match one.kind {
            MoveKind::CreditNote => not_paid_back(one) || entry.gross.minor() > 0,
            MoveKind::Invoice | MoveKind::Entry | MoveKind::Other(_) => unpaid(one),
        });
        let entries = own.iter().map(|one| one.id).collect();
        Found::Documents { account, partner: receivable.partner, entries, free }
    }
}

/// Amount and references of an entry, for people.
pub(super) fn told(entry: &SettlementEntry) -> String {
    let names: Vec<&str> = references(entry).map(String::as_str).collect();
    match names.is_empty() {
        true => format!("{} {} without a reference", word(entry.kind), entry.id),
        false => format!("{} {} ({})", word(entry.kind), entry.id, names.join(", ")),
    }
}
