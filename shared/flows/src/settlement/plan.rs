//! The journal entry of a settlement. Pure: one line for the deposit, one for all fees, one for each
//! entry with an amount. What Odoo has decides on which account a line stands, never how much it is, so
//! that the entry has the same amounts in every import.

use crate::config::{Books, Matching};
use causeway_domain::money::MoneyError;
use causeway_domain::{EntryKind, Fault, Money, Settlement, SettlementEntry};
use causeway_processors::DisputeFees;
use serde::Serialize;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// What went to the bank.
    Deposit,
    /// What stays at the processor.
    Retained,
    /// The processor's fees.
    Fees,
    /// Set off against what a customer owes or gets back.
    Customer,
    /// On the processor's clearing account: disputes and adjustments.
    Clearing,
    /// Belongs to nothing that Odoo has.
    Unmatched,
}

/// A line of the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedLine {
    /// Unique within the entry and the same in every import.
    pub key: String,
    /// Its label, unique too: by it the line is found again.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// `account.account` id; `None` as long as its document is not looked for.
    pub account: Option<i64>,
    /// `res.partner` id.
    pub partner: Option<i64>,
    /// Debit above zero, credit below.
    pub balance: Money,
    /// Index into [`Settlement::entries`].
    pub entry: Option<usize>,
}

/// What Odoo has for an entry of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not looked for.
    Unknown,
    /// Documents on this account, for this partner.
    Documents {
        /// `account.account` id.
        account: i64,
        /// `res.partner` id.
        partner: Option<i64>,
        /// `account.move` ids.
        entries: Vec<i64>,
        /// False if all of them are paid already, by something else.
        free: bool,
    },
    /// A refund of what was not, or not all, invoiced: set off against these and the line of its charge.
    WithCharge {
        /// `account.account` id.
        account: i64,
        /// `res.partner` id.
        partner: Option<i64>,
        /// `account.move` ids.
        entries: Vec<i64>,
    },
    /// Nothing, and why.
    Nothing(String),
}

/// The lines of a settlement's entry. `found` has one element for each entry, or none at all.
pub fn plan(
    settlement: &Settlement,
    books: &Books,
    fees: DisputeFees,
    found: &[Found],
) -> Result<Vec<PlannedLine>, Fault> {
    lines(settlement, books, fees, found).map_err(|error| {
        Fault::reject(
            format!("settlement {}: {error}", settlement.id),
            "get the report or the payout from the processor again; nothing of it was booked",
        )
    })
}

fn lines(
    settlement: &Settlement,
    books: &Books,
    fees: DisputeFees,
    found: &[Found],
) -> Result<Vec<PlannedLine>, MoneyError> {
    let mut fee = Money::zero(settlement.currency);
    let mut entries = Vec::new();
    for (at, entry) in settlement.entries.iter().enumerate() {
        let whole = told_elsewhere(entry.kind, books.matching, fees);
        let amount = if whole { entry.net } else { entry.gross };
        if !whole {
            fee = fee.plus(entry.fee)?;
        }
        if !amount.is_zero() {
            let found = found.get(at).unwrap_or(&Found::Unknown);
            entries.push(line(at, entry, amount.negated(), books, fees, found));
        }
    }
    let id = &settlement.id;
    let own = |key: &str, name: String, purpose, account, balance: Money| {
        let (account, key) = (Some(account), key.to_owned());
        let line = PlannedLine { key, name, purpose, account, partner: None, balance, entry: None };
        (!line.balance.is_zero()).then_some(line)
    };
    let first = [
        own("deposit", format!("Payout {id}"), Purpose::Deposit, books.bank, settlement.deposit),
        own(
            "retained",
            format!("Kept by the processor {id}"),
            Purpose::Retained,
            books.clearing,
            settlement.retained,
        ),
        own("fees", format!("Fees {id}"), Purpose::Fees, books.fees, fee),
    ];
    Ok(first.into_iter().flatten().chain(entries).collect())
}

/// True if something else books the fee: the dispute's own entry, or that of the sale.
fn told_elsewhere(kind: EntryKind, matching: Matching, fees: DisputeFees) -> bool {
    match kind {
        EntryKind::Dispute | EntryKind::DisputeReversal => fees == DisputeFees::InDispute,
        EntryKind::Charge => match matching {
            Matching::Journal => true,
            Matching::Invoices | Matching::Payments => false,
        },
        EntryKind::Refund | EntryKind::Fee | EntryKind::Adjustment | EntryKind::Other => false,
    }
}

fn line(
    at: usize,
    entry: &SettlementEntry,
    balance: Money,
    books: &Books,
    fees: DisputeFees,
    found: &Found,
) -> PlannedLine {
    let by_sale = books.matching == Matching::Journal;
    let (purpose, account, partner) = match (entry.kind, found) {
        // What the sale's or the refund's own entry has put there.
        (EntryKind::Charge | EntryKind::Refund, _) if by_sale => {
            (Purpose::Clearing, Some(books.clearing), None)
        }
        (EntryKind::Charge | EntryKind::Refund, Found::Unknown) => (Purpose::Customer, None, None),
        (
            EntryKind::Charge | EntryKind::Refund,
            Found::Documents { account, partner, .. } | Found::WithCharge { account, partner, .. },
        ) => (Purpose::Customer, Some(*account), *partner),
        (EntryKind::Dispute | EntryKind::DisputeReversal, _) if fees != DisputeFees::Untold => {
            (Purpose::Clearing, Some(books.clearing), None)
        }
        (EntryKind::Adjustment, _) => (Purpose::Clearing, Some(books.clearing), None),
        (
            EntryKind::Charge
            | EntryKind::Refund
            | EntryKind::Dispute
            | EntryKind::DisputeReversal
            | EntryKind::Fee
            | EntryKind::Other,
            _,
        ) => (Purpose::Unmatched, Some(books.unmatched), None),
    };
    let (key, name) = (format!("entry:{}", entry.id), name(entry));
    PlannedLine { key, name, purpose, account, partner, balance, entry: Some(at) }
}

/// The label of an entry's line, by which it is found again.
pub fn name(entry: &SettlementEntry) -> String {
    match entry.reference.as_ref().or(entry.order_reference.as_ref()) {
        Some(reference) => format!("{} {} {reference}", word(entry.kind), entry.id),
        None => format!("{} {}", word(entry.kind), entry.id),
    }
}

/// What people call it.
pub fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Charge => "Charge",
        EntryKind::Refund => "Refund",
        EntryKind::Fee => "Fee",
        EntryKind::Dispute => "Chargeback",
        EntryKind::DisputeReversal => "Chargeback won",
        EntryKind::Adjustment => "Adjustment",
        EntryKind::Other => "Entry",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use causeway_domain::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::from_code("EUR").unwrap())
    }

    fn books() -> Books {
        serde_json::from_value(serde_json::json!({
            "journal": 1, "bank": 2, "clearing": 3, "fees": 4, "unmatched": 5
        }))
        .unwrap()
    }

    fn settlement(entries: &[(EntryKind, i64, i64)]) -> Settlement {
        let entries: Vec<SettlementEntry> = entries
            .iter()
            .enumerate()
            .map(|(at, (kind, gross, fee))| SettlementEntry {
                id: format!("txn_{at}"),
                kind: *kind,
                reference: Some(format!("ch_{at}")),
                also: Vec::new(),
                order_reference: None,
                dispute: None,
                gross: eur(*gross),
                fee: eur(*fee),
                net: eur(gross - fee),
                presentment: None,
                line: None,
            })
            .collect();
        let sum = entries.iter().map(|entry| entry.net.minor()).sum();
        Settlement {
            id: "po_1".into(),
            account: "stripe-eu".into(),
            currency: eur(0).currency(),
            paid_on: jiff::civil::date(2026, 10, 5),
            entries,
            deposit: eur(sum),
            retained: eur(0),
        }
    }

    #[test]
    fn a_dispute_fee_is_booked_once_where_the_processor_tells_it() {
        let one = settlement(&[(EntryKind::Charge, 5000, 100), (EntryKind::Dispute, -1000, 1500)]);
        let amounts = |fees| -> Vec<(Purpose, i64)> {
            let lines = plan(&one, &books(), fees, &[]).unwrap();
            lines.iter().map(|line| (line.purpose, line.balance.minor())).collect()
        };
        let (deposit, fees) = (Purpose::Deposit, Purpose::Fees);
        let customer = (Purpose::Customer, -5000);
        assert_eq!(
            amounts(DisputeFees::InDispute),
            [(deposit, 2400), (fees, 100), customer, (Purpose::Clearing, 2500)]
        );
        assert_eq!(
            amounts(DisputeFees::InSettlement),
            [(deposit, 2400), (fees, 1600), customer, (Purpose::Clearing, 1000)]
        );
        assert_eq!(
            amounts(DisputeFees::Untold),
            [(deposit, 2400), (fees, 1600), customer, (Purpose::Unmatched, 1000)]
        );
    }

    /// The sale's own entry has the fee of its payment; that of a refund, and what is no sale, it has not.
    #[test]
    fn the_fee_of_a_sale_that_is_an_entry_is_booked_with_it() {
        let one = settlement(&[
            (EntryKind::Charge, 5000, 100),
            (EntryKind::Refund, -1000, 20),
            (EntryKind::Fee, 0, 7),
        ]);
        let books = Books { matching: Matching::Journal, ..books() };
        let lines = plan(&one, &books, DisputeFees::InSettlement, &[]).unwrap();
        let amounts: Vec<(Purpose, i64)> =
            lines.iter().map(|line| (line.purpose, line.balance.minor())).collect();
        let clearing = Purpose::Clearing;
        assert_eq!(
            amounts,
            [(Purpose::Deposit, 3873), (Purpose::Fees, 27), (clearing, -4900), (clearing, 1000)]
        );
        assert!(lines.iter().skip(2).all(|line| line.account == Some(3)));
    }

    fn kinds() -> impl Strategy<Value = EntryKind> {
        prop::sample::select(vec![
            EntryKind::Charge,
            EntryKind::Refund,
            EntryKind::Dispute,
            EntryKind::DisputeReversal,
            EntryKind::Adjustment,
            EntryKind::Other,
        ])
    }

    proptest! {
        /// R205: whatever a settlement consists of, its entry balances to zero, and what Odoo has moves
        /// lines between accounts without changing one amount.
        #[test]
        fn every_entry_balances(
            matching in prop::sample::select(
                vec![Matching::Invoices, Matching::Payments, Matching::Journal]),
            entries in prop::collection::vec((kinds(), -100_000i64..100_000, -500i64..500), 0..30),
            matched in prop::collection::vec(any::<bool>(), 30),
            fees in prop::sample::select(
                vec![DisputeFees::InDispute, DisputeFees::InSettlement, DisputeFees::Untold]),
        ) {
            let one = settlement(&entries);
            let books = Books { matching, ..books() };
            let found: Vec<Found> = (0..entries.len()).map(|at| match matched[at] {
                true => Found::Documents { account: 9, partner: Some(8), entries: vec![7], free: true },
                false => Found::Nothing("no invoice".to_owned()),
            }).collect();
            let lines = plan(&one, &books, fees, &found).unwrap();
            let amounts = |lines: &[PlannedLine]| -> Vec<i64> {
                lines.iter().map(|line| line.balance.minor()).collect()
            };
            prop_assert_eq!(amounts(&lines).iter().sum::<i64>(), 0);
            prop_assert_eq!(amounts(&lines), amounts(&plan(&one, &books, fees, &[]).unwrap()));
            prop_assert!(lines.iter().all(|line| line.account.is_some()));
        }
    }
}
