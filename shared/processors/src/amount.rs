//! Amounts as processors write them: whole minor units whose decimals are the processor's own, or
//! decimals in major units.

use causeway_domain::money::{MoneyError, decimal};
use causeway_domain::{Currency, Decimal, Fault, Money};

use crate::fault::Wrong;

/// Currencies whose minor unit a processor counts differently from ISO 4217.
pub(crate) type Exceptions = &'static [(&'static str, u32)];

/// Stripe: no decimals for MGA, and two (always 00) for ISK and UGX (docs.stripe.com/currencies).
pub(crate) const STRIPE: Exceptions = &[("MGA", 0), ("ISK", 2), ("UGX", 2)];

/// Adyen: what its list of currency codes marks as "differs from standard"
/// (docs.adyen.com/development-resources/currency-codes).
pub(crate) const ADYEN: Exceptions = &[("CLP", 2), ("CVE", 0), ("IDR", 0), ("ISK", 2)];

/// The money that a processor's whole minor units are.
pub(crate) fn from_minor(
    minor: i64,
    currency: Currency,
    exceptions: Exceptions,
) -> Result<Money, MoneyError> {
    match exceptions.iter().find(|(code, _)| *code == currency.code()) {
        Some((_, decimals)) => Money::exact(Decimal::new(minor, *decimals), currency),
        None => Ok(Money::from_minor(minor, currency)),
    }
}

/// [`from_minor`] for an answer of an API.
pub(crate) fn minor(
    what: &str,
    minor: i64,
    currency: Currency,
    exceptions: Exceptions,
) -> Result<Money, Fault> {
    from_minor(minor, currency, exceptions)
        .map_err(|error| causeway_platforms::answer::unreadable(what, error))
}

/// A currency code in any case, for an answer of an API.
pub(crate) fn currency(what: &str, code: &str) -> Result<Currency, Fault> {
    Currency::from_code(&code.to_ascii_uppercase())
        .map_err(|_| causeway_platforms::answer::unreadable(what, "a currency that is none"))
}

/// A cell in major units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Major {
    /// The amount.
    pub(crate) money: Money,
    /// True if it is written without a decimal point although its currency has decimals.
    pub(crate) whole: bool,
}

/// Reads a cell in major units: `-20.00`. Empty is nothing. No thousands separators.
pub(crate) fn major(text: &str, currency: Currency) -> Result<Option<Major>, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.len() <= 20;
    let amount = decimal(text).ok().filter(|_| plain).ok_or(Wrong::NotAnAmount)?;
    let money = Money::exact(amount, currency).map_err(|error| match error {
        MoneyError::TooPrecise { .. } => Wrong::TooPrecise(text.to_owned(), currency),
        MoneyError::UnknownCurrency(_)
        | MoneyError::NotDecimal(_)
        | MoneyError::OutOfRange
        | MoneyError::MixedCurrencies(..) => Wrong::NotAnAmount,
    })?;
    let whole = currency.exponent() > 0 && !text.contains('.') && !money.is_zero();
    Ok(Some(Major { money, whole }))
}

/// The same digits read as minor units: `12000` (EUR 12000.00) is EUR 120.00. `None` if the amount
/// has decimals, so that it cannot have been minor units.
pub(crate) fn as_minor(money: Money) -> Option<Money> {
    let factor = 10_i64.checked_pow(money.currency().exponent())?;
    let minor = money.minor().checked_div(factor)?;
    (minor.checked_mul(factor)? == money.minor() && factor > 1)
        .then(|| Money::from_minor(minor, money.currency()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(code: &str, minor: i64, exceptions: Exceptions) -> String {
        let currency = Currency::from_code(code).unwrap();
        from_minor(minor, currency, exceptions).map_or_else(|e| e.to_string(), |m| m.to_string())
    }

    /// The list of zero-decimal currencies in docs.stripe.com/currencies, its two special cases and
    /// its currencies of three decimals.
    #[test]
    fn stripes_minor_units() {
        for code in [
            "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ] {
            assert_eq!(read(code, 500, STRIPE), format!("500 {code}"));
        }
        assert_eq!(read("MGA", 500, STRIPE), "500.00 MGA");
        for code in ["ISK", "UGX"] {
            assert_eq!(read(code, 50_000, STRIPE), format!("500 {code}"));
            assert!(read(code, 50_001, STRIPE).contains("more decimals"));
        }
        for code in ["BHD", "JOD", "KWD", "OMR", "TND"] {
            assert_eq!(read(code, 500, STRIPE), format!("0.500 {code}"));
        }
        for code in ["EUR", "HUF", "TWD", "USD"] {
            assert_eq!(read(code, 500, STRIPE), format!("5.00 {code}"));
        }
    }

    #[test]
    fn a_cell_in_major_units_is_read_strictly() {
        let eur = Currency::from_code("EUR").unwrap();
        let cent = |minor, whole| Ok(Some(Major { money: Money::from_minor(minor, eur), whole }));
        assert_eq!(major(" -20.00 ", eur), cent(-2_000, false));
        assert_eq!(major("20", eur), cent(2_000, true));
        assert_eq!(major("0", eur), cent(0, false));
        assert_eq!(major("  ", eur), Ok(None));
        for text in ["1e2", "+1", "--1", "1,00", "1.0.0", ".", "-", "0x1", "\u{0661}", "1 000"] {
            assert_eq!(major(text, eur), Err(Wrong::NotAnAmount), "{text}");
        }
        let yen = Currency::from_code("JPY").unwrap();
        assert_eq!(major("20", yen).map(|read| read.map(|read| read.whole)), Ok(Some(false)));
        assert!(matches!(major("20.5", yen), Err(Wrong::TooPrecise(..))));
    }
}
