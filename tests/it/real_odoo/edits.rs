//! Orders that change after they are in the real Odoo.

use super::server::{Protocol, Trial};
use sandbox::platforms::{Draft, Edit, Phase, Platform};
use serde_json::json;

/// A quantity up and down, another product, a note: brought up to date on every platform.
#[tokio::test]
async fn edits_that_odoo_allows_are_made() {
    let Some(trial) = Trial::new("edits", Protocol::Json2).await else { return };
    for platform in Platform::ALL {
        let id = trial.add(platform, 51);
        let nudges = trial.nudges(platform, std::slice::from_ref(&id));
        trial.project(&nudges).await;
        let another = |sku: &str| Edit::Sku { line: 0, sku: sku.to_owned() };
        for edit in [
            Edit::Quantity { line: 0, quantity: 9.into() },
            Edit::Quantity { line: 0, quantity: 2.into() },
            another("SKU-058"),
            Edit::Note("Appelez avant".to_owned()),
        ] {
            let what = format!("{platform:?} {edit:?}");
            trial.scenario.shop(platform).edit_order(&id, edit);
            trial.project(&nudges).await;
            let asked = trial.scenario.attention().await;
            assert!(asked.is_empty(), "{what}: {:?}", asked[0].reason);
            let differences = trial.scenario.differences_in(&trial.state().await);
            assert!(differences.is_empty(), "{what}: {differences:?}");
        }
        let order = &trial.state().await["orders"];
        let deliveries = order.as_array().unwrap().last().unwrap()["picking_ids"].clone();
        assert_eq!(deliveries.as_array().unwrap().len(), 1, "{platform:?}: nothing comes back");
    }
}

/// Another delivery address of a confirmed order asks a person; the order stays as it was.
#[tokio::test]
async fn another_address_asks_a_person() {
    let Some(trial) = Trial::new("another address", Protocol::Json2).await else { return };
    for (at, platform) in Platform::ALL.into_iter().enumerate() {
        let id = trial.scenario.shop(platform).add(52, |draft| {
            let mut draft = trial.fresh(draft);
            draft.delivery = Some(draft.billing.clone());
            draft
        });
        let nudges = trial.nudges(platform, std::slice::from_ref(&id));
        trial.project(&nudges).await;
        trial.scenario.shop(platform).edit_order(&id, Edit::Street("Nieuwstraat 7".to_owned()));
        trial.project(&nudges).await;
        let asked = trial.scenario.attention().await;
        assert_eq!(asked.len(), at + 1, "{platform:?}");
        let found = asked.iter().any(|item| item.reason.contains("delivery address changed"));
        assert!(found, "{platform:?}: {asked:?}");
    }
    trial.same().await;
}

/// R168: a quotation takes another address and is confirmed when it is paid; it is cancelled after that.
#[tokio::test]
async fn a_quotation_becomes_an_order() {
    let Some(trial) = Trial::new("a quotation", Protocol::Json2).await else { return };
    let platform = Platform::WooCommerce;
    let shop = trial.scenario.shop(platform);
    let id = shop.add(53, |draft| Draft { phase: Phase::Pending, ..trial.fresh(draft) });
    let nudges = trial.nudges(platform, std::slice::from_ref(&id));
    trial.project(&nudges).await;
    shop.edit_order(&id, Edit::Street("Nieuwstraat 7".to_owned()));
    trial.project(&nudges).await;
    shop.edit_order(&id, Edit::Phase(Phase::Paid));
    trial.project(&nudges).await;
    trial.agrees().await;
    shop.edit_order(&id, Edit::Phase(Phase::Cancelled));
    trial.scenario.drive(&nudges).await;
    assert_eq!(trial.state().await["orders"][0]["state"], "cancel");
    assert!(trial.scenario.attention().await.is_empty());
}

/// What a person did in Odoo meanwhile is respected: delivered, locked, cancelled, deleted.
#[tokio::test]
async fn what_people_did_in_odoo_is_not_undone() {
    let Some(trial) = Trial::new("people in Odoo", Protocol::Json2).await else { return };
    let platform = Platform::Magento;
    let cases = [
        ("action_lock", "is locked in Odoo"),
        ("action_cancel", "was cancelled in Odoo"),
        ("unlink", "was deleted in Odoo"),
    ];
    for (at, (method, reason)) in cases.into_iter().enumerate() {
        let id = trial.add(platform, 54);
        let nudges = trial.nudges(platform, std::slice::from_ref(&id));
        trial.project(&nudges).await;
        let number = trial.scenario.shop(platform).expected(&id).unwrap().number;
        let state = trial.state().await;
        let orders = state["orders"].as_array().unwrap();
        let order =
            &orders.iter().find(|o| o["client_order_ref"] == number.as_str()).unwrap()["id"];
        if method == "unlink" {
            trial.admin("sale.order", "action_cancel", json!({"ids": [order]})).await;
        }
        trial.admin("sale.order", method, json!({"ids": [order]})).await;
        let edit = Edit::Quantity { line: 0, quantity: 8.into() };
        trial.scenario.shop(platform).edit_order(&id, edit);
        trial.project(&nudges).await;
        let asked = trial.scenario.attention().await;
        assert_eq!(asked.len(), at + 1, "{method}");
        assert!(asked.iter().any(|item| item.reason.contains(reason)), "{method}: {asked:?}");
    }
    assert_eq!(trial.state().await["orders"].as_array().unwrap().len(), 2);
}
