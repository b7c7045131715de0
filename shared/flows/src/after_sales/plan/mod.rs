//! The next step that is missing in Odoo. Pure: the same order, the same Odoo and the same row always
//! give the same step, so that a worker that died is followed by one that does what was left.
//!
//! Every topic looks at the whole case and says one thing it would do, or what it waits for. A topic
//! that waits does not keep the later ones from working.

mod amount;
mod cancel;
mod credit;
mod effective;
mod invoice;
mod line;
mod payment;
mod quantity;
mod returns;
mod share_out;
#[cfg(test)]
mod tests;
mod within;

pub use credit::{CreditLine, CreditNote, credit_notes};
pub use effective::Effective;
pub(crate) use invoice::pinned_step;
pub use payment::PaymentDocument;
pub use returns::{ReturnDocument, ReturnMove};

use super::seen::Seen;
use super::wanted::{Wanted, WantedRefund};
use crate::config::{AfterSalesPolicy, PaymentMap};
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money, StoreId, Timestamp, WaitKey};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that a step is derived from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The store.
    pub store: &'a StoreId,
    /// What should be.
    pub wanted: &'a Wanted,
    /// What is.
    pub seen: &'a Seen,
    /// What our row has recorded: step -> Odoo id.
    pub recorded: &'a BTreeMap<String, i64>,
    /// The store's choices.
    pub policy: &'a AfterSalesPolicy,
    /// Its payment methods.
    pub methods: &'a BTreeMap<String, PaymentMap>,
    /// Now; for what is overdue.
    pub now: Timestamp,
}

/// One step; every one may be repeated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Step {
    /// `action_unlock` of the order.
    Unlock,
    /// `action_cancel` of the order.
    Cancel,
    /// Writes absolute quantities and amounts on order lines.
    Lower(Vec<LoweredLine>),
    /// Lets Odoo invoice what it holds due.
    Invoice,
    /// Pins the lines of a draft invoice to their share of the order.
    PinInvoice {
        /// `account.move` id.
        invoice: i64,
        /// Its lines.
        lines: Vec<PinnedShare>,
    },
    /// Writes on a draft invoice what a settlement will name it by.
    NameInvoice {
        /// `account.move` id.
        invoice: i64,
        /// `payment_reference`.
        reference: String,
    },
    /// Posts an invoice or credit note.
    Post {
        /// `account.move` id.
        document: i64,
    },
    /// Makes a payment, by its external id.
    LoadPayment(PaymentDocument),
    /// Posts a payment.
    PostPayment {
        /// `account.payment` id.
        payment: i64,
    },
    /// Reconciles items of one account.
    Reconcile {
        /// `account.move.line` ids.
        items: Vec<i64>,
    },
    /// Makes a return, by its external id.
    LoadReturn(ReturnDocument),
    /// Confirms a return, so that the warehouse sees it.
    ConfirmReturn {
        /// `stock.picking` id.
        picking: i64,
    },
    /// Validates a return as announced.
    ValidateReturn {
        /// `stock.picking` id.
        picking: i64,
        /// `stock.move` id and quantity.
        moves: Vec<(i64, Decimal)>,
    },
    /// Makes a credit note, by its external id.
    LoadCredit(CreditNote),
}

/// What an order line is lowered to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoweredLine {
    /// `sale.order.line` id.
    pub line: i64,
    /// `product.product` id.
    pub product: i64,
    /// Description.
    pub name: String,
    /// Quantity now; may be zero.
    pub quantity: Decimal,
    /// As it is.
    pub price_unit: Decimal,
    /// As it is, in percent.
    pub discount: Decimal,
    /// Net that is left.
    pub net: Money,
    /// Taxes that are left.
    pub taxes: Vec<TaxShare>,
}

/// The share of an invoice line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PinnedShare {
    /// `account.move.line` id.
    pub line: i64,
    /// As it is.
    pub quantity: Decimal,
    /// As it is.
    pub price_unit: Decimal,
    /// As it is, in percent.
    pub discount: Decimal,
    /// Net.
    pub net: Money,
    /// Taxes.
    pub taxes: Vec<TaxShare>,
}

/// What a topic says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing is missing.
    Fine,
    /// This is the next step.
    Do(Box<Step>),
    /// It cannot go on by itself.
    Hold(Fault),
}

impl Verdict {
    fn step(step: Step) -> Self {
        Self::Do(Box::new(step))
    }
    /// What is held already, or this: a question for a person comes before what waits by itself.
    fn or_hold(self, fault: Fault) -> Self {
        match self {
            Self::Hold(first) if is_for_a_person(&first) || !is_for_a_person(&fault) => {
                Self::Hold(first)
            }
            Self::Hold(_) | Self::Fine | Self::Do(_) => Self::Hold(fault),
        }
    }
    /// Waits for something that can be named.
    fn wait(key: String, cause: String) -> Self {
        Self::Hold(Fault::Wait { key: WaitKey::other(key), cause })
    }
}

fn is_for_a_person(fault: &Fault) -> bool {
    match fault {
        Fault::Reject { .. } => true,
        Fault::Wait { .. } | Fault::Retry { .. } | Fault::Ambiguous { .. } | Fault::Skip { .. } => {
            false
        }
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This step.
    Do(Box<Step>),
    /// Nothing that we can do: why.
    Hold(Fault),
    /// Nothing is missing.
    Settled,
}

type Topic = fn(&Case<'_>) -> Result<Verdict, Fault>;

/// In this order, because later ones build on earlier ones.
const TOPICS: &[Topic] = &[
    cancel::next,
    quantity::next,
    cancel::still_to_be_sent,
    returns::next,
    invoice::next,
    payment::inbound,
    credit::next,
    payment::outbound,
];

/// The next step. What only a person can decide comes before what waits by itself.
pub fn next(case: &Case<'_>) -> Next {
    let mut held = Verdict::Fine;
    for topic in TOPICS {
        match topic(case).unwrap_or_else(Verdict::Hold) {
            Verdict::Fine => {}
            Verdict::Do(step) => return Next::Do(step),
            Verdict::Hold(fault) => held = held.or_hold(fault),
        }
    }
    match held {
        Verdict::Hold(fault) => Next::Hold(fault),
        // Money that no document is left for is set off only when none is to come.
        Verdict::Fine | Verdict::Do(_) => payment::left_over(case).map_or(Next::Settled, Next::Do),
    }
}

impl Case<'_> {
    /// What refunds come to together.
    fn given_back(&self, refunds: &[WantedRefund]) -> Result<Money, Fault> {
        let totals = refunds.iter().map(|refund| refund.total);
        Money::sum(totals, self.wanted.currency).map_err(overflow)
    }

    /// An attention item about this order.
    fn person(&self, reason: impl std::fmt::Display, fix: impl std::fmt::Display) -> Fault {
        Fault::reject(format!("order {} ({}): {reason}", self.wanted.key, self.seen.name), fix)
    }

    /// What is left to unlock before the order may change.
    fn locked(&self) -> Option<Verdict> {
        self.seen.locked.then(|| match self.policy.locked {
            crate::config::LockedOrders::Unlock => Verdict::step(Step::Unlock),
            crate::config::LockedOrders::Review => Verdict::Hold(self.person(
                "it is locked in Odoo and changed on the platform",
                "unlock it, or set after_sales.locked = \"unlock\"; then replay it",
            )),
        })
    }
}

/// The money error of a sum, which only broken figures can cause.
pub(crate) fn overflow(error: causeway_domain::money::MoneyError) -> Fault {
    Fault::reject(error, "check the order and its refunds on the platform")
}
