//! One bad record never fails the nine beside it.

use crate::sim::{Kill, Scenario};
use causeway_ledger::{Disposition, State};
use sandbox::platforms::{Draft, Phase, Platform};
use std::time::Duration;

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

fn loads(scenario: &Scenario) -> usize {
    scenario.gate.calls().iter().filter(|call| *call == "odoo sale.order/load").count()
}

/// R269, R270: nine done in at most two loads, one attention item for each poisoned one.
#[tokio::test]
async fn a_poisoned_order_leaves_the_others_alone() {
    for poisoned in [1, 2] {
        let scenario = Scenario::new();
        let shop = scenario.shop(Platform::WooCommerce);
        let mut ids: Vec<String> = (0..10 - poisoned).map(|_| shop.add(31, paid)).collect();
        let bad: Vec<String> = (0..poisoned).map(|_| shop.add_poisoned(31)).collect();
        // In the middle, and first: record 0 is where Odoo echoes.
        ids.insert(4, bad[0].clone());
        if let Some(second) = bad.get(1) {
            ids.insert(0, second.clone());
        }
        let nudges: Vec<_> =
            ids.iter().map(|id| scenario.nudge(Platform::WooCommerce, id)).collect();
        scenario.gate.disarm();
        let dispositions = scenario.project(&nudges).await;
        assert_eq!(dispositions, vec![Disposition::Done; 10]);
        assert!(loads(&scenario) <= 2, "{} loads", loads(&scenario));
        let attention = scenario.attention().await;
        assert_eq!(attention.len(), poisoned, "{attention:?}");
        for id in &ids {
            let state = scenario.row(Platform::WooCommerce, id).await.unwrap().state;
            let expected = if bad.contains(id) { State::Attention } else { State::Done };
            assert_eq!(state, expected, "{id}");
        }
    }
}

/// One order of the batch is already confirmed in Odoo: `action_confirm` of all would fail for all.
#[tokio::test]
async fn an_order_that_is_already_confirmed_does_not_fail_the_batch() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Magento);
    let ids: Vec<String> = (0..10).map(|_| shop.add(32, paid)).collect();
    let nudges: Vec<_> = ids.iter().map(|id| scenario.nudge(Platform::Magento, id)).collect();
    // The worker dies right after the load; somebody confirms one of the drafts by hand.
    let load =
        clean_calls(ids.len()).await.iter().position(|c| c == "odoo sale.order/load").unwrap();
    scenario.gate.arm(load, Kill::AfterEffect);
    let gate = scenario.gate.clone();
    assert!(gate.run(scenario.project(&nudges)).await.is_none());
    scenario.gate.disarm();
    let order = scenario.odoo_state()["orders"][3]["id"].as_i64().unwrap();
    scenario.odoo_as_admin("sale.order", "action_confirm", &[order]);
    scenario.clock.advance(Duration::from_secs(200));
    scenario.project_to_the_end(&nudges).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
    assert!(scenario.attention().await.is_empty());
}

/// The calls of a clean run of such a batch.
async fn clean_calls(orders: usize) -> Vec<String> {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Magento);
    let ids: Vec<String> = (0..orders).map(|_| shop.add(32, paid)).collect();
    let nudges: Vec<_> = ids.iter().map(|id| scenario.nudge(Platform::Magento, id)).collect();
    scenario.gate.disarm();
    scenario.project(&nudges).await;
    scenario.gate.calls()
}

/// At most one Odoo call per order in a batch of ten, at most four for a lone one, with customer and
/// products known.
#[tokio::test]
async fn odoo_calls_per_order_stay_within_the_budget() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::WooCommerce);
    // Eleven orders of one customer to one address, the first of which makes them known.
    let first = shop.add(33, paid);
    let template = shop.order(&first).unwrap().draft;
    let again = || shop.add(33, |draft| Draft { number: draft.number, ..template.clone() });
    let ids: Vec<String> = (0..11).map(|_| again()).collect();
    let nudge = |id: &String| scenario.nudge(Platform::WooCommerce, id);
    let odoo_calls =
        || scenario.gate.calls().iter().filter(|call| call.starts_with("odoo")).count();
    scenario.project(&[nudge(&first)]).await;
    scenario.gate.disarm();
    scenario.project(&[nudge(&ids[0])]).await;
    assert!(odoo_calls() <= 4, "{:?}", scenario.gate.calls());
    scenario.gate.disarm();
    let batch: Vec<_> = ids[1..].iter().map(nudge).collect();
    scenario.project(&batch).await;
    assert!(odoo_calls() <= 10, "{:?}", scenario.gate.calls());
    assert_eq!(scenario.differences(), Vec::<String>::new());
}
