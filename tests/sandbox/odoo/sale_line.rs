//! `sale.order.line`: defaults, prices, pins, amounts, what may not be changed.

use super::cell::{Cell, Record, get, round};
use super::deadline;
use super::env::Env;
use super::fail::{Answer, Fail, Kind};
use super::fiscal;
use super::orm;
use super::pin;
use super::sale_order;
use super::stock;
use super::taxes::{self, BaseLine, Tax};
use super::values::{Val, Vals, given, linked};
use rust_decimal::Decimal;

const MODEL: &str = "sale.order.line";

/// A line created by a call of its own.
pub fn create_alone(env: &mut Env<'_>, vals: Vals) -> Answer<i64> {
    let Some(order) = given(&vals, "order_id").and_then(Cell::id) else {
        return Err(Fail::required(
            "Order Reference",
            "order_id",
            Some(("Sales Order Line", MODEL)),
        ));
    };
    env.record("sale.order", order)?;
    let id = create(env, order, vals)?;
    sale_order::recompute(env, order)?;
    stock::launch(env, order, &[id])?;
    Ok(id)
}

/// A line of an order that exists; the caller recomputes the order.
pub fn create(env: &mut Env<'_>, order: i64, mut vals: Vals) -> Answer<i64> {
    let model = env.model(MODEL)?;
    if given(&vals, "price_unit").is_none() {
        vals.remove("technical_price_unit");
    }
    let section = given(&vals, "display_type").is_some_and(Cell::truthy);
    if section {
        vals.insert("product_uom_qty".to_owned(), Val::Cell(Cell::Num(Decimal::ZERO)));
    }
    check_finite(&vals)?;
    let row = defaults(env, order, &vals, section)?;
    check_tax_company(env, &vals)?;
    check_pin_type(&vals)?;
    vals.insert("order_id".to_owned(), Val::Cell(Cell::Ref(order)));
    let id = orm::insert(env, model, vals, row)?;
    settle_numbers(env, id);
    let row = env.record(MODEL, id)?.clone();
    check_row(&row, section)?;
    recompute(env, id)?;
    Ok(id)
}

fn defaults(env: &Env<'_>, order: i64, vals: &Vals, section: bool) -> Answer<Record> {
    let product = given(vals, "product_id").and_then(Cell::id);
    if let Some(product) = product {
        let record = env.record("product.product", product)?;
        if get(record, "_refused").truthy() {
            // What a rule of the company's own app does to one record of a batch.
            return Err(Fail::user("This product may not be sold any more."));
        }
    }
    let uom = product.and_then(|p| env.store.reference("product.product", p, "uom_id"));
    let mut row = Record::new();
    row.insert("sequence".to_owned(), Cell::Int(10));
    let quantity = if section { Decimal::ZERO } else { Decimal::ONE };
    row.insert("product_uom_qty".to_owned(), Cell::Num(quantity));
    row.insert("product_uom_id".to_owned(), Cell::reference(uom));
    if let Some(product) = product {
        row.insert("name".to_owned(), Cell::Text(env.display_name("product.product", product)));
    }
    if given(vals, "price_unit").is_none() && !section {
        let price = product.map_or(Decimal::ZERO, |p| list_price(env, order, p));
        row.insert("price_unit".to_owned(), Cell::Num(price));
    }
    if given(vals, "technical_price_unit").is_none() {
        let price = given(vals, "price_unit").or_else(|| row.get("price_unit"));
        row.insert("technical_price_unit".to_owned(), price.cloned().unwrap_or(Cell::False));
    }
    if !vals.contains_key("tax_ids") {
        row.insert("tax_ids".to_owned(), Cell::Refs(default_taxes(env, order, product)));
    }
    Ok(row)
}

fn default_taxes(env: &Env<'_>, order: i64, product: Option<i64>) -> Vec<i64> {
    let Some(product) = product else { return Vec::new() };
    let position = env.store.reference("sale.order", order, "fiscal_position_id");
    fiscal::map(env, position, env.cell("product.product", product, "taxes_id").ids())
}

fn list_price(env: &Env<'_>, order: i64, product: i64) -> Decimal {
    let currency = env.store.reference("sale.order", order, "currency_id").unwrap_or_default();
    price_in(env, product, currency)
}

/// A product's price in a currency.
pub fn price_in(env: &Env<'_>, product: i64, currency: i64) -> Decimal {
    let price = env.cell("product.product", product, "lst_price").number();
    let rate = env.cell("res.currency", currency, "rate").number();
    if rate.is_zero() { price } else { round(price * rate, decimals(env, currency)) }
}

/// Decimals of a currency.
pub fn decimals(env: &Env<'_>, currency: i64) -> u32 {
    let places = env.cell("res.currency", currency, "decimal_places").id().unwrap_or(2);
    u32::try_from(places).unwrap_or(2)
}

/// `decimal.precision` by name.
pub fn precision(env: &Env<'_>, name: &str) -> u32 {
    let found = env
        .store
        .rows("decimal.precision")
        .find(|(_, row)| get(row, "name").as_text() == Some(name));
    found.and_then(|(_, row)| get(row, "digits").id()).and_then(|d| d.try_into().ok()).unwrap_or(2)
}

fn settle_numbers(env: &mut Env<'_>, id: i64) {
    let price = precision(env, "Product Price");
    let digits = [
        ("price_unit", price),
        ("technical_price_unit", 15),
        ("discount", precision(env, "Discount")),
        ("product_uom_qty", precision(env, "Product Unit")),
    ];
    for (field, places) in digits {
        let number = round(env.cell(MODEL, id, field).number(), places);
        env.store.set(MODEL, id, [(field, Cell::Num(number))]);
    }
}

fn check_finite(vals: &Vals) -> Answer<()> {
    let infinite = |val: &Val| matches!(val, Val::Cell(Cell::Text(text)) if text == "inf");
    if ["product_uom_qty", "price_unit", "discount"]
        .iter()
        .any(|f| vals.get(*f).is_some_and(infinite))
    {
        return Err(Fail {
            kind: Kind::Python("OverflowError"),
            message: "cannot convert float infinity to integer".to_owned(),
        });
    }
    Ok(())
}

fn check_pin_type(vals: &Vals) -> Answer<()> {
    match given(vals, "extra_tax_data") {
        Some(Cell::Json(value)) if !value.is_object() => Err(Fail::attribute(format!(
            "'{}' object has no attribute 'get'",
            super::values::python(value)
        ))),
        _ => Ok(()),
    }
}

/// A tax of a company that the user lacks cannot be read, so it cannot be set.
fn check_tax_company(env: &Env<'_>, vals: &Vals) -> Answer<()> {
    let taxes = linked(vals, "tax_ids", &[]).unwrap_or_default();
    let foreign = |tax: &i64| {
        let company = env.store.reference("account.tax", *tax, "company_id");
        company.is_some_and(|company| !env.companies().contains(&company))
    };
    if !taxes.iter().any(foreign) {
        return Ok(());
    }
    let name = env.cell("res.users", env.user.id(), "name");
    Err(Fail::access(format!(
        "Failed to write field sale.order.line.tax_ids\nUh-oh! Looks like you have stumbled upon some top-secret \
         records.\n\nSorry, {} (id={}) doesn't have 'read' access to:\n- Tax (account.tax)\n\nIf you really, really \
         need access, perhaps you can win over your friendly administrator with a batch of freshly baked \
         cookies.\n\nThis seems to be a multi-company issue, but you do not have access to the proper company to \
         access the record anyhow.",
        name.as_text().unwrap_or_default(),
        env.user.id()
    )))
}

fn check_row(row: &Record, section: bool) -> Answer<()> {
    if !get(row, "name").truthy() {
        return Err(Fail::required("Order Reference", "name", None));
    }
    let accountable = get(row, "product_id").truthy()
        || get(row, "price_unit").truthy()
        || get(row, "product_uom_id").truthy();
    if section && accountable {
        let name = get(row, "name").as_text().unwrap_or_default().to_owned();
        return Err(Fail::database(
            format!(
                "new row for relation \"sale_order_line\" violates check constraint \
                 \"sale_order_line_non_accountable_null_fields\"\nDETAIL:  Failing row contains ({name}).\n"
            ),
            None,
        ));
    }
    Ok(())
}

/// Writes to one line that is reached through its order or by a call of its own.
pub fn write(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let Some(order) = env.store.reference(MODEL, id, "order_id") else {
        return Err(Fail::missing(MODEL, id, env.user.id()));
    };
    if write_line(env, id, vals)? {
        sale_order::recompute(env, order)?;
    }
    if vals.contains_key("product_uom_qty") { stock::launch(env, order, &[id]) } else { Ok(()) }
}

/// Writes to one line; true when its amounts were computed anew. A pin alone computes nothing.
pub fn write_line(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<bool> {
    let model = env.model(MODEL)?;
    let row = env.record(MODEL, id)?.clone();
    check_write(env, id, &row, vals)?;
    check_finite(vals)?;
    check_pin_type(vals)?;
    check_tax_company(env, vals)?;
    let manual = get(&row, "technical_price_unit").number() != get(&row, "price_unit").number();
    let mut vals = vals.clone();
    if !vals.contains_key("price_unit") {
        vals.remove("technical_price_unit");
    }
    orm::update(env, model, id, &vals)?;
    settle_numbers(env, id);
    let has = |field: &str| vals.contains_key(field);
    if has("customer_lead") {
        deadline::lead_time_written(env, id);
    }
    let row = env.record(MODEL, id)?.clone();
    check_row(&row, get(&row, "display_type").truthy())?;
    let reprice = (has("product_uom_qty") || has("product_id") || has("product_uom_id"))
        && !has("price_unit");
    if let (true, false, Some(product), Some(order)) =
        (reprice, manual, get(&row, "product_id").id(), get(&row, "order_id").id())
    {
        let price = Cell::Num(list_price(env, order, product));
        env.store.set(MODEL, id, [("price_unit", price.clone()), ("technical_price_unit", price)]);
    }
    let computes = reprice
        || ["product_uom_qty", "price_unit", "discount", "tax_ids"].iter().any(|field| has(field));
    if computes {
        recompute(env, id)?;
    }
    Ok(computes)
}

/// Labels of the fields that a locked order protects.
const PROTECTED: &[(&str, &str)] = &[
    ("product_id", "Product"),
    ("name", "Description"),
    ("price_unit", "Unit Price"),
    ("product_uom_id", "Unit"),
    ("product_uom_qty", "Quantity"),
    ("tax_ids", "Taxes"),
    ("discount", "Discount (%)"),
];

fn check_write(env: &Env<'_>, id: i64, row: &Record, vals: &Vals) -> Answer<()> {
    let order = get(row, "order_id").id().unwrap_or_default();
    let confirmed = env.cell("sale.order", order, "state").as_text() == Some("sale");
    if let Some(product) = given(vals, "product_id")
        && product != get(row, "product_id")
        && confirmed
        && (get(row, "qty_delivered").truthy() || stock::has_move(env, id))
    {
        return Err(Fail::user("You cannot modify the product of this order line."));
    }
    if given(vals, "display_type").is_some_and(|new| new != get(row, "display_type")) {
        return Err(Fail::user(
            "You cannot change the type of a sale order line. Instead you should delete the current line and \
             create a new line of the proper type.",
        ));
    }
    let locked: Vec<&str> =
        PROTECTED.iter().filter(|p| vals.contains_key(p.0)).map(|p| p.1).collect();
    if env.cell("sale.order", order, "locked").truthy() && !locked.is_empty() {
        return Err(Fail::user(format!(
            "It is forbidden to modify the following fields in a locked order:\n{}",
            locked.join("\n")
        )));
    }
    let delivered = get(row, "qty_delivered").number();
    if confirmed && given(vals, "product_uom_qty").is_some_and(|new| new.number() < delivered) {
        return Err(Fail::user(
            "The ordered quantity of a sale order line cannot be decreased below the amount already delivered. \
             Instead, create a return in your inventory.",
        ));
    }
    Ok(())
}

/// Refuses to delete a line of a confirmed order.
pub fn check_unlink(env: &Env<'_>, id: i64) -> Answer<()> {
    let order = env.store.reference(MODEL, id, "order_id").unwrap_or_default();
    let section = env.cell(MODEL, id, "display_type").truthy();
    if env.cell("sale.order", order, "state").as_text() == Some("sale") && !section {
        return Err(Fail::user(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something \
             gets invoiced or delivered).\n                Set the quantity to 0 instead.",
        ));
    }
    Ok(())
}

/// Computes the amounts of one line.
pub fn recompute(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let row = env.record(MODEL, id)?.clone();
    let order = get(&row, "order_id").id().unwrap_or_default();
    let currency = env.store.reference("sale.order", order, "currency_id").unwrap_or_default();
    let base = base_line(env, &row, currency)?;
    let detail = taxes::compute(&[base], decimals(env, currency)).remove(0);
    let section = get(&row, "display_type").truthy();
    let amount = |number: Decimal| Cell::Num(if section { Decimal::ZERO } else { number });
    env.store.set(
        MODEL,
        id,
        [("price_subtotal", amount(detail.subtotal())), ("price_total", amount(detail.total()))],
    );
    Ok(())
}

/// What the tax computation needs of a line, with its pin if Odoo accepts it.
pub fn base_line(env: &Env<'_>, row: &Record, currency: i64) -> Answer<BaseLine> {
    let taxes: Vec<Tax> = get(row, "tax_ids").ids().iter().map(|id| tax(env, *id)).collect();
    let mut line = BaseLine {
        price: get(row, "price_unit").number(),
        quantity: get(row, "product_uom_qty").number(),
        discount: get(row, "discount").number(),
        taxes,
        pin: None,
    };
    if let (Cell::Json(data), false) = (get(row, "extra_tax_data"), env.switches.ignore_pins) {
        line.pin = pin::accepted(data, &line, currency, decimals(env, currency))?;
    }
    Ok(line)
}

/// A tax by id.
pub fn tax(env: &Env<'_>, id: i64) -> Tax {
    Tax {
        id,
        amount: env.cell("account.tax", id, "amount").number(),
        included: env.cell("account.tax", id, "price_include").truthy(),
        sequence: env.cell("account.tax", id, "sequence").id().unwrap_or(0),
    }
}
