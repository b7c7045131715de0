//! From an order and a store's configuration to the sale order that Odoo should have. Pure; no Odoo
//! ids of customers or goods yet, so that `causeway order plan` can show it without touching anything.

use super::tax::{TaxShare, shares};
use crate::config::{StoreConfig, TestOrders};
use causeway_domain::{
    Address, Currency, Customer, Decimal, Fault, Line, LineKind, Money, Order, OrderKey,
    ProductRef, Standing, Timestamp,
};
use causeway_odoo::ExternalId;
use serde::Serialize;

/// The sale order that should exist.
#[derive(Clone, Debug, Serialize)]
pub struct SaleOrder {
    /// Store and platform id.
    pub key: OrderKey,
    /// Odoo's external id: the claim, guard and probe.
    pub external_id: String,
    /// `client_order_ref`.
    pub number: String,
    /// `origin`.
    pub origin: String,
    /// `date_order`, UTC.
    pub date: Timestamp,
    /// Who bought.
    pub customer: Customer,
    /// Invoice address.
    pub billing: Address,
    /// Delivery address.
    pub shipping: Address,
    /// The buyer's note.
    pub note: Option<causeway_domain::Personal<String>>,
    /// `pricelist_id`; gives the order its currency.
    pub pricelist: i64,
    /// `payment_term_id`.
    pub payment_term: i64,
    /// Lines in the platform's order.
    pub lines: Vec<SaleLine>,
    /// Currency.
    pub currency: Currency,
    /// Sum of the lines without tax.
    pub untaxed: Money,
    /// Sum of the taxes.
    pub tax: Money,
    /// What the platform says the order comes to.
    pub total: Money,
    /// True for a confirmed order, false for a quotation.
    pub confirm: bool,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
pub struct SaleLine {
    /// Odoo's external id of the line.
    pub external_id: String,
    /// What is sold.
    pub product: ProductNeed,
    /// `name`.
    pub title: String,
    /// `product_uom_qty`.
    pub quantity: Decimal,
    /// What `price_unit` and `discount` multiply to: net, or gross with tax-included taxes.
    pub amount: Money,
    /// Reduction of the line on the same basis, already taken off `amount`.
    pub discount: Money,
    /// Net after discount.
    pub net: Money,
    /// Odoo taxes with their exact amounts.
    pub taxes: Vec<TaxShare>,
}

/// Which Odoo product a line needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductNeed {
    /// One that the configuration names.
    Configured(i64),
    /// Goods, found by link or SKU.
    Goods(ProductRef),
}

/// What should become of an order.
#[derive(Clone, Debug)]
pub enum Intent {
    /// This sale order should exist.
    Exists(Box<SaleOrder>),
    /// It is cancelled on the platform.
    Cancelled,
    /// It is no order for Odoo; says why.
    Nothing(String),
}

/// Decides what should become of an order.
pub fn intend(order: &Order, config: &StoreConfig) -> Result<Intent, Fault> {
    if order.test && config.order.test_orders == TestOrders::Skip {
        return Ok(Intent::Nothing("test order (order.test_orders = \"skip\")".to_owned()));
    }
    match order.standing {
        Standing::Ignore => Ok(Intent::Nothing(format!("status {} is not an order", order.status))),
        Standing::Cancelled => Ok(Intent::Cancelled),
        Standing::Quotation => sale_order(order, config, false).map(Intent::Exists),
        Standing::Confirmed => sale_order(order, config, true).map(Intent::Exists),
    }
}

/// The sale order of an order, whatever its standing.
pub(crate) fn sale_order(
    order: &Order,
    config: &StoreConfig,
    confirm: bool,
) -> Result<Box<SaleOrder>, Fault> {
    order.check()?;
    let currency = config.currencies.get(&order.currency).ok_or_else(|| {
        Fault::reject(
            format!(
                "order {} is in {}, which the store has no pricelist for",
                order.key, order.currency
            ),
            format!(
                "add [stores.{}.currencies.{}] with a pricelist in it",
                order.key.store, order.currency
            ),
        )
    })?;
    let shipping = order.shipping.clone().unwrap_or_else(|| order.billing.clone());
    let lines = order
        .lines
        .iter()
        .map(|line| sale_line(order, &shipping, line, config))
        .collect::<Result<Vec<_>, _>>()?;
    let external = ExternalId::new(&order.key.store, "order", order.key.order.as_str());
    let sums = |amounts: Vec<Money>| {
        Money::sum(amounts, order.currency).map_err(|error| broken_sum(order, &error))
    };
    Ok(Box::new(SaleOrder {
        external_id: external.to_string(),
        number: order.number.clone(),
        origin: format!("{} {} {}", order.platform, order.key.store, order.number),
        date: order.placed_at,
        customer: order.customer.clone(),
        billing: order.billing.clone(),
        shipping,
        note: order.note.clone(),
        pricelist: currency.pricelist,
        payment_term: payment_term(order, config),
        untaxed: sums(order.lines.iter().map(|line| line.net).collect())?,
        tax: order.tax_total().map_err(|error| broken_sum(order, &error))?,
        total: order.total,
        currency: order.currency,
        lines,
        confirm,
        key: order.key.clone(),
    }))
}

fn broken_sum(order: &Order, error: &causeway_domain::money::MoneyError) -> Fault {
    Fault::reject(format!("order {}: {error}", order.key), "check the order on the platform")
}

fn payment_term(order: &Order, config: &StoreConfig) -> i64 {
    order
        .payments
        .iter()
        .find_map(|payment| config.payments.get(&payment.method)?.payment_term)
        .unwrap_or(config.order.payment_term)
}

fn sale_line(
    order: &Order,
    shipping: &Address,
    line: &Line,
    config: &StoreConfig,
) -> Result<SaleLine, Fault> {
    let shares = shares(order, shipping.country, line, config)?;
    let gross = line.gross().map_err(|error| broken_sum(order, &error))?;
    let external =
        ExternalId::new(&order.key.store, "orderline", &format!("{}.{}", order.key.order, line.id));
    // With gross prices but net taxes (no tax_included rule) the discount is on another basis than
    // the amount; the exact net is pinned anyway, so it is left out rather than shown wrongly.
    let same_basis = shares.included == order.prices_include_tax || line.taxes.is_empty();
    let discount = if same_basis { line.discount } else { Money::zero(order.currency) };
    Ok(SaleLine {
        external_id: external.to_string(),
        product: product(order, line, config)?,
        title: line.title.clone(),
        quantity: line.quantity,
        amount: if shares.included { gross } else { line.net },
        discount,
        net: line.net,
        taxes: shares.taxes,
    })
}

fn product(order: &Order, line: &Line, config: &StoreConfig) -> Result<ProductNeed, Fault> {
    let map = &config.products;
    let (name, configured) = match &line.kind {
        LineKind::Product(reference) => return Ok(ProductNeed::Goods(reference.clone())),
        LineKind::Shipping => ("shipping", map.shipping),
        LineKind::Discount => ("discount", map.discount),
        LineKind::GiftWrap => ("gift_wrap", map.gift_wrap),
        LineKind::Tip => ("tip", map.tip),
        LineKind::Fee => ("fee", map.fee),
        LineKind::GiftCardSold => ("gift_card", map.gift_card),
    };
    configured.map(ProductNeed::Configured).ok_or_else(|| {
        Fault::reject(
            format!("order {} has a {name} line and the store names no product for it", order.key),
            format!("set {name} in [stores.{}.products]", order.key.store),
        )
    })
}
