//! The sandbox: fake platforms and a fake Odoo that refuse what the real ones refuse.
//!
//! Each fake is a [`Server`]: a plain function from request to reply over its own state. The same
//! fake runs in-process behind [`InProcess`] (an [`Http`] port, for the integration tests and the
//! simulation) and over HTTP behind [`serve`] (for the demo, the command line and the benches).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::wildcard_enum_match_arm)]

#[cfg(feature = "fake-platforms")]
pub mod config;
mod in_process;
#[cfg(feature = "fake-odoo")]
pub mod odoo;
#[cfg(feature = "fake-platforms")]
pub mod platforms;
#[cfg(feature = "fake-platforms")]
pub mod processors;
mod serve;

pub use in_process::InProcess;
pub use serve::{Running, serve};

use bytes::Bytes;
use std::time::Duration;

/// A fake of one system.
pub trait Server: Send + Sync {
    /// Answers one request. The URI's path and query are those below the server's own base URL.
    fn handle(&self, request: http::Request<Bytes>) -> Reply;
}

/// What a fake does with a request.
#[derive(Debug)]
pub enum Reply {
    /// Answers.
    Now(http::Response<Bytes>),
    /// Answers after a pause.
    After(Duration, http::Response<Bytes>),
    /// Closes the connection without an answer; the effect may have happened.
    Drop,
}
