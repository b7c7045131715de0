//! What the bundle costs: CPU time and memory of the webhook per delivery, cold starts and sizes of the
//! functions, and calls to Odoo per order beside the usual way. Prints every figure with its aim.
//!
//! `bench [--json] [--only webhook|cold|orders] [--functions target/release]
//!        [--odoo URL --odoo-config FILE]`
//!
//! Without `--odoo` the fake Odoo answers over HTTP as slowly as a real one was measured to. With it,
//! one customer and some hundred orders are made in that database and stay there: use one that may be
//! thrown away. `odoo.json` beside this file shows what FILE holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::wildcard_enum_match_arm)]

mod cold;
mod delivery;
mod fake_aws;
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

use report::Report;
use std::path::PathBuf;

/// What was asked for.
struct Options {
    json: bool,
    only: Option<String>,
    functions: PathBuf,
    odoo: Option<String>,
    odoo_config: Option<PathBuf>,
}

const USAGE: &str = "bench [--json] [--only webhook|cold|orders] [--functions target/release] \
                     [--odoo URL --odoo-config FILE]";

fn options() -> Result<Options, String> {
    let mut options = Options {
        json: false,
        only: None,
        functions: PathBuf::from("target/release"),
        odoo: None,
        odoo_config: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--json" => options.json = true,
            "--only" => options.only = Some(value()?),
            "--functions" => options.functions = value()?.into(),
            "--odoo" => options.odoo = Some(value()?),
            "--odoo-config" => options.odoo_config = Some(value()?.into()),
            _ => return Err(format!("unknown argument {argument}")),
        }
    }
    match (&options.only, options.odoo.is_some(), options.odoo_config.is_some()) {
        (Some(part), ..) if !["webhook", "cold", "orders"].contains(&part.as_str()) => {
            Err(format!("there is no part {part}"))
        }
        (_, true, false) | (_, false, true) => {
            Err("--odoo and --odoo-config go together".to_owned())
        }
        _ => Ok(options),
    }
}

#[tokio::main]
async fn main() {
    let options = options().unwrap_or_else(|problem| {
        eprintln!("{problem}\n{USAGE}");
        std::process::exit(2);
    });
    let asked = |part| options.only.as_deref().is_none_or(|only| only == part);
    let mut report = Report::start();
    if asked("webhook") {
        eprintln!("webhook: {} deliveries of each platform ...", webhook::DELIVERIES);
        own_part::measure(&mut report);
        webhook::measure(&options.functions, &mut report).await;
    }
    if asked("cold") {
        eprintln!("cold starts: {} of each function ...", cold::STARTS);
        cold::measure(&options.functions, &mut report).await;
    }
    if asked("orders") {
        eprintln!("orders: about a minute and a half against the fake Odoo ...");
        let target = orders::Target::new(options.odoo, options.odoo_config.as_deref()).await;
        orders::measure(&target, &mut report).await;
    }
    report.print(options.json);
}
