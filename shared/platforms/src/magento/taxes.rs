//! Which taxes an amount of tax consists of.
//!
//! 2.4.9 lists them beside the item (`itemized_taxes`, `additional_itemized_taxes`); before, the
//! order does (`item_applied_taxes`). An order without either still has percentages. Amounts are
//! kept unrounded here and rounded together with everything else in [`super::settle`].

use causeway_domain::{Currency, Decimal, Fault, TaxCode};

use super::document::{Extension, Id, Item, ItemizedTax, Order};

/// One tax with its unrounded amount.
#[derive(Clone, Debug)]
pub(super) struct DraftTax {
    pub(super) code: TaxCode,
    pub(super) title: String,
    pub(super) rate: Option<Decimal>,
    pub(super) amount: Decimal,
}

/// What is taxed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taxed<'a> {
    /// The goods of an item.
    Product(&'a Item),
    /// The fixed product tax of an item, itself taxable.
    Weee(&'a Item),
    /// Delivery.
    Shipping,
    /// Gift wrapping of all items, of the order, or its printed card.
    GiftWrap(&'static str),
}

impl Taxed<'_> {
    /// Magento's word for it: `taxable_item_type`.
    fn kind(&self) -> &'static str {
        match self {
            Self::Product(_) => "product",
            Self::Weee(_) => "weee",
            Self::Shipping => "shipping",
            Self::GiftWrap(kind) => kind,
        }
    }

    fn percent(&self) -> Option<Decimal> {
        match self {
            Self::Product(item) | Self::Weee(item) => {
                item.tax_percent.0.filter(|percent| !percent.is_zero())
            }
            Self::Shipping | Self::GiftWrap(_) => None,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Product(item) => format!("item {}", item.item_id.as_str()),
            Self::Weee(item) => format!("fixed product tax of item {}", item.item_id.as_str()),
            Self::Shipping => "shipping".to_owned(),
            Self::GiftWrap(kind) => format!("gift wrapping ({kind})"),
        }
    }
}

/// The taxes of one thing, which sum to `amount`. `order_name` starts an error's text.
///
/// Listed taxes may miss `amount` by a minor unit each, from Magento's own rounding; the largest
/// takes that up. More is refused with both numbers.
pub(super) fn of(
    order_name: &str,
    order: &Order,
    taxed: Taxed<'_>,
    amount: Decimal,
    currency: Currency,
) -> Result<Vec<DraftTax>, Fault> {
    let mut taxes = listed(order, taxed);
    if taxes.is_empty() && !amount.is_zero() {
        taxes = vec![guessed(order_name, order, taxed, amount)?];
    }
    let listed: Decimal = taxes.iter().map(|tax| tax.amount).sum();
    let missing = amount - listed;
    let unit = Decimal::new(1, currency.exponent());
    if missing.abs() > unit * Decimal::from(taxes.len()) {
        return Err(Fault::reject(
            format!(
                "{order_name}: the taxes of {} sum to {listed}, its tax is {amount}",
                taxed.name()
            ),
            "compare the order's tax details on Magento; report it if they do sum up",
        ));
    }
    if let Some(largest) = taxes.iter_mut().max_by_key(|tax| tax.amount.abs()) {
        largest.amount += missing;
    }
    Ok(taxes)
}

/// The taxes that the order lists for one thing.
pub(super) fn listed(order: &Order, taxed: Taxed<'_>) -> Vec<DraftTax> {
    let Some(more) = &order.extension_attributes else { return Vec::new() };
    let taxes = itemized(more, taxed);
    if taxes.is_empty() { applied(more, taxed) } else { taxes }
}

fn itemized(more: &Extension, taxed: Taxed<'_>) -> Vec<DraftTax> {
    let own = |tax: &&ItemizedTax, kind: &str| {
        tax.taxable_item_type.as_deref().unwrap_or("product") == kind
    };
    let found: Vec<&ItemizedTax> = match taxed {
        Taxed::Product(item) => item
            .extension_attributes
            .iter()
            .flat_map(|extension| &extension.itemized_taxes)
            .filter(|tax| own(tax, "product"))
            .collect(),
        Taxed::Weee(item) => more
            .additional_itemized_taxes
            .iter()
            .chain(item.extension_attributes.iter().flat_map(|e| &e.itemized_taxes))
            .filter(|tax| own(tax, "weee") && belongs(tax.associated_item_id.as_ref(), item))
            .collect(),
        Taxed::Shipping | Taxed::GiftWrap(_) => {
            more.additional_itemized_taxes.iter().filter(|tax| own(tax, taxed.kind())).collect()
        }
    };
    let taxes = found.into_iter().map(|tax| {
        let code = tax.tax_code.clone();
        let title = more
            .applied_taxes
            .iter()
            .find(|applied| applied.code == code)
            .and_then(|applied| applied.title.clone());
        draft(code, title, tax.tax_percent.0, tax.real_amount.or_zero())
    });
    merged(taxes.collect())
}

fn applied(more: &Extension, taxed: Taxed<'_>) -> Vec<DraftTax> {
    let entries = more.item_applied_taxes.iter().filter(|entry| match taxed {
        Taxed::Product(item) => entry.item_id.as_ref() == Some(&item.item_id),
        Taxed::Weee(item) => {
            entry.kind.as_deref() == Some("weee")
                && belongs(entry.associated_item_id.as_ref(), item)
        }
        Taxed::Shipping | Taxed::GiftWrap(_) => entry.kind.as_deref() == Some(taxed.kind()),
    });
    let taxes = entries
        .flat_map(|entry| &entry.applied_taxes)
        .map(|tax| draft(tax.code.clone(), tax.title.clone(), tax.percent.0, tax.amount.or_zero()));
    merged(taxes.collect())
}

fn belongs(associated: Option<&Id>, item: &Item) -> bool {
    associated == Some(&item.item_id)
}

/// The gift wraps of several items carry one tax each: one line, so one entry for each code.
fn merged(taxes: Vec<DraftTax>) -> Vec<DraftTax> {
    let mut out: Vec<DraftTax> = Vec::with_capacity(taxes.len());
    for tax in taxes {
        match out.iter_mut().find(|other| other.code == tax.code && other.rate == tax.rate) {
            Some(other) => other.amount += tax.amount,
            None => out.push(tax),
        }
    }
    out
}

/// No list: the order's only tax, or the one of the item's percentage; else the percentage is the
/// name (`21%`), as orders of old versions and imported orders have it.
fn guessed(
    order_name: &str,
    order: &Order,
    taxed: Taxed<'_>,
    amount: Decimal,
) -> Result<DraftTax, Fault> {
    let percent = taxed.percent();
    let fits = |rate: Option<Decimal>| percent.is_none() || rate == percent;
    let of_order = order.extension_attributes.iter().flat_map(|more| &more.applied_taxes);
    let mut fitting = of_order.filter(|tax| fits(tax.percent.0));
    match (fitting.next(), fitting.next(), percent) {
        (Some(tax), None, _) => {
            Ok(draft(tax.code.clone(), tax.title.clone(), tax.percent.0, amount))
        }
        (_, _, Some(percent)) => Ok(draft(None, None, Some(percent), amount)),
        (_, _, None) => Err(Fault::reject(
            format!("{order_name}: the tax of {} ({amount}) has no name", taxed.name()),
            "allow the integration to read the order's tax details (item_applied_taxes)",
        )),
    }
}

fn draft(
    code: Option<String>,
    title: Option<String>,
    rate: Option<Decimal>,
    amount: Decimal,
) -> DraftTax {
    let rate = rate.map(|rate| rate.normalize());
    let code = code
        .filter(|code| !code.is_empty())
        .unwrap_or_else(|| format!("{}%", rate.unwrap_or_default()));
    let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| code.clone());
    DraftTax { code: TaxCode(code), title, rate, amount }
}
