//! Refunds that no single credit note comes to, because what they give back was taken off the order before it
//! was invoiced, all of it or a part, or the order was cancelled before Odoo had it. They belong to the charge
//! of the same payment. Pure.

use super::plan::Found;
use causeway_domain::{EntryKind, Money, Settlement, SettlementEntry};

/// What Odoo has of a charge's sale.
pub(super) struct Left {
    /// Its invoices less the credit notes that no refund has found, in minor units.
    pub(super) total: i64,
    /// Those credit notes.
    pub(super) notes: Vec<i64>,
}

/// Pairs refunds without a document with their charge, where together they come to exactly what is left of
/// the sale (`left`, by the place of the charge), or to nothing where there never was one. Those of no sale
/// stand on the `clearing` account. Whatever comes to another sum stays as it was found.
pub(super) fn pair(
    settlement: &Settlement,
    clearing: i64,
    found: &mut [Found],
    left: impl Fn(usize) -> Option<Left>,
) {
    let entries = &settlement.entries;
    for (at, charge) in entries.iter().enumerate() {
        if charge.kind != EntryKind::Charge {
            continue;
        }
        let refunds: Vec<usize> = (0..entries.len())
            .filter(|refund| matches!(found.get(*refund), Some(Found::Nothing(_))))
            .filter(|refund| of_charge(entries, *refund) == Some(at))
            .collect();
        if refunds.is_empty() {
            continue;
        }
        let (left, account, partner) = match found.get(at) {
            Some(Found::Documents { account, partner, .. }) => match left(at) {
                Some(left) => (left, *account, *partner),
                None => continue,
            },
            Some(Found::Nothing(_)) => (Left { total: 0, notes: Vec::new() }, clearing, None),
            Some(Found::Unknown | Found::WithCharge { .. }) | None => continue,
        };
        let back = refunds.iter().filter_map(|refund| entries.get(*refund));
        let back: i64 = back.map(|refund| refund.gross.minor()).sum();
        if charge.gross.minor().checked_add(back) != Some(left.total) {
            continue;
        }
        for refund in refunds {
            if let Some(place) = found.get_mut(refund) {
                *place = Found::WithCharge { account, partner, entries: left.notes.clone() };
            }
        }
        if let Some(place @ Found::Nothing(_)) = found.get_mut(at) {
            *place = Found::Documents { account, partner, entries: Vec::new(), free: false };
        }
    }
}

/// What the refunds of a settlement leave of one of its charges, if there are any.
pub(super) fn kept(entries: &[SettlementEntry], charge: usize) -> Option<Money> {
    let refunds = (0..entries.len()).filter(|at| of_charge(entries, *at) == Some(charge));
    let refunds: Vec<&SettlementEntry> = refunds.filter_map(|at| entries.get(at)).collect();
    let gross = entries.get(charge)?.gross;
    let kept = refunds.iter().try_fold(gross, |sum, refund| sum.plus(refund.gross)).ok()?;
    (!refunds.is_empty() && kept.minor() > 0).then_some(kept)
}

/// The charge that a refund is of: of its payment, else of its order.
pub(super) fn of_charge(entries: &[SettlementEntry], refund: usize) -> Option<usize> {
    let refund = entries.get(refund)?;
    if refund.kind != EntryKind::Refund || refund.gross.minor() >= 0 {
        return None;
    }
    let charges = || entries.iter().enumerate().filter(|(_, one)| one.kind == EntryKind::Charge);
    let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let of_payment = charges().find(|(_, one)| same(&one.reference, &refund.reference));
    let of_order =
        || charges().find(|(_, one)| same(&one.order_reference, &refund.order_reference));
    of_payment.or_else(of_order).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use causeway_domain::Currency;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::from_code("EUR").unwrap())
    }

    fn entry(kind: EntryKind, payment: &str, order: &str, gross: i64) -> SettlementEntry {
        SettlementEntry {
            also: Vec::new(),
            dispute: None,
            id: format!("{payment}{gross}"),
            kind,
            reference: Some(payment.to_owned()),
            order_reference: Some(order.to_owned()),
            gross: eur(gross),
            fee: eur(0),
            net: eur(gross),
            presentment: None,
            line: None,
        }
    }

    fn paired(entries: Vec<SettlementEntry>, mut found: Vec<Found>, invoiced: i64) -> Vec<Found> {
        let settlement = Settlement {
            id: "po_1".into(),
            account: "stripe-eu".into(),
            currency: eur(0).currency(),
            paid_on: jiff::civil::date(2026, 10, 5),
            entries,
            deposit: eur(0),
            retained: eur(0),
        };
        pair(&settlement, 3, &mut found, |_| Some(Left { total: invoiced, notes: vec![6] }));
        found
    }

    fn nothing() -> Found {
        Found::Nothing("no document".to_owned())
    }

    fn invoice() -> Found {
        Found::Documents { account: 9, partner: Some(8), entries: vec![7], free: true }
    }

    #[test]
    fn what_never_was_a_sale_is_set_off_on_the_clearing_account() {
        let both = vec![
            entry(EntryKind::Charge, "ch_1", "1", 500),
            entry(EntryKind::Refund, "ch_1", "1", -200),
            entry(EntryKind::Refund, "re_2", "1", -300),
        ];
        let found = paired(both.clone(), vec![nothing(), nothing(), nothing()], 0);
        let with = Found::WithCharge { account: 3, partner: None, entries: Vec::new() };
        let charge =
            Found::Documents { account: 3, partner: None, entries: Vec::new(), free: false };
        assert_eq!(found, [charge, with.clone(), with]);
        // A part of it is still somebody's.
        let part = both.into_iter().take(2).collect();
        assert_eq!(paired(part, vec![nothing(), nothing()], 0), [nothing(), nothing()]);
    }

    #[test]
    fn what_was_taken_off_before_the_invoice_is_set_off_with_the_charge() {
        let both = || {
            vec![
                entry(EntryKind::Charge, "ch_1", "1", 500),
                entry(EntryKind::Refund, "ch_1", "1", -200),
            ]
        };
        let with = Found::WithCharge { account: 9, partner: Some(8), entries: vec![6] };
        assert_eq!(paired(both(), vec![invoice(), nothing()], 300), [invoice(), with]);
        // Another sum: its credit note is not there yet.
        assert_eq!(paired(both(), vec![invoice(), nothing()], 500), [invoice(), nothing()]);
    }

    #[test]
    fn a_refund_of_another_payment_stays_what_it_was() {
        let both = vec![
            entry(EntryKind::Charge, "ch_1", "1", 500),
            entry(EntryKind::Refund, "ch_2", "2", -500),
        ];
        assert_eq!(paired(both, vec![nothing(), nothing()], 0), [nothing(), nothing()]);
    }
}
