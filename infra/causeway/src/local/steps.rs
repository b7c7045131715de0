//! Progress on standard error: a spinner for a person, one line per step for a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// A step that is under way.
pub struct Step {
    text: String,
    began: Instant,
    spinner: Option<ProgressBar>,
}

impl Step {
    /// Begins one.
    pub fn begin(text: impl Into<String>) -> Self {
        let text = text.into();
        let spinner = std::io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner().with_message(text.clone());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        Self { text, began: Instant::now(), spinner }
    }

    /// Says how far it is. Only a person sees it.
    pub fn now(&self, text: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!("{}: {text}", self.text));
        }
    }

    /// Ends it well.
    pub fn done(self) {
        self.done_with("");
    }

    /// Ends it well and says with what.
    pub fn done_with(self, result: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        let tenths = self.began.elapsed().as_millis() / 100;
        let result = if result.is_empty() { String::new() } else { format!(": {result}") };
        eprintln!("  {}{result} ({}.{} s)", self.text, tenths / 10, tenths % 10);
    }
}
