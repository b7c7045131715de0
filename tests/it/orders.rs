//! Every order of five platforms becomes exactly one right Odoo order.

use crate::sim::Scenario;
use causeway_flows::{project, work};
use causeway_ledger::{Disposition, State};
use sandbox::odoo::{Seed, Switches};
use sandbox::platforms::{Draft, Edit, Phase, Platform};
use std::collections::BTreeSet;

/// R156-R165, R196: a hundred orders of every platform, equal to the cent, one each.
#[tokio::test]
async fn a_hundred_orders_of_every_platform_are_equal_to_the_cent() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        let ids = scenario.shop(platform).generate(11, 100);
        for batch in ids.chunks(10) {
            let nudges: Vec<_> = batch.iter().map(|id| scenario.nudge(platform, id)).collect();
            scenario.project(&nudges).await;
        }
        let attention = scenario.attention().await;
        assert!(
            attention.is_empty(),
            "{platform:?}: {:?}",
            attention.iter().map(|a| &a.reason).collect::<Vec<_>>()
        );
        let differences = scenario.differences();
        assert!(differences.is_empty(), "{platform:?}: {differences:#?}");
    }
}

/// R166, R224: three deliveries of one order, and later ones, are one Odoo order.
#[tokio::test]
async fn nudging_again_and_again_changes_nothing() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let id = scenario.shop(platform).add(12, paid);
        let nudge = scenario.nudge(platform, &id);
        scenario.project(&[nudge.clone(), nudge.clone(), nudge.clone()]).await;
        scenario.gate.disarm();
        assert_eq!(scenario.project(&[nudge]).await, [Disposition::Done]);
        let writes: Vec<String> =
            scenario.gate.calls().into_iter().filter(|call| call.starts_with("odoo")).collect();
        assert!(writes.is_empty(), "an unchanged order asks Odoo nothing: {writes:?}");
    }
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

/// R163: of two lines of one product, the one that changed changes: what comes after the order, its
/// invoice and refunds, knows a line by its id.
#[tokio::test]
async fn an_edit_changes_the_line_that_changed_and_not_its_twin() {
    for platform in [Platform::Shopify, Platform::WooCommerce, Platform::Square] {
        let scenario = Scenario::new();
        let shop = scenario.shop(platform);
        let id = shop.add(12, |draft| {
            let mut draft = paid(draft);
            draft.lines.truncate(1);
            draft.lines[0].quantity = 4.into();
            draft.lines.push(draft.lines[0].clone());
            draft
        });
        let nudge = scenario.nudge(platform, &id);
        scenario.project(std::slice::from_ref(&nudge)).await;
        let quantities = || -> Vec<String> {
            let state = scenario.odoo_state();
            let lines = state["orders"][0]["lines"].as_array().unwrap().clone();
            let mut goods: Vec<(String, String)> = lines
                .iter()
                .filter(|line| line["sku"].as_str().is_some_and(|sku| sku.starts_with("SKU-")))
                .map(|line| (line["external_ids"].to_string(), line["quantity"].to_string()))
                .collect();
            goods.sort();
            goods.into_iter().map(|(_, quantity)| quantity).collect()
        };
        assert_eq!(quantities(), ["\"4\"", "\"4\""], "{platform:?}");
        shop.edit_order(&id, Edit::Quantity { line: 0, quantity: 3.into() });
        scenario.project(&[nudge]).await;
        assert_eq!(quantities(), ["\"3\"", "\"4\""], "{platform:?}");
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
    }
}

/// R158: an unknown SKU waits with its name, and goes on when the product appears.
#[tokio::test]
async fn an_unknown_sku_waits_by_name_and_goes_on_when_the_product_appears() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::Shopify).add_unknown_sku(13);
    let nudge = scenario.nudge(Platform::Shopify, &id);
    assert_eq!(scenario.project(std::slice::from_ref(&nudge)).await, [Disposition::Done]);
    let row = scenario.row(Platform::Shopify, &id).await.unwrap();
    assert_eq!(row.state, State::Waiting);
    assert!(row.reason.unwrap().contains(sandbox::platforms::UNKNOWN_SKU));
    assert!(row.due.is_some(), "the sweep will look again");

    scenario.odoo.add_product(&sandbox::odoo::Product::goods("UNKNOWN-SKU", "1.00"));
    scenario.project(&[nudge]).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// An edited order is brought up to date: quantity, and the total with it.
#[tokio::test]
async fn an_edited_order_is_updated_in_odoo() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        let id = scenario.shop(platform).add(14, paid);
        let nudge = scenario.nudge(platform, &id);
        scenario.project(std::slice::from_ref(&nudge)).await;
        scenario.shop(platform).edit_order(&id, Edit::Quantity { line: 0, quantity: 7.into() });
        scenario.project(&[nudge]).await;
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert!(reasons.is_empty(), "{platform:?}: {reasons:?}");
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
        delivers_what_is_ordered(&scenario);
    }
}

/// Less is taken off the delivery, although the order's date was put back: with another deadline Odoo
/// would ship the old quantity and announce a return.
#[tokio::test]
async fn what_an_edit_takes_away_is_not_shipped() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        let id = scenario.shop(platform).add(14, |draft| {
            let mut draft = paid(draft);
            draft.lines[0].quantity = 5.into();
            draft
        });
        let nudge = scenario.nudge(platform, &id);
        scenario.project(std::slice::from_ref(&nudge)).await;
        let edit = Edit::Quantity { line: 0, quantity: 2.into() };
        scenario.shop(platform).edit_order(&id, edit);
        scenario.project(&[nudge]).await;
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert!(reasons.is_empty(), "{platform:?}: {reasons:?}");
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
        delivers_what_is_ordered(&scenario);
    }
}

/// One delivery with the ordered goods, no return.
fn delivers_what_is_ordered(scenario: &Scenario) {
    let state = scenario.odoo_state();
    let sum = |rows: &serde_json::Value, field: &str| -> rust_decimal::Decimal {
        let numbers = rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap());
        numbers.map(|text| text.parse::<rust_decimal::Decimal>().unwrap()).sum()
    };
    let lines = state["orders"][0]["lines"].as_array().unwrap().iter();
    let goods =
        lines.filter(|line| line["sku"].as_str().is_some_and(|sku| sku.starts_with("SKU-")));
    let ordered = sum(&goods.cloned().collect(), "quantity");
    let pickings = state["pickings"].as_array().unwrap();
    assert_eq!(pickings.len(), 1, "{pickings:?}");
    assert_eq!(sum(&pickings[0]["moves"], "product_uom_qty"), ordered);
}

/// R198: a sale over the counter names no place. Odoo would tax it as an export as soon as its customer
/// has a country (here that of the partner for sales without a customer); the store's tax is the right one,
/// and the order bears no position that says otherwise.
#[tokio::test]
async fn a_sale_without_a_place_bears_no_fiscal_position() {
    let json2 = |text: String| text;
    let legacy = |text: String| {
        text.replace("protocol = \"json2\"", "protocol = \"jsonrpc\"\nlogin = \"inbound\"")
    };
    for config in [json2, legacy] {
        let scenario = Scenario::with(config);
        let delivered = scenario.shop(Platform::Square).add(12, paid);
        let ids = [delivered, scenario.shop(Platform::Square).add(12, over_the_counter)];
        let nudges = ids.map(|id| scenario.nudge(Platform::Square, &id));
        scenario.project(&nudges).await;
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert!(reasons.is_empty(), "{reasons:?}");
        assert_eq!(scenario.differences(), Vec::<String>::new());
        assert_eq!(positions(&scenario), BTreeSet::from([None, Some("National".to_owned())]));
    }
}

fn over_the_counter(draft: Draft) -> Draft {
    paid(draft).to_a_stranger()
}

fn positions(scenario: &Scenario) -> BTreeSet<Option<String>> {
    let orders = scenario.odoo_state()["orders"].clone();
    let position = |order: &serde_json::Value| order["fiscal_position"].as_str().map(str::to_owned);
    orders.as_array().unwrap().iter().map(position).collect()
}

/// What an automation in Odoo gives the orders while they are confirmed stays, with a place and without one,
/// and whenever the worker looks again.
#[tokio::test]
async fn a_position_set_while_confirming_stays() {
    let json2 = |text: String| text;
    let legacy = |text: String| {
        text.replace("protocol = \"json2\"", "protocol = \"jsonrpc\"\nlogin = \"inbound\"")
    };
    for config in [json2, legacy] {
        let scenario = Scenario::with(config);
        let position_on_confirm = Some(Seed::POSITION_EU_PRIVATE);
        scenario.odoo.switch(Switches { position_on_confirm, ..Switches::default() });
        let shop = scenario.shop(Platform::Square);
        let ids = [shop.add(12, paid), shop.add(12, over_the_counter)];
        let nudges = ids.each_ref().map(|id| scenario.nudge(Platform::Square, id));
        scenario.project(&nudges).await;
        for id in &ids {
            shop.edit_order(id, Edit::Note("Ring twice".to_owned()));
        }
        scenario.project(&nudges).await;
        assert_eq!(positions(&scenario), BTreeSet::from([Some("EU B2C".to_owned())]));
        assert_eq!(scenario.differences(), Vec::<String>::new());
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert!(reasons.is_empty(), "{reasons:?}");
    }
}

/// One that a person has given the customer is about them wherever they buy: it stays, and the store's tax
/// is held against it.
#[tokio::test]
async fn a_position_of_the_customer_holds_without_a_place() {
    for (position, asked) in [(Seed::POSITION_NATIONAL, 0), (Seed::POSITION_EXPORT, 1)] {
        let scenario = Scenario::new();
        // The partner of the sales without a customer.
        let values =
            serde_json::json!({"ids": [10], "vals": {"property_account_position_id": position}});
        scenario.odoo_call_as_admin("res.partner", "write", &values);
        let id = scenario.shop(Platform::Square).add(12, over_the_counter);
        scenario.project(&[scenario.nudge(Platform::Square, &id)]).await;
        let reasons: Vec<_> = scenario.attention().await.into_iter().map(|a| a.reason).collect();
        assert_eq!(reasons.len(), asked, "{reasons:?}");
        assert!(!positions(&scenario).contains(&None));
    }
}

/// Deleted in Odoo after it was done: an attention item, not a new order.
#[tokio::test]
async fn an_order_deleted_in_odoo_is_not_made_again() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::WooCommerce).add(15, paid);
    let nudge = scenario.nudge(Platform::WooCommerce, &id);
    scenario.project(std::slice::from_ref(&nudge)).await;
    let order = scenario.odoo_state()["orders"][0]["id"].as_i64().unwrap();
    scenario.odoo_as_admin("sale.order", "action_cancel", &[order]);
    scenario.odoo_as_admin("sale.order", "unlink", &[order]);
    scenario.shop(Platform::WooCommerce).edit_order(&id, Edit::Note("changed".to_owned()));
    scenario.project(&[nudge]).await;
    let attention = scenario.attention().await;
    assert_eq!(attention.len(), 1);
    assert!(attention[0].reason.contains("was deleted in Odoo"), "{}", attention[0].reason);
    assert_eq!(scenario.odoo_state()["orders"].as_array().unwrap().len(), 0);
}

/// An order that the platform does not have comes to nothing, and its row says why.
#[tokio::test]
async fn an_order_that_the_platform_does_not_have_ends_with_its_reason() {
    let scenario = Scenario::new();
    for platform in Platform::ALL {
        let missing = "987654321";
        let nudge = scenario.nudge(platform, missing);
        assert_eq!(scenario.project(&[nudge]).await, [Disposition::Done], "{platform:?}");
        let row = scenario.row(platform, missing).await.unwrap();
        assert_eq!(row.state, State::Done, "{platform:?}: {:?}", row.reason);
        assert_eq!(work::skipped_for(&row), Some(project::NO_SUCH_ORDER), "{platform:?}");
    }
}
