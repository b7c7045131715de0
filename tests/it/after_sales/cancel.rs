//! Cancellations (R168, R175-R178).

use super::books::Policy;
use super::{INVOICED, PAID, PLATFORMS, assert_books, paid, sold, world};
use crate::sim::Scenario;
use causeway_domain::Goods;
use sandbox::platforms::{Edit, Phase};
use serde_json::{Value, json};

fn state_of(scenario: &Scenario) -> String {
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

/// R168, R177: of a delivery in steps, what is picked is not left behind without a word. A person is asked, once,
/// and when the goods are back on their shelf it is cancelled by itself.
#[tokio::test]
async fn an_order_that_is_picked_asks_a_person_until_its_goods_are_back() {
    for (platform, steps) in
        PLATFORMS.into_iter().flat_map(|p| ["pick_ship", "pick_pack_ship"].map(|s| (p, s)))
    {
        let what = format!("{platform:?}, {steps}");
        let scenario = world("");
        scenario.odoo.deliver_in_steps(steps);
        let id = sold(&scenario, platform, 2).await;
        scenario.warehouse_works();
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        for _ in 0..2 {
            scenario.drive(&[scenario.nudge(platform, &id), scenario.after(platform, &id)]).await;
        }
        assert_eq!(state_of(&scenario), "sale", "{what}");
        let asked = scenario.attention().await;
        assert_eq!(asked.len(), 1, "{what}");
        assert!(
            asked[0].reason.contains("stand where WH/PICK/00001 put them"),
            "{}",
            asked[0].reason
        );

        let back = return_first_transfer(&scenario);
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_eq!(state_of(&scenario), "sale", "{what}: not back yet");
        scenario.odoo_call_as_admin("stock.picking", "button_validate", &json!({"ids": back}));
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_eq!(state_of(&scenario), "cancel", "{what}");
        assert!(scenario.attention().await.is_empty(), "{what}");
    }
}

/// A person returns the first transfer, as the wizard does: the next one has to do without its goods. The return.
fn return_first_transfer(scenario: &Scenario) -> Value {
    let first = &scenario.odoo_state()["pickings"][0]["id"];
    let fields = json!(["picking_type_id", "location_id", "location_dest_id"]);
    let arguments = json!({"domain": [["id", "=", first]], "fields": fields});
    let picking = scenario.odoo_rows("stock.picking", "search_read", &arguments)[0].clone();
    let fields = json!(["product_id", "quantity", "sale_line_id"]);
    let arguments = json!({"domain": [["picking_id", "=", first]], "fields": fields});
    let moves = scenario.odoo_rows("stock.move", "search_read", &arguments);
    let back = |one: &Value| {
        json!([0, 0, {"product_id": one["product_id"][0], "product_uom_qty": one["quantity"],
            "location_id": picking["location_dest_id"][0], "location_dest_id": picking["location_id"][0],
            "sale_line_id": one["sale_line_id"][0], "origin_returned_move_id": one["id"]}])
    };
    let moves: Vec<Value> = moves.as_array().unwrap().iter().map(back).collect();
    let next = &scenario.odoo_state()["pickings"][1];
    assert_ne!(next["state"], "done");
    for one in next["moves"].as_array().unwrap() {
        let vals = json!({"quantity": 0});
        scenario.odoo_call_as_admin(
            "stock.move",
            "write",
            &json!({"ids": [one["id"]], "vals": vals}),
        );
    }
    let vals = json!({"picking_type_id": picking["picking_type_id"][0], "return_id": first,
        "location_id": picking["location_dest_id"][0], "location_dest_id": picking["location_id"][0],
        "move_ids": moves});
    let made = scenario.odoo_rows("stock.picking", "create", &json!({"vals_list": [vals]}));
    scenario.odoo_call_as_admin("stock.picking", "action_confirm", &json!({"ids": made}));
    made
}

/// R168: what somebody is picking right now is asked about too.
#[tokio::test]
async fn an_order_that_is_being_picked_asks_a_person() {
    let platform = PLATFORMS[0];
    let scenario = world("");
    scenario.odoo.deliver_in_steps("pick_ship");
    let id = sold(&scenario, platform, 2).await;
    let stock = scenario.odoo_state()["pickings"][0]["moves"][0]["id"].clone();
    let picked = |picked: bool| {
        let vals = json!({"ids": [stock], "vals": {"picked": picked}});
        scenario.odoo_call_as_admin("stock.move", "write", &vals);
    };
    picked(true);
    scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
    scenario.drive(&[scenario.nudge(platform, &id)]).await;
    assert_eq!(state_of(&scenario), "sale");
    let asked = scenario.attention().await;
    assert!(asked[0].reason.contains("are being picked by WH/PICK/00001"), "{}", asked[0].reason);
    picked(false);
    scenario.drive(&[scenario.after(platform, &id)]).await;
    assert_eq!(state_of(&scenario), "cancel");
    assert!(scenario.attention().await.is_empty());
}

/// Refunded besides, its lines are lowered and Odoo has the goods put back: nobody needs to be asked, and it is
/// cancelled when they are.
#[tokio::test]
async fn a_refunded_order_that_is_picked_is_put_back_and_cancelled() {
    for platform in PLATFORMS {
        let scenario = world(PAID);
        scenario.odoo.deliver_in_steps("pick_ship");
        let id = sold(&scenario, platform, 2).await;
        scenario.warehouse_works();
        scenario.shop(platform).cancel(&id, true);
        scenario.drive(&[scenario.nudge(platform, &id), scenario.after(platform, &id)]).await;
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert_eq!((state_of(&scenario).as_str(), reasons), ("sale", vec![]), "{platform:?}");
        scenario.warehouse_works();
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_eq!(state_of(&scenario), "cancel", "{platform:?}");
        let what = format!("{platform:?}");
        assert_books(&scenario, Policy { invoices: true, payments: true }, &what).await;
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
