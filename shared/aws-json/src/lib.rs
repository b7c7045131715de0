//! Signed calls of AWS's JSON protocol (AWS JSON 1.0, `x-amz-target`), without the SDK.
//!
//! Three calls are made for a webhook that has an event id: is it known, queue, remember. The SDK spends
//! twice as much CPU on them as the delivery itself costs (`make bench`), so these three go this way;
//! whatever is rarer goes through the SDK. `tests/it/aws_json.rs` holds that what is sent is what the
//! SDK would send.

mod client;
mod failure;
mod signer;

pub use client::{ALL_TRIES, AwsJson, CONNECT, Connections, ONE_TRY, TRIES};
pub use failure::CallError;
pub use signer::{Signer, Style, Unsigned};
