//! Fakes of the five payment processors.
//!
//! A [`Processor`] is one account: it holds payouts and disputes in its own numbers, answers the endpoints
//! that tell of them as the real one does, refuses what the real one refuses (and notes it), and writes the
//! report and the signed notifications that it would send. Nothing of our adapters is used.
//!
//! `GET /_sandbox/state`: `{"account", "processor", "violations": [..], "payouts": [{"id", "currency",
//! "deposit", "kept", "fees", "lines": [{"id", "what", "payment", "own", "store", "order", "number", "gross",
//! "fee"}]}], "disputes": [{"id", "payment", "store", "order", "amount", "fee"}]}`, amounts as text.

mod adyen;
mod exchange;
mod paypal;
mod shopify;
mod square;
mod stripe;

pub use adyen::MERCHANT as ADYEN_MERCHANT;
pub use paypal::PAYER as PAYPAL_PAYER;

use crate::{Reply, Server};
use bytes::Bytes;
use exchange::{Exchange, json};
use http::Request;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json as object};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The processors that have a fake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stripe, API 2026-03-25.dahlia.
    Stripe,
    /// Adyen: notifications and the settlement detail report.
    Adyen,
    /// Square, Payouts API.
    Square,
    /// Shopify Payments, Admin GraphQL 2026-07.
    Shopify,
    /// PayPal: the settlement report.
    PayPal,
}

/// What a line of a payout is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A buyer's payment to a shop.
    Charge,
    /// Money back to a buyer.
    Refund,
    /// Taken back because of a dispute.
    Dispute,
    /// A correction by the processor, of no payment.
    Adjustment,
    /// Money that somebody sent and no shop asked for.
    Gift,
}

/// The order that a payment was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// Our name of the store.
    pub store: String,
    /// The platform's id.
    pub order: String,
    /// The number that people see.
    pub number: String,
}

/// A line of a payout, in minor units of euros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub what: What,
    /// The processor's reference of the payment.
    pub payment: Option<String>,
    /// Of the refund or dispute itself, or of a line that is of no payment.
    pub own: String,
    /// For what it was paid.
    pub sold: Option<Sold>,
    /// Above zero comes in.
    pub gross: i64,
    /// What the processor keeps of it.
    pub fee: i64,
}

impl Line {
    fn net(&self) -> i64 {
        self.gross - self.fee
    }
}

/// Money on its way to the bank.
#[derive(Clone, Debug)]
pub struct Payout {
    /// As the processor names it, and as the books should.
    pub id: String,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// What it consists of.
    pub lines: Vec<Line>,
    /// What stays at the processor.
    pub kept: i64,
}

impl Payout {
    fn deposit(&self) -> i64 {
        self.lines.iter().map(Line::net).sum::<i64>() - self.kept
    }

    fn fees(&self) -> i64 {
        self.lines.iter().map(|line| line.fee).sum()
    }

    /// The id of a line: unique at the processor.
    fn line_id(&self, at: usize) -> u64 {
        let second = u64::try_from(self.paid_at.as_second()).unwrap();
        second * 10_000 + u64::try_from(at).unwrap() + 1
    }

    fn day(&self) -> jiff::civil::Date {
        TimeZone::UTC.to_datetime(self.paid_at).date()
    }
}

/// A buyer's bank that took the money back.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// The processor's id.
    pub id: String,
    /// The payment.
    pub payment: String,
    /// For what it was paid.
    pub sold: Sold,
    /// Minor units of euros.
    pub amount: i64,
    /// What the processor charges for it.
    pub fee: i64,
    /// When.
    pub made_at: Timestamp,
}

#[derive(Default)]
struct Memory {
    payouts: Vec<Payout>,
    disputes: Vec<Dispute>,
    violations: Vec<String>,
}

/// One account at a processor.
pub struct Processor {
    kind: Kind,
    account: &'static str,
    webhook_url: String,
    memory: Mutex<Memory>,
}

impl Processor {
    /// An account; `webhooks` is what registered URLs begin with.
    pub fn new(kind: Kind, account: &'static str, webhooks: &str) -> Arc<Self> {
        let webhook_url = format!("{webhooks}/webhooks/{}/{account}", kind.id());
        Arc::new(Self { kind, account, webhook_url, memory: Mutex::default() })
    }

    /// Which processor.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Our name of the account.
    pub fn account(&self) -> &'static str {
        self.account
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pays out.
    pub fn pay_out(&self, payout: Payout) {
        self.memory().payouts.push(payout);
    }

    /// The report of a payout as a file: its name and content; `None` where there are no files.
    pub fn report(&self, payout: &Payout) -> Option<(String, String)> {
        match self.kind {
            Kind::Adyen => Some(adyen::report(payout)),
            Kind::PayPal => Some(paypal::report(payout)),
            Kind::Stripe | Kind::Square | Kind::Shopify => None,
        }
    }

    /// What the processor sends when a payout is paid.
    pub fn paid(&self, payout: &Payout) -> Vec<Request<Bytes>> {
        match self.kind {
            Kind::Stripe => vec![stripe::paid(&self.webhook_url, payout, Timestamp::now())],
            // Announced by mail, found by a look, or told to the shop's app.
            Kind::Adyen | Kind::PayPal | Kind::Square | Kind::Shopify => Vec::new(),
        }
    }

    /// A buyer's bank takes a payment back; what the processor sends. Panics for a processor whose
    /// disputes are told in payouts only.
    pub fn dispute(&self, payment: &str, sold: Sold, amount: i64) -> Vec<Request<Bytes>> {
        let mut memory = self.memory();
        let made_at = Timestamp::now();
        let place = memory.disputes.len() + 1;
        let (id, fee) = match self.kind {
            Kind::Stripe => (format!("dp_1Demo{:016}", place), stripe::DISPUTE_FEE),
            Kind::Adyen => (format!("QFQTDEMO{place:08}"), adyen::DISPUTE_FEE),
            Kind::Square | Kind::Shopify | Kind::PayPal => panic!("it tells of none by itself"),
        };
        let dispute = Dispute { id, payment: payment.to_owned(), sold, amount, fee, made_at };
        let sent = match self.kind {
            Kind::Stripe => stripe::disputed(&self.webhook_url, &dispute),
            Kind::Adyen => vec![adyen::charged_back(&self.webhook_url, &dispute)],
            Kind::Square | Kind::Shopify | Kind::PayPal => Vec::new(),
        };
        memory.disputes.push(dispute);
        sent
    }

    /// Disputes so far, as lines of the next payout.
    pub fn dispute_lines(&self) -> Vec<Line> {
        let line = |dispute: &Dispute| Line {
            what: What::Dispute,
            payment: Some(dispute.payment.clone()),
            own: dispute.id.clone(),
            sold: Some(dispute.sold.clone()),
            gross: -dispute.amount,
            fee: dispute.fee,
        };
        self.memory().disputes.iter().map(line).collect()
    }

    fn state(&self) -> Value {
        let memory = self.memory();
        let payouts: Vec<Value> = memory.payouts.iter().map(|one| payout(self.kind, one)).collect();
        let disputes: Vec<Value> = memory
            .disputes
            .iter()
            .map(|one| {
                object!({"id": one.id, "payment": one.payment, "store": one.sold.store,
                    "order": one.sold.order, "amount": major(one.amount), "fee": major(one.fee)})
            })
            .collect();
        object!({"account": self.account, "processor": self.kind.id(), "payouts": payouts,
            "disputes": disputes, "violations": memory.violations})
    }
}

fn payout(kind: Kind, payout: &Payout) -> Value {
    let line = |(at, line): (usize, &Line)| {
        let sold = |of: fn(&Sold) -> &String| line.sold.as_ref().map(of);
        object!({"id": kind.line_id(payout, at), "what": format!("{:?}", line.what).to_lowercase(),
            "payment": line.payment, "own": line.own, "store": sold(|one| &one.store), "order": sold(|one| &one.order),
            "number": sold(|one| &one.number), "gross": major(line.gross), "fee": major(line.fee)})
    };
    let lines: Vec<Value> = payout.lines.iter().enumerate().map(line).collect();
    object!({"id": payout.id, "currency": "EUR", "deposit": major(payout.deposit()),
        "kept": major(payout.kept), "fees": major(payout.fees()), "lines": lines})
}

impl Kind {
    /// Every processor with the id of its account in the demo.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Stripe, "stripe-pay"),
        (Self::Adyen, "adyen-pay"),
        (Self::Square, "square-pay"),
        (Self::Shopify, "shopify-pay"),
        (Self::PayPal, "paypal-pay"),
    ];

    /// The name in the webhook URL and the configuration.
    pub fn id(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Adyen => "adyen",
            Self::Square => "square",
            Self::Shopify => "shopify",
            Self::PayPal => "paypal",
        }
    }

    /// The API credentials as the adapter's page documents them.
    pub fn credentials(self) -> &'static str {
        match self {
            Self::Stripe => "rk_test_51DemoStripe0123456789",
            Self::Adyen => "AQEDemoReportUser0123456789",
            Self::Square => "EAAAlPayouts0123456789abcdefghijk",
            Self::Shopify => "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",
            Self::PayPal => "A21AADemoPayPal0123456789",
        }
    }

    /// The secret that signs webhooks; processors without webhooks have one that signs nothing.
    pub fn webhook_secret(self) -> &'static str {
        match self {
            Self::Stripe => "whsec_DemoStripe0123456789",
            Self::Adyen => "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
            Self::Square | Self::Shopify | Self::PayPal => "unused-0123456789",
        }
    }

    /// What it keeps of a charge, in minor units of euros.
    pub fn fee_of(self, gross: i64) -> i64 {
        let (basis_points, fixed) = match self {
            Self::Stripe => (150, 25),
            Self::Adyen => (60, 13),
            Self::Square => (140, 25),
            Self::Shopify => (190, 25),
            Self::PayPal => (290, 35),
        };
        (gross * basis_points + 5_000) / 10_000 + fixed
    }

    fn line_id(self, payout: &Payout, at: usize) -> String {
        match self {
            Self::Stripe => stripe::line_id(payout, at),
            Self::Adyen => adyen::line_id(payout, at),
            Self::Square => square::line_id(payout, at),
            Self::Shopify => payout.line_id(at).to_string(),
            Self::PayPal => paypal::line_id(payout, at),
        }
    }
}

/// Minor units of euros as a text in major units.
fn major(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}

impl Server for Processor {
    fn handle(&self, request: Request<Bytes>) -> Reply {
        if request.uri().path() == "/_sandbox/state" {
            return Reply::Now(json(200, &self.state()));
        }
        let mut memory = self.memory();
        let memory = &mut *memory;
        let mut cx = Exchange {
            request: &request,
            violations: &mut memory.violations,
            payouts: &memory.payouts,
            disputes: &memory.disputes,
        };
        Reply::Now(match self.kind {
            Kind::Stripe => stripe::answer(&mut cx),
            Kind::Adyen => adyen::answer(&mut cx),
            Kind::Square => square::answer(&mut cx),
            Kind::Shopify => shopify::answer(&mut cx),
            // The report comes from an SFTP server: nothing is to be asked.
            Kind::PayPal => cx.refuse(404, "nothing is served here", &Value::Null),
        })
    }
}

#[cfg(test)]
mod tests;
