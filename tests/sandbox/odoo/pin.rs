//! Pins: the amounts in `extra_tax_data` that replace the computed ones of a line.

use super::cell::decimal;
use super::cell::round;
use super::fail::{Answer, Fail, Kind};
use super::taxes::{BaseLine, Pin};
use rust_decimal::Decimal;
use serde_json::Value;

/// The pin, unless Odoo ignores it: it must name the line's currency, price, discount, quantity and
/// every tax, and is silently dropped otherwise (FACTS A7, A15).
pub fn accepted(
    data: &Value,
    line: &BaseLine,
    currency: i64,
    decimals: u32,
) -> Answer<Option<Pin>> {
    let Some(amounts) = data["manual_tax_amounts"].as_object().filter(|a| !a.is_empty()) else {
        return Ok(None);
    };
    let key = |name: &str| {
        data.get(name)
            .ok_or_else(|| Fail { kind: Kind::Python("KeyError"), message: format!("'{name}'") })
    };
    if key("currency_id")?.as_i64() != Some(currency) {
        return Ok(None);
    }
    let same = |name: &str, own: Decimal| {
        key(name).map(|v| number(v).is_some_and(|n| round(n, decimals) == round(own, decimals)))
    };
    if !(same("price_unit", line.price)?
        && same("discount", line.discount)?
        && same("quantity", line.quantity)?)
    {
        return Ok(None);
    }
    if !line.taxes.iter().all(|t| amounts.contains_key(&t.id.to_string())) {
        return Ok(None);
    }
    let taxes = amounts.iter().filter_map(|(id, amount)| {
        let base = number(&amount["base_amount_currency"]);
        Some((id.parse().ok()?, (base, number(&amount["tax_amount_currency"]))))
    });
    Ok(Some(Pin { net: number(&data["manual_total_excluded_currency"]), taxes: taxes.collect() }))
}

/// The same pin in the company's currency: its own amounts, adjusted to the document's rate and not
/// rounded, else those of the document divided by the rate.
pub fn in_company(data: &Value, pin: &Pin, rate: Decimal, decimals: u32) -> Pin {
    let told = number(&data["rate"]).filter(|told| !told.is_zero());
    let change = told.map_or(Decimal::ONE, |told| rate / told);
    let own = |value: &Value, document: Option<Decimal>| match number(value) {
        Some(own) => Some(own / change),
        None => document.map(|amount| round(amount / rate, decimals)),
    };
    let taxes = pin.taxes.iter().map(|(id, (base, amount))| {
        let told = &data["manual_tax_amounts"][id.to_string()];
        (*id, (own(&told["base_amount"], *base), own(&told["tax_amount"], *amount)))
    });
    Pin { net: own(&data["manual_total_excluded"], pin.net), taxes: taxes.collect() }
}

/// The pin of the same line with the opposite quantity.
pub fn reversed(data: &Value) -> Value {
    let mut data = data.clone();
    for name in ["quantity", "manual_total_excluded_currency", "manual_total_excluded"] {
        negate(&mut data, name);
    }
    if let Some(amounts) = data["manual_tax_amounts"].as_object_mut() {
        for amount in amounts.values_mut() {
            for name in ["tax_amount_currency", "tax_amount", "base_amount_currency", "base_amount"]
            {
                negate(amount, name);
            }
        }
    }
    data
}

fn negate(object: &mut Value, name: &str) {
    let Some(told) = object.get(name) else { return };
    let whole = told.as_i64().filter(|_| !told.to_string().contains('.'));
    match (whole, number(told)) {
        (Some(whole), _) => object[name] = Value::from(-whole),
        (None, Some(amount)) => object[name] = super::cell::float(-amount),
        (None, None) => {}
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => decimal(number),
        _ => None,
    }
}
