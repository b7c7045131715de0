//! The heart: a process may die at any call, before or after its effect, and the redelivery still ends
//! in exactly one of each document.
//!
//! The list of kill points is not written down: it is the list of calls of a clean run. With n calls
//! there are 2n kills: "the answer was never seen" and "it took effect later than the redelivery".

use crate::sim::{Kill, LEASE_OVER, Scenario, every_kill};
use causeway_domain::Nudge;
use sandbox::platforms::{Draft, Edit, Phase, Platform};

/// What is prepared before the run that dies.
type Before = fn(&Scenario, Platform) -> Vec<String>;

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

fn one_order(scenario: &Scenario, platform: Platform) -> Vec<String> {
    vec![scenario.shop(platform).add(21, paid)]
}

fn three_orders_of_two_customers(scenario: &Scenario, platform: Platform) -> Vec<String> {
    (0..3).map(|_| scenario.shop(platform).add(22, paid)).collect()
}

async fn dies_at_every_call(platform: Platform, before: Before) {
    let clean = Scenario::new();
    let nudges = nudges(&clean, platform, &before(&clean, platform));
    clean.gate.disarm();
    clean.project(&nudges).await;
    assert_eq!(clean.differences(), Vec::<String>::new(), "the clean run");
    let calls = clean.gate.calls();
    let documents = documents(&clean);
    assert!(calls.iter().any(|call| call == "odoo sale.order/load"), "{calls:?}");

    for (at, kill, death) in every_kill(&calls) {
        let what = format!("{platform:?}, {death}");
        let scenario = Scenario::new();
        let nudges = self::nudges(&scenario, platform, &before(&scenario, platform));
        let late = scenario.dies(at, kill, scenario.project(&nudges), &what).await;
        scenario.project_to_the_end(&nudges).await;
        scenario.arrive_late(late);
        scenario.project_to_the_end(&nudges).await;
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{what}");
        assert_eq!(self::documents(&scenario), documents, "one of each: {what}");
        assert!(scenario.attention().await.is_empty(), "{what}");
    }
}

fn nudges(scenario: &Scenario, platform: Platform, ids: &[String]) -> Vec<Nudge> {
    ids.iter().map(|id| scenario.nudge(platform, id)).collect()
}

/// How many of each document Odoo has, and the fiscal position of each order.
fn documents(scenario: &Scenario) -> ([usize; 3], Vec<serde_json::Value>) {
    let state = scenario.odoo_state();
    let count = |what: &str| state[what].as_array().unwrap().len();
    let orders = state["orders"].as_array().unwrap().iter();
    let positions = orders.map(|order| order["fiscal_position"].clone()).collect();
    (["orders", "partners", "pickings"].map(count), positions)
}

/// R195: one lone order of every platform.
#[tokio::test]
async fn a_lone_order_survives_a_kill_at_every_call() {
    for platform in Platform::ALL {
        dies_at_every_call(platform, one_order).await;
    }
}

/// R195, R198: sales over the counter, whose fiscal position is taken off before they are confirmed.
#[tokio::test]
async fn sales_over_the_counter_survive_a_kill_at_every_call() {
    let two = |scenario: &Scenario, platform| {
        let shop = scenario.shop(platform);
        (0..2).map(|_| shop.add(12, |draft| paid(draft).to_a_stranger())).collect()
    };
    dies_at_every_call(Platform::Square, two).await;
}

/// R195: a batch.
#[tokio::test]
async fn a_batch_survives_a_kill_at_every_call() {
    dies_at_every_call(Platform::WooCommerce, three_orders_of_two_customers).await;
}

/// An edit is a write of values, the one step that is not safe to repeat. A request of a dead worker
/// cannot arrive after the lease: Odoo stops it at `limit_time_real`, which is shorter.
#[tokio::test]
async fn an_edit_survives_a_kill_at_every_call() {
    let platform = Platform::Shopify;
    let prepared = || async {
        let scenario = Scenario::new();
        let id = scenario.shop(platform).add(23, paid);
        let nudge = scenario.nudge(platform, &id);
        scenario.project(std::slice::from_ref(&nudge)).await;
        scenario.shop(platform).edit_order(&id, Edit::Quantity { line: 0, quantity: 9.into() });
        scenario.gate.disarm();
        (scenario, nudge)
    };
    let (clean, nudge) = prepared().await;
    clean.project(std::slice::from_ref(&nudge)).await;
    assert_eq!(clean.differences(), Vec::<String>::new());
    let calls = clean.gate.calls();
    assert!(calls.iter().any(|call| call == "odoo sale.order/write"), "{calls:?}");
    for (at, call) in calls.iter().enumerate() {
        for kill in [Kill::AfterEffect, Kill::BeforeEffect] {
            let (scenario, nudge) = prepared().await;
            scenario.gate.arm(at, kill);
            let gate = scenario.gate.clone();
            assert!(gate.run(scenario.project(std::slice::from_ref(&nudge))).await.is_none());
            let late = scenario.gate.take_late();
            scenario.gate.disarm();
            scenario.arrive_late(late);
            scenario.clock.advance(LEASE_OVER);
            scenario.project_to_the_end(std::slice::from_ref(&nudge)).await;
            assert_eq!(scenario.differences(), Vec::<String>::new(), "{kill:?} at {call}");
            assert!(scenario.attention().await.is_empty(), "{kill:?} at {call}");
        }
    }
}
