//! Adyen: the settlement detail report, and the notification of a chargeback.

use super::exchange::{Exchange, answer as text_answer};
use super::{Dispute, Kind, Line, Payout, What, major};
use crate::platforms::oauth1::hmac_sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json as object};

/// The merchant account; a batch is `<merchant account>:<number>`.
pub const MERCHANT: &str = "CausewayDemoECOM";
/// What a chargeback costs.
pub(super) const DISPUTE_FEE: i64 = 1500;

const HEADER: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,\
    Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),\
    Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),\
    Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,\
    Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10\n";

fn batch(payout: &Payout) -> &str {
    payout.id.split_once(':').expect("a batch of a merchant account").1
}

fn file_name(payout: &Payout) -> String {
    format!("settlement_detail_report_batch_{}.csv", batch(payout))
}

/// Reports are downloaded with the report user's key.
pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if cx.header("x-api-key") != Some(Kind::Adyen.credentials()) {
        return cx.refuse(401, "no key of a report user", &Value::Null);
    }
    let path = cx.path();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ["reports", "download", "MerchantAccount", MERCHANT, file] = path.as_slice() else {
        return cx.refuse(404, "not a report of this account", &Value::Null);
    };
    match cx.payouts.iter().find(|payout| file_name(payout) == *file) {
        Some(found) => text_answer(200, "text/csv", report(found).1),
        None => text_answer(404, "text/plain", "Not Found"),
    }
}

fn word(what: What) -> &'static str {
    match what {
        What::Charge | What::Gift => "Settled",
        What::Refund => "Refunded",
        What::Dispute => "Chargeback",
        What::Adjustment => "DepositCorrection",
    }
}

pub(super) fn line_id(payout: &Payout, at: usize) -> String {
    format!("{}:{}", word(payout.lines[at].what), modification(payout, at))
}

fn modification(payout: &Payout, at: usize) -> String {
    format!("88{:014}", payout.line_id(at) % 100_000_000_000_000)
}

/// Debit and credit.
fn sides(minor: i64) -> String {
    if minor < 0 { format!("{},", major(-minor)) } else { format!(",{}", major(minor)) }
}

/// The report of a batch: its name and its lines.
pub(super) fn report(payout: &Payout) -> (String, String) {
    let mut text = HEADER.to_owned();
    for (at, line) in payout.lines.iter().enumerate() {
        text += &row(payout, at, line);
    }
    let number = batch(payout);
    text += &format!(
        "CausewayDemo,{MERCHANT},,,,{},CET,MerchantPayout,TX{number} batch {number} {MERCHANT},,,,,EUR,{},\
         ,,,,,,{number},,,,,,,\n",
        time(payout),
        sides(-payout.deposit()),
    );
    (file_name(payout), text)
}

fn time(payout: &Payout) -> String {
    format!("{} 00:20:00", payout.day())
}

fn row(payout: &Payout, at: usize, line: &Line) -> String {
    let gross = match line.what {
        What::Adjustment => ",,,".to_owned(),
        What::Charge | What::Gift | What::Refund | What::Dispute => {
            format!("EUR,{},1", sides(line.gross))
        }
    };
    // Interchange++: what the scheme and the card's bank take, and Adyen's own part.
    let (markup, scheme) = (line.fee / 5, line.fee / 7);
    let fees = match line.what {
        What::Adjustment => ",,,".to_owned(),
        What::Dispute => format!("{},0.00,0.00,0.00", major(line.fee)),
        What::Charge | What::Gift | What::Refund => {
            format!(",{},{},{}", major(markup), major(scheme), major(line.fee - markup - scheme))
        }
    };
    format!(
        "CausewayDemo,{MERCHANT},{},{},visa,{},CET,{},{},{gross},EUR,{},{fees},visastandarddebit,,{},,,,,,,\n",
        line.payment.as_deref().unwrap_or_default(),
        line.sold.as_ref().map(|sold| sold.number.as_str()).unwrap_or_default(),
        time(payout),
        word(line.what),
        modification(payout, at),
        sides(line.net()),
        batch(payout),
    )
}

/// The notification `CHARGEBACK`, signed item by item.
pub(super) fn charged_back(url: &str, dispute: &Dispute) -> Request<Bytes> {
    let value = dispute.amount.to_string();
    let signed = [
        &dispute.id,
        &dispute.payment,
        MERCHANT,
        &dispute.sold.number,
        &value,
        "EUR",
        "CHARGEBACK",
        "true",
    ]
    .join(":");
    let key: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&Kind::Adyen.webhook_secret()[2 * at..2 * at + 2], 16))
        .collect::<Result<_, _>>()
        .expect("a key in hex");
    let seal = STANDARD.encode(hmac_sha256(&key, &[signed.as_bytes()]));
    let item = object!({
        "additionalData": {"chargebackReasonCode": "10.4", "chargebackSchemeCode": "visa",
            "defendable": "true", "hmacSignature": seal},
        "amount": {"currency": "EUR", "value": dispute.amount}, "eventCode": "CHARGEBACK",
        "eventDate": dispute.made_at.to_string(), "merchantAccountCode": MERCHANT,
        "merchantReference": dispute.sold.number, "originalReference": dispute.payment,
        "paymentMethod": "visa", "pspReference": dispute.id, "reason": "Other Fraud-Card Absent",
        "success": "true",
    });
    let body = object!({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]});
    Request::post(url)
        .header("content-type", "application/json")
        .header("user-agent", "Adyen HttpClient 1.0")
        .body(Bytes::from(body.to_string()))
        .expect("a request")
}
