//! Death at every call to the real Odoo, and a caller that gives up while Odoo works.

use super::server::{Protocol, Trial};
use crate::sim::Kill;
use sandbox::platforms::Platform;
use serde_json::Value;
use std::time::Duration;

/// Past every lease.
const LEASE_OVER: Duration = Duration::from_secs(200);
const PLATFORM: Platform = Platform::WooCommerce;

/// Numbers of the gate's calls that go to Odoo and may change it.
async fn writes() -> Option<Vec<(usize, String)>> {
    let trial = Trial::new("the calls of a clean run", Protocol::Json2).await?;
    let id = trial.add(PLATFORM, 61);
    let nudges = trial.nudges(PLATFORM, &[id]);
    trial.scenario.gate.disarm();
    trial.project(&nudges).await;
    trial.agrees().await;
    let calls = trial.scenario.gate.calls().into_iter().enumerate();
    let changing = ["load", "action_confirm", "web_save_multi", "write"];
    let writes: Vec<_> = calls
        .filter(|(_, call)| call.starts_with("odoo") && changing.iter().any(|m| call.ends_with(m)))
        .collect();
    assert!(writes.len() >= 4, "{writes:?}");
    Some(writes)
}

/// R195: killed at every writing call of Odoo, its answer unseen or itself arriving after the
/// redelivery, the order is there once, with one partner and one delivery.
#[tokio::test]
async fn a_death_at_any_write_leaves_one_of_each() {
    let Some(writes) = writes().await else { return };
    for (at, call) in writes {
        for kill in [Kill::AfterEffect, Kill::BeforeEffect] {
            let trial = Trial::new("death", Protocol::Json2).await.unwrap();
            let id = trial.add(PLATFORM, 61);
            let nudges = trial.nudges(PLATFORM, &[id]);
            trial.scenario.gate.arm(at, kill);
            let gate = trial.scenario.gate.clone();
            let what = format!("{kill:?} of {call}");
            assert!(gate.run(trial.scenario.project(&nudges)).await.is_none(), "{what}");
            let late = trial.scenario.gate.take_late();
            trial.scenario.gate.disarm();
            trial.scenario.clock.advance(LEASE_OVER);
            trial.scenario.project_to_the_end(&nudges).await;
            if let Some(request) = late {
                trial.arrive_late(request).await;
            }
            trial.scenario.project_to_the_end(&nudges).await;
            one_of_each(&trial, &what).await;
        }
    }
}

/// The caller gives up after a moment while Odoo works on the load; the redelivery comes at once, so
/// that both loads run side by side.
#[tokio::test]
async fn a_load_that_outlives_its_caller_makes_one_order() {
    for pause in [20, 60, 120, 200, 300] {
        let Some(trial) = Trial::new("a load that outlives its caller", Protocol::Json2).await
        else {
            return;
        };
        let ids: Vec<String> = (0..10).map(|_| trial.add(PLATFORM, 62)).collect();
        let nudges = trial.nudges(PLATFORM, &ids);
        let loading = async {
            while !trial.scenario.gate.calls().iter().any(|c| c == "odoo sale.order/load") {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        };
        tokio::select! {
            biased;
            () = loading => {}
            _ = trial.scenario.project(&nudges) => {}
        }
        trial.scenario.clock.advance(LEASE_OVER);
        trial.scenario.project_to_the_end(&nudges).await;
        trial.agrees().await;
        let state = trial.state().await;
        assert_eq!(state["orders"].as_array().unwrap().len(), 10, "{pause}");
    }
}

async fn one_of_each(trial: &Trial, what: &str) {
    let state = trial.state().await;
    let differences = trial.scenario.differences_in(&state);
    assert!(differences.is_empty(), "{what}: {differences:?}");
    let asked = trial.scenario.attention().await;
    assert!(asked.is_empty(), "{what}: {asked:?}");
    let orders = state["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "{what}");
    assert_eq!(orders[0]["picking_ids"].as_array().map(Vec::len), Some(1), "{what}");
    let domain = serde_json::json!([["email_normalized", "like", trial.tag]]);
    let partners: Vec<Value> = trial.find("res.partner", domain, serde_json::json!(["name"])).await;
    assert_eq!(partners.len(), 1, "{what}");
}
