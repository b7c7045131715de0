//! The words of the field as types: money, orders, customers, taxes, nudges and faults.
//!
//! This crate is pure. It does no IO, reads no clock and holds no global state; everything that
//! touches the world is a trait in [`ports`], implemented elsewhere.
#![deny(clippy::float_arithmetic)]

pub mod after_sales;
pub mod customer;
pub mod digest;
pub mod dispute;
pub mod fault;
pub mod id;
pub mod money;
pub mod nudge;
pub mod order;
pub mod ports;
pub mod redact;
pub mod settlement;

pub use after_sales::{
    AfterSales, Capture, Goods, Refund, RefundLine, RefundPayment, RefundTax, RefundedLine, Return,
    ReturnLine, ReturnState,
};
pub use customer::{Address, CountryCode, Customer};
pub use dispute::{Dispute, Movement, MovementKind, Stage};
pub use fault::{Fault, WaitKey};
pub use id::{
    CustomerId, DisputeId, EventId, LineId, OrderId, OrderKey, PlatformId, ProductId, RefundId,
    ReturnId, SettlementId, Sku, StoreId,
};
pub use jiff::Timestamp;
pub use jiff::civil::Date;
pub use money::{Currency, Money};
pub use nudge::{Nudge, NudgeCause, Subject};
pub use order::{
    Collector, Line, LineKind, LineTax, Order, Payment, PaymentKind, ProductRef, Standing, TaxCode,
};
pub use redact::{Personal, Secret};
pub use rust_decimal::Decimal;
pub use settlement::{EntryKind, Settlement, SettlementEntry};
