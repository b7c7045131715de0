//! What the two users may do (FACTS A13), and the text of the refusals.

use super::env::User;
use super::fail::{Answer, Fail};
use super::schema::Model;

/// What a call does to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads.
    Read,
    /// Changes.
    Write,
    /// Creates.
    Create,
    /// Deletes.
    Delete,
}

impl Operation {
    fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Create => 'c',
            Self::Delete => 'd',
        }
    }
    fn verb(self) -> &'static str {
        match self {
            Self::Read => "access",
            Self::Write => "modify",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

fn rights(model: &str) -> &'static str {
    match model {
        "sale.order" => "rwc",
        "sale.order.line" | "res.partner" | "stock.picking" | "stock.move" | "account.move"
        | "account.move.line" => "rwcd",
        "account.payment" | "sale.advance.payment.inv" => "rwc",
        "ir.model.data" | "decimal.precision" => "",
        _ => "r",
    }
}

fn groups(model: &str, operation: Operation) -> &'static [&'static str] {
    match (model, operation) {
        ("ir.model.data", _) => &["Access Rights"],
        ("decimal.precision", _) => &["Role / Administrator"],
        ("sale.order", Operation::Delete) => &["Sales/Administrator"],
        ("product.product" | "product.template", Operation::Create) => &["Products/Create"],
        _ => &[],
    }
}

/// Refuses what the user may not do.
pub fn check(user: User, model: &Model, operation: Operation) -> Answer<()> {
    if user == User::Admin || rights(&model.name).contains(operation.letter()) {
        return Ok(());
    }
    let groups = groups(&model.name, operation);
    let who = if groups.is_empty() {
        "No group currently allows this operation.".to_owned()
    } else {
        let list: String = groups.iter().map(|group| format!("\n\t- {group}")).collect();
        format!("This operation is allowed for the following groups:{list}")
    };
    Err(Fail::access(format!(
        "You are not allowed to {} '{}' ({}) records.\n\n{who}\n\nContact your administrator to request access if necessary.",
        operation.verb(),
        model.label,
        model.name
    )))
}

/// A company that the user lacks.
pub fn wrong_company() -> Fail {
    Fail::access("Access to unauthorized or invalid companies.")
}
