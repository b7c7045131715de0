//! What Square says of a sale, in euros: its own documents and nothing of ours.

use super::super::check::list;
use super::Chart;
use causeway_domain::{Decimal, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A tax of Odoo as its chart of accounts has it: what it does to a sale, then to a refund.
pub struct Known {
    /// `account.tax`.
    pub id: i64,
    /// Square's percentage; empty for those that stand where Square has no tax (exports, none).
    pub percent: &'static str,
    /// The tags of its base.
    pub base: [&'static [i64]; 2],
    /// Its own tags.
    pub own: [&'static [i64]; 2],
    /// The repartition lines of the tax itself.
    pub repartition: [i64; 2],
}

/// The taxes of the store's rules.
pub const KNOWN: [Known; 6] = [
    known(191, "21", [&[7], &[16]], [&[25], &[33]], [2, 4]),
    known(194, "12", [&[6], &[16]], [&[25], &[33]], [14, 16]),
    known(196, "6", [&[5], &[16]], [&[25], &[33]], [22, 24]),
    known(198, "0", [&[4], &[16]], [&[], &[]], [30, 32]),
    known(203, "", [&[12], &[16]], [&[], &[]], [50, 52]),
    known(282, "", [&[], &[]], [&[], &[]], [455, 456]),
];

const fn known(
    id: i64,
    percent: &'static str,
    base: [&'static [i64]; 2],
    own: [&'static [i64]; 2],
    repartition: [i64; 2],
) -> Known {
    Known { id, percent, base, own, repartition }
}

/// A sale, as `{"order", "payments", "catalog", "refunds", "returns"}`.
pub struct Told<'a>(pub &'a Value);

/// A return order whose money goes.
pub struct Back<'a> {
    /// What it must be called in Odoo: by the return order if it names lines, by the refund if it is money.
    pub id: &'a str,
    /// What is returned, line by line.
    pub returned: &'a Value,
    /// Its refunds.
    pub refunds: Vec<&'a Value>,
    /// True if it names lines or charges of the sale.
    pub itemised: bool,
}

/// A text of an object.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An amount of an object, out of minor units.
pub fn money(value: &Value, name: &str) -> Decimal {
    let minor = value.get(name).and_then(|money| money.get("amount")).and_then(Value::as_i64);
    Decimal::new(minor.unwrap_or_default(), 2)
}

/// The day of something that happened, where the counter is; empty if it does not say when.
pub fn day(value: &Value, name: &str, chart: &Chart) -> String {
    let at = text(value, name).parse::<Timestamp>().ok();
    let there = at.and_then(|at| at.in_tz(&chart.time_zone).ok());
    there.map(|there| there.date().to_string()).unwrap_or_default()
}

impl<'a> Told<'a> {
    /// The order.
    pub fn order(&self) -> &'a Value {
        self.0.get("order").unwrap_or(&Value::Null)
    }
    /// The number that people see.
    pub fn number(&self) -> &'a str {
        text(self.order(), "reference_id")
    }
    /// True if it is sold: paid and handed over.
    pub fn sold(&self) -> bool {
        text(self.order(), "state") == "COMPLETED" && !self.payments().is_empty()
    }
    /// Its payments.
    pub fn payments(&self) -> &'a [Value] {
        list(self.0, "payments")
    }
    /// Lines and service charges.
    fn parts(&self) -> impl Iterator<Item = &'a Value> {
        ["line_items", "service_charges"].into_iter().flat_map(|name| list(self.order(), name))
    }
    /// What the processor keeps, as far as it says so.
    pub fn fee(&self) -> Decimal {
        let fees = self.payments().iter().flat_map(|payment| list(payment, "processing_fee"));
        fees.map(|fee| money(fee, "amount_money")).sum()
    }

    /// What must stand on each account: debits above zero.
    pub fn accounts(&self, chart: &Chart) -> BTreeMap<i64, Decimal> {
        let order = self.order();
        let (fee, tip) = (self.fee(), money(order, "total_tip_money"));
        let cards = sum_of_gift_cards(list(order, "line_items"));
        let income = money(order, "total_money") - money(order, "total_tax_money") - tip - cards;
        let mut sums = BTreeMap::from([(chart.clearing, -fee), (chart.gift_cards, -cards)]);
        for payment in self.payments() {
            *sums.entry(tender(chart, payment)).or_default() += money(payment, "total_money");
        }
        sums.extend([(chart.fees, fee), (chart.tips, -tip)]);
        // Income is on several accounts; its sum stands for them.
        sums.extend(chart.income.first().map(|account| (*account, -income)));
        sums
    }

    /// Taxes by Odoo's id.
    pub fn taxes(&self) -> BTreeMap<i64, Decimal> {
        taxes(self.order(), "taxes", self.parts())
    }

    /// What each tax is of, by Odoo's id.
    pub fn bases(&self) -> BTreeMap<i64, Decimal> {
        let mut sums: BTreeMap<i64, Decimal> = BTreeMap::new();
        for part in self.parts() {
            let net = money(part, "total_money") - money(part, "total_tax_money");
            for id in applied(self.order(), "taxes", part).map(|(id, _)| id) {
                *sums.entry(id).or_default() += net;
            }
        }
        sums
    }

    /// Return orders whose money goes, failed refunds left out.
    pub fn backs(&self) -> Vec<Back<'a>> {
        let native = self.0;
        let refunds = |back: &Value| -> Vec<&'a Value> {
            let own = list(native, "refunds").iter();
            let own = own.filter(|refund| refund.get("order_id") == back.get("id"));
            own.filter(|refund| text(refund, "status") != "FAILED").collect()
        };
        let one = |back: &'a Value| {
            let refunds = refunds(back);
            let first = refunds.first()?;
            let returned = list(back, "returns").first()?;
            let named = |line: &Value| !text(line, "source_line_item_uid").is_empty();
            let itemised = list(returned, "return_line_items").iter().any(named)
                || !list(returned, "return_service_charges").is_empty();
            let id = if itemised { text(back, "id") } else { text(first, "id") };
            Some(Back { id, returned, refunds, itemised })
        };
        list(native, "returns").iter().filter_map(one).collect()
    }

    /// Which of the kinds of a full day this sale is.
    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        let order = self.order();
        let rates: BTreeSet<i64> = self.taxes().into_keys().collect();
        let is = |name: &str, value: &str| {
            list(order, "taxes").iter().any(|tax| text(tax, name) == value)
        };
        let paid = |kind: &str| self.payments().iter().any(|one| text(one, "source_type") == kind);
        let some = |name: &str| !money(order, name).is_zero();
        let backs = self.backs();
        let kinds = [
            (paid("CARD"), "a card"),
            (paid("SQUARE_GIFT_CARD"), "a gift card"),
            (self.payments().len() > 1, "two payments"),
            (some("total_tip_money"), "a tip"),
            (some("total_discount_money"), "a discount"),
            (rates.len() > 1, "several taxes"),
            (is("type", "INCLUSIVE"), "taxes inside"),
            (is("type", "ADDITIVE"), "taxes on top"),
            (backs.iter().any(|back| back.itemised), "a refund of a line"),
            (backs.iter().any(|back| !back.itemised), "a refund of money"),
        ];
        kinds.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind)
    }
}

/// Kinds of sales that a day should have had and had not, so that nothing is right for lack of it.
pub fn lacks<'a>(sales: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let all = [
        "a card",
        "a gift card",
        "two payments",
        "a tip",
        "a discount",
        "several taxes",
        "taxes inside",
        "taxes on top",
        "a refund of a line",
        "a refund of money",
    ];
    let had: BTreeSet<&str> =
        sales.flat_map(|sale| Told(sale).kinds().collect::<Vec<_>>()).collect();
    let lacking = all.into_iter().filter(|kind| !had.contains(kind));
    lacking.map(|kind| format!("no sale of the day has {kind}")).collect()
}

impl Back<'_> {
    /// All that goes back.
    pub fn total(&self) -> Decimal {
        self.refunds.iter().map(|refund| money(refund, "amount_money")).sum()
    }

    /// What must stand on the accounts of money: debits above zero.
    pub fn accounts(&self, chart: &Chart, sale: &Told<'_>) -> BTreeMap<i64, Decimal> {
        let cards = sum_of_gift_cards(list(self.returned, "return_line_items"));
        let mut sums = BTreeMap::from([
            (chart.clearing, Decimal::ZERO),
            (chart.gift_cards, cards),
            (chart.fees, Decimal::ZERO),
        ]);
        for refund in &self.refunds {
            let payments = sale.payments().iter();
            let of = payments.filter(|one| text(one, "id") == text(refund, "payment_id"));
            for payment in of {
                *sums.entry(tender(chart, payment)).or_default() -= money(refund, "amount_money");
            }
        }
        sums
    }

    /// Its taxes by Odoo's id, where Square tells them all: money without a line has none of its own.
    pub fn taxes(&self) -> Option<BTreeMap<i64, Decimal>> {
        let lines = list(self.returned, "return_line_items");
        let beside = lines.iter().any(|line| text(line, "source_line_item_uid").is_empty());
        let parts = lines.iter().chain(list(self.returned, "return_service_charges"));
        (self.itemised && !beside).then(|| taxes(self.returned, "return_taxes", parts))
    }
}

fn tender(chart: &Chart, payment: &Value) -> i64 {
    if text(payment, "source_type") == "SQUARE_GIFT_CARD" {
        chart.gift_cards
    } else {
        chart.clearing
    }
}

fn sum_of_gift_cards(lines: &[Value]) -> Decimal {
    let cards = lines.iter().filter(|line| text(line, "item_type") == "GIFT_CARD");
    cards.map(|line| money(line, "total_money")).sum()
}

/// The taxes on one part, by Odoo's id.
fn applied<'a>(
    document: &'a Value,
    taxes: &'a str,
    part: &'a Value,
) -> impl Iterator<Item = (i64, Decimal)> {
    list(part, "applied_taxes").iter().map(move |applied| {
        let tax = list(document, taxes).iter().find(|tax| tax.get("uid") == applied.get("tax_uid"));
        let percent = tax.map(|tax| text(tax, "percentage")).unwrap_or("unknown");
        let known = KNOWN.iter().find(|known| known.percent == percent);
        (known.map_or(0, |known| known.id), money(applied, "applied_money"))
    })
}

fn taxes<'a>(
    document: &'a Value,
    name: &'a str,
    parts: impl Iterator<Item = &'a Value>,
) -> BTreeMap<i64, Decimal> {
    let mut sums: BTreeMap<i64, Decimal> = BTreeMap::new();
    for (id, amount) in parts.flat_map(|part| applied(document, name, part)) {
        *sums.entry(id).or_default() += amount;
    }
    sums.retain(|_, sum| !sum.is_zero());
    sums
}
