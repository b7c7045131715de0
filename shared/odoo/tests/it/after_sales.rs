//! What follows an order, against the recording; and what no server can be made to do.

use crate::afterwards::{self, Place, cents, day};
use crate::player::{Player, Scripted, respond};
use crate::{after_checks, connection, session};
use bytes::Bytes;
use causeway_domain::ports::NoAnswer;
use causeway_domain::{Decimal, Fault, StoreId};
use causeway_odoo::{
    AccountPaymentState, Cancelled, Direction, ExternalId, InvoiceDraft, InvoiceLineDraft,
    InvoiceOutcome, MoveDraft, MoveKind, Odoo, PaymentDraft, PickingDraft, PinnedTax, Protocol,
    Reconciled, Session, Validated, Version,
};
use serde_json::{Value, json};

/// The recorded database.
fn place() -> Place {
    Place {
        company: 1,
        partner: 10,
        pricelist: 14,
        payment_term: 1,
        warehouse: 1,
        tax_21: 1,
        tax_12: 4,
        goods: [107, 108],
        bank: "STRP".to_owned(),
        expense: "656100".to_owned(),
    }
}

const PROTOCOLS: [(Protocol, &str); 2] =
    [(Protocol::Json2, "json2"), (Protocol::JsonRpc, "jsonrpc")];

#[tokio::test]
async fn a_sale_is_invoiced_paid_returned_and_credited_over_both_protocols() {
    for (protocol, name) in PROTOCOLS {
        let session = session(protocol).await;
        let connection = connection(protocol);
        let player = Player::of(&format!("after {name}"));
        let odoo = Odoo { http: &player, connection: &connection, session: &session };
        let tag = format!("rec-{name}");
        let after = afterwards::sale(odoo, &place(), &tag).await.unwrap();
        player.done();
        after_checks::sale(&after, &tag);
    }
}

#[tokio::test]
async fn entries_and_cancels_over_both_protocols() {
    for (protocol, name) in PROTOCOLS {
        let session = session(protocol).await;
        let connection = connection(protocol);
        let player = Player::of(&format!("books {name}"));
        let odoo = Odoo { http: &player, connection: &connection, session: &session };
        let books = afterwards::books(odoo, &place(), &format!("rec-{name}")).await.unwrap();
        player.done();
        after_checks::books(&books, &place());
    }
}

type Answer = Result<http::Response<Bytes>, NoAnswer>;

fn ok(body: &Value) -> Answer {
    Ok(respond(200, "application/json", body))
}

/// Odoo's refusal, in a language that nobody parses.
fn rule() -> Answer {
    let body = json!({"name": "odoo.exceptions.UserError", "message": "Dat gaat niet.",
        "arguments": [], "context": {}, "debug": ""});
    Ok(respond(422, "application/json", &body))
}

/// What an operation makes of these answers.
macro_rules! with {
    ($script:expr, |$odoo:ident| $body:expr) => {{
        let session = session(Protocol::Json2).await;
        let connection = connection(Protocol::Json2);
        let http = Scripted::new($script);
        let $odoo = Odoo { http: &http, connection: &connection, session: &session };
        let result = $body;
        let calls: Vec<(&str, Value)> = http.calls.lock().unwrap().clone();
        (result, calls)
    }};
}

fn entry(id: i64, state: &str) -> Value {
    json!({"id": id, "name": "INV/2026/00001", "state": state, "move_type": "out_invoice",
        "payment_state": "not_paid", "currency_id": [125, "EUR"], "amount_untaxed": 10.0,
        "amount_tax": 2.1, "amount_total": 12.1, "amount_residual": 12.1,
        "invoice_date": "2026-10-05", "date": "2026-10-05", "journal_id": [1, "Sales"],
        "partner_id": [10, "x"], "partner_shipping_id": [10, "x"], "fiscal_position_id": false,
        "ref": false, "payment_reference": false, "invoice_origin": false,
        "reversed_entry_id": false})
}

/// R15: a batch that somebody changed meanwhile. 1 was posted by another worker, 2 posts alone, 3 is
/// refused alone, 4 was cancelled, 5 is gone.
#[tokio::test]
async fn a_refused_batch_of_posts_is_resolved_one_by_one() {
    let script = |before: usize, name: &'static str, body: &Value| match (name, before) {
        ("odoo account.move/search_read", 0) => ok(&json!([
            entry(1, "draft"),
            entry(2, "draft"),
            entry(3, "draft"),
            entry(4, "cancel")
        ])),
        ("odoo account.move/search_read", _) => {
            ok(&json!([entry(1, "posted"), entry(2, "draft"), entry(3, "draft")]))
        }
        _ if body["ids"] == json!([2]) => ok(&json!(false)),
        _ => rule(),
    };
    let (refused, calls) = with!(script, |odoo| odoo.post_moves(&[1, 2, 3, 4, 5]).await.unwrap());
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [3, 4, 5]);
    assert!(refused[&4].to_string().contains("cancelled"), "{}", refused[&4]);
    assert!(refused[&5].to_string().contains("deleted"), "{}", refused[&5]);
    assert!(refused.values().all(|fault| !fault.to_string().contains("Dat gaat")));
    let posts: Vec<&Value> = calls
        .iter()
        .filter(|(name, _)| *name == "odoo account.move/action_post")
        .map(|(_, body)| &body["ids"])
        .collect();
    assert_eq!(posts, [&json!([1, 2, 3]), &json!([2]), &json!([3])]);
}

#[tokio::test]
async fn posted_moves_are_only_read() {
    let script = |_: usize, _: &'static str, _: &Value| ok(&json!([entry(1, "posted")]));
    let (refused, calls) = with!(script, |odoo| odoo.post_moves(&[1]).await.unwrap());
    assert!(refused.is_empty());
    assert_eq!(calls.len(), 1);
}

/// Facts A15: of four callers one makes the invoice; the others learn its id. A refusal without a new
/// invoice means that there is nothing to invoice, and an answer without one is a fault.
#[tokio::test]
async fn invoicing_reads_what_became_of_it() {
    for (wins, now, want) in [
        (true, json!([7, 5]), Some(InvoiceOutcome::Made(vec![7]))),
        (false, json!([7, 5]), Some(InvoiceOutcome::Made(vec![7]))),
        (false, json!([5]), Some(InvoiceOutcome::Nothing)),
        (true, json!([5]), None),
    ] {
        let script = |_: usize, name: &'static str, _: &Value| match name {
            "odoo sale.advance.payment.inv/create" => ok(&json!([3])),
            "odoo sale.advance.payment.inv/create_invoices" if wins => ok(&json!({"type": "x"})),
            "odoo sale.advance.payment.inv/create_invoices" => rule(),
            _ => ok(&json!([{"id": 1, "invoice_ids": now}])),
        };
        let (outcome, _) = with!(script, |odoo| odoo.invoice_order(1, &[5]).await);
        assert_eq!(outcome.ok(), want);
    }
}

/// A wizard whose answer is lost may have made the invoice: nobody knows before reading again.
#[tokio::test]
async fn a_lost_answer_of_invoicing_is_ambiguous() {
    let script = |_: usize, name: &'static str, _: &Value| match name {
        "odoo sale.advance.payment.inv/create" => ok(&json!([3])),
        _ => Err(NoAnswer::Lost("reset".to_owned())),
    };
    let (outcome, calls) = with!(script, |odoo| odoo.invoice_order(1, &[]).await);
    assert!(matches!(outcome, Err(Fault::Ambiguous { .. })), "{outcome:?}");
    assert_eq!(calls.len(), 2, "never repeated here");
}

#[tokio::test]
async fn cancelling_a_locked_order_says_so() {
    let order = |state: &str, locked: bool| {
        json!([{"id": 1, "name": "S00001", "state": state, "locked": locked, "currency_id": 125,
            "amount_untaxed": 0.0, "amount_tax": 0.0, "amount_total": 0.0,
            "date_order": "2026-10-05 10:00:00", "fiscal_position_id": false, "partner_id": 10,
            "partner_invoice_id": 10, "partner_shipping_id": 10, "client_order_ref": false,
            "invoice_status": "no", "order_line": []}])
    };
    for (state, locked, want) in [
        ("sale", true, Some(Cancelled::Locked)),
        ("cancel", true, Some(Cancelled::Yes)),
        ("sale", false, None),
    ] {
        let script = |_: usize, name: &'static str, _: &Value| match name {
            "odoo sale.order/action_cancel" => rule(),
            _ => ok(&order(state, locked)),
        };
        let (outcome, _) = with!(script, |odoo| odoo.cancel_order(1).await);
        assert_eq!(outcome.ok(), want, "{state} {locked}");
    }
}

/// An app's dialogue is "not done"; a refusal counts only while a picking is not done.
#[tokio::test]
async fn pickings_are_judged_by_their_state() {
    let picking = |state: &str| {
        json!([{"id": 1, "name": "WH/OUT/00001", "state": state, "picking_type_code": "outgoing",
            "picking_type_id": 2, "return_id": false, "backorder_id": false, "location_id": 5,
            "location_dest_id": 2, "origin": false, "move_ids": []}])
    };
    let dialogue = |_: usize, _: &'static str, _: &Value| ok(&json!({"type": "ir.actions"}));
    let (outcome, _) = with!(dialogue, |odoo| odoo.validate_pickings(&[1]).await);
    assert_eq!(outcome, Ok(Validated::NotDone));
    for (state, validated, assigned) in
        [("done", true, true), ("assigned", false, true), ("confirmed", false, false)]
    {
        let script = |_: usize, name: &'static str, _: &Value| match name {
            "odoo stock.picking/web_read" => ok(&picking(state)),
            _ => rule(),
        };
        let (outcome, _) = with!(script, |odoo| odoo.validate_pickings(&[1]).await);
        assert_eq!(outcome.is_ok(), validated, "{state}");
        let (outcome, _) = with!(script, |odoo| odoo.assign_pickings(&[1]).await);
        assert_eq!(outcome.is_ok(), assigned, "{state}");
    }
}

/// Equal quantities go in one call; nothing is not picked.
#[tokio::test]
async fn done_quantities_are_absolute() {
    let script = |_: usize, _: &'static str, _: &Value| ok(&json!(true));
    let moves = [(4, Decimal::ONE), (5, Decimal::ZERO), (6, Decimal::ONE)];
    let (outcome, calls) = with!(script, |odoo| odoo.set_done_quantities(&moves).await);
    assert_eq!(outcome, Ok(()));
    let sent: Vec<(&Value, &Value)> = calls.iter().map(|(_, b)| (&b["ids"], &b["vals"])).collect();
    assert_eq!(
        sent,
        [
            (&json!([5]), &json!({"quantity": 0, "picked": false})),
            (&json!([4, 6]), &json!({"quantity": 1, "picked": true})),
        ]
    );
}

/// Somebody reconciled one of the lines with something else: no fault, but no success either.
#[tokio::test]
async fn a_line_that_is_reconciled_already_is_told_apart() {
    let line = |id: i64, reconciled: bool| {
        json!({"id": id, "move_id": [1, "x"], "parent_state": "posted", "ref": false,
            "product_id": false, "product_uom_id": false, "name": false, "quantity": 0.0,
            "price_unit": 0.0, "discount": 0.0, "tax_ids": [], "account_id": [157, "x"],
            "account_type": "asset_receivable", "analytic_distribution": false,
            "price_subtotal": 0.0, "price_total": 0.0, "sale_line_ids": [],
            "display_type": "payment_term", "tax_line_id": false,
            "tax_repartition_line_id": false, "tax_tag_ids": [], "balance": 12.1,
            "amount_currency": 12.1, "currency_id": [125, "EUR"],
            "company_currency_id": [125, "EUR"], "amount_residual": 12.1,
            "amount_residual_currency": 12.1, "reconciled": reconciled,
            "extra_tax_data": false, "partner_id": false})
    };
    for (reconciled, want) in [(true, Some(Reconciled::Before)), (false, None)] {
        let script = |_: usize, name: &'static str, _: &Value| match name {
            "odoo account.move.line/reconcile" => rule(),
            _ => ok(&json!([line(1, reconciled), line(2, false)])),
        };
        let (outcome, _) = with!(script, |odoo| odoo.reconcile(&[1, 2]).await);
        assert_eq!(outcome.ok(), want);
    }
}

/// A payment that somebody cancelled is a person's business; one that another worker posted is done.
#[tokio::test]
async fn a_payment_is_posted_once() {
    let payment = |state: &str| {
        json!([{"id": 1, "name": false, "state": state, "payment_type": "inbound",
            "amount": 12.1, "currency_id": [125, "EUR"], "journal_id": [6, "Bank"],
            "date": "2026-10-05", "memo": "x", "move_id": false, "partner_id": [10, "x"],
            "is_reconciled": false, "invoice_ids": [], "reconciled_invoice_ids": []}])
    };
    for (before, after, want) in [
        ("in_process", "in_process", Some(AccountPaymentState::InProcess)),
        ("draft", "paid", Some(AccountPaymentState::Paid)),
        ("canceled", "canceled", None),
        ("draft", "draft", None),
    ] {
        let script = |at: usize, name: &'static str, _: &Value| match name {
            "odoo account.payment/action_post" => rule(),
            _ => ok(&payment(if at == 0 { before } else { after })),
        };
        let (outcome, calls) = with!(script, |odoo| odoo.post_payment(1).await);
        assert_eq!(outcome.ok().map(|payment| payment.state), want, "{before} {after}");
        let posts = calls.iter().filter(|(name, _)| name.ends_with("action_post")).count();
        assert_eq!(posts, usize::from(before == "draft"));
    }
}

fn key(kind: &str) -> ExternalId {
    ExternalId::new(&StoreId::from("acme"), kind, "1")
}

async fn older(major: u32) -> Session {
    let mut session = session(Protocol::JsonRpc).await;
    session.version = Version { major, minor: 0 };
    session.pins = major >= 19;
    session
}

/// Cells of a column, as text.
fn columns(cells: &[(&'static str, causeway_odoo::Cell)]) -> Vec<&'static str> {
    cells.iter().map(|(name, _)| *name).collect()
}

/// R3: what 17, 18 and 19 call differently. Names of 17 and 18 are from their sources.
#[tokio::test]
async fn drafts_fit_the_version() {
    let payment = PaymentDraft {
        id: key("payment"),
        direction: Direction::Outbound,
        partner: 10,
        amount: cents(1210),
        currency_id: 125,
        journal: 6,
        date: day(),
        memo: "re_1".to_owned(),
        invoices: vec![7, 8],
    };
    let picking = PickingDraft {
        id: key("return"),
        picking_type: 1,
        company: 1,
        partner: None,
        from: 2,
        to: 5,
        origin: "WH/OUT/00001".to_owned(),
        returns: Some(3),
        moves: vec![MoveDraft {
            id: key("return").line("1"),
            product: 19,
            quantity: Decimal::ONE,
            returns: Some(4),
            to_refund: true,
            sale_line: Some(5),
        }],
    };
    for (major, memo, invoices, name) in
        [(17, "ref", false, true), (18, "memo", true, true), (19, "memo", true, false)]
    {
        let session = older(major).await;
        let head = columns(&payment.record(&session).head);
        assert_eq!((head[8], head.contains(&"invoice_ids/.id")), (memo, invoices), "{major}");
        let lines = picking.record(&session).lines;
        assert_eq!(columns(&lines[0]).contains(&"move_ids/name"), name, "{major}");
    }
}

/// The pin repeats price, quantity and discount of its own line; without taxes there is none, because
/// Odoo would ignore it.
#[tokio::test]
async fn credit_note_lines_are_pinned() {
    let line = |taxes: Vec<PinnedTax>| InvoiceLineDraft {
        id: key("refund").line("1"),
        product: None,
        uom: None,
        name: "Courtesy".to_owned(),
        quantity: Decimal::from(2),
        price_unit: Decimal::new(339, 2),
        discount: Decimal::TEN,
        account: 390,
        net: cents(610),
        taxes,
        analytic: Some(json!({"1": 100.0})),
        sale_lines: vec![4, 5],
    };
    let tax = PinnedTax { tax: 191, amount: cents(128) };
    let draft = InvoiceDraft {
        id: key("refund"),
        kind: MoveKind::CreditNote,
        journal: 1,
        partner: 10,
        delivery_address: None,
        currency_id: 125,
        fiscal_position: None,
        reversed: Some(9),
        reference: "re".to_owned(),
        payment_reference: None,
        date: day(),
        payment_term: None,
        lines: vec![line(vec![tax]), line(vec![])],
    };
    let record = draft.record(&session(Protocol::Json2).await);
    let cell = |line: usize, column: &str| {
        let name = format!("invoice_line_ids/{column}");
        record.lines[line].iter().find(|(c, _)| **c == *name).unwrap().1.clone()
    };
    let causeway_odoo::Cell::Text(pin) = cell(0, "extra_tax_data") else { panic!("no pin") };
    let pin: Value = serde_json::from_str(&pin).unwrap();
    let of = |at: &str| pin.pointer(at).unwrap().to_string();
    assert_eq!((of("/price_unit"), of("/quantity"), of("/discount")), line_of("3.39", "2", "10"));
    assert_eq!(of("/manual_total_excluded"), "6.10");
    assert_eq!(of("/manual_tax_amounts/191/tax_amount"), "1.28");
    assert_eq!(cell(1, "extra_tax_data"), causeway_odoo::Cell::Blank);
    assert_eq!(cell(0, "analytic_distribution"), r#"{"1":100.0}"#.into());
    assert_eq!(cell(0, "sale_line_ids/.id"), "4,5".into());
    let old = draft.record(&older(18).await);
    assert!(!columns(&old.lines[0]).contains(&"invoice_line_ids/extra_tax_data"));
}

fn line_of(price: &str, quantity: &str, discount: &str) -> (String, String, String) {
    (price.to_owned(), quantity.to_owned(), discount.to_owned())
}
