//! Journal entries of all kinds: invoices, credit notes, entries. Read, find, post.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::fault::Cause;
use crate::selection::selection;
use crate::transport::{Args, MOVE_POST, MOVE_SEARCH_READ};
use causeway_domain::ports::Http;
use causeway_domain::{Date, Fault, Money};
use serde_json::{Value, json};
use std::collections::BTreeMap;

selection! {
    /// `account.move.state`.
    MoveState {
        /// Can be changed and posted.
        Draft = "draft",
        /// In the books.
        Posted = "posted",
        /// Cancelled.
        Cancel = "cancel",
    }
}

selection! {
    /// `account.move.move_type`.
    MoveKind {
        /// Customer invoice.
        Invoice = "out_invoice",
        /// Customer credit note.
        CreditNote = "out_refund",
        /// Plain journal entry, also the one of a payment.
        Entry = "entry",
    }
}

selection! {
    /// `account.move.payment_state` (seen on 19.0).
    PaymentState {
        /// Nothing is paid.
        NotPaid = "not_paid",
        /// Paid, and the bank has not confirmed it (Enterprise).
        InPayment = "in_payment",
        /// Paid, or a credit note that is settled against its invoice.
        Paid = "paid",
        /// Partly paid or credited.
        Partial = "partial",
        /// An invoice that its credit notes cover, or a credit note that an entry covers.
        Reversed = "reversed",
    }
}

/// An invoice, credit note or entry as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveRecord {
    /// `account.move` id.
    pub id: i64,
    /// Number, `INV/2026/00001`; `None` before it is posted.
    pub name: Option<String>,
    /// State.
    pub state: MoveState,
    /// What it is.
    pub kind: MoveKind,
    /// How far it is settled.
    pub payment_state: PaymentState,
    /// `res.currency` id.
    pub currency_id: i64,
    /// Net, to the minor unit; never negative on a credit note either.
    pub untaxed: Money,
    /// Tax.
    pub tax: Money,
    /// Total.
    pub total: Money,
    /// What is still open.
    pub residual: Money,
    /// Date of the invoice; Odoo sets today when it posts one without.
    pub invoice_date: Option<Date>,
    /// Accounting date; a lock date moves it to a later day without a word (facts A11).
    pub date: Option<Date>,
    /// `account.journal` id.
    pub journal: i64,
    /// `res.partner` id.
    pub partner: Option<i64>,
    /// `res.partner` id of the delivery address.
    pub delivery_address: Option<i64>,
    /// `account.fiscal.position` id.
    pub fiscal_position: Option<i64>,
    /// `ref`: the customer's reference (of an invoice: the order's `client_order_ref`).
    pub reference: Option<String>,
    /// `payment_reference`.
    pub payment_reference: Option<String>,
    /// `invoice_origin`: the name of the order.
    pub origin: Option<String>,
    /// The invoice that a credit note takes back (`reversed_entry_id`).
    pub reversed: Option<i64>,
}

/// What [`MoveRecord`] is read from; the names are the same in 17, 18 and 19 (sources).
pub(crate) const FIELDS: &[&str] = &[
    "name",
    "state",
    "move_type",
    "payment_state",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "amount_residual",
    "invoice_date",
    "date",
    "journal_id",
    "partner_id",
    "partner_shipping_id",
    "fiscal_position_id",
    "ref",
    "payment_reference",
    "invoice_origin",
    "reversed_entry_id",
];

/// By what moves are looked for: each a list of which one must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveQuery {
    /// Database ids.
    Ids(Vec<i64>),
    /// `ref`, compared exactly.
    References(Vec<String>),
    /// `payment_reference`, compared exactly.
    PaymentReferences(Vec<String>),
    /// `invoice_origin`: names of orders, compared exactly; an invoice of several orders is not found.
    Origins(Vec<String>),
    /// `reversed_entry_id`: the documents that take these back.
    Reversing(Vec<i64>),
}

impl MoveQuery {
    fn term(&self) -> (Value, bool) {
        match self {
            Self::Ids(ids) => (json!(["id", "in", ids]), ids.is_empty()),
            Self::References(texts) => (json!(["ref", "in", texts]), texts.is_empty()),
            Self::PaymentReferences(texts) => {
                (json!(["payment_reference", "in", texts]), texts.is_empty())
            }
            Self::Reversing(ids) => (json!(["reversed_entry_id", "in", ids]), ids.is_empty()),
            Self::Origins(texts) => (json!(["invoice_origin", "in", texts]), texts.is_empty()),
        }
    }
}

impl<H: Http> Odoo<'_, H> {
    /// `account.move.search_read` of what fits, of these kinds (all kinds if the list is empty), in
    /// the order of ids. An empty query finds nothing and asks nothing.
    pub async fn find_moves(
        &self,
        query: &MoveQuery,
        kinds: &[MoveKind],
    ) -> Result<Vec<MoveRecord>, Fault> {
        let (term, empty) = query.term();
        if empty {
            return Ok(Vec::new());
        }
        let mut domain = vec![term];
        if !kinds.is_empty() {
            let kinds: Vec<&str> = kinds.iter().map(MoveKind::as_str).collect();
            domain.push(json!(["move_type", "in", kinds]));
        }
        let found = self.search_all(MOVE_SEARCH_READ, json!(domain), FIELDS, false).await?;
        let name = &self.connection.name;
        found.iter().map(|value| self.read_move(&row(name, MOVE_SEARCH_READ, value)?)).collect()
    }

    /// `account.move.action_post()` of those that are drafts; the states are read first, as a batch
    /// with one posted move in it is refused whole (422) without naming anybody. A refusal is resolved
    /// like in [`Odoo::confirm`]: the states are read again, who is posted meanwhile counts as done, and
    /// the others are posted one by one.
    ///
    /// Gives the moves that were refused, each with its own fault. Safe to repeat. Posting a credit
    /// note settles an unpaid invoice with it (facts A11).
    pub async fn post_moves(&self, ids: &[i64]) -> Result<BTreeMap<i64, Fault>, Fault> {
        let mut refused = BTreeMap::new();
        let drafts = self.drafts(ids, &mut refused).await?;
        if drafts.is_empty() {
            return Ok(refused);
        }
        let Some(refusal) = self.post_all(&drafts).await? else { return Ok(refused) };
        let left = self.drafts(&drafts, &mut refused).await?;
        for id in left {
            let again = if drafts.len() == 1 {
                Some(refusal.clone())
            } else {
                self.post_all(&[id]).await?
            };
            if let Some(fault) = again {
                refused.insert(id, fault);
            }
        }
        Ok(refused)
    }

    /// [`Odoo::post_moves`] of one.
    pub async fn post_move(&self, id: i64) -> Result<(), Fault> {
        self.post_moves(&[id]).await?.remove(&id).map_or(Ok(()), Err)
    }

    /// Those that are drafts; what is gone or cancelled is put among the refused.
    async fn drafts(
        &self,
        ids: &[i64],
        refused: &mut BTreeMap<i64, Fault>,
    ) -> Result<Vec<i64>, Fault> {
        let found = self.find_moves(&MoveQuery::Ids(ids.to_vec()), &[]).await?;
        let states: BTreeMap<i64, MoveState> =
            found.into_iter().map(|one| (one.id, one.state)).collect();
        let mut drafts = Vec::new();
        for id in ids.iter().copied() {
            match states.get(&id) {
                Some(MoveState::Draft) => drafts.push(id),
                Some(MoveState::Posted) => {}
                Some(MoveState::Cancel | MoveState::Other(_)) => {
                    let fix = "somebody changed it in Odoo; decide what should become of it";
                    let text = format!("journal entry {id} is cancelled in Odoo");
                    refused.insert(id, Fault::reject(text, fix));
                }
                None => {
                    let fix = "decide whether it is to be made again";
                    let text = format!("journal entry {id} was deleted in Odoo");
                    refused.insert(id, Fault::reject(text, fix));
                }
            }
        }
        Ok(drafts)
    }

    /// One `action_post`, which answers `false` (19) or nothing; `Some` if a rule is against it.
    async fn post_all(&self, ids: &[i64]) -> Result<Option<Fault>, Fault> {
        match self.call(MOVE_POST, Args::of(ids)).await {
            Ok(Value::Bool(_) | Value::Null) => Ok(None),
            Ok(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                Ok(Some(self.unexpected(MOVE_POST, "it asks something back")))
            }
            Err(refused) => match refused.cause {
                Cause::Rule | Cause::Missing => Ok(Some(refused.fault)),
                Cause::Other => Err(refused.fault),
            },
        }
    }

    pub(crate) fn read_move(&self, row: &Row<'_>) -> Result<MoveRecord, Fault> {
        let currency_id = row.required("currency_id")?;
        let (_, currency) = self.currency(currency_id)?;
        let text = |field: &str| Ok::<_, Fault>(row.text(field)?.unwrap_or_default());
        Ok(MoveRecord {
            id: row.id()?,
            // Drafts are called `/` before 19 (facts A5).
            name: row.text("name")?.filter(|name| name != "/"),
            state: MoveState::parse(&text("state")?),
            kind: MoveKind::parse(&text("move_type")?),
            payment_state: PaymentState::parse(&text("payment_state")?),
            currency_id,
            untaxed: row.money("amount_untaxed", currency)?,
            tax: row.money("amount_tax", currency)?,
            total: row.money("amount_total", currency)?,
            residual: row.money("amount_residual", currency)?,
            invoice_date: row.date("invoice_date")?,
            date: row.date("date")?,
            journal: row.required("journal_id")?,
            partner: row.reference("partner_id")?,
            delivery_address: row.reference("partner_shipping_id")?,
            fiscal_position: row.reference("fiscal_position_id")?,
            reference: row.text("ref")?,
            payment_reference: row.text("payment_reference")?,
            origin: row.text("invoice_origin")?,
            reversed: row.reference("reversed_entry_id")?,
        })
    }
}
