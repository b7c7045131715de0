//! What follows an order, played against an Odoo: once against a real 19.0 to record the answers (and
//! whenever `CAUSEWAY_REAL_ODOO` names one), and in every test run against the recording.

mod books;
pub use books::{Books, books};

use causeway_domain::ports::Http;
use causeway_domain::{Currency, Date, Decimal, Fault, Money, StoreId};
use causeway_odoo::{
    Cell, Direction, ExternalId, InvoiceDraft, InvoiceLineDraft, InvoiceOutcome, JournalKind,
    JournalRecord, MoveDraft, MoveKind, MoveLine, MoveQuery, MoveRecord, Odoo, PaymentDraft,
    PaymentRecord, PickingCode, PickingDraft, PickingRecord, PinnedLine, PinnedTax, Reconciled,
    Record, SaleRecord, Validated, pin_text,
};
use std::collections::BTreeMap;

/// Records of the database that is played in; goods are billed when ordered.
#[derive(Clone, Debug)]
pub struct Place {
    pub company: i64,
    pub partner: i64,
    pub pricelist: i64,
    pub payment_term: i64,
    pub warehouse: i64,
    pub tax_21: i64,
    pub tax_12: i64,
    /// Goods in stock.
    pub goods: [i64; 2],
    /// A bank journal whose payments go to its own account.
    pub bank: String,
    /// An expense account.
    pub expense: String,
}

pub fn eur() -> Currency {
    Currency::from_code("EUR").unwrap()
}
pub fn cents(minor: i64) -> Money {
    Money::from_minor(minor, eur())
}
pub fn day() -> Date {
    "2026-10-05".parse().unwrap()
}

/// Everything that an order can have after it.
#[derive(Debug)]
pub struct After {
    pub confirmed: SaleRecord,
    pub delivered: SaleRecord,
    pub validated: Validated,
    pub invoiced: InvoiceOutcome,
    pub invoiced_again: InvoiceOutcome,
    pub posted: [BTreeMap<i64, Fault>; 2],
    pub invoice_lines: Vec<MoveLine>,
    pub found: Vec<MoveRecord>,
    pub paid: Paid,
    pub returned: PickingRecord,
    pub after_return: SaleRecord,
    pub note: [i64; 2],
    pub note_lines: Vec<MoveLine>,
    pub paid_out: Paid,
    pub end: SaleRecord,
}

#[derive(Debug)]
pub struct Paid {
    pub posted: [PaymentRecord; 2],
    pub reconciled: [Reconciled; 2],
    pub end: Option<PaymentRecord>,
    pub by_memo: Vec<PaymentRecord>,
    pub open_before: Vec<MoveLine>,
}

struct Play<'a, H> {
    odoo: Odoo<'a, H>,
    place: &'a Place,
    tag: &'a str,
    euro: i64,
    journals: Vec<JournalRecord>,
}

impl<H: Http> Play<'_, H> {
    fn id(&self, kind: &str, id: &str) -> ExternalId {
        ExternalId::new(&StoreId::from("after"), kind, &format!("{}-{id}", self.tag))
    }

    fn journal(&self, kind: &JournalKind) -> &JournalRecord {
        let bank = &self.place.bank;
        let fits =
            |j: &&JournalRecord| j.kind == *kind && (*kind != JournalKind::Bank || j.code == *bank);
        self.journals.iter().find(fits).unwrap()
    }

    /// Three of the first goods for 31.46 + 6.61, two of the second for 40.00 + 4.80.
    fn order(&self, number: &str) -> Record {
        let key = self.id("order", number);
        let line = |line: &str, product: i64, pinned: &PinnedLine| {
            vec![
                ("order_line/id", Cell::from(&key.line(line))),
                ("order_line/product_id/.id", Cell::Id(product)),
                ("order_line/name", "Goods".into()),
                ("order_line/product_uom_qty", pinned.quantity.into()),
                ("order_line/price_unit", pinned.price_unit.into()),
                ("order_line/tax_ids/.id", Cell::ids(&[pinned.taxes[0].tax])),
                ("order_line/extra_tax_data", pin_text(pinned).into()),
            ]
        };
        let [first, second] = self.goods();
        Record {
            head: vec![
                ("id", Cell::from(&key)),
                ("partner_id/.id", Cell::Id(self.place.partner)),
                ("partner_invoice_id/.id", Cell::Id(self.place.partner)),
                ("partner_shipping_id/.id", Cell::Id(self.place.partner)),
                ("client_order_ref", format!("{}-{number}", self.tag).into()),
                ("pricelist_id/.id", Cell::Id(self.place.pricelist)),
                ("payment_term_id/.id", Cell::Id(self.place.payment_term)),
                ("warehouse_id/.id", Cell::Id(self.place.warehouse)),
            ],
            lines: vec![
                line("1", self.place.goods[0], &first),
                line("2", self.place.goods[1], &second),
            ],
        }
    }

    fn goods(&self) -> [PinnedLine; 2] {
        let line = |quantity, price, net, tax, amount| PinnedLine {
            currency_id: self.euro,
            price_unit: Decimal::new(price, 2),
            discount: Decimal::ZERO,
            quantity: Decimal::from(quantity),
            net: cents(net),
            taxes: vec![PinnedTax { tax, amount: cents(amount) }],
        };
        [line(3, 1049, 3146, self.place.tax_21, 661), line(2, 2000, 4000, self.place.tax_12, 480)]
    }

    async fn born(&self, model: &'static str, record: Record) -> Result<i64, Fault> {
        Ok(*self.odoo.load_new(model, &[record]).await?[0].as_ref().unwrap())
    }

    /// A confirmed order.
    async fn sell(&self, number: &str) -> Result<SaleRecord, Fault> {
        let order = self.born("sale.order", self.order(number)).await?;
        assert!(self.odoo.confirm(&[order]).await?.is_empty());
        Ok(self.odoo.read_sale(order).await?.unwrap())
    }

    /// Loads, posts (twice) and reconciles (twice) a payment of a document.
    async fn pay(&self, document: i64, direction: Direction, minor: i64) -> Result<Paid, Fault> {
        let bank = self.journal(&JournalKind::Bank);
        let memo = format!("{}-{}", self.tag, direction.as_str());
        let draft = PaymentDraft {
            id: self.id("payment", direction.as_str()),
            direction,
            partner: self.place.partner,
            amount: cents(minor),
            currency_id: self.euro,
            journal: bank.id,
            date: day(),
            memo: memo.clone(),
            invoices: vec![document],
        };
        let id = self.born("account.payment", draft.record(self.odoo.session)).await?;
        let posted = [self.odoo.post_payment(id).await?, self.odoo.post_payment(id).await?];
        let lines = self.odoo.move_lines(&[document, posted[0].entry.unwrap()]).await?;
        let open: Vec<i64> = lines
            .iter()
            .filter(|line| line.account_kind == causeway_odoo::AccountKind::Receivable)
            .filter(|line| line.posted && !line.reconciled)
            .map(|line| line.id)
            .collect();
        let open_before = self
            .odoo
            .open_lines(bank.default_account.unwrap(), std::slice::from_ref(&memo))
            .await?;
        let reconciled = [self.odoo.reconcile(&open).await?, self.odoo.reconcile(&open).await?];
        let end = self.odoo.read_payment(id).await?;
        let by_memo = self.odoo.find_payments(&[memo]).await?;
        Ok(Paid { posted, reconciled, end, by_memo, open_before })
    }

    /// One of the first goods comes back.
    async fn take_back(&self, sale: &SaleRecord) -> Result<PickingRecord, Fault> {
        let sent = &sale.pickings[0];
        let types = self.odoo.picking_types().await?;
        let receipts = types
            .iter()
            .find(|t| t.code == PickingCode::Incoming && t.warehouse == sale.warehouse)
            .unwrap();
        let one = &sent.moves[0];
        let key = self.id("return", "1");
        let draft = PickingDraft {
            moves: vec![MoveDraft {
                id: key.line("1"),
                product: one.product,
                quantity: Decimal::ONE,
                returns: Some(one.id),
                to_refund: true,
                sale_line: one.sale_line,
            }],
            id: key,
            picking_type: receipts.id,
            company: self.place.company,
            partner: Some(self.place.partner),
            from: sent.to,
            to: sent.from,
            origin: sent.name.clone(),
            returns: Some(sent.id),
        };
        let record = draft.record(self.odoo.session);
        let id = self.born("stock.picking", record.clone()).await?;
        assert_eq!(self.born("stock.picking", record).await?, id);
        self.odoo.confirm_pickings(&[id]).await?;
        self.odoo.assign_pickings(&[id]).await?;
        let [open] = <[_; 1]>::try_from(self.odoo.read_pickings(&[id]).await?).unwrap();
        self.odoo.set_done_quantities(&[(open.moves[0].id, Decimal::ONE)]).await?;
        assert_eq!(self.odoo.validate_pickings(&[id]).await?, Validated::Done);
        // All of it may be repeated.
        self.odoo.confirm_pickings(&[id]).await?;
        self.odoo.assign_pickings(&[id]).await?;
        assert_eq!(self.odoo.validate_pickings(&[id]).await?, Validated::Done);
        Ok(self.odoo.read_pickings(&[id]).await?.remove(0))
    }

    /// The credit note of one of the first goods: 10.49 + 2.20.
    fn note(&self, invoice: &MoveRecord, line: &MoveLine) -> InvoiceDraft {
        let key = self.id("refund", &invoice.id.to_string());
        InvoiceDraft {
            lines: vec![InvoiceLineDraft {
                id: key.line("1"),
                product: line.product,
                uom: line.uom,
                name: line.name.clone().unwrap(),
                quantity: Decimal::ONE,
                price_unit: line.price_unit,
                discount: line.discount,
                account: line.account.unwrap(),
                net: cents(1049),
                taxes: vec![PinnedTax { tax: line.taxes[0], amount: cents(220) }],
                analytic: line.analytic.clone(),
                sale_lines: vec![],
            }],
            id: key,
            kind: MoveKind::CreditNote,
            journal: invoice.journal,
            partner: invoice.partner.unwrap(),
            delivery_address: invoice.delivery_address,
            currency_id: invoice.currency_id,
            fiscal_position: invoice.fiscal_position,
            reversed: Some(invoice.id),
            reference: format!("{}-refund", self.tag),
            payment_reference: Some(format!("{}-re", self.tag)),
            date: day(),
            payment_term: None,
        }
    }
}

async fn play<'a, H: Http>(
    odoo: Odoo<'a, H>,
    place: &'a Place,
    tag: &'a str,
) -> Result<Play<'a, H>, Fault> {
    let euro = odoo.session.currencies["EUR"].id;
    let journals = odoo.journals().await?;
    Ok(Play { odoo, place, tag, euro, journals })
}

/// Sold, delivered, invoiced, paid, partly returned, credited and paid back.
pub async fn sale<H: Http>(odoo: Odoo<'_, H>, place: &Place, tag: &str) -> Result<After, Fault> {
    let play = play(odoo, place, tag).await?;
    let confirmed = play.sell("1").await?;
    let picking = &confirmed.pickings[0];
    let all: Vec<(i64, Decimal)> = picking.moves.iter().map(|one| (one.id, one.demand)).collect();
    odoo.set_done_quantities(&all).await?;
    let validated = odoo.validate_pickings(&[picking.id]).await?;
    let delivered = odoo.read_sale(confirmed.id).await?.unwrap();

    let invoiced = odoo.invoice_order(confirmed.id, &[]).await?;
    let InvoiceOutcome::Made(invoices) = &invoiced else { panic!("nothing to invoice") };
    let invoice = invoices[0];
    let invoiced_again = odoo.invoice_order(confirmed.id, &[invoice]).await?;
    let posted = [odoo.post_moves(&[invoice]).await?, odoo.post_moves(&[invoice]).await?];
    let invoice_lines = odoo.move_lines(&[invoice]).await?;
    let reference = MoveQuery::References(vec![format!("{tag}-1")]);
    let found = odoo.find_moves(&reference, &[MoveKind::Invoice]).await?;
    let paid = play.pay(invoice, Direction::Inbound, 8287).await?;

    let returned = play.take_back(&delivered).await?;
    let after_return = odoo.read_sale(confirmed.id).await?.unwrap();
    let record = play.note(&found[0], &invoice_lines[0]).record(odoo.session);
    let first = play.born("account.move", record.clone()).await?;
    assert!(odoo.post_moves(&[first]).await?.is_empty());
    let note = [first, play.born("account.move", record).await?];
    let note_lines = odoo.move_lines(&[first]).await?;
    let paid_out = play.pay(first, Direction::Outbound, 1269).await?;
    let end = odoo.read_sale(confirmed.id).await?.unwrap();
    Ok(After {
        confirmed,
        delivered,
        validated,
        invoiced,
        invoiced_again,
        posted,
        invoice_lines,
        found,
        paid,
        returned,
        after_return,
        note,
        note_lines,
        paid_out,
        end,
    })
}
