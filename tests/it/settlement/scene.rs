//! Payouts in every processor's own words, what they are of in Odoo, and what must have become of them.

use crate::sim::{ODOO, Scenario};
use crate::written::{
    adyen_csv, adyen_word, paypal_csv, paypal_event, shopify_answers, square_answers,
    stripe_answers, stripe_csv,
};
use causeway_domain::{
    Currency, EntryKind, Money, Nudge, Secret, Settlement, SettlementEntry, StoreId, Subject,
};
use causeway_flows::settlement::file_subject;
use causeway_ledger::Disposition;
use causeway_odoo::{
    Connection, ExternalId, InvoiceDraft, InvoiceLineDraft, InvoiceOutcome, LineDisplay, MoveKind,
    MoveQuery, Odoo, PinnedTax, Protocol,
};
use rust_decimal::Decimal;
use sandbox::odoo::Seed;
use sandbox::platforms::{Draft, Phase, Platform};
use serde_json::Value;

pub const SHOP: Platform = Platform::WooCommerce;
pub const BANK: i64 = 494;
pub const FEES: i64 = 363;
pub const UNMATCHED: i64 = 218;
pub const CLEARING: i64 = 497;

/// Stores without a policy: the documents are made by [`sold`] and [`credit`].
pub fn world(change: impl Fn(String) -> String) -> Scenario {
    Scenario::with(change)
}

pub fn in_euro(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft.gift_card_share = None;
    draft.currency = "EUR";
    draft
}

pub fn connection() -> Connection {
    Connection {
        name: "main".to_owned(),
        base_url: ODOO.parse().unwrap(),
        database: Some(Seed::DATABASE.to_owned()),
        protocol: Protocol::Json2,
        login: None,
        chatter: false,
        company: 1,
        api_key: Secret::new(Seed::INBOUND_KEY),
    }
}

/// Sells so many orders and invoices them, named by their payments; gives the invoices as Odoo has them.
pub async fn sold(scenario: &Scenario, orders: usize) -> Vec<Value> {
    let invoices = invoiced(scenario, orders).await;
    scenario.warehouse_works();
    invoices
}

/// Posted invoices of orders that have not been sent.
pub async fn invoiced(scenario: &Scenario, orders: usize) -> Vec<Value> {
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

pub fn text(value: &Value) -> Option<String> {
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
pub fn documents(scenario: &Scenario) -> Value {
    let mut state = scenario.odoo_state();
    let lists = ["orders", "invoices", "credit_notes", "entries", "payments", "created"];
    state.as_object_mut().unwrap().retain(|name, _| lists.contains(&name.as_str()));
    state
}

pub const ALL: [&str; 6] = ["stripe", "stripe file", "adyen", "paypal", "square", "shopify"];
