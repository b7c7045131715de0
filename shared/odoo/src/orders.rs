//! Sale orders: read, confirm.

use crate::client::Odoo;
use crate::decode::{Row, rows};
use crate::fault::Cause;
use crate::fields;
use crate::transport::{Args, ORDER_CONFIRM, ORDER_READ, ORDER_SEARCH, Operation};
use causeway_domain::ports::Http;
use causeway_domain::{Currency, Decimal, Fault, Money, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// `sale.order.state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Quotation.
    Draft,
    /// Quotation that was sent; can be confirmed like a draft.
    Sent,
    /// Confirmed.
    Sale,
    /// Cancelled.
    Cancel,
    /// A state that an app added.
    Other(String),
}

impl OrderState {
    /// True if `action_confirm` takes it.
    pub fn can_be_confirmed(&self) -> bool {
        match self {
            Self::Draft | Self::Sent => true,
            Self::Sale | Self::Cancel | Self::Other(_) => false,
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "draft" => Self::Draft,
            "sent" => Self::Sent,
            "sale" => Self::Sale,
            "cancel" => Self::Cancel,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A sale order as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// `sale.order` id.
    pub id: i64,
    /// Odoo's number: `S00042`.
    pub name: String,
    /// State.
    pub state: OrderState,
    /// Locked: cannot be cancelled before it is unlocked.
    pub locked: bool,
    /// ISO 4217 code.
    pub currency: String,
    /// Net, to the minor unit.
    pub untaxed: Money,
    /// Tax, to the minor unit.
    pub tax: Money,
    /// Total, to the minor unit.
    pub total: Money,
    /// `date_order`, UTC, whole seconds.
    pub date_order: Timestamp,
    /// `account.fiscal.position` id that Odoo found for the delivery address.
    pub fiscal_position: Option<i64>,
    /// `res.partner` id of the customer.
    pub partner: i64,
    /// `res.partner` id.
    pub invoice_address: i64,
    /// `res.partner` id.
    pub delivery_address: i64,
    /// The platform's order number.
    pub client_order_ref: Option<String>,
    /// `no`, `to invoice`, `invoiced` or `upselling`.
    pub invoice_status: Option<String>,
    /// The lead time of each line.
    pub leads: Vec<Lead>,
}

/// The days that the delivery of one line may take after the order's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// `sale.order.line` id.
    pub line: i64,
    /// `customer_lead`.
    pub days: Decimal,
}

/// What is read of an order, its lines' lead times with it.
pub(crate) fn specification() -> Value {
    let mut wanted: Map<String, Value> =
        fields::ORDER_READ.iter().map(|field| ((*field).to_owned(), json!({}))).collect();
    wanted.insert("order_line".to_owned(), json!({"fields": {"customer_lead": {}}}));
    Value::Object(wanted)
}

impl<H: Http> Odoo<'_, H> {
    /// `sale.order.web_read(specification)` of these ids. A deleted order is simply absent; as it fails
    /// the call for all, those that are left are looked up and read once more.
    pub async fn read_orders(&self, ids: &[i64]) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        match self.read_existing(ids).await? {
            Some(orders) => Ok(orders),
            None => {
                let left: Vec<i64> = self.existing(ids).await?.into_iter().collect();
                let again = self.read_existing(&left).await?;
                again.ok_or_else(|| Fault::retry("sale orders are being deleted right now"))
            }
        }
    }

    /// `None` if one of the orders is gone.
    async fn read_existing(
        &self,
        ids: &[i64],
    ) -> Result<Option<BTreeMap<i64, OrderRecord>>, Fault> {
        if ids.is_empty() {
            return Ok(Some(BTreeMap::new()));
        }
        let args = Args::of(ids).with("specification", specification());
        match self.call(ORDER_READ, args).await {
            Ok(answer) => self.orders(&answer, ORDER_READ).map(Some),
            Err(refused) if refused.cause == Cause::Missing => Ok(None),
            Err(refused) => Err(refused.fault),
        }
    }

    /// Which of these still exist.
    pub(crate) async fn existing(&self, ids: &[i64]) -> Result<BTreeSet<i64>, Fault> {
        self.search_orders(json!([["id", "in", ids]])).await
    }

    /// The orders that bear this number of the shop (`client_order_ref`) and are not cancelled.
    pub async fn orders_numbered(&self, number: &str) -> Result<BTreeSet<i64>, Fault> {
        self.search_orders(json!([["client_order_ref", "=", number], ["state", "!=", "cancel"]]))
            .await
    }

    /// `sale.order.search(domain)`.
    async fn search_orders(&self, domain: Value) -> Result<BTreeSet<i64>, Fault> {
        let answer = self.call(ORDER_SEARCH, Args::default().with("domain", domain)).await?;
        let found = answer.as_array().and_then(|ids| ids.iter().map(Value::as_i64).collect());
        found.ok_or_else(|| self.unexpected(ORDER_SEARCH, "not a list of ids"))
    }

    pub(crate) fn orders(
        &self,
        answer: &Value,
        operation: Operation,
    ) -> Result<BTreeMap<i64, OrderRecord>, Fault> {
        rows(&self.connection.name, operation, answer)?
            .iter()
            .map(|row| self.order(row).map(|order| (order.id, order)))
            .collect()
    }

    /// `sale.order.action_confirm()` of a batch that the caller read as draft. All or nothing in Odoo,
    /// so a refusal is resolved here: the states are read again, who is confirmed meanwhile counts
    /// as done, and the others are confirmed one by one.
    ///
    /// Gives the orders that were refused, each with its own fault. An `Err` concerns all of them:
    /// read the states before trying again. Confirming overwrites `date_order` with now
    /// ([`Odoo::date_and_read`] puts it back).
    pub async fn confirm(&self, ids: &[i64]) -> Result<BTreeMap<i64, Fault>, Fault> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Some(refusal) = self.confirm_all(ids).await? else {
            return Ok(BTreeMap::new());
        };
        let found = self.read_orders(ids).await?;
        let mut refused = BTreeMap::new();
        for id in ids.iter().copied() {
            let fault = match found.get(&id).map(|order| (&order.name, &order.state)) {
                None => Some(Fault::reject(
                    format!("sale order {id} was deleted in Odoo"),
                    "decide whether the order is to be made again",
                )),
                Some((_, OrderState::Sale)) => None,
                Some((_, OrderState::Draft | OrderState::Sent)) if ids.len() == 1 => {
                    Some(refusal.clone())
                }
                Some((_, OrderState::Draft | OrderState::Sent)) => self.confirm_all(&[id]).await?,
                Some((name, OrderState::Cancel | OrderState::Other(_))) => Some(Fault::reject(
                    format!("sale order {name} ({id}) is no quotation any more"),
                    "somebody changed it in Odoo; decide what should become of it",
                )),
            };
            if let Some(fault) = fault {
                refused.insert(id, fault);
            }
        }
        Ok(refused)
    }

    /// One `action_confirm`; `Some` if a rule of Odoo is against it.
    async fn confirm_all(&self, ids: &[i64]) -> Result<Option<Fault>, Fault> {
        match self.call(ORDER_CONFIRM, Args::of(ids).of_birth(self.connection)).await {
            Ok(Value::Bool(true) | Value::Null) => Ok(None),
            // A dialogue of an app: nothing is confirmed yet.
            Ok(Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_))
            | Ok(Value::Object(_)) => {
                Ok(Some(self.unexpected(ORDER_CONFIRM, "it asks something back")))
            }
            Err(refused) => match refused.cause {
                Cause::Rule | Cause::Missing => Ok(Some(refused.fault)),
                Cause::Other => Err(refused.fault),
            },
        }
    }

    fn order(&self, row: &Row<'_>) -> Result<OrderRecord, Fault> {
        let lines = row.records("order_line")?;
        let lead =
            |line: &Row<'_>| Ok(Lead { line: line.id()?, days: line.decimal("customer_lead")? });
        let (code, currency) = self.currency(row.required("currency_id")?)?;
        Ok(OrderRecord {
            id: row.id()?,
            name: row.text("name")?.unwrap_or_default(),
            state: OrderState::parse(&row.text("state")?.unwrap_or_default()),
            locked: row.flag("locked")?,
            currency: code,
            untaxed: row.money("amount_untaxed", currency)?,
            tax: row.money("amount_tax", currency)?,
            total: row.money("amount_total", currency)?,
            date_order: row.time("date_order")?,
            fiscal_position: row.reference("fiscal_position_id")?,
            partner: row.required("partner_id")?,
            invoice_address: row.required("partner_invoice_id")?,
            delivery_address: row.required("partner_shipping_id")?,
            client_order_ref: row.text("client_order_ref")?,
            invoice_status: row.text("invoice_status")?,
            leads: lines.iter().map(lead).collect::<Result<_, Fault>>()?,
        })
    }

    /// The currency of an Odoo currency id.
    pub(crate) fn currency(&self, id: i64) -> Result<(String, Currency), Fault> {
        let row = self.session.currencies.iter().find(|(_, row)| row.id == id);
        row.and_then(|(code, _)| Some((code.clone(), Currency::from_code(code).ok()?))).ok_or_else(
            || {
                Fault::reject(
                    format!(
                        "odoo {}: currency {id} is not an ISO 4217 currency",
                        self.connection.name
                    ),
                    "use a pricelist in an ISO 4217 currency",
                )
            },
        )
    }
}
