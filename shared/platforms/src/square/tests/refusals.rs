//! What becomes of answers that are not an order, and of wrong settings.

use proptest::prelude::*;

use super::{beside, document, fetch, serve, store};
use crate::adapter::{Adapter as _, Answer, Fetch};
use crate::square::Square;
use crate::testing::{answer, connection, hostile, mutate, refused_at_once};

const ID: &str = "ORDadditive01";

#[test]
fn other_answers_become_faults() {
    for (status, body, class, text) in [
        (200, "", "retry", "truncated"),
        (200, r#"{"order":{"id""#, "retry", "truncated"),
        (200, "<html>", "reject", "not JSON"),
        (200, "{}", "reject", "no order"),
        (200, r#"{"order":{"id":7}}"#, "reject", "unexpected type"),
        (200, r#"{"order":{"id":"ORDother00001"}}"#, "reject", "another order"),
        (200, r#"{"order":{"id":"ORDadditive01"}}"#, "reject", "total_money"),
        (
            401,
            r#"{"errors":[{"category":"AUTHENTICATION_ERROR","code":"ACCESS_TOKEN_EXPIRED"}]}"#,
            "wait",
            "credentials",
        ),
        (
            403,
            r#"{"errors":[{"category":"AUTHENTICATION_ERROR","code":"INSUFFICIENT_SCOPES"}]}"#,
            "wait",
            "credentials",
        ),
        (
            429,
            r#"{"errors":[{"category":"RATE_LIMIT_ERROR","code":"RATE_LIMITED"}]}"#,
            "retry",
            "429",
        ),
        (500, "", "retry", "500"),
        (
            400,
            r#"{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"INVALID_SQUARE_VERSION_FORMAT"}]}"#,
            "reject",
            "400",
        ),
    ] {
        let fault = fetch(&store("{}"), ID, &[answer(status, body)]).unwrap_err();
        assert_eq!(fault.class(), class, "{status} {body}");
        assert!(format!("{fault:?}").contains(text), "{status} {body}: {fault:?}");
    }
    assert!(matches!(fetch(&store("{}"), ID, &[answer(404, "")]).unwrap(), Fetch::Gone));
}

#[test]
fn a_failing_call_beside_the_order_is_not_swallowed() {
    let first = answer(200, document("additive").to_string());
    let Fetch::Ask(calls) = fetch(&store("{}"), ID, std::slice::from_ref(&first)).unwrap() else {
        panic!("nothing asked");
    };
    assert_eq!(calls.len(), 3);
    for failing in 0..calls.len() {
        let others = beside("additive");
        let mut answers = vec![first.clone()];
        answers.extend(calls.iter().map(|call| serve(&others, call)));
        answers[failing + 1] = answer(503, "");
        assert_eq!(fetch(&store("{}"), ID, &answers).unwrap_err().class(), "retry");
    }
}

#[test]
fn an_unusable_secret_or_id_asks_nothing() {
    let connection = store("{}");
    for (secret, id, class) in [
        ("", ID, "wait"),
        ("{}", ID, "wait"),
        ("EAAA\u{e9}", ID, "wait"),
        ("EAAA", "", "reject"),
        ("EAAA", "../customers", "reject"),
        ("EAAA", "a b", "reject"),
    ] {
        let found = refused_at_once(&Square, &connection, (secret, id), "EAAA");
        assert_eq!(found, class, "{secret} {id}");
    }
}

#[test]
fn every_wrong_option_is_named() {
    let bad = r#"{"version": "2026-09", "location": "L1", "status": {"open": 1}}"#;
    let wrong = connection("http://connect.squareup.com/v2", bad);
    let paths: Vec<String> = Square.check(&wrong).into_iter().map(|problem| problem.path).collect();
    for path in ["options.version", "options.location", "options.status.open", "webhook_url"] {
        assert!(paths.iter().any(|found| found == path), "{path}: {paths:?}");
    }
    assert_eq!(paths.iter().filter(|path| *path == "base_url").count(), 2, "{paths:?}");
    assert_eq!(Square.check(&store(r#"{"version": "2026-09-16"}"#)), []);
}

proptest! {
    /// R76: whatever Square sends, the adapter answers; it never panics, and never finds an order
    /// whose lines do not sum up.
    #[test]
    fn no_answer_makes_it_panic(
        name in prop::sample::select(vec!["additive", "mixed", "tip", "modifiers-jpy", "weighed", "apportioned", "rounding-kwd"]),
        changes in prop::collection::vec((any::<usize>(), 0usize..22), 1..4),
        beside_changes in prop::collection::vec((any::<usize>(), 0usize..22), 0..3),
    ) {
        let mut first = document(name);
        let id = first["order"]["id"].as_str().unwrap().to_owned();
        let mut others = beside(name);
        for (n, with) in changes {
            mutate(&mut first, n, hostile().get(with).cloned());
        }
        for (n, with) in beside_changes {
            mutate(&mut others, n, hostile().get(with).cloned());
        }
        let mut answers: Vec<Answer> = vec![answer(200, first.to_string())];
        let mut result = fetch(&store("{}"), &id, &answers);
        if let Ok(Fetch::Ask(calls)) = &result {
            answers.extend(calls.iter().map(|call| serve(&others, call)));
            result = fetch(&store("{}"), &id, &answers);
        }
        if let Ok(Fetch::Found(order)) = result {
            prop_assert_eq!(order.lines_total().unwrap(), order.total);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<Vec<u8>>()) {
        let _ = fetch(&store("{}"), ID, &[answer(200, text.clone())]);
        let _ = Square.order_id_in(&text);
    }
}
