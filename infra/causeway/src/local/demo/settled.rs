//! The independent check of payouts and chargebacks: what the processors say they paid against the entries in
//! Odoo, both read over HTTP. Uses nothing of our own.
//!
//! A payout is balanced if it has one posted entry that sums to zero, with the deposit and the fees that the
//! processor says, and if every line of it is where it belongs: set off against the documents or payments of
//! its own order, against its chargeback, or, of nothing that was sold, on the account for that and asked
//! about.

use super::books::{Documents, text};
use super::check::{Sold, amount, list};
use super::sandbox::{Account, Books};
use causeway_domain::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What every store sold, by store.
pub type Stores = BTreeMap<String, Vec<Sold>>;

/// What became of one payout.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Our name of the account.
    pub account: String,
    /// The payout.
    pub id: String,
    /// Entries of it in Odoo.
    pub entries: usize,
    /// Its lines.
    pub lines: usize,
    /// Of them, those that are set off or asked about as they should be.
    pub right: usize,
    /// What the entry says went to the bank.
    pub deposit: Decimal,
    /// What the entry, and those of its chargebacks, say the processor kept.
    pub fees: Decimal,
    /// Payments that must be asked about, in time.
    pub asked: Vec<String>,
    /// Lines that are of no payment, whose opposite may still come.
    pub clearing: usize,
    /// What is wrong.
    pub problems: Vec<String>,
}

/// A line of a payout as the processor tells it.
struct Line<'a> {
    what: &'a str,
    /// The processor's reference of the payment, and of the refund or dispute itself.
    payment: &'a str,
    own: &'a str,
    gross: Decimal,
    fee: Decimal,
    sold: Option<&'a Sold>,
}

/// Compares one account; `said` is what its processor holds.
pub fn audit(account: &Account, said: &Value, stores: &Stores, odoo: &Value) -> Vec<Settled> {
    let payouts = list(said, "payouts").iter();
    payouts.map(|payout| Audit::of(account, payout, stores, odoo)).collect()
}

/// What the buyers' banks took back, by store and order.
pub fn charged_back(said: &Value) -> BTreeMap<(String, String), Decimal> {
    let disputes = list(said, "disputes").iter();
    let place = |one: &Value| (text(one, "store").to_owned(), text(one, "order").to_owned());
    disputes.map(|one| (place(one), amount(one, "amount"))).collect()
}

/// What the processor was asked against its contract.
pub fn violations(account: &Account, said: &Value) -> Vec<String> {
    let said = list(said, "violations").iter();
    said.map(|said| format!("{} was asked against its contract: {said}", account.account)).collect()
}

struct Audit<'a> {
    books: Books,
    odoo: &'a Value,
    lines: Vec<Line<'a>>,
    settled: Settled,
}

impl<'a> Audit<'a> {
    fn of(account: &Account, payout: &'a Value, stores: &'a Stores, odoo: &'a Value) -> Settled {
        let line = |line: &'a Value| Line {
            what: text(line, "what"),
            payment: text(line, "payment"),
            own: text(line, "own"),
            gross: amount(line, "gross"),
            fee: amount(line, "fee"),
            sold: stores
                .get(text(line, "store"))
                .and_then(|sold| sold.iter().find(|one| one.id == text(line, "order"))),
        };
        let lines: Vec<Line<'a>> = list(payout, "lines").iter().map(line).collect();
        let id = text(payout, "id").to_owned();
        let settled = Settled {
            account: account.account.clone(),
            lines: lines.len(),
            id: id.clone(),
            ..Settled::default()
        };
        let mut audit = Self { books: account.books, odoo, lines, settled };
        let live = |one: &&Value| text(one, "ref") == id && text(one, "state") != "cancel";
        let entries: Vec<&Value> = list(odoo, "entries").iter().filter(live).collect();
        audit.settled.entries = entries.len();
        match entries.as_slice() {
            [entry] => audit.entry(payout, entry),
            several => audit.wrong(format!("it has {} entries in Odoo", several.len())),
        }
        audit.settled
    }

    fn wrong(&mut self, what: String) {
        let Settled { account, id, .. } = &self.settled;
        let text = format!("payout {id} of {account}: {what}");
        self.settled.problems.push(text);
    }

    fn entry(&mut self, payout: &Value, entry: &'a Value) {
        if text(entry, "state") != "posted" {
            self.wrong("its entry is a draft".to_owned());
        }
        let booked = list(entry, "lines");
        let sum: Decimal = booked.iter().map(|line| amount(line, "balance")).sum();
        if !sum.is_zero() {
            self.wrong(format!("its entry sums to {sum}"));
        }
        let chargebacks = self.chargebacks();
        self.settled.deposit = on(booked, self.books.bank);
        self.settled.fees = on(booked, self.books.fees)
            + chargebacks
                .iter()
                .map(|one| on(list(one, "lines"), self.books.fees))
                .sum::<Decimal>();
        let (deposit, fees) = (self.settled.deposit, self.settled.fees);
        for (what, is, should) in [
            ("deposit", deposit, amount(payout, "deposit")),
            ("fees", fees, amount(payout, "fees")),
        ] {
            if is != should {
                self.wrong(format!("{what} {is} in Odoo, {should} at the processor"));
            }
        }
        let mut free: Vec<&Value> = booked.iter().collect();
        for at in 0..self.lines.len() {
            self.line(at, &mut free);
        }
        let own = [self.books.bank, self.books.fees];
        free.retain(|line| !own.contains(&account_of(line)));
        let kept: Decimal = free.iter().map(|line| amount(line, "balance")).sum();
        let clearing = free.iter().all(|line| account_of(line) == self.books.clearing);
        if kept != amount(payout, "kept") || !clearing {
            self.wrong(format!("{} lines of its entry are of nothing it says", free.len()));
        }
    }

    /// The entries of the chargebacks that are lines of this payout. Each is there once, with one credit
    /// note: the loss is counted once.
    fn chargebacks(&mut self) -> Vec<&'a Value> {
        let mut found = Vec::new();
        for at in 0..self.lines.len() {
            let Some(Line { what: "dispute", payment, gross, sold, .. }) = self.lines.get(at)
            else {
                continue;
            };
            let (payment, gross, sold) = (*payment, *gross, *sold);
            let name = format!("chargeback {payment}");
            let own: Vec<&Value> = list(self.odoo, "entries")
                .iter()
                .filter(|one| text(one, "ref") == name && text(one, "state") == "posted")
                .collect();
            if own.len() != 1 {
                self.wrong(format!("the chargeback of {payment} has {} entries", own.len()));
            }
            let documents = sold.and_then(|sold| Documents::find(self.odoo, &sold.origin));
            let notes = documents.map(|all| all.notes).unwrap_or_default();
            let credited: Decimal = notes.iter().map(|note| amount(note, "amount_total")).sum();
            if notes.len() != 1 || credited != -gross {
                self.wrong(format!(
                    "the chargeback of {payment} took {}, {} credit notes give back {credited}",
                    -gross,
                    notes.len()
                ));
            }
            found.extend(own);
        }
        found
    }

    /// One line: where it is booked, and what it is set off against.
    fn line(&mut self, at: usize, free: &mut Vec<&'a Value>) {
        let Some(Line { what, payment, own, gross, fee, sold }) = self.lines.get(at) else {
            return;
        };
        let (what, payment, own, sold) = (*what, *payment, *own, *sold);
        // A chargeback's fee is a part of what is taken back where the chargeback itself tells it.
        let amounts = match what {
            "dispute" => [-*gross, *fee - *gross],
            _ => [-*gross, -*gross],
        };
        let told = format!("{what} {payment} of {gross}");
        let named = |line: &&Value| {
            let name = text(line, "name");
            payment.is_empty() || name.contains(payment) || name.contains(own)
        };
        let of_amount = |line: &&Value| amounts.contains(&amount(line, "balance"));
        let booked = free.iter().position(|line| named(line) && of_amount(line));
        let Some(booked) = booked.map(|at| free.remove(at)) else {
            return self.wrong(format!("{told} is not booked"));
        };
        let expected = match what {
            "adjustment" => Expected::Clearing,
            "dispute" => Expected::SetOff(self.lines_of_chargeback(payment)),
            "gift" => Expected::Asked,
            _ => match sold.map(|sold| self.lines_of_order(sold, payment, own)) {
                Some(own) if !own.is_empty() => Expected::SetOff(own),
                Some(_) if self.gave_all_back(payment) => Expected::SetOff(BTreeSet::new()),
                Some(_) | None => Expected::Asked,
            },
        };
        let right = match expected {
            Expected::Clearing => {
                self.settled.clearing += 1;
                account_of(booked) == self.books.clearing
            }
            Expected::Asked => {
                self.settled.asked.push(payment.to_owned());
                account_of(booked) == self.books.unmatched
            }
            Expected::SetOff(own) => self.set_off(booked, &own, payment),
        };
        if right {
            self.settled.right += 1;
        } else {
            let where_to = text(booked, "account");
            self.wrong(format!("{told} is on {where_to} and not settled with what it belongs to"));
        }
    }

    /// True if the line is settled, with lines of these or with others of its own payment.
    fn set_off(&self, booked: &Value, own: &BTreeSet<i64>, payment: &str) -> bool {
        let same_payment = self.lines_of_payment(payment);
        let with: Vec<i64> =
            list(booked, "matched_with").iter().filter_map(Value::as_i64).collect();
        let known = |id: &i64| own.contains(id) || same_payment.contains(id);
        !payment.is_empty()
            && booked.get("reconciled") == Some(&Value::Bool(true))
            && !with.is_empty()
            && with.iter().all(known)
    }

    /// Lines of the invoices, credit notes, payments and chargebacks of an order; none without an invoice
    /// or payment.
    fn lines_of_order(&self, sold: &Sold, payment: &str, own: &str) -> BTreeSet<i64> {
        let Some(documents) = Documents::find(self.odoo, &sold.origin) else {
            return BTreeSet::new();
        };
        let both: Vec<&Value> =
            documents.invoices.iter().chain(&documents.notes).copied().collect();
        let ids: Vec<Option<&Value>> = both.iter().map(|one| one.get("id")).collect();
        let paid = list(self.odoo, "payments").iter().filter(|one| {
            [payment, own].contains(&text(one, "memo"))
                || list(one, "invoice_ids").iter().any(|id| ids.contains(&Some(id)))
        });
        let moves: Vec<Option<&Value>> = paid.map(|one| one.get("move_id")).collect();
        let entries =
            list(self.odoo, "entries").iter().filter(|one| moves.contains(&one.get("id")));
        let mut lines: BTreeSet<i64> = both
            .iter()
            .flat_map(|one| list(one, "entry"))
            .chain(entries.flat_map(|one| list(one, "lines")))
            .filter_map(line_id)
            .collect();
        if !lines.is_empty() {
            lines.extend(self.lines_of_chargeback(payment));
        }
        lines
    }

    /// The lines of this payout's entry that are of the payment or of what was given back of it.
    fn lines_of_payment(&self, payment: &str) -> BTreeSet<i64> {
        let own = self.lines.iter().filter(|line| line.payment == payment);
        let names: Vec<&str> = own.flat_map(|line| [line.payment, line.own]).collect();
        let id = &self.settled.id;
        let entries = list(self.odoo, "entries").iter().filter(|one| text(one, "ref") == id);
        entries
            .flat_map(|one| list(one, "lines"))
            .filter(|line| names.iter().any(|name| text(line, "name").contains(name)))
            .filter_map(line_id)
            .collect()
    }

    fn lines_of_chargeback(&self, payment: &str) -> BTreeSet<i64> {
        let name = format!("chargeback {payment}");
        let own = list(self.odoo, "entries").iter().filter(|one| text(one, "ref") == name);
        own.flat_map(|one| list(one, "lines")).filter_map(line_id).collect()
    }

    /// True if nothing is left of a payment in this payout.
    fn gave_all_back(&self, payment: &str) -> bool {
        let own = self.lines.iter().filter(|line| line.payment == payment);
        own.map(|line| line.gross).sum::<Decimal>().is_zero()
    }
}

/// Where a line belongs.
enum Expected {
    /// Set off against one of these, or against the same payment's own lines.
    SetOff(BTreeSet<i64>),
    /// On the clearing account.
    Clearing,
    /// On the account of what belongs to nothing, and asked about.
    Asked,
}

fn on(lines: &[Value], account: i64) -> Decimal {
    let own = lines.iter().filter(|line| account_of(line) == account);
    own.map(|line| amount(line, "balance")).sum()
}

fn account_of(line: &Value) -> i64 {
    line.get("account_id").and_then(Value::as_i64).unwrap_or_default()
}

fn line_id(line: &Value) -> Option<i64> {
    line.get("id").and_then(Value::as_i64)
}

#[cfg(test)]
#[path = "settled_tests.rs"]
mod tests;
