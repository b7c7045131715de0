//! Payments.

use crate::external_id::ExternalId;
use crate::load::{Cell, Record};
use crate::payments::Direction;
use crate::session::Session;
use causeway_domain::{Date, Money};

/// A customer payment for `account.payment.load`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDraft {
    /// Key.
    pub id: ExternalId,
    /// In, or out for a refund.
    pub direction: Direction,
    /// `res.partner` id of the invoice: the receivable account is the partner's.
    pub partner: i64,
    /// Above zero.
    pub amount: Money,
    /// `res.currency` id.
    pub currency_id: i64,
    /// `account.journal` id of a bank, cash or credit journal.
    pub journal: i64,
    /// Date.
    pub date: Date,
    /// Our reference: what the settlement names.
    pub memo: String,
    /// `account.move` ids that it is meant for; they are not matched by this.
    pub invoices: Vec<i64>,
}

impl PaymentDraft {
    /// The record. 17 calls the memo `ref` and has no `invoice_ids` (its source; not tried).
    pub fn record(&self, session: &Session) -> Record {
        let old = session.version.major < 18;
        let mut head = vec![
            ("id", Cell::from(&self.id)),
            ("payment_type", self.direction.as_str().into()),
            ("partner_type", "customer".into()),
            ("partner_id/.id", self.partner.into()),
            ("amount", self.amount.into()),
            ("currency_id/.id", self.currency_id.into()),
            ("journal_id/.id", self.journal.into()),
            ("date", self.date.to_string().into()),
            (if old { "ref" } else { "memo" }, self.memo.clone().into()),
        ];
        if !old {
            head.push(("invoice_ids/.id", Cell::ids(&self.invoices)));
        }
        Record { head, lines: vec![] }
    }
}
