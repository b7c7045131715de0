//! Who buys, who pays, where it goes.

use super::amounts::Amounts;
use super::document::money;
use super::{location, opaque, order_id};
use crate::platforms::draft::{Draft, Phase};
use crate::platforms::people::Place;
use crate::platforms::rounding::half_even;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Guests have no customer profile here; their e-mail is on the payment.
pub(super) fn customer_id(draft: &Draft) -> Option<String> {
    draft.buyer.account.map(|account| opaque("customer", account))
}

pub(super) fn customer(draft: &Draft) -> Value {
    let Some(id) = customer_id(draft) else { return Value::Null };
    let buyer = &draft.buyer;
    let mut out = json!({
        "id": id, "created_at": "2026-01-01T10:00:00Z", "updated_at": "2026-01-01T10:00:00Z",
        "given_name": buyer.first, "family_name": buyer.last, "email_address": buyer.email,
        "phone_number": buyer.phone, "address": address(draft, &draft.billing),
        "preferences": {"email_unsubscribed": false}, "creation_source": "DIRECTORY", "version": 0,
    });
    if let Some((company, vat)) = &buyer.company {
        out["company_name"] = json!(company);
        out["tax_ids"] = json!({"eu_vat": vat});
    }
    out
}

fn address(draft: &Draft, place: &Place) -> Value {
    let mut out = json!({
        "address_line_1": place.street, "locality": place.city, "postal_code": place.zip,
        "country": place.country, "first_name": draft.buyer.first, "last_name": draft.buyer.last,
    });
    if !place.extra.is_empty() {
        out["address_line_2"] = json!(place.extra);
    }
    if let Some((code, _)) = place.state {
        out["administrative_district_level_1"] = json!(code);
    }
    out
}

/// What was handed over at a register has none.
pub(super) fn fulfillments(draft: &Draft) -> Vec<Value> {
    if draft.delivery.is_none() && !draft.billing.is_known() {
        return Vec::new();
    }
    let state = match draft.phase {
        Phase::Pending | Phase::Paid => "PROPOSED",
        Phase::Completed => "COMPLETED",
        Phase::Cancelled => "CANCELED",
    };
    let buyer = &draft.buyer;
    let name = format!("{} {}", buyer.first, buyer.last);
    let mut recipient = json!({"display_name": name, "email_address": buyer.email,
        "phone_number": buyer.phone});
    if let Some(id) = customer_id(draft) {
        recipient["customer_id"] = json!(id);
    }
    let (kind, details) = match &draft.delivery {
        Some(place) => {
            recipient["address"] = address(draft, place);
            let mut shipment = json!({"recipient": recipient});
            if let Some(shipping) = &draft.shipping {
                shipment["carrier"] = json!(shipping.title);
            }
            ("SHIPMENT", ("shipment_details", shipment))
        }
        None => {
            ("PICKUP", ("pickup_details", json!({"recipient": recipient, "schedule_type": "ASAP"})))
        }
    };
    vec![json!({"uid": "fulfillment-1", "type": kind, "state": state, details.0: details.1})]
}

/// What each payment covers: a gift card's share, then a card. Method, amount without tip, tip.
pub(super) fn parts(draft: &Draft, amounts: &Amounts) -> Vec<(&'static str, Decimal, Decimal)> {
    // An order that was cancelled without a refund was never paid.
    let voided = draft.phase == Phase::Cancelled && draft.after.refunds.is_empty();
    if draft.paid_at().is_none() || voided {
        return Vec::new();
    }
    let owed = amounts.total - amounts.tip;
    let share = Decimal::from(draft.gift_card_share.unwrap_or(0)) / Decimal::ONE_HUNDRED;
    let gift = half_even(owed * share, 0);
    let card = owed - gift;
    let mut parts = Vec::new();
    if !gift.is_zero() {
        let tip = if card.is_zero() { amounts.tip } else { Decimal::ZERO };
        parts.push(("SQUARE_GIFT_CARD", gift, tip));
    }
    if !card.is_zero() || parts.is_empty() {
        parts.push(("CARD", card, amounts.tip));
    }
    parts
}

pub(super) fn payment_id(draft: &Draft, at: usize) -> String {
    opaque("payment", format!("{}-{at}", draft.number))
}

/// A tender's amount contains its tip.
pub(super) fn tenders(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    parts(draft, amounts)
        .into_iter()
        .enumerate()
        .map(|(at, (method, amount, tip))| {
            let id = payment_id(draft, at);
            let out = json!({
                "id": id, "payment_id": id, "location_id": location(draft),
                "transaction_id": order_id(draft), "created_at": draft.placed_at.to_string(),
                "amount_money": money(draft, amount + tip), "type": method,
            });
            with_tip_and_customer(out, draft, tip)
        })
        .collect()
}

/// Square's fee comes after the payment; here with whatever happens next.
fn fee(draft: &Draft, amount: Decimal) -> Option<Decimal> {
    let fee = half_even(amount * Decimal::new(14, 3) + Decimal::from(25), 0);
    (draft.state_number() > 0).then_some(fee)
}

/// Members that are absent where there is nothing to say.
fn with_tip_and_customer(mut out: Value, draft: &Draft, tip: Decimal) -> Value {
    if !tip.is_zero() {
        out["tip_money"] = money(draft, tip);
    }
    if let Some(id) = customer_id(draft) {
        out["customer_id"] = json!(id);
    }
    out
}

/// A payment's amount does not contain its tip; its total does.
pub(super) fn payments(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    parts(draft, amounts)
        .into_iter()
        .enumerate()
        .map(|(at, (method, amount, tip))| {
            let out = json!({
                "id": payment_id(draft, at), "created_at": draft.placed_at.to_string(),
                "updated_at": draft.placed_at.to_string(), "amount_money": money(draft, amount),
                "total_money": money(draft, amount + tip), "status": "COMPLETED",
                "source_type": if method == "CARD" { "CARD" } else { "SQUARE_GIFT_CARD" },
                "location_id": location(draft), "order_id": order_id(draft),
                "version_token": "v1",
            });
            let mut out = with_tip_and_customer(out, draft, tip);
            if !draft.buyer.email.is_empty() {
                out["buyer_email_address"] = json!(draft.buyer.email);
            }
            if draft.billing.is_known() {
                out["billing_address"] = address(draft, &draft.billing);
            }
            if let Some(fee) = fee(draft, amount + tip) {
                out["processing_fee"] = json!([{"type": "INITIAL",
                    "effective_at": draft.placed_at.to_string(), "amount_money": money(draft, fee)}]);
            }
            super::after::add_to_payment(draft, amounts, at, &mut out);
            out
        })
        .collect()
}
