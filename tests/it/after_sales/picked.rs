//! Refunds of goods that are picked and not sent: Odoo puts back what is lowered, and counts it right once.

use super::books::Policy;
use super::{PAID, PLATFORMS, assert_books, paid, world};
use crate::sim::Scenario;
use causeway_domain::Goods;
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, SampleRefund};
use serde_json::{Value, json};

/// An order of three of one thing, picked, and one of it refunded before it is sent.
async fn lowered_once(platform: Platform) -> (Scenario, String) {
    let scenario = world(PAID);
    scenario.odoo.deliver_in_steps("pick_ship");
    let id = scenario.shop(platform).add(2, |draft| {
        let mut draft = paid(draft);
        draft.lines[0].quantity = Decimal::from(3);
        draft
    });
    scenario.drive(&[scenario.nudge(platform, &id)]).await;
    scenario.warehouse_works();
    refund_one(&scenario, platform, &id).await;
    assert!(scenario.attention().await.is_empty(), "{platform:?}");
    (scenario, id)
}

async fn refund_one(scenario: &Scenario, platform: Platform, id: &str) {
    let one = SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)]);
    scenario.shop(platform).refund(id, one);
    for _ in 0..2 {
        scenario.drive(&[scenario.after(platform, id), scenario.nudge(platform, id)]).await;
    }
}

/// The only order: its line, and its transfers as `PICK done 3`.
fn standing(scenario: &Scenario) -> (String, Vec<String>) {
    let state = scenario.odoo_state();
    let transfer = |picking: &Value| {
        let name = picking["name"].as_str().unwrap();
        let kind = name.split('/').nth(1).unwrap();
        format!("{kind} {} {}", picking["state"].as_str().unwrap(), quantity(&picking["moves"][0]))
    };
    let line = quantity(&json!({"product_uom_qty": state["orders"][0]["lines"][0]["quantity"]}));
    (line, state["pickings"].as_array().unwrap().iter().map(transfer).collect())
}

fn quantity(stock: &Value) -> String {
    let quantity: Decimal = stock["product_uom_qty"].as_str().unwrap().parse().unwrap();
    quantity.normalize().to_string()
}

fn write_demand(scenario: &Scenario, transfer: usize, demand: u32) {
    let stock = scenario.odoo_state()["pickings"][transfer]["moves"][0]["id"].clone();
    let vals = json!({"ids": [stock], "vals": {"product_uom_qty": demand}});
    scenario.odoo_call_as_admin("stock.move", "write", &vals);
}

/// R170, R178: a second refund of a line that was put back once is a question that names it and its transfers;
/// nothing of it is written. Set right by hand, it goes on by itself.
#[tokio::test]
async fn a_second_refund_of_what_is_picked_asks_a_person() {
    for platform in PLATFORMS {
        let (scenario, id) = lowered_once(platform).await;
        let once = standing(&scenario);
        let transfers = ["PICK done 3", "OUT assigned 2", "PICK assigned 1"];
        assert_eq!(once, ("2".to_owned(), transfers.map(str::to_owned).to_vec()), "{platform:?}");
        refund_one(&scenario, platform, &id).await;
        assert_eq!(standing(&scenario), once, "{platform:?}");
        let asked = scenario.attention().await;
        assert_eq!(asked.len(), 1, "{platform:?}");
        let why = "is to be lowered from 2 to 1, and Odoo would stop more of it than that: WH/PICK/00002 is to put 1 \
                   back, WH/PICK/00001 took 3, 2 of it go on by WH/OUT/00001";
        assert!(asked[0].reason.contains(why), "{platform:?}: {}", asked[0].reason);
        let credited = scenario.odoo_state()["credit_notes"].as_array().unwrap().len();
        assert_eq!(credited, 1, "{platform:?}: a second one would not name the order line");

        let back = &scenario.odoo_state()["pickings"][2]["id"];
        scenario.odoo_call_as_admin("stock.picking", "action_cancel", &json!({"ids": [back]}));
        write_demand(&scenario, 1, 3);
        scenario.drive(&[scenario.after(platform, &id)]).await;
        let (line, transfers) = standing(&scenario);
        let right = ["PICK done 3", "OUT assigned 1", "PICK cancel 1", "PICK assigned 2"];
        assert_eq!((line.as_str(), transfers), ("1", right.map(str::to_owned).to_vec()));
        let policy = Policy { invoices: true, payments: true };
        assert_books(&scenario, policy, &format!("{platform:?}")).await;
    }
}

/// The same when the first is back on its shelf: Odoo does not count it either way.
#[tokio::test]
async fn what_is_back_on_its_shelf_is_not_put_back_again() {
    let platform = PLATFORMS[0];
    let (scenario, id) = lowered_once(platform).await;
    let back = &scenario.odoo_state()["pickings"][2]["id"];
    scenario.odoo_call_as_admin("stock.picking", "button_validate", &json!({"ids": [back]}));
    let once = standing(&scenario);
    refund_one(&scenario, platform, &id).await;
    assert_eq!(standing(&scenario), once);
    let asked = scenario.attention().await;
    assert_eq!(asked.len(), 1);
    assert!(asked[0].reason.contains("WH/PICK/00002 put 1 back"), "{}", asked[0].reason);
}
