//! Any sequence of partial refunds (R195-R197, R173): lines that are not sent, kept, returned or left
//! unsaid, delivery, courtesies and fees, between partial and whole deliveries, with events repeated
//! and in any order. Whatever the order of things, the books say what the platform says: invoices less
//! credit notes are what was captured less what was refunded, and what is given back in full leaves
//! nothing of any tax.

use super::books::Policy;
use super::story::Story;
use super::{DELIVERED, DELIVERED_PAID, INVOICED, PAID, PLATFORMS};
use futures::FutureExt as _;
use sandbox::platforms::Platform;
use std::panic::AssertUnwindSafe;

/// Sequences for each platform and policy; `CAUSEWAY_SEQUENCES=80` asks for more, and with it
/// `CAUSEWAY_SEQUENCE="Square 12"` for that one alone.
const SEQUENCES: u64 = 7;
/// Refunds before the rest is given back, at most.
const REFUNDS: u32 = 4;

const POLICIES: [(&str, Policy); 4] = [
    (INVOICED, Policy { invoices: true, payments: false }),
    (PAID, Policy { invoices: true, payments: true }),
    (DELIVERED, Policy { invoices: true, payments: false }),
    (DELIVERED_PAID, Policy { invoices: true, payments: true }),
];

async fn tell(config: &str, policy: Policy, platform: Platform, seed: u64) {
    let mut story = Story::new(config, platform, seed);
    story.told.push(format!("seed {seed}, {config:?}"));
    for _ in 0..story.random.between(1, REFUNDS) {
        story.arrive(false).await;
        match story.random.between(1, 10) {
            1..=2 => story.deliver_a_part(),
            3..=4 => story.deliver_all(),
            _ => {}
        }
        story.arrive(false).await;
        story.refund();
    }
    if story.random.chance(70) {
        story.arrive(false).await;
        story.give_the_rest_back();
    }
    story.settle_all();
    story.arrive(true).await;
    // What is still to be sent or taken back is, and then the settled state says all.
    for _ in 0..2 {
        story.deliver_all();
        story.arrive(true).await;
    }
    story.ends_right(policy).await;
}

/// Tells them all, so that one run shows every sequence that ends wrong.
async fn every_sequence(config: &str, policy: Policy) {
    let asked = std::env::var("CAUSEWAY_SEQUENCES").ok().and_then(|text| text.parse().ok());
    let only = std::env::var("CAUSEWAY_SEQUENCE").ok();
    let mut wrong = Vec::new();
    for platform in PLATFORMS {
        for seed in 1..=asked.unwrap_or(SEQUENCES) {
            if only.as_ref().is_some_and(|only| *only != format!("{platform:?} {seed}")) {
                continue;
            }
            let story = AssertUnwindSafe(tell(config, policy, platform, seed));
            if story.catch_unwind().await.is_err() {
                wrong.push(format!("{platform:?} {seed}"));
            }
        }
    }
    assert!(wrong.is_empty(), "these sequences end wrong: {wrong:?}");
}

/// R195-R197, R173, invoiced when the order comes.
#[tokio::test]
async fn any_sequence_of_refunds_ends_right_when_invoiced_at_order() {
    let (config, policy) = POLICIES[0];
    every_sequence(config, policy).await;
}

/// R195-R197, R173, with each payment booked and paid back.
#[tokio::test]
async fn any_sequence_of_refunds_ends_right_with_payments() {
    let (config, policy) = POLICIES[1];
    every_sequence(config, policy).await;
}

/// R195-R197, R173, invoiced when everything is delivered.
#[tokio::test]
async fn any_sequence_of_refunds_ends_right_when_invoiced_at_delivery() {
    let (config, policy) = POLICIES[2];
    every_sequence(config, policy).await;
}

/// R195-R197, R173, R204, R207, with payments of what is only invoiced when everything is delivered.
#[tokio::test]
async fn any_sequence_of_refunds_ends_right_when_paid_before_it_is_invoiced() {
    let (config, policy) = POLICIES[3];
    every_sequence(config, policy).await;
}
