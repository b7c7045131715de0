//! The members of `GET /V1/orders/{id}` that are read (OpenAPI 2.4.9, `sales-data-order-interface`).
//! Magento leaves null members out or sends them as null, writes amounts as JSON numbers (the
//! Commerce gift-wrap ones as text) and flags as 0 and 1. `base_*` members are in the website's
//! currency and never read.

use causeway_domain::{Decimal, OrderId, money};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// A whole-number id of up to 64 bits, from a JSON number or text, kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(String);

impl Id {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(d)?;
        id_text(&value).map(Self).ok_or_else(|| D::Error::custom("expected a whole-number id"))
    }
}

/// The digits of an id above zero, from a JSON number or text.
pub(super) fn id_text(value: &Value) -> Option<String> {
    let number: u64 = match value {
        // The literal text of the number: never through a float, so that 2^53 is no limit.
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (number > 0).then(|| number.to_string())
}

/// `entity_id` of an order document.
pub(super) fn order_id(document: &[u8]) -> Option<OrderId> {
    #[derive(Deserialize)]
    struct Head {
        entity_id: Id,
    }
    serde_json::from_slice::<Head>(document).ok().map(|head| OrderId::new(head.entity_id.0))
}

/// An amount, quantity or percentage; absent, null and empty are none.
///
/// Rounded to four decimals, which is what Magento's columns hold (`decimal(20,4)`): with
/// `serialize_precision = 17` PHP writes 12.39 as 12.390000000000001.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount(pub(super) Option<Decimal>);

impl Amount {
    pub(super) fn or_zero(self) -> Decimal {
        self.0.unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let limit = Decimal::from(1_000_000_000_000_i64);
        match money::optional_decimal_field(d)? {
            Some(amount) if amount.abs() > limit => Err(D::Error::custom("amount out of range")),
            amount => Ok(Self(amount.map(|amount| amount.round_dp(4)))),
        }
    }
}

/// 0, 1, "0", "1" or a boolean.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Value::deserialize(d)? {
            Value::Null => Ok(Self(false)),
            Value::Bool(flag) => Ok(Self(flag)),
            Value::Number(number) => Ok(Self(number.to_string() != "0")),
            Value::String(text) => Ok(Self(text == "1" || text == "true")),
            Value::Array(_) | Value::Object(_) => Err(D::Error::custom("expected a flag")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) entity_id: Id,
    pub(super) increment_id: Option<String>,
    pub(super) state: Option<String>,
    pub(super) status: Option<String>,
    pub(super) created_at: String,
    pub(super) updated_at: Option<String>,
    pub(super) order_currency_code: String,
    #[serde(default)]
    pub(super) is_virtual: Flag,
    #[serde(default)]
    pub(super) customer_is_guest: Flag,
    pub(super) customer_id: Option<Id>,
    pub(super) customer_email: Option<String>,
    pub(super) customer_firstname: Option<String>,
    pub(super) customer_middlename: Option<String>,
    pub(super) customer_lastname: Option<String>,
    pub(super) customer_taxvat: Option<String>,
    pub(super) customer_note: Option<String>,
    pub(super) grand_total: Amount,
    #[serde(default)]
    pub(super) total_refunded: Amount,
    #[serde(default)]
    pub(super) base_total_refunded: Amount,
    #[serde(default)]
    pub(super) discount_tax_compensation_amount: Amount,
    pub(super) shipping_description: Option<String>,
    #[serde(default)]
    pub(super) shipping_amount: Amount,
    #[serde(default)]
    pub(super) shipping_incl_tax: Amount,
    #[serde(default)]
    pub(super) shipping_tax_amount: Amount,
    #[serde(default)]
    pub(super) shipping_discount_amount: Amount,
    #[serde(default)]
    pub(super) shipping_discount_tax_compensation_amount: Amount,
    pub(super) items: Vec<Item>,
    pub(super) billing_address: Option<Address>,
    pub(super) payment: Option<Payment>,
    pub(super) extension_attributes: Option<Extension>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    pub(super) item_id: Id,
    pub(super) parent_item_id: Option<Id>,
    pub(super) product_id: Option<Id>,
    pub(super) product_type: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) qty_ordered: Amount,
    #[serde(default)]
    pub(super) price: Amount,
    #[serde(default)]
    pub(super) price_incl_tax: Amount,
    #[serde(default)]
    pub(super) original_price: Amount,
    #[serde(default)]
    pub(super) row_total: Amount,
    #[serde(default)]
    pub(super) row_total_incl_tax: Amount,
    #[serde(default)]
    pub(super) discount_amount: Amount,
    #[serde(default)]
    pub(super) discount_tax_compensation_amount: Amount,
    #[serde(default)]
    pub(super) tax_amount: Amount,
    #[serde(default)]
    pub(super) tax_percent: Amount,
    #[serde(default)]
    pub(super) weee_tax_applied_amount: Amount,
    #[serde(default)]
    pub(super) weee_tax_applied_row_amount: Amount,
    pub(super) extension_attributes: Option<ItemExtension>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ItemExtension {
    /// New in 2.4.9.
    #[serde(default)]
    pub(super) itemized_taxes: Vec<ItemizedTax>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ItemizedTax {
    pub(super) tax_code: Option<String>,
    #[serde(default)]
    pub(super) tax_percent: Amount,
    /// This rate's share; `amount` is that of the whole rule, which may have several rates.
    #[serde(default)]
    pub(super) real_amount: Amount,
    pub(super) taxable_item_type: Option<String>,
    pub(super) associated_item_id: Option<Id>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Address {
    pub(super) firstname: Option<String>,
    pub(super) middlename: Option<String>,
    pub(super) lastname: Option<String>,
    pub(super) company: Option<String>,
    #[serde(default)]
    pub(super) street: Vec<String>,
    pub(super) city: Option<String>,
    pub(super) postcode: Option<String>,
    pub(super) region: Option<String>,
    pub(super) region_code: Option<String>,
    pub(super) country_id: Option<String>,
    pub(super) telephone: Option<String>,
    pub(super) vat_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub(super) method: Option<String>,
    pub(super) last_trans_id: Option<String>,
    #[serde(default)]
    pub(super) amount_ordered: Amount,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Extension {
    #[serde(default)]
    pub(super) shipping_assignments: Vec<ShippingAssignment>,
    #[serde(default)]
    pub(super) applied_taxes: Vec<AppliedTax>,
    #[serde(default)]
    pub(super) item_applied_taxes: Vec<ItemAppliedTaxes>,
    /// New in 2.4.9: those that belong to no item.
    #[serde(default)]
    pub(super) additional_itemized_taxes: Vec<ItemizedTax>,
    /// New in 2.4.9.
    #[serde(default)]
    pub(super) custom_fees: Vec<CustomFee>,
    #[serde(default)]
    pub(super) gift_cards: Vec<GiftCard>,
    #[serde(default)]
    pub(super) gift_cards_amount: Amount,
    #[serde(default)]
    pub(super) customer_balance_amount: Amount,
    #[serde(default)]
    pub(super) reward_currency_amount: Amount,
    #[serde(default)]
    pub(super) gw_price: Amount,
    #[serde(default)]
    pub(super) gw_tax_amount: Amount,
    #[serde(default)]
    pub(super) gw_items_price: Amount,
    #[serde(default)]
    pub(super) gw_items_tax_amount: Amount,
    #[serde(default)]
    pub(super) gw_card_price: Amount,
    #[serde(default)]
    pub(super) gw_card_tax_amount: Amount,
    pub(super) company_order_attributes: Option<CompanyOrder>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CompanyOrder {
    pub(super) company_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ShippingAssignment {
    pub(super) shipping: Option<Shipping>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Shipping {
    pub(super) address: Option<Address>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AppliedTax {
    pub(super) code: Option<String>,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) percent: Amount,
    #[serde(default)]
    pub(super) amount: Amount,
}

#[derive(Debug, Deserialize)]
pub(super) struct ItemAppliedTaxes {
    /// `product`, `shipping`, `weee`, `item_gw`, `quote_gw`, `printed_card_gw`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) item_id: Option<Id>,
    pub(super) associated_item_id: Option<Id>,
    #[serde(default)]
    pub(super) applied_taxes: Vec<AppliedTax>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CustomFee {
    pub(super) custom_fee_code: String,
    pub(super) custom_fee_label: Option<String>,
    #[serde(default)]
    pub(super) custom_fee_amount: Amount,
}

#[derive(Debug, Deserialize)]
pub(super) struct GiftCard {
    pub(super) id: Option<Id>,
    #[serde(default)]
    pub(super) amount: Amount,
}
