//! HTTP to platforms and Odoo.

mod client;
mod limiter;
mod retry_after;
#[cfg(test)]
mod tests;

pub use client::HttpClient;
