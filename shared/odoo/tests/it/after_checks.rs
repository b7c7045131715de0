//! What must hold after [`crate::afterwards`], on a recording and on a real Odoo alike.

use crate::afterwards::{After, Books, Paid, Place, cents};
use causeway_domain::Decimal;
use causeway_odoo::{
    AccountKind, AccountPaymentState, Cancelled, CulpritClass, EntryTax, InvoiceOutcome,
    LineDisplay, MoveKind, MoveState, OrderState, PaymentState, PickingState, Reconciled,
    TaxDocument, Validated,
};

/// R166-R207: what the orders, invoices, credit notes, payments and returns read like.
pub fn sale(after: &After, tag: &str) {
    let lines = &after.confirmed.lines;
    let key = format!("__causeway__.after_order_{tag}-1_1");
    assert_eq!(lines[0].external_id.as_deref(), Some(key.as_str()));
    assert!(lines[0].is_goods && lines[0].to_invoice == Decimal::from(3));
    assert_eq!(after.confirmed.pickings[0].state, PickingState::Assigned);
    assert_eq!(after.validated, Validated::Done);
    assert_eq!(after.delivered.pickings[0].state, PickingState::Done);
    assert_eq!(after.delivered.lines[0].delivered, Decimal::from(3));

    assert_eq!(after.invoiced_again, InvoiceOutcome::Nothing);
    assert!(after.posted.iter().all(|refused| refused.is_empty()), "posting twice is fine");
    let [invoice] = after.found.as_slice() else { panic!("{:?}", after.found) };
    assert_eq!(after.invoiced, InvoiceOutcome::Made(vec![invoice.id]));
    assert_eq!((&invoice.state, &invoice.kind), (&MoveState::Posted, &MoveKind::Invoice));
    assert_eq!((invoice.untaxed, invoice.tax), (cents(7146), cents(1141)), "pins hold");
    let goods = &after.invoice_lines[0];
    assert_eq!((goods.display.clone(), goods.subtotal), (LineDisplay::Product, cents(3146)));
    assert_eq!(goods.sale_lines, [lines[0].id]);
    assert!(goods.pin.is_some() && !goods.tags.is_empty());
    let taxes: i64 = after
        .invoice_lines
        .iter()
        .filter(|line| line.display == LineDisplay::Tax && line.repartition_line.is_some())
        .map(|line| -line.balance.minor())
        .sum();
    assert_eq!(taxes, 1141);
    money(&after.paid, 8287);

    assert_eq!(after.returned.state, PickingState::Done);
    assert_eq!(after.returned.returns, Some(after.delivered.pickings[0].id));
    assert!(after.returned.moves[0].to_refund);
    assert_eq!(after.after_return.lines[0].delivered, Decimal::from(2));
    assert_eq!(after.after_return.pickings.len(), 2, "the return belongs to the order");

    assert_eq!(after.note[0], after.note[1], "a replay changes nothing");
    assert_eq!(after.note_lines[0].subtotal, cents(1049));
    assert_eq!(after.note_lines[0].account, goods.account);
    money(&after.paid_out, 1269);
    let [end] = after.end.invoices.as_slice() else { panic!("{:?}", after.end.invoices) };
    let [note] = end.reversals.as_slice() else { panic!("{:?}", end.reversals) };
    assert_eq!((note.id, note.total), (after.note[0], cents(1269)));
    assert_eq!((note.residual, &note.payment_state), (cents(0), &PaymentState::Paid));
    assert_eq!(note.reversed, Some(invoice.id));
    assert_eq!((end.record.residual, &end.record.payment_state), (cents(0), &PaymentState::Paid));
    assert_eq!(after.end.invoice_status.as_deref(), Some("invoiced"), "kept out of the order");
}

fn money(paid: &Paid, minor: i64) {
    let [first, again] = &paid.posted;
    assert_eq!(first, again, "posting twice is fine");
    assert_eq!(first.state, AccountPaymentState::InProcess);
    assert_eq!(first.amount, cents(minor));
    assert_eq!(paid.reconciled, [Reconciled::Now, Reconciled::Before]);
    let end = paid.end.as_ref().unwrap();
    assert_eq!((&end.state, end.reconciled), (&AccountPaymentState::Paid, true));
    assert_eq!(end.invoices, end.reconciled_invoices);
    assert_eq!(paid.by_memo.as_slice(), std::slice::from_ref(end));
    let [open] = paid.open_before.as_slice() else { panic!("{:?}", paid.open_before) };
    assert_eq!((open.entry, open.residual.minor().abs()), (first.entry.unwrap(), minor));
}

/// R166, facts A15: an entry of ours is in the books as we sent it.
pub fn books(books: &Books, place: &Place) {
    assert!(books.journals.iter().any(|j| j.code == place.bank && j.default_account.is_some()));
    assert_eq!(books.accounts[0].kind, AccountKind::Expense);
    assert!(books.by_id.iter().any(|a| a.kind == AccountKind::Income && !a.reconciles));
    assert!(books.receivable.contains_key(&place.partner));
    assert!(books.types.iter().any(|t| t.warehouse == Some(place.warehouse)));
    assert!(books.locations.len() > 1);
    for document in [TaxDocument::Invoice, TaxDocument::Refund] {
        let parts: Vec<_> = books.repartition.iter().filter(|l| l.document == document).collect();
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert!(parts.iter().all(|part| part.percent == Decimal::ONE_HUNDRED));
        assert!(parts.iter().all(|part| !part.tags.is_empty()));
    }
    assert_eq!(books.lines.len(), books.sent.lines.len(), "Odoo added nothing");
    for (line, sent) in books.lines.iter().zip(&books.sent.lines) {
        assert_eq!(Some(sent.account), line.account);
        assert_eq!((line.balance, line.name.as_deref()), (sent.balance, Some(sent.name.as_str())));
        match &sent.tax {
            EntryTax::None => assert!(line.tags.is_empty()),
            EntryTax::Base { taxes, tags } => assert_eq!((&line.taxes, &line.tags), (taxes, tags)),
            EntryTax::Tax { repartition_line, tags } => {
                assert_eq!((line.repartition_line, &line.tags), (Some(*repartition_line), tags));
            }
        }
    }
    assert!(books.lopsided.to_string().contains("-0.01 EUR"), "{}", books.lopsided);
    let class = CulpritClass::MissingReference {
        field: "line_ids/account_id/.id".to_owned(),
        id: "99999999".to_owned(),
    };
    assert_eq!(books.refused.class, class);
    assert_eq!(books.cancelled, [Cancelled::Yes, Cancelled::Yes]);
    assert_eq!(books.cancelled_sale.state, OrderState::Cancel);
    assert_eq!(books.cancelled_sale.pickings[0].state, PickingState::Cancel);
    assert_eq!(books.gone, None);
}
