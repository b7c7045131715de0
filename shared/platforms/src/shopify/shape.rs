//! The answers to the queries of an order, field by field as the queries ask for them.

use causeway_domain::Decimal;
use causeway_domain::money::{decimal_field, optional_decimal_field};
use serde::Deserialize;
use serde_json::Value;

/// Any GraphQL answer.
#[derive(Deserialize)]
pub(super) struct GraphQl<T> {
    #[serde(default = "Option::default")]
    pub(super) data: Option<T>,
    /// A list of objects, or one text for a request that did not get that far.
    #[serde(default)]
    pub(super) errors: Option<Value>,
    #[serde(default)]
    pub(super) extensions: Option<Extensions>,
}

#[derive(Deserialize)]
pub(super) struct Extensions {
    pub(super) cost: Option<Cost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    #[serde(default, deserialize_with = "optional_decimal_field")]
    pub(super) requested_query_cost: Option<Decimal>,
    pub(super) throttle_status: Option<ThrottleStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThrottleStatus {
    #[serde(deserialize_with = "decimal_field")]
    pub(super) currently_available: Decimal,
    #[serde(deserialize_with = "decimal_field")]
    pub(super) restore_rate: Decimal,
}

#[derive(Deserialize)]
pub(super) struct OrderData {
    pub(super) order: Option<OrderNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderNode {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) processed_at: String,
    pub(super) updated_at: String,
    pub(super) cancelled_at: Option<String>,
    pub(super) test: bool,
    pub(super) edited: bool,
    pub(super) display_financial_status: Option<String>,
    pub(super) currency_code: String,
    pub(super) presentment_currency_code: String,
    pub(super) taxes_included: bool,
    pub(super) duties_included: bool,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) note: Option<String>,
    pub(super) custom_attributes: Vec<Attribute>,
    pub(super) customer: Option<CustomerNode>,
    /// Absent with `b2b = false`; an empty object where a person bought.
    #[serde(default)]
    pub(super) purchasing_entity: Option<PurchasingEntity>,
    pub(super) billing_address: Option<MailingAddress>,
    pub(super) shipping_address: Option<MailingAddress>,
    pub(super) total_price_set: MoneyBag,
    pub(super) current_total_price_set: MoneyBag,
    pub(super) total_refunded_set: MoneyBag,
    pub(super) total_tip_received_set: MoneyBag,
    pub(super) total_cash_rounding_adjustment: CashRounding,
    pub(super) line_items: Connection<LineItem>,
    pub(super) shipping_lines: Connection<ShippingLine>,
    pub(super) additional_fees: Vec<Charge>,
    pub(super) transactions: Vec<Transaction>,
    /// The first, if there is any.
    pub(super) refunds: Vec<Identified>,
    pub(super) return_status: String,
}

#[derive(Deserialize)]
pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerNode {
    pub(super) id: String,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) default_email_address: Option<EmailAddress>,
    pub(super) default_phone_number: Option<PhoneNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailAddress {
    pub(super) email_address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhoneNumber {
    pub(super) phone_number: String,
}

#[derive(Deserialize)]
pub(super) struct PurchasingEntity {
    #[serde(default)]
    pub(super) company: Option<Named>,
    #[serde(default)]
    pub(super) location: Option<CompanyLocation>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompanyLocation {
    pub(super) tax_settings: TaxSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxSettings {
    pub(super) tax_registration_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MailingAddress {
    pub(super) name: Option<String>,
    pub(super) company: Option<String>,
    pub(super) address1: Option<String>,
    pub(super) address2: Option<String>,
    pub(super) city: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) province_code: Option<String>,
    pub(super) province: Option<String>,
    pub(super) country_code_v2: Option<String>,
    pub(super) phone: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MoneyBag {
    pub(super) shop_money: MoneyV2,
    pub(super) presentment_money: MoneyV2,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MoneyV2 {
    #[serde(deserialize_with = "decimal_field")]
    pub(super) amount: Decimal,
    pub(super) currency_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CashRounding {
    pub(super) payment_set: MoneyBag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub(super) page_info: PageInfo,
    pub(super) nodes: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    #[serde(default)]
    pub(super) end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineItem {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sku: Option<String>,
    pub(super) quantity: u32,
    pub(super) is_gift_card: bool,
    pub(super) requires_shipping: bool,
    pub(super) variant: Option<Identified>,
    pub(super) original_unit_price_set: MoneyBag,
    pub(super) discount_allocations: Vec<DiscountAllocation>,
    pub(super) tax_lines: Vec<TaxLine>,
    pub(super) duties: Vec<Charge>,
}

#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DiscountAllocation {
    pub(super) allocated_amount_set: MoneyBag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxLine {
    pub(super) title: String,
    #[serde(default, deserialize_with = "optional_decimal_field")]
    pub(super) rate: Option<Decimal>,
    pub(super) channel_liable: Option<bool>,
    pub(super) price_set: MoneyBag,
}

/// A duty (without a name) or an additional fee.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Charge {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) price: MoneyBag,
    pub(super) tax_lines: Vec<TaxLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShippingLine {
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) original_price_set: MoneyBag,
    pub(super) discounted_price_set: MoneyBag,
    pub(super) tax_lines: Vec<TaxLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) gateway: Option<String>,
    pub(super) amount_set: MoneyBag,
    pub(super) parent_transaction: Option<Identified>,
}

#[derive(Deserialize)]
pub(super) struct LinesData {
    pub(super) order: Option<LinesNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinesNode {
    pub(super) updated_at: String,
    pub(super) line_items: Connection<LineItem>,
}

#[derive(Deserialize)]
pub(super) struct EditsData {
    pub(super) order: Option<EditsNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EditsNode {
    pub(super) updated_at: String,
    pub(super) agreements: Connection<Agreement>,
}

#[derive(Deserialize)]
pub(super) struct Agreement {
    pub(super) reason: String,
    pub(super) sales: Connection<Sale>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sale {
    pub(super) action_type: String,
    pub(super) quantity: Option<i64>,
    pub(super) total_amount: MoneyBag,
    pub(super) total_tax_amount: MoneyBag,
    pub(super) taxes: Vec<SaleTax>,
    /// Only of goods, gift cards and tips.
    #[serde(default)]
    pub(super) line_item: Option<Identified>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaleTax {
    pub(super) amount: MoneyBag,
    pub(super) tax_line: SaleTaxLine,
}

#[derive(Deserialize)]
pub(super) struct SaleTaxLine {
    pub(super) title: String,
    #[serde(default, deserialize_with = "optional_decimal_field")]
    pub(super) rate: Option<Decimal>,
}

/// `gid://shopify/Order/820982911946154508` gives `820982911946154508`. A trailing `?...` that some
/// ids carry is cut.
pub(super) fn id_tail(gid: &str) -> Option<&str> {
    let tail = gid.strip_prefix("gid://shopify/")?.rsplit('/').next()?;
    let tail = tail.split('?').next()?;
    (!tail.is_empty()).then_some(tail)
}
