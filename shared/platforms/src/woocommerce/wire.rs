//! An order as WooCommerce's REST API v3 sends it, as far as we read it. Amounts are strings, the
//! line's `price` is an unrounded JSON number (STORES, WooCommerce 12); ids are integers.
//! Source: WooCommerce REST API v3, order properties; recordings of 9.9.5.

use causeway_domain::{Decimal, money};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::rounding::LARGEST;

/// An amount in major units; `None` for null, absent or empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount(pub Option<Decimal>);

impl Amount {
    /// The amount, nothing if there is none.
    pub(super) fn or_zero(self) -> Decimal {
        self.0.unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let amount = money::optional_decimal_field(d)?;
        match amount {
            Some(amount) if amount.abs() > LARGEST => Err(D::Error::custom("amount out of range")),
            Some(_) | None => Ok(Self(amount)),
        }
    }
}

/// A database id: an integer (or its text) that fits 64 bits; 0, null and empty mean "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(pub u64);

impl Id {
    /// The id as text, `None` for 0.
    pub(super) fn text(self) -> Option<String> {
        (self.0 > 0).then(|| self.0.to_string())
    }
    /// Reads a JSON value, never through a float.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self(0)),
            Value::Number(number) => number.to_string().parse().ok().map(Self),
            Value::String(text) if text.is_empty() => Some(Self(0)),
            Value::String(text) => text.parse().ok().map(Self),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::read(&Value::deserialize(d)?).ok_or_else(|| D::Error::custom("expected an id"))
    }
}

/// Text; null and absent are empty.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(d)?.unwrap_or_default())
}

/// An object, or the empty array that PHP writes for an object without members.
fn object<'de, D: Deserializer<'de>, T: Default + serde::de::DeserializeOwned>(
    d: D,
) -> Result<T, D::Error> {
    match Value::deserialize(d)? {
        Value::Null => Ok(T::default()),
        Value::Array(items) if items.is_empty() => Ok(T::default()),
        value @ (Value::Object(_)
        | Value::Array(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)) => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

/// `GET /wp-json/wc/v3/orders/{id}`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcOrder {
    pub id: Id,
    pub status: String,
    pub currency: String,
    #[serde(default)]
    pub prices_include_tax: bool,
    pub total: Amount,
    #[serde(default, deserialize_with = "text")]
    pub number: String,
    #[serde(default)]
    pub customer_id: Id,
    #[serde(default, deserialize_with = "object")]
    pub billing: WcAddress,
    #[serde(default, deserialize_with = "object")]
    pub shipping: WcAddress,
    #[serde(default, deserialize_with = "text")]
    pub payment_method: String,
    #[serde(default, deserialize_with = "text")]
    pub transaction_id: String,
    #[serde(default, deserialize_with = "text")]
    pub customer_note: String,
    #[serde(default, deserialize_with = "text")]
    pub date_created_gmt: String,
    #[serde(default, deserialize_with = "text")]
    pub date_modified_gmt: String,
    /// Empty until the order is paid.
    #[serde(default, deserialize_with = "text")]
    pub date_paid_gmt: String,
    #[serde(default)]
    pub meta_data: Vec<WcMeta>,
    pub line_items: Vec<WcItem>,
    #[serde(default)]
    pub shipping_lines: Vec<WcItem>,
    #[serde(default)]
    pub fee_lines: Vec<WcItem>,
    #[serde(default)]
    pub tax_lines: Vec<WcTaxLine>,
    /// Only that they exist; their lines are documents of their own.
    #[serde(default)]
    pub refunds: Vec<IgnoredAny>,
}

/// One entry of `GET /wp-json/wc/v3/orders/{id}/refunds`. Its lines are those of an order with
/// negative quantities and amounts, linked by the meta `_refunded_item_id` (STORES, WooCommerce 11).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcRefund {
    pub id: Id,
    #[serde(default, deserialize_with = "text")]
    pub date_created_gmt: String,
    /// What goes back, tax included; positive.
    pub amount: Amount,
    /// True if the gateway was asked to pay it back; false if a person does.
    #[serde(default)]
    pub refunded_payment: bool,
    #[serde(default)]
    pub line_items: Vec<WcItem>,
    #[serde(default)]
    pub shipping_lines: Vec<WcItem>,
    #[serde(default)]
    pub fee_lines: Vec<WcItem>,
    #[serde(default)]
    pub tax_lines: Vec<WcTaxLine>,
}

/// A goods, shipping or fee line; each kind has its own part of the fields.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcItem {
    pub id: Id,
    /// Goods and fees.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Shipping.
    #[serde(default, deserialize_with = "text")]
    pub method_title: String,
    #[serde(default)]
    pub product_id: Id,
    #[serde(default)]
    pub variation_id: Id,
    #[serde(default, deserialize_with = "text")]
    pub sku: String,
    /// Goods only.
    #[serde(default)]
    pub quantity: Amount,
    #[serde(default)]
    pub price: Amount,
    #[serde(default)]
    pub subtotal: Amount,
    #[serde(default)]
    pub subtotal_tax: Amount,
    pub total: Amount,
    #[serde(default)]
    pub total_tax: Amount,
    #[serde(default)]
    pub taxes: Vec<WcItemTax>,
    #[serde(default)]
    pub meta_data: Vec<WcMeta>,
}

impl WcItem {
    /// A custom field that holds a whole number.
    pub(super) fn meta_number(&self, key: &str) -> Option<u64> {
        let field = self.meta_data.iter().rev().find(|meta| meta.key == key)?;
        Id::read(&field.value).map(|id| id.0)
    }
}

/// One rate on one line: `total` with up to six decimals, empty where the rate does not apply.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcItemTax {
    pub id: Id,
    #[serde(default)]
    pub total: Amount,
}

/// One rate over the whole order, rounded as the customer sees it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcTaxLine {
    pub rate_id: Id,
    #[serde(default, deserialize_with = "text")]
    pub label: String,
    #[serde(default, deserialize_with = "text")]
    pub rate_code: String,
    /// A compound rate is applied on top of the others; its amount is what counts for us.
    #[serde(default)]
    pub compound: bool,
    pub tax_total: Amount,
    #[serde(default)]
    pub shipping_tax_total: Amount,
    #[serde(default)]
    pub rate_percent: Amount,
}

/// A custom field; the value may be anything.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WcMeta {
    #[serde(default, deserialize_with = "text")]
    pub key: String,
    #[serde(default)]
    pub value: Value,
}

/// `billing` or `shipping`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WcAddress {
    #[serde(deserialize_with = "text")]
    pub first_name: String,
    #[serde(deserialize_with = "text")]
    pub last_name: String,
    #[serde(deserialize_with = "text")]
    pub company: String,
    #[serde(deserialize_with = "text")]
    pub address_1: String,
    #[serde(deserialize_with = "text")]
    pub address_2: String,
    #[serde(deserialize_with = "text")]
    pub city: String,
    #[serde(deserialize_with = "text")]
    pub state: String,
    #[serde(deserialize_with = "text")]
    pub postcode: String,
    #[serde(deserialize_with = "text")]
    pub country: String,
    #[serde(deserialize_with = "text")]
    pub email: String,
    #[serde(deserialize_with = "text")]
    pub phone: String,
}
