//! What happened after an order: answers in, refunds and captures out.

use causeway_domain::{AfterSales, Fault, Order, Secret};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{orders, serve, store};
use crate::adapter::{Adapter as _, Answer, FetchAfterSales, FetchContext};
use crate::square::Square;
use crate::testing::{after_summary, case_names, fixture, hostile, mutate};

const FOLDER: &str = "square/after_sales";

fn case(name: &str) -> (Order, Value) {
    let case = fixture(&format!("{FOLDER}/{name}.json"));
    (orders::read(case["order"].as_str().unwrap(), "{}").unwrap(), case)
}

/// Answers every call by its path.
fn read(order: &Order, given: &Value) -> Result<AfterSales, Fault> {
    let (connection, credentials) = (store("{}"), Secret::new("EAAA-token"));
    let now = "2026-10-07T00:00:00Z".parse().unwrap();
    let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 7 };
    let mut answers: Vec<Answer> = Vec::new();
    loop {
        match Square.fetch_after_sales(&cx, order, &answers)? {
            FetchAfterSales::Found(after) => return Ok(*after),
            FetchAfterSales::Ask(calls) => {
                answers.extend(calls.iter().map(|call| serve(given, call)));
            }
        }
    }
}

/// R170, R172, R183: items and amounts, money that is pending or failed, late fees, and words that a
/// later version of the API may bring.
#[test]
fn every_case_is_read_as_expected() {
    let names = case_names(FOLDER);
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let (order, case) = case(&name);
        let after =
            read(&order, &case["answers"]).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(after_summary(&after), case["expected"], "{name}");
    }
}

#[test]
fn what_is_not_there_yet_is_asked_for_again_and_a_foreign_currency_is_refused() {
    let (order, case) = case("by-item");
    let with = |path: &str, body: Value| {
        let mut given = case["answers"].clone();
        given[path] = body;
        read(&order, &given).unwrap_err().class()
    };
    assert_eq!(with("/v2/orders/batch-retrieve", json!({})), "retry");
    assert_eq!(with("/v2/refunds/RF1", json!({})), "retry");
    let mut refund = case["answers"]["/v2/refunds/RF1"].clone();
    refund["refund"]["amount_money"]["currency"] = "EUR".into();
    assert_eq!(with("/v2/refunds/RF1", refund), "reject");
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(n in any::<usize>(), with in 0usize..22) {
        let (order, case) = case("by-item");
        let mut given = case["answers"].clone();
        mutate(&mut given, n, hostile().get(with).cloned());
        let _ = read(&order, &given);
    }
}
