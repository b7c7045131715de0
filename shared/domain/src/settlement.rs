//! A settlement: what a payment processor paid out, and everything it consists of.

use crate::fault::Fault;
use crate::id::{DisputeId, SettlementId, StoreId};
use crate::money::{Currency, Money, MoneyError};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What one line of a settlement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A customer's payment.
    Charge,
    /// A refund; above zero if it failed and the money came back.
    Refund,
    /// The processor's own charges, taxes on them included. The whole amount stands in
    /// [`SettlementEntry::fee`], gross is zero.
    Fee,
    /// Money withdrawn because of a dispute.
    Dispute,
    /// Money given back after a dispute.
    DisputeReversal,
    /// Reserves, transfers, corrections, balances carried over: known, and not of an order.
    Adjustment,
    /// A kind that we do not know. For a person.
    Other,
}

/// One line of a settlement. `gross - fee = net`, in the currency of the settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementEntry {
    /// Unique within the settlement and the same in every import of it.
    pub id: String,
    /// What it is about.
    pub kind: EntryKind,
    /// The processor's reference of the payment that it belongs to: of the charge, for a refund or a
    /// dispute of it too; Shopify gives that of the refund instead.
    pub reference: Option<String>,
    /// Other references of the processor for the same payment, by which a shop may know it (Stripe: the
    /// payment intent).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What the shop told the processor about the payment, most often the order's id or number.
    pub order_reference: Option<String>,
    /// The dispute that it is of, where the processor tells it and lets us fetch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<DisputeId>,
    /// The amount before fees: above zero for money to us.
    pub gross: Money,
    /// What the processor kept of it; below zero if it gave a fee back.
    pub fee: Money,
    /// What it added to the deposit.
    pub net: Money,
    /// The amount in the customer's currency, where the processor tells it and it is another one.
    pub presentment: Option<Money>,
    /// The line of the file, counted from 1.
    pub line: Option<usize>,
}

/// A payout with everything it consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The payout, or the batch of a report: `po_...`, `<merchant account>:239`.
    pub id: SettlementId,
    /// Our name of the account at the processor.
    pub account: StoreId,
    /// The currency of every amount.
    pub currency: Currency,
    /// The day that the bank will show.
    pub paid_on: Date,
    /// What it consists of. The payout itself is not an entry.
    pub entries: Vec<SettlementEntry>,
    /// What went to the bank; below zero if the processor collected money.
    pub deposit: Money,
    /// What stays on the account at the processor (PayPal, where not everything is paid out every
    /// day); zero where a payout empties its batch.
    pub retained: Money,
}

/// Two numbers that should be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// An entry whose gross less fee is not its net.
    #[error("entry {entry}: gross {gross} less fee {fee} is {computed}, but its net is {net}")]
    Entry {
        /// The entry's id.
        entry: String,
        /// The line of the file.
        line: Option<usize>,
        /// Its gross.
        gross: Money,
        /// Its fee.
        fee: Money,
        /// Gross less fee.
        computed: Money,
        /// Its net.
        net: Money,
    },
    /// The entries do not sum to what was paid out and kept.
    #[error("the entries sum to {sum}, but {deposit} was paid out and {retained} kept")]
    Total {
        /// Sum of the nets.
        sum: Money,
        /// Paid out.
        deposit: Money,
        /// Kept at the processor.
        retained: Money,
    },
    /// Two entries with one id.
    #[error("two entries have the id {0}")]
    TwiceTheSame(String),
    /// A fee that is not all fee.
    #[error("entry {0} is a fee and has a gross amount")]
    FeeWithGross(String),
    /// Two currencies or an amount out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Settlement {
    /// Checks that every entry is of one currency and balances, and that all together are the deposit
    /// to the minor unit. A difference names both numbers.
    pub fn balance(&self) -> Result<(), Imbalance> {
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            let computed = entry.gross.minus(entry.fee)?;
            // Also refuses an entry of another currency than the settlement's.
            computed.plus(Money::zero(self.currency))?;
            if computed != entry.net {
                return Err(Imbalance::Entry {
                    entry: entry.id.clone(),
                    line: entry.line,
                    gross: entry.gross,
                    fee: entry.fee,
                    computed,
                    net: entry.net,
                });
            }
            if entry.kind == EntryKind::Fee && !entry.gross.is_zero() {
                return Err(Imbalance::FeeWithGross(entry.id.clone()));
            }
            if !seen.insert(entry.id.as_str()) {
                return Err(Imbalance::TwiceTheSame(entry.id.clone()));
            }
        }
        let sum = Money::sum(self.entries.iter().map(|entry| entry.net), self.currency)?;
        let (deposit, retained) = (self.deposit, self.retained);
        if sum == deposit.plus(retained)? {
            Ok(())
        } else {
            Err(Imbalance::Total { sum, deposit, retained })
        }
    }

    /// [`Settlement::balance`] as a [`Fault::Reject`].
    pub fn check(&self) -> Result<(), Fault> {
        self.balance().map_err(|difference| {
            Fault::reject(
                format!("settlement {}: {difference}", self.id),
                "get the report or the payout from the processor again; nothing of it was booked",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::from_code("EUR").unwrap())
    }

    fn entry(id: &str, gross: i64, fee: i64) -> SettlementEntry {
        SettlementEntry {
            also: Vec::new(),
            dispute: None,
            id: id.to_owned(),
            kind: EntryKind::Charge,
            reference: Some(format!("ch_{id}")),
            order_reference: None,
            gross: eur(gross),
            fee: eur(fee),
            net: eur(gross - fee),
            presentment: None,
            line: None,
        }
    }

    fn settlement() -> Settlement {
        Settlement {
            id: "po_1".into(),
            account: "stripe-eu".into(),
            currency: eur(0).currency(),
            paid_on: jiff::civil::date(2026, 10, 5),
            entries: vec![entry("1", 12_000, 205), entry("2", -2_000, 0)],
            deposit: eur(9_795),
            retained: eur(0),
        }
    }

    #[test]
    fn a_cent_too_much_is_refused_with_both_numbers() {
        let mut wrong = settlement();
        assert_eq!(wrong.check(), Ok(()));
        wrong.deposit = eur(9_796);
        let text = wrong.check().unwrap_err().to_string();
        assert!(text.contains("97.95 EUR") && text.contains("97.96 EUR"), "{text}");
        wrong.retained = eur(-1);
        assert_eq!(wrong.check(), Ok(()));
    }

    #[test]
    fn an_entry_must_balance_be_of_one_currency_and_be_there_once() {
        let mut wrong = settlement();
        wrong.entries[0].net = eur(11_796);
        let text = wrong.check().unwrap_err().to_string();
        assert!(text.contains("117.95 EUR") && text.contains("117.96 EUR"), "{text}");

        let mut wrong = settlement();
        wrong.entries[1] = wrong.entries[0].clone();
        assert_eq!(wrong.balance(), Err(Imbalance::TwiceTheSame("1".to_owned())));

        let mut wrong = settlement();
        let usd = Currency::from_code("USD").unwrap();
        wrong.entries[1].gross = Money::from_minor(-2_000, usd);
        assert!(matches!(wrong.balance(), Err(Imbalance::Money(_))));
        wrong.entries[1].fee = Money::zero(usd);
        wrong.entries[1].net = wrong.entries[1].gross;
        assert!(matches!(wrong.balance(), Err(Imbalance::Money(_))));

        let mut wrong = settlement();
        wrong.entries[0].kind = EntryKind::Fee;
        assert_eq!(wrong.balance(), Err(Imbalance::FeeWithGross("1".to_owned())));
    }
}
