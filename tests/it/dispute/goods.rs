//! Goods of a disputed order that have not left while its money is gone.

use super::{entries, handle_to_the_end, reference, told};
use crate::settlement::{in_euro, invoiced, minor, world};
use crate::sim::every_kill;
use causeway_domain::{DisputeId, Subject};
use causeway_flows::World as _;
use causeway_ledger::{Ledger as _, State};
use sandbox::platforms::Platform;
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// R171: the money is gone and the goods have not left: it is booked, and a person is asked by name of
/// the delivery; the question is closed when they have left.
#[tokio::test]
async fn goods_that_have_not_left_are_asked_about() {
    for policy in ["credit_note", "bad_debt"] {
        let scenario = world(|text| {
            text.replace("bad_debt = 499", &format!("bad_debt = 499\ndisputes = \"{policy}\""))
        });
        let invoice = invoiced(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]);
        let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
        handle_to_the_end(&scenario, &nudge).await;
        let delivery = scenario.odoo_state()["pickings"][0]["name"].as_str().unwrap().to_owned();
        let asked = scenario.attention().await.remove(0);
        assert!(asked.reason.contains(&delivery), "{}", asked.reason);
        assert_eq!(asked.key.subject, "dispute/dp_1#goods");
        let row = scenario.ledger_row(&nudge).await.unwrap();
        assert_eq!((row.state, row.due), (State::Waiting, Some(scenario.now() + DAY)));
        scenario.warehouse_works();
        handle_to_the_end(&scenario, &nudge).await;
        assert_eq!(scenario.attention().await, []);
        assert_eq!(scenario.ledger_row(&nudge).await.unwrap().state, State::Done);
        assert_eq!(entries(&scenario.odoo_state()).len(), 1);
    }
}

/// What a person has settled does not come back while the goods are still there; nobody looks for them for
/// ever.
#[tokio::test]
async fn goods_are_asked_about_once() {
    let scenario = world(|text| text);
    let invoice = invoiced(&scenario, 1).await.remove(0);
    let amount = minor(&invoice["amount_total"]);
    let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
    handle_to_the_end(&scenario, &nudge).await;
    let asked = scenario.attention().await.remove(0).key;
    assert_eq!(scenario.world.ledger().settle(&asked).await, Ok(true));
    for (days, state) in [(1, State::Waiting), (60, State::Done)] {
        scenario.clock.advance(days * DAY);
        handle_to_the_end(&scenario, &nudge).await;
        assert_eq!(scenario.attention().await, []);
        assert_eq!(scenario.ledger_row(&nudge).await.unwrap().state, state);
    }
}

/// Won: the goods may go. Each event of Adyen is a subject of its own, and they come in any order.
#[tokio::test]
async fn goods_of_a_dispute_that_is_won_are_not_asked_about() {
    for late in [false, true] {
        let scenario = world(|text| text);
        let invoice = invoiced(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]);
        let event = |code: &str| {
            let id = format!(
                "adyen1:{code}:DSP1:{}:SynthShop::{amount}:EUR:{}",
                reference(&invoice),
                scenario.now().as_second()
            );
            scenario.of_account("adyen-pay", Subject::Dispute(DisputeId::new(id)))
        };
        let mut events = [event("CHARGEBACK"), event("CHARGEBACK_REVERSED")];
        if late {
            events.reverse();
        }
        for (at, nudge) in events.iter().enumerate() {
            handle_to_the_end(&scenario, nudge).await;
            let asked = usize::from(at == 0 && !late);
            assert_eq!(scenario.attention().await.len(), asked, "late: {late}, event {at}");
        }
        assert_eq!(entries(&scenario.odoo_state()).len(), 2);
    }
}

/// The same where goods are invoiced when they leave: there is no invoice yet, and no time to wait for it.
#[tokio::test]
async fn goods_that_have_not_left_are_asked_about_before_there_is_an_invoice() {
    for (stores, asked) in
        [("", 1), ("stores = [\"woo-demo\"]", 1), ("stores = [\"square-demo\"]", 0)]
    {
        let scenario = world(|text| {
            let account = "[accounts.stripe-pay]\n";
            text.replace(account, &format!("{account}{stores}\n"))
        });
        let id = scenario.shop(Platform::WooCommerce).add(31, in_euro);
        scenario.project(&[scenario.nudge(Platform::WooCommerce, &id)]).await;
        let number = scenario.odoo_state()["orders"][0]["client_order_ref"].clone();
        let sold = json!({"payment_reference": "ch_31", "ref": number});
        let nudge = told(&scenario, &sold, 500, "w", "needs_response");
        handle_to_the_end(&scenario, &nudge).await;
        let items = scenario.attention().await;
        assert_eq!(items.len(), asked, "{stores}: {items:#?}");
        assert!(items.iter().all(|item| item.reason.contains("WH/OUT/")), "{items:#?}");
        let picking = scenario.odoo_state()["pickings"][0]["id"].as_i64().unwrap();
        scenario.odoo_as_admin("stock.picking", "action_cancel", &[picking]);
        handle_to_the_end(&scenario, &nudge).await;
        assert_eq!(scenario.attention().await, []);
        assert_eq!(scenario.ledger_row(&nudge).await.unwrap().state, State::Waiting);
        assert!(entries(&scenario.odoo_state()).is_empty());
    }
}

/// R195: a kill at every call of a withdrawal whose goods have not left: one entry, one question.
#[tokio::test]
async fn r195_asking_about_goods_survives_a_kill_at_every_call() {
    let prepared = || async {
        let scenario = world(|text| text);
        let invoice = invoiced(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]);
        let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
        scenario.gate.disarm();
        (scenario, nudge)
    };
    let (clean, nudge) = prepared().await;
    clean.handle(std::slice::from_ref(&nudge)).await;
    let calls = clean.gate.calls();
    for (at, kill, what) in every_kill(&calls) {
        let (scenario, nudge) = prepared().await;
        let late =
            scenario.dies(at, kill, scenario.handle(std::slice::from_ref(&nudge)), &what).await;
        handle_to_the_end(&scenario, &nudge).await;
        scenario.arrive_late(late);
        handle_to_the_end(&scenario, &nudge).await;
        assert_eq!(entries(&scenario.odoo_state()).len(), 1, "{what}");
        assert_eq!(scenario.attention().await.len(), 1, "{what}");
    }
}
