//! After the order: cancellations, refunds, returns and payments, exact and only once.

mod books;
mod cancel;
mod kill;
mod picked;
mod property;
mod refunds;
mod story;

use crate::sim::Scenario;
use books::{Policy, differences};
use sandbox::platforms::{Draft, Phase, Platform};
use std::fmt::Write as _;

/// A world whose stores have this `[after_sales]` table.
fn world(after_sales: &str) -> Scenario {
    Scenario::with(|mut text| {
        for store in ["shopify-demo", "woo-demo", "magento-demo", "presta-demo", "square-demo"] {
            let _ = write!(text, "[stores.{store}.after_sales]\n{after_sales}\n");
        }
        text.replace(
            "[stores.shopify-demo.options]\n",
            "[stores.shopify-demo.options]\nreturns = false\n",
        )
    })
}

/// Every platform.
const PLATFORMS: [Platform; 5] = Platform::ALL;
const INVOICED: &str = "invoices = \"at_order\"";
const PAID: &str =
    "invoices = \"at_order\"\npayments = \"per_order\"\njournal = 6\nreturns = \"platform\"";
const DELIVERED: &str = "invoices = \"at_delivery\"";
const DELIVERED_PAID: &str =
    "invoices = \"at_delivery\"\npayments = \"per_order\"\njournal = 6\nreturns = \"platform\"";

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft.gift_card_share = None;
    draft
}

/// An order in Odoo, and what its policy makes of it.
async fn sold(scenario: &Scenario, platform: Platform, seed: u64) -> String {
    let id = scenario.shop(platform).add(seed, paid);
    scenario.drive(&[scenario.nudge(platform, &id)]).await;
    id
}

async fn assert_books(scenario: &Scenario, policy: Policy, what: &str) {
    let found = differences(scenario, policy);
    let said = scenario.sink.lines();
    let last = said.iter().rev().take(6).collect::<Vec<_>>();
    assert_eq!(found, Vec::<String>::new(), "{what}: {last:#?}");
    let waits: Vec<_> = scenario.attention().await.into_iter().map(|item| item.reason).collect();
    assert_eq!(waits, Vec::<String>::new(), "{what}");
}
