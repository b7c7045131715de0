//! From Magento's credit memos to refunds. An item comes to `row_total - discount_amount +
//! discount_tax_compensation_amount + tax_amount`, as on the order. Taxes are told as sums only.

use causeway_domain::{
    Currency, Decimal, Fault, Goods, Line, LineId, LineKind, Money, Order, PaymentKind, Refund,
    RefundId, RefundLine, RefundPayment, RefundTax, RefundedLine,
};
use serde::Deserialize;

use super::after_sales::{Credits, method};
use super::document::{Amount, Id};
use super::order::{unusable, utc};
use crate::answer;
use crate::rounding::{Step, explains, spread};

/// `sales-data-creditmemo-interface`, OpenAPI 2.4.9.
#[derive(Debug, Deserialize)]
pub(super) struct CreditMemo {
    entity_id: Id,
    order_id: Id,
    state: Option<Id>,
    created_at: String,
    transaction_id: Option<String>,
    #[serde(default)]
    grand_total: Amount,
    #[serde(default)]
    discount_amount: Amount,
    #[serde(default)]
    shipping_amount: Amount,
    /// Of items and delivery together.
    #[serde(default)]
    tax_amount: Amount,
    #[serde(default)]
    shipping_tax_amount: Amount,
    #[serde(default)]
    shipping_discount_tax_compensation_amount: Amount,
    #[serde(default)]
    adjustment_positive: Amount,
    #[serde(default)]
    adjustment_negative: Amount,
    items: Vec<Item>,
    extension_attributes: Option<Extension>,
}

#[derive(Debug, Deserialize)]
struct Item {
    order_item_id: Id,
    #[serde(default)]
    qty: Amount,
    #[serde(default)]
    row_total: Amount,
    #[serde(default)]
    tax_amount: Amount,
    #[serde(default)]
    discount_amount: Amount,
    #[serde(default)]
    discount_tax_compensation_amount: Amount,
    #[serde(default)]
    weee_tax_applied_row_amount: Amount,
}

#[derive(Debug, Deserialize)]
struct Extension {
    // Not flattened: that would read numbers through a float.
    #[serde(default)]
    gift_cards_amount: Amount,
    #[serde(default)]
    customer_balance_amount: Amount,
    #[serde(default)]
    gw_price: Amount,
    #[serde(default)]
    gw_tax_amount: Amount,
    #[serde(default)]
    gw_items_price: Amount,
    #[serde(default)]
    gw_items_tax_amount: Amount,
    #[serde(default)]
    gw_card_price: Amount,
    #[serde(default)]
    gw_card_tax_amount: Amount,
}

impl Extension {
    fn credits(&self) -> Credits {
        Credits {
            gift_cards_amount: self.gift_cards_amount,
            customer_balance_amount: self.customer_balance_amount,
        }
    }
}

/// What of a credit memo is about one line of the order, unrounded.
struct Part {
    line: LineId,
    quantity: Decimal,
    net: Decimal,
    tax: Decimal,
}

/// The refund; none for a credit memo that was cancelled or is another order's.
pub(super) fn read(order: &Order, memo: CreditMemo) -> Result<Option<Refund>, Fault> {
    let pending = match memo.state.as_ref().map(Id::as_str) {
        Some("1") => true,
        Some("2") => false,
        Some("3") => return Ok(None),
        Some(_) | None => {
            return Err(answer::unreadable("magento credit memos", "state is not 1, 2 or 3"));
        }
    };
    if memo.order_id.as_str() != order.key.order.as_str() {
        return Ok(None);
    }
    let name = format!("order {} credit memo {}", order.key, memo.entity_id.as_str());
    let refunded_at = utc(&name, &memo.created_at)?;
    let paid = payments(order, &memo, pending).map_err(|error| unusable(&name, &error))?;
    let total = Money::sum(paid.iter().map(|payment| payment.amount), order.currency)
        .map_err(|error| unusable(&name, &error))?;
    let lines = lines(order, &memo, total).map_err(|error| unusable(&name, &error))?;
    let shown = |payment: &RefundPayment| {
        let told = payment.kind == PaymentKind::GiftCard || payment.reference.is_some();
        told && payment.amount.minor() > 0
    };
    Ok(Some(Refund {
        id: RefundId::new(memo.entity_id.as_str()),
        refunded_at,
        lines,
        total,
        payments: paid.into_iter().filter(shown).collect(),
        of_return: None,
    }))
}

type Reckoned<T> = Result<T, causeway_domain::money::MoneyError>;

/// All ways in which it goes back, those that come to nothing too.
fn payments(order: &Order, memo: &CreditMemo, pending: bool) -> Reckoned<Vec<RefundPayment>> {
    let id = memo.entity_id.as_str();
    let payment = |method: &str, amount: Amount| -> Reckoned<RefundPayment> {
        Ok(RefundPayment {
            id: format!("{id}-{method}"),
            method: method.to_owned(),
            kind: PaymentKind::GiftCard,
            amount: Money::round(amount.or_zero(), order.currency)?,
            reference: None,
            settled: !pending,
        })
    };
    let money = RefundPayment {
        id: id.to_owned(),
        kind: PaymentKind::Money,
        reference: memo.transaction_id.clone().filter(|id| !id.is_empty()),
        ..payment(method(order), memo.grand_total)?
    };
    let credits = memo.extension_attributes.as_ref().map(Extension::credits).unwrap_or_default();
    let mut all = vec![money];
    for (method, amount) in credits.each() {
        all.push(payment(method, amount)?);
    }
    Ok(all)
}

/// The parts and adjustments, rounded together to the total where rounding explains what is between
/// them; else each by itself, and the difference as an amount without a line.
fn lines(order: &Order, memo: &CreditMemo, total: Money) -> Reckoned<Vec<RefundLine>> {
    let mut parts: Vec<Part> =
        order.lines.iter().filter_map(|line| part(memo, line)).filter(is_something).collect();
    settle_tax(memo, &mut parts, order.currency);
    let adjustments = [
        ("adjustment_positive", memo.adjustment_positive.or_zero()),
        ("adjustment_negative", -memo.adjustment_negative.or_zero()),
    ];
    let exact: Vec<Decimal> = parts
        .iter()
        .flat_map(|part| [part.net, part.tax])
        .chain(adjustments.iter().map(|(_, amount)| *amount))
        .collect();
    let currency = order.currency;
    let rounded = match spread(total, &exact, 1, Step::Half) {
        Some(rounded) => rounded,
        None => exact.iter().map(|part| Money::round(*part, currency)).collect::<Result<_, _>>()?,
    };
    let rest = total.minus(Money::sum(rounded.iter().copied(), currency)?)?;
    let mut rounded = rounded.into_iter();
    let mut next = || rounded.next().ok_or(causeway_domain::money::MoneyError::OutOfRange);
    let mut lines = Vec::with_capacity(parts.len() + 1);
    for part in parts {
        lines.push(RefundLine::Line(RefundedLine {
            line: part.line,
            quantity: part.quantity.normalize(),
            net: next()?,
            tax: RefundTax::Sum(next()?),
            // `return_to_stock_items` is an argument of the refund and is not stored.
            goods: Goods::Unsaid,
        }));
    }
    for (id, _) in adjustments {
        push_amount(&mut lines, id, next()?);
    }
    push_amount(&mut lines, "difference", rest);
    Ok(lines)
}

/// The tax of a last credit memo is what is left of the invoice's, so that it may miss its items by some
/// minor units (`Creditmemo\Total\Tax`): the largest tax takes that up.
fn settle_tax(memo: &CreditMemo, parts: &mut [Part], currency: Currency) {
    let Some(whole) = memo.tax_amount.0 else { return };
    let sum: Decimal = parts.iter().map(|part| part.tax).sum();
    let taxed = parts.iter().filter(|part| !part.tax.is_zero()).count();
    if explains(whole, sum, taxed, Step::Whole, currency)
        && let Some(largest) = parts.iter_mut().max_by_key(|part| part.tax)
    {
        largest.tax += whole - sum;
    }
}

fn push_amount(lines: &mut Vec<RefundLine>, id: &str, gross: Money) {
    if !gross.is_zero() {
        lines.push(RefundLine::Amount { id: LineId::from(id), gross });
    }
}

fn is_something(part: &Part) -> bool {
    !(part.quantity.is_zero() && part.net.is_zero() && part.tax.is_zero())
}

/// What a credit memo holds for a line of the order. Child items of a configurable product and parent
/// items of a bundle are no lines of the order: nothing is read of them.
fn part(memo: &CreditMemo, line: &Line) -> Option<Part> {
    let id = line.id.as_str();
    let plain = |net: Amount, tax: Amount| Part {
        line: line.id.clone(),
        quantity: Decimal::ZERO,
        net: net.or_zero(),
        tax: tax.or_zero(),
    };
    let more = memo.extension_attributes.as_ref();
    match id {
        "shipping" => Some(shipping(memo, line)),
        "gift_wrap:items" => more.map(|more| plain(more.gw_items_price, more.gw_items_tax_amount)),
        "gift_wrap:order" => more.map(|more| plain(more.gw_price, more.gw_tax_amount)),
        "gift_wrap:card" => more.map(|more| plain(more.gw_card_price, more.gw_card_tax_amount)),
        _ => {
            let (own, weee) = match id.strip_prefix("weee:") {
                Some(item) => (item, true),
                None => (id, false),
            };
            let item = memo.items.iter().find(|item| item.order_item_id.as_str() == own)?;
            Some(if weee {
                // Its own tax is in the sum of the credit memo only.
                plain(item.weee_tax_applied_row_amount, Amount::default())
            } else {
                goods(item, line)
            })
        }
    }
}

fn goods(item: &Item, line: &Line) -> Part {
    let quantity = match line.kind {
        LineKind::Product(_) | LineKind::GiftCardSold => item.qty.or_zero(),
        LineKind::Shipping
        | LineKind::Discount
        | LineKind::GiftWrap
        | LineKind::Tip
        | LineKind::Fee => Decimal::ZERO,
    };
    Part {
        line: line.id.clone(),
        quantity,
        net: item.row_total.or_zero() - item.discount_amount.or_zero().abs()
            + item.discount_tax_compensation_amount.or_zero(),
        tax: item.tax_amount.or_zero(),
    }
}

/// A credit memo has no field for the discount on delivery: it is what the items leave of the whole.
fn shipping(memo: &CreditMemo, line: &Line) -> Part {
    let of_items: Decimal =
        memo.items.iter().map(|item| item.discount_amount.or_zero().abs()).sum();
    let discount = (memo.discount_amount.or_zero().abs() - of_items).max(Decimal::ZERO);
    Part {
        line: line.id.clone(),
        quantity: Decimal::ZERO,
        net: memo.shipping_amount.or_zero() - discount
            + memo.shipping_discount_tax_compensation_amount.or_zero(),
        tax: memo.shipping_tax_amount.or_zero(),
    }
}
