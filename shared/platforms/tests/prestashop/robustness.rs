//! Refusals of the webservice, bad documents and settings.

use super::*;
use causeway_domain::OrderId;
use causeway_platforms::FetchContext;
use proptest::prelude::*;
use std::sync::OnceLock;

fn fetch(answers: &[Answer]) -> Result<Fetch, Fault> {
    let connection = connection("https://shop.example.com", paris());
    let credentials = key();
    let cx =
        FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce: 7 };
    prestashop().fetch_order(&cx, &OrderId::from("11"), answers)
}

/// All answers of a good fetch of order 11, in the order they were asked.
fn good() -> Vec<Answer> {
    static READ: OnceLock<Vec<Answer>> = OnceLock::new();
    READ.get_or_init(read_good).clone()
}

fn read_good() -> Vec<Answer> {
    let shop = Shop::recorded();
    let mut answers = Vec::new();
    while let Fetch::Ask(calls) = fetch(&answers).unwrap() {
        answers.extend(calls.iter().map(|call| shop.answer(call)));
    }
    answers
}

/// STORES 7: each refusal in its class, whatever call it answers.
#[test]
fn refusals_are_sorted() {
    let good = good();
    assert_eq!(good.len(), 10, "calls for an order with carrier and tax");
    let recorded = |number: &str| {
        let recording = recording(number);
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        answer(status, recording["response_body"].as_str().unwrap_or_default().as_bytes())
    };
    let cases = [
        (recorded("001"), "wait", "did not arrive"),
        (recorded("002"), "wait", "wrong or not active"),
        (recorded("003"), "wait", "code 18"),
        (recorded("006"), "wait", "permission View"),
        (recorded("107"), "reject", "400"),
        (recorded("130"), "reject", "code 27"),
        (recorded("132"), "reject", "base_url"),
        (recorded("183"), "retry", "500"),
        (answer(500, b""), "retry", "500"),
        (answer(503, b"<html>"), "retry", "503"),
        (answer(429, b""), "retry", "429"),
        (answer(301, b""), "reject", "301"),
        (answer(200, b""), "retry", "empty"),
        (answer(200, b"<prestashop><orders>"), "retry", "truncated"),
        (answer(200, b"<html></html>"), "reject", "not the webservice"),
        (answer(200, b"{\"orders\": []}"), "reject", "not XML"),
        (answer(200, b"<prestashop>\xff</prestashop>"), "reject", "not XML"),
    ];
    for at in [0, 1, 2, good.len() - 1] {
        for (bad, class, hint) in &cases {
            let mut answers = good.clone();
            answers[at] = bad.clone();
            let fault = fetch(&answers).unwrap_err();
            assert_eq!(fault.class(), *class, "{at} {hint}: {fault:?}");
            assert!(format!("{fault:?}").contains(hint), "{at} {hint}: {fault:?}");
        }
    }
    let mut gone = good;
    gone[0] = recorded("112");
    assert!(matches!(fetch(&gone), Ok(Fetch::Gone)));
}

#[test]
fn odd_rows_are_rejected_by_name() {
    for (resource, id, field, value, hint) in [
        ("orders", "11", "total_paid", "12,50", "total_paid"),
        ("orders", "11", "total_paid", "99999999999999999999", "total_paid"),
        ("orders", "11", "date_add", "yesterday", "date_add"),
        ("orders", "11", "date_add", "0000-00-00 00:00:00", "date_add"),
        ("orders", "11", "id_currency", "9", "id_currency"),
        ("orders", "11", "id_address_delivery", "99", "id_address_delivery"),
        ("order_details", "14", "total_price_tax_incl", "x", "total_price_tax_incl"),
        ("order_details", "14", "product_quantity", "-2", "quantity -2"),
        ("order_details", "14", "product_quantity", "0", "quantity 0"),
        ("currencies", "1", "iso_code", "XYZ", "XYZ"),
    ] {
        let mut shop = Shop::recorded();
        shop.row(resource, id)[field] = json!(value);
        let fault = order(&shop, "11").unwrap_err();
        assert_eq!(fault.class(), "reject", "{field} {value}: {fault:?}");
        assert!(format!("{fault:?}").contains(hint), "{field} {value}: {fault:?}");
    }
    // A broken order that would be ignored anyway is no question for a person.
    let mut shop = Shop::recorded();
    shop.row("orders", "7")["total_paid"] = json!("1.00");
    assert_eq!(order(&shop, "7").unwrap_err().class(), "skip");
    for id in ["", "0", "abc", "-1", "PXPAYZUYQ"] {
        assert_eq!(Shop::recorded().fetch(paris(), id).unwrap_err().class(), "reject", "{id}");
    }
}

#[test]
fn settings_problems_are_all_named() {
    let bad = connection(
        "http://user@shop.example.com/api?x=1",
        json!({"signing": "md5", "token_header": "a b", "id_shop": 0, "time_zone": "Mars/Phobos",
               "colour": "red", "status": {"2": "open"}}),
    );
    let mut paths: Vec<String> =
        prestashop().check(&bad).into_iter().map(|problem| problem.path).collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "base_url",
            "base_url",
            "base_url",
            "base_url",
            "options.colour",
            "options.id_shop",
            "options.signing",
            "options.status.2",
            "options.time_zone",
            "options.token_header"
        ]
    );
    let missing = prestashop().check(&connection("https://shop.example.com", json!({})));
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].path, "options.time_zone");
    let good = json!({"time_zone": "Europe/Paris", "signing": "token", "token_header": "X-Key",
                      "id_shop": 2, "status": {"14": "confirmed"}});
    assert!(
        prestashop().check(&connection("https://shop.example.com/fr", good.clone())).is_empty()
    );
    assert!(prestashop().check(&connection("http://127.0.0.1:8082", good)).is_empty());
    for secret in ["", "a b", "{\"key\": \"\"}", "{\"token\": \"x\"}", "a:b"] {
        let connection = connection("https://shop.example.com", paris());
        let credentials = Secret::new(secret);
        let cx = FetchContext {
            connection: &connection,
            credentials: &credentials,
            now: now(),
            nonce: 7,
        };
        let fault = prestashop().fetch_order(&cx, &OrderId::from("11"), &[]).unwrap_err();
        assert_eq!(fault.class(), "reject", "{secret}");
        assert!(secret.is_empty() || !format!("{fault:?}").contains(secret));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the network or a module does to a document, reading it ends in a value or a fault.
    #[test]
    fn mutated_documents_never_panic(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..9, prop::sample::select(vec![
            &b""[..], b"0", b"-", b"e99", b"9999999999999999999", b"<", b"]]>", b"&", b"</", b"\xff", b"<!DOCTYPE a>",
        ])), 0..5),
    ) {
        let mut answers = good();
        let at = which.index(answers.len());
        let mut body = answers[at].body().to_vec();
        for (place, length, insert) in cuts {
            let from = place.index(body.len().max(1)).min(body.len());
            let to = (from + length).min(body.len());
            body.splice(from..to, insert.iter().copied());
        }
        let _ = prestashop().order_id_in(&body);
        answers[at] = answer(200, &body);
        if let Ok(Fetch::Found(order)) = fetch(&answers) {
            prop_assert_eq!(order.lines_total(), Ok(order.total));
        }
    }

    /// Amounts, rates and quantities of any size are read or refused, never wrapped or panicked over.
    #[test]
    fn odd_amounts_never_panic(
        field in prop::sample::select(vec![
            ("order_details", "14", "product_quantity"), ("order_details", "14", "original_product_price"),
            ("order_details", "14", "total_price_tax_incl"), ("orders", "11", "carrier_tax_rate"),
            ("orders", "11", "total_shipping_tax_excl"), ("taxes", "1", "rate"),
            ("orders", "11", "total_discounts_tax_incl"), ("orders", "11", "total_paid"),
        ]),
        value in prop::sample::select(vec![
            "0", "-1", "-100", "0.0000000000000000000000000001", "79228162514264337593543950335",
            "999999999999.999999", "1000000000000", "1e-20", "1e11", "-0.005", "3.3333333333333333333333",
        ]),
    ) {
        let mut shop = Shop::recorded();
        shop.row(field.0, field.1)[field.2] = json!(value);
        let _ = order(&shop, "11");
    }
}
