//! `causeway config`: check a file, push it, print the commented default.

mod check;
mod push;

pub use check::environment;
pub use push::apply;

use crate::report::{Answer, Outcome, Show};
use std::path::PathBuf;

/// Verbs of `causeway config`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Name every problem of a configuration file at once.
    ///
    /// Form first (unknown settings, wrong types, missing settings), then meaning (names that lead
    /// nowhere, contradicting rules, options that the platform does not know). Touches nothing.
    #[command(after_help = "Example:\n  causeway config check --config causeway.toml")]
    Check {
        /// The file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Write a configuration file to the table that the functions read.
    ///
    /// One document per store; functions see it within a minute. Secrets are only named in it.
    #[command(after_help = push::AFTER)]
    Push(push::Args),
    /// Print the commented default, which documents every setting.
    #[command(after_help = "Example:\n  causeway config default > causeway.toml")]
    Default,
}

/// Runs one.
pub async fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Check { config } => check::check(&config, show),
        Verb::Push(args) => push::push(&args, show).await,
        Verb::Default => {
            print!("{}", causeway_flows::config::DEFAULT);
            Ok(Answer::Yes)
        }
    }
}
