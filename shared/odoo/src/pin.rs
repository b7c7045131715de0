//! `extra_tax_data`: net and tax of a line as the platform charged them (facts A7).

use causeway_domain::{Decimal, Money};
use serde_json::{Map, Number, Value, json};

/// What a line must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedLine {
    /// `res.currency` id of the order's currency.
    pub currency_id: i64,
    /// The line's `price_unit`, exactly as written: Odoo ignores the pin without a word otherwise.
    pub price_unit: Decimal,
    /// The line's `discount` in percent, likewise.
    pub discount: Decimal,
    /// The line's `product_uom_qty`, likewise.
    pub quantity: Decimal,
    /// Net after discount.
    pub net: Money,
    /// Every tax of the line; one left out and the pin is ignored.
    pub taxes: Vec<PinnedTax>,
}

/// One tax of a pinned line; its base is the line's net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedTax {
    /// `account.tax` id, the final one: a fiscal position must not map it away (A15).
    pub tax: i64,
    /// Its amount.
    pub amount: Money,
}

/// The pin as a JSON object, for `sale.order.write`. Amounts stand in the order's currency under both
/// names; Odoo converts to the company's currency itself when it invoices.
pub fn pin(line: &PinnedLine) -> Value {
    let net = number(line.net.to_decimal());
    let taxes: Map<String, Value> = line
        .taxes
        .iter()
        .map(|tax| {
            let amount = number(tax.amount.to_decimal());
            let amounts = json!({
                "tax_amount_currency": amount,
                "tax_amount": amount,
                "base_amount_currency": net,
                "base_amount": net,
            });
            (tax.tax.to_string(), amounts)
        })
        .collect();
    json!({
        "currency_id": line.currency_id,
        "price_unit": number(line.price_unit),
        "discount": number(line.discount),
        "quantity": number(line.quantity),
        "rate": number(Decimal::new(10, 1)),
        "manual_total_excluded_currency": net,
        "manual_total_excluded": net,
        "manual_tax_amounts": taxes,
    })
}

/// The pin as text, for a `load` cell: an object there is a 500 `TypeError` (A6).
pub fn pin_text(line: &PinnedLine) -> String {
    pin(line).to_string()
}

/// A JSON number with exactly the decimal's digits.
pub(crate) fn number(value: Decimal) -> Value {
    // A decimal's text is always a JSON number; the fallback keeps its digits all the same.
    let text = value.to_string();
    text.parse::<Number>().map_or(Value::String(text), Value::Number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use causeway_domain::Currency;
    use proptest::prelude::*;

    fn line(net: i64, tax: i64, code: &str) -> PinnedLine {
        let currency = Currency::from_code(code).unwrap();
        PinnedLine {
            currency_id: 125,
            price_unit: Decimal::new(333, 2),
            discount: Decimal::ZERO,
            quantity: Decimal::from(3),
            net: Money::from_minor(net, currency),
            taxes: vec![PinnedTax { tax: 1, amount: Money::from_minor(tax, currency) }],
        }
    }

    #[test]
    fn the_pin_is_the_proven_one() {
        let text = r#"{"currency_id": 125, "price_unit": 3.33, "discount": 0, "quantity": 3, "rate": 1.0,
            "manual_total_excluded_currency": 10.00, "manual_total_excluded": 10.00,
            "manual_tax_amounts": {"1": {"tax_amount_currency": 2.10, "tax_amount": 2.10,
                                          "base_amount_currency": 10.00, "base_amount": 10.00}}}"#;
        let proven: Value = serde_json::from_str(text).unwrap();
        assert_eq!(pin(&line(1000, 210, "EUR")), proven);
        assert!(pin_text(&line(1000, 210, "KWD")).contains("\"manual_total_excluded\":1.000"));
        assert!(pin_text(&line(1000, -210, "JPY")).contains("\"tax_amount\":-210"));
    }

    proptest! {
        /// No digit is lost between an amount and its place in the pin.
        #[test]
        fn amounts_stand_in_the_pin_digit_by_digit(net in any::<i64>(), tax in any::<i32>(), code in prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"])) {
            let line = line(net, i64::from(tax), code);
            let read: Value = serde_json::from_str(&pin_text(&line)).unwrap();
            let digits = |at: &str| read.pointer(at).unwrap().to_string();
            prop_assert_eq!(digits("/manual_total_excluded"), line.net.to_decimal().to_string());
            prop_assert_eq!(digits("/manual_tax_amounts/1/tax_amount"), line.taxes.first().unwrap().amount.to_decimal().to_string());
        }
    }
}
