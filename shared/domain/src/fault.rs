//! The one fault type. Its class is the contract: it decides what happens to the work.
//!
//! Every fault ends in one of four places: done, waiting with a reason, an attention item, or the
//! dead-letter queue after the retries. Nothing is swallowed. Texts in a fault never hold personal
//! data, secrets or response bodies; they may hold ids, SKUs, amounts, tax and field names.

use std::fmt;
use std::time::Duration;

/// What a parked subject waits for. The text form is stable: it is stored and compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WaitKey(String);

impl WaitKey {
    /// Waits until a product with this SKU exists in Odoo.
    pub fn product(sku: &str) -> Self {
        Self(format!("product:{sku}"))
    }
    /// Waits for something else that can be named, such as `invoice:acme/1001`.
    pub fn other(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a piece of work did not end in `done`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing has happened; trying again later may succeed (429, 5xx, no connection).
    #[error("will retry: {cause}")]
    Retry {
        /// The pause that the other side asked for, if it did.
        after: Option<Duration>,
        /// What failed.
        cause: String,
    },
    /// A dependency is missing; the subject is parked and driven again when it appears.
    #[error("waiting for {}: {cause}", .key.as_str())]
    Wait {
        /// What it waits for.
        key: WaitKey,
        /// Why, for people.
        cause: String,
    },
    /// A write was sent and no answer came: it may have happened, or may still happen.
    #[error("outcome of {step} unknown: {cause}")]
    Ambiguous {
        /// The step whose outcome is unknown.
        step: String,
        /// What happened instead of an answer.
        cause: String,
    },
    /// Only a person can decide; becomes an attention item.
    #[error("needs a person: {reason}")]
    Reject {
        /// What is wrong, with both numbers or names where two things disagree.
        reason: String,
        /// What the person can do about it.
        fix: String,
    },
    /// Stale, duplicate or not ours: nothing to do.
    #[error("nothing to do: {reason}")]
    Skip {
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// A [`Fault::Retry`] without a wished pause.
    pub fn retry(cause: impl fmt::Display) -> Self {
        Self::Retry { after: None, cause: cause.to_string() }
    }
    /// A [`Fault::Reject`].
    pub fn reject(reason: impl fmt::Display, fix: impl fmt::Display) -> Self {
        Self::Reject { reason: reason.to_string(), fix: fix.to_string() }
    }
    /// A [`Fault::Skip`].
    pub fn skip(reason: impl fmt::Display) -> Self {
        Self::Skip { reason: reason.to_string() }
    }
    /// A [`Fault::Ambiguous`].
    pub fn ambiguous(step: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self::Ambiguous { step: step.to_string(), cause: cause.to_string() }
    }
    /// The class as one lower-case word, for log lines and metrics.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "retry",
            Self::Wait { .. } => "wait",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Reject { .. } => "reject",
            Self::Skip { .. } => "skip",
        }
    }
}
