//! Who bought, and where it goes.

use crate::digest::short_digest;
use crate::id::CustomerId;
use crate::redact::Personal;
use serde::{Deserialize, Serialize};

/// ISO 3166-1 alpha-2, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Reads two letters, any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}
impl TryFrom<String> for CountryCode {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| "not a two-letter country code".to_owned())
    }
}
impl From<CountryCode> for String {
    fn from(code: CountryCode) -> Self {
        code.as_str().to_owned()
    }
}

/// The buyer of one order, as the platform knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's account id; `None` for a guest.
    pub id: Option<CustomerId>,
    /// Full name of the person.
    pub name: Personal<String>,
    /// E-mail as entered. Compare by [`Customer::email_normalised`].
    pub email: Option<Personal<String>>,
    /// Phone as entered.
    pub phone: Option<Personal<String>>,
    /// Company name; with [`Customer::vat`] it makes the customer a business (B2B).
    pub company: Option<Personal<String>>,
    /// VAT number as entered, if the platform has one.
    pub vat: Option<Personal<String>>,
}

impl Customer {
    /// The e-mail in the form of Odoo's `email_normalized`: trimmed, lower case (odoo FACTS A8).
    pub fn email_normalised(&self) -> Option<String> {
        let email = self.email.as_ref()?.reveal().trim().to_lowercase();
        (!email.is_empty()).then_some(email)
    }
    /// The VAT number without blanks, dots and dashes, in capitals.
    pub fn vat_normalised(&self) -> Option<String> {
        let vat: String = self
            .vat
            .as_ref()?
            .reveal()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_uppercase();
        (!vat.is_empty()).then_some(vat)
    }
}

/// A postal address with its own recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Recipient.
    pub name: Personal<String>,
    /// Company of the recipient.
    pub company: Option<Personal<String>>,
    /// First line.
    pub street: Personal<String>,
    /// Second line.
    pub street2: Option<Personal<String>>,
    /// City.
    pub city: Personal<String>,
    /// Postal code.
    pub zip: Personal<String>,
    /// State or province code within the country (`NY`), or its name where the platform has no code.
    pub state: Option<Personal<String>>,
    /// Country; `None` where the platform sent none.
    pub country: Option<CountryCode>,
    /// Phone for the carrier.
    pub phone: Option<Personal<String>>,
}

impl Address {
    /// Digest of the content with case and blanks folded: two equal addresses are one contact.
    pub fn digest(&self) -> String {
        let text = |value: &Personal<String>| fold(value.reveal());
        let optional =
            |value: &Option<Personal<String>>| value.as_ref().map(text).unwrap_or_default();
        let parts = [
            text(&self.name),
            optional(&self.company),
            text(&self.street),
            optional(&self.street2),
            text(&self.city),
            text(&self.zip),
            optional(&self.state),
            self.country.map(String::from).unwrap_or_default(),
            optional(&self.phone),
        ];
        short_digest(parts.iter().map(String::as_str))
    }
}

/// Lower case, runs of blanks as one.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
