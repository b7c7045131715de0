//! Customers, their addresses, countries and states.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::transport::{COUNTRY_SEARCH_READ, PARTNER_SEARCH_READ, STATE_SEARCH_READ};
use causeway_domain::customer::fold;
use causeway_domain::ports::Http;
use causeway_domain::{CountryCode, Fault, Personal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A customer: a person without a company above, or a company. Its `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct PartnerRecord {
    /// `res.partner` id.
    pub id: i64,
    /// Name.
    pub name: Personal<String>,
    /// `email_normalized`: trimmed, lower case.
    pub email: Option<String>,
    /// VAT number as Odoo stores it: without blanks and dots if it was checked.
    pub vat: Option<String>,
    /// True for a company.
    pub is_company: bool,
    /// `res.partner` id of the company above.
    pub parent: Option<i64>,
    /// `res.company` id that it is limited to.
    pub company: Option<i64>,
}

impl fmt::Debug for PartnerRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartnerRecord")
            .field("id", &self.id)
            .field("is_company", &self.is_company)
            .field("parent", &self.parent)
            .field("company", &self.company)
            .finish_non_exhaustive()
    }
}

/// A contact below a customer. Texts that Odoo does not have are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    /// `res.partner` id.
    pub id: i64,
    /// The customer it belongs to.
    pub parent: i64,
    /// `contact`, `invoice`, `delivery`, `other`, or empty.
    pub kind: String,
    /// Recipient.
    pub name: Personal<String>,
    /// First line.
    pub street: Personal<String>,
    /// Second line.
    pub street2: Personal<String>,
    /// Postal code.
    pub zip: Personal<String>,
    /// City.
    pub city: Personal<String>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
    /// State code within the country.
    pub state_code: Option<String>,
    /// Phone.
    pub phone: Option<Personal<String>>,
}

const PARTNER: &[&str] =
    &["name", "email_normalized", "vat", "is_company", "parent_id", "company_id"];

const CONTACT: &[&str] = &[
    "parent_id",
    "type",
    "name",
    "street",
    "street2",
    "zip",
    "city",
    "country_code",
    "state_id",
    "phone",
];

impl<H: Http> Odoo<'_, H> {
    /// `res.partner.search_read` of active customers by normalised e-mail (facts A8: `email =` is case
    /// sensitive and `=ilike` knows wildcards), oldest first. Addresses below a customer are left out.
    pub async fn find_partners_by_email(
        &self,
        emails: &[String],
    ) -> Result<Vec<PartnerRecord>, Fault> {
        self.find_partners("email_normalized", emails).await
    }

    /// The same by VAT number: blanks, dots and dashes taken out, in capitals, with country letters,
    /// which is how Odoo stores a number that it has checked.
    pub async fn find_partners_by_vat(&self, vats: &[String]) -> Result<Vec<PartnerRecord>, Fault> {
        self.find_partners("vat", vats).await
    }

    /// Those of these partners on whom a fiscal position is set by hand (or on their company): Odoo takes
    /// it before any that it would find by an address.
    pub async fn with_own_position(&self, partners: &[i64]) -> Result<BTreeSet<i64>, Fault> {
        if partners.is_empty() {
            return Ok(BTreeSet::new());
        }
        const FIELD: &str = "property_account_position_id";
        let domain = json!([["id", "in", partners]]);
        let found = self.search_all(PARTNER_SEARCH_READ, domain, &[FIELD], true).await?;
        let mut own = BTreeSet::new();
        for value in &found {
            let row = self.row(value)?;
            if row.reference(FIELD)?.is_some() {
                own.insert(row.id()?);
            }
        }
        Ok(own)
    }

    async fn find_partners(
        &self,
        field: &str,
        values: &[String],
    ) -> Result<Vec<PartnerRecord>, Fault> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let domain = json!([
            [field, "in", values],
            "|",
            ["parent_id", "=", false],
            ["is_company", "=", true]
        ]);
        let found = self.search_all(PARTNER_SEARCH_READ, domain, PARTNER, false).await?;
        found.iter().map(|value| partner(&self.row(value)?)).collect()
    }

    /// `res.partner.search_read` of all active contacts below these customers, so that an address is
    /// not made twice. State codes take a second call, if any address has a state.
    pub async fn contacts_of(&self, partners: &[i64]) -> Result<Vec<ContactRecord>, Fault> {
        if partners.is_empty() {
            return Ok(Vec::new());
        }
        let domain = json!([["parent_id", "in", partners]]);
        let found = self.search_all(PARTNER_SEARCH_READ, domain, CONTACT, false).await?;
        let rows: Vec<Row<'_>> =
            found.iter().map(|value| self.row(value)).collect::<Result<_, _>>()?;
        let states: BTreeSet<i64> = rows
            .iter()
            .map(|row| row.reference("state_id"))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        let codes = self.state_codes(&states).await?;
        rows.iter().map(|row| contact(row, &codes)).collect()
    }

    /// `res.country.search_read` by code: database ids by ISO code. Unknown codes are absent.
    pub async fn countries(&self, codes: &[CountryCode]) -> Result<BTreeMap<String, i64>, Fault> {
        let codes: BTreeSet<&str> = codes.iter().map(CountryCode::as_str).collect();
        if codes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let domain = json!([["code", "in", codes]]);
        let found = self.search_all(COUNTRY_SEARCH_READ, domain, &["code"], false).await?;
        let mut countries = BTreeMap::new();
        for value in &found {
            let row = row(&self.connection.name, COUNTRY_SEARCH_READ, value)?;
            if let Some(code) = row.text("code")? {
                countries.insert(code, row.id()?);
            }
        }
        Ok(countries)
    }

    /// Database ids of states by country and state code or name as given. A wrong pair is absent:
    /// Odoo itself would take it (facts A8). Names match with case and blanks folded.
    pub async fn country_states(
        &self,
        pairs: &[(CountryCode, String)],
    ) -> Result<BTreeMap<(CountryCode, String), i64>, Fault> {
        let codes: Vec<CountryCode> = pairs.iter().map(|(country, _)| *country).collect();
        let countries = self.countries(&codes).await?;
        if countries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<i64> = countries.values().copied().collect();
        let domain = json!([["country_id", "in", ids]]);
        let fields = ["code", "name", "country_id"];
        let found = self.search_all(STATE_SEARCH_READ, domain, &fields, false).await?;
        let mut known: Vec<(i64, String, String, i64)> = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, STATE_SEARCH_READ, value)?;
            let folded = |text: Option<String>| text.map(|text| fold(&text)).unwrap_or_default();
            let (code, name) = (folded(row.text("code")?), folded(row.text("name")?));
            known.push((row.required("country_id")?, code, name, row.id()?));
        }
        let find = |country: i64, text: &str| {
            let of = |state: &&(i64, String, String, i64)| state.0 == country;
            let by_code = known.iter().filter(of).find(|state| state.1 == text);
            by_code.or_else(|| known.iter().filter(of).find(|state| state.2 == text)).map(|s| s.3)
        };
        let matched = pairs.iter().filter(|(_, text)| !fold(text).is_empty()).filter_map(
            |(country, text)| {
                let id = find(*countries.get(country.as_str())?, &fold(text))?;
                Some(((*country, text.clone()), id))
            },
        );
        Ok(matched.collect())
    }

    async fn state_codes(&self, ids: &BTreeSet<i64>) -> Result<BTreeMap<i64, String>, Fault> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let domain = json!([["id", "in", ids]]);
        let found = self.search_all(STATE_SEARCH_READ, domain, &["code"], false).await?;
        let mut codes = BTreeMap::new();
        for value in &found {
            let row = row(&self.connection.name, STATE_SEARCH_READ, value)?;
            codes.insert(row.id()?, row.text("code")?.unwrap_or_default());
        }
        Ok(codes)
    }

    fn row<'v>(&'v self, value: &'v Value) -> Result<Row<'v>, Fault> {
        row(&self.connection.name, PARTNER_SEARCH_READ, value)
    }
}

fn partner(row: &Row<'_>) -> Result<PartnerRecord, Fault> {
    Ok(PartnerRecord {
        id: row.id()?,
        name: row.personal("name")?.unwrap_or_default(),
        email: row.text("email_normalized")?,
        vat: row.text("vat")?,
        is_company: row.flag("is_company")?,
        parent: row.reference("parent_id")?,
        company: row.reference("company_id")?,
    })
}

fn contact(row: &Row<'_>, states: &BTreeMap<i64, String>) -> Result<ContactRecord, Fault> {
    let state = row.reference("state_id")?.and_then(|id| states.get(&id).cloned());
    Ok(ContactRecord {
        id: row.id()?,
        parent: row.required("parent_id")?,
        kind: row.text("type")?.unwrap_or_default(),
        name: row.personal("name")?.unwrap_or_default(),
        street: row.personal("street")?.unwrap_or_default(),
        street2: row.personal("street2")?.unwrap_or_default(),
        zip: row.personal("zip")?.unwrap_or_default(),
        city: row.personal("city")?.unwrap_or_default(),
        country_code: row.text("country_code")?,
        state_code: state,
        phone: row.personal("phone")?,
    })
}
