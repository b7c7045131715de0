//! Where lines go.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Takes finished lines.
pub trait Sink: Send + Sync {
    /// Writes one line; `line` has no newline. Failures to write are not reported: there is nowhere
    /// left to report them to.
    fn write(&self, line: &str);
}

/// Standard output, which Lambda ships to CloudWatch Logs line by line.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdoutSink;

impl Sink for StdoutSink {
    fn write(&self, line: &str) {
        let mut out = std::io::stdout().lock();
        // One write per line, so that lines of several threads never mix.
        let _ = out.write_all(format!("{line}\n").as_bytes());
        let _ = out.flush();
    }
}

/// Keeps the lines, for tests. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Vec<String>>>);

impl MemorySink {
    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for MemorySink {
    fn write(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}
