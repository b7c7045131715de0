//! Promises that cut across everything: money, logs, both protocols, the sweep.

use crate::sim::Scenario;
use causeway_domain::ports::QueueRole;
use causeway_flows::sweep::sweep;
use causeway_ledger::State;
use proptest::prelude::*;
use sandbox::odoo::Product;
use sandbox::platforms::{Draft, Phase, Platform, UNKNOWN_SKU};
use std::time::Duration;

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    /// R44, R167, R196-R200: whatever a store sells (currencies with 0, 2 and 3 decimals, tax included
    /// and excluded, several taxes a line, discounts, coupons, shipping, fees, tips, gift cards), the
    /// lines sum to the totals and Odoo agrees to the minor unit.
    #[test]
    fn lines_sum_to_totals_and_odoo_agrees(seed in 1000u64..1_000_000, platform in 0usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let platform = Platform::ALL[platform];
            let scenario = Scenario::new();
            let ids = scenario.shop(platform).generate(seed, 20);
            let nudges: Vec<_> = ids.iter().map(|id| scenario.nudge(platform, id)).collect();
            for batch in nudges.chunks(10) {
                scenario.project(batch).await;
            }
            let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
            assert!(reasons.is_empty(), "{platform:?}: {reasons:?}");
            assert_eq!(scenario.differences(), Vec::<String>::new());
        });
    }
}

/// R244, C17: no personal data and no secret in any line, whatever happens.
#[tokio::test]
async fn no_log_line_holds_personal_data_or_a_secret() {
    let scenario = Scenario::new();
    let mut canaries: Vec<String> = Vec::new();
    let mut nudges = Vec::new();
    for platform in Platform::ALL {
        let shop = scenario.shop(platform);
        let mut ids: Vec<String> = shop.generate(51, 10);
        ids.push(shop.add_unknown_sku(51));
        ids.push(shop.add_poisoned(51));
        for id in &ids {
            let draft = shop.order(id).unwrap().draft;
            canaries.extend([draft.buyer.email, draft.buyer.phone, draft.billing.street]);
            canaries.push(draft.buyer.last);
        }
        canaries.push(shop.shop().webhook_secret.to_owned());
        canaries.push(shop.shop().credentials.clone());
        nudges.extend(ids.iter().map(|id| scenario.nudge(platform, id)));
    }
    canaries.push(sandbox::odoo::Seed::INBOUND_KEY.to_owned());
    for batch in nudges.chunks(10) {
        scenario.project(batch).await;
    }
    let lines = scenario.sink.lines();
    assert!(lines.len() >= nudges.len());
    for line in &lines {
        for canary in canaries.iter().filter(|canary| canary.len() > 4) {
            assert!(!line.contains(canary.as_str()), "{canary} in {line}");
        }
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed.get("timestamp").is_some() || parsed.get("_aws").is_some(), "{line}");
    }
}

/// R113, R134: the same orders over the legacy protocol.
#[tokio::test]
async fn the_legacy_protocol_makes_the_same_orders() {
    let scenario = Scenario::with(|text| {
        text.replace("protocol = \"json2\"", "protocol = \"jsonrpc\"\nlogin = \"inbound\"")
    });
    for platform in Platform::ALL {
        let ids = scenario.shop(platform).generate(52, 20);
        let nudges: Vec<_> = ids.iter().map(|id| scenario.nudge(platform, id)).collect();
        for batch in nudges.chunks(10) {
            scenario.project(batch).await;
        }
    }
    let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
    assert!(reasons.is_empty(), "{reasons:?}");
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// A parked order is found by the sweep when its time comes, and goes on if the product exists by then.
#[tokio::test]
async fn the_sweep_drives_parked_orders() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::PrestaShop).add_unknown_sku(53);
    let nudge = scenario.nudge(Platform::PrestaShop, &id);
    scenario.project(&[nudge]).await;
    assert_eq!(sweep(&scenario.world).await.unwrap(), 0, "not due yet");
    scenario.odoo.add_product(&Product::goods(UNKNOWN_SKU, "1.00"));
    scenario.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(sweep(&scenario.world).await.unwrap(), 1);
    let queued = scenario.queued();
    assert!(scenario.queue.0.lock().unwrap().iter().all(|(role, _)| *role == QueueRole::Orders));
    scenario.empty_queue();
    scenario.project_to_the_end(&queued).await;
    assert_eq!(scenario.row(Platform::PrestaShop, &id).await.unwrap().state, State::Done);
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// The worker of a claimed row died: the sweep finds the row once the lease is over.
#[tokio::test]
async fn the_sweep_finds_rows_of_dead_workers() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::Shopify).add(54, paid);
    let nudge = scenario.nudge(Platform::Shopify, &id);
    scenario.gate.arm(4, crate::sim::Kill::AfterEffect);
    let gate = scenario.gate.clone();
    assert!(gate.run(scenario.project(&[nudge])).await.is_none());
    scenario.gate.disarm();
    assert_eq!(sweep(&scenario.world).await.unwrap(), 0, "the lease may still be alive");
    scenario.clock.advance(Duration::from_secs(200));
    assert_eq!(sweep(&scenario.world).await.unwrap(), 1);
    let queued = scenario.queued();
    scenario.empty_queue();
    scenario.project_to_the_end(&queued).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
}
