//! A function as a process of its own, and what the kernel says that it used.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The kernel's unit in `/proc/<pid>/stat`: USER_HZ is 100 on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A running function; killed when dropped.
pub struct Function {
    child: Child,
    /// When it was started.
    pub started: Instant,
    lines: Arc<AtomicUsize>,
}

/// CPU time of a process, all threads, in ticks of 10 ms.
#[derive(Clone, Copy)]
pub struct Cpu {
    pub user: Duration,
    pub system: Duration,
}

impl Cpu {
    pub fn whole(self) -> Duration {
        self.user + self.system
    }
    pub fn since(self, before: Self) -> Self {
        Self { user: self.user - before.user, system: self.system - before.system }
    }
}

impl Function {
    /// Starts it with these variables and no others. Its standard output is read and counted, as
    /// Lambda's collector of log lines does.
    pub fn start(binary: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = Command::new(binary);
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let started = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{}: {error}; `make bench` builds it", binary.display())
        });
        let lines = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lines);
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                if line.is_err() {
                    break;
                }
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { child, started, lines }
    }

    /// Lines that it has written.
    pub fn lines(&self) -> usize {
        self.lines.load(Ordering::Relaxed)
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Cpu {
        let text = self.proc("stat");
        // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
        let after = text.rsplit_once(')').unwrap().1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| TICK * fields[at].parse::<u32>().unwrap();
        Cpu { user: ticks(11), system: ticks(12) }
    }

    /// CPU time so far of the threads that live, to the nanosecond. Exact while it waits.
    pub fn exact_cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        tasks.map(|task| on_cpu(&task.unwrap().path().join("schedstat"))).sum()
    }

    /// The most memory that it ever had resident, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let text = self.proc("status");
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of this thread so far.
pub fn this_thread() -> Duration {
    // Leaving the processor makes the kernel count up to now.
    std::thread::yield_now();
    on_cpu(Path::new("/proc/thread-self/schedstat"))
}

/// The first number of a `schedstat`: nanoseconds on a processor.
fn on_cpu(file: &Path) -> Duration {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().map_or(0, |n| n.parse().unwrap()))
}
