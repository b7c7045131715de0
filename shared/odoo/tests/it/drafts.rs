//! Documents to be born: what of a draft stands in its record.

use crate::afterwards::{cents, day};
use crate::session;
use causeway_domain::{Decimal, StoreId};
use causeway_odoo::{
    Cell, Direction, ExternalId, InvoiceDraft, InvoiceLineDraft, MoveDraft, MoveKind, PaymentDraft,
    PickingDraft, PinnedTax, Protocol, Session, Version,
};
use serde_json::{Value, json};

fn key(kind: &str) -> ExternalId {
    ExternalId::new(&StoreId::from("acme"), kind, "1")
}

async fn older(major: u32) -> Session {
    let mut session = session(Protocol::JsonRpc).await;
    session.version = Version { major, minor: 0 };
    session.pins = major >= 19;
    session
}

fn columns(cells: &[(&'static str, Cell)]) -> Vec<&'static str> {
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
    let Cell::Text(pin) = cell(0, "extra_tax_data") else { panic!("no pin") };
    let pin: Value = serde_json::from_str(&pin).unwrap();
    let of = |at: &str| pin.pointer(at).unwrap().to_string();
    assert_eq!((of("/price_unit"), of("/quantity"), of("/discount")), line_of("3.39", "2", "10"));
    assert_eq!(of("/manual_total_excluded"), "6.10");
    assert_eq!(of("/manual_tax_amounts/191/tax_amount"), "1.28");
    assert_eq!(cell(1, "extra_tax_data"), Cell::Blank);
    assert_eq!(cell(0, "analytic_distribution"), r#"{"1":100.0}"#.into());
    assert_eq!(cell(0, "sale_line_ids/.id"), "4,5".into());
    let old = draft.record(&older(18).await);
    assert!(!columns(&old.lines[0]).contains(&"invoice_line_ids/extra_tax_data"));
}

fn line_of(price: &str, quantity: &str, discount: &str) -> (String, String, String) {
    (price.to_owned(), quantity.to_owned(), discount.to_owned())
}
