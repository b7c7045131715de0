//! `causeway attention settle` and `causeway attention replay`.

use super::key;
use crate::report::{Answer, Failure, Outcome, Show, json};
use causeway_domain::ports::Queue;
use causeway_domain::{Nudge, NudgeCause, Subject, Timestamp};
use causeway_ledger::{Ledger, RowKey};
use serde::Serialize;
use std::time::Duration;

pub const AFTER: &str = "\
Examples:
  causeway attention settle acme-eu/order/1001
  causeway attention settle stripe-eu/settlement/po_1#ch_1 stripe-eu/settlement/po_1#ch_2
  causeway attention settle --replay acme-eu/after/1001       and look at the subject again at once

Is it over with that?
  STORE/order/ID            No: it comes back at the next look while its cause is there. An order is
                            looked at when it changes or is replayed.
  STORE/after/ID            The same, and what came after an order is looked at every hour.
  ACCOUNT/dispute/ID        The same, every hour.
  ACCOUNT/dispute/ID#goods  Yes: goods that have not left are asked about once.
  ACCOUNT/settlement/ID     The same, when the payout is imported again or replayed.
  ACCOUNT/settlement/ID#LINE
                            Yes: a line of a booked payout is asked about once; you decide.
A success removes an item by itself; that of a line goes when the line meets its document
later or is reconciled in Odoo.

Exit code: 0 done, 1 there was no such item (or with --replay nothing to look at), 2 no answer.";

pub const AFTER_REPLAY: &str = "\
Examples:
  causeway attention replay acme-eu/order/1001
  causeway attention replay stripe-eu/settlement/po_1#ch_1      the payout of that line
  causeway attention replay stripe-eu/settlement/file:stripe-eu/2026-10.csv
                                                                a report file in the bucket
Puts the subject on its queue, like a webhook would; it may be done at any time and as often as you like. Items stay
open until a look succeeds. How it ends is in `causeway attention list`, `causeway attention waiting` and the log.
Exit code: 0 all are queued, 1 one of them was never seen, 2 it could not be asked.";

/// Arguments of `settle`.
#[derive(clap::Args)]
pub struct Settle {
    /// Keys as `causeway attention list` prints them.
    #[arg(required = true, value_name = "KEY", value_parser = key)]
    keys: Vec<RowKey>,
    /// Look at their subjects again, too.
    #[arg(long)]
    replay: bool,
}

/// Arguments of `replay`.
#[derive(clap::Args)]
pub struct Replay {
    /// Keys as `causeway attention list` and `causeway attention waiting` print them.
    #[arg(required = true, value_name = "KEY", value_parser = key)]
    keys: Vec<RowKey>,
}

/// What became of one key. What was not asked for is `None`.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Told {
    key: String,
    /// There was an item and it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<bool>,
    /// Its subject is known and on its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
}

/// Removes items.
pub async fn settle(
    ledger: &impl Ledger,
    queue: &impl Queue,
    args: &Settle,
    show: Show,
) -> Outcome {
    let mut told = Vec::new();
    for key in &args.keys {
        // Before the nudge: what the look then asks is a new question and must stay.
        let settled = Some(ledger.settle(key).await.map_err(Failure::new)?);
        let replayed = match args.replay {
            true => Some(nudge(ledger, queue, key).await?),
            false => None,
        };
        told.push(Told { key: key.to_string(), settled, replayed });
    }
    tell(&told, show)
}

/// Enqueues subjects.
pub async fn replay(
    ledger: &impl Ledger,
    queue: &impl Queue,
    args: &Replay,
    show: Show,
) -> Outcome {
    let mut told = Vec::new();
    for key in &args.keys {
        let replayed = Some(nudge(ledger, queue, key).await?);
        told.push(Told { key: key.to_string(), settled: None, replayed });
    }
    tell(&told, show)
}

/// False if the ledger has no row of it, so that a slip of the pen makes none.
async fn nudge(ledger: &impl Ledger, queue: &impl Queue, key: &RowKey) -> Result<bool, Failure> {
    for candidate in rows_of(key) {
        let Some(subject) = Subject::parse(&candidate.subject) else { continue };
        if ledger.row(&candidate).await.map_err(Failure::new)?.is_none() {
            continue;
        }
        let nudge = Nudge::new(candidate.store, subject, NudgeCause::Operator, Timestamp::now());
        let role = nudge.subject.queue();
        queue.send(role, &[nudge], Duration::ZERO).await.map_err(Failure::new)?;
        return Ok(true);
    }
    Ok(false)
}

/// The row of an item: its own key, or of a line of a payout the payout's. Ids may hold a `#` themselves.
fn rows_of(key: &RowKey) -> impl Iterator<Item = RowKey> {
    let ends = key.subject.rmatch_indices('#').map(|(at, _)| at);
    let lengths: Vec<usize> = std::iter::once(key.subject.len()).chain(ends).collect();
    lengths.into_iter().filter_map(|length| {
        let subject = key.subject.get(..length)?.to_owned();
        Some(RowKey { store: key.store.clone(), subject })
    })
}

fn tell(told: &[Told], show: Show) -> Outcome {
    match show {
        Show::Json => json(&told)?,
        Show::Text => told.iter().for_each(print),
    }
    let no = Some(false);
    Ok(Answer::from(told.iter().all(|one| one.settled != no && one.replayed != no)))
}

fn print(one: &Told) {
    let key = &one.key;
    match one.settled {
        Some(true) => println!("settled {key}"),
        Some(false) => println!("no open item {key}"),
        None => {}
    }
    match one.replayed {
        Some(true) => println!("queued {key}"),
        Some(false) => println!(
            "never seen {key}; what came with a report file is replayed by the file: \
             ACCOUNT/settlement/file:ACCOUNT/NAME"
        ),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use causeway_domain::Fault;
    use causeway_domain::ports::QueueRole;
    use causeway_ledger::AttentionItem;
    use causeway_ledger::memory::MemoryLedger;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Sent(Mutex<Vec<(QueueRole, String)>>);

    impl Queue for Sent {
        async fn send(&self, to: QueueRole, nudges: &[Nudge], _: Duration) -> Result<(), Fault> {
            let shown = |nudge: &Nudge| (to, RowKey::from(nudge).to_string());
            self.0.lock().unwrap().extend(nudges.iter().map(shown));
            Ok(())
        }
    }

    async fn ledger(items: &[&str], rows: &[&str]) -> MemoryLedger {
        let ledger = MemoryLedger::new();
        let now = Timestamp::UNIX_EPOCH;
        for item in items {
            let item = AttentionItem {
                key: key(item).unwrap(),
                raised_at: now,
                number: None,
                reason: "r".to_owned(),
                fix: "f".to_owned(),
                payload: None,
                expires_at: now,
            };
            ledger.raise(&item).await.unwrap();
        }
        for row in rows {
            ledger.nudge(&key(row).unwrap(), now).await.unwrap();
        }
        ledger
    }

    fn keys(of: &[&str]) -> Vec<RowKey> {
        of.iter().map(|text| key(text).unwrap()).collect()
    }

    const ITEMS: [&str; 5] = [
        "acme-eu/order/gid://shopify/Order/1",
        "acme-eu/after/1",
        "stripe-eu/dispute/dp_1",
        "stripe-eu/settlement/po_1",
        "stripe-eu/settlement/po_1#ch_1",
    ];

    #[tokio::test]
    async fn an_item_of_every_kind_is_settled_by_its_key_once() {
        let (ledger, queue) = (ledger(&ITEMS, &[]).await, Sent::default());
        let args = Settle { keys: keys(&ITEMS), replay: false };
        let again = settle(&ledger, &queue, &args, Show::Text).await;
        assert_eq!(again.unwrap(), Answer::Yes);
        assert_eq!(ledger.attention(None, 10).await.unwrap(), []);
        let again = settle(&ledger, &queue, &args, Show::Json).await;
        assert_eq!(again.unwrap(), Answer::No, "there is none any more");
        assert_eq!(*queue.0.lock().unwrap(), []);
    }

    #[tokio::test]
    async fn a_replay_goes_to_the_queue_of_the_subject_and_of_a_line_to_its_payout() {
        let ledger = ledger(&ITEMS, &ITEMS[..4]).await;
        let queue = Sent::default();
        let args = Settle { keys: keys(&ITEMS), replay: true };
        assert_eq!(settle(&ledger, &queue, &args, Show::Text).await.unwrap(), Answer::Yes);
        let roles =
            [QueueRole::Orders, QueueRole::Refunds, QueueRole::Refunds, QueueRole::Settlements];
        let mut expected: Vec<(QueueRole, String)> =
            roles.into_iter().zip(ITEMS.map(str::to_owned)).collect();
        expected.push((QueueRole::Settlements, ITEMS[3].to_owned()));
        assert_eq!(*queue.0.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn what_was_never_seen_is_not_queued() {
        let file = "stripe-eu/settlement/file:stripe-eu/a#b.csv";
        let (ledger, queue) = (ledger(&[], &[file]).await, Sent::default());
        let args = Replay { keys: keys(&["acme-eu/order/2", "acme-eu/product/1"]) };
        assert_eq!(replay(&ledger, &queue, &args, Show::Text).await.unwrap(), Answer::No);
        assert_eq!(*queue.0.lock().unwrap(), []);
        let args = Replay { keys: keys(&[file]) };
        assert_eq!(replay(&ledger, &queue, &args, Show::Text).await.unwrap(), Answer::Yes);
        assert_eq!(*queue.0.lock().unwrap(), [(QueueRole::Settlements, file.to_owned())]);
    }

    #[test]
    fn only_keys_as_they_are_listed_are_taken() {
        for text in ["1001", "order/1001", "acme-eu/1001", "Acme/order/1"] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
