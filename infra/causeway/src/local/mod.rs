//! `causeway local`: the whole bundle on this machine.
//!
//! Everything it starts and writes lives below `.local/` in the repository, listens on loopback only
//! and is given invented credentials, so that it can never touch an AWS account.

mod demo;
mod deploy;
mod down;
mod loopback;
mod place;
mod process;
mod stack;
mod steps;
mod up;

use crate::report::{Outcome, Show};

/// Verbs of `causeway local`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Start local AWS, deploy template.yaml to it, start the sandbox, push its configuration.
    #[command(after_help = up::AFTER)]
    Up(up::Args),
    /// Stop what `up` started and remove what it wrote.
    #[command(after_help = "Example:\n  causeway local down")]
    Down(down::Args),
    /// Play a sale day of five platforms through the bundle and check what Odoo holds in the end.
    #[command(after_help = demo::AFTER)]
    Demo(demo::Args),
}

/// Runs one.
pub async fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Up(args) => up::up(&args, show).await,
        Verb::Down(args) => down::down(&args, show),
        Verb::Demo(args) => demo::demo(&args, show).await,
    }
}
