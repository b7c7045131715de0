//! Which document a line of a payout belongs to: invoices, credit notes and payments are made and named by
//! our own flows from what the platforms' fakes tell, and the payouts by what the fakes tell as well.

use super::platform::{Moved, shopify};
use super::scene::{
    BANK, Line, UNMATCHED, booked, import_to_the_end, in_euro, minor, on, placed, settlement, world,
};
use crate::sim::{ODOO, Scenario};
use causeway_domain::{EntryKind, Goods, Settlement};
use causeway_flows::config::{Environment, problems};
use rust_decimal::Decimal;
use sandbox::config::{CHART, environment, with_journal};
use sandbox::odoo::Seed;
use sandbox::platforms::{Draft, Phase, Platform, SampleRefund, shops};
use serde_json::Value;
use std::fmt::Write as _;

/// A world in which these stores have this `[after_sales]` table.
pub fn with_policy(
    stores: &[&str],
    after_sales: &str,
    change: impl Fn(String) -> String,
) -> Scenario {
    world(|mut text| {
        for store in stores {
            let _ = write!(text, "[stores.{store}.after_sales]\n{after_sales}\n");
        }
        change(text)
    })
}

/// An order in euro, and what its policy makes of it.
pub async fn bought(scenario: &Scenario, platform: Platform, seed: u64) -> String {
    let id = scenario.shop(platform).add(seed, in_euro);
    scenario.drive(&[scenario.nudge(platform, &id)]).await;
    id
}

pub fn line(moved: &Moved) -> Line {
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

/// The section of a store, once more under another name: two shops whose orders have the same numbers.
fn twice(text: &str, store: &str, other: &str) -> String {
    let own = |line: &str| {
        let name = line.trim_start_matches('[');
        name.strip_prefix("stores.").is_some_and(|name| name.starts_with(store))
    };
    let (mut inside, mut second) = (false, String::new());
    for line in text.lines() {
        if line.starts_with('[') {
            inside = own(line);
        }
        if inside {
            let head = line.starts_with('[');
            let line = if head { line.replace(store, other) } else { line.to_owned() };
            second.push_str(&line);
            second.push('\n');
        }
    }
    format!("{text}\n{second}")
}

/// Two shops of one company both have an order 1001 over the same amount: the account's stores decide, and
/// without them a person, with both invoices.
#[tokio::test]
async fn order_numbers_of_two_shops_are_told_apart() {
    for named in [true, false] {
        let scenario = with_policy(&["woo-demo"], "invoices = \"at_order\"", |text| {
            let text = twice(&text, "woo-demo", "woo-two");
            match named {
                false => text,
                true => text.replace(
                    "[accounts.stripe-pay]\n",
                    "[accounts.stripe-pay]\nstores = [\"woo-two\"]\n",
                ),
            }
        });
        let id = bought(&scenario, Platform::WooCommerce, 43).await;
        let mut other = scenario.nudge(Platform::WooCommerce, &id);
        other.store = "woo-two".into();
        scenario.drive(&[other]).await;
        let state = scenario.odoo_state();
        let invoices = state["invoices"].as_array().unwrap();
        assert_eq!(invoices.len(), 2, "{:#?}", scenario.sink.lines().last());
        assert_eq!(invoices[0]["ref"], invoices[1]["ref"]);
        let total = minor(&invoices[0]["amount_total"]);
        let moved = Moved {
            reference: "ch_unknown_to_the_shop".to_owned(),
            order: invoices[0]["ref"].as_str().unwrap().to_owned(),
            minor: total,
        };
        paid_out(&scenario, "stripe", "po_1", &[moved]).await;
        let state = scenario.odoo_state();
        let residual = |at: usize| minor(&state["invoices"][at]["amount_residual"]);
        let items = scenario.attention().await;
        if named {
            assert_eq!((residual(0), residual(1)), (total, 0));
            assert_eq!(items, []);
        } else {
            assert_eq!((residual(0), residual(1)), (total, total));
            assert_eq!(on(booked(&state)[0], UNMATCHED), -total);
            assert!(items[0].reason.contains("name the account's stores"), "{}", items[0].reason);
        }
    }
}

/// An order of that number whose amount does not fit is another shop's.
#[tokio::test]
async fn a_number_alone_needs_the_amount_as_well() {
    let scenario = with_policy(&["woo-demo"], "invoices = \"at_order\"", |text| text);
    let id = bought(&scenario, Platform::WooCommerce, 43).await;
    let order = scenario.shop(Platform::WooCommerce).expected(&id).unwrap().number;
    let total = minor(&scenario.odoo_state()["invoices"][0]["amount_total"]);
    let moved = |minor: i64| Moved { reference: "ch_x".to_owned(), order: order.clone(), minor };
    paid_out(&scenario, "stripe", "po_1", &[moved(total + 1)]).await;
    let state = scenario.odoo_state();
    assert_eq!(minor(&state["invoices"][0]["amount_residual"]), total);
    assert!(scenario.attention().await[0].reason.contains("only its order's number fits"));
    paid_out(&scenario, "stripe", "po_2", &[moved(total)]).await;
    assert_eq!(minor(&scenario.odoo_state()["invoices"][0]["amount_residual"]), 0);
}

/// Two refunds of one order over the same amount, in payouts of their own, are two credit notes; imported
/// again they stay what they are.
#[tokio::test]
async fn equal_refunds_in_different_payouts_meet_a_note_each() {
    let scenario = with_policy(&["woo-demo"], "invoices = \"at_order\"", |text| {
        text.replace("[accounts.stripe-pay]\n", "[accounts.stripe-pay]\nstores = [\"woo-demo\"]\n")
    });
    let woo = Platform::WooCommerce;
    let id = bought(&scenario, woo, 44).await;
    let order = scenario.shop(woo).expected(&id).unwrap().number;
    let total = minor(&scenario.odoo_state()["invoices"][0]["amount_total"]);
    let moved = |minor: i64| Moved { reference: "ch_1".to_owned(), order: order.clone(), minor };
    paid_out(&scenario, "stripe", "po_1", &[moved(total)]).await;
    for (at, payout) in ["po_2", "po_3"].into_iter().enumerate() {
        scenario.shop(woo).refund(&id, SampleRefund::money(Decimal::new(500, 2)));
        scenario.drive(&[scenario.after(woo, &id)]).await;
        for _ in 0..2 {
            paid_out(&scenario, "stripe", payout, &[moved(-500)]).await;
        }
        let state = scenario.odoo_state();
        let notes = state["credit_notes"].as_array().unwrap();
        assert_eq!(notes.len(), at + 1, "{:#?}", scenario.sink.lines().last());
        assert!(notes.iter().all(|note| note["amount_residual"] == "0"), "{payout}: {notes:#?}");
    }
    assert_eq!(scenario.attention().await, []);
}

/// Sales of a point of sale are entries with their fees: a payout takes them off the clearing account and
/// books no fee again.
#[tokio::test]
async fn a_payout_of_sales_that_are_entries_books_no_fee_twice() {
    let with = |text: String, matching: &str| {
        let named = "[accounts.square-pay]\n";
        let text = text.replace(named, &format!("{named}stores = [\"square-demo\"]\n"));
        let books = "[accounts.square-pay.books]\n";
        let (head, tail) = text.split_once(books).unwrap();
        let clearing = format!("clearing = {}", CHART.clearing);
        let tail = tail.replacen("clearing = 497", &clearing, 1);
        with_journal(&format!("{head}{books}{matching}{tail}"), "square-demo", "")
    };
    let scenario = world(|text| with(text, "matching = \"journal\"\n"));
    let square = Platform::Square;
    let id =
        scenario.shop(square).add(8, |draft| Draft { phase: Phase::Completed, ..in_euro(draft) });
    scenario.shop(square).fees_come(&id);
    scenario.drive(&[scenario.nudge(square, &id)]).await;
    let state = scenario.odoo_state();
    let sum = |state: &Value, account: i64| -> i64 {
        state["entries"].as_array().unwrap().iter().map(|entry| on(entry, account)).sum()
    };
    let (fee, held) = (sum(&state, CHART.fees), sum(&state, CHART.clearing));
    assert!(fee > 0 && held > 0, "{:#?}", scenario.sink.lines().last());
    let moved = Moved { reference: "pay_1".to_owned(), order: id.clone(), minor: held + fee };
    let charge = Line { fee, ..line(&moved) };
    let settlement = settlement("square", &[charge]);
    let nudge = placed(&scenario, "square", &settlement);
    import_to_the_end(&scenario, &nudge).await;
    let state = scenario.odoo_state();
    assert_eq!(booked(&state).len(), 1, "{:#?}", scenario.sink.lines().last());
    assert_eq!((sum(&state, CHART.fees), sum(&state, CHART.clearing)), (fee, 0));
    assert_eq!((sum(&state, UNMATCHED), sum(&state, BANK)), (0, held));
    assert_eq!(scenario.attention().await, []);
    // What books the fees twice is refused before it is pushed.
    let text = environment(ODOO, Seed::DATABASE, &shops());
    let paths = |matching: &str| -> Vec<String> {
        let environment = Environment::parse(&with(text.clone(), matching)).unwrap();
        problems(&environment).into_iter().map(|one| one.path).collect()
    };
    assert_eq!(paths("matching = \"journal\"\n"), Vec::<String>::new());
    assert_eq!(paths(""), ["accounts.square-pay.books.matching"]);
}
