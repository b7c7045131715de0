//! Lines of journal entries: read, and reconcile.

use crate::client::Odoo;
use crate::decode::{Row, row};
use crate::fault::Cause;
use crate::pin::number;
use crate::selection::selection;
use crate::transport::{Args, MOVE_LINE_RECONCILE, MOVE_LINE_SEARCH_READ};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault, Money};
use serde_json::{Value, json};

selection! {
    /// `account.move.line.display_type`.
    LineDisplay {
        /// A line that somebody entered: goods, services, and every line of an entry.
        Product = "product",
        /// Tax that Odoo computed.
        Tax = "tax",
        /// What is to be paid, by due date.
        PaymentTerm = "payment_term",
        /// Cash rounding.
        Rounding = "rounding",
        /// A heading.
        Section = "line_section",
        /// A remark.
        Note = "line_note",
    }
}

selection! {
    /// `account.account.account_type`, as far as we decide by it.
    AccountKind {
        /// What customers owe.
        Receivable = "asset_receivable",
        /// Bank and cash.
        Cash = "asset_cash",
        /// Clearing and other current assets.
        CurrentAsset = "asset_current",
        /// What is owed to suppliers.
        Payable = "liability_payable",
        /// Taxes and other current debts.
        CurrentLiability = "liability_current",
        /// Sales.
        Income = "income",
        /// Other income.
        OtherIncome = "income_other",
        /// Expenses.
        Expense = "expense",
    }
}

/// A line of a journal entry as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveLine {
    /// `account.move.line` id.
    pub id: i64,
    /// `account.move` id.
    pub entry: i64,
    /// True if the entry is posted.
    pub posted: bool,
    /// `ref` of the entry; of a payment its memo.
    pub reference: Option<String>,
    /// `product.product` id.
    pub product: Option<i64>,
    /// `uom.uom` id.
    pub uom: Option<i64>,
    /// Label. Odoo makes its own for invoices (`[SHIP] Shipping Shipping`): never compare it.
    pub name: Option<String>,
    /// Quantity; 0 on lines that are no goods.
    pub quantity: Decimal,
    /// Unit price.
    pub price_unit: Decimal,
    /// Percent.
    pub discount: Decimal,
    /// `account.tax` ids of a base line.
    pub taxes: Vec<i64>,
    /// `account.account` id; `None` on headings and remarks.
    pub account: Option<i64>,
    /// What the account is.
    pub account_kind: AccountKind,
    /// `analytic_distribution`: analytic account ids to percent, to be copied as it is.
    pub analytic: Option<Value>,
    /// Net of a product line, in the entry's currency.
    pub subtotal: Money,
    /// With tax. Taxes are rounded per document, so these need not add up (facts A7).
    pub total: Money,
    /// `sale.order.line` ids.
    pub sale_lines: Vec<i64>,
    /// What kind of line.
    pub display: LineDisplay,
    /// The tax that a tax line is of.
    pub tax_of: Option<i64>,
    /// `account.tax.repartition.line` id of a tax line.
    pub repartition_line: Option<i64>,
    /// `account.account.tag` ids: where it stands in the tax report.
    pub tags: Vec<i64>,
    /// Debit less credit, in the company's currency.
    pub balance: Money,
    /// The same in the line's currency.
    pub amount: Money,
    /// `res.currency` id of the line.
    pub currency_id: i64,
    /// What is not reconciled yet, in the company's currency; zero on accounts that are not reconciled.
    pub residual: Money,
    /// The same in the line's currency.
    pub residual_amount: Money,
    /// True once nothing is left open.
    pub reconciled: bool,
    /// `extra_tax_data`: the line's pin (19 and later).
    pub pin: Option<Value>,
    /// `res.partner` id.
    pub partner: Option<i64>,
}

/// What came of [`Odoo::reconcile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// The lines are reconciled with each other, as far as their amounts go.
    Now,
    /// One of the lines was reconciled before, by us or by somebody else: read the lines again.
    Before,
}

const FIELDS: &[&str] = &[
    "move_id",
    "parent_state",
    "ref",
    "product_id",
    "product_uom_id",
    "name",
    "quantity",
    "price_unit",
    "discount",
    "tax_ids",
    "account_id",
    "account_type",
    "analytic_distribution",
    "price_subtotal",
    "price_total",
    "sale_line_ids",
    "display_type",
    "tax_line_id",
    "tax_repartition_line_id",
    "tax_tag_ids",
    "balance",
    "amount_currency",
    "currency_id",
    "company_currency_id",
    "amount_residual",
    "amount_residual_currency",
    "reconciled",
    "extra_tax_data",
    "partner_id",
];

impl<H: Http> Odoo<'_, H> {
    /// `account.move.line.search_read` of all lines of these entries, in the order of ids.
    pub async fn move_lines(&self, entries: &[i64]) -> Result<Vec<MoveLine>, Fault> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        self.lines_where(json!([["move_id", "in", entries]])).await
    }

    /// The posted, unreconciled lines of one account whose entry has one of these `ref`s: what a
    /// settlement is matched with. References are compared exactly.
    pub async fn open_lines(
        &self,
        account: i64,
        references: &[String],
    ) -> Result<Vec<MoveLine>, Fault> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let domain = json!([
            ["account_id", "=", account],
            ["reconciled", "=", false],
            ["parent_state", "=", "posted"],
            ["ref", "in", references],
        ]);
        self.lines_where(domain).await
    }

    /// The posted lines of one account over exactly this balance.
    pub async fn lines_of_balance(
        &self,
        account: i64,
        balance: Money,
    ) -> Result<Vec<MoveLine>, Fault> {
        let domain = json!([
            ["account_id", "=", account],
            ["parent_state", "=", "posted"],
            ["balance", "=", number(balance.to_decimal())],
        ]);
        self.lines_where(domain).await
    }

    async fn lines_where(&self, domain: Value) -> Result<Vec<MoveLine>, Fault> {
        let pins = self.session.pins;
        let fields: Vec<&str> =
            FIELDS.iter().copied().filter(|field| pins || *field != "extra_tax_data").collect();
        let found = self.search_all(MOVE_LINE_SEARCH_READ, domain, &fields, false).await?;
        let name = &self.connection.name;
        found
            .iter()
            .map(|value| self.move_line(&row(name, MOVE_LINE_SEARCH_READ, value)?))
            .collect()
    }

    /// `account.move.line.reconcile()` of posted, open lines of one account. Odoo refuses the whole set
    /// if one line is reconciled already (422), which is no fault here: the lines are read, and
    /// [`Reconciled::Before`] says that the set was not open any more.
    pub async fn reconcile(&self, lines: &[i64]) -> Result<Reconciled, Fault> {
        match self.call(MOVE_LINE_RECONCILE, Args::of(lines)).await {
            Ok(_) => Ok(Reconciled::Now),
            Err(refused) if refused.cause == Cause::Rule => {
                let now = self.lines_where(json!([["id", "in", lines]])).await?;
                match now.iter().any(|line| line.reconciled) {
                    true => Ok(Reconciled::Before),
                    false => Err(refused.fault),
                }
            }
            Err(refused) => Err(refused.fault),
        }
    }

    fn move_line(&self, row: &Row<'_>) -> Result<MoveLine, Fault> {
        let currency_id = row.required("currency_id")?;
        let (_, currency) = self.currency(currency_id)?;
        let (_, own) = self.currency(row.required("company_currency_id")?)?;
        let text = |field: &str| Ok::<_, Fault>(row.text(field)?.unwrap_or_default());
        Ok(MoveLine {
            id: row.id()?,
            entry: row.required("move_id")?,
            posted: text("parent_state")? == "posted",
            reference: row.text("ref")?,
            product: row.reference("product_id")?,
            uom: row.reference("product_uom_id")?,
            name: row.text("name")?,
            quantity: row.decimal("quantity")?,
            price_unit: row.decimal("price_unit")?,
            discount: row.decimal("discount")?,
            taxes: row.ids("tax_ids")?,
            account: row.reference("account_id")?,
            account_kind: AccountKind::parse(&text("account_type")?),
            analytic: row.json("analytic_distribution")?,
            subtotal: row.money("price_subtotal", currency)?,
            total: row.money("price_total", currency)?,
            sale_lines: row.ids("sale_line_ids")?,
            display: LineDisplay::parse(&text("display_type")?),
            tax_of: row.reference("tax_line_id")?,
            repartition_line: row.reference("tax_repartition_line_id")?,
            tags: row.ids("tax_tag_ids")?,
            balance: row.money("balance", own)?,
            amount: row.money("amount_currency", currency)?,
            currency_id,
            residual: row.money("amount_residual", own)?,
            residual_amount: row.money("amount_residual_currency", currency)?,
            reconciled: row.flag("reconciled")?,
            pin: if self.session.pins { row.json("extra_tax_data")? } else { None },
            partner: row.reference("partner_id")?,
        })
    }
}
