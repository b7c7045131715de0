//! Metrics in CloudWatch's embedded metric format: a log line from which CloudWatch makes metrics,
//! so that nothing is called on the hot path.
//! Source: CloudWatch user guide, "Specification: Embedded metric format".

use crate::scrub::scrub_id;
use crate::sink::Sink;
use causeway_domain::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The CloudWatch namespace of all our metrics.
pub const NAMESPACE: &str = "Causeway";

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// From the platform's time of the event to done in Odoo. Milliseconds.
    SyncLagFromEvent(Duration),
    /// From our receipt of the nudge to done in Odoo. Milliseconds.
    SyncLagFromReceipt(Duration),
    /// Operations that failed and are tried again, or were given up. What waits and what a person is
    /// asked about has its own metric. Count.
    Failures(u64),
    /// Operations that ended well. Count.
    Successes(u64),
    /// From the enqueueing of a message to its receipt. Milliseconds.
    QueueAge(Duration),
    /// Questions for a person that were not open before. Count.
    Raised(u64),
    /// How long a subject has waited for what it needs, said at every look at it. Seconds.
    Waiting(Duration),
}

impl Metric {
    fn parts(self) -> (&'static str, &'static str, u64) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::SyncLagFromEvent(time) => ("SyncLagFromEvent", "Milliseconds", millis(time)),
            Self::SyncLagFromReceipt(time) => ("SyncLagFromReceipt", "Milliseconds", millis(time)),
            Self::Failures(count) => ("Failures", "Count", count),
            Self::Successes(count) => ("Successes", "Count", count),
            Self::QueueAge(time) => ("QueueAge", "Milliseconds", millis(time)),
            Self::Raised(count) => ("Raised", "Count", count),
            Self::Waiting(time) => ("Waiting", "Seconds", time.as_secs()),
        }
    }
}

/// Measurements that share their dimensions. A metric given several times becomes a list of values
/// (CloudWatch takes at most 100; a batch has ten).
#[derive(Clone, Copy, Debug)]
pub struct Metrics<'a> {
    /// What was done.
    pub operation: &'a str,
    /// The store, if the values are of one store.
    pub store: Option<&'a str>,
    /// The platform, if the values are of one platform.
    pub platform: Option<&'a str>,
    /// The values.
    pub values: &'a [Metric],
}

/// Writes one line of metrics. Dimension sets: `[operation]`, and where they are known
/// `[operation, platform]` and `[operation, store]`. Writes nothing if there are no values.
pub fn emit_metrics(sink: &dyn Sink, now: Timestamp, metrics: &Metrics<'_>) {
    if metrics.values.is_empty() {
        return;
    }
    let mut root = Map::new();
    let mut sets = vec![json!(["operation"])];
    root.insert("operation".to_owned(), json!(metrics.operation));
    for (name, value) in [("platform", metrics.platform), ("store", metrics.store)] {
        if let Some(value) = value {
            root.insert(name.to_owned(), json!(scrub_id(value)));
            sets.push(json!(["operation", name]));
        }
    }
    let mut described = Vec::new();
    for metric in metrics.values {
        let (name, unit, value) = metric.parts();
        match root.get_mut(name) {
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(_) | None => {
                root.insert(name.to_owned(), json!([value]));
                described.push(json!({ "Name": name, "Unit": unit }));
            }
        }
    }
    root.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                { "Namespace": NAMESPACE, "Dimensions": sets, "Metrics": described }
            ],
        }),
    );
    sink.write(&Value::Object(root).to_string());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::sink::MemorySink;

    #[test]
    fn the_line_is_valid_embedded_metric_format() {
        let sink = MemorySink::default();
        let metrics = Metrics {
            operation: "order-projection",
            store: Some("acme"),
            platform: Some("shopify"),
            values: &[
                Metric::SyncLagFromReceipt(Duration::from_millis(900)),
                Metric::SyncLagFromReceipt(Duration::from_millis(1100)),
                Metric::Successes(2),
            ],
        };
        emit_metrics(&sink, Timestamp::from_second(1_700_000_000).unwrap(), &metrics);
        let line: Value = serde_json::from_str(&sink.lines()[0]).unwrap();
        let expected = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Causeway",
                    "Dimensions": [["operation"], ["operation", "platform"], ["operation", "store"]],
                    "Metrics": [
                        { "Name": "SyncLagFromReceipt", "Unit": "Milliseconds" },
                        { "Name": "Successes", "Unit": "Count" }
                    ]
                }]
            },
            "operation": "order-projection",
            "platform": "shopify",
            "store": "acme",
            "SyncLagFromReceipt": [900, 1100],
            "Successes": [2]
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn every_dimension_named_has_a_value_in_the_line() {
        let sink = MemorySink::default();
        let values = [Metric::Failures(1)];
        let metrics =
            Metrics { operation: "webhook", store: None, platform: None, values: &values };
        emit_metrics(&sink, Timestamp::UNIX_EPOCH, &metrics);
        let line: Value = serde_json::from_str(&sink.lines()[0]).unwrap();
        let sets = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(sets, &json!([["operation"]]));
    }

    #[test]
    fn no_values_no_line() {
        let sink = MemorySink::default();
        let metrics = Metrics { operation: "webhook", store: None, platform: None, values: &[] };
        emit_metrics(&sink, Timestamp::UNIX_EPOCH, &metrics);
        assert!(sink.lines().is_empty());
    }
}
