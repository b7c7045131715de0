//! What is searched for, page by page: invoices and credit memos of an order, and what changed.

use super::*;
use causeway_domain::Subject;
use causeway_platforms::Poll;

/// FACTS 4: `currentPage` past the end gives the last page again: the count decides.
#[test]
fn searches_end_at_their_count() {
    let order = order(&document("after/order"));
    let FetchAfterSales::Ask(calls) = step(&order, &[]).unwrap() else { panic!() };
    let urls: Vec<String> = calls
        .iter()
        .map(|call| {
            let uri = call.request.uri().to_string();
            let (path, query) = uri.split_once('?').unwrap();
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
            format!("{path} {}", query.join(" ").replace("searchCriteria", "sc"))
        })
        .collect();
    let search = "sc[filterGroups][0][filters][0][field]=order_id \
                  sc[filterGroups][0][filters][0][value]=5 \
                  sc[filterGroups][0][filters][0][conditionType]=eq \
                  sc[sortOrders][0][field]=entity_id sc[sortOrders][0][direction]=ASC \
                  sc[pageSize]=100 sc[currentPage]=1";
    assert_eq!(
        urls,
        [
            format!("https://shop.example.com/rest/default/V1/invoices {search}"),
            format!("https://shop.example.com/rest/default/V1/creditmemos {search}"),
        ]
    );
    assert_ne!(
        calls[0].request.headers()["authorization"],
        calls[1].request.headers()["authorization"]
    );
    let memos: Vec<Value> = (1..=100).map(|id| memo(&json!({"entity_id": id}))).collect();
    let first = json!({"items": memos, "total_count": 101});
    let mut answers = vec![answer(200, &page(&[])), answer(200, &first)];
    let FetchAfterSales::Ask(calls) = step(&order, &answers).unwrap() else { panic!() };
    assert_eq!(calls.len(), 1, "the invoices are complete");
    assert!(calls[0].request.uri().query().unwrap().ends_with("currentPage%5D=2"));
    let last = [memo(&json!({"entity_id": 100})), memo(&json!({"entity_id": 101}))];
    answers.push(answer(200, &json!({"items": last, "total_count": 101})));
    let FetchAfterSales::Found(found) = step(&order, &answers).unwrap() else { panic!() };
    assert_eq!(found.refunds.len(), 101, "an item that is told twice is one");
    let empty = json!({"items": null, "total_count": 0});
    let none = step(&order, &[answer(200, &empty), answer(200, &empty)]).unwrap();
    assert!(matches!(none, FetchAfterSales::Found(found) if found.is_empty()));
}

fn polled(answers: &[Answer]) -> Result<Poll, Fault> {
    let (store, credentials) = (store(), Secret::new(INTEGRATION));
    let cx = FetchContext { connection: &store, credentials: &credentials, now: now(), nonce: 7 };
    let since = "2026-09-03T07:59:00Z".parse().unwrap();
    adapter("magento").unwrap().poll(&cx, since, answers).map(Option::unwrap)
}

/// R63, C38: Magento Open Source sends nothing; orders and credit memos are polled.
#[test]
fn polls_find_orders_and_credit_memos() {
    let Poll::Ask(calls) = polled(&[]).unwrap() else { panic!() };
    let paths: Vec<&str> = calls.iter().map(|call| call.request.uri().path()).collect();
    assert_eq!(paths, ["/rest/default/V1/orders", "/rest/default/V1/creditmemos"]);
    for call in &calls {
        let query = call.request.uri().query().unwrap();
        let pairs: Vec<String> =
            url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into()).collect();
        assert_eq!(pairs[..3], ["updated_at", "2026-09-03 07:59:00", "gteq"]);
    }
    let orders = page(&[
        json!({"entity_id": 9_007_199_254_740_993_u64, "updated_at": "2026-09-03 08:05:00"}),
        json!({"entity_id": 5, "updated_at": "2026-09-03 08:00:01", "total_refunded": 30.67}),
    ]);
    let memos =
        page(&[json!({"entity_id": 2, "order_id": 6, "updated_at": "2026-09-03 08:00:00"})]);
    let answers = [answer(200, &orders), answer(200, &memos)];
    let Poll::Found { subjects, until } = polled(&answers).unwrap() else { panic!() };
    let keys: Vec<String> = subjects.iter().map(Subject::key).collect();
    assert_eq!(keys, ["order/5", "order/9007199254740993", "after/5", "after/6"]);
    assert_eq!(until.to_string(), "2026-09-03T08:04:30Z");
    for bad in [json!({"entity_id": "x"}), json!({"entity_id": 1, "updated_at": "soon"})] {
        let answers = [answer(200, &page(&[bad])), answer(200, &page(&[]))];
        assert_eq!(polled(&answers).unwrap_err().class(), "reject");
    }
}
