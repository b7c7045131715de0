//! `causeway`: the command line beside the bundle.
//!
//! Results go to standard output, progress and complaints to standard error. Exit codes: 0 yes or
//! done; 1 the answer is no; 2 it could not be asked (wrong usage, unreadable file, no connection).
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod attention;
mod aws;
mod config;
mod local;
mod order;
mod refund;
mod report;
mod settlement;
mod webhook;

use clap::{Parser, Subcommand};
use report::{Ending, Show};
use std::process::ExitCode;

const AFTER: &str = "\
Exit codes: 0 yes or done; 1 the answer is no; 2 it could not be asked.

A first store, from nothing:
  causeway config default > causeway.toml       a commented file to fill in
  causeway config check --config causeway.toml  names every problem at once
  causeway config push --config causeway.toml   writes it to the table that the functions read
The whole bundle on this machine:
  causeway local up && causeway local demo && causeway local down";

/// Keeps Odoo and the places a merchant sells in agreement: the command line beside the bundle.
#[derive(Parser)]
#[command(version, after_help = AFTER, max_term_width = 100)]
struct Cli {
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The configuration of stores and Odoo databases.
    #[command(subcommand)]
    Config(config::Verb),
    /// Webhooks as platforms send them.
    #[command(subcommand)]
    Webhook(webhook::Verb),
    /// One order.
    #[command(subcommand)]
    Order(order::Verb),
    /// What came after an order.
    #[command(subcommand)]
    Refund(refund::Verb),
    /// Payouts of payment processors.
    #[command(subcommand)]
    Settlement(settlement::Verb),
    /// What waits for a person.
    #[command(subcommand)]
    Attention(attention::Verb),
    /// The whole bundle on this machine.
    #[command(subcommand)]
    Local(local::Verb),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let show = if cli.json { Show::Json } else { Show::Text };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Ending::from(Err(report::Failure::new(error))).into(),
    };
    Ending::from(runtime.block_on(run(cli.verb, show))).into()
}

async fn run(verb: Verb, show: Show) -> report::Outcome {
    match verb {
        Verb::Config(verb) => config::run(verb, show).await,
        Verb::Webhook(verb) => webhook::run(verb, show),
        Verb::Order(verb) => order::run(verb, show).await,
        Verb::Refund(verb) => refund::run(verb, show),
        Verb::Settlement(verb) => settlement::run(verb, show),
        Verb::Attention(verb) => attention::run(verb, show).await,
        Verb::Local(verb) => local::run(verb, show).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// clap finds contradictions in the definition only in debug builds, and only when a verb is used.
    #[test]
    fn the_command_line_is_without_contradictions() {
        Cli::command().debug_assert();
    }
}
