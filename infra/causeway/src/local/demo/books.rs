//! The independent check of what came after the orders: what the stores sold and gave back against
//! invoices, credit notes and payments in Odoo, all read over HTTP. Uses nothing of our own.

use super::check::{Sold, amount, list, minor};
use super::sandbox::{Policy, Store};
use causeway_domain::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one store's refunds came to.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Refunds of orders that are in Odoo.
    pub refunds: usize,
    /// Of them, those of orders whose books are right.
    pub right: usize,
    /// Invoices and credit notes.
    pub invoices: usize,
    /// Credit notes.
    pub credit_notes: usize,
    /// Minor units by which invoices less credit notes differ from sold less refunded.
    pub cents: Decimal,
    /// What is wrong, order by order.
    pub problems: Vec<String>,
}

/// The documents of one sale order.
pub struct Documents<'a> {
    order: &'a Value,
    /// Those that are not cancelled.
    pub invoices: Vec<&'a Value>,
    /// Credit notes of them that are not cancelled.
    pub notes: Vec<&'a Value>,
    pickings: Vec<&'a Value>,
}

impl<'a> Documents<'a> {
    /// Those of the first sale order with this origin.
    pub fn find(odoo: &'a Value, origin: &str) -> Option<Self> {
        let order = list(odoo, "orders").iter().find(|one| text(one, "origin") == origin)?;
        let id = order.get("id")?;
        let live = |one: &&Value| text(one, "state") != "cancel";
        let invoices: Vec<&Value> = list(odoo, "invoices")
            .iter()
            .filter(live)
            .filter(|one| list(one, "orders").contains(id))
            .collect();
        let ids: Vec<Option<&Value>> = invoices.iter().map(|one| one.get("id")).collect();
        let notes = list(odoo, "credit_notes")
            .iter()
            .filter(live)
            .filter(|one| ids.contains(&one.get("reversed_entry_id")))
            .collect();
        let pickings =
            list(odoo, "pickings").iter().filter(|one| one.get("sale_id") == Some(id)).collect();
        Some(Self { order, invoices, notes, pickings })
    }

    fn sum(documents: &[&Value], field: &str) -> Decimal {
        documents.iter().map(|document| amount(document, field)).sum()
    }
}

/// A text of an object.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Compares the books of one store. `due` are the ids of orders that must be in Odoo.
pub fn audit(store: &Store, sold: &[Sold], due: &BTreeSet<String>, odoo: &Value) -> Books {
    let mut books = Books::default();
    let mut paid: BTreeMap<(String, &str), Decimal> = BTreeMap::new();
    for order in sold.iter().filter(|order| due.contains(&order.id)) {
        books.refunds += order.refunds.len();
        let Some(documents) = Documents::find(odoo, &order.origin) else { continue };
        let (wrong, cents) = one(order, &store.policy, &documents);
        books.invoices += documents.invoices.len();
        books.credit_notes += documents.notes.len();
        books.cents += cents;
        if wrong.is_empty() {
            books.right += order.refunds.len();
        } else {
            books.problems.push(format!("{}: {}", order.origin, wrong.join(", ")));
        }
        *paid.entry((order.currency.clone(), "inbound")).or_default() += order.captured;
        *paid.entry((order.currency.clone(), "outbound")).or_default() += settled(order);
    }
    if store.policy.payments == "per_order" {
        books.problems.extend(payments(store, paid, odoo));
    }
    books
}

fn settled(order: &Sold) -> Decimal {
    order.refunds.iter().filter(|refund| refund.settled).map(|refund| refund.gross).sum()
}

/// What is wrong with one order, and by how many minor units its books are apart.
fn one(order: &Sold, policy: &Policy, documents: &Documents<'_>) -> (Vec<String>, Decimal) {
    let mut wrong = Vec::new();
    for document in documents.invoices.iter().chain(&documents.notes) {
        if text(document, "state") != "posted" {
            wrong.push(format!("{} {} is a draft", text(document, "name"), text(document, "ref")));
        }
    }
    wrong.extend(repeated(&documents.notes));
    wrong.extend(over_taxed(documents));
    let invoiced = Documents::sum(&documents.invoices, "amount_total");
    let credited = Documents::sum(&documents.notes, "amount_total");
    let billed = policy.invoices != "none" && matches!(&*order.phase, "paid" | "completed");
    let kept = order.total - order.refunded() - order.charged_back;
    let expected = if billed { kept } else { Decimal::ZERO };
    let cents = minor(invoiced - credited - expected, &order.currency);
    if !cents.is_zero() {
        wrong.push(format!(
            "invoiced {invoiced} less credited {credited}; the store sold {} and gave back {}",
            order.total,
            order.refunded() + order.charged_back
        ));
    }
    if billed && text(documents.order, "invoice_status") == "to invoice" {
        wrong.push("Odoo would invoice it once more".to_owned());
    }
    if billed && policy.payments == "per_order" {
        let residual = Documents::sum(&documents.invoices, "amount_residual")
            - Documents::sum(&documents.notes, "amount_residual");
        let open = kept - (order.captured - settled(order));
        if residual != open {
            wrong.push(format!("{residual} of its documents is open, it should be {open}"));
        }
    }
    for picking in &documents.pickings {
        if !matches!(text(picking, "state"), "done" | "cancel") {
            wrong.push(format!("transfer {} is still open", text(picking, "name")));
        }
    }
    (wrong, cents)
}

/// One credit note for each refund and invoice: people know it by its reference.
fn repeated(notes: &[&Value]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let twice = |note: &&&Value| {
        let invoice = note.get("reversed_entry_id").map(Value::to_string);
        !seen.insert((text(note, "ref").to_owned(), invoice))
    };
    let note = notes.iter().find(twice)?;
    Some(format!("two credit notes are {}", text(note, "ref")))
}

/// No tax is given back beyond what was invoiced of it.
fn over_taxed(documents: &Documents<'_>) -> Option<String> {
    let sums = |documents: &[&Value]| {
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for tax in documents.iter().flat_map(|document| list(document, "taxes")) {
            let id = tax.get("id").map(Value::to_string).unwrap_or_default();
            *sums.entry(id).or_default() += amount(tax, "amount");
        }
        sums
    };
    let invoiced = sums(&documents.invoices);
    let credited = sums(&documents.notes);
    let over = |(tax, back): &(&String, &Decimal)| {
        **back > invoiced.get(*tax).copied().unwrap_or_default()
    };
    let (tax, _) = credited.iter().find(over)?;
    Some(format!("more of tax {tax} is credited than invoiced"))
}

/// What went through the store's journal, by currency and direction.
fn payments(
    store: &Store,
    expected: BTreeMap<(String, &str), Decimal>,
    odoo: &Value,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut booked: BTreeMap<(String, &str), Decimal> = BTreeMap::new();
    let own = |one: &&Value| one.get("journal_id").and_then(Value::as_i64) == store.policy.journal;
    for payment in list(odoo, "payments").iter().filter(own) {
        match text(payment, "state") {
            "draft" => wrong.push(format!("a payment {} is a draft", text(payment, "memo"))),
            "canceled" | "rejected" => {}
            _ => {
                let key = (text(payment, "currency").to_owned(), text(payment, "payment_type"));
                *booked.entry(key).or_default() += amount(payment, "amount");
            }
        }
    }
    let zero = Decimal::ZERO;
    let keys: BTreeSet<_> = expected.keys().chain(booked.keys()).cloned().collect();
    for key in keys {
        let (is, should) = (booked.get(&key).unwrap_or(&zero), expected.get(&key).unwrap_or(&zero));
        if is != should {
            let (currency, way) = &key;
            wrong.push(format!(
                "payments of {}: {is} {currency} {way} instead of {should}",
                store.store
            ));
        }
    }
    wrong
}

/// True if the order with this origin has a posted invoice.
pub fn invoiced(odoo: &Value, origin: &str) -> bool {
    let documents = Documents::find(odoo, origin);
    documents.is_some_and(|all| all.invoices.iter().any(|one| text(one, "state") == "posted"))
}

/// Credit notes of these orders, by origin: none is due while the warehouse does not have the goods.
pub fn too_early<'a>(odoo: &Value, origins: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    for origin in origins {
        let Some(documents) = Documents::find(odoo, origin) else { continue };
        if !documents.notes.is_empty() {
            found.push(format!("{origin} was credited before its goods were back"));
        }
        let back = |one: &&&Value| one.get("return_id").is_some_and(|id| id != false);
        let waits = documents.pickings.iter().filter(back).any(|one| text(one, "state") != "done");
        if !waits {
            found.push(format!("{origin} has no return that the warehouse could wait for"));
        }
    }
    found
}

#[cfg(test)]
#[path = "books_tests.rs"]
mod tests;
