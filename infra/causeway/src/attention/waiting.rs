//! `causeway attention waiting`.

use super::{Which, store_id};
use crate::report::{Answer, Failure, Outcome, Show, json, table};
use causeway_domain::{StoreId, Timestamp};
use causeway_ledger::{Ledger, LedgerError, Row, State};
use futures::future::try_join_all;
use serde::Serialize;
use std::time::Duration;

pub const AFTER: &str = "\
Examples:
  causeway attention waiting                  the longest first
  causeway attention waiting --store acme-eu --json
What waits is looked at every 15 minutes (lines of payouts hourly, later daily), what failed is tried again in growing
steps for some 15 hours. Give it what it waits for; `causeway attention replay KEY` looks at once.
Exit code: 0 nothing waits, 1 something does, 2 it could not be asked.";

/// Everything that is ever looked at by itself is due by then.
const HORIZON: Duration = Duration::from_secs(2 * 24 * 3600);
/// Rows that are read to find the oldest.
const MOST: usize = 5000;
/// Rows that are read at once.
const AT_ONCE: usize = 25;

/// A row that has not ended and waits for no person.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Waits {
    since: Option<Timestamp>,
    key: String,
    state: State,
    next_look: Option<Timestamp>,
    reason: Option<String>,
}

/// Lists what waits.
pub async fn waiting(ledger: &impl Ledger, args: &Which, show: Show) -> Outcome {
    let store = args.store.as_deref().map(store_id).transpose()?;
    let mut found = rows(ledger, store.as_ref(), Timestamp::now()).await.map_err(Failure::new)?;
    found.truncate(args.limit);
    match show {
        Show::Json => json(&found)?,
        Show::Text => print(&found),
    }
    Ok(Answer::from(found.is_empty()))
}

/// The longest first; what has just begun has no `since` and comes last.
async fn rows(
    ledger: &impl Ledger,
    store: Option<&StoreId>,
    now: Timestamp,
) -> Result<Vec<Waits>, LedgerError> {
    let mut keys = ledger.due(now + HORIZON, MOST).await?;
    keys.retain(|key| store.is_none_or(|store| key.store == *store));
    let mut found = Vec::new();
    for some in keys.chunks(AT_ONCE) {
        let rows = try_join_all(some.iter().map(|key| ledger.row(key))).await?;
        found.extend(rows.into_iter().flatten().filter_map(waits));
    }
    found.sort_by(|a, b| {
        (a.since.is_none(), a.since, &a.key).cmp(&(b.since.is_none(), b.since, &b.key))
    });
    Ok(found)
}

fn waits(row: Row) -> Option<Waits> {
    match row.state {
        State::Waiting | State::Retrying | State::Pending | State::Leased => Some(Waits {
            since: row.waiting_since.or(row.failing_since),
            key: row.key.to_string(),
            state: row.state,
            next_look: row.due,
            reason: row.reason,
        }),
        // Questions are listed as such; the rest has ended.
        State::Attention | State::Done | State::Dead => None,
    }
}

fn print(found: &[Waits]) {
    if found.is_empty() {
        println!("nothing waits");
        return;
    }
    let mut table = table(["since", "key", "state", "next look", "why"]);
    for row in found {
        let time = |time: Option<Timestamp>| time.map_or(String::new(), |time| time.to_string());
        table.add_row([
            time(row.since),
            row.key.clone(),
            format!("{:?}", row.state).to_lowercase(),
            time(row.next_look),
            row.reason.clone().unwrap_or_default(),
        ]);
    }
    println!("{table}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use causeway_ledger::memory::MemoryLedger;
    use causeway_ledger::{Claim, Progress, RowKey};

    #[tokio::test]
    async fn what_waits_longest_comes_first_and_questions_are_not_among_it() {
        let ledger = MemoryLedger::new();
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let rows_of = |subject: &str| RowKey::parse(&format!("acme-eu/{subject}")).unwrap();
        let wait = Progress::Wait { wait_key: "product:X", due: at(900), reason: "no product X" };
        let retry = Progress::Retry { due: at(60), since: at(5), reason: "503" };
        let asks = Progress::Attention { due: Some(at(60)), reason: "totals differ" };
        let all = [("order/1", wait, 9), ("order/2", retry, 5), ("order/3", asks, 1)];
        for (subject, progress, now) in all {
            let key = rows_of(subject);
            let Claim::Ours(lease, _) =
                ledger.claim(&key, "w", at(now), Duration::from_secs(1)).await.unwrap()
            else {
                panic!("nobody else claims");
            };
            ledger.release(&lease, progress, at(now)).await.unwrap();
        }
        ledger.nudge(&rows_of("order/4"), at(0)).await.unwrap();
        let found = rows(&ledger, None, at(10)).await.unwrap();
        let shown: Vec<_> = found.iter().map(|one| (one.key.as_str(), one.since)).collect();
        let expected = [
            ("acme-eu/order/2", Some(at(5))),
            ("acme-eu/order/1", Some(at(9))),
            ("acme-eu/order/4", None),
        ];
        assert_eq!(shown, expected);
        let other = StoreId::new("acme-us");
        assert_eq!(rows(&ledger, Some(&other), at(10)).await.unwrap(), []);
    }
}
