//! How long to wait before the next try.

use crate::row::Attempt;
use std::time::Duration;

/// The steps of the back-off, one for each failed try: 30 s, 1 min, 5 min, 30 min, 2 h, 12 h.
pub const STEPS: [Duration; 6] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    LONGEST_INVISIBLE,
];

/// SQS keeps a message invisible for at most 12 hours since its receive, all extensions together
/// (SQS developer guide, "Amazon SQS visibility timeout"). ministack does not enforce it.
pub const LONGEST_INVISIBLE: Duration = Duration::from_secs(12 * 3600);

/// Jitter takes away at most this many thousandths of a step.
const LARGEST_JITTER: u64 = 200;

/// The pause after the failed try `attempt` (the first is 1), or `None` when the steps are used up.
///
/// `jitter` is any random number; it shortens the pause by 0 to 20 %, never lengthens it, so that
/// the last step stays within what SQS allows. `elapsed` is the time since the message was received:
/// pause and `elapsed` together never exceed [`LONGEST_INVISIBLE`].
pub fn backoff(attempt: Attempt, jitter: u64, elapsed: Duration) -> Option<Duration> {
    let step = usize::try_from(attempt.saturating_sub(1)).ok()?;
    let full = STEPS.get(step)?;
    let millis = u64::try_from(full.as_millis()).ok()?;
    let shorter = millis - millis / 1000 * (jitter % (LARGEST_JITTER + 1));
    Some(Duration::from_millis(shorter).min(LONGEST_INVISIBLE.saturating_sub(elapsed)))
}

/// The try that a failure counts as. Every nudge makes a try possible, so that six webhooks in one
/// second of an outage would use up all steps: a step counts only once the pauses before it are over.
pub fn effective(attempt: Attempt, failing_for: Duration) -> Attempt {
    let mut over = Duration::ZERO;
    let mut reached = 1;
    for step in STEPS {
        // The shortest that jitter can make of the pause.
        over += step * 4 / 5;
        if failing_for < over {
            break;
        }
        reached += 1;
    }
    attempt.min(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tries_in_a_short_time_count_as_few() {
        let seconds = Duration::from_secs;
        assert_eq!(effective(6, seconds(0)), 1);
        assert_eq!(effective(6, seconds(23)), 1);
        assert_eq!(effective(6, seconds(24)), 2);
        assert_eq!(effective(6, seconds(90)), 3);
        assert_eq!(effective(2, seconds(86_400)), 2);
        let all: Duration = STEPS.iter().sum();
        assert_eq!(effective(7, all), 7, "used up");
    }

    #[test]
    fn without_jitter_the_steps_are_the_table_and_then_nothing() {
        for (step, attempt) in STEPS.iter().zip(1..) {
            assert_eq!(backoff(attempt, 0, Duration::ZERO), Some(*step));
        }
        assert_eq!(backoff(7, 0, Duration::ZERO), None);
        assert_eq!(backoff(u32::MAX, 0, Duration::ZERO), None);
    }

    #[test]
    fn an_attempt_that_was_not_counted_is_the_first() {
        assert_eq!(backoff(0, 0, Duration::ZERO), Some(Duration::from_secs(30)));
    }

    #[test]
    fn jitter_only_shortens_and_by_at_most_a_fifth() {
        for (step, attempt) in STEPS.iter().zip(1..) {
            for jitter in [0, 1, 100, 200, 201, 12_345, u64::MAX] {
                let pause = backoff(attempt, jitter, Duration::ZERO).unwrap_or_default();
                assert!(pause <= *step && pause >= *step * 4 / 5, "{step:?} {jitter} {pause:?}");
            }
        }
        assert_eq!(backoff(1, 200, Duration::ZERO), Some(Duration::from_secs(24)));
    }

    #[test]
    fn pause_and_elapsed_never_exceed_what_sqs_allows() {
        let elapsed = Duration::from_secs(170);
        assert_eq!(backoff(6, 0, elapsed), Some(LONGEST_INVISIBLE - elapsed));
        assert_eq!(backoff(1, 0, elapsed), Some(Duration::from_secs(30)));
        assert_eq!(backoff(6, 0, Duration::from_secs(50_000)), Some(Duration::ZERO));
    }
}
