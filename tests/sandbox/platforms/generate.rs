//! Deterministic invented orders.

use super::after::After;
use super::draft::{Coupon, Draft, DraftLine, Expected, Extra, Phase};
use super::people::{account, guest, place};
use super::random::Random;
use super::shop::{Platform, Shop};
use super::{fake, sku};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;

/// One generated order.
#[derive(Clone, Debug)]
pub struct SampleOrder {
    /// What was invented.
    pub draft: Draft,
    /// The order in the platform's own full shape (PrestaShop and Square: every record it is made of).
    pub native: Value,
    /// What it must come to.
    pub expected: Expected,
}

/// The first `n` orders of a platform's demo store for a seed. The same seed gives the same orders.
pub fn generate(platform: Platform, seed: u64, n: u32) -> Vec<SampleOrder> {
    let shop = Shop::demo(platform);
    (0..n).map(|at| fake::render(&shop, draft(platform, seed, at))).collect()
}

/// The `at`-th order of a seed, before the platform computes it.
pub(super) fn draft(platform: Platform, seed: u64, at: u32) -> Draft {
    let random = &mut Random::new(seed, u64::from(at));
    let currency = currency(platform, random);
    let tax_included = random.chance(60);
    let buyer = if random.chance(65) {
        account(random.between(1, 25))
    } else {
        guest(random.between(1, 300))
    };
    // Every order is taxed as Odoo's fiscal positions would have it: businesses buy at home, private
    // buyers in the union pay Belgian VAT, exports pay none.
    let home = place(random, buyer.company.is_none());
    let untaxed = home.country == "US";
    let count = if random.chance(2) { random.between(26, 60) } else { random.between(1, 5) };
    let mut lines: Vec<DraftLine> = (0..count).map(|_| line(platform, random, currency)).collect();
    if sells_gift_cards(platform) && random.chance(4) {
        lines.push(gift_card(random, currency));
    }
    // Two taxes on one line, where the platform lists them one by one.
    if !tax_included && has_stacked_taxes(platform) && random.chance(3) {
        lines[0].taxes = vec![12, 6];
    }
    let shipped = random.chance(80);
    let mut draft = Draft {
        number: at + 1,
        currency,
        tax_included,
        round_once: random.chance(35),
        coupon: coupon(random, currency),
        shipping: shipped.then(|| shipping(random, currency)),
        fee: random.chance(12).then(|| fee(platform, random, currency)),
        tip: (has_tips(platform) && random.chance(8))
            .then(|| scaled(Decimal::new(i64::from(random.between(50, 900)), 2), currency)),
        gift_card_share: (takes_gift_cards(platform) && random.chance(8))
            .then(|| *random.pick(&[10, 50, 100])),
        delivery: shipped.then(|| {
            if !untaxed && random.chance(25) { place(random, false) } else { home.clone() }
        }),
        billing: home,
        buyer,
        phase: phase(random),
        counter: false,
        placed_at: placed_at(at),
        note: random
            .chance(15)
            .then(|| "Laissez chez le voisin — \"3e\" étage & sonnez".to_owned()),
        edits: 0,
        after: After::default(),
        lines,
    };
    if untaxed {
        without_tax(&mut draft);
    }
    draft
}

fn placed_at(at: u32) -> Timestamp {
    let start: Timestamp = "2026-11-01T07:30:00Z".parse().unwrap();
    start + SignedDuration::from_secs(137 * i64::from(at))
}

fn without_tax(draft: &mut Draft) {
    draft.tax_included = false;
    for line in &mut draft.lines {
        line.taxes.clear();
    }
    for extra in [&mut draft.shipping, &mut draft.fee].into_iter().flatten() {
        extra.tax = None;
    }
}

/// Square and Shopify stores have one currency each in truth; the sandbox's store sells in several
/// to try them all. Magento rounds every currency to two decimals and Square has no dinar.
fn currency(platform: Platform, random: &mut Random) -> &'static str {
    let list: &[&'static str] = match platform {
        Platform::Shopify | Platform::WooCommerce | Platform::PrestaShop => {
            &["EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD", "JPY", "KWD"]
        }
        Platform::Magento => &["EUR", "EUR", "EUR", "EUR", "EUR", "USD"],
        Platform::Square => &["EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD", "JPY"],
    };
    let chosen: &&'static str = random.pick(list);
    chosen
}

fn sells_gift_cards(platform: Platform) -> bool {
    matches!(platform, Platform::Shopify | Platform::Square)
}
fn takes_gift_cards(platform: Platform) -> bool {
    matches!(platform, Platform::Shopify | Platform::Square | Platform::Magento)
}
fn has_tips(platform: Platform) -> bool {
    matches!(platform, Platform::Shopify | Platform::Square)
}
fn has_stacked_taxes(platform: Platform) -> bool {
    matches!(platform, Platform::Shopify | Platform::WooCommerce | Platform::Square)
}

/// An amount of euros in another currency's size and decimals.
fn scaled(euros: Decimal, currency: &str) -> Decimal {
    match currency {
        "JPY" => (euros * Decimal::from(160)).round(),
        "KWD" => super::rounding::half_up(euros * Decimal::new(335, 3), 3),
        _ => euros,
    }
}

/// Percentage of a product: most at 21, food at 6, margarine and social housing at 12, a few at 0.
fn percent_of(product: u32) -> u32 {
    match product % 10 {
        3 | 6 => 6,
        4 => 12,
        _ if product == 20 || product == 40 => 0,
        _ => 21,
    }
}

fn line(platform: Platform, random: &mut Random, currency: &str) -> DraftLine {
    let product = random.between(*super::SKUS.start(), *super::SKUS.end());
    let by_weight = platform == Platform::Square && product % 10 == 7;
    let quantity = match by_weight {
        true => Decimal::new(i64::from(random.between(10, 450)), 2),
        false => Decimal::from(random.between(1, 6)),
    };
    // The same product costs the same in every order, unless the customer's group pays less.
    let cents = 199 + i64::from(product * product % 97) * 53 + i64::from(random.between(0, 1)) * 10;
    DraftLine {
        product,
        sku: sku(product),
        title: format!("Article n° {product} — \"élégant\" & <simple>"),
        quantity,
        removed: Decimal::ZERO,
        price: scaled(Decimal::new(cents, 2), currency),
        taxes: vec![percent_of(product)],
        discount: if random.chance(10) { *random.pick(&[5, 10, 33]) } else { 0 },
        variant: product.is_multiple_of(3),
        gift_card: false,
    }
}

fn gift_card(random: &mut Random, currency: &str) -> DraftLine {
    DraftLine {
        product: 99,
        sku: "GIFT-CARD".to_owned(),
        title: "Gift card".to_owned(),
        quantity: Decimal::ONE,
        removed: Decimal::ZERO,
        price: scaled(Decimal::from(*random.pick(&[10, 25, 50])), currency),
        taxes: Vec::new(),
        discount: 0,
        variant: false,
        gift_card: true,
    }
}

fn coupon(random: &mut Random, currency: &str) -> Option<Coupon> {
    match random.between(1, 10) {
        1 | 2 => Some(Coupon::Percent(*random.pick(&[5, 7, 10, 15, 20]))),
        3 => Some(Coupon::Amount(scaled(Decimal::new(250, 2), currency))),
        _ => None,
    }
}

fn shipping(random: &mut Random, currency: &str) -> Extra {
    let cents = *random.pick(&[0, 495, 650, 1210, 799]);
    Extra {
        title: (*random.pick(&["Bpost", "Colis & relais", "DHL"])).to_owned(),
        amount: scaled(Decimal::new(cents, 2), currency),
        tax: Some(21),
    }
}

fn fee(platform: Platform, random: &mut Random, currency: &str) -> Extra {
    let title = match platform {
        Platform::Magento | Platform::PrestaShop => "Gift wrapping",
        Platform::Shopify => "Import handling",
        Platform::WooCommerce | Platform::Square => "Service",
    };
    let cents = *random.pick(&[150, 295, 333]);
    Extra {
        title: title.to_owned(),
        amount: scaled(Decimal::new(cents, 2), currency),
        tax: Some(21),
    }
}

fn phase(random: &mut Random) -> Phase {
    match random.between(1, 20) {
        1 => Phase::Cancelled,
        2 | 3 => Phase::Pending,
        4 => Phase::Completed,
        _ => Phase::Paid,
    }
}
