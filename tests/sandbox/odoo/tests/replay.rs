//! Recorded calls of a real Odoo 19, played against the fake. Every difference must be listed, with
//! its reason, in `replay-exceptions.json`; a listed difference that is gone fails too.

use super::super::{FakeOdoo, Seed};
use super::compare::Comparison;
use super::renumber::Numbers;
use super::{fixture, send};
use serde_json::Value;

const TAPES: &[&str] = &[
    "replay-calls.jsonl",
    "replay-load.jsonl",
    "replay-golden.jsonl",
    "replay-random.jsonl",
    "replay-after-sales.jsonl",
    "replay-after-random.jsonl",
    "replay-refunds.jsonl",
];

struct Difference {
    tape: &'static str,
    line: u64,
    what: String,
}

fn play(tape: &'static str) -> (usize, Vec<Difference>) {
    let text = fixture(tape);
    let odoo = FakeOdoo::belgian();
    let mut numbers = Numbers::for_tape(tape);
    let mut differences = Vec::new();
    let mut count = 0;
    for row in text.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        count += 1;
        set_clock(&odoo, tape, i64::try_from(count).unwrap());
        let what = play_one(&odoo, &row, &mut numbers);
        if let Some(what) = what {
            let what = format!("{} {}: {what}", row["path"].as_str().unwrap(), row["section"]);
            differences.push(Difference { tape, line: row["line"].as_u64().unwrap(), what });
        }
    }
    (count, differences)
}

/// Recordings that hold days which the server chose, and lists sorted by the second: how many calls
/// were made in each.
fn set_clock(odoo: &FakeOdoo, tape: &str, count: i64) {
    let milliseconds = match tape {
        "replay-after-sales.jsonl" | "replay-refunds.jsonl" => 100,
        "replay-after-random.jsonl" => 1100,
        _ => return,
    };
    let start: jiff::Timestamp = "2026-11-26T10:00:00.5Z".parse().unwrap();
    odoo.set_now(start + jiff::SignedDuration::from_millis(milliseconds * count));
}

fn play_one(odoo: &FakeOdoo, row: &Value, numbers: &mut Numbers) -> Option<String> {
    let path = row["path"].as_str().unwrap();
    let body = match &row["request"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        body => numbers.request(path, body).to_string(),
    };
    let body = body
        .replace("<inbound key>", Seed::INBOUND_KEY)
        .replace("int-inbound@prod.example", "inbound")
        .replace("<key>", Seed::INBOUND_KEY);
    let key = match row["as"].as_str().unwrap() {
        "inbound" => format!("bearer {}", Seed::INBOUND_KEY),
        "admin" => format!("bearer {}", Seed::ADMIN_KEY),
        "bad" => "bearer bad".to_owned(),
        _ => String::new(),
    };
    let mut headers: Vec<(&str, &str)> = Vec::new();
    if !key.is_empty() {
        headers.push(("authorization", &key));
    }
    let empty = serde_json::Map::new();
    let recorded = row["headers"].as_object().unwrap_or(&empty);
    if recorded.is_empty() && !row["request"].is_null() {
        headers.push(("content-type", "application/json"));
    }
    for (name, value) in recorded {
        headers.push((name, value.as_str().unwrap()));
    }
    let method = row["method"].as_str().unwrap();
    let Some((status, answer, _)) = send(odoo, method, path, &headers, &body) else {
        return Some("connection closed".to_owned());
    };
    let expected = row["status"].as_u64().unwrap();
    if u64::from(status) != expected {
        let message = answer["message"].as_str().unwrap_or_default();
        return Some(format!("status {status} {message}, recorded {expected}"));
    }
    numbers.learn(path, &row["response"], &answer);
    Comparison::new(path, numbers).differ(&row["response"], &answer)
}

/// FACTS A1-A8, A15: the fake answers as the real server did.
#[test]
fn recorded_calls_get_the_recorded_answers() {
    let exceptions: Value = serde_json::from_str(&fixture("replay-exceptions.json")).unwrap();
    let listed = |tape: &str, line: u64| {
        exceptions
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["tape"] == tape && e["line"].as_u64() == Some(line))
    };
    let mut report = Vec::new();
    let mut gone = exceptions.as_array().unwrap().clone();
    for tape in TAPES {
        let (count, differences) = play(tape);
        let excused = differences.iter().filter(|d| listed(d.tape, d.line)).count();
        report.push(format!(
            "{tape}: {} of {count} equal, {excused} listed",
            count - differences.len()
        ));
        for d in &differences {
            gone.retain(|e| e["tape"] != d.tape || e["line"].as_u64() != Some(d.line));
        }
        let unlisted = differences.iter().filter(|d| !listed(d.tape, d.line));
        report.extend(unlisted.map(|d| format!("  {}:{} {}", d.tape, d.line, d.what)));
    }
    report.extend(gone.iter().map(|e| format!("  listed but equal now: {e}")));
    let failed = report.iter().any(|line| line.starts_with("  "));
    println!("{}", report.join("\n"));
    assert!(!failed, "{}", report.join("\n"));
}
