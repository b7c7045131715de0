#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod plan;
mod refunds;

use super::basis::{Basis, Part};
use super::entry::Entry;
use super::sale::sale;
use super::tax::TaxReport;
use crate::config::{Environment, JournalPosting, StoreConfig};
use crate::project::tax::TaxShare;
use causeway_domain::{
    AfterSales, Capture, Currency, Decimal, Line, LineKind, LineTax, Money, Order, PaymentKind,
    ProductRef, Standing, TaxCode,
};
use causeway_odoo::{EntryTax, RepartitionLine, TaxDocument, TaxRow};
use std::collections::BTreeMap;

const CONFIG: &str = r#"
[odoo.main]
url = "https://odoo.example.test"
protocol = "json2"
api_key = "k"
[stores.shop]
platform = "square"
odoo = "main"
company = 1
base_url = "https://connect.squareup.com"
webhook_secret = "w"
api_credentials = "a"
no_tax = 9
posting = "journal"
taxes = [{ rate = 21, tax = 1, tax_included = 11 }, { rate = 12, tax = 4 }]
currencies = { EUR = { pricelist = 1 } }
products = {}
order = { warehouse = 1, team = 1, salesperson = 1, payment_term = 1 }
[stores.shop.journal]
journal = 22
currency = "EUR"
time_zone = "Europe/Brussels"
tenders = { card = 497, cash = 498 }
fees = 363
income = 700
income_by_tax = { 4 = 712 }
tips = 500
rounding = 505
delivery = { picking_type = 2, from = 5, to = 2 }
"#;

fn config() -> StoreConfig {
    Environment::parse(CONFIG).unwrap().stores["shop"].clone()
}

fn chart(config: &StoreConfig) -> &JournalPosting {
    config.journal.as_ref().unwrap()
}

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::from_code("EUR").unwrap()).unwrap()
}

fn line(id: &str, kind: LineKind, net: &str, tax: Option<(i64, &str)>) -> Line {
    let mut line = Line::untaxed(id, kind, id, eur(net));
    line.taxes.extend(tax.map(|(rate, amount)| LineTax {
        code: TaxCode(format!("VAT{rate}")),
        title: "VAT".to_owned(),
        rate: Some(Decimal::from(rate)),
        amount: eur(amount),
        collector: causeway_domain::Collector::Merchant,
    }));
    line
}

fn goods() -> LineKind {
    LineKind::Product(ProductRef { id: None, sku: None })
}

/// The proven entry of odoo FACTS A15: card 20.00, cash 5.00, fee 0.45, 21 % and 12 %, tip 2.00.
fn order() -> Order {
    let at = "2026-11-24T23:30:00Z".parse().unwrap();
    Order {
        key: causeway_domain::OrderKey { store: "shop".into(), order: "O1".into() },
        platform: causeway_domain::PlatformId::new("square"),
        number: "R-1".to_owned(),
        status: "completed".to_owned(),
        standing: Standing::Confirmed,
        placed_at: at,
        updated_at: None,
        currency: Currency::from_code("EUR").unwrap(),
        prices_include_tax: true,
        customer: causeway_domain::Customer::default(),
        billing: causeway_domain::Address::default(),
        shipping: None,
        lines: vec![
            line("1", goods(), "10.00", Some((21, "2.10"))),
            line("2", goods(), "2.39", Some((21, "0.51"))),
            line("3", goods(), "7.14", Some((12, "0.86"))),
            line("tip", LineKind::Tip, "2.00", None),
        ],
        total: eur("25.00"),
        payments: Vec::new(),
        has_after_sales: false,
        test: false,
        note: None,
    }
}

fn capture(id: &str, method: &str, amount: &str, fee: Option<&str>) -> Capture {
    Capture {
        id: id.to_owned(),
        method: method.to_owned(),
        kind: PaymentKind::Money,
        amount: eur(amount),
        captured_at: "2026-11-24T23:31:00Z".parse().unwrap(),
        reference: None,
        fee: fee.map(eur),
    }
}

fn paid(fee: Option<&str>) -> AfterSales {
    let captures = vec![capture("c", "card", "20.00", fee), capture("d", "cash", "5.00", None)];
    AfterSales { captures, ..AfterSales::default() }
}

fn repartition() -> Vec<RepartitionLine> {
    let mut lines = Vec::new();
    for (tax, tag) in [(1, 7), (4, 6), (9, 0)] {
        for (place, document) in [TaxDocument::Invoice, TaxDocument::Refund].iter().enumerate() {
            let refund = i64::try_from(place).unwrap();
            let line =
                |id: i64, base: bool, account: Option<i64>, tags: Vec<i64>| RepartitionLine {
                    id: tax * 10 + refund * 2 + id,
                    tax,
                    document: document.clone(),
                    base,
                    percent: Decimal::ONE_HUNDRED,
                    account,
                    tags,
                };
            let base = if tag == 0 { vec![] } else { vec![tag + refund * 100] };
            lines.push(line(0, true, None, base));
            lines.push(line(1, false, Some(451), vec![25 + refund * 100]));
        }
    }
    lines
}

fn rates() -> BTreeMap<i64, TaxRow> {
    let row = |(id, rate): (i64, i64)| {
        let row = TaxRow {
            name: format!("{rate}%"),
            amount: Decimal::from(rate),
            amount_type: "percent".to_owned(),
            price_include: false,
            active: true,
            company: 1,
            fiscal_positions: vec![],
            original_taxes: vec![],
        };
        (id, row)
    };
    [(1, 21), (4, 12), (9, 0)].into_iter().map(row).collect()
}

fn shown(entry: &Entry) -> Vec<String> {
    entry
        .lines
        .iter()
        .map(|item| {
            let place = match &item.tax {
                EntryTax::None => String::new(),
                EntryTax::Base { taxes, tags } => format!(" base {taxes:?} {tags:?}"),
                EntryTax::Tax { repartition_line, tags } => {
                    format!(" tax {repartition_line} {tags:?}")
                }
            };
            format!("{} {}{place}", item.account, item.balance.to_decimal())
        })
        .collect()
}

fn booked(order: &Order, after: &AfterSales) -> Entry {
    let (config, lines, taxes) = (config(), repartition(), rates());
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let basis = Basis::of(order, &config, chart(&config)).unwrap();
    sale(order, after, &basis, report, chart(&config)).unwrap().unwrap()
}

/// R47-R50: the entry that was proven on a running Odoo, dated on the shop's day and not on UTC's.
#[test]
fn a_sale_is_the_proven_entry() {
    let entry = booked(&order(), &paid(Some("0.45")));
    let lines = [
        "497 20.00",
        "363 0.45",
        "497 -0.45",
        "498 5.00",
        "700 -12.39 base [1] [7]",
        "712 -7.14 base [4] [6]",
        "500 -2.00",
        "451 -2.61 tax 11 [25]",
        "451 -0.86 tax 41 [25]",
    ];
    assert_eq!(shown(&entry), lines);
    assert_eq!(entry.date.to_string(), "2026-11-25");
    assert!(entry.record(chart(&config()), 1, 1).is_ok());
}

/// Cash rounding has an account of its own; a method without an account is named.
#[test]
fn rounding_and_unknown_methods() {
    let mut rounded = order();
    rounded.lines.push(line("rounding", LineKind::Discount, "-0.02", None));
    rounded.total = eur("24.98");
    assert!(shown(&booked(&rounded, &paid(None))).contains(&"505 0.02".to_owned()));

    let (config, lines, taxes) = (config(), repartition(), rates());
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let basis = Basis::of(&order(), &config, chart(&config)).unwrap();
    let after = AfterSales { captures: vec![capture("x", "wallet", "25.00", None)], ..paid(None) };
    let fault = sale(&order(), &after, &basis, report, chart(&config)).unwrap_err();
    assert!(fault.to_string().contains("wallet"), "{fault}");
}

/// Without a tax line Odoo would compute a cent and balance it (seen on 19.0): a line of nothing prevents
/// it. An amount over two parts of a tax keeps its cents; parts that do not make a whole are refused.
#[test]
fn taxes_of_nothing_and_in_parts() {
    let (mut lines, taxes) = (repartition(), rates());
    let small = Part {
        account: 700,
        label: "sales",
        net: eur("0.06"),
        taxes: vec![TaxShare { tax: 1, amount: eur("0.00") }],
    };
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let items = report.items("R", std::slice::from_ref(&small), &TaxDocument::Invoice).unwrap();
    let balances: Vec<i64> = items.iter().map(|item| item.balance.minor()).collect();
    assert_eq!(balances, [-6, 0]);

    let one = Part { taxes: vec![TaxShare { tax: 1, amount: eur("0.03") }], ..small };
    let at = lines.iter().position(|line| line.id == 11).unwrap();
    lines[at].percent = Decimal::from(50);
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let refused = report.items("R", std::slice::from_ref(&one), &TaxDocument::Invoice);
    assert!(refused.unwrap_err().to_string().contains("50 %"));
    lines.push(RepartitionLine { id: 99, account: None, ..lines[at].clone() });
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let items = report.items("R", &[one], &TaxDocument::Invoice).unwrap();
    let booked: Vec<(i64, i64)> =
        items.iter().map(|item| (item.account, item.balance.minor())).collect();
    assert_eq!(booked, [(700, -6), (451, -2), (700, -1)]);
}
