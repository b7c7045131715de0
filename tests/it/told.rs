//! Nothing fails or waits in silence: what the alarms of template.yaml are made of.

use crate::sim::Scenario;
use causeway_domain::StoreId;
use causeway_flows::{poll, settlement, sweep};
use causeway_ledger::State;
use sandbox::odoo::{Product, Switches};
use sandbox::platforms::{Draft, Edit, Faults, Phase, Platform, UNKNOWN_SKU, sku};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

/// Forgets a secret.
fn lose(scenario: &Scenario, name: &str) {
    assert!(scenario.secrets.cached.lock().unwrap().remove(name).is_some(), "{name}");
}

fn lines(scenario: &Scenario) -> Vec<Value> {
    let parsed = |line: &String| serde_json::from_str(line).unwrap();
    scenario.sink.lines().iter().map(parsed).collect()
}

/// The values that were measured of a metric, with their store, in the order of time.
fn measured(scenario: &Scenario, operation: &str, metric: &str) -> Vec<(String, u64)> {
    let of = |line: &Value| line["operation"] == operation && line[metric].is_array();
    let value = |line: Value| {
        let store = line["store"].as_str().unwrap_or_default().to_owned();
        line[metric]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .next()
            .map(|n| (store, n))
    };
    lines(scenario).into_iter().filter(of).filter_map(value).collect()
}

fn failed(scenario: &Scenario, operation: &str) -> BTreeSet<String> {
    let of = |line: &Value| line["operation"] == operation && line["status"] == "failed";
    let store = |line: Value| line["store"].as_str().unwrap().to_owned();
    lines(scenario).into_iter().filter(of).map(store).collect()
}

/// C38: a store without credentials, one that is down and one whose configuration cannot be read: the
/// others are asked all the same, and then the look fails, with a line and a metric of each.
#[tokio::test]
async fn a_store_that_cannot_be_asked_is_named_after_all_were_asked() {
    let scenario = Scenario::new();
    poll::poll(&scenario.world).await.unwrap();
    let now = scenario.now();
    for platform in Platform::ALL {
        let sold_now = |mut draft: Draft| {
            draft.placed_at = now;
            paid(draft)
        };
        scenario.shop(platform).add(5, sold_now);
    }
    scenario.clock.advance(Duration::from_secs(900));
    let store = |platform| scenario.shop(platform).shop().store;
    let (keyless, down) = (store(Platform::Magento), store(Platform::WooCommerce));
    let broken = store(Platform::PrestaShop);
    lose(&scenario, &sandbox::config::api_credentials(keyless));
    scenario.shop(Platform::WooCommerce).set_faults(Faults { down: true, ..Faults::default() });
    let settings = &scenario.world.ports.settings.port.0;
    let document = settings.lock().unwrap().insert(StoreId::new(broken), "{}".into()).unwrap();

    let told = poll::poll(&scenario.world).await.unwrap_err().to_string();
    let expected: BTreeSet<String> = [keyless, down, broken].map(str::to_owned).into();
    for store in &expected {
        assert!(told.contains(&format!("{store} (")), "{told}");
    }
    assert!(told.contains("3 could not be asked"), "{told}");
    assert_eq!(failed(&scenario, "poll"), expected);
    let stores = measured(&scenario, "poll", "Failures").into_iter().map(|(store, _)| store);
    assert_eq!(stores.collect::<BTreeSet<_>>(), expected);
    let queued = scenario.take_queued();
    let found: BTreeSet<StoreId> = queued.iter().map(|nudge| nudge.store.clone()).collect();
    assert_eq!(found, [Platform::Shopify, Platform::Square].map(|p| store(p).into()).into());

    // Mended, the same time is looked at again, and nothing was lost.
    scenario.secrets.set(
        &sandbox::config::api_credentials(keyless),
        &scenario.shop(Platform::Magento).shop().credentials,
    );
    scenario.shop(Platform::WooCommerce).set_faults(Faults::default());
    settings.lock().unwrap().insert(StoreId::new(broken), document);
    poll::poll(&scenario.world).await.unwrap();
    scenario.drive(&queued).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// The same for the accounts at processors.
#[tokio::test]
async fn an_account_that_cannot_be_asked_is_named_after_all_were_asked() {
    let scenario = Scenario::new();
    let settings = &scenario.world.ports.settings.port.0;
    settings.lock().unwrap().insert(StoreId::new("a-broken"), "{}".into());
    lose(&scenario, &sandbox::config::api_credentials("shopify-pay"));
    // Square answers nothing that is a list.
    scenario.processors.answer("/v1/payouts?", json!({"data": [], "has_more": false}));
    let told = settlement::poll(&scenario.world).await.unwrap_err().to_string();
    let expected = ["a-broken", "shopify-pay", "square-pay"].map(str::to_owned).into();
    assert_eq!(failed(&scenario, "settlement.poll"), expected, "{told}");
    for account in &expected {
        assert!(told.contains(&format!("{account} (")), "{told}");
    }
    let failures = measured(&scenario, "settlement.poll", "Failures").into_iter();
    assert_eq!(failures.map(|(account, _)| account).collect::<BTreeSet<_>>(), expected);
    let asked = measured(&scenario, "settlement.poll", "Successes");
    assert!(asked.contains(&("stripe-pay".to_owned(), 1)), "{asked:?}");
}

/// Every look at what waits says for how long it has, so that days of waiting raise an alarm; waiting is
/// no failure.
#[tokio::test]
async fn what_waits_says_for_how_long() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::Shopify).add_unknown_sku(13);
    let nudge = scenario.nudge(Platform::Shopify, &id);
    scenario.project(std::slice::from_ref(&nudge)).await;
    let mut expected = vec![0];
    for days in [1, 2] {
        scenario.clock.advance(Duration::from_secs(2 * 24 * 3600));
        assert_eq!(sweep::sweep(&scenario.world).await, Ok(1));
        // A hiccup in between is no new beginning.
        scenario.odoo.switch(Switches { database_down: true, ..Switches::default() });
        let swept = scenario.take_queued();
        scenario.project(&swept).await;
        scenario.odoo.switch(Switches::default());
        scenario.project(&swept).await;
        expected.push(days * 2 * 24 * 3600);
    }
    let waited = measured(&scenario, "work.wait", "Waiting");
    let store = scenario.shop(Platform::Shopify).shop().store;
    let seconds: Vec<u64> = waited.iter().map(|(_, seconds)| *seconds).collect();
    assert_eq!(seconds, expected);
    assert!(waited.iter().all(|(of, _)| of == store), "{waited:?}");
    assert_eq!(measured(&scenario, "order.project", "Failures").len(), 2, "the two hiccups");
    assert_eq!(measured(&scenario, "sweep", "Successes").len(), 2);

    scenario.odoo.add_product(&Product::goods(UNKNOWN_SKU, "1.00"));
    scenario.project(&[nudge]).await;
    assert_eq!(scenario.row(Platform::Shopify, &id).await.unwrap().waiting_since, None);
    assert_eq!(measured(&scenario, "work.wait", "Waiting").len(), 3);
}

/// A question is counted when it is new, not at every look; settled while its cause is there, it comes back.
#[tokio::test]
async fn a_question_is_counted_once_and_comes_back_after_it_was_settled() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::WooCommerce).add_poisoned(51);
    let nudge = scenario.nudge(Platform::WooCommerce, &id);
    let nudges = std::slice::from_ref(&nudge);
    let raised = || measured(&scenario, "attention.raise", "Raised").len();
    for _ in 0..3 {
        scenario.project(nudges).await;
        assert_eq!(raised(), 1);
    }
    let item = scenario.attention().await.remove(0);
    assert!(causeway_ledger::Ledger::settle(&scenario.ledger, &item.key).await.unwrap());
    scenario.project(nudges).await;
    assert_eq!((raised(), scenario.attention().await.len()), (2, 1));
    assert_eq!(scenario.row(Platform::WooCommerce, &id).await.unwrap().state, State::Attention);
    assert_eq!(measured(&scenario, "order.project", "Failures"), [], "a question is no failure");
    let mended = Edit::Sku { line: 0, sku: sku(7) };
    scenario.shop(Platform::WooCommerce).edit_order(&id, mended);
    scenario.project(nudges).await;
    assert_eq!(scenario.attention().await, [], "done, it settles itself");
}
