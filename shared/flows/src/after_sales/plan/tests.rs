//! What comes next, as a table: a scene on the left, the plan's word on the right.
//!
//! The order is three things of 10.00 net (line `goods`, 21 %: 36.30) and a delivery of 5.00 net (line
//! `ship`: 6.05), 42.35 in all.

#![allow(clippy::unwrap_used, clippy::panic)]

mod scene;

use crate::after_sales::seen::PickingStanding;
use crate::config::{InvoicePolicy, LockedOrders, ReturnValidation};
use causeway_domain::Goods;
use scene::{Bill, Scene, scene};

#[track_caller]
fn check(table: Vec<(Scene, &str)>) {
    for (at, (scene, says)) in table.into_iter().enumerate() {
        assert_eq!(scene.says(), says, "row {at}");
    }
}

use Goods::{Kept, NotSent, Unsaid};
use InvoicePolicy::{AtDelivery, AtOrder, None as Never};

/// R168, R175-R178.
#[test]
fn cancellations() {
    let cancelled = |scene: Scene| scene.of(|scene| scene.cancelled = true);
    let locked = |scene: Scene| scene.of(|scene| scene.locked = true);
    let unlock = |scene: Scene| scene.of(|scene| scene.policy.locked = LockedOrders::Unlock);
    let posted = |scene: Scene| scene.of(|scene| scene.bill = Bill::Posted);
    let sent = |scene: Scene| scene.of(|scene| scene.sent = 3);
    check(vec![
        (scene(Never), "nothing"),
        (cancelled(scene(Never)), "cancel"),
        (locked(cancelled(scene(Never))), "ask: it is locked in Odoo and changed on the platform"),
        (unlock(locked(cancelled(scene(Never)))), "unlock"),
        // Invoiced and never paid: all of it is credited, then it can be cancelled.
        (
            posted(cancelled(scene(AtOrder))),
            "credit 42.35 EUR: 3 x 30.00 EUR + 6.30 EUR; 1 x 5.00 EUR + 1.05 EUR",
        ),
        (
            sent(cancelled(scene(Never))),
            "ask: it was cancelled on the platform, 0.00 EUR of it refunded, and goods have left",
        ),
        (
            sent(cancelled(scene(Never))).refunded(1, 1210, Unsaid),
            "ask: it was cancelled on the platform, 12.10 EUR of it refunded, and goods have left",
        ),
        (
            sent(posted(cancelled(scene(AtOrder)))).refunded(0, 4235, Kept),
            "credit 42.35 EUR: 1 x 35.00 EUR + 7.35 EUR",
        ),
    ]);
}

/// R168, R177: of a delivery in several steps (shelf 6, packing 7, output 8), goods that are picked and not sent
/// are not left behind without a word.
#[test]
fn cancellations_of_what_is_picked() {
    use PickingStanding::{Done, Open};
    let within = |steps: &[(i64, PickingStanding, [i64; 2], bool)]| {
        let steps = steps.to_vec();
        scene(Never).of(|scene| (scene.cancelled, scene.within) = (true, steps))
    };
    let pick = |quantity, state, picked| (quantity, state, [6, 8], picked);
    let back = |quantity, state| (quantity, state, [8, 6], false);
    check(vec![
        (within(&[pick(3, Open, false)]), "cancel"),
        (
            within(&[pick(2, Open, true)]).of(|scene| scene.locked = true),
            "ask: it was cancelled on the platform when it was picked: 2 of goods are being picked by WH/10; its \
             delivery is still open",
        ),
        (
            within(&[pick(3, Done, true)]),
            "ask: it was cancelled on the platform when it was picked: 3 of goods stand where WH/10 put them; its \
             delivery is still open",
        ),
        (
            within(&[pick(1, Done, true), pick(1, Done, true), pick(1, Open, false)]),
            "ask: it was cancelled on the platform when it was picked: 2 of goods stand where WH/10 and WH/11 put \
             them; its delivery is still open",
        ),
        // Picked, and being packed: they are told of once.
        (
            within(&[(3, Done, [6, 7], true), (3, Open, [7, 9], true)]),
            "ask: it was cancelled on the platform when it was picked: 3 of goods stand where WH/10 put them",
        ),
        // Packed: where they are now.
        (
            within(&[(3, Done, [6, 7], true), (3, Done, [7, 8], true)]),
            "ask: it was cancelled on the platform when it was picked: 3 of goods stand where WH/11 put them; its \
             delivery is still open",
        ),
        // Back on the shelf, all or some of it.
        (within(&[pick(3, Done, true), back(3, Done)]), "cancel"),
        (
            within(&[pick(3, Done, true), back(2, Done)]),
            "ask: it was cancelled on the platform when it was picked: 1 of goods stand where WH/10 put them; its \
             delivery is still open",
        ),
        // The warehouse puts them back: nobody needs to be asked.
        (
            within(&[pick(3, Done, true), back(3, Open)]),
            "wait: transfer WH/11 is to put its goods back first",
        ),
        // Sent: then it is about goods that have left.
        (
            within(&[pick(3, Done, true)]).of(|scene| scene.sent = 3),
            "ask: it was cancelled on the platform, 0.00 EUR of it refunded, and goods have left",
        ),
    ]);
}

/// What is picked first is still to be sent and not delivered, though its delivery is not there yet.
#[test]
fn deliveries_that_begin_with_a_pick() {
    let picking = |scene: Scene| {
        scene.of(|scene| scene.within = vec![(3, PickingStanding::Open, [6, 7], false)])
    };
    check(vec![
        (picking(scene(AtDelivery)), "wait: its goods are not delivered yet"),
        (
            picking(scene(Never)).refunded(0, 4235, Kept),
            "ask: 42.35 EUR is refunded, which is all of it, and 3 of goods is still to be sent",
        ),
    ]);
}

/// R200: what is not sent never will be, and is not billed.
#[test]
fn quantities() {
    let locked = |scene: Scene| scene.of(|scene| scene.locked = true);
    let lowered = |scene: Scene| scene.of(|scene| scene.ordered = 2);
    let sent = |n, scene: Scene| scene.of(|scene| scene.sent = n);
    let to_2 = "lower goods to 2: 20.00 EUR + 4.20 EUR";
    check(vec![
        (scene(Never).refunded(1, 1210, NotSent), to_2),
        (scene(Never).refunded(1, 1210, Unsaid), to_2),
        (sent(2, scene(Never)).refunded(1, 1210, NotSent), to_2),
        (
            locked(scene(Never)).refunded(1, 1210, NotSent),
            "ask: it is locked in Odoo and changed on the platform",
        ),
        // Only the quantity goes, without money.
        (scene(Never).refunded(1, 0, NotSent), "lower goods to 2: 30.00 EUR + 6.30 EUR"),
        // Under a policy that never invoices that is all: nothing waits for ever.
        (lowered(scene(Never)).refunded(1, 1210, NotSent), "nothing"),
        // What is more than that has nothing to be credited on.
        (
            scene(Never).refunded(0, 500, Kept),
            "ask: refund r1 gives back 5.00 EUR of 5.00 EUR, for which there is no invoice",
        ),
        (
            sent(3, scene(Never)).refunded(1, 1210, NotSent),
            "ask: refund r1 gives back 12.10 EUR of 12.10 EUR, for which there is no invoice",
        ),
    ]);
}

/// R168, R170: of what is picked (shelf 6, packing 7, output 8), Odoo takes off a line right once. Where it would take
/// more, because some was put back or has no transfer that takes it on, a person is asked.
#[test]
fn quantities_of_what_is_picked() {
    use PickingStanding::{Done, Open};
    let refunded = |ordered, within: &[(i64, PickingStanding, [i64; 2], bool)]| {
        let within = within.to_vec();
        let scene = scene(Never).of(|scene| (scene.ordered, scene.within) = (ordered, within));
        scene.refunded(1, 1210, NotSent).refunded(1, 1210, NotSent)
    };
    let pick = |quantity, state| (quantity, state, [6, 8], true);
    let back = |quantity, state| (quantity, state, [8, 6], false);
    let to_1 = "lower goods to 1: 10.00 EUR + 2.10 EUR";
    let asks = |why: &str| {
        format!(
            "ask: goods is to be lowered from 2 to 1, and Odoo would stop more of it than that: {why}"
        )
    };
    let sent = |sent, scene: Scene| scene.of(|scene| scene.sent = sent);
    let rows: Vec<(Scene, String)> = vec![
        (refunded(3, &[pick(3, Open)]), to_1.to_owned()),
        (refunded(3, &[pick(3, Done)]), to_1.to_owned()),
        (sent(1, refunded(3, &[pick(3, Done)])), to_1.to_owned()),
        // Lowered before it was picked, or of what is still to be picked.
        (refunded(2, &[pick(2, Done)]), to_1.to_owned()),
        (refunded(3, &[pick(2, Done), pick(1, Open)]), to_1.to_owned()),
        (refunded(3, &[(3, Done, [6, 7], true), (3, Done, [7, 8], true)]), to_1.to_owned()),
        // Finishing what puts it back helps nothing.
        (
            refunded(2, &[pick(3, Done), back(1, Open)]),
            asks("WH/11 is to put 1 back, WH/10 took 3, 2 of it go on by WH/40"),
        ),
        (
            refunded(2, &[pick(3, Done), back(1, Done)]),
            asks("WH/11 put 1 back, WH/10 took 3, 2 of it go on by WH/40"),
        ),
        (
            sent(1, refunded(2, &[pick(3, Done), back(1, Done)])),
            asks("WH/11 put 1 back, WH/10 took 3, 2 of it go on by WH/30 and WH/40"),
        ),
        (
            refunded(
                2,
                &[(3, Done, [6, 7], true), (2, Open, [7, 8], false), (1, Open, [7, 6], false)],
            ),
            asks("WH/12 is to put 1 back, WH/10 took 3, 2 of it go on by WH/11"),
        ),
        // Its transfer was cancelled, or lowered by hand.
        (refunded(2, &[pick(3, Done)]), asks("WH/10 took 3, 2 of it go on by WH/40")),
        (
            refunded(2, &[pick(1, Done), pick(2, Done)]),
            asks("WH/10 and WH/11 took 3, 2 of it go on by WH/40"),
        ),
        // It is cancelled when they are back; that asks enough.
        (
            refunded(2, &[pick(2, Done), back(2, Open)]).of(|scene| scene.cancelled = true),
            "wait: transfer WH/11 is to put its goods back first".to_owned(),
        ),
    ];
    for (at, (scene, says)) in rows.into_iter().enumerate() {
        assert_eq!(scene.says(), says, "row {at}");
    }
    // Meanwhile nothing is billed that is not due, and what was billed is not credited without its order line; of an
    // order that is cancelled it is.
    let bills = |bill, cancelled| {
        refunded(2, &[pick(3, Done), back(1, Done)]).of(|scene| {
            scene.policy.invoices = AtOrder;
            (scene.bill, scene.cancelled) = (bill, cancelled);
        })
    };
    let why = asks("WH/11 put 1 back, WH/10 took 3, 2 of it go on by WH/40");
    check(vec![
        (bills(Bill::None, false), why.as_str()),
        (bills(Bill::Draft(3630), false), why.as_str()),
        (bills(Bill::Posted, false), why.as_str()),
        (bills(Bill::Posted, true), "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR, off the order"),
    ]);
}

/// R196: checked as drafts, pinned once where Odoo lost the pin, and only then posted.
#[test]
fn invoices() {
    let draft = |gross| scene(AtOrder).of(|scene| scene.bill = Bill::Draft(gross));
    let pinned = |scene: Scene| scene.of(|scene| scene.recorded.extend([("pinned:70".into(), 1)]));
    let sent = |scene: Scene| scene.of(|scene| scene.sent = 3);
    check(vec![
        (scene(AtOrder), "invoice"),
        (draft(3630), "post"),
        (draft(3631), "pin 30.00 EUR + 6.30 EUR, 5.00 EUR + 1.05 EUR"),
        (
            pinned(draft(3631)),
            "ask: its draft invoice 70 comes to 42.36 EUR, it should be 42.35 EUR",
        ),
        (scene(AtOrder).of(|scene| scene.bill = Bill::Posted), "nothing"),
        (scene(AtDelivery), "wait: its goods are not delivered yet"),
        (sent(scene(AtDelivery)), "invoice"),
        (scene(Never), "nothing"),
    ]);
}

/// R169-R174, R179-R183: to the cent, never above what is invoiced and not credited.
#[test]
fn credit_notes_of_refunds() {
    let posted = || scene(AtOrder).of(|scene| scene.bill = Bill::Posted);
    let lowered = |scene: Scene| scene.of(|scene| scene.ordered = 2);
    let by_hand = |gross, scene: Scene| scene.of(|scene| scene.by_hand = Some(gross));
    check(vec![
        (posted().refunded(1, 1210, Kept), "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR"),
        // Off the order first, so that Odoo does not bill it again.
        (posted().refunded(1, 1210, NotSent), "lower goods to 2: 20.00 EUR + 4.20 EUR"),
        (
            lowered(posted()).refunded(1, 1210, NotSent),
            "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR, off the order",
        ),
        (posted().refunded(0, 100, Kept), "credit 1.00 EUR: 1 x 0.83 EUR + 0.17 EUR"),
        // Before its invoice: it waits for it, as a draft too.
        (scene(AtDelivery).refunded(0, 100, Kept), "wait: its goods are not delivered yet"),
        // Somebody credited by hand what the platform now gives back.
        (
            by_hand(3025, posted()).refunded(3, 3630, Kept),
            "ask: refund r1 gives back 24.20 EUR for invoice line 101, of which 6.05 EUR is \
             invoiced and not credited",
        ),
        (
            by_hand(3630, posted()).refunded(0, 1000, Kept),
            "ask: refund r1 gives back 10.00 EUR, 3.95 EUR more than its invoices have left (6.05 EUR)",
        ),
    ]);
}

/// A refund that comes to nothing needs no invoice that could carry it.
#[test]
fn refunds_of_nothing() {
    let sent = || scene(Never).of(|scene| scene.sent = 3);
    check(vec![
        (
            sent().refunded(1, 1210, Kept),
            "ask: refund r1 gives back 12.10 EUR of 12.10 EUR, for which there is no invoice",
        ),
        (sent().refunded(1, 1210, Kept).for_nothing(), "nothing"),
    ]);
}

/// What was refunded as an amount says nothing of the goods that are still to be sent.
#[test]
fn full_refunds_before_the_delivery() {
    let posted = || scene(AtOrder).of(|scene| scene.bill = Bill::Posted);
    let said = "ask: 42.35 EUR is refunded, which is all of it, and 3 of goods is still to be sent";
    check(vec![
        // The credit note does not wait for the answer.
        (posted().refunded(0, 4235, Kept), "credit 42.35 EUR: 1 x 35.00 EUR + 7.35 EUR"),
        (scene(Never).refunded(0, 4235, Kept), said),
        (
            scene(Never).refunded(0, 4000, Kept).of(|scene| scene.sent = 3),
            "ask: refund r1 gives back 40.00 EUR of 40.00 EUR, for which there is no invoice",
        ),
    ]);
}

/// R184-R187: never more than was sent; the money follows the goods.
#[test]
fn returns_of_goods() {
    let sold = || {
        scene(AtOrder).returned(1).of(|scene| {
            scene.bill = Bill::Posted;
            scene.sent = 3;
        })
    };
    let with = |quantity, state| {
        sold().of(|scene| {
            scene.back = Some((quantity, state));
            scene.recorded.extend([("return:b1:30.8".into(), 50)]);
        })
    };
    let two = |first: Option<PickingStanding>| {
        scene(AtOrder).returned(2).of(|scene| {
            scene.bill = Bill::Posted;
            (scene.sent, scene.sent_first) = (3, 1);
            scene.back = first.map(|state| (1, state));
            scene.recorded.extend(first.map(|_| ("return:b1:20.8".into(), 50)));
        })
    };
    let by_platform =
        |scene: Scene| scene.of(|scene| scene.policy.returns = ReturnValidation::Platform);
    check(vec![
        (sold(), "return of 1 to 30"),
        (with(1, PickingStanding::Draft), "confirm return"),
        (with(1, PickingStanding::Open), "wait: return picking 50 is not validated in Odoo yet"),
        (by_platform(with(1, PickingStanding::Open)), "validate return"),
        (with(1, PickingStanding::Done), "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR"),
        // Two, of two deliveries: each delivery has its return, and the money waits for both.
        (two(None), "return of 1 to 20"),
        (two(Some(PickingStanding::Draft)), "return of 1 to 30"),
        (two(Some(PickingStanding::Done)), "return of 1 to 30"),
        // One was sent: it is that one which comes back, and the buyer still gets the other two.
        (sold().of(|scene| scene.sent = 1), "return of 1 to 30"),
        // One was taken off when nothing was sent; the two that were sent since stay with the buyer.
        (
            sold().of(|scene| (scene.sent, scene.ordered) = (2, 2)),
            "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR, off the order",
        ),
        // The warehouse cancelled it: it comes no more, and the money is gone all the same.
        (
            sold().of(|scene| scene.recorded.extend([("return:b1:30.8".into(), 50)])),
            "credit 12.10 EUR: 1 x 10.00 EUR + 2.10 EUR",
        ),
        // Not sent yet: there is nothing to come back.
        (
            scene(AtOrder).returned(1).of(|scene| scene.bill = Bill::Posted),
            "lower goods to 2: 20.00 EUR + 4.20 EUR",
        ),
    ]);
}
