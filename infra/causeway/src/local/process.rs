//! Background processes with a log and a pid file, each in a process group of its own, so that the
//! functions which local AWS starts end with it.

use super::place::Place;
use crate::report::Failure;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a program that outlives us. Its output goes to `.local/<name>.log`.
pub fn start(place: &Place, name: &str, command: &mut Command) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("starting {name}: {error}"));
    let log = File::create(log_file(place, name)).map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    let child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    place.write(&format!("{name}.pid"), &format!("{}\n{}", child.id(), program(command)))
}

/// The log of a program.
pub fn log_file(place: &Place, name: &str) -> PathBuf {
    place.path(&format!("{name}.log"))
}

/// The last lines of a log, for error texts.
pub fn log_tail(place: &Place, name: &str) -> String {
    let text = std::fs::read_to_string(log_file(place, name)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(12);
    lines.get(from..).unwrap_or_default().join("\n  ")
}

/// Whether the program that we started under this name still runs.
pub fn runs(place: &Place, name: &str) -> bool {
    group(place, name).is_some()
}

/// Stops a program and everything it started: politely, then for good. False if it was not running.
pub fn stop(place: &Place, name: &str) -> Result<bool, Failure> {
    let Some(group) = group(place, name) else {
        let _ = std::fs::remove_file(place.path(&format!("{name}.pid")));
        return Ok(false);
    };
    signal(group, "TERM");
    let began = Instant::now();
    while command_line(group).is_some() && began.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(50));
    }
    // The functions may outlive their parent by a moment; they hold nothing worth waiting for.
    signal(group, "KILL");
    let _ = std::fs::remove_file(place.path(&format!("{name}.pid")));
    Ok(true)
}

/// The process group of a running program of ours. A pid that went to somebody else is not ours.
fn group(place: &Place, name: &str) -> Option<u32> {
    let text = std::fs::read_to_string(place.path(&format!("{name}.pid"))).ok()?;
    let (pid, program) = text.split_once('\n')?;
    let pid: u32 = pid.trim().parse().ok()?;
    command_line(pid).is_some_and(|line| line.contains(program.trim())).then_some(pid)
}

fn command_line(pid: u32) -> Option<String> {
    let output =
        Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // One that has ended and that nobody has asked for its exit code yet is still listed.
    let runs = output.status.success() && !line.is_empty() && !line.contains("<defunct>");
    runs.then_some(line)
}

fn signal(group: u32, name: &str) {
    // An unsafe-free kill(2): the shell tool of the same name.
    let _ = Command::new("kill")
        .args([&format!("-{name}"), "--", &format!("-{group}")])
        .stderr(Stdio::null())
        .status();
}

fn program(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_name();
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
