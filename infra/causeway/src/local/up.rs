//! `causeway local up`.

use super::deploy::{self, AWS};
use super::loopback::Loopback;
use super::place::{At, Place, free_port};
use super::process;
use super::stack::Stack;
use super::steps::Step;
use crate::config::environment;
use crate::report::{Answer, Failure, Outcome, Show, json};
use causeway_flows::config::Environment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub const AFTER: &str = "\
Examples:
  causeway local up                          local AWS and the sandbox: six fake stores, a fake Odoo
  causeway local up --config causeway.toml --secrets secrets.toml
                                             local AWS between real stores and a real Odoo
  source .local/env                          lets AWS tools and `causeway order project` reach it
secrets.toml gives a value to every secret that the configuration names: \"causeway/acme/webhook\" = \"...\"
Everything listens on loopback. `causeway local down` stops it and removes `.local/`.";

/// The pid and log file of the sandbox.
pub const SANDBOX: &str = "sandbox";

/// Arguments of `causeway local up`.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    pub at: At,
    /// Port of local AWS; the next free one is taken if it is not free.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// Port of the sandbox; the next free one is taken if it is not free.
    #[arg(long, default_value_t = 4700)]
    pub sandbox_port: u16,
    /// Batches that are brought to Odoo at once (the template's OdooWorkers).
    #[arg(long, default_value_t = 4)]
    pub workers: u32,
    /// Use this configuration instead of the sandbox.
    #[arg(long, value_name = "FILE", requires = "secrets")]
    pub config: Option<PathBuf>,
    /// Values of the secrets that the configuration names (TOML).
    #[arg(long, value_name = "FILE", requires = "config")]
    pub secrets: Option<PathBuf>,
}

impl Args {
    /// Where it is to live.
    pub fn place(&self) -> Result<Place, Failure> {
        self.at.place()
    }
}

/// Brings everything up.
pub async fn up(args: &Args, show: Show) -> Outcome {
    let place = args.place()?;
    let stack = start(&place, args).await?;
    let url = stack.webhook_url()?;
    match show {
        Show::Json => json(&serde_json::json!({
            "webhooks": url, "endpoint": stack.endpoint, "sandbox": stack.sandbox, "outputs": stack.outputs,
        }))?,
        Show::Text => {
            println!("webhooks  {url}/<platform>/<store>");
            println!("AWS       {}  (source {})", stack.endpoint, place.path("env").display());
            if let Some(sandbox) = &stack.sandbox {
                println!("sandbox   {sandbox}");
            }
        }
    }
    Ok(Answer::Yes)
}

/// One stack per place.
pub fn refuse_if_up(place: &Place) -> Result<(), Failure> {
    if !process::runs(place, AWS) {
        return Ok(());
    }
    let at = Stack::load(place).map(|stack| stack.endpoint).unwrap_or_default();
    Err(Failure::new(format!("it is up already at {at}; `causeway local down` stops it")))
}

/// Starts and fills the stack. What was started stays if a later step fails, so that its logs can be
/// read; `down` cleans up.
pub async fn start(place: &Place, args: &Args) -> Result<Stack, Failure> {
    refuse_if_up(place)?;
    std::fs::create_dir_all(place.folder()).map_err(Failure::new)?;
    let step = Step::begin("local AWS starts");
    let mut stack = deploy::start_aws(place, free_port(args.port)?)?;
    stack.save(place)?;
    step.done_with(&stack.endpoint);

    let step = Step::begin("template.yaml is deployed");
    deploy::deploy(place, &mut stack, args.workers)?;
    deploy::switch_ttl_on(&stack).await?;
    stack.save(place)?;
    step.done();

    let (environment, secrets) = match (&args.config, &args.secrets) {
        (Some(config), Some(secrets)) => (environment(config)?, read_secrets(secrets)?),
        (_, _) => sandbox(place, &mut stack, args.sandbox_port).await?,
    };
    let step = Step::begin("configuration and secrets are pushed");
    deploy::put_secrets(&stack, &secrets).await?;
    let client = aws_sdk_dynamodb::Client::new(&stack.config().await);
    let table = stack.output("StoresTable")?;
    let changes = crate::config::apply(&client, table, &environment, true, false).await?;
    step.done_with(&format!("{} stores", changes.len()));
    Ok(stack)
}

/// Starts the sandbox and asks it for its configuration and secrets.
async fn sandbox(
    place: &Place,
    stack: &mut Stack,
    wished: u16,
) -> Result<(Environment, BTreeMap<String, String>), Failure> {
    let step = Step::begin("the sandbox starts");
    let program = place.need(place.root.join("target/local/sandbox"), "make build")?;
    let port = free_port(wished)?;
    let address = format!("http://127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.current_dir(&place.root).args([
        "--port",
        &port.to_string(),
        "--webhooks",
        &stack.webhook_url()?,
    ]);
    process::start(place, SANDBOX, &mut command)?;
    deploy::wait_for(place, SANDBOX, port, Duration::from_secs(20))?;
    stack.sandbox = Some(address.clone());
    stack.save(place)?;
    let http = Loopback::new();
    let text = http.text(&format!("{address}/_sandbox/environment")).await?;
    place.write("environment.toml", &text)?;
    let environment = environment(&place.path("environment.toml"))?;
    let secrets = http.get(&format!("{address}/_sandbox/secrets")).await?;
    step.done_with(&address);
    Ok((environment, secrets))
}

fn read_secrets(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    toml::from_str(&text).map_err(|error| failed(&error.message()))
}
