//! Money as whole minor units of a currency. No float ever touches it.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// An ISO 4217 currency with its number of decimals (JPY 0, EUR 2, KWD 3, CLF 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}
impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Currency {
    /// Reads a three-letter code, in capitals as ISO writes it.
    pub fn from_code(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|c| c.exponent().is_some())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(8).collect()))
    }
    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
    /// Decimals of the minor unit: 0, 2, 3 or 4.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        Self::from_code(&code).map_err(D::Error::custom)
    }
}

/// What can be wrong with an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an ISO 4217 code with a minor unit.
    #[error("unknown currency {0:?}")]
    UnknownCurrency(String),
    /// Not a decimal number.
    #[error("{0:?} is not a decimal number")]
    NotDecimal(String),
    /// More decimals than the currency has, where none may be lost.
    #[error("{amount} has more decimals than {currency} has minor units")]
    TooPrecise {
        /// The amount as it came.
        amount: Decimal,
        /// The currency.
        currency: Currency,
    },
    /// Does not fit in 64 bits of minor units.
    #[error("amount out of range")]
    OutOfRange,
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added")]
    MixedCurrencies(Currency, Currency),
}

/// An amount in minor units: EUR 12.34 is `minor: 1234`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From minor units as Square and Stripe send them.
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    /// Nothing, in that currency.
    pub fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }
    /// From a decimal in major units that must fit the minor unit exactly (trailing zeros are fine).
    pub fn exact(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let rounded = Self::round(amount, currency)?;
        if rounded.to_decimal() == amount {
            Ok(rounded)
        } else {
            Err(MoneyError::TooPrecise { amount, currency })
        }
    }
    /// From a decimal in major units, half away from zero, as shops and Odoo round.
    pub fn round(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let rounded = amount
            .round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointAwayFromZero);
        let mut scaled = rounded;
        scaled.rescale(currency.exponent());
        i64::try_from(scaled.mantissa())
            .map(|minor| Self { minor, currency })
            .map_err(|_| MoneyError::OutOfRange)
    }
    /// From text such as `"12.34"`, exactly.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::exact(decimal(text)?, currency)
    }
    /// Whole minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }
    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }
    /// The amount in major units, with the currency's decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }
    /// True for nothing.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }
    /// Sum; refuses two currencies and overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }
    /// The same amount with the other sign.
    pub fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), ..self }
    }
    /// Difference; refuses two currencies and overflow.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }
    /// The smaller of two amounts of one currency; `self` for two currencies.
    pub fn min_of(self, other: Self) -> Self {
        if self.currency == other.currency && other.minor < self.minor { other } else { self }
    }
    /// Sum of many, zero in `currency` for none.
    pub fn sum(
        amounts: impl IntoIterator<Item = Self>,
        currency: Currency,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }
    /// Splits by weight with the largest-remainder method, so that the parts sum to the whole.
    /// With no weight above zero, everything goes to the first part.
    pub fn split(self, weights: &[Decimal]) -> Vec<Self> {
        let total: Decimal = weights.iter().map(Decimal::abs).sum();
        let exact: Vec<Decimal> = if total.is_zero() {
            let first = |at: usize| if at == 0 { self.to_decimal() } else { Decimal::ZERO };
            (0..weights.len()).map(first).collect()
        } else {
            weights.iter().map(|w| self.to_decimal() * w.abs() / total).collect()
        };
        self.round_to_sum(&exact)
    }
    /// Rounds unrounded parts (major units) to minor units so that they sum to `self`: each is cut
    /// toward minus infinity, then the missing units go to the largest remainders, first come first.
    /// For tax that a platform keeps with six decimals per line and two decimals per order.
    pub fn round_to_sum(self, exact: &[Decimal]) -> Vec<Self> {
        let unit = Decimal::new(1, self.currency.exponent());
        let mut floors: Vec<i64> = Vec::with_capacity(exact.len());
        let mut remainders: Vec<(usize, Decimal)> = Vec::with_capacity(exact.len());
        for (at, part) in exact.iter().enumerate() {
            let in_units = part / unit;
            let floor = in_units.floor();
            floors.push(i64::try_from(floor.trunc().mantissa()).unwrap_or(0));
            remainders.push((at, in_units - floor));
        }
        remainders.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut missing = self.minor - floors.iter().sum::<i64>();
        while missing != 0 && !floors.is_empty() {
            let step = missing.signum();
            let order: Vec<usize> = if step > 0 {
                remainders.iter().map(|r| r.0).collect()
            } else {
                remainders.iter().rev().map(|r| r.0).collect()
            };
            for at in order.into_iter().take(usize::try_from(missing.abs()).unwrap_or(usize::MAX)) {
                if let Some(part) = floors.get_mut(at) {
                    *part += step;
                    missing -= step;
                }
            }
        }
        floors.into_iter().map(|minor| Self { minor, ..self }).collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let (amount, code) = text
            .split_once(' ')
            .ok_or_else(|| D::Error::custom("money is written \"12.34 EUR\""))?;
        let currency = Currency::from_code(code).map_err(D::Error::custom)?;
        Self::parse(amount, currency).map_err(D::Error::custom)
    }
}

/// Reads a decimal from its text, also in the exponent form that JSON allows.
pub fn decimal(text: &str) -> Result<Decimal, MoneyError> {
    let trimmed = text.trim();
    Decimal::from_str_exact(trimmed)
        .or_else(|_| Decimal::from_scientific(trimmed))
        .or_else(|_| trimmed.parse::<Decimal>())
        .map_err(|_| MoneyError::NotDecimal(trimmed.chars().take(40).collect()))
}

/// Serde: a decimal from a JSON string or from the literal text of a JSON number, never through a
/// float. Use with `#[serde(deserialize_with = "causeway_domain::money::decimal_field")]`.
pub fn decimal_field<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    match serde_json::Value::deserialize(d)? {
        serde_json::Value::String(text) => decimal(&text).map_err(D::Error::custom),
        serde_json::Value::Number(number) => decimal(&number.to_string()).map_err(D::Error::custom),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => Err(D::Error::custom("expected a decimal number")),
    }
}

/// [`decimal_field`] for a value that may be null, absent (with `#[serde(default)]`) or empty text.
pub fn optional_decimal_field<'de, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<Decimal>, D::Error> {
    match Option::<serde_json::Value>::deserialize(d)? {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(value) => decimal_field(value).map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap_or_else(|e| unreachable!("{e}"))
    }

    #[test]
    fn exponents_follow_iso_4217() {
        for (code, exponent) in [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
        }
        assert!(Currency::from_code("eur").is_err());
        assert!(Currency::from_code("XXX").is_err());
    }

    #[test]
    fn a_json_number_is_read_as_its_literal_text() {
        #[derive(serde::Deserialize)]
        struct Row {
            #[serde(deserialize_with = "decimal_field")]
            price: Decimal,
        }
        let row: Row = serde_json::from_str(r#"{"price": 11.246666666666668}"#)
            .unwrap_or_else(|e| unreachable!("{e}"));
        assert_eq!(row.price.to_string(), "11.246666666666668");
    }

    proptest! {
        /// R44, C9: a split never loses or makes a minor unit, whatever the currency's decimals.
        #[test]
        fn splits_sum_to_the_whole(
            minor in -10_000_000i64..10_000_000,
            weights in prop::collection::vec(0i64..1_000_000, 1..12),
            code in prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]),
        ) {
            let whole = Money::from_minor(minor, currency(code));
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            let parts = whole.split(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().map(|p| p.minor()).sum::<i64>(), minor);
        }

        #[test]
        fn rounding_to_a_sum_moves_no_part_by_a_unit_or_more(
            micros in prop::collection::vec(-9_000_000i64..9_000_000, 1..12),
        ) {
            let eur = currency("EUR");
            let exact: Vec<Decimal> = micros.iter().map(|m| Decimal::new(*m, 6)).collect();
            let total = Money::round(exact.iter().sum(), eur).unwrap_or(Money::zero(eur));
            let parts = total.round_to_sum(&exact);
            prop_assert_eq!(Money::sum(parts.iter().copied(), eur), Ok(total));
            for (part, exact) in parts.iter().zip(&exact) {
                prop_assert!((part.to_decimal() - exact).abs() <= Decimal::new(1, 2));
            }
        }

        #[test]
        fn text_form_round_trips(minor in any::<i32>(), code in prop::sample::select(vec!["JPY", "EUR", "KWD"])) {
            let money = Money::from_minor(i64::from(minor), currency(code));
            let json = serde_json::to_string(&money).unwrap_or_default();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).ok(), Some(money));
        }
    }
}
