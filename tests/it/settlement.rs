//! Settlement import (R205): what a processor paid out is one balanced, posted entry, set off against the
//! documents that it consists of; only once, whatever dies in between.

mod late;
mod matching;
mod platform;

use crate::sim::{Kill, ODOO, Scenario};
use crate::written::{
    adyen_csv, adyen_word, paypal_csv, paypal_event, shopify_answers, square_answers,
    stripe_answers, stripe_csv,
};
use causeway_domain::{
    Currency, EntryKind, Money, Nudge, NudgeCause, Secret, Settlement, SettlementEntry, StoreId,
    Subject,
};
use causeway_flows::settlement::{arrived, file_subject, poll};
use causeway_ledger::Disposition;
use causeway_odoo::{
    Connection, Direction, ExternalId, InvoiceDraft, InvoiceLineDraft, InvoiceOutcome, LineDisplay,
    MoveKind, MoveQuery, Odoo, PaymentDraft, PinnedTax, Protocol,
};
use rust_decimal::Decimal;
use sandbox::odoo::Seed;
use sandbox::platforms::{Draft, Phase, Platform};
use serde_json::{Value, json};
use std::time::Duration;

const SHOP: Platform = Platform::WooCommerce;
const LEASE_OVER: Duration = Duration::from_secs(200);
const BANK: i64 = 494;
const FEES: i64 = 363;
pub const UNMATCHED: i64 = 218;
const CLEARING: i64 = 497;

/// Stores without a policy: the documents are made by [`sold`] and [`credit`].
pub fn world(change: impl Fn(String) -> String) -> Scenario {
    Scenario::with(change)
}

fn in_euro(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft.gift_card_share = None;
    draft.currency = "EUR";
    draft
}

fn connection() -> Connection {
    Connection {
        name: "main".to_owned(),
        base_url: ODOO.parse().unwrap(),
        database: Some(Seed::DATABASE.to_owned()),
        protocol: Protocol::Json2,
        login: None,
        company: 1,
        api_key: Secret::new(Seed::INBOUND_KEY),
    }
}

/// Sells so many orders and invoices them, named by their payments; gives the invoices as Odoo has them.
pub async fn sold(scenario: &Scenario, orders: usize) -> Vec<Value> {
    let connection = connection();
    let session = causeway_odoo::connect(&scenario.http, &connection).await.unwrap();
    let odoo = Odoo { http: &scenario.http, connection: &connection, session: &session };
    let mut made = Vec::new();
    for at in 0..orders {
        let id = scenario.shop(SHOP).add(31 + u64::try_from(at).unwrap(), in_euro);
        scenario.project(&[scenario.nudge(SHOP, &id)]).await;
        let order = scenario.row(SHOP, &id).await.unwrap().odoo_ids["order"];
        let InvoiceOutcome::Made(invoices) = odoo.invoice_order(order, &[]).await.unwrap() else {
            panic!("nothing to invoice");
        };
        let reference = format!("900719925474{id}");
        odoo.set_payment_reference(invoices[0], &reference).await.unwrap();
        assert!(odoo.post_moves(&invoices).await.unwrap().is_empty());
        made.extend(invoices);
    }
    let state = scenario.odoo_state();
    let invoices = state["invoices"].as_array().unwrap();
    made.iter()
        .map(|id| invoices.iter().find(|invoice| invoice["id"] == *id).unwrap().clone())
        .collect()
}

/// Credits all of an invoice, as a refund of the shop does; gives the amount.
pub async fn credit(scenario: &Scenario, invoice: &Value) -> i64 {
    let connection = connection();
    let session = causeway_odoo::connect(&scenario.http, &connection).await.unwrap();
    let odoo = Odoo { http: &scenario.http, connection: &connection, session: &session };
    let id = invoice["id"].as_i64().unwrap();
    let head = odoo.find_moves(&MoveQuery::Ids(vec![id]), &[]).await.unwrap().remove(0);
    let lines = odoo.move_lines(&[id]).await.unwrap();
    let key = ExternalId::new(&"woo-demo".into(), "refund", &id.to_string());
    let goods = lines.iter().filter(|line| line.display == LineDisplay::Product);
    let note = InvoiceDraft {
        id: key.clone(),
        kind: MoveKind::CreditNote,
        journal: head.journal,
        partner: head.partner.unwrap(),
        delivery_address: None,
        currency_id: head.currency_id,
        fiscal_position: head.fiscal_position,
        reversed: Some(id),
        reference: "refund".to_owned(),
        payment_reference: None,
        date: "2026-10-01".parse().unwrap(),
        payment_term: None,
        lines: goods
            .map(|line| InvoiceLineDraft {
                id: key.line(&line.id.to_string()),
                product: None,
                uom: None,
                name: "Refund".to_owned(),
                quantity: Decimal::ONE,
                price_unit: line.subtotal.to_decimal(),
                discount: Decimal::ZERO,
                account: line.account.unwrap(),
                net: line.subtotal,
                taxes: line
                    .taxes
                    .iter()
                    .map(|tax| PinnedTax {
                        tax: *tax,
                        amount: line.total.minus(line.subtotal).unwrap(),
                    })
                    .collect(),
                analytic: None,
                sale_lines: Vec::new(),
            })
            .collect(),
    };
    let record = note.record(&session);
    let made = odoo.load_new("account.move", &[record]).await.unwrap().remove(0).unwrap();
    assert!(odoo.post_moves(&[made]).await.unwrap().is_empty());
    let made = odoo.find_moves(&MoveQuery::Ids(vec![made]), &[]).await.unwrap().remove(0);
    made.total.minor()
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::from_code("EUR").unwrap())
}

pub fn minor(amount: &Value) -> i64 {
    let amount: Decimal = amount.as_str().unwrap().parse().unwrap();
    Money::exact(amount, eur(0).currency()).unwrap().minor()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What a settlement consists of, before any processor's wording.
pub struct Line {
    pub kind: EntryKind,
    pub gross: i64,
    pub fee: i64,
    pub reference: Option<String>,
    pub order: Option<String>,
}

pub fn charge(invoice: &Value) -> Line {
    Line {
        kind: EntryKind::Charge,
        gross: minor(&invoice["amount_total"]),
        fee: 35,
        reference: text(&invoice["payment_reference"]),
        order: text(&invoice["ref"]),
    }
}

pub fn refund(invoice: &Value, amount: i64) -> Line {
    Line { kind: EntryKind::Refund, gross: -amount, fee: 1, ..charge(invoice) }
}

pub fn nobodys(kind: EntryKind, gross: i64) -> Line {
    Line {
        kind,
        gross,
        fee: 1,
        reference: Some("nobodys".to_owned()),
        order: Some("no-such-order".to_owned()),
    }
}

pub fn settlement(processor: &str, lines: &[Line]) -> Settlement {
    let entries: Vec<SettlementEntry> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| SettlementEntry {
            also: Vec::new(),
            dispute: None,

            id: match processor {
                "stripe" => format!("txn_{at}"),
                "adyen" => format!("{}:M{at}", adyen_word(line.kind)),
                "paypal" => format!("T{at}:{}", paypal_event(line.kind)),
                "square" => format!("poe_{at}"),
                _ => at.to_string(),
            },
            kind: line.kind,
            reference: line.reference.clone(),
            order_reference: line.order.clone(),
            gross: eur(line.gross),
            fee: eur(line.fee),
            net: eur(line.gross - line.fee),
            presentment: None,
            line: None,
        })
        .collect();
    let sum = entries.iter().map(|entry| entry.net.minor()).sum::<i64>();
    // PayPal pays out what it is told to, and nothing of a debt.
    let kept = match processor {
        "paypal" if sum > 0 => sum / 3,
        "paypal" => sum,
        _ => 0,
    };
    Settlement {
        id: match processor {
            "adyen" => "SynthShop:239".into(),
            "paypal" => "STL-ACCT-2026-10-05-EUR".into(),
            "shopify" => "623721858".into(),
            _ => "po_1".into(),
        },
        account: StoreId::new(format!("{processor}-pay")),
        currency: eur(0).currency(),
        paid_on: "2026-10-05".parse().unwrap(),
        entries,
        deposit: eur(sum - kept),
        retained: eur(kept),
    }
}

/// Puts a settlement where its processor keeps it; what nudges its import.
pub fn placed(scenario: &Scenario, processor: &str, settlement: &Settlement) -> Nudge {
    let account = settlement.account.as_str().to_owned();
    let by_id = || scenario.of_account(&account, Subject::Settlement(settlement.id.clone()));
    let file = |text: String| {
        let key = format!("{account}/payout.csv");
        scenario.files.0.lock().unwrap().insert(key.clone(), text.into());
        let (_, subject) = file_subject(&key).unwrap();
        scenario.of_account(&account, subject)
    };
    let answers = |paths: &[&str], bodies: Vec<Value>| {
        for (path, body) in paths.iter().zip(bodies) {
            scenario.processors.answer(path, body);
        }
        by_id()
    };
    match processor {
        "stripe" => answers(
            &[
                &format!("/v1/payouts/{}", settlement.id),
                &format!("/v1/balance_transactions?payout={}", settlement.id),
            ],
            stripe_answers(settlement),
        ),
        "stripe file" => file(stripe_csv(settlement)),
        "adyen" => file(adyen_csv(settlement)),
        "paypal" => file(paypal_csv(settlement, 12_345)),
        "square" => answers(
            &["/v2/payouts/po_1", "/v2/payouts/po_1/payout-entries"],
            square_answers(settlement),
        ),
        "shopify" => answers(&["/admin/api/"], shopify_answers(settlement)),
        other => panic!("{other}"),
    }
}

pub fn name_of(processor: &str) -> &str {
    processor.trim_end_matches(" file")
}

pub async fn import_to_the_end(scenario: &Scenario, nudge: &Nudge) -> Disposition {
    for _ in 0..8 {
        let end = scenario.import(std::slice::from_ref(nudge)).await.remove(0);
        match end {
            Disposition::RetryAfter(pause) => scenario.clock.advance(pause),
            done => return done,
        }
    }
    panic!("never done: {:#?}", scenario.sink.lines());
}

/// The entries of settlements, without the one that comes before.
pub fn booked(state: &Value) -> Vec<&Value> {
    let named = |entry: &&Value| {
        let names = entry["external_ids"].as_array().unwrap();
        let own = |name: &str| name.contains("_settlement_") && !name.ends_with("po~5f0");
        names.iter().any(|name| own(name.as_str().unwrap()))
    };
    state["entries"].as_array().unwrap().iter().filter(named).collect()
}

pub fn on(entry: &Value, account: i64) -> i64 {
    let lines = entry["lines"].as_array().unwrap().iter();
    lines.filter(|line| line["account_id"] == account).map(|line| minor(&line["balance"])).sum()
}

/// One posted entry, on the cent, and its documents settled.
pub fn assert_booked(scenario: &Scenario, settlement: &Settlement, what: &str) {
    let state = scenario.odoo_state();
    let entries = booked(&state);
    let said: Vec<String> = scenario.sink.lines().into_iter().rev().take(3).collect();
    assert_eq!(entries.len(), 1, "{what}: {said:#?}");
    let entry = entries[0];
    assert_eq!(entry["state"], "posted", "{what}");
    let lines = entry["lines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| minor(&line["balance"])).sum::<i64>(), 0, "{what}");
    assert_eq!(on(entry, BANK), settlement.deposit.minor(), "{what}");
    let fees: i64 = settlement.entries.iter().map(|entry| entry.fee.minor()).sum();
    assert_eq!(on(entry, FEES), fees, "{what}");
    let amounts = settlement.entries.iter().filter(|entry| !entry.gross.is_zero()).count();
    let own = [settlement.deposit, settlement.retained, eur(fees)];
    let own = own.iter().filter(|amount| !amount.is_zero()).count();
    assert_eq!(lines.len(), amounts + own, "{what}");
    for kind in ["invoices", "credit_notes"] {
        for document in state[kind].as_array().unwrap() {
            assert_eq!(minor(&document["amount_residual"]), 0, "{what}: {document:#?}");
        }
    }
}

/// Everything that Odoo holds, without how often it was asked.
fn documents(scenario: &Scenario) -> Value {
    let mut state = scenario.odoo_state();
    let lists = ["orders", "invoices", "credit_notes", "entries", "payments", "created"];
    state.as_object_mut().unwrap().retain(|name, _| lists.contains(&name.as_str()));
    state
}

pub const ALL: [&str; 6] = ["stripe", "stripe file", "adyen", "paypal", "square", "shopify"];

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
    for (at, call) in calls.iter().enumerate() {
        for kill in [Kill::AfterEffect, Kill::BeforeEffect] {
            let what = format!("{kill:?} of call {at} ({call})");
            let (scenario, settlement, nudge) = prepared().await;
            scenario.gate.arm(at, kill);
            let gate = scenario.gate.clone();
            let dead = gate.run(scenario.import(std::slice::from_ref(&nudge))).await;
            assert!(dead.is_none(), "did not die: {what}");
            let late = scenario.gate.take_late();
            scenario.gate.disarm();
            scenario.clock.advance(LEASE_OVER);
            import_to_the_end(&scenario, &nudge).await;
            scenario.arrive_late(late);
            import_to_the_end(&scenario, &nudge).await;
            assert_booked(&scenario, &settlement, &what);
            assert_eq!(scenario.attention().await, [], "{what}");
        }
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
