//! `load` (R10 to R14): two calls for a poisoned batch, races, lost answers, nobody named.

use crate::player::{Player, Scripted, refusal, respond};
use crate::scenario::{Loaded, order, partner, ten, ten_partners};
use crate::{connection, session};
use bytes::Bytes;
use causeway_domain::ports::NoAnswer;
use causeway_domain::{Decimal, Fault, Timestamp};
use causeway_odoo::{Cell, Connection, CulpritClass, Odoo, Protocol, Record};
use proptest::prelude::*;
use serde_json::{Value, json};

const JSON: &str = "application/json; charset=utf-8";

async fn play(
    protocol: Protocol,
    scenario: &str,
    model: &'static str,
    records: &[Record],
) -> Loaded {
    let session = session(protocol).await;
    let connection = connection(protocol);
    let player = Player::of(scenario);
    let odoo = Odoo { http: &player, connection: &connection, session: &session };
    let loaded = odoo.load_new(model, records).await.unwrap();
    player.done();
    loaded
}

async fn scripted<F>(script: F, records: &[Record]) -> (Result<Loaded, Fault>, usize)
where
    F: Fn(usize, &'static str, &Value) -> Result<http::Response<Bytes>, NoAnswer> + Send + Sync,
{
    let session = session(Protocol::Json2).await;
    let connection = connection(Protocol::Json2);
    let http = Scripted::new(script);
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let loaded = odoo.load_new("sale.order", records).await;
    (loaded, http.count())
}

fn guilty(loaded: &Loaded) -> Vec<usize> {
    loaded.iter().enumerate().filter(|(_, one)| one.is_err()).map(|(at, _)| at).collect()
}

/// External ids of the records in a request.
fn keys(body: &Value) -> Vec<String> {
    let rows = body["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .filter(|key| !key.is_empty())
        .collect()
}

fn born(body: &Value) -> http::Response<Bytes> {
    let ids: Vec<usize> = (0..keys(body).len()).map(|at| 500 + at).collect();
    respond(200, JSON, &json!({"ids": ids, "messages": [], "nextrow": 0}))
}

#[tokio::test]
async fn two_missing_products_take_two_calls() {
    let records = ten("rec2-two", &[3, 7], 999_999, "");
    let loaded = play(Protocol::Json2, "poisoned two", "sale.order", &records).await;
    assert_eq!(guilty(&loaded), [3, 7]);
    let class = CulpritClass::MissingReference {
        field: "order_line/product_id/.id".to_owned(),
        id: "999999".to_owned(),
    };
    assert_eq!(loaded[3].as_ref().unwrap_err().class, class);
}

#[tokio::test]
async fn one_missing_product_takes_two_calls_over_jsonrpc() {
    let records = ten("rec2-one", &[6], 999_999, "");
    let loaded = play(Protocol::JsonRpc, "poisoned one jsonrpc", "sale.order", &records).await;
    assert_eq!(guilty(&loaded), [6]);
}

/// No `field` is given, and the text holds the row: only the constraint's name comes out.
#[tokio::test]
async fn a_violated_constraint_takes_two_calls() {
    let records = ten("rec2-check", &[5], 19, "line_section");
    let loaded = play(Protocol::Json2, "constraint", "sale.order", &records).await;
    assert_eq!(guilty(&loaded), [5]);
    let culprit = loaded[5].as_ref().unwrap_err();
    assert_eq!(culprit.class, CulpritClass::Constraint);
    let text =
        "Odoo refuses it: it violates constraint sale_order_line_non_accountable_null_fields";
    assert_eq!(culprit.text, text);
}

/// Odoo puts a copy of the error at record 0, which is innocent.
#[tokio::test]
async fn the_echo_for_record_0_is_dropped() {
    let loaded = play(Protocol::Json2, "echo", "res.partner", &ten_partners()).await;
    assert_eq!(guilty(&loaded), [4]);
    let culprit = loaded[4].as_ref().unwrap_err();
    assert_eq!(culprit.class, CulpritClass::BadValue { field: "vat".to_owned() });
    assert!(!culprit.text.contains("0123456789") && !culprit.text.contains("Claes"));
}

#[tokio::test]
async fn both_guilty_with_one_text_are_both_found() {
    // Two VAT numbers, both wrong: the message for record 0 looks like an echo of record 1's.
    let text = "\nThe VAT number [123] for partner [Bad VAT] does not seem to be valid.";
    let error = |at: usize| json!({"rows": {"from": at, "to": at}, "record": at, "type": "error", "message": text});
    let script = move |_: usize, _: &'static str, body: &Value| {
        let bad = keys(body).iter().filter(|key| !key.contains("good")).count();
        let messages: Vec<Value> = (0..bad).map(error).collect();
        Ok(if bad == 0 {
            born(body)
        } else {
            respond(200, JSON, &json!({"ids": false, "messages": messages}))
        })
    };
    let records = [order("bad-0", 19, ""), order("bad-1", 19, ""), order("good-2", 19, "")];
    let (loaded, calls) = scripted(script, &records).await;
    assert_eq!(guilty(&loaded.unwrap()), [0, 1]);
    assert_eq!(calls, 3);
}

fn refuse(
    name: &'static str,
) -> impl Fn(usize, &'static str, &Value) -> Result<http::Response<Bytes>, NoAnswer> {
    move |_, _, _| Ok(refusal(name).response())
}

/// What the recorded failures mean, each for a single record: (recording, calls, class or fault).
#[tokio::test]
async fn recorded_failures_are_told_apart() {
    let missing = |field: &str, id: &str| CulpritClass::MissingReference {
        field: field.into(),
        id: id.into(),
    };
    let bad = |field: &str| CulpritClass::BadValue { field: field.into() };
    let mut record = order("x", 999_999, "");
    record.head[1].1 = Cell::Id(999_999);
    record.head[2].1 = Cell::Id(999_999);
    record.lines[0][4].1 = "abc".into();
    record.lines[0][6].1 = Cell::ids(&[1, 99_999]);
    for (name, class) in [
        ("load product missing", missing("order_line/product_id/.id", "999999")),
        ("load tax missing", missing("order_line/tax_ids/.id", "99999")),
        ("load partner missing", missing("partner_id/.id", "999999")),
        ("load external id missing", missing("order_line", "")),
        ("load bad number", bad("order_line/price_unit")),
        ("load check constraint", CulpritClass::Constraint),
        ("load unknown error", CulpritClass::Other),
        ("load name missing", CulpritClass::Other),
        ("load not null", CulpritClass::Other),
        ("load user error", CulpritClass::Other),
        ("load foreign tax", CulpritClass::Other),
    ] {
        let mut answer = refusal(name).answer();
        for message in answer["messages"].as_array_mut().unwrap() {
            message["record"] = json!(0);
        }
        let script = |_: usize, _: &'static str, _: &Value| Ok(respond(200, JSON, &answer));
        let (loaded, calls) = scripted(script, std::slice::from_ref(&record)).await;
        let loaded = loaded.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(loaded[0].as_ref().unwrap_err().class, class, "{name}");
        assert_eq!(calls, 1, "{name}");
    }
}

#[tokio::test]
async fn missing_rights_concern_the_whole_batch() {
    for name in ["load create forbidden", "load company forbidden"] {
        let (loaded, calls) = scripted(refuse(name), &ten("x", &[], 0, "")).await;
        let fault = loaded.unwrap_err();
        assert!(matches!(fault, Fault::Reject { .. }), "{name}: {fault}");
        assert_eq!(calls, 1);
    }
}

#[tokio::test]
async fn a_lost_race_is_replayed_once() {
    let script = |before: usize, _: &'static str, body: &Value| {
        Ok(if before == 0 { refusal("load race").response() } else { born(body) })
    };
    let (loaded, calls) = scripted(script, &ten("x", &[], 0, "")).await;
    assert!(guilty(&loaded.unwrap()).is_empty());
    assert_eq!(calls, 2);

    let (loaded, calls) = scripted(refuse("load race"), &ten("x", &[], 0, "")).await;
    assert!(matches!(loaded, Err(Fault::Retry { .. })));
    assert_eq!(calls, 2);
}

/// The server's PostgreSQL may speak any language; known or not, the first time is a replay.
#[tokio::test]
async fn a_lost_race_is_known_in_other_languages() {
    for (text, fault) in [
        ("konnte Zugriff nicht serialisieren wegen gleichzeitiger Aktualisierung\n", true),
        ("не удалось сериализовать доступ из-за параллельного изменения\n", true),
        ("deadlock detected\nDETAIL:  Process 1 waits for ShareLock.\n", true),
        ("nie mozna, powod nieznany\n", false),
    ] {
        let script = move |_: usize, _: &'static str, _: &Value| {
            let message = json!({"rows": {"from": 0, "to": 0}, "record": 0, "type": "error", "message": text});
            Ok(respond(200, JSON, &json!({"ids": false, "messages": [message]})))
        };
        let (loaded, calls) = scripted(script, &[order("x", 19, "")]).await;
        assert_eq!(calls, 2, "{text}");
        assert_eq!(matches!(loaded, Err(Fault::Retry { .. })), fault, "{text}");
    }
}

#[tokio::test]
async fn a_race_beside_a_culprit_takes_two_calls() {
    let script = |before: usize, _: &'static str, body: &Value| {
        if before > 0 {
            return Ok(born(body));
        }
        let mut answer = refusal("load product missing").answer();
        let race = refusal("load race").answer()["messages"][0].clone();
        answer["messages"].as_array_mut().unwrap().push(race);
        Ok(respond(200, JSON, &answer))
    };
    let (loaded, calls) = scripted(script, &ten("x", &[1], 999_999, "")).await;
    assert_eq!(guilty(&loaded.unwrap()), [1]);
    assert_eq!(calls, 2);
}

/// The answer is lost, the late request commits, the replay finds what it made.
#[tokio::test]
async fn a_lost_answer_is_replayed_at_once() {
    let script = |before: usize, _: &'static str, body: &Value| match before {
        0 => Err(NoAnswer::Lost("timeout".to_owned())),
        _ => Ok(born(body)),
    };
    let (loaded, calls) = scripted(script, &ten("x", &[], 0, "")).await;
    assert!(guilty(&loaded.unwrap()).is_empty());
    assert_eq!(calls, 2);

    let lost = |_: usize, _: &'static str, _: &Value| Err(NoAnswer::Lost("timeout".to_owned()));
    let (loaded, calls) = scripted(lost, &ten("x", &[], 0, "")).await;
    assert!(matches!(loaded, Err(Fault::Ambiguous { .. })));
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn more_than_ten_culprits_come_in_portions() {
    // Odoo stops naming after ten errors, with a warning that names nobody.
    let script = |_: usize, _: &'static str, body: &Value| {
        let bad: Vec<usize> = keys(body)
            .iter()
            .enumerate()
            .filter(|(_, key)| key.contains("bad"))
            .map(|(at, _)| at)
            .take(10)
            .collect();
        if bad.is_empty() {
            return Ok(born(body));
        }
        let mut messages: Vec<Value> = bad
            .iter()
            .map(|at| json!({"rows": {"from": at, "to": at}, "type": "error", "record": at, "field": "note", "message": "no"}))
            .collect();
        messages.push(json!({"type": "warning", "message": "Found more than 10 errors"}));
        Ok(respond(200, JSON, &json!({"ids": false, "messages": messages})))
    };
    let records: Vec<Record> = (0..25)
        .map(|at| order(&format!("{}-{at}", if at % 2 == 0 { "bad" } else { "good" }), 19, ""))
        .collect();
    let (loaded, calls) = scripted(script, &records).await;
    assert_eq!(guilty(&loaded.unwrap()), (0..25).step_by(2).collect::<Vec<_>>());
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn an_empty_batch_takes_no_call() {
    let (loaded, calls) = scripted(refuse("load race"), &[]).await;
    assert_eq!((loaded.unwrap().len(), calls), (0, 0));
}

#[tokio::test]
async fn only_narrow_columns_are_overwritten() {
    let session = session(Protocol::Json2).await;
    let connection = connection(Protocol::Json2);
    let http = Scripted::new(|_, _, body| Ok(born(body)));
    let odoo = Odoo { http: &http, connection: &connection, session: &session };
    let date = || Cell::from(causeway_odoo::datetime(Timestamp::UNIX_EPOCH));
    let columns = [".id", "date_order", "order_line/.id", "order_line/customer_lead"];
    let rows = vec![
        vec![Cell::Id(500), date(), Cell::Id(7), Decimal::ZERO.into()],
        vec![Cell::Blank, Cell::Blank, Cell::Id(8), Decimal::ZERO.into()],
    ];
    assert_eq!(odoo.load_fields("sale.order", &columns, rows).await.unwrap(), [500]);
    let (_, body) = http.calls.lock().unwrap()[0].clone();
    assert_eq!(
        body["context"],
        json!({"tz": "UTC", "allowed_company_ids": [1]}),
        "not create-only"
    );
    for (model, columns) in [
        ("sale.order", &["id", "date_order", "state"][..]),
        ("sale.order", &["id", "date_order"]),
        ("sale.order", &[".id", "date_order", "fiscal_position_id/.id"]),
        ("sale.order", &["id", "order_line/price_unit"]),
        ("res.partner", &["id", "date_order"]),
    ] {
        assert!(odoo.load_fields(model, columns, vec![]).await.is_err());
    }
    assert_eq!(http.count(), 1);
    assert!(odoo.load_new("res.users", &[partner("x", "")]).await.is_err(), "no such load");
}

/// Facts A14: orders are born and confirmed without chatter unless it is wanted; partners always have it.
#[tokio::test]
async fn an_order_has_chatter_only_where_it_is_wanted() {
    let session = session(Protocol::Json2).await;
    for chatter in [false, true] {
        let connection = Connection { chatter, ..connection(Protocol::Json2) };
        let http = Scripted::new(|_, _, body| {
            let confirms = body.get("data").is_none();
            Ok(if confirms { respond(200, JSON, &json!(true)) } else { born(body) })
        });
        let odoo = Odoo { http: &http, connection: &connection, session: &session };
        odoo.load_new("sale.order", &[order("one", 19, "")]).await.unwrap();
        odoo.confirm(&[1]).await.unwrap();
        odoo.load_new("res.partner", &[partner("one", "")]).await.unwrap();
        let calls = http.calls.lock().unwrap();
        let silent = |(_, body): &(_, Value)| body["context"]["tracking_disable"] == true;
        let silent: Vec<bool> = calls.iter().map(silent).collect();
        assert_eq!(silent, [!chatter, !chatter, false]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Nobody is ever named: halving finds exactly the guilty, and nobody else goes without.
    #[test]
    fn halving_finds_the_unnamed(size in 1usize..13, guilt in any::<u16>()) {
        let bad: Vec<usize> = (0..size).filter(|at| guilt & (1 << at) != 0).collect();
        let records: Vec<Record> = (0..size)
            .map(|at| order(&format!("{}{at}", if bad.contains(&at) { "bad" } else { "good" }), 19, ""))
            .collect();
        let script = |_: usize, _: &'static str, body: &Value| {
            let refused = keys(body).iter().any(|key| key.contains("bad"));
            Ok(if refused { respond(200, JSON, &json!({"ids": false, "messages": []})) } else { born(body) })
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (loaded, calls) = runtime.block_on(scripted(script, &records));
        prop_assert_eq!(guilty(&loaded.unwrap()), bad);
        prop_assert!(calls < 2 * size.max(1));
    }
}
