//! The value of one field of one record, and the JSON numbers that Odoo prints.

use rust_decimal::Decimal;
use serde_json::{Number, Value};
use std::collections::BTreeMap;

/// A stored value. `False` is Odoo's null for every type.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Null.
    False,
    /// A true boolean.
    True,
    /// An integer.
    Int(i64),
    /// A float or monetary value, exact.
    Num(Decimal),
    /// Text, dates (`YYYY-MM-DD HH:MM:SS`, UTC) and selection values.
    Text(String),
    /// A many2one.
    Ref(i64),
    /// A many2many or one2many.
    Refs(Vec<i64>),
    /// A json field.
    Json(Value),
}

/// One record.
pub type Record = BTreeMap<String, Cell>;

impl Cell {
    /// Text or false for empty text.
    pub fn text(text: &str) -> Self {
        if text.is_empty() { Self::False } else { Self::Text(text.to_owned()) }
    }
    /// A boolean.
    pub fn bool(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
    /// A many2one or false.
    pub fn reference(id: Option<i64>) -> Self {
        id.map_or(Self::False, Self::Ref)
    }
    /// The many2one's id.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Ref(id) | Self::Int(id) => Some(*id),
            _ => None,
        }
    }
    /// The ids of an x2many.
    pub fn ids(&self) -> &[i64] {
        match self {
            Self::Refs(ids) => ids,
            _ => &[],
        }
    }
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The number, zero for false.
    pub fn number(&self) -> Decimal {
        match self {
            Self::Num(number) => *number,
            Self::Int(number) => Decimal::from(*number),
            _ => Decimal::ZERO,
        }
    }
    /// Python's truth.
    pub fn truthy(&self) -> bool {
        match self {
            Self::False => false,
            Self::True | Self::Ref(_) => true,
            Self::Int(number) => *number != 0,
            Self::Num(number) => !number.is_zero(),
            Self::Text(text) => !text.is_empty(),
            Self::Refs(ids) => !ids.is_empty(),
            Self::Json(value) => !value.is_null(),
        }
    }
}

/// A field of a record, false when it was never set.
pub fn get<'a>(record: &'a Record, field: &str) -> &'a Cell {
    record.get(field).unwrap_or(&Cell::False)
}

/// A float as Python prints it: `10.0`, `24.2`.
pub fn float(number: Decimal) -> Value {
    let number = number.normalize();
    let text = if number.scale() == 0 { format!("{number}.0") } else { number.to_string() };
    Value::Number(text.parse::<Number>().unwrap())
}

/// JSON as Odoo gives it back: Python's floats lose trailing zeros.
pub fn python_json(value: Value) -> Value {
    match value {
        Value::Number(number) if number.to_string().contains(['.', 'e', 'E']) => {
            decimal(&number).map_or(Value::Number(number), float)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(python_json).collect()),
        Value::Object(items) => {
            Value::Object(items.into_iter().map(|(name, v)| (name, python_json(v))).collect())
        }
        other => other,
    }
}

/// The difference of two floats as IEEE doubles give it: Odoo returns `price_tax` so
/// (`2.0999999999999996` for 12.1 - 10.0), and a client must cope with it.
pub fn float_difference(a: Decimal, b: Decimal) -> Value {
    let [a, b]: [f64; 2] = [a, b].map(|d| d.to_string().parse().unwrap());
    let difference = a - b;
    let text = if difference == 0.0 {
        "0.0".to_owned()
    } else if difference.abs() < 1e-4 {
        format!("{difference:e}")
    } else if difference.fract() == 0.0 {
        format!("{difference:.1}")
    } else {
        difference.to_string()
    };
    Value::Number(text.parse::<Number>().unwrap())
}

/// A decimal from the literal text of a JSON number.
pub fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok().or_else(|| {
        // More digits than a decimal holds: Python's float drops them too.
        text.parse::<Decimal>().ok()
    })
}

/// Half away from zero, as Odoo rounds money.
pub fn round(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}
