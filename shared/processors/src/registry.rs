//! The only list of processors.

use crate::processor::Processor;

/// Every processor that is built in.
pub static PROCESSORS: &[&dyn Processor] = &[
    &crate::adyen::Adyen,
    &crate::paypal::PayPal,
    &crate::shopify::ShopifyPayments,
    &crate::square::SquarePayouts,
    &crate::stripe::Stripe,
];

/// The processor by its name in the URL and the configuration, or `None`.
pub fn processor(id: &str) -> Option<&'static dyn Processor> {
    PROCESSORS.iter().copied().find(|processor| processor.id() == id)
}
