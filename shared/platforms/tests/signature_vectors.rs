//! R91, R225, R252-R258, C10: every public and computed signature vector, over raw bytes, against
//! current and previous secrets, and with single bits flipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;
mod vectors;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::{Secret, Timestamp};
use causeway_platforms::oauth1::{Consumer, authorization, base_string};
use causeway_platforms::{Connection, RawRequest, Refusal, Trust, Verification, adapter};
use delivery::{NOW, connection, now, request, verify};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;
use vectors::{Scheme, Vector, vectors};

fn secrets(keys: &[&str]) -> Vec<Secret> {
    keys.iter().map(|key| Secret::new(*key)).collect()
}

fn accepted(verification: &Verification) -> bool {
    matches!(verification, Verification::Accepted(_))
}

fn refused(verification: &Verification) -> bool {
    matches!(verification, Verification::Refused(_))
}

/// The vectors of one platform and what verifies them.
fn by_secret(wanted: &str) -> Vec<(Vector, Connection, &'static str)> {
    let found: Vec<_> = vectors()
        .into_iter()
        .filter_map(|vector| match vector.scheme() {
            Scheme::Secret { platform, header, options } if platform == wanted => {
                let connection = connection(vector.url.as_deref(), &options);
                Some((vector, connection, header))
            }
            Scheme::Secret { .. } | Scheme::Published { .. } | Scheme::Ping | Scheme::Outgoing => {
                None
            }
        })
        .collect();
    assert!(found.iter().any(|(vector, ..)| vector.valid == Some(true)), "{wanted}: no vectors");
    found
}

/// Every vector of the platform, of which there are at least so many right and wrong ones.
fn check_platform(platform: &str, at_least: (usize, usize)) {
    let keys = BTreeMap::new();
    let vectors = by_secret(platform);
    let right = vectors.iter().filter(|(vector, ..)| vector.valid == Some(true)).count();
    let seen = (right, vectors.len() - right);
    assert!(seen.0 >= at_least.0 && seen.1 >= at_least.1, "{platform}: {seen:?}");
    for (vector, connection, header) in vectors {
        let id = &vector.id;
        let try_with = |trusted: &[&str], request: RawRequest| {
            verify(platform, &connection, &secrets(trusted), &keys, request)
        };
        let (key, other) = (vector.key(), vector.other_key());
        if vector.valid != Some(true) {
            let answer = try_with(&[key], vector.request());
            assert!(refused(&answer), "{id}: {answer:?}");
            continue;
        }
        // The current secret, the previous one during a rotation, both orders of trust.
        for trusted in [vec![key], vec![key, &other], vec![&other, key]] {
            let answer = try_with(&trusted, vector.request());
            assert!(accepted(&answer), "{id} with {} secrets: {answer:?}", trusted.len());
        }
        let rotated: Vec<&str> = vector.accept_keys.iter().map(String::as_str).collect();
        if !rotated.is_empty() {
            assert!(accepted(&try_with(&rotated, vector.request())), "{id}: rotation window");
        }
        let stranger = try_with(&[&other], vector.request());
        assert!(matches!(stranger, Verification::Refused(Refusal::Mismatch)), "{id}: {stranger:?}");
        let none = try_with(&[], vector.request());
        assert!(matches!(none, Verification::Refused(Refusal::Unconfigured)), "{id}: {none:?}");
        for (what, tampered) in tampered(&vector, header) {
            let answer = try_with(&[key, &other], tampered);
            assert!(refused(&answer), "{id}, {what}: {answer:?}");
        }
    }
}

/// One bit flipped in the first, middle and last byte of the body and of the signature; a byte more
/// and a byte less.
fn tampered(vector: &Vector, header: &str) -> Vec<(String, RawRequest)> {
    let mut out = Vec::new();
    let body = vector.body();
    let places: BTreeSet<usize> = [0, body.len() / 2, body.len() - 1].into();
    for at in places {
        let mut changed = body.clone();
        changed[at] ^= 1;
        out.push((format!("body byte {at}"), with_body(vector, changed)));
    }
    out.push(("a newline more".to_owned(), with_body(vector, [&body[..], b"\n"].concat())));
    out.push(("a byte less".to_owned(), with_body(vector, body[..body.len() - 1].to_vec())));
    let text = vector.request().header(header).unwrap().to_owned();
    for changed in tampered_signatures(&text) {
        let mut request = vector.request();
        request
            .headers
            .insert(http::HeaderName::try_from(header).unwrap(), changed.parse().unwrap());
        out.push((format!("signature {changed}"), request));
    }
    out
}

fn with_body(vector: &Vector, body: Vec<u8>) -> RawRequest {
    RawRequest { body: body.into(), ..vector.request() }
}

fn tampered_signatures(text: &str) -> Vec<String> {
    let (prefix, seal) = text.split_at(text.find("v1=").map_or(0, |at| at + 3));
    let is_hex = seal.len() == 64;
    let bytes = if is_hex { hex::decode(seal).unwrap() } else { STANDARD.decode(seal).unwrap() };
    let places = [0, bytes.len() / 2, bytes.len() - 1];
    let mut out: Vec<String> = places
        .into_iter()
        .map(|at| {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let seal = if is_hex { hex::encode(changed) } else { STANDARD.encode(changed) };
            format!("{prefix}{seal}")
        })
        .collect();
    if !prefix.is_empty() {
        // The timestamp is signed too.
        out.push(text.replace(&format!("t={NOW}"), &format!("t={}", NOW + 1)));
    }
    out
}

/// R17, R36.
#[test]
fn r91_square_signs_url_and_body() {
    check_platform("square", (4, 4));
}

#[test]
fn r91_square_refuses_when_a_single_letter_of_the_url_differs() {
    for (vector, mut connection, _) in by_secret("square") {
        connection.webhook_url = connection.webhook_url.map(|url| format!("{url}x"));
        let trusted = secrets(&[vector.key()]);
        let answer = verify("square", &connection, &trusted, &BTreeMap::new(), vector.request());
        assert!(refused(&answer), "{}: {answer:?}", vector.id);
    }
}

/// R36.
#[test]
fn r252_shopify_signs_the_body() {
    check_platform("shopify", (1, 1));
}

#[test]
fn r254_woocommerce_signs_the_body() {
    check_platform("woocommerce", (3, 3));
}

#[test]
fn r255_prestashops_module_signs_time_and_body() {
    check_platform("prestashop", (2, 1));
}

#[test]
fn r253_magento_webhooks_and_modules_sign_the_body() {
    check_platform("magento", (4, 4));
}

/// R258, C5: a timestamp that is signed bounds replay to five minutes, either way.
#[test]
fn r258_a_signed_timestamp_goes_stale() {
    for (vector, connection, _) in by_secret("prestashop") {
        if vector.valid != Some(true) {
            continue;
        }
        let secrets = secrets(&[vector.key()]);
        let keys = BTreeMap::new();
        let at = |second: i64| {
            let now = Timestamp::from_second(second).unwrap();
            let trust = Trust { connection: &connection, secrets: &secrets, keys: &keys, now };
            adapter("prestashop").unwrap().verify(vector.request(), &trust)
        };
        for offset in [-290, 0, 290] {
            assert!(accepted(&at(NOW + offset)), "{} at {offset} s", vector.id);
        }
        for offset in [-3600, -310, 310, 3600] {
            let answer = at(NOW + offset);
            let stale = matches!(answer, Verification::Refused(Refusal::Stale));
            assert!(stale, "{} at {offset} s: {answer:?}", vector.id);
        }
    }
}

/// C29: the ping is unsigned; it is answered but is never an event, and nothing else passes as one.
#[test]
fn the_woocommerce_ping_is_greeted_and_only_that() {
    let ping = vectors().into_iter().find(|v| matches!(v.scheme(), Scheme::Ping)).unwrap();
    let connection = connection(None, &json!({}));
    let trusted = secrets(&["wc_secret_1"]);
    let answer = |request| verify("woocommerce", &connection, &trusted, &BTreeMap::new(), request);
    let greeted = answer(ping.request());
    assert!(matches!(greeted, Verification::Hello(_)), "{greeted:?}");
    for body in ["webhook_id=42&order=1", "webhook_id=", "webhook_id=x", "{\"id\":42}", "id=42", ""]
    {
        let other = answer(with_body(&ping, body.into()));
        assert!(refused(&other), "{body}: {other:?}");
    }
}

const KEY_1: &str = "https://static.adobeioevents.com/prod/keys/pub-key-1.pem";
const KEY_2: &str = "https://static.adobeioevents.com/prod/keys/pub-key-2.pem";

fn io_events(keys: &[(&str, &str)], client_id: &str, request: RawRequest) -> Verification {
    let connection = connection(None, &json!({"signing": "io-events", "client_id": client_id}));
    let keys = keys.iter().map(|(url, pem)| ((*url).to_owned(), (*pem).to_owned())).collect();
    verify("magento", &connection, &[], &keys, request)
}

fn published() -> Vec<(Vector, &'static str)> {
    let found: Vec<_> = vectors()
        .into_iter()
        .filter_map(|vector| match vector.scheme() {
            Scheme::Published { header } => Some((vector, header)),
            Scheme::Secret { .. } | Scheme::Ping | Scheme::Outgoing => None,
        })
        .collect();
    assert!(found.len() >= 5, "Adobe's vectors are missing");
    found
}

#[test]
fn c10_adobe_io_events_are_signed_with_published_keys() {
    for (vector, header) in published() {
        let id = &vector.id;
        let key = vector.key();
        let both = [(KEY_1, key), (KEY_2, key)];
        let answer = io_events(&both, "client_id1", vector.request());
        if vector.valid != Some(true) {
            assert!(refused(&answer), "{id}: {answer:?}");
            continue;
        }
        assert!(accepted(&answer), "{id}: {answer:?}");
        // The key first has to be asked for, from the pinned host.
        let needed = io_events(&[], "client_id1", vector.request());
        assert!(matches!(&needed, Verification::NeedsKey(url) if url == KEY_1), "{id}: {needed:?}");
        assert!(accepted(&io_events(&[(KEY_1, key)], "client_id1", vector.request())), "{id}");
        // Adobe signs for all its customers: an event for another one is not ours.
        let stranger = io_events(&both, "client_id2", vector.request());
        let mismatch = matches!(stranger, Verification::Refused(Refusal::Mismatch));
        assert!(mismatch, "{id}: {stranger:?}");
        let other = vector.other_key();
        let wrong = io_events(&[(KEY_1, &other), (KEY_2, &other)], "client_id1", vector.request());
        assert!(matches!(wrong, Verification::Refused(Refusal::Mismatch)), "{id}: {wrong:?}");
        for (what, mut request) in tampered(&vector, header) {
            // The second signature would still hold.
            request.headers.remove("x-adobe-digital-signature-2");
            let answer = io_events(&both, "client_id1", request);
            assert!(refused(&answer), "{id}, {what}: {answer:?}");
        }
    }
}

#[test]
fn c10_either_of_the_two_adobe_signatures_suffices() {
    for (vector, _) in published().into_iter().filter(|(vector, _)| vector.valid == Some(true)) {
        let (id, key, other) = (&vector.id, vector.key(), vector.other_key());
        let mut second_only = vector.request();
        second_only.headers.remove("x-adobe-digital-signature-1");
        assert!(accepted(&io_events(&[(KEY_2, key)], "client_id1", second_only)), "{id}");
        // The first key was rolled: asked for the second, then accepted.
        let needed = io_events(&[(KEY_1, &other)], "client_id1", vector.request());
        assert!(matches!(&needed, Verification::NeedsKey(url) if url == KEY_2), "{id}: {needed:?}");
        let rolled = io_events(&[(KEY_1, &other), (KEY_2, key)], "client_id1", vector.request());
        assert!(accepted(&rolled), "{id}: {rolled:?}");
    }
}

#[test]
fn c10_a_key_path_outside_of_adobes_host_is_malformed() {
    let (vector, _) = published().remove(0);
    for path in ["https://evil.example/k.pem", "//evil.example/k.pem", "/a/../k.pem", "@evil/k.pem"]
    {
        let mut request = vector.request();
        request.headers.insert("x-adobe-public-key1-path", path.parse().unwrap());
        request.headers.remove("x-adobe-digital-signature-2");
        let answer = io_events(&[(KEY_1, vector.key())], "client_id1", request);
        let malformed = matches!(answer, Verification::Refused(Refusal::Malformed));
        assert!(malformed, "{path}: {answer:?}");
    }
}

#[test]
fn adobes_challenge_is_echoed() {
    let mut hello = request(http::HeaderMap::new(), "");
    hello.method = http::Method::GET;
    hello.query = "challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7".to_owned();
    let answer = io_events(&[], "client_id1", hello);
    let echoed = matches!(&answer, Verification::Hello(text) if text == "8ec8d794-e0ab-42df-9017-e3dada8e84f7");
    assert!(echoed, "{answer:?}");
}

/// A delivery that is right in one mode is refused by a store that is set to another.
#[test]
fn c10_no_mode_accepts_what_another_signs() {
    let modes = [
        json!({"signing": "io-events", "client_id": "client_id1"}),
        json!({"signing": "commerce-webhook"}),
        json!({"signing": "module-hmac"}),
        json!({"signing": "module-hmac", "encoding": "base64", "signature_header": "X-Shop-Sign"}),
    ];
    for vector in vectors().into_iter().filter(|vector| vector.valid == Some(true)) {
        let own = match vector.scheme() {
            Scheme::Secret { platform: "magento", options, .. } => options,
            Scheme::Published { .. } => modes[0].clone(),
            Scheme::Secret { .. } | Scheme::Ping | Scheme::Outgoing => continue,
        };
        for mode in modes.iter().filter(|mode| **mode != own) {
            let trusted = secrets(&[vector.key()]);
            let keys = BTreeMap::from([(KEY_1.to_owned(), vector.key().to_owned())]);
            let answer =
                verify("magento", &connection(None, mode), &trusted, &keys, vector.request());
            assert!(refused(&answer), "{} under {mode}: {answer:?}", vector.id);
        }
    }
}

#[test]
fn outgoing_oauth_signatures_are_those_of_rfc_5849() {
    let outgoing: Vec<Vector> =
        vectors().into_iter().filter(|v| matches!(v.scheme(), Scheme::Outgoing)).collect();
    assert!(outgoing.len() >= 3, "the OAuth vectors are missing");
    for vector in outgoing {
        let url = Url::parse(vector.url.as_deref().unwrap()).unwrap();
        let wanted = fields(&vector.headers["Authorization"]);
        let (secret, token_secret) = vector.key().split_once('&').unwrap();
        let consumer = Consumer {
            key: &wanted["oauth_consumer_key"],
            secret,
            token: wanted.get("oauth_token").map_or("", String::as_str),
            token_secret,
        };
        let method = vector.method.as_deref().unwrap();
        let nonce = &wanted["oauth_nonce"];
        let header = authorization(method, &url, &consumer, now(), nonce);
        assert_eq!(fields(&header), wanted, "{}", vector.id);
        let signed: Vec<(&str, &str)> = wanted
            .iter()
            .filter(|(name, _)| *name != "oauth_signature")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let base = base_string(method, &url, &signed);
        assert_eq!(Some(base), vector.signature_base_string, "{}", vector.id);
    }
}

/// The fields of an `Authorization: OAuth` header; their order means nothing.
fn fields(header: &str) -> BTreeMap<String, String> {
    header
        .strip_prefix("OAuth ")
        .unwrap()
        .split(", ")
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap();
            let value = value.trim_matches('"');
            let value = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
            (name.to_owned(), value.into_owned())
        })
        .collect()
}
