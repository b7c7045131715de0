//! A worker may die at any call after the order too; with n calls there are 2n kills, as in
//! `it::kill`, and the books end the same.

use super::books::Policy;
use super::{PAID, assert_books, paid, sold, world};
use crate::sim::{Scenario, every_kill};
use causeway_domain::{Goods, Nudge};
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, SampleRefund};

const POLICY: Policy = Policy { invoices: true, payments: true };

/// What happened before the run that dies.
type Before = AsyncBefore;
type AsyncBefore = for<'a> fn(&'a Scenario, Platform) -> futures::future::BoxFuture<'a, String>;

/// Numbers of documents of each kind.
fn documents(scenario: &Scenario) -> Vec<usize> {
    let state = scenario.odoo_state();
    ["orders", "invoices", "credit_notes", "payments", "pickings", "entries"]
        .map(|kind| state[kind].as_array().unwrap().len())
        .to_vec()
}

async fn handled(scenario: &Scenario, nudge: &Nudge) {
    scenario.handle(std::slice::from_ref(nudge)).await;
}

async fn dies_at_every_call(platform: Platform, what: &str, before: Before) {
    let clean = world(PAID);
    let id = before(&clean, platform).await;
    clean.gate.disarm();
    handled(&clean, &clean.after(platform, &id)).await;
    let calls = clean.gate.calls();
    clean.drive(&[]).await;
    assert_books(&clean, POLICY, what).await;
    let expected = documents(&clean);
    for (at, kill, death) in every_kill(&calls) {
        let what = format!("{platform:?}, {what}, {death}");
        let scenario = world(PAID);
        let id = before(&scenario, platform).await;
        let nudge = scenario.after(platform, &id);
        let late = scenario.dies(at, kill, handled(&scenario, &nudge), &what).await;
        // Odoo stops a request of a dead worker before its lease is over, so it is not later
        // than the redelivery; births may be, and are tried both ways.
        let birth = calls[at].ends_with("/load");
        if !birth {
            scenario.arrive_late(late);
            scenario.drive(std::slice::from_ref(&nudge)).await;
        } else {
            scenario.drive(std::slice::from_ref(&nudge)).await;
            scenario.arrive_late(late);
            scenario.drive(std::slice::from_ref(&nudge)).await;
        }
        assert_books(&scenario, POLICY, &what).await;
        assert_eq!(documents(&scenario), expected, "one of each: {what}");
    }
}

/// R195, R204: invoice, post, payment, reconcile.
#[tokio::test]
async fn invoice_and_payment_survive_a_kill_at_every_call() {
    for platform in [Platform::WooCommerce] {
        dies_at_every_call(platform, "invoice and payment", |scenario, platform| {
            Box::pin(async move {
                let id = scenario.shop(platform).add(3, paid);
                scenario.project(&[scenario.nudge(platform, &id)]).await;
                scenario.take_queued();
                id
            })
        })
        .await;
    }
}

/// R195: a refund of undelivered goods with shipping: lower, credit, post, reconcile, pay back.
#[tokio::test]
async fn a_refund_survives_a_kill_at_every_call() {
    for platform in [Platform::Shopify, Platform::Magento] {
        dies_at_every_call(platform, "refund", |scenario, platform| {
            Box::pin(async move {
                let id = sold(scenario, platform, 3).await;
                let sample = SampleRefund {
                    amount: Some(Decimal::ONE),
                    ..SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)])
                };
                scenario.shop(platform).refund(&id, sample);
                id
            })
        })
        .await;
    }
}

/// R195: a cancellation after payment: credit in full, pay back, cancel.
#[tokio::test]
async fn a_cancellation_survives_a_kill_at_every_call() {
    for platform in [Platform::PrestaShop, Platform::Square] {
        dies_at_every_call(platform, "cancel", |scenario, platform| {
            Box::pin(async move {
                let id = sold(scenario, platform, 3).await;
                scenario.shop(platform).cancel(&id, true);
                id
            })
        })
        .await;
    }
}

/// R195: a return that the platform calls finished.
#[tokio::test]
async fn a_return_survives_a_kill_at_every_call() {
    let platform = Platform::Shopify;
    dies_at_every_call(platform, "return", |scenario, platform| {
        Box::pin(async move {
            let id = sold(scenario, platform, 3).await;
            scenario.warehouse_works();
            let sample = SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]);
            scenario.shop(platform).refund(&id, sample);
            id
        })
    })
    .await;
}
