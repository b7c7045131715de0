//! CSV as rows of named cells. Columns are found by name, never by place: processors add and move
//! them.

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use crate::fault::{SettlementFault, Wrong};

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Counted from 1.
    pub(crate) line: usize,
    fields: StringRecord,
}

impl Row {
    /// The cell by its place, empty if there is none.
    pub(crate) fn at(&self, place: usize) -> &str {
        self.fields.get(place).unwrap_or_default().trim()
    }
    /// A cell, trimmed; empty if there is none.
    pub(crate) fn text(&self, column: &Column) -> &str {
        self.at(column.place)
    }
    /// A cell that must not be empty.
    pub(crate) fn needed(&self, column: &Column) -> Result<&str, SettlementFault> {
        let text = self.text(column);
        if text.is_empty() { Err(self.wrong(column, Wrong::EmptyCell)) } else { Ok(text) }
    }
    /// A fault about a cell.
    pub(crate) fn wrong(&self, column: &Column, wrong: Wrong) -> SettlementFault {
        SettlementFault::cell(self.line, &column.name, wrong)
    }
    /// How many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }
    /// Its cells.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(str::trim)
    }
}

/// A column of the header.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) place: usize,
    pub(crate) name: String,
}

/// Finds a column by any of its names, whatever their case.
pub(crate) fn column(header: &Row, names: &[&str]) -> Result<Column, SettlementFault> {
    optional_column(header, names).ok_or_else(|| {
        let name = names.first().copied().unwrap_or_default();
        SettlementFault::cell(header.line, name, Wrong::MissingColumn)
    })
}

/// [`column`] for one that may be missing.
pub(crate) fn optional_column(header: &Row, names: &[&str]) -> Option<Column> {
    names.iter().find_map(|name| {
        let place = header.cells().position(|cell| cell.eq_ignore_ascii_case(name))?;
        Some(Column { place, name: (*name).to_owned() })
    })
}

/// Every line that is not empty, as it stands; lines may differ in length.
pub(crate) fn rows(file: &[u8]) -> Result<Vec<Row>, SettlementFault> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut rows = Vec::new();
    for record in reader.records() {
        let fields = record.map_err(|error| unreadable(&error))?;
        let line = fields.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        if fields.iter().any(|field| !field.trim().is_empty()) {
            rows.push(Row { line, fields });
        }
    }
    if rows.is_empty() { Err(SettlementFault::file(Wrong::Empty)) } else { Ok(rows) }
}

/// A header and the lines below it, each as long as the header. The header is the first line that
/// has all of `marks`; at most three lines of something else may stand above it.
pub(crate) fn table(file: &[u8], marks: &[&str]) -> Result<(Row, Vec<Row>), SettlementFault> {
    let mut rows = rows(file)?;
    let is_header = |row: &Row| marks.iter().all(|mark| optional_column(row, &[mark]).is_some());
    let Some(at) = rows.iter().take(4).position(is_header) else {
        return Err(no_header(&rows, marks));
    };
    let below = rows.split_off(at + 1);
    let Some(header) = rows.pop() else { return Err(SettlementFault::file(Wrong::Empty)) };
    for row in &below {
        if row.len() != header.len() {
            let wrong = Wrong::Ragged { has: row.len(), wanted: header.len() };
            return Err(SettlementFault::line(row.line, wrong));
        }
    }
    if below.is_empty() { Err(SettlementFault::file(Wrong::Empty)) } else { Ok((header, below)) }
}

/// The first mark that the line with the most marks lacks; another report if no line has any.
fn no_header(rows: &[Row], marks: &[&str]) -> SettlementFault {
    let has = |row: &&Row| marks.iter().filter(|m| optional_column(row, &[m]).is_some()).count();
    let best = rows.iter().take(4).max_by_key(has).filter(|row| has(row) > 0);
    let lacks = best.and_then(|row| {
        let mark = marks.iter().find(|mark| optional_column(row, &[mark]).is_none())?;
        Some(SettlementFault::cell(row.line, mark, Wrong::MissingColumn))
    });
    lacks.unwrap_or_else(|| {
        let text = format!("no line has the columns {}", marks.join(", "));
        SettlementFault::file(Wrong::NotThisReport(text))
    })
}

/// Over bytes in memory, with lines of any length, the reader fails on bytes that are no UTF-8 only.
fn unreadable(error: &csv::Error) -> SettlementFault {
    let line = error.position().map(|at| usize::try_from(at.line()).unwrap_or(usize::MAX));
    let wrong = if matches!(error.kind(), ErrorKind::Utf8 { .. }) {
        Wrong::NotUtf8
    } else {
        Wrong::NotThisReport("the line is not CSV".to_owned())
    };
    SettlementFault { line, column: None, wrong }
}
