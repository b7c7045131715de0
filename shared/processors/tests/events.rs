//! What deliveries nudge, and what their disputes come to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{
    ADYEN_KEY, STRIPE_KEY, adyen_signed, adyen_whole, answer, connection, credentials, fixture,
    header_map, names, now, request, stripe_delivery, verify_at,
};
use causeway_domain::{Dispute, DisputeId, Fault, Nudge, Secret, StoreId, Subject};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Answer, RawRequest, Verification};
use causeway_processors::{AccountContext, FetchDispute, processor};
use serde_json::{Value, json};

fn events(id: &str, key: &str, request: RawRequest) -> Result<Vec<Nudge>, Malformed> {
    let answer = verify_at(id, &[key], request, now());
    let Verification::Accepted(delivery) = answer else { panic!("{id}: {answer:?}") };
    processor(id).unwrap().events(&StoreId::from("main"), &delivery)
}

fn stripe(event: &Value) -> Result<Vec<Nudge>, Malformed> {
    events("stripe", STRIPE_KEY, stripe_delivery(event.to_string().as_bytes()))
}

fn adyen(notification: Value) -> Result<Vec<Nudge>, Malformed> {
    let body = adyen_signed(notification).to_string();
    events("adyen", ADYEN_KEY, request(header_map([]), body))
}

fn keys(nudges: &[Nudge]) -> Vec<String> {
    nudges.iter().map(|nudge| nudge.subject.key()).collect()
}

fn fetch(id: &str, dispute: &DisputeId, answers: &[Answer]) -> Result<FetchDispute, Fault> {
    let connection = connection(id, &json!({}));
    let credentials = Secret::new(credentials(id));
    let cx = AccountContext { connection: &connection, credentials: &credentials, now: now() };
    processor(id).unwrap().fetch_dispute(&cx, dispute, answers)
}

#[test]
fn every_event_of_stripe_nudges_what_it_should() {
    let mut nudged = 0;
    for case in fixture("stripe/events.json").as_array().unwrap() {
        let (what, event) = (case["what"].as_str().unwrap(), &case["event"]);
        let found = stripe(event).unwrap();
        assert_eq!(json!(keys(&found)), case["nudges"], "{what}");
        for nudge in &found {
            assert_eq!(nudge.store.as_str(), "main");
            // R9: what tells repeats.
            assert_eq!(nudge.event.as_ref().map(|id| id.as_str()), event["id"].as_str(), "{what}");
            assert_eq!(nudge.topic.as_deref(), event["type"].as_str());
            let created = nudge.occurred_at.unwrap().as_second();
            assert_eq!(Some(created), event["created"].as_i64());
            assert!(!serde_json::to_string(nudge).unwrap().contains("amount"), "no payload");
            nudged += 1;
        }
    }
    assert_eq!(nudged, 10);
}

/// Every way in which an object is not named.
#[test]
fn an_event_of_ours_that_names_no_object_is_malformed() {
    for object in [json!({}), json!({"id": ""}), json!({"id": "../charges"}), json!({"id": null})] {
        let event =
            json!({"id": "evt_1", "type": "charge.dispute.created", "data": {"object": object}});
        assert!(stripe(&event).is_err(), "{event}");
    }
}

/// The notifications of Adyen's OpenAPI: what each nudges, and what its dispute comes to.
#[test]
fn every_notification_of_adyen_comes_to_what_it_should() {
    let expected = fixture("adyen/notifications.expected.json");
    let names = names("adyen/notifications", ".json");
    assert_eq!(names.len(), 20);
    for name in names {
        let found = adyen(fixture(&format!("adyen/notifications/{name}.json"))).unwrap();
        let expected = expected.get(&name).unwrap_or_else(|| panic!("{name} is not expected"));
        let [nudge] = found.as_slice() else {
            assert!(expected.is_null() && found.is_empty(), "{name}: {found:?}");
            continue;
        };
        let Subject::Dispute(id) = &nudge.subject else { panic!("{name}: {nudge:?}") };
        match fetch("adyen", id, &[]) {
            Ok(FetchDispute::Found(dispute)) => assert_eq!(&summary(&dispute), expected, "{name}"),
            Err(fault) => assert_eq!(json!(fault.to_string()), *expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn summary(dispute: &Dispute) -> Value {
    let movements: Vec<Value> = dispute.movements.iter().map(|one| json!(one.kind)).collect();
    assert!(dispute.movements.iter().all(|one| one.amount == dispute.amount));
    assert_eq!(dispute.occurred_at.to_string(), "2021-01-01T00:00:00Z");
    json!({
        "id": dispute.id, "payment": dispute.payment, "amount": dispute.amount,
        "order_reference": dispute.order_reference, "stage": dispute.stage, "movements": movements,
    })
}

#[test]
fn the_notifications_of_adyens_libraries_are_understood() {
    let mut disputes = Vec::new();
    for name in names("adyen/sdk-mocks", ".json") {
        let mock = fixture(&format!("adyen/sdk-mocks/{name}.json"));
        let found = if mock.get("notificationItems").is_some() {
            adyen(mock).unwrap()
        } else if mock.get("eventCode").is_some() {
            adyen(json!({"notificationItems": [{"NotificationRequestItem": mock}]})).unwrap()
        } else {
            events("adyen", ADYEN_KEY, adyen_whole(mock.to_string().as_bytes())).unwrap()
        };
        disputes.extend(found.iter().map(|nudge| (name.clone(), nudge.topic.clone().unwrap())));
    }
    let expected = [("chargeback", "CHARGEBACK"), ("refund-false", "REFUND")];
    let expected: Vec<_> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    assert_eq!(disputes, expected, "a refund that succeeded is the shop's to tell");
}

fn event(code: &str, success: &str) -> Value {
    json!({"NotificationRequestItem": {
        "amount": {"currency": "EUR", "value": 1000}, "eventCode": code,
        "eventDate": "2026-09-01T12:05:44+02:00", "merchantAccountCode": "ODOO_TEST",
        "merchantReference": "\\:/S 42%~é", "originalReference": "9913140798220028",
        "pspReference": "QFQTPCQ8HXSKGK82", "success": success,
    }})
}

fn dispute_of(item: Value) -> Dispute {
    let found = adyen(json!({"notificationItems": [item]})).unwrap();
    let Subject::Dispute(id) = &found[0].subject else { panic!("{found:?}") };
    // What was swept from the ledger has only its key.
    let key = found[0].subject.key();
    assert_eq!(Subject::parse(&key), Some(found[0].subject.clone()));
    match fetch("adyen", id, &[]).unwrap() {
        FetchDispute::Found(dispute) => *dispute,
        other @ (FetchDispute::Ask(_) | FetchDispute::Gone) => panic!("{other:?}"),
    }
}

const DISPUTED: [&str; 6] = [
    "NOTIFICATION_OF_CHARGEBACK",
    "CHARGEBACK",
    "CHARGEBACK_REVERSED",
    "SECOND_CHARGEBACK",
    "PREARBITRATION_WON",
    "PREARBITRATION_LOST",
];

/// Events arrive in any order: each tells a beginning of the same list of movements of the same
/// dispute, so whatever is booked by place is booked once.
#[test]
fn the_events_of_a_dispute_agree_on_its_movements() {
    let longest = dispute_of(event("SECOND_CHARGEBACK", "true"));
    for code in DISPUTED {
        let dispute = dispute_of(event(code, "true"));
        assert_eq!(dispute.id, longest.id, "{code}");
        assert_eq!(dispute.payment, "9913140798220028");
        assert_eq!(dispute.order_reference.as_deref(), Some("\\:/S 42%~é"), "{code}");
        assert_eq!(dispute.movements, longest.movements[..dispute.movements.len()], "{code}");
    }
}

/// `success=false` is never a chargeback.
#[test]
fn what_did_not_succeed_moves_nothing() {
    for code in
        DISPUTED.into_iter().chain(["REFUND_FAILED", "REFUNDED_REVERSED", "REPORT_AVAILABLE"])
    {
        for success in ["false", "", "TRUE"] {
            let found = adyen(json!({"notificationItems": [event(code, success)]}));
            assert_eq!(found, Ok(Vec::new()), "{code} {success:?}");
        }
    }
    assert_eq!(adyen(json!({"notificationItems": [event("REFUND", "true")]})), Ok(Vec::new()));
}

/// FACTS 7: PSP reference, event code, success and original reference tell repeats.
#[test]
fn adyens_event_ids_are_the_same_for_repeats_only() {
    let id = |item: Value| {
        let found = adyen(json!({"notificationItems": [item]})).unwrap();
        found[0].event.clone().unwrap().as_str().to_owned()
    };
    let first = event("CHARGEBACK", "true");
    assert_eq!(id(first.clone()), "QFQTPCQ8HXSKGK82:CHARGEBACK:true:9913140798220028");
    let mut again = first.clone();
    again["NotificationRequestItem"]["reason"] = "sent again".into();
    assert_eq!(id(first.clone()), id(again));
    let mut other = first;
    other["NotificationRequestItem"]["pspReference"] = "Z".into();
    assert_eq!(id(other), "Z:CHARGEBACK:true:9913140798220028");
    let mut alone = event("CHARGEBACK_REVERSED", "true");
    alone["NotificationRequestItem"].as_object_mut().unwrap().remove("originalReference");
    assert_eq!(id(alone), "QFQTPCQ8HXSKGK82:CHARGEBACK_REVERSED:true");
}

#[test]
fn a_batch_nudges_for_each_of_its_items() {
    let items =
        [event("CHARGEBACK", "true"), event("AUTHORISATION", "true"), event("REFUND", "false")];
    let found = adyen(json!({"notificationItems": items})).unwrap();
    let codes: Vec<_> = found.iter().map(|nudge| nudge.topic.as_deref().unwrap()).collect();
    assert_eq!(codes, ["CHARGEBACK", "REFUND"]);
}

/// The URL in `reason` is not signed; account and file name are.
#[test]
fn a_report_is_named_by_its_signed_fields() {
    let report = |account: &str, file: &str| {
        let mut item = event("REPORT_AVAILABLE", "true");
        let fields = &mut item["NotificationRequestItem"];
        fields["merchantAccountCode"] = account.into();
        fields["pspReference"] = file.into();
        fields["reason"] = "https://evil.example.com/settlement_detail_report_batch_1.csv".into();
        keys(&adyen(json!({"notificationItems": [item]})).unwrap())
    };
    let file = "settlement_detail_report_batch_239.csv";
    assert_eq!(
        report("SynthShop_ECOM", file),
        [format!("settlement/report:SynthShop_ECOM:{file}")]
    );
    for (account, file) in [
        ("SynthShop", "received_payments_report.csv"),
        ("SynthShop", "settlement_detail_report_batch_239.xls"),
        ("SynthShop", "settlement_detail_report/../../x.csv"),
        ("SynthShop", "settlement_detail_report..csv"),
        ("../x", file),
        ("", file),
    ] {
        assert!(report(account, file).is_empty(), "{account} {file}");
    }
}

/// The id is a key of the ledger: 1,024 bytes with what stands before it.
#[test]
fn a_long_reference_does_not_make_a_long_id() {
    let with = |field: &str, text: String| {
        let mut item = event("CHARGEBACK", "true");
        item["NotificationRequestItem"][field] = text.into();
        adyen(json!({"notificationItems": [item]}))
    };
    let longest = with("merchantReference", "é".repeat(80)).unwrap();
    assert!(longest[0].subject.key().contains("%C3%A9"));
    let odd = with("merchantReference", "é".repeat(300)).unwrap();
    assert!(odd[0].subject.key().len() < 950, "{:?}", odd[0].subject);
    assert!(with("pspReference", "x".repeat(1_000)).is_err());
}

/// Amounts in the currencies that Adyen counts differently.
#[test]
fn adyens_own_minor_units() {
    for (currency, value, expected) in [
        ("JPY", "1000", "1000 JPY"),
        ("ISK", "100000", "1000 ISK"),
        ("CLP", "100000", "1000 CLP"),
        ("IDR", "1000", "1000.00 IDR"),
        ("KWD", "1000", "1.000 KWD"),
    ] {
        let mut item = event("CHARGEBACK", "true");
        item["NotificationRequestItem"]["amount"] = json!({"currency": currency, "value": value});
        assert_eq!(dispute_of(item).amount.to_string(), expected);
    }
    for amount in [
        json!(null),
        json!({"value": 1}),
        json!({"currency": "EUR", "value": "1.5"}),
        json!({"currency": "CNH", "value": 1}),
        json!({"currency": "EUR", "value": -1}),
    ] {
        let mut item = event("CHARGEBACK", "true");
        item["NotificationRequestItem"]["amount"] = amount.clone();
        let found = adyen(json!({"notificationItems": [item]})).unwrap();
        let Subject::Dispute(id) = &found[0].subject else { panic!("{found:?}") };
        assert_eq!(fetch("adyen", id, &[]).unwrap_err().class(), "reject", "{amount}");
    }
}

#[test]
fn ids_that_adyens_events_did_not_make_are_refused() {
    for id in [
        "",
        "dp_1",
        "adyen1",
        "adyen1:CHARGEBACK:a:b:c:d:1:EUR",
        "adyen2:CHARGEBACK:a:b:c:d:1:EUR:0",
        "adyen1:CAPTURE:a:b:c:d:1:EUR:0",
        "adyen1:CHARGEBACK:a:b:c:d:1:EUR:x",
        "adyen1:CHARGEBACK:%ff:b:c:d:1:EUR:0",
    ] {
        assert_eq!(
            fetch("adyen", &DisputeId::from(id), &[]).unwrap_err().class(),
            "reject",
            "{id}"
        );
    }
}

#[test]
fn every_dispute_of_stripe_is_read_as_it_is_expected() {
    let cases = fixture("stripe/disputes.json");
    for case in cases.as_array().unwrap() {
        let what = case["what"].as_str().unwrap();
        let id = DisputeId::from("dp_1SYNTH0001");
        let FetchDispute::Ask(calls) = fetch("stripe", &id, &[]).unwrap() else { panic!("{what}") };
        let uri = calls[0].request.uri();
        assert_eq!(uri.path_and_query().unwrap(), "/v1/disputes/dp_1SYNTH0001?expand[]=charge");
        let headers = calls[0].request.headers();
        assert_eq!(headers["authorization"], "Bearer token-1");
        assert_eq!(headers["stripe-version"], "2026-03-25.dahlia");
        let found = fetch("stripe", &id, &[answer(200, case["answer"].to_string())]).unwrap();
        let FetchDispute::Found(dispute) = found else { panic!("{what}: {found:?}") };
        assert_eq!(json!(dispute), case["expected"], "{what}");
    }
    assert_eq!(cases.as_array().unwrap().len(), 10);
    // As Stripe itself shows one.
    let object = &fixture("stripe/objects.json")["dispute"];
    let id = DisputeId::from(object["id"].as_str().unwrap());
    let found = fetch("stripe", &id, &[answer(200, object.to_string())]).unwrap();
    assert!(matches!(found, FetchDispute::Found(dispute) if dispute.movements.is_empty()));
}

#[test]
fn a_refund_of_stripe_that_failed_is_for_a_person() {
    let mut refund = fixture("stripe/objects.json")["refund"].clone();
    let id = DisputeId::from(refund["id"].as_str().unwrap());
    let FetchDispute::Ask(calls) = fetch("stripe", &id, &[]).unwrap() else { panic!() };
    assert_eq!(calls[0].request.uri().path(), format!("/v1/refunds/{id}"));
    let class =
        |refund: &Value| fetch("stripe", &id, &[answer(200, refund.to_string())]).unwrap_err();
    assert_eq!(class(&refund).class(), "skip", "it succeeded");
    refund["status"] = "failed".into();
    let text = class(&refund).to_string();
    assert!(text.contains("1.00 USD") && text.contains("ch_1PgafuB7WZ01zgkWXYmPNZs8"), "{text}");
    assert!(matches!(fetch("stripe", &id, &[answer(404, "{}")]), Ok(FetchDispute::Gone)));
}
