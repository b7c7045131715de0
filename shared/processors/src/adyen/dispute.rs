//! What an event says about its dispute. Each event implies the ones before it, so that any order of
//! arrival ends in the same bookings.

use causeway_domain::{Currency, Dispute, DisputeId, Fault, Money, Movement, MovementKind, Stage};

use super::event::{Event, Facts};
use crate::amount::{ADYEN, from_minor};

pub(super) fn read(id: &DisputeId) -> Result<Dispute, Fault> {
    let facts = Facts::of(id).ok_or_else(|| {
        Fault::reject(
            format!("{id} is not an id of an Adyen event"),
            "Adyen's disputes cannot be fetched; have the notification sent again",
        )
    })?;
    let amount = amount(&facts)?;
    let (withdrawal, reinstatement) = (MovementKind::Withdrawal, MovementKind::Reinstatement);
    let (stage, moved): (Stage, &[MovementKind]) = match facts.event {
        Event::Notified => (Stage::Inquiry, &[]),
        Event::Chargeback => (Stage::Withdrawn, &[withdrawal]),
        Event::Reversed | Event::PrearbitrationWon => (Stage::Won, &[withdrawal, reinstatement]),
        Event::SecondChargeback => (Stage::Lost, &[withdrawal, reinstatement, withdrawal]),
        Event::PrearbitrationLost => (Stage::Lost, &[withdrawal]),
        Event::RefundFailed | Event::RefundReversed | Event::RefundRefused => {
            return Err(refund(&facts, amount));
        }
    };
    // Adyen tells its chargeback fee in the settlement only.
    let fee = Money::zero(amount.currency());
    let movements = moved.iter().map(|kind| Movement { kind: *kind, amount, fee }).collect();
    Ok(Dispute {
        also: Vec::new(),
        id: DisputeId::new(&facts.psp),
        payment: payment(&facts).to_owned(),
        order_reference: Some(facts.reference).filter(|text| !text.is_empty()),
        amount,
        fee,
        stage,
        movements,
        occurred_at: facts.occurred_at,
    })
}

/// Some events name the payment alone.
fn payment(facts: &Facts) -> &str {
    if facts.original.is_empty() { &facts.psp } else { &facts.original }
}

fn amount(facts: &Facts) -> Result<Money, Fault> {
    let unusable = || {
        Fault::reject(
            format!(
                "{} {}: the amount is not one that can be booked",
                facts.event.code(),
                facts.psp
            ),
            "look at the dispute in Adyen's Customer Area and book it by hand",
        )
    };
    let currency = Currency::from_code(&facts.currency).map_err(|_| unusable())?;
    let minor: i64 = facts.value.parse().map_err(|_| unusable())?;
    from_minor(minor, currency, ADYEN).ok().filter(|_| minor >= 0).ok_or_else(unusable)
}

fn refund(facts: &Facts, amount: Money) -> Fault {
    let (what, fix) = match facts.event {
        Event::RefundRefused => {
            ("was refused by Adyen", "make the refund again in Adyen's Customer Area")
        }
        Event::RefundReversed => (
            "came back from the customer's bank",
            "pay the customer another way; the amount is credited in a later settlement",
        ),
        Event::RefundFailed
        | Event::Notified
        | Event::Chargeback
        | Event::Reversed
        | Event::SecondChargeback
        | Event::PrearbitrationWon
        | Event::PrearbitrationLost => (
            "failed at the card scheme",
            "pay the customer another way; the amount is credited in a later settlement",
        ),
    };
    let (psp, payment) = (&facts.psp, payment(facts));
    Fault::reject(
        format!(
            "the refund {psp} of {amount} for the payment {payment} {what}, the customer has no money"
        ),
        fix,
    )
}
