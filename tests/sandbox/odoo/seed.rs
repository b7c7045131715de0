//! What is in the database at the start: a Belgian company as the chart of accounts of Odoo 19
//! makes it (fixture `belgian.json`), and products.

use super::accounting;
use super::cell::{Cell, Record, decimal};
use super::schema::{Type, schema};
use super::store::Store;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Ids of the seeded records, for configurations and tests.
pub struct Seed;

impl Seed {
    /// Name of the database (`X-Odoo-Database`).
    pub const DATABASE: &'static str = "prod";
    /// API key of the integration user.
    pub const INBOUND_KEY: &'static str = "fake-odoo-inbound-key-0000000000000000005";
    /// API key of the administrator.
    pub const ADMIN_KEY: &'static str = "fake-odoo-admin-key-000000000000000000002";
    /// The integration user (`inbound`, Europe/Brussels).
    pub const INBOUND_USER: i64 = 5;
    /// The administrator (`admin`).
    pub const ADMIN_USER: i64 = 2;
    /// The company: EUR, Belgian VAT, taxes rounded globally.
    pub const COMPANY: i64 = 1;
    /// A company that the integration user lacks.
    pub const OTHER_COMPANY: i64 = 4;
    /// Currencies.
    pub const EUR: i64 = 125;
    /// US dollar.
    pub const USD: i64 = 1;
    /// Pound sterling.
    pub const GBP: i64 = 143;
    /// Yen, no decimals.
    pub const JPY: i64 = 25;
    /// Kuwaiti dinar, three decimals.
    pub const KWD: i64 = 93;
    /// The pricelist that Odoo takes when none is sent.
    pub const DEFAULT_PRICELIST: i64 = 13;
    /// Pricelist "Shop EUR".
    pub const PRICELIST_EUR: i64 = 14;
    /// Pricelist "Shop USD".
    pub const PRICELIST_USD: i64 = 15;
    /// Pricelist "Shop JPY".
    pub const PRICELIST_JPY: i64 = 16;
    /// Pricelist "Shop KWD".
    pub const PRICELIST_KWD: i64 = 17;
    /// Pricelist "Shop GBP".
    pub const PRICELIST_GBP: i64 = 101;
    /// An archived pricelist.
    pub const PRICELIST_ARCHIVED: i64 = 18;
    /// Warehouse WH.
    pub const WAREHOUSE: i64 = 1;
    /// Warehouse WH2.
    pub const SECOND_WAREHOUSE: i64 = 4;
    /// Sales team.
    pub const TEAM: i64 = 1;
    /// Payment term "Immediate Payment".
    pub const PAYMENT_TERM: i64 = 1;
    /// Payment term "2/7 Net 30", with an early discount.
    pub const EARLY_DISCOUNT_TERM: i64 = 9;
    /// 21 % on goods, excluded.
    pub const TAX_21: i64 = 191;
    /// 21 % on services, excluded; the domestic position maps it to two taxes.
    pub const TAX_21_SERVICES: i64 = 192;
    /// 12 %, excluded.
    pub const TAX_12: i64 = 194;
    /// 6 %, excluded.
    pub const TAX_6: i64 = 196;
    /// 0 %.
    pub const TAX_0: i64 = 198;
    /// 0 % intra-community, goods.
    pub const TAX_EU: i64 = 201;
    /// 0 % export.
    pub const TAX_EXPORT: i64 = 203;
    /// 21 %, included.
    pub const TAX_21_INCLUDED: i64 = 279;
    /// 12 %, included.
    pub const TAX_12_INCLUDED: i64 = 280;
    /// 6 %, included.
    pub const TAX_6_INCLUDED: i64 = 281;
    /// 0 %, for tax as the channel charged it.
    pub const CHANNEL_TAX: i64 = 282;
    /// An archived tax.
    pub const TAX_ARCHIVED: i64 = 283;
    /// State 6.25 %, county 1 %, city 0.75 %: three taxes on one line.
    pub const US_TAXES: [i64; 3] = [401, 402, 403];
    /// GST 5 % and PST 7 %: two taxes on one line.
    pub const CANADIAN_TAXES: [i64; 2] = [404, 405];
    /// Locations and operation types of a delivery in several steps.
    pub const OUTPUT: i64 = 8;
    /// Where goods are packed.
    pub const PACKING: i64 = 9;
    /// Operation type "Pick".
    pub const PICK: i64 = 3;
    /// Operation type "Pack".
    pub const PACK: i64 = 4;
    /// Fiscal position "National".
    pub const POSITION_NATIONAL: i64 = 15;
    /// Fiscal position "EU B2C".
    pub const POSITION_EU_PRIVATE: i64 = 16;
    /// Fiscal position "Intra-Community".
    pub const POSITION_EU_COMPANY: i64 = 17;
    /// Fiscal position "Extra-Community".
    pub const POSITION_EXPORT: i64 = 18;
    /// Journal "Sales" (`INV`).
    pub const SALES_JOURNAL: i64 = 1;
    /// Journal "Bank"; its payments stand on outstanding accounts until the bank confirms them.
    pub const BANK_JOURNAL: i64 = 6;
    /// Journal "Miscellaneous Operations".
    pub const MISC_JOURNAL: i64 = 3;
    /// Journal "Exchange Difference".
    pub const EXCHANGE_JOURNAL: i64 = 4;
    /// Losses by exchange rates.
    pub const EXCHANGE_LOSS: i64 = 357;
    /// Gains by exchange rates.
    pub const EXCHANGE_GAIN: i64 = 410;
    /// Journal "Square days", for entries.
    pub const SQUARE_JOURNAL: i64 = 22;
    /// Journal "Stripe"; its payments stand on [`Self::CLEARING`], its own account.
    pub const CLEARING_JOURNAL: i64 = 21;
    /// Journal "Settlements", for entries.
    pub const SETTLEMENT_JOURNAL: i64 = 23;
    /// Journal "Cash".
    pub const CASH_JOURNAL: i64 = 10;
    /// A bank journal whose payments go straight to its own account, so that they are paid at once.
    pub const DIRECT_JOURNAL: i64 = 11;
    /// Customers.
    pub const RECEIVABLE: i64 = 157;
    /// Suppliers.
    pub const PAYABLE: i64 = 188;
    /// VAT payable.
    pub const VAT_PAYABLE: i64 = 193;
    /// Sales of goods in Belgium; the income account of every product.
    pub const INCOME: i64 = 390;
    /// Deliveries to companies elsewhere in the Union, where the positions put [`Self::INCOME`].
    pub const INCOME_EU: i64 = 393;
    /// Sales at 12 %, for entries.
    pub const INCOME_12: i64 = 501;
    /// Sales at 6 %, for entries.
    pub const INCOME_6: i64 = 502;
    /// Bank.
    pub const BANK: i64 = 494;
    /// Outstanding receipts.
    pub const OUTSTANDING_RECEIPTS: i64 = 495;
    /// Outstanding payments.
    pub const OUTSTANDING_PAYMENTS: i64 = 496;
    /// Clearing of a payment provider, can be reconciled.
    pub const CLEARING: i64 = 497;
    /// Fees of payment providers.
    pub const FEES: i64 = 360;
    /// Chargebacks lost.
    pub const CHARGEBACKS: i64 = 499;
    /// Losses on trade debtors.
    pub const BAD_DEBT: i64 = 503;
    /// Tips to hand out.
    pub const TIPS: i64 = 500;
    /// Cash differences.
    pub const CASH_DIFFERENCES: i64 = 505;
    /// Cash.
    pub const CASH: i64 = 498;
    /// Suspense account, where Odoo puts what does not balance.
    pub const SUSPENSE: i64 = 218;
    /// Location "Customers".
    pub const CUSTOMERS: i64 = 2;
    /// Location "WH/Stock".
    pub const STOCK: i64 = 5;
    /// Location "WH/Stock/Returns", internal.
    pub const RETURNS: i64 = 40;
    /// Location "Virtual Locations/Scrap".
    pub const SCRAP: i64 = 41;
    /// Operation type "Receipts".
    pub const RECEIPTS: i64 = 1;
    /// Operation type "Delivery Orders".
    pub const DELIVERIES: i64 = 2;
    /// A Belgian consumer.
    pub const BELGIAN_CONSUMER: i64 = 10;
    /// A German consumer.
    pub const GERMAN_CONSUMER: i64 = 11;
    /// A French company with a VAT number.
    pub const FRENCH_COMPANY: i64 = 12;
    /// Storable goods `SKU-A` (20.00), `SKU-B` (10.00), `SKU-C` (15.00), plenty in stock.
    pub const SKU_A: i64 = 19;
    /// See [`Self::SKU_A`].
    pub const SKU_B: i64 = 20;
    /// See [`Self::SKU_A`].
    pub const SKU_C: i64 = 21;
    /// An archived product `SKU-OLD`.
    pub const SKU_ARCHIVED: i64 = 22;
    /// Service `SHIP`.
    pub const SHIP: i64 = 101;
    /// Service `DISC`.
    pub const DISC: i64 = 102;
    /// Service `TIP`, no tax.
    pub const TIP: i64 = 103;
    /// Service `FEE`.
    pub const FEE: i64 = 104;
    /// Service `WRAP`.
    pub const WRAP: i64 = 105;
    /// Service `GIFT`, no tax.
    pub const GIFT: i64 = 106;
    /// The first id of products that tests add.
    pub const FIRST_ADDED_PRODUCT: i64 = 1001;
}

/// A product to add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// `default_code`.
    pub sku: String,
    /// Name; the SKU if absent.
    #[serde(default)]
    pub name: Option<String>,
    /// List price in EUR, as text.
    #[serde(default)]
    pub price: Option<String>,
    /// A service has no delivery.
    #[serde(default)]
    pub service: bool,
    /// Archived.
    #[serde(default)]
    pub archived: bool,
    /// On hand in the main warehouse; goods have plenty if absent.
    #[serde(default)]
    pub stock: Option<u32>,
    /// Default taxes; 21 % if absent.
    #[serde(default)]
    pub taxes: Option<Vec<i64>>,
    /// A rule of the company's own refuses every order line with it.
    #[serde(default)]
    pub refused: bool,
}

impl Product {
    /// Goods with a list price, plenty in stock.
    pub fn goods(sku: &str, price: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            name: None,
            price: Some(price.to_owned()),
            service: false,
            archived: false,
            stock: None,
            taxes: None,
            refused: false,
        }
    }
}

/// Adds a product; its id.
pub fn add_product(store: &mut Store, product: &Product) -> i64 {
    let first = store.next_id("product.product");
    let id = first.max(Seed::FIRST_ADDED_PRODUCT);
    let price =
        product.price.as_deref().and_then(|p| p.parse::<Decimal>().ok()).unwrap_or_default();
    let mut row = Record::new();
    for (field, cell) in [
        ("name", Cell::text(product.name.as_deref().unwrap_or(&product.sku))),
        ("default_code", Cell::text(&product.sku)),
        ("active", Cell::bool(!product.archived)),
        ("uom_id", Cell::Ref(1)),
        ("type", Cell::text(if product.service { "service" } else { "consu" })),
        ("is_storable", Cell::bool(!product.service)),
        ("lst_price", Cell::Num(price)),
        ("sale_ok", Cell::True),
        ("_refused", Cell::bool(product.refused)),
        ("invoice_policy", Cell::text("order")),
        ("product_tmpl_id", Cell::Ref(id)),
        ("taxes_id", Cell::Refs(product.taxes.clone().unwrap_or_else(|| vec![Seed::TAX_21]))),
        ("_on_hand", Cell::Num(Decimal::from(product.stock.unwrap_or(1_000_000)))),
    ] {
        row.insert(field.to_owned(), cell);
    }
    store.put("product.product", id, Some(row));
    store.commit();
    id
}

/// Adds a bank journal with one method of payment each way, whose payments stay on `clearing`.
pub fn add_bank_journal(store: &mut Store, id: i64, code: &str, clearing: i64) {
    let methods = [("inbound", 2 * id), ("outbound", 2 * id + 1)];
    for (kind, method) in methods {
        let row = json!({"id": method, "name": "Manual Payment", "payment_type": kind,
            "journal_id": id, "sequence": 10, "payment_account_id": clearing});
        seed_row(store, "account.payment.method.line", row.as_object().unwrap());
    }
    let [inbound, outbound] = methods.map(|(_, method)| method);
    let row = json!({"id": id, "code": code, "type": "bank", "name": code, "sequence": 20,
        "company_id": 1, "active": true, "payment_sequence": true, "refund_sequence": false,
        "invoice_reference_model": "be", "invoice_reference_type": "invoice",
        "default_account_id": clearing, "inbound_payment_method_line_ids": [inbound],
        "outbound_payment_method_line_ids": [outbound]});
    seed_row(store, "account.journal", row.as_object().unwrap());
    store.commit();
}

/// Lets the first warehouse deliver in two or three steps, as `delivery_steps` says.
pub fn deliver_in_steps(store: &mut Store, steps: &str) {
    let stock = 5;
    for (id, name) in [(Seed::OUTPUT, "Output"), (Seed::PACKING, "Packing Zone")] {
        let row = json!({"id": id, "name": name, "complete_name": format!("WH/{name}"),
            "usage": "internal", "active": true, "company_id": 1, "location_id": 4});
        seed_row(store, "stock.location", row.as_object().unwrap());
    }
    let (packed, last) = (Seed::PACKING, Seed::OUTPUT);
    let picked = if steps == "pick_ship" { last } else { packed };
    for (id, name, from, to) in
        [(Seed::PICK, "Pick", stock, picked), (Seed::PACK, "Pack", packed, last)]
    {
        let row = json!({"id": id, "name": name, "code": "internal", "warehouse_id": 1,
            "default_location_src_id": from, "default_location_dest_id": to,
            "sequence_code": name.to_uppercase(), "sequence": id, "active": true, "company_id": 1});
        seed_row(store, "stock.picking.type", row.as_object().unwrap());
    }
    let steps = Cell::Text(steps.to_owned());
    store.set("stock.warehouse", Seed::WAREHOUSE, [("delivery_steps", steps)]);
    store.commit();
}

/// The seeded database.
pub fn store() -> Store {
    let mut store = Store::default();
    let file: Value =
        serde_json::from_str(include_str!("../../fixtures/odoo/belgian.json")).unwrap();
    for file in [&file, accounting::seed()] {
        for (model, rows) in file.as_object().unwrap() {
            for row in rows.as_array().map_or(&[][..], Vec::as_slice) {
                seed_row(&mut store, model, row.as_object().unwrap());
            }
        }
    }
    for (product, stock) in file["_stock"].as_object().unwrap() {
        let stock = Cell::Num(Decimal::from(stock.as_i64().unwrap()));
        store.set("product.product", product.parse().unwrap(), [("_on_hand", stock)]);
    }
    for id in store.ids("res.partner") {
        if store.cell("res.partner", id, "commercial_partner_id") == Cell::False {
            store.set("res.partner", id, [("commercial_partner_id", Cell::Ref(id))]);
        }
    }
    store.commit();
    store.created.clear();
    store
}

fn seed_row(store: &mut Store, model: &str, row: &Map<String, Value>) {
    let described = schema().find(model).unwrap();
    let id = row["id"].as_i64().unwrap();
    let mut record = Record::new();
    for (name, value) in row {
        if name == "_xmlid" {
            store.name(value.as_str().unwrap(), model, id, true);
        }
        let Some(field) = described.field(name) else { continue };
        record.insert(name.clone(), seed_cell(field.kind, value));
    }
    let born = Cell::text("2026-01-01 00:00:00");
    for field in ["create_date", "write_date"] {
        record.entry(field.to_owned()).or_insert(born.clone());
    }
    record.entry("write_uid".to_owned()).or_insert(Cell::Ref(Seed::ADMIN_USER));
    store.put(model, id, Some(record));
}

fn seed_cell(kind: Type, value: &Value) -> Cell {
    match (kind, value) {
        (Type::Boolean, value) => Cell::bool(value == &Value::Bool(true)),
        (Type::Many2one, value) => Cell::reference(value.as_i64()),
        (Type::Many2many | Type::One2many, Value::Array(ids)) => {
            Cell::Refs(ids.iter().filter_map(Value::as_i64).collect())
        }
        (Type::Integer, Value::Number(number)) => Cell::Int(number.as_i64().unwrap_or(0)),
        (_, Value::Number(number)) => Cell::Num(decimal(number).unwrap_or_default()),
        (_, Value::String(text)) => Cell::Text(text.clone()),
        _ => Cell::False,
    }
}
