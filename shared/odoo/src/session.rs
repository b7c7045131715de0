//! What is asked of an Odoo once per process.

use crate::client::search_all;
use crate::connection::{Connection, Protocol};
use crate::decode::{Row, row, rows};
use crate::fault::{self, Refused};
use crate::fields::{self, FieldMap};
use crate::transport::{self as wire, Args, Operation, Wire, json2, jsonrpc};
use causeway_domain::ports::Http;
use causeway_domain::{Decimal, Fault};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Version of Odoo: 19.0, or 18.3 for `saas~18.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 17, 18, 19, ...
    pub major: u32,
    /// 0 for the yearly release.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A currency of Odoo, also an archived one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyRow {
    /// `res.currency` id.
    pub id: i64,
    /// Decimals that Odoo rounds to; may differ from ISO 4217.
    pub decimals: u32,
}

/// A sale tax of the company, also an archived one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRow {
    /// Name as accountants know it.
    pub name: String,
    /// Percent, or an amount for `amount_type` `fixed`.
    pub amount: Decimal,
    /// `percent`, `fixed`, `division`, `group`.
    pub amount_type: String,
    /// True if unit prices contain it.
    pub price_include: bool,
    /// False if archived.
    pub active: bool,
    /// `res.company` id.
    pub company: i64,
    /// Fiscal positions that lead to this tax.
    pub fiscal_positions: Vec<i64>,
    /// Taxes that it stands in for under those positions.
    pub original_taxes: Vec<i64>,
}

/// What is known of one database and company. Cached by the caller; taxes and currencies change.
#[derive(Clone, Debug)]
pub struct Session {
    /// Version.
    pub version: Version,
    /// Names that differ between versions.
    pub fields: FieldMap,
    /// User id, over JSON-RPC only.
    pub uid: Option<i64>,
    /// By ISO 4217 code.
    pub currencies: BTreeMap<String, CurrencyRow>,
    /// By `account.tax` id.
    pub taxes: BTreeMap<i64, TaxRow>,
    /// Decimals that `price_unit` is rounded to.
    pub price_decimals: u32,
    /// Decimals that `discount` is rounded to.
    pub discount_decimals: u32,
    /// Decimals that `product_uom_qty` is rounded to.
    pub quantity_decimals: u32,
    /// `sale.order.line.extra_tax_data` exists: exact amounts can be pinned (19 and later).
    pub pins: bool,
}

/// Asks version, user id, fields, decimals, currencies and sale taxes: seven or eight reads.
///
/// Faults: wrong key is `Wait` on `credentials:odoo/<name>`; a missing field, an unsupported version
/// or a protocol that this version does not speak is `Reject`; an unreachable or database-less
/// server is `Retry` that says which database name was tried.
pub async fn connect<H: Http>(http: &H, connection: &Connection) -> Result<Session, Fault> {
    let mut wire = Wire { http, connection, uid: None, first: true };
    let version = version(&wire).await?;
    supported(&wire, version)?;
    wire.uid = authenticate(&wire).await?;

    let line_names = [fields::LINE, fields::LINE_VARIANTS].concat();
    let line = fields_get(&wire, wire::LINE_FIELDS, &line_names).await?;
    let order = fields_get(&wire, wire::ORDER_FIELDS, &fields::order()).await?;
    let partner = fields_get(&wire, wire::PARTNER_FIELDS, fields::PARTNER).await?;
    let tax_names = [fields::TAX, fields::TAX_VARIANTS].concat();
    let tax = fields_get(&wire, wire::TAX_FIELDS, &tax_names).await?;
    let map = field_map(version, &names(&line), &names(&order), &names(&partner), &names(&tax))?;

    let decimals = |field: &str| digits(&connection.name, &line, field);
    Ok(Session {
        version,
        uid: wire.uid,
        currencies: currencies(&wire).await?,
        taxes: taxes(&wire, map.taxes_know_positions).await?,
        price_decimals: decimals("price_unit")?,
        discount_decimals: decimals("discount")?,
        quantity_decimals: decimals("product_uom_qty")?,
        pins: line.get("extra_tax_data").is_some(),
        fields: map,
    })
}

/// `GET /web/version` (19 and later) or `common.version`; neither needs a key or a database.
async fn version<H: Http>(wire: &Wire<'_, H>) -> Result<Version, Fault> {
    let operation = wire::COMMON_VERSION;
    let asked = wire.asked(operation);
    let (answer, key) = match wire.connection.protocol {
        Protocol::Json2 => {
            let answer = wire.get(operation, "/web/version").await?;
            if answer.status() == http::StatusCode::NOT_FOUND {
                return Err(Fault::reject(
                    format!("odoo {}: no Odoo 19 or later at this url", wire.connection.name),
                    "correct the url, or set protocol = \"jsonrpc\" for Odoo 17 and 18",
                ));
            }
            (json2::read(asked, &answer)?, "version_info")
        }
        Protocol::JsonRpc => {
            let answer = wire.post(operation, "/jsonrpc", jsonrpc::version()).await?;
            (jsonrpc::read(asked, &answer)?, "server_version_info")
        }
    };
    parse_version(answer.get(key))
        .ok_or_else(|| fault::unexpected(&wire.connection.name, operation, "no version in it"))
}

/// `[19, 0, 0, "final", 0, ""]`, or `["saas~18", 3, ...]`.
fn parse_version(info: Option<&Value>) -> Option<Version> {
    let parts = info?.as_array()?;
    let number = |value: &Value| match value.as_str() {
        Some(text) => text.rsplit('~').next()?.parse().ok(),
        None => u32::try_from(value.as_u64()?).ok(),
    };
    Some(Version { major: number(parts.first()?)?, minor: number(parts.get(1)?)? })
}

fn supported<H: Http>(wire: &Wire<'_, H>, version: Version) -> Result<(), Fault> {
    let name = &wire.connection.name;
    match wire.connection.protocol {
        Protocol::Json2 if version.major < 19 => Err(Fault::reject(
            format!("odoo {name} is version {version}, which has no JSON-2"),
            format!("set protocol = \"jsonrpc\" for odoo.{name}"),
        )),
        Protocol::JsonRpc if version.major < 17 => Err(Fault::reject(
            format!("odoo {name} is version {version}; 17 and later are supported"),
            "upgrade Odoo",
        )),
        Protocol::Json2 | Protocol::JsonRpc => Ok(()),
    }
}

async fn authenticate<H: Http>(wire: &Wire<'_, H>) -> Result<Option<i64>, Fault> {
    match wire.connection.protocol {
        Protocol::Json2 => Ok(None),
        Protocol::JsonRpc => {
            let operation = wire::COMMON_AUTHENTICATE;
            let body = jsonrpc::authenticate(wire)?;
            let answer = wire.post(operation, "/jsonrpc", body).await?;
            let asked = wire.asked(operation);
            match jsonrpc::read(asked, &answer)?.as_i64() {
                Some(uid) => Ok(Some(uid)),
                None => Err(fault::exception(asked, "odoo.exceptions.AccessDenied", "").into()),
            }
        }
    }
}

/// `fields_get(allfields, attributes)`: unknown names are left out of the answer, not refused.
async fn fields_get<H: Http>(
    wire: &Wire<'_, H>,
    operation: Operation,
    names: &[&str],
) -> Result<Value, Refused> {
    let args = Args::default()
        .with("allfields", json!(names))
        .with("attributes", json!(["type", "digits"]));
    wire.call(operation, args).await
}

fn names(fields: &Value) -> BTreeSet<String> {
    fields.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

/// The names that this database uses; refuses one that lacks an expected field.
pub(crate) fn field_map(
    version: Version,
    line: &BTreeSet<String>,
    order: &BTreeSet<String>,
    partner: &BTreeSet<String>,
    tax: &BTreeSet<String>,
) -> Result<FieldMap, Fault> {
    fields::expect("sale.order", &fields::order(), order, version)?;
    fields::expect("sale.order.line", fields::LINE, line, version)?;
    fields::expect("res.partner", fields::PARTNER, partner, version)?;
    fields::expect("account.tax", fields::TAX, tax, version)?;
    let likely = FieldMap::for_version(version);
    let pick = |likely: &'static str, names: [&'static str; 2]| {
        let names = if names.first() == Some(&likely) { names } else { [names[1], names[0]] };
        fields::choose("sale.order.line", names, line, version)
    };
    Ok(FieldMap {
        line_taxes: pick(likely.line_taxes, ["tax_ids", "tax_id"])?,
        line_uom: pick(likely.line_uom, ["product_uom_id", "product_uom"])?,
        technical_price_unit: line.contains("technical_price_unit"),
        is_delivery: line.contains("is_delivery"),
        taxes_know_positions: fields::TAX_VARIANTS.iter().all(|field| tax.contains(*field)),
    })
}

/// The second of `digits: [16, 2]`. `decimal.precision` itself is for administrators only (403).
fn digits(odoo: &str, line: &Value, field: &str) -> Result<u32, Fault> {
    let digits = line.get(field).and_then(|f| f.get("digits")).and_then(|d| d.get(1));
    digits.and_then(Value::as_u64).and_then(|d| u32::try_from(d).ok()).ok_or_else(|| {
        fault::unexpected(odoo, wire::LINE_FIELDS, &format!("no digits for {field}"))
    })
}

/// `res.currency.search_read`, archived ones too, so that an archived one can be named.
async fn currencies<H: Http>(wire: &Wire<'_, H>) -> Result<BTreeMap<String, CurrencyRow>, Fault> {
    let operation = wire::CURRENCY_SEARCH_READ;
    let found = search_all(wire, operation, json!([]), &["name", "decimal_places"], true).await?;
    let mut currencies = BTreeMap::new();
    for value in &found {
        let row = row(&wire.connection.name, operation, value)?;
        let decimals = u32::try_from(row.decimal("decimal_places")?).unwrap_or(2);
        if let Some(code) = row.text("name")? {
            currencies.insert(code, CurrencyRow { id: row.id()?, decimals });
        }
    }
    Ok(currencies)
}

/// `account.tax.search_read` of the sale taxes; record rules leave only those of the company.
async fn taxes<H: Http>(
    wire: &Wire<'_, H>,
    know_positions: bool,
) -> Result<BTreeMap<i64, TaxRow>, Fault> {
    let operation = wire::TAX_SEARCH_READ;
    let mut names: Vec<&str> = fields::TAX.to_vec();
    if know_positions {
        names.extend(fields::TAX_VARIANTS);
    }
    let domain = json!([["type_tax_use", "=", "sale"]]);
    let found = search_all(wire, operation, domain, &names, true).await?;
    let mut taxes = BTreeMap::new();
    for value in &found {
        let row = row(&wire.connection.name, operation, value)?;
        taxes.insert(row.id()?, tax_row(&row, know_positions)?);
    }
    if !know_positions {
        map_taxes(wire, &mut taxes).await?;
    }
    Ok(taxes)
}

fn tax_row(row: &Row<'_>, know_positions: bool) -> Result<TaxRow, Fault> {
    let list = |field| if know_positions { row.ids(field) } else { Ok(Vec::new()) };
    Ok(TaxRow {
        name: row.text("name")?.unwrap_or_default(),
        amount: row.decimal("amount")?,
        amount_type: row.text("amount_type")?.unwrap_or_default(),
        price_include: row.flag("price_include")?,
        active: row.flag("active")?,
        company: row.required("company_id")?,
        fiscal_positions: list("fiscal_position_ids")?,
        original_taxes: list("original_tax_ids")?,
    })
}

/// 17 and 18 keep the mapping in `account.fiscal.position.tax` (facts A5).
async fn map_taxes<H: Http>(
    wire: &Wire<'_, H>,
    taxes: &mut BTreeMap<i64, TaxRow>,
) -> Result<(), Fault> {
    let operation = wire::POSITION_TAX_SEARCH_READ;
    let names = ["position_id", "tax_src_id", "tax_dest_id"];
    let found = Value::Array(search_all(wire, operation, json!([]), &names, true).await?);
    for row in rows(&wire.connection.name, operation, &found)? {
        let position = row.required("position_id")?;
        let source = row.required("tax_src_id")?;
        let Some(tax) = row.reference("tax_dest_id")?.and_then(|id| taxes.get_mut(&id)) else {
            continue;
        };
        if !tax.fiscal_positions.contains(&position) {
            tax.fiscal_positions.push(position);
        }
        if !tax.original_taxes.contains(&source) {
            tax.original_taxes.push(source);
        }
    }
    Ok(())
}
