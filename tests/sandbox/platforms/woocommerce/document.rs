//! The order as `GET /wp-json/wc/v3/orders/{id}` answers it (recordings 037, 106, 109).

use super::amounts::{Amounts, Computed, compute};
use super::refunds::{is_refunded, refunds, restocked};
use crate::platforms::draft::{Coupon, Draft, DraftLine, Expected, Phase};
use crate::platforms::people::{Buyer, Place};
use crate::platforms::rounding::{fixed, half_up};
use crate::platforms::shop::{Platform, Shop};
use crate::platforms::tax::rule;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

pub(in crate::platforms) fn render(shop: &Shop, draft: &Draft) -> (Value, Expected) {
    let amounts = compute(draft);
    let expected = Expected {
        id: id(draft).to_string(),
        number: id(draft).to_string(),
        currency: draft.currency.to_owned(),
        total: amounts.total,
        tax: amounts.total_tax,
        listed_tax: amounts
            .by_rate
            .iter()
            .map(|(_, cart, sent)| half_up(*cart, draft.places()) + half_up(*sent, draft.places()))
            .sum(),
        goods: draft.lines.len(),
        skus: draft.lines.iter().map(|line| line.sku.clone()).collect(),
        phase: draft.phase,
    };
    (document(shop, draft, draft.places()), expected)
}

pub(super) fn id(draft: &Draft) -> u32 {
    1000 + draft.number
}

/// Ids of order items are unique in the store.
pub(super) fn item_id(draft: &Draft, at: usize) -> u64 {
    u64::from(draft.number) * 100 + u64::try_from(at).unwrap()
}

pub(super) fn document(shop: &Shop, draft: &Draft, places: u32) -> Value {
    let amounts = compute(draft);
    let money = |amount: Decimal| fixed(amount, places);
    let links = format!("{}/wp-json/wc/v3/orders", shop.base_url);
    let paid = draft.paid_at();
    let completed = (draft.phase == Phase::Completed).then(|| draft.updated_at());
    let exempt = if draft.percentages().is_empty() { "yes" } else { "no" };
    let mut meta = vec![json!({"id": 1, "key": "is_vat_exempt", "value": exempt})];
    if let Some((_, vat)) = &draft.buyer.company {
        meta.push(json!({"id": 2, "key": "_billing_vat_number", "value": vat}));
    }
    let gateway = gateway(draft);
    let mut parts = Map::new();
    let lines: Vec<Value> = draft
        .lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .map(|(at, (line, computed))| line_item(draft, at, line, computed, places))
        .collect();
    parts.insert("line_items".to_owned(), Value::Array(lines));
    parts.extend(other_lines(draft, &amounts, places));
    let head = json!({
        "id": id(draft), "parent_id": 0, "status": status(draft),
        "currency": draft.currency, "version": "9.9.5", "prices_include_tax": draft.tax_included,
        "date_created": local(draft.placed_at), "date_modified": local(draft.updated_at()),
        "discount_total": money(amounts.discount_total), "discount_tax": money(amounts.discount_tax),
        "shipping_total": money(amounts.shipping.as_ref().map_or(Decimal::ZERO, |s| s.total)),
        "shipping_tax": money(amounts.shipping_tax), "cart_tax": money(amounts.cart_tax),
        "total": money(amounts.total), "total_tax": money(amounts.total_tax),
        "customer_id": draft.buyer.account.unwrap_or(0),
        "order_key": format!("wc_order_{:013}", draft.number),
        "billing": address(&draft.buyer, Some(&draft.billing), true),
        "shipping": address(&draft.buyer, draft.delivery.as_ref(), false),
        "payment_method": gateway.0, "payment_method_title": gateway.1,
        "transaction_id": paid.map(|_| gateway.2).unwrap_or_default(),
        "customer_ip_address": "192.0.2.1", "customer_user_agent": "Mozilla/5.0",
        "created_via": "checkout", "customer_note": draft.note.clone().unwrap_or_default(),
        "date_completed": completed.map(local), "date_paid": paid.map(local),
        "cart_hash": "19314384ecf29cc6e17817419a135d6a", "number": id(draft).to_string(),
        "meta_data": meta,
    });
    let tail = json!({
        "refunds": refunds(draft).iter().rev().map(|refund| refund.head(draft)).collect::<Vec<_>>(),
        "payment_url": format!("{}/checkout/order-pay/{}/?pay_for_order=true", shop.base_url, id(draft)),
        "is_editable": draft.phase == Phase::Pending, "needs_payment": false,
        "needs_processing": true,
        "date_created_gmt": gmt(draft.placed_at), "date_modified_gmt": gmt(draft.updated_at()),
        "date_completed_gmt": completed.map(gmt), "date_paid_gmt": paid.map(gmt),
        "currency_symbol": symbol(draft.currency),
        "_links": {
            "self": [{"href": format!("{links}/{}", id(draft)),
                "targetHints": {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}}],
            "collection": [{"href": links}],
        },
    });
    let (Value::Object(mut order), Value::Object(tail)) = (head, tail) else { unreachable!() };
    order.extend(parts);
    order.extend(tail);
    Value::Object(order)
}

fn line_item(draft: &Draft, at: usize, line: &DraftLine, sums: &Computed, places: u32) -> Value {
    let product = 1000 + line.product;
    let price = (sums.total / line.quantity).round_dp(14).normalize();
    let class = match line.taxes.first() {
        Some(6) => "reduced-rate",
        Some(12) => "middle-rate",
        Some(0) | None => "zero-rate",
        Some(_) => "",
    };
    json!({
        "id": item_id(draft, at), "name": line.title,
        "product_id": if line.variant { product - 500 } else { product },
        "variation_id": if line.variant { product } else { 0 },
        "quantity": Value::Number(number(line.quantity)), "tax_class": class,
        "subtotal": fixed(sums.subtotal, places),
        "subtotal_tax": fixed(sums.taxes.iter().map(|share| share.subtotal).sum(), places),
        "total": fixed(sums.total, places), "total_tax": tax_text(sums, places),
        "taxes": taxes(sums, true), "meta_data": stock_meta(draft, at), "sku": line.sku,
        "price": Value::Number(number(price)), "image": {"id": 0, "src": ""},
        "parent_name": line.variant.then_some("Article"),
    })
}

/// What was put back into stock, over all refunds (recordings 074, 084).
fn stock_meta(draft: &Draft, line: usize) -> Vec<Value> {
    let restocked = restocked(draft, line);
    let text = restocked.normalize().to_string();
    let meta = json!({"id": 69, "key": "_restock_refunded_items", "value": text,
        "display_key": "_restock_refunded_items", "display_value": text});
    if restocked.is_zero() { Vec::new() } else { vec![meta] }
}

fn other_lines(draft: &Draft, amounts: &Amounts, places: u32) -> Map<String, Value> {
    let goods = draft.lines.len();
    let mut out = Map::new();
    let mut put = |name: &str, list: Vec<Value>| out.insert(name.to_owned(), Value::Array(list));
    let rates = amounts.by_rate.iter().enumerate().map(|(at, (percent, cart, shipping))| {
        let rate = rule(Platform::WooCommerce, *percent);
        let rate_id: u32 = rate.id.parse().unwrap();
        json!({"id": item_id(draft, goods + 10 + at), "rate_code": format!("BE-{}-1", rate.title),
            "rate_id": rate_id, "label": rate.title, "compound": false,
            "tax_total": fixed(*cart, places), "shipping_tax_total": fixed(*shipping, places),
            "rate_percent": percent, "meta_data": []})
    });
    put("tax_lines", rates.collect());
    let shipping = draft.shipping.iter().zip(&amounts.shipping).map(|(extra, sums)| {
        json!({"id": item_id(draft, goods), "method_title": extra.title, "method_id": "flat_rate",
            "instance_id": "1", "total": fixed(sums.total, places),
            "total_tax": tax_text(sums, places), "taxes": taxes(sums, false),
            "tax_status": "taxable", "meta_data": []})
    });
    put("shipping_lines", shipping.collect());
    let fees = draft.fee.iter().zip(&amounts.fee).map(|(extra, sums)| {
        json!({"id": item_id(draft, goods + 1), "name": extra.title, "tax_class": "",
            "tax_status": "taxable", "amount": "", "total": fixed(sums.total, places),
            "total_tax": tax_text(sums, places), "taxes": taxes(sums, false), "meta_data": []})
    });
    put("fee_lines", fees.collect());
    let coupons = draft.coupon.iter().map(|coupon| {
        let (kind, nominal) = match coupon {
            Coupon::Percent(percent) => ("percent", Decimal::from(*percent)),
            Coupon::Amount(amount) => ("fixed_cart", *amount),
        };
        json!({"id": item_id(draft, goods + 2), "code": "dix",
            "discount": fixed(amounts.discount_total, places),
            "discount_tax": fixed(amounts.discount_tax, places), "meta_data": [],
            "discount_type": kind, "nominal_amount": Value::Number(number(nominal)),
            "free_shipping": false})
    });
    put("coupon_lines", coupons.collect());
    out
}

fn tax_text(sums: &Computed, places: u32) -> String {
    fixed(sums.taxes.iter().map(|share| share.total).sum(), places)
}

fn taxes(sums: &Computed, goods: bool) -> Vec<Value> {
    let text = |amount: Decimal| half_up(amount, 6).normalize().to_string();
    sums.taxes
        .iter()
        .map(|share| {
            let id: u32 = rule(Platform::WooCommerce, share.percent).id.parse().unwrap();
            let subtotal = if goods { text(share.subtotal) } else { String::new() };
            json!({"id": id, "total": text(share.total), "subtotal": subtotal})
        })
        .collect()
}

fn address(buyer: &Buyer, place: Option<&Place>, billing: bool) -> Value {
    let company = buyer.company.as_ref().map_or("", |(name, _)| name);
    let mut out = match place {
        Some(place) => json!({
            "first_name": buyer.first, "last_name": buyer.last, "company": company,
            "address_1": place.street, "address_2": place.extra, "city": place.city,
            "state": place.state.map_or("", |(code, _)| code), "postcode": place.zip,
            "country": place.country,
        }),
        None => json!({
            "first_name": "", "last_name": "", "company": "", "address_1": "", "address_2": "",
            "city": "", "state": "", "postcode": "", "country": "",
        }),
    };
    if billing {
        out["email"] = json!(buyer.email);
    }
    out["phone"] = json!(if billing { buyer.phone.as_str() } else { "" });
    out
}

/// Half of the buyers pay by Stripe, the others by PayPal: method, title, and the charge or capture that
/// the gateway's plugin notes once it is paid.
fn gateway(draft: &Draft) -> (&'static str, &'static str, String) {
    match draft.number % 2 {
        0 => ("stripe", "Credit card", format!("ch_3DemoWoo{:013}", draft.number)),
        _ => ("ppcp-gateway", "PayPal", format!("5TY{:014}", draft.number)),
    }
}

fn status(draft: &Draft) -> &'static str {
    match draft.phase {
        Phase::Paid | Phase::Completed if is_refunded(draft) => "refunded",
        Phase::Pending => "on-hold",
        Phase::Paid => "processing",
        Phase::Completed => "completed",
        Phase::Cancelled => "cancelled",
    }
}

fn symbol(currency: &str) -> &'static str {
    match currency {
        "USD" => "$",
        "JPY" => "¥",
        "KWD" => "د.ك",
        _ => "€",
    }
}

fn number(value: Decimal) -> Number {
    value.to_string().parse().expect("a JSON number")
}

pub(super) fn local(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Brussels").expect("a known zone");
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

pub(super) fn gmt(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
