//! Bad days.

use super::super::{FakeOdoo, Fault, Rule, Seed, Switches};
use super::{call, create_only, order_load, send};
use crate::{Reply, Server};
use bytes::Bytes;
use serde_json::{Value, json};

fn orders(odoo: &FakeOdoo) -> usize {
    odoo.inspect()["orders"].as_array().unwrap().len()
}

fn load(odoo: &FakeOdoo) -> Option<(u16, Value)> {
    call(odoo, "sale.order", "load", &order_load("o", 1, "10", &create_only()))
}

/// FACTS A15: a request whose caller gave up commits later; the create-only load makes one order in
/// both orders of arrival.
#[test]
fn a_late_commit_and_its_replay_make_one_order() {
    for late_first in [true, false] {
        let odoo = FakeOdoo::belgian();
        odoo.inject(Rule::once(Fault::CommitLate, "sale.order", "load"));
        assert!(load(&odoo).is_none());
        assert_eq!(orders(&odoo), 0);
        if late_first {
            assert_eq!(odoo.commit_late(), 1);
        }
        let (status, answer) = load(&odoo).unwrap();
        assert_eq!((status, answer["ids"].as_array().unwrap().len()), (200, 1));
        if !late_first {
            assert_eq!(odoo.commit_late(), 1);
        }
        assert_eq!(orders(&odoo), 1);
        assert_eq!(odoo.inspect()["created"]["sale.order"], 1);
    }
}

#[test]
fn a_late_commit_can_come_by_itself() {
    let odoo = FakeOdoo::belgian();
    let rule = Rule { after: Some(2), ..Rule::once(Fault::CommitLate, "sale.order", "load") };
    odoo.inject(rule);
    assert!(load(&odoo).is_none());
    for expected in [0, 1] {
        call(&odoo, "sale.order", "search_count", &json!({"domain": []})).unwrap();
        assert_eq!(orders(&odoo), expected);
    }
}

#[test]
fn dropped_connections_leave_all_or_nothing() {
    for (fault, expected) in [(Fault::DropBefore, 0), (Fault::DropAfter, 1), (Fault::FallOver, 0)] {
        let odoo = FakeOdoo::belgian();
        odoo.inject(Rule::once(fault, "sale.order", "load"));
        assert!(load(&odoo).is_none(), "{fault:?}");
        assert_eq!(orders(&odoo), expected, "{fault:?}");
        assert!(load(&odoo).is_some());
        assert_eq!(orders(&odoo), 1);
    }
}

#[test]
fn proxies_and_dead_databases_answer_in_their_own_way() {
    for (fault, expected) in [
        (Fault::TooManyRequests, 429),
        (Fault::BadGateway, 502),
        (Fault::Unavailable, 503),
        (Fault::DatabaseDown, 404),
    ] {
        let odoo = FakeOdoo::belgian();
        odoo.inject(Rule { after: Some(7), ..Rule::times(fault, "sale.order", "load", 2) });
        for _ in 0..2 {
            let (status, body) = load(&odoo).unwrap();
            assert_eq!(status, expected);
            assert!(body.as_str().unwrap().starts_with('<'));
        }
        assert_eq!(load(&odoo).unwrap().0, 200);
    }
    let odoo = FakeOdoo::belgian();
    odoo.inject(Rule { after: Some(7), ..Rule::always(Fault::TooManyRequests) });
    let key = format!("bearer {}", Seed::INBOUND_KEY);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let (_, _, headers) =
        send(&odoo, "POST", "/json/2/sale.order/search", &headers, "{\"domain\":[]}").unwrap();
    assert_eq!(headers["retry-after"], "7");
}

/// FACTS A2, A6: the loser of a race.
#[test]
fn lost_races_change_nothing() {
    let odoo = FakeOdoo::belgian();
    odoo.inject(Rule::once(Fault::LostRace, "sale.order", "load"));
    let (status, answer) = load(&odoo).unwrap();
    assert_eq!((status, &answer["ids"]), (200, &json!(false)));
    assert_eq!(
        answer["messages"][0]["message"],
        "could not serialize access due to concurrent update\n"
    );
    assert!(answer["messages"][0].get("field").is_none());
    assert_eq!(orders(&odoo), 0);
    load(&odoo).unwrap();
    odoo.inject(Rule::once(Fault::SerializationFailure, "sale.order", "action_confirm"));
    let ids = json!({"ids": [odoo.inspect()["orders"][0]["id"]]});
    let (status, answer) = call(&odoo, "sale.order", "action_confirm", &ids).unwrap();
    assert_eq!(
        (status, answer["name"].as_str()),
        (500, Some("psycopg2.errors.SerializationFailure"))
    );
    assert_eq!(odoo.inspect()["orders"][0]["state"], "draft");
}

#[test]
fn pins_can_be_ignored_without_a_word() {
    for (ignore_pins, total) in [(false, "12.11"), (true, "12.09")] {
        let odoo = FakeOdoo::belgian();
        odoo.switch(Switches { ignore_pins, ..Switches::default() });
        let pin = json!({"currency_id": Seed::EUR, "price_unit": 3.33, "discount": 0, "quantity": 3,
            "manual_total_excluded_currency": 10.00,
            "manual_tax_amounts": {Seed::TAX_21.to_string(): {"tax_amount_currency": 2.11, "base_amount_currency": 10.00}}});
        let line = json!({"product_id": Seed::SKU_A, "product_uom_qty": 3, "price_unit": 3.33,
            "tax_ids": [[6, 0, [Seed::TAX_21]]], "extra_tax_data": pin});
        let vals = json!({"vals_list": [{"partner_id": Seed::BELGIAN_CONSUMER, "order_line": [[0, 0, line]]}]});
        call(&odoo, "sale.order", "create", &vals).unwrap();
        assert_eq!(odoo.inspect()["orders"][0]["amount_total"], total);
    }
}

#[test]
fn switches_work_over_http_and_slow_the_answers() {
    let odoo = FakeOdoo::belgian();
    let body = json!({"switches": {"latency": true}, "rules": [{"fault": "drop_before", "method": "search", "times": 1}]});
    let (status, _, _) = send(&odoo, "POST", "/_sandbox/faults", &[], &body.to_string()).unwrap();
    assert_eq!(status, 200);
    assert!(call(&odoo, "sale.order", "search", &json!({"domain": []})).is_none());
    let body = order_load("o", 1, "10", &create_only()).to_string();
    let request = http::Request::post("/json/2/sale.order/load")
        .header("authorization", format!("bearer {}", Seed::INBOUND_KEY))
        .header("content-type", "application/json")
        .body(Bytes::from(body))
        .unwrap();
    let Reply::After(pause, _) = odoo.handle(request) else { panic!("not slowed") };
    assert!(pause.as_millis() > 50);
    send(&odoo, "POST", "/_sandbox/faults", &[], "{\"switches\": {\"database_down\": true}}")
        .unwrap();
    assert_eq!(load(&odoo).unwrap().0, 404);
    let (status, body, _) =
        send(&odoo, "GET", "/web/health?db_server_status=true", &[], "").unwrap();
    assert_eq!((status, &body["status"]), (500, &json!("fail")));
}
