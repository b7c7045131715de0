//! Settlement import (R205): what a processor paid out is one balanced, posted entry, set off against the
//! documents that it consists of; only once, whatever dies in between.

mod late;
mod matching;
mod platform;
mod scene;

pub use scene::{
    ALL, CLEARING, Line, UNMATCHED, assert_booked, booked, charge, connection, credit, documents,
    eur, import_to_the_end, in_euro, invoiced, minor, name_of, nobodys, on, placed, refund,
    settlement, sold, world,
};

use crate::sim::{Scenario, every_kill};
use crate::written::{stripe_answers, stripe_csv};
use causeway_domain::{EntryKind, Nudge, NudgeCause, Settlement, Subject};
use causeway_flows::settlement::{arrived, file_subject, poll};
use causeway_odoo::{Direction, ExternalId, Odoo, PaymentDraft};
use serde_json::json;
use std::time::Duration;

async fn two_sales_and_a_refund(scenario: &Scenario) -> Vec<Line> {
    let sold = sold(scenario, 2).await;
    // The settlement of the charge is what pays the invoice: the credit note comes after it.
    let paid = settlement("stripe", &[charge(&sold[0])]);
    let paid = Settlement { id: "po_0".into(), ..paid };
    let mut answers = stripe_answers(&paid);
    scenario.processors.answer("/v1/payouts/po_0", answers.remove(0));
    scenario.processors.answer("/v1/balance_transactions?payout=po_0", answers.remove(0));
    import_to_the_end(
        scenario,
        &scenario.of_account("stripe-pay", Subject::Settlement("po_0".into())),
    )
    .await;
    let back = credit(scenario, &sold[0]).await;
    vec![charge(&sold[1]), refund(&sold[0], back)]
}

/// R205: every processor's payouts, by API or by file; a second import changes nothing.
#[tokio::test]
async fn r205_every_processors_payout_is_booked_once() {
    for processor in ALL {
        let scenario = world(|text| text);
        let lines = two_sales_and_a_refund(&scenario).await;
        let settlement = settlement(name_of(processor), &lines);
        let nudge = placed(&scenario, processor, &settlement);
        import_to_the_end(&scenario, &nudge).await;
        assert_booked(&scenario, &settlement, processor);
        let before = documents(&scenario);
        import_to_the_end(&scenario, &nudge).await;
        let person = Nudge { cause: NudgeCause::Operator, ..nudge };
        import_to_the_end(&scenario, &person).await;
        assert_eq!(documents(&scenario), before, "{processor}: imported again");
        assert_eq!(scenario.attention().await, [], "{processor}");
    }
}

/// R205: by the API and by file are one settlement.
#[tokio::test]
async fn r205_both_ways_are_one_import() {
    let scenario = world(|text| text);
    let lines = two_sales_and_a_refund(&scenario).await;
    let settlement = settlement("stripe", &lines);
    for way in ["stripe", "stripe file"] {
        let nudge = placed(&scenario, way, &settlement);
        import_to_the_end(&scenario, &nudge).await;
        assert_booked(&scenario, &settlement, way);
    }
}

/// R195: a kill at every call, before and after its effect, ends in the same.
#[tokio::test]
async fn r195_an_import_survives_a_kill_at_every_call() {
    let prepared = || async {
        let scenario = world(|text| text);
        let lines = two_sales_and_a_refund(&scenario).await;
        let settlement = settlement("stripe", &lines);
        let nudge = placed(&scenario, "stripe", &settlement);
        scenario.gate.disarm();
        (scenario, settlement, nudge)
    };
    let (clean, settlement, nudge) = prepared().await;
    clean.import(std::slice::from_ref(&nudge)).await;
    assert_booked(&clean, &settlement, "the clean run");
    let calls = clean.gate.calls();
    for step in ["account.move/load", "account.move/action_post", "account.move.line/reconcile"] {
        assert!(calls.contains(&format!("odoo {step}")), "{step}: {calls:?}");
    }
    for (at, kill, what) in every_kill(&calls) {
        let (scenario, settlement, nudge) = prepared().await;
        let late =
            scenario.dies(at, kill, scenario.import(std::slice::from_ref(&nudge)), &what).await;
        import_to_the_end(&scenario, &nudge).await;
        scenario.arrive_late(late);
        import_to_the_end(&scenario, &nudge).await;
        assert_booked(&scenario, &settlement, &what);
        assert_eq!(scenario.attention().await, [], "{what}");
    }
}

/// R205: what belongs to nothing stands on its own account, and each line asks a person.
#[tokio::test]
async fn r205_unmatched_lines_ask_a_person_each() {
    let scenario = world(|text| text);
    let invoice = sold(&scenario, 1).await.remove(0);
    let lines = [
        charge(&invoice),
        nobodys(EntryKind::Charge, 4200),
        nobodys(EntryKind::Charge, 100),
        nobodys(EntryKind::Adjustment, -300),
    ];
    let settlement = settlement("stripe", &lines);
    let nudge = placed(&scenario, "stripe", &settlement);
    import_to_the_end(&scenario, &nudge).await;
    assert_booked(&scenario, &settlement, "unmatched");
    let state = scenario.odoo_state();
    assert_eq!(on(booked(&state)[0], UNMATCHED), -4300);
    assert_eq!(on(booked(&state)[0], CLEARING), 300);
    let items = scenario.attention().await;
    let keys: Vec<&str> = items.iter().map(|item| item.key.subject.as_str()).collect();
    assert_eq!(keys, ["settlement/po_1#txn_1", "settlement/po_1#txn_2", "settlement/po_1#txn_3"]);
    assert!(items[0].reason.contains("42.00 EUR"), "{}", items[0].reason);
}

/// R188 to R192: a refund without its credit note waits as long as refunds take, then asks.
#[tokio::test]
async fn r188_an_unmatched_refund_alarms_only_after_its_lag() {
    let scenario = world(|text| text);
    let invoice = sold(&scenario, 1).await.remove(0);
    let mut settlement = settlement("stripe", &[charge(&invoice), refund(&invoice, 500)]);
    let today = scenario.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    settlement.paid_on = today;
    let mut answers = stripe_answers(&settlement);
    answers[0]["arrival_date"] = scenario.now().as_second().into();
    scenario.processors.answer("/v1/payouts/po_1", answers.remove(0));
    scenario.processors.answer("/v1/balance_transactions?payout=po_1", answers.remove(0));
    let nudge = scenario.of_account("stripe-pay", Subject::Settlement("po_1".into()));
    import_to_the_end(&scenario, &nudge).await;
    assert_eq!(booked(&scenario.odoo_state()).len(), 0);
    assert_eq!(scenario.attention().await, []);
    scenario.clock.advance(Duration::from_secs(11 * 24 * 3600));
    import_to_the_end(&scenario, &nudge).await;
    let state = scenario.odoo_state();
    assert_eq!(on(booked(&state)[0], UNMATCHED), 500);
    assert_eq!(scenario.attention().await.len(), 1);
}

/// Bad files: a clear error that names the line, and nothing in Odoo.
#[tokio::test]
async fn bad_files_name_the_line_and_book_nothing() {
    let lines = [nobodys(EntryKind::Charge, 12_000), nobodys(EntryKind::Charge, 3_000)];
    let good = stripe_csv(&settlement("stripe", &lines));
    let rows: Vec<&str> = good.lines().collect();
    let twice = format!("{good}{}\n", rows[1..].join("\n"));
    let cases = [
        ("missing column", good.replace(",net,", ",nett,"), "net"),
        ("wrong currency", good.replace("eur,30.00", "usd,30.00"), "line 3"),
        ("truncated", good[..good.len() - 40].to_owned(), "line 4"),
        ("no closing line", format!("{}\n", rows[..3].join("\n")), "cut off"),
        ("duplicate batch", twice, "line 5"),
        (
            "debit where credit belongs",
            good.replace("eur,30.00,0.01,29.99", "eur,-30.00,0.01,-30.01"),
            "line 3",
        ),
        (
            "minor where major belongs",
            good.replace("eur,30.00,0.01,29.99", "eur,3000,1,2999"),
            "line 3",
        ),
    ];
    for (what, file, named) in cases {
        assert_ne!(file, good, "{what}");
        let scenario = world(|text| text);
        let key = "stripe-pay/payout.csv".to_owned();
        scenario.files.0.lock().unwrap().insert(key.clone(), file.into());
        let (_, subject) = file_subject(&key).unwrap();
        import_to_the_end(&scenario, &scenario.of_account("stripe-pay", subject)).await;
        let items = scenario.attention().await;
        assert_eq!(items.len(), 1, "{what}");
        assert!(items[0].reason.contains(named), "{what}: {}", items[0].reason);
        assert_eq!(scenario.odoo_state()["entries"], json!([]), "{what}");
    }
}

/// A payout whose entries do not come to its amount is refused with the difference.
#[tokio::test]
async fn a_batch_that_does_not_balance_is_refused_whole() {
    let scenario = world(|text| text);
    let mut wrong = settlement("stripe", &[nobodys(EntryKind::Charge, 5_000)]);
    wrong.deposit = eur(5_000);
    let nudge = placed(&scenario, "stripe", &wrong);
    import_to_the_end(&scenario, &nudge).await;
    let items = scenario.attention().await;
    assert!(items[0].reason.contains("49.99 EUR") && items[0].reason.contains("50.00 EUR"));
    assert_eq!(scenario.odoo_state()["entries"], json!([]));
}

/// Files that arrive and payouts that are listed are nudged on the settlements queue; what is imported
/// is not asked for again.
#[tokio::test]
async fn files_and_the_schedule_nudge_the_import() {
    let scenario = world(|text| text);
    let keys = ["stripe-pay/a b.csv", "elsewhere.csv", "Not An Account/x.csv"].map(str::to_owned);
    assert_eq!(arrived(&scenario.world, &keys).await, Ok(1));
    let queued = scenario.take_queued();
    assert_eq!(queued[0].subject.key(), "settlement/file:stripe-pay/a b.csv");
    let invoice = sold(&scenario, 1).await.remove(0);
    let settlement = settlement("stripe", &[charge(&invoice)]);
    placed(&scenario, "stripe", &settlement);
    let payout = json!({"data": [stripe_answers(&settlement)[0]], "has_more": false});
    scenario.processors.answer("/v1/payouts?", payout);
    scenario.processors.answer("/v2/payouts?", json!({"payouts": []}));
    let none = json!({"data": {"shopifyPaymentsAccount": null}});
    scenario.processors.answer("/admin/api/", none);
    assert_eq!(poll(&scenario.world).await, Ok(1));
    let queued = scenario.take_queued();
    assert_eq!(queued.len(), 1);
    import_to_the_end(&scenario, &queued[0]).await;
    assert_booked(&scenario, &settlement, "by schedule");
    assert_eq!(poll(&scenario.world).await, Ok(0));
}

/// Payments that were booked per order are met on the clearing account.
#[tokio::test]
async fn payments_of_orders_are_met_on_the_clearing_account() {
    let scenario = world(|text| {
        let text = text.replace(
            "[accounts.stripe-pay.books]\n",
            "[accounts.stripe-pay.books]\nmatching = \"payments\"\n",
        );
        // Odoo books the payments of that journal on its outstanding account.
        text.replace("clearing = 497", "clearing = 495")
    });
    let invoice = sold(&scenario, 1).await.remove(0);
    let connection = connection();
    let session = causeway_odoo::connect(&scenario.http, &connection).await.unwrap();
    let odoo = Odoo { http: &scenario.http, connection: &connection, session: &session };
    let line = charge(&invoice);
    let payment = PaymentDraft {
        id: ExternalId::new(&"woo-demo".into(), "payment", "1"),
        direction: Direction::Inbound,
        partner: invoice["partner_id"].as_i64().unwrap(),
        amount: eur(line.gross),
        currency_id: 125,
        journal: 6,
        date: "2026-10-01".parse().unwrap(),
        memo: line.reference.clone().unwrap(),
        invoices: Vec::new(),
    };
    let record = payment.record(&session);
    let made = odoo.load_new("account.payment", &[record]).await.unwrap().remove(0).unwrap();
    odoo.post_payment(made).await.unwrap();
    let settlement = settlement("stripe", &[line]);
    let nudge = placed(&scenario, "stripe", &settlement);
    import_to_the_end(&scenario, &nudge).await;
    assert_eq!(scenario.attention().await, []);
    let state = scenario.odoo_state();
    let lines = booked(&state)[0]["lines"].as_array().unwrap();
    let met = lines.iter().find(|line| line["account_id"] == 495).unwrap();
    assert_eq!(met["reconciled"], true);
}
