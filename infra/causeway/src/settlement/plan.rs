//! `causeway settlement plan`.

use crate::report::{Answer, Failure, Outcome, Show, json, table};
use causeway_domain::{Currency, Fault, Money, Settlement, StoreId};
use causeway_flows::config::{AccountDocument, Books};
use causeway_flows::settlement::plan::{PlannedLine, Purpose, plan as entry_of};
use causeway_processors::{FileContext, Processor, processor};
use comfy_table::{CellAlignment, Table};
use serde::Serialize;
use std::io::Read as _;
use std::path::PathBuf;

pub const AFTER: &str = "\
Examples:
  causeway settlement plan --processor stripe < payout_reconciliation.csv
  causeway settlement plan --processor adyen --account adyen-eu --config causeway.toml < report.csv
Give the report as the processor exports it, on standard input or as a file. Without a configuration the
accounts stand by what they are for. Which invoices the lines belong to is only known in Odoo.
Exit code 0: every batch balances; shows its entry. 1: refused whole; names line, column and what is wrong.";

/// Arguments of `causeway settlement plan`.
#[derive(clap::Args)]
pub struct Args {
    /// stripe, adyen or paypal; the others have no files.
    #[arg(long)]
    processor: String,
    /// The account in the configuration file.
    #[arg(long, requires = "config")]
    account: Option<String>,
    /// The configuration file.
    #[arg(long, value_name = "FILE", requires = "account")]
    config: Option<PathBuf>,
    /// The report; standard input if absent.
    #[arg(value_name = "REPORT")]
    report: Option<PathBuf>,
}

/// What a file would become.
#[derive(Serialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
enum Plan {
    /// These, each with its entry.
    Settlements { settlements: Vec<Planned> },
    /// Refused whole.
    Refused { reason: String },
}

#[derive(Serialize)]
struct Planned {
    settlement: Settlement,
    balance: Balance,
    entry: Vec<PlannedLine>,
}

/// Both sides of a settlement.
#[derive(Serialize)]
struct Balance {
    gross: Money,
    fees: Money,
    net: Money,
    deposit: Money,
    retained: Money,
    equal: bool,
}

/// Plans a file.
pub fn plan(args: &Args, show: Show) -> Outcome {
    let processor = processor(&args.processor).ok_or_else(|| {
        let known: Vec<&str> =
            causeway_processors::registry::PROCESSORS.iter().map(|one| one.id()).collect();
        Failure::new(format!(
            "unknown processor {:?}; known are: {}",
            args.processor,
            known.join(", ")
        ))
    })?;
    let account = account(args)?;
    let plan = match planned(processor, account.as_ref(), &report(args)?) {
        Ok(settlements) => Plan::Settlements { settlements },
        Err(Fault::Reject { reason, fix }) => Plan::Refused { reason: format!("{reason}; {fix}") },
        Err(fault) => Plan::Refused { reason: fault.to_string() },
    };
    match show {
        Show::Json => json(&plan)?,
        Show::Text => print(&plan, account.is_some()),
    }
    Ok(match plan {
        Plan::Settlements { settlements } => {
            Answer::from(settlements.iter().all(|one| one.balance.equal))
        }
        Plan::Refused { .. } => Answer::No,
    })
}

fn account(args: &Args) -> Result<Option<AccountDocument>, Failure> {
    let (Some(config), Some(id)) = (&args.config, &args.account) else { return Ok(None) };
    let environment = crate::config::environment(config)?;
    let mut documents = environment.account_documents().into_iter();
    let document = documents
        .find(|document| document.id.as_str() == id)
        .ok_or_else(|| Failure::new(format!("{} has no account {id:?}", config.display())))?;
    if document.account.processor != args.processor {
        let text = format!("account {id} is of {}", document.account.processor);
        return Err(Failure::new(text));
    }
    Ok(Some(document))
}

fn report(args: &Args) -> Result<Vec<u8>, Failure> {
    let Some(path) = &args.report else {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new(format!("standard input: {error}")))?;
        return Ok(bytes);
    };
    std::fs::read(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn planned(
    processor: &dyn Processor,
    account: Option<&AccountDocument>,
    file: &[u8],
) -> Result<Vec<Planned>, Fault> {
    let nobody = StoreId::new("account");
    let id = account.map_or(&nobody, |document| &document.id);
    let currency: Option<Currency> = account.and_then(|document| document.account.currency);
    let found = processor.read_file(&FileContext { account: id, currency }, file)?;
    let books = account.map_or_else(unnamed, |document| document.account.books.clone());
    found
        .into_iter()
        .map(|settlement| {
            let entry = entry_of(&settlement, &books, processor.dispute_fees(), &[])?;
            let balance = balance(&settlement)
                .map_err(|error| Fault::reject(error, "get the report again"))?;
            Ok(Planned { settlement, balance, entry })
        })
        .collect()
}

/// Books without a configuration: the lines say what they are for.
fn unnamed() -> Books {
    Books {
        journal: 0,
        bank: 0,
        clearing: 0,
        fees: 0,
        unmatched: 0,
        bad_debt: None,
        disputes: Default::default(),
        matching: Default::default(),
    }
}

fn balance(settlement: &Settlement) -> Result<Balance, causeway_domain::money::MoneyError> {
    let currency = settlement.currency;
    let entries = || settlement.entries.iter();
    let gross = Money::sum(entries().map(|entry| entry.gross), currency)?;
    let fees = Money::sum(entries().map(|entry| entry.fee), currency)?;
    let net = Money::sum(entries().map(|entry| entry.net), currency)?;
    let (deposit, retained) = (settlement.deposit, settlement.retained);
    let equal = gross.minus(fees)? == net && net == deposit.plus(retained)?;
    Ok(Balance { gross, fees, net, deposit, retained, equal })
}

fn print(plan: &Plan, named: bool) {
    match plan {
        Plan::Settlements { settlements } => {
            for one in settlements {
                println!("{}", head(one));
                println!("{}", lines(&one.entry, named));
                println!("{}", if one.balance.equal { "balances" } else { "DOES NOT BALANCE" });
            }
        }
        Plan::Refused { reason } => println!("refused, nothing would be booked: {reason}"),
    }
}

fn head(one: &Planned) -> Table {
    let (settlement, balance) = (&one.settlement, &one.balance);
    let mut found = table(["settlement", settlement.id.as_str()]);
    for (name, value) in [
        ("account", settlement.account.to_string()),
        ("paid on", settlement.paid_on.to_string()),
        ("entries", settlement.entries.len().to_string()),
        ("gross", balance.gross.to_string()),
        ("fees", balance.fees.to_string()),
        ("net", balance.net.to_string()),
        ("deposit", balance.deposit.to_string()),
        ("kept by the processor", balance.retained.to_string()),
    ] {
        found.add_row([name.to_owned(), value]);
    }
    found
}

fn lines(entry: &[PlannedLine], named: bool) -> Table {
    let mut found = table(["account", "label", "debit", "credit"]);
    for line in entry {
        let debit = line.balance.minor() > 0;
        let side = |wanted: bool| match wanted == debit {
            true if wanted => line.balance.to_string(),
            true => line.balance.negated().to_string(),
            false => String::new(),
        };
        let account = match (line.account, named) {
            (Some(id), true) => format!("{} (account.account/{id})", purpose(line.purpose)),
            (Some(_), false) | (None, _) => purpose(line.purpose).to_owned(),
        };
        found.add_row([account, line.name.clone(), side(true), side(false)]);
    }
    for column in [2, 3] {
        if let Some(column) = found.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    found
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Deposit => "bank",
        Purpose::Retained => "clearing (kept)",
        Purpose::Fees => "fees",
        Purpose::Customer => "of its invoice or credit note",
        Purpose::Clearing => "clearing",
        Purpose::Unmatched => "unmatched",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const REPORT: &[u8] =
        include_bytes!("../../../../tests/fixtures/stripe/settlements/itemized.csv");

    #[test]
    fn a_report_is_shown_with_an_entry_that_balances() {
        let stripe = processor("stripe").unwrap();
        let found = planned(stripe, None, REPORT).unwrap();
        assert!(!found.is_empty());
        for one in &found {
            assert!(one.balance.equal);
            let sum = one.entry.iter().map(|line| line.balance.minor()).sum::<i64>();
            assert_eq!(sum, 0);
            assert!(lines(&one.entry, false).to_string().contains("Payout"));
        }
    }

    #[test]
    fn a_damaged_report_is_refused_with_its_line() {
        let stripe = processor("stripe").unwrap();
        let text = String::from_utf8(REPORT.to_vec()).unwrap().replace("117.95", "117.96");
        let Err(fault) = planned(stripe, None, text.as_bytes()) else { unreachable!() };
        assert!(fault.to_string().contains("line 2"), "{fault}");
    }
}
