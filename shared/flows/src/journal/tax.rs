//! Where taxes go: each amount on its repartition line with its tags, or it is in no tax report (odoo
//! FACTS A15).

use super::basis::{Part, overflow};
use super::entry::EntryItem;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};
use causeway_odoo::{EntryTax, RepartitionLine, TaxDocument, TaxRow};
use std::collections::{BTreeMap, BTreeSet};

/// What Odoo says about the taxes of an order.
#[derive(Clone, Copy, Debug)]
pub struct TaxReport<'a> {
    /// Repartition lines of all of them.
    pub lines: &'a [RepartitionLine],
    /// The taxes themselves, by id.
    pub taxes: &'a BTreeMap<i64, TaxRow>,
}

/// A tax amount on its way to a line.
struct Owed {
    amount: Money,
    tags: Vec<i64>,
    tax: i64,
}

impl TaxReport<'_> {
    /// The lines of these amounts: bases by account and taxes, taxes by repartition line and account.
    /// `document` says whose repartition counts; on a sale everything is credited, on a refund debited.
    pub fn items(
        &self,
        number: &str,
        parts: &[Part],
        document: &TaxDocument,
    ) -> Result<Vec<EntryItem>, Fault> {
        let signed = |money: Money| match document {
            TaxDocument::Invoice => money.negated(),
            TaxDocument::Refund | TaxDocument::Other(_) => money,
        };
        let mut items = Vec::new();
        let mut owed: BTreeMap<(i64, i64), Owed> = BTreeMap::new();
        for part in parts {
            let taxes: Vec<i64> = part.taxes.iter().map(|share| share.tax).collect();
            if !part.net.is_zero() {
                items.push(EntryItem {
                    key: base_key(part.account, &taxes),
                    name: format!("{number} {}", part.label),
                    account: part.account,
                    balance: signed(part.net),
                    tax: self.base(taxes, document)?,
                });
            }
            for share in part.taxes.iter().filter(|share| self.counts(share)) {
                for (line, amount) in self.spread(share.tax, share.amount, document)? {
                    let key = (line.id, line.account.unwrap_or(part.account));
                    let amount = signed(amount);
                    match owed.get_mut(&key) {
                        Some(have) => have.amount = have.amount.plus(amount).map_err(overflow)?,
                        None => {
                            let tags = line.tags.clone();
                            owed.insert(key, Owed { amount, tags, tax: share.tax });
                        }
                    }
                }
            }
        }
        let none = owed.values().all(|owed| owed.amount.is_zero());
        // Where no line has a tax, Odoo computes one and balances what it made up (seen on 19.0). A line of
        // nothing says that the tax is nothing.
        let shown = owed.into_iter().filter(|(_, owed)| none || !owed.amount.is_zero());
        items.extend(shown.take(if none { 1 } else { usize::MAX }).map(
            |((line, account), owed)| EntryItem {
                key: format!("tax.{line}.{account}"),
                name: format!("{number} {}", self.name(owed.tax)),
                account,
                balance: owed.amount,
                tax: EntryTax::Tax { repartition_line: line, tags: owed.tags },
            },
        ));
        Ok(items)
    }

    /// False for nothing of a tax that is always nothing.
    fn counts(&self, share: &TaxShare) -> bool {
        let rate = self.taxes.get(&share.tax).map(|row| row.amount);
        !share.amount.is_zero() || rate.is_none_or(|rate| !rate.is_zero())
    }

    fn name(&self, tax: i64) -> String {
        self.taxes.get(&tax).map_or_else(|| format!("tax {tax}"), |row| row.name.clone())
    }

    fn of<'s>(
        &'s self,
        tax: i64,
        document: &'s TaxDocument,
        base: bool,
    ) -> impl Iterator<Item = &'s RepartitionLine> {
        self.lines
            .iter()
            .filter(move |line| line.tax == tax && line.document == *document && line.base == base)
    }

    fn base(&self, taxes: Vec<i64>, document: &TaxDocument) -> Result<EntryTax, Fault> {
        if taxes.is_empty() {
            return Ok(EntryTax::None);
        }
        let mut tags = BTreeSet::new();
        for tax in &taxes {
            let mut lines = self.of(*tax, document, true).peekable();
            if lines.peek().is_none() {
                return Err(self.unusable(*tax, "has no repartition lines in Odoo"));
            }
            tags.extend(lines.flat_map(|line| line.tags.iter().copied()));
        }
        Ok(EntryTax::Base { taxes, tags: tags.into_iter().collect() })
    }

    /// An amount over the parts of a tax, by their percentage.
    fn spread(
        &self,
        tax: i64,
        amount: Money,
        document: &TaxDocument,
    ) -> Result<Vec<(&RepartitionLine, Money)>, Fault> {
        let lines: Vec<&RepartitionLine> = self
            .lines
            .iter()
            .filter(|line| line.tax == tax && line.document == *document && !line.base)
            .collect();
        let percents: Vec<Decimal> = lines.iter().map(|line| line.percent).collect();
        let whole: Decimal = percents.iter().sum();
        if whole != Decimal::ONE_HUNDRED || percents.iter().any(Decimal::is_sign_negative) {
            return Err(self.unusable(
                tax,
                &format!("is spread over {whole} % in Odoo, so that {amount} of it go nowhere"),
            ));
        }
        Ok(lines.into_iter().zip(amount.split(&percents)).collect())
    }

    fn unusable(&self, tax: i64, why: &str) -> Fault {
        Fault::reject(
            format!("tax {tax} ({}) {why}", self.name(tax)),
            "correct the tax rules of the store, or the tax in Odoo",
        )
    }
}

fn base_key(account: i64, taxes: &[i64]) -> String {
    let taxes: Vec<String> = taxes.iter().map(i64::to_string).collect();
    format!("base.{account}.{}", taxes.join("-"))
}
