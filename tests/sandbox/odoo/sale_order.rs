//! `sale.order`: defaults, the order's sums, writes and their refusals, the state changes.

use super::access;
use super::accounting;
use super::cell::{Cell, Record, get};
use super::env::Env;
use super::fail::{Answer, Fail};
use super::orm::{self, commands, name_child};
use super::seed::Seed;
use super::taxes::{self, BaseLine};
use super::values::{Command, Vals, given};
use super::{deadline, fiscal, partner, sale_line, stock};
use rust_decimal::Decimal;

const MODEL: &str = "sale.order";

/// Creates an order with its lines.
pub fn create(env: &mut Env<'_>, vals: Vals) -> Answer<i64> {
    let model = env.model(MODEL)?;
    let defaults = defaults(env, &vals)?;
    let id = orm::insert(env, model, vals.clone(), defaults)?;
    let row = env.record(MODEL, id)?.clone();
    check_required(&row)?;
    if !get(&row, "name").truthy() || get(&row, "name").as_text() == Some("New") {
        let name = format!("S{:05}", env.store.next_number(MODEL));
        env.store.set(MODEL, id, [("name", Cell::Text(name))]);
    }
    apply_lines(env, id, &vals)?;
    recompute(env, id)?;
    if get(&row, "state").as_text() == Some("sale") {
        let lines = lines(env, id);
        stock::launch(env, id, &lines)?;
    }
    Ok(id)
}

fn check_required(row: &Record) -> Answer<()> {
    let labels = [
        ("company_id", "Company"),
        ("partner_id", "Customer"),
        ("partner_invoice_id", "Invoice Address"),
        ("partner_shipping_id", "Delivery Address"),
    ];
    match labels.iter().find(|(field, _)| !get(row, field).truthy()) {
        Some((field, label)) => Err(Fail::required(label, field, Some(("Sales Order", MODEL)))),
        None => Ok(()),
    }
}

fn defaults(env: &Env<'_>, vals: &Vals) -> Answer<Record> {
    if given(vals, "date_order") == Some(&Cell::False) {
        return Err(Fail::assertion("Datetime instance expected"));
    }
    if let Some(company) = given(vals, "company_id").and_then(Cell::id)
        && !env.companies().contains(&company)
    {
        return Err(access::wrong_company());
    }
    let customer = given(vals, "partner_id").and_then(Cell::id);
    if let Some(customer) = customer {
        env.record("res.partner", customer)?;
    }
    let state = given(vals, "state").and_then(Cell::as_text).unwrap_or("draft").to_owned();
    let mut row = Record::new();
    let mut set = |field: &str, cell: Cell| row.insert(field.to_owned(), cell);
    set("date_order", Cell::Text(env.now_text()));
    let month_later = env.now + jiff::SignedDuration::from_hours(30 * 24);
    set("validity_date", Cell::Text(month_later.strftime("%Y-%m-%d").to_string()));
    set("company_id", Cell::Ref(Seed::COMPANY));
    set("user_id", Cell::Ref(env.user.id()));
    set("team_id", Cell::Ref(Seed::TEAM));
    set("warehouse_id", Cell::Ref(Seed::WAREHOUSE));
    set("order_line", Cell::Refs(Vec::new()));
    set("picking_ids", Cell::Refs(Vec::new()));
    let of_partner =
        |field: &str| customer.and_then(|c| env.store.reference("res.partner", c, field));
    set("payment_term_id", Cell::reference(of_partner("property_payment_term_id")));
    let pricelist =
        (state != "sale").then_some(Seed::DEFAULT_PRICELIST).filter(|_| customer.is_some());
    set("pricelist_id", Cell::reference(pricelist));
    set("state", Cell::Text(state));
    let address = |kind: &str| customer.map(|c| partner::address(env, c, kind));
    set("partner_invoice_id", Cell::reference(address("invoice")));
    set("partner_shipping_id", Cell::reference(address("delivery")));
    let or_given = |field: &str, default: Option<i64>| match given(vals, field) {
        Some(cell) => cell.id(),
        None => default,
    };
    let shipping = or_given("partner_shipping_id", address("delivery"));
    if let Some(customer) = customer {
        let position = fiscal::detect(env, customer, shipping);
        set("fiscal_position_id", Cell::reference(position));
    }
    let pricelist = or_given("pricelist_id", pricelist);
    row.insert("currency_id".to_owned(), Cell::Ref(currency(env, pricelist)?));
    Ok(row)
}

/// The order's currency is its pricelist's; a sent `currency_id` is overwritten below.
fn currency(env: &Env<'_>, pricelist: Option<i64>) -> Answer<i64> {
    let Some(pricelist) = pricelist else { return Ok(Seed::EUR) };
    let row = env.record("product.pricelist", pricelist)?;
    Ok(get(row, "currency_id").id().unwrap_or(Seed::EUR))
}

/// Writes an order.
pub fn write(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let model = env.model(MODEL)?;
    let confirmed = env.cell(MODEL, id, "state").as_text() == Some("sale");
    if confirmed && vals.contains_key("pricelist_id") {
        return Err(Fail::user("You cannot change the pricelist of a confirmed order !"));
    }
    if given(vals, "date_order") == Some(&Cell::False) {
        return Err(Fail::assertion("Datetime instance expected"));
    }
    if let Some(promised) = given(vals, "commitment_date").cloned() {
        deadline::promise_written(env, id, &promised);
    }
    orm::update(env, model, id, vals)?;
    check_required(&env.record(MODEL, id)?.clone())?;
    follow_addresses(env, id, vals)?;
    let has = |field: &str| vals.contains_key(field);
    if has("pricelist_id") || has("currency_id") {
        let pricelist = env.store.reference(MODEL, id, "pricelist_id");
        let currency = currency(env, pricelist)?;
        env.store.set(MODEL, id, [("currency_id", Cell::Ref(currency))]);
        for line in lines(env, id) {
            sale_line::recompute(env, line)?;
        }
    }
    let moved = apply_lines(env, id, vals)?;
    if ["order_line", "pricelist_id", "currency_id", "payment_term_id", "partner_id"]
        .iter()
        .any(|f| has(f))
    {
        recompute(env, id)?;
    }
    stock::launch(env, id, &moved)
}

/// A new customer or address moves the fiscal position; lines keep their taxes and prices.
fn follow_addresses(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let has = |field: &str| vals.contains_key(field);
    let customer = env.store.reference(MODEL, id, "partner_id").unwrap_or_default();
    if has("partner_id") {
        for (field, kind) in
            [("partner_invoice_id", "invoice"), ("partner_shipping_id", "delivery")]
        {
            if !has(field) {
                let address = partner::address(env, customer, kind);
                env.store.set(MODEL, id, [(field, Cell::Ref(address))]);
            }
        }
        if !has("payment_term_id") {
            let term = env.store.reference("res.partner", customer, "property_payment_term_id");
            env.store.set(MODEL, id, [("payment_term_id", Cell::reference(term))]);
        }
    }
    if (has("partner_id") || has("partner_shipping_id")) && !has("fiscal_position_id") {
        let shipping = env.store.reference(MODEL, id, "partner_shipping_id");
        let position = fiscal::detect(env, customer, shipping);
        env.store.set(MODEL, id, [("fiscal_position_id", Cell::reference(position))]);
    }
    Ok(())
}

/// Applies the commands; the lines whose deliveries follow: new ones and written quantities.
fn apply_lines(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<Vec<i64>> {
    let mut moved = Vec::new();
    // The currency and the fiscal position above must not be those that the caller sent.
    if vals.contains_key("currency_id") {
        let currency = currency(env, env.store.reference(MODEL, id, "pricelist_id"))?;
        env.store.set(MODEL, id, [("currency_id", Cell::Ref(currency))]);
    }
    for command in commands(vals, "order_line") {
        match command {
            Command::Create(line, name) => {
                let line = sale_line::create(env, id, line.clone())?;
                moved.push(line);
                name_child(env, "sale.order.line", line, name.as_deref());
            }
            Command::Update(line, values) => {
                env.record("sale.order.line", *line)?;
                sale_line::write_line(env, *line, values)?;
                if values.contains_key("product_uom_qty") {
                    moved.push(*line);
                }
            }
            Command::Delete(line) => remove_line(env, *line)?,
            Command::Link(line) => {
                env.record("sale.order.line", *line)?;
                env.store.set("sale.order.line", *line, [("order_id", Cell::Ref(id))]);
            }
            Command::Clear => {
                for line in lines(env, id) {
                    remove_line(env, line)?;
                }
            }
            Command::Set(keep) => {
                for line in lines(env, id).into_iter().filter(|line| !keep.contains(line)) {
                    remove_line(env, line)?;
                }
            }
        }
    }
    Ok(moved)
}

fn remove_line(env: &mut Env<'_>, line: i64) -> Answer<()> {
    if env.store.row("sale.order.line", line).is_some() {
        sale_line::check_unlink(env, line)?;
        orm::delete(env, "sale.order.line", line);
    }
    Ok(())
}

/// The order's lines, by sequence.
pub fn lines(env: &Env<'_>, id: i64) -> Vec<i64> {
    let mut lines = env.cell(MODEL, id, "order_line").ids().to_vec();
    lines.sort_by_key(|l| (env.cell("sale.order.line", *l, "sequence").id().unwrap_or(0), *l));
    lines
}

/// Computes the order's sums from its lines, pins included.
pub fn recompute(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let currency = env.store.reference(MODEL, id, "currency_id").unwrap_or(Seed::EUR);
    let mut base: Vec<BaseLine> = Vec::new();
    let mut early: Vec<BaseLine> = Vec::new();
    let discount = early_discount(env, id);
    for line in lines(env, id) {
        let row = env.record("sale.order.line", line)?.clone();
        if get(&row, "display_type").truthy() {
            continue;
        }
        let line = sale_line::base_line(env, &row, currency)?;
        if let Some(percent) = discount {
            let cut = get(&row, "price_subtotal").number() / Decimal::ONE_HUNDRED * percent;
            let part = |price: Decimal, taxes: &[taxes::Tax]| BaseLine {
                price,
                quantity: Decimal::ONE,
                discount: Decimal::ZERO,
                taxes: taxes.to_vec(),
                pin: None,
            };
            early.extend([part(-cut, &line.taxes), part(cut, &[])]);
        }
        base.push(line);
    }
    base.extend(early);
    let sums = taxes::totals(&taxes::compute(&base, sale_line::decimals(env, currency)));
    env.store.set(
        MODEL,
        id,
        [
            ("amount_untaxed", Cell::Num(sums.untaxed)),
            ("amount_tax", Cell::Num(sums.tax)),
            ("amount_total", Cell::Num(sums.untaxed + sums.tax)),
        ],
    );
    Ok(())
}

/// The percentage of a payment term with an early discount that lowers the tax ("mixed").
fn early_discount(env: &Env<'_>, id: i64) -> Option<Decimal> {
    let term = env.store.reference(MODEL, id, "payment_term_id")?;
    let row = env.store.row("account.payment.term", term)?;
    let mixed = get(row, "early_pay_discount_computation").as_text() == Some("mixed");
    let percent = get(row, "discount_percentage").number();
    (get(row, "early_discount").truthy() && mixed && !percent.is_zero()).then_some(percent)
}

/// `action_confirm`: all or none, naming nobody; sets the date to now and makes the delivery.
pub fn confirm(env: &mut Env<'_>, ids: &[i64]) -> Answer<()> {
    let state = |env: &Env<'_>, id: i64| env.cell(MODEL, id, "state");
    for id in ids {
        env.record(MODEL, *id)?;
    }
    if ids.iter().any(|id| !matches!(state(env, *id).as_text(), Some("draft" | "sent"))) {
        return Err(Fail::user("Some orders are not in a state requiring confirmation."));
    }
    for id in ids {
        for line in lines(env, *id) {
            let row = env.record("sale.order.line", line)?;
            if !get(row, "display_type").truthy() && !get(row, "product_id").truthy() {
                return Err(Fail::user(
                    "Some order lines are missing a product, you need to correct them before going further.",
                ));
            }
        }
    }
    for id in ids {
        let now = env.now_text();
        env.store.set(
            MODEL,
            *id,
            [
                ("state", Cell::Text("sale".to_owned())),
                ("date_order", Cell::Text(now.clone())),
                ("write_date", Cell::Text(now)),
            ],
        );
        if let Some(position) = env.switches.position_on_confirm {
            env.store.set(MODEL, *id, [("fiscal_position_id", Cell::Ref(position))]);
        }
        let lines = lines(env, *id);
        stock::launch(env, *id, &lines)?;
    }
    Ok(())
}

/// `action_cancel`: in any state but locked; open deliveries are cancelled.
pub fn cancel(env: &mut Env<'_>, ids: &[i64]) -> Answer<()> {
    for id in ids {
        if get(env.record(MODEL, *id)?, "locked").truthy() {
            return Err(Fail::user("You cannot cancel a locked order. Please unlock it first."));
        }
    }
    for id in ids {
        stock::cancel(env, *id);
        accounting::cancel_drafts(env, *id);
        env.store.set(MODEL, *id, [("state", Cell::Text("cancel".to_owned()))]);
    }
    Ok(())
}

/// `action_lock` and `action_unlock`.
pub fn lock(env: &mut Env<'_>, ids: &[i64], locked: bool) -> Answer<()> {
    for id in ids {
        env.record(MODEL, *id)?;
        env.store.set(MODEL, *id, [("locked", Cell::bool(locked))]);
    }
    Ok(())
}

/// `action_draft`: cancelled orders become quotations.
pub fn draft(env: &mut Env<'_>, ids: &[i64]) -> Answer<()> {
    for id in ids {
        if matches!(get(env.record(MODEL, *id)?, "state").as_text(), Some("cancel" | "sent")) {
            env.store.set(MODEL, *id, [("state", Cell::Text("draft".to_owned()))]);
        }
    }
    Ok(())
}

/// Refuses to delete what is not a draft or cancelled.
pub fn check_unlink(env: &Env<'_>, id: i64) -> Answer<()> {
    if matches!(env.cell(MODEL, id, "state").as_text(), Some("draft" | "cancel")) {
        return Ok(());
    }
    Err(Fail::user(
        "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
    ))
}
