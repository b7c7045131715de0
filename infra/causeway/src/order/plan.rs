//! `causeway order plan`.

use super::documents::{self, Read};
use super::{Which, table};
use crate::report::{Answer, Failure, Outcome, Show, json};
use causeway_domain::{Fault, Money, Order};
use causeway_flows::config::Posting;
use causeway_flows::project::intent::{Intent, SaleOrder, intend};
use serde::Serialize;
use std::io::Read as _;
use std::path::PathBuf;

pub const AFTER: &str = "\
Examples:
  curl -u $KEY:$SECRET https://shop.example.com/wp-json/wc/v3/orders/1001 |
      causeway order plan --platform woocommerce --config causeway.toml
  causeway order plan --store acme-eu --config causeway.toml order.xml customer.xml address.xml < /dev/null
Give the order as the platform's API answers it, on standard input or as the first file. If the platform
needs more than one answer, the verb names the next one; append it as a further file.
Exit code 0: shows the order and its Odoo documents. 1: it would need a person, or totals differ; says why.
The output holds the customer's data, as the order does.";

/// Arguments of `causeway order plan`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The platform's answers. Standard input comes first, if it holds anything.
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<PathBuf>,
}

/// What a plan says.
#[derive(Serialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
enum Plan {
    /// This sale order.
    SaleOrder { order: Box<Order>, sale_order: Box<SaleOrder>, totals: Totals },
    /// A cancelled order: nothing new; one that is in Odoo already needs a person.
    Cancelled { order: Box<Order> },
    /// No order for Odoo.
    Nothing { order: Option<Box<Order>>, reason: String },
    /// It would not work out.
    Fault { class: &'static str, reason: String },
    /// Further documents are needed.
    Missing { documents: Vec<String> },
}

/// Both sides' sums, each added up from its own lines.
#[derive(Serialize)]
pub struct Totals {
    /// The platform's: tax and total.
    pub platform: Sums,
    /// The Odoo documents'.
    pub odoo: Sums,
    /// True if all three agree to the minor unit.
    pub equal: bool,
}

/// Sums of one side.
#[derive(PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Without tax.
    pub untaxed: Money,
    /// Tax.
    pub tax: Money,
    /// What the customer owes.
    pub total: Money,
}

/// Plans an order.
pub fn plan(args: &Args, show: Show) -> Outcome {
    let environment = crate::config::environment(&args.config)?;
    let store = args.which.find(&environment, &args.config)?;
    let documents = given(&args.documents)?;
    let plan = match documents::read(&store, documents)? {
        Ok(Read::Order(order)) => decided(order, &store.store),
        Ok(Read::Gone) => {
            Plan::Nothing { order: None, reason: "the platform has no such order".to_owned() }
        }
        Ok(Read::Missing(documents)) => Plan::Missing { documents },
        Err(fault) => faulty(&fault),
    };
    match show {
        Show::Json => json(&plan)?,
        Show::Text => print(&plan),
    }
    match plan {
        Plan::SaleOrder { totals, .. } => Ok(Answer::from(totals.equal)),
        Plan::Cancelled { .. } | Plan::Nothing { .. } => Ok(Answer::Yes),
        Plan::Fault { .. } => Ok(Answer::No),
        Plan::Missing { .. } => Err(Failure::new("further documents are needed")),
    }
}

fn given(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut documents = Vec::new();
    let mut piped = Vec::new();
    std::io::stdin()
        .read_to_end(&mut piped)
        .map_err(|error| Failure::new(format!("standard input: {error}")))?;
    if !piped.trim_ascii().is_empty() {
        documents.push(piped);
    }
    for file in files {
        let bytes = std::fs::read(file)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        documents.push(bytes);
    }
    if documents.is_empty() {
        return Err(Failure::new("no order given: pipe it in, or name a file"));
    }
    Ok(documents)
}

fn decided(order: Box<Order>, config: &causeway_flows::config::StoreConfig) -> Plan {
    if config.posting == Posting::Journal {
        let reason = "no sale order: its sale becomes a journal entry (posting = \"journal\")";
        return Plan::Nothing { order: Some(order), reason: reason.to_owned() };
    }
    match intend(&order, config) {
        Ok(Intent::Exists(sale_order)) => match totals(&order, &sale_order) {
            Ok(totals) => Plan::SaleOrder { order, sale_order, totals },
            Err(error) => Plan::Fault { class: "reject", reason: error.to_string() },
        },
        Ok(Intent::Cancelled) => Plan::Cancelled { order },
        Ok(Intent::Nothing(reason)) => Plan::Nothing { order: Some(order), reason },
        Err(fault) => faulty(&fault),
    }
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

fn totals(order: &Order, sale: &SaleOrder) -> Result<Totals, causeway_domain::money::MoneyError> {
    let tax = order.tax_total()?;
    let platform = Sums { untaxed: order.total.minus(tax)?, tax, total: order.total };
    let untaxed = Money::sum(sale.lines.iter().map(|line| line.net), sale.currency)?;
    let taxes = sale.lines.iter().flat_map(|line| line.taxes.iter().map(|share| share.amount));
    let tax = Money::sum(taxes, sale.currency)?;
    let odoo = Sums { untaxed, tax, total: untaxed.plus(tax)? };
    let equal = platform == odoo;
    Ok(Totals { platform, odoo, equal })
}

fn print(plan: &Plan) {
    match plan {
        Plan::SaleOrder { order, sale_order, totals } => {
            println!("{}", table::head(order, Some(sale_order)));
            println!("{}", table::lines(sale_order));
            println!("{}", table::totals(totals));
            println!("totals {}", if totals.equal { "agree" } else { "DIFFER" });
        }
        Plan::Cancelled { order } => {
            println!("{}", table::head(order, None));
            println!(
                "cancelled on the platform: nothing is made; if it is in Odoo, a person decides"
            );
        }
        Plan::Nothing { order, reason } => {
            if let Some(order) = order {
                println!("{}", table::head(order, None));
            }
            println!("nothing to make in Odoo: {reason}");
        }
        Plan::Fault { class, reason } => println!("{class}: {reason}"),
        Plan::Missing { documents } => {
            println!("append these as further files, in this order:");
            for document in documents {
                println!("  {document}");
            }
        }
    }
}
