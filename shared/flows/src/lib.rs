//! The use cases, generic over ports: receive a webhook, bring orders to Odoo, sweep what is due.
//!
//! Nothing here knows AWS or opens a socket. [`World`] is everything a use case may touch.
#![deny(clippy::float_arithmetic)]

mod account;
pub mod after_sales;
pub mod config;
pub mod dispute;
mod enqueue;
mod fetch;
pub mod journal;
mod look;
pub mod poll;
pub mod project;
pub mod receive;
pub mod settlement;
pub mod sweep;
pub mod work;
mod world;

pub use world::{Learnt, Wired, World};
