//! A point of sale against the real Odoo: sale, late fee and refund as entries, goods out and back.

use super::server::{Protocol, Trial};
use causeway_domain::{Goods, StoreId};
use rust_decimal::Decimal;
use sandbox::platforms::{Draft, Phase, Platform, SampleRefund};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The first record that fits, by its id.
async fn first(trial: &Trial, model: &str, domain: Value) -> i64 {
    let found = trial.find(model, domain.clone(), json!(["id"])).await;
    found.first().unwrap_or_else(|| panic!("no {model} with {domain}"))["id"].as_i64().unwrap()
}

/// Puts the trial's Square store into journal mode, with accounts of the right kinds.
async fn journal_mode(trial: &Trial) {
    let account = async |kind: &str| {
        first(trial, "account.account", json!([["account_type", "=", kind]])).await
    };
    let domain =
        json!([["code", "=", "outgoing"], ["warehouse_id", "=", trial.server.warehouse()]]);
    let fields = json!(["default_location_src_id", "default_location_dest_id"]);
    let way = trial.find("stock.picking.type", domain, fields).await.remove(0);
    let table = json!({
        "journal": first(trial, "account.journal", json!([["type", "=", "general"]])).await,
        "currency": "EUR", "time_zone": "Europe/Brussels",
        "default_tender": account("asset_current").await, "fees": account("expense").await,
        "gift_cards": account("liability_current").await, "tips": account("liability_current").await,
        "income": account("income").await, "refunded_goods": "returned",
        "delivery": {"picking_type": way["id"], "from": way["default_location_src_id"][0],
            "to": way["default_location_dest_id"][0]},
    });
    let store = StoreId::new(trial.scenario.shop(Platform::Square).shop().store);
    let mut settings = trial.scenario.world.ports.settings.port.0.lock().unwrap();
    let mut document: Value = serde_json::from_str(&settings[&store]).unwrap();
    document["store"]["posting"] = json!("journal");
    document["store"]["journal"] = table;
    settings.insert(store, document.to_string().into());
}

fn cents(value: &Value) -> i64 {
    let exact: Decimal = value.to_string().parse().unwrap();
    i64::try_from((exact * Decimal::ONE_HUNDRED).round().mantissa()).unwrap()
}

/// R5, R9, R10, R47-R50: what is booked has exactly our lines with their place in the tax report, Odoo
/// adds nothing, and the goods have moved there and back once.
#[tokio::test]
async fn a_sale_its_fee_and_its_refund_are_booked_once() {
    let Some(trial) = Trial::new("a point of sale", Protocol::Json2).await else { return };
    journal_mode(&trial).await;
    let shop = trial.scenario.shop(Platform::Square);
    for seed in 61..65 {
        let sold = |draft| Draft { phase: Phase::Completed, currency: "EUR", ..trial.fresh(draft) };
        let id = shop.add(seed, sold);
        let nudges = trial.nudges(Platform::Square, std::slice::from_ref(&id));
        trial.scenario.drive(&nudges).await;
        shop.fees_come(&id);
        trial.scenario.drive(&nudges).await;
        let unit = Decimal::ONE.min(shop.order(&id).unwrap().draft.lines[0].quantity);
        shop.refund(&id, SampleRefund::of(&[(0, unit, Goods::Unsaid)]));
        for _ in 0..2 {
            trial.scenario.drive(&nudges).await;
        }
        let asked: Vec<String> =
            trial.scenario.attention().await.into_iter().map(|item| item.reason).collect();
        assert_eq!(asked, Vec::<String>::new());
        let reference = format!("{}/{id}", shop.shop().store);
        let domain = json!([["move_id.ref", "=", reference]]);
        let fields = json!([
            "move_id",
            "name",
            "balance",
            "parent_state",
            "tax_line_id",
            "tax_repartition_line_id",
            "tax_tag_ids",
            "tax_ids"
        ]);
        let lines = trial.find("account.move.line", domain, fields).await;
        check(&trial, &lines, shop.expected(&id).unwrap().tax).await;
        let domain = json!([["origin", "like", reference]]);
        let pickings = trial.find("stock.picking", domain, json!(["state"])).await;
        let states: Vec<&Value> = pickings.iter().map(|picking| &picking["state"]).collect();
        assert_eq!(states, ["done", "done"], "{reference}");
    }
}

async fn check(trial: &Trial, lines: &[Value], tax: Decimal) {
    let entries: BTreeSet<i64> =
        lines.iter().filter_map(|line| line["move_id"][0].as_i64()).collect();
    assert!(entries.len() >= 3, "sale, fee and refund: {lines:?}");
    assert_eq!(lines.iter().map(|line| cents(&line["balance"])).sum::<i64>(), 0);
    let ids: Vec<&Value> = lines.iter().map(|line| &line["id"]).collect();
    let names = trial.plain("account.move.line", "get_external_id", json!({"ids": ids})).await;
    for line in lines {
        assert_eq!(line["parent_state"], "posted");
        let name = names[line["id"].to_string()].as_str().unwrap();
        assert!(name.starts_with("__causeway__."), "a line of Odoo's own: {line}");
        let repartition = line["tax_repartition_line_id"][0].as_i64();
        let tagged = !line["tax_tag_ids"].as_array().unwrap().is_empty();
        assert_eq!(repartition.is_some(), line["tax_line_id"].is_array(), "{line}");
        assert!(repartition.is_none() || tagged, "in no tax report: {line}");
    }
    let taxes = lines.iter().filter(|line| line["tax_line_id"].is_array());
    let sold = taxes.map(|line| cents(&line["balance"])).filter(|balance| *balance < 0);
    assert_eq!(Decimal::new(-sold.sum::<i64>(), 2), tax);
}
