//! A dispute (chargeback) of a payment, as its processor tells it.

use crate::id::DisputeId;
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a dispute stands, by where the money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The bank asks; no money has moved.
    Inquiry,
    /// The processor has taken the money back; the dispute goes on.
    Withdrawn,
    /// Decided for us: the money was taken and has been given back.
    Won,
    /// Decided against us: the money is gone.
    Lost,
}

/// Which way the money of one [`Movement`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// From us.
    Withdrawal,
    /// Back to us.
    Reinstatement,
}

/// One movement of money on the account at the processor. Its place in [`Dispute::movements`] is the
/// same whatever event told of it, so place and dispute are the key of what is booked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Which way.
    pub kind: MovementKind,
    /// The disputed amount as it moved, in the currency of the account at the processor, without the
    /// fee; never below zero.
    pub amount: Money,
    /// What the processor charged for it; below zero where it gave a fee back.
    pub fee: Money,
}

/// A dispute as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The processor's id of the dispute, the same for every event about it. Not always the id of the
    /// subject that was looked at: an Adyen subject names one event of a dispute.
    pub id: DisputeId,
    /// The processor's reference of the payment (Stripe: charge; Adyen: PSP reference).
    pub payment: String,
    /// Other references of the processor for the same payment (Stripe: the payment intent).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What the shop told the processor about the payment, most often the order's id or number.
    pub order_reference: Option<String>,
    /// What is disputed, in the currency of the payment.
    pub amount: Money,
    /// All fees of the movements so far; zero where the processor tells them in the settlement only.
    pub fee: Money,
    /// Where it stands.
    pub stage: Stage,
    /// Every movement of money that the stage implies, in order: a reinstatement is never without the
    /// withdrawal before it, so the events may be worked on in any order.
    pub movements: Vec<Movement>,
    /// When the dispute (Stripe) or this event of it (Adyen) came to be.
    pub occurred_at: Timestamp,
}
