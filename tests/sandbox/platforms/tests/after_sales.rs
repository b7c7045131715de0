//! What merchants did after the order, in the fakes, against what our adapters read.

use super::super::random::Random;
use super::super::{
    Edit, ExpectedRefund, Fake, Phase, Platform, RefundState, SampleRefund, Shop, Topic,
};
use super::{accepted, fake, fetched, fetched_after, polled};
use causeway_domain::{
    AfterSales, Decimal, Goods, LineKind, Order, Refund, RefundLine, ReturnState, Standing, Subject,
};
use causeway_platforms::adapter;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The platforms whose fakes can refund.
const PLATFORMS: &[Platform] = &[Platform::Shopify, Platform::Square];

fn paid(fake: &Arc<Fake>, seed: u64) -> String {
    fake.add(seed, |mut draft| {
        draft.phase = Phase::Paid;
        draft
    })
}

/// The order and what happened after it, as our adapter reads them.
fn both(fake: &Arc<Fake>, id: &str, nonce: u64) -> (Order, AfterSales) {
    let order = fetched(fake, id, nonce).unwrap().unwrap();
    let after = fetched_after(fake, &order, nonce + 500_000).unwrap_or_else(|fault| {
        panic!("{} {id}: {fault}", fake.shop().store);
    });
    (order, after)
}

fn exact(text: Decimal) -> String {
    text.normalize().to_string()
}

/// Line by line: place among the goods, quantity, goods.
fn lines(order: &Order, refund: &Refund) -> BTreeSet<String> {
    let goods: Vec<&str> = order
        .lines
        .iter()
        .filter(|line| matches!(line.kind, LineKind::Product(_) | LineKind::GiftCardSold))
        .map(|line| line.id.as_str())
        .collect();
    let named = refund.lines.iter().filter_map(|line| match line {
        RefundLine::Line(line) => {
            let at = goods.iter().position(|id| *id == line.line.as_str())?;
            Some(format!("{at} {} {:?}", exact(line.quantity), line.goods))
        }
        RefundLine::Amount { .. } => None,
    });
    named.collect()
}

fn tax(order: &Order, refund: &Refund) -> Decimal {
    let taxes = refund.lines.iter().filter_map(|line| match line {
        RefundLine::Line(line) => Some(line.tax.total(order.currency).unwrap().to_decimal()),
        RefundLine::Amount { .. } => None,
    });
    taxes.sum()
}

fn text(id: &str, gross: Decimal, tax: Decimal, settled: bool, lines: &BTreeSet<String>) -> String {
    format!("{id} {} tax {} settled {settled} {lines:?}", exact(gross), exact(tax))
}

fn expected(refund: &ExpectedRefund) -> String {
    let lines = refund
        .lines
        .iter()
        .map(|(at, quantity, goods)| format!("{at} {} {goods:?}", exact(*quantity)))
        .collect();
    text(&refund.id, refund.gross, refund.tax, refund.settled, &lines)
}

/// Fails unless the adapter reads exactly what the fake did.
fn agree(fake: &Arc<Fake>, id: &str, nonce: u64) -> (Order, AfterSales) {
    let (order, after) = both(fake, id, nonce);
    let theirs = fake.expected_after_sales(id);
    let ours: BTreeSet<String> = after
        .refunds
        .iter()
        .map(|refund| {
            let settled = refund.payments.iter().all(|payment| payment.settled);
            let lines = lines(&order, refund);
            text(
                refund.id.as_str(),
                refund.total.to_decimal(),
                tax(&order, refund),
                settled,
                &lines,
            )
        })
        .collect();
    let wanted: BTreeSet<String> = theirs.refunds.iter().map(expected).collect();
    assert_eq!(ours, wanted, "{} {id}", fake.shop().store);
    let captured: Decimal = after.captures.iter().map(|one| one.amount.to_decimal()).sum();
    assert_eq!(exact(captured), exact(theirs.captured), "{} {id}", fake.shop().store);
    let returns: Vec<(String, ReturnState, usize)> = after
        .returns
        .iter()
        .map(|back| (back.id.as_str().to_owned(), back.state, back.lines.len()))
        .collect();
    let wanted: Vec<(String, ReturnState, usize)> =
        theirs.returns.iter().map(|back| (back.id.clone(), back.state, back.lines.len())).collect();
    assert_eq!(returns, wanted, "{} {id}", fake.shop().store);
    assert_eq!(fake.violations(), Vec::<String>::new());
    (order, after)
}

/// Some of every line; never all of the first, so that something is left for the end.
fn some(fake: &Fake, id: &str, random: &mut Random) -> SampleRefund {
    let draft = fake.order(id).unwrap().draft;
    let goods = [Goods::NotSent, Goods::Returned, Goods::Kept, Goods::Unsaid];
    let mut refund = SampleRefund { settled: random.chance(80), ..SampleRefund::default() };
    for (at, line) in draft.lines.iter().enumerate() {
        let left = line.quantity - draft.refunded_before(usize::MAX, at);
        let whole = line.quantity.fract().is_zero();
        let most = if at == 0 { left - Decimal::ONE } else { left };
        let units = match whole {
            true if most >= Decimal::ONE => {
                Decimal::from(random.between(1, most.to_string().parse().unwrap()))
            }
            true => continue,
            false => (left / Decimal::from(3)).round_dp(2),
        };
        if units > Decimal::ZERO && random.chance(50) {
            refund.lines.push((at, units, *random.pick(&goods)));
        }
    }
    let shipped = draft.after.refunds.iter().any(|refund| refund.sample.shipping);
    refund.shipping = draft.shipping.as_ref().is_some_and(|extra| !extra.amount.is_zero())
        && !shipped
        && random.chance(30);
    let many = refund.lines.iter().any(|(_, units, _)| *units >= Decimal::ONE);
    refund.fee = (many && random.chance(30)).then(|| match draft.currency {
        "JPY" => Decimal::ONE,
        _ => Decimal::new(10, 2),
    });
    refund
}

/// R170, R172: any sequence of refunds is read to the minor unit, in currencies of 0, 2 and 3
/// decimals, with tax in and outside of prices; in the end everything that was captured went back.
fn any_sequence_of_refunds_agrees(platform: Platform, seed: u64) {
    let fake = fake(Shop::demo(platform));
    let random = &mut Random::new(seed, 0);
    let mut currencies = BTreeSet::new();
    for nonce in 1..=40 {
        let id = paid(&fake, seed);
        assert!(!agree(&fake, &id, nonce * 10).0.has_after_sales);
        for step in 1..=random.between(1, 3) {
            let sample = some(&fake, &id, random);
            if sample.lines.is_empty() && !sample.shipping {
                continue;
            }
            fake.refund(&id, sample);
            let (order, _) = agree(&fake, &id, nonce * 10 + u64::from(step));
            assert!(order.has_after_sales, "{id}");
        }
        fake.refund_rest(&id, Goods::Returned, true);
        let (order, after) = agree(&fake, &id, nonce * 10 + 9);
        let captured: i64 = after.captures.iter().map(|one| one.amount.minor()).sum();
        let refunded: i64 = after.refunds.iter().map(|one| one.total.minor()).sum();
        assert_eq!((refunded, captured), (order.total.minor(), order.total.minor()));
        let paid_back: i64 =
            after.refunds.iter().flat_map(|one| &one.payments).map(|one| one.amount.minor()).sum();
        assert_eq!(paid_back, captured, "{id}");
        currencies.insert((order.currency.exponent(), order.prices_include_tax));
    }
    assert!(currencies.len() >= 3, "{currencies:?}");
}

#[test]
fn shopify_refunds_agree_to_the_minor_unit() {
    any_sequence_of_refunds_agrees(Platform::Shopify, 31);
}
#[test]
fn square_refunds_agree_to_the_minor_unit() {
    any_sequence_of_refunds_agrees(Platform::Square, 32);
}

// R183: money without a line stays money without a line, and a fee is kept back.
#[test]
fn a_courtesy_is_an_amount_and_a_restocking_fee_is_kept_back() {
    for platform in PLATFORMS {
        let fake = fake(Shop::demo(*platform));
        let id = fake.add(41, |mut draft| {
            draft.phase = Phase::Paid;
            draft.currency = "EUR";
            draft.lines[0].quantity = Decimal::from(3);
            draft
        });
        let refund = fake.refund(&id, SampleRefund::money(Decimal::new(150, 2)));
        let (_, after) = agree(&fake, &id, 1);
        let [RefundLine::Amount { gross, .. }] = after.refunds[0].lines.as_slice() else {
            panic!("{:?}", after.refunds[0].lines)
        };
        assert_eq!((after.refunds[0].id.as_str(), gross.minor()), (refund.as_str(), 150));
        let lines = vec![(0, Decimal::ONE, Goods::Returned)];
        let fee = Some(Decimal::new(25, 2));
        fake.refund(&id, SampleRefund { lines, fee, settled: true, ..SampleRefund::default() });
        let (_, after) = agree(&fake, &id, 2);
        let kept = after.refunds[1].lines.iter().find_map(|line| match line {
            RefundLine::Amount { gross, .. } => Some(gross.minor()),
            RefundLine::Line(_) => None,
        });
        assert_eq!(kept, Some(-25), "{platform:?}");
    }
}

// R168, R176: a cancelled order is cancelled, and what was paid for it went back.
#[test]
fn a_cancel_gives_back_what_was_paid() {
    for platform in PLATFORMS {
        let fake = fake(Shop::demo(*platform));
        let id = paid(&fake, 43);
        let refund = fake.cancel(&id, false).unwrap();
        let (order, after) = agree(&fake, &id, 1);
        assert_eq!(order.standing, Standing::Cancelled);
        assert_eq!(after.refunds[0].id.as_str(), refund);
        assert!(after.refunds[0].payments.iter().all(|payment| !payment.settled));
        fake.settle_refund(&id, &refund, RefundState::Settled);
        let (_, after) = agree(&fake, &id, 2);
        assert!(after.refunds[0].payments.iter().all(|payment| payment.settled));
        // The money that bounced was never given back.
        fake.settle_refund(&id, &refund, RefundState::Failed);
        assert_eq!(agree(&fake, &id, 3).1.refunds, []);
    }
}

// R177: an order that was never paid owes less, whatever is taken off it.
#[test]
fn what_is_taken_off_an_unpaid_order_lowers_what_is_owed() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let id = fake.add(44, |mut draft| {
        draft.phase = Phase::Pending;
        draft.lines[0].quantity = Decimal::from(3);
        draft
    });
    fake.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::NotSent)]));
    let (_, after) = agree(&fake, &id, 1);
    assert!(after.captures.is_empty() && after.refunds[0].payments.is_empty());
    assert!(after.refunds[0].total.minor() > 0);
}

#[test]
fn an_edit_is_no_refund_but_a_refund_of_an_edited_order_is() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let id = fake.add(45, |mut draft| {
        draft.phase = Phase::Paid;
        draft.lines[0].quantity = Decimal::from(5);
        draft
    });
    fake.edit_order(&id, Edit::Quantity { line: 0, quantity: Decimal::from(3) });
    assert_eq!(agree(&fake, &id, 1).1.refunds, []);
    fake.refund(&id, SampleRefund::of(&[(0, Decimal::from(2), Goods::Returned)]));
    assert_eq!(agree(&fake, &id, 2).1.refunds.len(), 1);
    fake.refund_rest(&id, Goods::Returned, true);
    let (order, after) = agree(&fake, &id, 3);
    let refunded: i64 = after.refunds.iter().map(|one| one.total.minor()).sum();
    assert_eq!(refunded, order.total.minor());
}

// R184, R187: a return is asked for, agreed to and finished; the refund names it.
#[test]
fn a_return_is_followed_to_its_end() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let shop = fake.shop();
    let id = paid(&fake, 46);
    let back = fake.request_return(&id, &[(0, Decimal::ONE)]);
    for (nonce, state) in [
        (1, ReturnState::Requested),
        (2, ReturnState::Open),
        (3, ReturnState::Closed),
        (4, ReturnState::Void),
    ] {
        fake.set_return(&id, &back, state);
        let (order, after) = agree(&fake, &id, nonce);
        assert!(order.has_after_sales || state == ReturnState::Void);
        assert_eq!(after.returns[0].lines[0].line, order.lines[0].id);
        assert_eq!(after.returns[0].lines[0].reason.as_deref(), Some("defective"));
        let delivery = fake.delivery(&id, Topic::Returned);
        let nudges =
            adapter("shopify").unwrap().nudges(&shop.store.into(), &accepted(shop, &delivery));
        let wanted = Subject::AfterSales(id.as_str().into());
        assert_eq!(nudges.unwrap()[0].subject, wanted, "{state:?}");
    }
    let lines = vec![(0, Decimal::ONE, Goods::Returned)];
    let of_return = Some(back.clone());
    fake.refund(&id, SampleRefund { lines, of_return, settled: true, ..SampleRefund::default() });
    let (_, after) = agree(&fake, &id, 9);
    assert_eq!(after.refunds[0].of_return.as_ref().unwrap().as_str(), back);
}

#[test]
fn long_refunds_and_returns_and_many_of_them_are_paged() {
    let fake = fake(Shop::demo(Platform::Shopify));
    let id = fake.add(47, |mut draft| {
        draft.phase = Phase::Paid;
        let mut line = draft.lines[0].clone();
        line.quantity = Decimal::from(20);
        draft.lines = vec![line; 90];
        draft
    });
    let all: Vec<usize> = (0..90).collect();
    let one = |at: &usize| (*at, Decimal::ONE, Goods::Returned);
    fake.refund(&id, SampleRefund::of(&all.iter().map(one).collect::<Vec<_>>()));
    for _ in 0..8 {
        fake.refund(&id, SampleRefund::of(&[(3, Decimal::ONE, Goods::Kept)]));
        fake.request_return(&id, &all.iter().map(|at| (*at, Decimal::ONE)).collect::<Vec<_>>());
    }
    let (_, after) = agree(&fake, &id, 1);
    assert_eq!(after.refunds.len(), 9);
    assert_eq!(after.returns.iter().map(|back| back.lines.len()).sum::<usize>(), 8 * 90);
}

// R172: deliveries of refunds and payments name what to look at, each kind once.
#[test]
fn deliveries_of_refunds_and_payments_nudge_what_happened_after() {
    for platform in PLATFORMS {
        let fake = fake(Shop::demo(*platform));
        let shop = fake.shop();
        let id = fake.add(48, |mut draft| {
            draft.phase = Phase::Paid;
            draft.lines[0].quantity = Decimal::from(3);
            draft
        });
        fake.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]));
        let nudged = |topic: Topic| {
            let delivery = accepted(shop, &fake.delivery(&id, topic));
            let nudges = adapter(platform.id()).unwrap().nudges(&shop.store.into(), &delivery);
            let nudges = nudges.unwrap();
            let events: BTreeSet<String> =
                nudges.iter().map(|one| one.event.clone().unwrap().as_str().to_owned()).collect();
            assert_eq!(events.len(), 1, "one delivery is one event");
            nudges.into_iter().map(|one| one.subject.key()).collect::<Vec<_>>()
        };
        assert_eq!(nudged(Topic::Paid), [format!("order/{id}"), format!("after/{id}")]);
        // Square's refund names the return order, which leads to the sale.
        let refund = fake.expected_after_sales(&id).refunds[0].id.clone();
        let named = if *platform == Platform::Square { &refund } else { &id };
        assert_eq!(nudged(Topic::Refunded), [format!("after/{named}")]);
        if *platform == Platform::Square {
            assert_eq!(fetched(&fake, named, 1).unwrap(), None);
        }
    }
}

// The fee comes after the payment, and is told then.
#[test]
fn square_tells_its_fee_later() {
    let fake = fake(Shop::demo(Platform::Square));
    let id = paid(&fake, 49);
    assert!(both(&fake, &id, 1).1.captures.iter().all(|capture| capture.fee.is_none()));
    fake.fees_come(&id);
    let (_, after) = both(&fake, &id, 2);
    assert!(after.captures.iter().all(|capture| capture.fee.is_some_and(|fee| fee.minor() > 0)));
}

// R63: what changed is found again, by pages, and the next poll begins before the end of this one.
#[test]
fn a_poll_finds_what_changed() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    for platform in PLATFORMS {
        let fake = fake(Shop::demo(*platform));
        let ids = fake.generate(50, 450);
        let (since, until) = (at("2026-11-01T07:30:00Z"), at("2026-11-02T07:30:00Z"));
        let (found, next) = polled(&fake, since, 1).unwrap().unwrap();
        let all: BTreeSet<String> = found.iter().map(Subject::key).collect();
        assert_eq!((all.len(), found.len()), (900, 900), "{platform:?}");
        assert!(ids.iter().all(|id| all.contains(&format!("after/{id}"))));
        assert_eq!(next, until, "a day at once");
        let (found, next) = polled(&fake, next, 2).unwrap().unwrap();
        assert_eq!((found, next), (vec![], at("2026-11-03T07:30:00Z")));
        // A refund is a change, even where it leaves the order as it was.
        let id = fake.add(50, |mut draft| {
            draft.phase = Phase::Paid;
            draft.placed_at = at("2026-11-22T08:50:00Z");
            draft.lines[0].quantity = Decimal::from(2);
            draft
        });
        fake.refund(&id, SampleRefund::of(&[(0, Decimal::ONE, Goods::Returned)]));
        let (found, next) = polled(&fake, at("2026-11-22T08:51:00Z"), 3).unwrap().unwrap();
        assert!(found.contains(&Subject::AfterSales(id.as_str().into())), "{found:?}");
        assert_eq!(next, at("2026-11-22T08:58:00Z"), "two minutes are looked at again");
        assert_eq!(fake.violations(), Vec::<String>::new());
    }
}
