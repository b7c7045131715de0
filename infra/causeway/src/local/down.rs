//! `causeway local down`.

use super::deploy::AWS;
use super::place::Place;
use super::process;
use super::up::SANDBOX;
use crate::report::{Answer, Failure, Outcome, Show, json};
use std::path::PathBuf;

/// Arguments of `causeway local down`.
#[derive(clap::Args)]
pub struct Args {
    /// The repository; by default the nearest folder upwards that has a template.yaml.
    #[arg(long)]
    root: Option<PathBuf>,
    /// Keep `.local/` with the logs.
    #[arg(long)]
    keep: bool,
}

/// Stops everything that `up` started. Nothing running is no error.
pub fn down(args: &Args, show: Show) -> Outcome {
    let place = Place::find(args.root.as_deref())?;
    let mut stopped = Vec::new();
    for name in [SANDBOX, AWS] {
        if process::stop(&place, name)? {
            stopped.push(name);
        }
    }
    if !args.keep && place.folder().is_dir() {
        std::fs::remove_dir_all(place.folder())
            .map_err(|error| Failure::new(format!("{}: {error}", place.folder().display())))?;
    }
    match show {
        Show::Json => json(&serde_json::json!({ "stopped": stopped }))?,
        Show::Text if stopped.is_empty() => println!("nothing was running"),
        Show::Text => println!("stopped: {}", stopped.join(", ")),
    }
    Ok(Answer::Yes)
}
