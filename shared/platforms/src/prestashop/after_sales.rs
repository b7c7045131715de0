//! What happened after an order, in one round of four lists: its slips, the payments under its
//! reference, the orders under that reference, and how many of each line went back into stock.

use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Capture, Decimal, Fault, Money, Order, PaymentKind};

use super::rows::{Row, rows};
use super::settings::Options;
use super::{api, order, slip};
use crate::adapter::{Answer, FetchAfterSales, FetchContext};

/// What is asked, in this order: path and name in logs, the element around the rows, the filtered
/// field, the fields wanted.
const LISTS: [(&str, &str, &str, &str, &str); 4] = [
    ("order_slip", "prestashop order_slip", "order_slips", "id_order", "full"),
    ("order_payments", "prestashop order_payments", "order_payments", "order_reference", "full"),
    ("orders", "prestashop orders", "orders", "reference", "[id,id_currency,total_paid]"),
    (
        "order_details",
        "prestashop order_details",
        "order_details",
        "id_order",
        "[id,product_quantity_reinjected]",
    ),
];

/// Asks for the lists, then reads them.
pub(super) fn step(
    cx: &FetchContext<'_>,
    order: &Order,
    answers: &[Answer],
) -> Result<FetchAfterSales, Fault> {
    let options = Options::of(cx.connection)?;
    let Some((slips, payments, orders, details)) = lists(cx, answers)? else {
        return asked(cx, &options, order).map(FetchAfterSales::Ask);
    };
    let found = AfterSales {
        captures: captures(&options, order, &payments, &orders)?,
        refunds: slip::read(&options, order, &slips, &details)?,
        returns: Vec::new(),
    };
    found.check(&order.key, order.currency)?;
    Ok(FetchAfterSales::Found(Box::new(found)))
}

type Lists = (Vec<Row>, Vec<Row>, Vec<Row>, Vec<Row>);

fn lists(cx: &FetchContext<'_>, answers: &[Answer]) -> Result<Option<Lists>, Fault> {
    let [slips, payments, orders, details, ..] = answers else { return Ok(None) };
    let read = |answer: &Answer, list: &'static str| rows(&cx.connection.store, list, answer);
    Ok(Some((
        read(slips, "order_slips")?,
        read(payments, "order_payments")?,
        read(orders, "orders")?,
        read(details, "order_details")?,
    )))
}

fn asked(cx: &FetchContext<'_>, options: &Options, order: &Order) -> Result<Vec<Call>, Fault> {
    let id = format!("[{}]", api::order_id(&order.key.order)?);
    let reference = format!("[{}]", order.number);
    // An imported order may have no reference; its id is its number then, and it has no siblings.
    let named = id != reference;
    LISTS
        .iter()
        .map(|(path, name, _, field, display)| {
            let field = if *field == "reference" && !named { "id" } else { field };
            let filter = format!("filter[{field}]");
            let value = if field.ends_with("reference") { &reference } else { &id };
            let query = [("display", *display), (filter.as_str(), value.as_str())];
            api::list(cx, options, (path, name), &query)
        })
        .collect()
}

/// The payments under the order's reference, in the order's currency. Orders that PrestaShop split
/// (by carrier, by warehouse) share reference and payments: each takes its part by its total.
fn captures(
    options: &Options,
    order: &Order,
    payments: &[Row],
    orders: &[Row],
) -> Result<Vec<Capture>, Fault> {
    let zone = options.time_zone()?;
    let is_own = |row: &Row| row.reference("id").as_deref() == Some(order.key.order.as_str());
    let own = orders.iter().position(is_own).ok_or_else(|| {
        // Deleted since it was fetched: the next look finds it gone.
        Fault::retry(format!("order {} went away while it was read", order.key))
    })?;
    let totals: Vec<Decimal> =
        orders.iter().map(|row| row.decimal("total_paid")).collect::<Result<_, _>>()?;
    let currency = orders.get(own).and_then(|row| row.reference("id_currency"));
    let mut captures = Vec::new();
    for row in payments {
        if row.text("order_reference") != order.number || row.reference("id_currency") != currency {
            continue;
        }
        let whole = Money::round(row.decimal("amount")?, order.currency)
            .map_err(|error| row.bad("amount", &error.to_string()))?;
        let amount = whole.split(&totals).get(own).copied().unwrap_or(whole);
        if amount.minor() <= 0 {
            continue;
        }
        let id = row.id()?;
        let reference = row.text("transaction_id");
        captures.push(Capture {
            id: if orders.len() > 1 { format!("{id}-{}", order.key.order) } else { id },
            method: row.text("payment_method").to_owned(),
            kind: PaymentKind::Money,
            amount,
            captured_at: order::local(row, "date_add", &zone)?.unwrap_or(order.placed_at),
            reference: (!reference.is_empty()).then(|| reference.to_owned()),
            fee: None,
        });
    }
    Ok(captures)
}
