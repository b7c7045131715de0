//! The entries of a sale: one for the sale itself, and one for each fee that came too late for it.

use super::basis::{Basis, overflow};
use super::entry::{Entry, EntryItem};
use super::tax::TaxReport;
use crate::config::JournalPosting;
use causeway_domain::{
    AfterSales, Capture, Date, Fault, Money, Order, OrderKey, PaymentKind, StoreId, Timestamp,
    WaitKey,
};
use causeway_odoo::{ExternalId, TaxDocument};

/// The step of the sale's entry.
pub const SALE: &str = "entry";

/// A fee of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The platform's id of the payment.
    pub capture: String,
    /// What the processor keeps.
    pub amount: Money,
    /// Its own entry, for when it came after the sale was booked.
    pub entry: Entry,
    /// The key of its line in the sale's entry.
    pub line: ExternalId,
}

/// What every entry of an order has as `ref`.
pub fn reference(key: &OrderKey) -> String {
    key.to_string()
}

/// The external id of the sale's entry.
pub fn sale_id(key: &OrderKey) -> ExternalId {
    ExternalId::new(&key.store, "entry", key.order.as_str())
}

fn fee_key(capture: &str) -> String {
    format!("fee.{capture}")
}

fn clearing_key(capture: &str) -> String {
    format!("clearing.{capture}")
}

/// True for a line that a sale's entry may lack: its fee came later.
pub fn is_fee(key: &str) -> bool {
    key.starts_with("fee.") || key.starts_with("clearing.")
}

/// True for a line of money that came or went back.
pub fn is_tender(key: &str) -> bool {
    key.starts_with("tender")
}

/// The accounting day of a moment in the shop's time zone.
pub fn day(chart: &JournalPosting, at: Timestamp) -> Result<Date, Fault> {
    let zone = jiff::tz::TimeZone::get(&chart.time_zone).map_err(|_| {
        Fault::reject(
            format!("{:?} is not a time zone", chart.time_zone),
            "set time_zone in the store's [journal] to an IANA name",
        )
    })?;
    Ok(at.to_zoned(zone).date())
}

/// The account of a payment method.
pub fn tender(
    store: &StoreId,
    chart: &JournalPosting,
    method: &str,
    kind: PaymentKind,
) -> Result<i64, Fault> {
    let usual = match kind {
        PaymentKind::Money => chart.default_tender,
        PaymentKind::GiftCard => chart.gift_cards,
    };
    chart.tenders.get(method).copied().or(usual).ok_or_else(|| {
        Fault::reject(
            format!("payment method {method:?} has no account"),
            format!("add it to [stores.{store}.journal.tenders]"),
        )
    })
}

/// Waits until an order is paid, and refuses one that is paid too much.
pub fn check_paid(order: &Order, after: &AfterSales) -> Result<(), Fault> {
    let paid = after.captures.iter().map(|capture| capture.amount);
    let paid = Money::sum(paid, order.currency).map_err(overflow)?;
    let missing = order.total.minus(paid).map_err(overflow)?;
    match missing.minor() {
        0 => Ok(()),
        1.. => Err(Fault::Wait {
            key: WaitKey::other(format!("payment:{}", order.key)),
            cause: format!("{paid} of {} is paid", order.total),
        }),
        _ => Err(Fault::reject(
            format!("order {}: {paid} was paid, it comes to {}", order.key, order.total),
            "check the payments on the platform and book the sale by hand",
        )),
    }
}

/// The fees that are known, each with its own entry.
pub fn fees(order: &Order, after: &AfterSales, chart: &JournalPosting) -> Result<Vec<Fee>, Fault> {
    let mut fees = Vec::new();
    for capture in &after.captures {
        let Some(amount) = capture.fee.filter(|fee| !fee.is_zero()) else { continue };
        let mut lines = fee_items(order, capture, amount, chart)?;
        for line in &mut lines {
            // Not the keys of the sale's own lines, which are under another entry anyway.
            line.key = line.key.split('.').next().unwrap_or_default().to_owned();
        }
        let step = format!("entry-fee:{}", capture.id);
        fees.push(Fee {
            capture: capture.id.clone(),
            amount,
            line: sale_id(&order.key).line(&fee_key(&capture.id)),
            entry: Entry {
                id: ExternalId::new(&order.key.store, "entry-fee", &capture.id),
                step,
                what: format!("fee of payment {}", capture.id),
                reference: reference(&order.key),
                date: day(chart, capture.captured_at)?,
                lines,
            },
        });
    }
    Ok(fees)
}

/// The key of the expense in a fee's own entry.
pub const OWN_FEE: &str = "fee";

fn fee_items(
    order: &Order,
    capture: &Capture,
    amount: Money,
    chart: &JournalPosting,
) -> Result<Vec<EntryItem>, Fault> {
    let own = tender(&order.key.store, chart, &capture.method, capture.kind)?;
    let clearing = chart.clearing.unwrap_or(own);
    let name = format!("{} fee {}", order.number, shown(capture));
    Ok(vec![
        EntryItem::plain(fee_key(&capture.id), name.clone(), chart.fees, amount),
        EntryItem::plain(clearing_key(&capture.id), name, clearing, amount.negated()),
    ])
}

/// What a payment is known by at its processor.
fn shown(capture: &Capture) -> &str {
    capture.reference.as_deref().unwrap_or(&capture.id)
}

/// The entry of the sale: every payment at gross on the debit side, with what is known of its fee; income
/// by account and taxes, and the taxes. `None` for a sale that comes to nothing at all.
pub fn sale(
    order: &Order,
    after: &AfterSales,
    basis: &Basis,
    report: TaxReport<'_>,
    chart: &JournalPosting,
) -> Result<Option<Entry>, Fault> {
    let mut lines = Vec::new();
    for capture in &after.captures {
        let account = tender(&order.key.store, chart, &capture.method, capture.kind)?;
        let name = format!("{} {} {}", order.number, capture.method, shown(capture));
        let key = format!("tender.{}", capture.id);
        lines.push(EntryItem::plain(key, name, account, capture.amount));
        if let Some(fee) = capture.fee.filter(|fee| !fee.is_zero()) {
            lines.extend(fee_items(order, capture, fee, chart)?);
        }
    }
    lines.extend(report.items(&order.number, &basis.parts, &TaxDocument::Invoice)?);
    if lines.is_empty() {
        return Ok(None);
    }
    let paid_at = after.captures.iter().map(|capture| capture.captured_at).max();
    Ok(Some(Entry {
        id: sale_id(&order.key),
        step: SALE.to_owned(),
        what: format!("sale {}", order.number),
        reference: reference(&order.key),
        date: day(chart, paid_at.unwrap_or(order.placed_at))?,
        lines,
    }))
}
