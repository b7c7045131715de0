//! The order and its companions: `{"order", "payments", "customer", "catalog", "refunds", "returns"}`.

use super::after::{refunds, returns};
use super::amounts::{Amounts, Computed, compute};
use super::{contract, location, opaque, order_id, people};
use crate::platforms::draft::{Coupon, Draft, DraftLine, Expected, Phase};
use crate::platforms::rounding::half_even;
use crate::platforms::shop::Platform;
use crate::platforms::tax::rule;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(in crate::platforms) fn render(draft: &Draft) -> (Value, Expected) {
    let amounts = compute(draft);
    let scale = |minor: Decimal| {
        let mut minor = minor;
        minor.set_scale(draft.places()).expect("a scale");
        minor
    };
    let whole = |minor: Decimal| scale(half_even(minor, 0).trunc_with_scale(0));
    let expected = Expected {
        id: order_id(draft),
        number: reference(draft),
        currency: draft.currency.to_owned(),
        total: whole(amounts.total),
        tax: whole(amounts.tax),
        listed_tax: whole(amounts.tax),
        goods: draft.lines.len(),
        skus: draft.lines.iter().map(|line| line.sku.clone()).collect(),
        phase: draft.phase,
    };
    let native = json!({
        "order": order(draft, &amounts), "payments": people::payments(draft, &amounts),
        "customer": people::customer(draft), "catalog": catalog(draft),
        "refunds": refunds(draft, &amounts), "returns": returns(draft, &amounts),
    });
    contract().assert("Order", &native["order"]);
    for back in native["returns"].as_array().unwrap() {
        contract().assert("Order", back);
    }
    for refund in native["refunds"].as_array().unwrap() {
        contract().assert("PaymentRefund", refund);
    }
    for payment in native["payments"].as_array().unwrap() {
        contract().assert("Payment", payment);
    }
    if !native["customer"].is_null() {
        contract().assert("Customer", &native["customer"]);
    }
    for object in native["catalog"].as_array().unwrap() {
        contract().assert("CatalogObject", object);
    }
    (native, expected)
}

fn reference(draft: &Draft) -> String {
    format!("WEB-{}", 1000 + draft.number)
}

/// Money of a currency; amounts are whole minor units by now.
pub(super) fn money(draft: &Draft, minor: Decimal) -> Value {
    let amount: i64 = minor.normalize().to_string().parse().expect("whole minor units");
    json!({"amount": amount, "currency": draft.currency})
}

fn order(draft: &Draft, amounts: &Amounts) -> Value {
    let money = |minor: Decimal| money(draft, minor);
    let (state, closed) = match draft.phase {
        Phase::Pending | Phase::Paid => ("OPEN", false),
        Phase::Completed => ("COMPLETED", true),
        Phase::Cancelled => ("CANCELED", true),
    };
    let tenders = people::tenders(draft, amounts);
    let due = if tenders.is_empty() { amounts.total } else { Decimal::ZERO };
    let sums = |total, tax, discount, tip, charge| {
        json!({"total_money": money(total), "tax_money": money(tax), "discount_money": money(discount),
            "tip_money": money(tip), "service_charge_money": money(charge)})
    };
    let mut out = json!({
        "id": order_id(draft), "location_id": location(draft), "reference_id": reference(draft),
        "source": {"name": "Square Online"}, "state": state, "version": draft.edits + 1,
        "created_at": draft.placed_at.to_string(), "updated_at": draft.updated_at().to_string(),
        "line_items": lines(draft, amounts), "taxes": taxes(draft, amounts),
        "discounts": discounts(draft, amounts), "service_charges": charges(draft, amounts),
        "fulfillments": people::fulfillments(draft), "metadata": {},
        "total_money": money(amounts.total), "total_tax_money": money(amounts.tax),
        "total_discount_money": money(amounts.discount), "total_tip_money": money(amounts.tip),
        "total_service_charge_money": money(amounts.charged),
        "net_amount_due_money": money(due),
        "net_amounts": sums(amounts.total, amounts.tax, amounts.discount, amounts.tip, amounts.charged),
        "pricing_options": {"auto_apply_discounts": false, "auto_apply_taxes": false},
    });
    if !tenders.is_empty() {
        out["tenders"] = Value::Array(tenders);
    }
    if let Some(id) = people::customer_id(draft) {
        out["customer_id"] = json!(id);
    }
    if closed {
        out["closed_at"] = json!(draft.updated_at().to_string());
    }
    out
}

pub(super) fn tax_uid(percent: u32) -> String {
    format!("tax-{percent}")
}

pub(super) fn applied(draft: &Draft, uid: &str, part: &Computed) -> Vec<Value> {
    let one = |(percent, amount): &(u32, Decimal)| {
        json!({"uid": format!("{uid}-{}", tax_uid(*percent)), "tax_uid": tax_uid(*percent),
            "applied_money": money(draft, *amount)})
    };
    part.taxes.iter().map(one).collect()
}

fn variation(line: &DraftLine) -> String {
    opaque("variation", &line.sku)
}

fn lines(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    draft
        .lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .map(|(at, (line, part))| line_item(draft, at, line, part))
        .collect()
}

fn line_item(draft: &Draft, at: usize, line: &DraftLine, part: &Computed) -> Value {
    let uid = format!("line-{at}");
    let minor = line.price * Decimal::from(10u64.pow(draft.places()));
    // Outside of Europe and Australia inclusive tax is taken out of gross sales (OpenAPI).
    let deducted = draft.tax_included && draft.currency != "EUR";
    let gross = if deducted { part.list - part.tax() } else { part.list };
    let applied_discounts: Vec<Value> = [("own", part.discounts.0), ("order", part.discounts.1)]
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(scope, amount)| {
            let discount =
                if scope == "own" { format!("discount-{at}") } else { "discount".to_owned() };
            json!({"uid": format!("{uid}-{scope}"), "discount_uid": discount,
                "applied_money": money(draft, amount)})
        })
        .collect();
    let mut out = json!({
        "uid": uid, "name": line.title, "variation_name": "Regular",
        "quantity": line.quantity.normalize().to_string(),
        "item_type": if line.gift_card { "GIFT_CARD" } else { "ITEM" },
        "base_price_money": money(draft, minor), "variation_total_price_money": money(draft, part.list),
        "gross_sales_money": money(draft, gross), "total_tax_money": money(draft, part.tax()),
        "total_discount_money": money(draft, part.discounts.0 + part.discounts.1),
        "total_money": money(draft, part.total),
        "total_service_charge_money": money(draft, Decimal::ZERO), "metadata": {},
        "applied_taxes": applied(draft, &uid, part), "applied_discounts": applied_discounts,
    });
    if !line.gift_card {
        out["catalog_object_id"] = json!(variation(line));
        out["catalog_version"] = json!(1_700_000_000_000_i64);
    }
    if !line.quantity.fract().is_zero() {
        out["quantity_unit"] = json!({"measurement_unit": {"weight_unit": "METRIC_KILOGRAM",
            "type": "TYPE_WEIGHT"}, "precision": 3});
    }
    out
}

fn taxes(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let parts = || amounts.lines.iter().chain(&amounts.charges);
    draft
        .percentages()
        .into_iter()
        .map(|percent| {
            let rule = rule(Platform::Square, percent);
            let sum: Decimal = parts()
                .flat_map(|part| &part.taxes)
                .filter(|(of, _)| *of == percent)
                .map(|(_, amount)| *amount)
                .sum();
            json!({"uid": tax_uid(percent), "catalog_object_id": rule.id,
                "catalog_version": 1_700_000_000_000_i64, "name": rule.title,
                "percentage": percent.to_string(), "scope": "LINE_ITEM",
                "type": if draft.tax_included { "INCLUSIVE" } else { "ADDITIVE" },
                "applied_money": money(draft, sum)})
        })
        .collect()
}

fn discounts(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let mut out: Vec<Value> = draft
        .lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .filter(|(_, (_, part))| !part.discounts.0.is_zero())
        .map(|(at, (line, part))| {
            json!({"uid": format!("discount-{at}"), "name": "Sale", "type": "FIXED_PERCENTAGE",
                "percentage": line.discount.to_string(), "scope": "LINE_ITEM",
                "applied_money": money(draft, part.discounts.0)})
        })
        .collect();
    let whole: Decimal = amounts.lines.iter().map(|part| part.discounts.1).sum();
    if let (Some(coupon), false) = (&draft.coupon, whole.is_zero()) {
        let mut discount = json!({"uid": "discount", "name": "Loyalty", "scope": "ORDER",
            "applied_money": money(draft, whole)});
        match coupon {
            Coupon::Percent(percent) => {
                discount["type"] = json!("FIXED_PERCENTAGE");
                discount["percentage"] = json!(percent.to_string());
            }
            Coupon::Amount(_) => {
                discount["type"] = json!("FIXED_AMOUNT");
                discount["amount_money"] = money(draft, whole);
            }
        }
        out.push(discount);
    }
    out
}

fn charges(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let titles =
        draft.shipping.iter().map(|_| "Shipping").chain(draft.fee.iter().map(|_| "Service"));
    titles
        .zip(&amounts.charges)
        .enumerate()
        .map(|(at, (title, part))| {
            let uid = format!("charge-{at}");
            json!({"uid": uid, "name": title, "amount_money": money(draft, part.list),
                "applied_money": money(draft, part.list), "total_money": money(draft, part.total),
                "total_tax_money": money(draft, part.tax()), "calculation_phase": "SUBTOTAL_PHASE",
                "taxable": !part.taxes.is_empty(), "type": "CUSTOM", "scope": "ORDER",
                "treatment_type": "LINE_ITEM_TREATMENT",
                "applied_taxes": applied(draft, &uid, part)})
        })
        .collect()
}

fn catalog(draft: &Draft) -> Vec<Value> {
    let mut out: Vec<Value> = draft
        .lines
        .iter()
        .filter(|line| !line.gift_card)
        .map(|line| {
            json!({"type": "ITEM_VARIATION", "id": variation(line), "version": 1_700_000_000_000_i64,
                "updated_at": "2026-10-01T00:00:00Z", "is_deleted": false,
                "present_at_all_locations": true, "item_variation_data": {
                    "item_id": opaque("item", line.product), "name": "Regular", "sku": line.sku,
                    "pricing_type": "FIXED_PRICING"}})
        })
        .collect();
    out.extend(draft.rules(Platform::Square).into_iter().map(|rule| {
        json!({"type": "TAX", "id": rule.id, "version": 1_700_000_000_000_i64,
            "updated_at": "2026-10-01T00:00:00Z", "is_deleted": false,
            "present_at_all_locations": true,
            "tax_data": {"name": rule.title, "percentage": rule.percent.to_string(),
                "calculation_phase": "TAX_SUBTOTAL_PHASE", "enabled": true,
                "inclusion_type": if draft.tax_included { "INCLUSIVE" } else { "ADDITIVE" }}})
    }));
    out
}
