//! Fakes of the five selling platforms.
//!
//! A [`Fake`] is one store: it holds orders in the platform's own full shape, answers the fetch
//! endpoints as the real system does, refuses what the real one refuses (and notes it, see
//! [`Fake::violations`]), signs and sends webhooks, and misbehaves on request ([`Faults`]).
//!
//! The amounts of an order are computed here, from the [`Draft`], the way the platform computes
//! them. Nothing of our adapters is used, so that [`Expected`] is an independent second opinion.

mod after;
pub(crate) mod contract;
pub(crate) mod delivery;
mod draft;
pub(crate) mod exchange;
mod fake;
mod faults;
mod generate;
mod inspect;
mod magento;
pub(crate) mod oauth1;
mod paid;
mod people;
mod prestashop;
mod random;
mod rounding;
mod shop;
mod shopify;
mod square;
mod tax;
mod woocommerce;

pub use after::{
    After, DraftRefund, DraftReturn, ExpectedAfterSales, ExpectedRefund, ExpectedReturn,
    RefundState, SampleRefund,
};
pub use delivery::{Topic, forged, retried, tampered};
pub use draft::{Coupon, Draft, DraftLine, Expected, Phase};
pub use fake::{Edit, Fake};
pub use faults::Faults;
pub use generate::{SampleOrder, generate};
pub use paid::{Paid, PaidBack};
pub use random::Random;
pub use shop::{Platform, Shop, shops};
pub use tax::{TAX_RATES, TaxRate};

/// SKUs that every store sells, `SKU-001` to `SKU-060`; the fake Odoo seeds products of that name.
pub const SKUS: std::ops::RangeInclusive<u32> = 1..=60;
/// A SKU that no Odoo has.
pub const UNKNOWN_SKU: &str = "UNKNOWN-SKU";
/// A SKU whose product makes Odoo refuse every record that holds it.
pub const POISON_SKU: &str = "POISON";

/// The n-th SKU, from 1.
pub fn sku(n: u32) -> String {
    format!("SKU-{n:03}")
}

#[cfg(test)]
mod tests;
