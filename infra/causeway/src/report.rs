//! How a verb ends and what it prints.

use serde::Serialize;
use std::fmt::Display;
use std::process::ExitCode;

/// For whom the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// A person.
    Text,
    /// A program.
    Json,
}

/// The answer of a verb that could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, or done.
    Yes,
    /// No: invalid, refused, different.
    No,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Why a verb could not be asked, and what to do.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this text.
    pub fn new(text: impl Display) -> Self {
        Self(text.to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every verb returns.
pub type Outcome = Result<Answer, Failure>;

/// The end of the process.
pub struct Ending(u8);

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(Answer::Yes) => Self(0),
            Ok(Answer::No) => Self(1),
            Err(Failure(text)) => {
                eprintln!("causeway: {text}");
                Self(2)
            }
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.0)
    }
}

/// Prints a value as indented JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::new)?;
    println!("{text}");
    Ok(())
}

/// A table as this command line draws all of them.
pub fn table<const N: usize>(head: [&str; N]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED).set_header(head);
    table
}
