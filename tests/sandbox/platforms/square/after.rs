//! Refunds: each makes a return order of its own, and refunds of the payments (developer.squareup.com,
//! order returns and exchanges). A part of a line is its share of the line's amounts, rounded so that
//! all parts together are the line.

use super::amounts::{Amounts, Computed, compute};
use super::document::{applied, money, tax_uid};
use super::people::{parts, payment_id};
use super::{location, opaque, order_id};
use crate::platforms::after::{DraftRefund, ExpectedAfterSales, ExpectedRefund, RefundState};
use crate::platforms::draft::Draft;
use crate::platforms::rounding::half_even;
use crate::platforms::shop::Platform;
use crate::platforms::tax::rule;
use causeway_domain::Goods;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// One refund in minor units.
struct Amount {
    lines: Vec<Computed>,
    shipping: Option<Computed>,
    beside: Decimal,
    total: Decimal,
    /// Which payments give how much of it.
    payments: Vec<(usize, Decimal)>,
}

fn scale(draft: &Draft) -> Decimal {
    Decimal::from(10u64.pow(draft.places()))
}

/// In major units again.
fn major(draft: &Draft, minor: Decimal) -> Decimal {
    let mut minor = half_even(minor, 0).trunc_with_scale(0);
    minor.set_scale(draft.places()).expect("a scale");
    minor
}

fn part(draft: &Draft, line: &Computed, of: Decimal, before: Decimal, units: Decimal) -> Computed {
    let share = |whole: Decimal| {
        let upto = |count: Decimal| half_even(whole * count / of, 0);
        upto(before + units) - upto(before)
    };
    let list = share(line.list);
    let discounts = (share(line.discounts.0), share(line.discounts.1));
    let taxes: Vec<(u32, Decimal)> =
        line.taxes.iter().map(|(percent, tax)| (*percent, share(*tax))).collect();
    let added = if draft.tax_included { Decimal::ZERO } else { taxes.iter().map(|t| t.1).sum() };
    Computed { list, discounts, total: list - discounts.0 - discounts.1 + added, taxes }
}

/// All refunds, failed ones too, each out of what the payments still hold.
fn all(draft: &Draft, amounts: &Amounts) -> Vec<Amount> {
    let mut held: Vec<Decimal> =
        parts(draft, amounts).into_iter().map(|(_, amount, tip)| amount + tip).collect();
    let mut all = Vec::new();
    for (place, refund) in draft.after.refunds.iter().enumerate() {
        let sample = &refund.sample;
        let lines: Vec<Computed> = sample
            .lines
            .iter()
            .map(|(at, units, _)| {
                let before = draft.refunded_before(place, *at);
                part(draft, &amounts.lines[*at], draft.lines[*at].quantity, before, *units)
            })
            .collect();
        let shipping = (sample.shipping && draft.shipping.is_some())
            .then(|| part(draft, &amounts.charges[0], Decimal::ONE, Decimal::ZERO, Decimal::ONE));
        let beside = sample.amount.unwrap_or_default() - sample.fee.unwrap_or_default();
        let beside = beside * scale(draft);
        let listed: Decimal = lines.iter().chain(&shipping).map(|line| line.total).sum();
        let total = listed + beside;
        assert!(total > Decimal::ZERO, "Square refunds amounts above zero only");
        let payments = taken(&held, total, itemised(refund));
        if refund.state != RefundState::Failed {
            payments.iter().for_each(|(at, amount)| held[*at] -= *amount);
        }
        all.push(Amount { lines, shipping, beside, total, payments });
    }
    all
}

/// Out of the card first, then out of the gift card; the Refunds API knows one payment only.
fn taken(held: &[Decimal], total: Decimal, itemised: bool) -> Vec<(usize, Decimal)> {
    let places = (0..held.len()).rev();
    if !itemised {
        let one = places.into_iter().find(|at| held[*at] >= total);
        return vec![(one.expect("a payment that holds the refund"), total)];
    }
    let mut left = total;
    let mut out = Vec::new();
    for at in places {
        let amount = left.min(held[at]);
        if amount > Decimal::ZERO {
            out.push((at, amount));
            left -= amount;
        }
    }
    assert!(left.is_zero(), "more refunded than was paid");
    out
}

/// A person refunds items; anything else is an amount.
fn itemised(refund: &DraftRefund) -> bool {
    !refund.sample.lines.is_empty() || refund.sample.shipping
}

pub(super) fn return_order_id(draft: &Draft, place: usize) -> String {
    opaque("return", format!("{}-{place}", draft.number))
}

fn refund_id(draft: &Draft, place: usize, payment: usize) -> String {
    let own = opaque("refund", format!("{}-{place}", draft.number));
    format!("{}_{own}", payment_id(draft, payment))
}

pub(in crate::platforms) fn expected_after_sales(draft: &Draft) -> ExpectedAfterSales {
    let amounts = compute(draft);
    let all = all(draft, &amounts);
    let refunds = draft.standing_refunds().map(|(place, refund)| {
        let amount = &all[place];
        let tax: Decimal = amount.lines.iter().chain(&amount.shipping).map(Computed::tax).sum();
        ExpectedRefund {
            id: match itemised(refund) {
                true => return_order_id(draft, place),
                false => refund_id(draft, place, amount.payments[0].0),
            },
            gross: major(draft, amount.total),
            tax: major(draft, tax),
            lines: refund
                .sample
                .lines
                .iter()
                .map(|(at, units, _)| (*at, *units, Goods::Unsaid))
                .collect(),
            settled: refund.state == RefundState::Settled,
        }
    });
    let captured: Decimal =
        parts(draft, &amounts).iter().map(|(_, amount, tip)| amount + tip).sum();
    ExpectedAfterSales {
        refunds: refunds.collect(),
        returns: Vec::new(),
        captured: major(draft, captured),
    }
}

fn status(refund: &DraftRefund) -> &'static str {
    match refund.state {
        RefundState::Pending => "PENDING",
        RefundState::Settled => "COMPLETED",
        RefundState::Failed => "FAILED",
    }
}

/// The PaymentRefund objects.
pub(super) fn refunds(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let all = all(draft, amounts);
    let mut out = Vec::new();
    for (place, refund) in draft.after.refunds.iter().enumerate() {
        for (payment, amount) in &all[place].payments {
            out.push(json!({
                "id": refund_id(draft, place, *payment), "status": status(refund),
                "amount_money": money(draft, *amount), "payment_id": payment_id(draft, *payment),
                "order_id": return_order_id(draft, place), "location_id": location(draft),
                "created_at": refund.made_at.to_string(), "destination_type": "CARD",
                "updated_at": draft.happened_at().to_string(), "reason": "Returned goods",
            }));
        }
    }
    out
}

/// The return orders.
pub(super) fn returns(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let all = all(draft, amounts);
    let refunds = draft.after.refunds.iter().enumerate();
    refunds.map(|(place, refund)| return_order(draft, place, refund, &all[place])).collect()
}

fn return_order(draft: &Draft, place: usize, refund: &DraftRefund, amount: &Amount) -> Value {
    let money = |minor: Decimal| money(draft, minor);
    let nothing = money(Decimal::ZERO);
    let tax: Decimal = amount.lines.iter().chain(&amount.shipping).map(Computed::tax).sum();
    let sums = |total: Decimal, tax: Decimal| {
        json!({"total_money": money(total), "tax_money": money(tax), "discount_money": nothing,
            "tip_money": nothing, "service_charge_money": nothing})
    };
    let mut lines: Vec<Value> = refund
        .sample
        .lines
        .iter()
        .zip(&amount.lines)
        .map(|((at, units, _), part)| return_line(draft, *at, *units, part))
        .collect();
    if amount.beside > Decimal::ZERO {
        lines.push(json!({
            "uid": "custom", "quantity": "1", "item_type": "CUSTOM_AMOUNT", "name": "Refund",
            "base_price_money": money(amount.beside), "gross_return_money": money(amount.beside),
            "total_tax_money": nothing, "total_discount_money": nothing,
            "total_money": money(amount.beside),
        }));
    }
    let charges = amount.shipping.iter().map(|part| {
        json!({"uid": "return-charge-0", "source_service_charge_uid": "charge-0",
            "name": "Shipping", "amount_money": money(part.list), "applied_money": money(part.list),
            "total_money": money(part.total), "total_tax_money": money(part.tax()),
            "calculation_phase": "SUBTOTAL_PHASE", "taxable": !part.taxes.is_empty(),
            "treatment_type": "LINE_ITEM_TREATMENT", "scope": "ORDER",
            "applied_taxes": applied(draft, "return-charge-0", part)})
    });
    let amounts = sums(amount.total, tax);
    let (made_at, now) = (refund.made_at.to_string(), draft.happened_at().to_string());
    json!({
        "id": return_order_id(draft, place), "location_id": location(draft),
        "source": {"name": "Square Dashboard"}, "state": "COMPLETED", "version": 1,
        "created_at": made_at, "updated_at": now, "closed_at": made_at,
        "returns": [{
            "uid": "return-1", "source_order_id": order_id(draft), "return_line_items": lines,
            "return_service_charges": charges.collect::<Vec<_>>(),
            "return_taxes": return_taxes(draft, amount), "return_amounts": amounts,
        }],
        "return_amounts": amounts, "net_amounts": sums(-amount.total, -tax),
        "total_money": nothing, "total_tax_money": nothing, "total_discount_money": nothing,
        "total_tip_money": nothing, "total_service_charge_money": nothing,
        "refunds": amount.payments.iter().map(|(payment, amount)| json!({
            "id": refund_id(draft, place, *payment), "location_id": location(draft),
            "transaction_id": order_id(draft), "tender_id": payment_id(draft, *payment),
            "created_at": made_at, "reason": "Returned goods", "amount_money": money(*amount),
            "status": match refund.state {
                RefundState::Pending => "PENDING",
                RefundState::Settled => "APPROVED",
                RefundState::Failed => "FAILED",
            },
        })).collect::<Vec<_>>(),
    })
}

fn return_line(draft: &Draft, at: usize, units: Decimal, part: &Computed) -> Value {
    let line = &draft.lines[at];
    let uid = format!("return-line-{at}");
    let price = line.price * scale(draft);
    json!({
        "uid": uid, "source_line_item_uid": format!("line-{at}"), "name": line.title,
        "variation_name": "Regular", "quantity": units.normalize().to_string(),
        "item_type": if line.gift_card { "GIFT_CARD" } else { "ITEM" },
        "base_price_money": money(draft, price), "gross_return_money": money(draft, part.list),
        "variation_total_price_money": money(draft, part.list),
        "total_tax_money": money(draft, part.tax()),
        "total_discount_money": money(draft, part.discounts.0 + part.discounts.1),
        "total_money": money(draft, part.total), "applied_taxes": applied(draft, &uid, part),
    })
}

fn return_taxes(draft: &Draft, amount: &Amount) -> Vec<Value> {
    draft
        .percentages()
        .into_iter()
        .filter_map(|percent| {
            let parts = amount.lines.iter().chain(&amount.shipping).flat_map(|part| &part.taxes);
            let own: Vec<Decimal> =
                parts.filter(|(of, _)| *of == percent).map(|(_, amount)| *amount).collect();
            let rule = rule(Platform::Square, percent);
            (!own.is_empty()).then(|| {
                json!({"uid": tax_uid(percent), "source_tax_uid": tax_uid(percent),
                    "catalog_object_id": rule.id, "catalog_version": 1_700_000_000_000_i64,
                    "name": rule.title, "percentage": percent.to_string(), "scope": "LINE_ITEM",
                    "type": if draft.tax_included { "INCLUSIVE" } else { "ADDITIVE" },
                    "applied_money": money(draft, own.iter().sum())})
            })
        })
        .collect()
}

/// What refunds add to a payment.
pub(super) fn add_to_payment(draft: &Draft, amounts: &Amounts, at: usize, payment: &mut Value) {
    let own: Vec<Value> = refunds(draft, amounts)
        .into_iter()
        .filter(|refund| refund["payment_id"] == payment_id(draft, at))
        .collect();
    let ids: Vec<Value> = own.iter().map(|refund| refund["id"].clone()).collect();
    if !ids.is_empty() {
        let gone = own.iter().filter(|refund| refund["status"] == "COMPLETED");
        let gone: i64 = gone.map(|refund| refund["amount_money"]["amount"].as_i64().unwrap()).sum();
        payment["refund_ids"] = Value::Array(ids);
        payment["refunded_money"] = money(draft, Decimal::from(gone));
    }
    payment["updated_at"] = json!(draft.happened_at().to_string());
}
