//! The independent check of a counter's day: what Square's documents say against the entries and
//! transfers in Odoo, both read over HTTP. Uses nothing of our own.

use super::super::books::Books;
use super::super::check::{Compared, amount, list, minor};
use super::day::{Back, KNOWN, Known, Told, day, lacks, text};
use super::{Chart, stock};
use causeway_domain::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Sums by account or by tax.
type Sums = BTreeMap<i64, Decimal>;

/// Which repartition counts.
#[derive(Clone, Copy)]
enum Side {
    Sale,
    Refund,
}

/// A store's part of Odoo.
struct Place<'a> {
    store: &'a str,
    chart: &'a Chart,
    odoo: &'a Value,
}

/// Compares a day: `documents` are Square's by the id of the order. Sales count as orders, doubled entries
/// of any kind as duplicates; of the books, the invoices are entries of sales and fees, and the credit
/// notes those of refunds.
pub fn audit(store: &str, chart: &Chart, documents: &Value, odoo: &Value) -> (Compared, Books) {
    let place = Place { store, chart, odoo };
    let (mut compared, mut books) = (Compared::default(), Books::default());
    let mut day = Sums::new();
    let mut known = BTreeSet::new();
    let sales = documents.as_object().into_iter().flatten();
    for (id, native) in sales.filter(|(_, native)| Told(native).sold()) {
        let sale = Told(native);
        known.insert(place.reference(id));
        add(&mut day, &only_money(chart, sale.accounts(chart)));
        sale.backs().iter().for_each(|back| add(&mut day, &back.accounts(chart, &sale)));
        place.sale(id, &sale, &mut compared, &mut books);
    }
    compared.problems.extend(place.strangers(&known));
    let whole = place.journal().collect::<Vec<_>>();
    let (off, cents) = differences(&whole, &day, "the day's total on account");
    compared.cents += cents;
    compared.problems.extend(off.into_iter().map(|text| format!("{store}: {text}")));
    let late = list(odoo, "entries").iter().any(|entry| place.is_ours(entry, "entry-fee"));
    let lacks = lacks(documents.as_object().into_iter().flat_map(|all| all.values()));
    let lacks = lacks.into_iter().chain((!late).then(|| "no fee came after its sale".to_owned()));
    compared.problems.extend(lacks.map(|text| format!("{store}: {text}")));
    (compared, books)
}

/// The accounts whose sums a refund tells exactly too.
fn only_money(chart: &Chart, mut sums: Sums) -> Sums {
    sums.retain(|account, _| [chart.clearing, chart.gift_cards, chart.fees].contains(account));
    sums
}

fn add(sums: &mut Sums, more: &Sums) {
    for (key, amount) in more {
        *sums.entry(*key).or_default() += *amount;
    }
}

impl<'a> Place<'a> {
    /// What all entries of a sale have as reference.
    fn reference(&self, id: &str) -> String {
        format!("{}/{id}", self.store)
    }

    /// The key of a document, as it stands in Odoo. Underscores separate, those of an id are written `~5f`.
    fn key(&self, kind: &str, id: &str) -> String {
        format!("__causeway__.{}_{kind}_{}", self.store, id.replace('_', "~5f"))
    }

    fn is_ours(&self, document: &Value, kind: &str) -> bool {
        let prefix = format!("__causeway__.{}_{kind}_", self.store);
        let ids = list(document, "external_ids").iter().filter_map(Value::as_str);
        ids.into_iter().any(|id| id.starts_with(&prefix))
    }

    fn entries(&self, kind: &str, id: &str) -> Vec<&'a Value> {
        let key = self.key(kind, id);
        let named =
            |entry: &&Value| list(entry, "external_ids").iter().any(|id| id == key.as_str());
        list(self.odoo, "entries").iter().filter(named).collect()
    }

    /// Everything that is booked in the counter's journal.
    fn journal(&self) -> impl Iterator<Item = &'a Value> {
        let journal = self.chart.journal;
        let own =
            move |entry: &&Value| entry.get("journal_id").and_then(Value::as_i64) == Some(journal);
        list(self.odoo, "entries").iter().filter(own)
    }

    fn sale(&self, id: &str, sale: &Told<'_>, compared: &mut Compared, books: &mut Books) {
        compared.due += 1;
        let backs = sale.backs();
        books.refunds += backs.len();
        let of = format!("square {} {}", self.store, sale.number());
        let sales = self.entries("entry", id);
        let payments = sale.payments().iter().map(|payment| text(payment, "id"));
        let fees: Vec<&Value> =
            payments.flat_map(|id| self.entries("entry-fee", id).into_iter().take(1)).collect();
        let first = match sales.as_slice() {
            [] => {
                compared.lost += 1;
                compared.problems.push(format!("{of} has no entry"));
                return;
            }
            [first, ..] => first,
        };
        let booked: Vec<&Value> = std::iter::once(*first).chain(fees).collect();
        let mut wrong: Vec<String> =
            booked.iter().flat_map(|entry| self.sound(entry, Side::Sale)).collect();
        wrong.extend(
            booked.iter().filter_map(|entry| {
                on_its_day(entry, &day(sale.order(), "created_at", self.chart))
            }),
        );
        let (off, cents) = self.amounts(sale, &booked);
        wrong.extend(off);
        compared.cents += cents;
        wrong.extend(stock::problems(sale, &self.key("entry-delivery", id), self.chart, self.odoo));
        books.invoices += booked.len();
        let mut matched = booked.len();
        for back in &backs {
            let made = self.entries("entry-refund", back.id);
            let (off, cents) = self.back(sale, back, &made);
            books.cents += cents;
            books.right += usize::from(off.is_empty());
            books.credit_notes += made.len();
            books.problems.extend(off.into_iter().map(|text| format!("{of}: {text}")));
            matched += made.len().min(1);
        }
        let reference = self.reference(id);
        let all = list(self.odoo, "entries").iter().filter(|one| text(one, "ref") == reference);
        let more = all.count().saturating_sub(matched);
        compared.duplicates += more;
        compared.once += usize::from(sales.len() == 1 && more == 0);
        if more > 0 {
            wrong.push(format!(
                "{more} entries beyond one of the sale and one of each fee and refund"
            ));
        }
        if !wrong.is_empty() {
            compared.problems.push(format!("{of}: {}", wrong.join(", ")));
        }
    }

    /// Accounts, taxes and what they are of, against Square's.
    fn amounts(&self, sale: &Told<'_>, booked: &[&Value]) -> (Vec<String>, Decimal) {
        let mut should = sale.accounts(self.chart);
        let (first, more) =
            self.chart.income.split_first().map_or((None, [].as_slice()), |(a, b)| (Some(*a), b));
        // Income counts as one account.
        if let Some(first) = first {
            let elsewhere: Decimal = more.iter().map(|account| on(booked, *account)).sum();
            *should.entry(first).or_default() -= elsewhere;
        }
        let (mut wrong, mut cents) = differences(booked, &should, "account");
        for (what, is, should) in [
            ("taxes", tax_amounts(booked), sale.taxes()),
            ("what is taxed", tax_bases(booked), sale.bases()),
        ] {
            let credited: Sums = should.into_iter().map(|(tax, sum)| (tax, -sum)).collect();
            let off = apart(&is, &credited);
            if !off.is_zero() {
                wrong.push(format!("{what} {is:?} instead of {credited:?}"));
            }
            cents += off;
        }
        (wrong, cents)
    }

    fn back(&self, sale: &Told<'_>, back: &Back<'_>, made: &[&Value]) -> (Vec<String>, Decimal) {
        let [entry] = made else {
            return (vec![format!("refund {} has {} entries", back.id, made.len())], Decimal::ZERO);
        };
        let mut wrong = self.sound(entry, Side::Refund);
        let first = back.refunds.first().copied().unwrap_or(&Value::Null);
        wrong.extend(on_its_day(entry, &day(first, "created_at", self.chart)));
        let (off, mut cents) = differences(made, &back.accounts(self.chart, sale), "account");
        wrong.extend(off);
        if let Some(should) = back.taxes() {
            let is = tax_amounts(made);
            let off = apart(&is, &should);
            if !off.is_zero() {
                wrong.push(format!("taxes {is:?} instead of {should:?}"));
            }
            cents += off;
        }
        let of = format!("refund {} of {}", back.id, back.total());
        (wrong.into_iter().map(|text| format!("{of}: {text}")).collect(), cents)
    }

    /// Posted, balanced, in the journal, nothing but our lines, and everything where the tax report looks.
    fn sound(&self, entry: &Value, side: Side) -> Vec<String> {
        let name = text(entry, "name");
        let lines = list(entry, "lines");
        let mut wrong = Vec::new();
        let sum: Decimal = lines.iter().map(balance).sum();
        if text(entry, "state") != "posted" {
            wrong.push(format!("entry {name} is {}", text(entry, "state")));
        }
        if !sum.is_zero() {
            wrong.push(format!("entry {name} is off by {sum}"));
        }
        if entry.get("journal_id").and_then(Value::as_i64) != Some(self.chart.journal) {
            wrong.push(format!("entry {name} is in another journal"));
        }
        for line in lines {
            if list(line, "external_ids").len() != 1 {
                wrong.push(format!(
                    "entry {name} has a line that is not ours: {}",
                    text(line, "name")
                ));
            }
            wrong.extend(self.reported(line, side));
        }
        wrong
    }

    /// What keeps a line out of its place in the tax report.
    fn reported(&self, line: &Value, side: Side) -> Option<String> {
        let at = match side {
            Side::Sale => 0,
            Side::Refund => 1,
        };
        let own = line.get("tax_line_id").and_then(Value::as_i64);
        let taxes: Vec<i64> = list(line, "tax_ids").iter().filter_map(Value::as_i64).collect();
        let tags: BTreeSet<i64> =
            list(line, "tax_tag_ids").iter().filter_map(Value::as_i64).collect();
        let repartition = line.get("tax_repartition_line_id").and_then(Value::as_i64);
        let named: Option<Vec<&Known>> = match own {
            Some(id) => known(id).map(|known| vec![known]),
            None => taxes.iter().map(|id| known(*id)).collect(),
        };
        let name = text(line, "name");
        let Some(named) = named else { return Some(format!("{name} has a tax of no rule")) };
        let of = |known: &&Known| if own.is_some() { known.own } else { known.base };
        let expected: BTreeSet<i64> = named
            .iter()
            .flat_map(|known| of(known).get(at).copied().unwrap_or_default())
            .copied()
            .collect();
        if tags != expected {
            return Some(format!("{name} has tags {tags:?} instead of {expected:?}"));
        }
        let expected =
            named.first().filter(|_| own.is_some()).and_then(|one| one.repartition.get(at));
        if repartition != expected.copied() {
            return Some(format!(
                "{name} has repartition line {repartition:?} instead of {expected:?}"
            ));
        }
        let account = line.get("account_id").and_then(Value::as_i64).unwrap_or_default();
        let income = own.is_none() && self.chart.income.contains(&account);
        (income && taxes.is_empty()).then(|| format!("{name} is income of no tax"))
    }

    /// What is there and should not be: entries of no sale, sale orders, invoices and payments.
    fn strangers(&self, known: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        for entry in self.journal().filter(|entry| !known.contains(text(entry, "ref"))) {
            found.push(format!("{}: an entry {:?} is of no sale", self.store, text(entry, "ref")));
        }
        let prefix = format!("__causeway__.{}_", self.store);
        let origin = format!("square {} ", self.store);
        for (what, name) in [
            ("orders", "a sale order"),
            ("invoices", "an invoice"),
            ("credit_notes", "a credit note"),
            ("payments", "a payment"),
        ] {
            let own = |one: &&Value| {
                let ids = list(one, "external_ids").iter().filter_map(Value::as_str);
                ids.into_iter().any(|id| id.starts_with(&prefix))
                    || text(one, "origin").starts_with(&origin)
            };
            let count = list(self.odoo, what).iter().filter(own).count();
            if count > 0 {
                found.push(format!("{} has {name} in Odoo, {count} times", self.store));
            }
        }
        found
    }
}

fn on_its_day(entry: &Value, day: &str) -> Option<String> {
    let date = text(entry, "date");
    (date != day).then(|| format!("entry {} is of {date} instead of {day}", text(entry, "name")))
}

fn known(id: i64) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.id == id)
}

fn balance(line: &Value) -> Decimal {
    amount(line, "debit") - amount(line, "credit")
}

fn on(entries: &[&Value], account: i64) -> Decimal {
    let lines = entries.iter().flat_map(|entry| list(entry, "lines"));
    let own = |line: &&Value| line.get("account_id").and_then(Value::as_i64) == Some(account);
    // A tax may stand on an account of income; it is counted as a tax.
    lines.filter(own).filter(|line| !is_tax(line)).map(balance).sum()
}

fn is_tax(line: &Value) -> bool {
    line.get("tax_line_id").is_some_and(Value::is_i64)
}

/// The accounts that do not have what they should, and by how many minor units in all.
fn differences(entries: &[&Value], should: &Sums, what: &str) -> (Vec<String>, Decimal) {
    let mut wrong = Vec::new();
    let mut cents = Decimal::ZERO;
    for (account, should) in should {
        let is = on(entries, *account);
        if is != *should {
            wrong.push(format!("{what} {account} is {is} instead of {should}"));
            cents += minor(is - *should, "EUR");
        }
    }
    (wrong, cents)
}

/// What is booked as tax, by tax.
fn tax_amounts(entries: &[&Value]) -> Sums {
    let mut sums = Sums::new();
    for line in entries.iter().flat_map(|entry| list(entry, "lines")) {
        if let Some(tax) = line.get("tax_line_id").and_then(Value::as_i64) {
            *sums.entry(tax).or_default() += balance(line);
        }
    }
    sums
}

/// What is booked under each tax that Square knows.
fn tax_bases(entries: &[&Value]) -> Sums {
    let mut sums = Sums::new();
    for line in entries.iter().flat_map(|entry| list(entry, "lines")) {
        let taxes = list(line, "tax_ids").iter().filter_map(Value::as_i64);
        for tax in taxes.filter(|id| known(*id).is_some_and(|known| !known.percent.is_empty())) {
            *sums.entry(tax).or_default() += balance(line);
        }
    }
    sums
}

/// Minor units between two sums, all differences added up.
fn apart(left: &Sums, right: &Sums) -> Decimal {
    let keys: BTreeSet<&i64> = left.keys().chain(right.keys()).collect();
    let of = |sums: &Sums, key: &i64| sums.get(key).copied().unwrap_or_default();
    keys.into_iter().map(|key| minor(of(left, key) - of(right, key), "EUR")).sum()
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
