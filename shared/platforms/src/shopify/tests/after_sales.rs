//! What happened after an order: answers in, refunds, returns and captures out.

use causeway_domain::{AfterSales, Fault, Order, Secret};
use proptest::prelude::*;
use serde_json::Value;

use super::{orders, store};
use crate::adapter::{Adapter as _, Answer, FetchAfterSales, FetchContext};
use crate::shopify::Shopify;
use crate::testing::{after_summary, answer, case_names, fixture, hostile, mutate};

const FOLDER: &str = "shopify/after_sales";

fn case(name: &str) -> (Order, Value) {
    let case = fixture(&format!("{FOLDER}/{name}.json"));
    (orders::read(case["order"].as_str().unwrap(), "{}").unwrap(), case)
}

fn step(order: &Order, options: &str, answers: &[Answer]) -> Result<FetchAfterSales, Fault> {
    let (connection, credentials) = (store(options), Secret::new("shpat_0123"));
    let now = "2026-10-07T00:00:00Z".parse().unwrap();
    let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 7 };
    Shopify.fetch_after_sales(&cx, order, answers)
}

/// Answers in the order in which they are asked for, as many at a time as are asked for.
fn read(order: &Order, given: &Value) -> Result<AfterSales, Fault> {
    let given = given.as_array().unwrap();
    let mut answers: Vec<Answer> = Vec::new();
    loop {
        match step(order, "{}", &answers)? {
            FetchAfterSales::Found(after) => return Ok(*after),
            FetchAfterSales::Ask(calls) => {
                for _ in calls {
                    let next = given.get(answers.len()).map_or(Value::Null, Value::clone);
                    answers.push(answer(200, next.to_string()));
                }
            }
        }
    }
}

/// R170, R172, R183: lines, delivery, fees and courtesies, money that is pending or failed, edits and
/// words that a later version of the API may bring.
#[test]
fn every_case_is_read_as_expected() {
    let names = case_names(FOLDER);
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let (order, case) = case(&name);
        let after =
            read(&order, &case["answers"]).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(after_summary(&after), case["expected"], "{name}");
    }
}

#[test]
fn returns_are_not_asked_for_where_the_app_may_not_see_them() {
    let (order, case) = case("lowered-or-edited");
    let options = r#"{"returns": false}"#;
    let FetchAfterSales::Ask(calls) = step(&order, options, &[]).unwrap() else { panic!() };
    assert_eq!(calls.len(), 1);
    let answers = [answer(200, case["answers"][0].to_string())];
    let FetchAfterSales::Ask(calls) = step(&order, options, &answers).unwrap() else { panic!() };
    let sent: Value = serde_json::from_slice(calls[0].request.body()).unwrap();
    assert_eq!(sent["variables"]["returns"], false);
}

/// R119: limits are waited for, and what does not fit together is not used.
#[test]
fn other_answers_become_faults() {
    let (order, case) = case("tax-inside");
    let throttled = r#"{"errors":[{"extensions":{"code":"THROTTLED"}}]}"#;
    let later = case["answers"][0].to_string().replace("09:13:02Z", "09:13:03Z");
    let gone = r#"{"data":{"order":null}}"#.to_owned();
    for (body, class) in [(throttled.to_owned(), "retry"), (later, "retry"), (gone, "retry")] {
        let found = step(&order, "{}", &[answer(200, body.clone())]).unwrap_err();
        assert_eq!(found.class(), class, "{body}");
    }
    let mut other = case["answers"].clone();
    other[2]["data"]["refund"]["order"]["id"] = "gid://shopify/Order/1".into();
    assert_eq!(read(&order, &other).unwrap_err().class(), "reject");
    let mut foreign = case["answers"].clone();
    let bag = &mut foreign[2]["data"]["refund"]["totalRefundedSet"]["presentmentMoney"];
    bag["currencyCode"] = "USD".into();
    assert_eq!(read(&order, &foreign).unwrap_err().class(), "reject");
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(which in 0usize..3, n in any::<usize>(), with in 0usize..22) {
        let (order, case) = case("shipping-fee-and-cash");
        let mut given = case["answers"].clone();
        mutate(&mut given[which], n, hostile().get(with).cloned());
        let _ = read(&order, &given);
    }
}
