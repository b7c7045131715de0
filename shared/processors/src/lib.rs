//! The payment processors as pure adapters: their webhooks, disputes and settlements. Bytes become
//! values, values become request descriptions; nothing here opens a socket or reads a clock.
//!
//! A processor is one folder that implements [`Processor`] and one line in [`registry`].
#![deny(clippy::float_arithmetic)]

mod amount;
mod draft;
pub mod fault;
pub mod lag;
pub mod processor;
pub mod registry;
mod request;
mod table;

mod adyen;
mod paypal;
mod shopify;
mod square;
mod stripe;

pub use fault::{SettlementFault, Wrong};
pub use lag::{Days, Lag, Method, refund_lag};
pub use processor::{
    AccountConnection, AccountContext, DisputeFees, FetchDispute, FetchSettlement, FileContext,
    ListPayouts, Processor,
};
pub use registry::processor;
