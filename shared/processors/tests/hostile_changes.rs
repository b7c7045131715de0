//! R256: every node of every event and answer by every hostile value, and bytes changed anywhere.
//! Nothing panics, and what is read still balances.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{
    ADYEN_KEY, STRIPE_KEY, adyen_whole, answer, bytes, connection, credentials, fixture, now,
    stripe_delivery, verify_at,
};
use causeway_domain::{DisputeId, Secret, Settlement, StoreId, Subject};
use causeway_platforms::{Answer, RawRequest, Verification};
use causeway_processors::{AccountContext, FetchSettlement, FileContext, processor};
use proptest::prelude::*;
use serde_json::{Value, json};

const WITH_WEBHOOKS: [(&str, &str); 2] = [("adyen", ADYEN_KEY), ("stripe", STRIPE_KEY)];

fn signed(id: &str, body: &[u8]) -> RawRequest {
    if id == "adyen" { adyen_whole(body) } else { stripe_delivery(body) }
}

/// Must come back; what it is does not matter here.
fn fetch_dispute(id: &str, dispute: &DisputeId) {
    let connection = connection(id, &json!({}));
    let credentials = Secret::new(credentials(id));
    let cx = AccountContext { connection: &connection, credentials: &credentials, now: now() };
    drop(processor(id).unwrap().fetch_dispute(&cx, dispute, &[]));
}

/// Values that nothing may panic on, wherever they stand.
fn hostile() -> Vec<Value> {
    let texts = [
        "null",
        "true",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "0",
        "-1",
        "1e400",
        "-1e-400",
        "99999999999999999999999999999999999999",
        "9223372036854775807",
        "-9223372036854775808",
        "\"9223372036854775807\"",
        "\"-79228162514264337593543950335\"",
        "\"0.0000000000000000000000000001\"",
        "\"XXX\"",
        "\"JPY\"",
        "[null]",
        "[[{}]]",
    ];
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Replaces the n-th node, counted from the top modulo their number, or removes it.
fn mutate(value: &mut Value, left: &mut usize, with: Option<&Value>) -> bool {
    let keys: Vec<String> = match value {
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for key in keys {
        if *left == 0 {
            match (value, with) {
                (Value::Object(fields), Some(with)) => drop(fields.insert(key, with.clone())),
                (Value::Object(fields), None) => drop(fields.remove(&key)),
                (Value::Array(items), Some(with)) => {
                    items[key.parse::<usize>().unwrap()] = with.clone()
                }
                (Value::Array(items), None) => drop(items.remove(key.parse().unwrap())),
                (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
            }
            return true;
        }
        *left -= 1;
        let inner = match value {
            Value::Object(fields) => fields.get_mut(&key).unwrap(),
            Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return false,
        };
        if mutate(inner, left, with) {
            return true;
        }
    }
    false
}

/// Every node of every answer by every hostile value: a fault, or a settlement that balances.
#[test]
fn r256_no_change_of_an_answer_panics_or_unbalances() {
    let mut tried = 0;
    for id in ["shopify", "square", "stripe"] {
        let case = fixture(&format!("{id}/payouts/two-pages.json"));
        let bodies = case["answers"].as_array().unwrap().clone();
        for at in 0..bodies.len() {
            for node in 0.. {
                let mut any = false;
                for with in hostile().iter().map(Some).chain([None]) {
                    let mut changed = bodies.clone();
                    let mut left = node;
                    any = mutate(&mut changed[at], &mut left, with);
                    if !any {
                        break;
                    }
                    let answers: Vec<Answer> =
                        changed.iter().map(|body| answer(200, body.to_string())).collect();
                    let connection = connection(id, &json!({}));
                    let payout = case["id"].as_str().unwrap().into();
                    let credentials = Secret::new(credentials(id));
                    let cx = AccountContext {
                        connection: &connection,
                        credentials: &credentials,
                        now: now(),
                    };
                    let result = processor(id).unwrap().fetch_settlement(&cx, &payout, &answers);
                    if let Ok(FetchSettlement::Found(found)) = result {
                        found.iter().for_each(|one| assert_eq!(one.check(), Ok(()), "{id}"));
                    }
                    tried += 1;
                }
                if !any {
                    break;
                }
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn r256_no_change_of_an_event_panics() {
    let mut bodies: Vec<(&str, &str, Value)> = Vec::new();
    for event in fixture("stripe/events.json").as_array().unwrap().iter().take(8) {
        bodies.push(("stripe", STRIPE_KEY, event["event"].clone()));
    }
    for name in ["CHARGEBACK", "REPORT_AVAILABLE", "REFUND_FAILED"] {
        let body = fixture(&format!("adyen/notifications/{name}.json"));
        bodies.push(("adyen", ADYEN_KEY, body));
    }
    for (id, key, body) in bodies {
        for node in 0.. {
            let mut any = false;
            for with in hostile().iter().map(Some).chain([None]) {
                let mut changed = body.clone();
                let mut left = node;
                any = mutate(&mut changed, &mut left, with);
                if !any {
                    break;
                }
                let delivery = signed(id, changed.to_string().as_bytes());
                let Verification::Accepted(delivery) = verify_at(id, &[key], delivery, now())
                else {
                    panic!("{id}: {changed}")
                };
                let one = processor(id).unwrap();
                for nudge in one.events(&StoreId::from("main"), &delivery).unwrap_or_default() {
                    if let Subject::Dispute(dispute) = &nudge.subject {
                        fetch_dispute(id, dispute);
                    }
                }
            }
            if !any {
                break;
            }
        }
    }
}

fn read(id: &str, file: &[u8]) -> Option<Vec<Settlement>> {
    let account = StoreId::from("main");
    let cx = FileContext { account: &account, currency: None };
    processor(id).unwrap().read_file(&cx, file).ok()
}

proptest! {
    #[test]
    fn no_bytes_panic(file in prop::collection::vec(any::<u8>(), 0..400)) {
        for id in ["adyen", "paypal", "shopify", "square", "stripe"] {
            prop_assert_eq!(read(id, &file), None);
            for (with, key) in WITH_WEBHOOKS {
                let delivery = signed(with, &file);
                let Verification::Accepted(delivery) = verify_at(with, &[key], delivery, now()) else {
                    return Err(TestCaseError::fail("a right signature was refused"));
                };
                let _ = processor(with).unwrap().events(&StoreId::from("main"), &delivery);
            }
        }
    }

    /// Bytes changed anywhere: refused, or still balanced, as the check has it.
    #[test]
    fn no_damage_unbalances_a_file(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (id, path) = [
            ("adyen", "adyen/settlements/batch-239.csv"),
            ("adyen", "adyen/settlements/batches.csv"),
            ("stripe", "stripe/settlements/itemized.csv"),
            ("paypal", "paypal/settlements/STL-20260902.csv"),
        ][which];
        let mut file = bytes(path);
        for (at, byte) in &changes {
            let at = at.index(file.len());
            file[at] = *byte;
        }
        for settlement in read(id, &file).unwrap_or_default() {
            prop_assert_eq!(settlement.check(), Ok(()));
        }
    }
}
