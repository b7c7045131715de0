//! Items as rows and back.

use crate::LedgerError;
use crate::row::{Row, RowKey, State};
use aws_sdk_dynamodb::types::AttributeValue;
use causeway_domain::{StoreId, Timestamp, digest::short_digest};
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

pub(super) type Item = HashMap<String, AttributeValue>;

/// How many hash keys the due index is spread over: one alone takes 1,000 writes a second.
pub(super) const SHARDS: u8 = 8;
/// Keys above this are digested; the table's limit is 2,048 bytes.
const LONGEST_KEY: usize = 1024;

/// `store#subject`; a store has no `#`.
pub(super) fn row_pk(key: &RowKey) -> String {
    format!("{}#{}", key.store, key.subject)
}

/// `store#rest`, or with a digest of the rest if that would be too long for a key.
pub(super) fn bounded_pk(store: &StoreId, rest: &str) -> String {
    let plain = format!("{store}#{rest}");
    if plain.len() <= LONGEST_KEY {
        plain
    } else {
        format!("{store}#digest#{}", short_digest([rest]))
    }
}

pub(super) fn row_key(item: &Item) -> Result<RowKey, LedgerError> {
    let pk = need_text(item, "pk")?;
    let (store, subject) = pk.split_once('#').ok_or_else(|| corrupt("pk"))?;
    Ok(RowKey { store: StoreId::new(store), subject: subject.to_owned() })
}

/// The due index's hash key: FNV-1a of the key, so that it never changes between versions.
pub(super) fn shard(key: &RowKey) -> String {
    let hash = row_pk(key).bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash % u64::from(SHARDS)).to_string()
}

pub(super) fn row(item: &Item) -> Result<Row, LedgerError> {
    let step = find_text(item, "step")?;
    let intent_at = find_time(item, "intent_at")?;
    Ok(Row {
        key: row_key(item)?,
        wanted: find_number(item, "wanted")?.unwrap_or(0),
        seen: find_number(item, "seen")?.unwrap_or(0),
        state: state(need_text(item, "state")?)?,
        fence: find_number(item, "fence")?.unwrap_or(0),
        lease_until: find_time(item, "lease_until")?,
        due: find_time(item, "due")?,
        digest: find_text(item, "digest")?.map(str::to_owned),
        odoo_ids: odoo_ids(item)?,
        intent: step.map(str::to_owned).zip(intent_at),
        attempt: find_number(item, "attempt")?.unwrap_or(0),
        failing_since: find_time(item, "failing_since")?,
        waiting_since: find_time(item, "waiting_since")?,
        reason: find_text(item, "reason")?.map(str::to_owned),
    })
}

fn odoo_ids(item: &Item) -> Result<BTreeMap<String, i64>, LedgerError> {
    match item.get("odoo_ids") {
        None => Ok(BTreeMap::new()),
        Some(value) => {
            let ids = value.as_m().map_err(|_| corrupt("odoo_ids"))?;
            ids.keys()
                .map(|step| {
                    let id = find_number(ids, step)?.ok_or_else(|| corrupt("odoo_ids"))?;
                    Ok((step.clone(), id))
                })
                .collect()
        }
    }
}

pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Leased => "leased",
        State::Done => "done",
        State::Waiting => "waiting",
        State::Retrying => "retrying",
        State::Attention => "attention",
        State::Dead => "dead",
    }
}

fn state(word: &str) -> Result<State, LedgerError> {
    let all = [
        State::Pending,
        State::Leased,
        State::Done,
        State::Waiting,
        State::Retrying,
        State::Attention,
        State::Dead,
    ];
    all.into_iter().find(|state| state_word(*state) == word).ok_or_else(|| corrupt("state"))
}

pub(super) fn find_text<'a>(item: &'a Item, name: &str) -> Result<Option<&'a str>, LedgerError> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::S(text)) => Ok(Some(text)),
        Some(_) => Err(corrupt(name)),
    }
}

pub(super) fn need_text<'a>(item: &'a Item, name: &str) -> Result<&'a str, LedgerError> {
    find_text(item, name)?.ok_or_else(|| corrupt(name))
}

pub(super) fn find_number<N: FromStr>(item: &Item, name: &str) -> Result<Option<N>, LedgerError> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::N(text)) => text.parse().map(Some).map_err(|_| corrupt(name)),
        Some(_) => Err(corrupt(name)),
    }
}

pub(super) fn find_time(item: &Item, name: &str) -> Result<Option<Timestamp>, LedgerError> {
    find_number(item, name)?
        .map(|millis| Timestamp::from_millisecond(millis).map_err(|_| corrupt(name)))
        .transpose()
}

/// Names the attribute, never its value.
pub(super) fn corrupt(name: &str) -> LedgerError {
    LedgerError::Corrupt(format!("attribute {name} is missing or malformed"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn malformed_rows_name_the_attribute() {
        let text = |s: &str| AttributeValue::S(s.to_owned());
        let good: Item = [("pk", text("acme#order/1")), ("state", text("done"))]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        assert_eq!(row(&good).unwrap().key.subject, "order/1");
        let bad = [
            ("pk", text("no separator")),
            ("state", text("asleep")),
            ("wanted", text("1")),
            ("fence", AttributeValue::N("1.5".to_owned())),
            ("lease_until", AttributeValue::N("9".repeat(19))),
            ("odoo_ids", text("x")),
        ];
        for (name, value) in bad {
            let mut item = good.clone();
            item.insert(name.to_owned(), value);
            let LedgerError::Corrupt(error) = row(&item).unwrap_err() else { unreachable!() };
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn shards_are_stable_and_all_used() {
        let key = |n: u32| RowKey { store: StoreId::new("acme"), subject: format!("order/{n}") };
        let used: std::collections::BTreeSet<String> = (0..200).map(|n| shard(&key(n))).collect();
        assert_eq!(used.len(), usize::from(SHARDS));
        assert_eq!(shard(&key(1001)), shard(&key(1001)));
    }
}
