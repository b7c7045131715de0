//! From the webservice's rows to an order.

use causeway_domain::{
    Currency, Decimal, Fault, Line, LineId, LineKind, Money, Order, OrderId, OrderKey, Payment,
    PaymentKind, Personal, PlatformId, ProductId, ProductRef, Sku, Standing, Timestamp,
};
use jiff::tz::TimeZone;

use super::amounts::{self, Amounts, Share, unexplained};
use super::discounts::{self, Group};
use super::fetch::Document;
use super::people::{address, customer, referred};
use super::rows::Row;
use super::settings::Options;
use super::state;
use super::tax::TaxSet;
use crate::adapter::Connection;
use crate::answer;

/// Reads and checks the order. One that means nothing to Odoo anyway (a payment error) is a
/// [`Fault::Skip`] instead of a question for a person if its amounts are odd.
pub(super) fn read(
    connection: &Connection,
    options: &Options,
    document: &Document,
) -> Result<Order, Fault> {
    let order =
        document.orders.first().ok_or_else(|| answer::unreadable("prestashop", "no order"))?;
    if options.id_shop().is_some_and(|shop| order.text("id_shop") != shop.to_string()) {
        return Err(Fault::skip(format!("{} belongs to another shop", order.place)));
    }
    let id = order.reference("current_state").unwrap_or_else(|| "0".to_owned());
    let row = referred(&document.order_states, order, "current_state");
    let language = order.text("id_lang");
    let standing = state::standing(&connection.options, &id, row, language)?;
    convert(connection, options, document, order, (id, standing)).map_err(|fault| {
        match (standing, fault) {
            (Standing::Ignore, Fault::Reject { reason, .. }) => Fault::skip(reason),
            (_, fault) => fault,
        }
    })
}

fn convert(
    connection: &Connection,
    options: &Options,
    document: &Document,
    order: &Row,
    (status, standing): (String, Standing),
) -> Result<Order, Fault> {
    let zone = options.time_zone()?;
    let currency = currency(document, order)?;
    let details = details(document, order);
    let amounts = amounts::amounts(order, &details, currency)?;
    let placed_at =
        local(order, "date_add", &zone)?.ok_or_else(|| order.bad("date_add", "is not a date"))?;
    let has_delivery = order.reference("id_carrier").is_some();
    let shipping = if has_delivery && order.reference("id_address_delivery").is_some() {
        Some(address(document, order, "id_address_delivery")?)
    } else {
        None
    };
    let gift = if order.flag("gift") { order.text("gift_message") } else { "" };
    let read = Order {
        key: OrderKey { store: connection.store.clone(), order: OrderId::new(order.id()?) },
        platform: PlatformId::from("prestashop"),
        number: number(order),
        status,
        standing,
        placed_at,
        updated_at: local(order, "date_upd", &zone)?,
        currency,
        prices_include_tax: false,
        customer: customer(document, order),
        billing: address(document, order, "id_address_invoice")?,
        shipping,
        lines: lines(document, order, &details, &amounts)?,
        total: amounts.total,
        payments: payments(document, order, currency),
        has_after_sales: false,
        test: false,
        note: (!gift.is_empty()).then(|| Personal::from(gift)),
    };
    read.check().map(|()| read)
}

/// The reference that people see; split orders share it.
fn number(order: &Row) -> String {
    let reference = order.text("reference");
    if reference.is_empty() { order.text("id").to_owned() } else { reference.to_owned() }
}

fn currency(document: &Document, order: &Row) -> Result<Currency, Fault> {
    let row = referred(&document.currencies, order, "id_currency")
        .ok_or_else(|| order.bad("id_currency", "refers to a currency that is not given"))?;
    Currency::from_code(row.text("iso_code"))
        .map_err(|error| row.bad("iso_code", &error.to_string()))
}

/// The order's lines; a line whose quantity was set to zero sells nothing.
fn details<'a>(document: &'a Document, order: &Row) -> Vec<&'a Row> {
    let own = |row: &&Row| row.text("id_order") == order.text("id");
    let empty = |row: &&Row| {
        let nothing = |field| row.decimal(field).is_ok_and(|amount| amount.is_zero());
        nothing("product_quantity") && nothing("total_price_tax_incl")
    };
    document.details.iter().filter(own).filter(|row| !empty(row)).collect()
}

/// A date of the shop's clock; `None` for PrestaShop's null date. In the repeated hour of autumn the
/// first one is meant, in the skipped hour of spring the time after it.
pub(super) fn local(order: &Row, field: &str, zone: &TimeZone) -> Result<Option<Timestamp>, Fault> {
    let text = order.text(field);
    if text.is_empty() || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let naive: jiff::civil::DateTime =
        text.parse().map_err(|_| order.bad(field, "is not a date"))?;
    let zoned = naive.to_zoned(zone.clone()).map_err(|_| order.bad(field, "is not a date"))?;
    Ok(Some(zoned.timestamp()))
}

fn lines(
    document: &Document,
    order: &Row,
    details: &[&Row],
    amounts: &Amounts,
) -> Result<Vec<Line>, Fault> {
    let language = order.text("id_lang");
    let mut lines = Vec::new();
    let mut goods: Vec<Group> = Vec::new();
    for (row, share) in details.iter().zip(&amounts.lines) {
        let taxes = TaxSet::of_line(document, row, language);
        if taxes.is_empty() && !share.tax.is_zero() {
            let tax = format!("line {} has a tax of {}", row.text("id"), share.tax);
            return Err(unexplained(order, &tax, "it names no tax"));
        }
        lines.push(product_line(row, *share, &taxes)?);
        add(&mut goods, taxes, *share);
    }
    let carried = TaxSet::of_carrier(document, order, amounts.shipping.net, amounts.shipping.tax);
    if !amounts.shipping.is_zero() {
        let carrier = referred(&document.carriers, order, "id_carrier");
        let name = carrier.map(|row| row.text("name")).filter(|name| !name.is_empty());
        let title = name.unwrap_or("Shipping");
        lines.push(plain_line("shipping", LineKind::Shipping, title, amounts.shipping, &carried));
    }
    if !amounts.wrapping.is_zero() {
        let share = amounts.wrapping;
        let taxes = TaxSet::of_wrapping(document, share.net, share.tax);
        lines.push(plain_line("wrapping", LineKind::GiftWrap, "Gift wrapping", share, &taxes));
    }
    if !amounts.discounts.is_zero() {
        let shipping = Group { taxes: carried, gross: gross(amounts.shipping) };
        let rules = &document.cart_rules;
        lines.extend(discounts::lines(order, rules, amounts.discounts, &goods, &shipping)?);
    }
    Ok(lines)
}

fn add(groups: &mut Vec<Group>, taxes: TaxSet, share: Share) {
    match groups.iter_mut().find(|group| group.taxes == taxes) {
        Some(group) => group.gross += gross(share),
        None => groups.push(Group { taxes, gross: gross(share) }),
    }
}

fn gross(share: Share) -> Decimal {
    share.net.to_decimal() + share.tax.to_decimal()
}

fn product_line(row: &Row, share: Share, taxes: &TaxSet) -> Result<Line, Fault> {
    let quantity = row.decimal("product_quantity")?;
    let (unit_price, discount) = list_price(row, quantity, share)?;
    let product = row.reference("product_id");
    let id = product.map(|product| match row.reference("product_attribute_id") {
        Some(combination) => ProductId::new(format!("{product}-{combination}")),
        None => ProductId::new(product),
    });
    let sku = row.text("product_reference");
    let sku = (!sku.is_empty()).then(|| Sku::new(sku));
    Ok(Line {
        id: LineId::new(row.id()?),
        kind: LineKind::Product(ProductRef { id, sku }),
        title: row.text("product_name").to_owned(),
        quantity,
        unit_price,
        discount,
        net: share.net,
        taxes: taxes.split(share.tax),
    })
}

/// The price before a catalogue reduction and that reduction, if the row tells of one and the two
/// agree; else the price that was paid, without discount.
fn list_price(row: &Row, quantity: Decimal, share: Share) -> Result<(Decimal, Money), Fault> {
    let currency = share.net.currency();
    let paid = row.decimal("unit_price_tax_excl")?;
    let original = row.decimal("original_product_price")?;
    let reduced = ["reduction_percent", "reduction_amount", "group_reduction"]
        .into_iter()
        .any(|field| row.decimal(field).is_ok_and(|amount| !amount.is_zero()));
    if reduced && original > paid {
        let before = Money::round(original * quantity, currency);
        let discount = before.and_then(|before| before.minus(share.net));
        if let Ok(discount) = discount
            && discount.minor() >= 0
        {
            return Ok((original, discount));
        }
    }
    Ok((paid, Money::zero(currency)))
}

fn plain_line(id: &str, kind: LineKind, title: &str, share: Share, taxes: &TaxSet) -> Line {
    Line {
        id: LineId::from(id),
        kind,
        title: title.to_owned(),
        quantity: Decimal::ONE,
        unit_price: share.net.to_decimal(),
        discount: Money::zero(share.net.currency()),
        net: share.net,
        taxes: taxes.split(share.tax),
    }
}

/// Payments in the order's currency; they are informative, so one in another currency or without a
/// readable amount is left out.
fn payments(document: &Document, order: &Row, currency: Currency) -> Vec<Payment> {
    document
        .payments
        .iter()
        .filter(|row| row.text("order_reference") == order.text("reference"))
        .filter(|row| row.text("id_currency") == order.text("id_currency"))
        .filter_map(|row| {
            let amount = Money::round(row.decimal("amount").ok()?, currency).ok()?;
            let id =
                [row.text("transaction_id"), row.text("id")].into_iter().find(|t| !t.is_empty());
            Some(Payment {
                id: id.map(str::to_owned),
                method: row.text("payment_method").to_owned(),
                kind: PaymentKind::Money,
                amount,
            })
        })
        .collect()
}
