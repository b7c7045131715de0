//! `causeway refund`: what would become of what came after an order.

mod plan;

use crate::report::{Outcome, Show};

/// Verbs of `causeway refund`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show what refunds and returns of an order would become in Odoo. A dry run: touches nothing.
    #[command(after_help = plan::AFTER)]
    Plan(plan::Args),
}

/// Runs one.
pub fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Plan(args) => plan::plan(&args, show),
    }
}
