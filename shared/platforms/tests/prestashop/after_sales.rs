//! Slips, payments and polls.

use super::*;
use causeway_domain::{AfterSales, Goods, Refund, RefundLine, RefundTax, Subject};
use causeway_platforms::{FetchContext, Poll};

fn after(shop: &Shop, id: &str) -> Result<AfterSales, Fault> {
    shop.after_sales(paris(), &order(shop, id)?)
}

/// Total and lines in one word each.
fn told(refund: &Refund) -> Vec<String> {
    let line = |line: &RefundLine| match line {
        RefundLine::Amount { id, gross } => format!("{id}: {gross}"),
        RefundLine::Line(line) => {
            let RefundTax::Sum(tax) = &line.tax else { panic!("{line:?}") };
            let goods = if line.goods == Goods::Returned { "returned" } else { "unsaid" };
            format!("{}x {}: {} + {tax}, {goods}", line.quantity, line.line, line.net)
        }
    };
    std::iter::once(refund.total.to_string()).chain(refund.lines.iter().map(line)).collect()
}

/// R170, R200; STORES, PrestaShop 3: the recorded slips to the cent: one of the API, which restocked
/// nothing, and two of the back office, the second with delivery.
#[test]
fn recorded_slips_come_out_line_by_line() {
    let shop = Shop::recorded();
    let of_6 = after(&shop, "6").unwrap();
    let of_11 = after(&shop, "11").unwrap();
    let seen: Vec<(&str, Vec<String>)> = of_6
        .refunds
        .iter()
        .chain(&of_11.refunds)
        .map(|refund| (refund.id.as_str(), told(refund)))
        .collect();
    let texts = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(
        seen,
        [
            ("1", texts(&["22.94 EUR", "1x 8: 19.12 EUR + 3.82 EUR, unsaid"])),
            ("2", texts(&["15.00 EUR", "1x 15: 12.50 EUR + 2.50 EUR, returned"])),
            (
                "3",
                texts(&[
                    "12.00 EUR",
                    "1x 15: 8.33 EUR + 1.67 EUR, returned",
                    "0x shipping: 1.67 EUR + 0.33 EUR, unsaid",
                ])
            ),
        ]
    );
    // Paris is an hour ahead in November.
    assert_eq!(of_11.refunds[1].refunded_at.to_string(), "2026-11-21T23:20:31Z");
    assert!(of_11.returns.is_empty() && of_11.refunds[0].payments.is_empty());
    let payments: Vec<String> = of_6
        .captures
        .iter()
        .chain(&of_11.captures)
        .map(|capture| format!("{} {} {}", capture.id, capture.method, capture.amount))
        .collect();
    assert_eq!(payments, ["1 Bank transfer 50.00 EUR", "7 Bank transfer 99.29 EUR"]);
    assert!(after(&shop, "13").unwrap().refunds.is_empty(), "the state alone makes no slip");
}

/// The recorded XML reads as the JSON rows do.
#[test]
fn the_recorded_documents_read_alike() {
    let shop = Shop::recorded();
    let of_11 = order(&shop, "11").unwrap();
    let expected = shop.after_sales(paris(), &of_11).unwrap();
    let credentials = key();
    let connection = connection("https://shop.example.com", paris());
    let cx =
        FetchContext { connection: &connection, credentials: &credentials, now: now(), nonce: 7 };
    let Ok(causeway_platforms::FetchAfterSales::Ask(calls)) =
        prestashop().fetch_after_sales(&cx, &of_11, &[])
    else {
        panic!()
    };
    let urls: Vec<String> =
        calls.iter().map(|call| call.request.uri().path_and_query().unwrap().to_string()).collect();
    assert_eq!(
        urls,
        [
            "/api/order_slip?display=full&filter%5Bid_order%5D=%5B11%5D",
            "/api/order_payments?display=full&filter%5Border_reference%5D=%5BPXPAYZUYQ%5D",
            "/api/orders?display=%5Bid%2Cid_currency%2Ctotal_paid%5D&filter%5Breference%5D=%5BPXPAYZUYQ%5D",
            "/api/order_details?display=%5Bid%2Cproduct_quantity_reinjected%5D&filter%5Bid_order%5D=%5B11%5D",
        ]
    );
    let mut answers: Vec<Answer> = calls.iter().map(|call| shop.answer(call)).collect();
    answers[0] = answer(200, recording("245")["response_body"].as_str().unwrap().as_bytes());
    let Ok(causeway_platforms::FetchAfterSales::Found(found)) =
        prestashop().fetch_after_sales(&cx, &of_11, &answers)
    else {
        panic!()
    };
    assert_eq!(found.refunds, expected.refunds[..1]);
}

/// Slip 3 of order 11 with these fields changed.
fn changed(change: &Value) -> Result<AfterSales, Fault> {
    let mut shop = Shop::recorded();
    shop.rows.get_mut("order_slips").unwrap().retain(|slip| slip["id"] == 3);
    let slip = shop.row("order_slips", "3");
    for (field, value) in change.as_object().unwrap() {
        match field.strip_prefix("detail.") {
            Some(field) => {
                slip["associations"]["order_slip_details"][0][field] = value.clone();
            }
            None => slip[field] = value.clone(),
        }
    }
    after(&shop, "11")
}

/// R170, R183: the three ways in which PrestaShop writes what goes back.
#[test]
fn chosen_amounts_and_vouchers_are_amounts_without_a_line() {
    let line = "1x 15: 8.33 EUR + 1.67 EUR, returned";
    let delivery = "0x shipping: 1.67 EUR + 0.33 EUR, unsaid";
    for (change, expected) in [
        // The buyer's group sees prices without tax: amount is without tax.
        (json!({"amount": "8.330000"}), vec!["12.00 EUR", line, delivery]),
        // The API does not require it.
        (json!({"amount": "0.000000"}), vec!["12.00 EUR", line, delivery]),
        // Chosen, below and above the products.
        (json!({"amount": "4.500000"}), vec!["6.50 EUR", line, delivery, "amount: -5.50 EUR"]),
        (json!({"amount": "11.000000"}), vec!["13.00 EUR", line, delivery, "amount: 1.00 EUR"]),
        // Vouchers of 3.00 taken off, where prices show with tax and where they do not.
        (
            json!({"total_products_tax_excl": "5.330000"}),
            vec!["9.00 EUR", line, delivery, "amount: -3.00 EUR"],
        ),
        (
            json!({"amount": "8.330000", "total_products_tax_incl": "7.000000"}),
            vec!["9.00 EUR", line, delivery, "amount: -3.00 EUR"],
        ),
        // partial and order_slip_type say nothing.
        (json!({"partial": "1", "order_slip_type": "1"}), vec!["12.00 EUR", line, delivery]),
        // Six decimals of the API.
        (
            json!({"total_products_tax_incl": "10.004000", "amount": "10.004000",
                "detail.amount_tax_incl": "10.004000"}),
            vec!["12.00 EUR", line, delivery],
        ),
        // A line that is not the order's.
        (json!({"detail.id_order_detail": "99"}), vec!["12.00 EUR", delivery, "amount: 10.00 EUR"]),
        // Without lines.
        (
            json!({"associations": {}, "total_shipping_tax_incl": "0", "total_shipping_tax_excl": "0"}),
            vec!["10.00 EUR", "amount: 10.00 EUR"],
        ),
        // More than was put back into stock.
        (
            json!({"detail.product_quantity": "3"}),
            vec!["12.00 EUR", "3x 15: 8.33 EUR + 1.67 EUR, unsaid", delivery],
        ),
    ] {
        let found = changed(&change).unwrap();
        assert_eq!(told(&found.refunds[0]), expected, "{change}");
    }
}

#[test]
fn bad_rows_never_become_refunds() {
    for change in [
        json!({"amount": "x"}),
        json!({"total_products_tax_incl": "1e400"}),
        json!({"total_shipping_tax_incl": "99999999999999999999"}),
        json!({"date_add": "0000-00-00 00:00:00"}),
        json!({"date_add": "soon"}),
        json!({"detail.id_order_detail": "0"}),
        json!({"detail.product_quantity": "-1"}),
        json!({"amount": "-10.000000", "total_products_tax_incl": "-10", "associations": {}}),
    ] {
        let fault = changed(&change).unwrap_err();
        assert_eq!(fault.class(), "reject", "{change}: {fault:?}");
    }
    let big = changed(&json!({"id": 9_007_199_254_740_993_u64})).unwrap();
    assert_eq!(big.refunds[0].id.as_str(), "9007199254740993");
    assert!(changed(&json!({"id_order": "12"})).unwrap().refunds.is_empty(), "another order's");
}

/// Orders that PrestaShop split share a reference and its payments: each takes its part.
#[test]
fn payments_of_split_orders_are_split() {
    let mut shop = Shop::recorded();
    let mut sibling = shop.row("orders", "11").clone();
    sibling["id"] = json!(911);
    sibling["total_paid"] = json!("33.100000");
    shop.put("orders", sibling);
    let [capture] = &after(&shop, "11").unwrap().captures[..] else { panic!() };
    assert_eq!((capture.id.as_str(), capture.amount.to_string().as_str()), ("7-11", "74.47 EUR"));
    // Another currency, nothing, and money that went back are no payments of this order.
    for (field, value) in [
        ("id_currency", "2"),
        ("amount", "0.000000"),
        ("amount", "-5.000000"),
        ("order_reference", "X"),
    ] {
        let mut shop = Shop::recorded();
        shop.row("order_payments", "7")[field] = json!(value);
        assert!(after(&shop, "11").unwrap().captures.is_empty(), "{field} {value}");
    }
    let mut shop = Shop::recorded();
    shop.row("order_payments", "7")["transaction_id"] = json!("ch_1");
    assert_eq!(after(&shop, "11").unwrap().captures[0].reference.as_deref(), Some("ch_1"));
}

fn polled(now: &str, since: &str, answers: &[Answer]) -> Result<Poll, Fault> {
    let credentials = key();
    let connection = connection("https://shop.example.com", paris());
    let now = now.parse().unwrap();
    let cx = FetchContext { connection: &connection, credentials: &credentials, now, nonce: 7 };
    prestashop().poll(&cx, since.parse().unwrap(), answers).map(Option::unwrap)
}

fn urls(poll: Poll) -> Vec<String> {
    let Poll::Ask(calls) = poll else { panic!("{poll:?}") };
    calls
        .iter()
        .map(|call| {
            let text = call.request.uri().path_and_query().unwrap().to_string();
            url::form_urlencoded::parse(text.as_bytes())
                .map(
                    |(name, value)| {
                        if value.is_empty() { name.into_owned() } else { format!("{name}={value}") }
                    },
                )
                .collect::<Vec<_>>()
                .join("&")
        })
        .collect()
}

/// R63; STORES, PrestaShop 1 and 3: both lists, dates of the shop's clock, `date=1`.
#[test]
fn polls_ask_for_orders_and_slips_on_the_shops_clock() {
    let first = polled("2026-11-21T23:30:00Z", "2026-11-21T23:18:00Z", &[]).unwrap();
    assert_eq!(
        urls(first),
        [
            "/api/orders?display=[id,date_upd]&date=1&filter[date_upd]=[2026-11-22 \
             00:18:00,2099-01-01 00:00:00]&sort=[id_ASC]&limit=0,200",
            "/api/order_slip?display=[id,id_order,date_add]&date=1&filter[date_add]=[2026-11-22 \
             00:18:00,2099-01-01 00:00:00]&sort=[id_ASC]&limit=0,200",
        ]
    );
    // 00:50 UTC is 02:50 in summer; until 02:10 in winter (01:10 UTC) the clock has gone back.
    let night = polled("2026-10-25T01:10:00Z", "2026-10-25T00:50:00Z", &[]).unwrap();
    assert!(urls(night)[0].contains("[2026-10-25 01:50:00,"), "the smaller of both offsets");
}

fn list(name: &str, rows: &[(u64, Option<u64>, &str)]) -> Answer {
    let (plural, date) =
        if name == "order" { ("orders", "date_upd") } else { ("order_slips", "date_add") };
    let rows: String = rows
        .iter()
        .map(|(id, order, at)| {
            let order = order.map(|order| format!("<id_order>{order}</id_order>"));
            format!(
                "<{name}><id>{id}</id>{}<{date}>{at}</{date}></{name}>",
                order.unwrap_or_default()
            )
        })
        .collect();
    let xml = format!("<prestashop><{plural}>{rows}</{plural}></prestashop>");
    answer(200, xml.as_bytes())
}

#[test]
fn polls_find_orders_and_slips() {
    let (now, since) = ("2026-11-21T23:30:00Z", "2026-11-21T23:18:00Z");
    let orders =
        list("order", &[(11, None, "2026-11-22 00:20:26"), (6, None, "2026-11-22 00:18:59")]);
    let slips = list("order_slip", &[(3, Some(11), "2026-11-22 00:20:31")]);
    let Poll::Found { subjects, until } = polled(now, since, &[orders, slips.clone()]).unwrap()
    else {
        panic!()
    };
    let keys: Vec<String> = subjects.iter().map(Subject::key).collect();
    assert_eq!(keys, ["order/11", "order/6", "after/11"]);
    assert_eq!(until.to_string(), "2026-11-21T23:20:26Z");
    // A full page of orders, and slips that are complete: only orders are asked on.
    let full: Vec<(u64, Option<u64>, &str)> =
        (1..=200).map(|id| (id, None, "2026-11-22 00:19:00")).collect();
    let mut answers = vec![list("order", &full), slips];
    let next = urls(polled(now, since, &answers).unwrap());
    assert!(next.len() == 1 && next[0].ends_with("limit=200,200"), "{next:?}");
    answers.push(list("order", &[(9_007_199_254_740_993, None, "2026-11-22 00:19:00")]));
    let Poll::Found { subjects, .. } = polled(now, since, &answers).unwrap() else { panic!() };
    assert_eq!(subjects.len(), 202);
    assert!(subjects.contains(&Subject::Order("9007199254740993".into())));
    let nothing = polled(now, since, &[list("order", &[]), list("order_slip", &[])]).unwrap();
    assert!(matches!(nothing, Poll::Found { subjects, .. } if subjects.is_empty()));
}

#[test]
fn refused_polls_are_told_apart() {
    let (now, since) = ("2026-11-21T23:30:00Z", "2026-11-21T23:18:00Z");
    let recorded = |number: &str| {
        let recording = recording(number);
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        answer(status, recording["response_body"].as_str().unwrap().as_bytes())
    };
    let good = list("order_slip", &[]);
    for (orders, slips, class) in [
        (recorded("107"), good.clone(), "reject"),
        (recorded("006"), good.clone(), "wait"),
        (answer(500, b""), good.clone(), "retry"),
        (answer(200, b""), good.clone(), "retry"),
        (answer(404, b""), good.clone(), "reject"),
        (list("order", &[(1, None, "soon")]), good.clone(), "reject"),
        (list("order", &[(0, None, "2026-11-22 00:19:00")]), good, "reject"),
        (list("order", &[]), list("order_slip", &[(1, None, "2026-11-22 00:19:00")]), "reject"),
    ] {
        let fault = polled(now, since, &[orders, slips]).unwrap_err();
        assert_eq!(fault.class(), class, "{fault:?}");
    }
}
