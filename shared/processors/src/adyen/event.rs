//! The facts of an event, as they travel in a [`DisputeId`].
//!
//! Adyen has no call that fetches a dispute, and a nudge carries no payload. So the id of the subject
//! holds the signed facts itself:
//! `adyen1:<event>:<psp>:<original psp>:<merchant account>:<merchant reference>:<value>:<currency>:<second>`,
//! each part escaped as in a URL. Only the time (unix seconds of `eventDate`) is not signed; it dates
//! what is booked and decides nothing.

use causeway_domain::{DisputeId, Timestamp};
use causeway_platforms::adapter::Malformed;
use percent_encoding::percent_decode_str;

use crate::request::escape;

const MARK: &str = "adyen1";

/// In bytes, with room for what the ledger puts before it.
const LONGEST: usize = 900;

/// The events that are acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Notified,
    Chargeback,
    Reversed,
    SecondChargeback,
    PrearbitrationWon,
    PrearbitrationLost,
    RefundFailed,
    RefundReversed,
    RefundRefused,
}

/// Event, its code, and the `success` with which it means anything.
const EVENTS: &[(Event, &str, &str)] = &[
    (Event::Notified, "NOTIFICATION_OF_CHARGEBACK", "true"),
    (Event::Chargeback, "CHARGEBACK", "true"),
    (Event::Reversed, "CHARGEBACK_REVERSED", "true"),
    (Event::SecondChargeback, "SECOND_CHARGEBACK", "true"),
    (Event::PrearbitrationWon, "PREARBITRATION_WON", "true"),
    (Event::PrearbitrationLost, "PREARBITRATION_LOST", "true"),
    (Event::RefundFailed, "REFUND_FAILED", "true"),
    (Event::RefundReversed, "REFUNDED_REVERSED", "true"),
    (Event::RefundRefused, "REFUND", "false"),
];

impl Event {
    pub(super) fn of(code: &str, success: &str) -> Option<Self> {
        EVENTS.iter().find(|(_, c, s)| *c == code && *s == success).map(|(event, ..)| *event)
    }
    pub(super) fn code(self) -> &'static str {
        EVENTS.iter().find(|(event, ..)| *event == self).map_or("", |(_, code, _)| code)
    }
    fn by_code(code: &str) -> Option<Self> {
        EVENTS.iter().find(|(_, c, _)| *c == code).map(|(event, ..)| *event)
    }
}

/// What is known of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) event: Event,
    /// The PSP reference of the dispute, or of the refund.
    pub(super) psp: String,
    /// The PSP reference of the payment; empty where Adyen sends none.
    pub(super) original: String,
    pub(super) account: String,
    pub(super) reference: String,
    pub(super) value: String,
    pub(super) currency: String,
    pub(super) occurred_at: Timestamp,
}

impl Facts {
    /// The id that holds them. It becomes a key of the ledger (1,024 bytes at most), so the shop's
    /// reference, which only helps to find the order, is left out where it would make it too long.
    pub(super) fn id(&self) -> Result<DisputeId, Malformed> {
        let long = |id: &String| id.len() > LONGEST;
        let id = self.text(&self.reference);
        let id = if long(&id) { self.text("") } else { id };
        if long(&id) {
            return Err(Malformed("the references are longer than Adyen's are".to_owned()));
        }
        Ok(DisputeId::new(id))
    }

    fn text(&self, reference: &str) -> String {
        let mut id = format!("{MARK}:{}", self.event.code());
        for part in
            [&self.psp, &self.original, &self.account, reference, &self.value, &self.currency]
        {
            id.push(':');
            id.push_str(&escape(part));
        }
        format!("{id}:{}", self.occurred_at.as_second())
    }

    /// Reads an id back.
    pub(super) fn of(id: &DisputeId) -> Option<Self> {
        let parts: Vec<String> = id
            .as_str()
            .split(':')
            .map(|part| percent_decode_str(part).decode_utf8().map(|text| text.into_owned()))
            .collect::<Result<_, _>>()
            .ok()?;
        let [mark, code, psp, original, account, reference, value, currency, second] =
            parts.as_slice()
        else {
            return None;
        };
        if mark != MARK {
            return None;
        }
        Some(Self {
            event: Event::by_code(code)?,
            psp: psp.clone(),
            original: original.clone(),
            account: account.clone(),
            reference: reference.clone(),
            value: value.clone(),
            currency: currency.clone(),
            occurred_at: Timestamp::from_second(second.parse().ok()?).ok()?,
        })
    }
}
