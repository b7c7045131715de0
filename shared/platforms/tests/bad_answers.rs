//! What a platform's API answers when it does not answer with the order: every adapter of the
//! registry gives the fault that fits, and never an order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;

use bytes::Bytes;
use causeway_domain::{Fault, OrderId, Secret};
use causeway_platforms::{Adapter, Answer, Connection, Fetch, FetchContext};
use delivery::{Signing, connection, every_platform, garbage, now};
use http::{HeaderValue, StatusCode};
use std::time::Duration;

fn credentials(platform: &str) -> Secret {
    Secret::new(match platform {
        "magento" => {
            r#"{"consumer_key":"ck","consumer_secret":"cs","access_token":"at","access_token_secret":"ats"}"#
        }
        "woocommerce" => r#"{"consumer_key":"ck_1","consumer_secret":"cs_1"}"#,
        "shopify" | "square" => r#"{"access_token":"token-1"}"#,
        "prestashop" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456",
        other => panic!("no credentials for {other}"),
    })
}

fn order_id(platform: &str) -> OrderId {
    OrderId::from(match platform {
        "square" => "CAISENgvlJ6jLWAzERDzjyHVybY",
        _ => "5",
    })
}

/// Asks for an order and answers every call of the first round with `answer`.
fn fetch(signing: &Signing, answer: &Answer) -> Result<Fetch, Fault> {
    let connection: Connection = connection(None, &signing.options);
    let credentials = credentials(signing.platform);
    let cx =
        FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce: 7 };
    let adapter: &dyn Adapter = signing.adapter();
    let order = order_id(signing.platform);
    let calls = match adapter.fetch_order(&cx, &order, &[]) {
        Ok(Fetch::Ask(calls)) if !calls.is_empty() => calls,
        other => panic!("{}: the first step is {other:?}", signing.platform),
    };
    let answers = vec![answer.clone(); calls.len()];
    let result = adapter.fetch_order(&cx, &order, &answers);
    let again = adapter.fetch_order(&cx, &order, &answers);
    assert_eq!(format!("{result:?}"), format!("{again:?}"), "{}: not pure", signing.platform);
    result
}

fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

/// How the platform words an error; the status decides, not the words.
fn error_body(platform: &str) -> &'static str {
    match platform {
        "magento" => r#"{"message":"The consumer isn't authorized to access %resources."}"#,
        "prestashop" => {
            "<prestashop><errors><error><code>1</code><message>no</message></error></errors></prestashop>"
        }
        "shopify" => r#"{"errors":"refused"}"#,
        "square" => r#"{"errors":[{"category":"API_ERROR","code":"REFUSED","detail":"refused"}]}"#,
        "woocommerce" => {
            r#"{"code":"woocommerce_rest_error","message":"no","data":{"status":400}}"#
        }
        other => panic!("no error body for {other}"),
    }
}

/// How the platform says that it has no such order.
fn no_such_order(platform: &str) -> Answer {
    match platform {
        "magento" => answer(
            404,
            r#"{"message":"The entity that was requested doesn't exist. Verify the entity and try again."}"#,
        ),
        // A list that has nothing: the webservice's 404 is an empty page like any other.
        "prestashop" => answer(200, "<prestashop><orders/></prestashop>"),
        // One address for everything; its 404 says that there is no such shop.
        "shopify" => answer(200, r#"{"data":{"order":null}}"#),
        "square" => answer(
            404,
            r#"{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND","detail":"Order not found"}]}"#,
        ),
        "woocommerce" => answer(
            404,
            r#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#,
        ),
        other => panic!("no missing order for {other}"),
    }
}

/// The beginning of an order as the platform sends it.
fn cut_off(platform: &str) -> &'static str {
    match platform {
        "prestashop" => "<prestashop><orders><order><id>5</id><refer",
        _ => r#"{"data":{"order":{"id":"#,
    }
}

fn class(result: &Result<Fetch, Fault>) -> &'static str {
    match result {
        Ok(Fetch::Ask(_)) => "ask",
        Ok(Fetch::Found(_)) => "found",
        Ok(Fetch::Gone) => "gone",
        Ok(Fetch::Elsewhere(_)) => "elsewhere",
        Err(fault) => fault.class(),
    }
}

#[test]
fn an_error_status_becomes_the_fault_that_fits() {
    for signing in every_platform() {
        let expected: &[(u16, &str)] = &[
            (401, "wait"),
            (403, "wait"),
            (408, "retry"),
            (429, "retry"),
            (500, "retry"),
            (502, "retry"),
            (503, "retry"),
            (504, "retry"),
        ];
        for (status, wanted) in expected {
            for body in [error_body(signing.platform), "<html><h1>Error</h1></html>", ""] {
                let result = fetch(&signing, &answer(*status, body));
                let platform = signing.platform;
                assert_eq!(class(&result), *wanted, "{platform}, {status} {body}: {result:?}");
            }
        }
    }
}

#[test]
fn an_order_that_is_not_there_is_gone() {
    for signing in every_platform() {
        let result = fetch(&signing, &no_such_order(signing.platform));
        assert_eq!(class(&result), "gone", "{}: {result:?}", signing.platform);
    }
}

#[test]
fn the_pause_that_a_platform_asks_for_is_kept() {
    for signing in every_platform() {
        for status in [429, 503] {
            let mut slow = answer(status, error_body(signing.platform));
            slow.headers_mut().insert("retry-after", HeaderValue::from_static("7"));
            let result = fetch(&signing, &slow);
            let Err(Fault::Retry { after, .. }) = result else {
                panic!("{}, {status}: {result:?}", signing.platform)
            };
            assert_eq!(after, Some(Duration::from_secs(7)), "{}, {status}", signing.platform);
        }
    }
}

/// Truncated: the network's doing, once more. Anything else that is not an order: a person.
#[test]
fn an_unreadable_answer_is_a_fault_and_never_an_order() {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    for signing in every_platform() {
        let bodies: [(&str, Bytes, &[&str]); 8] = [
            ("truncated", text(cut_off(signing.platform)), &["retry"]),
            ("empty", Bytes::new(), &["retry", "reject"]),
            ("HTML", text("<!doctype html><html><body>Wartung</body></html>"), &["reject"]),
            ("3 MB of garbage", garbage(3 * 1024 * 1024), &["reject"]),
            ("an array", text("[]"), &["reject"]),
            ("null", text("null"), &["reject"]),
            ("not UTF-8", Bytes::from_static(b"{\"id\": \"\xff\"}"), &["reject"]),
            ("nothing known", text(r#"{"hello":"world"}"#), &["reject"]),
        ];
        for (what, body, apt) in &bodies {
            let result = fetch(&signing, &answer(200, body.clone()));
            assert!(apt.contains(&class(&result)), "{}, {what}: {result:?}", signing.platform);
        }
    }
}

#[test]
fn a_fault_never_repeats_what_the_platform_sent() {
    const MARK: &str = "zoe.desmet@example.com";
    for signing in every_platform() {
        for status in [200, 400, 401, 404, 422, 429, 500] {
            for body in [
                format!(
                    r#"{{"message":"{MARK}","email":"{MARK}","errors":[{{"message":"{MARK}"}}]}}"#
                ),
                format!("<html>{MARK}</html>"),
                format!(r#"{{"id": "{MARK}"#),
            ] {
                let result = fetch(&signing, &answer(status, body));
                let shown = format!("{result:?}");
                assert!(!shown.contains(MARK), "{}, {status}: {shown}", signing.platform);
            }
        }
    }
}

#[test]
fn credentials_that_cannot_be_used_are_named_without_being_shown() {
    for signing in every_platform() {
        let connection = connection(None, &signing.options);
        for text in ["", "{", "not\na\rtoken\u{0}", "{\"unexpected\":\"hunter2-hunter2\"}"] {
            let credentials = Secret::new(text);
            let cx = FetchContext {
                connection: &connection,
                credentials: &credentials,
                now: now(),
                nonce: 7,
            };
            let result = signing.adapter().fetch_order(&cx, &order_id(signing.platform), &[]);
            let platform = signing.platform;
            let apt = ["wait", "reject"].contains(&class(&result));
            assert!(apt, "{platform}, {text:?}: {result:?}");
            assert!(!format!("{result:?}").contains("hunter2"), "{platform}");
        }
    }
}
