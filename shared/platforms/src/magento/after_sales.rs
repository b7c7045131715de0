//! What happened after an order: its invoices and its credit memos, each by a search.

use causeway_domain::money::MoneyError;
use causeway_domain::{AfterSales, Capture, Fault, Money, Order, PaymentKind};
use serde::Deserialize;

use super::document::{Amount, Id};
use super::order::{unusable, utc};
use super::search::{Search, Searched, drive, item};
use super::{api, credit_memo};
use crate::adapter::{Answer, FetchAfterSales, FetchContext};
use crate::oauth1;

const INVOICES: &str = "magento invoices";
const CREDIT_MEMOS: &str = "magento credit memos";
/// `Magento\Sales\Model\Order\Invoice::STATE_PAID`.
const PAID: &str = "2";

/// An invoice, as far as it is a payment (OpenAPI 2.4.9, `sales-data-invoice-interface`).
#[derive(Debug, Deserialize)]
struct Invoice {
    entity_id: Id,
    order_id: Id,
    state: Option<Id>,
    created_at: String,
    #[serde(default)]
    grand_total: Amount,
    transaction_id: Option<String>,
    extension_attributes: Option<Credits>,
}

/// What of an invoice or credit memo is not in its `grand_total`: Adobe Commerce's own money.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Credits {
    pub(super) gift_cards_amount: Amount,
    pub(super) customer_balance_amount: Amount,
}

impl Credits {
    /// Method and amount of each.
    pub(super) fn each(self) -> [(&'static str, Amount); 2] {
        [("gift_card", self.gift_cards_amount), ("customer_balance", self.customer_balance_amount)]
    }
}

/// Asks for both, then reads them.
pub(super) fn step(
    cx: &FetchContext<'_>,
    order: &Order,
    answers: &[Answer],
) -> Result<FetchAfterSales, Fault> {
    let options = api::options(cx)?;
    let id = api::order_id(&order.key.order)?;
    let of_order = |name: &'static str, path: &'static str| Search {
        name,
        path,
        field: "order_id",
        condition: "eq",
        value: id,
        fields: None,
    };
    let searches = [of_order(INVOICES, "invoices"), of_order(CREDIT_MEMOS, "creditmemos")];
    let mut lists = match drive(cx, &options, &searches, oauth1::Use::AfterSales, answers)? {
        Searched::Ask(calls) => return Ok(FetchAfterSales::Ask(calls)),
        Searched::Found(lists) => lists.into_iter(),
    };
    let mut found = AfterSales::default();
    for value in lists.next().unwrap_or_default() {
        found.captures.extend(captures(order, &item(INVOICES, value)?)?);
    }
    for value in lists.next().unwrap_or_default() {
        found.refunds.extend(credit_memo::read(order, item(CREDIT_MEMOS, value)?)?);
    }
    found.check(&order.key, order.currency)?;
    Ok(FetchAfterSales::Found(Box::new(found)))
}

/// The payments of a paid invoice: money, and in Adobe Commerce gift cards and store credit.
fn captures(order: &Order, invoice: &Invoice) -> Result<Vec<Capture>, Fault> {
    let is_own = invoice.order_id.as_str() == order.key.order.as_str();
    if !is_own || invoice.state.as_ref().map(Id::as_str) != Some(PAID) {
        return Ok(Vec::new());
    }
    let id = invoice.entity_id.as_str();
    let name = format!("order {} invoice {id}", order.key);
    let captured_at = utc(&name, &invoice.created_at)?;
    let capture = |(method, amount): (&str, Amount)| -> Result<Capture, MoneyError> {
        Ok(Capture {
            id: format!("{id}-{method}"),
            method: method.to_owned(),
            kind: PaymentKind::GiftCard,
            amount: Money::round(amount.or_zero(), order.currency)?,
            captured_at,
            reference: None,
            fee: None,
        })
    };
    let money = Capture {
        id: id.to_owned(),
        kind: PaymentKind::Money,
        reference: invoice.transaction_id.clone().filter(|id| !id.is_empty()),
        ..capture((method(order), invoice.grand_total)).map_err(|e| unusable(&name, &e))?
    };
    let mut captures = vec![money];
    for credit in invoice.extension_attributes.unwrap_or_default().each() {
        captures.push(capture(credit).map_err(|e| unusable(&name, &e))?);
    }
    captures.retain(|capture| capture.amount.minor() > 0);
    Ok(captures)
}

/// The order's payment method; Magento knows one beside its own credits.
pub(super) fn method(order: &Order) -> &str {
    let money = order.payments.iter().find(|payment| payment.kind == PaymentKind::Money);
    money.map(|payment| payment.method.as_str()).filter(|m| !m.is_empty()).unwrap_or("manual")
}
