//! What the stores hold against what Odoo holds.

use super::Scenario;
use rust_decimal::Decimal;
use sandbox::platforms::Phase;

impl Scenario {
    /// Every difference between what the stores hold and what Odoo holds, found without our adapters
    /// or ledger: one confirmed order for each paid one, on the cent, dated as placed; nothing else.
    pub fn differences(&self) -> Vec<String> {
        self.differences_in(&self.odoo_state())
    }

    /// The same for an Odoo that gave this account: `{"orders": [{"client_order_ref", "origin",
    /// "amount_total", "amount_tax", "state", "date_order"}]}` with amounts as text.
    pub fn differences_in(&self, state: &serde_json::Value) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut expected = 0;
        for (platform, fake) in &self.shops {
            for id in fake.order_ids() {
                let order = fake.expected(&id).unwrap();
                let same: Vec<_> = state["orders"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|have| {
                        have["client_order_ref"] == order.number.as_str()
                            && have["origin"].as_str().unwrap().starts_with(platform.id())
                    })
                    .collect();
                expected += same.len().min(1);
                let (least, wanted_state) = match order.phase {
                    Phase::Paid | Phase::Completed => (1, "sale"),
                    // Announced payments make a quotation or nothing yet, as the platform's status says.
                    Phase::Pending => (0, "draft"),
                    Phase::Cancelled => (0, "none"),
                };
                if same.len() < least || same.len() > 1 {
                    let said: Vec<String> = self
                        .sink
                        .lines()
                        .into_iter()
                        .filter(|line| line.contains(&format!("order/{id}")))
                        .collect();
                    found.push(format!("{platform:?} {id}: {} in Odoo; {said:?}", same.len()));
                }
                for have in same {
                    let amount =
                        |field: &str| -> Decimal { have[field].as_str().unwrap().parse().unwrap() };
                    let tax = amount("amount_tax");
                    // WooCommerce states two sums of tax that may differ by a cent per rate.
                    let tax_agrees = tax == order.tax || tax == order.listed_tax;
                    if amount("amount_total") != order.total || !tax_agrees {
                        found.push(format!(
                            "{platform:?} {id}: {} with {} tax in Odoo, {} with {} in the store",
                            amount("amount_total"),
                            amount("amount_tax"),
                            order.total,
                            order.tax
                        ));
                    }
                    if have["state"] != wanted_state {
                        found.push(format!("{platform:?} {id}: state {}", have["state"]));
                    }
                    let placed = fake.order(&id).unwrap().draft.placed_at;
                    if have["date_order"] != placed.strftime("%Y-%m-%d %H:%M:%S").to_string() {
                        let dated = &have["date_order"];
                        found.push(format!("{platform:?} {id}: dated {dated}, placed {placed}"));
                    }
                }
            }
            found.extend(fake.violations());
        }
        let have = state["orders"].as_array().unwrap().len();
        if have > expected {
            found.push(format!("{have} orders in Odoo for {expected} in the stores"));
        }
        found
    }
}
