//! The independent check: what the stores hold against what Odoo holds, both read over HTTP. Uses
//! none of our adapters, none of our mapping and nothing that the functions wrote about themselves.

use causeway_domain::{Currency, Decimal};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An order as its store holds it.
#[derive(Clone, Debug)]
pub struct Sold {
    /// The platform's id.
    pub id: String,
    /// What it must be called in Odoo: platform, store, number.
    pub origin: String,
    /// ISO currency.
    pub currency: String,
    /// What was sold, tax included, whatever was given back of it.
    pub total: Decimal,
    tax: Decimal,
    /// The sum of the taxes as the store lists them by rate; WooCommerce may be a cent off with itself.
    listed_tax: Decimal,
    skus: Vec<String>,
    /// pending, paid, completed, cancelled.
    pub phase: String,
    /// What was given back.
    pub refunds: Vec<Refunded>,
    /// What was paid.
    pub captured: Decimal,
    /// What the buyer's bank took back, which the store does not know.
    pub charged_back: Decimal,
}

/// A refund as its store holds it.
#[derive(Clone, Debug)]
pub struct Refunded {
    /// Tax included.
    pub gross: Decimal,
    /// True if the money has gone.
    pub settled: bool,
}

impl Sold {
    /// All that was given back.
    pub fn refunded(&self) -> Decimal {
        self.refunds.iter().map(|refund| refund.gross).sum()
    }
}

/// What must not be as usual, by the platform's ids.
#[derive(Clone, Debug, Default)]
pub struct Unusual {
    /// Must not be in Odoo: refused by it, cancelled before, or only ever mentioned by forgers.
    pub never: BTreeSet<String>,
    /// Must be there and be cancelled.
    pub cancelled: BTreeSet<String>,
}

/// What one store's orders came to.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Orders that must be in Odoo.
    pub due: usize,
    /// Of them, those that are in Odoo exactly once.
    pub once: usize,
    /// Sale orders beyond one for an order.
    pub duplicates: usize,
    /// Orders that must be in Odoo and are not.
    pub lost: usize,
    /// Minor units by which totals and taxes differ, all differences added up.
    pub cents: Decimal,
    /// What is wrong, order by order.
    pub problems: Vec<String>,
}

/// The orders of a store's state, by id.
pub fn sold(state: &Value) -> Vec<Sold> {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (platform, store) = (text(state, "platform"), text(state, "store"));
    let orders = state.get("orders").and_then(Value::as_array).cloned().unwrap_or_default();
    orders
        .iter()
        .map(|order| Sold {
            id: text(order, "id"),
            origin: format!("{platform} {store} {}", text(order, "number")),
            currency: text(order, "currency"),
            total: amount(order, "total"),
            tax: amount(order, "tax"),
            listed_tax: amount(order, "listed_tax"),
            skus: texts(order.get("skus")),
            phase: text(order, "phase"),
            refunds: list(order, "refunds")
                .iter()
                .map(|refund| Refunded {
                    gross: amount(refund, "gross"),
                    settled: refund.get("settled").and_then(Value::as_bool).unwrap_or_default(),
                })
                .collect(),
            captured: amount(order, "captured"),
            charged_back: Decimal::ZERO,
        })
        .collect()
}

/// A list of an object.
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A decimal text of an object.
pub fn amount(value: &Value, name: &str) -> Decimal {
    value.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).cloned().unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Compares the orders of one store.
pub fn compare(sold: &[Sold], unusual: &Unusual, odoo: &Value) -> Compared {
    let mut by_origin: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for order in odoo.get("orders").and_then(Value::as_array).into_iter().flatten() {
        let origin = order.get("origin").and_then(Value::as_str).unwrap_or_default();
        by_origin.entry(origin).or_default().push(order);
    }
    let mut compared = Compared::default();
    for order in sold {
        let found = by_origin.get(order.origin.as_str()).map(Vec::as_slice).unwrap_or_default();
        let cancelled = unusual.cancelled.contains(&order.id);
        let due = (order.phase != "cancelled" || cancelled) && !unusual.never.contains(&order.id);
        one(order, due, found, &mut compared);
    }
    compared
}

fn one(order: &Sold, due: bool, found: &[&Value], compared: &mut Compared) {
    compared.due += usize::from(due);
    compared.duplicates += found.len().saturating_sub(1);
    match (due, found) {
        (false, []) => {}
        (false, _) => {
            compared.problems.push(format!("{} is in Odoo and must not be", order.origin))
        }
        (true, []) => {
            compared.lost += 1;
            compared.problems.push(format!("{} is not in Odoo", order.origin));
        }
        (true, [document]) => {
            compared.once += 1;
            content(order, document, compared);
        }
        (true, [document, ..]) => {
            compared.problems.push(format!("{} is in Odoo {} times", order.origin, found.len()));
            content(order, document, compared);
        }
    }
}

/// Currency, amounts, goods and state of an order that is in Odoo.
fn content(order: &Sold, document: &Value, compared: &mut Compared) {
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut wrong = Vec::new();
    if text("currency") != order.currency {
        wrong.push(format!("currency {} instead of {}", text("currency"), order.currency));
    }
    if order.refunds.is_empty() {
        let listed = amount(document, "amount_tax") == order.listed_tax;
        let tax = if listed { order.listed_tax } else { order.tax };
        for (name, expected) in [("amount_total", order.total), ("amount_tax", tax)] {
            let is = amount(document, name);
            let apart = minor(is - expected, &order.currency);
            compared.cents += apart;
            if !apart.is_zero() {
                wrong.push(format!("{name} {is} instead of {expected}"));
            }
        }
    } else {
        // What was taken off the order, and what was credited instead, is seen in the books.
        let (is, least) = (amount(document, "amount_total"), order.total - order.refunded());
        if is < least || is > order.total {
            wrong.push(format!("amount_total {is}, not from {least} to {}", order.total));
        }
    }
    let lines = document.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let is =
        sorted(lines.iter().filter_map(|line| line.get("sku")?.as_str()).filter(|sku| goods(sku)));
    let expected = sorted(order.skus.iter().map(String::as_str).filter(|sku| goods(sku)));
    if is != expected {
        wrong.push(format!("goods {is:?} instead of {expected:?}"));
    }
    let states: &[&str] = match order.phase.as_str() {
        "pending" => &["draft", "sent"],
        "cancelled" => &["cancel"],
        _ => &["sale", "done"],
    };
    if !states.contains(&text("state")) {
        wrong.push(format!("state {} for an order that is {}", text("state"), order.phase));
    }
    if !wrong.is_empty() {
        compared.problems.push(format!("{}: {}", order.origin, wrong.join(", ")));
    }
}

/// Goods have SKUs of the catalogue; shipping and the like have products of the configuration.
fn goods(sku: &str) -> bool {
    sku.starts_with("SKU-") || sku == super::script::UNKNOWN_SKU
}

fn sorted<'a>(skus: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut skus: Vec<String> = skus.map(str::to_owned).collect();
    skus.sort();
    skus
}

/// Minor units of a difference.
pub fn minor(difference: Decimal, currency: &str) -> Decimal {
    let exponent = Currency::from_code(currency).map_or(2, Currency::exponent);
    let mut units = difference.abs();
    for _ in 0..exponent {
        units *= Decimal::TEN;
    }
    units.normalize()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use serde_json::json;

    fn store() -> Value {
        json!({"platform": "square", "store": "sq", "orders": [
            {"id": "A", "number": "1", "currency": "EUR", "total": "12.10", "tax": "2.10", "skus": ["SKU-001"], "phase": "paid"},
            {"id": "B", "number": "2", "currency": "KWD", "total": "1.000", "tax": "0", "skus": [], "phase": "cancelled"},
        ]})
    }

    fn document() -> Value {
        json!({"origin": "square sq 1", "currency": "EUR", "amount_total": "12.1", "amount_tax": "2.1",
               "state": "sale", "lines": [{"sku": "SKU-001"}, {"sku": "DELIVERY"}]})
    }

    fn run(never: &[&str], documents: Value) -> Compared {
        let never = never.iter().map(|id| (*id).to_owned()).collect();
        let unusual = Unusual { never, ..Unusual::default() };
        compare(&sold(&store()), &unusual, &json!({"orders": documents}))
    }

    #[test]
    fn an_order_that_is_there_once_and_equal_is_well() {
        let compared = run(&[], json!([document()]));
        assert_eq!((compared.due, compared.once, compared.lost, compared.duplicates), (1, 1, 0, 0));
        assert!(compared.problems.is_empty(), "{:?}", compared.problems);
    }

    #[test]
    fn a_missing_and_a_doubled_order_are_named() {
        assert_eq!(run(&[], json!([])).lost, 1);
        let doubled = run(&[], json!([document(), document()]));
        assert_eq!((doubled.once, doubled.duplicates), (0, 1));
        assert_eq!(doubled.problems, ["square sq 1 is in Odoo 2 times"]);
    }

    #[test]
    fn a_cent_a_sku_and_a_state_that_differ_are_named() {
        let mut wrong = document();
        wrong["amount_total"] = json!("12.11");
        wrong["state"] = json!("draft");
        wrong["lines"] = json!([]);
        let compared = run(&[], json!([wrong]));
        assert_eq!(compared.cents, Decimal::ONE);
        for part in ["amount_total 12.11 instead of 12.10", "goods [] instead of", "state draft"] {
            assert!(compared.problems[0].contains(part), "{part}: {:?}", compared.problems);
        }
    }

    #[test]
    fn what_must_not_be_there_is_named() {
        assert_eq!(
            run(&["A"], json!([document()])).problems,
            ["square sq 1 is in Odoo and must not be"]
        );
        assert!(run(&["A"], json!([])).problems.is_empty());
    }

    #[test]
    fn minor_units_follow_the_currency() {
        let tenth: Decimal = "0.1".parse().unwrap();
        assert_eq!(minor(tenth, "KWD"), Decimal::ONE_HUNDRED);
        assert_eq!(minor(tenth, "EUR"), Decimal::TEN);
    }
}
