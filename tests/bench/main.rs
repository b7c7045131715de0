//! What the bundle costs: CPU time and memory of the webhook per delivery, cold starts and sizes of the
//! functions, and calls to Odoo per order beside the usual way. Prints every figure with its aim.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::wildcard_enum_match_arm)]

mod cold;
mod counted;
mod delivery;
mod fake_aws;
mod nothing_new;
mod orders;
mod own_part;
mod process;
mod report;
mod runtime_api;
// Of the simulation only the scenario is used here.
#[allow(dead_code, unused_imports)]
#[path = "../sim/mod.rs"]
mod sim;
mod usual_way;
mod webhook;

use clap::{Parser, ValueEnum};
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measures the functions as they are shipped and the way to Odoo, and compares every figure with its aim.
///
/// Progress goes to standard error, the figures to standard output. `make bench` builds everything that
/// this needs, and runs it.
#[derive(Parser)]
#[command(name = "bench", after_help = AFTER_HELP)]
struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure one part only: it takes seconds, all of them take about two minutes.
    #[arg(long)]
    only: Option<Part>,
    /// Exit with 0 though an aim is missed: for a machine that is busy or not like ours. The table still
    /// says which.
    #[arg(long)]
    no_aims: bool,
    /// Where the functions are.
    #[arg(long, default_value = "target/release", value_name = "FOLDER")]
    functions: PathBuf,
    /// A real Odoo instead of the fake, which answers over HTTP as slowly as a real one was measured to.
    /// One customer and some hundred orders are made in its database and stay there.
    #[arg(long, value_name = "URL", requires = "odoo_config")]
    odoo: Option<String>,
    /// The ids in its database, as tests/bench/odoo.json shows them.
    #[arg(long, value_name = "FILE", requires = "odoo")]
    odoo_config: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  target/release/bench
  target/release/bench --only webhook --json
  target/release/bench --only orders --odoo https://odoo.example.com --odoo-config my-odoo.json

Exit codes: 0 every aim is met (or --no-aims), 1 an aim is missed, 2 wrong usage or nothing to measure.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// CPU time and memory of functions/webhook for each delivery, and of our own part of it.
    Webhook,
    /// Cold start and zipped size of every function.
    Cold,
    /// Calls to Odoo and orders per second, beside the usual way.
    Orders,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let asked = |part| options.only.is_none_or(|only| only == part);
    if let Some(missing) =
        missing(&options.functions).filter(|_| options.only != Some(Part::Orders))
    {
        eprintln!("{} is not there; `make bench` builds it", missing.display());
        return ExitCode::from(2);
    }
    let mut report = Report::start();
    if asked(Part::Webhook) {
        own_part::measure(&mut report);
        webhook::measure(&options.functions, &mut report).await;
    }
    if asked(Part::Cold) {
        cold::measure(&options.functions, &mut report).await;
    }
    if asked(Part::Orders) {
        let target = orders::Target::new(options.odoo, options.odoo_config.as_deref()).await;
        orders::measure(&target, &mut report).await;
    }
    let met = report.print(options.json);
    if met || options.no_aims { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first function that was not built.
fn missing(functions: &Path) -> Option<PathBuf> {
    let binaries = cold::names().into_iter().map(|name| functions.join(format!("causeway-{name}")));
    binaries.into_iter().find(|binary| !binary.is_file())
}
