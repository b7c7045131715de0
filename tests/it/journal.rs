//! Point of sale: a day of sales as journal entries, exact and only once.

mod books;
mod kill;

use crate::sim::Scenario;
use books::differences;
use causeway_domain::{Goods, Nudge};
use causeway_ledger::State;
use proptest::prelude::*;
use rust_decimal::Decimal;
use sandbox::config::{CHART, with_journal};
use sandbox::odoo::Product;
use sandbox::platforms::{Draft, Edit, Phase, Platform, RefundState, SampleRefund, UNKNOWN_SKU};

const STORE: &str = "square-demo";
const CLEARING: i64 = CHART.clearing;
const GIFT_CARDS: i64 = CHART.gift_cards;
const FEES: i64 = CHART.fees;
const TIPS: i64 = CHART.tips;

/// The Square store in journal mode; `more` is put into its `[journal]` table.
fn world(more: &str) -> Scenario {
    Scenario::with(|text| with_journal(&text, STORE, more))
}

/// A sale in the company's currency.
fn sold(mut draft: Draft) -> Draft {
    draft.phase = Phase::Completed;
    draft.currency = "EUR";
    draft
}

fn nudges(scenario: &Scenario, ids: &[String]) -> Vec<Nudge> {
    ids.iter().map(|id| scenario.nudge(Platform::Square, id)).collect()
}

async fn assert_books(scenario: &Scenario, goods_back: bool, what: &str) {
    let reasons: Vec<_> = scenario.attention().await.into_iter().map(|item| item.reason).collect();
    assert_eq!(reasons, Vec::<String>::new(), "{what}");
    assert_eq!(differences(scenario, goods_back), Vec::<String>::new(), "{what}");
}

/// R5, R9, R10, R47-R50, C27: a day of sales with two kinds of tender, tips, discounts, several taxes, tax
/// in and out; each event three times.
#[tokio::test]
async fn a_day_of_sales_is_one_entry_and_one_delivery_each() {
    let scenario = world("");
    let ids: Vec<String> = (0..40).map(|_| scenario.shop(Platform::Square).add(7, sold)).collect();
    let drafts: Vec<Draft> =
        ids.iter().map(|id| scenario.shop(Platform::Square).order(id).unwrap().draft).collect();
    type Kind = fn(&Draft) -> bool;
    let kinds: [Kind; 6] = [
        |draft| draft.tip.is_some(),
        |draft| draft.gift_card_share.is_some(),
        |draft| draft.coupon.is_some(),
        |draft| draft.tax_included,
        |draft| !draft.tax_included,
        |draft| draft.lines.iter().any(|line| line.taxes != draft.lines[0].taxes),
    ];
    for (place, kind) in kinds.into_iter().enumerate() {
        assert!(drafts.iter().any(kind), "the day has nothing of kind {place}");
    }
    for _ in 0..3 {
        for batch in nudges(&scenario, &ids).chunks(10) {
            scenario.drive(batch).await;
        }
    }
    assert_books(&scenario, false, "a day").await;
}

/// A sale with its first entries, ready for what comes later.
async fn booked(scenario: &Scenario, seed: u64) -> String {
    let id = scenario.shop(Platform::Square).add(seed, sold);
    scenario.drive(&nudges(scenario, std::slice::from_ref(&id))).await;
    id
}

/// R48: a fee that comes after the sale was booked is booked once, in an entry of its own, and the sale's
/// is left alone; one that is known at once is in the sale's.
#[tokio::test]
async fn a_late_fee_completes_the_sale_once() {
    let scenario = world("");
    let id = booked(&scenario, 8).await;
    let before = scenario.odoo_state()["entries"][0].clone();
    scenario.shop(Platform::Square).fees_come(&id);
    for _ in 0..3 {
        scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    }
    assert_books(&scenario, false, "late").await;
    let entries = scenario.odoo_state()["entries"].as_array().unwrap().clone();
    assert_eq!((entries.len(), &entries[0]), (2, &before));

    let scenario = world("");
    let id = scenario.shop(Platform::Square).add(8, sold);
    scenario.shop(Platform::Square).fees_come(&id);
    scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    assert_books(&scenario, false, "known").await;
    assert_eq!(scenario.odoo_state()["entries"].as_array().unwrap().len(), 1);
}

/// Refunds of an amount, then of a line, after the fee: each once.
#[tokio::test]
async fn refunds_are_mirrored_once_each() {
    for (seed, back) in [(9, "kept"), (10, "returned"), (11, "returned"), (12, "kept")] {
        let scenario = world(&format!("refunded_goods = {back:?}"));
        let id = booked(&scenario, seed).await;
        let shop = scenario.shop(Platform::Square);
        shop.refund(&id, SampleRefund::money(Decimal::new(37, 2)));
        scenario.drive(&[scenario.after(Platform::Square, &id)]).await;
        let unit = Decimal::ONE.min(shop.order(&id).unwrap().draft.lines[0].quantity);
        shop.refund(&id, SampleRefund::of(&[(0, unit, Goods::Unsaid)]));
        for _ in 0..3 {
            scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
        }
        assert_books(&scenario, back == "returned", &format!("{seed}")).await;
    }
}

/// Everything goes back: the accounts of the sale are empty again, but for the fee.
#[tokio::test]
async fn a_whole_refund_empties_the_accounts() {
    for seed in 20..26 {
        let scenario = world("refunded_goods = \"returned\"");
        let id = booked(&scenario, seed).await;
        scenario.shop(Platform::Square).refund_rest(&id, Goods::Unsaid, true);
        scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
        assert_books(&scenario, true, &format!("{seed}")).await;
        let left = books::left(&scenario);
        assert_eq!(left.keys().copied().collect::<Vec<_>>(), [CLEARING, FEES], "{seed}: {left:?}");
    }
}

/// A refund that the processor refuses after it was booked asks a person, with its amount.
#[tokio::test]
async fn a_refund_that_fails_after_it_was_booked_asks_a_person() {
    let scenario = world("");
    let id = booked(&scenario, 13).await;
    let shop = scenario.shop(Platform::Square);
    let pending = SampleRefund { settled: false, ..SampleRefund::money(Decimal::new(123, 2)) };
    let refund = shop.refund(&id, pending);
    scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    assert_books(&scenario, false, "pending").await;
    shop.settle_refund(&id, &refund, RefundState::Failed);
    scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    let asked = scenario.attention().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].reason.contains("1.23 EUR"), "{}", asked[0].reason);
}

/// What was posted is never rewritten: a sale that changes afterwards asks a person, with both numbers.
#[tokio::test]
async fn a_change_after_posting_asks_a_person_with_both_numbers() {
    let scenario = world("");
    let shop = scenario.shop(Platform::Square);
    let id = booked(&scenario, 14).await;
    let old = shop.expected(&id).unwrap().total;
    let before = scenario.odoo_state()["entries"].clone();
    shop.edit_order(&id, Edit::Quantity { line: 0, quantity: 9.into() });
    let new = shop.expected(&id).unwrap().total;
    assert_ne!(old, new);
    scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    let asked = scenario.attention().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    for number in [old, new] {
        assert!(asked[0].reason.contains(&number.to_string()), "{number}: {}", asked[0].reason);
    }
    let entries = scenario.odoo_state()["entries"].as_array().unwrap().clone();
    assert_eq!(entries[0], before[0]);
}

/// A sale that is cancelled after it was booked, without a refund, asks a person; one that was cancelled
/// before leaves nothing behind.
#[tokio::test]
async fn a_cancellation_without_refund_asks_a_person() {
    let scenario = world("");
    let shop = scenario.shop(Platform::Square);
    let early = shop.add(15, |draft| Draft { phase: Phase::Cancelled, ..sold(draft) });
    scenario.drive(&nudges(&scenario, &[early])).await;
    assert_eq!(scenario.odoo_state()["entries"].as_array().unwrap().len(), 0);
    let id = booked(&scenario, 16).await;
    shop.edit_order(&id, Edit::Phase(Phase::Cancelled));
    scenario.drive(&nudges(&scenario, std::slice::from_ref(&id))).await;
    let asked = scenario.attention().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
}

/// R158: an unknown SKU keeps the goods waiting, not the money; open tabs are no sales; other currencies
/// ask a person.
#[tokio::test]
async fn what_cannot_be_booked_waits_or_asks() {
    let scenario = world("");
    let shop = scenario.shop(Platform::Square);
    let unknown = shop.add(17, |draft| sold(draft).with_unknown_sku());
    let open = shop.add(17, |draft| Draft { phase: Phase::Pending, ..sold(draft) });
    let foreign = shop.add(17, |draft| Draft { currency: "USD", ..sold(draft) });
    let ids = [unknown.clone(), open.clone(), foreign];
    scenario.drive(&nudges(&scenario, &ids)).await;
    let state = scenario.odoo_state();
    assert_eq!(state["entries"].as_array().unwrap().len(), 1, "the money is booked");
    assert_eq!(state["pickings"].as_array().unwrap().len(), 0);
    let row = scenario.ledger_row(&scenario.after(Platform::Square, &unknown)).await.unwrap();
    assert_eq!(row.state, State::Waiting);
    assert!(row.reason.unwrap().contains(UNKNOWN_SKU));
    let asked = scenario.attention().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].reason.contains("USD"), "{}", asked[0].reason);

    scenario.odoo.add_product(&Product::goods(UNKNOWN_SKU, "1.00"));
    shop.edit_order(&open, Edit::Phase(Phase::Completed));
    scenario.drive(&nudges(&scenario, &ids[..2])).await;
    shop.remove_order(&ids[2]);
    assert_eq!(differences(&scenario, false), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10, failure_persistence: None, ..ProptestConfig::default()
    })]
    /// Whatever is sold and given back, and in whatever order the events come, three times each: debits are
    /// credits, tenders, fees and taxes are Square's to the cent, and the stock has moved once.
    #[test]
    fn books_and_stock_are_squares(
        seed in 1000u64..1_000_000,
        back in prop::bool::ANY,
        steps in prop::collection::vec((0usize..6, 0usize..5, 1u32..90), 0..14),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let goods = if back { "returned" } else { "kept" };
            let scenario = world(&format!("refunded_goods = {goods:?}"));
            let shop = scenario.shop(Platform::Square);
            let ids: Vec<String> = (0..6).map(|_| shop.add(seed, sold)).collect();
            for (at, what, amount) in steps {
                let id = &ids[at];
                match what {
                    0 => shop.fees_come(id),
                    1 => give_back(&scenario, id, amount),
                    2 => take_back(&scenario, id),
                    3 => scenario.drive(&nudges(&scenario, std::slice::from_ref(id))).await,
                    _ => scenario.drive(&[scenario.after(Platform::Square, id)]).await,
                }
            }
            for _ in 0..3 {
                for id in ids.iter().rev() {
                    scenario.drive(&[scenario.after(Platform::Square, id)]).await;
                }
                scenario.drive(&nudges(&scenario, &ids)).await;
            }
            assert_books(&scenario, back, &format!("{seed}")).await;
        });
    }
}

/// An amount without a line, if one payment holds everything.
fn give_back(scenario: &Scenario, id: &str, cents: u32) {
    let shop = scenario.shop(Platform::Square);
    let amount = Decimal::new(i64::from(cents), 2);
    let one_payment = shop.order(id).unwrap().draft.gift_card_share.is_none();
    if one_payment && refunded(scenario, id) + amount <= shop.expected(id).unwrap().total {
        shop.refund(id, SampleRefund::money(amount));
    }
}

/// One of the first line, if nothing was given back before.
fn take_back(scenario: &Scenario, id: &str) {
    let shop = scenario.shop(Platform::Square);
    let draft = shop.order(id).unwrap().draft;
    let line = &draft.lines[0];
    let whole = line.quantity >= Decimal::ONE && !line.gift_card && draft.gift_card_share.is_none();
    if whole && refunded(scenario, id).is_zero() {
        shop.refund(id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Unsaid)]));
    }
}

fn refunded(scenario: &Scenario, id: &str) -> Decimal {
    let after = scenario.shop(Platform::Square).expected_after_sales(id);
    after.refunds.iter().map(|refund| refund.gross).sum()
}
