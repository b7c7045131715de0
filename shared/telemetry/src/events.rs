//! `tracing` events of our own crates as the same JSON lines. Events of other crates are dropped:
//! their texts can hold URLs, headers and bodies, and nobody here decides what they say.

use crate::panics::install_panic_hook;
use crate::scrub::scrub;
use crate::sink::{Sink, StdoutSink};
use causeway_domain::Timestamp;
use serde_json::{Map, Value, json};
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Prefix of the targets (crate paths) that are ours.
const OURS: &str = "causeway";

/// Sends `tracing` events of our crates to standard output as JSON lines and installs the panic
/// hook. The level is `CAUSEWAY_LOG` (`error`, `warn`, `info`, and in builds for tests `debug` and `trace`), `info` by
/// default.
/// A second call changes nothing.
pub fn init() {
    let level = std::env::var("CAUSEWAY_LOG").ok().and_then(|text| text.parse().ok());
    let events = Events::new(StdoutSink, level.unwrap_or(Level::INFO));
    // Refused if a subscriber is set already: the first one stays.
    let _ = tracing::subscriber::set_global_default(events);
    install_panic_hook();
}

/// The subscriber behind [`init`]. Spans are not recorded.
#[derive(Clone, Debug)]
pub struct Events<S> {
    sink: S,
    level: Level,
}

impl<S: Sink> Events<S> {
    /// Writes events up to `level` to `sink`.
    pub fn new(sink: S, level: Level) -> Self {
        Self { sink, level }
    }
}

impl<S: Sink + 'static> Subscriber for Events<S> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with(OURS)
            && *metadata.level() <= self.level
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Never reached for recording: spans are not enabled. Ids must not be zero.
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields(Map::new());
        let level = metadata.level().as_str().to_ascii_lowercase();
        event.record(&mut fields);
        let Fields(mut line) = fields;
        line.insert("timestamp".to_owned(), json!(Timestamp::now().to_string()));
        line.insert("level".to_owned(), json!(level));
        line.entry("operation").or_insert_with(|| json!(metadata.target()));
        self.sink.write(&Value::Object(line).to_string());
    }
}

/// Collects an event's fields; every text is scrubbed.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(scrub(value)));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, json!(scrub(&format!("{value:?}"))));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::sink::MemorySink;

    #[test]
    fn our_events_become_scrubbed_lines_and_others_are_dropped() {
        let sink = MemorySink::default();
        tracing::subscriber::with_default(Events::new(sink.clone(), Level::INFO), || {
            tracing::warn!(store = "acme", tries = 3, "no answer for ada@example.com");
            tracing::debug!("below the level");
            tracing::error!(target: "hyper", "Authorization: Bearer abcdef123456");
        });
        let lines = sink.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], "warn");
        assert_eq!(line["store"], "acme");
        assert_eq!(line["tries"], json!(3));
        assert_eq!(line["message"], "no answer for [e-mail]");
    }
}
