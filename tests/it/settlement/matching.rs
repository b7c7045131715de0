//! Which document a line of a payout belongs to: invoices, credit notes and payments are made and named by
//! our own flows from what the platforms' fakes tell, and the payouts by what the fakes tell as well.

use super::platform::{Moved, shopify};
use super::{
    Line, UNMATCHED, booked, import_to_the_end, in_euro, minor, on, placed, settlement, world,
};
use crate::sim::Scenario;
use causeway_domain::{EntryKind, Goods, Settlement};
use sandbox::platforms::Platform;
use serde_json::Value;
use std::fmt::Write as _;

/// A world in which these stores have this `[after_sales]` table.
fn with_policy(stores: &[&str], after_sales: &str, change: impl Fn(String) -> String) -> Scenario {
    world(|mut text| {
        for store in stores {
            let _ = write!(text, "[stores.{store}.after_sales]\n{after_sales}\n");
        }
        change(text)
    })
}

/// An order in euro, and what its policy makes of it.
async fn bought(scenario: &Scenario, platform: Platform, seed: u64) -> String {
    let id = scenario.shop(platform).add(seed, in_euro);
    scenario.drive(&[scenario.nudge(platform, &id)]).await;
    id
}

fn line(moved: &Moved) -> Line {
    Line {
        kind: if moved.minor < 0 { EntryKind::Refund } else { EntryKind::Charge },
        gross: moved.minor,
        fee: 35,
        reference: Some(moved.reference.clone()),
        order: Some(moved.order.clone()),
    }
}

/// Imports a payout of these.
async fn paid_out(scenario: &Scenario, processor: &str, id: &str, moved: &[Moved]) -> Settlement {
    let lines: Vec<Line> = moved.iter().map(line).collect();
    let settlement = Settlement { id: id.into(), ..settlement(processor, &lines) };
    let nudge = placed(scenario, processor, &settlement);
    import_to_the_end(scenario, &nudge).await;
    settlement
}

/// What is open on the documents of customers.
fn open(state: &Value) -> i64 {
    let documents = ["invoices", "credit_notes"].into_iter().flat_map(|kind| {
        state[kind].as_array().unwrap().iter().map(|one| minor(&one["amount_residual"]))
    });
    documents.sum()
}

/// Shopify's payouts name transactions and orders, and so are invoices, credit notes and payments named.
#[tokio::test]
async fn payouts_of_shopify_payments_meet_what_the_orders_became() {
    let invoices = "invoices = \"at_order\"";
    let payments = "invoices = \"at_order\"\npayments = \"per_order\"\njournal = 6";
    for policy in [invoices, payments] {
        let per_order = policy == payments;
        let scenario = with_policy(&["shopify-demo"], policy, |text| match per_order {
            false => text,
            true => {
                let books = "[accounts.shopify-pay.books]\n";
                let text = text.replace(books, &format!("{books}matching = \"payments\"\n"));
                text.replace("clearing = 497", "clearing = 495")
            }
        });
        let mut moved = Vec::new();
        for seed in [41, 42] {
            let id = bought(&scenario, Platform::Shopify, seed).await;
            moved.extend(shopify(&scenario, &id));
        }
        paid_out(&scenario, "shopify", "1", &moved).await;
        // The refund comes with the next payout.
        let id = scenario.shop(Platform::Shopify).order_ids()[0].clone();
        scenario.shop(Platform::Shopify).refund_rest(&id, Goods::NotSent, true);
        scenario.drive(&[scenario.after(Platform::Shopify, &id)]).await;
        let mut back = shopify(&scenario, &id);
        back.retain(|one| one.minor < 0);
        paid_out(&scenario, "shopify", "2", &back).await;
        let state = scenario.odoo_state();
        let entries = booked(&state);
        assert_eq!(entries.len(), 2, "{policy}: {:#?}", scenario.sink.lines().last());
        for entry in entries {
            assert_eq!(on(entry, UNMATCHED), 0, "{policy}: {:#?}", scenario.attention().await);
            let lines = entry["lines"].as_array().unwrap().iter();
            let mut met = lines.filter(|line| line["name"].as_str().unwrap().contains(" 9007"));
            assert!(met.all(|line| line["reconciled"] == true), "{policy}: {entry:#?}");
        }
        assert_eq!(open(&state), 0, "{policy}");
        assert_eq!(scenario.attention().await, [], "{policy}");
    }
}
