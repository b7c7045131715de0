//! The settings of one store and of its Odoo.

use super::journal::{JournalPosting, Posting};
use causeway_domain::{Collector, CountryCode, Currency, Decimal, PlatformId, Secret, StoreId};
use causeway_odoo::{Connection as OdooConnection, Protocol};
use causeway_platforms::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// An Odoo database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdooConfig {
    /// Base URL.
    pub url: Url,
    /// Database name; needed when several share a domain (`X-Odoo-Database`) and on 17/18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// JSON-2 (19+) or legacy JSON-RPC (17, 18).
    pub protocol: Protocol,
    /// Login of the integration user; only for the legacy protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Whether Odoo logs in the chatter of an order that it was made and confirmed, and mails its
    /// salesperson.
    #[serde(default)]
    pub chatter: bool,
    /// Name of the secret that holds the API key.
    pub api_key: String,
    /// A custom text field of `sale.order` for the platform's order id, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id_field: Option<String>,
}

impl OdooConfig {
    /// The connection for one company.
    pub fn connection(&self, name: &str, company: i64, api_key: Secret) -> OdooConnection {
        OdooConnection {
            name: name.to_owned(),
            base_url: self.url.clone(),
            database: self.database.clone(),
            protocol: self.protocol,
            login: self.login.clone(),
            chatter: self.chatter,
            company,
            api_key,
        }
    }
}

/// A store.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Platform by its name in the URL.
    pub platform: PlatformId,
    /// Name of its Odoo.
    pub odoo: String,
    /// Odoo company id.
    pub company: i64,
    /// Base URL of the platform's API.
    pub base_url: Url,
    /// The webhook URL exactly as registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// Name of the secret that signs webhooks.
    pub webhook_secret: String,
    /// Name of the secret with the API credentials.
    pub api_credentials: String,
    /// Platform-specific options.
    #[serde(default)]
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Platform status -> what it means; overrides the platform's defaults.
    #[serde(default)]
    pub status: serde_json::Map<String, serde_json::Value>,
    /// How orders are made.
    pub order: OrderPolicy,
    /// How customers are found.
    #[serde(default)]
    pub customers: Customers,
    /// Odoo products for lines that are not goods.
    pub products: ProductMap,
    /// Currencies that the store sells in.
    pub currencies: BTreeMap<Currency, CurrencyMap>,
    /// Tax rules; the most specific one that matches wins.
    pub taxes: Vec<TaxRule>,
    /// The 0 % tax for lines that the platform does not tax (a pin needs a tax, odoo FACTS A15).
    pub no_tax: i64,
    /// Payment methods with settings of their own.
    #[serde(default)]
    pub payments: BTreeMap<String, PaymentMap>,
    /// What happens after the order: invoices, payments, refunds, returns.
    #[serde(default)]
    pub after_sales: AfterSalesPolicy,
    /// What a sale becomes in Odoo.
    #[serde(default)]
    pub posting: Posting,
    /// The settings of [`Posting::Journal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalPosting>,
}

impl StoreConfig {
    /// The connection as the platform's adapter wants it.
    pub fn connection(&self, store: &StoreId) -> Connection {
        let mut options = self.options.clone();
        if !self.status.is_empty() {
            options.insert("status".to_owned(), self.status.clone().into());
        }
        Connection {
            store: store.clone(),
            base_url: self.base_url.clone(),
            webhook_url: self.webhook_url.clone(),
            options,
        }
    }
}

/// How orders are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPolicy {
    /// `stock.warehouse` id.
    pub warehouse: i64,
    /// `crm.team` id.
    pub team: i64,
    /// `res.users` id of the salesperson; unset, Odoo would take the integration user.
    pub salesperson: i64,
    /// `account.payment.term` id; unset, the partner's term could change totals.
    pub payment_term: i64,
    /// Test orders of the platform.
    #[serde(default)]
    pub test_orders: TestOrders,
    /// An SKU that Odoo does not have.
    #[serde(default)]
    pub unknown_sku: UnknownSku,
    /// An order that changes after it is in Odoo.
    #[serde(default)]
    pub edits: EditPolicy,
    /// Odoo 17 and 18 cannot pin amounts.
    #[serde(default)]
    pub totals_without_pins: TotalsWithoutPins,
}

/// What to do with test orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestOrders {
    /// Not brought to Odoo.
    #[default]
    Skip,
    /// Treated like any order (for a staging environment).
    Project,
}

/// What to do when a SKU is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownSku {
    /// Park the order until the product exists.
    #[default]
    Wait,
    /// Ask a person at once.
    Reject,
}

/// What to do with a changed order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditPolicy {
    /// Change what Odoo still allows; ask a person for the rest.
    #[default]
    Update,
    /// Always ask a person.
    Review,
}

/// What to do when Odoo's own total differs and cannot be pinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalsWithoutPins {
    /// Ask a person.
    #[default]
    Reject,
    /// Accept a difference of rounding; the draft invoice is to be corrected.
    CorrectInvoice,
}

/// How customers are found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customers {
    /// `res.partner` for sales without any customer (point of sale).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<i64>,
    /// Several partners match by e-mail or VAT.
    #[serde(default)]
    pub several: SeveralMatches,
}

/// What to do when several partners match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveralMatches {
    /// Ask a person.
    #[default]
    Reject,
    /// Take the one with the lowest id.
    Oldest,
}

/// Odoo products (`product.product` ids) for lines that are not goods.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductMap {
    /// Delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<i64>,
    /// Order-level discounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<i64>,
    /// Gift wrapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift_wrap: Option<i64>,
    /// Tips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<i64>,
    /// Other surcharges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<i64>,
    /// Gift cards sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift_card: Option<i64>,
}

/// What a currency needs in Odoo.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyMap {
    /// `product.pricelist` in that currency; it is what gives the order its currency (FACTS A7).
    pub pricelist: i64,
}

/// One tax rule. Absent conditions match everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    /// The platform's code or title of the tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Percent; a number or text.
    #[serde(default, deserialize_with = "percent", skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// Delivery country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// True: only customers with a VAT number; false: only those without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<bool>,
    /// Who owes it.
    #[serde(default = "merchant")]
    pub collector: Collector,
    /// `account.tax` whose price excludes it.
    pub tax: i64,
    /// `account.tax` whose price includes it, for stores with gross prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_included: Option<i64>,
}

/// A percentage as TOML writes it. A float's shortest text is what the operator typed.
fn percent<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Whole(i64),
        Fraction(f64),
    }
    let text = match Option::<Written>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Written::Text(text)) => text,
        Some(Written::Whole(whole)) => whole.to_string(),
        Some(Written::Fraction(fraction)) => fraction.to_string(),
    };
    causeway_domain::money::decimal(&text).map(Some).map_err(serde::de::Error::custom)
}

fn merchant() -> Collector {
    Collector::Merchant
}

/// Settings of one payment method.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentMap {
    /// `account.payment.term` for orders paid this way; the store's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_term: Option<i64>,
    /// `account.journal` that payments of this method are booked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<i64>,
}

/// What happens after the order. The default leaves invoices and payments to people, and brings
/// cancellations, refunds and returns into what they made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterSalesPolicy {
    /// Who makes invoices, and when.
    #[serde(default)]
    pub invoices: InvoicePolicy,
    /// How payments get into Odoo.
    #[serde(default)]
    pub payments: PaymentPolicy,
    /// `account.journal` of payment methods that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<i64>,
    /// A locked order that is cancelled or refunded.
    #[serde(default)]
    pub locked: LockedOrders,
    /// Who says that goods are back.
    #[serde(default)]
    pub returns: ReturnValidation,
    /// `stock.location` by the platform's reason code; `default` for every other.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub return_locations: BTreeMap<String, i64>,
}

impl AfterSalesPolicy {
    /// True if Causeway makes invoices or payments of its own.
    pub(super) fn makes_documents(&self) -> bool {
        match (self.invoices, self.payments) {
            (InvoicePolicy::None, PaymentPolicy::None | PaymentPolicy::Settlement) => false,
            (InvoicePolicy::AtOrder | InvoicePolicy::AtDelivery, _)
            | (InvoicePolicy::None, PaymentPolicy::PerOrder) => true,
        }
    }

    /// True if every order has something to be done after it.
    pub fn follows_every_order(&self) -> bool {
        let invoices = match self.invoices {
            InvoicePolicy::None => false,
            InvoicePolicy::AtOrder | InvoicePolicy::AtDelivery => true,
        };
        invoices
            || match self.payments {
                PaymentPolicy::PerOrder => true,
                PaymentPolicy::None | PaymentPolicy::Settlement => false,
            }
    }
}

/// Who makes invoices, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoicePolicy {
    /// Not Causeway.
    #[default]
    None,
    /// As soon as the order is confirmed.
    AtOrder,
    /// Once its goods are delivered.
    AtDelivery,
}

/// How payments get into Odoo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPolicy {
    /// Not by Causeway.
    #[default]
    None,
    /// One Odoo payment for each captured payment of an order.
    PerOrder,
    /// By the import of the processors' payouts.
    Settlement,
}

/// A locked order that is cancelled or refunded on the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockedOrders {
    /// Ask a person.
    #[default]
    Review,
    /// Unlock it.
    Unlock,
}

/// Who says that returned goods are back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnValidation {
    /// The warehouse, by validating the return picking in Odoo.
    #[default]
    Warehouse,
    /// The platform: a return that is finished there is validated in Odoo.
    Platform,
}
