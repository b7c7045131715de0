//! Products by SKU.

use crate::client::{Odoo, PAGE};
use crate::decode::row;
use crate::transport::PRODUCT_SEARCH_READ;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Sku};
use serde_json::json;
use std::collections::BTreeMap;

/// A product variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRecord {
    /// `product.product` id.
    pub id: i64,
    /// `default_code`.
    pub sku: Sku,
    /// False if archived: `load` would take it all the same (facts A15).
    pub active: bool,
    /// False if it may not be sold.
    pub sale_ok: bool,
    /// `res.company` id that it is limited to.
    pub company: Option<i64>,
}

const FIELDS: &[&str] = &["default_code", "active", "sale_ok", "company_id"];

impl<H: Http> Odoo<'_, H> {
    /// `product.product.search_read` by `default_code`, archived ones too so that one can be named.
    /// Odoo lets several products share a code, so each SKU has a list, oldest first; an unknown SKU
    /// is absent. Codes are compared exactly.
    pub async fn find_products(
        &self,
        skus: &[Sku],
    ) -> Result<BTreeMap<Sku, Vec<ProductRecord>>, Fault> {
        let mut products: BTreeMap<Sku, Vec<ProductRecord>> = BTreeMap::new();
        for page in skus.chunks(PAGE) {
            let codes: Vec<&str> = page.iter().map(Sku::as_str).collect();
            let domain = json!([["default_code", "in", codes]]);
            let found = self.search_all(PRODUCT_SEARCH_READ, domain, FIELDS, true).await?;
            for value in &found {
                let row = row(&self.connection.name, PRODUCT_SEARCH_READ, value)?;
                let sku = Sku::new(row.text("default_code")?.unwrap_or_default());
                let product = ProductRecord {
                    id: row.id()?,
                    sku: sku.clone(),
                    active: row.flag("active")?,
                    sale_ok: row.flag("sale_ok")?,
                    company: row.reference("company_id")?,
                };
                products.entry(sku).or_default().push(product);
            }
        }
        Ok(products)
    }
}
