//! How long a real server takes per call and per record, from measurements in a fixture.

use serde_json::Value;
use std::sync::OnceLock;
use std::time::Duration;

fn table() -> &'static Value {
    static TABLE: OnceLock<Value> = OnceLock::new();
    TABLE.get_or_init(|| {
        serde_json::from_str(include_str!("../../fixtures/odoo/latency.json")).unwrap()
    })
}

/// The pause before the answer of a call on `records` records.
pub fn pause(model: &str, method: &str, records: usize) -> Duration {
    let table = &table()["methods"];
    let row = [format!("{model}.{method}"), format!("*.{method}"), "*".to_owned()]
        .iter()
        .find_map(|name| table.get(name))
        .unwrap_or(&Value::Null);
    let milliseconds = |name: &str| row[name].as_u64().unwrap_or(0);
    let records = u64::try_from(records).unwrap_or(1);
    Duration::from_millis(milliseconds("call_ms") + milliseconds("record_ms") * records)
}
