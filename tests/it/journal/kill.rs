//! A worker may die at any call of a sale, a late fee and a refund, before or after its effect.

use super::{differences, sold, world};
use crate::sim::{Scenario, every_kill};
use causeway_domain::{Goods, Nudge};
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, SampleRefund};

/// What has happened, and been brought to the books, before the run that dies.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Sale,
}

/// What happens then.
#[derive(Clone, Copy)]
enum Event {
    Sale,
    LateFee,
    Refund,
}

/// Two lines, a gift card's share and a tip: the most that a small sale can have.
fn rich(draft: sandbox::platforms::Draft) -> sandbox::platforms::Draft {
    let mut draft = sold(draft);
    draft.lines.truncate(2);
    draft.gift_card_share = Some(10);
    draft.tip = Some(Decimal::new(250, 2));
    draft
}

async fn prepared(before: Before, event: Event) -> (Scenario, Vec<Nudge>) {
    let scenario = world("refunded_goods = \"returned\"");
    let shop = scenario.shop(Platform::Square);
    let id = shop.add(31, rich);
    let order = scenario.nudge(Platform::Square, &id);
    let after = scenario.after(Platform::Square, &id);
    match before {
        Before::Nothing => {}
        Before::Sale => scenario.drive(std::slice::from_ref(&order)).await,
    }
    match event {
        Event::Sale => {}
        Event::LateFee => shop.fees_come(&id),
        Event::Refund => {
            shop.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Unsaid)]));
        }
    }
    scenario.gate.disarm();
    (scenario, vec![order, after])
}

/// How many of each document Odoo has.
fn documents(scenario: &Scenario) -> [usize; 3] {
    let state = scenario.odoo_state();
    ["orders", "entries", "pickings"].map(|what| state[what].as_array().unwrap().len())
}

/// One worker after the other, as the queues would bring them.
async fn work(scenario: &Scenario, nudges: &[Nudge]) {
    scenario.project(&nudges[..1]).await;
    scenario.handle(&nudges[1..]).await;
}

async fn dies_at_every_call(before: Before, event: Event, write: &str) {
    let (clean, nudges) = prepared(before, event).await;
    work(&clean, &nudges).await;
    let calls = clean.gate.calls();
    assert_eq!(differences(&clean, true), Vec::<String>::new(), "the clean run");
    assert!(calls.iter().any(|call| call == write), "{calls:?}");
    let documents = documents(&clean);
    for (at, kill, what) in every_kill(&calls) {
        let (scenario, nudges) = prepared(before, event).await;
        let late = scenario.dies(at, kill, work(&scenario, &nudges), &what).await;
        scenario.drive(&nudges).await;
        scenario.arrive_late(late);
        scenario.drive(&nudges).await;
        assert_eq!(differences(&scenario, true), Vec::<String>::new(), "{what}");
        assert_eq!(self::documents(&scenario), documents, "one of each: {what}");
        assert!(scenario.attention().await.is_empty(), "{what}");
    }
}

/// R195: a sale.
#[tokio::test]
async fn a_sale_survives_a_kill_at_every_call() {
    dies_at_every_call(Before::Nothing, Event::Sale, "odoo account.move/load").await;
}

/// R195, R48: the fee that comes later.
#[tokio::test]
async fn a_late_fee_survives_a_kill_at_every_call() {
    dies_at_every_call(Before::Sale, Event::LateFee, "odoo account.move/load").await;
}

/// R195: a refund with goods that come back (and the fee that came with it).
#[tokio::test]
async fn a_refund_survives_a_kill_at_every_call() {
    dies_at_every_call(Before::Sale, Event::Refund, "odoo stock.picking/load").await;
}
