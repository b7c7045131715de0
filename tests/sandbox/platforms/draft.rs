//! One invented order before a platform computes it.

use super::people::{Buyer, Place};
use super::tax;
use super::{POISON_SKU, Platform, UNKNOWN_SKU};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// How far an order is, in every platform's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Placed, payment announced but not there.
    Pending,
    /// Paid, being handled.
    Paid,
    /// Handled to the end.
    Completed,
    /// Cancelled.
    Cancelled,
}

/// A reduction of the whole order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coupon {
    /// Percent of the goods.
    Percent(u32),
    /// An amount off the goods, on the same basis as the prices.
    Amount(Decimal),
}

/// A thing bought.
#[derive(Clone, Debug)]
pub struct DraftLine {
    /// Number of the product in the store; ids derive from it.
    pub product: u32,
    /// Its SKU.
    pub sku: String,
    /// What people see.
    pub title: String,
    /// How many; a fraction only on Square.
    pub quantity: Decimal,
    /// How many an edit of the order took away again (Shopify keeps them on the line).
    pub removed: Decimal,
    /// Price of one, with tax if the draft says so.
    pub price: Decimal,
    /// Percentages of its taxes, usually one; none for a business that pays no VAT.
    pub taxes: Vec<u32>,
    /// Percent off this line.
    pub discount: u32,
    /// A variant of a configurable product.
    pub variant: bool,
    /// A gift card that is sold: no tax, a liability.
    pub gift_card: bool,
}

/// Anything beside the goods that has an amount.
#[derive(Clone, Debug)]
pub struct Extra {
    /// What people see.
    pub title: String,
    /// Amount, with tax if the draft says so.
    pub amount: Decimal,
    /// Percentage of its tax, if any.
    pub tax: Option<u32>,
}

/// An invented order.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Number in its store; ids and the number that people see derive from it.
    pub number: u32,
    /// ISO currency.
    pub currency: &'static str,
    /// True if prices contain tax.
    pub tax_included: bool,
    /// True if taxes are rounded once for the order, where the platform has that setting.
    pub round_once: bool,
    /// Goods.
    pub lines: Vec<DraftLine>,
    /// Reduction of the whole.
    pub coupon: Option<Coupon>,
    /// Delivery.
    pub shipping: Option<Extra>,
    /// A surcharge: fee, wrapping or service charge.
    pub fee: Option<Extra>,
    /// Tip, never taxed.
    pub tip: Option<Decimal>,
    /// Percent of the total that a gift card paid.
    pub gift_card_share: Option<u32>,
    /// Who buys.
    pub buyer: Buyer,
    /// Invoice address.
    pub billing: Place,
    /// Delivery address, if it is shipped.
    pub delivery: Option<Place>,
    /// How far it is.
    pub phase: Phase,
    /// Sold across the counter, at the location of the point of sale (Square).
    pub counter: bool,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The buyer's note.
    pub note: Option<String>,
    /// How often it was changed since.
    pub edits: u32,
    /// Refunds and returns.
    pub after: super::after::After,
}

/// What an order must come to, computed without our adapters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The platform's permanent id.
    pub id: String,
    /// The number that people see.
    pub number: String,
    /// ISO currency of the amounts.
    pub currency: String,
    /// What the buyer owes in all, before gift cards, in major units.
    pub total: Decimal,
    /// All taxes in it.
    pub tax: Decimal,
    /// The sum of the taxes that the platform lists by rate. WooCommerce that rounds at the subtotal
    /// rounds each listed rate for display, so that this can differ from `tax` by a unit a rate.
    pub listed_tax: Decimal,
    /// Lines of goods (gift cards sold included).
    pub goods: usize,
    /// SKUs of the goods, in order.
    pub skus: Vec<String>,
    /// How far it is.
    pub phase: Phase,
}

impl Draft {
    /// The same sold over a counter to somebody who was not asked for a name or an address, as Square's
    /// registers do: no profile, no fulfilment, and payments without e-mail and billing address.
    #[must_use]
    pub fn to_a_stranger(mut self) -> Self {
        self.buyer.account = None;
        self.buyer.company = None;
        self.buyer.email.clear();
        self.billing = Place::unknown();
        self.delivery = None;
        self.shipping = None;
        self
    }
    /// Decimals of its currency.
    pub(super) fn places(&self) -> u32 {
        match self.currency {
            "JPY" => 0,
            "KWD" => 3,
            _ => 2,
        }
    }
    /// When it last changed: a minute and a second after each other.
    pub(super) fn updated_at(&self) -> Timestamp {
        self.placed_at + SignedDuration::from_secs(12 + 61 * i64::from(self.edits))
    }
    /// When it was paid, if it was.
    pub(super) fn paid_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Pending => None,
            Phase::Paid | Phase::Completed | Phase::Cancelled => {
                Some(self.placed_at + SignedDuration::from_secs(9))
            }
        }
    }
    /// The percentages in use, each once, highest first.
    pub(super) fn percentages(&self) -> Vec<u32> {
        let extras = [&self.shipping, &self.fee];
        let mut all: Vec<u32> = self.lines.iter().flat_map(|line| line.taxes.clone()).collect();
        all.extend(extras.into_iter().flatten().filter_map(|extra| extra.tax));
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all
    }
    /// Replaces the first line's product by one that no Odoo has.
    #[must_use]
    pub fn with_unknown_sku(mut self) -> Self {
        self.lines[0].sku = UNKNOWN_SKU.to_owned();
        self
    }
    /// Replaces the first line's product by one that makes Odoo refuse the record.
    #[must_use]
    pub fn poisoned(mut self) -> Self {
        self.lines[0].sku = POISON_SKU.to_owned();
        self
    }
    /// What the goods of one line come to before any discount, on the basis of the price.
    pub(super) fn list_amount(&self, line: &DraftLine) -> Decimal {
        super::rounding::half_up(line.price * line.quantity, self.places())
    }
    /// Reductions of each line, its own and its share of the coupon, in minor units of the currency.
    /// A coupon never touches gift cards.
    pub(super) fn discounts(&self) -> Vec<(Decimal, Decimal)> {
        use super::rounding::{half_up, spread, tax_on};
        let places = self.places();
        let amounts: Vec<Decimal> = self.lines.iter().map(|line| self.list_amount(line)).collect();
        let own: Vec<Decimal> = self
            .lines
            .iter()
            .zip(&amounts)
            .map(|(line, amount)| half_up(tax_on(*amount, Decimal::from(line.discount)), places))
            .collect();
        let open: Vec<Decimal> = self
            .lines
            .iter()
            .zip(amounts.iter().zip(&own))
            .map(|(line, (amount, own))| if line.gift_card { Decimal::ZERO } else { amount - own })
            .collect();
        let sum: Decimal = open.iter().copied().sum();
        let whole = match &self.coupon {
            None => Decimal::ZERO,
            Some(_) if sum.is_zero() => Decimal::ZERO,
            Some(Coupon::Percent(percent)) => half_up(tax_on(sum, Decimal::from(*percent)), places),
            Some(Coupon::Amount(amount)) => (*amount).min(sum),
        };
        own.into_iter().zip(spread(whole, &open, places)).collect()
    }
    /// The rule of each percentage in use.
    pub(super) fn rules(&self, platform: Platform) -> Vec<&'static tax::TaxRate> {
        self.percentages().into_iter().map(|percent| tax::rule(platform, percent)).collect()
    }
}
