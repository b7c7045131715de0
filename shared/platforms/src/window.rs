//! The stretch of time that one poll looks at, and where the next one begins.
//!
//! Where a search has both ends (Shopify, Square) it is a [`Window`], which our clock closes. Where it has a
//! beginning only (WooCommerce, Magento, PrestaShop) its end is what was seen, and the platform's own clock
//! bounds it ([`until_seen`]): those are servers of merchants, whose clocks we do not know.

use causeway_domain::{Fault, Timestamp};
use jiff::SignedDuration;

use crate::adapter::Answer;

/// Search indexes lag behind the records by seconds and clocks differ: the last minutes are looked
/// at again by the next poll.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

/// At most a day at once, so that a poll after a long pause ends. It depends on the beginning only:
/// the pages of one search must be asked for with the same words.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
}

impl Window {
    /// The window that begins then.
    pub(crate) fn from(since: Timestamp) -> Result<Self, Fault> {
        let end = since.checked_add(LONGEST).map_err(|error| {
            Fault::reject(format!("poll since {since}: {error}"), "begin at a real moment")
        })?;
        Ok(Self { begin: since, end })
    }

    /// Where the next poll begins: never before this one, never in what may still change.
    pub(crate) fn until(self, now: Timestamp) -> Timestamp {
        let settled = now.checked_sub(OVERLAP).unwrap_or(self.begin);
        self.end.min(settled).max(self.begin)
    }
}

/// The last change seen, but not later than the platform's clock when the reading began: what changed
/// on a page that was read already may be older than what stands on the last page. Less an overlap for
/// whole seconds and for rows that are stored a little after their date. Never before `since`.
pub(crate) fn until_seen(
    since: Timestamp,
    seen: impl Iterator<Item = Timestamp>,
    first: Option<&Answer>,
    overlap_seconds: i64,
) -> Timestamp {
    let Some(last) = seen.max() else { return since };
    let last = first.and_then(date).map_or(last, |began| last.min(began));
    let second = last.as_second().saturating_sub(overlap_seconds);
    Timestamp::from_second(second).map_or(since, |until| until.max(since))
}

/// When the platform answered, by its own clock: the header `Date` (RFC 9110, 6.6.1).
fn date(answer: &Answer) -> Option<Timestamp> {
    let text = answer.headers().get(http::header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_poll_begins_a_little_before_this_one_ended() {
        let window = Window::from(at("2026-11-22T08:00:00Z")).unwrap();
        for (now, until) in [
            ("2026-11-22T08:10:00Z", "2026-11-22T08:08:00Z"),
            ("2026-11-22T08:01:00Z", "2026-11-22T08:00:00Z"),
            ("2026-11-22T07:00:00Z", "2026-11-22T08:00:00Z"),
            ("2026-11-30T07:00:00Z", "2026-11-23T08:00:00Z"),
        ] {
            assert_eq!(window.until(at(now)), at(until), "{now}");
        }
    }

    #[test]
    fn the_next_look_begins_where_nothing_can_be_missed() {
        let answer = |date: &str| {
            http::Response::builder().header("date", date).body(bytes::Bytes::new()).unwrap()
        };
        let began = answer("Sat, 21 Nov 2026 23:13:00 GMT");
        let nonsense = answer("yesterday");
        let since = at("2026-11-21T23:00:00Z");
        for (seen, first, expected) in [
            (vec![], Some(&began), "2026-11-21T23:00:00Z"),
            (vec!["2026-11-21T23:10:00Z"], Some(&began), "2026-11-21T23:09:55Z"),
            (vec!["2026-11-21T23:10:00Z"], None, "2026-11-21T23:09:55Z"),
            // Seen on the last of many pages, long after the first was read.
            (
                vec!["2026-11-21T23:14:00Z", "2026-11-21T23:10:00Z"],
                Some(&began),
                "2026-11-21T23:12:55Z",
            ),
            (vec!["2026-11-21T23:14:00Z"], Some(&nonsense), "2026-11-21T23:13:55Z"),
            (vec!["2026-11-21T23:00:02Z"], Some(&began), "2026-11-21T23:00:00Z"),
        ] {
            let until = until_seen(since, seen.iter().map(|text| at(text)), first, 5);
            assert_eq!(until, at(expected), "{seen:?}");
        }
    }
}
