//! Links between a platform's record and Odoo's.

use causeway_domain::StoreId;
use serde::{Deserialize, Serialize};

/// What kind of record a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Platform customer id -> `res.partner`.
    Customer,
    /// Digest of a guest's normalised e-mail -> `res.partner`.
    Guest,
    /// Partner id and digest of an address -> `res.partner` (the contact).
    Address,
    /// Platform product, variant or combination id -> `product.product`.
    Product,
    /// SKU -> `product.product`.
    Sku,
}

/// The platform's side of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkKey {
    /// The store it belongs to.
    pub store: StoreId,
    /// Kind of record.
    pub kind: LinkKind,
    /// Id or digest on the platform's side.
    pub source: String,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The platform's side.
    pub key: LinkKey,
    /// Odoo's database id.
    pub odoo_id: i64,
}

impl LinkKind {
    /// The stored word; part of keys, so it never changes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Guest => "guest",
            Self::Address => "address",
            Self::Product => "product",
            Self::Sku => "sku",
        }
    }
}
