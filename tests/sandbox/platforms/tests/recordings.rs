//! The fakes against what running stores really answered (fixtures `real-9.9.5`, `real-8.2.0`).

use super::super::{Coupon, Fake, Platform, Shop};
use super::fake;
use crate::{Reply, Server};
use base64::Engine as _;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

macro_rules! recording {
    ($path:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../fixtures/", $path))).unwrap()
    };
}

fn response(recording: &Value) -> Value {
    serde_json::from_str(recording["response_body"].as_str().unwrap()).unwrap()
}

/// Sends a recorded request to a fake.
fn replay(fake: &Arc<Fake>, recording: &Value) -> Response<Bytes> {
    // Recorded paths are as typed: brackets and `>` are sent encoded.
    let path = recording["path"].as_str().unwrap().replace('>', "%3E").replace(' ', "%20");
    let mut request = Request::get(path);
    for (name, value) in recording["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    match fake.handle(request.body(Bytes::new()).unwrap()) {
        Reply::Now(answer) | Reply::After(_, answer) => answer,
        Reply::Drop => panic!("dropped"),
    }
}

fn basic(user: &str, password: &str) -> String {
    let pair = format!("{user}:{password}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A WooCommerce order with everything that the recordings have.
fn full_order() -> Value {
    let fake = fake(Shop::demo(Platform::WooCommerce));
    let id = fake.add(1, |mut draft| {
        draft.coupon = Some(Coupon::Percent(10));
        let line = draft.lines[0].clone();
        draft.shipping = Some(super::super::draft::Extra {
            title: "Colissimo".to_owned(),
            amount: Decimal::new(490, 2),
            tax: Some(21),
        });
        draft.fee.clone_from(&draft.shipping);
        draft.lines = vec![line];
        draft
    });
    fake.order(&id).unwrap().native
}

#[test]
fn woocommerce_orders_have_exactly_the_recorded_members() {
    let order = full_order();
    let shop = response(&recording!("woocommerce/real-9.9.5/api/106_order_get_tax_included.json"));
    let rest =
        response(&recording!("woocommerce/real-9.9.5/api/065_order_create_rest_pending.json"));
    let fees = response(&recording!("woocommerce/real-9.9.5/api/109_order_line_add_and_fee.json"));
    assert_eq!(keys(&order), keys(&shop));
    for (list, real) in [
        ("line_items", &shop),
        ("tax_lines", &shop),
        ("shipping_lines", &shop),
        ("coupon_lines", &rest),
        ("fee_lines", &fees),
    ] {
        assert_eq!(keys(&order[list][0]), keys(&real[list][0]), "{list}");
    }
    for name in ["billing", "shipping"] {
        assert_eq!(keys(&order[name]), keys(&shop[name]), "{name}");
    }
}

#[test]
fn woocommerce_refuses_the_recorded_requests_with_the_recorded_answers() {
    let signed = recording!("woocommerce/real-9.9.5/api/014_auth_oauth1_nonce_replayed.json");
    // The recorded store's throw-away key.
    let key = "ck_3efc351251644a0d787fba2d36ed136d81eb47f6";
    let secret = "cs_653eac18a5233c1f8845946972393919a8a40a06";
    let with = |mut recording: Value, key: &str, secret: &str| {
        recording["headers"] = json!({"Authorization": basic(key, secret)});
        recording
    };
    let store = |recording: &Value| {
        let mut shop = Shop::demo(Platform::WooCommerce);
        shop.credentials = json!({"consumer_key": key, "consumer_secret": secret}).to_string();
        // The proxy in front of the recorded store ended TLS on another port.
        let base = recording["url_base"].as_str().unwrap();
        let base = if base.ends_with(":8083") { "https://127.0.0.1:8081" } else { base };
        Fake::with_clock(shop.at(base, "https://hooks.example.test"), || {
            Timestamp::from_second(1_795_302_590).unwrap()
        })
    };
    let first = store(&signed);
    assert_eq!(replay(&first, &signed).status(), 200, "the recorded signature is right");
    for recording in [
        signed,
        recording!("woocommerce/real-9.9.5/api/015_auth_oauth1_old_timestamp.json"),
        recording!("woocommerce/real-9.9.5/api/016_auth_oauth1_bad_signature.json"),
    ] {
        let answer = replay(&first, &recording);
        assert_eq!(u64::from(answer.status().as_u16()), recording["status"].as_u64().unwrap());
        assert_eq!(serde_json::from_slice::<Value>(answer.body()).unwrap(), response(&recording));
    }
    for recording in [
        recording!("woocommerce/real-9.9.5/api/001_auth_none_http.json"),
        with(
            recording!("woocommerce/real-9.9.5/api/002_auth_basic_over_plain_http.json"),
            key,
            secret,
        ),
        with(recording!("woocommerce/real-9.9.5/api/007_auth_bad_key.json"), "ck_0", secret),
        with(recording!("woocommerce/real-9.9.5/api/008_auth_bad_secret.json"), key, "cs_0"),
    ] {
        let answer = replay(&store(&recording), &recording);
        assert_eq!(u64::from(answer.status().as_u16()), recording["status"].as_u64().unwrap());
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body["code"], response(&recording)["code"], "{}", recording["name"]);
    }
}

/// The names of the elements between the first opening and closing tag of a node, in order.
fn elements(xml: &str, node: &str) -> Vec<String> {
    let from = xml.find(&format!("<{node}>")).unwrap();
    let to = from + xml[from..].find(&format!("</{node}>")).unwrap();
    let mut names = Vec::new();
    let mut rest = &xml[from..to];
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(text) = rest.strip_prefix("![CDATA[") {
            rest = &text[text.find("]]>").unwrap()..];
        } else if !rest.starts_with('/') {
            names.push(rest.split([' ', '>', '/']).next().unwrap().to_owned());
        }
    }
    names
}

/// Up to the end of the first row of an order.
fn to_first_row(mut names: Vec<String>) -> Vec<String> {
    let end = names.iter().position(|name| name == "order_row").unwrap();
    // The row, its id and its twelve fields.
    names.truncate(end + 14);
    names
}

#[test]
fn prestashop_writes_the_recorded_elements_in_the_recorded_order() {
    let fake = fake(Shop::demo(Platform::PrestaShop));
    fake.add(1, |mut draft| {
        draft.lines.truncate(1);
        draft
    });
    let key = basic(&fake.shop().credentials, "");
    let get = |path: &str| {
        let recording = json!({"path": path, "headers": {"Authorization": key}});
        String::from_utf8(replay(&fake, &recording).body().to_vec()).unwrap()
    };
    let orders = recording!("prestashop/real-8.2.0/232_order_get_single_xml.json");
    let real = orders["response_body"].as_str().unwrap();
    let ours = get("/api/orders/1");
    assert_eq!(to_first_row(elements(&ours, "order")), to_first_row(elements(real, "order")));
    let details = recording!("prestashop/real-8.2.0/237_order_details_xml.json");
    let ours = get("/api/order_details?display=full&filter[id_order]=1");
    assert_eq!(
        elements(&ours, "order_detail"),
        elements(details["response_body"].as_str().unwrap(), "order_detail")
    );
}

#[test]
fn prestashop_refuses_with_the_recorded_bodies() {
    let fake = fake(Shop::demo(Platform::PrestaShop));
    for (mut recording, headers) in [
        (recording!("prestashop/real-8.2.0/001_auth_none.json"), json!({})),
        (
            recording!("prestashop/real-8.2.0/002_auth_bad_key_well_formed.json"),
            json!({"Authorization": basic(&"A".repeat(32), "")}),
        ),
        (
            recording!("prestashop/real-8.2.0/003_auth_key_wrong_length.json"),
            json!({"Authorization": basic("abc", "")}),
        ),
    ] {
        recording["path"] = json!("/api/orders");
        recording["headers"] = headers;
        let answer = replay(&fake, &recording);
        assert_eq!(u64::from(answer.status().as_u16()), recording["status"].as_u64().unwrap());
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        assert_eq!(body.trim(), recording["response_body"].as_str().unwrap().trim());
    }
    let mut empty = recording!("prestashop/real-8.2.0/112_filter_empty_xml.json");
    empty["headers"] = json!({"Authorization": basic(&fake.shop().credentials, "")});
    let body = String::from_utf8(replay(&fake, &empty).body().to_vec()).unwrap();
    assert_eq!(body.trim(), empty["response_body"].as_str().unwrap().trim());
}
