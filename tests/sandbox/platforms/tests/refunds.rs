//! Refunds of the shops, by our adapters over the fakes: what the merchant gave back is what is read.

use super::super::random::Random;
use super::super::{Fake, Phase, Platform, SampleRefund, Shop, Topic};
use super::{accepted, fake, fetched, fetched_after, polled};
use causeway_domain::{
    AfterSales, Decimal, Goods, LineKind, Order, PaymentKind, Refund, RefundLine, Subject,
};
use causeway_platforms::adapter;
use std::collections::BTreeSet;
use std::sync::Arc;

const SHOPS: [Platform; 3] = [Platform::WooCommerce, Platform::PrestaShop, Platform::Magento];

/// A refund in one line of text: id, total, tax of its lines, quantities and goods.
fn ours(order: &Order, refund: &Refund) -> String {
    let goods: Vec<&str> = order
        .lines
        .iter()
        .filter(|line| matches!(line.kind, LineKind::Product(_) | LineKind::GiftCardSold))
        .map(|line| line.id.as_str())
        .collect();
    let mut tax = Decimal::ZERO;
    let mut lines = Vec::new();
    for line in &refund.lines {
        if let RefundLine::Line(line) = line {
            tax += line.tax.total(order.currency).unwrap().to_decimal();
            if let Some(at) = goods.iter().position(|id| *id == line.line.as_str()) {
                lines.push((at, line.quantity, line.goods));
            }
        }
    }
    let settled = refund.payments.iter().all(|payment| payment.settled);
    text((refund.id.as_str(), refund.total.to_decimal(), tax, settled), &lines)
}

fn text(
    (id, gross, tax, settled): (&str, Decimal, Decimal, bool),
    lines: &[(usize, Decimal, Goods)],
) -> String {
    let mut lines: Vec<String> = lines
        .iter()
        .map(|(at, quantity, goods)| format!("{at}: {} {goods:?}", quantity.normalize()))
        .collect();
    lines.sort();
    format!("{id} {} tax {} {settled} {lines:?}", gross.normalize(), tax.normalize())
}

/// Reads the order and what came after it, and holds it against the fake's own sums.
fn agreed(fake: &Arc<Fake>, id: &str, nonce: u64) -> (Order, AfterSales) {
    let order = fetched(fake, id, 3 * nonce).unwrap().unwrap();
    let found =
        fetched_after(fake, &order, 3 * nonce + 1).unwrap_or_else(|fault| panic!("{id}: {fault}"));
    let expected = fake.expected_after_sales(id);
    let theirs: Vec<String> = expected
        .refunds
        .iter()
        .map(|one| text((&one.id, one.gross, one.tax, one.settled), &one.lines))
        .collect();
    let read: Vec<String> = found.refunds.iter().map(|refund| ours(&order, refund)).collect();
    let draft = fake.order(id).unwrap().draft;
    assert_eq!(read, theirs, "{} {id} {:#?}", fake.shop().store, draft.after);
    let captured: Decimal = found.captures.iter().map(|one| one.amount.to_decimal()).sum();
    assert_eq!(captured.normalize(), expected.captured.normalize(), "{id}");
    (order, found)
}

/// Something of what is left.
fn some(fake: &Fake, id: &str, random: &mut Random) -> SampleRefund {
    let draft = fake.order(id).unwrap().draft;
    let goods = [Goods::NotSent, Goods::Returned, Goods::Kept];
    let mut refund = SampleRefund { settled: random.chance(80), ..SampleRefund::default() };
    for (at, line) in draft.lines.iter().enumerate() {
        let left: u64 =
            (line.quantity - draft.refunded_before(usize::MAX, at)).to_string().parse().unwrap();
        if left > 0 && random.chance(50) {
            let quantity = Decimal::from(random.between(1, u32::try_from(left).unwrap()));
            refund.lines.push((at, quantity, *random.pick(&goods)));
        }
    }
    let shipped = draft.after.refunds.iter().any(|refund| refund.sample.shipping);
    refund.shipping = draft.shipping.is_some() && !shipped && random.chance(30);
    let some = Decimal::new(10, if draft.currency == "JPY" { 0 } else { 2 });
    refund.amount = random.chance(25).then_some(some);
    refund.fee = (!refund.lines.is_empty() && random.chance(25)).then_some(some + some);
    refund
}

/// R170, R172, R173: any sequence of refunds is read to the minor unit, in currencies of 0, 2 and 3
/// decimals, with tax inside and outside of prices.
fn any_sequence_of_refunds_agrees(platform: Platform, seed: u64, wanted: usize) {
    let fake = fake(Shop::demo(platform));
    let random = &mut Random::new(seed, 0);
    let mut kinds = BTreeSet::new();
    let mut refunds = 0;
    for round in 1..=80 {
        let id = fake.add(seed, |mut draft| {
            draft.phase = if round % 3 == 0 { Phase::Completed } else { Phase::Paid };
            draft
        });
        let (order, found) = agreed(&fake, &id, round * 10);
        assert!(found.refunds.is_empty() && !order.has_after_sales);
        let included = fake.order(&id).unwrap().draft.tax_included;
        kinds.insert((order.currency.exponent(), included));
        for step in 1..=u64::from(random.between(1, 4)) {
            let sample = some(&fake, &id, random);
            let is_something =
                !sample.lines.is_empty() || sample.shipping || sample.amount.is_some();
            let left = fake.expected(&id).unwrap().total
                - fake
                    .expected_after_sales(&id)
                    .refunds
                    .iter()
                    .map(|one| one.gross)
                    .sum::<Decimal>();
            // No shop gives back more than was paid.
            if !is_something || left < Decimal::from(2) {
                continue;
            }
            let before = fake.order(&id).unwrap().draft;
            fake.refund(&id, sample);
            let last = fake.expected_after_sales(&id).refunds.pop().unwrap().gross;
            if last > left || last <= Decimal::ZERO {
                fake.add_order(before);
                continue;
            }
            let (order, found) = agreed(&fake, &id, round * 10 + step);
            let shown = match platform {
                Platform::PrestaShop => false,
                // What gift cards took back is in no sum of the order.
                Platform::Magento => found.refunds.iter().any(|refund| {
                    refund.payments.iter().any(|payment| payment.kind == PaymentKind::Money)
                }),
                _ => true,
            };
            assert_eq!(order.has_after_sales, shown, "{id}");
            refunds += found.refunds.len();
        }
    }
    assert!(refunds > 100 && kinds.len() >= wanted, "{refunds} {kinds:?}");
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[test]
fn woocommerce_refunds_agree_to_the_minor_unit() {
    any_sequence_of_refunds_agrees(Platform::WooCommerce, 61, 4);
}
#[test]
fn prestashop_refunds_agree_to_the_minor_unit() {
    any_sequence_of_refunds_agrees(Platform::PrestaShop, 62, 4);
}
#[test]
fn magento_refunds_agree_to_the_minor_unit() {
    any_sequence_of_refunds_agrees(Platform::Magento, 63, 2);
}

/// R168: all that was captured goes back, whatever the lines come to.
#[test]
fn what_is_left_goes_back_to_the_last_unit() {
    for platform in SHOPS {
        let fake = fake(Shop::demo(platform));
        for nonce in 1..=40 {
            let id = fake.add(64, |mut draft| {
                draft.phase = Phase::Paid;
                draft
            });
            fake.cancel(&id, true);
            let (order, found) = agreed(&fake, &id, nonce);
            let refunded: i64 = found.refunds.iter().map(|one| one.total.minor()).sum();
            let captured: i64 = found.captures.iter().map(|one| one.amount.minor()).sum();
            assert_eq!((refunded, captured), (order.total.minor(), order.total.minor()), "{id}");
        }
        assert_eq!(fake.violations(), Vec::<String>::new());
    }
}

/// R253: the delivery about a refund is signed and names what comes after its order.
#[test]
fn deliveries_of_refunds_nudge_what_comes_after_the_order() {
    for platform in SHOPS {
        let fake = fake(Shop::demo(platform));
        let shop = fake.shop();
        let id = fake.add(65, |mut draft| {
            draft.phase = Phase::Paid;
            draft
        });
        fake.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]));
        let delivery = accepted(shop, &fake.delivery(&id, Topic::Refunded));
        let nudges = adapter(platform.id()).unwrap().nudges(&shop.store.into(), &delivery).unwrap();
        let keys: Vec<String> = nudges.iter().map(|nudge| nudge.subject.key()).collect();
        assert_eq!(keys, [format!("after/{id}")], "{}", shop.store);
    }
}

/// R63, C38: a poll finds every order, page by page, and the refund that moved no date of its order.
#[test]
fn polls_find_orders_and_refunds() {
    for platform in SHOPS {
        let fake = fake(Shop::demo(platform));
        let ids: BTreeSet<String> = fake.generate(66, 230).into_iter().collect();
        let (subjects, until) =
            polled(&fake, "2026-01-01T00:00:00Z".parse().unwrap(), 1000).unwrap().unwrap();
        let orders: BTreeSet<String> = subjects
            .iter()
            .filter_map(|subject| match subject {
                Subject::Order(id) => Some(id.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(orders, ids, "{}", fake.shop().store);
        let id = fake.add(66, |mut draft| {
            draft.phase = Phase::Paid;
            draft
        });
        fake.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]));
        let (again, next) = polled(&fake, until, 2000).unwrap().unwrap();
        assert!(again.contains(&Subject::AfterSales(id.as_str().into())), "{again:?}");
        assert!(again.len() < 60 && next >= until, "{}", again.len());
        assert_eq!(fake.violations(), Vec::<String>::new());
    }
}
