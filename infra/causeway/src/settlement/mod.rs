//! `causeway settlement`: what would become of a settlement file.

mod plan;

use crate::report::{Outcome, Show};

/// Verbs of `causeway settlement`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show the journal entries that a settlement file would become. A dry run: touches nothing.
    #[command(after_help = plan::AFTER)]
    Plan(plan::Args),
}

/// Runs one.
pub fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Plan(args) => plan::plan(&args, show),
    }
}
