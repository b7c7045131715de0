//! What happens to an order after it was placed: payments, refunds and returns, as sets keyed by the
//! platform's own ids. A member that is seen again is the same member.

use crate::fault::Fault;
use crate::id::{LineId, OrderKey, RefundId, ReturnId};
use crate::money::{Currency, Money, MoneyError};
use crate::order::{LineTax, PaymentKind};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything after the order, as it is now on its platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterSales {
    /// Money that came in; authorisations and announced payments are not here.
    pub captures: Vec<Capture>,
    /// Money that went or is to go back, and what it is for.
    pub refunds: Vec<Refund>,
    /// Goods that come or came back.
    pub returns: Vec<Return>,
}

/// A payment that was captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The platform's id of the payment, unique within the store.
    pub id: String,
    /// The platform's name of the method: `stripe`, `bacs`, `gift_card`.
    pub method: String,
    /// What it is.
    pub kind: PaymentKind,
    /// Amount, above zero, in the order's currency.
    pub amount: Money,
    /// When.
    pub captured_at: Timestamp,
    /// The processor's own reference, as its settlement files name it (Stripe `ch_…` or `pi_…`,
    /// Adyen's pspReference, the Square payment id), if the platform tells it.
    pub reference: Option<String>,
    /// What the processor keeps of it, in the order's currency, where the platform tells it (Square,
    /// whose fees come later than the payment); `None` while it is not known. Below zero where a
    /// fee is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The platform's id, unique within the store.
    pub id: RefundId,
    /// When it was made.
    pub refunded_at: Timestamp,
    /// What it is for. Sums to [`Refund::total`].
    pub lines: Vec<RefundLine>,
    /// What the customer gets back, tax included; not negative. Zero for a refund of quantities only.
    pub total: Money,
    /// How the money goes back. May be empty: by hand, or not told.
    pub payments: Vec<RefundPayment>,
    /// The return that it settles, if the platform links them.
    pub of_return: Option<ReturnId>,
}

/// One part of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundLine {
    /// A line of the order, goods or shipping or another, wholly or in part.
    Line(RefundedLine),
    /// Money without a line, tax included: a courtesy (above zero), or a restocking fee that is
    /// kept back (below zero). Spread over the order's tax rates pro rata.
    Amount {
        /// Unique within the refund.
        id: LineId,
        /// Amount, tax included.
        gross: Money,
    },
}

/// The refunded part of a line of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// The order's line ([`crate::Line::id`]).
    pub line: LineId,
    /// How many; zero if only money is given back for it.
    pub quantity: Decimal,
    /// Net; zero if only a quantity is taken back, below zero for a discount line.
    pub net: Money,
    /// Tax on it.
    pub tax: RefundTax,
    /// What becomes of the goods.
    pub goods: Goods,
}

/// The tax of a refunded line, as far as the platform tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundTax {
    /// Tax by tax, with the codes of the order's line.
    Each(Vec<LineTax>),
    /// Only their sum; split as the line of the order was taxed.
    Sum(Money),
}

/// What becomes of refunded goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    /// They were not sent and will not be.
    NotSent,
    /// The platform counts them as stock again: what was not sent stays, what was sent comes back.
    Returned,
    /// The customer keeps them, or they are lost.
    Kept,
    /// The platform does not say: what is not delivered yet is not sent, what is delivered is kept.
    Unsaid,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPayment {
    /// The platform's id of it, unique within the store.
    pub id: String,
    /// Method, as in [`Capture::method`].
    pub method: String,
    /// What it is.
    pub kind: PaymentKind,
    /// Amount, above zero.
    pub amount: Money,
    /// The processor's own reference, if the platform tells it.
    pub reference: Option<String>,
    /// True once the platform says that the money has gone; false while it is pending.
    pub settled: bool,
}

/// Goods that come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The platform's id, unique within the store.
    pub id: ReturnId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Where it stands on the platform.
    pub state: ReturnState,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
}

/// Where a return stands on its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    /// The customer asked; nobody agreed yet.
    Requested,
    /// Agreed: the goods are expected.
    Open,
    /// The platform considers it finished.
    Closed,
    /// Declined or withdrawn.
    Void,
}

/// One line of a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// The order's line.
    pub line: LineId,
    /// How many; above zero.
    pub quantity: Decimal,
    /// The platform's reason code, in lower case: `defective`, `unwanted`. Decides grading and
    /// destination by the store's configuration.
    pub reason: Option<String>,
}

impl RefundTax {
    /// The sum.
    pub fn total(&self, currency: Currency) -> Result<Money, MoneyError> {
        match self {
            Self::Each(taxes) => Money::sum(taxes.iter().map(|tax| tax.amount), currency),
            Self::Sum(sum) => Ok(*sum),
        }
    }
}

impl RefundLine {
    /// Tax included.
    pub fn gross(&self) -> Result<Money, MoneyError> {
        match self {
            Self::Line(line) => line.net.plus(line.tax.total(line.net.currency())?),
            Self::Amount { gross, .. } => Ok(*gross),
        }
    }
}

impl Refund {
    /// Sum of the lines, tax included.
    pub fn lines_total(&self) -> Result<Money, MoneyError> {
        let all: Vec<Money> = self.lines.iter().map(RefundLine::gross).collect::<Result<_, _>>()?;
        Money::sum(all, self.total.currency())
    }
}

impl AfterSales {
    /// True if there is nothing.
    pub fn is_empty(&self) -> bool {
        self.captures.is_empty() && self.refunds.is_empty() && self.returns.is_empty()
    }

    /// Checks what every adapter must deliver: ids unique, one currency, quantities and amounts not
    /// negative, and lines that sum to each refund's total to the minor unit.
    pub fn check(&self, key: &OrderKey, currency: Currency) -> Result<(), Fault> {
        let broken = |reason: String| {
            Err(Fault::reject(
                format!("order {key}: {reason}"),
                "compare it with the platform; report it if the platform's figures do agree",
            ))
        };
        if !unique(self.refunds.iter().map(|refund| refund.id.as_str()))
            || !unique(self.captures.iter().map(|capture| capture.id.as_str()))
            || !unique(self.returns.iter().map(|back| back.id.as_str()))
        {
            return broken("two refunds, payments or returns have the same id".to_owned());
        }
        if self.captures.iter().any(|c| c.amount.currency() != currency || c.amount.minor() <= 0) {
            return broken("a payment is not an amount in the order's currency".to_owned());
        }
        for refund in &self.refunds {
            if refund.total.currency() != currency || refund.total.minor() < 0 {
                return broken(format!(
                    "refund {} is {}, the order in {currency}",
                    refund.id, refund.total
                ));
            }
            let negative = refund.lines.iter().any(|line| match line {
                RefundLine::Line(line) => line.quantity < Decimal::ZERO,
                RefundLine::Amount { .. } => false,
            });
            if negative {
                return broken(format!("refund {} has a negative quantity", refund.id));
            }
            match refund.lines_total() {
                Ok(sum) if sum == refund.total => {}
                Ok(sum) => {
                    return broken(format!(
                        "the lines of refund {} sum to {sum}, its total is {}",
                        refund.id, refund.total
                    ));
                }
                Err(error) => return broken(error.to_string()),
            }
        }
        match self.returns.iter().flat_map(|r| &r.lines).all(|l| l.quantity > Decimal::ZERO) {
            true => Ok(()),
            false => broken("a return has a line without quantity".to_owned()),
        }
    }
}

fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    ids.into_iter().all(|id| seen.insert(id))
}
