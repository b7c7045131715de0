//! Where the next look at what changed has to begin.

use causeway_domain::Timestamp;

use crate::adapter::Answer;

/// The last change seen, but not later than the platform's clock when the reading began: what changed
/// on a page that was read already may be older than what stands on the last page. Less an overlap for
/// whole seconds and for rows that are stored a little after their date. Never before `since`.
pub(crate) fn until(
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
            let until = until(since, seen.iter().map(|text| at(text)), first, 5);
            assert_eq!(until, at(expected), "{seen:?}");
        }
    }
}
