//! What follows an order, against the recording; and what no server can be made to do.

use crate::afterwards::{self, Place};
use crate::player::{Player, Scripted, respond};
use crate::{after_checks, connection, session};
use bytes::Bytes;
use causeway_domain::ports::NoAnswer;
use causeway_domain::{Decimal, Fault};
use causeway_odoo::{
    AccountPaymentState, Cancelled, InvoiceOutcome, Odoo, Protocol, Reconciled, Validated,
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

/// One deleted picking does not hide the others.
#[tokio::test]
async fn deleted_records_are_absent() {
    let gone = || {
        let body = json!({"name": "odoo.exceptions.MissingError", "message": "x", "arguments": [],
            "context": {}, "debug": ""});
        Ok(respond(404, "application/json", &body))
    };
    let script = |_: usize, _: &'static str, body: &Value| match body["ids"].as_array() {
        Some(ids) if ids.len() > 1 => gone(),
        Some(ids) if ids[0] == json!(2) => gone(),
        _ => ok(&json!([{"id": body["ids"][0], "name": "WH/OUT/00001", "state": "done",
            "picking_type_code": "outgoing", "picking_type_id": 2, "return_id": false,
            "backorder_id": false, "location_id": 5, "location_dest_id": 2, "origin": false,
            "move_ids": []}])),
    };
    let (found, _) = with!(script, |odoo| odoo.read_pickings(&[1, 2, 3]).await.unwrap());
    assert_eq!(found.iter().map(|picking| picking.id).collect::<Vec<_>>(), [1, 3]);
    let (found, calls) = with!(script, |odoo| odoo.read_pickings(&[2]).await.unwrap());
    assert_eq!((found.len(), calls.len()), (0, 1));
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
