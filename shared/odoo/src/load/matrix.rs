//! From records to the columns and rows of one `load`.

use super::{Cell, Record};
use causeway_domain::Fault;

/// Column names and rows; row `starts[n]` is the first of record `n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) starts: Vec<usize>,
}

/// The common columns of all records, head first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    head: Vec<&'static str>,
    line: Vec<&'static str>,
}

fn names(cells: &[(&'static str, Cell)]) -> Vec<&'static str> {
    cells.iter().map(|(name, _)| *name).collect()
}

fn broken(model: &str, what: &str) -> Fault {
    Fault::reject(
        format!("load of {model}: {what}"),
        "this is a mistake in Causeway, not in your data; report it",
    )
}

/// Checks that all records share one set of columns and that every document and line has an
/// external id.
pub(crate) fn columns(model: &str, records: &[Record]) -> Result<Columns, Fault> {
    let head = records.first().map(|record| names(&record.head)).unwrap_or_default();
    let line = records
        .iter()
        .find_map(|record| record.lines.first())
        .map(|cells| names(cells))
        .unwrap_or_default();
    if head.first() != Some(&"id") {
        return Err(broken(model, "the first column must be id"));
    }
    if line.first().is_some_and(|column| !column.ends_with("/id")) {
        return Err(broken(model, "the first column of a line must be its external id"));
    }
    for record in records {
        if names(&record.head) != head || record.lines.iter().any(|cells| names(cells) != line) {
            return Err(broken(model, "records differ in their columns"));
        }
        let firsts = record.lines.iter().chain([&record.head]).filter_map(|cells| cells.first());
        if firsts.into_iter().any(|(_, cell)| cell.sent().is_empty()) {
            return Err(broken(model, "a record or line has no external id"));
        }
    }
    Ok(Columns { head, line })
}

/// The rows of some records. The first row of a record holds its head and its first line; Odoo takes
/// every following row without head values as one more line.
pub(crate) fn matrix(columns: &Columns, records: &[&Record]) -> Matrix {
    let mut rows = Vec::new();
    let mut starts = Vec::with_capacity(records.len());
    let sent = |cells: &[(&'static str, Cell)]| -> Vec<String> {
        cells.iter().map(|(_, cell)| cell.sent()).collect()
    };
    for record in records {
        starts.push(rows.len());
        let mut lines = record.lines.iter();
        let blank_line = || vec![String::new(); columns.line.len()];
        let mut first = sent(&record.head);
        first.extend(lines.next().map_or_else(blank_line, |cells| sent(cells)));
        rows.push(first);
        for cells in lines {
            let mut row = vec![String::new(); columns.head.len()];
            row.extend(sent(cells));
            rows.push(row);
        }
    }
    let columns = columns.head.iter().chain(&columns.line).copied().collect();
    Matrix { columns, rows, starts }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use causeway_domain::Decimal;

    fn record(id: &str, lines: usize) -> Record {
        Record {
            head: vec![("id", id.into()), ("partner_id/.id", Cell::Id(10))],
            lines: (0..lines)
                .map(|n| {
                    vec![
                        ("order_line/id", format!("{id}_{n}").into()),
                        ("order_line/price_unit", Cell::Number(Decimal::new(333, 2))),
                    ]
                })
                .collect(),
        }
    }

    #[test]
    fn lines_follow_their_head() {
        let records = [record("a", 2), record("b", 0), record("c", 1)];
        let columns = columns("sale.order", &records).unwrap();
        let matrix = matrix(&columns, &records.iter().collect::<Vec<_>>());
        assert_eq!(
            matrix.columns,
            ["id", "partner_id/.id", "order_line/id", "order_line/price_unit"]
        );
        assert_eq!(matrix.starts, [0, 2, 3]);
        assert_eq!(
            matrix.rows,
            [
                ["a", "10", "a_0", "3.33"],
                ["", "", "a_1", "3.33"],
                ["b", "10", "", ""],
                ["c", "10", "c_0", "3.33"]
            ]
        );
    }

    #[test]
    fn what_would_break_a_replay_is_refused() {
        let mut other = record("b", 1);
        other.head.push(("note", Cell::Blank));
        assert!(columns("sale.order", &[record("a", 1), other]).is_err());
        let mut nameless = record("a", 1);
        nameless.lines[0][0].1 = Cell::Blank;
        assert!(columns("sale.order", &[nameless]).is_err());
        let mut unkeyed = record("a", 1);
        unkeyed.lines[0].remove(0);
        assert!(columns("sale.order", &[unkeyed]).is_err());
        assert!(columns("sale.order", &[Record { head: vec![], lines: vec![] }]).is_err());
    }
}
