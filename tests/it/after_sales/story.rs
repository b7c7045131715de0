//! One order, what happens to it in any sequence, and what must be true of it in the end.

use super::books::{self, Policy};
use super::{differences, paid, world};
use crate::sim::Scenario;
use causeway_domain::{Goods, Nudge};
use rust_decimal::Decimal;
use sandbox::platforms::{Platform, Random, RefundState, SampleRefund, generate};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An event comes so often, at most.
const REPEATS: u32 = 3;
/// One sequence in so many is in a currency of 0 or 3 decimals, where the platform sells in one.
const FOREIGN: u64 = 3;

/// One order and what happens to it.
pub struct Story {
    scenario: Scenario,
    platform: Platform,
    id: String,
    pub random: Random,
    /// Events that are on their way.
    events: Vec<Nudge>,
    /// What happened, for people.
    pub told: Vec<String>,
}

impl Story {
    pub fn new(config: &str, platform: Platform, seed: u64) -> Self {
        let scenario = world(config);
        let id = scenario.shop(platform).add(order_seed(platform, seed), paid);
        let random = Random::new(seed, platform as u64);
        let mut story =
            Self { scenario, platform, id, random, events: Vec::new(), told: Vec::new() };
        story.announce();
        story
    }

    fn shop(&self) -> &sandbox::platforms::Fake {
        self.scenario.shop(self.platform)
    }

    /// Events of the order and of what came after it, each up to three times.
    fn announce(&mut self) {
        let kinds = [
            self.scenario.nudge(self.platform, &self.id),
            self.scenario.after(self.platform, &self.id),
        ];
        for event in kinds {
            for _ in 0..self.random.between(1, REPEATS) {
                self.events.push(event.clone());
            }
        }
    }

    /// Some of the events arrive, in any order; the last ones always do.
    pub async fn arrive(&mut self, all: bool) {
        let mut batch = Vec::new();
        while !self.events.is_empty() && (all || self.random.chance(80)) {
            let last = u32::try_from(self.events.len()).unwrap() - 1;
            let at = self.random.between(0, last);
            batch.push(self.events.swap_remove(usize::try_from(at).unwrap()));
        }
        if !batch.is_empty() {
            self.scenario.drive(&batch).await;
            self.nothing_is_credited_twice();
        }
    }

    /// What of a line is not refunded yet.
    fn left(&self) -> Vec<(usize, Decimal)> {
        let draft = self.shop().order(&self.id).unwrap().draft;
        let taken = |at: usize| -> Decimal {
            let lines = draft.after.refunds.iter().flat_map(|refund| &refund.sample.lines);
            lines.filter(|line| line.0 == at).map(|line| line.1).sum()
        };
        let left = draft.lines.iter().enumerate().map(|(at, line)| (at, line.quantity - taken(at)));
        left.filter(|(_, quantity)| *quantity > Decimal::ZERO).collect()
    }

    /// What the buyer has paid and not got back.
    fn remaining(&self) -> Decimal {
        let after = self.shop().expected_after_sales(&self.id);
        let back: Decimal = after.refunds.iter().map(|refund| refund.gross).sum();
        self.shop().expected(&self.id).unwrap().total - back
    }

    fn shipping_left(&self) -> bool {
        let draft = self.shop().order(&self.id).unwrap().draft;
        let again = draft.after.refunds.iter().any(|refund| refund.sample.shipping);
        draft.shipping.is_some_and(|shipping| !shipping.amount.is_zero()) && !again
    }

    /// An amount up to this one in the order's smallest unit; nothing if there is no room.
    fn some_of(&mut self, most: Decimal) -> Option<Decimal> {
        let places = match self.shop().expected(&self.id).unwrap().currency.as_str() {
            "JPY" => 0,
            "KWD" => 3,
            _ => 2,
        };
        let unit = Decimal::new(1, places);
        let units = u32::try_from((most / unit).floor().mantissa()).unwrap_or(0);
        (units > 0).then(|| unit * Decimal::from(self.random.between(1, units)))
    }

    /// Some lines, perhaps the delivery, perhaps less a fee, perhaps with a courtesy on top.
    pub fn refund(&mut self) {
        let mut sample =
            SampleRefund { settled: self.random.chance(60), ..SampleRefund::default() };
        for (at, left) in self.left() {
            if self.random.chance(45) {
                let most = u32::try_from(left.trunc().mantissa()).unwrap_or(0);
                let some = Decimal::from(self.random.between(1, most.max(1))).min(left);
                let goods = [Goods::NotSent, Goods::Kept, Goods::Returned, Goods::Unsaid];
                sample.lines.push((at, some, *self.random.pick(&goods)));
            }
        }
        sample.shipping = self.shipping_left() && self.random.chance(25);
        let remaining = self.remaining();
        if sample.lines.is_empty() && !sample.shipping {
            sample.amount = self.some_of(self.slack());
            if sample.amount.is_none() {
                return;
            }
        } else {
            let gross = self.shop().refund_comes_to(&self.id, &sample);
            let excess = gross - remaining;
            if excess >= Decimal::ZERO {
                sample.fee = (excess > Decimal::ZERO).then_some(excess);
            } else if self.random.chance(25) {
                sample.fee = self.some_of(gross / Decimal::from(4));
            } else if self.random.chance(25) {
                let slack = self.slack().min(remaining - gross);
                sample.amount = self.some_of(slack / Decimal::from(2));
            }
        }
        self.told.push(format!("refund {sample:?}"));
        self.shop().refund(&self.id, sample);
        self.announce();
    }

    /// What may be given away, so that every line can still be given back.
    fn slack(&self) -> Decimal {
        let rest = SampleRefund {
            lines: self.left().into_iter().map(|(at, left)| (at, left, Goods::Unsaid)).collect(),
            shipping: self.shipping_left(),
            settled: true,
            ..SampleRefund::default()
        };
        let remaining = self.remaining();
        match rest.lines.is_empty() && !rest.shipping {
            true => remaining,
            false => remaining - self.shop().refund_comes_to(&self.id, &rest),
        }
    }

    /// Everything that is left, line by line or as one amount.
    pub fn give_the_rest_back(&mut self) {
        if self.remaining() <= Decimal::ZERO {
            return;
        }
        if self.random.chance(30) {
            self.told.push("the rest as an amount".to_owned());
            let rest = SampleRefund::money(self.remaining());
            self.shop().refund(&self.id, rest);
        } else {
            let goods = [Goods::NotSent, Goods::Kept, Goods::Returned, Goods::Unsaid];
            let goods = *self.random.pick(&goods);
            self.told.push(format!("the rest, {goods:?}"));
            self.shop().refund_rest(&self.id, goods, true);
        }
        self.announce();
    }

    /// The processors say that the money has gone: what stays open is asked about in the end (R207).
    pub fn settle_all(&mut self) {
        for refund in self.shop().expected_after_sales(&self.id).refunds {
            if !refund.settled {
                self.shop().settle_refund(&self.id, &refund.id, RefundState::Settled);
            }
        }
        self.announce();
    }

    /// The warehouse sends one thing of the first open delivery, and the rest later.
    pub fn deliver_a_part(&mut self) {
        let state = self.scenario.odoo_state();
        let open = |picking: &&Value| {
            picking["picking_type_code"] == "outgoing"
                && picking["state"] != "done"
                && picking["state"] != "cancel"
        };
        let Some(picking) = state["pickings"].as_array().unwrap().iter().find(open) else { return };
        let moves = picking["moves"].as_array().unwrap();
        let live = moves.iter().find(|one| one["state"] != "cancel" && one["state"] != "done");
        let Some(one) = live else { return };
        self.told.push(format!("one of move {} is sent", one["id"]));
        let vals = json!({"quantity": 1, "picked": true});
        let write = json!({"ids": [one["id"]], "vals": vals});
        self.scenario.odoo_call_as_admin("stock.move", "write", &write);
        let context = json!({"skip_backorder": true, "skip_sms": true});
        let validate = json!({"ids": [picking["id"]], "context": context});
        self.scenario.odoo_call_as_admin("stock.picking", "button_validate", &validate);
        let event = self.scenario.after(self.platform, &self.id);
        self.events.push(event);
    }

    pub fn deliver_all(&mut self) {
        self.told.push("everything is sent".to_owned());
        self.scenario.warehouse_works();
        let event = self.scenario.after(self.platform, &self.id);
        self.events.push(event);
    }

    /// Invoices and credit notes of the order.
    fn documents(&self) -> Option<(Vec<Value>, Vec<Value>)> {
        let state = self.scenario.odoo_state();
        let number = self.shop().expected(&self.id).unwrap().number;
        let order = books::order(&state, self.platform, &number)?;
        let invoices = books::invoices(&state, order);
        let notes = books::credit_notes(&state, &invoices);
        let owned = |list: &[&Value]| list.iter().map(|one| (*one).clone()).collect();
        Some((owned(&invoices), owned(&notes)))
    }

    /// At no time is more of a tax credited than invoiced, or one refund twice on one invoice.
    fn nothing_is_credited_twice(&self) {
        let Some((invoices, notes)) = self.documents() else { return };
        let (bills, backs) = (taxes(&invoices), taxes(&notes));
        for (tax, back) in backs {
            let bill = bills.get(&tax).copied().unwrap_or_default();
            assert!(back <= bill, "{back} of tax {tax} credited, {bill} invoiced: {self}");
        }
        let refunds = self.shop().expected_after_sales(&self.id).refunds;
        let paid_back = refunds.iter().filter(|refund| !refund.gross.is_zero()).count();
        for invoice in &invoices {
            let own = notes.iter().filter(|note| note["reversed_entry_id"] == invoice["id"]);
            assert!(own.count() <= paid_back, "more credit notes than refunds: {self}");
        }
    }

    /// The buyer holds what was ordered less what came back, where no refund leaves it open what
    /// became of the goods.
    fn goods_are_where_they_should_be(&self) {
        let state = self.scenario.odoo_state();
        let number = self.shop().expected(&self.id).unwrap().number;
        let order = books::order(&state, self.platform, &number).unwrap();
        let mut delivered: BTreeMap<&str, Decimal> = BTreeMap::new();
        for line in order["lines"].as_array().unwrap() {
            let quantity: Decimal = line["qty_delivered"].as_str().unwrap().parse().unwrap();
            *delivered.entry(line["sku"].as_str().unwrap_or_default()).or_default() += quantity;
        }
        let draft = self.shop().order(&self.id).unwrap().draft;
        let mut with_buyer: BTreeMap<&str, Option<Decimal>> = BTreeMap::new();
        for line in &draft.lines {
            let sum = with_buyer.entry(&line.sku).or_insert(Some(Decimal::ZERO));
            *sum = sum.map(|sum| sum + line.quantity);
        }
        for refund in self.shop().expected_after_sales(&self.id).refunds {
            for (at, quantity, goods) in refund.lines {
                let sum = with_buyer.get_mut(&*draft.lines[at].sku).unwrap();
                *sum = match goods {
                    Goods::Returned => sum.map(|sum| sum - quantity),
                    Goods::Kept => *sum,
                    Goods::NotSent | Goods::Unsaid => None,
                };
            }
        }
        for (sku, quantity) in with_buyer {
            let Some(quantity) = quantity.filter(|_| sku.starts_with("SKU-")) else { continue };
            assert_eq!(delivered.get(sku), Some(&quantity), "the buyer has of {sku}: {self}");
        }
    }

    /// The one question that is right: a fee is kept back of goods that were taken off the order before
    /// they were invoiced, and nothing else is credited that it could be kept of. It names both amounts.
    fn keeps_back_what_is_never_billed(&self, asked: &[String]) -> bool {
        let [reason] = asked else { return false };
        let currency = self.shop().expected(&self.id).unwrap().currency;
        let fees = self.told.iter().any(|what| what.contains("fee: Some"));
        fees && self.told[0].contains("at_delivery")
            && reason.contains(" keeps back ")
            && reason.matches(&format!(" {currency}")).count() == 2
    }

    pub async fn ends_right(&self, policy: Policy) {
        let asked: Vec<_> =
            self.scenario.attention().await.into_iter().map(|item| item.reason).collect();
        if self.keeps_back_what_is_never_billed(&asked) {
            return self.nothing_is_credited_twice();
        }
        assert_eq!(asked, Vec::<String>::new(), "a person is asked: {self}");
        let found = differences(&self.scenario, policy);
        assert_eq!(found, Vec::<String>::new(), "{self}");
        self.nothing_is_credited_twice();
        self.goods_are_where_they_should_be();
        if self.remaining().is_zero() {
            let (invoices, notes) = self.documents().unwrap();
            assert_eq!(taxes(&invoices), taxes(&notes), "of a tax something is left: {self}");
        }
    }
}

impl std::fmt::Display for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let expected = self.shop().expected(&self.id).unwrap();
        write!(f, "{:?}, {} {}, ", self.platform, expected.total, expected.currency)?;
        write!(f, "{:#?}", self.told)?;
        let refunds = self.shop().expected_after_sales(&self.id).refunds;
        let refunds: Vec<_> = refunds.iter().map(|one| (&one.id, one.gross)).collect();
        write!(f, ", refunds {refunds:?}")?;
        for note in self.documents().map_or(Vec::new(), |(_, notes)| notes) {
            write!(f, ", note {} {}", note["external_ids"], note["amount_total"])?;
        }
        let said = self.scenario.sink.lines();
        let last: Vec<_> = said.iter().rev().take(4).collect();
        write!(f, ", last said {last:#?}")
    }
}

/// Taxes of documents that come to something.
fn taxes(documents: &[Value]) -> BTreeMap<String, Decimal> {
    let all: Vec<&Value> = documents.iter().collect();
    let mut sums = books::by_tax(&all);
    sums.retain(|_, sum| !sum.is_zero());
    sums
}

/// The seed of an order, every third in a currency without cents or with three decimals.
fn order_seed(platform: Platform, seed: u64) -> u64 {
    let foreign = seed.is_multiple_of(FOREIGN);
    let fits = |own: &u64| {
        let currency = generate(platform, *own, 1)[0].draft.currency;
        foreign == ["JPY", "KWD"].contains(&currency)
    };
    // Magento rounds every currency to two decimals.
    let first = seed * 100;
    (first..first + 100).find(fits).unwrap_or(first)
}
