//! A Shopify store: the GraphQL Admin API, version 2026-07, and webhooks.
//!
//! A document is validated against Shopify's own schema and then executed over the stored order, so
//! an answer holds exactly what was asked. Costs are counted, the bucket is that of an Enterprise
//! plan (40,000 points, 2,000 a second; FACTS 2), and a query above 1,000 points is refused.
//!
//! Lists of orders are served by the time of their change only. Not built: other lists, mutations, OAuth.

mod after;
mod amounts;
mod answer;
mod cost;
mod document;
mod execute;
mod webhook;

pub(super) use after::expected_after_sales;
pub(super) use answer::answer;
pub(super) use document::render;
pub(super) use webhook::delivery;

/// The only API version that this store serves.
pub(super) const VERSION: &str = "2026-07";
