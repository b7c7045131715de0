//! What can be wrong with a settlement file. The error names line and column, and both numbers where
//! two things disagree. It never repeats a cell that is not a number: a shifted column could put a
//! name there.

use causeway_domain::{Currency, Fault, Money};
use std::fmt;

/// A settlement file that was refused, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementFault {
    /// The line of the file, counted from 1; `None` if it concerns the file.
    pub line: Option<usize>,
    /// The column's name.
    pub column: Option<String>,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing in it, or nothing but a header.
    #[error("the file holds no settlement")]
    Empty,
    /// This processor has no files, or this is another report.
    #[error("this is not the expected report: {0}")]
    NotThisReport(String),
    /// Bytes that are no text.
    #[error("the file is not UTF-8 text; export it again as CSV in UTF-8")]
    NotUtf8,
    /// A column that is needed.
    #[error("the column is missing; add it to the report")]
    MissingColumn,
    /// A line with more or fewer fields than the header.
    #[error("the line has {has} fields where {wanted} belong; the file is cut off or was edited")]
    Ragged {
        /// Fields of the line.
        has: usize,
        /// Fields of the header.
        wanted: usize,
    },
    /// Something that must close the file or a batch is not there.
    #[error("the file is cut off: {0}")]
    Truncated(String),
    /// A cell that must not be empty.
    #[error("the cell is empty")]
    EmptyCell,
    /// A cell that is not an amount.
    #[error("the cell does not hold an amount")]
    NotAnAmount,
    /// More decimals than the currency has.
    #[error("{0} has more decimals than {1} has")]
    TooPrecise(String, Currency),
    /// An amount in major units where whole minor units belong.
    #[error("{0} has a decimal point, but this report counts in whole minor units")]
    MajorForMinor(String),
    /// An amount in minor units where major units belong.
    #[error(
        "{found} is written where {expected} belongs: minor units (cents) in a report that counts \
         in major units"
    )]
    MinorForMajor {
        /// What the file says, read as major units.
        found: Money,
        /// What the same digits are as minor units.
        expected: Money,
    },
    /// Not a currency.
    #[error("the cell does not hold a currency of ISO 4217")]
    UnknownCurrency,
    /// Another currency than the batch, or than the account.
    #[error("{found} where {expected} belongs")]
    WrongCurrency {
        /// What the line says.
        found: Currency,
        /// What it must be.
        expected: Currency,
    },
    /// An amount on the wrong side.
    #[error("{amount} is a {found}, but {kind} must be a {wanted}")]
    WrongSide {
        /// The kind of the line, in the report's word.
        kind: &'static str,
        /// The amount.
        amount: Money,
        /// The side that it is on.
        found: Side,
        /// The side where it belongs.
        wanted: Side,
    },
    /// Amounts on both sides of one line.
    #[error("debit and credit are both filled")]
    BothSides,
    /// Neither CR nor DR.
    #[error("the cell must be CR or DR")]
    NoSide,
    /// A line that does not balance.
    #[error("gross {gross} less fees {fee} is {computed}, but the line's net is {net}")]
    LineUnbalanced {
        /// Gross.
        gross: Money,
        /// All its fees.
        fee: Money,
        /// Gross less fees.
        computed: Money,
        /// What the line says.
        net: Money,
    },
    /// A batch that does not balance.
    #[error("the lines of {batch} sum to {sum}, but {said} was paid out")]
    Unbalanced {
        /// The batch or payout.
        batch: String,
        /// The sum of its lines.
        sum: Money,
        /// What the line of the payout says.
        said: Money,
    },
    /// A balance that does not follow from the rows.
    #[error(
        "the balance at the beginning and the rows of {batch} make {computed}, but the balance at \
         the end is {said}"
    )]
    WrongBalance {
        /// The period and currency.
        batch: String,
        /// What the rows make.
        computed: Money,
        /// What the footer says.
        said: Money,
    },
    /// The same batch twice in a file.
    #[error("{batch} was already closed by line {before}: the file holds it twice")]
    DuplicateBatch {
        /// The batch or payout.
        batch: String,
        /// The line that closed it first.
        before: usize,
    },
    /// The same entry twice in a file.
    #[error("the entry is already in line {before}")]
    DuplicateEntry {
        /// The line that holds it first.
        before: usize,
    },
    /// Not a date.
    #[error("the cell does not hold a date as this report writes it")]
    NotADate,
    /// A row type, or a place for it, that the report does not have.
    #[error("a {0} row does not belong here")]
    UnknownRow(String),
    /// A check that every settlement goes through failed.
    #[error("{0}")]
    Imbalance(String),
}

/// The side of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// From us.
    Debit,
    /// To us.
    Credit,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        })
    }
}

impl SettlementFault {
    /// About the whole file.
    pub fn file(wrong: Wrong) -> Self {
        Self { line: None, column: None, wrong }
    }
    /// About a line.
    pub fn line(line: usize, wrong: Wrong) -> Self {
        Self { line: Some(line), column: None, wrong }
    }
    /// About a cell.
    pub fn cell(line: usize, column: &str, wrong: Wrong) -> Self {
        Self { line: Some(line), column: Some(column.to_owned()), wrong }
    }
}

impl fmt::Display for SettlementFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            f.write_str(if self.column.is_some() { ", " } else { ": " })?;
        }
        if let Some(column) = &self.column {
            write!(f, "column {column:?}: ")?;
        }
        self.wrong.fmt(f)
    }
}

impl std::error::Error for SettlementFault {}

impl From<SettlementFault> for Fault {
    fn from(fault: SettlementFault) -> Self {
        Self::reject(
            fault,
            "get the report from the processor again, unchanged; nothing of the file was booked",
        )
    }
}
