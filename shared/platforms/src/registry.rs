//! The only list of platforms.

use crate::adapter::Adapter;

/// Every platform that is built in.
pub static ADAPTERS: &[&dyn Adapter] = &[
    &crate::magento::Magento,
    &crate::prestashop::PrestaShop,
    &crate::shopify::Shopify,
    &crate::square::Square,
    &crate::woocommerce::WooCommerce,
];

/// The adapter of a platform by its name in the URL, or `None`.
pub fn adapter(id: &str) -> Option<&'static dyn Adapter> {
    ADAPTERS.iter().copied().find(|adapter| adapter.id() == id)
}
