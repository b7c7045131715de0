//! R205: a settlement with any entries, in currencies of 0, 2 and 3 decimals, written as each
//! processor writes it and read back, is the same and balances.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;
mod written;

use account::{answer, connection, fetch_settlement};
use causeway_domain::{
    Currency, EntryKind, Money, Settlement, SettlementEntry, SettlementId, StoreId,
};
use causeway_platforms::Answer;
use causeway_processors::{FetchSettlement, FileContext, processor};
use proptest::prelude::*;
use serde_json::{Value, json};
use written::{
    adyen_csv, adyen_word, paypal_csv, paypal_event, shopify_answers, square_answers,
    stripe_answers, stripe_csv,
};

/// What a settlement is made of, before any processor's wording.
#[derive(Clone, Debug)]
struct Line {
    kind: EntryKind,
    amount: i64,
    fee: i64,
    order: u32,
}

fn line() -> impl Strategy<Value = Line> {
    let kinds = vec![
        EntryKind::Charge,
        EntryKind::Refund,
        EntryKind::Fee,
        EntryKind::Dispute,
        EntryKind::DisputeReversal,
        EntryKind::Adjustment,
    ];
    (prop::sample::select(kinds), 1..10_000_000_i64, 0..500_000_i64, 1..9_999_u32).prop_map(
        |(kind, amount, fee, order)| {
            let amount = match kind {
                EntryKind::Charge | EntryKind::DisputeReversal => amount,
                EntryKind::Fee => 0,
                EntryKind::Refund
                | EntryKind::Dispute
                | EntryKind::Adjustment
                | EntryKind::Other => -amount,
            };
            // A correction has no fee.
            let fee = if kind == EntryKind::Adjustment { 0 } else { fee + 1 };
            Line { kind, amount, fee, order }
        },
    )
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["JPY", "EUR", "KWD"])
        .prop_map(|code| Currency::from_code(code).unwrap())
}

/// The settlement that the lines are, with ids and references as `name` makes them.
fn settlement(
    id: &str,
    currency: Currency,
    lines: &[Line],
    name: impl Fn(usize, &Line) -> (String, Option<String>, Option<String>, Option<usize>),
) -> Settlement {
    let money = |minor| Money::from_minor(minor, currency);
    let entries: Vec<SettlementEntry> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let (id, reference, order_reference, number) = name(at, line);
            SettlementEntry {
                also: Vec::new(),
                dispute: None,

                id,
                kind: line.kind,
                reference,
                order_reference,
                gross: money(line.amount),
                fee: money(line.fee),
                net: money(line.amount - line.fee),
                presentment: None,
                line: number,
            }
        })
        .collect();
    let deposit = Money::sum(entries.iter().map(|entry| entry.net), currency).unwrap();
    Settlement {
        id: SettlementId::new(id),
        account: StoreId::from("main"),
        currency,
        paid_on: "2026-10-05".parse().unwrap(),
        entries,
        deposit,
        retained: money(0),
    }
}

fn read(id: &str, file: &str) -> Result<Vec<Settlement>, TestCaseError> {
    let account = StoreId::from("main");
    let cx = FileContext { account: &account, currency: None };
    let read = processor(id).unwrap().read_file(&cx, file.as_bytes());
    read.map_err(|fault| TestCaseError::fail(format!("{id}: {fault}\n{file}")))
}

fn fetch(
    id: &str,
    settlement: &Settlement,
    bodies: &[Value],
) -> Result<Vec<Settlement>, TestCaseError> {
    let answers: Vec<Answer> = bodies.iter().map(|body| answer(200, body.to_string())).collect();
    match fetch_settlement(id, &connection(id, &json!({})), &settlement.id, &answers) {
        Ok(FetchSettlement::Found(found)) => Ok(found),
        other => Err(TestCaseError::fail(format!("{id}: {other:?}"))),
    }
}

/// Entries that are of a payment have its reference and its order.
fn of_payment(line: &Line, text: String) -> Option<String> {
    (!matches!(line.kind, EntryKind::Fee | EntryKind::Adjustment)).then_some(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn stripes_report_and_api_tell_the_same(
        currency in currency(),
        lines in prop::collection::vec(line(), 1..30),
    ) {
        let of = |line: Option<usize>| settlement("po_1", currency, &lines, |at, one| (
            format!("txn_{at}"),
            of_payment(one, format!("ch_{at}")),
            of_payment(one, one.order.to_string()),
            line.map(|first| first + at),
        ));
        let by_file = of(Some(2));
        prop_assert_eq!(read("stripe", &stripe_csv(&by_file))?, vec![by_file.clone()]);
        prop_assert_eq!(by_file.check(), Ok(()));
        let by_api = of(None);
        prop_assert_eq!(fetch("stripe", &by_api, &stripe_answers(&by_api))?, vec![by_api]);
    }

    #[test]
    fn adyens_report(currency in currency(), lines in prop::collection::vec(line(), 1..30)) {
        let settlement = settlement("SynthShop:239", currency, &lines, |at, one| (
            format!("{}:M{at}", adyen_word(one.kind)),
            of_payment(one, format!("P{at}")),
            of_payment(one, one.order.to_string()),
            Some(at + 2),
        ));
        prop_assert_eq!(read("adyen", &adyen_csv(&settlement))?, vec![settlement.clone()]);
        prop_assert_eq!(settlement.check(), Ok(()));
    }

    #[test]
    fn squares_and_shopifys_api(
        currency in currency(),
        lines in prop::collection::vec(line(), 1..30),
    ) {
        let square = settlement("po_1", currency, &lines, |at, one| (
            format!("poe_{at}"), of_payment(one, format!("pay_{at}")), None, None,
        ));
        prop_assert_eq!(fetch("square", &square, &square_answers(&square))?, vec![square]);
        let shopify = settlement("623721858", currency, &lines, |at, one| (
            at.to_string(),
            (one.kind == EntryKind::Charge).then(|| format!("90071992547409{at}")),
            of_payment(one, one.order.to_string()),
            None,
        ));
        prop_assert_eq!(fetch("shopify", &shopify, &shopify_answers(&shopify))?, vec![shopify]);
    }

    #[test]
    fn paypals_report(
        currency in currency(),
        lines in prop::collection::vec(line(), 1..30),
        beginning in -1_000_000..1_000_000_i64,
        withdrawn in 0..3_i64,
    ) {
        let mut settlement = settlement("x", currency, &lines, |at, one| (
            format!("T{at}:{}", paypal_event(one.kind)),
            Some(format!("REF{at}")),
            Some(one.order.to_string()),
            Some(at + 5),
        ));
        // A third of the sum, or nothing, stays at PayPal.
        let sum = settlement.deposit.minor();
        let out = if sum > 0 { sum / 3 * withdrawn } else { 0 };
        settlement.id = SettlementId::new(format!("STL-ACCT-2026-10-05-{currency}"));
        settlement.deposit = Money::from_minor(out, currency);
        settlement.retained = Money::from_minor(sum - out, currency);
        let file = paypal_csv(&settlement, beginning);
        prop_assert_eq!(read("paypal", &file)?, vec![settlement.clone()]);
        prop_assert_eq!(settlement.check(), Ok(()));
    }

    /// One minor unit more or less on any line is found, in any file.
    #[test]
    fn a_minor_unit_is_never_lost(
        currency in currency(),
        lines in prop::collection::vec(line(), 1..10),
        at in any::<prop::sample::Index>(),
        delta in prop::sample::select(vec![-1_i64, 1]),
    ) {
        let mut wrong = settlement("SynthShop:239", currency, &lines, |at, one| (
            format!("{}:M{at}", adyen_word(one.kind)), None, None, Some(at + 2),
        ));
        let at = at.index(wrong.entries.len());
        let entry = &mut wrong.entries[at];
        entry.net = Money::from_minor(entry.net.minor() + delta, currency);
        let account = StoreId::from("main");
        let cx = FileContext { account: &account, currency: None };
        let file = adyen_csv(&wrong);
        prop_assert!(processor("adyen").unwrap().read_file(&cx, file.as_bytes()).is_err());
        wrong.id = SettlementId::new("po_1");
        for (at, entry) in wrong.entries.iter_mut().enumerate() {
            entry.id = format!("txn_{at}");
        }
        let file = stripe_csv(&wrong);
        prop_assert!(processor("stripe").unwrap().read_file(&cx, file.as_bytes()).is_err());
    }
}
