//! An order in the terms that every platform shares, and the sums it must satisfy.

use crate::customer::{Address, Customer};
use crate::fault::Fault;
use crate::id::{LineId, OrderKey, PlatformId, ProductId, Sku};
use crate::money::{Currency, Money, MoneyError};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What an order's platform status means for Odoo. A store's `[status]` table can override it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not an order (yet): a cart, an unpaid checkout, a failed payment.
    Ignore,
    /// Becomes a quotation that is not confirmed: payment is announced but not there.
    Quotation,
    /// Becomes a confirmed order.
    Confirmed,
    /// Cancelled on the platform.
    Cancelled,
}

/// One order as it is now on its platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Store and platform id.
    pub key: OrderKey,
    /// The platform it came from.
    pub platform: PlatformId,
    /// The number people see: `#1001`, `000000036`. Odoo's `client_order_ref`.
    pub number: String,
    /// The platform's own status word(s), in lower case: `processing`, `paid`, `cancelled`.
    pub status: String,
    /// What that status means by default.
    pub standing: Standing,
    /// When it was placed, UTC.
    pub placed_at: Timestamp,
    /// When it last changed, UTC, if the platform tells. Informative only: never a version.
    pub updated_at: Option<Timestamp>,
    /// Currency of every amount.
    pub currency: Currency,
    /// True if [`Line::unit_price`] and [`Line::discount`] contain tax.
    pub prices_include_tax: bool,
    /// Who bought.
    pub customer: Customer,
    /// Invoice address.
    pub billing: Address,
    /// Delivery address; `None` where nothing is shipped (then the invoice address serves).
    pub shipping: Option<Address>,
    /// Everything that has an amount, in the platform's order: goods, shipping, discounts, ...
    pub lines: Vec<Line>,
    /// What the customer owes in all, tax included, before gift cards and other payments.
    pub total: Money,
    /// Payments and gift cards that the platform lists. They never change [`Order::total`].
    pub payments: Vec<Payment>,
    /// True if the platform's own document shows refunds or returns; a platform that does not show
    /// them there (PrestaShop) leaves it false. Only a hint to look at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_after_sales: bool,
    /// True for a test order of the platform.
    pub test: bool,
    /// The buyer's note.
    pub note: Option<crate::redact::Personal<String>>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Stable over edits; unique within the order, over all kinds.
    pub id: LineId,
    /// What it is.
    pub kind: LineKind,
    /// The text people see.
    pub title: String,
    /// How many; above zero.
    pub quantity: Decimal,
    /// List price of one before discount, with or without tax as the order says, unrounded.
    pub unit_price: Decimal,
    /// Reduction of the whole line, on the same basis as `unit_price`; not negative.
    pub discount: Money,
    /// What the line comes to after discount, without tax. Negative on a discount line.
    pub net: Money,
    /// Its taxes. The sum over lines of net and taxes is the order's total.
    pub taxes: Vec<LineTax>,
}

/// What a line stands for; decides the Odoo product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LineKind {
    /// A thing sold.
    Product(ProductRef),
    /// Delivery.
    Shipping,
    /// A reduction of the order as a whole that the platform does not spread over lines.
    Discount,
    /// Gift wrapping.
    GiftWrap,
    /// Tip.
    Tip,
    /// Any other surcharge: payment fee, service charge, duties.
    Fee,
    /// A gift card sold (a liability, not a sale).
    GiftCardSold,
}

/// How the platform names the sold thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRef {
    /// Variant, variation or combination id; `None` for a custom line or a deleted product.
    pub id: Option<ProductId>,
    /// SKU; `None` if the platform has none.
    pub sku: Option<Sku>,
}

/// How the platform names a tax rule: WooCommerce `rate_id:3`, Shopify `VAT`, PrestaShop `tax:12`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxCode(pub String);

/// Who owes a tax to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// The merchant: the usual case.
    Merchant,
    /// The marketplace or channel remits it (Shopify `channel_liable`).
    Marketplace,
}

/// One tax on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// The platform's name of the rule.
    pub code: TaxCode,
    /// The text people see.
    pub title: String,
    /// Percent: 21 for 21 %. `None` where the platform tells only the amount.
    pub rate: Option<Decimal>,
    /// Amount in the order's currency.
    pub amount: Money,
    /// Who owes it.
    pub collector: Collector,
}

/// A payment or gift card on the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The platform's id of the payment, if it has one.
    pub id: Option<String>,
    /// The platform's name of the method: `stripe`, `bacs`, `gift_card`.
    pub method: String,
    /// What it is.
    pub kind: PaymentKind,
    /// Amount.
    pub amount: Money,
}

/// Kinds of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// Money came or is announced.
    Money,
    /// A gift card or store credit was used.
    GiftCard,
}

impl Line {
    /// A line without tax that is one of something at that price: a tip, cash rounding.
    pub fn untaxed(id: &str, kind: LineKind, title: &str, amount: Money) -> Self {
        Self {
            id: LineId::new(id),
            kind,
            title: title.to_owned(),
            quantity: Decimal::ONE,
            unit_price: amount.to_decimal(),
            discount: Money::zero(amount.currency()),
            net: amount,
            taxes: Vec::new(),
        }
    }
    /// Net and taxes together.
    pub fn gross(&self) -> Result<Money, MoneyError> {
        self.taxes.iter().try_fold(self.net, |sum, tax| sum.plus(tax.amount))
    }
}

impl Order {
    /// Sum of all lines, net and tax.
    pub fn lines_total(&self) -> Result<Money, MoneyError> {
        let gross: Vec<Money> = self.lines.iter().map(Line::gross).collect::<Result<_, _>>()?;
        Money::sum(gross, self.currency)
    }

    /// Sum of all taxes.
    pub fn tax_total(&self) -> Result<Money, MoneyError> {
        Money::sum(
            self.lines.iter().flat_map(|line| line.taxes.iter().map(|tax| tax.amount)),
            self.currency,
        )
    }

    /// Checks what every adapter must deliver: at least one line, quantities above zero, line ids
    /// unique, and lines that sum to the total to the minor unit.
    pub fn check(&self) -> Result<(), Fault> {
        let broken = |reason: String| {
            Err(Fault::reject(
                format!("order {} ({}): {reason}", self.key, self.number),
                "compare the order on the platform with its lines; report it if they do sum up",
            ))
        };
        if self.lines.is_empty() {
            return broken("it has no lines".to_owned());
        }
        let mut ids: Vec<&LineId> = self.lines.iter().map(|line| &line.id).collect();
        ids.sort();
        if ids.windows(2).any(|pair| pair.first() == pair.get(1)) {
            return broken("two lines have the same id".to_owned());
        }
        if let Some(line) = self.lines.iter().find(|line| line.quantity <= Decimal::ZERO) {
            return broken(format!("line {} has quantity {}", line.id, line.quantity));
        }
        match self.lines_total() {
            Ok(sum) if sum == self.total => Ok(()),
            Ok(sum) => broken(format!("its lines sum to {sum}, its total is {}", self.total)),
            Err(error) => broken(error.to_string()),
        }
    }
}
