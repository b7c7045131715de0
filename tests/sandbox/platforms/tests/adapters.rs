//! Our adapters over the fakes: every invented order comes out with the fake's own sums.

use super::super::{
    Edit, Fake, Phase, Platform, Shop, TAX_RATES, Topic, UNKNOWN_SKU, forged, generate, retried,
    shops, tampered,
};
use super::{accepted, connection, fake, fetched, verified};
use causeway_domain::{Decimal, Line, LineKind, Order, Standing, Subject};
use causeway_platforms::{Verification, adapter};
use std::sync::Arc;

fn skus(order: &Order) -> Vec<String> {
    let goods = order.lines.iter().filter_map(|line| match &line.kind {
        LineKind::Product(product) => product.sku.as_ref().map(|sku| sku.as_str().to_owned()),
        LineKind::GiftCardSold => Some("GIFT-CARD".to_owned()),
        _ => None,
    });
    goods.collect()
}

fn goods(line: &&Line) -> bool {
    matches!(line.kind, LineKind::Product(_) | LineKind::GiftCardSold)
}

/// Differences between an order and what its fake expects.
fn differences(fake: &Arc<Fake>, id: &str, order: &Order) -> Vec<String> {
    let expected = fake.expected(id).unwrap();
    let mut found = Vec::new();
    let mut check = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{id} {what}: adapter {ours}, platform {theirs}"));
        }
    };
    check(
        "total",
        order.total.to_decimal().normalize().to_string(),
        expected.total.normalize().to_string(),
    );
    check("lines", order.lines_total().unwrap().to_string(), order.total.to_string());
    let tax = order.tax_total().unwrap().to_decimal().normalize();
    // Where a platform shows two sums, either is right; the total binds.
    let listed = expected.listed_tax.normalize();
    let theirs = if tax == listed { listed } else { expected.tax.normalize() };
    check("tax", tax.to_string(), theirs.to_string());
    check("currency", order.currency.code().to_owned(), expected.currency);
    check(
        "goods",
        order.lines.iter().filter(goods).count().to_string(),
        expected.goods.to_string(),
    );
    check("skus", skus(order).join(" "), expected.skus.join(" "));
    let standing = match expected.phase {
        Phase::Cancelled => Standing::Cancelled,
        Phase::Paid | Phase::Completed => Standing::Confirmed,
        // An unpaid order is a quotation or nothing yet, as its platform sees it.
        Phase::Pending if order.standing == Standing::Ignore => Standing::Ignore,
        Phase::Pending => Standing::Quotation,
    };
    check("standing", format!("{:?}", order.standing), format!("{standing:?}"));
    for tax in order.lines.iter().flat_map(|line| &line.taxes) {
        // PrestaShop's order tells the carrier's rate, not its rule.
        let by_rate = order.platform.as_str() == "prestashop" && tax.code.0 == "carrier";
        let rate = TAX_RATES.iter().find(|rate| {
            let same_rate = tax.rate == Some(Decimal::from(rate.percent));
            rate.platform.id() == order.platform.as_str()
                && (rate.code() == tax.code.0 || (by_rate && same_rate))
        });
        let known = rate.map(|rate| Decimal::from(rate.percent).to_string());
        let theirs = tax.rate.map(|rate| rate.normalize().to_string());
        check(&format!("tax {}", tax.code.0), format!("{theirs:?}"), format!("{known:?}"));
    }
    found
}

fn all_agree(platform: Platform, seed: u64) {
    let fake = fake(Shop::demo(platform));
    let mut found = Vec::new();
    for (at, id) in fake.generate(seed, 200).into_iter().enumerate() {
        match fetched(&fake, &id, u64::try_from(at).unwrap() + 1) {
            Ok(Some(order)) => found.extend(differences(&fake, &id, &order)),
            Ok(None) => found.push(format!("{id}: gone")),
            Err(fault) => found.push(format!("{id}: {fault}")),
        }
    }
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[test]
fn shopify_orders_agree_to_the_minor_unit() {
    all_agree(Platform::Shopify, 11);
}
#[test]
fn woocommerce_orders_agree_to_the_minor_unit() {
    all_agree(Platform::WooCommerce, 12);
}
#[test]
fn magento_orders_agree_to_the_minor_unit() {
    all_agree(Platform::Magento, 13);
}
#[test]
fn prestashop_orders_agree_to_the_minor_unit() {
    all_agree(Platform::PrestaShop, 14);
}
#[test]
fn square_orders_agree_to_the_minor_unit() {
    all_agree(Platform::Square, 15);
}

#[test]
fn the_same_seed_gives_the_same_orders() {
    for platform in Platform::ALL {
        let (one, other) = (generate(platform, 7, 5), generate(platform, 7, 5));
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.native, other.native);
            assert_eq!(one.expected, other.expected);
        }
        assert_ne!(one[0].native, generate(platform, 8, 1)[0].native);
    }
}

#[test]
fn every_demo_store_is_a_valid_configuration() {
    for shop in shops() {
        let problems = adapter(shop.platform.id()).unwrap().check(&connection(&shop));
        assert!(problems.is_empty(), "{}: {problems:?}", shop.store);
    }
}

// R253, R255: forged and tampered deliveries are refused, genuine ones name the order.
#[test]
fn deliveries_verify_and_nudge_their_order_and_forgeries_do_not() {
    for shop in shops() {
        let fake = fake(shop);
        let shop = fake.shop();
        let adapter = adapter(shop.platform.id()).unwrap();
        let id = fake.generate(3, 1).remove(0);
        for topic in [Topic::Updated, Topic::Created, Topic::Cancelled, Topic::Deleted] {
            let delivery = fake.delivery(&id, topic);
            let nudges = adapter.nudges(&shop.store.into(), &accepted(shop, &delivery)).unwrap();
            let subjects: Vec<&Subject> = nudges.iter().map(|nudge| &nudge.subject).collect();
            assert_eq!(subjects, [&Subject::Order(id.as_str().into())], "{}", shop.store);
            for bad in [forged(delivery.clone()), tampered(delivery.clone())] {
                let answer = verified(shop, &bad);
                assert!(matches!(answer, Verification::Refused(_)), "{}: {answer:?}", shop.store);
            }
        }
    }
}

#[test]
fn a_resent_delivery_has_the_same_event_id_and_a_change_has_another() {
    for platform in [Platform::Shopify, Platform::Square] {
        let fake = fake(Shop::demo(platform));
        let shop = fake.shop();
        let id = fake.generate(4, 1).remove(0);
        let event = |topic: Topic, attempt: u32| {
            let delivery = retried(fake.delivery(&id, topic), attempt);
            let delivery = accepted(shop, &delivery);
            let nudges = adapter(platform.id()).unwrap().nudges(&shop.store.into(), &delivery);
            nudges.unwrap().remove(0).event.expect("an event id")
        };
        let first = event(Topic::Updated, 0);
        assert_eq!(first, event(Topic::Updated, 1));
        assert_ne!(first, event(Topic::Created, 0));
        fake.edit_order(&id, Edit::Note("Later".to_owned()));
        assert_ne!(first, event(Topic::Updated, 0));
    }
}

#[test]
fn woocommerce_pings_without_a_signature() {
    let fake = fake(Shop::demo(Platform::WooCommerce));
    let answer = verified(fake.shop(), &fake.ping().unwrap());
    assert!(matches!(answer, Verification::Hello(_)), "{answer:?}");
}

#[test]
fn edits_change_what_the_adapter_sees() {
    for shop in shops() {
        let fake = fake(shop);
        let id = fake.add(21, |mut draft| {
            draft.phase = Phase::Paid;
            draft
        });
        let before = fetched(&fake, &id, 1).unwrap().unwrap();
        let quantity = fake.order(&id).unwrap().draft.lines[0].quantity + Decimal::from(2);
        for (nonce, edit) in [
            (2, Edit::Quantity { line: 0, quantity }),
            (3, Edit::Quantity { line: 0, quantity: Decimal::ONE }),
            (4, Edit::Street("Nieuwe Weg 1".to_owned())),
            (5, Edit::Sku { line: 0, sku: UNKNOWN_SKU.to_owned() }),
            (6, Edit::Phase(Phase::Cancelled)),
        ] {
            fake.edit_order(&id, edit.clone());
            let order = fetched(&fake, &id, nonce).unwrap().unwrap();
            assert_eq!(differences(&fake, &id, &order), Vec::<String>::new(), "{edit:?}");
            assert_ne!(order, before);
        }
        let last = fetched(&fake, &id, 7).unwrap().unwrap();
        assert_eq!(last.standing, Standing::Cancelled);
        assert_eq!(last.billing.street.reveal(), "Nieuwe Weg 1");
        assert_eq!(skus(&last)[0], UNKNOWN_SKU);
        assert!(fake.remove_order(&id));
        assert_eq!(fetched(&fake, &id, 8).unwrap(), None, "{}", fake.shop().store);
        assert_eq!(fake.violations(), Vec::<String>::new());
    }
}
