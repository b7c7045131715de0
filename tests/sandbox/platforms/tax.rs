//! The tax rules of the fake stores: Belgian VAT only, so that every one can be mapped.

use super::shop::Platform;
use rust_decimal::Decimal;

/// One tax rule of a fake store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRate {
    /// The platform whose stores have it.
    pub platform: Platform,
    /// Its id or key on the platform: WooCommerce and PrestaShop rate id, Shopify title, Magento rate
    /// code, Square catalogue id.
    pub id: &'static str,
    /// The text people see.
    pub title: &'static str,
    /// Whole percent.
    pub percent: u32,
}

const fn rate(platform: Platform, id: &'static str, title: &'static str, percent: u32) -> TaxRate {
    TaxRate { platform, id, title, percent }
}

/// Every tax rule that the fakes use.
pub const TAX_RATES: &[TaxRate] = &[
    rate(Platform::Shopify, "BTW 21%", "BTW 21%", 21),
    rate(Platform::Shopify, "BTW 12%", "BTW 12%", 12),
    rate(Platform::Shopify, "BTW 6%", "BTW 6%", 6),
    rate(Platform::Shopify, "BTW 0%", "BTW 0%", 0),
    rate(Platform::WooCommerce, "1", "BTW 21", 21),
    rate(Platform::WooCommerce, "2", "BTW 12", 12),
    rate(Platform::WooCommerce, "3", "BTW 6", 6),
    rate(Platform::WooCommerce, "4", "BTW 0", 0),
    rate(Platform::Magento, "BE-21", "BTW 21%", 21),
    rate(Platform::Magento, "BE-12", "BTW 12%", 12),
    rate(Platform::Magento, "BE-6", "BTW 6%", 6),
    rate(Platform::Magento, "BE-0", "BTW 0%", 0),
    rate(Platform::PrestaShop, "1", "BTW BE 21%", 21),
    rate(Platform::PrestaShop, "2", "BTW BE 12%", 12),
    rate(Platform::PrestaShop, "3", "BTW BE 6%", 6),
    rate(Platform::PrestaShop, "4", "BTW BE 0%", 0),
    rate(Platform::Square, "TAX21BEVAT", "BTW 21%", 21),
    rate(Platform::Square, "TAX12BEVAT", "BTW 12%", 12),
    rate(Platform::Square, "TAX06BEVAT", "BTW 6%", 6),
    rate(Platform::Square, "TAX00BEVAT", "BTW 0%", 0),
];

/// The rule of a platform for a percentage of the table.
pub(super) fn rule(platform: Platform, percent: u32) -> &'static TaxRate {
    TAX_RATES
        .iter()
        .find(|rate| rate.platform == platform && rate.percent == percent)
        .expect("a percentage of the table")
}

impl TaxRate {
    /// The code of the rule as an adapter names it in [`causeway_domain::TaxCode`].
    pub fn code(&self) -> String {
        match self.platform {
            Platform::WooCommerce => format!("rate:{}", self.id),
            Platform::PrestaShop => format!("tax:{}", self.id),
            Platform::Shopify | Platform::Magento | Platform::Square => self.id.to_owned(),
        }
    }
    /// The percentage as a decimal.
    pub fn rate(&self) -> Decimal {
        Decimal::from(self.percent)
    }
}
