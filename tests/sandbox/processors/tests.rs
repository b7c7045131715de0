//! Our adapters against the fakes: a payout is read as the fake holds it, a refusal is one.

use super::*;
use causeway_domain::{Secret, StoreId};
use causeway_platforms::{Answer, RawRequest, Trust, Verification};
use causeway_processors::{
    AccountConnection, AccountContext, FetchDispute, FetchSettlement, FileContext, ListPayouts,
    processor,
};
use std::collections::BTreeMap;

fn account(kind: Kind) -> Arc<Processor> {
    let (_, account) = Kind::ALL.into_iter().find(|(own, _)| *own == kind).unwrap();
    Processor::new(kind, account, "https://hooks.example.test")
}

fn line(what: What, payment: Option<&str>, own: &str, gross: i64, fee: i64) -> Line {
    let sold = Sold { store: "s".to_owned(), order: "77".to_owned(), number: "#1001".to_owned() };
    let sold = (what != What::Adjustment).then_some(sold);
    Line { what, payment: payment.map(str::to_owned), own: own.to_owned(), sold, gross, fee }
}

fn payout(kind: Kind) -> Payout {
    let paid = Some("123456789");
    let mut lines = vec![
        line(What::Charge, paid, "123456789", 12_100, 350),
        line(What::Refund, paid, "987654321", -2_420, 0),
        line(What::Adjustment, None, "correction", -199, 0),
    ];
    // More than a page of the lists.
    lines.extend((0..150).map(|n| line(What::Charge, Some(&format!("5{n:08}")), "", 1_000, 39)));
    let id = match kind {
        Kind::Stripe | Kind::Square => "po_1",
        Kind::Adyen => "CausewayDemoECOM:239",
        Kind::Shopify => "623721858",
        Kind::PayPal => "STL-CAUSEWAYDEMO1-2026-10-05-EUR",
    };
    let kept = if kind == Kind::PayPal { 4_000 } else { 0 };
    let paid_at = "2026-10-05T10:00:00Z".parse().unwrap();
    Payout { id: id.to_owned(), paid_at, lines, kept }
}

/// Sends what the adapter asks until it is content. `credentials` may be wrong ones.
fn driven<T>(
    fake: &Processor,
    credentials: &str,
    turn: impl Fn(&AccountContext<'_>, &[Answer]) -> Result<Vec<causeway_domain::ports::Call>, T>,
) -> T {
    let connection = AccountConnection {
        account: StoreId::new(fake.account()),
        base_url: "https://processor.example.test".parse().unwrap(),
        options: serde_json::Map::new(),
    };
    let credentials = Secret::new(credentials);
    let now = "2026-10-06T10:00:00Z".parse().unwrap();
    let cx = AccountContext { connection: &connection, credentials: &credentials, now };
    let mut answers = Vec::new();
    loop {
        let calls = match turn(&cx, &answers) {
            Ok(calls) => calls,
            Err(end) => return end,
        };
        for call in calls {
            let (mut parts, body) = call.request.into_parts();
            parts.uri = parts.uri.path_and_query().unwrap().as_str().parse().unwrap();
            let Reply::Now(answer) = fake.handle(Request::from_parts(parts, body)) else {
                panic!()
            };
            answers.push(answer);
        }
    }
}

fn fetched(
    fake: &Processor,
    credentials: &str,
    id: &str,
) -> Result<Vec<causeway_domain::Settlement>, String> {
    let adapter = processor(fake.kind().id()).unwrap();
    driven(fake, credentials, |cx, answers| {
        match adapter.fetch_settlement(cx, &id.into(), answers) {
            Ok(FetchSettlement::Ask(calls)) => Ok(calls),
            Ok(FetchSettlement::Found(found)) => Err(Ok(found)),
            Ok(FetchSettlement::Gone) => Err(Err("gone".to_owned())),
            Err(fault) => Err(Err(fault.class().to_owned())),
        }
    })
}

/// The payout that was read is the one that was paid.
fn assert_same(kind: Kind, payout: &Payout, read: &[causeway_domain::Settlement]) {
    let [read] = read else { panic!("{kind:?}: {read:?}") };
    assert_eq!(read.id.as_str(), payout.id, "{kind:?}");
    assert_eq!(read.deposit.minor(), payout.deposit(), "{kind:?}");
    assert_eq!(read.retained.minor(), payout.kept, "{kind:?}");
    let amounts: Vec<(i64, i64)> =
        read.entries.iter().map(|entry| (entry.gross.minor(), entry.fee.minor())).collect();
    let wanted: Vec<(i64, i64)> = payout.lines.iter().map(|line| (line.gross, line.fee)).collect();
    assert_eq!(amounts, wanted, "{kind:?}");
    for (at, entry) in read.entries.iter().enumerate() {
        let line = &payout.lines[at];
        assert_eq!(entry.id, kind.line_id(payout, at), "{kind:?}");
        // Shopify names a refund by its own transaction.
        let refund = kind == Kind::Shopify && line.what == What::Refund;
        let wanted = if refund { Some(&line.own) } else { line.payment.as_ref() };
        if line.what != What::Adjustment {
            assert_eq!(entry.reference.as_ref(), wanted, "{kind:?} {at}");
        }
    }
}

#[test]
fn every_payout_is_read_as_it_was_paid() {
    for (kind, _) in Kind::ALL {
        let (fake, payout) = (account(kind), payout(kind));
        fake.pay_out(payout.clone());
        if kind != Kind::PayPal {
            let read = fetched(&fake, kind.credentials(), &payout.id);
            assert_same(kind, &payout, &read.unwrap());
        }
        if let Some((_, text)) = fake.report(&payout) {
            let store = StoreId::new(fake.account());
            let cx = FileContext { account: &store, currency: None };
            let read = processor(kind.id()).unwrap().read_file(&cx, text.as_bytes()).unwrap();
            assert_same(kind, &payout, &read);
        }
        assert_eq!(fake.memory().violations, Vec::<String>::new());
    }
}

#[test]
fn payouts_are_listed_where_the_processor_lists_them() {
    for (kind, listed) in [
        (Kind::Stripe, true),
        (Kind::Square, true),
        (Kind::Shopify, true),
        (Kind::Adyen, false),
        (Kind::PayPal, false),
    ] {
        let (fake, payout) = (account(kind), payout(kind));
        fake.pay_out(payout.clone());
        let adapter = processor(kind.id()).unwrap();
        let since: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
        let found = driven(&fake, kind.credentials(), |cx, answers| {
            match adapter.list_payouts(cx, since, answers).unwrap() {
                ListPayouts::Ask(calls) => Ok(calls),
                ListPayouts::Found(ids) => Err(ids),
            }
        });
        let wanted = if listed { vec![payout.id.as_str().into()] } else { Vec::new() };
        assert_eq!(found, wanted, "{kind:?}");
        assert_eq!(fake.memory().violations, Vec::<String>::new());
    }
}

#[test]
fn wrong_credentials_and_unknown_payouts_are_refused() {
    for kind in [Kind::Stripe, Kind::Adyen, Kind::Square, Kind::Shopify] {
        let (fake, payout) = (account(kind), payout(kind));
        fake.pay_out(payout.clone());
        assert_eq!(
            fetched(&fake, "wrong-0123456789", &payout.id),
            Err("wait".to_owned()),
            "{kind:?}"
        );
        assert_eq!(fake.memory().violations.len(), 1, "{kind:?}");
        let unknown = match kind {
            Kind::Adyen => "CausewayDemoECOM:240",
            Kind::Shopify => "1",
            _ => "po_2",
        };
        assert_eq!(fetched(&fake, kind.credentials(), unknown), Err("gone".to_owned()), "{kind:?}");
    }
}

/// What the real one refuses, whoever asks.
#[test]
fn what_is_asked_wrongly_is_refused() {
    let asked = |kind: Kind, uri: &str, headers: &[(&str, &str)], body: &str| {
        let fake = account(kind);
        fake.pay_out(payout(kind));
        let mut request = if body.is_empty() { Request::get(uri) } else { Request::post(uri) };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        let Reply::Now(answer) = fake.handle(request) else { panic!() };
        assert_eq!(fake.memory().violations.len(), 1, "{uri}");
        answer.status().as_u16()
    };
    let bearer = |kind: Kind| format!("Bearer {}", kind.credentials());
    let (stripe, square) = (bearer(Kind::Stripe), bearer(Kind::Square));
    let version = ("stripe-version", "2026-03-25.dahlia");
    let get = |uri: &str, headers: &[(&str, &str)]| asked(Kind::Stripe, uri, headers, "");
    assert_eq!(get("/v1/payouts/po_1", &[("authorization", &stripe)]), 400);
    assert_eq!(get("/v1/payouts?limit=101", &[("authorization", &stripe), version]), 400);
    assert_eq!(get("/v1/payouts?since=1", &[("authorization", &stripe), version]), 400);
    assert_eq!(get("/v1/charges/ch_1", &[("authorization", &stripe), version]), 404);
    let dated = ("square-version", "2026-09-16");
    let get = |uri: &str, headers: &[(&str, &str)]| asked(Kind::Square, uri, headers, "");
    assert_eq!(get("/v2/payouts/po_1", &[("authorization", &square)]), 400);
    assert_eq!(get("/v2/payouts?page=2", &[("authorization", &square), dated]), 400);
    assert_eq!(get("/v2/disputes", &[("authorization", &square), dated]), 404);
    let key = [("x-shopify-access-token", Kind::Shopify.credentials())];
    let post = |uri: &str, body: &str| asked(Kind::Shopify, uri, &key, body);
    let query = r#"{"query": "{ shopifyPaymentsAccount { balance { amount } } }"}"#;
    assert_eq!(post("/admin/api/2026-07/graphql.json", query), 200);
    assert_eq!(post("/admin/api/2020-01/graphql.json", query), 404);
    assert_eq!(asked(Kind::PayPal, "/v1/reporting/transactions", &[], ""), 404);
}

fn accepted(fake: &Processor, sent: Request<Bytes>, secret: &str) -> bool {
    let adapter = processor(fake.kind().id()).unwrap();
    let (parts, body) = sent.into_parts();
    assert!(parts.uri.to_string().ends_with(fake.account()));
    let request = RawRequest {
        method: parts.method,
        query: String::new(),
        headers: parts.headers,
        body,
        received_at: Timestamp::now(),
    };
    let connection = AccountConnection {
        account: StoreId::new(fake.account()),
        base_url: "https://processor.example.test".parse().unwrap(),
        options: serde_json::Map::new(),
    };
    let (secrets, keys) = ([Secret::new(secret)], BTreeMap::new());
    let trust =
        Trust { connection: &connection, secrets: &secrets, keys: &keys, now: Timestamp::now() };
    match adapter.verify(request, &trust) {
        Verification::Accepted(verified) => {
            adapter.events(&StoreId::new(fake.account()), &verified).unwrap().len() == 1
        }
        Verification::Hello(_) | Verification::NeedsKey(_) | Verification::Refused(_) => false,
    }
}

#[test]
fn what_it_sends_is_signed_and_nudges() {
    let sold = Sold { store: "s".to_owned(), order: "77".to_owned(), number: "1001".to_owned() };
    for (kind, count) in [(Kind::Stripe, 2), (Kind::Adyen, 1)] {
        let fake = account(kind);
        let sent = fake.dispute("123456789", sold.clone(), 12_100);
        assert_eq!(sent.len(), count);
        let other = "00".repeat(32);
        assert!(!accepted(&fake, fake.dispute("1", sold.clone(), 1).remove(0), &other));
        for one in sent {
            assert!(accepted(&fake, one, kind.webhook_secret()), "{kind:?}");
        }
    }
    let fake = account(Kind::Stripe);
    let paid = fake.paid(&payout(Kind::Stripe)).remove(0);
    assert!(accepted(&fake, paid, Kind::Stripe.webhook_secret()));
}

#[test]
fn a_dispute_is_told_as_it_was_made() {
    let fake = account(Kind::Stripe);
    let sold = Sold { store: "s".to_owned(), order: "77".to_owned(), number: "1001".to_owned() };
    fake.dispute("ch_1", sold, 12_100);
    let line = fake.dispute_lines().remove(0);
    let adapter = processor("stripe").unwrap();
    let told = driven(&fake, Kind::Stripe.credentials(), |cx, answers| {
        match adapter.fetch_dispute(cx, &line.own.as_str().into(), answers).unwrap() {
            FetchDispute::Ask(calls) => Ok(calls),
            FetchDispute::Found(dispute) => Err(Some(dispute)),
            FetchDispute::Gone => Err(None),
        }
    });
    let told = told.unwrap();
    assert_eq!((told.payment.as_str(), told.amount.minor()), ("ch_1", 12_100));
    assert_eq!((told.fee.minor(), told.movements.len()), (2_000, 1));
    assert_eq!(told.order_reference.as_deref(), Some("1001"));
}
