//! One JSON line per operation, metrics in the same stream, and the redaction that both go through.
//!
//! What enters a line is ids, our own enums, numbers and our own fault texts. `Personal` and
//! `Secret` have no `Display`, so they cannot; every text passes [`scrub`] besides, for what a
//! library or the other side put into an error.

mod events;
mod line;
mod metrics;
mod panics;
mod scrub;
mod sink;

pub use events::{Events, init};
pub use line::{Operation, Status, emit};
pub use metrics::{Metric, Metrics, NAMESPACE, emit_metrics};
pub use panics::{install_panic_hook, panic_line};
pub use scrub::{scrub, scrub_id};
pub use sink::{MemorySink, Sink, StdoutSink};

pub use causeway_domain::Timestamp;
