//! From Shopify's order to ours.

use causeway_domain::{
    Currency, Fault, Line, LineKind, Money, Order, OrderId, OrderKey, Payment, PaymentKind,
    PlatformId, Standing, Timestamp,
};

use super::customer;
use super::edits::Removed;
use super::lines::{self, Amounts};
use super::settings::{Settings, Side};
use super::shape::{OrderNode, Transaction, id_tail};
use crate::adapter::Connection;
use crate::answer::unreadable;
use crate::status;

const WHAT: &str = "shopify order";

/// What the status words mean by default. `authorized` is a real order whose money is reserved;
/// refunds are documents of their own, so a refunded order stays a sale. `pending` and
/// `partially_paid` await money: a merchant who delivers on account maps them to `confirmed`.
const STANDING: &[(&str, Standing)] = &[
    ("paid", Standing::Confirmed),
    ("authorized", Standing::Confirmed),
    ("partially_refunded", Standing::Confirmed),
    ("refunded", Standing::Confirmed),
    ("pending", Standing::Quotation),
    ("partially_paid", Standing::Quotation),
    ("voided", Standing::Ignore),
    ("expired", Standing::Ignore),
    ("cancelled", Standing::Cancelled),
];

pub(super) fn read(
    connection: &Connection,
    settings: &Settings,
    id: &OrderId,
    node: OrderNode,
    removed: &Removed,
) -> Result<Order, Fault> {
    let amounts = amounts(settings, &node)?;
    let status = match (&node.cancelled_at, &node.display_financial_status) {
        (Some(_), _) => "cancelled".to_owned(),
        (None, Some(word)) => word.to_ascii_lowercase(),
        (None, None) => "none".to_owned(),
    };
    let mut lines = lines(amounts, &node, removed)?;
    let total = total(amounts, &node, &lines, removed)?;
    settle(amounts, &node, &mut lines, total)?;
    let order = Order {
        key: OrderKey { store: connection.store.clone(), order: id.clone() },
        platform: PlatformId::new("shopify"),
        number: node.name.clone(),
        standing: status::standing(STANDING, &connection.options, &status)?,
        status,
        placed_at: time(&node.processed_at)?,
        updated_at: Some(time(&node.updated_at)?),
        currency: amounts.currency,
        prices_include_tax: amounts.taxes_included,
        customer: customer::customer(settings, &node),
        billing: customer::billing(&node),
        shipping: customer::shipping(&node),
        lines,
        total,
        payments: payments(settings.currency, &node.transactions),
        has_after_sales: !node.refunds.is_empty()
            || node.return_status != "NO_RETURN"
            || !amounts.money(&node.total_refunded_set)?.is_zero(),
        test: node.test,
        note: customer::note(&node),
    };
    order.check()?;
    Ok(order)
}

fn amounts(settings: &Settings, node: &OrderNode) -> Result<Amounts, Fault> {
    let code = match settings.currency {
        Side::Shop => &node.currency_code,
        Side::Presentment => &node.presentment_currency_code,
    };
    let currency = Currency::from_code(code).map_err(|error| unreadable(WHAT, error))?;
    Ok(Amounts { side: settings.currency, currency, taxes_included: node.taxes_included })
}

pub(super) fn time(text: &str) -> Result<Timestamp, Fault> {
    text.parse().map_err(|_| unreadable(WHAT, "a time that is not ISO 8601"))
}

fn lines(amounts: Amounts, node: &OrderNode, removed: &Removed) -> Result<Vec<Line>, Fault> {
    if node.shipping_lines.page_info.has_next_page {
        return Err(Fault::reject(
            format!("order {} has more than 10 shipping lines", node.name),
            "enter it by hand",
        ));
    }
    let mut lines = Vec::new();
    for item in &node.line_items.nodes {
        lines.extend(lines::sold(amounts, item, removed.lines.get(&item.id))?);
        // Duties that are part of the price are not charged again.
        if !node.duties_included {
            for duty in &item.duties {
                lines.push(lines::charge(amounts, "duty", duty)?);
            }
        }
    }
    for (at, line) in node.shipping_lines.nodes.iter().enumerate() {
        lines.push(lines::shipping(amounts, at, line)?);
    }
    for fee in &node.additional_fees {
        lines.push(lines::charge(amounts, "fee", fee)?);
    }
    Ok(lines)
}

/// The order's total: see the module page of the platform.
fn total(
    amounts: Amounts,
    node: &OrderNode,
    lines: &[Line],
    removed: &Removed,
) -> Result<Money, Fault> {
    let sold = amounts.money(&node.total_price_set)?;
    if !node.edited || gross(lines, amounts.currency)? == sold {
        return Ok(sold);
    }
    if amounts.money(&node.total_refunded_set)?.is_zero() {
        return amounts.money(&node.current_total_price_set);
    }
    let removed = Money::exact(removed.total, amounts.currency);
    removed.and_then(|removed| sold.minus(removed)).map_err(|error| unreadable(WHAT, error))
}

fn gross(lines: &[Line], currency: Currency) -> Result<Money, Fault> {
    let each: Result<Vec<Money>, _> = lines.iter().map(Line::gross).collect();
    each.and_then(|each| Money::sum(each, currency)).map_err(|error| unreadable(WHAT, error))
}

/// Names the tip among the lines, and adds what the total holds but no line does: the tip, cash
/// rounding. Any other difference stays and is refused by [`Order::check`].
fn settle(
    amounts: Amounts,
    node: &OrderNode,
    lines: &mut Vec<Line>,
    total: Money,
) -> Result<(), Fault> {
    let tip = amounts.money(&node.total_tip_received_set)?;
    let rounding = amounts.money(&node.total_cash_rounding_adjustment.payment_set)?;
    let sum = |a: Money, b: Money| a.plus(b).map_err(|error| unreadable(WHAT, error));
    let gap = sum(total, gross(lines, amounts.currency)?.negated())?;
    let both = sum(tip, rounding)?;
    let tip_is_missing = !tip.is_zero() && (gap == tip || gap == both);
    if tip_is_missing {
        lines.push(Line::untaxed("tip", LineKind::Tip, "Tip", tip));
    } else if !tip.is_zero() {
        name_tips(node, lines, tip);
    }
    let missing = if tip_is_missing { both } else { rounding };
    if !rounding.is_zero() && gap == missing {
        let kind = if rounding.minor() < 0 { LineKind::Discount } else { LineKind::Fee };
        lines.push(Line::untaxed("rounding", kind, "Cash rounding", rounding));
    }
    Ok(())
}

/// Marks the lines that are the tip: without a variant, not shipped, and together the tip's amount,
/// either one line, or all that are titled so.
fn name_tips(node: &OrderNode, lines: &mut [Line], tip: Money) {
    let candidate = |line: &Line| {
        let item =
            node.line_items.nodes.iter().find(|item| id_tail(&item.id) == Some(line.id.as_str()));
        item.is_some_and(|item| {
            item.variant.is_none() && !item.requires_shipping && !item.is_gift_card
        })
    };
    let titled = |line: &Line| line.title.to_lowercase().contains("tip");
    let of_amount = |line: &Line| line.gross().is_ok_and(|gross| gross == tip);
    let titled_sum = Money::sum(
        lines.iter().filter(|line| candidate(line) && titled(line)).map(|line| line.net),
        tip.currency(),
    );
    if titled_sum == Ok(tip) {
        lines
            .iter_mut()
            .filter(|line| candidate(line) && titled(line))
            .for_each(|line| line.kind = LineKind::Tip);
    } else if let Some(line) = lines.iter_mut().find(|line| candidate(line) && of_amount(line)) {
        line.kind = LineKind::Tip;
    }
}

/// What was paid or is reserved or announced; a reservation that was captured counts once. Cash given
/// back is negative. Amounts of an unknown currency (`XXX`) are left out: payments never change the
/// order.
fn payments(side: Side, transactions: &[Transaction]) -> Vec<Payment> {
    let succeeded = |transaction: &&Transaction| transaction.status == "SUCCESS";
    let parents: Vec<&str> = transactions
        .iter()
        .filter(succeeded)
        .filter_map(|transaction| Some(transaction.parent_transaction.as_ref()?.id.as_str()))
        .collect();
    transactions
        .iter()
        .filter(|one| match (one.kind.as_str(), one.status.as_str()) {
            ("SALE" | "CAPTURE" | "CHANGE", "SUCCESS") => true,
            ("AUTHORIZATION", "SUCCESS") | ("SALE", "PENDING") => {
                !parents.contains(&one.id.as_str())
            }
            _ => false,
        })
        .filter_map(|one| payment(side, one))
        .collect()
}

/// What a gateway moves.
pub(super) fn payment_kind(gateway: &str) -> PaymentKind {
    match gateway {
        "gift_card" | "shopify_store_credit" => PaymentKind::GiftCard,
        _ => PaymentKind::Money,
    }
}

fn payment(side: Side, transaction: &Transaction) -> Option<Payment> {
    let money = match side {
        Side::Shop => &transaction.amount_set.shop_money,
        Side::Presentment => &transaction.amount_set.presentment_money,
    };
    let currency = Currency::from_code(&money.currency_code).ok()?;
    let amount = Money::exact(money.amount, currency).ok()?;
    let gateway = transaction.gateway.clone().unwrap_or_else(|| "unknown".to_owned());
    let kind = payment_kind(&gateway);
    Some(Payment {
        id: id_tail(&transaction.id).map(str::to_owned),
        method: gateway,
        kind,
        amount: if transaction.kind == "CHANGE" { amount.negated() } else { amount },
    })
}
