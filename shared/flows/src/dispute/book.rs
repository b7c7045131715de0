//! The documents of one movement of a dispute.

use super::credit::{Share, overflow, shares};
use crate::World;
use crate::config::{AccountDocument, Books, DisputePolicy};
use crate::settlement::sale::{Candidates, Names, Sellers};
use crate::settlement::{born, dispute_reference, documents, same_amounts, set_off};
use crate::work::Job;
use causeway_domain::ports::Clock as _;
use causeway_domain::{
    Currency, Date, Dispute, Fault, Money, Movement, MovementKind, Timestamp, WaitKey,
};
use causeway_odoo::{
    AccountKind, EntryDraft, EntryLine, EntryTax, ExternalId, InvoiceDraft, InvoiceLineDraft,
    MoveKind, MoveLine, MoveQuery, MoveRecord, MoveState, Odoo,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long an invoice may take to appear before a person is asked.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Everything that the booking of a dispute needs.
pub(super) struct Case<'a, W: World> {
    pub(super) world: &'a W,
    pub(super) odoo: Odoo<'a, W::Http>,
    pub(super) document: &'a AccountDocument,
    pub(super) books: &'a Books,
    pub(super) job: &'a Job,
    pub(super) dispute: &'a Dispute,
    pub(super) currency_id: i64,
    pub(super) currency: Currency,
    pub(super) deadline: Timestamp,
}

/// What Odoo has of the payment.
pub(super) struct Sale {
    invoices: Vec<MoveRecord>,
    /// Credit notes of these invoices that are not cancelled.
    notes: Vec<MoveRecord>,
    lines: Vec<MoveLine>,
}

impl Sale {
    /// `sale.order.line` ids that its invoices bill.
    pub(super) fn sale_lines(&self) -> impl Iterator<Item = i64> {
        self.lines.iter().flat_map(|line| line.sale_lines.iter().copied())
    }

    fn receivable(&self) -> Option<&MoveLine> {
        let ids: BTreeSet<i64> = self.invoices.iter().map(|invoice| invoice.id).collect();
        self.lines
            .iter()
            .find(|line| ids.contains(&line.entry) && line.account_kind == AccountKind::Receivable)
    }

    fn of(&self, id: i64) -> Vec<&MoveLine> {
        self.lines.iter().filter(|line| line.entry == id).collect()
    }

    fn open_of<'a>(&'a self, notes: &'a [MoveRecord]) -> Vec<&'a MoveLine> {
        let ids: BTreeSet<i64> = notes.iter().map(|note| note.id).collect();
        self.lines.iter().filter(|line| ids.contains(&line.entry)).collect()
    }
}

impl<W: World> Case<'_, W> {
    /// Books every movement; gives the entry of the last.
    pub(super) async fn book_all(&self) -> Result<Option<i64>, Fault> {
        let mut last = None;
        for (at, movement) in self.dispute.movements.iter().enumerate() {
            last = Some(self.book(at, movement).await?);
        }
        Ok(last)
    }

    /// Books one movement; gives its entry.
    async fn book(&self, at: usize, movement: &Movement) -> Result<i64, Fault> {
        if movement.amount.currency() != self.currency {
            return Err(self.person(format!(
                "it moves {}, the company keeps its books in {}",
                movement.amount, self.currency
            )));
        }
        match self.books.disputes {
            DisputePolicy::BadDebt => {
                let account = self.books.bad_debt.ok_or_else(|| {
                    self.person("no account of bad debts is configured".to_owned())
                })?;
                self.entry(at, movement, account, None).await.map(|(id, _)| id)
            }
            DisputePolicy::CreditNote => match movement.kind {
                MovementKind::Withdrawal => self.withdrawn(at, movement).await,
                MovementKind::Reinstatement => self.reinstated(at, movement).await,
            },
        }
    }

    /// The entry first: a settlement that is imported in between finds it.
    async fn withdrawn(&self, at: usize, movement: &Movement) -> Result<i64, Fault> {
        let sale = self.sale().await?;
        let (account, partner) = self.customer(&sale)?;
        let (id, _) = self.entry(at, movement, account, partner).await?;
        let mut left = movement.amount;
        for invoice in &sale.invoices {
            let room = self.room(&sale, invoice)?;
            let take = if left.minor() > room.minor() { room } else { left };
            if take.minor() <= 0 {
                continue;
            }
            let key = format!("{}:{at}:{}", self.dispute.id, invoice.id);
            let step = format!("note:{key}");
            let external = ExternalId::new(&self.document.id, "dispute-note", &key);
            let parts = shares(&sale.of(invoice.id), take)?;
            let draft = self.draft(at, MoveKind::CreditNote, invoice, external, parts);
            self.document_of(&step, draft, take).await?;
            left = left.minus(take).map_err(overflow)?;
        }
        // Read again: the entry against its own notes, and against what was credited before.
        let sale = self.sale().await?;
        let entry = self.odoo.move_lines(&[id]).await?;
        if let Some(own) = entry.iter().find(|line| line.account == Some(account)) {
            set_off(self.odoo, own, &sale.open_of(&sale.notes)).await?;
        }
        Ok(id)
    }

    /// What was credited because of the withdrawal before is invoiced again.
    async fn reinstated(&self, at: usize, movement: &Movement) -> Result<i64, Fault> {
        let sale = self.sale().await?;
        let (account, partner) = self.customer(&sale)?;
        let (id, _) = self.entry(at, movement, account, partner).await?;
        let before = at.checked_sub(1).map(|before| self.label(before));
        let mut made = Vec::new();
        for note in sale.notes.iter().filter(|note| note.reference == before) {
            let key = format!("{}:{at}:{}", self.dispute.id, note.id);
            let external = ExternalId::new(&self.document.id, "dispute-won-invoice", &key);
            let parts = shares(&sale.of(note.id), note.total)?;
            let draft = self.draft(at, MoveKind::Invoice, note, external, parts);
            made.push(self.document_of(&format!("invoice:{key}"), draft, note.total).await?);
        }
        let entry = self.odoo.move_lines(&[id]).await?;
        let again = self.odoo.move_lines(&made).await?;
        if let Some(own) = entry.iter().find(|line| line.account == Some(account)) {
            set_off(self.odoo, own, &again.iter().collect::<Vec<_>>()).await?;
        }
        Ok(id)
    }

    /// What of an invoice is not credited, this dispute's own notes left out: they are what is to be.
    fn room(&self, sale: &Sale, invoice: &MoveRecord) -> Result<Money, Fault> {
        let own = format!("chargeback {} ", self.dispute.id);
        let others = sale.notes.iter().filter(|note| {
            note.reversed == Some(invoice.id)
                && !note.reference.as_ref().is_some_and(|text| text.starts_with(&own))
        });
        let back = Money::sum(others.map(|note| note.total), self.currency).map_err(overflow)?;
        invoice.total.minus(back).map_err(overflow)
    }

    fn customer(&self, sale: &Sale) -> Result<(i64, Option<i64>), Fault> {
        if let Some(line) = sale.receivable()
            && let Some(account) = line.account
        {
            if let Some(other) =
                sale.invoices.iter().find(|invoice| invoice.total.currency() != self.currency)
            {
                return Err(self.person(format!(
                    "invoice {} is in {}, the processor's account in {}",
                    other.id,
                    other.total.currency(),
                    self.currency
                )));
            }
            return Ok((account, line.partner));
        }
        let now = self.world.clock().now();
        let patient = now.duration_since(self.dispute.occurred_at).unsigned_abs() < PATIENCE;
        let cause = format!("Odoo has no posted invoice of payment {}", self.dispute.payment);
        match patient {
            true => Err(Fault::Wait {
                key: WaitKey::other(format!("invoice-of:{}", self.dispute.payment)),
                cause: format!("dispute {}: {cause}", self.dispute.id),
            }),
            false => Err(self.person(cause)),
        }
    }

    pub(super) async fn sale(&self) -> Result<Sale, Fault> {
        let dispute = self.dispute;
        let payment: Vec<&str> =
            std::iter::once(&dispute.payment).chain(&dispute.also).map(String::as_str).collect();
        let names = Names { payment: &payment, order: dispute.order_reference.as_deref() };
        let texts: BTreeSet<String> =
            payment.iter().copied().chain(names.order).map(str::to_owned).collect();
        let kinds = [MoveKind::Invoice];
        let mut known =
            documents::moves(self.odoo, MoveQuery::PaymentReferences, &texts, &kinds).await?;
        if !known.iter().any(|one| names.pays(one)) {
            let orders = dispute.order_reference.iter().cloned().collect();
            known
                .extend(documents::moves(self.odoo, MoveQuery::References, &orders, &kinds).await?);
        }
        known.sort_by_key(|one| one.id);
        known.dedup_by_key(|one| one.id);
        known.retain(|one| one.state == MoveState::Posted);
        let stores = &self.document.account.stores;
        let ids: Vec<i64> = known.iter().map(|one| one.id).collect();
        let sellers = match stores.is_empty() {
            true => Sellers::default(),
            false => Sellers::of(self.odoo, stores, &self.odoo.move_lines(&ids).await?).await?,
        };
        let found = Candidates::find(names, &known, stores, &sellers).disputed(dispute.amount);
        let ids: Vec<i64> = found.iter().map(|one| one.id).collect();
        let mut notes = self
            .odoo
            .find_moves(&MoveQuery::Reversing(ids.clone()), &[MoveKind::CreditNote])
            .await?;
        notes.retain(|one| one.state != MoveState::Cancel);
        let all: Vec<i64> = ids.into_iter().chain(notes.iter().map(|one| one.id)).collect();
        let lines = self.odoo.move_lines(&all).await?;
        Ok(Sale { invoices: found, notes, lines })
    }

    /// `ref` of a credit note, by which it is known again.
    fn label(&self, at: usize) -> String {
        format!("chargeback {} {at}", self.dispute.id)
    }

    fn day(&self, movement: MovementKind) -> Date {
        let told = self.job.nudge.occurred_at.unwrap_or_else(|| self.world.clock().now());
        let at = match movement {
            MovementKind::Withdrawal => self.dispute.occurred_at,
            MovementKind::Reinstatement => told,
        };
        at.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn draft(
        &self,
        at: usize,
        kind: MoveKind,
        like: &MoveRecord,
        id: ExternalId,
        parts: Vec<Share>,
    ) -> InvoiceDraft {
        let (reversed, movement) = match kind {
            MoveKind::CreditNote => (Some(like.id), MovementKind::Withdrawal),
            MoveKind::Invoice | MoveKind::Entry | MoveKind::Other(_) => {
                (None, MovementKind::Reinstatement)
            }
        };
        let name = format!("Chargeback {} of payment {}", self.dispute.id, self.dispute.payment);
        let lines = parts.into_iter().enumerate().map(|(place, part)| InvoiceLineDraft {
            id: id.line(&place.to_string()),
            product: None,
            uom: None,
            name: name.clone(),
            quantity: causeway_domain::Decimal::ONE,
            price_unit: part.net.to_decimal(),
            discount: causeway_domain::Decimal::ZERO,
            account: part.account,
            net: part.net,
            taxes: part.taxes,
            analytic: part.analytic,
            sale_lines: Vec::new(),
        });
        InvoiceDraft {
            kind,
            journal: like.journal,
            partner: like.partner.unwrap_or_default(),
            delivery_address: like.delivery_address,
            currency_id: like.currency_id,
            fiscal_position: like.fiscal_position,
            reversed,
            reference: self.label(at),
            payment_reference: None,
            date: self.day(movement),
            payment_term: None,
            lines: lines.collect(),
            id,
        }
    }

    /// Makes a credit note or invoice, compares it to the minor unit, posts it.
    async fn document_of(
        &self,
        step: &str,
        draft: InvoiceDraft,
        total: Money,
    ) -> Result<i64, Fault> {
        self.announce(step).await?;
        let what = format!("dispute {}", self.dispute.id);
        let id = born(self.odoo, &what, draft.record(self.odoo.session)).await?;
        let made = self.odoo.find_moves(&MoveQuery::Ids(vec![id]), &[]).await?;
        let comes_to = made.first().map(|one| one.total);
        if comes_to != Some(total) {
            let comes_to = comes_to.map_or("nothing".to_owned(), |total| total.to_string());
            return Err(self.person(format!("document {id} comes to {comes_to}, not to {total}")));
        }
        self.record(step, id).await?;
        self.odoo.post_move(id).await?;
        Ok(id)
    }

    /// The entry of a movement: what it costs against the clearing account.
    async fn entry(
        &self,
        at: usize,
        movement: &Movement,
        account: i64,
        partner: Option<i64>,
    ) -> Result<(i64, Vec<MoveLine>), Fault> {
        let (kind, amount) = match movement.kind {
            MovementKind::Withdrawal => ("dispute", movement.amount),
            MovementKind::Reinstatement => ("dispute-won", movement.amount.negated()),
        };
        let key = format!("{}:{at}", self.dispute.id);
        let id = ExternalId::new(&self.document.id, kind, &key);
        let sum = amount.plus(movement.fee).map_err(overflow)?.negated();
        let lines: Vec<(&str, i64, Option<i64>, Money)> = vec![
            ("amount", account, partner, amount),
            ("fee", self.books.fees, None, movement.fee),
            ("clearing", self.books.clearing, None, sum),
        ];
        let lines = lines.into_iter().filter(|(.., balance)| !balance.is_zero());
        let name = dispute_reference(&self.dispute.payment);
        let draft = EntryDraft {
            journal: self.books.journal,
            company: self.document.account.company,
            date: self.day(movement.kind),
            reference: name.clone(),
            lines: lines
                .map(|(part, account, partner, balance)| EntryLine {
                    id: id.line(part),
                    account,
                    name: format!("{name} {part}"),
                    partner,
                    balance,
                    amount: balance,
                    currency_id: self.currency_id,
                    tax: EntryTax::None,
                })
                .collect(),
            id,
        };
        let step = format!("{kind}:{key}");
        self.announce(&step).await?;
        let what = format!("dispute {}", self.dispute.id);
        let id = born(self.odoo, &what, draft.record(self.currency)?).await?;
        let booked = self.odoo.move_lines(&[id]).await?;
        let wanted = draft.lines.iter().map(|line| line.balance.minor()).collect();
        same_amounts(&what, id, &booked, wanted)?;
        self.record(&step, id).await?;
        self.odoo.post_move(id).await?;
        Ok((id, booked))
    }

    async fn announce(&self, step: &str) -> Result<(), Fault> {
        self.job.announce(self.world, step, self.deadline).await
    }

    async fn record(&self, step: &str, id: i64) -> Result<(), Fault> {
        self.job.record(self.world, step, id).await
    }

    /// An attention item about this dispute.
    fn person(&self, reason: String) -> Fault {
        Fault::reject(
            format!("dispute {} of payment {}: {reason}", self.dispute.id, self.dispute.payment),
            "book it by hand, then settle the item",
        )
    }
}
