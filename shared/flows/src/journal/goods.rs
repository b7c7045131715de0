//! The goods of a sale: what leaves, what comes back.

use super::seen::{SeenMove, SeenPicking};
use causeway_domain::{Decimal, Fault, Line, LineId, LineKind, Order, OrderKey, ProductRef};
use causeway_odoo::ExternalId;
use std::collections::BTreeMap;

/// The step of the delivery.
pub const DELIVERY: &str = "delivery";

/// Odoo's product of every line of goods.
pub type Products = BTreeMap<LineId, i64>;

/// A picking that should exist, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picking {
    /// Its key.
    pub id: ExternalId,
    /// The step of the row that remembers it.
    pub step: String,
    /// What it moves, for people.
    pub what: String,
    /// Source document.
    pub origin: String,
    /// The delivery that it takes back: its picking, and its move by product.
    pub returns: Option<(i64, BTreeMap<i64, i64>)>,
    /// Quantity by `product.product` id.
    pub quantities: BTreeMap<i64, Decimal>,
}

/// The product of a line that moves goods. An amount that was typed in (no product, no SKU) is sold and
/// moves nothing.
pub fn product(line: &Line) -> Option<&ProductRef> {
    match &line.kind {
        LineKind::Product(product) => {
            (product.id.is_some() || product.sku.is_some()).then_some(product)
        }
        LineKind::Shipping
        | LineKind::Discount
        | LineKind::GiftWrap
        | LineKind::Tip
        | LineKind::Fee
        | LineKind::GiftCardSold => None,
    }
}

/// True for a line that moves goods.
pub fn moved(line: &Line) -> bool {
    product(line).is_some()
}

/// What leaves with the sale; `None` if nothing does.
pub fn delivery(order: &Order, products: &Products) -> Option<Picking> {
    let lines = order.lines.iter().map(|line| (&line.id, line.quantity));
    let quantities = by_product(lines, products);
    (!quantities.is_empty()).then(|| Picking {
        id: ExternalId::new(&order.key.store, "entry-delivery", order.key.order.as_str()),
        step: DELIVERY.to_owned(),
        what: format!("delivery of sale {}", order.number),
        origin: format!("{} {}", order.key, order.number),
        returns: None,
        quantities,
    })
}

/// What comes back with a refund; `None` if nothing does. More than was delivered is for a person: Odoo
/// does not guard against it (odoo FACTS A9).
pub fn back(
    order: &OrderKey,
    refund: &str,
    lines: &[(LineId, Decimal)],
    products: &Products,
    delivered: &SeenPicking,
    earlier: &mut BTreeMap<i64, Decimal>,
) -> Result<Option<Picking>, Fault> {
    let quantities = by_product(lines.iter().map(|(line, quantity)| (line, *quantity)), products);
    if quantities.is_empty() {
        return Ok(None);
    }
    let mut origins = BTreeMap::new();
    for (product, quantity) in &quantities {
        let own: Vec<&SeenMove> =
            delivered.moves.iter().filter(|one| one.product == *product).collect();
        let sent: Decimal = own.iter().map(|one| one.quantity).sum();
        let all = earlier.entry(*product).or_default();
        *all += *quantity;
        let (false, Some(first)) = (*all > sent, own.first()) else {
            return Err(Fault::reject(
                format!(
                    "order {order}: {all} of product {product} come back with refund {refund} and \
                     those before it, {sent} were delivered"
                ),
                "correct the stock in Odoo by hand, then settle the item",
            ));
        };
        origins.insert(*product, first.id);
    }
    Ok(Some(Picking {
        id: ExternalId::new(&order.store, "entry-return", refund),
        step: format!("return:{refund}"),
        what: format!("goods of refund {refund}"),
        origin: format!("{order} refund {refund}"),
        returns: Some((delivered.id, origins)),
        quantities,
    }))
}

fn by_product<'a>(
    lines: impl Iterator<Item = (&'a LineId, Decimal)>,
    products: &Products,
) -> BTreeMap<i64, Decimal> {
    let mut quantities: BTreeMap<i64, Decimal> = BTreeMap::new();
    for (line, quantity) in lines {
        if let Some(product) = products.get(line) {
            *quantities.entry(*product).or_default() += quantity;
        }
    }
    quantities
}

impl Picking {
    /// The first difference to what was moved, with both numbers.
    pub fn difference(&self, seen: &SeenPicking) -> Option<String> {
        let mut moved: BTreeMap<i64, Decimal> = BTreeMap::new();
        for one in &seen.moves {
            *moved.entry(one.product).or_default() += one.quantity;
        }
        let mut products: Vec<i64> = self.quantities.keys().chain(moved.keys()).copied().collect();
        products.sort_unstable();
        products.into_iter().find_map(|product| {
            let of = |all: &BTreeMap<i64, Decimal>| all.get(&product).copied().unwrap_or_default();
            let (wanted, have) = (of(&self.quantities), of(&moved));
            (wanted != have).then(|| {
                format!(
                    "product {product}: {} sold, {} moved in Odoo",
                    wanted.normalize(),
                    have.normalize()
                )
            })
        })
    }
}
