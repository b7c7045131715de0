//! Requests and refusals.

use super::*;

fn asked(base: &str, options: Value) -> http::Request<bytes::Bytes> {
    let connection = connection(base, options);
    let credentials = Secret::new(KEYS);
    let cx =
        FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce: 7 };
    match woo().fetch_order(&cx, &OrderId::from("22"), &[]).unwrap() {
        Fetch::Ask(mut calls) => calls.pop().unwrap().request,
        other => panic!("{other:?}"),
    }
}

/// STORES 14: Basic over TLS, OAuth 1.0a over plain HTTP; shops in a folder.
#[test]
fn the_request_is_signed_by_scheme() {
    let basic = asked("https://shop.example.com/", json!({}));
    assert_eq!(basic.uri(), "https://shop.example.com/wp-json/wc/v3/orders/22");
    assert_eq!(basic.headers()["authorization"], "Basic Y2tfdGVzdDpjc190ZXN0");
    let oauth = asked("http://shop.example.com/store", json!({}));
    assert_eq!(oauth.uri(), "http://shop.example.com/store/wp-json/wc/v3/orders/22");
    let header = oauth.headers()["authorization"].to_str().unwrap();
    assert!(header.starts_with("OAuth oauth_consumer_key=\"ck_test\""), "{header}");
    assert!(!header.contains("cs_test") && !header.contains("oauth_token"), "{header}");
    let forced = asked("https://shop.example.com", json!({"auth": "oauth1"}));
    assert!(forced.headers()["authorization"].to_str().unwrap().starts_with("OAuth "));
}

/// STORES 14 and 15: each refusal in its class; a 404 that is not WooCommerce's is not "gone".
#[test]
fn refusals_are_sorted() {
    for (name, class, hint) in [
        ("001_auth_none_http", "wait", "consumer key is unknown"),
        ("002_auth_basic_over_plain_http", "wait", "X-Forwarded-Proto"),
        ("007_auth_bad_key", "wait", "consumer key is unknown"),
        ("008_auth_bad_secret", "wait", "consumer secret is wrong"),
        ("010_auth_writeonly_key_on_GET", "wait", "permission Read"),
        ("014_auth_oauth1_nonce_replayed", "retry", "nonce"),
        ("015_auth_oauth1_old_timestamp", "wait", "clock"),
        ("016_auth_oauth1_bad_signature", "wait", "consumer secret is wrong"),
        ("130_order_id_not_numeric", "reject", "base_url"),
    ] {
        let recording = document(&format!("woocommerce/real-9.9.5/api/{name}.json"));
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        let body = recording["response_body"].as_str().unwrap();
        let fault = fetch("22", status, body.as_bytes()).unwrap_err();
        assert_eq!(fault.class(), class, "{name}: {fault:?}");
        assert!(format!("{fault:?}").contains(hint), "{name}: {fault:?}");
    }
    for name in ["097_order4_get_deleted", "127_order_invalid_id"] {
        let recording = document(&format!("woocommerce/real-9.9.5/api/{name}.json"));
        let body = recording["response_body"].as_str().unwrap().as_bytes();
        assert!(matches!(fetch("32", 404, body), Ok(Fetch::Gone)), "{name}");
    }
    for (status, body, class) in [
        (404, "<html>not found</html>", "reject"),
        (401, "<html>", "wait"),
        (403, "", "wait"),
        (429, "", "retry"),
        (500, "", "retry"),
        (503, "<html>Briefly unavailable for scheduled maintenance", "retry"),
        (301, "", "reject"),
        (200, "", "retry"),
        (200, "{\"id\": 22, \"sta", "retry"),
        (200, "<html>", "reject"),
        (200, "{\"id\": 22}", "reject"),
        (200, "[]", "reject"),
    ] {
        let fault = fetch("22", status, body.as_bytes()).unwrap_err();
        assert_eq!(fault.class(), class, "{status} {body}: {fault:?}");
    }
    for id in ["", "abc", "1/2", "-1", "22?x"] {
        assert_eq!(fetch_with(json!({}), id, &[]).unwrap_err().class(), "reject", "{id}");
    }
}
