//! `Retry-After`: seconds or a date (RFC 9110, 10.2.3). Shopify sends seconds with a fraction (`2.0`).

use causeway_domain::Timestamp;
use http::{HeaderMap, header};
use std::time::Duration;

/// The pause that the answer asks for, rounded up to whole seconds; a date in the past is zero.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    seconds(text).or_else(|| until(text, now))
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let more = fraction.bytes().any(|digit| digit != b'0');
    Some(Duration::from_secs(whole.parse::<u64>().ok()?.saturating_add(u64::from(more))))
}

fn until(text: &str, now: Timestamp) -> Option<Duration> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn seconds_fractions_and_dates_are_understood_and_nonsense_is_not() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            ("2.0", Some(2)),
            ("0.5", Some(1)),
            (" 3 ", Some(3)),
            ("Sun, 22 Nov 2026 10:01:30 GMT", Some(90)),
            ("Sun, 22 Nov 2026 09:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("1e3", None),
            (".", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (text, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            let pause = retry_after(&headers, now).map(|pause| pause.as_secs());
            assert_eq!(pause, expected, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
