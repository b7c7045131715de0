//! What is played against an Odoo: once against a real 19.0 to record the answers, and in every test
//! run against the recording. Ids are those of the recorded database; its people are invented.

use causeway_domain::ports::Http;
use causeway_domain::{
    CountryCode, Currency, Decimal, Fault, Money, Secret, Sku, StoreId, Timestamp,
};
use causeway_odoo::{
    Cell, Connection, ContactRecord, Culprit, ExternalId, LineCommand, LineRecord, LineValues,
    Odoo, OrderDate, OrderRecord, PartnerRecord, PinnedLine, PinnedTax, ProductRecord, Protocol,
    Record, Session, datetime, pin,
};
use std::collections::BTreeMap;

pub const SHIRT: i64 = 19;
pub const MUG: i64 = 20;
pub const VAT_21: i64 = 191;

/// The recorded database; `key` is a placeholder in tests.
pub fn connection(protocol: Protocol, url: &str, key: &str) -> Connection {
    Connection {
        name: "main".to_owned(),
        base_url: url.parse().unwrap(),
        database: Some("prod".to_owned()),
        protocol,
        login: Some("inbound".to_owned()),
        chatter: true,
        company: 1,
        api_key: Secret::new(key),
    }
}

fn id(kind: &str, id: &str) -> ExternalId {
    ExternalId::new(&StoreId::from("acme"), kind, id)
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::from_code("EUR").unwrap())
}

pub fn placed() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// A line of 3 shirts at 3.33 that must come to 10.00 and 2.10.
pub fn shirts() -> PinnedLine {
    PinnedLine {
        currency_id: 125,
        price_unit: Decimal::new(333, 2),
        discount: Decimal::ZERO,
        quantity: Decimal::from(3),
        net: eur(1000),
        taxes: vec![PinnedTax { tax: VAT_21, amount: eur(210) }],
    }
}

/// An order with one line.
pub fn order(number: &str, product: i64, display_type: &str) -> Record {
    let key = id("order", number);
    let shirts = shirts();
    Record {
        head: vec![
            ("id", Cell::from(&key)),
            ("partner_id/.id", Cell::Id(10)),
            ("partner_invoice_id/.id", Cell::Id(10)),
            ("partner_shipping_id/.id", Cell::Id(10)),
            ("client_order_ref", number.into()),
            ("date_order", datetime(placed()).into()),
            ("pricelist_id/.id", Cell::Id(14)),
            ("payment_term_id/.id", Cell::Id(1)),
            ("warehouse_id/.id", Cell::Id(1)),
            ("company_id/.id", Cell::Id(1)),
        ],
        lines: vec![vec![
            ("order_line/id", Cell::from(&key.line("1"))),
            ("order_line/product_id/.id", Cell::Id(product)),
            ("order_line/name", "Shirt, blue".into()),
            ("order_line/product_uom_qty", shirts.quantity.into()),
            ("order_line/price_unit", shirts.price_unit.into()),
            ("order_line/discount", shirts.discount.into()),
            ("order_line/tax_ids/.id", Cell::ids(&[VAT_21])),
            ("order_line/extra_tax_data", pin(&shirts).to_string().into()),
            ("order_line/display_type", display_type.into()),
        ]],
    }
}

/// Ten orders; those listed get the wrong product or display type.
pub fn ten(batch: &str, wrong: &[usize], product: i64, display_type: &str) -> Vec<Record> {
    (0..10)
        .map(|at| {
            let number = format!("{batch}-{at}");
            if wrong.contains(&at) {
                order(&number, product, display_type)
            } else {
                order(&number, SHIRT, "")
            }
        })
        .collect()
}

pub type Loaded = Vec<Result<i64, Culprit>>;

/// A partner.
pub fn partner(number: &str, vat: &str) -> Record {
    Record {
        head: vec![
            ("id", Cell::from(&id("customer", number))),
            ("name", format!("Toon Claes {number}").into()),
            ("email", format!("Toon.Claes+{number}@Example.test").into()),
            ("vat", vat.into()),
            ("is_company", Cell::Flag(true)),
            ("country_id/id", "base.be".into()),
        ],
        lines: vec![],
    }
}

/// Ten partners of which one has a VAT number that does not exist: Odoo echoes the error for record 0.
pub fn ten_partners() -> Vec<Record> {
    let vat = |at: usize| if at == 4 { "BE0123456789" } else { "BE0477472701" };
    (0..10).map(|at| partner(&format!("vat-{at}"), vat(at))).collect()
}

/// What happens to an order in its life.
#[derive(Debug)]
pub struct Life {
    pub born: Loaded,
    pub replayed: Loaded,
    pub cleared: BTreeMap<i64, OrderRecord>,
    pub confirmed: BTreeMap<i64, Fault>,
    pub confirmed_again: BTreeMap<i64, Fault>,
    pub dated: BTreeMap<i64, OrderRecord>,
    pub lines: Vec<LineRecord>,
    pub after: BTreeMap<i64, OrderRecord>,
    pub lines_after: Vec<LineRecord>,
}

pub async fn life<H: Http>(odoo: Odoo<'_, H>, batch: &str) -> Result<Life, Fault> {
    let records: Vec<Record> =
        (0..3).map(|at| order(&format!("{batch}-{at}"), SHIRT, "")).collect();
    let born = odoo.load_new("sale.order", &records).await?;
    let mut changed = records.clone();
    changed[0].head[4].1 = "changed".into();
    let replayed = odoo.load_new("sale.order", &changed).await?;
    let ids: Vec<i64> = born.iter().map(|one| *one.as_ref().unwrap()).collect();
    let cleared = odoo.clear_positions(&[ids[2], 99_999_999]).await?;
    let confirmed = odoo.confirm(&ids[..2]).await?;
    let confirmed_again = odoo.confirm(&ids).await?;
    let read = odoo.read_orders(&ids).await?;
    let mut dates: Vec<OrderDate> = read
        .values()
        .map(|order| OrderDate { order: order.id, date: placed(), leads: order.leads.clone() })
        .collect();
    dates.push(OrderDate { order: 99_999_999, date: placed(), leads: vec![] });
    let dated = odoo.date_and_read(&dates).await?;
    let lines = odoo.read_lines(&ids[..1]).await?;
    let values = |name: &str, product: i64, pinned: PinnedLine| LineValues {
        product,
        name: name.to_owned(),
        quantity: pinned.quantity,
        price_unit: pinned.price_unit,
        discount: pinned.discount,
        taxes: vec![VAT_21],
        pin: Some(pin(&pinned)),
    };
    let four = PinnedLine {
        quantity: Decimal::from(4),
        net: eur(1334),
        taxes: vec![PinnedTax { tax: VAT_21, amount: eur(281) }],
        ..shirts()
    };
    let commands = vec![
        LineCommand::Update { line: lines[0].id, values: values("Shirt, red", SHIRT, four) },
        LineCommand::Add { values: values("Mug", MUG, shirts()) },
    ];
    odoo.write_order(ids[0], Some((10, 10)), commands).await?;
    let lines_now = odoo.read_lines(&ids[..1]).await?;
    let zero = LineCommand::Zero {
        line: lines_now[1].id,
        price_unit: lines_now[1].price_unit,
        discount: lines_now[1].discount,
    };
    odoo.write_order_lines(ids[0], vec![zero]).await?;
    let after = odoo.read_orders(&[ids[0], 99_999_999]).await?;
    let lines_after = odoo.read_lines(&ids[..1]).await?;
    Ok(Life {
        born,
        replayed,
        cleared,
        confirmed,
        confirmed_again,
        dated,
        lines,
        after,
        lines_after,
    })
}

/// What is looked up before an order can be made.
#[derive(Debug)]
pub struct Lookups {
    pub born: Loaded,
    pub by_email: Vec<PartnerRecord>,
    pub by_vat: Vec<PartnerRecord>,
    pub contacts: Vec<ContactRecord>,
    pub countries: BTreeMap<String, i64>,
    pub states: BTreeMap<(CountryCode, String), i64>,
    pub products: BTreeMap<Sku, Vec<ProductRecord>>,
}

pub async fn lookups<H: Http>(odoo: Odoo<'_, H>) -> Result<Lookups, Fault> {
    let country = |code: &str| CountryCode::parse(code).unwrap();
    let states = odoo
        .country_states(&[
            (country("US"), "ny".to_owned()),
            (country("US"), "New  York".to_owned()),
            (country("US"), "Ontario".to_owned()),
            (country("CA"), "ON".to_owned()),
        ])
        .await?;
    let born = odoo.load_new("res.partner", &[partner("look", "BE0477472701")]).await?;
    let parent = *born[0].as_ref().unwrap();
    let address = Record {
        head: vec![
            ("id", Cell::from(&id("address", "look"))),
            ("name", "Ann Claes".into()),
            ("parent_id/.id", Cell::Id(parent)),
            ("type", "delivery".into()),
            ("street", "5 Main Street".into()),
            ("city", "Albany".into()),
            ("zip", "12207".into()),
            ("state_id/.id", states.get(&(country("US"), "ny".to_owned())).copied().into()),
            ("country_id/id", "base.us".into()),
        ],
        lines: vec![],
    };
    odoo.load_new("res.partner", &[address]).await?;
    let skus: Vec<Sku> = ["SKU-A", "SKU-OLD", "NOPE"].map(Sku::from).to_vec();
    Ok(Lookups {
        by_email: odoo.find_partners_by_email(&["toon.claes+look@example.test".to_owned()]).await?,
        by_vat: odoo.find_partners_by_vat(&["BE0477472701".to_owned()]).await?,
        contacts: odoo.contacts_of(&[parent]).await?,
        countries: odoo.countries(&[country("be"), country("GB")]).await?,
        products: odoo.find_products(&skus).await?,
        born,
        states,
    })
}

/// The same database as 17 and 18 would be spoken to.
pub fn without_save_multi(session: &Session) -> Session {
    let mut session = session.clone();
    session.version.major = 18;
    session
}
