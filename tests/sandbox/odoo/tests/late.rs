//! Bad days after the order: late, lost and dropped calls of invoices, payments, returns.

use super::super::{FakeOdoo, Fault, Product, Rule, Seed};
use super::after::{born, credit_note, document, invoice, ok, order, posted, read};
use super::call;
use serde_json::{Value, json};

fn shop() -> (FakeOdoo, Value) {
    let odoo = FakeOdoo::belgian();
    let product = odoo.add_product(&Product::goods("G-1", "10.00"));
    let (order, _) = order(&odoo, product, 3, 10.0, Seed::TAX_21);
    (odoo, order)
}

fn count(odoo: &FakeOdoo, list: &str) -> usize {
    odoo.inspect()[list].as_array().unwrap().len()
}

fn goods() -> Value {
    json!({"product": 1001, "quantity": "1", "price": "10", "taxes": Seed::TAX_21.to_string()})
}

/// The wizard bills once, whether its caller saw the answer or not.
#[test]
fn a_late_invoice_is_the_only_one() {
    for fault in [Fault::CommitLate, Fault::DropAfter, Fault::DropBefore] {
        let (odoo, order) = shop();
        let vals = json!({"vals_list": [{"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]}]});
        let wizard = ok(&odoo, "sale.advance.payment.inv", "create", &vals);
        odoo.inject(Rule::once(fault, "sale.advance.payment.inv", "create_invoices"));
        let body = json!({"ids": wizard});
        assert!(call(&odoo, "sale.advance.payment.inv", "create_invoices", &body).is_none());
        let before = count(&odoo, "invoices");
        assert_eq!(before, usize::from(fault == Fault::DropAfter));
        let (status, _) = invoice(&odoo, &order);
        assert_eq!(status, if before == 1 { 422 } else { 200 });
        odoo.commit_late();
        assert_eq!(count(&odoo, "invoices"), 1, "{fault:?}");
    }
}

/// A credit note that commits late and its replay are one, in both orders of arrival.
#[test]
fn a_late_credit_note_is_the_only_one() {
    for late_first in [true, false] {
        let (odoo, order) = shop();
        let bill = posted(&odoo, &order);
        let body = json!({
            "fields": ["id", "move_type", "partner_id/.id", "reversed_entry_id/.id", "invoice_line_ids/id",
                       "invoice_line_ids/name", "invoice_line_ids/quantity", "invoice_line_ids/price_unit",
                       "invoice_line_ids/account_id/.id", "invoice_line_ids/tax_ids/.id"],
            "data": [["__causeway__.r", "out_refund", Seed::BELGIAN_CONSUMER, bill, "__causeway__.r_0", "x", "1", "10",
                      Seed::INCOME, "191"]],
            "context": super::create_only(),
        });
        odoo.inject(Rule::once(Fault::CommitLate, "account.move", "load"));
        assert!(call(&odoo, "account.move", "load", &body).is_none());
        if late_first {
            odoo.commit_late();
        }
        let answer = ok(&odoo, "account.move", "load", &body);
        odoo.commit_late();
        assert_eq!(count(&odoo, "credit_notes"), 1);
        ok(&odoo, "account.move", "action_post", &json!({"ids": answer["ids"]}));
        assert_eq!(document(&odoo, &bill).1, "partial");
    }
}

/// A post that falls over leaves a draft and no hole in the numbers; the next one takes the number.
#[test]
fn a_failed_post_gives_its_number_back() {
    let (odoo, order) = shop();
    let (_, bill) = invoice(&odoo, &order);
    for fault in [Fault::FallOver, Fault::SerializationFailure] {
        odoo.inject(Rule::once(fault, "account.move", "action_post"));
        let answer = call(&odoo, "account.move", "action_post", &json!({"ids": [bill]}));
        assert!(answer.is_none_or(|(status, _)| status == 500));
        assert_eq!(document(&odoo, &bill).0, "draft");
    }
    ok(&odoo, "account.move", "action_post", &json!({"ids": [bill]}));
    assert_eq!(read(&odoo, "account.move", &bill, &["name"])["name"], "INV/2026/00001");
}

/// A batch with one posted document posts none.
#[test]
fn a_batch_is_posted_whole_or_not_at_all() {
    let (odoo, order) = shop();
    let bill = posted(&odoo, &order);
    let note = credit_note(&odoo, "r", &bill, &goods(), None);
    let (status, _) =
        call(&odoo, "account.move", "action_post", &json!({"ids": [note, bill]})).unwrap();
    assert_eq!((status, document(&odoo, &note).0), (422, "draft".to_owned()));
}

/// A payment whose load lost its race is made by the replay.
#[test]
fn a_lost_payment_is_made_by_the_replay() {
    let (odoo, order) = shop();
    let bill = posted(&odoo, &order);
    let fields = [
        "id",
        "payment_type",
        "partner_id/.id",
        "amount",
        "journal_id/.id",
        "date",
        "invoice_ids/.id",
    ];
    let row = json!([[
        "__causeway__.p",
        "inbound",
        Seed::BELGIAN_CONSUMER,
        "36.30",
        Seed::CLEARING_JOURNAL,
        "2026-01-15",
        bill.to_string()
    ]]);
    odoo.inject(Rule::once(Fault::LostRace, "account.payment", "load"));
    let body = json!({"fields": fields, "data": row, "context": super::create_only()});
    let lost = ok(&odoo, "account.payment", "load", &body);
    assert_eq!((&lost["ids"], count(&odoo, "payments")), (&json!(false), 0));
    born(&odoo, "account.payment", &fields, &row);
    assert_eq!(count(&odoo, "payments"), 1);
}
