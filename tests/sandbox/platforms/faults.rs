//! Misbehaviour on request.

use super::exchange::{answer, json};
use super::shop::Platform;
use crate::Reply;
use bytes::Bytes;
use http::{HeaderValue, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// What a fake does to the next requests. Counters count down; each request takes the first kind
/// that is left, in the order of the fields, while `slow` and `truncate` change a good answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every request is answered 503 while this is on.
    pub down: bool,
    /// So many connections are closed without an answer.
    pub drop: u32,
    /// So many answers are 429 with `Retry-After`.
    pub too_many: u32,
    /// Seconds of `Retry-After`; 0 stands for 1.
    pub retry_after: u32,
    /// So many answers are 500.
    pub server_error: u32,
    /// Shopify: so many answers are 200 with the error `THROTTLED`.
    pub throttled: u32,
    /// So many answers come late.
    pub slow: u32,
    /// How late, in milliseconds.
    pub slow_millis: u64,
    /// So many answers end in the middle.
    pub truncate: u32,
}

/// Instead of an answer.
pub(super) enum Disturbance {
    /// Close the connection.
    Drop,
    /// Answer this.
    Answer(Response<Bytes>),
}

fn take(counter: &mut u32) -> bool {
    let left = *counter > 0;
    *counter = counter.saturating_sub(1);
    left
}

impl Faults {
    /// What happens to a request instead of being answered.
    pub(super) fn before(&mut self, platform: Platform) -> Option<Disturbance> {
        if self.down {
            return Some(Disturbance::Answer(gateway_error(503, "Service Unavailable")));
        }
        if take(&mut self.drop) {
            return Some(Disturbance::Drop);
        }
        if take(&mut self.too_many) {
            let mut answer = too_many(platform);
            let seconds = HeaderValue::from(self.retry_after.max(1));
            answer.headers_mut().insert(http::header::RETRY_AFTER, seconds);
            return Some(Disturbance::Answer(answer));
        }
        take(&mut self.server_error)
            .then(|| Disturbance::Answer(gateway_error(500, "Internal Server Error")))
    }

    /// True if Shopify throttles this one.
    pub(super) fn throttles(&mut self) -> bool {
        take(&mut self.throttled)
    }

    /// What happens to a good answer on its way.
    pub(super) fn after(&mut self, mut answer: Response<Bytes>) -> Reply {
        if take(&mut self.truncate) {
            let half = answer.body().len() / 2;
            *answer.body_mut() = answer.body().slice(..half);
            answer.headers_mut().remove(http::header::CONTENT_LENGTH);
        }
        if take(&mut self.slow) {
            return Reply::After(Duration::from_millis(self.slow_millis), answer);
        }
        Reply::Now(answer)
    }
}

fn gateway_error(status: u16, text: &str) -> Response<Bytes> {
    answer(status, "text/html", format!("<html><head><title>{status} {text}</title></head></html>"))
}

/// The platforms' own words where they have some; WooCommerce and PrestaShop have no limit of their
/// own, so the host in front of them answers (FACTS 3, 5).
fn too_many(platform: Platform) -> Response<Bytes> {
    match platform {
        Platform::Shopify => {
            json(429, &json!({"errors": "Exceeded 2 calls per second for api client."}))
        }
        Platform::WooCommerce | Platform::PrestaShop => gateway_error(429, "Too Many Requests"),
        Platform::Magento => json(429, &json!({"message": "Too Many Requests"})),
        Platform::Square => json(
            429,
            &json!({"errors": [{"category": "RATE_LIMIT_ERROR", "code": "RATE_LIMITED",
                "detail": "The request has been rate limited. Please try again later."}]}),
        ),
    }
}
