//! What a platform's status word means for Odoo: the store's own map first, then the platform's
//! default. A word that neither knows is a question for a person, never silently ignored.

use causeway_domain::{Fault, Standing};
use serde_json::{Map, Value};

use crate::adapter::Problem;

/// The key of the store's own map in its options: `status = { "in-transit" = "confirmed" }`.
pub const OPTION: &str = "status";

/// The meaning of the status word `raw` (compared in lower case). The store's option `status`, a
/// table from status word to `ignore`, `quotation`, `confirmed` or `cancelled`, wins over
/// `platform_default`. An unknown word is a [`Fault::Reject`] that names it and the option.
pub fn standing(
    platform_default: &[(&str, Standing)],
    options: &Map<String, Value>,
    raw: &str,
) -> Result<Standing, Fault> {
    if let Some(own) = own_entry(options, raw) {
        return read(own).ok_or_else(|| {
            Fault::reject(
                format!("option status.{raw:?} is not one of {WORDS}"),
                "correct the status table in the store's options",
            )
        });
    }
    platform_default
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(raw))
        .map(|(_, standing)| *standing)
        .ok_or_else(|| {
            Fault::reject(
                format!("the order has the status {raw:?}, whose meaning is not known"),
                format!("add status.{raw:?} = one of {WORDS} to the store's options"),
            )
        })
}

/// Every entry of the option `status` that is not usable; none if it is absent.
pub fn check(options: &Map<String, Value>) -> Vec<Problem> {
    match options.get(OPTION) {
        None => Vec::new(),
        Some(Value::Object(table)) => table
            .iter()
            .filter(|(_, value)| read(value).is_none())
            .map(|(word, _)| Problem {
                path: format!("options.{OPTION}.{word}"),
                text: format!("must be one of {WORDS}"),
            })
            .collect(),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => vec![Problem {
            path: format!("options.{OPTION}"),
            text: format!("must be a table from status word to one of {WORDS}"),
        }],
    }
}

const WORDS: &str = "ignore, quotation, confirmed, cancelled";

fn own_entry<'a>(options: &'a Map<String, Value>, raw: &str) -> Option<&'a Value> {
    let table = options.get(OPTION)?.as_object()?;
    table.iter().find(|(word, _)| word.eq_ignore_ascii_case(raw)).map(|(_, value)| value)
}

fn read(value: &Value) -> Option<Standing> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    const DEFAULT: &[(&str, Standing)] =
        &[("processing", Standing::Confirmed), ("failed", Standing::Ignore)];

    fn options(json: &str) -> Map<String, Value> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_stores_map_wins_over_the_platforms() {
        let own = options(r#"{"status": {"Processing": "quotation", "in-transit": "confirmed"}}"#);
        assert_eq!(standing(DEFAULT, &own, "processing"), Ok(Standing::Quotation));
        assert_eq!(standing(DEFAULT, &own, "in-transit"), Ok(Standing::Confirmed));
        assert_eq!(standing(DEFAULT, &own, "failed"), Ok(Standing::Ignore));
    }

    #[test]
    fn an_unknown_word_is_rejected_by_name() {
        let fault = standing(DEFAULT, &Map::new(), "in-transit").unwrap_err();
        assert_eq!(fault.class(), "reject");
        assert!(format!("{fault:?}").contains("in-transit"), "{fault:?}");
        assert!(format!("{fault:?}").contains("options"), "{fault:?}");
    }

    #[test]
    fn every_bad_entry_is_a_problem() {
        let bad = options(r#"{"status": {"a": "open", "b": 1, "c": "ignore"}}"#);
        let paths: Vec<String> = check(&bad).into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, ["options.status.a", "options.status.b"]);
        assert_eq!(check(&options(r#"{"status": "confirmed"}"#)).len(), 1);
        assert_eq!(standing(DEFAULT, &bad, "a").unwrap_err().class(), "reject");
        assert!(check(&Map::new()).is_empty());
    }
}
