//! `causeway refund plan`.

use crate::order::Which;
use crate::order::documents::{self, AfterRead, Read};
use crate::report::{Answer, Failure, Outcome, Show, json, table};
use causeway_domain::{Fault, Goods, Money, Order, Timestamp};
use causeway_flows::after_sales::plan::{Case, CreditNote, credit_notes};
use causeway_flows::after_sales::seen::Seen;
use causeway_flows::after_sales::wanted::{RefundPart, Wanted, wanted};
use causeway_flows::config::{InvoicePolicy, StoreDocument};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub const AFTER: &str = "\
Examples:
  causeway refund plan --store acme-eu --config causeway.toml --order order.json refunds.json
  causeway refund plan --platform prestashop --config causeway.toml --order order.xml --order customer.xml slips.xml
Give the order with --order, once for each of the platform's answers, as `causeway order plan` takes them; then the
answers about its refunds. What is missing is named, in the order in which it is asked for.
Shows the credit notes against an invoice of the whole order, with nothing delivered.
Exit code 0: the credit notes come to what was refunded. 1: they do not, or a person would be needed; says why.";

/// Arguments of `causeway refund plan`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The platform's answer about the order; again for each further one.
    #[arg(long = "order", value_name = "DOCUMENT", required = true)]
    order: Vec<PathBuf>,
    /// The platform's answers about what came after it.
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<PathBuf>,
}

/// What a plan says.
#[derive(Serialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
enum Plan {
    /// These credit notes.
    CreditNotes { wanted: Box<Wanted>, credit_notes: Vec<CreditNote>, equal: bool },
    /// Nothing came after it.
    Nothing { reason: String },
    /// It would not work out.
    Fault { class: &'static str, reason: String },
    /// Further documents are needed.
    Missing { after: &'static str, documents: Vec<String> },
}

/// Plans what came after an order.
pub fn plan(args: &Args, show: Show) -> Outcome {
    let environment = crate::config::environment(&args.config)?;
    let store = args.which.find(&environment, &args.config)?;
    let plan = match documents::read(&store, read_files(&args.order)?)? {
        Ok(Read::Order(order)) => after(&store, &order, read_files(&args.documents)?)?,
        Ok(Read::Gone) => Plan::Nothing { reason: "the platform has no such order".to_owned() },
        Ok(Read::Missing(documents)) => Plan::Missing { after: "--order", documents },
        Err(fault) => faulty(&fault),
    };
    match show {
        Show::Json => json(&plan)?,
        Show::Text => print(&plan),
    }
    match plan {
        Plan::CreditNotes { equal, .. } => Ok(Answer::from(equal)),
        Plan::Nothing { .. } => Ok(Answer::Yes),
        Plan::Fault { .. } => Ok(Answer::No),
        Plan::Missing { .. } => Err(Failure::new("further documents are needed")),
    }
}

fn read_files(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let read = |file: &PathBuf| {
        std::fs::read(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))
    };
    files.iter().map(read).collect()
}

fn after(store: &StoreDocument, order: &Order, documents: Vec<Vec<u8>>) -> Result<Plan, Failure> {
    let after = match documents::read_after_sales(store, order, documents)? {
        Ok(AfterRead::Found(after)) => after,
        Ok(AfterRead::Missing(documents)) => {
            return Ok(Plan::Missing { after: "the order's", documents });
        }
        Err(fault) => return Ok(faulty(&fault)),
    };
    if after.refunds.is_empty() && after.returns.is_empty() {
        return Ok(Plan::Nothing { reason: "nothing was refunded or returned".to_owned() });
    }
    let planned = wanted(order, &after, &store.store).and_then(|wanted| {
        let notes = against_full_invoice(store, &wanted)?;
        Ok((wanted, notes))
    });
    Ok(match planned {
        Ok((wanted, credit_notes)) => {
            let equal = sums_agree(&wanted, &credit_notes);
            Plan::CreditNotes { wanted: Box::new(wanted), credit_notes, equal }
        }
        Err(fault) => faulty(&fault),
    })
}

/// The credit notes against one invoice of the whole order; returns count as validated.
fn against_full_invoice(store: &StoreDocument, wanted: &Wanted) -> Result<Vec<CreditNote>, Fault> {
    let mut policy = store.store.after_sales.clone();
    policy.invoices = InvoicePolicy::AtOrder;
    let seen = Seen::invoiced_in_full(wanted);
    let recorded = BTreeMap::new();
    credit_notes(&Case {
        store: &store.id,
        wanted,
        seen: &seen,
        recorded: &recorded,
        policy: &policy,
        methods: &store.store.payments,
        now: Timestamp::now(),
    })
}

fn sums_agree(wanted: &Wanted, notes: &[CreditNote]) -> bool {
    let refunded = Money::sum(wanted.refunds.iter().map(|refund| refund.total), wanted.currency);
    let credited = Money::sum(notes.iter().map(|note| note.total), wanted.currency);
    matches!((refunded, credited), (Ok(a), Ok(b)) if a == b)
}

fn faulty(fault: &Fault) -> Plan {
    let fix = match fault {
        Fault::Reject { fix, .. } => format!("; {fix}"),
        Fault::Retry { .. } | Fault::Wait { .. } | Fault::Ambiguous { .. } | Fault::Skip { .. } => {
            String::new()
        }
    };
    Plan::Fault { class: fault.class(), reason: format!("{fault}{fix}") }
}

fn print(plan: &Plan) {
    match plan {
        Plan::CreditNotes { wanted, credit_notes, equal } => {
            println!("{}", refunds(wanted));
            println!("{}", notes(credit_notes));
            println!("totals {}", if *equal { "agree" } else { "DIFFER" });
        }
        Plan::Nothing { reason } => println!("nothing to make in Odoo: {reason}"),
        Plan::Fault { class, reason } => println!("{class}: {reason}"),
        Plan::Missing { after, documents } => {
            println!("append these after {after} documents, in this order:");
            for document in documents {
                println!("  {document}");
            }
        }
    }
}

fn refunds(wanted: &Wanted) -> comfy_table::Table {
    let mut rows = table(["refund", "of", "quantity", "net", "tax", "goods"]);
    for refund in &wanted.refunds {
        for part in &refund.parts {
            let id = refund.id.to_string();
            match part {
                RefundPart::Amount { gross } => rows.add_row([
                    id,
                    "an amount".to_owned(),
                    String::new(),
                    gross.to_string(),
                    "in it".to_owned(),
                    String::new(),
                ]),
                RefundPart::Line { line, quantity, net, taxes, goods } => {
                    let of = wanted.lines.get(*line).map(|line| line.line.to_string());
                    let tax = Money::sum(taxes.iter().map(|share| share.amount), wanted.currency);
                    rows.add_row([
                        id,
                        format!("line {}", of.unwrap_or_default()),
                        quantity.normalize().to_string(),
                        net.to_string(),
                        tax.map(|tax| tax.to_string()).unwrap_or_default(),
                        word(*goods).to_owned(),
                    ])
                }
            };
        }
    }
    rows
}

fn word(goods: Goods) -> &'static str {
    match goods {
        Goods::NotSent => "not sent",
        Goods::Returned => "come back",
        Goods::Kept => "kept",
        Goods::Unsaid => "",
    }
}

fn notes(notes: &[CreditNote]) -> comfy_table::Table {
    let mut rows = table(["credit note", "line", "quantity", "net", "taxes", "total"]);
    for note in notes {
        for line in &note.lines {
            let taxes: Vec<String> =
                line.taxes.iter().map(|tax| format!("{}: {}", tax.tax, tax.amount)).collect();
            rows.add_row([
                note.external_id.to_string(),
                line.name.clone(),
                line.quantity.normalize().to_string(),
                line.net.to_string(),
                taxes.join(", "),
                note.total.to_string(),
            ]);
        }
    }
    rows
}
