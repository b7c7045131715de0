//! Names that differ between Odoo versions (facts A5), chosen by what the database really has.

use crate::session::Version;
use causeway_domain::Fault;
use std::collections::BTreeSet;

/// The names of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMap {
    /// Taxes of a sale order line: `tax_ids` (19) or `tax_id` (17, 18).
    pub line_taxes: &'static str,
    /// Unit of measure of a sale order line: `product_uom_id` (19) or `product_uom` (17, 18).
    pub line_uom: &'static str,
    /// `sale.order.line.technical_price_unit` exists: what tells Odoo that a price was set by hand.
    pub technical_price_unit: bool,
    /// `sale.order.line.is_delivery` exists (module `delivery`).
    pub is_delivery: bool,
    /// `account.tax` itself says which tax it replaces where (19); else `account.fiscal.position.tax`.
    pub taxes_know_positions: bool,
}

impl FieldMap {
    /// The names that a version is expected to have; [`crate::connect`] checks them.
    pub fn for_version(version: Version) -> Self {
        let modern = version.major >= 19;
        Self {
            line_taxes: if modern { "tax_ids" } else { "tax_id" },
            line_uom: if modern { "product_uom_id" } else { "product_uom" },
            technical_price_unit: version.major >= 18,
            is_delivery: true,
            taxes_know_positions: modern,
        }
    }

    /// The `load` column of a line's taxes by database id.
    pub fn line_taxes_column(&self) -> &'static str {
        if self.line_taxes == "tax_ids" {
            "order_line/tax_ids/.id"
        } else {
            "order_line/tax_id/.id"
        }
    }

    /// The `load` column of a line's unit of measure by database id.
    pub fn line_uom_column(&self) -> &'static str {
        if self.line_uom == "product_uom_id" {
            "order_line/product_uom_id/.id"
        } else {
            "order_line/product_uom/.id"
        }
    }
}

/// What we read of a `sale.order`.
pub(crate) const ORDER_READ: &[&str] = &[
    "name",
    "state",
    "locked",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "date_order",
    "fiscal_position_id",
    "partner_id",
    "partner_invoice_id",
    "partner_shipping_id",
    "client_order_ref",
    "invoice_status",
];

/// What we write on a `sale.order` and do not read.
const ORDER_WRITTEN: &[&str] = &[
    "origin",
    "pricelist_id",
    "payment_term_id",
    "warehouse_id",
    "user_id",
    "team_id",
    "company_id",
    "note",
    "order_line",
];

/// What [`crate::connect`] asks of `sale.order`: every field that we read or write.
pub(crate) fn order() -> Vec<&'static str> {
    [ORDER_READ, ORDER_WRITTEN].concat()
}

/// The same for `sale.order.line`, without [`LINE_VARIANTS`].
pub(crate) const LINE: &[&str] = &[
    "order_id",
    "product_id",
    "name",
    "product_uom_qty",
    "price_unit",
    "discount",
    "price_subtotal",
    "price_total",
    "qty_delivered",
    "qty_invoiced",
    "display_type",
    "sequence",
    "currency_id",
    "customer_lead",
];

/// What we write of [`LINE`], or read with its order.
const LINE_WRITTEN: &[&str] = &["sequence", "customer_lead"];

/// What we read of a `sale.order.line`, without the name of its taxes.
pub(crate) fn line_read() -> Vec<&'static str> {
    LINE.iter().copied().filter(|field| !LINE_WRITTEN.contains(field)).collect()
}

/// What may or may not be on `sale.order.line`.
pub(crate) const LINE_VARIANTS: &[&str] = &[
    "tax_ids",
    "tax_id",
    "product_uom_id",
    "product_uom",
    "technical_price_unit",
    "is_delivery",
    "extra_tax_data",
];

/// The same for `res.partner`.
pub(crate) const PARTNER: &[&str] = &[
    "name",
    "email",
    "email_normalized",
    "phone",
    "vat",
    "parent_id",
    "is_company",
    "type",
    "street",
    "street2",
    "zip",
    "city",
    "country_id",
    "country_code",
    "state_id",
    "company_id",
];

/// The same for `account.tax`.
pub(crate) const TAX: &[&str] =
    &["name", "amount", "amount_type", "price_include", "active", "company_id", "type_tax_use"];

/// What may or may not be on `account.tax`.
pub(crate) const TAX_VARIANTS: &[&str] = &["fiscal_position_ids", "original_tax_ids"];

/// Refuses a database that lacks an expected field, naming model, field and version.
pub(crate) fn expect(
    model: &str,
    expected: &[&str],
    found: &BTreeSet<String>,
    version: Version,
) -> Result<(), Fault> {
    let missing: Vec<&str> =
        expected.iter().copied().filter(|field| !found.contains(*field)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::reject(
        format!("Odoo {version} has no field {} on {model}", missing.join(", ")),
        "install the Odoo app that adds it, or give the integration user's groups access to it",
    ))
}

/// The first of two names that the database has; the version decides which is asked first.
pub(crate) fn choose(
    model: &str,
    names: [&'static str; 2],
    found: &BTreeSet<String>,
    version: Version,
) -> Result<&'static str, Fault> {
    match names.into_iter().find(|name| found.contains(*name)) {
        Some(name) => Ok(name),
        None => Err(Fault::reject(
            format!("Odoo {version} has neither {} on {model}", names.join(" nor ")),
            "this version of Odoo is not supported; report it with its version",
        )),
    }
}
