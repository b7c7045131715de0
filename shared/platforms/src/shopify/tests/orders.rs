//! Fixtures in, domain orders out.

use causeway_domain::{Fault, Order, Standing};
use serde_json::Value;

use super::{FOLDER, body, fetch, store};
use crate::adapter::{Adapter as _, Answer, Fetch};
use crate::shopify::Shopify;
use crate::testing::{answer, expected_names, fixture, payment_text, summary};

/// Answers every call from the fixture and checks that each call is asked when it is needed.
pub(super) fn read(name: &str, options: &str) -> Result<Order, Fault> {
    let connection = store(options);
    let id = Shopify.order_id_in(body(name, 1).as_bytes()).unwrap();
    let mut answers: Vec<Answer> = Vec::new();
    loop {
        match fetch(&connection, id.as_str(), &answers)? {
            Fetch::Ask(calls) => {
                assert_eq!(calls.len(), 1, "{name}");
                answers.push(answer(200, body(name, answers.len() + 1)));
            }
            Fetch::Found(order) => return Ok(*order),
            Fetch::Gone | Fetch::Elsewhere(_) => panic!("{name} is gone"),
        }
    }
}

fn check(name: &str, order: &Order) {
    let expected = fixture(&format!("{FOLDER}/{name}.expected.json"));
    let mut actual = summary(order);
    let text = |value: Option<&str>| value.map_or(Value::Null, Value::from);
    let personal = |value: &Option<causeway_domain::Personal<String>>| {
        value.as_ref().map_or(Value::Null, |value| value.reveal().as_str().into())
    };
    for key in expected.as_object().unwrap().keys() {
        if actual.get(key).is_some() {
            continue;
        }
        actual[key] = match key.as_str() {
            "number" => order.number.as_str().into(),
            "customer" => text(order.customer.id.as_ref().map(|id| id.as_str())),
            "country" => text(order.billing.country.as_ref().map(|code| code.as_str())),
            "state" => personal(&order.billing.state),
            "company" => personal(&order.customer.company),
            "vat" => personal(&order.customer.vat),
            "test" => order.test.into(),
            "payments" => order.payments.iter().map(payment_text).collect(),
            other => panic!("{name}: what is {other}?"),
        };
    }
    assert_eq!(actual, expected, "{name}");
}

/// R44, R49, R72: every fixture gives its lines, taxes and totals to the minor unit, among them
/// currencies of 0, 2 and 3 decimals, tax inside and outside of prices, edits, refunds and tips.
#[test]
fn every_order_is_read_as_expected() {
    let names = expected_names(FOLDER);
    assert!(names.len() >= 16, "{names:?}");
    for name in names.iter().filter(|name| !name.ends_with(".shop")) {
        check(name, &read(name, "{}").unwrap_or_else(|fault| panic!("{name}: {fault:?}")));
    }
}

#[test]
fn the_shops_own_currency_can_be_chosen() {
    check("multi-currency.shop", &read("multi-currency", r#"{"currency": "shop"}"#).unwrap());
}

#[test]
fn a_refund_does_not_shrink_the_sale_but_an_edit_does() {
    let edited = read("edited", "{}").unwrap();
    let refunded = read("edited-and-refunded", "{}").unwrap();
    assert_eq!(edited.lines, refunded.lines);
    assert_eq!(edited.total, refunded.total);
}

#[test]
fn the_vat_number_is_found_under_its_attribute() {
    let order = read("company", r#"{"vat_attribute": "vat NUMBER"}"#).unwrap();
    assert_eq!(order.customer.vat_normalised().as_deref(), Some("BE0999999999"));
}

#[test]
fn a_store_can_say_what_a_status_means() {
    let order = read("kwd", r#"{"status": {"pending": "confirmed"}}"#).unwrap();
    assert_eq!(order.standing, Standing::Confirmed);
}

#[test]
fn addresses_names_and_note_are_read() {
    let order = read("simple", "{}").unwrap();
    assert_eq!(order.key.order.as_str(), "820982911946154508");
    assert_eq!(order.customer.name.reveal(), "Jonna Field");
    assert_eq!(order.customer.email_normalised().as_deref(), Some("jonna.field@example.com"));
    assert_eq!(order.note.unwrap().reveal(), "Please leave it at the door.");
    assert_eq!(order.placed_at.to_string(), "2026-10-05T09:12:44Z");
    let guest = read("tax-included", "{}").unwrap();
    assert_eq!(guest.customer.name.reveal(), "Marte Zandpoort");
    let shipping = guest.shipping.unwrap();
    assert_eq!(shipping.street2.unwrap().reveal(), "bus 3");
    assert!(shipping.state.is_none());
}

#[test]
fn a_page_of_another_state_of_the_order_is_not_mixed_in() {
    let connection = store("{}");
    let later = body("long", 2).replace("09:13:02Z", "09:13:03Z");
    let answers = [answer(200, body("long", 1)), answer(200, later)];
    assert_eq!(fetch(&connection, "5811000000017", &answers).unwrap_err().class(), "retry");
    let answers = [answer(200, body("edited", 1)), answer(200, body("edited", 2)), {
        answer(200, body("edited", 3).replace("09:13:02Z", "09:14:02Z"))
    }];
    assert_eq!(fetch(&connection, "5811000000010", &answers).unwrap_err().class(), "retry");
}

/// Lines that do not sum to the total are refused with both numbers.
#[test]
fn a_total_that_is_off_is_refused_with_both_numbers() {
    let off = body("simple", 1).replace("\"53.59\"", "\"53.60\"");
    let fault = fetch(&store("{}"), "820982911946154508", &[answer(200, off)]).unwrap_err();
    assert_eq!(fault.class(), "reject");
    let text = format!("{fault:?}");
    assert!(text.contains("53.59 USD") && text.contains("53.60 USD"), "{text}");
}

#[test]
fn an_edit_that_names_an_unknown_tax_or_too_many_units_is_refused() {
    let connection = store("{}");
    let fetch_with = |change: fn(String) -> String| {
        let answers = [1, 2, 3].map(|n| {
            answer(200, if n == 3 { change(body("edited", n)) } else { body("edited", n) })
        });
        fetch(&connection, "5811000000010", &answers).unwrap_err()
    };
    let other_tax = fetch_with(|body| body.replace("\"title\": \"VAT\"", "\"title\": \"GST\""));
    assert!(format!("{other_tax:?}").contains("GST"), "{other_tax:?}");
    let more = fetch_with(|body| body.replace("\"quantity\": -1", "\"quantity\": -9"));
    assert!(format!("{more:?}").contains("edits removed more"), "{more:?}");
    let reason = fetch_with(|body| body.replace("ORDER_EDIT", "MERGED"));
    assert!(format!("{reason:?}").contains("MERGED"), "{reason:?}");
}
