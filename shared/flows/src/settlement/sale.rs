//! Whose invoices are meant: by the processor's own reference of the payment, which is like no other, or
//! by the number of the order, which two stores may both have.

use super::documents::CHUNK;
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Money, StoreId};
use causeway_odoo::{ExternalId, ExternalIdOf, MoveKind, MoveLine, MoveRecord, Odoo, PaymentState};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of an order line's external id.
const ORDER_LINE: &str = "orderline";

/// What a processor calls a payment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    /// Its own references of the payment.
    pub(crate) payment: &'a [&'a str],
    /// What the shop called the order.
    pub(crate) order: Option<&'a str>,
}

impl<'a> Names<'a> {
    fn all(self) -> impl Iterator<Item = &'a str> {
        self.payment.iter().copied().chain(self.order)
    }

    /// True for a document that bears the processor's own reference.
    pub(crate) fn pays(self, one: &MoveRecord) -> bool {
        one.payment_reference.as_deref().is_some_and(|text| self.payment.contains(&text))
    }

    fn orders(self, one: &MoveRecord) -> bool {
        let named = |text: &Option<String>| {
            text.as_deref().is_some_and(|text| self.all().any(|own| own == text))
        };
        named(&one.payment_reference) || named(&one.reference)
    }
}

/// Which of these stores sold an order line, by the line's external id.
pub(crate) fn seller<'a>(stores: &'a [StoreId], line: &str) -> Option<&'a StoreId> {
    stores.iter().find(|store| line.starts_with(ExternalId::new(store, ORDER_LINE, "").as_str()))
}

/// Which of an account's stores sold what an invoice bills. Empty for an account that names none.
#[derive(Debug, Default)]
pub(crate) struct Sellers(BTreeMap<i64, StoreId>);

impl Sellers {
    /// Reads it from the order lines that the invoices' lines bill: they are ours by their external ids.
    pub(crate) async fn of<H: Http>(
        odoo: Odoo<'_, H>,
        stores: &[StoreId],
        lines: &[MoveLine],
    ) -> Result<Self, Fault> {
        if stores.is_empty() {
            return Ok(Self::default());
        }
        let billed: BTreeSet<i64> =
            lines.iter().flat_map(|line| line.sale_lines.iter().copied()).collect();
        let billed: Vec<i64> = billed.into_iter().collect();
        let mut names = BTreeMap::new();
        for part in billed.chunks(CHUNK) {
            names.extend(odoo.external_ids(ExternalIdOf::OrderLine, part).await?);
        }
        let of_line = |line: &MoveLine| {
            let store = line.sale_lines.iter().find_map(|id| seller(stores, names.get(id)?))?;
            Some((line.entry, store.clone()))
        };
        Ok(Self(lines.iter().filter_map(of_line).collect()))
    }
}

/// Invoices that may be of a payment.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    /// In the order of ids.
    pub(crate) invoices: Vec<&'a MoveRecord>,
    /// True if all of them are: by the processor's reference, or by the number in one of the stores that
    /// the account names.
    pub(crate) certain: bool,
}

impl<'a> Candidates<'a> {
    /// Those among what Odoo has.
    pub(crate) fn find(
        names: Names<'_>,
        known: &'a [MoveRecord],
        stores: &[StoreId],
        sellers: &Sellers,
    ) -> Self {
        let invoices = || known.iter().filter(|one| one.kind == MoveKind::Invoice);
        let exact: Vec<&MoveRecord> = invoices().filter(|one| names.pays(one)).collect();
        if !exact.is_empty() {
            return Self { invoices: exact, certain: true };
        }
        let mut of_order: Vec<&MoveRecord> = invoices().filter(|one| names.orders(one)).collect();
        if !stores.is_empty() {
            of_order.retain(|one| sellers.0.contains_key(&one.id));
        }
        let sold_by: BTreeSet<&StoreId> =
            of_order.iter().filter_map(|one| sellers.0.get(&one.id)).collect();
        Self { invoices: of_order, certain: sold_by.len() == 1 }
    }

    /// The invoices of a charge of this amount. Where only the number fits, the amount has to fit as
    /// well, and there must be one that is not paid yet.
    pub(crate) fn charged(&self, amount: Money) -> Result<Vec<&'a MoveRecord>, String> {
        if self.certain || self.invoices.is_empty() {
            return Ok(self.invoices.clone());
        }
        let equal = |one: &&MoveRecord| one.total == amount && unpaid(one);
        let open: Vec<&MoveRecord> = self.invoices.iter().copied().filter(equal).collect();
        match open.as_slice() {
            [one] => return Ok(vec![one]),
            [] => {}
            [first, second, ..] => {
                return Err(format!(
                    "invoices {} and {} both bear its order's number and come to {amount}; name the \
                     account's stores",
                    first.id, second.id
                ));
            }
        }
        let one_order = self.invoices.iter().all(|one| {
            one.origin.is_some()
                && one.origin == self.invoices.first().and_then(|o| o.origin.clone())
        });
        let sum: i64 = self.invoices.iter().map(|one| one.total.minor()).sum();
        let alike = self.invoices.iter().all(|one| one.total.currency() == amount.currency());
        if one_order
            && alike
            && sum == amount.minor()
            && self.invoices.iter().any(|one| unpaid(one))
        {
            return Ok(self.invoices.clone());
        }
        let told: Vec<String> = self
            .invoices
            .iter()
            .map(|one| {
                format!("invoice {} over {}, {} of it open", one.id, one.total, one.residual)
            })
            .collect();
        Err(format!("only its order's number fits ({}), not the {amount}", told.join("; ")))
    }

    /// The invoices of a disputed payment of this amount. Where only the number fits, one whose amount is
    /// the disputed one, whether it is paid or not; none if several are.
    pub(crate) fn disputed(&self, amount: Money) -> Vec<MoveRecord> {
        let all = self.invoices.iter().copied();
        if self.certain {
            return all.cloned().collect();
        }
        let equal: Vec<MoveRecord> = all.filter(|one| one.total == amount).cloned().collect();
        if equal.len() == 1 { equal } else { Vec::new() }
    }

    /// True if it is one of these.
    pub(crate) fn has(&self, invoice: i64) -> bool {
        self.invoices.iter().any(|one| one.id == invoice)
    }

    /// The order of one of these.
    pub(crate) fn order_of(&self, invoice: i64) -> Option<&'a str> {
        let one = self.invoices.iter().find(|one| one.id == invoice)?;
        one.origin.as_deref()
    }
}

/// Nothing has paid it: it is open, or closed by credit notes alone.
pub(crate) fn unpaid(invoice: &MoveRecord) -> bool {
    !invoice.residual.is_zero() || invoice.payment_state == PaymentState::Reversed
}

/// A credit note whose money has not gone back: it is open, or set off against its own invoice. One that
/// an entry covers is of another payout, or of a chargeback.
pub(crate) fn not_paid_back(note: &MoveRecord) -> bool {
    !note.residual.is_zero() || note.payment_state != PaymentState::Reversed
}
