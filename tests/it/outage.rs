//! Bad days: the other side is away, slow, racing or lying. Everything still ends in done, waiting with
//! a reason, an attention item or the dead-letter queue.

use crate::sim::Scenario;
use causeway_ledger::{Disposition, State};
use sandbox::odoo::{Fault, Rule, Switches};
use sandbox::platforms::{Draft, Edit, Faults, Phase, Platform};
use std::time::Duration;

fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft
}

/// Odoo is down for half an hour and the platform keeps sending: the order is retried in the steps of
/// the table, not given up, and made once Odoo is back (R58, R296, R297).
#[tokio::test]
async fn many_webhooks_during_an_outage_do_not_use_up_the_retries() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::Shopify).add(41, paid);
    let nudge = scenario.nudge(Platform::Shopify, &id);
    scenario.odoo.switch(Switches { database_down: true, ..Switches::default() });
    for _ in 0..12 {
        let disposition = scenario.project(std::slice::from_ref(&nudge)).await.remove(0);
        assert!(
            matches!(disposition, Disposition::RetryAfter(after) if after <= Duration::from_secs(30)),
            "{disposition:?}"
        );
    }
    let row = scenario.row(Platform::Shopify, &id).await.unwrap();
    assert_eq!(row.state, State::Retrying);
    assert!(row.due.is_some(), "the sweep would find it");
    scenario.clock.advance(Duration::from_secs(1800));
    scenario.odoo.switch(Switches::default());
    scenario.project_to_the_end(std::slice::from_ref(&nudge)).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// An outage that outlasts the table ends in the dead-letter queue with the reason, and a redrive
/// makes the order after all (R297, R298).
#[tokio::test]
async fn an_endless_outage_ends_in_the_dead_letter_queue_and_can_be_redriven() {
    let scenario = Scenario::new();
    let id = scenario.shop(Platform::Square).add(42, paid);
    let nudge = scenario.nudge(Platform::Square, &id);
    scenario.odoo.switch(Switches { database_down: true, ..Switches::default() });
    let mut pauses = Vec::new();
    let reason = loop {
        match scenario.project(std::slice::from_ref(&nudge)).await.remove(0) {
            Disposition::RetryAfter(pause) => {
                pauses.push(pause.as_secs());
                scenario.clock.advance(pause);
            }
            Disposition::ToDeadLetter(reason) => break reason,
            Disposition::Done => panic!("done without Odoo"),
        }
        assert!(pauses.len() < 20, "{pauses:?}");
    };
    assert!(reason.contains("odoo"), "{reason}");
    assert_eq!(pauses.len(), 6, "{pauses:?}");
    assert_eq!(scenario.row(Platform::Square, &id).await.unwrap().state, State::Dead);
    scenario.odoo.switch(Switches::default());
    scenario.project_to_the_end(&[nudge]).await;
    assert_eq!(scenario.differences(), Vec::<String>::new());
}

/// Each thing that can happen to each write, and then the order is there once.
#[tokio::test]
async fn whatever_happens_to_a_write_the_order_is_made_once() {
    let writes = [
        ("res.partner", "load"),
        ("sale.order", "load"),
        ("sale.order", "action_confirm"),
        ("sale.order", "web_save_multi"),
    ];
    let faults = [
        Fault::CommitLate,
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::FallOver,
        Fault::TooManyRequests,
        Fault::BadGateway,
        Fault::Unavailable,
        Fault::DatabaseDown,
        Fault::SerializationFailure,
        Fault::LostRace,
    ];
    for (model, method) in writes {
        for fault in faults {
            let scenario = Scenario::new();
            let ids: Vec<String> =
                (0..3).map(|_| scenario.shop(Platform::WooCommerce).add(43, paid)).collect();
            let nudges: Vec<_> =
                ids.iter().map(|id| scenario.nudge(Platform::WooCommerce, id)).collect();
            scenario.odoo.inject(Rule::times(fault, model, method, 2));
            scenario.project_to_the_end(&nudges).await;
            scenario.odoo.commit_late();
            scenario.project_to_the_end(&nudges).await;
            let what = format!("{fault:?} on {model}/{method}");
            assert_eq!(scenario.differences(), Vec::<String>::new(), "{what}");
            assert!(scenario.attention().await.is_empty(), "{what}");
        }
    }
}

/// The platform answers 500 for a while, throttles, or cuts answers short: the order waits visibly and
/// is made afterwards.
#[tokio::test]
async fn a_platform_in_trouble_only_delays_its_orders() {
    for platform in Platform::ALL {
        for faults in [
            Faults { server_error: 2, ..Faults::default() },
            Faults { too_many: 2, retry_after: 3, ..Faults::default() },
            Faults { truncate: 1, ..Faults::default() },
            Faults { drop: 2, ..Faults::default() },
            Faults { throttled: 1, ..Faults::default() },
        ] {
            let scenario = Scenario::new();
            let id = scenario.shop(platform).add(44, paid);
            scenario.shop(platform).set_faults(faults.clone());
            let nudge = scenario.nudge(platform, &id);
            scenario.project_to_the_end(&[nudge]).await;
            assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?} {faults:?}");
        }
    }
}

/// R196, R202: Odoo ignores a pin without a word; the read-back sees it, nothing is confirmed, and a
/// person gets both numbers.
#[tokio::test]
async fn an_ignored_pin_is_seen_before_anything_is_confirmed() {
    let scenario = Scenario::new();
    let ids: Vec<String> = scenario.shop(Platform::WooCommerce).generate(45, 40);
    let nudges: Vec<_> = ids.iter().map(|id| scenario.nudge(Platform::WooCommerce, id)).collect();
    scenario.odoo.switch(Switches { ignore_pins: true, ..Switches::default() });
    for batch in nudges.chunks(10) {
        scenario.project(batch).await;
    }
    let attention = scenario.attention().await;
    assert!(!attention.is_empty(), "some total is off by a cent without pins");
    for item in &attention {
        assert!(item.reason.contains("on the platform and"), "{}", item.reason);
    }
    let state = scenario.odoo_state();
    for item in attention {
        let order = state["orders"]
            .as_array()
            .unwrap()
            .iter()
            .find(|order| order["client_order_ref"] == item.number.clone().unwrap().as_str());
        assert_eq!(order.unwrap()["state"], "draft", "{}", item.reason);
    }
}

/// Eight workers get the same order at once, and it changes meanwhile: one order, with the change.
#[tokio::test]
async fn many_workers_at_once_make_one_order_with_the_last_change() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        let id = scenario.shop(platform).add(46, paid);
        let nudge = scenario.nudge(platform, &id);
        let nudges = std::slice::from_ref(&nudge);
        let workers = (0..8).map(|at| {
            let scenario = &scenario;
            let id = &id;
            async move {
                if at == 4 {
                    for _ in 0..at * 3 {
                        tokio::task::yield_now().await;
                    }
                    let edit = Edit::Quantity { line: 0, quantity: 5.into() };
                    scenario.shop(platform).edit_order(id, edit);
                }
                scenario.project(nudges).await
            }
        });
        futures::future::join_all(workers).await;
        let left = scenario.queued();
        scenario.empty_queue();
        scenario.project_to_the_end(&left).await;
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
    }
}

/// Two first orders of one customer at once make one partner with its addresses (R210).
#[tokio::test]
async fn two_first_orders_of_one_customer_make_one_partner() {
    let scenario = Scenario::new();
    let shop = scenario.shop(Platform::Magento);
    let first = shop.add(47, paid);
    let template = shop.order(&first).unwrap().draft;
    let second = shop.add(47, |draft| Draft { number: draft.number, ..template.clone() });
    let before = scenario.odoo_state()["partners"].as_array().unwrap().len();
    let one = [scenario.nudge(Platform::Magento, &first)];
    let two = [scenario.nudge(Platform::Magento, &second)];
    futures::join!(scenario.project(&one), scenario.project(&two));
    assert_eq!(scenario.differences(), Vec::<String>::new());
    let state = scenario.odoo_state();
    let partners = state["partners"].as_array().unwrap();
    let born = &partners[before..];
    let customers = born.iter().filter(|p| p["parent_id"] == false).count();
    assert_eq!(customers, 1, "{born:#?}");
    let addresses: std::collections::BTreeSet<_> = state["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["partner_shipping_id"].to_string())
        .collect();
    assert_eq!(addresses.len(), 1, "no second contact for an address that is known");
}
