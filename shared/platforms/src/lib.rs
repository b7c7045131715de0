//! The selling platforms as pure adapters. Bytes become values, values become request descriptions;
//! no adapter opens a socket, reads a clock or draws a random number.
//!
//! A platform is one folder that implements [`Adapter`] and one line in [`registry`].
#![deny(clippy::float_arithmetic)]

pub mod adapter;
pub mod answer;
pub mod oauth1;
pub mod options;
pub mod registry;
mod rounding;
pub mod signature;
pub mod status;
#[cfg(test)]
mod testing;
pub mod token;
pub mod webhook;
mod window;

mod magento;
mod prestashop;
mod shopify;
mod square;
mod woocommerce;

pub use adapter::{
    Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext, Poll, Problem,
};
pub use registry::adapter;
pub use shopify::answer as shopify_answer;
pub use webhook::{RawRequest, Refusal, Trust, Verification, Verified};
