//! A panic becomes one JSON line that says where, and never what: the message may hold data.

use crate::sink::{Sink, StdoutSink};
use causeway_domain::Timestamp;
use serde_json::json;
use std::panic::Location;

/// Replaces the panic hook by one that writes [`panic_line`] to standard output.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        StdoutSink.write(&panic_line(Timestamp::now(), info.location()));
    }));
}

/// The line of a panic: its place in our code and nothing of its message.
pub fn panic_line(now: Timestamp, location: Option<&Location<'_>>) -> String {
    let place = location.map_or_else(
        || "unknown place".to_owned(),
        |at| format!("{}:{}:{}", at.file(), at.line(), at.column()),
    );
    json!({
        "timestamp": now.to_string(),
        "level": "error",
        "operation": "panic",
        "status": "failed",
        "fault": format!("panic at {place}"),
        "fault_class": "panic",
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_place() {
        let here = Location::caller();
        let line = panic_line(Timestamp::UNIX_EPOCH, Some(here));
        assert!(line.contains("panics.rs:"), "{line}");
        assert!(line.contains(r#""level":"error""#), "{line}");
    }
}
