//! What payment processors do.
//!
//! - `POST /dispute {"account", "orders": [[store, order]]}`: a buyer's bank takes back all of the first
//!   payment in euros of one of these orders; `{"store", "order", "payment", "deliveries": [delivery]}`
//! - `POST /payouts {"without": [[store, order]]}`: every account pays out what its shops took and gave back
//!   in euros, those orders left out; `{"payouts": [{"account", "id", "file": [name, text] | null,
//!   "deliveries": [delivery]}]}`

use super::{Control, told};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sandbox::config;
use sandbox::platforms::{Paid, Platform};
use sandbox::processors::{
    ADYEN_MERCHANT, Kind, Line, PAYPAL_PAYER, Payout, Processor, Sold, What,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct Disputed {
    account: String,
    orders: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Orders that nobody paid for in truth.
    #[serde(default)]
    without: Vec<(String, String)>,
}

impl Control {
    pub(super) fn dispute(&self, asked: &Disputed) -> Result<Value, String> {
        let found = self.accounts.iter().find(|(_, one)| one.account() == asked.account);
        let (_, processor) = found.ok_or_else(|| format!("no account {}", asked.account))?;
        let taken = self.taken(processor.kind());
        let candidate = |(store, paid): &(String, Paid)| {
            asked.orders.iter().any(|(own, order)| own == store && *order == paid.order)
        };
        let own = taken.into_iter().find(candidate);
        let (store, paid) = own.ok_or("none of these orders was paid here in euros")?;
        let amount = paid.amount.minor();
        let sent = processor.dispute(&paid.reference, sold(&store, &paid), amount);
        Ok(json!({"store": store, "order": paid.order, "payment": paid.reference,
            "deliveries": sent.iter().map(told).collect::<Vec<_>>()}))
    }

    pub(super) fn pay_out(&self, asked: &Wanted) -> Result<Value, String> {
        let all = self.accounts.iter();
        let paid = all.map(|(_, processor)| self.pay_out_one(processor, asked));
        Ok(json!({"payouts": paid.collect::<Vec<_>>()}))
    }

    fn pay_out_one(&self, processor: &Processor, asked: &Wanted) -> Value {
        let kind = processor.kind();
        let left_out = |store: &str, paid: &Paid| {
            asked.without.iter().any(|(own, order)| own == store && *order == paid.order)
        };
        let taken = self.taken(kind).into_iter();
        let mut lines: Vec<Line> = taken
            .filter(|(store, paid)| !left_out(store, paid))
            .flat_map(|(store, paid)| lines(kind, &store, &paid))
            .collect();
        lines.extend(processor.dispute_lines());
        lines.extend(beside(kind));
        let sum: i64 = lines.iter().map(|line| line.gross - line.fee).sum();
        let now = Timestamp::now();
        // PayPal pays out what it is told to.
        let kept = if kind == Kind::PayPal { sum / 3 } else { 0 };
        let payout = Payout { id: id(kind, now), paid_at: now, lines, kept };
        let sent = processor.paid(&payout);
        let file = processor.report(&payout);
        let told = json!({"account": processor.account(), "id": payout.id, "file": file,
            "deliveries": sent.iter().map(told).collect::<Vec<_>>()});
        processor.pay_out(payout);
        told
    }

    /// What a processor took in euros, by store. Other currencies are on other balances of it.
    fn taken(&self, kind: Kind) -> Vec<(String, Paid)> {
        let platform = match kind {
            Kind::Shopify => Platform::Shopify,
            Kind::Square => Platform::Square,
            Kind::Adyen => Platform::Magento,
            Kind::Stripe | Kind::PayPal => Platform::WooCommerce,
        };
        let gateway = match kind {
            Kind::Shopify => "shopify_payments",
            Kind::Square => "CARD",
            Kind::Adyen => "adyen_cc",
            Kind::Stripe => "stripe",
            Kind::PayPal => "ppcp-gateway",
        };
        let stores = self.stores.iter().filter(|store| store.shop().platform == platform);
        // The counter is another seller's, with an account of its own.
        let stores = stores.filter(|store| !config::is_point_of_sale(store.shop()));
        let paid = stores.flat_map(|store| {
            let name = store.shop().store.to_owned();
            store.paid().into_iter().map(move |paid| (name.clone(), paid))
        });
        let own = |paid: &Paid| paid.gateway == gateway && paid.amount.currency().code() == "EUR";
        paid.filter(|(_, paid)| own(paid)).collect()
    }
}

fn sold(store: &str, paid: &Paid) -> Sold {
    Sold { store: store.to_owned(), order: paid.order.clone(), number: paid.number.clone() }
}

/// A payment and what went back of it. The fee of the payment stays with the processor.
fn lines(kind: Kind, store: &str, paid: &Paid) -> Vec<Line> {
    let line = |what, own: &str, gross, fee| Line {
        what,
        payment: Some(paid.reference.clone()),
        own: own.to_owned(),
        sold: Some(sold(store, paid)),
        gross,
        fee,
    };
    let gross = paid.amount.minor();
    let refunds = paid
        .refunds
        .iter()
        .map(|back| line(What::Refund, &back.reference, -back.amount.minor(), 0));
    std::iter::once(line(What::Charge, &paid.reference, gross, kind.fee_of(gross)))
        .chain(refunds)
        .collect()
}

/// What is of no order: Square corrects something, and somebody sends money by PayPal that no shop asked for.
fn beside(kind: Kind) -> Option<Line> {
    let (what, own, payment, gross, fee) = match kind {
        Kind::Square => (What::Adjustment, "correction", None, -199, 0),
        Kind::PayPal => (What::Gift, "gift", Some("4GF00000000000042".to_owned()), 2500, 107),
        Kind::Stripe | Kind::Adyen | Kind::Shopify => return None,
    };
    Some(Line { what, payment, own: own.to_owned(), sold: None, gross, fee })
}

/// As the processor names it.
fn id(kind: Kind, now: Timestamp) -> String {
    let second = now.as_second();
    match kind {
        Kind::Stripe => format!("po_1Demo{second}"),
        Kind::Square => format!("po_demo{second}"),
        Kind::Shopify => second.to_string(),
        Kind::Adyen => format!("{ADYEN_MERCHANT}:{}", second % 100_000),
        Kind::PayPal => {
            let day = TimeZone::UTC.to_datetime(now).date();
            format!("STL-{PAYPAL_PAYER}-{day}-EUR")
        }
    }
}
