//! The state machine's transitions as updates. The expressions are those of the design's table.

use super::expression::{Change, number, text};
use super::item::{shard, state_word};
use crate::row::{Closing, End, Lease, RowKey, State, Waiting};
use aws_sdk_dynamodb::types::AttributeValue;
use causeway_domain::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

const OURS: &str = "#owner = :owner AND #fence = :fence";

pub(super) fn nudge(key: &RowKey, now: Timestamp) -> Change {
    let update = "SET #due = :now, #due_shard = :shard, #state = if_not_exists(#state, :pending) \
                  ADD #wanted :one";
    Change::new(update, None)
        .value("now", millis(now))
        .value("shard", text(shard(key)))
        .value("pending", text(state_word(State::Pending)))
        .value("one", number(1))
}

/// `claimed` keeps `wanted` as it was, so that a release can tell whether somebody nudged since.
/// Every leased row is due, so that the sweep finds it when its worker died.
pub(super) fn claim(
    key: &RowKey,
    owner: &str,
    now: Timestamp,
    ttl: Duration,
    write_id: &str,
) -> Change {
    let update = "SET #owner = :owner, #lease_until = :until, #state = :leased, \
                  #claimed = if_not_exists(#wanted, :zero), \
                  #wanted = if_not_exists(#wanted, :zero), \
                  #odoo_ids = if_not_exists(#odoo_ids, :none), \
                  #due = if_not_exists(#due, :now), #due_shard = :shard, #write_id = :write \
                  ADD #fence :one, #attempt :one";
    let condition = "attribute_not_exists(#lease_until) OR #lease_until < :now";
    Change::new(update, Some(condition))
        .value("owner", text(owner))
        .value("until", millis_after(now, ttl))
        .value("leased", text(state_word(State::Leased)))
        .value("zero", number(0))
        .value("none", AttributeValue::M(HashMap::new()))
        .value("now", millis(now))
        .value("shard", text(shard(key)))
        .value("one", number(1))
        .value("write", text(write_id))
}

pub(super) fn intent(lease: &Lease, step: &str, now: Timestamp, ttl: Duration) -> Change {
    let update = "SET #step = :step, #intent_at = :now, #lease_until = :until";
    held(update, &format!("{OURS} AND #lease_until > :now"), lease)
        .value("step", text(step))
        .value("now", millis(now))
        .value("until", millis_after(now, ttl))
}

pub(super) fn record(lease: &Lease, step: &str, odoo_id: i64) -> Change {
    let update = "SET #odoo_ids.#key = :id REMOVE #step, #intent_at";
    held(update, OURS, lease).name("key", step).value("id", number(odoo_id))
}

pub(super) fn complete(lease: &Lease, closing: Closing<'_>, write_id: &str) -> Change {
    let update = "SET #seen = :wanted, #digest = :digest, #state = :done, #attempt = :zero, \
                  #write_id = :write \
                  REMOVE #owner, #lease_until, #due, #due_shard, #step, #intent_at, #reason, \
                  #wait_key, #failing_since, #waiting_since";
    held(update, &format!("{OURS} AND #wanted = :wanted"), lease)
        .value("wanted", number(closing.wanted))
        .value("digest", text(closing.digest))
        .value("done", text(state_word(State::Done)))
        .value("zero", number(0))
        .value("write", text(write_id))
}

/// PARK and its sisters, for a row that nobody nudged since the claim.
pub(super) fn release(lease: &Lease, end: &End<'_>, write_id: &str) -> Change {
    let condition = format!("{OURS} AND #wanted = #claimed");
    let_go(lease, end, end.due, &condition, write_id)
}

/// The same for a row that was nudged since the claim: due at once, whatever the end says.
pub(super) fn release_nudged(
    lease: &Lease,
    end: &End<'_>,
    now: Timestamp,
    write_id: &str,
) -> Change {
    let_go(lease, end, Some(now), OURS, write_id)
}

fn let_go(
    lease: &Lease,
    end: &End<'_>,
    due: Option<Timestamp>,
    condition: &str,
    write_id: &str,
) -> Change {
    let optional = [
        ("due", due.map(millis)),
        ("due_shard", due.map(|_| text(shard(&lease.key)))),
        ("wait_key", end.wait_key.map(text)),
        ("reason", end.reason.map(text)),
        ("failing_since", end.failing_since.map(millis)),
        ("attempt", end.resets_attempts.then(|| number(0))),
    ];
    let mut set = "SET #state = :state, #write_id = :write".to_owned();
    let mut remove = " REMOVE #owner, #lease_until".to_owned();
    for (name, value) in &optional {
        match value {
            Some(_) => set.push_str(&format!(", #{name} = :{name}")),
            // An attempt that is not reset stays.
            None if *name == "attempt" => {}
            None => remove.push_str(&format!(", #{name}")),
        }
    }
    let since = match end.waiting {
        Waiting::Since(time) => {
            set.push_str(", #waiting_since = if_not_exists(#waiting_since, :waiting_since)");
            Some(("waiting_since", Some(millis(time))))
        }
        Waiting::Unchanged => None,
        Waiting::Over => {
            remove.push_str(", #waiting_since");
            None
        }
    };
    let change = held(&format!("{set}{remove}"), condition, lease)
        .value("state", text(state_word(end.state)))
        .value("write", text(write_id));
    optional.into_iter().chain(since).fold(change, |change, (name, value)| match value {
        Some(value) => change.value(name, value),
        None => change,
    })
}

fn held(update: &str, condition: &str, lease: &Lease) -> Change {
    Change::new(update, Some(condition))
        .value("owner", text(&lease.owner))
        .value("fence", number(lease.fence))
}

fn millis(time: Timestamp) -> AttributeValue {
    number(time.as_millisecond())
}

fn millis_after(now: Timestamp, ttl: Duration) -> AttributeValue {
    let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    number(now.as_millisecond().saturating_add(ttl))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row::Progress;
    use causeway_domain::StoreId;
    use std::collections::BTreeSet;

    fn tokens(expression: &str, sign: char) -> BTreeSet<String> {
        let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        expression
            .split(sign)
            .skip(1)
            .map(|tail| format!("{sign}{}", tail.split(is_end).next().unwrap()))
            .collect()
    }

    /// DynamoDB refuses expressions that use an undeclared name or value, and declared ones that
    /// are not used.
    #[test]
    fn every_change_declares_exactly_the_names_and_values_it_uses() {
        let key = RowKey { store: StoreId::new("acme"), subject: "order/1".to_owned() };
        let lease = Lease { key: key.clone(), owner: "w".to_owned(), fence: 1 };
        let (now, ttl) = (Timestamp::UNIX_EPOCH, Duration::from_secs(1));
        let progress = [
            Progress::Retry { due: now, since: now, reason: "r" },
            Progress::Wait { wait_key: "k", due: now, reason: "r" },
            Progress::Attention { due: None, reason: "r" },
            Progress::Dead { reason: "r" },
            Progress::Again,
        ];
        let mut changes = vec![
            nudge(&key, now),
            claim(&key, "w", now, ttl, "id"),
            intent(&lease, "step", now, ttl),
            record(&lease, "step", 1),
            complete(&lease, Closing { wanted: 1, digest: "d" }, "id"),
        ];
        for progress in progress {
            let end = progress.end(now);
            changes.push(release(&lease, &end, "id"));
            changes.push(release_nudged(&lease, &end, now, "id"));
        }
        for change in changes {
            let all = format!("{} {}", change.update, change.condition.unwrap_or_default());
            let names: BTreeSet<String> = change.names.into_keys().collect();
            let values: BTreeSet<String> = change.values.into_keys().collect();
            assert_eq!(names, tokens(&all, '#'), "{all}");
            assert_eq!(values, tokens(&all, ':'), "{all}");
        }
    }
}
