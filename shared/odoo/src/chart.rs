//! The chart of accounts as far as entries need it: journals, accounts, and where a tax goes.

use crate::client::Odoo;
use crate::decode::row;
use crate::move_lines::AccountKind;
use crate::selection::selection;
use crate::transport::{
    ACCOUNT_SEARCH_READ, COMPANY_SEARCH_READ, JOURNAL_SEARCH_READ, Operation, PARTNER_SEARCH_READ,
    REPARTITION_SEARCH_READ,
};
use causeway_domain::ports::Http;
use causeway_domain::{Currency, Decimal, Fault};
use serde_json::{Value, json};
use std::collections::BTreeMap;

selection! {
    /// `account.journal.type`.
    JournalKind {
        /// Customer invoices and credit notes.
        Sale = "sale",
        /// Vendor bills.
        Purchase = "purchase",
        /// Bank.
        Bank = "bank",
        /// Cash.
        Cash = "cash",
        /// Credit card.
        Credit = "credit",
        /// Miscellaneous.
        General = "general",
    }
}

selection! {
    /// `account.tax.repartition.line.document_type`.
    TaxDocument {
        /// Sales.
        Invoice = "invoice",
        /// Refunds.
        Refund = "refund",
    }
}

/// A journal of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// `account.journal` id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Short code: `INV`, `BNK1`.
    pub code: String,
    /// What it is for.
    pub kind: JournalKind,
    /// `res.currency` id if it is not the company's.
    pub currency_id: Option<i64>,
    /// `account.account` id: of a bank journal the bank account.
    pub default_account: Option<i64>,
}

/// An account of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// `account.account` id.
    pub id: i64,
    /// Code: `700000`.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// True if its lines can be reconciled.
    pub reconciles: bool,
    /// `res.currency` id that it is limited to.
    pub currency_id: Option<i64>,
}

/// Where a part of a tax goes. Entries of ours must say it themselves, or they are in no tax report
/// (facts A15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepartitionLine {
    /// `account.tax.repartition.line` id.
    pub id: i64,
    /// `account.tax` id.
    pub tax: i64,
    /// For sales or for refunds.
    pub document: TaxDocument,
    /// True for the part of the base amount, which has tags and no account; false for the tax itself.
    pub base: bool,
    /// Percent of the tax; several parts of a tax add up to 100, or to 0 if it is reversed.
    pub percent: Decimal,
    /// `account.account` id; `None` puts the tax on the account of its base.
    pub account: Option<i64>,
    /// `account.account.tag` ids.
    pub tags: Vec<i64>,
}

impl<H: Http> Odoo<'_, H> {
    /// `account.tax.repartition.line.search_read` of these taxes, in the order of ids: two base parts and
    /// at least two tax parts for each.
    pub async fn repartition(&self, taxes: &[i64]) -> Result<Vec<RepartitionLine>, Fault> {
        const FIELDS: &[&str] = &[
            "tax_id",
            "document_type",
            "repartition_type",
            "factor_percent",
            "account_id",
            "tag_ids",
        ];
        if taxes.is_empty() {
            return Ok(Vec::new());
        }
        let domain = json!([["tax_id", "in", taxes]]);
        let found = self.search_all(REPARTITION_SEARCH_READ, domain, FIELDS, false).await?;
        let mut lines = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, REPARTITION_SEARCH_READ, value)?;
            lines.push(RepartitionLine {
                id: row.id()?,
                tax: row.required("tax_id")?,
                document: TaxDocument::parse(&row.text("document_type")?.unwrap_or_default()),
                base: row.text("repartition_type")?.as_deref() == Some("base"),
                percent: row.decimal("factor_percent")?,
                account: row.reference("account_id")?,
                tags: row.ids("tag_ids")?,
            });
        }
        Ok(lines)
    }

    /// The currency that the company keeps its books in: `res.currency` id and currency.
    pub async fn company_currency(&self) -> Result<(i64, Currency), Fault> {
        let company = self.connection.company;
        let domain = json!([["id", "=", company]]);
        let found = self.search_all(COMPANY_SEARCH_READ, domain, &["currency_id"], true).await?;
        let value = found.first().ok_or_else(|| {
            Fault::reject(
                format!("odoo {}: no company {company}", self.connection.name),
                "correct `company`, or allow the integration user that company",
            )
        })?;
        let row = row(&self.connection.name, COMPANY_SEARCH_READ, value)?;
        let id = row.required("currency_id")?;
        Ok((id, self.currency(id)?.1))
    }

    /// `account.journal.search_read` of the company's active journals.
    pub async fn journals(&self) -> Result<Vec<JournalRecord>, Fault> {
        const FIELDS: &[&str] = &["name", "code", "type", "currency_id", "default_account_id"];
        let domain = json!([["company_id", "=", self.connection.company]]);
        let found = self.search_all(JOURNAL_SEARCH_READ, domain, FIELDS, false).await?;
        let mut journals = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, JOURNAL_SEARCH_READ, value)?;
            journals.push(JournalRecord {
                id: row.id()?,
                name: row.text("name")?.unwrap_or_default(),
                code: row.text("code")?.unwrap_or_default(),
                kind: JournalKind::parse(&row.text("type")?.unwrap_or_default()),
                currency_id: row.reference("currency_id")?,
                default_account: row.reference("default_account_id")?,
            });
        }
        Ok(journals)
    }

    /// Accounts by code, compared exactly; an unknown code is absent.
    pub async fn accounts_by_code(&self, codes: &[String]) -> Result<Vec<AccountRecord>, Fault> {
        self.accounts_where(codes.is_empty(), json!([["code", "in", codes]])).await
    }

    /// Accounts by id; a deleted or archived one is absent.
    pub async fn accounts(&self, ids: &[i64]) -> Result<Vec<AccountRecord>, Fault> {
        self.accounts_where(ids.is_empty(), json!([["id", "in", ids]])).await
    }

    async fn accounts_where(&self, none: bool, domain: Value) -> Result<Vec<AccountRecord>, Fault> {
        const FIELDS: &[&str] = &["code", "name", "account_type", "reconcile", "currency_id"];
        if none {
            return Ok(Vec::new());
        }
        let found = self.search_all(ACCOUNT_SEARCH_READ, domain, FIELDS, false).await?;
        let mut accounts = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, ACCOUNT_SEARCH_READ, value)?;
            accounts.push(AccountRecord {
                id: row.id()?,
                code: row.text("code")?.unwrap_or_default(),
                name: row.text("name")?.unwrap_or_default(),
                kind: AccountKind::parse(&row.text("account_type")?.unwrap_or_default()),
                reconciles: row.flag("reconcile")?,
                currency_id: row.reference("currency_id")?,
            });
        }
        Ok(accounts)
    }

    /// `res.partner.property_account_receivable_id` by partner: the account that an entry about what a
    /// customer owes must use to be reconciled with invoices.
    pub async fn receivable_accounts(&self, partners: &[i64]) -> Result<BTreeMap<i64, i64>, Fault> {
        const OPERATION: Operation = PARTNER_SEARCH_READ;
        if partners.is_empty() {
            return Ok(BTreeMap::new());
        }
        let domain = json!([["id", "in", partners]]);
        let fields = &["property_account_receivable_id"];
        let found = self.search_all(OPERATION, domain, fields, true).await?;
        let mut accounts = BTreeMap::new();
        for value in &found {
            let row = row(&self.connection.name, OPERATION, value)?;
            if let Some(account) = row.reference("property_account_receivable_id")? {
                accounts.insert(row.id()?, account);
            }
        }
        Ok(accounts)
    }
}
