//! Chargebacks (R171): the loss is counted once, won disputes are reversed, in any order of events and
//! from every kill point.

mod goods;

use crate::settlement::{credit, eur, minor, on, sold, world};
use crate::sim::{Scenario, every_kill};
use crate::written::stripe_answers;
use causeway_domain::{EntryKind, Nudge, Settlement, SettlementEntry, StoreId, Subject};
use causeway_ledger::Disposition;
use serde_json::{Value, json};
use std::time::Duration;

const FEES: i64 = 363;
const CLEARING: i64 = 497;
const BAD_DEBT: i64 = 499;
const FEE: i64 = 1500;

/// A dispute of Stripe about an invoice's payment; `moved` is `w` and `r` for money gone and back.
fn told(scenario: &Scenario, invoice: &Value, amount: i64, moved: &str, status: &str) -> Nudge {
    let created = scenario.now().as_second();
    let transactions: Vec<Value> = moved
        .chars()
        .enumerate()
        .map(|(at, way)| {
            let (amount, fee) = if way == 'w' { (-amount, FEE) } else { (amount, 0) };
            json!({"id": format!("txn_d{at}"), "amount": amount, "fee": fee, "net": amount - fee,
                   "currency": "eur", "type": "adjustment", "created": at})
        })
        .collect();
    let charge = reference(invoice);
    scenario.processors.answer(
        "/v1/disputes/dp_1",
        json!({"id": "dp_1", "amount": amount, "currency": "eur", "created": created,
               "charge": {"id": charge, "metadata": {"order_id": invoice["ref"]}},
               "status": status, "balance_transactions": transactions}),
    );
    scenario.of_account("stripe-pay", Subject::Dispute("dp_1".into()))
}

fn reference(invoice: &Value) -> String {
    invoice["payment_reference"].as_str().unwrap_or("ch_unknown").to_owned()
}

async fn handle_to_the_end(scenario: &Scenario, nudge: &Nudge) {
    for _ in 0..8 {
        match scenario.handle(std::slice::from_ref(nudge)).await.remove(0) {
            Disposition::RetryAfter(pause) => scenario.clock.advance(pause),
            Disposition::Done | Disposition::ToDeadLetter(_) => return,
        }
    }
    panic!("never done: {:#?}", scenario.sink.lines());
}

/// The entries of chargebacks.
fn entries(state: &Value) -> Vec<&Value> {
    let own = |entry: &&Value| {
        let names = entry["external_ids"].as_array().unwrap();
        names.iter().any(|name| name.as_str().unwrap().contains("_dispute"))
    };
    state["entries"].as_array().unwrap().iter().filter(own).collect()
}

fn credited(state: &Value) -> i64 {
    let notes = state["credit_notes"].as_array().unwrap().iter();
    notes.filter(|note| note["state"] != "cancel").map(|note| minor(&note["amount_total"])).sum()
}

fn booked(state: &Value, account: i64) -> i64 {
    entries(state).into_iter().map(|entry| on(entry, account)).sum()
}

fn assert_posted(state: &Value, what: &str) {
    for kind in ["entries", "invoices", "credit_notes"] {
        for document in state[kind].as_array().unwrap() {
            assert_eq!(document["state"], "posted", "{what}: {document:#?}");
        }
    }
}

/// What is open on receivable lines of everything.
fn open(state: &Value) -> i64 {
    let documents = ["invoices", "credit_notes"].into_iter().flat_map(|kind| {
        state[kind].as_array().unwrap().iter().flat_map(|one| one["entry"].as_array().unwrap())
    });
    let entries = state["entries"].as_array().unwrap().iter();
    let lines = documents.chain(entries.flat_map(|one| one["lines"].as_array().unwrap()));
    lines
        .filter(|line| line["account"] == "400000")
        .map(|line| minor(&line["residual"]).abs())
        .sum()
}

/// Pays the invoice with a settlement.
fn paid(scenario: &Scenario, invoice: &Value, dispute: Option<i64>) -> Nudge {
    let total = minor(&invoice["amount_total"]);
    let entry = |id: &str, kind, gross: i64, fee: i64| SettlementEntry {
        also: Vec::new(),
        dispute: None,

        id: id.to_owned(),
        kind,
        reference: Some(reference(invoice)),
        order_reference: invoice["ref"].as_str().map(str::to_owned),
        gross: eur(gross),
        fee: eur(fee),
        net: eur(gross - fee),
        presentment: None,
        line: None,
    };
    let mut entries = vec![entry("txn_c", EntryKind::Charge, total, 30)];
    entries.extend(dispute.map(|amount| entry("txn_d0", EntryKind::Dispute, -amount, FEE)));
    let sum = entries.iter().map(|entry| entry.net.minor()).sum();
    let settlement = Settlement {
        id: "po_1".into(),
        account: StoreId::new("stripe-pay"),
        currency: eur(0).currency(),
        paid_on: "2026-10-05".parse().unwrap(),
        entries,
        deposit: eur(sum),
        retained: eur(0),
    };
    let mut answers = stripe_answers(&settlement);
    scenario.processors.answer("/v1/payouts/po_1", answers.remove(0));
    scenario.processors.answer("/v1/balance_transactions?payout=po_1", answers.remove(0));
    scenario.of_account("stripe-pay", Subject::Settlement("po_1".into()))
}

/// A full and a partial chargeback become credit notes of exactly that, and the entry meets them.
#[tokio::test]
async fn a_chargeback_is_credited_and_the_fee_is_an_expense() {
    for part in [1, 3] {
        let scenario = world(|text| text);
        let invoice = sold(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]) / part;
        scenario.import(&[paid(&scenario, &invoice, None)]).await;
        let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
        handle_to_the_end(&scenario, &nudge).await;
        handle_to_the_end(&scenario, &nudge).await;
        let state = scenario.odoo_state();
        let what = format!("1/{part}: {:#?}", scenario.sink.lines().last());
        assert_eq!(entries(&state).len(), 1, "{what}");
        assert_posted(&state, &what);
        assert_eq!(credited(&state), amount, "{what}");
        assert_eq!(booked(&state, FEES), FEE, "{what}");
        assert_eq!(booked(&state, CLEARING), -amount - FEE, "{what}");
        assert_eq!(open(&state), 0, "{what}");
        assert_eq!(scenario.attention().await, [], "{what}");
    }
}

/// The settlement's line and the dispute's entry are one loss, whichever comes first.
#[tokio::test]
async fn the_settlement_clears_what_the_dispute_booked_in_either_order() {
    for settlement_first in [true, false] {
        let scenario = world(|text| text);
        let invoice = sold(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]);
        let payout = paid(&scenario, &invoice, Some(amount));
        let dispute = told(&scenario, &invoice, amount, "w", "needs_response");
        if settlement_first {
            scenario.import(std::slice::from_ref(&payout)).await;
        }
        handle_to_the_end(&scenario, &dispute).await;
        // For a payout that came first this is the later look: it closes what it had asked.
        scenario.import(std::slice::from_ref(&payout)).await;
        let state = scenario.odoo_state();
        let what = format!("settlement first: {settlement_first}");
        let all = state["entries"].as_array().unwrap();
        assert_eq!(all.iter().map(|entry| on(entry, CLEARING)).sum::<i64>(), 0, "{what}");
        assert_eq!(all.iter().map(|entry| on(entry, FEES)).sum::<i64>(), FEE + 30, "{what}");
        let lines = all.iter().flat_map(|entry| entry["lines"].as_array().unwrap());
        let mut clearing = lines.filter(|line| line["account_id"] == CLEARING);
        assert!(clearing.all(|line| line["reconciled"] == true), "{what}: {state:#?}");
        assert_eq!(credited(&state), amount, "{what}");
        assert_posted(&state, &what);
        assert_eq!(open(&state), 0, "{what}: {state:#?}");
        assert_eq!(scenario.attention().await, [], "{what}");
    }
}

/// Won: its own entry and invoice take everything back but the fee, told at once or one by one.
#[tokio::test]
async fn a_dispute_that_is_won_is_reversed() {
    for told_before in [true, false] {
        let scenario = world(|text| text);
        let invoice = sold(&scenario, 1).await.remove(0);
        let amount = minor(&invoice["amount_total"]);
        scenario.import(&[paid(&scenario, &invoice, None)]).await;
        if told_before {
            let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
            handle_to_the_end(&scenario, &nudge).await;
        }
        let nudge = told(&scenario, &invoice, amount, "wr", "won");
        handle_to_the_end(&scenario, &nudge).await;
        handle_to_the_end(&scenario, &nudge).await;
        let state = scenario.odoo_state();
        let what = format!("{told_before}: {:#?}", scenario.sink.lines().last());
        assert_eq!(entries(&state).len(), 2, "{what}");
        assert_eq!(booked(&state, CLEARING), -FEE, "{what}");
        assert_eq!(booked(&state, FEES), FEE, "{what}");
        let billed: i64 = state["invoices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| minor(&one["amount_total"]))
            .sum();
        assert_eq!(billed - credited(&state), amount, "{what}");
        assert_posted(&state, &what);
        assert_eq!(open(&state), 0, "{what}");
    }
}

/// By the other policy it is an expense, and the sale stands.
#[tokio::test]
async fn a_bad_debt_is_an_expense_without_a_credit_note() {
    let scenario =
        world(|text| text.replace("bad_debt = 499", "bad_debt = 499\ndisputes = \"bad_debt\""));
    let invoice = sold(&scenario, 1).await.remove(0);
    let amount = minor(&invoice["amount_total"]);
    let nudge = told(&scenario, &invoice, amount, "w", "lost");
    handle_to_the_end(&scenario, &nudge).await;
    let state = scenario.odoo_state();
    assert_eq!((booked(&state, BAD_DEBT), credited(&state)), (amount, 0));
    assert_eq!(booked(&state, CLEARING), -amount - FEE);
    let nudge = told(&scenario, &invoice, amount, "wr", "won");
    handle_to_the_end(&scenario, &nudge).await;
    assert_eq!(booked(&scenario.odoo_state(), BAD_DEBT), 0);
}

/// A payment that the shop has refunded already is not credited twice.
#[tokio::test]
async fn what_a_refund_credited_is_not_credited_again() {
    let scenario = world(|text| text);
    let invoice = sold(&scenario, 1).await.remove(0);
    let amount = minor(&invoice["amount_total"]);
    assert_eq!(credit(&scenario, &invoice).await, amount);
    let nudge = told(&scenario, &invoice, amount, "w", "needs_response");
    handle_to_the_end(&scenario, &nudge).await;
    let state = scenario.odoo_state();
    assert_eq!(credited(&state), amount);
    assert_eq!(booked(&state, CLEARING), -amount - FEE);
}

/// An inquiry moves nothing; a dispute without an invoice waits, and asks after a week.
#[tokio::test]
async fn an_inquiry_moves_nothing_and_an_unknown_payment_waits() {
    let scenario = world(|text| text);
    let invoice = sold(&scenario, 1).await.remove(0);
    let nudge = told(&scenario, &invoice, 500, "", "warning_needs_response");
    handle_to_the_end(&scenario, &nudge).await;
    assert!(entries(&scenario.odoo_state()).is_empty());
    let nobody = json!({"payment_reference": "ch_nobody", "ref": "no-order"});
    let nudge = told(&scenario, &nobody, 500, "w", "needs_response");
    handle_to_the_end(&scenario, &nudge).await;
    assert_eq!(scenario.attention().await, []);
    scenario.clock.advance(Duration::from_secs(8 * 24 * 3600));
    handle_to_the_end(&scenario, &nudge).await;
    assert!(entries(&scenario.odoo_state()).is_empty());
    assert_eq!(scenario.attention().await.len(), 1);
}

/// R195: a kill at every call of a withdrawal and of its reversal.
#[tokio::test]
async fn r195_a_dispute_survives_a_kill_at_every_call() {
    let prepared = || async {
        let scenario = world(|text| text);
        let invoice = sold(&scenario, 1).await.remove(0);
        scenario.import(&[paid(&scenario, &invoice, None)]).await;
        let amount = minor(&invoice["amount_total"]);
        let nudge = told(&scenario, &invoice, amount, "wr", "won");
        scenario.gate.disarm();
        (scenario, amount, nudge)
    };
    let (clean, _, nudge) = prepared().await;
    clean.handle(std::slice::from_ref(&nudge)).await;
    let calls = clean.gate.calls();
    assert!(calls.iter().any(|call| call == "odoo account.move/load"), "{calls:?}");
    for (at, kill, what) in every_kill(&calls) {
        let (scenario, amount, nudge) = prepared().await;
        let late =
            scenario.dies(at, kill, scenario.handle(std::slice::from_ref(&nudge)), &what).await;
        handle_to_the_end(&scenario, &nudge).await;
        scenario.arrive_late(late);
        handle_to_the_end(&scenario, &nudge).await;
        let state = scenario.odoo_state();
        assert_eq!(entries(&state).len(), 2, "{what}");
        assert_eq!(credited(&state), amount, "{what}");
        assert_eq!(state["invoices"].as_array().unwrap().len(), 2, "{what}");
        assert_eq!(booked(&state, CLEARING), -FEE, "{what}");
        assert_posted(&state, &what);
        assert_eq!(open(&state), 0, "{what}");
        assert_eq!(scenario.attention().await, [], "{what}");
    }
}
