//! An independent look at Odoo's books: what stands there against what the stores say, without our
//! adapters, plan or ledger.

use crate::sim::Scenario;
use rust_decimal::Decimal;
use sandbox::platforms::Platform;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the stores' policy makes of an order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Invoices are made.
    pub invoices: bool,
    /// Payments are booked one by one.
    pub payments: bool,
}

fn list<'a>(state: &'a Value, name: &str) -> &'a [Value] {
    state[name].as_array().map_or(&[], Vec::as_slice)
}

fn amount(value: &Value) -> Decimal {
    value.as_str().unwrap_or_default().parse().unwrap_or_default()
}

fn live(documents: &[Value]) -> impl Iterator<Item = &Value> {
    documents.iter().filter(|document| document["state"] != "cancel")
}

/// The sale order of an order in the store.
pub fn order<'a>(state: &'a Value, platform: Platform, number: &str) -> Option<&'a Value> {
    list(state, "orders").iter().find(|have| {
        have["client_order_ref"] == number
            && have["origin"].as_str().is_some_and(|origin| origin.starts_with(platform.id()))
    })
}

/// Its invoices.
pub fn invoices<'a>(state: &'a Value, order: &Value) -> Vec<&'a Value> {
    let own = |invoice: &&Value| invoice["orders"].as_array().unwrap().contains(&order["id"]);
    live(list(state, "invoices")).filter(own).collect()
}

/// The credit notes of these invoices.
pub fn credit_notes<'a>(state: &'a Value, invoices: &[&Value]) -> Vec<&'a Value> {
    let own = |note: &&Value| invoices.iter().any(|one| note["reversed_entry_id"] == one["id"]);
    live(list(state, "credit_notes")).filter(own).collect()
}

/// What documents come to.
pub fn sum(documents: &[&Value]) -> Decimal {
    documents.iter().map(|document| amount(&document["amount_total"])).sum()
}

/// Tax by tax id over documents.
pub fn by_tax(documents: &[&Value]) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for document in documents {
        for tax in list(document, "taxes") {
            *sums.entry(tax["id"].to_string()).or_default() += amount(&tax["amount"]);
        }
    }
    sums
}

/// Every difference, over all orders of all stores.
pub fn differences(scenario: &Scenario, policy: Policy) -> Vec<String> {
    let state = scenario.odoo_state();
    let mut found = Vec::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        for id in shop.order_ids() {
            let number = shop.expected(&id).unwrap().number;
            let Some(order) = order(&state, platform, &number) else { continue };
            let what = format!("{platform:?} {id}");
            found.extend(
                one(scenario, &state, platform, &id, order, policy)
                    .into_iter()
                    .map(|text| format!("{what}: {text}")),
            );
        }
        found.extend(shop.violations());
    }
    found
}

fn one(
    scenario: &Scenario,
    state: &Value,
    platform: Platform,
    id: &str,
    order: &Value,
    policy: Policy,
) -> Vec<String> {
    let mut found = Vec::new();
    let shop = scenario.shop(platform);
    let expected = shop.expected(id).unwrap();
    let after = shop.expected_after_sales(id);
    let refunded: Decimal = after.refunds.iter().map(|refund| refund.gross).sum();
    let invoices = invoices(state, order);
    let notes = credit_notes(state, &invoices);
    for document in invoices.iter().chain(&notes) {
        if document["state"] != "posted" {
            found.push(format!("document {} is {}", document["id"], document["state"]));
        }
    }
    let mut names = std::collections::BTreeSet::new();
    for note in &notes {
        for name in list(note, "external_ids") {
            if !names.insert(name.to_string()) {
                found.push(format!("two credit notes are {name}"));
            }
        }
    }
    if policy.invoices && order["state"] == "sale" {
        let books = sum(&invoices) - sum(&notes);
        if books != expected.total - refunded {
            found.push(format!(
                "invoiced {} less credited {}, the store sold {} and gave back {refunded}",
                sum(&invoices),
                sum(&notes),
                expected.total
            ));
        }
        if order["invoice_status"] == "to invoice" {
            found.push("Odoo would invoice it again".to_owned());
        }
    }
    let (bills, backs) = (by_tax(&invoices), by_tax(&notes));
    for (tax, back) in &backs {
        if *back > bills.get(tax).copied().unwrap_or_default() {
            found.push(format!("more of tax {tax} is credited than invoiced"));
        }
    }
    if policy.payments {
        found.extend(payments(state, order, &after));
    }
    found
}

/// Payments of the order's customer: a test has one order for each.
fn payments(
    state: &Value,
    order: &Value,
    after: &sandbox::platforms::ExpectedAfterSales,
) -> Vec<String> {
    let own = |payment: &&Value| payment["partner_id"] == order["partner_invoice_id"];
    let of = |kind: &str| -> Decimal {
        let all = list(state, "payments").iter().filter(own);
        all.filter(|one| one["payment_type"] == kind && one["state"] != "draft")
            .map(|one| amount(&one["amount"]))
            .sum()
    };
    let mut found = Vec::new();
    let went: Decimal = after.refunds.iter().filter(|r| r.settled).map(|r| r.gross).sum();
    if of("inbound") != after.captured {
        found.push(format!("{} came in, the store captured {}", of("inbound"), after.captured));
    }
    if of("outbound") > went {
        found.push(format!("{} went out, the store gave back {went}", of("outbound")));
    }
    found
}
