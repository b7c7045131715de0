//! `causeway local down`.

use super::deploy::AWS;
use super::place::{At, Place};
use super::process;
use super::up::SANDBOX;
use crate::report::{Answer, Failure, Outcome, Show, json};

/// Arguments of `causeway local down`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    at: At,
    /// Keep the folder with the logs.
    #[arg(long)]
    keep: bool,
}

/// Stops everything that `up` started. Nothing running is no error.
pub fn down(args: &Args, show: Show) -> Outcome {
    let stopped = stop(&args.at.place()?, !args.keep)?;
    match show {
        Show::Json => json(&serde_json::json!({ "stopped": stopped }))?,
        Show::Text if stopped.is_empty() => println!("nothing was running"),
        Show::Text => println!("stopped: {}", stopped.join(", ")),
    }
    Ok(Answer::Yes)
}

/// Stops what runs and, if wished, removes the folder; says what was stopped.
pub fn stop(place: &Place, remove: bool) -> Result<Vec<&'static str>, Failure> {
    let mut stopped = Vec::new();
    for name in [SANDBOX, AWS] {
        if process::stop(place, name)? {
            stopped.push(name);
        }
    }
    if remove && place.folder().is_dir() {
        std::fs::remove_dir_all(place.folder())
            .map_err(|error| Failure::new(format!("{}: {error}", place.folder().display())))?;
    }
    Ok(stopped)
}
