//! The lines of an order, unrounded: goods, fixed product taxes, delivery, gift wrapping, fees.
//!
//! Magento's identity, which every order is held against by `Order::check`: what an item comes to is
//! `row_total - discount_amount + discount_tax_compensation_amount + tax_amount`. The compensation is
//! the part of the discount that was tax (catalogue prices with tax); leaving it out is the classic
//! error.

use causeway_domain::{Currency, Decimal, Fault, LineId, LineKind, ProductId, ProductRef, Sku};

use super::document::{Amount, Extension, Item, Order};
use super::settle::Draft;
use super::taxes::{self, Taxed};

/// All lines in the order of Magento's items, then delivery, gift wrapping and fees.
pub(super) fn drafts(name: &str, order: &Order, currency: Currency) -> Result<Vec<Draft>, Fault> {
    let reader = Reader { name, order, currency };
    let mut drafts = Vec::with_capacity(order.items.len() + 1);
    for sold in sold(&order.items) {
        drafts.push(reader.product(&sold)?);
        drafts.extend(reader.weee(sold.money));
    }
    drafts.extend(reader.shipping()?);
    if let Some(more) = &order.extension_attributes {
        drafts.extend(reader.gift_wraps(more)?);
        drafts.extend(more.custom_fees.iter().map(fee).filter(|fee| !fee.net.is_zero()));
    }
    Ok(drafts)
}

/// A thing sold: which item has the amounts and which names the product.
struct Sold<'a> {
    money: &'a Item,
    product: &'a Item,
}

/// Composite products are several items. A configurable has its amounts on the parent and is the
/// child (same SKU twice); a bundle with dynamic price has them on the children (and repeats their
/// sum on the parent); a bundle with fixed price has them on the parent and is the parent.
fn sold(items: &[Item]) -> Vec<Sold<'_>> {
    let known = |item: &Item| {
        item.parent_item_id
            .as_ref()
            .is_some_and(|parent| items.iter().any(|other| other.item_id == *parent))
    };
    let mut sold = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !known(item)) {
        let children: Vec<&Item> = items
            .iter()
            .filter(|child| child.parent_item_id.as_ref() == Some(&item.item_id))
            .collect();
        if children.iter().any(|child| has_amounts(child)) {
            sold.extend(children.into_iter().map(|child| Sold { money: child, product: child }));
        } else {
            let configurable = item.product_type.as_deref() == Some("configurable");
            let product = children.first().copied().filter(|_| configurable).unwrap_or(item);
            sold.push(Sold { money: item, product });
        }
    }
    sold
}

fn has_amounts(item: &Item) -> bool {
    [item.row_total, item.price, item.tax_amount, item.discount_amount]
        .iter()
        .any(|amount| !amount.or_zero().is_zero())
}

struct Reader<'a> {
    name: &'a str,
    order: &'a Order,
    currency: Currency,
}

impl Reader<'_> {
    fn product(&self, sold: &Sold<'_>) -> Result<Draft, Fault> {
        let item = sold.money;
        let tax = item.tax_amount.or_zero();
        let before = item.row_total.or_zero();
        let discount = item.discount_amount.or_zero();
        let net = before - discount + item.discount_tax_compensation_amount.or_zero();
        let sku = sold.product.sku.as_deref().or(item.sku.as_deref()).map(str::trim);
        let kind = if item.product_type.as_deref() == Some("giftcard") {
            LineKind::GiftCardSold
        } else {
            LineKind::Product(ProductRef {
                id: sold.product.product_id.as_ref().map(|id| ProductId::new(id.as_str())),
                sku: sku.filter(|sku| !sku.is_empty()).map(Sku::from),
            })
        };
        Ok(Draft {
            id: LineId::new(item.item_id.as_str()),
            kind,
            title: item.name.clone().or(item.sku.clone()).unwrap_or_default(),
            quantity: item.qty_ordered.or_zero().normalize(),
            unit: item.price.0,
            unit_with_tax: item.price_incl_tax.0,
            before,
            before_with_tax: item.row_total_incl_tax.0.unwrap_or(net + tax + discount),
            net,
            taxes: self.taxes(Taxed::Product(item), tax)?,
        })
    }

    /// The fixed product tax (FPT, WEEE): not in `row_total`, its own tax not in `tax_amount`.
    fn weee(&self, item: &Item) -> Option<Draft> {
        let net = item.weee_tax_applied_row_amount.or_zero();
        if net.is_zero() {
            return None;
        }
        // Only the list has its tax.
        let taxes = taxes::listed(self.order, Taxed::Weee(item));
        let id = format!("weee:{}", item.item_id.as_str());
        let mut draft = extra(id, LineKind::Fee, "Fixed product tax", net, taxes);
        draft.quantity = item.qty_ordered.or_zero().normalize();
        draft.unit = item.weee_tax_applied_amount.0;
        draft.unit_with_tax = None;
        Some(draft)
    }

    fn shipping(&self) -> Result<Option<Draft>, Fault> {
        let order = self.order;
        let before = order.shipping_amount.or_zero();
        let tax = order.shipping_tax_amount.or_zero();
        let discount = order.shipping_discount_amount.or_zero().abs();
        if before.is_zero() && tax.is_zero() {
            return Ok(None);
        }
        let net = before - discount + order.shipping_discount_tax_compensation_amount.or_zero();
        let title = order.shipping_description.clone().unwrap_or_else(|| "Shipping".to_owned());
        let with_tax = order.shipping_incl_tax.0.unwrap_or(net + tax + discount);
        let taxes = self.taxes(Taxed::Shipping, tax)?;
        let mut draft = extra("shipping".to_owned(), LineKind::Shipping, &title, net, taxes);
        draft.unit = Some(before);
        draft.unit_with_tax = Some(with_tax);
        draft.before = before;
        draft.before_with_tax = with_tax;
        Ok(Some(draft))
    }

    /// Adobe Commerce: wrapping of the items, of the order, and the printed card.
    fn gift_wraps(&self, more: &Extension) -> Result<Vec<Draft>, Fault> {
        let wraps: [(&str, &str, &'static str, Amount, Amount); 3] = [
            (
                "items",
                "Gift wrapping of items",
                "item_gw",
                more.gw_items_price,
                more.gw_items_tax_amount,
            ),
            ("order", "Gift wrapping", "quote_gw", more.gw_price, more.gw_tax_amount),
            (
                "card",
                "Printed card",
                "printed_card_gw",
                more.gw_card_price,
                more.gw_card_tax_amount,
            ),
        ];
        wraps
            .into_iter()
            .filter(|(_, _, _, price, tax)| !price.or_zero().is_zero() || !tax.or_zero().is_zero())
            .map(|(id, title, kind, price, tax)| {
                let taxes = self.taxes(Taxed::GiftWrap(kind), tax.or_zero())?;
                let id = format!("gift_wrap:{id}");
                Ok(extra(id, LineKind::GiftWrap, title, price.or_zero(), taxes))
            })
            .collect()
    }

    fn taxes(&self, taxed: Taxed<'_>, amount: Decimal) -> Result<Vec<taxes::DraftTax>, Fault> {
        taxes::of(self.name, self.order, taxed, amount, self.currency)
    }
}

fn fee(fee: &super::document::CustomFee) -> Draft {
    let title = fee.custom_fee_label.as_deref().unwrap_or(&fee.custom_fee_code);
    let id = format!("fee:{}", fee.custom_fee_code);
    extra(id, LineKind::Fee, title, fee.custom_fee_amount.or_zero(), Vec::new())
}

/// A line of one without discount.
fn extra(
    id: String,
    kind: LineKind,
    title: &str,
    net: Decimal,
    taxes: Vec<taxes::DraftTax>,
) -> Draft {
    let with_tax = taxes.iter().map(|tax| tax.amount).sum::<Decimal>() + net;
    Draft {
        id: LineId::new(id),
        kind,
        title: title.to_owned(),
        quantity: Decimal::ONE,
        unit: Some(net),
        unit_with_tax: Some(with_tax),
        before: net,
        before_with_tax: with_tax,
        net,
        taxes,
    }
}
