//! An independent look at the books of a point of sale: what Square's own documents say against what
//! stands in Odoo, without our adapters, plan or ledger.

use super::{CLEARING, FEES, GIFT_CARDS, TIPS};
use crate::sim::Scenario;
use rust_decimal::Decimal;
use sandbox::platforms::Platform;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_default().parse().unwrap()
}

/// Square's minor units in euros.
fn money(value: &Value) -> Decimal {
    Decimal::new(value["amount"].as_i64().unwrap_or_default(), 2)
}

/// A tax of Odoo, and the tags of its base and of itself, on sales and on refunds.
struct Known {
    id: i64,
    percent: &'static str,
    base: [&'static [i64]; 2],
    own: [&'static [i64]; 2],
}

/// Those of the store's rules; the last two are for what Square does not tax.
const KNOWN: [Known; 6] = [
    Known { id: 191, percent: "21", base: [&[7], &[16]], own: [&[25], &[33]] },
    Known { id: 194, percent: "12", base: [&[6], &[16]], own: [&[25], &[33]] },
    Known { id: 196, percent: "6", base: [&[5], &[16]], own: [&[25], &[33]] },
    Known { id: 198, percent: "0", base: [&[4], &[16]], own: [&[], &[]] },
    Known { id: 203, percent: "export", base: [&[12], &[16]], own: [&[], &[]] },
    Known { id: 282, percent: "none", base: [&[], &[]], own: [&[], &[]] },
];

fn entries<'a>(state: &'a Value, kind: &str, id: &str) -> Vec<&'a Value> {
    let id = id.replace('_', "~5f");
    let name = format!("__causeway__.square-demo_{kind}_{id}");
    list(&state["entries"])
        .iter()
        .filter(|entry| list(&entry["external_ids"]).iter().any(|have| have == name.as_str()))
        .collect()
}

fn balance(line: &Value) -> Decimal {
    decimal(&line["debit"]) - decimal(&line["credit"])
}

fn on(entries: &[&Value], account: i64) -> Decimal {
    let lines = entries.iter().flat_map(|entry| list(&entry["lines"]));
    lines.filter(|line| line["account_id"] == account).map(balance).sum()
}

/// The lines of money that came or went.
fn tenders(entry: &Value) -> impl Iterator<Item = &Value> {
    list(&entry["lines"]).iter().filter(|line| {
        list(&line["external_ids"]).iter().any(|id| id.as_str().unwrap().contains("_tender"))
    })
}

/// What is booked as tax, by tax.
fn booked(entries: &[&Value]) -> BTreeMap<i64, Decimal> {
    let mut sums = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| list(&entry["lines"])) {
        if let Some(tax) = line["tax_line_id"].as_i64() {
            *sums.entry(tax).or_default() += balance(line);
        }
    }
    sums.retain(|_, sum: &mut Decimal| !sum.is_zero());
    sums
}

/// Square's taxes by Odoo's, out of lines and charges.
fn told(order: &Value, taxes: &str, lines: [&str; 2]) -> BTreeMap<i64, Decimal> {
    let mut sums = BTreeMap::new();
    for part in lines.iter().flat_map(|name| list(&order[*name])) {
        for applied in list(&part["applied_taxes"]) {
            let one = list(&order[taxes]).iter().find(|tax| tax["uid"] == applied["tax_uid"]);
            let percent = &one.unwrap()["percentage"];
            let known = KNOWN.iter().find(|known| *percent == known.percent).unwrap();
            *sums.entry(known.id).or_default() += money(&applied["applied_money"]);
        }
    }
    sums.retain(|_, sum: &mut Decimal| !sum.is_zero());
    sums
}

/// Balanced, posted, nothing but our lines, and everything that is in the tax report where it belongs.
fn sound(entry: &Value, refund: bool) -> Vec<String> {
    let mut found = Vec::new();
    let lines = list(&entry["lines"]);
    let sum: Decimal = lines.iter().map(balance).sum();
    if !sum.is_zero() || entry["state"] != "posted" {
        found.push(format!("entry {} is {} and off by {sum}", entry["ref"], entry["state"]));
    }
    for line in lines {
        if list(&line["external_ids"]).len() != 1 {
            found.push(format!("a line that is not ours: {}", line["name"]));
        }
        let side = usize::from(refund);
        let tags: BTreeSet<i64> =
            list(&line["tax_tag_ids"]).iter().filter_map(Value::as_i64).collect();
        let known = |id: i64| KNOWN.iter().find(|known| known.id == id).unwrap();
        let taxes: Vec<i64> = list(&line["tax_ids"]).iter().filter_map(Value::as_i64).collect();
        let expected: BTreeSet<i64> = match line["tax_line_id"].as_i64() {
            Some(tax) => known(tax).own[side].iter().copied().collect(),
            None => taxes.iter().flat_map(|tax| known(*tax).base[side]).copied().collect(),
        };
        if tags != expected {
            found.push(format!("{} has tags {tags:?}, not {expected:?}", line["name"]));
        }
    }
    found
}

/// Every difference between the sales of the store and Odoo's books and stock. `goods_back`: refunded
/// goods are back in stock.
pub fn differences(scenario: &Scenario, goods_back: bool) -> Vec<String> {
    let state = scenario.odoo_state();
    let shop = scenario.shop(Platform::Square);
    let mut found = Vec::new();
    let (mut documents, mut stock) = (0, BTreeMap::new());
    for id in shop.order_ids() {
        let sample = shop.order(&id).unwrap();
        let native = &sample.native;
        if list(&native["payments"]).is_empty() {
            continue;
        }
        let (own, made) = one(&state, &id, native, goods_back, &mut stock);
        documents += made;
        found.extend(own.into_iter().map(|text| format!("{id}: {text}")));
    }
    let all = list(&state["entries"]).len();
    if all != documents {
        found.push(format!("{all} entries in Odoo, {documents} expected"));
    }
    if !list(&state["orders"]).is_empty() || !list(&state["invoices"]).is_empty() {
        found.push("orders or invoices in Odoo".to_owned());
    }
    found.extend(shop.violations());
    found.extend(stock_differences(scenario, &state, stock));
    found
}

fn one(
    state: &Value,
    id: &str,
    native: &Value,
    goods_back: bool,
    stock: &mut BTreeMap<String, Decimal>,
) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let order = &native["order"];
    let sales = entries(state, "entry", id);
    if sales.len() != 1 {
        return (vec![format!("{} entries of the sale", sales.len())], sales.len());
    }
    let payments = list(&native["payments"]);
    let fees: Vec<&Value> = payments
        .iter()
        .flat_map(|payment| entries(state, "entry-fee", payment["id"].as_str().unwrap()))
        .collect();
    let booked_with: Vec<&Value> = sales.iter().chain(&fees).copied().collect();
    found.extend(booked_with.iter().flat_map(|entry| sound(entry, false)));
    let fee: Decimal = payments
        .iter()
        .flat_map(|payment| list(&payment["processing_fee"]))
        .map(|fee| money(&fee["amount_money"]))
        .sum();
    let paid = |kind: &str| -> Decimal {
        let all = payments.iter().filter(|payment| payment["source_type"] == kind);
        all.map(|payment| money(&payment["total_money"])).sum()
    };
    let gift_cards: Decimal = list(&order["line_items"])
        .iter()
        .filter(|line| line["item_type"] == "GIFT_CARD")
        .map(|line| money(&line["total_money"]))
        .sum();
    let tip = money(&order["total_tip_money"]);
    for (account, should) in [
        (CLEARING, paid("CARD") - fee),
        (GIFT_CARDS, paid("SQUARE_GIFT_CARD") - gift_cards),
        (FEES, fee),
        (TIPS, -tip),
    ] {
        let have = on(&booked_with, account);
        if have != should {
            found.push(format!("account {account} has {have}, not {should}"));
        }
    }
    if tenders(sales[0]).count() != payments.len() {
        found.push("not a line for each payment".to_owned());
    }
    let told = told(order, "taxes", ["line_items", "service_charges"]);
    let negated: BTreeMap<i64, Decimal> = told.into_iter().map(|(tax, sum)| (tax, -sum)).collect();
    if booked(&sales) != negated {
        found.push(format!("taxes {:?}, not {negated:?}", booked(&sales)));
    }
    let refunds = refunds(state, native, &mut found);
    goods(id, state, native, goods_back, stock, &mut found);
    (found, booked_with.len() + refunds)
}

/// Return orders whose money goes, against the entries of refunds. Gives how many those are.
fn refunds(state: &Value, native: &Value, found: &mut Vec<String>) -> usize {
    let mut count = 0;
    for back in list(&native["returns"]) {
        let own: Vec<&Value> = list(&native["refunds"])
            .iter()
            .filter(|refund| refund["order_id"] == back["id"] && refund["status"] != "FAILED")
            .collect();
        if own.is_empty() {
            continue;
        }
        let returned = &back["returns"][0];
        let itemised = list(&returned["return_line_items"])
            .iter()
            .any(|line| line["source_line_item_uid"].is_string())
            || !list(&returned["return_service_charges"]).is_empty();
        let id = if itemised { &back["id"] } else { &own[0]["id"] }.as_str().unwrap();
        let made = entries(state, "entry-refund", id);
        if made.len() != 1 {
            found.push(format!("{} entries of refund {id}", made.len()));
            continue;
        }
        count += 1;
        found.extend(sound(made[0], true));
        let total: Decimal = own.iter().map(|refund| money(&refund["amount_money"])).sum();
        let went: Decimal = tenders(made[0]).map(balance).sum();
        if went != -total {
            found.push(format!("refund {id} of {total} gave back {}", -went));
        }
        let beside = list(&returned["return_line_items"])
            .iter()
            .any(|line| line["source_line_item_uid"].is_null());
        let lines = ["return_line_items", "return_service_charges"];
        if itemised && !beside && booked(&made) != told(returned, "return_taxes", lines) {
            found.push(format!("refund {id}: taxes {:?}", booked(&made)));
        }
    }
    count
}

fn goods(
    id: &str,
    state: &Value,
    native: &Value,
    goods_back: bool,
    stock: &mut BTreeMap<String, Decimal>,
    found: &mut Vec<String>,
) {
    let sku = |line: &Value| {
        let object = list(&native["catalog"]).iter().find(|o| o["id"] == line["catalog_object_id"]);
        object.map(|object| object["item_variation_data"]["sku"].as_str().unwrap().to_owned())
    };
    let lines = list(&native["order"]["line_items"]);
    for line in lines {
        if let Some(sku) = sku(line) {
            *stock.entry(sku).or_default() -= decimal(&line["quantity"]);
        }
    }
    for back in list(&native["returns"]).iter().filter(|_| goods_back) {
        let failed = list(&native["refunds"])
            .iter()
            .all(|refund| refund["order_id"] != back["id"] || refund["status"] == "FAILED");
        for line in list(&back["returns"][0]["return_line_items"]).iter().filter(|_| !failed) {
            let sold = lines.iter().find(|sold| sold["uid"] == line["source_line_item_uid"]);
            if let Some(sku) = sold.and_then(sku) {
                *stock.entry(sku).or_default() += decimal(&line["quantity"]);
            }
        }
    }
    let name = format!("__causeway__.square-demo_entry-delivery_{id}");
    let own = list(&state["pickings"])
        .iter()
        .filter(|picking| list(&picking["external_ids"]).iter().any(|have| have == name.as_str()));
    let states: Vec<&Value> = own.map(|picking| &picking["state"]).collect();
    if lines.iter().any(|line| sku(line).is_some()) && states != ["done"] {
        found.push(format!("deliveries {states:?}"));
    }
}

/// What left WH/Stock in all, by SKU.
fn stock_differences(
    scenario: &Scenario,
    state: &Value,
    mut stock: BTreeMap<String, Decimal>,
) -> Vec<String> {
    let products = scenario.odoo_rows(
        "product.product",
        "search_read",
        &json!({
            "domain": [["default_code", "!=", false]], "fields": ["default_code"],
        }),
    );
    let sku = |id: &Value| {
        let product = list(&products).iter().find(|product| product["id"] == *id).unwrap();
        product["default_code"].as_str().unwrap().to_owned()
    };
    for change in list(&state["stock_changes"]).iter().filter(|one| one["location_id"] == 5) {
        *stock.entry(sku(&change["product_id"])).or_default() -= decimal(&change["change"]);
    }
    let off = stock.into_iter().filter(|(_, left)| !left.is_zero());
    off.map(|(sku, left)| format!("stock of {sku} is off by {left}")).collect()
}

/// What is left on each account, zero left out.
pub fn left(scenario: &Scenario) -> BTreeMap<i64, Decimal> {
    let state = scenario.odoo_state();
    let mut sums: BTreeMap<i64, Decimal> = BTreeMap::new();
    for line in list(&state["entries"]).iter().flat_map(|entry| list(&entry["lines"])) {
        *sums.entry(line["account_id"].as_i64().unwrap()).or_default() += balance(line);
    }
    sums.retain(|_, sum| !sum.is_zero());
    sums
}
