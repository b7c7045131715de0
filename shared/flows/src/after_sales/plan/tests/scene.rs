//! A scene of the table, and the plan's word about it.

use super::super::{Case, Next, Step, next};
use crate::after_sales::seen::{
    PickingStanding, SaleStanding, Seen, SeenCredit, SeenInvoice, SeenLine, SeenMoveLine,
    SeenPicking, SeenStockMove, Way,
};
use crate::after_sales::wanted::{RefundPart, Wanted, WantedLine, WantedRefund, WantedReturn};
use crate::config::{AfterSalesPolicy, InvoicePolicy};
use crate::project::tax::TaxShare;
use causeway_domain::{
    Currency, Decimal, Fault, Goods, LineId, Money, OrderId, OrderKey, RefundId, ReturnId, StoreId,
    Timestamp,
};
use std::collections::BTreeMap;

const TAX: i64 = 5;

fn eur(cents: i64) -> Money {
    Money::from_minor(cents, Currency::from_code("EUR").unwrap())
}

fn taxed(cents: i64) -> Vec<TaxShare> {
    vec![TaxShare { tax: TAX, amount: eur(cents) }]
}

/// What Odoo has of an invoice.
#[derive(Clone, Copy, PartialEq)]
pub enum Bill {
    None,
    /// A draft that comes to this gross for the goods.
    Draft(i64),
    Posted,
}

/// A scene; the default is a confirmed order that nothing happened to.
pub struct Scene {
    pub cancelled: bool,
    pub refunds: Vec<WantedRefund>,
    pub returns: Vec<WantedReturn>,
    pub policy: AfterSalesPolicy,
    pub locked: bool,
    /// Ordered in Odoo now.
    pub ordered: i64,
    /// Delivered.
    pub sent: i64,
    /// How many of them by an earlier delivery.
    pub sent_first: i64,
    /// A return picking of the first delivery, of this quantity and standing.
    pub back: Option<(i64, PickingStanding)>,
    /// Transfers within the warehouse: quantity, standing, the locations from and to, whether picked.
    pub within: Vec<(i64, PickingStanding, [i64; 2], bool)>,
    pub bill: Bill,
    /// Gross of a credit note of one thing that somebody made by hand.
    pub by_hand: Option<i64>,
    pub recorded: BTreeMap<String, i64>,
}

pub fn scene(invoices: InvoicePolicy) -> Scene {
    Scene {
        cancelled: false,
        refunds: Vec::new(),
        returns: Vec::new(),
        policy: AfterSalesPolicy { invoices, ..AfterSalesPolicy::default() },
        locked: false,
        ordered: 3,
        sent: 0,
        sent_first: 0,
        back: None,
        within: Vec::new(),
        bill: Bill::None,
        by_hand: None,
        recorded: BTreeMap::new(),
    }
}

/// A refund of `quantity` things, or of an amount if there are none.
fn refund(quantity: i64, gross: i64, goods: Goods) -> WantedRefund {
    let net = gross * 100 / 121;
    let part = match quantity {
        0 => RefundPart::Amount { gross: eur(gross) },
        _ => RefundPart::Line {
            line: 0,
            quantity: quantity.into(),
            net: eur(net),
            taxes: taxed(gross - net),
            goods,
        },
    };
    WantedRefund {
        id: RefundId::new("r1"),
        at: Timestamp::UNIX_EPOCH,
        total: eur(gross),
        parts: vec![part],
        payments: Vec::new(),
        of_return: None,
    }
}

impl Scene {
    pub fn of(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn refunded(self, quantity: i64, gross: i64, goods: Goods) -> Self {
        self.of(|scene| scene.refunds.push(refund(quantity, gross, goods)))
    }

    /// All of what the last refund gives back is kept as a fee.
    pub fn for_nothing(self) -> Self {
        self.of(|scene| {
            if let Some(refund) = scene.refunds.last_mut() {
                refund.parts.push(RefundPart::Amount { gross: refund.total.negated() });
                refund.total = eur(0);
            }
        })
    }

    /// So many things come back, for each of which 12.10 are refunded.
    pub fn returned(self, quantity: i64) -> Self {
        let id = ReturnId::new("b1");
        let lines = vec![(0, quantity.into(), None)];
        let mut refund = refund(quantity, 1210 * quantity, Goods::Returned);
        refund.of_return = Some(id.clone());
        self.of(|scene| {
            scene.refunds.push(refund);
            scene.returns.push(WantedReturn { id, closed: true, lines });
        })
    }

    fn wanted(&self) -> Wanted {
        let line = |id: &str, goods, quantity: i64, net, tax| WantedLine {
            external_id: format!("line_{id}"),
            line: LineId::new(id),
            goods,
            quantity: quantity.into(),
            net: eur(net),
            taxes: taxed(tax),
        };
        Wanted {
            key: OrderKey { store: StoreId::new("shop"), order: OrderId::new("1001") },
            number: "#1001".to_owned(),
            currency: eur(0).currency(),
            total: eur(4235),
            cancelled: self.cancelled,
            lines: vec![line("goods", true, 3, 3000, 630), line("ship", false, 1, 500, 105)],
            captures: Vec::new(),
            refunds: self.refunds.clone(),
            returns: self.returns.clone(),
        }
    }

    fn line(&self, id: i64, name: &str, ordered: i64, billed: i64) -> SeenLine {
        let billed = if self.bill == Bill::None { 0 } else { billed };
        SeenLine {
            id,
            external_id: Some(format!("line_{name}")),
            product: Some(10 + id),
            ordered: ordered.into(),
            delivered: if id == 1 { self.sent.into() } else { Decimal::ZERO },
            invoiced: billed.into(),
            to_invoice: (ordered - billed).into(),
            price_unit: Decimal::from(if id == 1 { 10 } else { 5 }),
            discount: Decimal::ZERO,
            taxes: vec![TAX],
            name: name.to_owned(),
        }
    }

    fn bill_line(id: i64, quantity: i64, net: i64, gross: i64) -> SeenMoveLine {
        SeenMoveLine {
            id: 100 + id,
            sale_line: Some(id),
            product: Some(10 + id),
            uom: None,
            name: String::new(),
            quantity: quantity.into(),
            price_unit: Decimal::from(if id == 1 { 10 } else { 5 }),
            discount: Decimal::ZERO,
            taxes: vec![TAX],
            account: 7,
            analytic: None,
            net: eur(net),
            gross: eur(gross),
        }
    }

    fn invoice(&self) -> Option<SeenInvoice> {
        let goods = match self.bill {
            Bill::None => return None,
            Bill::Draft(gross) => gross,
            Bill::Posted => 3630,
        };
        let by_hand = self.by_hand.map(|gross| SeenCredit {
            id: 900,
            external_id: None,
            posted: true,
            total: eur(gross),
            lines: vec![SeenMoveLine {
                sale_line: None,
                ..Self::bill_line(1, 1, gross * 100 / 121, gross)
            }],
            open_items: Vec::new(),
        });
        Some(SeenInvoice {
            id: 70,
            name: None,
            posted: self.bill == Bill::Posted,
            journal: 1,
            partner: 2,
            delivery_address: None,
            fiscal_position: None,
            currency_id: 1,
            payment_reference: None,
            total: eur(goods + 605),
            lines: vec![Self::bill_line(1, 3, 3000, goods), Self::bill_line(2, 1, 500, 605)],
            open_items: Vec::new(),
            credits: by_hand.into_iter().collect(),
        })
    }

    fn picking(id: i64, of: Option<i64>, quantity: i64, state: PickingStanding) -> SeenPicking {
        let done = state == PickingStanding::Done;
        SeenPicking {
            id,
            name: format!("WH/{id}"),
            state,
            external_id: None,
            return_of: of,
            return_type: 3,
            way: if of.is_none() { Way::Out } else { Way::In },
            moves: vec![SeenStockMove {
                id: id + 1,
                sale_line: Some(1),
                product: 11,
                demand: quantity.into(),
                quantity: if done { quantity.into() } else { Decimal::ZERO },
                picked: done,
                origin: of.map(|of| of + 1),
                from: 8,
                to: 9,
                done,
            }],
        }
    }

    /// Transfers within the warehouse, numbered from 10; the delivery is from 8.
    fn within(&self) -> impl Iterator<Item = SeenPicking> {
        (10..).zip(&self.within).map(|(id, (quantity, state, [from, to], picked))| {
            let mut picking = Self::picking(id, None, *quantity, *state);
            picking.way = Way::Within;
            for stock in &mut picking.moves {
                (stock.from, stock.to, stock.picked) = (*from, *to, *picked);
                stock.quantity = stock.demand;
            }
            picking
        })
    }

    fn seen(&self) -> Seen {
        let sent = |id, quantity: i64| {
            (quantity > 0).then(|| Self::picking(id, None, quantity, PickingStanding::Done))
        };
        let first = sent(20, self.sent_first);
        let done = sent(30, self.sent - self.sent_first);
        let of = if first.is_some() { 20 } else { 30 };
        let rest = self.ordered - self.sent;
        let here = self.within.is_empty() || self.within.iter().any(|(_, _, [_, to], _)| *to == 8);
        let rest = if here { rest } else { 0 };
        let open = (rest > 0).then(|| Self::picking(40, None, rest, PickingStanding::Open));
        let back = self.back.map(|(quantity, state)| Self::picking(50, Some(of), quantity, state));
        Seen {
            id: 1,
            name: "S00001".to_owned(),
            standing: SaleStanding::Confirmed,
            locked: self.locked,
            partner: 2,
            total: eur(4235),
            documents: Vec::new(),
            lines: vec![self.line(1, "goods", self.ordered, 3), self.line(2, "ship", 1, 1)],
            invoices: self.invoice().into_iter().collect(),
            pickings: self.within().chain(first).chain(done).chain(open).chain(back).collect(),
            payments: BTreeMap::new(),
        }
    }

    /// The plan's word, as people would say it.
    pub fn says(&self) -> String {
        let (wanted, seen) = (self.wanted(), self.seen());
        let store = StoreId::new("shop");
        let case = Case {
            store: &store,
            wanted: &wanted,
            seen: &seen,
            recorded: &self.recorded,
            policy: &self.policy,
            methods: &BTreeMap::new(),
            now: Timestamp::UNIX_EPOCH,
        };
        match next(&case) {
            Next::Settled => "nothing".to_owned(),
            Next::Do(step) => told(&step),
            Next::Hold(Fault::Wait { cause, .. }) => format!("wait: {cause}"),
            Next::Hold(Fault::Reject { reason, .. }) => {
                format!("ask: {}", reason.trim_start_matches("order shop/1001 (S00001): "))
            }
            Next::Hold(other) => panic!("{other:?}"),
        }
    }
}

fn told(step: &Step) -> String {
    let tax = |taxes: &[TaxShare]| taxes.first().map_or(eur(0), |share| share.amount);
    match step {
        Step::Lower(lines) => lines
            .iter()
            .map(|l| format!("lower {} to {}: {} + {}", l.name, l.quantity, l.net, tax(&l.taxes)))
            .collect(),
        Step::PinInvoice { lines, .. } => {
            let pins = lines.iter().map(|line| format!(" {} + {}", line.net, tax(&line.taxes)));
            format!("pin{}", pins.collect::<Vec<_>>().join(","))
        }
        Step::LoadCredit(note) => {
            let lines = note.lines.iter().map(|line| {
                let link = if line.sale_line.is_some() { ", off the order" } else { "" };
                format!("{} x {} + {}{link}", line.quantity, line.net, tax(&line.taxes))
            });
            format!("credit {}: {}", note.total, lines.collect::<Vec<_>>().join("; "))
        }
        Step::LoadReturn(back) => {
            let moves = back.moves.iter().map(|one| one.quantity.to_string());
            format!("return of {} to {}", moves.collect::<Vec<_>>().join(", "), back.delivery)
        }
        Step::ConfirmReturn { .. } | Step::ValidateReturn { .. } | Step::Unlock => {
            crate::after_sales::name(step).to_owned()
        }
        Step::Cancel | Step::Invoice | Step::NameInvoice { .. } | Step::Post { .. } => {
            crate::after_sales::name(step).to_owned()
        }
        Step::LoadPayment(_) | Step::PostPayment { .. } | Step::Reconcile { .. } => {
            crate::after_sales::name(step).to_owned()
        }
    }
}
