//! From the sale order that should exist to the row that `load` takes. Pure.

use super::customer::Parties;
use super::intent::{SaleLine, SaleOrder};
use super::product::Products;
use crate::config::StoreConfig;
use causeway_domain::{Decimal, Fault, Money};
use causeway_odoo::{Cell, PinnedLine, PinnedTax, Record, Session, pin};
use rust_decimal::RoundingStrategy;

/// A line with everything that Odoo computes with, rounded as Odoo stores it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PricedLine {
    pub(super) product: i64,
    pub(super) title: String,
    pub(super) quantity: Decimal,
    pub(super) price_unit: Decimal,
    pub(super) discount: Decimal,
    pub(super) taxes: Vec<i64>,
    pub(super) net: Money,
    pub(super) gross: Money,
    pub(super) pin: Option<serde_json::Value>,
}

/// Prices a line. `price_unit` and `discount` are rounded to Odoo's precisions, because a pin is
/// ignored unless they equal what is stored (odoo FACTS A7); the pin then holds the exact amounts.
pub(super) fn price(
    order: &SaleOrder,
    line: &SaleLine,
    product: i64,
    session: &Session,
) -> Result<PricedLine, Fault> {
    let round = |value: Decimal, decimals: u32| {
        value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize()
    };
    let before = line
        .amount
        .plus(line.discount)
        .map_err(|error| Fault::reject(error, "check the order on the platform"))?
        .to_decimal();
    let price_unit = round(before / line.quantity, session.price_decimals);
    let discount = if before.is_zero() {
        Decimal::ZERO
    } else {
        let percent = line.discount.to_decimal() * Decimal::ONE_HUNDRED / before;
        round(percent, session.discount_decimals)
    };
    let currency = session.currencies.get(order.currency.code()).ok_or_else(|| {
        Fault::reject(
            format!("order {}: currency {} is not active in Odoo", order.key, order.currency),
            "activate the currency in Odoo",
        )
    })?;
    let quantity = round(line.quantity, session.quantity_decimals);
    if quantity != line.quantity.normalize() {
        return Err(Fault::reject(
            format!(
                "order {}: quantity {} has more decimals than Odoo's \"Product Unit\" precision ({})",
                order.key, line.quantity, session.quantity_decimals
            ),
            "raise the precision in Odoo",
        ));
    }
    let pinned = PinnedLine {
        currency_id: currency.id,
        price_unit,
        discount,
        quantity,
        net: line.net,
        taxes: line.taxes.iter().map(|t| PinnedTax { tax: t.tax, amount: t.amount }).collect(),
    };
    let gross = Money::sum(line.taxes.iter().map(|share| share.amount), order.currency)
        .and_then(|tax| tax.plus(line.net))
        .map_err(|error| Fault::reject(error, "check the order on the platform"))?;
    Ok(PricedLine {
        product,
        title: line.title.clone(),
        quantity,
        price_unit,
        discount,
        taxes: line.taxes.iter().map(|share| share.tax).collect(),
        net: line.net,
        gross,
        pin: session.pins.then(|| pin(&pinned)),
    })
}

/// Prices every line of an order.
pub(super) fn price_all(
    order: &SaleOrder,
    products: &Products,
    config: &StoreConfig,
    session: &Session,
) -> Result<Vec<PricedLine>, Fault> {
    order
        .lines
        .iter()
        .map(|line| price(order, line, products.id(order, &line.product, config)?, session))
        .collect()
}

/// The row of a new sale order. Every record of a batch has these columns and no others; a blank
/// cell means False in Odoo, so what must have a value always gets one.
pub(super) fn record(
    order: &SaleOrder,
    parties: Parties,
    lines: &[PricedLine],
    config: &StoreConfig,
    session: &Session,
) -> Record {
    let text = |text: &str| Cell::Text(text.to_owned());
    let head = vec![
        ("id", text(&order.external_id)),
        ("partner_id/.id", Cell::Id(parties.partner)),
        ("partner_invoice_id/.id", Cell::Id(parties.invoice)),
        ("partner_shipping_id/.id", Cell::Id(parties.delivery)),
        ("client_order_ref", text(&order.number)),
        ("origin", text(&order.origin)),
        ("date_order", Cell::Text(causeway_odoo::datetime(order.date))),
        ("company_id/.id", Cell::Id(config.company)),
        ("pricelist_id/.id", Cell::Id(order.pricelist)),
        ("payment_term_id/.id", Cell::Id(order.payment_term)),
        ("warehouse_id/.id", Cell::Id(config.order.warehouse)),
        ("user_id/.id", Cell::Id(config.order.salesperson)),
        ("team_id/.id", Cell::Id(config.order.team)),
        ("note", order.note.as_ref().map_or(Cell::Blank, |note| text(note.reveal()))),
    ];
    let lines = order
        .lines
        .iter()
        .zip(lines)
        .map(|(line, priced)| {
            let taxes: Vec<String> = priced.taxes.iter().map(i64::to_string).collect();
            let mut cells = vec![
                ("order_line/id", text(&line.external_id)),
                ("order_line/product_id/.id", Cell::Id(priced.product)),
                ("order_line/name", text(&priced.title)),
                ("order_line/product_uom_qty", Cell::Number(priced.quantity)),
                ("order_line/price_unit", Cell::Number(priced.price_unit)),
                ("order_line/discount", Cell::Number(priced.discount)),
                (session.fields.line_taxes_column(), Cell::Text(taxes.join(","))),
            ];
            if let Some(pin) = &priced.pin {
                cells.push(("order_line/extra_tax_data", Cell::Text(pin.to_string())));
            }
            if session.fields.technical_price_unit {
                // Marks the price as typed by hand, so that a person who changes the quantity later
                // does not get the pricelist's price (seen on Odoo 19).
                cells.push(("order_line/technical_price_unit", Cell::Number(-Decimal::ONE)));
            }
            cells
        })
        .collect();
    Record { head, lines }
}
