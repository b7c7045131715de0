//! Payments: read, find, post.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::fault::Cause;
use crate::selection::selection;
use crate::transport::{Args, PAYMENT_POST, PAYMENT_SEARCH_READ};
use causeway_domain::ports::Http;
use causeway_domain::{Date, Fault, Money};
use serde_json::{Value, json};

selection! {
    /// `account.payment.state`.
    AccountPaymentState {
        /// Not posted.
        Draft = "draft",
        /// Posted; its invoices are not paid by it yet (18 and later).
        InProcess = "in_process",
        /// Posted and matched (18 and later).
        Paid = "paid",
        /// Posted (17).
        Posted = "posted",
        /// Cancelled (18 and later).
        Canceled = "canceled",
        /// Cancelled (17).
        Cancel = "cancel",
        /// Refused by the bank.
        Rejected = "rejected",
    }
}

selection! {
    /// `account.payment.payment_type`.
    Direction {
        /// Money comes in.
        Inbound = "inbound",
        /// Money goes out: a refund.
        Outbound = "outbound",
    }
}

/// A payment as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// `account.payment` id.
    pub id: i64,
    /// State.
    pub state: AccountPaymentState,
    /// Direction.
    pub direction: Direction,
    /// Amount, never negative.
    pub amount: Money,
    /// `res.currency` id.
    pub currency_id: i64,
    /// `account.journal` id.
    pub journal: i64,
    /// Date.
    pub date: Option<Date>,
    /// `memo` (`ref` in 17): our reference.
    pub memo: Option<String>,
    /// `account.move` id of its entry. `None` before it is posted, and where the journal has no
    /// outstanding account under the Enterprise accounting app: then there is nothing to reconcile.
    pub entry: Option<i64>,
    /// `res.partner` id.
    pub partner: Option<i64>,
    /// True once it is matched with invoices.
    pub reconciled: bool,
    /// Invoices that it is meant for (18 and later).
    pub invoices: Vec<i64>,
    /// Invoices that it is matched with.
    pub reconciled_invoices: Vec<i64>,
}

impl PaymentRecord {
    /// True if it is in the books.
    pub fn is_posted(&self) -> bool {
        match self.state {
            AccountPaymentState::InProcess
            | AccountPaymentState::Paid
            | AccountPaymentState::Posted => true,
            AccountPaymentState::Draft
            | AccountPaymentState::Canceled
            | AccountPaymentState::Cancel
            | AccountPaymentState::Rejected
            | AccountPaymentState::Other(_) => false,
        }
    }
}

/// The memo field: `ref` before 18 (its source; not tried).
pub(crate) fn memo_field(major: u32) -> &'static str {
    if major < 18 { "ref" } else { "memo" }
}

impl<H: Http> Odoo<'_, H> {
    /// One payment; `None` if it was deleted.
    pub async fn read_payment(&self, id: i64) -> Result<Option<PaymentRecord>, Fault> {
        Ok(self.payments_where(json!([["id", "in", [id]]])).await?.into_iter().next())
    }

    /// Payments with one of these memos, compared exactly, in the order of ids.
    pub async fn find_payments(&self, memos: &[String]) -> Result<Vec<PaymentRecord>, Fault> {
        if memos.is_empty() {
            return Ok(Vec::new());
        }
        let field = memo_field(self.session.version.major);
        self.payments_where(json!([[field, "in", memos]])).await
    }

    async fn payments_where(&self, domain: Value) -> Result<Vec<PaymentRecord>, Fault> {
        let major = self.session.version.major;
        let mut fields = vec![
            "name",
            "state",
            "payment_type",
            "amount",
            "currency_id",
            "journal_id",
            "date",
            memo_field(major),
            "move_id",
            "partner_id",
            "is_reconciled",
        ];
        if major >= 18 {
            fields.push("invoice_ids");
        }
        fields.push("reconciled_invoice_ids");
        let found = self.search_all(PAYMENT_SEARCH_READ, domain, &fields, false).await?;
        let name = &self.connection.name;
        found.iter().map(|value| self.payment(&row(name, PAYMENT_SEARCH_READ, value)?)).collect()
    }

    /// `account.payment.action_post()` of a draft, and the payment as it is then. Safe to repeat: a posted
    /// payment is only read. The receivable line of [`PaymentRecord::entry`] is not matched with the
    /// invoice by this ([`Odoo::reconcile`]).
    pub async fn post_payment(&self, id: i64) -> Result<PaymentRecord, Fault> {
        let before = self.existing_payment(id).await?;
        if before.state != AccountPaymentState::Draft {
            return posted(before);
        }
        let refusal = match self.call(PAYMENT_POST, Args::of(&[id])).await {
            Ok(Value::Null | Value::Bool(_)) => None,
            Ok(_) => Some(self.unexpected(PAYMENT_POST, "it asks something back")),
            Err(refused) if refused.cause == Cause::Rule => Some(refused.fault),
            Err(refused) => return Err(refused.fault),
        };
        let after = self.existing_payment(id).await?;
        match (after.is_posted(), refusal) {
            (false, Some(fault)) => Err(fault),
            (true, _) | (false, None) => posted(after),
        }
    }

    async fn existing_payment(&self, id: i64) -> Result<PaymentRecord, Fault> {
        let found = self.read_payment(id).await?;
        found.ok_or_else(|| {
            Fault::reject(
                format!("payment {id} was deleted in Odoo"),
                "decide whether it is to be made again",
            )
        })
    }

    fn payment(&self, row: &Row<'_>) -> Result<PaymentRecord, Fault> {
        let major = self.session.version.major;
        let currency_id = row.required("currency_id")?;
        let (_, currency) = self.currency(currency_id)?;
        let text = |field: &str| Ok::<_, Fault>(row.text(field)?.unwrap_or_default());
        Ok(PaymentRecord {
            id: row.id()?,
            state: AccountPaymentState::parse(&text("state")?),
            direction: Direction::parse(&text("payment_type")?),
            amount: row.money("amount", currency)?,
            currency_id,
            journal: row.required("journal_id")?,
            date: row.date("date")?,
            memo: row.text(memo_field(major))?,
            entry: row.reference("move_id")?,
            partner: row.reference("partner_id")?,
            reconciled: row.flag("is_reconciled")?,
            invoices: if major >= 18 { row.ids("invoice_ids")? } else { Vec::new() },
            reconciled_invoices: row.ids("reconciled_invoice_ids")?,
        })
    }
}

fn posted(payment: PaymentRecord) -> Result<PaymentRecord, Fault> {
    if payment.is_posted() {
        return Ok(payment);
    }
    Err(Fault::reject(
        format!("payment {} is {} in Odoo", payment.id, payment.state.as_str()),
        "somebody changed it in Odoo; decide what should become of it",
    ))
}
