//! From WooCommerce's order to ours.

use causeway_domain::{
    Address, CountryCode, Currency, Customer, CustomerId, Decimal, Fault, Line, LineId, LineKind,
    Money, Order, OrderId, OrderKey, Payment, PaymentKind, Personal, PlatformId, ProductId,
    ProductRef, Sku, Standing,
};
use serde_json::Value;

use super::amounts::{self, Amounts, broken};
use super::settings::Options;
use super::webhook::gmt;
use super::wire::{WcAddress, WcItem, WcOrder};
use crate::adapter::Connection;
use crate::status;

/// The core's statuses. A refund never changes what was sold, so `refunded` stays an order.
const STATUSES: &[(&str, Standing)] = &[
    ("pending", Standing::Ignore),
    ("failed", Standing::Ignore),
    ("checkout-draft", Standing::Ignore),
    ("auto-draft", Standing::Ignore),
    ("trash", Standing::Ignore),
    ("on-hold", Standing::Quotation),
    ("processing", Standing::Confirmed),
    ("completed", Standing::Confirmed),
    ("refunded", Standing::Confirmed),
    ("cancelled", Standing::Cancelled),
];

/// Reads and checks an order. One that means nothing to Odoo anyway (a cart without lines, a trashed
/// order with odd totals) is a [`Fault::Skip`] instead of a question for a person.
pub(super) fn read(
    connection: &Connection,
    settings: &Options,
    order: &WcOrder,
) -> Result<Order, Fault> {
    let standing = status::standing(STATUSES, &connection.options, &order.status)?;
    convert(connection, settings, order, standing).map_err(|fault| match (standing, fault) {
        (Standing::Ignore, Fault::Reject { reason, .. }) => {
            Fault::skip(format!("status {}: {reason}", order.status))
        }
        (_, fault) => fault,
    })
}

fn convert(
    connection: &Connection,
    settings: &Options,
    order: &WcOrder,
    standing: Standing,
) -> Result<Order, Fault> {
    let currency = Currency::from_code(&order.currency).map_err(|e| broken(order, e))?;
    let total = order.total.0.ok_or_else(|| broken(order, "it has no total"))?;
    let total = Money::exact(total, currency).map_err(|e| broken(order, e))?;
    let amounts = amounts::amounts(order, total)?;
    let placed_at = gmt(&order.date_created_gmt)
        .or_else(|| gmt(&order.date_modified_gmt))
        .ok_or_else(|| broken(order, "date_created_gmt is not a date"))?;
    let number =
        if order.number.is_empty() { order.id.0.to_string() } else { order.number.clone() };
    let lines = lines(order, amounts)?;
    let read = Order {
        key: OrderKey {
            store: connection.store.clone(),
            order: OrderId::new(order.id.0.to_string()),
        },
        platform: PlatformId::from("woocommerce"),
        number,
        status: order.status.to_lowercase(),
        standing,
        placed_at,
        updated_at: gmt(&order.date_modified_gmt),
        currency,
        prices_include_tax: order.prices_include_tax,
        customer: customer(order, settings),
        billing: address(&order.billing),
        shipping: shipped_to(&order.shipping),
        lines,
        total,
        payments: payments(order, total),
        has_after_sales: !order.refunds.is_empty(),
        test: false,
        note: personal(&order.customer_note),
    };
    read.check().map(|()| read)
}

fn lines(order: &WcOrder, amounts: Vec<Amounts>) -> Result<Vec<Line>, Fault> {
    let kinds = order
        .line_items
        .iter()
        .map(|_| Source::Goods)
        .chain(order.shipping_lines.iter().map(|_| Source::Shipping))
        .chain(order.fee_lines.iter().map(|_| Source::Fee));
    amounts::items(order)
        .zip(kinds)
        .zip(amounts)
        .filter(|((item, source), amounts)| !is_nothing(item, *source, amounts))
        .map(|((item, source), amounts)| line(order, item, source, amounts))
        .collect()
}

/// Which list of the order a line comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Goods,
    Shipping,
    Fee,
}

/// A goods line whose quantity was set to zero stays in WooCommerce; it sells nothing.
fn is_nothing(item: &WcItem, source: Source, amounts: &Amounts) -> bool {
    source == Source::Goods
        && item.quantity.or_zero().is_zero()
        && amounts.net.is_zero()
        && amounts.taxes.iter().all(|tax| tax.amount.is_zero())
}

fn line(order: &WcOrder, item: &WcItem, source: Source, amounts: Amounts) -> Result<Line, Fault> {
    let (kind, title) = match source {
        Source::Goods => (LineKind::Product(product(item)), &item.name),
        Source::Shipping => (LineKind::Shipping, &item.method_title),
        Source::Fee if item.total.or_zero() < Decimal::ZERO => (LineKind::Discount, &item.name),
        Source::Fee => (LineKind::Fee, &item.name),
    };
    // Zero with an amount: a line that was edited by hand; the amount stands, as one.
    let quantity = match (source, item.quantity.0) {
        (Source::Goods, Some(quantity)) if !quantity.is_zero() => quantity,
        (Source::Goods | Source::Shipping | Source::Fee, _) => Decimal::ONE,
    };
    let (list, discount) = list_price(order, item, source, &amounts)?;
    let unit_price = list
        .checked_div(quantity)
        .ok_or_else(|| broken(order, format!("line {} has quantity {quantity}", item.id.0)))?;
    Ok(Line {
        id: LineId::new(item.id.0.to_string()),
        kind,
        title: html_escape::decode_html_entities(title).into_owned(),
        quantity,
        unit_price,
        discount,
        net: amounts.net,
        taxes: amounts.taxes,
    })
}

/// The whole line before discount and the discount, both on the order's basis. A line that was
/// raised above its list price by hand has its own total as list price.
fn list_price(
    order: &WcOrder,
    item: &WcItem,
    source: Source,
    amounts: &Amounts,
) -> Result<(Decimal, Money), Fault> {
    let currency = amounts.net.currency();
    let with_tax = |net: Decimal, tax: Decimal| {
        if order.prices_include_tax { net + tax } else { net }
    };
    let before = with_tax(item.subtotal.or_zero(), item.subtotal_tax.or_zero());
    let after = with_tax(item.total.or_zero(), item.total_tax.or_zero());
    if source != Source::Goods || before <= after {
        return Ok((after, Money::zero(currency)));
    }
    let tax = Money::sum(amounts.taxes.iter().map(|tax| tax.amount), currency);
    let paid = if order.prices_include_tax {
        tax.and_then(|t| t.plus(amounts.net))
    } else {
        Ok(amounts.net)
    };
    let discount = paid
        .and_then(|paid| Money::round(before, currency)?.minus(paid))
        .map_err(|error| broken(order, error))?;
    let discount = if discount.minor() < 0 { Money::zero(currency) } else { discount };
    Ok((before, discount))
}

/// A deleted product has id 0 and no SKU (STORES, WooCommerce 12).
fn product(item: &WcItem) -> ProductRef {
    let id = item.variation_id.text().or_else(|| item.product_id.text());
    let sku = item.sku.trim();
    ProductRef { id: id.map(ProductId::new), sku: (!sku.is_empty()).then(|| Sku::new(sku)) }
}

fn customer(order: &WcOrder, settings: &Options) -> Customer {
    Customer {
        id: order.customer_id.text().map(CustomerId::new),
        name: name(&order.billing),
        email: personal(&order.billing.email),
        phone: personal(&order.billing.phone),
        company: personal(&order.billing.company),
        vat: vat(order, settings),
    }
}

/// The first of the configured custom fields that holds text.
fn vat(order: &WcOrder, settings: &Options) -> Option<Personal<String>> {
    settings.vat_keys().into_iter().find_map(|key| {
        let field = order.meta_data.iter().rev().find(|meta| meta.key == key)?;
        match &field.value {
            Value::String(text) => personal(text),
            Value::Number(number) => personal(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    })
}

fn address(from: &WcAddress) -> Address {
    Address {
        name: name(from),
        company: personal(&from.company),
        street: Personal::new(from.address_1.trim().to_owned()),
        street2: personal(&from.address_2),
        city: Personal::new(from.city.trim().to_owned()),
        zip: Personal::new(from.postcode.trim().to_owned()),
        state: personal(&from.state),
        country: CountryCode::parse(&from.country),
        phone: personal(&from.phone),
    }
}

/// Virtual orders and point-of-sale orders have an empty delivery address.
fn shipped_to(from: &WcAddress) -> Option<Address> {
    let fields = [&from.first_name, &from.last_name, &from.company, &from.address_1, &from.city];
    fields.iter().any(|field| !field.trim().is_empty()).then(|| address(from))
}

fn name(from: &WcAddress) -> Personal<String> {
    Personal::new(format!("{} {}", from.first_name.trim(), from.last_name.trim()).trim().to_owned())
}

fn personal(text: &str) -> Option<Personal<String>> {
    let text = text.trim();
    (!text.is_empty()).then(|| Personal::new(text.to_owned()))
}

/// WooCommerce knows one payment method an order.
fn payments(order: &WcOrder, total: Money) -> Vec<Payment> {
    if order.payment_method.is_empty() {
        return Vec::new();
    }
    let id = (!order.transaction_id.is_empty()).then(|| order.transaction_id.clone());
    let method = order.payment_method.clone();
    vec![Payment { id, method, kind: PaymentKind::Money, amount: total }]
}
