//! Reading: `read`, `search`, `search_read`, `web_read`, and the fields that are
//! computed when they are read. Fields that the fake does not model read as false, 0.0 or [].

use super::cell::{Cell, float, float_difference, get};
use super::domain::{self, Domain};
use super::env::Env;
use super::fail::{Answer, Fail};
use super::schema::{Field, Model, Type, schema};
use super::{accounting, sale_order, stock};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// How a many2one is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `[id, name]`.
    Classic,
    /// `id`.
    Ids,
}

/// A field's value, stored or computed.
pub fn cell(env: &Env<'_>, model: &Model, id: i64, field: &str) -> Cell {
    let stored = || env.cell(&model.name, id, field);
    match (model.name.as_str(), field) {
        (_, "id") => Cell::Int(id),
        (name, "display_name" | "complete_name") => Cell::text(&env.display_name(name, id)),
        (name, _)
            if name.starts_with("account.") && accounting::cell(env, name, id, field).is_some() =>
        {
            accounting::cell(env, name, id, field).unwrap_or(Cell::False)
        }
        ("sale.order", "order_line") => Cell::Refs(sale_order::lines(env, id)),
        ("sale.order", "invoice_status") => {
            Cell::Text(accounting::invoice_status(env, id).to_owned())
        }
        ("sale.order", "invoice_ids") => Cell::Refs(accounting::invoices(env, id)),
        ("sale.order", "invoice_count") => {
            Cell::Int(i64::try_from(accounting::invoices(env, id).len()).unwrap_or(0))
        }
        ("sale.order", "picking_ids") => {
            let mut ids = stored().ids().to_vec();
            let date = |id: i64| {
                let date = env.cell("stock.picking", id, "scheduled_date");
                date.as_text().unwrap_or_default().to_owned()
            };
            ids.sort_by_key(|id| (date(*id), std::cmp::Reverse(*id)));
            Cell::Refs(ids)
        }
        ("stock.picking", "move_ids") => {
            let mut ids = stored().ids().to_vec();
            let sequence = |id: i64| env.cell("stock.move", id, "sequence").id().unwrap_or(0);
            ids.sort_by_key(|id| (sequence(*id), *id));
            Cell::Refs(ids)
        }
        ("sale.order", "delivery_status") => delivery_status(env, id),
        ("sale.order", "amount_to_invoice") => {
            Cell::Num(accounting::order_amount_to_invoice(env, id))
        }
        ("sale.order.line", "state" | "currency_id" | "company_id" | "warehouse_id") => {
            let order = env.store.reference("sale.order.line", id, "order_id").unwrap_or_default();
            env.cell("sale.order", order, field)
        }
        ("sale.order.line", "tax_ids") | ("product.product", "taxes_id") => {
            let mut taxes = stored().ids().to_vec();
            taxes.sort_by_key(|t| (env.cell("account.tax", *t, "sequence").id().unwrap_or(0), *t));
            Cell::Refs(taxes)
        }
        ("sale.order.line", "qty_delivered_method") => {
            let product = env.store.reference("sale.order.line", id, "product_id");
            let goods = product.is_some_and(|product| {
                env.cell("product.product", product, "type").as_text() == Some("consu")
            });
            Cell::Text(if goods { "stock_move" } else { "manual" }.to_owned())
        }
        ("sale.order.line", "invoice_status") => {
            Cell::Text(accounting::line_status(env, id).to_owned())
        }
        ("sale.order.line", "qty_to_invoice") => Cell::Num(accounting::to_invoice(env, id)),
        ("res.partner", "company_type") => {
            let company = env.cell("res.partner", id, "is_company").truthy();
            Cell::Text(if company { "company" } else { "person" }.to_owned())
        }
        ("res.partner", "property_account_receivable_id") if !stored().truthy() => {
            Cell::Ref(super::seed::Seed::RECEIVABLE)
        }
        ("res.partner", "property_account_payable_id") if !stored().truthy() => {
            Cell::Ref(super::seed::Seed::PAYABLE)
        }
        ("res.partner", "country_code") => {
            let country = env.store.reference("res.partner", id, "country_id");
            country.map_or(Cell::False, |country| env.cell("res.country", country, "code"))
        }
        ("res.currency", "decimal_places") => stored(),
        ("product.product", "qty_available") => env.cell("product.product", id, "_on_hand"),
        ("product.product", "free_qty" | "virtual_available") => {
            Cell::Num(stock::free(env, id, None))
        }
        ("product.product", "list_price") => env.cell("product.product", id, "lst_price"),
        ("account.fiscal.position", "tax_map") => tax_map(env, id),
        _ => stored(),
    }
}

fn tax_map(env: &Env<'_>, position: i64) -> Cell {
    let mut map: Map<String, Value> = Map::new();
    for new in env.cell("account.fiscal.position", position, "tax_ids").ids() {
        if !env.cell("account.tax", *new, "active").truthy() {
            continue;
        }
        for old in env.cell("account.tax", *new, "original_tax_ids").ids() {
            let list = map.entry(old.to_string()).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!(new));
        }
    }
    Cell::Json(Value::Object(map))
}

fn delivery_status(env: &Env<'_>, order: i64) -> Cell {
    let pickings = env.cell("sale.order", order, "picking_ids").ids().to_vec();
    let states: Vec<String> = pickings
        .iter()
        .filter_map(|id| env.cell("stock.picking", *id, "state").as_text().map(str::to_owned))
        .filter(|state| state != "cancel")
        .collect();
    let done = states.iter().filter(|state| *state == "done").count();
    match (states.len(), done) {
        (0, _) => Cell::False,
        (all, done) if all == done => Cell::Text("full".to_owned()),
        (_, 0) => Cell::Text("pending".to_owned()),
        _ => Cell::Text("partial".to_owned()),
    }
}

/// Prints a field.
pub fn print(env: &Env<'_>, model: &Model, id: i64, field: &Field, style: Style) -> Value {
    if model.name == "sale.order.line" && field.name == "price_tax" {
        let amount = |name: &str| env.cell("sale.order.line", id, name).number();
        return float_difference(amount("price_total"), amount("price_subtotal"));
    }
    let cell = cell(env, model, id, &field.name);
    match field.kind {
        Type::Boolean => Value::Bool(cell.truthy()),
        Type::Integer => {
            json!(cell.id().unwrap_or_else(|| {
                i64::try_from(cell.number().trunc().mantissa()).unwrap_or(0)
            }))
        }
        Type::Float | Type::Monetary => float(cell.number()),
        Type::Many2one => match (cell.id(), style) {
            (None, _) => Value::Bool(false),
            (Some(id), Style::Ids) => json!(id),
            (Some(id), Style::Classic) => {
                json!([id, env.display_name(field.relation.as_deref().unwrap_or_default(), id)])
            }
        },
        Type::One2many | Type::Many2many => json!(cell.ids()),
        Type::Json | Type::Other => match cell {
            Cell::Json(value) => value,
            Cell::Text(text) => Value::String(text),
            _ => Value::Bool(false),
        },
        Type::Text | Type::Html | Type::Date | Type::Datetime | Type::Selection => match cell {
            Cell::Text(text) => Value::String(text),
            Cell::Int(number) => json!(number),
            _ => Value::Bool(false),
        },
    }
}

fn fields<'m>(model: &'m Model, names: Option<&Value>) -> Answer<Vec<&'m Field>> {
    let Some(names) = names.and_then(Value::as_array).filter(|names| !names.is_empty()) else {
        return Ok(model.fields.values().collect());
    };
    let find = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        model
            .field(name)
            .ok_or_else(|| Fail::value(format!("Invalid field '{name}' on '{}'", model.name)))
    };
    names.iter().map(find).collect()
}

/// `read`: missing records are left out.
pub fn read(
    env: &Env<'_>,
    model: &Model,
    ids: &[i64],
    names: Option<&Value>,
    style: Style,
) -> Answer<Value> {
    let fields = fields(model, names)?;
    env.check_companies()?;
    let found = ids.iter().filter(|id| env.store.row(&model.name, **id).is_some());
    let row = |id: &i64| {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        for field in &fields {
            object.insert(field.name.clone(), print(env, model, *id, field, style));
        }
        Value::Object(object)
    };
    Ok(Value::Array(found.map(row).collect()))
}

/// Arguments of a search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// First records to leave out.
    pub offset: usize,
    /// At most so many.
    pub limit: Option<usize>,
    /// `field desc, field`.
    pub order: Option<String>,
}

impl Search {
    /// From the named arguments.
    pub fn from(arguments: &Map<String, Value>) -> Self {
        let number = |name: &str| {
            arguments.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
        };
        Self {
            offset: number("offset").unwrap_or(0),
            limit: number("limit").filter(|limit| *limit > 0),
            order: arguments.get("order").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// `search`.
pub fn search(env: &Env<'_>, model: &Model, domain: &Value, search: &Search) -> Answer<Vec<i64>> {
    let domain = domain::parse(model, domain)?;
    let order = parse_order(model, search.order.as_deref().unwrap_or(default_order(&model.name)))?;
    env.check_companies()?;
    let mut ids = visible(env, model, &domain);
    ids.sort_by(|a, b| compare(env, model, &order, *a, *b));
    let limit = search.limit.unwrap_or(usize::MAX);
    Ok(ids.into_iter().skip(search.offset).take(limit).collect())
}

fn visible(env: &Env<'_>, model: &Model, domain: &Domain) -> Vec<i64> {
    let only_active =
        env.active_test() && model.field("active").is_some() && !domain::mentions(domain, "active");
    let own_company = model.name == "res.company" && env.user == super::env::User::Inbound;
    let mut ids =
        domain::candidates(env, model, domain).unwrap_or_else(|| env.store.ids(&model.name));
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| {
        let Some(row) = env.store.row(&model.name, *id) else { return false };
        (!only_active || get(row, "active").truthy())
            && (!own_company || env.companies().contains(id))
            && domain::matches(env, model, *id, domain)
    });
    ids
}

fn default_order(model: &str) -> &'static str {
    match model {
        "sale.order" => "date_order desc, id desc",
        "sale.order.line" => "order_id desc, sequence, id",
        "res.partner" => "complete_name, id desc",
        "product.product" => "default_code, name, id",
        "product.template" => "name",
        "account.tax"
        | "account.fiscal.position"
        | "product.pricelist"
        | "stock.warehouse"
        | "crm.team"
        | "account.payment.term"
        | "uom.uom" => "sequence, id",
        "res.country" | "res.company" | "res.users" => "name",
        "res.currency" => "active desc, name",
        "res.country.state" => "code",
        "stock.move" => "sequence, id",
        "stock.picking" => "scheduled_date, id desc",
        "account.move" => "date desc, name desc, invoice_date desc, id desc",
        "account.move.line" => "date desc, move_name desc, id",
        "account.payment" => "date desc, name desc",
        "account.account" => "code",
        "account.journal" => "sequence, type, code",
        "account.tax.repartition.line" => "document_type, repartition_type, sequence, id",
        "stock.picking.type" => "sequence, id",
        "stock.location" => "complete_name, id",
        _ => "id",
    }
}

fn parse_order<'m>(model: &'m Model, order: &str) -> Answer<Vec<(&'m Field, bool)>> {
    let part = |part: &str| {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc"));
        model
            .field(name)
            .map(|field| (field, descending))
            .ok_or_else(|| Fail::value(format!("Invalid field '{name}' on model '{}'", model.name)))
    };
    order.split(',').filter(|text| !text.trim().is_empty()).map(part).collect()
}

fn compare(
    env: &Env<'_>,
    model: &Model,
    order: &[(&Field, bool)],
    a: i64,
    b: i64,
) -> std::cmp::Ordering {
    for (field, descending) in order {
        let [x, y] = [a, b].map(|id| cell(env, model, id, &field.name));
        let order = match field.kind {
            Type::Integer | Type::Float | Type::Monetary | Type::Many2one => {
                let number = |c: &Cell| c.id().map_or_else(|| c.number(), Decimal::from);
                number(&x).cmp(&number(&y))
            }
            Type::Boolean => x.truthy().cmp(&y.truthy()),
            // PostgreSQL puts null last.
            _ => match (x.as_text(), y.as_text()) {
                (None, None) => std::cmp::Ordering::Equal,
                (None, _) => std::cmp::Ordering::Greater,
                (_, None) => std::cmp::Ordering::Less,
                (x, y) => x.cmp(&y),
            },
        };
        let order = if *descending { order.reverse() } else { order };
        if order.is_ne() {
            return order;
        }
    }
    a.cmp(&b)
}

/// `web_read`: the specification says which fields of which relations.
pub fn web_read(env: &Env<'_>, model: &Model, ids: &[i64], spec: &Value) -> Answer<Value> {
    env.check_companies()?;
    let empty = Map::new();
    let spec = spec.as_object().unwrap_or(&empty);
    for name in spec.keys() {
        if model.field(name).is_none() {
            return Err(Fail::value(format!("Invalid field '{name}' on '{}'", model.name)));
        }
    }
    let found = ids.iter().filter(|id| env.store.row(&model.name, **id).is_some());
    let rows: Answer<Vec<Value>> = found.map(|id| web_row(env, model, *id, spec)).collect();
    rows.map(Value::Array)
}

fn web_row(env: &Env<'_>, model: &Model, id: i64, spec: &Map<String, Value>) -> Answer<Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(id));
    for (name, wanted) in spec {
        let Some(field) = model.field(name) else { continue };
        let value = match (wanted.get("fields"), field.relation.as_deref()) {
            (Some(below), Some(target)) => {
                relation(env, schema().model(target)?, cell(env, model, id, name), below, wanted)?
            }
            _ => print(env, model, id, field, Style::Ids),
        };
        object.insert(name.clone(), value);
    }
    Ok(Value::Object(object))
}

fn relation(
    env: &Env<'_>,
    target: &Model,
    value: Cell,
    below: &Value,
    wanted: &Value,
) -> Answer<Value> {
    match value {
        Cell::Refs(ids) => {
            // Beyond `limit` only the ids are given.
            let limit = wanted.get("limit").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(ids.len());
            let (head, tail) = ids.split_at(limit);
            let mut rows = match web_read(env, target, head, below)? {
                Value::Array(rows) => rows,
                _ => Vec::new(),
            };
            rows.extend(tail.iter().map(|id| json!({"id": id})));
            Ok(Value::Array(rows))
        }
        other => match other.id() {
            Some(id) => web_read(env, target, &[id], below).map(|rows| rows[0].clone()),
            None => Ok(Value::Bool(false)),
        },
    }
}
