//! Where goods go: picking types and locations.

use crate::client::Odoo;
use crate::decode::row;
use crate::pickings::PickingCode;
use crate::selection::selection;
use crate::transport::{LOCATION_SEARCH_READ, PICKING_TYPE_SEARCH_READ};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use serde_json::json;

selection! {
    /// `stock.location.usage`.
    LocationUsage {
        /// In the company's hands.
        Internal = "internal",
        /// At customers.
        Customer = "customer",
        /// Counted away: losses, scrap.
        Inventory = "inventory",
    }
}

/// A kind of picking of a warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickingTypeRecord {
    /// `stock.picking.type` id.
    pub id: i64,
    /// Name, in the integration user's language.
    pub name: String,
    /// Direction.
    pub code: PickingCode,
    /// `stock.warehouse` id.
    pub warehouse: Option<i64>,
    /// `res.company` id.
    pub company: Option<i64>,
    /// `stock.location` id.
    pub from: Option<i64>,
    /// `stock.location` id.
    pub to: Option<i64>,
    /// The type that returns have; the type itself or the receipts if none is set.
    pub returns: Option<i64>,
}

/// A place for goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationRecord {
    /// `stock.location` id.
    pub id: i64,
    /// `WH/Stock`.
    pub name: String,
    /// What it is.
    pub usage: LocationUsage,
    /// `stock.warehouse` id.
    pub warehouse: Option<i64>,
}

impl<H: Http> Odoo<'_, H> {
    /// `stock.picking.type.search_read` of the active incoming and outgoing types.
    pub async fn picking_types(&self) -> Result<Vec<PickingTypeRecord>, Fault> {
        const FIELDS: &[&str] = &[
            "name",
            "code",
            "warehouse_id",
            "company_id",
            "default_location_src_id",
            "default_location_dest_id",
            "return_picking_type_id",
        ];
        let domain = json!([["code", "in", ["incoming", "outgoing"]]]);
        let found = self.search_all(PICKING_TYPE_SEARCH_READ, domain, FIELDS, false).await?;
        let mut types = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, PICKING_TYPE_SEARCH_READ, value)?;
            types.push(PickingTypeRecord {
                id: row.id()?,
                name: row.text("name")?.unwrap_or_default(),
                code: PickingCode::parse(&row.text("code")?.unwrap_or_default()),
                warehouse: row.reference("warehouse_id")?,
                company: row.reference("company_id")?,
                from: row.reference("default_location_src_id")?,
                to: row.reference("default_location_dest_id")?,
                returns: row.reference("return_picking_type_id")?,
            });
        }
        Ok(types)
    }

    /// `stock.location.search_read` of the active locations of goods, customers and losses.
    pub async fn locations(&self) -> Result<Vec<LocationRecord>, Fault> {
        const FIELDS: &[&str] = &["complete_name", "usage", "warehouse_id"];
        let domain = json!([["usage", "in", ["internal", "customer", "inventory"]]]);
        let found = self.search_all(LOCATION_SEARCH_READ, domain, FIELDS, false).await?;
        let mut locations = Vec::with_capacity(found.len());
        for value in &found {
            let row = row(&self.connection.name, LOCATION_SEARCH_READ, value)?;
            locations.push(LocationRecord {
                id: row.id()?,
                name: row.text("complete_name")?.unwrap_or_default(),
                usage: LocationUsage::parse(&row.text("usage")?.unwrap_or_default()),
                warehouse: row.reference("warehouse_id")?,
            });
        }
        Ok(locations)
    }
}
