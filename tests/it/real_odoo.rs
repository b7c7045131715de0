//! The whole order projection against a real Odoo 19, which `CAUSEWAY_REAL_ODOO` names; without the
//! variable every trial here says in one line that it was skipped.
//!
//! ```json
//! {"url": "http://127.0.0.1:8069", "database": "prod", "login": "inbound", "user": 5,
//!  "api_key": "...", "admin_key": "...", "warehouse": 1, "team": 1, "salesperson": 2,
//!  "payment_term": 1, "anonymous": 10, "no_tax": 282, "export_tax": 203,
//!  "taxes": {"21": [191, 279], "12": [194], "6": [196], "0": [198]},
//!  "pricelists": {"EUR": 14, "USD": 15, "JPY": 16, "KWD": 17}}
//! ```
//!
//! The trials make products, customers and orders in that database and never remove them: use one
//! that may be thrown away. Every trial has stores of its own, so that it can be run again.

mod after_sales;
mod edits;
mod journal;
mod kill;
mod server;
mod speed;
mod steps;
mod twin;

use crate::sim::Scenario;
use causeway_domain::StoreId;
use causeway_ledger::Ledger as _;
use causeway_ledger::{Link, LinkKey, LinkKind, State};
use sandbox::platforms::{self, Draft, Edit, Phase, Platform};
use serde_json::{Value, json};
use server::{Protocol, Trial};
use std::collections::BTreeSet;

/// R156-R165, R196: twenty orders of every platform in batches of ten, one each, dated as placed, total
/// and tax equal to the minor unit. `stranger` makes customers that this Odoo has never seen.
///
/// A new note then makes each of them be read and compared again, and nothing is written: what Odoo
/// tells of an order is what was sent.
async fn twenty_orders_of_every_platform(trial: &Trial, stranger: bool) {
    let mut all = Vec::new();
    for platform in Platform::ALL {
        let shop = trial.scenario.shop(platform);
        let customer =
            |draft: Draft| if stranger { server::stranger(&trial.tag, draft) } else { draft };
        let ids: Vec<String> = (0..20).map(|_| shop.add(41, customer)).collect();
        trial.project(&trial.nudges(platform, &ids)).await;
        all.extend(trial.nudges(platform, &ids));
        for id in ids {
            shop.edit_order(&id, Edit::Note("Sonnez deux fois".to_owned()));
        }
    }
    trial.agrees().await;
    trial.scenario.gate.disarm();
    trial.project(&all).await;
    let calls = odoo_calls(&trial.scenario);
    assert!(calls.iter().any(|call| call == "odoo sale.order.line/search_read"), "{calls:?}");
    assert!(!calls.iter().any(|call| call == "odoo sale.order/write"), "{calls:?}");
    trial.agrees().await;
}

#[tokio::test]
async fn orders_of_every_platform_are_equal_to_the_cent() {
    let Some(trial) = Trial::new("orders of every platform", Protocol::Json2).await else { return };
    twenty_orders_of_every_platform(&trial, true).await;
}

/// The same over the legacy protocol, by customers who are known by e-mail and VAT number.
#[tokio::test]
async fn orders_over_json_rpc_are_equal_to_the_cent() {
    let Some(trial) = Trial::new("orders over JSON-RPC", Protocol::JsonRpc).await else { return };
    twenty_orders_of_every_platform(&trial, false).await;
}

/// R166, R224: a second and a third delivery change nothing, not even the time of the last write.
#[tokio::test]
async fn nudging_twice_changes_nothing() {
    let Some(trial) = Trial::new("nudging twice", Protocol::Json2).await else { return };
    let mut nudges = Vec::new();
    for platform in Platform::ALL {
        let id = trial.add(platform, 42);
        nudges.extend(trial.nudges(platform, &[id]));
    }
    trial.project(&nudges).await;
    let before = trial.state().await;
    trial.scenario.gate.disarm();
    trial.project(&nudges).await;
    trial.project(&[nudges.clone(), nudges].concat()).await;
    assert_eq!(odoo_calls(&trial.scenario), Vec::<String>::new());
    assert_eq!(trial.state().await, before);
    trial.agrees().await;
}

fn odoo_calls(scenario: &Scenario) -> Vec<String> {
    scenario.gate.calls().into_iter().filter(|call| call.starts_with("odoo")).collect()
}

/// Currencies with no, two and three decimals, of every platform that sells in them.
#[tokio::test]
async fn currencies_keep_their_decimals() {
    let Some(trial) = Trial::new("currencies", Protocol::Json2).await else { return };
    let mut seen = BTreeSet::new();
    for platform in Platform::ALL {
        let shop = trial.scenario.shop(platform);
        let foreign: Vec<Draft> = platforms::generate(platform, 43, 120)
            .into_iter()
            .map(|order| trial.fresh(order.draft))
            .filter(|draft| draft.currency != "EUR")
            .take(10)
            .collect();
        seen.extend(foreign.iter().map(|draft| draft.currency));
        let ids: Vec<String> = foreign.into_iter().map(|draft| shop.add_order(draft)).collect();
        trial.project(&trial.nudges(platform, &ids)).await;
    }
    assert_eq!(seen, BTreeSet::from(["JPY", "KWD", "USD"]));
    trial.agrees().await;
}

/// R198: a sale over the counter names no place. Odoo taxes it as an export, as its customer (that for sales
/// without one) has a country; the order bears no position, and one with a place keeps its own.
#[tokio::test]
async fn a_sale_without_a_place_bears_no_fiscal_position() {
    for protocol in [Protocol::Json2, Protocol::JsonRpc] {
        let Some(trial) = Trial::new("a sale without a place", protocol).await else { return };
        let platform = Platform::Square;
        let delivered = trial.add(platform, 12);
        let over_the_counter = |draft| Draft { phase: Phase::Paid, ..Draft::to_a_stranger(draft) };
        let ids = [delivered, trial.scenario.shop(platform).add(12, over_the_counter)];
        trial.project(&trial.nudges(platform, &ids)).await;
        trial.agrees().await;
        let fields = json!(["fiscal_position_id", "partner_id"]);
        let orders = trial.find("sale.order", json!([["origin", "like", trial.tag]]), fields).await;
        let (without, with): (Vec<&Value>, Vec<&Value>) =
            orders.iter().partition(|order| order["fiscal_position_id"] == false);
        assert_eq!((without.len(), with.len()), (1, 1), "{orders:?}");
        assert_eq!(with[0]["fiscal_position_id"][1], "National");
        let customer = json!([["id", "=", without[0]["partner_id"][0]]]);
        let customer = trial.find("res.partner", customer, json!(["country_id"])).await;
        assert_ne!(customer[0]["country_id"], false, "Odoo finds a position for it");
    }
}

/// R198: what an automation in Odoo gives the orders while they are confirmed stays, with a place and without
/// one, and when the worker looks again.
#[tokio::test]
async fn a_position_set_while_confirming_stays() {
    for protocol in [Protocol::Json2, Protocol::JsonRpc] {
        let Some(trial) = Trial::new("a position set while confirming", protocol).await else {
            return;
        };
        let position =
            trial.find("account.fiscal.position", json!([["name", "=", "EU B2C"]]), json!(["id"]));
        let position = position.await[0]["id"].as_i64().unwrap();
        let automation = gives_when_confirmed(&trial, position).await;
        let platform = Platform::Square;
        let shop = trial.scenario.shop(platform);
        let over_the_counter = |draft| Draft { phase: Phase::Paid, ..Draft::to_a_stranger(draft) };
        let ids = [trial.add(platform, 12), shop.add(12, over_the_counter)];
        let nudges = trial.nudges(platform, &ids);
        trial.project(&nudges).await;
        for id in &ids {
            shop.edit_order(id, Edit::Note("Sonnez deux fois".to_owned()));
        }
        trial.project(&nudges).await;
        trial.admin("base.automation", "unlink", json!({"ids": [automation]})).await;
        trial.agrees().await;
        let fields = json!(["fiscal_position_id"]);
        let orders = trial.find("sale.order", json!([["origin", "like", trial.tag]]), fields).await;
        let found: Vec<&Value> = orders.iter().map(|o| &o["fiscal_position_id"][0]).collect();
        assert_eq!(found, [position, position], "{orders:?}");
    }
}

/// Makes an automation that gives this trial's orders a fiscal position while they are confirmed; its id.
async fn gives_when_confirmed(trial: &Trial, position: i64) -> i64 {
    let model = trial.find("ir.model", json!([["model", "=", "sale.order"]]), json!(["id"])).await;
    let model = &model[0]["id"];
    let domain = json!([["model", "=", "sale.order"], ["name", "=", "state"]]);
    let state = trial.find("ir.model.fields", domain, json!(["id"])).await;
    let filter = format!("[('state', '=', 'sale'), ('origin', 'like', '{}')]", trial.tag);
    let vals = json!({"name": trial.tag, "model_id": model, "trigger": "on_create_or_write",
        "trigger_field_ids": [[6, 0, [state[0]["id"]]]], "filter_domain": filter});
    let made = trial.admin("base.automation", "create", json!({"vals_list": [vals]})).await;
    let automation = made[0].as_i64().unwrap();
    let vals = json!({"name": trial.tag, "model_id": model, "state": "object_write",
        "update_path": "fiscal_position_id", "value": position.to_string(),
        "resource_ref": format!("account.fiscal.position,{position}"),
        "usage": "base_automation", "base_automation_id": automation});
    trial.admin("ir.actions.server", "create", json!({"vals_list": [vals]})).await;
    automation
}

/// R158: an unknown SKU waits by its name, and the order goes on when the product appears.
#[tokio::test]
async fn an_unknown_sku_waits_until_its_product_appears() {
    let Some(trial) = Trial::new("an unknown SKU", Protocol::Json2).await else { return };
    let platform = Platform::Shopify;
    let sku = format!("NEW-{}", trial.tag);
    let id = trial.scenario.shop(platform).add(44, |draft| {
        let mut draft = trial.fresh(draft);
        draft.lines[0].sku.clone_from(&sku);
        draft
    });
    let nudges = trial.nudges(platform, std::slice::from_ref(&id));
    trial.project(&nudges).await;
    let row = trial.scenario.row(platform, &id).await.unwrap();
    assert_eq!(row.state, State::Waiting);
    assert!(row.reason.unwrap().contains(&sku));
    assert_eq!(trial.state().await["orders"], json!([]));
    trial.make_product(&sku).await;
    trial.project(&nudges).await;
    trial.agrees().await;
}

/// R208-R212: first orders of one customer at once, with an account and as a guest, make one partner
/// each, with one contact for each address and phone number.
#[tokio::test]
async fn first_orders_of_one_customer_at_once_make_one_partner() {
    let Some(trial) = Trial::new("first orders at once", Protocol::Json2).await else { return };
    let platform = Platform::WooCommerce;
    let shop = trial.scenario.shop(platform);
    for seed in [45, 46, 47] {
        let first = trial.add(platform, seed);
        let buyer = shop.order(&first).unwrap().draft;
        let same = |draft: Draft| Draft { number: draft.number, ..buyer.clone() };
        let ids: Vec<String> =
            [first].into_iter().chain((0..3).map(|_| shop.add(seed, same))).collect();
        let nudges = trial.nudges(platform, &ids);
        let at_once = nudges
            .iter()
            .map(|nudge| trial.scenario.project_to_the_end(std::slice::from_ref(nudge)));
        futures::future::join_all(at_once).await;
        let email = buyer.buyer.email.to_lowercase();
        let domain = json!([["email_normalized", "=", email]]);
        let partners = trial.find("res.partner", domain, json!(["name"])).await;
        assert_eq!(partners.len(), 1, "{seed}: {partners:?}");
        let domain = json!([["parent_id", "=", partners[0]["id"]]]);
        let contacts = trial.find("res.partner", domain, json!(["street", "city", "phone"])).await;
        let place = |c: &Value| format!("{} {} {}", c["street"], c["city"], c["phone"]);
        let places: BTreeSet<String> = contacts.iter().map(place).collect();
        assert_eq!(places.len(), contacts.len(), "{seed}: {contacts:?}");
    }
    trial.agrees().await;
}

/// R269, R270: a customer whom Odoo refuses stops its own order, not the nine beside it.
#[tokio::test]
async fn a_refused_customer_leaves_the_others_alone() {
    let Some(trial) = Trial::new("a refused customer", Protocol::Json2).await else { return };
    let platform = Platform::WooCommerce;
    let mut ids: Vec<String> = (0..9).map(|_| trial.add(platform, 48)).collect();
    let bad = trial.scenario.shop(platform).add(48, |draft| {
        let mut draft = trial.fresh(draft);
        draft.buyer.company = Some((format!("Firma {}", trial.tag), "BE0999999999".to_owned()));
        draft.phase = Phase::Paid;
        draft
    });
    ids.insert(4, bad.clone());
    trial.project(&trial.nudges(platform, &ids)).await;
    let asked = trial.scenario.attention().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].reason.contains(&bad), "{}", asked[0].reason);
    assert!(!asked[0].reason.contains("Firma"), "{}", asked[0].reason);
    let mut differences = trial.scenario.differences_in(&trial.state().await);
    differences.retain(|difference| !difference.contains(&format!("WooCommerce {bad}: 0 in Odoo")));
    assert_eq!(differences, Vec::<String>::new());
}

/// Links to records that Odoo no longer has name their orders; those are looked up anew, the others
/// are done at once.
#[tokio::test]
async fn stale_links_heal() {
    let Some(trial) = Trial::new("stale links", Protocol::Json2).await else { return };
    let platform = Platform::PrestaShop;
    let ids: Vec<String> = (0..10).map(|_| trial.add(platform, 49)).collect();
    let shop = trial.scenario.shop(platform);
    let stale = [&ids[0], &ids[5]].map(|id| shop.order(id).unwrap().draft.lines[0].sku.clone());
    let links: Vec<Link> = stale
        .iter()
        .map(|sku| Link {
            key: LinkKey {
                store: StoreId::new(shop.shop().store),
                kind: LinkKind::Sku,
                source: sku.clone(),
            },
            odoo_id: 999_999_999,
        })
        .collect();
    trial.scenario.ledger.put_links(&links).await.unwrap();
    trial.scenario.project_to_the_end(&trial.nudges(platform, &ids)).await;
    trial.agrees().await;
}
