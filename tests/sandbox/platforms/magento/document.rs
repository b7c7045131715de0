//! The order as `GET /V1/orders/{id}` answers it: numbers, absent instead of null, base amounts
//! beside order amounts, and a configurable product as two items with one SKU.

use super::amounts::{Amounts, Row, compute};
use super::refunds;
use crate::platforms::draft::{Draft, DraftLine, Expected, Phase};
use crate::platforms::people::Place;
use crate::platforms::rounding::half_up;
use crate::platforms::shop::Platform;
use crate::platforms::tax::rule;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

pub(in crate::platforms) fn render(draft: &Draft) -> (Value, Expected) {
    let amounts = compute(draft);
    let expected = Expected {
        id: draft.number.to_string(),
        number: increment(draft),
        currency: draft.currency.to_owned(),
        total: amounts.total,
        tax: amounts.tax,
        listed_tax: amounts.tax,
        goods: draft.lines.len(),
        skus: draft.lines.iter().map(|line| line.sku.clone()).collect(),
        phase: draft.phase,
    };
    let order = order(draft, &amounts);
    super::check(&order);
    (order, expected)
}

fn increment(draft: &Draft) -> String {
    format!("{:09}", draft.number)
}

pub(super) fn number(amount: Decimal) -> Value {
    let text = amount.normalize().to_string();
    Value::Number(text.parse::<Number>().expect("a JSON number"))
}

/// An amount in the order's currency and, below `base_`, in the store's.
fn both(draft: &Draft, out: &mut Map<String, Value>, name: &str, amount: Decimal) {
    let base =
        if draft.currency == "EUR" { amount } else { half_up(amount / Decimal::new(108, 2), 4) };
    out.insert(name.to_owned(), number(amount));
    out.insert(format!("base_{name}"), number(base));
}

pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn item_id(draft: &Draft, at: usize) -> u64 {
    u64::from(draft.number) * 200 + 2 * u64::try_from(at).unwrap() + 1
}

fn order(draft: &Draft, amounts: &Amounts) -> Value {
    let (state, status) = match draft.phase {
        Phase::Pending => ("new", "pending"),
        // A merchant who has given all of it back has closed it.
        Phase::Paid | Phase::Completed if refunds::refunded(draft) >= due(draft, amounts) => {
            ("closed", "closed")
        }
        Phase::Paid => ("processing", "processing"),
        Phase::Completed => ("complete", "complete"),
        Phase::Cancelled => ("canceled", "canceled"),
    };
    let buyer = &draft.buyer;
    let quantity: Decimal = draft.lines.iter().map(|line| line.quantity).sum();
    let Value::Object(mut out) = json!({
        "entity_id": draft.number, "increment_id": increment(draft), "state": state,
        "status": status, "store_id": 1,
        "store_name": "Main Website\nMain Website Store\nDefault Store View",
        "protect_code": "d41d8cd98f00b204e9800998ecf8427e", "created_at": utc(draft.placed_at),
        "updated_at": utc(draft.updated_at()), "customer_is_guest": u8::from(buyer.account.is_none()),
        "customer_email": buyer.email, "customer_firstname": buyer.first,
        "customer_lastname": buyer.last, "customer_group_id": u8::from(buyer.account.is_some()),
        "customer_note_notify": 1, "email_sent": 1, "remote_ip": "192.0.2.1",
        "base_currency_code": "EUR", "global_currency_code": "EUR", "store_currency_code": "EUR",
        "order_currency_code": draft.currency, "base_to_global_rate": 1,
        "base_to_order_rate": if draft.currency == "EUR" { number(Decimal::ONE) } else { number(Decimal::new(108, 2)) },
        "store_to_base_rate": 0, "store_to_order_rate": 0, "quote_id": 9000 + draft.number,
        "billing_address_id": draft.number * 2, "is_virtual": u8::from(draft.delivery.is_none()),
        "total_item_count": draft.lines.len(), "total_qty_ordered": number(quantity),
        "weight": number(quantity), "items": items(draft, amounts),
        "billing_address": address(draft, &draft.billing, "billing"), "payment": payment(draft),
        "status_histories": [],
    }) else {
        unreachable!()
    };
    totals(draft, amounts, &mut out);
    if let Some(account) = buyer.account {
        out.insert("customer_id".to_owned(), json!(account));
    }
    if let (Some((_, vat)), Some(_)) = (&buyer.company, buyer.account) {
        out.insert("customer_taxvat".to_owned(), json!(vat));
    }
    if let Some(note) = &draft.note {
        out.insert("customer_note".to_owned(), json!(note));
    }
    if draft.coupon.is_some() {
        out.insert("coupon_code".to_owned(), json!("TEN"));
        out.insert("applied_rule_ids".to_owned(), json!("3"));
    }
    if let Some(shipping) = &draft.shipping {
        out.insert("shipping_description".to_owned(), json!(format!("{} - Fixed", shipping.title)));
    }
    out.insert("extension_attributes".to_owned(), extension(draft, amounts));
    Value::Object(out)
}

pub(super) fn gift_card(draft: &Draft, amounts: &Amounts) -> Decimal {
    let share = Decimal::from(draft.gift_card_share.unwrap_or(0)) / Decimal::ONE_HUNDRED;
    half_up(amounts.total * share, 2)
}

/// What is left to pay after gift cards.
fn due(draft: &Draft, amounts: &Amounts) -> Decimal {
    amounts.total - gift_card(draft, amounts)
}

fn totals(draft: &Draft, amounts: &Amounts, out: &mut Map<String, Value>) {
    let due = due(draft, amounts);
    let refunded = refunds::refunded(draft);
    if !refunded.is_zero() {
        both(draft, out, "total_refunded", refunded);
    }
    let paid = draft.paid_at().is_some() && draft.phase != Phase::Cancelled;
    let (paid, open) = if paid { (due, Decimal::ZERO) } else { (Decimal::ZERO, due) };
    let sums = [
        ("subtotal", amounts.subtotal),
        ("subtotal_incl_tax", amounts.subtotal_incl_tax),
        ("discount_amount", -amounts.discount),
        ("discount_tax_compensation_amount", amounts.compensation),
        ("tax_amount", amounts.tax),
        ("shipping_amount", amounts.shipping.net),
        ("shipping_incl_tax", amounts.shipping.gross),
        ("shipping_tax_amount", amounts.shipping.tax),
        ("shipping_discount_amount", Decimal::ZERO),
        ("grand_total", due),
        ("total_paid", paid),
        ("total_due", open),
    ];
    for (name, amount) in sums {
        both(draft, out, name, amount);
    }
    both(draft, out, "shipping_discount_tax_compensation_amount", Decimal::ZERO);
    // The base side of this one has another name (swagger: ..._amnt).
    if let Some(base) = out.remove("base_shipping_discount_tax_compensation_amount") {
        out.insert("base_shipping_discount_tax_compensation_amnt".to_owned(), base);
    }
}

fn items(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let mut out = Vec::new();
    for (at, (line, row)) in draft.lines.iter().zip(&amounts.rows).enumerate() {
        let parent = item(draft, at, line, row);
        if line.variant {
            out.push(parent.clone());
            out.push(child(draft, at, line, parent));
        } else {
            out.push(parent);
        }
    }
    out
}

fn item(draft: &Draft, at: usize, line: &DraftLine, row: &Row) -> Value {
    let kind = if line.variant { "configurable" } else { "simple" };
    let Value::Object(mut out) = json!({
        "item_id": item_id(draft, at), "order_id": draft.number, "store_id": 1,
        "product_id": if line.variant { 500 + line.product } else { 1000 + line.product },
        "sku": line.sku, "name": line.title, "product_type": kind,
        "qty_ordered": number(line.quantity), "qty_invoiced": 0, "qty_shipped": 0,
        "qty_refunded": 0, "qty_canceled": 0, "is_virtual": 0, "is_qty_decimal": 0,
        "free_shipping": 0, "no_discount": 0, "quote_item_id": item_id(draft, at),
        "created_at": utc(draft.placed_at), "updated_at": utc(draft.updated_at()), "weight": 1,
        "tax_percent": row.percent.unwrap_or(0), "discount_percent": line.discount,
    }) else {
        unreachable!()
    };
    let unit = |sum: Decimal| half_up(sum / line.quantity, 4);
    let sums = [
        ("price", if draft.tax_included { unit(row.net) } else { line.price }),
        ("price_incl_tax", if draft.tax_included { line.price } else { unit(row.gross) }),
        ("original_price", line.price),
        ("row_total", row.net),
        ("row_total_incl_tax", row.gross),
        ("tax_amount", row.tax),
        ("discount_amount", row.discount),
        ("discount_tax_compensation_amount", row.compensation),
    ];
    for (name, amount) in sums {
        both(draft, &mut out, name, amount);
    }
    if line.variant {
        let options = json!([{"option_id": "93", "option_value": 49}]);
        out.insert(
            "product_option".to_owned(),
            json!({"extension_attributes": {"configurable_item_options": options}}),
        );
    }
    Value::Object(out)
}

/// The simple product behind a configurable one: the same SKU, no money.
fn child(draft: &Draft, at: usize, line: &DraftLine, parent: Value) -> Value {
    json!({
        "item_id": item_id(draft, at) + 1, "order_id": draft.number, "store_id": 1,
        "product_id": 1000 + line.product, "sku": line.sku, "name": line.title,
        "product_type": "simple", "qty_ordered": number(line.quantity), "qty_invoiced": 0,
        "qty_shipped": 0, "qty_refunded": 0, "qty_canceled": 0, "price": 0, "base_price": 0,
        "original_price": 0, "base_original_price": 0, "row_total": 0, "base_row_total": 0,
        "tax_percent": 0, "tax_amount": 0, "base_tax_amount": 0, "discount_amount": 0,
        "base_discount_amount": 0, "discount_percent": 0, "parent_item_id": item_id(draft, at),
        "parent_item": parent, "created_at": utc(draft.placed_at),
        "updated_at": utc(draft.updated_at()),
    })
}

fn address(draft: &Draft, place: &Place, kind: &str) -> Value {
    let buyer = &draft.buyer;
    let mut street = vec![place.street.clone()];
    street.extend((!place.extra.is_empty()).then(|| place.extra.clone()));
    let mut out = json!({
        "address_type": kind, "entity_id": draft.number * 2 + u32::from(kind == "shipping"),
        "parent_id": draft.number, "firstname": buyer.first, "lastname": buyer.last,
        "email": buyer.email, "street": street, "city": place.city, "postcode": place.zip,
        "country_id": place.country, "telephone": buyer.phone,
    });
    if let Some((name, vat)) = &buyer.company {
        out["company"] = json!(name);
        if kind == "billing" {
            out["vat_id"] = json!(vat);
        }
    }
    if let Some((code, name)) = place.state {
        out["region"] = json!(name);
        out["region_code"] = json!(code);
        out["region_id"] = json!(43);
    }
    out
}

fn payment(draft: &Draft) -> Value {
    json!({"entity_id": draft.number, "parent_id": draft.number, "method": "checkmo",
        "account_status": null_text(), "cc_last4": null_text(),
        "additional_information": ["Check / Money order"]})
}

/// Required by the swagger, empty in truth.
fn null_text() -> String {
    String::new()
}

fn extension(draft: &Draft, amounts: &Amounts) -> Value {
    let tax = |percent: u32, amount: Decimal| {
        let rule = rule(Platform::Magento, percent);
        json!({"code": rule.id, "title": rule.title, "percent": percent, "amount": number(amount),
            "base_amount": number(amount), "extension_attributes": {"rates":
                [{"code": rule.id, "title": rule.title, "percent": percent}]}})
    };
    let extras = [("shipping", &amounts.shipping), ("quote_gw", &amounts.wrapping)];
    let mut by_item: Vec<Value> = Vec::new();
    for (at, row) in amounts.rows.iter().enumerate() {
        let taxes: Vec<Value> = row.percent.iter().map(|percent| tax(*percent, row.tax)).collect();
        if !taxes.is_empty() {
            by_item.push(
                json!({"type": "product", "item_id": item_id(draft, at), "applied_taxes": taxes}),
            );
        }
    }
    for (kind, row) in extras {
        if let Some(percent) = row.percent {
            by_item.push(json!({"type": kind, "applied_taxes": [tax(percent, row.tax)]}));
        }
    }
    let rows = || amounts.rows.iter().chain([&amounts.shipping, &amounts.wrapping]);
    let applied: Vec<Value> = draft
        .percentages()
        .into_iter()
        .map(|percent| {
            tax(percent, rows().filter(|row| row.percent == Some(percent)).map(|row| row.tax).sum())
        })
        .collect();
    let mut out = json!({
        "applied_taxes": applied, "item_applied_taxes": by_item, "converting_from_quote": true,
        "payment_additional_info": [{"key": "method_title", "value": "Check / Money order"}],
    });
    if let Some(place) = &draft.delivery {
        out["shipping_assignments"] = json!([{
            "shipping": {"address": address(draft, place, "shipping"), "method": "flatrate_flatrate",
                "total": {"shipping_amount": number(amounts.shipping.net),
                    "shipping_incl_tax": number(amounts.shipping.gross),
                    "shipping_tax_amount": number(amounts.shipping.tax)}},
            "items": items(draft, amounts),
        }]);
    }
    let gift = gift_card(draft, amounts);
    if !gift.is_zero() {
        out["gift_cards"] = json!([{"id": 1, "code": "GC-0001", "amount": number(gift),
            "base_amount": number(gift)}]);
        out["gift_cards_amount"] = number(gift);
        out["base_gift_cards_amount"] = number(gift);
    }
    if draft.fee.is_some() {
        let wrap = &amounts.wrapping;
        out["gw_id"] = json!("1");
        // Texts, although they are amounts (swagger).
        out["gw_price"] = json!(format!("{:.4}", wrap.net));
        out["gw_base_price"] = json!(format!("{:.4}", wrap.net));
        out["gw_tax_amount"] = json!(format!("{:.4}", wrap.tax));
        out["gw_price_incl_tax"] = json!(format!("{:.4}", wrap.gross));
    }
    out
}
