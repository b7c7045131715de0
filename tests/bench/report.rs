//! Figures, their aims, and how both are printed.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde::Serialize;
use std::time::Duration;

/// What a figure should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    Below(f64),
    AtMost(f64),
    AtLeast(f64),
}

impl Aim {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Below(bound) => format!("under {bound}"),
            Self::AtMost(bound) => format!("at most {bound}"),
            Self::AtLeast(bound) => format!("at least {bound}"),
        }
    }
}

#[derive(Debug, Serialize)]
struct Figure {
    part: String,
    what: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<Aim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    processor: String,
    cores: usize,
    load_before: String,
    load_after: String,
    figures: Vec<Figure>,
    notes: Vec<&'static str>,
}

impl Report {
    /// Notes the machine as it is before anything is measured.
    pub fn start() -> Self {
        Self {
            processor: processor(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load_average(),
            load_after: String::new(),
            figures: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A figure for comparison only.
    pub fn figure(&mut self, part: &str, what: &str, value: f64, unit: &'static str) {
        self.figures.push(Figure {
            part: part.to_owned(),
            what: what.to_owned(),
            value,
            unit,
            aim: None,
            met: None,
        });
    }

    /// A figure with an aim.
    pub fn aimed(&mut self, part: &str, what: &str, value: f64, unit: &'static str, aim: Aim) {
        let met = Some(aim.is_met(value));
        self.figures.push(Figure {
            part: part.to_owned(),
            what: what.to_owned(),
            value,
            unit,
            aim: Some(aim),
            met,
        });
    }

    /// Something that a reader must know to read the figures.
    pub fn note(&mut self, text: &'static str) {
        self.notes.push(text);
    }

    /// The table, or JSON, on standard output; whether every aim is met.
    pub fn print(mut self, json: bool) -> bool {
        self.load_after = load_average();
        let missed = self.figures.iter().filter(|figure| figure.met == Some(false)).count();
        let aims = self.figures.iter().filter(|figure| figure.met.is_some()).count();
        if json {
            println!("{}", serde_json::to_string_pretty(&self).unwrap());
            return missed == 0;
        }
        println!("{}\n", self.table());
        for note in &self.notes {
            println!("- {note}");
        }
        println!(
            "- {} x {}; load average before {}, after {}: on a busy machine wall-clock figures are too high",
            self.cores, self.processor, self.load_before, self.load_after
        );
        println!("bench: {} of {aims} aims met", aims - missed);
        missed == 0
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_HORIZONTAL_ONLY);
        table.set_header(["", "measured", "", "unit", "aim", "met"]);
        let mut last = "";
        for figure in &self.figures {
            let part = if figure.part == last { "" } else { figure.part.as_str() };
            last = &figure.part;
            let met = match figure.met {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            };
            table.add_row([
                Cell::new(part),
                Cell::new(&figure.what),
                Cell::new(shown(figure.value)).set_alignment(CellAlignment::Right),
                Cell::new(figure.unit),
                Cell::new(figure.aim.map_or_else(String::new, Aim::words)),
                Cell::new(met),
            ]);
        }
        table
    }
}

fn shown(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}
