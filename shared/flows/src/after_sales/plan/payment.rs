//! Payments and outbound refunds (R204, R207): one Odoo payment for each captured one, set off against
//! the oldest open invoice; one outbound for each refund payment that the processor has settled.

use super::{Case, Step, Verdict};
use crate::after_sales::seen::{OpenItem, SeenPayment};
use crate::after_sales::wanted::WantedRefund;
use crate::config::PaymentPolicy;
use causeway_domain::{Fault, Money, RefundPayment, Timestamp, WaitKey};
use causeway_odoo::{Direction, ExternalId};
use causeway_processors::lag::{Days, lag_of_way};
use serde::Serialize;

/// A payment that should exist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaymentDocument {
    /// Its external id.
    pub external_id: ExternalId,
    /// The step under which the row records it.
    pub step: String,
    /// Which way.
    #[serde(serialize_with = "direction")]
    pub direction: Direction,
    /// `res.partner` id.
    pub partner: i64,
    /// `account.journal` id.
    pub journal: i64,
    /// Amount, above zero.
    pub amount: Money,
    /// The documents that it is meant for.
    pub documents: Vec<i64>,
    /// Day of the payment.
    pub at: Timestamp,
    /// What a settlement names it by: the processor's reference, else the order's number.
    pub memo: String,
}

fn direction<S: serde::Serializer>(way: &Direction, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(way.as_str())
}

pub(super) fn inbound(case: &Case<'_>) -> Result<Verdict, Fault> {
    if !case.books_payments() {
        return Ok(Verdict::Fine);
    }
    for capture in &case.wanted.captures {
        let journal = case.journal(&capture.method)?;
        let document = PaymentDocument {
            external_id: ExternalId::new(case.store, "payment", &capture.id),
            step: format!("payment:{}", capture.id),
            direction: Direction::Inbound,
            partner: case.seen.partner,
            journal,
            amount: capture.amount,
            at: capture.captured_at,
            memo: memo(case, capture.reference.as_deref()),
            documents: case.seen.invoices.iter().filter(|i| i.posted).map(|i| i.id).collect(),
        };
        let invoices = case.seen.invoices.iter().filter(|invoice| invoice.posted);
        let open = invoices.flat_map(|invoice| &invoice.open_items);
        let open = open.filter(|item| item.residual.minor() > 0);
        match advance(case, document, open) {
            Verdict::Fine => {}
            said @ (Verdict::Do(_) | Verdict::Hold(_)) => return Ok(said),
        }
    }
    Ok(Verdict::Fine)
}

pub(super) fn outbound(case: &Case<'_>) -> Result<Verdict, Fault> {
    if !case.books_payments() {
        return Ok(Verdict::Fine);
    }
    let mut waits = Verdict::Fine;
    for refund in &case.wanted.refunds {
        for payment in &refund.payments {
            if !payment.settled {
                waits = waits.or_hold(unsettled(case, refund, payment));
                continue;
            }
            let document = PaymentDocument {
                external_id: ExternalId::new(case.store, "refund-payment", &payment.id),
                step: format!("refund-payment:{}", payment.id),
                direction: Direction::Outbound,
                partner: case.seen.partner,
                journal: case.journal(&payment.method)?,
                amount: payment.amount,
                at: refund.at,
                memo: memo(case, payment.reference.as_deref()),
                documents: Vec::new(),
            };
            let notes = case.seen.invoices.iter().flat_map(|invoice| &invoice.credits);
            let own = |note: &&crate::after_sales::seen::SeenCredit| {
                case.seen.invoices.iter().any(|invoice| {
                    let step = super::credit::step_of(&refund.id, invoice.id);
                    case.recorded.get(&step) == Some(&note.id)
                })
            };
            let open =
                notes.filter(own).filter(|note| note.posted).flat_map(|note| &note.open_items);
            let open = open.filter(|item| item.residual.minor() < 0);
            match advance(case, document, open) {
                Verdict::Fine => {}
                said @ (Verdict::Do(_) | Verdict::Hold(_)) => return Ok(said),
            }
        }
    }
    Ok(waits)
}

/// Money that is on its way waits for as long as its processor takes (R188-R192), then asks a person.
fn unsettled(case: &Case<'_>, refund: &WantedRefund, payment: &RefundPayment) -> Fault {
    let lag = lag_of_way(&payment.method);
    if lag.overdue(refund.at, case.now) {
        return case.person(
            format!(
                "refund {} of {} is not settled {} {} days after it was made",
                refund.id,
                payment.amount,
                lag.latest,
                match lag.days {
                    Days::Business => "business",
                    Days::Calendar => "calendar",
                }
            ),
            "look for it at the processor; once the platform shows it as paid, replay the order",
        );
    }
    Fault::Wait {
        key: WaitKey::other(format!("refund-payment:{}/{}", case.wanted.key, payment.id)),
        cause: format!("the processor has not settled refund {} yet", refund.id),
    }
}

/// Money that came in and went back, and that no document is left for, is set off against each other:
/// what was refunded before it was invoiced never has one.
pub(super) fn left_over(case: &Case<'_>) -> Option<Box<Step>> {
    let open = |step: &'static str, sign: i64| {
        let own = case.seen.payments.iter().filter(move |(name, _)| name.starts_with(step));
        let items = own.flat_map(|(_, payment)| &payment.open_items);
        items.filter(move |item| item.residual.minor().signum() == sign)
    };
    let back = open("refund-payment:", 1).next()?;
    let came = open("payment:", -1).find(|item| item.account == back.account)?;
    Some(Box::new(Step::Reconcile { items: vec![back.id, came.id] }))
}

/// Load, post, set off.
fn advance<'o>(
    case: &Case<'_>,
    document: PaymentDocument,
    mut open: impl Iterator<Item = &'o OpenItem>,
) -> Verdict {
    let Some(id) = case.recorded.get(&document.step) else {
        return Verdict::step(Step::LoadPayment(document));
    };
    let Some(payment) = case.seen.payments.get(&document.step) else {
        return Verdict::Hold(case.person(
            format!("payment {id} of {} was deleted in Odoo", document.amount),
            "make it again by hand if it should be there, then settle the item",
        ));
    };
    if payment.amount != document.amount {
        return Verdict::Hold(case.person(
            format!(
                "payment {id} is {} in Odoo and {} on the platform",
                payment.amount, document.amount
            ),
            "correct it by hand, then settle the item",
        ));
    }
    if !payment.posted {
        return Verdict::step(Step::PostPayment { payment: payment.id });
    }
    match set_off(payment, &mut open) {
        Some(items) => Verdict::step(Step::Reconcile { items }),
        None => Verdict::Fine,
    }
}

fn set_off<'o>(
    payment: &SeenPayment,
    open: &mut impl Iterator<Item = &'o OpenItem>,
) -> Option<Vec<i64>> {
    let mine = payment.open_items.iter().find(|item| !item.residual.is_zero())?;
    let theirs = open.find(|item| item.account == mine.account)?;
    Some(vec![theirs.id, mine.id])
}

fn memo(case: &Case<'_>, reference: Option<&str>) -> String {
    // Exactly the processor's own word, because settlements are matched by it.
    reference.map_or_else(|| case.wanted.number.clone(), str::to_owned)
}

impl Case<'_> {
    fn books_payments(&self) -> bool {
        match self.policy.payments {
            PaymentPolicy::PerOrder => true,
            PaymentPolicy::None | PaymentPolicy::Settlement => false,
        }
    }

    fn journal(&self, method: &str) -> Result<i64, Fault> {
        let own = self.methods.get(method).and_then(|map| map.journal);
        own.or(self.policy.journal).ok_or_else(|| {
            self.person(
                format!("it was paid by {method:?}, for which the store names no journal"),
                format!("set journal in [stores.{}.payments.{method}], then replay it", self.store),
            )
        })
    }
}
