//! Fixtures in, domain orders out.

use causeway_domain::{Fault, Order, OrderId, Personal, Standing};
use serde_json::Value;

use super::{FOLDER, beside, document, fetch, serve, store};
use crate::adapter::{Adapter as _, Answer, Fetch};
use crate::square::Square;
use crate::testing::{answer, expected_names, fixture, payment_text, summary};

fn read_from(first: &Value, beside: &Value, options: &str) -> Result<Order, Fault> {
    let connection = store(options);
    let id = Square.order_id_in(first.to_string().as_bytes()).unwrap();
    let mut answers: Vec<Answer> = Vec::new();
    loop {
        match fetch(&connection, id.as_str(), &answers)? {
            Fetch::Ask(calls) if answers.is_empty() => {
                assert_eq!(calls[0].request.uri().path(), format!("/v2/orders/{id}"));
                answers.push(answer(200, first.to_string()));
            }
            Fetch::Ask(calls) => answers.extend(calls.iter().map(|call| serve(beside, call))),
            Fetch::Found(order) => return Ok(*order),
            Fetch::Gone | Fetch::Elsewhere(_) => panic!("{id} is gone"),
        }
    }
}

pub(super) fn read(name: &str, options: &str) -> Result<Order, Fault> {
    read_from(&document(name), &beside(name), options)
}

fn check(name: &str, order: &Order) {
    let expected = fixture(&format!("{FOLDER}/{name}.expected.json"));
    let mut actual = summary(order);
    let personal = |value: Option<&Personal<String>>| {
        value.map_or(Value::Null, |value| value.reveal().as_str().into())
    };
    for key in expected.as_object().unwrap().keys() {
        if actual.get(key).is_some() {
            continue;
        }
        actual[key] = match key.as_str() {
            "number" => order.number.as_str().into(),
            "customer" => order.customer.id.as_ref().map(|id| id.as_str()).into(),
            "name" => order.customer.name.reveal().as_str().into(),
            "email" => personal(order.customer.email.as_ref()),
            "vat" => personal(order.customer.vat.as_ref()),
            "billing" => order.billing.street.reveal().as_str().into(),
            "shipping" => personal(order.shipping.as_ref().map(|address| &address.street)),
            "tax_code" => order.lines[0].taxes[0].code.0.as_str().into(),
            "payments" => order.payments.iter().map(payment_text).collect(),
            other => panic!("{name}: what is {other}?"),
        };
    }
    assert_eq!(actual, expected, "{name}");
}

/// R43, R44, R47, R49, R72: every fixture gives its lines, taxes, tenders and totals to the minor
/// unit, among them currencies of 0, 2 and 3 decimals and inclusive, additive and mixed taxes.
#[test]
fn every_order_is_read_as_expected() {
    let names = expected_names(FOLDER);
    assert!(names.len() >= 11, "{names:?}");
    for name in &names {
        check(name, &read(name, "{}").unwrap_or_else(|fault| panic!("{name}: {fault:?}")));
    }
}

#[test]
fn returns_alone_are_nothing_to_project() {
    let returned = document("returns-only").to_string();
    let found = fetch(&store("{}"), "ORDreturns01", &[answer(200, returned)]).unwrap();
    let Fetch::Elsewhere(sold) = found else { panic!("{found:?}") };
    assert_eq!(sold, [OrderId::new("ORDadditive01")]);
    let exchange = {
        let mut exchange = document("additive");
        exchange["order"]["returns"] = document("returns-only")["order"]["returns"].clone();
        exchange
    };
    assert_eq!(read_from(&exchange, &beside("additive"), "{}").unwrap().total.minor(), 3735);
}

#[test]
fn a_customer_that_was_deleted_leaves_a_guest() {
    let mut others = beside("additive");
    others.as_object_mut().unwrap().remove("/v2/customers/CUSTEXAMPLE01").unwrap();
    let order = read_from(&document("additive"), &others, "{}").unwrap();
    assert_eq!(order.customer.id, None);
    assert_eq!(order.customer.name.reveal(), "Omar Calder");
    assert_eq!(order.customer.email.unwrap().reveal(), "ines@example.com");
}

#[test]
fn a_store_can_say_what_a_status_means() {
    let order = read("apportioned", r#"{"status": {"open": "confirmed"}}"#).unwrap();
    assert_eq!(order.standing, Standing::Confirmed);
    let mut unknown = document("draft");
    unknown["order"]["state"] = "PARKED".into();
    let fault = read_from(&unknown, &Value::Null, "{}").unwrap_err();
    assert!(fault.class() == "reject" && format!("{fault:?}").contains("parked"), "{fault:?}");
}

#[test]
fn sums_that_are_off_are_refused_with_both_numbers() {
    let mut total = document("additive");
    total["order"]["total_money"]["amount"] = 3736.into();
    let shown = format!("{:?}", read_from(&total, &beside("additive"), "{}").unwrap_err());
    assert!(shown.contains("37.35 USD") && shown.contains("37.36 USD"), "{shown}");
    let mut tax = document("additive");
    tax["order"]["line_items"][0]["total_tax_money"]["amount"] = 200.into();
    let shown = format!("{:?}", read_from(&tax, &beside("additive"), "{}").unwrap_err());
    assert!(shown.contains("2.48 USD") && shown.contains("2.00 USD"), "{shown}");
}

#[test]
fn the_sandboxs_orders_are_tests() {
    let mut connection = store("{}");
    connection.base_url = "https://connect.squareupsandbox.com".parse().unwrap();
    let answers = [answer(200, document("cancelled").to_string())];
    let Fetch::Found(order) = fetch(&connection, "ORDcanceled1", &answers).unwrap() else {
        panic!("not found");
    };
    assert!(order.test);
    assert!(!read("cancelled", "{}").unwrap().test);
}
