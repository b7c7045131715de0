//! What comes after the order, against the real Odoo: the very flow that the fake is tried with.

use super::server::{Protocol, Trial};
use causeway_domain::Goods;
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, SampleRefund};
use serde_json::{Value, json};

pub const AFTER: &str = "invoices = \"at_order\"\npayments = \"per_order\"\njournal = 6\nreturns = \"platform\"\nlocked = \"unlock\"";

fn amount(value: &Value) -> Decimal {
    value.to_string().parse().unwrap()
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// Invoiced less credited of one store's order, and what is wrong with its documents.
async fn books(trial: &Trial, platform: Platform) -> (Decimal, Decimal, Vec<String>) {
    let store = trial.scenario.shop(platform).shop().store;
    let fields = json!(["invoice_ids", "invoice_status", "state"]);
    let orders = trial.find("sale.order", json!([["origin", "like", store]]), fields).await;
    let bills: Vec<Value> =
        orders.iter().flat_map(|order| order["invoice_ids"].as_array().unwrap().clone()).collect();
    let fields = json!(["amount_total", "state", "payment_state", "move_type"]);
    let domain = json!([["id", "in", bills], ["move_type", "=", "out_invoice"]]);
    let invoices = trial.find("account.move", domain, fields.clone()).await;
    let domain = json!([["reversed_entry_id", "in", ids(&invoices)]]);
    let notes = trial.find("account.move", domain, fields).await;
    let mut wrong = Vec::new();
    for document in invoices.iter().chain(&notes) {
        if document["state"] != "posted" {
            wrong.push(format!("{platform:?}: {document}"));
        }
    }
    for order in orders.iter().filter(|order| order["invoice_status"] == "to invoice") {
        wrong.push(format!("{platform:?}: {order}"));
    }
    let sum = |rows: &[Value]| rows.iter().map(|row| amount(&row["amount_total"])).sum();
    (sum(&invoices), sum(&notes), wrong)
}

async fn agrees(trial: &Trial, what: &str) {
    let asked: Vec<String> =
        trial.scenario.attention().await.into_iter().map(|item| item.reason).collect();
    assert_eq!(asked, Vec::<String>::new(), "{what}");
    for platform in Platform::ALL {
        let shop = trial.scenario.shop(platform);
        let (mut sold, mut back) = (Decimal::ZERO, Decimal::ZERO);
        for id in shop.order_ids() {
            sold += shop.expected(&id).unwrap().total;
            let refunds = shop.expected_after_sales(&id).refunds;
            back += refunds.iter().map(|refund| refund.gross).sum::<Decimal>();
        }
        let (invoiced, credited, wrong) = books(trial, platform).await;
        assert_eq!(wrong, Vec::<String>::new(), "{what}");
        assert_eq!((invoiced, credited), (sold, back), "{what}, {platform:?}");
    }
}

/// R170-R174, R195, R196, R204, R207: one order of every platform, refunded in three steps, every event
/// twice: invoiced, paid, credited and paid back to the minor unit.
#[tokio::test]
async fn refunds_of_every_platform_are_equal_to_the_cent() {
    let what = "refunds of every platform";
    let Some(trial) = Trial::with(what, Protocol::Json2, AFTER).await else { return };
    let steps: [fn(&sandbox::platforms::Fake, &str); 4] = [
        |_, _| {},
        |shop, id| {
            shop.refund(id, SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)]));
        },
        // Square gives back no more than its items come to, so nothing beside them.
        |shop, id| {
            if shop.shop().platform != Platform::Square {
                shop.refund(id, SampleRefund::money(Decimal::ONE));
            }
        },
        |shop, id| {
            shop.refund_rest(id, Goods::Kept, true);
        },
    ];
    let mut orders = Vec::new();
    for platform in Platform::ALL {
        let id = trial.scenario.shop(platform).add(51, |mut draft| {
            draft.gift_card_share = None;
            trial.fresh(draft)
        });
        orders.push((platform, id));
    }
    for step in steps {
        for (platform, id) in &orders {
            step(trial.scenario.shop(*platform), id);
            for _ in 0..2 {
                trial.scenario.drive(&trial.nudges(*platform, std::slice::from_ref(id))).await;
                trial.scenario.drive(&[trial.scenario.after(*platform, id)]).await;
            }
        }
        agrees(&trial, what).await;
    }
}

/// R185, R187: goods that were delivered come back by a return picking before they are credited.
#[tokio::test]
async fn a_return_is_taken_back_and_then_credited() {
    let what = "a return";
    let Some(trial) = Trial::with(what, Protocol::Json2, AFTER).await else { return };
    let platform = Platform::Shopify;
    let id = trial.add(platform, 52);
    trial.scenario.drive(&trial.nudges(platform, std::slice::from_ref(&id))).await;
    let store = trial.scenario.shop(platform).shop().store;
    let pickings = async || {
        let domain = json!([["origin", "like", store]]);
        let orders = trial.find("sale.order", domain, json!(["picking_ids"])).await;
        let domain = json!([["id", "in", orders[0]["picking_ids"]]]);
        trial.find("stock.picking", domain, json!(["state", "return_id"])).await
    };
    let deliveries = ids(&pickings().await);
    assert_eq!(deliveries.len(), 1);
    let context = json!({"skip_backorder": true, "skip_sms": true});
    let body = json!({"ids": deliveries, "context": context});
    let answer = trial.admin("stock.picking", "button_validate", body).await;
    assert_eq!(answer, true);
    let shop = trial.scenario.shop(platform);
    shop.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]));
    trial.scenario.drive(&[trial.scenario.after(platform, &id)]).await;
    agrees(&trial, what).await;
    let all = pickings().await;
    let returns: Vec<&Value> = all.iter().filter(|one| one["return_id"] != false).collect();
    assert_eq!(returns.len(), 1, "{all:?}");
    assert_eq!(returns[0]["state"], "done");
}

/// A sale over the counter to a stranger, and to somebody whom Odoo knows elsewhere: order, invoice and
/// credit note bear no fiscal position, as the empty address of each is a contact of its own.
#[tokio::test]
async fn a_sale_over_the_counter_is_credited_where_it_was_booked() {
    let what = "a refund over the counter";
    let Some(trial) = Trial::with(what, Protocol::Json2, AFTER).await else { return };
    let country = trial.find("res.country", json!([["code", "=", "US"]]), json!(["id"])).await;
    let email = format!("visitor.{}@example.test", trial.tag);
    let visitor = json!({"name": "Visitor", "email": email, "country_id": country[0]["id"]});
    let visitor = trial.admin("res.partner", "create", json!({"vals_list": [visitor]})).await;
    let platform = Platform::Square;
    let shop = trial.scenario.shop(platform);
    for known in [false, true] {
        let id = shop.add(12, |draft| {
            let mut draft = trial.fresh(draft).to_a_stranger();
            draft.gift_card_share = None;
            if known {
                draft.buyer.email.clone_from(&email);
            }
            draft
        });
        trial.scenario.drive(&trial.nudges(platform, std::slice::from_ref(&id))).await;
        shop.refund_rest(&id, Goods::Kept, true);
        trial.scenario.drive(&[trial.scenario.after(platform, &id)]).await;
    }
    agrees(&trial, what).await;
    let domain = json!([["origin", "like", shop.shop().store]]);
    let fields = json!(["fiscal_position_id", "invoice_ids", "partner_id"]);
    let orders = trial.find("sale.order", domain, fields).await;
    let customers: Vec<&Value> = orders.iter().map(|order| &order["partner_id"][0]).collect();
    assert!(customers.contains(&&visitor[0]), "{customers:?}");
    let documents: Vec<Value> =
        orders.iter().flat_map(|order| order["invoice_ids"].as_array().unwrap().clone()).collect();
    let domain = json!(["|", ["id", "in", documents], ["reversed_entry_id", "in", documents]]);
    let fields = json!(["fiscal_position_id"]);
    let documents = trial.find("account.move", domain, fields).await;
    assert_eq!((orders.len(), documents.len()), (2, 4));
    for bearer in orders.iter().chain(&documents) {
        assert_eq!(bearer["fiscal_position_id"], false, "{bearer}");
    }
    let domain = json!([["move_id", "in", ids(&documents)], ["display_type", "=", "product"]]);
    let lines = trial.find("account.move.line", domain, json!(["account_id"])).await;
    assert!(lines.iter().all(|line| line["account_id"] == lines[0]["account_id"]), "{lines:?}");
}

/// R168, R178: cancelled before and after the invoice.
#[tokio::test]
async fn cancelled_orders_end_cancelled_and_credited() {
    let what = "cancelled orders";
    let Some(trial) = Trial::with(what, Protocol::Json2, AFTER).await else { return };
    for platform in Platform::ALL {
        let id = trial.add(platform, 53);
        trial.scenario.drive(&trial.nudges(platform, std::slice::from_ref(&id))).await;
        trial.scenario.shop(platform).cancel(&id, true);
        for _ in 0..2 {
            trial.scenario.drive(&trial.nudges(platform, std::slice::from_ref(&id))).await;
        }
        let store = trial.scenario.shop(platform).shop().store;
        let domain = json!([["origin", "like", store]]);
        let orders = trial.find("sale.order", domain, json!(["state"])).await;
        assert_eq!(orders[0]["state"], "cancel", "{platform:?}");
    }
    agrees(&trial, what).await;
}
