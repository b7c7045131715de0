//! Finds the Odoo product of every line: by link, else by SKU. An unknown SKU is named, never
//! replaced by a catch-all (R141, R158).

use super::intent::{ProductNeed, SaleOrder};
use crate::config::{StoreConfig, UnknownSku};
use crate::work::unavailable;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, OrderKey, ProductRef, Sku, StoreId, WaitKey};
use causeway_ledger::{Ledger, Link, LinkKey, LinkKind};
use causeway_odoo::{Odoo, ProductRecord};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Product ids by platform reference.
#[derive(Debug)]
pub(crate) struct Products {
    links: HashMap<LinkKey, i64>,
    by_sku: BTreeMap<Sku, Vec<ProductRecord>>,
    company: i64,
}

/// The links that can name a product, the surest first.
pub(crate) fn link_keys(store: &StoreId, product: &ProductRef) -> Vec<LinkKey> {
    let key =
        |kind, source: &str| LinkKey { store: store.clone(), kind, source: source.to_owned() };
    // A SKU that moved to another product on the platform must not keep its old link: the link of a
    // platform product is taken together with its SKU.
    let id = product.id.as_ref().map(|id| match &product.sku {
        Some(sku) => key(LinkKind::Product, &format!("{id}|{sku}")),
        None => key(LinkKind::Product, id.as_str()),
    });
    let sku = product.sku.as_ref().map(|sku| key(LinkKind::Sku, sku.as_str()));
    id.into_iter().chain(sku).collect()
}

fn goods<'a>(orders: &'a [&SaleOrder]) -> impl Iterator<Item = &'a ProductRef> {
    orders.iter().flat_map(|order| &order.lines).filter_map(|line| match &line.product {
        ProductNeed::Goods(reference) => Some(reference),
        ProductNeed::Configured(_) => None,
    })
}

/// Looks up the goods of a batch in at most one ledger read and one Odoo search.
pub(super) async fn resolve<H: Http, L: Ledger>(
    odoo: Odoo<'_, H>,
    ledger: &L,
    store: &StoreId,
    orders: &[&SaleOrder],
) -> Result<Products, Fault> {
    let goods: Vec<&ProductRef> = goods(orders).collect();
    find(odoo, ledger, store, &goods).await
}

/// The same for goods of any origin.
pub(crate) async fn find<H: Http, L: Ledger>(
    odoo: Odoo<'_, H>,
    ledger: &L,
    store: &StoreId,
    goods: &[&ProductRef],
) -> Result<Products, Fault> {
    let keys: Vec<LinkKey> = goods
        .iter()
        .flat_map(|product| link_keys(store, product))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let links = ledger.links(&keys).await.map_err(unavailable)?;
    let linked =
        |product: &ProductRef| link_keys(store, product).iter().any(|key| links.contains_key(key));
    let skus: Vec<Sku> = goods
        .iter()
        .filter(|product| !linked(product))
        .filter_map(|product| product.sku.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let by_sku = if skus.is_empty() { BTreeMap::new() } else { odoo.find_products(&skus).await? };
    let unlinked: Vec<&ProductRef> =
        goods.iter().copied().filter(|product| !linked(product)).collect();
    let products = Products { links, by_sku, company: odoo.connection.company };
    let fresh: Vec<Link> = unlinked
        .into_iter()
        .filter_map(|product| {
            let odoo_id = products.sellable(product)?;
            Some(link_keys(store, product).into_iter().map(move |key| Link { key, odoo_id }))
        })
        .flatten()
        .collect();
    if !fresh.is_empty() {
        ledger.put_links(&fresh).await.map_err(unavailable)?;
    }
    Ok(products)
}

impl Products {
    /// Active and not limited to another company.
    fn usable(&self, record: &ProductRecord) -> bool {
        record.active && record.company.is_none_or(|id| id == self.company)
    }

    /// The only usable product with that SKU.
    fn sellable(&self, product: &ProductRef) -> Option<i64> {
        let found = self.by_sku.get(product.sku.as_ref()?)?;
        let mut active = found.iter().filter(|record| self.usable(record));
        match (active.next(), active.next()) {
            (Some(only), None) => Some(only.id),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }

    /// The product id of a line, or why there is none.
    pub(super) fn id(
        &self,
        order: &SaleOrder,
        need: &ProductNeed,
        config: &StoreConfig,
    ) -> Result<i64, Fault> {
        match need {
            ProductNeed::Configured(id) => Ok(*id),
            ProductNeed::Goods(product) => self.of(&order.key, product, config),
        }
    }

    /// The product id of goods, or why there is none.
    pub(crate) fn of(
        &self,
        order: &OrderKey,
        product: &ProductRef,
        config: &StoreConfig,
    ) -> Result<i64, Fault> {
        let store = &order.store;
        let linked = link_keys(store, product).iter().find_map(|key| self.links.get(key).copied());
        if let Some(id) = linked.or_else(|| self.sellable(product)) {
            return Ok(id);
        }
        let Some(sku) = &product.sku else {
            return Err(Fault::reject(
                format!(
                    "order {}: product {} has no SKU and no link to Odoo",
                    order,
                    product.id.as_ref().map_or("without an id", |id| id.as_str())
                ),
                "give the product a SKU on the platform, then replay the order",
            ));
        };
        let found = self.by_sku.get(sku).map_or(&[][..], Vec::as_slice);
        let active: Vec<i64> = found.iter().filter(|p| self.usable(p)).map(|p| p.id).collect();
        if active.len() > 1 {
            return Err(Fault::reject(
                format!("order {}: Odoo products {active:?} all have SKU {sku}", order),
                "give each its own internal reference in Odoo, then replay the order",
            ));
        }
        let cause = match found.first() {
            Some(archived) => {
                format!(
                    "order {}: SKU {sku} is archived or of another company in Odoo (product {})",
                    order, archived.id
                )
            }
            None => format!("order {}: Odoo has no product with SKU {sku}", order),
        };
        match config.order.unknown_sku {
            UnknownSku::Wait => Err(Fault::Wait { key: WaitKey::product(sku.as_str()), cause }),
            UnknownSku::Reject => Err(Fault::reject(
                cause,
                format!("make the product with internal reference {sku} in Odoo, then replay"),
            )),
        }
    }
}

/// The links that an order's goods rest on.
pub(super) fn links_of(store: &StoreId, order: &SaleOrder) -> Vec<LinkKey> {
    goods(&[order]).flat_map(|product| link_keys(store, product)).collect()
}
