//! The stretch of time that one poll looks at.

use causeway_domain::{Fault, Timestamp};
use jiff::SignedDuration;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_next_poll_begins_a_little_before_this_one_ended() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
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
}
