//! How long a refund takes to appear in a settlement, so that an unmatched one alarms only afterwards
//! (R188 to R192). Pure; days are counted in UTC, business days are Monday to Friday. Bank holidays are
//! not known: an alarm may come a day early after one.

use causeway_domain::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

/// How the customer paid, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A card, or a wallet on one.
    Card,
    /// SEPA direct debit or transfer.
    Sepa,
    /// The processor's own balance.
    Balance,
    /// Nothing that we know of: as long as the processor's slowest takes.
    Unknown,
}

/// Which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// Monday to Friday.
    Business,
    /// Every day.
    Calendar,
}

/// How many days after the refund the money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Not before.
    pub earliest: u8,
    /// At the latest.
    pub latest: u8,
    /// Of which days.
    pub days: Days,
}

const CARD: Lag = Lag { earliest: 3, latest: 5, days: Days::Business };
const SEPA: Lag = Lag { earliest: 5, latest: 7, days: Days::Business };
const SLOW: Lag = Lag { earliest: 2, latest: 7, days: Days::Calendar };
const BALANCE: Lag = Lag { earliest: 0, latest: 1, days: Days::Business };

/// The lag of a refund. SumUp and Mercado Pago have one for every method; PayPal's one day is for
/// refunds from its balance, one to a card takes what cards take. A processor that is not in the table
/// takes as long as the slowest.
pub fn refund_lag(processor: &str, method: Method) -> Lag {
    match (processor, method) {
        (
            "sumup" | "mercadopago",
            Method::Card | Method::Sepa | Method::Balance | Method::Unknown,
        ) => SLOW,
        (_, Method::Sepa | Method::Unknown) => SEPA,
        ("paypal", Method::Balance) => BALANCE,
        (
            "paypal" | "stripe" | "adyen" | "worldline" | "square" | "shopify",
            Method::Card | Method::Balance,
        ) => CARD,
        (_, Method::Card | Method::Balance) => SEPA,
    }
}

/// The lag of a refund by what the selling platform calls the way of payment: `stripe_sepa_debit`,
/// `shopify_payments`, `CARD`. What it does not tell takes as long as the slowest that it may be.
pub fn lag_of_way(way: &str) -> Lag {
    let way = way.to_ascii_lowercase().replace([' ', '-', '_'], "");
    let has = |words: &[&str]| words.iter().any(|word| way.contains(word));
    let known =
        ["sumup", "mercadopago", "paypal", "stripe", "adyen", "worldline", "square", "shopify"];
    let processor = known.into_iter().find(|name| way.contains(name)).unwrap_or_default();
    let method = if has(&["sepa", "directdebit", "iban"]) {
        Method::Sepa
    } else if has(&["creditcard", "debitcard", "card", "shopifypayments", "applepay", "googlepay"])
    {
        Method::Card
    } else {
        Method::Unknown
    };
    refund_lag(processor, method)
}

impl Lag {
    /// The last day on which the money may still be under way.
    pub fn due(self, refunded_on: Date) -> Date {
        after(refunded_on, self.latest, self.days)
    }

    /// The first day on which it may have arrived.
    pub fn expected_from(self, refunded_on: Date) -> Date {
        after(refunded_on, self.earliest, self.days)
    }

    /// True once the money should have moved: from the day after [`Lag::due`].
    pub fn overdue(self, refunded_at: Timestamp, now: Timestamp) -> bool {
        let day = |time: Timestamp| TimeZone::UTC.to_datetime(time).date();
        day(now) > self.due(day(refunded_at))
    }
}

fn after(date: Date, count: u8, days: Days) -> Date {
    let (mut date, mut left) = (date, count);
    let day: Span = 1.day();
    while left > 0 {
        date = date.saturating_add(day);
        let counts = match days {
            Days::Calendar => true,
            Days::Business => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        };
        // The calendar ends in the year 9999.
        if counts || date == Date::MAX {
            left -= 1;
        }
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// R188, R189, R190, R191.
    #[test]
    fn every_processor_takes_what_the_requirements_say() {
        let rows: [(&str, Method, (u8, u8, Days)); 12] = [
            ("stripe", Method::Card, (3, 5, Days::Business)),
            ("adyen", Method::Card, (3, 5, Days::Business)),
            ("worldline", Method::Card, (3, 5, Days::Business)),
            ("stripe", Method::Sepa, (5, 7, Days::Business)),
            ("adyen", Method::Sepa, (5, 7, Days::Business)),
            ("sumup", Method::Card, (2, 7, Days::Calendar)),
            ("mercadopago", Method::Unknown, (2, 7, Days::Calendar)),
            ("paypal", Method::Balance, (0, 1, Days::Business)),
            ("paypal", Method::Card, (3, 5, Days::Business)),
            ("unheard-of", Method::Card, (5, 7, Days::Business)),
            // What is not known takes as long as the slowest.
            ("stripe", Method::Unknown, (5, 7, Days::Business)),
            ("paypal", Method::Unknown, (5, 7, Days::Business)),
        ];
        for (processor, method, (earliest, latest, days)) in rows {
            let lag = refund_lag(processor, method);
            assert_eq!(lag, Lag { earliest, latest, days }, "{processor} {method:?}");
        }
    }

    /// R188 to R191, by the words of the platforms.
    #[test]
    fn a_way_of_payment_says_how_long_its_refunds_take() {
        let rows = [
            ("shopify_payments", CARD),
            ("stripe_sepa", SEPA),
            ("stripe_sepa_debit", SEPA),
            ("stripe_cc_card", CARD),
            ("adyen_cc", SEPA),
            ("paypal", SEPA),
            ("sumup", SLOW),
            ("mercado_pago", SLOW),
            ("bacs", SEPA),
        ];
        for (way, lag) in rows {
            assert_eq!(lag_of_way(way), lag, "{way}");
        }
    }

    /// R192: 2026-10-09 is a Friday.
    #[test]
    fn weekends_do_not_count_as_business_days() {
        let rows = [
            (CARD, date(2026, 10, 5), date(2026, 10, 12)),
            (CARD, date(2026, 10, 9), date(2026, 10, 16)),
            (CARD, date(2026, 10, 10), date(2026, 10, 16)),
            (CARD, date(2026, 10, 11), date(2026, 10, 16)),
            (SEPA, date(2026, 10, 9), date(2026, 10, 20)),
            (BALANCE, date(2026, 10, 9), date(2026, 10, 12)),
            (SLOW, date(2026, 10, 9), date(2026, 10, 16)),
            (CARD, date(2026, 12, 31), date(2027, 1, 7)),
        ];
        for (lag, refunded, due) in rows {
            assert_eq!(lag.due(refunded), due, "{lag:?} from {refunded}");
        }
        assert_eq!(CARD.expected_from(date(2026, 10, 9)), date(2026, 10, 14));
        assert_eq!(SLOW.due(Date::MAX), Date::MAX);
    }

    /// R192.
    #[test]
    fn a_refund_is_overdue_from_the_day_after_its_last_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap_or_default();
        let refunded = at("2026-10-09T23:59:59Z");
        assert!(!CARD.overdue(refunded, refunded));
        assert!(!CARD.overdue(refunded, at("2026-10-16T23:59:59Z")));
        assert!(CARD.overdue(refunded, at("2026-10-17T00:00:00Z")));
        assert!(!SLOW.overdue(refunded, at("2026-10-16T00:00:00Z")));
        assert!(SLOW.overdue(refunded, at("2026-10-17T00:00:00Z")));
    }
}
