#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::basis::{Basis, Part};
use super::entry::{Entry, EntryItem};
use super::plan::{Next, Step, Wanted, next};
use super::refund::refunds;
use super::sale::{fees, sale};
use super::seen::{EntryState, Seen, SeenEntry, SeenLine};
use super::tax::TaxReport;
use crate::config::{Environment, JournalPosting, StoreConfig};
use crate::project::tax::TaxShare;
use causeway_domain::{
    AfterSales, Capture, Currency, Decimal, Fault, Line, LineId, LineKind, LineTax, Money, Order,
    PaymentKind, ProductRef, Refund, RefundLine, RefundPayment, Standing, TaxCode,
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

fn money_refund(id: &str, minute: u32, cents: i64) -> Refund {
    let total = Money::from_minor(cents, Currency::from_code("EUR").unwrap());
    Refund {
        id: causeway_domain::RefundId::new(id),
        refunded_at: format!("2026-11-25T10:{minute:02}:00Z").parse().unwrap(),
        lines: vec![RefundLine::Amount { id: LineId::new("a"), gross: total }],
        total,
        payments: vec![RefundPayment {
            id: format!("p{id}"),
            method: "card".to_owned(),
            kind: PaymentKind::Money,
            amount: total,
            reference: None,
            settled: true,
        }],
        of_return: None,
    }
}

/// However a sale is given back in amounts, all together take back exactly what was booked, account by
/// account and tax by tax, and never more on the way.
#[test]
fn amounts_take_back_exactly_the_sale() {
    let (config, lines, taxes) = (config(), repartition(), rates());
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let sold = order();
    let basis = Basis::of(&sold, &config, chart(&config)).unwrap();
    for step in [1_i64, 3, 7, 100, 333, 2500] {
        let mut left = 2500;
        let mut after = paid(None);
        while left > 0 {
            let place = after.refunds.len();
            let minute = u32::try_from(place % 60).unwrap();
            let id = format!("{place:05}");
            after.refunds.push(money_refund(&id, minute, step.min(left)));
            left -= step.min(left);
        }
        let back = refunds(&sold, &after, &basis, report, &config, chart(&config)).unwrap();
        let mut sums: BTreeMap<(i64, bool), i64> = BTreeMap::new();
        for item in back.iter().flat_map(|refund| &refund.entry.as_ref().unwrap().lines) {
            let tax = matches!(item.tax, EntryTax::Tax { .. });
            let sum = sums.entry((item.account, tax)).or_default();
            *sum += item.balance.minor();
            let most = match item.account {
                700 => 1239,
                712 => 714,
                451 => 261 + 86,
                500 => 200,
                _ => 0,
            };
            assert!(*sum <= most, "{step}: {} of {most} on {}", *sum, item.account);
        }
        let sums: Vec<i64> = sums.into_values().collect();
        assert_eq!(sums, [347, -2500, 200, 1239, 714], "{step}");
    }
    let mut after = paid(None);
    after.refunds = vec![money_refund("1", 1, 2400), money_refund("2", 2, 101)];
    let fault = refunds(&sold, &after, &basis, report, &config, chart(&config)).unwrap_err();
    assert!(fault.to_string().contains("25.01 EUR of 25.00 EUR"), "{fault}");
}

fn as_in_odoo(entry: &Entry, state: EntryState) -> SeenEntry {
    let line = |item: &EntryItem| {
        let (taxes, repartition_line, tags) = match &item.tax {
            EntryTax::None => (vec![], None, vec![]),
            EntryTax::Base { taxes, tags } => (taxes.clone(), None, tags.clone()),
            EntryTax::Tax { repartition_line, tags } => {
                (vec![], Some(*repartition_line), tags.clone())
            }
        };
        SeenLine {
            external_id: Some(entry.id.line(&item.key).to_string()),
            account: item.account,
            balance: item.balance,
            taxes,
            repartition_line,
            tags,
        }
    };
    let lines = entry.lines.iter().map(line).collect();
    SeenEntry { id: 7, state, date: Some(entry.date), lines }
}

fn step(order: &Order, after: &AfterSales, seen: &Seen) -> Next {
    let config = config();
    let wanted = Wanted {
        order,
        sale: Some(booked(order, after)),
        fees: fees(order, after, chart(&config)).unwrap(),
        refunds: Ok(Vec::new()),
        products: Ok(BTreeMap::new()),
        cancelled: false,
        unlinked_returns: Vec::new(),
    };
    next(&wanted, seen)
}

fn seen(entry: SeenEntry, id: &causeway_odoo::ExternalId) -> Seen {
    let entries = BTreeMap::from([(id.to_string(), entry)]);
    Seen { entries, ..Seen::default() }
}

/// Nothing is posted that is not line by line what it should be: an added line, an account, an amount, a
/// missing tag, a moved date.
#[test]
fn only_an_exact_draft_is_posted() {
    let (sold, after) = (order(), paid(Some("0.45")));
    let entry = booked(&sold, &after);
    let draft = as_in_odoo(&entry, EntryState::Draft);
    let said = step(&sold, &after, &seen(draft.clone(), &entry.id));
    assert!(matches!(said, Next::Do(Step::Post { entry: 7 })), "{said:?}");

    let spoil: [fn(&mut SeenEntry); 6] = [
        |entry| entry.lines[4].balance = eur("-12.38"),
        |entry| entry.lines[4].account = 701,
        |entry| entry.lines[4].tags.clear(),
        |entry| entry.lines[7].repartition_line = None,
        |entry| {
            let mut stranger = entry.lines[6].clone();
            (stranger.external_id, stranger.balance) = (None, eur("0.01"));
            entry.lines.push(stranger);
        },
        |entry| entry.date = Some("2026-12-01".parse().unwrap()),
    ];
    for (place, spoil) in spoil.into_iter().enumerate() {
        let mut wrong = draft.clone();
        spoil(&mut wrong);
        let said = step(&sold, &after, &seen(wrong, &entry.id));
        assert!(matches!(said, Next::Hold(Fault::Reject { .. })), "{place}: {said:?}");
    }
}

/// R48: a fee is booked once: in the sale's entry if it was known, else in one of its own, whoever of two
/// workers made the sale's.
#[test]
fn a_fee_is_booked_once() {
    let (sold, before, now) = (order(), paid(None), paid(Some("0.45")));
    let (early, late) = (booked(&sold, &before), booked(&sold, &now));
    // Born without the fee, which came before it was posted.
    let said = step(&sold, &now, &seen(as_in_odoo(&early, EntryState::Draft), &early.id));
    assert!(matches!(said, Next::Do(Step::Post { .. })), "{said:?}");
    let mut books = seen(as_in_odoo(&early, EntryState::Posted), &early.id);
    let Next::Do(Step::Book(own)) = step(&sold, &now, &books) else { panic!("no fee") };
    assert_eq!(shown(&own), ["363 0.45", "497 -0.45"]);
    books.entries.insert(own.id.to_string(), as_in_odoo(&own, EntryState::Posted));
    assert!(matches!(step(&sold, &now, &books), Next::Settled));
    let with = seen(as_in_odoo(&late, EntryState::Posted), &late.id);
    assert!(matches!(step(&sold, &now, &with), Next::Settled));
    for books in [books, with] {
        let Next::Hold(fault) = step(&sold, &paid(Some("0.47")), &books) else { panic!("no") };
        let text = fault.to_string();
        assert!(text.contains("0.45 EUR") && text.contains("0.47 EUR"), "{text}");
    }
}
