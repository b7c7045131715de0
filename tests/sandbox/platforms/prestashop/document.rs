//! The rows of one order: `{"orders": [..], "order_details": [..], ...}`. All values are texts or
//! integers; [`super::xml`] writes them.

use super::amounts::{Amounts, Row, compute, round_type};
use super::{fixed_rows, local, slips};
use crate::platforms::delivery::uuid;
use crate::platforms::draft::{Draft, DraftLine, Expected, Phase};
use crate::platforms::people::Place;
use crate::platforms::rounding::fixed;
use crate::platforms::shop::Platform;
use crate::platforms::tax::rule;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const NEVER: &str = "0000-00-00 00:00:00";

pub(in crate::platforms) fn render(draft: &Draft) -> (Value, Expected) {
    let amounts = compute(draft);
    let mut skus: Vec<String> = draft.lines.iter().map(|line| line.sku.clone()).collect();
    skus.retain(|sku| !sku.is_empty());
    let expected = Expected {
        id: draft.number.to_string(),
        number: reference(draft),
        currency: draft.currency.to_owned(),
        total: amounts.paid.incl,
        tax: amounts.paid.incl - amounts.paid.excl,
        listed_tax: amounts.paid.incl - amounts.paid.excl,
        goods: draft.lines.len(),
        skus,
        phase: draft.phase,
    };
    let mut addresses = vec![address(draft, &draft.billing)];
    addresses.extend(draft.delivery.iter().map(|place| address(draft, place)));
    addresses.dedup();
    let native = json!({
        "orders": [order(draft, &amounts)], "order_details": details(draft, &amounts),
        "addresses": addresses, "customers": [customer(draft)],
        "order_cart_rules": cart_rules(draft, &amounts),
        "order_payments": payments(draft, &amounts), "order_slip": slips::rows(draft),
    });
    (native, expected)
}

/// Nine letters.
fn reference(draft: &Draft) -> String {
    let digits = uuid(&["prestashop", &draft.number.to_string()]).replace('-', "");
    digits.bytes().take(9).map(|b| char::from(b'A' + (b % 26))).collect()
}

fn money(amount: Decimal) -> String {
    fixed(amount, 6)
}

/// The same person's same address is one row; a changed address is a new one.
fn address_id(draft: &Draft, place: &Place) -> u32 {
    let digits = uuid(&[&draft.buyer.email, &place.street, &place.extra, &place.zip, &place.city]);
    100 + u32::from_str_radix(&digits[..6], 16).unwrap()
}

pub(super) fn customer_id(draft: &Draft) -> u32 {
    draft.buyer.account.map_or(10_000 + draft.number, |account| 100 + account)
}

fn state(phase: Phase) -> u32 {
    match phase {
        Phase::Pending => 10,
        Phase::Paid => 2,
        Phase::Completed => 5,
        Phase::Cancelled => 6,
    }
}

fn paid(draft: &Draft) -> bool {
    matches!(draft.phase, Phase::Paid | Phase::Completed)
}

fn order(draft: &Draft, amounts: &Amounts) -> Value {
    let delivery = draft.delivery.as_ref().unwrap_or(&draft.billing);
    let carrier = match (&draft.shipping, &draft.delivery) {
        (Some(shipping), _) if shipping.title == "DHL" => 3,
        (Some(_), _) => 2,
        (None, _) => 1,
    };
    let rate = draft.shipping.as_ref().and_then(|shipping| shipping.tax).unwrap_or(0);
    let real = if paid(draft) { amounts.paid.incl } else { Decimal::ZERO };
    let note = draft.note.as_ref();
    let mut out = json!({
        "id": draft.number, "id_address_delivery": address_id(draft, delivery),
        "id_address_invoice": address_id(draft, &draft.billing), "id_cart": 1000 + draft.number,
        "id_currency": fixed_rows::currency(draft.currency), "id_lang": 1,
        "id_customer": customer_id(draft), "id_carrier": carrier,
        "current_state": state(draft.phase), "module": "ps_wirepayment",
        "invoice_number": if paid(draft) { draft.number } else { 0 },
        "invoice_date": if paid(draft) { local(draft.placed_at) } else { NEVER.to_owned() },
        "delivery_number": 0, "delivery_date": NEVER, "valid": u8::from(paid(draft)),
        "date_add": local(draft.placed_at), "date_upd": local(draft.updated_at()),
        "shipping_number": "", "note": note, "id_shop_group": 1, "id_shop": 1,
        "secure_key": "b44a6d9efd7a0076a0fbce6b15eaf3b1", "payment": "Bank transfer",
        "recyclable": 0, "gift": u8::from(draft.fee.is_some()), "gift_message": "",
        "mobile_theme": 0, "carrier_tax_rate": format!("{rate}.000"), "round_mode": 2,
        "round_type": round_type(draft), "conversion_rate": "1.000000",
        "reference": reference(draft),
        "associations": order_rows(draft, amounts),
    });
    let sums = [
        ("total_discounts", amounts.discount.incl),
        ("total_discounts_tax_incl", amounts.discount.incl),
        ("total_discounts_tax_excl", amounts.discount.excl),
        ("total_paid", amounts.paid.incl),
        ("total_paid_tax_incl", amounts.paid.incl),
        ("total_paid_tax_excl", amounts.paid.excl),
        ("total_paid_real", real),
        ("total_products", amounts.products.excl),
        ("total_products_wt", amounts.products.incl),
        ("total_shipping", amounts.shipping.incl),
        ("total_shipping_tax_incl", amounts.shipping.incl),
        ("total_shipping_tax_excl", amounts.shipping.excl),
        ("total_wrapping", amounts.wrapping.incl),
        ("total_wrapping_tax_incl", amounts.wrapping.incl),
        ("total_wrapping_tax_excl", amounts.wrapping.excl),
    ];
    for (name, amount) in sums {
        out[name] = json!(money(amount));
    }
    out
}

pub(super) fn detail_id(draft: &Draft, at: usize) -> u64 {
    u64::from(draft.number) * 100 + u64::try_from(at).unwrap()
}

fn order_rows(draft: &Draft, amounts: &Amounts) -> Value {
    let row = |(at, (line, row)): (usize, (&DraftLine, &Row))| {
        json!({"id": detail_id(draft, at), "product_id": 1000 + line.product,
            "product_attribute_id": if line.variant { 2000 + line.product } else { 0 },
            "product_quantity": line.quantity.to_string(), "product_name": line.title,
            "product_reference": line.sku, "product_price": money(row.unit.excl),
            "id_customization": 0, "unit_price_tax_incl": money(row.unit.incl),
            "unit_price_tax_excl": money(row.unit.excl)})
    };
    json!(draft.lines.iter().zip(&amounts.rows).enumerate().map(row).collect::<Vec<_>>())
}

fn details(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let row = |(at, (line, row)): (usize, (&DraftLine, &Row))| detail(draft, at, line, row);
    draft.lines.iter().zip(&amounts.rows).enumerate().map(row).collect()
}

fn detail(draft: &Draft, at: usize, line: &DraftLine, row: &Row) -> Value {
    let taxes: Vec<Value> = line
        .taxes
        .iter()
        .map(|percent| json!({"id": rule(Platform::PrestaShop, *percent).id}))
        .collect();
    let (refunded, refunded_excl, refunded_incl) = slips::refunded(draft, at);
    let out = json!({
        "id": detail_id(draft, at), "id_order": draft.number, "product_id": 1000 + line.product,
        "product_attribute_id": if line.variant { 2000 + line.product } else { 0 },
        "product_quantity_reinjected": refunded.to_string(), "group_reduction": "0.00",
        "discount_quantity_applied": 0, "download_deadline": NEVER,
        "id_order_invoice": if paid(draft) { draft.number } else { 0 }, "id_warehouse": 0,
        "id_shop": 1, "id_customization": 0, "product_name": line.title,
        "product_quantity": line.quantity.to_string(),
        "product_quantity_in_stock": line.quantity.to_string(), "product_quantity_return": 0,
        "product_quantity_refunded": refunded.to_string(), "product_price": money(row.unit.excl),
        "reduction_percent": format!("{}.00", line.discount), "reduction_amount": "0.000000",
        "reduction_amount_tax_incl": "0.000000", "reduction_amount_tax_excl": "0.000000",
        "product_quantity_discount": "0.000000", "product_reference": line.sku,
        "associations": taxes,
    });
    let amounts = json!({
        "product_weight": "0.300000", "tax_computation_method": 0,
        "id_tax_rules_group": line.taxes.len(), "ecotax": "0.000000", "ecotax_tax_rate": "0.000",
        "download_nb": 0, "unit_price_tax_incl": money(row.unit.incl),
        "unit_price_tax_excl": money(row.unit.excl), "total_price_tax_incl": money(row.total.incl),
        "total_price_tax_excl": money(row.total.excl), "total_shipping_price_tax_excl": "0.000000",
        "total_shipping_price_tax_incl": "0.000000", "purchase_supplier_price": "0.000000",
        "original_product_price": money(row.original.excl), "original_wholesale_price": "0.000000",
        "total_refunded_tax_excl": money(refunded_excl),
        "total_refunded_tax_incl": money(refunded_incl),
    });
    merged(out, amounts)
}

/// Both objects in one; a literal of that many members is too long for the macro.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut one, other) {
        fields.extend(more);
    }
    one
}

fn address(draft: &Draft, place: &Place) -> Value {
    let buyer = &draft.buyer;
    json!({
        "id": address_id(draft, place), "id_customer": customer_id(draft), "id_manufacturer": 0,
        "id_supplier": 0, "id_warehouse": 0, "id_country": fixed_rows::country(place.country),
        "id_state": if place.state.is_some() { 35 } else { 0 }, "alias": "My Address",
        "company": buyer.company.as_ref().map(|(name, _)| name), "lastname": buyer.last,
        "firstname": buyer.first, "vat_number": buyer.company.as_ref().map(|(_, vat)| vat),
        "address1": place.street, "address2": place.extra, "postcode": place.zip,
        "city": place.city, "phone": buyer.phone, "deleted": 0,
        "date_add": local(draft.placed_at), "date_upd": local(draft.placed_at),
    })
}

fn customer(draft: &Draft) -> Value {
    let buyer = &draft.buyer;
    json!({
        "id": customer_id(draft), "id_default_group": 3, "id_lang": 1,
        "newsletter_date_add": NEVER, "last_passwd_gen": "2026-10-01 10:00:00",
        "secure_key": "b44a6d9efd7a0076a0fbce6b15eaf3b1", "deleted": 0,
        "passwd": "$2y$10$invented.hash.that.nobody.must.ever.see.in.a.log", "lastname": buyer.last,
        "firstname": buyer.first, "email": buyer.email, "id_gender": 1, "birthday": "0000-00-00",
        "newsletter": 0, "optin": 0, "company": buyer.company.as_ref().map(|(name, _)| name),
        "outstanding_allow_amount": "0.000000", "show_public_prices": 0, "id_risk": 0,
        "max_payment_days": 0, "active": 1, "is_guest": u8::from(buyer.account.is_none()),
        "id_shop": 1, "id_shop_group": 1, "date_add": "2026-10-01 10:00:00",
        "date_upd": "2026-10-01 10:00:00", "reset_password_validity": NEVER,
    })
}

fn cart_rules(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let rule = draft.coupon.as_ref().filter(|_| !amounts.discount.incl.is_zero());
    rule.iter()
        .map(|_| {
            json!({"id": draft.number, "id_order": draft.number, "id_cart_rule": 1,
                "id_order_invoice": 0, "name": "TEN", "value": money(amounts.discount.incl),
                "value_tax_excl": money(amounts.discount.excl), "free_shipping": 0, "deleted": 0})
        })
        .collect()
}

/// A payment stays on an order that is cancelled once money went back.
pub(super) fn has_payment(draft: &Draft) -> bool {
    paid(draft) || (draft.paid_at().is_some() && !draft.after.refunds.is_empty())
}

fn payments(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    has_payment(draft)
        .then(|| {
            json!({"id": draft.number, "order_reference": reference(draft),
                "id_currency": fixed_rows::currency(draft.currency),
                "amount": money(amounts.paid.incl), "payment_method": "Bank transfer",
                "conversion_rate": "1.000000", "date_add": local(draft.placed_at)})
        })
        .into_iter()
        .collect()
}
