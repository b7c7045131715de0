//! template.yaml onto local AWS.

use super::place::Place;
use super::process;
use super::stack::Stack;
use crate::report::Failure;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const NAME: &str = "causeway";
/// The pid and log file of local AWS.
pub const AWS: &str = "aws";

/// Starts local AWS and waits until it answers.
pub fn start_aws(place: &Place, port: u16) -> Result<Stack, Failure> {
    let ministack = place.python_tool(".venv-aws", "ministack")?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let stack = Stack { endpoint, outputs: BTreeMap::new(), sandbox: None };
    let mut command = stack.command(place, ministack);
    command
        // Functions see the endpoint only if local AWS itself was given it (LOCAL-AWS: "Start").
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("STATE_DIR", place.path("state"))
        .env("S3_DATA_DIR", place.path("s3"));
    process::start(place, AWS, &mut command)?;
    wait_for(place, AWS, port, Duration::from_secs(30))?;
    Ok(stack)
}

/// Waits until a server of ours answers HTTP on a loopback port.
pub fn wait_for(place: &Place, name: &str, port: u16, limit: Duration) -> Result<(), Failure> {
    let began = Instant::now();
    while began.elapsed() < limit {
        if answers(port) {
            return Ok(());
        }
        if !process::runs(place, name) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Failure::new(format!(
        "{name} did not come up; see {}\n  {}",
        process::log_file(place, name).display(),
        process::log_tail(place, name)
    )))
}

fn answers(port: u16) -> bool {
    let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
    let request = format!(
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    let mut first = [0_u8; 8];
    connection.write_all(request.as_bytes()).is_ok()
        && std::io::Read::read(&mut connection, &mut first).is_ok_and(|read| read > 0)
}

/// Deploys the template with the built functions and reads the stack's outputs.
pub fn deploy(place: &Place, stack: &mut Stack, workers: u32) -> Result<(), Failure> {
    let sam = place.python_tool(".venv-sam", "sam")?;
    let template = lay_out(place)?;
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x86_64",
    };
    let mut command = sam_command(place, stack, &sam);
    command
        .args(["deploy", "--stack-name", NAME, "--template-file"])
        .arg(&template)
        .args(["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--region", "us-east-1"])
        .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"])
        .arg("--parameter-overrides")
        .arg(format!("Architecture={architecture}"))
        .arg(format!("OdooWorkers={workers}"));
    output(&mut command, "sam deploy")?;
    let mut command = sam_command(place, stack, &sam);
    command
        .args(["list", "stack-outputs", "--stack-name", NAME, "--output", "json"])
        .args(["--region", "us-east-1"]);
    let listed = output(&mut command, "sam list stack-outputs")?;
    stack.outputs = outputs(&listed)?;
    Ok(())
}

/// The template beside what this machine built, where the template expects it. `target/lambda` holds what
/// `make package` built for AWS and is left alone.
fn lay_out(place: &Place) -> Result<PathBuf, Failure> {
    let failed =
        |path: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    for name in functions(place)? {
        let binary = place.root.join("target/local").join(format!("causeway-{name}"));
        let binary = place.need(binary, "make build")?;
        let folder = place.path("target/lambda").join(&name);
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        let bootstrap = folder.join("bootstrap");
        std::fs::copy(&binary, &bootstrap).map_err(|error| failed(&bootstrap, error))?;
    }
    // Not called template.yaml: a folder with one is taken for a repository.
    let template = place.path("deployed.yaml");
    std::fs::copy(place.root.join("template.yaml"), &template)
        .map_err(|error| failed(&template, error))?;
    Ok(template)
}

/// A folder in `functions/` is a function, its binary is `causeway-<name>`.
fn functions(place: &Place) -> Result<Vec<String>, Failure> {
    let folder = place.root.join("functions");
    let failed = |error| Failure::new(format!("{}: {error}", folder.display()));
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let entries = std::fs::read_dir(&folder).map_err(failed)?;
    entries.map(|entry| entry.map(name).map_err(failed)).collect()
}

fn sam_command(place: &Place, stack: &Stack, sam: &Path) -> Command {
    let mut command = stack.command(place, sam);
    command.env("SAM_CLI_TELEMETRY", "0").env("__SAM_CLI_APP_DIR", place.path("sam"));
    command
}

fn output(command: &mut Command, what: &str) -> Result<String, Failure> {
    let output = command.output().map_err(|error| Failure::new(format!("{what}: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("{what} failed:\n{text}\n{errors}")))
}

fn outputs(json: &str) -> Result<BTreeMap<String, String>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        output_key: String,
        output_value: String,
    }
    let listed: Vec<Output> = serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("the stack's outputs: {error}")))?;
    Ok(listed.into_iter().map(|output| (output.output_key, output.output_value)).collect())
}

/// Local AWS ignores the template's TimeToLiveSpecification; after this call items really expire.
pub async fn switch_ttl_on(stack: &Stack) -> Result<(), Failure> {
    let client = aws_sdk_dynamodb::Client::new(&stack.config().await);
    for key in ["EventsTable", "AttentionTable"] {
        let table = stack.output(key)?;
        let setting =
            TimeToLiveSpecification::builder().attribute_name("expires").enabled(true).build();
        client
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(setting.map_err(Failure::new)?)
            .send()
            .await
            .map_err(|error| crate::aws::failure(&format!("TTL of {table}"), &error))?;
    }
    Ok(())
}

/// Creates or replaces secrets.
pub async fn put_secrets(stack: &Stack, secrets: &BTreeMap<String, String>) -> Result<(), Failure> {
    let client = aws_sdk_secretsmanager::Client::new(&stack.config().await);
    for (name, value) in secrets {
        let created = client.create_secret().name(name).secret_string(value).send().await;
        let exists = created.as_ref().err().is_some_and(|error| {
            error.as_service_error().is_some_and(|error| error.is_resource_exists_exception())
        });
        if exists {
            let put = client.put_secret_value().secret_id(name).secret_string(value).send().await;
            put.map_err(|error| crate::aws::failure(&format!("secret {name}"), &error))?;
        } else {
            created.map_err(|error| crate::aws::failure(&format!("secret {name}"), &error))?;
        }
    }
    Ok(())
}
