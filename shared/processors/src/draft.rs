//! A settlement in the making: what all files have in common, and the checks at the end.

use causeway_domain::{
    Currency, DisputeId, EntryKind, Money, Settlement, SettlementEntry, SettlementId, StoreId,
};
use jiff::civil::Date;
use std::collections::BTreeMap;

use crate::amount::{Major, as_minor};
use crate::fault::{SettlementFault, Side, Wrong};

/// What a line says in one currency; the net is checked against gross and fee.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) kind: EntryKind,
    pub(crate) reference: Option<String>,
    pub(crate) also: Vec<String>,
    pub(crate) order_reference: Option<String>,
    pub(crate) dispute: Option<DisputeId>,
    pub(crate) gross: Money,
    pub(crate) fee: Money,
    pub(crate) net: Money,
    pub(crate) presentment: Option<Money>,
}

/// The entry of a line. A fee is all fee, whatever column it stood in.
pub(crate) fn entry(said: Said, line: Option<usize>) -> SettlementEntry {
    let Said { id, kind, reference, also, order_reference, dispute, gross, fee, net, presentment } =
        said;
    let (gross, fee) = if kind == EntryKind::Fee {
        (Money::zero(net.currency()), net.negated())
    } else {
        (gross, fee)
    };
    SettlementEntry {
        id,
        kind,
        reference,
        also,
        order_reference,
        dispute,
        gross,
        fee,
        net,
        presentment,
        line,
    }
}

/// One batch of a file.
#[derive(Debug)]
pub(crate) struct Draft {
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) id: SettlementId,
    pub(crate) currency: Currency,
    pub(crate) entries: Vec<SettlementEntry>,
    /// What was paid out, when, and the line that says so.
    pub(crate) payout: Option<(Money, Date, usize)>,
    /// The latest day of a line, where the reader keeps it.
    pub(crate) last_date: Option<Date>,
    /// Amounts without a decimal point, with line and column, where the report counts in major units.
    wholes: Vec<(usize, String, Money)>,
    pointed: bool,
    /// How often an id was made.
    ids: BTreeMap<String, usize>,
}

impl Draft {
    pub(crate) fn new(name: String, id: SettlementId, currency: Currency) -> Self {
        Self {
            name,
            id,
            currency,
            entries: Vec::new(),
            payout: None,
            last_date: None,
            wholes: Vec::new(),
            pointed: false,
            ids: BTreeMap::new(),
        }
    }

    /// An id for an entry whose report gives none: the second of the same gets a number.
    pub(crate) fn unique(&mut self, base: String) -> String {
        let times = self.ids.entry(base.clone()).or_default();
        *times += 1;
        if *times == 1 { base } else { format!("{base}#{times}") }
    }

    /// Remembers how an amount in major units was written.
    pub(crate) fn saw(&mut self, line: usize, column: &str, amount: Option<Major>) {
        match amount {
            Some(Major { money, whole: true }) if money.currency() == self.currency => {
                self.wholes.push((line, column.to_owned(), money));
            }
            Some(Major { money, whole: false }) if !money.is_zero() => self.pointed = true,
            Some(_) | None => {}
        }
    }

    /// Closes the batch.
    pub(crate) fn pay(
        &mut self,
        deposit: Money,
        on: Date,
        line: usize,
    ) -> Result<(), SettlementFault> {
        if let Some((_, _, before)) = self.payout {
            let wrong = Wrong::DuplicateBatch { batch: self.name.clone(), before };
            return Err(SettlementFault::line(line, wrong));
        }
        self.payout = Some((deposit, on, line));
        Ok(())
    }

    /// A line that is already in the file: the whole batch, if that was closed in between.
    pub(crate) fn twice(&self, before: usize) -> Wrong {
        match self.payout {
            Some((_, _, before)) => Wrong::DuplicateBatch { batch: self.name.clone(), before },
            None => Wrong::DuplicateEntry { before },
        }
    }

    /// Adds a line whose net must be gross less fee.
    pub(crate) fn add(&mut self, said: Said, line: usize) -> Result<(), SettlementFault> {
        let computed = said
            .gross
            .minus(said.fee)
            .map_err(|error| SettlementFault::line(line, Wrong::Imbalance(error.to_string())))?;
        if computed != said.net {
            let (gross, fee, net) = (said.gross, said.fee, said.net);
            let wrong = scaled(net, computed)
                .or_else(|| scaled(gross, net.plus(fee).unwrap_or(net)))
                .unwrap_or(Wrong::LineUnbalanced { gross, fee, computed, net });
            return Err(SettlementFault::line(line, wrong));
        }
        self.entries.push(entry(said, Some(line)));
        Ok(())
    }

    /// The settlement, if the batch is closed and balances. `missing` says what would have closed it.
    pub(crate) fn finish(
        self,
        account: &StoreId,
        missing: &str,
    ) -> Result<Settlement, SettlementFault> {
        let sum = Money::sum(self.entries.iter().map(|entry| entry.net), self.currency)
            .map_err(|error| SettlementFault::file(Wrong::Imbalance(error.to_string())))?;
        let Some((deposit, paid_on, line)) = self.payout else {
            let text = format!("{} has no {missing} (its lines sum to {sum})", self.name);
            return Err(SettlementFault::file(Wrong::Truncated(text)));
        };
        self.counts_in_major(sum, deposit, line)?;
        if sum != deposit {
            let wrong = scaled(deposit, sum).unwrap_or(Wrong::Unbalanced {
                batch: self.name.clone(),
                sum,
                said: deposit,
            });
            return Err(SettlementFault::line(line, wrong));
        }
        let settlement = Settlement {
            id: self.id,
            account: account.clone(),
            currency: self.currency,
            paid_on,
            entries: self.entries,
            deposit,
            retained: Money::zero(self.currency),
        };
        checked(settlement)
    }

    /// Amounts without a decimal point are minor units if nothing in the batch has one (the reports
    /// always write the decimals of the currency), or if reading them so makes the batch balance.
    fn counts_in_major(
        &self,
        sum: Money,
        deposit: Money,
        closed_by: usize,
    ) -> Result<(), SettlementFault> {
        let Some((line, column, money)) = self.wholes.first() else { return Ok(()) };
        let minor = as_minor(*money).unwrap_or(*money);
        let wrong = || {
            let wrong = Wrong::MinorForMajor { found: *money, expected: minor };
            Err(SettlementFault::cell(*line, column, wrong))
        };
        if !self.pointed {
            return wrong();
        }
        if sum == deposit {
            return Ok(());
        }
        let lines: BTreeMap<usize, ()> = self.wholes.iter().map(|(at, ..)| (*at, ())).collect();
        let read = |at: usize, money: Money| {
            if lines.contains_key(&at) { as_minor(money).unwrap_or(money) } else { money }
        };
        let nets = self.entries.iter().map(|e| read(e.line.unwrap_or_default(), e.net).minor());
        let sum: i128 = nets.map(i128::from).sum();
        let balances = sum == i128::from(read(closed_by, deposit).minor());
        if balances { wrong() } else { Ok(()) }
    }
}

/// `found` is exactly the minor units of what belongs there.
fn scaled(found: Money, expected: Money) -> Option<Wrong> {
    (!found.is_zero() && as_minor(found) == Some(expected))
        .then_some(Wrong::MinorForMajor { found, expected })
}

/// [`Settlement::balance`] with the line of the entry that it names.
pub(crate) fn checked(settlement: Settlement) -> Result<Settlement, SettlementFault> {
    match settlement.balance() {
        Ok(()) => Ok(settlement),
        Err(difference) => Err(SettlementFault::file(Wrong::Imbalance(difference.to_string()))),
    }
}

/// Refuses a gross amount on the wrong side. Zero is on both.
pub(crate) fn side(kind: &'static str, gross: Money, wanted: Side) -> Result<(), Wrong> {
    let found = match gross.minor().signum() {
        1 => Side::Credit,
        -1 => Side::Debit,
        _ => return Ok(()),
    };
    if found == wanted {
        return Ok(());
    }
    let amount = if gross.minor() < 0 { gross.negated() } else { gross };
    Err(Wrong::WrongSide { kind, amount, found, wanted })
}
