//! Refunds of every kind, on every platform, to the minor unit.

use super::books::Policy;
use super::{DELIVERED, INVOICED, PAID, PLATFORMS, assert_books, paid, sold, world};
use causeway_domain::Goods;
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, SampleRefund};

const INVOICES: Policy = Policy { invoices: true, payments: false };
const PAYMENTS: Policy = Policy { invoices: true, payments: true };

/// R204: an order is invoiced and paid once, to the cent.
#[tokio::test]
async fn an_order_is_invoiced_and_paid_once() {
    for platform in PLATFORMS {
        for seed in 1..6 {
            let scenario = world(PAID);
            let id = sold(&scenario, platform, seed).await;
            assert_books(&scenario, PAYMENTS, &format!("{platform:?} {seed}")).await;
            scenario.drive(&[scenario.after(platform, &id), scenario.nudge(platform, &id)]).await;
            assert_books(&scenario, PAYMENTS, "again").await;
            let state = scenario.odoo_state();
            assert_eq!(state["invoices"].as_array().unwrap().len(), 1);
            assert_eq!(state["invoices"][0]["payment_state"], "paid", "{platform:?} {seed}");
        }
    }
}

type Sample = fn() -> SampleRefund;
const KINDS: &[(&str, Sample)] = &[
    ("one not sent", || SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)])),
    ("one kept", || SampleRefund::of(&[(0, Decimal::ONE, Goods::Kept)])),
    ("shipping", || SampleRefund { shipping: true, settled: true, ..SampleRefund::default() }),
    ("courtesy", || SampleRefund::money(Decimal::ONE)),
    ("one not sent and a fee kept", || SampleRefund {
        fee: Some(Decimal::ONE),
        ..SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)])
    }),
    ("one kept, shipping and a courtesy", || SampleRefund {
        shipping: true,
        amount: Some(Decimal::ONE),
        ..SampleRefund::of(&[(0, Decimal::ONE, Goods::Kept)])
    }),
];

/// R170-R174, R183: whole lines, parts, amounts only; events three times, in every order.
#[tokio::test]
async fn every_kind_of_refund_ends_in_one_right_credit_note() {
    for (config, policy) in [(INVOICED, INVOICES), (PAID, PAYMENTS)] {
        for platform in PLATFORMS {
            for (kind, sample) in KINDS {
                for seed in 1..4 {
                    let what = format!("{platform:?}, {kind}, {seed}, {config}");
                    let scenario = world(config);
                    let id = sold(&scenario, platform, seed).await;
                    let sample = sample();
                    let draft = scenario.shop(platform).order(&id).unwrap().draft;
                    if sample.shipping && draft.shipping.is_none() {
                        continue;
                    }
                    scenario.shop(platform).refund(&id, sample);
                    for _ in 0..3 {
                        scenario.drive(&[scenario.after(platform, &id)]).await;
                        scenario.drive(&[scenario.nudge(platform, &id)]).await;
                    }
                    assert_books(&scenario, policy, &what).await;
                }
            }
        }
    }
}

/// A sale over the counter to a stranger, whom Odoo knows no place of: invoiced, paid and given back.
#[tokio::test]
async fn a_sale_over_the_counter_is_invoiced_and_given_back() {
    let platform = Platform::Square;
    for seed in 1..6 {
        let scenario = world(PAID);
        let shop = scenario.shop(platform);
        let id = shop.add(seed, |draft| paid(draft).to_a_stranger());
        scenario.drive(&[scenario.nudge(platform, &id)]).await;
        let what = format!("a counter, {seed}");
        assert_books(&scenario, Policy { invoices: true, payments: true }, &what).await;
        assert_eq!(scenario.odoo_state()["orders"][0]["fiscal_position"], false, "{what}");
        shop.refund_rest(&id, Goods::Kept, true);
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_books(&scenario, Policy { invoices: true, payments: true }, &what).await;
    }
}

/// The refund is there before the order is: one pass brings both.
#[tokio::test]
async fn an_order_that_arrives_refunded_ends_right() {
    for platform in PLATFORMS {
        for (kind, sample) in KINDS {
            let scenario = world(PAID);
            let shop = scenario.shop(platform);
            let id = shop.add(7, super::paid);
            let sample = sample();
            if sample.shipping && shop.order(&id).unwrap().draft.shipping.is_none() {
                continue;
            }
            shop.refund(&id, sample);
            scenario.drive(&[scenario.after(platform, &id)]).await;
            assert_books(&scenario, PAYMENTS, &format!("{platform:?}, {kind}")).await;
        }
    }
}

/// Every order of three events of a refund and two of its order, each alone or all as one batch.
fn arrivals() -> Vec<Vec<bool>> {
    let is_refund = |mask: u32| -> Vec<bool> { (0..5).map(|at| mask & (1 << at) != 0).collect() };
    (0..32_u32).filter(|mask| mask.count_ones() == 3).map(is_refund).collect()
}

/// R195: a refund's event three times, in every order relative to the order's own events: one credit
/// note for the refund and its invoice.
#[tokio::test]
async fn a_refund_three_times_in_every_order_is_one_credit_note() {
    assert_eq!(arrivals().len(), 10);
    for platform in PLATFORMS {
        for events in arrivals() {
            for at_once in [false, true] {
                let what = format!("{platform:?}, {events:?}, {at_once}");
                let scenario = world(PAID);
                let shop = scenario.shop(platform);
                let id = shop.add(3, super::paid);
                // The goods may go off the order before it is invoiced; the money cannot.
                let amount = Some(Decimal::ONE);
                let goods = SampleRefund::of(&[(0, Decimal::ONE, Goods::Unsaid)]);
                shop.refund(&id, SampleRefund { amount, ..goods });
                let event = |refund: &bool| match refund {
                    true => scenario.after(platform, &id),
                    false => scenario.nudge(platform, &id),
                };
                let batch: Vec<_> = events.iter().map(event).collect();
                if at_once {
                    scenario.drive(&batch).await;
                } else {
                    for event in batch {
                        scenario.drive(&[event]).await;
                    }
                }
                assert_books(&scenario, PAYMENTS, &what).await;
                let state = scenario.odoo_state();
                let one = |kind: &str| state[kind].as_array().unwrap().len() == 1;
                assert!(["orders", "invoices", "credit_notes"].into_iter().all(one), "{what}");
            }
        }
    }
}

/// Everything is given back, in one or in several refunds.
#[tokio::test]
async fn a_full_refund_leaves_nothing_of_the_invoice() {
    for platform in PLATFORMS {
        for first in [Goods::NotSent, Goods::Kept] {
            for seed in 1..5 {
                let what = format!("{platform:?}, {first:?}, {seed}");
                let scenario = world(PAID);
                let id = sold(&scenario, platform, seed).await;
                let shop = scenario.shop(platform);
                shop.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, first)]));
                scenario.drive(&[scenario.after(platform, &id)]).await;
                shop.refund_rest(&id, Goods::NotSent, true);
                scenario.drive(&[scenario.after(platform, &id)]).await;
                assert_books(&scenario, PAYMENTS, &what).await;
            }
        }
    }
}

/// R200: goods that are refunded before they are sent are neither sent nor billed.
#[tokio::test]
async fn what_is_refunded_before_delivery_is_never_billed() {
    for platform in PLATFORMS {
        let scenario = world(DELIVERED);
        let id = sold(&scenario, platform, 3).await;
        scenario.shop(platform).refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)]));
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_eq!(scenario.odoo_state()["invoices"], serde_json::json!([]), "{platform:?}");
        scenario.warehouse_works();
        scenario.drive(&[scenario.after(platform, &id)]).await;
        assert_books(&scenario, INVOICES, &format!("{platform:?}")).await;
        assert_eq!(scenario.odoo_state()["credit_notes"], serde_json::json!([]), "{platform:?}");
    }
}
