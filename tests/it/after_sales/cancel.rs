//! Cancellations (R168, R175-R178).

use super::books::Policy;
use super::{INVOICED, PAID, PLATFORMS, assert_books, paid, sold, world};
use causeway_domain::Goods;
use sandbox::platforms::{Edit, Phase};

fn state_of(scenario: &crate::sim::Scenario) -> String {
    scenario.odoo_state()["orders"][0]["state"].as_str().unwrap_or_default().to_owned()
}

/// R168, R177: before anything is sent or invoiced it is cancelled, and its delivery with it.
#[tokio::test]
async fn an_order_that_is_not_sent_is_cancelled_once() {
    for platform in PLATFORMS {
        let scenario = world("");
        let id = sold(&scenario, platform, 2).await;
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        for _ in 0..3 {
            scenario.drive(&[scenario.nudge(platform, &id), scenario.after(platform, &id)]).await;
        }
        assert_eq!(state_of(&scenario), "cancel", "{platform:?}");
        assert!(scenario.attention().await.is_empty(), "{platform:?}");
        let state = scenario.odoo_state();
        let open = state["pickings"].as_array().unwrap().iter().filter(|p| p["state"] != "cancel");
        assert_eq!(open.count(), 0, "{platform:?}");
    }
}

/// A cancel that comes before its order: the order is never made.
#[tokio::test]
async fn a_cancel_before_its_order_keeps_it_out() {
    for platform in PLATFORMS {
        let scenario = world("");
        let id = scenario.shop(platform).add(2, paid);
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        scenario.drive(&[scenario.after(platform, &id)]).await;
        scenario.drive(&[scenario.nudge(platform, &id)]).await;
        assert_eq!(scenario.odoo_state()["orders"], serde_json::json!([]), "{platform:?}");
        assert!(scenario.attention().await.is_empty(), "{platform:?}");
    }
}

/// R178: paid, invoiced and not sent: credited in full, paid back, cancelled.
#[tokio::test]
async fn a_cancelled_order_with_an_invoice_is_credited_and_cancelled() {
    for platform in PLATFORMS {
        for seed in 1..4 {
            let scenario = world(PAID);
            let id = sold(&scenario, platform, seed).await;
            scenario.shop(platform).cancel(&id, true);
            for _ in 0..2 {
                scenario.drive(&[scenario.nudge(platform, &id)]).await;
                scenario.drive(&[scenario.after(platform, &id)]).await;
            }
            let what = format!("{platform:?} {seed}");
            assert_books(&scenario, Policy { invoices: true, payments: true }, &what).await;
            assert_eq!(state_of(&scenario), "cancel", "{what}");
        }
    }
}

/// Sent goods need a person, unless the platform's refunds explain them.
#[tokio::test]
async fn a_cancelled_order_whose_goods_have_left_asks_a_person() {
    for platform in PLATFORMS {
        let scenario = world(INVOICED);
        let id = sold(&scenario, platform, 2).await;
        scenario.warehouse_works();
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        scenario.drive(&[scenario.nudge(platform, &id)]).await;
        assert_eq!(state_of(&scenario), "sale", "{platform:?}");
        let asked = scenario.attention().await;
        assert_eq!(asked.len(), 1, "{platform:?}");
        assert!(asked[0].reason.contains("goods have left"), "{}", asked[0].reason);
    }
}

/// A locked order asks a person, or is unlocked where the store says so.
#[tokio::test]
async fn a_locked_order_is_unlocked_by_rule_or_asks() {
    for (config, ends) in [("", "sale"), ("locked = \"unlock\"", "cancel")] {
        let platform = PLATFORMS[0];
        let scenario = world(config);
        let id = sold(&scenario, platform, 2).await;
        let order = scenario.odoo_state()["orders"][0]["id"].as_i64().unwrap();
        scenario.odoo_as_admin("sale.order", "action_lock", &[order]);
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        scenario.drive(&[scenario.nudge(platform, &id)]).await;
        assert_eq!(state_of(&scenario), ends);
        assert_eq!(scenario.attention().await.is_empty(), ends == "cancel");
    }
}

/// R169: cancelled after shipment with everything refunded: credited, the goods that stay stay.
#[tokio::test]
async fn a_full_refund_after_delivery_credits_everything() {
    for platform in PLATFORMS {
        let scenario = world(PAID);
        let id = sold(&scenario, platform, 2).await;
        scenario.warehouse_works();
        scenario.shop(platform).refund_rest(&id, Goods::Kept, true);
        scenario.drive(&[scenario.after(platform, &id)]).await;
        let what = format!("{platform:?}");
        assert_books(&scenario, Policy { invoices: true, payments: true }, &what).await;
    }
}
