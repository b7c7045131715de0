//! A payout that comes before its invoice: the money waits on the account of unmatched lines, and moves once
//! the document is there, exactly once.

use super::matching::{bought, line, with_policy};
use super::platform::Moved;
use super::scene::{Line, UNMATCHED, booked, import_to_the_end, minor, nobodys, on, settlement};
use crate::sim::{Scenario, every_kill};
use crate::written::stripe_answers;
use causeway_domain::{EntryKind, Nudge, Settlement, Subject};
use causeway_ledger::State;
use sandbox::platforms::Platform;
use serde_json::{Value, json};
use std::time::Duration;

const WOO: Platform = Platform::WooCommerce;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An order that is invoiced when it is sent, paid out before that; what nudges the import.
async fn paid_out_before_it_was_sent(days_ago: u64) -> (Scenario, String, Nudge) {
    let scenario = with_policy(&["woo-demo"], "invoices = \"at_delivery\"", |text| text);
    let id = bought(&scenario, WOO, 43).await;
    let expected = scenario.shop(WOO).expected(&id).unwrap();
    let moved = Moved {
        reference: "ch_1".to_owned(),
        order: expected.number,
        minor: minor(&json!(expected.total.to_string())),
    };
    let lines: Vec<Line> = vec![line(&moved)];
    let nudge = placed(&scenario, &settlement("stripe", &lines), days_ago);
    (scenario, id, nudge)
}

/// A payout of so many days ago.
fn placed(scenario: &Scenario, settlement: &Settlement, days_ago: u64) -> Nudge {
    let mut answers = stripe_answers(settlement);
    let arrived = scenario.now() - Duration::from_secs(days_ago * 24 * 3600);
    answers[0]["arrival_date"] = arrived.as_second().into();
    scenario.processors.answer("/v1/payouts/po_1", answers.remove(0));
    scenario.processors.answer("/v1/balance_transactions?payout=po_1", answers.remove(0));
    scenario.of_account("stripe-pay", Subject::Settlement("po_1".into()))
}

/// The warehouse sends the order, and it is invoiced.
async fn sent(scenario: &Scenario, id: &str) {
    scenario.warehouse_works();
    scenario.drive(&[scenario.after(WOO, id)]).await;
    assert_eq!(scenario.odoo_state()["invoices"].as_array().unwrap().len(), 1);
}

fn late(state: &Value) -> Vec<&Value> {
    let own = |entry: &&Value| {
        let names = entry["external_ids"].as_array().unwrap();
        names.iter().any(|name| name.as_str().unwrap().contains("_settlement-late_"))
    };
    state["entries"].as_array().unwrap().iter().filter(own).collect()
}

/// Everything is where it belongs, once.
fn assert_moved(scenario: &Scenario, what: &str) {
    let state = scenario.odoo_state();
    assert_eq!(booked(&state).len(), 1, "{what}: {:#?}", scenario.sink.lines().last());
    let moved = late(&state);
    assert_eq!(moved.len(), 1, "{what}: {:#?}", scenario.sink.lines().last());
    let both = [booked(&state)[0], moved[0]];
    assert!(both.iter().all(|entry| entry["state"] == "posted"), "{what}");
    assert_eq!(both.iter().map(|entry| on(entry, UNMATCHED)).sum::<i64>(), 0, "{what}");
    assert_eq!(minor(&state["invoices"][0]["amount_residual"]), 0, "{what}: {state:#?}");
    let lines = moved[0]["lines"].as_array().unwrap();
    let customer = lines.iter().find(|line| line["account_id"] != UNMATCHED).unwrap();
    let owed = state["invoices"][0]["entry"].as_array().unwrap().iter();
    let mut owed = owed.filter(|line| line["account_id"] == customer["account_id"]);
    assert_eq!(customer["partner_id"], owed.next().unwrap()["partner_id"], "{what}");
    assert_eq!(customer["reconciled"], true, "{what}");
}

#[tokio::test]
async fn a_payout_before_its_invoice_is_moved_to_it_when_it_comes() {
    let (scenario, id, nudge) = paid_out_before_it_was_sent(0).await;
    import_to_the_end(&scenario, &nudge).await;
    let before = booked(&scenario.odoo_state())[0].clone();
    assert!(on(&before, UNMATCHED) < 0, "{before:#?}");
    // Nobody is asked yet; the row is looked at again in an hour, later once a day.
    assert_eq!(scenario.attention().await, []);
    let row = scenario.ledger_row(&nudge).await.unwrap();
    assert_eq!((row.state, row.due), (State::Waiting, Some(scenario.now() + DAY / 24)));
    scenario.clock.advance(5 * DAY);
    import_to_the_end(&scenario, &nudge).await;
    let row = scenario.ledger_row(&nudge).await.unwrap();
    assert_eq!((row.state, row.due), (State::Waiting, Some(scenario.now() + DAY)));
    assert_eq!(scenario.attention().await, []);
    sent(&scenario, &id).await;
    for look in 0..2 {
        import_to_the_end(&scenario, &nudge).await;
        assert_moved(&scenario, &format!("look {look}"));
        let row = scenario.ledger_row(&nudge).await.unwrap();
        assert_eq!((row.state, row.due), (State::Done, None));
    }
    // The payout's own entry stays what it was, but for being set off.
    let after = booked(&scenario.odoo_state())[0].clone();
    for field in ["id", "name", "date", "state", "amount_total"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(on(&after, UNMATCHED), on(&before, UNMATCHED));
    assert_eq!(scenario.attention().await, []);
}

/// After two weeks a person is asked, once; the item is closed when the invoice comes after all, and does not
/// come back when the person has closed it. After sixty days nobody looks any more.
#[tokio::test]
async fn a_person_is_asked_after_two_weeks_and_left_alone_when_it_is_done() {
    let (scenario, id, nudge) = paid_out_before_it_was_sent(0).await;
    import_to_the_end(&scenario, &nudge).await;
    scenario.clock.advance(15 * DAY);
    import_to_the_end(&scenario, &nudge).await;
    let items = scenario.attention().await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].key.subject, "settlement/po_1#txn_0");
    use causeway_ledger::Ledger as _;
    scenario.ledger.settle(&items[0].key).await.unwrap();
    scenario.clock.advance(DAY);
    import_to_the_end(&scenario, &nudge).await;
    assert_eq!(scenario.attention().await, [], "it came back");
    scenario.ledger.raise(&items[0]).await.unwrap();
    sent(&scenario, &id).await;
    import_to_the_end(&scenario, &nudge).await;
    assert_moved(&scenario, "late");
    assert_eq!(scenario.attention().await, []);

    let (scenario, _, nudge) = paid_out_before_it_was_sent(0).await;
    import_to_the_end(&scenario, &nudge).await;
    scenario.clock.advance(61 * DAY);
    import_to_the_end(&scenario, &nudge).await;
    let row = scenario.ledger_row(&nudge).await.unwrap();
    assert_eq!((row.state, row.due), (State::Done, None));
    assert_eq!(scenario.attention().await.len(), 1);
}

/// A charge that names neither payment nor order asks at once: nothing can come for it.
#[tokio::test]
async fn a_charge_without_a_name_asks_at_once() {
    let scenario = with_policy(&[], "", |text| text);
    let nameless = Line { reference: None, order: None, ..nobodys(EntryKind::Charge, 4200) };
    let lines = [nameless, nobodys(EntryKind::Charge, 100)];
    let nudge = placed(&scenario, &settlement("stripe", &lines), 0);
    import_to_the_end(&scenario, &nudge).await;
    let items = scenario.attention().await;
    let keys: Vec<&str> = items.iter().map(|item| item.key.subject.as_str()).collect();
    assert_eq!(keys, ["settlement/po_1#txn_0"]);
}

/// R195: the look that moves the money survives a kill at every call, before and after its effect.
#[tokio::test]
async fn r195_moving_it_survives_a_kill_at_every_call() {
    let prepared = || async {
        let (scenario, id, nudge) = paid_out_before_it_was_sent(20).await;
        import_to_the_end(&scenario, &nudge).await;
        assert_eq!(scenario.attention().await.len(), 1);
        sent(&scenario, &id).await;
        scenario.gate.disarm();
        (scenario, nudge)
    };
    let (clean, nudge) = prepared().await;
    clean.import(std::slice::from_ref(&nudge)).await;
    assert_moved(&clean, "the clean run");
    let calls = clean.gate.calls();
    for step in ["account.move/load", "account.move/action_post", "account.move.line/reconcile"] {
        assert!(calls.contains(&format!("odoo {step}")), "{step}: {calls:?}");
    }
    for (at, kill, what) in every_kill(&calls) {
        let (scenario, nudge) = prepared().await;
        let late =
            scenario.dies(at, kill, scenario.import(std::slice::from_ref(&nudge)), &what).await;
        import_to_the_end(&scenario, &nudge).await;
        scenario.arrive_late(late);
        import_to_the_end(&scenario, &nudge).await;
        assert_moved(&scenario, &what);
        assert_eq!(scenario.attention().await, [], "{what}");
    }
}

/// What only the payout tells of a dispute nudges the dispute, and asks with both amounts if nothing comes.
#[tokio::test]
async fn a_chargeback_that_nobody_told_is_looked_up_and_then_asked_about() {
    let scenario = with_policy(&[], "", |text| text);
    let lines = [nobodys(EntryKind::Dispute, -4200), nobodys(EntryKind::Adjustment, -300)];
    let one = settlement("stripe", &lines);
    let nudge = placed(&scenario, &one, 0);
    let mut transactions = stripe_answers(&one).remove(1);
    transactions["data"][0]["source"]["id"] = json!("dp_7");
    scenario.processors.answer("/v1/balance_transactions?payout=po_1", transactions);
    import_to_the_end(&scenario, &nudge).await;
    let queued: Vec<String> = scenario.take_queued().iter().map(|one| one.subject.key()).collect();
    assert_eq!(queued, ["dispute/dp_7"]);
    assert_eq!(scenario.attention().await, []);
    scenario.clock.advance(15 * DAY);
    import_to_the_end(&scenario, &nudge).await;
    let items = scenario.attention().await;
    assert_eq!(items.len(), 2);
    let said = &items[0].reason;
    assert!(said.contains("42.01 EUR") && said.contains("come to 0.00 EUR"), "{said}");
    assert!(items[1].reason.contains("3.00 EUR"), "{}", items[1].reason);
    // The reserve is released with another payout.
    let back = settlement("stripe", &[nobodys(EntryKind::Adjustment, 300)]);
    let back = Settlement { id: "po_2".into(), ..back };
    super::scene::placed(&scenario, "stripe", &back);
    let other = scenario.of_account("stripe-pay", Subject::Settlement("po_2".into()));
    import_to_the_end(&scenario, &other).await;
    import_to_the_end(&scenario, &nudge).await;
    let items = scenario.attention().await;
    assert_eq!(items.len(), 1, "{items:#?}");
    assert_eq!(items[0].key.subject, "settlement/po_1#txn_0");
}
