//! The VAT check of `base_vat`, for the countries below; other countries accept any number, as the
//! real module does where it has no rule.

use super::fail::{Answer, Fail};

/// The number as Odoo stores it, or `ValidationError`. `prefixed` tells whether a country code
/// belongs to the countries whose numbers carry a prefix.
pub fn check(
    country: &str,
    number: &str,
    partner: &str,
    prefixed: impl Fn(&str) -> bool,
) -> Answer<String> {
    if number == "/" {
        return Ok(number.to_owned());
    }
    if number.chars().count() == 1 {
        return Err(Fail::validation("To explicitly indicate no (valid) VAT, use '/' instead. "));
    }
    let prefix: String = number.chars().take(2).collect::<String>().to_uppercase();
    let has_prefix = prefix.chars().all(char::is_alphabetic) && prefix.chars().count() == 2;
    let code = match prefix.as_str() {
        "EL" => "GR",
        "XI" => "GB",
        other => other,
    };
    let (own, rest) = if has_prefix && prefixed(code) && prefixed(country) {
        (prefix.clone(), number.chars().skip(2).collect::<String>())
    } else {
        (String::new(), number.to_owned())
    };
    let checked = if own.is_empty() { country } else { code };
    let compact: String = rest.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let compact = if has_rule(checked) { compact } else { rest };
    if valid(checked, &compact) {
        return Ok(format!("{own}{compact}"));
    }
    Err(Fail::validation(format!(
        "\nThe VAT number [{compact}] for partner [{partner}] does not seem to be valid.  \nNote: the expected \
         format is {}",
        expected(checked)
    )))
}

fn has_rule(country: &str) -> bool {
    !expected(country).is_empty()
}

fn expected(country: &str) -> &'static str {
    match country {
        "BE" => "BE0477472701",
        "DE" => "DE123456788 or 12/345/67890",
        "FR" => "FR23334175221",
        "NL" => "NL123456782B90",
        "NO" => "NO123456785",
        "LU" => "LU12345613",
        "IT" => "IT12345670017",
        "AT" => "ATU12345675",
        _ => "",
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

fn valid(country: &str, text: &str) -> bool {
    let Some(digits) = digits(text) else {
        return match country {
            "NL" => netherlands(text),
            "AT" => {
                text.strip_prefix('U').is_some_and(|t| t.len() == 8 && self::digits(t).is_some())
            }
            "DE" => text.split('/').map(str::len).eq([2, 3, 5]),
            "NO" => text.strip_suffix("MVA").is_some_and(|t| valid("NO", t)),
            "FR" => text.len() == 11 && self::digits(&text[2..]).is_some(),
            _ => !has_rule(country),
        };
    };
    match (country, digits.len()) {
        ("BE", 9 | 10) => {
            let text = format!("{text:0>10}");
            let head = number(&text[..8]);
            text.starts_with(['0', '1']) && 97 - head % 97 == number(&text[8..])
        }
        ("DE", 9) => mod_11_10(&digits),
        ("FR", 11) => {
            let siren = number(&text[2..]);
            (siren * 100 + 12) % 97 == number(&text[..2])
        }
        ("LU", 8) => number(&text[..6]) % 89 == number(&text[6..]),
        ("IT", 11) => luhn(&digits),
        ("NO", 9) => {
            let weights = [3, 2, 7, 6, 5, 4, 3, 2, 1];
            digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11 == 0
        }
        ("BE" | "DE" | "FR" | "LU" | "IT" | "NO" | "NL" | "AT", _) => false,
        _ => true,
    }
}

fn netherlands(text: &str) -> bool {
    let (head, tail) = text.split_at_checked(9).unwrap_or(("", ""));
    let ends = tail.len() == 3 && tail.starts_with('B') && digits(&tail[1..]).is_some();
    let sum = digits(head).map(|d| {
        let weighted: u32 = d.iter().take(8).zip((2..=9).rev()).map(|(d, w)| d * w).sum();
        weighted % 11 == d[8]
    });
    ends && sum == Some(true)
}

fn mod_11_10(digits: &[u32]) -> bool {
    let (check, head) = digits.split_last().unwrap();
    let product = head.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        2 * sum % 11
    });
    digits[0] != 0 && (11 - product) % 10 == *check
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}
