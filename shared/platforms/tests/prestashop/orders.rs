//! Recorded orders, people, states and dates.

use super::*;
use causeway_domain::{LineKind, OrderId, Standing};

/// R200, R239: every recorded order to the cent. Their totals and states as recorded.
#[test]
fn every_recorded_order_reads_to_the_cent() {
    let shop = Shop::recorded();
    for (id, total, tax, standing) in [
        ("2", "169.90", "0.00", Standing::Quotation),
        ("6", "67.94", "11.32", Standing::Confirmed),
        ("7", "15.00", "2.50", Standing::Ignore),
        ("11", "99.29", "16.55", Standing::Confirmed),
        ("12", "38.40", "6.40", Standing::Cancelled),
        ("13", "38.40", "6.40", Standing::Confirmed),
        ("14", "75008.40", "12501.40", Standing::Confirmed),
    ] {
        let order = order(&shop, id).unwrap_or_else(|fault| panic!("{id}: {fault:?}"));
        assert_eq!(order.total.to_decimal(), dec(total), "{id}");
        assert_eq!(order.lines_total().unwrap(), order.total, "{id}");
        assert_eq!(order.tax_total().unwrap().to_decimal(), dec(tax), "{id}");
        assert_eq!(order.standing, standing, "{id}");
    }
    // The installer's demonstration order has two totals; no rounding explains 6.40.
    let fault = order(&shop, "1").unwrap_err();
    assert_eq!(fault.class(), "reject");
    let text = fault.to_string();
    assert!(text.contains("61.8") && text.contains("68.2"), "{text}");
    assert!(matches!(shop.fetch(paris(), "999"), Ok(Fetch::Gone)));
}

/// The order whose rows were recorded as XML reads the same from those bytes.
#[test]
fn recorded_xml_reads_like_recorded_json() {
    let shop = Shop::recorded();
    let body = |number| recording(number)["response_body"].as_str().unwrap().to_owned();
    let answers = ["232", "237"].map(|number| answer(200, body(number).as_bytes()));
    let connection = connection("https://shop.example.com", paris());
    let Ok(Fetch::Found(read)) = shop.fetch_from(&connection, "11", answers.into()) else {
        panic!()
    };
    assert_eq!(told(&read), told(&order(&shop, "11").unwrap()));
    for number in ["017", "232"] {
        let expected = if number == "017" { "1" } else { "11" };
        let found = prestashop().order_id_in(body(number).as_bytes());
        assert_eq!(found, Some(OrderId::from(expected)), "{number}");
    }
    assert_eq!(prestashop().order_id_in(b"<prestashop/>"), None);
    assert_eq!(prestashop().order_id_in(b"no"), None);
}

#[test]
fn an_order_in_full() {
    let order = order(&Shop::recorded(), "11").unwrap();
    assert_eq!(order.number, "PXPAYZUYQ");
    assert_eq!(order.status, "11");
    assert_eq!(order.placed_at.to_string(), "2026-11-21T23:20:26Z");
    assert_eq!(order.customer.id.as_ref().unwrap().as_str(), "3");
    assert_eq!(order.customer.name.reveal(), "Marie Curie");
    assert_eq!(order.customer.email.as_ref().unwrap().reveal(), "marie@example.test");
    assert_eq!(order.billing.country.unwrap().as_str(), "FR");
    assert_eq!(order.shipping.as_ref().unwrap().street.reveal(), "12 rue Cuvier");
    assert_eq!(order.payments[0].amount.to_string(), "99.29 EUR");
    assert_eq!(
        told(&order),
        [
            "14: 38.24 EUR + tax:1 7.65 EUR",
            "15: 37.50 EUR + tax:1 7.50 EUR",
            "shipping: 7.00 EUR + tax:1 1.40 EUR",
        ]
    );
    let LineKind::Product(shirt) = &order.lines[0].kind else { panic!() };
    assert_eq!(shirt.id.as_ref().unwrap().as_str(), "1-1");
    assert_eq!(shirt.sku.as_ref().unwrap().as_str(), "demo_1");
    let LineKind::Product(mug) = &order.lines[1].kind else { panic!() };
    assert_eq!(mug.id.as_ref().unwrap().as_str(), "20");
    // 23.90 less 20 %, twice: the catalogue price and what it was reduced by.
    assert_eq!(order.lines[0].unit_price, dec("23.90"));
    assert_eq!(order.lines[0].discount.to_string(), "9.56 EUR");
    assert_eq!(order.lines[0].taxes[0].title, "TVA FR 20%");
    assert_eq!(order.lines[0].taxes[0].rate, Some(dec("20.000")));
    assert_eq!(order.lines[2].title, "My carrier");
}

/// Guests have no account; company and VAT number are those of the invoice address.
#[test]
fn guests_and_companies() {
    let mut shop = Shop::recorded();
    let row = shop.row("orders", "11");
    row["id_customer"] = json!("4");
    row["id_address_invoice"] = json!("8");
    row["gift"] = json!("1");
    row["gift_message"] = json!("Happy birthday");
    let read = order(&shop, "11").unwrap();
    assert_eq!(read.customer.id, None);
    assert_eq!(read.customer.company.as_ref().unwrap().reveal(), "Example Inc");
    assert_eq!(read.customer.vat.as_ref().unwrap().reveal(), "US-123");
    assert_eq!(read.customer.phone.as_ref().unwrap().reveal(), "+1 212 555 0100");
    assert_eq!(read.billing.state.as_ref().unwrap().reveal(), "NY");
    assert_eq!(read.billing.country.unwrap().as_str(), "US");
    assert_eq!(read.note.as_ref().unwrap().reveal(), "Happy birthday");
    // Nothing is shipped without a carrier.
    shop.row("orders", "11")["id_carrier"] = json!("0");
    assert_eq!(order(&shop, "11").unwrap().shipping, None);
    shop.row("orders", "11")["id_address_invoice"] = json!("77");
    assert_eq!(order(&shop, "11").unwrap_err().class(), "reject");
}

/// States: the store's own map, the core's ids, templates, flags; unknown ones are a question.
#[test]
fn states_are_judged() {
    let mut shop = Shop::recorded();
    let mut state = |id: &str, options: &Value| -> Result<Standing, Fault> {
        shop.row("orders", "12")["current_state"] = json!(id);
        match shop.fetch(options.clone(), "12")? {
            Fetch::Found(order) => Ok(order.standing),
            other => panic!("{other:?}"),
        }
    };
    for (id, expected) in [
        ("0", Standing::Ignore),
        ("1", Standing::Quotation),
        ("2", Standing::Confirmed),
        ("5", Standing::Confirmed),
        ("6", Standing::Cancelled),
        ("7", Standing::Confirmed),
        ("8", Standing::Ignore),
        ("9", Standing::Confirmed),
        ("10", Standing::Quotation),
        ("11", Standing::Confirmed),
        ("12", Standing::Quotation),
        ("13", Standing::Quotation),
        ("20", Standing::Confirmed),
    ] {
        assert_eq!(state(id, &paris()), Ok(expected), "{id}");
    }
    for unknown in ["21", "99"] {
        let fault = state(unknown, &paris()).unwrap_err();
        assert_eq!(fault.class(), "reject");
        assert!(fault.to_string().contains(unknown), "{fault}");
    }
    assert!(state("21", &paris()).unwrap_err().to_string().contains("In customs"));
    let own = json!({"time_zone": "Europe/Paris", "status": {"21": "confirmed", "2": "quotation"}});
    assert_eq!(state("21", &own), Ok(Standing::Confirmed));
    assert_eq!(state("2", &own), Ok(Standing::Quotation));
}

/// STORES 1: dates are the shop's own, summer and winter; the null date is none.
#[test]
fn dates_are_local_to_the_shop() {
    let mut shop = Shop::recorded();
    for (date, zone, utc) in [
        ("2026-07-01 12:00:00", "Europe/Paris", "2026-07-01T10:00:00Z"),
        ("2026-01-01 12:00:00", "Europe/Paris", "2026-01-01T11:00:00Z"),
        ("2026-10-25 02:30:00", "Europe/Paris", "2026-10-25T00:30:00Z"),
        ("2026-03-29 02:30:00", "Europe/Paris", "2026-03-29T01:30:00Z"),
        ("2026-01-01 12:00:00", "America/Montreal", "2026-01-01T17:00:00Z"),
    ] {
        let row = shop.row("orders", "11");
        row["date_add"] = json!(date);
        row["date_upd"] = json!("0000-00-00 00:00:00");
        match shop.fetch(json!({"time_zone": zone}), "11").unwrap() {
            Fetch::Found(order) => {
                assert_eq!(order.placed_at.to_string(), utc, "{date} {zone}");
                assert_eq!(order.updated_at, None);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shop.fetch(json!({}), "11").unwrap_err().class(), "reject");
}

/// R241: the shop of a multi-shop installation is asked for, and others' orders are not ours.
#[test]
fn multi_shop_is_explicit() {
    let shop = Shop::recorded();
    let first = json!({"time_zone": "Europe/Paris", "id_shop": 1});
    assert!(matches!(shop.fetch(first, "11"), Ok(Fetch::Found(_))));
    let second = json!({"time_zone": "Europe/Paris", "id_shop": 2});
    assert_eq!(shop.fetch(second.clone(), "11").unwrap_err().class(), "skip");
    let connection = connection("https://shop.example.com/fr/", second);
    let credentials = Secret::new(r#"{"key": "KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE"}"#);
    let cx = causeway_platforms::FetchContext {
        connection: &connection,
        credentials: &credentials,
        now: now(),
        nonce: 7,
    };
    let Ok(Fetch::Ask(calls)) = prestashop().fetch_order(&cx, &OrderId::from("11"), &[]) else {
        panic!()
    };
    let urls: Vec<String> = calls.iter().map(|call| call.request.uri().to_string()).collect();
    assert_eq!(
        urls,
        [
            "https://shop.example.com/fr/api/orders?display=full&filter%5Bid%5D=%5B11%5D&id_shop=2",
            "https://shop.example.com/fr/api/order_details?display=full&filter%5Bid_order%5D=%5B11%5D&id_shop=2",
        ]
    );
}
